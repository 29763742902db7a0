"""The clock of a replay: pace, pause, seek, step, and the recording's end."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.replay.clock import MAX_SPEED, ReplayClock

START_MS = 1_722_700_800_000
END_MS = START_MS + 86_400_000


class Hand:
    """A monotonic clock moved by hand, in seconds."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def clock_at(at_ms: int, speed: float = 60.0) -> tuple[ReplayClock, Hand]:
    hand = Hand()
    return ReplayClock(START_MS, END_MS, speed, at_ms, monotonic=hand), hand


def test_a_real_second_is_speed_recorded_seconds() -> None:
    clock, hand = clock_at(START_MS, speed=120.0)
    hand.seconds += 30
    assert clock.now_ms() == START_MS + 3_600_000


def test_a_change_of_speed_counts_from_that_moment_only() -> None:
    clock, hand = clock_at(START_MS, speed=60.0)
    hand.seconds += 10
    clock.set_speed(600.0)
    assert clock.now_ms() == START_MS + 600_000
    hand.seconds += 1
    assert clock.now_ms() == START_MS + 1_200_000
    assert clock.speed == 600.0


def test_paused_time_stands_still_and_resumes_where_it_stood() -> None:
    clock, hand = clock_at(START_MS)
    hand.seconds += 5
    clock.pause()
    hand.seconds += 1_000
    assert clock.paused
    assert clock.now_ms() == START_MS + 300_000
    clock.resume()
    hand.seconds += 1
    assert not clock.paused
    assert clock.now_ms() == START_MS + 360_000


def test_at_the_recordings_end_it_pauses_and_stays() -> None:
    clock, hand = clock_at(END_MS - 1000)
    hand.seconds += 3600
    assert clock.now_ms() == END_MS
    assert clock.paused
    assert clock.at_end
    clock.resume()
    assert clock.paused


def test_after_the_end_a_seek_back_waits_to_be_resumed() -> None:
    clock, hand = clock_at(END_MS)
    assert clock.at_end
    assert clock.seek(START_MS) == ""
    hand.seconds += 10
    assert (clock.now_ms(), clock.at_end, clock.paused) == (START_MS, False, True)
    clock.resume()
    hand.seconds += 10
    assert clock.now_ms() == START_MS + 600_000


def test_a_seek_outside_goes_to_the_edge_and_says_so() -> None:
    clock, _ = clock_at(START_MS + 5000)
    assert clock.seek(START_MS - 1) == "the recording starts at 2024-08-03 16:00:00 UTC"
    assert clock.now_ms() == START_MS
    assert clock.seek(END_MS + 10**12) == "the recording ends at 2024-08-04 16:00:00 UTC"
    assert clock.now_ms() == END_MS
    assert clock.paused


def test_a_step_moves_either_way_and_keeps_it_running_or_paused() -> None:
    clock, hand = clock_at(START_MS + 7_200_000)
    assert clock.step(-3_600_000) == ""
    assert clock.now_ms() == START_MS + 3_600_000
    assert not clock.paused
    clock.pause()
    assert clock.step(60_000) == ""
    hand.seconds += 9
    assert clock.now_ms() == START_MS + 3_660_000
    assert clock.paused


@pytest.mark.parametrize("speed", [0.0, -1.0, 0.99, 3600.01, math.nan, math.inf, -math.inf])
def test_a_speed_that_is_not_allowed_is_named_and_changes_nothing(speed: float) -> None:
    clock, _ = clock_at(START_MS)
    with pytest.raises(InputError, match=r"^speed is .*; allowed is 1 to 3600 times") as refused:
        clock.set_speed(speed)
    assert refused.value.field == "speed"
    assert clock.speed == 60.0
    with pytest.raises(InputError, match="allowed is 1 to 3600"):
        ReplayClock(START_MS, END_MS, speed, START_MS)


@pytest.mark.parametrize("at_ms", [START_MS - 1, END_MS + 1])
def test_a_start_outside_the_recording_is_refused_with_its_span(at_ms: int) -> None:
    with pytest.raises(InputError, match="2024-08-03 16:00:00 UTC to 2024-08-04 16:00:00 UTC"):
        ReplayClock(START_MS, END_MS, 1.0, at_ms)


def test_real_time_drives_it_where_nothing_else_is_given() -> None:
    clock = ReplayClock(START_MS, END_MS, MAX_SPEED, START_MS)
    before_ms = clock.now_ms()
    time.sleep(0.01)
    assert clock.now_ms() > before_ms


_passing = st.floats(min_value=0.0, max_value=500.0)
_doing = st.one_of(
    st.just(("pause", 0.0)),
    st.just(("resume", 0.0)),
    st.tuples(st.just("set_speed"), st.floats(min_value=1.0, max_value=3600.0)),
)


@given(st.lists(st.tuples(_passing, _doing), max_size=20))
def test_without_a_seek_it_never_runs_backwards_nor_past_the_end(
    moves: list[tuple[float, tuple[str, float]]],
) -> None:
    clock, hand = clock_at(START_MS)
    last_ms = clock.now_ms()
    for seconds, (action, value) in moves:
        hand.seconds += seconds
        arguments = (value,) if action == "set_speed" else ()
        getattr(clock, action)(*arguments)
        assert last_ms <= clock.now_ms() <= END_MS
        last_ms = clock.now_ms()
        assert clock.at_end == (last_ms == END_MS)


@given(st.lists(st.floats(min_value=0.0, max_value=2.0), max_size=50))
def test_being_asked_often_does_not_slow_it(waits: list[float]) -> None:
    clock, hand = clock_at(START_MS, speed=7.0)
    for wait in waits:
        hand.seconds += wait
        clock.now_ms()
    assert abs(clock.now_ms() - START_MS - math.fsum(waits) * 7_000.0) <= 1.0
