"""The least and greatest value of any stretch of a series, without reading the whole stretch."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Envelope:
    """Least and greatest values per block of 2**level rows, for every level above 0.

    Level 0 is the series itself (`low` and `high` columns, the same one for a line). NaN counts
    as absent: a block is NaN only where all its rows are. A change of the last row writes one
    cell per level at most, and the arrays double when they are full.
    """

    def __init__(self) -> None:
        self._lows: list[Floats] = []
        self._highs: list[Floats] = []

    def update(self, low: Floats, high: Floats, start: int) -> None:
        """Take in rows `start` and later of the columns `low` and `high`."""
        size = len(low)
        if start == size - 1:
            self._update_last(low, high)
            return
        level = 0
        while size > 1:
            start //= 2
            size = (size + 1) // 2
            self._reserve(level, size)
            _halve(low, self._lows[level], start, np.fmin)
            _halve(high, self._highs[level], start, np.fmax)
            low, high = self._lows[level][:size], self._highs[level][:size]
            level += 1

    def _update_last(self, low: Floats, high: Floats) -> None:
        index, size, level = len(low) - 1, len(low), 0
        while size > 1:
            left, right = index & ~1, min(index | 1, size - 1)
            least = _least(float(low[left]), float(low[right]))
            greatest = -_least(-float(high[left]), -float(high[right]))
            index >>= 1
            size = (size + 1) // 2
            self._reserve(level, size)
            low, high = self._lows[level], self._highs[level]
            low[index], high[index] = least, greatest
            level += 1

    def _reserve(self, level: int, size: int) -> None:
        if level == len(self._lows):
            self._lows.append(np.empty(0))
            self._highs.append(np.empty(0))
        held = len(self._lows[level])
        if size > held:
            for levels in (self._lows, self._highs):
                grown = np.empty(max(16, 2 * held, size))
                grown[:held] = levels[level]
                levels[level] = grown

    def blocks(self, level: int, first: int, stop: int) -> tuple[Floats, Floats]:
        """Lows and highs of the blocks `first` to `stop` of a level above 0."""
        return self._lows[level - 1][first:stop], self._highs[level - 1][first:stop]

    def bounds(
        self, low: Floats, high: Floats, first: int, stop: int
    ) -> tuple[float, float] | None:
        """Least and greatest value of the rows `first` to `stop`, None where all are absent."""
        if first >= stop:
            return None
        level = (stop - first).bit_length() // 2
        head = min(stop, -(-first >> level) << level)
        tail = max(head, stop >> level << level)
        lows, highs = [low[first:head], low[tail:stop]], [high[first:head], high[tail:stop]]
        if level and tail > head:
            middle = self.blocks(level, head >> level, tail >> level)
            lows.append(middle[0])
            highs.append(middle[1])
        elif tail > head:
            lows.append(low[head:tail])
            highs.append(high[head:tail])
        least = float(np.fmin.reduce(np.concatenate(lows)))
        greatest = float(np.fmax.reduce(np.concatenate(highs)))
        return None if math.isnan(least) or math.isnan(greatest) else (least, greatest)


def _halve(below: Floats, above: Floats, start: int, join: np.ufunc) -> None:
    """Write into `above` the pairwise joined cells of `below`, from cell `start` of `above`."""
    even, odd = below[2 * start :: 2], below[2 * start + 1 :: 2]
    join(even[: len(odd)], odd, out=above[start : start + len(odd)])
    if len(even) > len(odd):
        above[start + len(odd)] = even[-1]


def _least(one: float, other: float) -> float:
    """The smaller of two, NaN counting as absent."""
    return one if one <= other or math.isnan(other) else other
