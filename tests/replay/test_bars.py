"""Longer bars from shorter ones, and what covers a span."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.readings import SeriesKind
from dashboard.replay.bars import bar_start, complete_bars, cover, resample
from tests.replay.made_up import HOUR_MS, MINUTE_MS, START_MS, made_up_bars, without_rows

DAY_MS = 24 * HOUR_MS


def test_four_hours_make_one_bar() -> None:
    hours = made_up_bars(START_MS, 8, HOUR_MS, seed=1)
    bars = resample(hours, 4 * HOUR_MS)
    assert bars is not None
    assert bars.time_ms.tolist() == [START_MS, START_MS + 4 * HOUR_MS]
    second = slice(4, 8)
    assert bars.columns["open"][1] == hours.columns["open"][4]
    assert bars.columns["high"][1] == hours.columns["high"][second].max()
    assert bars.columns["low"][1] == hours.columns["low"][second].min()
    assert bars.columns["close"][1] == hours.columns["close"][7]
    assert bars.columns["volume"][1] == round(float(hours.columns["volume"][second].sum()), 8)


@given(st.sets(st.integers(min_value=0, max_value=71), max_size=70))
def test_a_longer_bar_exists_only_where_each_hour_was_recorded(missing: set[int]) -> None:
    hours = without_rows(made_up_bars(START_MS, 72, HOUR_MS, seed=2), *missing)
    bars = resample(hours, 4 * HOUR_MS)
    expected = [
        START_MS + first * HOUR_MS
        for first in range(0, 72, 4)
        if not missing & set(range(first, first + 4))
    ]
    assert ([] if bars is None else bars.time_ms.tolist()) == expected


def test_a_bar_that_begins_before_the_recording_is_not_made() -> None:
    hours = made_up_bars(START_MS + 21 * HOUR_MS, 27, HOUR_MS, seed=3)
    bars = resample(hours, DAY_MS)
    assert bars is not None
    assert bars.time_ms.tolist() == [START_MS + DAY_MS]


def test_bars_may_open_at_another_hour_of_the_day() -> None:
    hours = made_up_bars(START_MS, 48, HOUR_MS, seed=4)
    bars = resample(hours, DAY_MS, offset_ms=-8 * HOUR_MS)
    assert bars is not None
    assert bars.time_ms.tolist() == [START_MS + 16 * HOUR_MS]
    assert bar_start(START_MS + 15 * HOUR_MS, DAY_MS, -8 * HOUR_MS) == START_MS - 8 * HOUR_MS


def test_recorded_bars_win_and_shorter_ones_fill_their_gaps() -> None:
    hours = without_rows(made_up_bars(START_MS, 6, HOUR_MS, seed=5), 2)
    minutes = made_up_bars(START_MS, 6 * 60, MINUTE_MS, seed=6)
    bars = complete_bars([hours, minutes], HOUR_MS)
    assert bars is not None
    assert bars.time_ms.tolist() == [START_MS + at * HOUR_MS for at in range(6)]
    assert bars.columns["close"][1] == hours.columns["close"][1]
    assert bars.columns["close"][2] == minutes.columns["close"][179]


def test_shorter_bars_than_recorded_are_not_made() -> None:
    assert complete_bars([made_up_bars(START_MS, 6, HOUR_MS, seed=7)], 15 * MINUTE_MS) is None


def test_the_end_of_a_span_is_known_up_to_the_open_of_the_running_bar() -> None:
    hours = made_up_bars(START_MS, 6, HOUR_MS, seed=8)
    span = cover([hours], START_MS, START_MS + 2 * HOUR_MS + 1)
    assert span is not None
    assert span.until_ms == START_MS + 2 * HOUR_MS
    assert span.open == hours.columns["open"][0]
    assert span.close == hours.columns["open"][2]
    assert span.high == max(*hours.columns["high"][:2], hours.columns["open"][2])
    assert span.volume == round(float(hours.columns["volume"][:2].sum()), 8)


def test_a_span_that_has_just_begun_is_its_open_without_volume() -> None:
    hours = made_up_bars(START_MS, 6, HOUR_MS, seed=9)
    span = cover([hours], START_MS + HOUR_MS, START_MS + HOUR_MS + 5)
    opened = hours.columns["open"][1]
    assert span is not None
    assert span == (START_MS + HOUR_MS, opened, opened, opened, opened, None)


def test_a_span_over_a_missing_bar_is_not_known() -> None:
    hours = without_rows(made_up_bars(START_MS, 6, HOUR_MS, seed=10), 2)
    assert cover([hours], START_MS, START_MS + 3 * HOUR_MS + 5) is None
    assert cover([hours], START_MS, START_MS + 2 * HOUR_MS + 5) is None
    assert cover([hours], START_MS, START_MS + 2 * HOUR_MS) is not None


@given(st.integers(min_value=0, max_value=6 * HOUR_MS - 1))
def test_hours_and_minutes_together_know_as_much_as_minutes_alone(passed_ms: int) -> None:
    minutes = made_up_bars(START_MS, 6 * 60, MINUTE_MS, seed=11)
    hours = resample(minutes, HOUR_MS)
    assert hours is not None
    now_ms = START_MS + passed_ms
    assert cover([hours, minutes], START_MS, now_ms) == cover([minutes], START_MS, now_ms)
    assert hours.kind is SeriesKind.CANDLES
