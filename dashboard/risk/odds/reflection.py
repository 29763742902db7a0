"""The reflection formula: the odds of a Brownian path, for when nothing better is known."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from dashboard.risk.odds.bars import FloatArray


def reflection_probability(distance: float, sigma: float) -> float:
    """P(a driftless Brownian path of volatility `sigma` goes `distance` one way) = 2 Phi(-d / s).

    Both in logarithms and over the same time. W. Feller, An Introduction to Probability Theory,
    vol. 1, III.7: a path that has touched the level is as likely to end beyond it as before it.
    """
    return math.erfc(distance / sigma / math.sqrt(2.0))


def reflection_probabilities(sigmas: FloatArray) -> FloatArray:
    """The same of many distances, in sigmas."""
    flat = [math.erfc(value) for value in (np.ravel(sigmas) / math.sqrt(2.0)).tolist()]
    return np.array(flat, dtype=np.float64).reshape(np.shape(sigmas))


def reflection_sample(size: int) -> npt.NDArray[np.float64]:
    """Excursions in sigmas, sorted, of which the reflection formula is the distribution."""
    from statistics import NormalDist

    ranks = (np.arange(size) + 0.5) / size
    normal = NormalDist()
    return np.array([normal.inv_cdf((1.0 + rank) / 2.0) for rank in ranks.tolist()])
