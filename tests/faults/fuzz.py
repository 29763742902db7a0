"""Feed every parser with a million broken inputs: `python -m tests.faults.fuzz`.

Each input must end in a value without NaN or in an error with a sentence, within 100 ms of
processor time. Prints one line a target; ends with 1, and the input, at the first find.
`--times N` is the total over all targets, `--seed N` chooses others. `--engine atheris` leads them
by the code that they reach (tests/faults/guided.py).
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import io
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dashboard.check.candle_file import read_candles
from dashboard.check.history_command import parse_instant
from dashboard.check.stream import answer_lines
from dashboard.errors import DashboardError, VenueError
from dashboard.feed.frames import (
    Clock,
    FrameSplitter,
    Hello,
    Listing,
    Readings,
    Watch,
    decode,
    decode_command,
    encode,
)
from dashboard.market.account import Balance
from dashboard.market.instrument import InstrumentKey
from dashboard.replay.raw_session import RawAnswer, first_line, line_of, read_raw_session
from dashboard.replay.recording import load_recording, write_recording
from dashboard.settings import load_settings
from dashboard.store.book_text import from_csv, from_json, to_csv, to_json
from dashboard.store.demo_book import EXAMPLES
from dashboard.store.setup_text import (
    balances_from_csv,
    balances_from_json,
    balances_to_csv,
    balances_to_json,
    lists_from_csv,
    lists_from_json,
    lists_to_csv,
    lists_to_json,
)
from dashboard.store.tier_import import import_tiers
from dashboard.tradeline.filter import parse_filter
from dashboard.tradeline.line import parse_trade_line
from dashboard.tradeline.number import parse_number
from dashboard.tradeline.pasted import read_pasted
from dashboard.tradeline.symbol import read_symbol
from tests.check.lines import BUNDLED, CROSS, LONG
from tests.faults import guided
from tests.faults.answer_targets import answered
from tests.faults.mutants import Mutants
from tests.replay.made_up import made_up_recording
from widgets.charts.template import DEFAULT_TEMPLATE
from widgets.charts.template import from_text as template_from_text
from widgets.charts.template import to_text as template_to_text
from widgets.models.changed import seen_from_text
from widgets.window_state import load_window_state

LONGEST_MS = 100.0
NOW_MS = 1_722_772_800_000

LINES = (
    "long btc 0.5 @64200 x10 iso",
    "short eth 10k @3,200.5 sl 3400 tp 2900 cross bybit",
    "long sol 120 @mkt x5 risk 1%",
    "btc -0.25 64 200,5 20x isolated",
)
PASTED = (
    "Symbol\tSize\tEntry Price\tMark Price\tLiq.Price\nBTCUSDT\t0.500\t64,200.0\t63,000.1\t--\n",
    "BTCUSDT Perpetual 20x\nLong\n0.5 BTC\n64200\n63000\nIsolated\n",
    "contract,side,qty,entry\nETHUSDT,Sell,10,3200\n",
    "long btc 0.5 @64200 x10 iso\nshort eth 3 @3000 x5\n",
)
FILTERS = ("funding > 0.01% and venue = okx", "not (oi < 1m or btc)", "change_24h >= -5", "eth")
TIERED = {
    "tiers": [{"floor": 0, "cap": 50_000, "mmr": 0.004}, {"floor": 50_000, "mmr": 0.01}],
    "mark_price": 63_000,
    "funding_rate": 0.0001,
    "funding_interval_hours": 8,
    "stop_price": 60_000,
    "taker_fee": 0.0005,
}
OTHER = {name: value for name, value in CROSS.items() if name != "wallet_balance"}
REQUESTS = tuple(
    json.dumps(line).encode()
    for line in (
        LONG,
        CROSS,
        LONG | TIERED,
        CROSS | TIERED | {"other_positions": [OTHER | {"side": "short", "mark_price": 63_000}]},
        LONG | {"symbol": None, "kind": "inverse", "contract_size": 100, "rule_date": "2026-05-27"},
    )
)
SETTINGS = (
    b'{"theme":"dark","font_scale":1.2,"venues":["okx","gate"],"shortcuts":{"Copy":"Ctrl+C"},'
    b'"venue_urls":{"okx":"http://127.0.0.1:1/x"},"fast_interval_s":5}',
    b"{}",
)
_BALANCES = (Balance(venue="okx", coin="USDT", amount=1234.5),)
_LISTS = {"main": (InstrumentKey("okx", "BTC/USDT:USDT"),)}
BALANCES = (balances_to_csv(_BALANCES), balances_to_json(_BALANCES))
LISTS = (lists_to_csv(_LISTS), lists_to_json(_LISTS))
TEMPLATE = (
    '{"version":1,"panes":[{"kind":"price","share":0.5,"options":{"scale":"log"}}],'
    '"compared":[["okx","BTC/USDT:USDT"]]}'
)
INSTANTS = ("2024-08-04 12:00", "2024-08-04", "7d", "30m", "2024-08-04T12:00:00+02:00")
WINDOW = (
    b'{"geometry":"AAAA","docks":"AAAA","tables":{"watchlist":{"order":[1,2],"widths":{"a":5}}},'
    b'"layouts":{"mine":{"geometry":"","docks":"","tables":{}}},"locked":true}',
)
SEEN = ('[["okx","BTC/USDT:USDT",{"at_ms":1,"mark":2.0}]]', "[]")
TIERS = (
    b'{"venue":"okx","source":"x","unit":"quote","as_of":"2024-03-01","symbols":{"BTC/USDT:USDT":['
    b'{"floor":0,"cap":50000,"mmr":0.004,"max_leverage":125},{"floor":50000,"cap":null,"mmr":0.01}'
    b"]}}",
    b'[{"symbol":"BTCUSDT","brackets":[{"bracket":1,"initialLeverage":125,"notionalCap":50000,'
    b'"notionalFloor":0,"maintMarginRatio":0.004,"cum":0}]}]',
    b'{"data":{"brackets":[{"symbol":"BTCUSDT","riskBrackets":[{"bracketNotionalFloor":0,'
    b'"bracketNotionalCap":50000,"bracketMaintenanceMarginRate":0.004,'
    b'"cumFastMaintenanceAmount":0,"maxOpenPosLeverage":125}]}]}}',
)


@dataclass(frozen=True)
class Target:
    """One parser: what is changed and how, and what is done with it. `share` is of all inputs."""

    name: str
    share: float
    change: Callable[[Mutants, Sequence[Any]], Any]
    seeds: Sequence[Any]
    read: Callable[[Any], Any]


@dataclass
class Find:
    """An input that a parser did not stand."""

    target: str
    given: Any
    what: str


def targets(folder: Path) -> Iterator[Target]:
    """Every parser of ours that takes what others wrote."""
    yield from _typed()
    yield from _files(folder)
    yield from _wire()
    found = list(answered())
    for name, answers, read in found:
        yield Target(name, 0.5 / len(found), Mutants.answer, [answers], read)


def _typed() -> Iterator[Target]:
    texts: dict[str, tuple[tuple[str, ...], Callable[[str], Any]]] = {
        "trade line": (LINES, parse_trade_line),
        "number": (("64,200.5", "0.5", "1 234,5", "-3e2"), parse_number),
        "symbol": (("btc", "BTC/USDT:USDT", "1000pepe-usdt", "okx:eth"), read_symbol),
        "filter": (FILTERS, lambda text: parse_filter(text, _FIELDS, "symbol")),
        "pasted table": (PASTED, read_pasted),
        "book JSON": ((to_json(EXAMPLES),), from_json),
        "book CSV": ((to_csv(EXAMPLES),), from_csv),
        "balances CSV": (BALANCES, balances_from_csv),
        "balances JSON": (BALANCES, balances_from_json),
        "lists CSV": (LISTS, lists_from_csv),
        "lists JSON": (LISTS, lists_from_json),
        "last look": (SEEN, seen_from_text),
        "chart template": ((template_to_text(DEFAULT_TEMPLATE), TEMPLATE), template_from_text),
        "instant": (INSTANTS, lambda text: parse_instant(text, "--from", NOW_MS)),
    }
    for name, (seeds, read) in texts.items():
        yield Target(name, 0.35 / len(texts), Mutants.text, seeds, read)


_FIELDS = {"funding": True, "oi": True, "change_24h": True, "venue": False}


def _files(folder: Path) -> Iterator[Target]:
    given, recording = folder / "given", folder / "recording.npz"
    write_recording(recording, made_up_recording(("binanceusdm",)))

    def written(read: Callable[[Path], Any]) -> Callable[[bytes], Any]:
        def use(data: bytes) -> Any:
            given.write_bytes(data)
            return read(given)

        return use

    def packed(read: Callable[[Path], Any]) -> Callable[[bytes], Any]:
        use = written(read)
        return lambda data: use(gzip.compress(data, 1))

    def kept(path: Path) -> Any:
        return import_tiers(path, folder / "tiers", NOW_MS)

    answer = RawAnswer(
        venue="okx",
        method="GET",
        url="https://www.okx.com/api/v5/public/mark-price",
        asked_body="",
        came_ms=NOW_MS,
        status=200,
        headers={"Content-Type": "application/json"},
        body=b"{}",
    )
    session = first_line("0.1.0") + line_of(answer)
    recordings = [recording.read_bytes()]
    yield Target("settings", 0.02, Mutants.data, SETTINGS, written(load_settings))
    yield Target("window state", 0.01, Mutants.data, WINDOW, written(load_window_state))
    yield Target("candle file", 0.002, Mutants.data, [_candles(folder)], written(read_candles))
    yield Target("tier tables", 0.01, Mutants.data, TIERS, written(kept))
    yield Target("recording", 0.001, Mutants.data, recordings, written(load_recording))
    yield Target("raw session", 0.01, Mutants.data, [session], packed(read_raw_session))


def _candles(folder: Path) -> bytes:
    """A Parquet file of an hour."""
    import pandas as pd

    path = folder / "candles.parquet"
    times = [NOW_MS + 60_000 * at for at in range(60)]
    prices = [100.0 + at for at in range(60)]
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), prices)
    pd.DataFrame({"ts": times, "symbol": "BTC", **columns}).to_parquet(path)
    return path.read_bytes()


def _wire() -> Iterator[Target]:
    frames = (
        encode(Hello(frame_version=1, program_version="x", pid=1)),
        encode(Clock(now_ms=1, speed=1.0, paused=False)),
        encode(Readings()),
        encode(Listing("okx", [])),
    )
    commands = (encode(Watch([InstrumentKey("okx", "BTC/USDT:USDT")])),)

    def split(data: bytes) -> list[Any]:
        return [decode(kind, body) for kind, body in FrameSplitter().feed(data)]

    def obey(data: bytes) -> list[Any]:
        return [decode_command(kind, body) for kind, body in FrameSplitter().feed(data)]

    yield Target("frame", 0.04, Mutants.data, frames, split)
    yield Target("command", 0.03, Mutants.data, commands, obey)
    yield Target("check line", 0.04, Mutants.data, REQUESTS, _checked)


def _checked(line: bytes) -> list[Any]:
    """What `liqline check --json` answers."""
    out = io.BytesIO()
    answer_lines([line], out, BUNDLED, NOW_MS)
    return [json.loads(one, parse_constant=_no_json) for one in out.getvalue().splitlines()]


def _no_json(token: str) -> float:
    raise ValueError(f"{token} in the answer")


def has_nan(value: Any, depth: int = 6) -> bool:
    """Whether NaN stands anywhere in a result."""
    if isinstance(value, float):
        return math.isnan(value)
    if depth == 0 or isinstance(value, str | bytes):
        return False
    if isinstance(value, Mapping):
        return any(has_nan(one, depth - 1) for one in value.values())
    if isinstance(value, list | tuple | set):
        return any(has_nan(one, depth - 1) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return any(has_nan(getattr(value, f.name), depth - 1) for f in dataclasses.fields(value))
    if isinstance(value, msgspec.Struct):
        return any(has_nan(getattr(value, name), depth - 1) for name in value.__struct_fields__)
    return False


def judged(target: Target, given: Any) -> Find | None:
    """Give one input to its parser; what it did wrong, None for nothing."""
    begin_s = time.thread_time()
    try:
        result = target.read(given)
    except (DashboardError, VenueError) as error:
        result = None
        if not error.user_message:
            return Find(target.name, given, "an error without a sentence")
    except Exception as error:  # noqa: BLE001 (that is the find)
        return Find(target.name, given, f"{type(error).__name__}: {error}")
    took_ms = (time.thread_time() - begin_s) * 1000.0
    if has_nan(result):
        return Find(target.name, given, "NaN came out")
    if took_ms > LONGEST_MS:
        return Find(target.name, given, f"took {took_ms:.0f} ms")
    return None


def run(times: int, seed: int, say: Callable[[str], object] = lambda _: None) -> list[Find]:
    """Give `times` inputs in all; the first find of each target ends that target."""
    finds: list[Find] = []
    given_in_all = 0
    with tempfile.TemporaryDirectory() as folder:
        for target in targets(Path(folder)):
            mutants = Mutants(seed)
            count = max(1, round(times * target.share))
            find = None
            for _ in range(count):
                given = target.change(mutants, target.seeds)
                find = judged(target, given)
                if find is not None and find.what.startswith("took"):
                    find = judged(target, given)  # the machine may have been busy
                if find is not None:
                    finds.append(find)
                    break
            given_in_all += count
            say(f"{target.name}: {count:,} inputs, {find.what if find else 'good'}")
    say(f"{given_in_all:,} inputs, {len(finds)} finds")
    return finds


def run_led(times: int, seed: int, say: Callable[[str], object] = lambda _: None) -> list[Find]:
    """The same by coverage: at least `guided.FEWEST` inputs a target."""
    finds: list[Find] = []
    with tempfile.TemporaryDirectory() as name:
        for at, target in enumerate(targets(Path(name))):
            folder = Path(name) / str(at)
            folder.mkdir()
            count = max(guided.FEWEST, round(times * target.share))
            reached, found = guided.lead(target, count, seed, folder)
            finds += found
            say(f"{target.name}: {reached}, {found[0].what if found else 'good'}")
    return finds


def main() -> int:
    """The module's command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--engine", choices=("dice", "atheris"), default="dice")
    options = parser.parse_args()
    if options.engine == "atheris" and not guided.is_there():
        parser.error(guided.ABSENT)
    give = run_led if options.engine == "atheris" else run
    finds = give(options.times, options.seed, lambda line: print(line, flush=True))  # noqa: T201
    for find in finds:
        sys.stdout.write(f"{find.target}: {find.what}\n  {find.given!r:.2000}\n")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
