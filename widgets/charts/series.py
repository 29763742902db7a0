"""One series in time order, as the chart holds it: growing arrays, gaps, the last row live."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from widgets.charts.envelope import Envelope, Floats

_FIRST_CAPACITY = 256
_GAP_STEPS = 1.5
_UNPUBLISHED_STEPS = 2.5
_FEW_ROWS = 8


class TimeSeries:
    """Rows by ascending time (ms UTC in column 0), one float64 array per column.

    `low` and `high` name the columns that bound what is drawn: the same one for a line, those of
    a candle's extremes for candles. NaN marks an unrecorded cell. `least_step_ms` is the
    distance of two rows that is never a gap: the chart's timeframe.
    """

    def __init__(
        self, columns: int = 2, *, low: int = 1, high: int = 1, least_step_ms: float = 0.0
    ) -> None:
        self._data = np.empty((columns, _FIRST_CAPACITY))
        self._low = low
        self._high = high
        self._least_step_ms = least_step_ms
        self._usual_step_ms = 0.0
        self._live = False
        self.size = 0
        self.envelope = Envelope()

    @property
    def times(self) -> Floats:
        """Times of all rows (a view)."""
        return self._data[0, : self.size]

    @property
    def low(self) -> Floats:
        """The lower bound of all rows (a view)."""
        return self._data[self._low, : self.size]

    @property
    def high(self) -> Floats:
        """The upper bound of all rows (a view)."""
        return self._data[self._high, : self.size]

    def column(self, index: int) -> Floats:
        """Column `index` of all rows (a view)."""
        return self._data[index, : self.size]

    def row(self, index: int) -> tuple[float, ...]:
        """One row as plain numbers, time first."""
        return tuple(self._data[:, : self.size][:, index].tolist())

    @property
    def step_ms(self) -> float:
        """The usual distance of two rows: never less than the timeframe, often more."""
        return max(self._least_step_ms, self._usual_step_ms)

    @property
    def joined_ms(self) -> float:
        """Rows further apart than this are not joined: one between them is missing."""
        return _GAP_STEPS * self.step_ms if self.step_ms else math.inf

    @property
    def live_joined_ms(self) -> float:
        """As `joined_ms`, for the last row: where it is live, the venue may owe us one before."""
        if self._live and self.step_ms:
            return _UNPUBLISHED_STEPS * self.step_ms
        return self.joined_ms

    def append(self, row: Sequence[float]) -> None:
        """Add a row after the last one."""
        if self.size == self._data.shape[1]:
            self._grow(2 * self.size)
        self._data[:, self.size] = row
        self.size += 1
        self.envelope.update(self.low, self.high, self.size - 1)

    def replace_last(self, row: Sequence[float]) -> None:
        """Put another row in the place of the last one."""
        self._data[:, self.size - 1] = row
        self.envelope.update(self.low, self.high, self.size - 1)

    def show_live(self, row: Sequence[float]) -> None:
        """Let `row` stand after the recorded rows until a newer one or a recorded one comes.

        A row not newer than the recorded ones is dropped: the record is better.
        """
        if self._live:
            if row[0] >= self._data[0, self.size - 1]:
                self.replace_last(row)
        elif not self.size or row[0] > self._data[0, self.size - 1]:
            self.append(row)
            self._live = True

    def merge(self, rows: Floats) -> None:
        """Take recorded rows in (a matrix, rows by ascending time): those held are replaced.

        Rows held at other times stay. Costs the rows from the first changed one on.
        """
        if not len(rows):
            return
        live = self.row(-1) if self._live else None
        if live is not None:
            self.size -= 1
            self._live = False
        start = int(np.searchsorted(self.times, rows[0, 0]))
        kept = self._data[:, start : self.size].T
        joined = rows if not len(kept) else _union(kept, rows)
        self._write(start, joined)
        if live is not None:
            self.show_live(live)

    def _write(self, start: int, rows: Floats) -> None:
        size = start + len(rows)
        if size > self._data.shape[1]:
            self._grow(2 * size)
        self._data[:, start:size] = rows.T
        self.size = size
        self.envelope.update(self.low, self.high, start)
        if len(rows) >= _FEW_ROWS or size < _FEW_ROWS:
            self._usual_step_ms = _most_frequent_step(self.times)

    def _grow(self, capacity: int) -> None:
        grown = np.empty((self._data.shape[0], capacity))
        grown[:, : self.size] = self._data[:, : self.size]
        self._data = grown

    def span(self, start_ms: float, end_ms: float) -> tuple[int, int]:
        """First and stop index of the rows within [start_ms, end_ms]."""
        first = np.searchsorted(self.times, start_ms, side="left")
        stop = np.searchsorted(self.times, end_ms, side="right")
        return int(first), int(stop)

    def bounds(self, start_ms: float, end_ms: float) -> tuple[float, float] | None:
        """Least low and greatest high within [start_ms, end_ms], None where there is none."""
        return self.envelope.bounds(self.low, self.high, *self.span(start_ms, end_ms))

    def at(self, time_ms: float) -> tuple[float, ...] | None:
        """The row that stands at `time_ms`: the last one at or before it.

        None before the first row, and where a row that should stand there is missing.
        """
        index = int(np.searchsorted(self.times, time_ms, side="right")) - 1
        if index < 0:
            return None
        row = self.row(index)
        return None if self.step_ms and time_ms - row[0] >= self.step_ms else row

    def last(self) -> tuple[float, ...] | None:
        """The last row, None where there is none."""
        return self.row(-1) if self.size else None

    def latest(self, now_ms: float, slack_ms: float = 0.0) -> tuple[float, ...] | None:
        """The last row, None where it is so old at `now_ms` that newer ones must be missing.

        `slack_ms` is how late rows may come for other reasons than their step.
        """
        row = self.last()
        allowed = max(_UNPUBLISHED_STEPS * self.step_ms, slack_ms)
        return None if row is None or (self.step_ms and now_ms - row[0] >= allowed) else row


def _union(old: Floats, new: Floats) -> Floats:
    """Rows of both in time order; where both have a time, the new row."""
    kept = old[~np.isin(old[:, 0], new[:, 0])]
    rows = np.concatenate((kept, new))
    order = np.argsort(rows[:, 0], kind="stable")
    return np.ascontiguousarray(rows[order])


def _most_frequent_step(times: Floats) -> float:
    """The distance of neighbours that occurs most often, to the second: venues stamp late."""
    if len(times) < 2:
        return 0.0
    steps, counts = np.unique(np.round(np.diff(times) / 1000.0), return_counts=True)
    return float(steps[np.argmax(counts)]) * 1000.0
