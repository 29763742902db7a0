"""Counts of forecasts and odds of wallets, as they travel; knows no NumPy, so that frames may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

HORIZONS_H = (1, 8, 24, 168)
"""Of base rates and of the odds of wallets."""
LEAST_CASES = 5.0
"""What fewer windows than these make up, not counting overlaps, is no figure."""


class Cell(NamedTuple):
    """Decided forecasts that do not overlap, of one contract, horizon (hours), side, distance
    (basis points) and bin: how many, the sum of their odds, how many were touched, and the sum of
    (odds - outcome)^2.
    """

    venue: str
    symbol: str
    hours: int
    way: str
    distance_bp: int
    bin: int
    cases: int
    said: float
    touched: int
    squares: float


class ForecastCount(NamedTuple):
    """How many forecasts there are and how many are decided, the hour of the first of them, and
    when the next ones can be decided (ms UTC).
    """

    stored: int = 0
    decided: int = 0
    first_ms: int | None = None
    next_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Marginal:
    """Two questions on one coin, by horizon: what if only it moved, and what if none of it were
    held.
    """

    coin: str
    alone: tuple[float, ...]
    without: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class WalletOdds:
    """The odds of liquidation by HORIZONS_H, of all coins together and coin by coin.

    `hours` is how many common hours of the past the paths are drawn from.
    """

    together: tuple[float, ...]
    marginals: tuple[Marginal, ...]
    hours: int

    def least_shown(self, horizon: int) -> float:
        """The smallest probability that so many hours can say."""
        return min(1.0, LEAST_CASES * horizon / self.hours)
