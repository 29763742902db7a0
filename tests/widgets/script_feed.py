"""A feed in miniature for the link's tests: `python script_feed.py BEHAVIOUR LOG`.

It greets, sends its clock ten times a second and one mark price, and writes each command that it
gets to LOG, after its process id. BEHAVIOUR makes it misbehave, or run in the present ("live").
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from dashboard.feed.frames import (
    FRAME_VERSION,
    Clock,
    Command,
    Frame,
    FrameSplitter,
    Hello,
    Listing,
    Readings,
    Stop,
    decode_command,
    encode,
)
from dashboard.market.instrument import ContractKind, Instrument
from dashboard.market.readings import MarkPrice

START_MS = 1_722_772_800_000


def write(frame: Frame) -> None:
    os.write(1, encode(frame))


def mark(price: float, received_ms: int) -> Readings:
    reading = MarkPrice(
        venue="binanceusdm",
        symbol="BTC/USDT:USDT",
        endpoint="test",
        venue_ms=received_ms,
        received_ms=received_ms,
        mark=price,
    )
    return Readings(marks=[reading])


def contract(coin: str) -> Instrument:
    return Instrument(
        venue="binanceusdm",
        symbol=f"{coin}/USDT:USDT",
        market_id=f"{coin}USDT",
        base=coin,
        quote="USDT",
        settle="USDT",
        kind=ContractKind.LINEAR,
    )


def obey(log: Path, behaviour: str) -> None:
    """Note every command; end on Stop or when nobody is left to give one."""
    splitter = FrameSplitter()
    while data := os.read(0, 65536):
        for kind, body in splitter.feed(data):
            command: Command = decode_command(kind, body)
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{command!r}\n")
            if isinstance(command, Stop) and behaviour != "deaf":
                os._exit(0)
    if behaviour != "deaf":
        os._exit(0)
    time.sleep(60)


def misbehave(behaviour: str, now_ms: int) -> None:
    """Do once what BEHAVIOUR says."""
    match behaviour:
        case "garbage":
            os.write(1, b"Traceback (most recent call last):\n" * 10)
        case "half a frame":
            os.write(1, encode(mark(1.0, now_ms))[:20])
            sys.exit(4)
        case "nan":
            write(mark(float("nan"), now_ms))
        case "silent":
            time.sleep(60)
        case "exits":
            sys.exit(3)


def main() -> None:
    behaviour, log = sys.argv[1], Path(sys.argv[2])
    with log.open("a", encoding="utf-8") as file:
        file.write(f"pid {os.getpid()}\n")
    threading.Thread(target=obey, args=(log, behaviour), daemon=True).start()
    version = FRAME_VERSION + 1 if behaviour == "newer" else FRAME_VERSION
    recording = "crash" if behaviour in ("recording", "lists") else None
    write(Hello(frame_version=version, program_version="test", pid=os.getpid()))
    if behaviour == "flood":
        for number in range(20_000):
            write(mark(float(number), START_MS))
    start_ms = time.time_ns() // 1_000_000 if behaviour == "live" else START_MS
    for beat in range(600):
        now_ms = start_ms + beat * 100
        write(Clock(now_ms=now_ms, speed=1.0, paused=False, recording=recording))
        if behaviour == "lists":
            write(Listing("binanceusdm", [contract("BTC"), contract("ETH")]))
        write(mark(50_000.0 + beat, now_ms))
        if beat == 2:
            misbehave(behaviour, now_ms)
        time.sleep(0.1)


main()
