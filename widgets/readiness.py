"""Waits until the window has something to show: for `--screenshot` and for `--timings`."""

from __future__ import annotations

import time
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from dashboard.feed.frames import Series
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import RatioSeries, Reading, ReadingKind, SeriesKind
from dashboard.market.snapshot import Freshness, Snapshot, freshness
from widgets.update import Update

PATIENCE_S = 90.0
"""After this long the picture is taken of what there is."""
SETTLE_S = 1.5
"""Time for the last curves to be painted once everything has arrived."""


def all_fresh(snapshot: Snapshot, keys: Iterable[InstrumentKey], now_ms: int) -> bool:
    """Whether each contract has every reading fresh, or said why one is not to be had."""
    keys = list(keys)
    return bool(keys) and all(
        (key, kind) in snapshot.missing or _is_fresh(reading, kind, now_ms, snapshot.speed)
        for key in keys
        for kind, reading in _readings(snapshot, key)
    )


def _readings(snapshot: Snapshot, key: InstrumentKey) -> list[tuple[ReadingKind, Reading | None]]:
    accounts = RatioSeries.GLOBAL_ACCOUNTS
    return [
        (ReadingKind.MARK_PRICE, snapshot.marks.get(key)),
        (ReadingKind.TICKER, snapshot.tickers.get(key)),
        (ReadingKind.FUNDING_RATE, snapshot.fundings.get(key)),
        (ReadingKind.OPEN_INTEREST, snapshot.open_interests.get(key)),
        (ReadingKind.OPEN_INTEREST_PAST, snapshot.open_interests_past.get(key)),
        (ReadingKind.LONG_SHORT_RATIO, snapshot.ratios.get((key, accounts))),
    ]


def _is_fresh(reading: Reading | None, kind: ReadingKind, now_ms: int, speed: float) -> bool:
    return (
        reading is not None and freshness(kind, reading.as_of_ms, now_ms, speed) is Freshness.FRESH
    )


def _is_away(update: Update) -> bool:
    """Whether the recording holds nothing of the selected contract's venue."""
    status = None if update.selected is None else update.statuses.get(update.selected.venue)
    return update.clock.recording is not None and status is not None and status.state == "off"


def _is_empty(update: Update) -> bool:
    """Whether nothing is watched since the recording holds nothing of what is to be watched."""
    states = {status.state for status in update.statuses.values()}
    recorded = update.clock.recording is not None
    return recorded and not update.watched and "off" in states and "connecting" not in states


class Readiness(QObject):
    """Tells once when every watched row is fresh, and once when the charts are filled too."""

    all_fresh = Signal()
    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._filled: set[InstrumentKey] = set()
        self._fresh = False
        self._ready = False
        self._began_s = time.monotonic()
        self._complete_s: float | None = None

    def note_series(self, series: Series) -> None:
        """Note that candles of a contract have arrived."""
        header = series.header
        if header.kind is SeriesKind.CANDLES and header.complete:
            self._filled.add(InstrumentKey(header.venue, header.symbol))

    def show_update(self, update: Update) -> None:
        """Look at `update` and tell what became true."""
        now_s = time.monotonic()
        if not self._fresh and all_fresh(update.snapshot, update.watched, update.now_ms):
            self._fresh = True
            self.all_fresh.emit()
        filled = self._fresh and (update.selected in self._filled or _is_away(update))
        if not (filled or _is_empty(update)):
            self._complete_s = None
        elif self._complete_s is None:
            self._complete_s = now_s
        settled = self._complete_s is not None and now_s - self._complete_s > SETTLE_S
        if not self._ready and (settled or now_s - self._began_s > PATIENCE_S):
            self._ready = True
            self.ready.emit()
