"""Typed moments, snapped prices, shares of panes, ranges of values: plain maths of gestures."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from widgets.charts.line_edit import Grip, LineDrag, snapped
from widgets.charts.moments import parse_moment
from widgets.charts.separator import shared_anew
from widgets.charts.ticks import log_ticks
from widgets.charts.value_range import ValueRange

SHOWN_MS = datetime(2024, 8, 5, 14, 20, tzinfo=UTC).timestamp() * 1000.0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-08-01", (2024, 8, 1)),
        (" 2024-08-01 06:30 ", (2024, 8, 1, 6, 30)),
        ("2024-08-01T06:30:15Z", (2024, 8, 1, 6, 30, 15)),
        ("2024-08-01 6:30 UTC", (2024, 8, 1, 6, 30)),
        ("06:05", (2024, 8, 5, 6, 5)),
        ("-3d", (2024, 8, 2, 14, 20)),
        ("-12 h", (2024, 8, 5, 2, 20)),
        ("\N{MINUS SIGN}90m", (2024, 8, 5, 12, 50)),
        ("-1w", (2024, 7, 29, 14, 20)),
    ],
)
def test_a_moment_is_understood_as_utc(text: str, moment: tuple[int, ...]) -> None:
    wanted = datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type]  # year to second
    assert parse_moment(text, SHOWN_MS) == wanted.timestamp() * 1000.0


@pytest.mark.parametrize(
    "text", ["", "now", "2024-13-01", "25:00", "12:61", "-99999w", "05/08/2024", "1969-01-01", "٣d"]
)
def test_what_is_no_moment_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_moment(text, SHOWN_MS)
    assert "2024-08-05 06:30" in refused.value.user_message
    assert f'"{text}"' in refused.value.user_message


ticks = st.sampled_from([0.00001, 0.0001, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0])


@given(st.floats(0.001, 1e6), ticks, st.booleans())
def test_a_snapped_price_is_a_whole_number_of_ticks_and_the_nearest(
    price: float, tick: float, coarse: bool
) -> None:
    step = tick * (10 if coarse else 1)
    result = snapped(price, tick, Grip(coarse=coarse))
    assert result > 0.0
    assert result == pytest.approx(round(result / step) * step, rel=1e-12)
    assert abs(result - max(price, step)) <= 0.5 * step * (1 + 1e-6)


def test_without_a_tick_or_free_of_it_a_price_stays() -> None:
    assert snapped(1.23456, None, Grip()) == 1.23456
    assert snapped(1.23456, 0.1, Grip(free=True)) == 1.23456


@given(st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=30))
def test_a_fine_drag_goes_a_tenth_of_the_way(steps: list[float]) -> None:
    drag, value = LineDrag(1_000.0, 50.0, None), 50.0
    for step in steps:
        value += step
        price = drag.move(value, Grip(fine=True))
    assert price == pytest.approx(1_000.0 + 0.1 * (value - 50.0))


@given(st.floats(0.1, 9.0), st.floats(0.1, 9.0), st.floats(-900.0, 900.0))
def test_an_edge_shares_the_room_of_its_two_panes(one: float, other: float, by: float) -> None:
    heights = (300.0, 200.0)
    upper, lower = shared_anew((one, other), heights, by, 44.0)
    assert upper + lower == pytest.approx(one + other)
    assert min(upper, lower) / (one + other) >= 44.0 / 500.0 - 1e-9
    assert shared_anew((one, other), (50.0, 30.0), by, 44.0) == (one, other)


@given(st.floats(1e-3, 1e5), st.floats(1.01, 1e6), st.floats(60.0, 900.0))
def test_marks_of_a_logarithmic_axis_have_room(low: float, ratio: float, height: float) -> None:
    high = low * ratio
    marks, step = log_ticks(low, high, height, 18.0)
    assert all(low * (1 - 1e-9) <= mark <= high * (1 + 1e-9) for mark in marks)
    per_px = math.log10(ratio) / height
    assert all(math.log10(b / a) >= 18.0 * per_px * (1 - 1e-9) for a, b in pairwise(marks))
    assert not marks or step > 0.0


def test_no_marks_where_there_is_no_logarithm() -> None:
    assert log_ticks(-1.0, 5.0, 100.0, 18.0) == ([], 0.0)


@given(st.floats(0.01, 10.0), st.floats(0.0, 200.0), st.booleans())
def test_a_zoom_of_values_keeps_the_one_under_the_hand(factor: float, y: float, log: bool) -> None:
    values = ValueRange()
    values.log = log
    values.fit((5.0, 50.0), 200.0, 18.0)
    under = values.value_of(y, 200.0)
    values.zoom(factor, y, 200.0)
    assert values.by_hand
    assert values.value_of(y, 200.0) == pytest.approx(under)
    low, high = values.bounds
    assert low < high
    values.fit((1.0, 2.0), 200.0, 18.0)
    assert values.bounds == (low, high)
    values.release()
    values.fit((1.0, 2.0), 200.0, 18.0)
    assert values.bounds != (low, high)


def test_values_are_not_zoomed_into_nothing() -> None:
    values = ValueRange()
    values.fit((100.0, 101.0), 200.0, 18.0)
    for _ in range(100):
        values.zoom(0.1, 100.0, 200.0)
    assert values.high > values.low


def test_a_logarithmic_range_stays_above_zero() -> None:
    values = ValueRange()
    values.log = True
    for bounds in ((0.0, 50.0), (-5.0, -1.0)):
        values.fit(bounds, 200.0, 18.0)
        assert 0.0 < values.bounds[0] < values.bounds[1]
