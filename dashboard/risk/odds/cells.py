"""Counts of forecasts and their outcomes, as they travel; knows no NumPy, so that frames may."""

from __future__ import annotations

from typing import NamedTuple


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
