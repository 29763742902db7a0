"""The hourly past of what is watched or held, asked for one contract after the other."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from dashboard.feed.frames import LoadSeries, Series
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SERIES_COLUMNS, SeriesKind
from dashboard.signals.past import HOUR_MS, Past, Present, past_of
from dashboard.signals.standing import Floats
from widgets.update import Update

TIMEFRAME = "1h"
DAYS = 30
FUNDING_DAYS = 100
"""Enough settlements of 8 h for a standing."""
ASK_EVERY_MS = 1_500
"""One contract at a time, so that the past of a long list does not crowd out the present."""
AGAIN_AFTER_S = 60.0
PATIENCE_S = 20.0
"""How long an answer is waited for before the next contract has its turn."""
_KINDS = (SeriesKind.CANDLES, SeriesKind.OPEN_INTEREST, SeriesKind.LONG_SHORT_RATIO)
_HELD = (*_KINDS, SeriesKind.MARK_CANDLES, SeriesKind.FUNDING)
_MOST_ROWS = (DAYS + 1) * 24


class WatchHistory(QObject):
    """Keeps hourly rows of each watched or held contract, whoever asked, and what they say.

    `series_requested` carries a LoadSeries; `changed` tells that a contract's past is new.
    """

    series_requested = Signal(object)
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[InstrumentKey, dict[SeriesKind, Floats]] = {}
        self._asked: dict[InstrumentKey, tuple[int, float]] = {}
        self._kept: dict[InstrumentKey, tuple[Present, int, Past]] = {}
        self._watched: Sequence[InstrumentKey] = ()
        self._now_ms = 0
        self._number = -1_000_000  # other askers count from elsewhere
        self._waiting: set[tuple[int, SeriesKind]] = set()
        self._waiting_since_s = -math.inf
        self._timer = QTimer(self)
        self._timer.setInterval(ASK_EVERY_MS)
        self._timer.timeout.connect(self._ask_next)

    def start(self) -> None:
        """Ask from now on."""
        self._timer.start()

    def show_update(self, update: Update) -> None:
        """Take in what is watched and what time it is."""
        if update.now_ms < self._now_ms:
            self._forget()
        self._now_ms = update.now_ms
        held = (position.instrument.key for position in update.book.positions)
        self._watched = tuple(dict.fromkeys((*update.watched, *held)))

    def show_series(self, series: Series) -> None:
        """Take in hourly rows."""
        header = series.header
        if header.complete:
            self._waiting.discard((header.request, header.kind))
        if header.timeframe != TIMEFRAME or header.kind not in _HELD or not len(series.values):
            return
        key = InstrumentKey(header.venue, header.symbol)
        held = self._rows.setdefault(key, {})
        before = held.get(header.kind, np.empty((0, len(SERIES_COLUMNS[header.kind]))))
        held[header.kind] = _merged(before, np.asarray(series.values, dtype=np.float64))
        self._kept.pop(key, None)
        self.changed.emit()

    def past(self, key: InstrumentKey, present: Present, now_ms: int) -> Past:
        """What the past of a contract says of its present figures."""
        rows = self._rows.get(key)
        if rows is None:
            return Past()
        hour = now_ms // HOUR_MS
        kept = self._kept.get(key)
        if kept is not None and kept[:2] == (present, hour):
            return kept[2]
        found = past_of(rows, present, now_ms)
        self._kept[key] = (present, hour, found)
        return found

    def closes(self, coin: str) -> Floats:
        """Hourly closes of a coin whose hour is over, as rows of (start in ms UTC, close).

        They are those of the contract with the most of them, empty where none is held.
        """
        found = np.empty((0, 2))
        for key, rows in self._rows.items():
            candles = rows.get(SeriesKind.CANDLES)
            if candles is not None and key.symbol.split("/", maxsplit=1)[0] == coin:
                over = candles[candles[:, 0] + HOUR_MS <= self._now_ms][:, [0, 4]]
                found = over if len(over) > len(found) else found
        return found

    def _forget(self) -> None:
        """The clock was set back: what was held may lie in the future now."""
        self._rows.clear()
        self._asked.clear()
        self._kept.clear()

    def _ask_next(self) -> None:
        hour = self._now_ms // HOUR_MS
        clock_s = time.monotonic()
        if self._waiting and clock_s - self._waiting_since_s < PATIENCE_S:
            return
        for key in self._watched:
            asked_hour, asked_s = self._asked.get(key, (-1, -math.inf))
            if hour > 0 and asked_hour != hour and clock_s - asked_s > AGAIN_AFTER_S:
                self._asked[key] = (hour, clock_s)
                self._waiting.clear()
                self._waiting_since_s = clock_s
                self._ask(key, _KINDS, DAYS)
                self._ask(key, (SeriesKind.FUNDING,), FUNDING_DAYS)
                return

    def _ask(self, key: InstrumentKey, kinds: tuple[SeriesKind, ...], days: int) -> None:
        self._number -= 1
        self._waiting.update((self._number, kind) for kind in kinds)
        until_ms = (self._now_ms // HOUR_MS + 1) * HOUR_MS
        since_ms = until_ms - days * 24 * HOUR_MS
        self.series_requested.emit(
            LoadSeries(key, TIMEFRAME, since_ms, until_ms, self._number, kinds=kinds, follow=False)
        )


def _merged(held: Floats, new: Floats) -> Floats:
    """Both by time; a newer row replaces an older one of the same time."""
    rows = np.concatenate((held, new))
    order = np.argsort(rows[:, 0], kind="stable")
    rows = rows[order]
    last = np.append(rows[1:, 0] != rows[:-1, 0], True)
    return np.asarray(rows[last][-_MOST_ROWS:])
