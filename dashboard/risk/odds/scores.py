"""How good probabilities were: Brier, log loss, calibration error and bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dashboard.risk.odds.bars import FloatArray, IntArray
from dashboard.risk.odds.tail import SHARE, wilson

BINS = 20
LEAST_PROBABILITY = 1e-6
"""The log loss of a formula that says "never" and is wrong would be infinite."""
_RESAMPLES = 2000
_SEED = 14


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of similar size: their mean, and how often it happened with its Wilson interval."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one method; `ece` is over BINS bins of equal count."""

    count: int
    brier: float
    log_loss: float
    ece: float
    bins: tuple[Bin, ...]


def score(said: FloatArray, happened: npt.NDArray[np.bool_]) -> Score:
    """Score probabilities against what happened; raises ValueError where there are none."""
    if len(said) == 0:
        raise ValueError("no forecast to score")
    outcome = happened.astype(np.float64)
    order = np.argsort(said, kind="stable")
    groups = [group for group in np.array_split(order, BINS) if len(group)]
    bins = tuple(_bin(said[group], outcome[group]) for group in groups)
    error = sum(one.count * abs(one.predicted - one.observed) for one in bins) / len(said)
    brier = float(np.mean((said - outcome) ** 2))
    return Score(len(said), brier, float(log_losses(said, happened).mean()), error, bins)


def log_losses(said: FloatArray, happened: npt.NDArray[np.bool_]) -> FloatArray:
    """Minus the logarithm of the probability that was given to what happened."""
    bounded = np.clip(said, LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY)
    return np.asarray(-np.log(np.where(happened, bounded, 1.0 - bounded)))


def bin_of(
    said: FloatArray, happened: npt.NDArray[np.bool_], low: float, high: float
) -> Bin | None:
    """What happened where the forecast was in [low, high); None where none was."""
    inside = (said >= low) & (said < high)
    if not inside.any():
        return None
    return _bin(said[inside], happened[inside].astype(np.float64), (low, high))


def block_interval(values: FloatArray, blocks: IntArray) -> tuple[float, float]:
    """95 % interval of the mean of `values` when whole blocks are drawn again.

    `blocks` numbers the block of each value; forecasts of one block stand and fall together.
    """
    numbers, places = np.unique(blocks, return_inverse=True)
    sums = np.bincount(places, weights=values)
    sizes = np.bincount(places).astype(np.float64)
    chances = np.full(len(numbers), 1.0 / len(numbers))
    drawn = np.random.default_rng(_SEED).multinomial(len(numbers), chances, _RESAMPLES)
    means = (drawn @ sums) / (drawn @ sizes)
    low, high = np.quantile(means, [(1.0 - SHARE) / 2.0, (1.0 + SHARE) / 2.0])
    return float(low), float(high)


def _bin(said: FloatArray, outcome: FloatArray, edges: tuple[float, float] | None = None) -> Bin:
    low, high = (float(said.min()), float(said.max())) if edges is None else edges
    observed = float(outcome.mean())
    return Bin(low, high, len(said), float(said.mean()), observed, wilson(observed, len(said)))
