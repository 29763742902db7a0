"""Series made from others: changes, basis, volatility, funding per day and paid. Pure NumPy.

Each function takes columns by ascending time (ms UTC) and answers rows (time, value ...); NaN
marks what is not known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dashboard.market.account import Side
from widgets.charts.envelope import Floats

YEAR_MS = 365.0 * 86_400_000.0
HOUR_MS = 3_600_000.0
_PRICE_PART = 0.1
_GAP_STEPS = 1.5


def ratio_rows(times: Floats, values: Floats, base_times: Floats, base: Floats) -> Floats:
    """Rows (time, value / base - 1) at the times that both have; base must be above 0."""
    common, ours, theirs = np.intersect1d(times, base_times, True, True)
    below = base[theirs]
    ratio = np.divide(values[ours], below, out=np.full(len(common), np.nan), where=below > 0.0)
    return np.column_stack((common, ratio - 1.0))


def change_rows(times: Floats, values: Floats, step_ms: float) -> Floats:
    """Rows (time, value - value before); NaN after a gap of more than a step."""
    changes = np.full(len(times), np.nan)
    changes[1:] = np.where(np.diff(times) <= _GAP_STEPS * step_ms, np.diff(values), np.nan)
    return np.column_stack((times, changes))


def candle_rows(times: Floats, values: Floats, step_ms: float) -> Floats:
    """Candles of a sampled value: each opens where the one before closed, but after a gap."""
    opens = values.copy()
    opens[1:] = np.where(np.diff(times) <= _GAP_STEPS * step_ms, values[:-1], values[1:])
    high, low = np.maximum(opens, values), np.minimum(opens, values)
    rows = np.column_stack((times, opens, high, low, values, np.full(len(times), np.nan)))
    return np.asarray(rows[np.isfinite(rows[:, 1:5]).all(axis=1)])


def volatility_rows(times: Floats, closes: Floats, window: int, bar_ms: float) -> Floats:
    """Rows (time, annualised volatility) from the last `window` log returns of each close.

    The root of the mean squared return (the mean return of a short window is noise and counts as
    0) times that of bars per year of 365 days. NaN until the window is full and across gaps.
    """
    result = np.full(len(times), np.nan)
    if len(times) > window:
        positive = np.where(closes > 0.0, closes, np.nan)
        returns = np.diff(np.log(positive))
        returns[np.diff(times) > _GAP_STEPS * bar_ms] = np.nan
        windows = np.lib.stride_tricks.sliding_window_view(returns * returns, window)
        result[window:] = np.sqrt(windows.mean(axis=1) * (YEAR_MS / bar_ms))
    return np.column_stack((times, result))


def funding_hours(times: Floats) -> Floats:
    """Hours that each settlement is for: since the one before, the first as long as the second.

    Whole hours: venues stamp late by seconds. NaN where only one settlement is known.
    """
    if len(times) < 2:
        return np.full(len(times), np.nan)
    hours = np.maximum(1.0, np.round(np.diff(times) / HOUR_MS))
    whole = np.concatenate((hours[:1], hours))
    # A settlement that was not recorded makes the next one look twice as long.
    return np.asarray(np.minimum(whole, np.median(whole)), dtype=np.float64)


def rate_rows(times: Floats, rates: Floats, hours: float) -> Floats:
    """Rows (time, rate) with each settled rate as if it were for `hours`."""
    return np.column_stack((times, rates * hours / funding_hours(times)))


def paid_rows(times: Floats, rates: Floats, side: Side, since_ms: float) -> Floats:
    """Rows (time, sum) of what `side` paid since `since_ms`, as a fraction of notional value.

    Longs pay a positive rate; below 0 is what was received.
    """
    due = times > since_ms
    return np.column_stack((times[due], np.cumsum(int(side) * rates[due])))


def stacked_rows(series: Sequence[tuple[Floats, Floats]], step_ms: float) -> list[Floats]:
    """For each of several sampled values, rows (time, sum of it and those before it).

    At each time of any of them the last sample that is no older than a step and a half counts;
    where one is missing the sums it belongs to are NaN, never the sum of the others.
    """
    if not series:
        return []
    times = np.unique(np.concatenate([times for times, _ in series]))
    total = np.zeros(len(times))
    stacked: list[Floats] = []
    for own_times, values in series:
        total = total + _held(times, own_times, values, step_ms)
        stacked.append(np.column_stack((times, total)))
    return stacked


def _held(times: Floats, own_times: Floats, values: Floats, step_ms: float) -> Floats:
    if not len(own_times):
        return np.full(len(times), np.nan)
    at: npt.NDArray[np.int64] = np.searchsorted(own_times, times, side="right") - 1
    known = (at >= 0) & (times - own_times[np.maximum(at, 0)] < _GAP_STEPS * step_ms)
    return np.where(known, values[np.maximum(at, 0)], np.nan)


def rose_with_price_only(coin_change: float | None, usd_change: float | None) -> bool:
    """Whether open interest rose in USD while hardly any coin was added: it is only the price.

    Both are fractions over the same time; the coin part may explain a tenth of the rise at most.
    """
    if coin_change is None or usd_change is None:
        return False
    if not (math.isfinite(coin_change) and math.isfinite(usd_change)):
        return False
    return usd_change > 0.0 and coin_change < _PRICE_PART * usd_change
