"""Which of two levels is touched first: paths drawn from blocks of past hours.

Each past hour is kept as (return, low, high) from the close before it, in units of the EWMA
volatility that was known then. A path strings blocks of 24 such hours together and scales them
by a volatility that follows the path, so that a wild block is followed by wild hours. Both
levels within one hour count as the stop first, since the bar does not tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dashboard.errors import InputError
from dashboard.risk.odds.bars import FloatArray, HourlyBars
from dashboard.risk.odds.excursions import Way
from dashboard.risk.volatility import EWMA_HALF_LIFE_H, ewma_sigma

BLOCK_H = 24
PATHS = 800
LEAST_HOURS = 30 * 24
MOST_VOLATILITY_RATIO = 5.0
"""A path's volatility stays within this factor of where it began."""
_SEED = 24


@dataclass(frozen=True)
class Steps:
    """Past hours, oldest first: columns return, low, high in sigmas; `sigma_h` is the one now."""

    moves: FloatArray
    sigma_h: float


@dataclass(frozen=True, slots=True)
class OrderOdds:
    """Shares of the paths: stop first, target first, and neither within `hours`."""

    hours: int
    stop_first: float
    target_first: float

    @property
    def neither(self) -> float:
        """Neither level was touched."""
        return max(0.0, 1.0 - self.stop_first - self.target_first)


def steps_of(bars: HourlyBars, most: int) -> Steps | None:
    """The last `most` hours as steps; None where fewer than LEAST_HOURS are known."""
    sigmas = ewma_sigma(bars)
    before = np.concatenate([[np.nan], sigmas[:-1]])
    last = np.concatenate([[np.nan], bars.close[:-1]])
    columns = [(prices - last) / before for prices in (bars.close, bars.low, bars.high)]
    moves = np.column_stack(columns)[-most:]
    moves = moves[np.isfinite(moves).all(axis=1)]
    if len(moves) < LEAST_HOURS:
        return None
    return Steps(moves, float(sigmas[-1]))


def order_of_levels(
    steps: Steps, stop: float, target: float, stop_way: Way, hours: int, paths: int = PATHS
) -> OrderOdds:
    """Odds that a stop is touched before a target; distances are logarithmic and above 0.

    The stop lies `stop_way` of the mark and the target the other way. The same input gives the
    same answer. Raises InputError where a distance is not above 0.
    """
    for name, distance in (("stop", stop), ("target", target)):
        if not 0.0 < distance < math.inf:
            raise InputError(name, f"the {name} must lie on its side of the mark")
    down, up = (stop, target) if stop_way is Way.DOWN else (target, stop)
    fell, rose = _first_touches(steps, (down, up), hours, paths)
    stopped, reached = (fell, rose) if stop_way is Way.DOWN else (rose, fell)
    first = stopped <= reached
    return OrderOdds(
        hours,
        float(np.mean(first & (stopped < hours))),
        float(np.mean(~first & (reached < hours))),
    )


def drawn_hours(length: int, hours: int, paths: int) -> np.ndarray:
    """Which past hour each path takes at each hour: whole blocks, by a fixed seed."""
    random = np.random.default_rng(_SEED)
    blocks = -(-hours // BLOCK_H)
    starts = random.integers(0, length - BLOCK_H + 1, (blocks, paths))
    places = starts[:, None, :] + np.arange(BLOCK_H)[None, :, None]
    return places.reshape(blocks * BLOCK_H, paths)[:hours]


def _first_touches(
    steps: Steps, away: tuple[float, float], hours: int, paths: int
) -> tuple[np.ndarray, np.ndarray]:
    """Per path the hour at which it first fell and rose as far; `hours` where it never did."""
    places = drawn_hours(len(steps.moves), hours, paths)
    down, up = away
    decay = 0.5 ** (1.0 / EWMA_HALF_LIFE_H)
    variance = np.full(paths, steps.sigma_h**2)
    bounds = (variance[0] / MOST_VOLATILITY_RATIO**2, variance[0] * MOST_VOLATILITY_RATIO**2)
    position = np.zeros(paths)
    fell, rose = np.full(paths, hours), np.full(paths, hours)
    returns, lows, highs = steps.moves.T
    for hour, place in enumerate(places):
        sigma = np.sqrt(variance)
        fell[(position + lows[place] * sigma <= -down) & (fell == hours)] = hour
        rose[(position + highs[place] * sigma >= up) & (rose == hours)] = hour
        move = returns[place] * sigma
        position += move
        variance = np.clip(decay * variance + (1.0 - decay) * move * move, *bounds)
    return fell, rose
