"""One side's past excursions in sigmas: from distance to probability, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashboard.risk.odds.bars import FloatArray

NEAR_SIGMAS = 0.05
"""Closer than this hourly bars say too little; there the odds run straight to 1 at the mark."""
BLOCK_H = 14 * 24
"""Windows overlap and volatility clusters: intervals redraw blocks of so many hours."""
RESAMPLES = 400
SHARE = 0.95
"""How often an interval should hold the figure it is of."""
_SEED = 20_240_805
_JUST_BEYOND = 1.0 + 1e-12
"""A step past an excursion that outlasts rounding."""


@dataclass(frozen=True)
class Tail:
    """Excursions `z` in sigmas, in order of time; `hours` is the window each was taken over.

    `effective` is how many windows there would be if none overlapped. `pooled` marks quantiles
    of other coins, which carry no order of time.
    """

    z: FloatArray
    hours: int
    effective: float
    count: int
    pooled: bool = False

    @cached_property
    def ordered(self) -> FloatArray:
        """`z` from small to large."""
        return np.sort(self.z)

    def put_in_order(self) -> None:
        """Sort now what the first question would sort."""
        _ = self.ordered

    @property
    def least_shown(self) -> float:
        """The smallest probability that these data can say: 5 of the effective windows."""
        return min(1.0, 5.0 / self.effective) if self.effective > 0.0 else 1.0

    def probability(self, sigmas: float) -> float:
        """(number of z >= sigmas, plus 1/2) / (n + 1); to 1 as the level goes to the mark."""
        if sigmas < NEAR_SIGMAS:
            at_near = self._counted(NEAR_SIGMAS)
            return 1.0 - (1.0 - at_near) * max(0.0, sigmas) / NEAR_SIGMAS
        return self._counted(sigmas)

    def probabilities(self, sigmas: FloatArray) -> FloatArray:
        """The same of many distances."""
        size = len(self.ordered)
        counts = size - np.searchsorted(self.ordered, np.maximum(sigmas, NEAR_SIGMAS))
        counted = (counts + 0.5) / (size + 1.0)
        nearness = np.clip(1.0 - sigmas / NEAR_SIGMAS, 0.0, 1.0)
        return np.asarray(counted + (1.0 - counted) * nearness)

    def distance(self, probability: float) -> float:
        """The least distance in sigmas whose probability is at most `probability`.

        What is rarer than any excursion seen is answered by the largest of them.
        """
        at_near = self._counted(NEAR_SIGMAS)
        if probability > at_near:
            return NEAR_SIGMAS * (1.0 - probability) / (1.0 - at_near)
        size = len(self.ordered)
        allowed = max(0, int(probability * (size + 1.0) - 0.5))
        passed = float(self.ordered[max(size - allowed - 1, 0)])
        return max(NEAR_SIGMAS, passed * _JUST_BEYOND)

    def interval(self, sigmas: float) -> tuple[float, float]:
        """Where the probability lies with SHARE confidence, by a bootstrap of 14-day blocks.

        At the mark itself it is 1, as the probability.
        """
        nearness = min(1.0, max(0.0, 1.0 - sigmas / NEAR_SIGMAS))
        low, high = self._interval(max(sigmas, NEAR_SIGMAS))
        low, high = low + (1.0 - low) * nearness, high + (1.0 - high) * nearness
        middle = self.probability(sigmas)
        return min(low, middle), max(high, middle)

    def _interval(self, sigmas: float) -> tuple[float, float]:
        if self.pooled or len(self.z) < 2 * BLOCK_H:
            return wilson(self._counted(sigmas), self.effective)
        hit = (self.z >= sigmas).astype(np.float64)
        starts = np.arange(0, len(hit), BLOCK_H)
        hits = np.add.reduceat(hit, starts)
        sizes = np.diff(np.append(starts, len(hit)))
        drawn = _draws(len(starts))
        shares = (drawn @ hits + 0.5) / (drawn @ sizes + 1.0)
        low, high = np.quantile(shares, [(1.0 - SHARE) / 2.0, (1.0 + SHARE) / 2.0])
        return float(low), float(high)

    def _counted(self, sigmas: float) -> float:
        size = len(self.ordered)
        return (size - int(self.ordered.searchsorted(sigmas)) + 0.5) / (size + 1.0)


def wilson(share: float, count: float) -> tuple[float, float]:
    """E. B. Wilson's interval (1927) of a share that was seen in `count` independent cases."""
    if count <= 0.0:
        return 0.0, 1.0
    width = 1.959964
    square = width * width
    centre = (share + square / (2.0 * count)) / (1.0 + square / count)
    inside = share * (1.0 - share) / count + square / (4.0 * count * count)
    half = width * inside**0.5 / (1.0 + square / count)
    return max(0.0, centre - half), min(1.0, centre + half)


_drawn: dict[int, FloatArray] = {}


def _draws(blocks: int) -> FloatArray:
    """How often each block is in each resample; the same for the same number of blocks."""
    if blocks not in _drawn:
        chances = np.full(blocks, 1.0 / blocks)
        drawn = np.random.default_rng(_SEED).multinomial(blocks, chances, RESAMPLES)
        _drawn[blocks] = drawn.astype(np.float64)
    return _drawn[blocks]
