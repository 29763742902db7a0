"""The odds of one position: its liquidation, stop and target, and the leverage of 1 %."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.market.account import Side
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.order import OrderOdds, order_of_levels
from dashboard.risk.touch import (
    Odds,
    TouchFit,
    distance_of_probability,
    no_odds,
    probability_of_distance,
    touch_odds,
)

HORIZONS = (1, 8, 24, 168)
RARE = 0.01
"""The odds whose leverage is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Where a position ends: prices, None where there is none.

    `shifts` is how far expected funding brings the liquidation price nearer by horizon, in
    quote currency; funding that would be received is not counted.
    """

    side: Side
    mark: float
    liquidation: float | None = None
    stop: float | None = None
    target: float | None = None
    shifts: Mapping[int, float] | None = None


@dataclass(frozen=True, slots=True)
class LeverageOdds:
    """The leverage whose liquidation is touched within `hours` with `probability`."""

    hours: int
    probability: float
    leverage: float


def against(side: Side) -> Way:
    """Where the liquidation of a side lies."""
    return Way.DOWN if side is Side.LONG else Way.UP


def liquidation_odds(
    fit: TouchFit, at: Levels, horizons: Sequence[int] = HORIZONS, *, interval: bool = True
) -> tuple[Odds, ...]:
    """The odds of liquidation by horizon, the price moved by expected funding."""
    if at.liquidation is None:
        return tuple(no_odds(hours, "there is no liquidation price") for hours in horizons)
    shifts = at.shifts or {}
    found = []
    for hours in horizons:
        level = at.liquidation + at.side * max(0.0, shifts.get(hours, 0.0))
        way = against(at.side)
        found.append(_odds(fit, level, at.mark, way, hours, "liquidation", interval=interval))
    return tuple(found)


def stop_odds(fit: TouchFit, at: Levels, horizons: Sequence[int] = HORIZONS) -> tuple[Odds, ...]:
    """The odds of the stop by horizon; none of a stop that is not set."""
    if at.stop is None:
        return ()
    way = against(at.side)
    return tuple(_odds(fit, at.stop, at.mark, way, hours, "stop") for hours in horizons)


def target_odds(fit: TouchFit, at: Levels, horizons: Sequence[int] = HORIZONS) -> tuple[Odds, ...]:
    """The odds of the target by horizon; none of a target that is not set."""
    if at.target is None:
        return ()
    way = Way.UP if at.side is Side.LONG else Way.DOWN
    return tuple(_odds(fit, at.target, at.mark, way, hours, "target") for hours in horizons)


def stop_before_target(fit: TouchFit, at: Levels, hours: int) -> OrderOdds | None:
    """Which of stop and target is touched first; None where one is not set or already passed."""
    if fit.steps is None or at.stop is None or at.target is None:
        return None
    stop = at.side * math.log(at.mark / at.stop)
    target = at.side * math.log(at.target / at.mark)
    if stop <= 0.0 or target <= 0.0:
        return None
    way, other = against(at.side), against(Side(-at.side))
    found = order_of_levels(fit.steps, stop, target, way, hours)
    # No level is touched first more often than it is touched at all.
    return OrderOdds(
        hours,
        min(found.stop_first, probability_of_distance(fit, stop, way, hours)),
        min(found.target_first, probability_of_distance(fit, target, other, hours)),
    )


def rare_leverage(fit: TouchFit, side: Side, maintenance_rate: float, hours: int) -> LeverageOdds:
    """The leverage of an isolated position, entered now, that is liquidated with 1 % odds.

    Where the data cannot say 1 % it is the smallest probability that they can say.
    """
    tail = next(one for one in fit.horizons if one.hours == hours).tails[against(side)]
    probability = max(RARE, tail.least_shown)
    distance = distance_of_probability(fit, probability, against(side), hours)
    ratio = math.exp(-side * distance)
    margin = side * (1.0 - ratio) + maintenance_rate * ratio
    return LeverageOdds(hours, probability, 1.0 / margin)


def _odds(
    fit: TouchFit,
    level: float,
    mark: float,
    way: Way,
    hours: int,
    name: str,
    *,
    interval: bool = True,
) -> Odds:
    passed = level >= mark if way is Way.DOWN else level <= mark
    if passed:
        return no_odds(hours, f"the mark price is already beyond the {name}")
    if level <= 0.0:
        return no_odds(hours, f"the {name} is not above 0")
    return touch_odds(fit, level, mark, hours, interval=interval)
