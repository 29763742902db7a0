"""Forecasts of fixed distances, and what is said to have come of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.bars import HOUR_MS, hourly_bars
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.forecasts import (
    DISTANCES_BP,
    Forecast,
    Place,
    first_hour_ms,
    forecasts_of,
    outcomes,
)
from dashboard.risk.touch import fit_touch, probability_of_distance
from tests.risk.odds_series import START_MS, wild

KEY = InstrumentKey("binanceusdm", "BTC/USDT:USDT")


def forecast(way: Way = Way.DOWN, hours: int = 8, hour: int = 0) -> Forecast:
    place = Place(hours, way, 500)
    return Forecast(START_MS + hour * HOUR_MS, place, 100.0, place.level(100.0), 0.1, "x")


def flat(hours: int) -> np.ndarray:
    times = START_MS + np.arange(hours) * HOUR_MS
    return np.column_stack(
        [times, *(np.full(hours, price) for price in (100.0, 101.0, 99.0, 100.0))]
    )


def test_each_distance_horizon_and_side_once() -> None:
    fit = fit_touch(hourly_bars(wild(3000, steps=6)))
    found = forecasts_of(fit, 200.0)
    wanted = {
        Place(hours, way, distance)
        for hours, distances in DISTANCES_BP.items()
        for way in Way
        for distance in distances
    }
    assert {one.place for one in found} == wanted
    assert len(found) == len(wanted)
    assert {one.hour_ms for one in found} == {fit.made_ms}
    for one in found:
        sign = -1 if one.place.way is Way.DOWN else 1
        assert one.level == pytest.approx(200.0 * (1 + sign * one.place.distance_bp / 10_000))
        away = abs(math.log(one.level / 200.0))
        assert one.odds == probability_of_distance(fit, away, one.place.way, one.place.hours)


def test_a_horizon_that_was_not_fitted_is_left_out() -> None:
    fit = fit_touch(hourly_bars(wild(3000, steps=6)), horizons=(8, 24))
    assert {one.place.hours for one in forecasts_of(fit, 200.0)} == {8, 24}


def test_what_names_a_forecast() -> None:
    named = forecast(hour=5).id(KEY)
    assert named == "binanceusdm BTC/USDT:USDT 2020-01-01T05 down 500bp 8h"


@pytest.mark.parametrize(
    ("way", "column", "price", "touched"),
    [
        (Way.DOWN, 3, 95.0, True),
        (Way.DOWN, 3, 95.01, False),
        (Way.UP, 2, 105.0, True),
        (Way.UP, 2, 104.99, False),
    ],
)
def test_the_extreme_of_its_hours_decides(
    way: Way, column: int, price: float, touched: bool
) -> None:
    rows = flat(8)
    rows[7, column] = price
    assert outcomes([forecast(way)], rows) == [touched]


def test_hours_before_and_after_do_not_count() -> None:
    rows = flat(10)
    rows[[0, 9], 3] = 50.0
    assert outcomes([forecast(hour=1)], rows) == [False]


def test_a_missing_bar_leaves_it_open_even_after_a_touch() -> None:
    rows = flat(8)
    rows[1, 3] = 50.0
    assert outcomes([forecast()], np.delete(rows, 4, axis=0)) == [None]
    assert outcomes([forecast()], rows[:7]) == [None]
    assert outcomes([forecast()], rows[1:]) == [None]
    assert outcomes([forecast()], rows[:0]) == [None]


def test_from_when_bars_are_needed() -> None:
    two = [forecast(hour=3), replace(forecast(), hour_ms=START_MS)]
    assert first_hour_ms(two) == START_MS
    assert first_hour_ms([]) is None
    assert two[0].due_ms == START_MS + 11 * HOUR_MS
