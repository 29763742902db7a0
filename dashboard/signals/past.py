"""What the hourly past of one contract says: moves, volatility, and standings of the present."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dashboard.market.readings import SeriesKind
from dashboard.risk.true_range import hourly_moves
from dashboard.signals.standing import Floats, Standing, standing

HOUR_MS = 3_600_000
SPARK_HOURS = 48
_HOURS_PER_YEAR = 8_760
_VOLATILITY_HOURS = 168
_LEAST_VOLATILITY_HOURS = 24

Rows = Mapping[SeriesKind, Floats]
"""Hourly rows by kind, columns as in SERIES_COLUMNS, ascending in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Figures of the past of one contract; None is unknown.

    `spark` are hourly closes of the last two days, oldest first, NaN where none was recorded.
    `atr_fraction` is ATR(14, 1 h) over the last close, `volatility_year` the standard deviation of
    hourly log returns over a week, per year. Changes of open interest are in coin, as fractions.
    """

    spark: tuple[float, ...] = ()
    atr_fraction: float | None = None
    volatility_year: float | None = None
    open_interest_change_4h: float | None = None
    funding: Standing | None = None
    open_interest_change_24h: Standing | None = None
    ratio: Standing | None = None
    price_change_24h: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The figures of now that are held against the past; rates and changes are fractions."""

    funding_rate: float | None = None
    open_interest_coin: float | None = None
    open_interest_change_24h: float | None = None
    ratio: float | None = None
    price_change_24h: float | None = None


def past_of(rows: Rows, present: Present, now_ms: int) -> Past:
    """What `rows` say of `present` at `now_ms`; rows that open later are left out."""
    candles = _until(rows, SeriesKind.CANDLES, now_ms)
    interest = _until(rows, SeriesKind.OPEN_INTEREST, now_ms)
    marks = _until(rows, SeriesKind.MARK_CANDLES, now_ms)
    moves = hourly_moves(marks if len(marks) else candles[:, :5], now_ms)
    closes = _hourly(candles[:, 0], candles[:, 4])
    coins = _hourly(interest[:, 0], interest[:, 1])
    ratios = _until(rows, SeriesKind.LONG_SHORT_RATIO, now_ms)[:, 1]
    fundings = _until(rows, SeriesKind.FUNDING, now_ms)[:, 1]
    last = closes[-1] if len(closes) else math.nan
    return Past(
        spark=tuple(float(close) for close in closes[-SPARK_HOURS:]),
        atr_fraction=moves.atr / last if moves.atr is not None and last > 0.0 else None,
        volatility_year=_volatility(closes),
        open_interest_change_4h=_change(present.open_interest_coin, interest, now_ms, 4),
        funding=standing(present.funding_rate, fundings),
        open_interest_change_24h=standing(present.open_interest_change_24h, _changes(coins, 24)),
        ratio=standing(present.ratio, ratios),
        price_change_24h=standing(present.price_change_24h, _changes(closes, 24)),
    )


_COLUMNS = {
    SeriesKind.CANDLES: 6,
    SeriesKind.MARK_CANDLES: 5,
    SeriesKind.OPEN_INTEREST: 3,
    SeriesKind.LONG_SHORT_RATIO: 2,
    SeriesKind.FUNDING: 2,
}


def _until(rows: Rows, kind: SeriesKind, now_ms: int) -> Floats:
    held = rows.get(kind)
    if held is None:
        return np.empty((0, _COLUMNS[kind]))
    return held[held[:, 0] <= now_ms]


def _hourly(times_ms: Floats, values: Floats) -> Floats:
    """The values on a grid of hours, NaN where an hour was not recorded."""
    if not len(times_ms):
        return np.empty(0)
    hours = (times_ms // HOUR_MS).astype(np.int64)
    grid = np.full(int(hours[-1] - hours[0]) + 1, np.nan)
    grid[hours - hours[0]] = values
    return grid


def _changes(grid: Floats, hours: int) -> Floats:
    """The relative change over so many hours at each hour of the grid."""
    if len(grid) <= hours:
        return np.empty(0)
    before = grid[:-hours]
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = grid[hours:] / before - 1.0
    return np.where(before > 0.0, changes, np.nan)


def _change(now: float | None, interest: Floats, now_ms: int, hours: int) -> float | None:
    """The change from the newest row that is at least so many hours old, if not over twice that."""
    wanted_ms = now_ms - hours * HOUR_MS
    earlier = interest[
        (interest[:, 0] <= wanted_ms) & (interest[:, 0] > wanted_ms - hours * HOUR_MS)
    ]
    if now is None or not len(earlier):
        return None
    before = float(earlier[-1, 1])
    return now / before - 1.0 if math.isfinite(before) and before > 0.0 else None


def _volatility(closes: Floats) -> float | None:
    """The standard deviation of hourly log returns of the last week, per year."""
    recent = closes[-_VOLATILITY_HOURS - 1 :]
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.diff(np.log(np.where(recent > 0.0, recent, np.nan)))
    known = returns[np.isfinite(returns)]
    if len(known) < _LEAST_VOLATILITY_HOURS:
        return None
    return float(np.std(known, ddof=1) * math.sqrt(_HOURS_PER_YEAR))
