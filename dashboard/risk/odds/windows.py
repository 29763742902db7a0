"""Sums, means and extremes over windows of hours; an hour without a value is NaN.

Every result depends on the hours of its own window and, for the backward ones, on those before
it: hours that are appended later change nothing that was there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dashboard.risk.odds.bars import FloatArray

NEEDED_FRACTION = 0.9
"""A mean over past hours is taken where this much of them has a value."""


def past_mean(values: FloatArray, hours: int, *, least: int | None = None) -> FloatArray:
    """At each hour the mean of the last `hours`, itself included; NaN where too few are known.

    `least` is how many must be known, by default NEEDED_FRACTION of them.
    """
    needed = int(np.ceil(NEEDED_FRACTION * hours)) if least is None else least
    known = np.isfinite(values)
    sums = _past_sum(np.where(known, values, 0.0), hours)
    counts = _past_sum(known.astype(np.float64), hours)
    return np.where(counts >= needed, sums / np.maximum(counts, 1.0), np.nan)


def next_sum(values: FloatArray, hours: int) -> FloatArray:
    """At each hour the sum over the `hours` after it; NaN where one of them is unknown."""
    known = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    gaps = np.concatenate([[0], np.cumsum(~known)])
    result = np.full(len(values), np.nan)
    last = len(values) - hours
    if last > 0:
        whole = gaps[1 + hours :] == gaps[1 : last + 1]
        result[:last] = np.where(whole, sums[1 + hours :] - sums[1 : last + 1], np.nan)
    return result


def next_lowest(values: FloatArray, hours: int) -> FloatArray:
    """At each hour the least over the `hours` after it; NaN where one of them is unknown."""
    return _next_extreme(values, hours, np.minimum)


def next_highest(values: FloatArray, hours: int) -> FloatArray:
    """At each hour the greatest over the `hours` after it; NaN where one of them is unknown."""
    return _next_extreme(values, hours, np.maximum)


def _past_sum(values: FloatArray, hours: int) -> FloatArray:
    sums = np.cumsum(values)
    sums[hours:] -= sums[:-hours].copy()
    return sums


def _next_extreme(
    values: FloatArray, hours: int, extreme: Callable[[FloatArray, FloatArray], FloatArray]
) -> FloatArray:
    """By doubling: the extreme of 2k hours is that of two runs of k, so few passes do it."""
    result = np.full(len(values), np.nan)
    if hours >= len(values):
        return result
    runs, length = values, 1
    while 2 * length <= hours:
        runs = extreme(runs[:-length], runs[length:])
        length *= 2
    rest = hours - length
    whole = extreme(runs[: len(runs) - rest], runs[rest:])
    result[:-hours] = whole[1:]
    return result
