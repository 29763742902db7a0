"""Forecasts that are written down before anybody knows: fixed distances each hour, and outcomes.

A forecast is made as of the hour at which the newest bar closed, from the mark price it closed at;
the hours after it decide. It is decided only once all of them have passed and are known, whether
the level was touched or not, so that touches are not counted sooner than misses.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.bars import HOUR_MS, FloatArray
from dashboard.risk.odds.excursions import Way
from dashboard.risk.touch import TouchFit, probability_of_distance

BASIS_POINT = 1e-4
DISTANCES_BP: Mapping[int, tuple[int, ...]] = {
    1: (25, 50, 100, 200),
    8: (50, 100, 200, 500),
    24: (100, 200, 500, 1000),
    168: (300, 500, 1000, 2000),
}
"""By horizon in hours, how far from the mark price each forecast lies, in basis points of it."""


class Place(NamedTuple):
    """Which of an hour's forecasts one is: horizon in hours, side, distance in basis points."""

    hours: int
    way: Way
    distance_bp: int

    def level(self, mark: float) -> float:
        """The price level in question."""
        sign = -1.0 if self.way is Way.DOWN else 1.0
        return mark * (1.0 + sign * self.distance_bp * BASIS_POINT)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The odds that `level` is touched in the hours of `place` after `hour_ms`, at which the mark
    price was `mark`.
    """

    hour_ms: int
    place: Place
    mark: float
    level: float
    odds: float
    method: str

    @property
    def due_ms(self) -> int:
        """When its last hour has passed."""
        return self.hour_ms + self.place.hours * HOUR_MS

    def id(self, key: InstrumentKey) -> str:
        """What names it: there is one of each contract, hour, horizon, side and distance."""
        hour = datetime.fromtimestamp(self.hour_ms / 1000, UTC)
        place = self.place
        return (
            f"{key.venue} {key.symbol} {hour:%Y-%m-%dT%H} {place.way.value} "
            f"{place.distance_bp}bp {place.hours}h"
        )


def forecasts_of(fit: TouchFit, mark: float) -> list[Forecast]:
    """The forecasts of the hour at which a fit was made, the mark price being `mark` then."""
    fitted = {one.hours for one in fit.horizons}
    found = []
    for hours, distances in DISTANCES_BP.items():
        if hours not in fitted:
            continue
        for way in Way:
            for distance_bp in distances:
                place = Place(hours, way, distance_bp)
                level = place.level(mark)
                away = abs(math.log(level / mark))
                odds = probability_of_distance(fit, away, way, hours)
                found.append(Forecast(fit.made_ms, place, mark, level, odds, fit.method.value))
    return found


def outcomes(forecasts: Sequence[Forecast], rows: FloatArray) -> list[bool | None]:
    """Whether each level was touched; None where a bar of its hours is missing.

    `rows` are hourly bars [time_ms, open, high, low, close, ...], oldest first, all of them closed.
    """
    if len(rows) == 0:
        return [None] * len(forecasts)
    low, high = _on_grid(rows[:, 3], rows), _on_grid(rows[:, 2], rows)
    start_ms = int(rows[0, 0])
    return [_outcome(one, low, high, start_ms) for one in forecasts]


def first_hour_ms(forecasts: Iterable[Forecast]) -> int | None:
    """From when on bars are needed to decide these."""
    return min((one.hour_ms for one in forecasts), default=None)


def _outcome(one: Forecast, low: FloatArray, high: FloatArray, start_ms: int) -> bool | None:
    first = (one.hour_ms - start_ms) // HOUR_MS
    last = first + one.place.hours
    if first < 0 or last > len(low):
        return None
    lowest, highest = float(low[first:last].min()), float(high[first:last].max())
    if math.isnan(lowest) or math.isnan(highest):
        return None
    return lowest <= one.level if one.place.way is Way.DOWN else highest >= one.level


def _on_grid(values: FloatArray, rows: FloatArray) -> FloatArray:
    places = ((rows[:, 0] - rows[0, 0]) // HOUR_MS).astype(np.int64)
    grid = np.full(int(places[-1]) + 1, np.nan)
    grid[places] = values
    return grid
