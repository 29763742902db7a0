"""How far a price moves in an hour and a day: average true range and daily sigma, from candles.

Both are of closed hourly candles of the mark price, which is what liquidation is triggered by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

HOUR_MS = 3_600_000
ATR_PERIOD = 14
"""Hours of the average true range, the usual number."""
MOST_HOURS = 336
"""Two weeks: what is further back says little about today."""
LEAST_RETURNS = 24
"""A daily figure needs a day of hours."""
OLDEST_MS = 6 * HOUR_MS
"""How long ago the newest closed hour may have ended."""
HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyMoves:
    """What hourly candles say; a figure that is None is unknown, and `reason` says why.

    `atr` is ATR(14, 1 h) in quote currency by Wilder's smoothing, `daily_sigma` the root mean
    square of hourly logarithmic returns times the root of 24, a fraction. `hours` is how many
    closed candles in a row they come from, the last of which ended at `until_ms`.
    """

    atr: float | None = None
    daily_sigma: float | None = None
    hours: int = 0
    until_ms: int | None = None
    reason: str = ""


def hourly_moves(candles: FloatArray, now_ms: int) -> HourlyMoves:
    """The moves of mark price candles at `now_ms`; columns start (ms UTC), open, high, low, close.

    Rows ascend in time. Only what had closed by `now_ms` counts, and of that the newest stretch
    without a gap, at most MOST_HOURS long; NaN is a gap.
    """
    closed = candles[candles[:, 0] + HOUR_MS <= now_ms]
    if not len(closed):
        return HourlyMoves(reason="no hourly mark candle has closed yet")
    until_ms = int(closed[-1, 0]) + HOUR_MS
    if now_ms - until_ms > OLDEST_MS:
        hours = (now_ms - until_ms) // HOUR_MS
        return HourlyMoves(until_ms=until_ms, reason=f"the hourly mark candles end {hours} h ago")
    tail = _newest_stretch(closed)[-MOST_HOURS:]
    if len(tail) <= ATR_PERIOD:
        return HourlyMoves(
            hours=len(tail),
            until_ms=until_ms,
            reason=f"only {len(tail)} hourly mark candles without a gap; {ATR_PERIOD + 1} are "
            "needed",
        )
    returns = np.diff(np.log(tail[:, 4]))
    enough = len(returns) >= LEAST_RETURNS
    return HourlyMoves(
        atr=average_true_range(tail),
        daily_sigma=_daily_sigma(returns) if enough else None,
        hours=len(tail),
        until_ms=until_ms,
        reason=""
        if enough
        else f"only {len(returns)} hourly returns without a gap; {LEAST_RETURNS} are needed",
    )


def average_true_range(candles: FloatArray) -> float:
    """ATR of candles without a gap (columns as above), ATR_PERIOD + 1 of them at least.

    The true range of an hour is the largest of high - low, |high - close before| and
    |low - close before|. The mean of the first 14 is smoothed by (13 ATR + TR) / 14 from there
    on. Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    high, low, before = candles[1:, 2], candles[1:, 3], candles[:-1, 4]
    ranges = np.maximum(high, before) - np.minimum(low, before)
    smoothed = float(np.mean(ranges[:ATR_PERIOD]))
    for true_range in ranges[ATR_PERIOD:].tolist():
        smoothed += (true_range - smoothed) / ATR_PERIOD
    return smoothed


def _daily_sigma(returns: FloatArray) -> float:
    return math.sqrt(float(np.mean(returns * returns)) * HOURS_PER_DAY)


def _newest_stretch(closed: FloatArray) -> FloatArray:
    """The rows from the last gap on: hours follow each other and all prices are above zero."""
    usable: npt.NDArray[np.bool_] = np.all(closed[:, 1:5] > 0.0, axis=1)
    if not usable[-1]:
        return closed[:0]
    joined = (np.diff(closed[:, 0]) == HOUR_MS) & usable[1:] & usable[:-1]
    breaks = np.flatnonzero(~joined)
    return closed[int(breaks[-1]) + 1 if breaks.size else 0 :]
