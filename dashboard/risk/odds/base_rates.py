"""How often a leverage was liquidated in the past: the first thing to know, before any forecast.

Every past hour is an entry at the close of its bar, long or short, isolated, with the same
maintenance margin rate; it is liquidated within a horizon where the mark price touched its
liquidation price. Hours are split into thirds by the volatility that was known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from dashboard.risk.odds.bars import FloatArray, HourlyBars
from dashboard.risk.odds.cells import HORIZONS_H, LEAST_CASES
from dashboard.risk.odds.excursions import Way, excursions
from dashboard.risk.volatility import ewma_sigma

LEVERAGES = (3, 5, 10, 20, 50, 100)
MAINTENANCE_RATE = 0.004
RARE = 0.01
MOST_UNSAID = 0.2
"""Where not even this share could be said, there is too little to say anything."""


class State(Enum):
    """Which hours are counted."""

    ANY = "any hour"
    CALM = "calm third"
    NORMAL = "normal third"
    WILD = "wild third"


THIRDS = (State.CALM, State.NORMAL, State.WILD)


@dataclass(frozen=True, slots=True, eq=False)
class BaseRates:
    """Shares by state, side, horizon and leverage (that order of axes); NaN where no window is.

    `counts` are windows by state and horizon, `rare` the leverage of which `rare_share` of the
    windows were liquidated, by state, side and horizon. `now` is the third that the last hour
    belongs to. The bars are of [since_ms, until_ms).
    """

    shares: FloatArray
    counts: FloatArray
    rare: FloatArray
    now: State
    since_ms: int
    until_ms: int

    def share(self, state: State, way: Way, hours: int, leverage: int) -> float:
        """One figure."""
        at = (_STATES.index(state), _WAYS.index(way))
        place = (HORIZONS_H.index(hours), LEVERAGES.index(leverage))
        return float(self.shares[(*at, *place)])

    def effective(self, state: State, hours: int) -> float:
        """How many windows there would be if none overlapped."""
        return float(self.counts[_STATES.index(state), HORIZONS_H.index(hours)]) / hours

    def least_shown(self, state: State, hours: int) -> float:
        """The smallest share that the data can say; over MOST_UNSAID they say nothing."""
        effective = self.effective(state, hours)
        return LEAST_CASES / effective if effective > 0.0 else 1.0

    def rare_share(self, state: State, hours: int) -> float:
        """RARE, or the smallest share that the data can say where that is more."""
        return max(RARE, self.least_shown(state, hours))

    def rare_leverage(self, state: State, way: Way, hours: int) -> float | None:
        """The leverage of which `rare_share` were liquidated, None above MOST_UNSAID."""
        if self.least_shown(state, hours) > MOST_UNSAID:
            return None
        at = (_STATES.index(state), _WAYS.index(way), HORIZONS_H.index(hours))
        return float(self.rare[at])


_STATES = tuple(State)
_WAYS = tuple(Way)


def base_rates(bars: HourlyBars) -> BaseRates | None:
    """Count every complete window; None where no hour has a volatility."""
    sigma = ewma_sigma(bars)
    known = np.isfinite(sigma)
    if not known.any():
        return None
    third = np.searchsorted(np.quantile(sigma[known], [1 / 3, 2 / 3]), sigma, side="right")
    shape = (len(State), len(Way), len(HORIZONS_H))
    shares, rare = np.full((*shape, len(LEVERAGES)), np.nan), np.full(shape, np.nan)
    counts = np.zeros((len(State), len(HORIZONS_H)))
    for at, hours in enumerate(HORIZONS_H):
        for side, way in enumerate(Way):
            moves = excursions(bars, hours, way)
            usable = known & np.isfinite(moves)
            for number, state in enumerate(State):
                inside = usable if state is State.ANY else usable & (third == number - 1)
                chosen = np.sort(moves[inside])
                counts[number, at] = len(chosen)
                if len(chosen):
                    shares[number, side, at] = _shares(chosen, distances(LEVERAGES, way))
                    rare[number, side, at] = _leverage_of(chosen, way, hours)
    now = THIRDS[int(third[known][-1])]
    return BaseRates(shares, counts, rare, now, bars.start_ms, bars.end_ms)


def distances(leverages: Sequence[float], way: Way) -> FloatArray:
    """Log distance from entry to liquidation price of isolated positions."""
    margin = 1.0 / np.asarray(leverages, dtype=np.float64)
    if way is Way.DOWN:
        return np.asarray(-np.log((1.0 - margin) / (1.0 - MAINTENANCE_RATE)))
    return np.asarray(np.log((1.0 + margin) / (1.0 + MAINTENANCE_RATE)))


def _shares(ordered: FloatArray, away: FloatArray) -> FloatArray:
    return np.asarray(1.0 - np.searchsorted(ordered, away) / len(ordered))


def _leverage_of(ordered: FloatArray, way: Way, hours: int) -> float:
    """The leverage whose liquidation lies where the rarest share went that can be said."""
    share = min(1.0, max(RARE, LEAST_CASES * hours / len(ordered)))
    away = float(np.quantile(ordered, 1.0 - share))
    if way is Way.DOWN:
        margin = 1.0 - np.exp(-away) * (1.0 - MAINTENANCE_RATE)
    else:
        margin = np.exp(away) * (1.0 + MAINTENANCE_RATE) - 1.0
    return float(1.0 / margin)
