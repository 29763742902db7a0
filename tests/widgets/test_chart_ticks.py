"""Marks of the axes: round values, round UTC times, as many as fit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.charts.ticks import spaced_ticks, step_decimals, time_ticks, value_step, value_ticks

HOUR = 3_600_000
DAY = 24 * HOUR
CRASH = round(datetime(2024, 8, 5, tzinfo=UTC).timestamp() * 1000)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(1, 12))
def test_values_are_round_lie_within_and_are_not_too_many(
    low: float, span: float, most: int
) -> None:
    high = low + span
    ticks, step = value_ticks(low, high, most)
    assert len(ticks) <= most + 1
    rounding = 1e-6 * span + 1e-15 * abs(low)
    assert all(low - rounding <= tick <= high + rounding for tick in ticks)
    if high > low:
        mantissa = float(f"{step:e}".split("e", maxsplit=1)[0])
        assert mantissa in (1.0, 2.0, 2.5, 5.0)


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (49_000.0, 62_000.0, 6, [50_000.0, 52_500.0, 55_000.0, 57_500.0, 60_000.0]),
        (0.0, 0.0004, 4, [0.0, 0.0001, 0.0002, 0.0003, 0.0004]),
        (1.0, 1.0, 4, []),
    ],
)
def test_values_a_trader_expects(low: float, high: float, most: int, expected: list[float]) -> None:
    assert value_ticks(low, high, most)[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("step", "decimals"), [(2.5, 1), (0.25, 2), (0.05, 2), (20.0, 0), (1e-7, 7), (250.0, 0)]
)
def test_decimals_tell_ticks_apart(step: float, decimals: int) -> None:
    assert step_decimals(step) == decimals
    assert value_step(0.0, step, 1) == pytest.approx(step)


def test_hours_are_marked_and_each_day_by_its_date() -> None:
    ticks = time_ticks(CRASH - 13 * HOUR, CRASH + 13 * HOUR, 5)
    assert [tick.text for tick in ticks] == ["12:00", "18:00", "5 Aug", "06:00", "12:00"]
    assert [tick.major for tick in ticks] == [False, False, True, False, False]
    assert ticks[2].time_ms == CRASH


def test_months_and_years_are_marked_at_their_first_instant() -> None:
    start = round(datetime(2023, 9, 15, tzinfo=UTC).timestamp() * 1000)
    ticks = time_ticks(start, start + 300 * DAY, 4)
    assert [tick.text for tick in ticks] == ["Oct 2023", "2024", "Apr 2024", "Jul 2024"]
    assert [tick.major for tick in ticks] == [False, True, False, False]


@given(st.integers(0, 4 * 10**12), st.integers(60_000, 10**12), st.integers(1, 20))
def test_times_ascend_within_the_view_and_about_as_many_as_asked(
    start: int, span: int, most: int
) -> None:
    ticks = time_ticks(start, start + span, most)
    times = [tick.time_ms for tick in ticks]
    assert times == sorted(set(times))
    assert all(start <= time <= start + span for time in times)
    assert len(times) <= most + 2
    assert all(time % 60_000 == 0 for time in times)


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5), st.floats(0.0, 900.0))
def test_labels_have_room_between_them(low: float, span: float, height: float) -> None:
    label = 17.0
    ticks, step = spaced_ticks(low, low + span, height, label)
    if len(ticks) > 1:
        assert step / span * height >= 1.1 * label - 1e-6


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5))
def test_a_pane_of_usual_height_has_two_labels_at_least(low: float, span: float) -> None:
    assert len(spaced_ticks(low, low + span, 120.0, 17.0)[0]) >= 2


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5), st.floats(1.0, 30.0))
def test_a_low_pane_still_has_one_label(low: float, span: float, height: float) -> None:
    ticks, _ = spaced_ticks(low, low + span, height, 17.0)
    assert ticks
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)


def test_a_pane_without_height_has_no_labels() -> None:
    assert spaced_ticks(0.0, 1.0, -5.0, 17.0) == ([], 0.0)
