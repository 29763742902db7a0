"""Hourly mark candles of the contracts that a card is about, asked for as they are needed."""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import QObject, Signal

from dashboard.feed.frames import LoadSeries, Series
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.risk.true_range import HOUR_MS, MOST_HOURS, FloatArray, HourlyMoves, hourly_moves

TIMEFRAME = "1h"
ASK_AGAIN_AFTER_S = 10.0
"""The least time between two requests for one contract, however fast a recording runs."""

_PATIENCE_S = 60.0
"""How long an answer for the same hour is waited for."""

_NO_ROWS = np.empty((0, 5))


class HourlyMarks(QObject):
    """Keeps the candles by contract; what the charts ask for counts too.

    `series_requested` carries a LoadSeries each time an hour has closed for a wanted contract.
    """

    series_requested = Signal(object)
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[InstrumentKey, FloatArray] = {}
        self._notes: dict[InstrumentKey, str] = {}
        self._asked: dict[InstrumentKey, tuple[int, float]] = {}
        self._moves: dict[InstrumentKey, tuple[int, HourlyMoves]] = {}
        self._number = 0

    def moves(self, key: InstrumentKey, now_ms: int) -> HourlyMoves:
        """What the candles of a contract say at `now_ms`; they are asked for where some lack."""
        hour = now_ms // HOUR_MS
        held = self._moves.get(key)
        if held is not None and held[0] == hour:
            return held[1]
        rows = self._rows.get(key, _NO_ROWS)
        found = hourly_moves(rows, now_ms)
        self._want(key, hour, found)
        if found.reason and key not in self._rows:
            found = HourlyMoves(reason=self._notes.get(key, "the hourly mark candles are loading"))
        if found.until_ms == hour * HOUR_MS:
            self._moves[key] = (hour, found)
        return found

    def candles(self, key: InstrumentKey) -> FloatArray:
        """The candles of a contract that have arrived: start (ms UTC), open, high, low, close.

        The last may still be running; no rows where none have arrived.
        """
        return self._rows.get(key, _NO_ROWS)

    def show_series(self, series: Series) -> None:
        """Take in hourly mark candles, whoever asked for them."""
        header = series.header
        if (header.kind, header.timeframe) != (SeriesKind.MARK_CANDLES, TIMEFRAME):
            return
        key = InstrumentKey(header.venue, header.symbol)
        if header.note:
            self._notes[key] = header.note
        if len(series.values):
            self._rows[key] = _merged(self._rows.get(key, _NO_ROWS), series.values)
            self._moves.pop(key, None)
        if header.note or len(series.values):
            self.changed.emit()

    def _want(self, key: InstrumentKey, hour: int, found: HourlyMoves) -> None:
        if found.until_ms == hour * HOUR_MS and not found.reason:
            return
        clock_s = time.monotonic()
        asked_hour, asked_s = self._asked.get(key, (-1, -math.inf))
        patience_s = ASK_AGAIN_AFTER_S if hour != asked_hour else _PATIENCE_S
        if hour <= 0 or clock_s - asked_s < patience_s:
            return
        self._asked[key] = (hour, clock_s)
        self._number -= 1  # the charts count upwards
        until_ms = (hour + 1) * HOUR_MS
        self.series_requested.emit(
            LoadSeries(
                key,
                TIMEFRAME,
                until_ms - (MOST_HOURS + 2) * HOUR_MS,
                until_ms,
                self._number,
                kinds=(SeriesKind.MARK_CANDLES,),
                follow=False,
            )
        )


def _merged(held: FloatArray, new: FloatArray) -> FloatArray:
    """Both by time; a newer row replaces an older one of the same hour."""
    rows = np.concatenate((held, new))
    order = np.argsort(rows[:, 0], kind="stable")
    rows = rows[order]
    last = np.append(rows[1:, 0] != rows[:-1, 0], True)
    return np.asarray(rows[last][-2 * MOST_HOURS :])
