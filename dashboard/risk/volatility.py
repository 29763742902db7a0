"""How far a price moves in the hours to come: log-HAR volatility, and EWMA where history is short.

The heterogeneous autoregression of F. Corsi (2009) in logarithms: ln of the realised variance of
the next H hours on ln of the mean Parkinson variance of the last 6, 24, 168 and 720 hours and ln
of the mean squared return of the last 24, by least squares on at most three years. Volatility is
a fraction per horizon, not per year: 0.03 means that the price moves by about 3 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dashboard.risk.odds.bars import FloatArray, HourlyBars
from dashboard.risk.odds.windows import next_sum, past_mean

HORIZONS_H = (1, 4, 8, 24, 72, 168)
RANGE_HOURS = (6, 24, 168, 720)
RETURN_HOURS = 24
FIT_HOURS = 3 * 8760
"""At most so many hours are fitted on."""
LEAST_ROWS = 720
"""A regression on fewer hours is no regression."""
VARIANCE_FLOOR = 1e-10
"""Of one hour: a price that stands still has no logarithm of its variance."""
EWMA_HALF_LIFE_H = 72

_PARKINSON = 4.0 * math.log(2.0)
_LOG_SHIFT = 10.0
"""Log variances lie about this far under 0; shifted, the normal equations are well conditioned."""


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients on [1, the features], and the residual variance, of one horizon."""

    hours: int
    coefficients: FloatArray
    residual_variance: float

    def sigma(self, features: FloatArray) -> FloatArray:
        """Expected volatility over the horizon per row: exp((Xb + s^2 / 2) / 2), NaN if unknown."""
        # A product of matrices rounds by how many rows it has; a forecast must not know that.
        logs = np.full(len(features), self.residual_variance / 2.0)
        for column, coefficient in enumerate(self.coefficients.tolist()):
            logs += features[:, column] * coefficient
        return np.asarray(np.exp(logs / 2.0))


def hourly_returns(bars: HourlyBars) -> FloatArray:
    """Log return of each hour; NaN in the first and around a missing one."""
    return np.diff(bars.close, prepend=np.nan)


def features(bars: HourlyBars, *, short_history: bool = False) -> FloatArray:
    """Rows [1, logs of past variance] per hour, NaN where too much of the past is unknown.

    With `short_history` the long means are of what there is, six hours at least.
    """
    ranges = (bars.high - bars.low) ** 2 / _PARKINSON
    least = RANGE_HOURS[0] if short_history else None
    columns = [past_mean(ranges, hours, least=least) for hours in RANGE_HOURS]
    columns.append(past_mean(hourly_returns(bars) ** 2, RETURN_HOURS, least=least))
    logs = [np.log(np.maximum(column, VARIANCE_FLOOR)) + _LOG_SHIFT for column in columns]
    return np.column_stack([np.ones(len(bars)), *logs])


def log_realised(bars: HourlyBars, hours: int) -> FloatArray:
    """ln of the sum of squared returns over the next `hours`; NaN where one is unknown."""
    realised = next_sum(hourly_returns(bars) ** 2, hours)
    return np.log(np.maximum(realised, VARIANCE_FLOOR * hours))


def fit_rows(bars_known: int, hours: int, most: int = FIT_HOURS) -> slice:
    """The hours whose window of `hours` had ended when `bars_known` bars were known."""
    last = max(0, bars_known - hours)
    return slice(max(0, last - most), last)


def fit_regression(rows: FloatArray, targets: FloatArray, hours: int) -> Regression | None:
    """Least squares of `targets` on `rows`; None where fewer than LEAST_ROWS are known."""
    whole = np.isfinite(targets) & np.isfinite(rows).all(axis=1)
    count = int(whole.sum())
    if count < LEAST_ROWS:
        return None
    known, wanted = (rows, targets) if count == len(rows) else (rows[whole], targets[whole])
    # A price that hardly moves makes features alike; the ridge is far below what data say.
    gram = known.T @ known + 1e-9 * count * np.eye(known.shape[1])
    coefficients = np.asarray(np.linalg.solve(gram, known.T @ wanted), dtype=np.float64)
    residuals = wanted - known @ coefficients
    variance = float(residuals @ residuals) / (count - known.shape[1])
    return Regression(hours, coefficients, variance)


def ewma_sigma(bars: HourlyBars, half_life_h: float = EWMA_HALF_LIFE_H) -> FloatArray:
    """Volatility of one hour by exponentially weighted squared returns, at each hour.

    The weights of what is known sum to one from the first return on; an hour without a bar
    changes nothing. NaN before there is a return.
    """
    squares = hourly_returns(bars) ** 2
    decay = 0.5 ** (1.0 / half_life_h)
    known = np.isfinite(squares)
    sums = decayed_sum(np.where(known, squares, 0.0), known, decay)
    weights = decayed_sum(known.astype(np.float64), known, decay)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(np.maximum(sums / weights, np.where(weights > 0.0, VARIANCE_FLOOR, np.nan)))


def decayed_sum(values: FloatArray, known: np.ndarray, decay: float) -> FloatArray:
    """Running sum that fades by `decay` at every known value."""
    total, result = 0.0, np.empty(len(values))
    for place, (value, counts) in enumerate(zip(values.tolist(), known.tolist(), strict=True)):
        if counts:
            total = decay * total + value
        result[place] = total
    return result
