"""Frames on their way to the window: of each kind of news only the latest waits.

The window may stand still for a while; what waits for it then is bounded by what there is to
know, not by how long it stood. A thread of its own writes, so a full pipe never holds up polling.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import msgspec
import numpy as np

from dashboard.feed.frames import (
    AccountOddsTold,
    AccountTold,
    Fault,
    Frame,
    FrameError,
    Listing,
    OddsFit,
    OddsScore,
    Readings,
    Refusals,
    Series,
    Tiers,
    VenueStatus,
    encode,
)
from dashboard.market.instrument import InstrumentKey, TierTable
from dashboard.market.readings import (
    KIND_OF,
    FundingRate,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    OpenInterestPast,
    Reading,
    Ticker,
    Unavailable,
)

MAX_FAULTS_WAITING = 16

_log = logging.getLogger("liqline.feed")


class Waiting:
    """What has not been written yet; not safe for threads by itself."""

    def __init__(self) -> None:
        self._frames: dict[Hashable, Frame] = {}
        self._readings: dict[Hashable, Reading] = {}
        self._tiers: dict[InstrumentKey, TierTable] = {}

    def __bool__(self) -> bool:
        return bool(self._frames or self._readings or self._tiers)

    def put(self, frame: Frame) -> None:
        """Take a frame in; it replaces, or is merged with, what waits of its kind."""
        match frame:
            case Readings():
                self._put_readings(frame.all())
            case Tiers():
                self._tiers.update((table.key, table) for table in frame.tables)
            case Series():
                slot = ("series", frame.header.request, frame.header.kind, frame.header.symbol)
                before = self._frames.get(slot)
                self._frames[slot] = frame if before is None else joined(before, frame)
            case Fault():
                self._put_fault(frame)
            case OddsFit():
                self._frames[OddsFit, frame.venue, frame.symbol] = frame
            case Listing() | VenueStatus() | Refusals():
                self._frames[type(frame), frame.venue] = frame
            case AccountTold():
                self._frames[AccountTold, frame.request] = frame
            case _:
                self._frames[type(frame)] = frame

    def drop_market(self) -> None:
        """Forget readings and series, as after a seek of the recording's clock."""
        self._readings.clear()
        past = (Series, OddsFit, OddsScore, AccountOddsTold)
        for slot in [slot for slot, frame in self._frames.items() if isinstance(frame, past)]:
            del self._frames[slot]

    def take(self) -> list[Frame]:
        """Everything that waits, in the order in which each kind first came."""
        frames = list(self._frames.values())
        if self._readings:
            frames.append(grouped(self._readings.values()))
        if self._tiers:
            frames.append(Tiers(list(self._tiers.values())))
        self._frames, self._readings, self._tiers = {}, {}, {}
        return frames

    def _put_readings(self, readings: Iterable[Reading]) -> None:
        for reading in readings:
            if isinstance(reading, Unavailable):
                self._readings[Unavailable, reading.key, reading.kind] = reading
                continue
            series = reading.series if isinstance(reading, LongShortRatio) else None
            self._readings[type(reading), reading.key, series] = reading
            self._readings.pop((Unavailable, reading.key, KIND_OF[type(reading)]), None)

    def _put_fault(self, fault: Fault) -> None:
        waiting = sum(isinstance(frame, Fault) for frame in self._frames.values())
        if fault.fatal or waiting < MAX_FAULTS_WAITING:
            self._frames[Fault, fault.text] = fault


def joined(before: Frame, after: Series) -> Series:
    """Two parts of one series as one: rows united by time, the later part's where both have one."""
    if not isinstance(before, Series):
        return after
    rows = np.concatenate([after.values, before.values])
    _, first = np.unique(rows[:, 0], return_index=True)
    note = after.header.note or before.header.note
    header = msgspec.structs.replace(after.header, rows=len(first), note=note)
    return Series(header, rows[first])


def grouped(readings: Iterable[Reading]) -> Readings:
    """Readings as the frame that carries them."""
    frame = Readings([], [], [], [], [], [], [])
    groups: dict[type[Reading], list[Any]] = {
        MarkPrice: frame.marks,
        Ticker: frame.tickers,
        FundingRate: frame.fundings,
        OpenInterest: frame.open_interests,
        OpenInterestPast: frame.open_interests_past,
        LongShortRatio: frame.ratios,
        Unavailable: frame.unavailable,
    }
    for reading in readings:
        groups[type(reading)].append(reading)
    return frame


class Outbox:
    """Writes frames from a thread of its own through `write`, which may block.

    `on_broken` is called, from that thread, when nobody reads any more.
    """

    def __init__(self, write: Callable[[bytes], None], on_broken: Callable[[], None]) -> None:
        self._write = write
        self._on_broken = on_broken
        self._waiting = Waiting()
        self._news = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="frames out", daemon=True)
        self._thread.start()

    def send(self, frame: Frame) -> None:
        """Hand a frame over; returns at once."""
        with self._news:
            self._waiting.put(frame)
            self._news.notify()

    def drop_market(self) -> None:
        """Do not write the readings and series that still wait."""
        with self._news:
            self._waiting.drop_market()

    def close(self, timeout_s: float) -> None:
        """Write what waits and end; give up after `timeout_s` where nobody reads."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._closing or self._waiting)
                frames = self._waiting.take()
                if not frames and self._closing:
                    return
            try:
                for frame in frames:
                    self._write_one(frame)
            except OSError as error:
                _log.info("nobody reads the feed any more: %s", error)
                self._on_broken()
                return

    def _write_one(self, frame: Frame) -> None:
        try:
            data = encode(frame)
        except FrameError as error:
            _log.warning("a %s is left out: %s", type(frame).__name__, error.user_message)
            return
        self._write(data)
