"""Odds as they would have been said in the past, beside simpler methods, and what happened.

Every forecast is made at the close of a bar and uses bars up to it and none after. Regressions
and excursions are renewed every `refit_hours`, volatility with every forecast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from dashboard.errors import InputError
from dashboard.risk.odds.bars import HOUR_MS, FloatArray, HourlyBars, IntArray
from dashboard.risk.odds.excursions import Way, excursions
from dashboard.risk.odds.reflection import reflection_probabilities
from dashboard.risk.odds.tail import Tail
from dashboard.risk.touch import LONGEST_HORIZON_H
from dashboard.risk.volatility import (
    Regression,
    ewma_sigma,
    features,
    fit_regression,
    fit_rows,
    log_realised,
)

MAINTENANCE_RATE = 0.004
"""Of the isolated positions whose liquidation is forecast."""
LEAST_BURN_IN_H = 2160
HISTORICAL_HOURS = 8760


class Rival(Enum):
    """The methods that are compared."""

    CONDITIONAL_HAR = "conditional-har"
    REFLECTION_HAR = "reflection-har"
    REFLECTION_EWMA = "reflection-ewma72"
    HISTORICAL = "historical-simulation-1y"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is forecast: both sides of each leverage and horizon, every `every_h` hours.

    Forecasts start once `burn_in_h` bars are known; those made at `since_ms` or before are left
    out. Raises InputError where a part makes no sense.
    """

    leverages: tuple[float, ...] = (3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
    horizons: tuple[int, ...] = (4, 24, 72, 168)
    every_h: int = 6
    burn_in_h: int = 8760
    since_ms: int | None = None
    refit_h: int = 168

    def __post_init__(self) -> None:
        """Check the parts."""
        self._check_targets()
        for name, hours in (("--every", self.every_h), ("--refit", self.refit_h)):
            if hours < 1:
                raise InputError(name, f"{name} must be 1 hour or more, not {hours}")
        if self.burn_in_h < LEAST_BURN_IN_H:
            raise InputError(
                "--burn-in",
                f"--burn-in must be {LEAST_BURN_IN_H} hours or more, not {self.burn_in_h}: "
                "a regression on less is none",
            )

    def _check_targets(self) -> None:
        highest = 1.0 / MAINTENANCE_RATE
        for leverage in self.leverages:
            if not 1.0 < leverage < highest:
                raise InputError(
                    "--leverages",
                    f"a leverage must lie above 1 and below {highest:g}, where maintenance margin "
                    f"({MAINTENANCE_RATE:.1%}) takes all, not {leverage:g}",
                )
        for hours in self.horizons:
            if not 1 <= hours <= LONGEST_HORIZON_H:
                sentence = f"a horizon must be 1 to {LONGEST_HORIZON_H} hours, not {hours}"
                raise InputError("--horizons", sentence)

    def distances(self, way: Way) -> FloatArray:
        """Log distances to the liquidation price of an isolated position entered at the mark."""
        margin = 1.0 / np.array(self.leverages)
        if way is Way.DOWN:
            return -np.log((1.0 - margin) / (1.0 - MAINTENANCE_RATE))
        return np.log((1.0 + margin) / (1.0 + MAINTENANCE_RATE))


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Forecasts of one series, flat: each method's probabilities, and whether it was touched.

    `time_ms` is when each was made, `hours` its horizon.
    """

    said: dict[Rival, FloatArray]
    touched: npt.NDArray[np.bool_]
    time_ms: IntArray
    hours: IntArray

    def __len__(self) -> int:
        return len(self.touched)


def walk_forward(bars: HourlyBars, plan: Plan) -> Forecasts:
    """Forecast through a series; raises InputError where it is too short for a single one."""
    places = _places(bars, plan)
    rows = features(bars)
    usable = np.isfinite(rows[places]).all(axis=1) & np.isfinite(bars.close[places])
    places = places[usable]
    hourly = ewma_sigma(bars)[places]
    grids = [_horizon_grids(bars, rows, places, hourly, hours, plan) for hours in _sorted(plan)]
    said = {rival: np.stack([grid.said[rival] for grid in grids]) for rival in Rival}
    conditional = said[Rival.CONDITIONAL_HAR]
    # As where odds are shown: a longer time never has smaller odds.
    np.fmax.accumulate(conditional, axis=0, out=conditional)
    reached = np.stack([grid.reached for grid in grids])
    known = np.isfinite(reached) & np.all([np.isfinite(said[rival]) for rival in Rival], axis=0)
    if not known.any():
        raise InputError("--candles", _too_short(bars, plan))
    made = bars.start_ms + (places + 1) * HOUR_MS
    hours = np.array(_sorted(plan), dtype=np.int64)
    return Forecasts(
        {rival: said[rival][known] for rival in Rival},
        reached[known] > 0.0,
        np.broadcast_to(made[None, None, :, None], known.shape)[known],
        np.broadcast_to(hours[:, None, None, None], known.shape)[known],
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """One horizon: arrays by way, time and leverage; `reached` is 0, 1 or NaN."""

    said: dict[Rival, FloatArray]
    reached: FloatArray


def _horizon_grids(
    bars: HourlyBars,
    rows: FloatArray,
    places: IntArray,
    hourly: FloatArray,
    hours: int,
    plan: Plan,
) -> _Grid:
    moves = {way: excursions(bars, hours, way) for way in Way}
    targets = log_realised(bars, hours)
    sigmas = np.full(len(places), np.nan)
    counted = np.full((len(Way), len(places), len(plan.leverages)), np.nan)
    for known, chosen in _refits(places, plan):
        window = fit_rows(known, hours)
        regression = fit_regression(rows[window], targets[window], hours)
        if regression is None:
            continue
        sigmas[chosen] = regression.sigma(rows[places[chosen]])
        past = regression.sigma(rows[window])
        for side, way in enumerate(Way):
            tail = _tail(moves[way][window] / past, regression)
            distances = plan.distances(way) / sigmas[chosen][:, None]
            counted[side, chosen] = tail.probabilities(distances)
    away = np.stack([plan.distances(way) for way in Way])[:, None, :]
    ahead = np.stack([moves[way][places] for way in Way])[:, :, None]
    simple = (hourly * math.sqrt(hours))[None, :, None]
    said = {
        Rival.CONDITIONAL_HAR: counted,
        Rival.REFLECTION_HAR: reflection_probabilities(away / sigmas[None, :, None]),
        Rival.REFLECTION_EWMA: reflection_probabilities(away / simple),
        Rival.HISTORICAL: np.stack(
            [_historical(moves[way], plan.distances(way), places, hours) for way in Way]
        ),
    }
    return _Grid(said, np.where(np.isfinite(ahead), ahead >= away, np.nan))


def _tail(z: FloatArray, regression: Regression) -> Tail:
    known = z[np.isfinite(z)]
    return Tail(known, regression.hours, len(known) / regression.hours, len(known))


def _refits(
    places: IntArray, plan: Plan
) -> list[tuple[int, npt.NDArray[np.bool_] | npt.NDArray[np.intp]]]:
    """Per refit how many bars were known at it, and which forecasts use it."""
    numbers = (places - (plan.burn_in_h - 1)) // plan.refit_h
    return [
        (plan.burn_in_h + int(number) * plan.refit_h, np.flatnonzero(numbers == number))
        for number in np.unique(numbers)
    ]


def _historical(
    moves: FloatArray, distances: FloatArray, places: IntArray, hours: int
) -> FloatArray:
    """Shares of the windows that ended within the last year in which a distance was reached."""
    known = np.isfinite(moves)
    last = places - hours + 1
    first = np.maximum(0, last - HISTORICAL_HOURS)
    counts = _between(known, first, last)
    with np.errstate(invalid="ignore"):
        reached = [_between(moves >= distance, first, last) for distance in distances]
    return (np.stack(reached, axis=-1) + 0.5) / (counts[:, None] + 1.0)


def _between(flags: npt.NDArray[np.bool_], first: IntArray, last: IntArray) -> IntArray:
    sums = np.concatenate([[0], np.cumsum(flags)])
    return np.asarray(sums[last] - sums[first])


def _places(bars: HourlyBars, plan: Plan) -> IntArray:
    """The bars at whose close a forecast is made."""
    last = len(bars) - min(plan.horizons)
    places = np.arange(plan.burn_in_h - 1, last, plan.every_h)
    if len(places) == 0:
        raise InputError("--candles", _too_short(bars, plan))
    if plan.since_ms is not None:
        places = places[bars.start_ms + (places + 1) * HOUR_MS > plan.since_ms]
        if len(places) == 0:
            raise InputError("--since", "no forecast can be made and resolved after --since")
    return places


def _too_short(bars: HourlyBars, plan: Plan) -> str:
    needed = plan.burn_in_h + min(plan.horizons)
    return (
        f"the series has {len(bars)} hourly bars, {bars.missing} of them missing; a first "
        f"forecast needs more than {needed} (--burn-in and the shortest horizon)"
    )


def _sorted(plan: Plan) -> Sequence[int]:
    return sorted(set(plan.horizons))
