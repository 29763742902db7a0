"""How likely a price level is touched, by when: conditional historical simulation.

For each horizon the past excursions of the mark price are measured in units of the volatility
that was expected at the time, and the odds of a level are how many of them went at least as far:
(number of z >= |ln(level / mark)| / sigma, plus 1/2) / (n + 1), with zero drift by choice. A
longer horizon never gets smaller odds than a shorter one. A fit is a value; it does not age by
itself, so whoever asks says how old mark and fit are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from dashboard.errors import InputError
from dashboard.risk.odds.bars import HOUR_MS, FloatArray, HourlyBars
from dashboard.risk.odds.excursions import Way, excursions
from dashboard.risk.odds.order import Steps, steps_of
from dashboard.risk.odds.reflection import reflection_sample
from dashboard.risk.odds.tail import Tail
from dashboard.risk.volatility import (
    FIT_HOURS,
    HORIZONS_H,
    LEAST_ROWS,
    Regression,
    ewma_sigma,
    features,
    fit_regression,
    fit_rows,
    log_realised,
)

LEAST_SHOWN = 0.003
"""Far barriers are over-predicted: below this only "less than" is said."""
MARK_STALE_AFTER_MS = 120_000
FIT_STALE_AFTER_MS = 6 * HOUR_MS
"""The last volatility serves between refreshes, which are hourly, and not much longer."""
OWN_HOURS = 8760
"""Fewer own excursions than a year's serve worse than those of other coins."""
YOUNG_HOURS = 72
LONGEST_HORIZON_H = 720


class Method(Enum):
    """How odds were found, best first."""

    OWN = "conditional-har"
    POOLED = "pooled-har"
    YOUNG = "pooled-ewma"
    REFLECTION = "reflection"


METHOD_WORDS: Mapping[Method, str] = {
    Method.OWN: "own history in units of expected volatility",
    Method.POOLED: "other coins' history in units of this one's expected volatility",
    Method.YOUNG: "young contract: other coins' history and a volatility not under a floor",
    Method.REFLECTION: "formula for a Brownian path, which expects too few large moves",
}


@dataclass(frozen=True, slots=True)
class PooledHorizon:
    """What other coins give for one horizon: a regression, and quantiles of z per way.

    `ewma` are quantiles of excursions in units of EWMA volatility, for young contracts.
    """

    regression: Regression
    har: Mapping[Way, FloatArray]
    ewma: Mapping[Way, FloatArray]
    count: int
    effective: float


@dataclass(frozen=True, slots=True)
class Pool:
    """Figures of other coins, and the hourly volatility that a young contract has at least."""

    horizons: Mapping[int, PooledHorizon]
    floor_sigma_h: float
    source: str


@dataclass(frozen=True, slots=True)
class HorizonFit:
    """One horizon: expected volatility from the fit's moment on, and the excursions per way."""

    hours: int
    sigma: float
    tails: Mapping[Way, Tail]


@dataclass(frozen=True, slots=True)
class TouchFit:
    """Fits of several horizons from bars of [since_ms, made_ms), shortest horizon first.

    `steps` are for the order of two levels, None where own history is too short for it.
    """

    method: Method
    horizons: tuple[HorizonFit, ...]
    since_ms: int
    made_ms: int
    bars: int
    note: str = ""
    steps: Steps | None = None


@dataclass(frozen=True, slots=True)
class Odds:
    """The odds of one level within `hours`; None, with the `reason`, where there are none.

    `interval` holds it with 95 % by a bootstrap of 14-day blocks (None of a formula), `count`
    are the windows behind it and `effective` those that do not overlap. Where `probability` is
    under `least_shown` the data only say "less than" that.
    """

    hours: int
    probability: float | None
    interval: tuple[float, float] | None = None
    count: int = 0
    effective: float = 0.0
    least_shown: float = LEAST_SHOWN
    method: Method | None = None
    reason: str = ""

    @property
    def below_least(self) -> bool:
        """Whether the probability is smaller than what the data can say."""
        return self.probability is not None and self.probability < self.least_shown


def fit_touch(
    bars: HourlyBars, pool: Pool | None = None, horizons: Sequence[int] = HORIZONS_H
) -> TouchFit:
    """Fit each horizon on what was known when the last bar closed.

    Raises InputError where there is nothing to fit on: no return yet, no bar in the last hours,
    or a horizon that is not within 1 to LONGEST_HORIZON_H.
    """
    for hours in horizons:
        if not 1 <= hours <= LONGEST_HORIZON_H:
            raise InputError(
                "horizon", f"a horizon must be 1 to {LONGEST_HORIZON_H} hours, not {hours}"
            )
    known = int(np.isfinite(bars.close).sum())
    if known < 2 or not np.isfinite(bars.close[-1]):
        raise InputError("bars", f"odds need hourly bars up to now; there are {known}")
    method, fits = _fit_best(bars, pool, sorted(set(horizons)), known)
    note = _note(bars, method, pool)
    # Paths of a short history carry its drift and would contradict odds that other coins gave.
    steps = steps_of(bars, FIT_HOURS) if method is Method.OWN else None
    return TouchFit(method, fits, bars.start_ms, bars.end_ms, known, note, steps)


def _fit_best(
    bars: HourlyBars, pool: Pool | None, horizons: Sequence[int], known: int
) -> tuple[Method, tuple[HorizonFit, ...]]:
    rows = features(bars)
    enough = known >= OWN_HOURS if pool is not None else known >= 4 * LEAST_ROWS
    if enough and np.isfinite(rows[-1]).all():
        own = [_fit_own(bars, rows, hours) for hours in horizons]
        whole = tuple(fit for fit in own if fit is not None)
        if len(whole) == len(horizons):
            return Method.OWN, whole
    sigma_h = float(ewma_sigma(bars)[-1])
    if not math.isfinite(sigma_h):
        raise InputError("bars", "no two hourly bars follow each other: volatility is not known")
    if pool is None or not set(horizons) <= set(pool.horizons):
        return Method.REFLECTION, tuple(_by_reflection(sigma_h, hours) for hours in horizons)
    last = features(bars, short_history=True)[-1:]
    if known >= YOUNG_HOURS and np.isfinite(last).all():
        pooled = tuple(_by_pool(pool.horizons[hours], last) for hours in horizons)
        return Method.POOLED, pooled
    sigma_h = max(sigma_h, pool.floor_sigma_h)
    return Method.YOUNG, tuple(_by_ewma(pool.horizons[hours], sigma_h, hours) for hours in horizons)


def _fit_own(bars: HourlyBars, rows: FloatArray, hours: int) -> HorizonFit | None:
    window = fit_rows(len(bars), hours)
    regression = fit_regression(rows[window], log_realised(bars, hours)[window], hours)
    if regression is None:
        return None
    sigmas = regression.sigma(rows[window])
    tails = {}
    for way in Way:
        z = excursions(bars, hours, way)[window] / sigmas
        known = z[np.isfinite(z)]
        tails[way] = Tail(known, hours, len(known) / hours, len(known))
    return HorizonFit(hours, float(regression.sigma(rows[-1:])[0]), tails)


def _by_pool(pooled: PooledHorizon, last: FloatArray) -> HorizonFit:
    sigma = float(pooled.regression.sigma(last)[0])
    return HorizonFit(pooled.regression.hours, sigma, _pooled_tails(pooled, pooled.har))


def _by_ewma(pooled: PooledHorizon, sigma_h: float, hours: int) -> HorizonFit:
    return HorizonFit(hours, sigma_h * math.sqrt(hours), _pooled_tails(pooled, pooled.ewma))


def _pooled_tails(pooled: PooledHorizon, z: Mapping[Way, FloatArray]) -> dict[Way, Tail]:
    hours = pooled.regression.hours
    return {way: Tail(z[way], hours, pooled.effective, pooled.count, pooled=True) for way in Way}


def _by_reflection(sigma_h: float, hours: int) -> HorizonFit:
    sample = reflection_sample(4000)
    tail = Tail(sample, hours, math.inf, 0, pooled=True)
    return HorizonFit(hours, sigma_h * math.sqrt(hours), dict.fromkeys(Way, tail))


def _note(bars: HourlyBars, method: Method, pool: Pool | None) -> str:
    notes = []
    if method is Method.YOUNG:
        notes.append("young contract")
    if pool is not None and method in (Method.POOLED, Method.YOUNG):
        notes.append(pool.source)
    if bars.missing:
        count = bars.missing
        notes.append(f"{count} {'hour is' if count == 1 else 'hours are'} missing")
    return "; ".join(notes)


def touch_odds(
    fit: TouchFit, level: float, mark: float, hours: int, *, interval: bool = True
) -> Odds:
    """The odds that `level` is touched within `hours` when the mark price is `mark` now.

    Raises InputError where level or mark is no price above 0, and for a horizon without a fit.
    At the mark itself the level is touched: the odds are 1. Without `interval`, which takes
    most of the time, that is left out.
    """
    _check_price("level", level)
    _check_price("mark", mark)
    way = Way.DOWN if level <= mark else Way.UP
    return odds_of_distance(fit, abs(math.log(level / mark)), way, hours, interval=interval)


def odds_of_distance(
    fit: TouchFit, distance: float, way: Way, hours: int, *, interval: bool = True
) -> Odds:
    """The same for a log distance of 0 or more, one way."""
    chosen = _horizon(fit, hours)
    best = max(
        (one for one in fit.horizons if one.hours <= hours),
        key=lambda one: one.tails[way].probability(distance / one.sigma),
    )
    sigmas = distance / best.sigma
    tail = best.tails[way]
    told = interval and fit.method is not Method.REFLECTION
    shown_by = chosen.tails[way]
    return Odds(
        hours,
        tail.probability(sigmas),
        tail.interval(sigmas) if told else None,
        shown_by.count,
        shown_by.effective,
        max(LEAST_SHOWN, shown_by.least_shown),
        fit.method,
    )


def probability_of_distance(fit: TouchFit, distance: float, way: Way, hours: int) -> float:
    """Only the probability: what a slider asks for many times a second."""
    return max(
        one.tails[way].probability(distance / one.sigma)
        for one in fit.horizons
        if one.hours <= hours
    )


def distance_of_probability(fit: TouchFit, probability: float, way: Way, hours: int) -> float:
    """The log distance that is touched within `hours` with a probability: the inverse.

    Raises InputError where the probability is not between 0 and 1.
    """
    if not 0.0 < probability < 1.0:
        raise InputError(
            "probability", f"a probability must lie between 0 and 1, not {probability}"
        )
    _horizon(fit, hours)
    return max(
        one.tails[way].distance(probability) * one.sigma
        for one in fit.horizons
        if one.hours <= hours
    )


def level_of_probability(
    fit: TouchFit, probability: float, mark: float, way: Way, hours: int
) -> float:
    """The price level that is touched within `hours` with a probability."""
    _check_price("mark", mark)
    distance = distance_of_probability(fit, probability, way, hours)
    return mark * math.exp(-distance if way is Way.DOWN else distance)


def why_no_odds(
    fit: TouchFit, now_ms: int, mark_received_ms: int, stale_ms: int = MARK_STALE_AFTER_MS
) -> str:
    """Why nothing may be said at this moment; "" where something may."""
    age_ms = now_ms - mark_received_ms
    if age_ms > stale_ms:
        return f"the mark price is {_age(age_ms)} old; odds need one of the last {_age(stale_ms)}"
    fit_age_ms = now_ms - fit.made_ms
    if fit_age_ms > FIT_STALE_AFTER_MS:
        limit = _age(FIT_STALE_AFTER_MS)
        return f"the newest hourly bar is {_age(fit_age_ms)} old; odds need one of the last {limit}"
    return ""


def no_odds(hours: int, reason: str) -> Odds:
    """The answer where there is none."""
    return Odds(hours, None, reason=reason)


def _horizon(fit: TouchFit, hours: int) -> HorizonFit:
    for one in fit.horizons:
        if one.hours == hours:
            return one
    there = ", ".join(str(one.hours) for one in fit.horizons)
    raise InputError("horizon", f"there is no fit for {hours} hours; there are {there}")


def _check_price(name: str, price: float) -> None:
    if not 0.0 < price < math.inf:
        raise InputError(name, f"{name} must be a price above 0, not {price:g}")


def _age(span_ms: int) -> str:
    minutes = span_ms / 60_000
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"
