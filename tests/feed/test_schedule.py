"""What is due when, with a clock of the test's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.feed.schedule import (
    LONGEST_BACK_OFF_S,
    TRIPS_AFTER,
    Breaker,
    Job,
    Schedule,
    back_off_s,
)
from dashboard.market.instrument import InstrumentKey

PRICE = Job("price", "fast", interval_s=10.0, floor_s=1.0)
RATIO = Job("ratio", "slow", interval_s=300.0, floor_s=6.0)


def steady(*jobs: Job) -> Schedule:
    """A schedule without jitter."""
    schedule = Schedule(draw=lambda: 0.5)
    schedule.set_jobs(jobs)
    return schedule


def starts(schedule: Schedule, lane: str, speed: float, until_s: float) -> list[tuple[float, Job]]:
    """When each job of a lane starts in a simulated run; each is done at once."""
    started, now_s = [], 0.0
    while now_s < until_s:
        job = schedule.take(lane, now_s, speed)
        if job is not None:
            started.append((now_s, job))
            schedule.succeeded(job)
            continue
        wait_s = schedule.wait_s(lane, now_s, speed)
        now_s += 1.0 if wait_s is None else max(wait_s, 1e-3)
    return started


def test_what_is_hastened_while_it_is_under_way_is_asked_once_more() -> None:
    schedule = steady(PRICE)
    assert schedule.take("fast", 0.0, 1.0) is PRICE
    schedule.hasten(PRICE.name)
    assert schedule.take("fast", 0.5, 1.0) is None
    schedule.succeeded(PRICE)
    assert schedule.take("fast", 1.0, 1.0) is PRICE
    schedule.succeeded(PRICE)
    assert schedule.wait_s("fast", 1.0, 1.0) == 10.0


def test_what_is_hastened_while_it_fails_keeps_its_back_off() -> None:
    schedule = steady(PRICE)
    assert schedule.take("fast", 0.0, 1.0) is PRICE
    schedule.hasten(PRICE.name)
    schedule.failed(PRICE, 0.5)
    assert schedule.wait_s("fast", 0.5, 1.0) == 1.0


def test_a_new_job_is_due_at_once_and_then_after_its_interval() -> None:
    schedule = steady(PRICE)
    assert schedule.take("fast", 0.0, 1.0) is PRICE
    assert schedule.take("fast", 0.0, 1.0) is None
    schedule.succeeded(PRICE)
    assert schedule.wait_s("fast", 4.0, 1.0) == 6.0
    assert schedule.take("fast", 9.99, 1.0) is None
    assert schedule.take("fast", 10.0, 1.0) is PRICE


def test_intervals_count_in_market_time() -> None:
    assert [at for at, _ in starts(steady(PRICE), "fast", 5.0, 10.0)] == pytest.approx(
        [0, 2, 4, 6, 8], abs=0.01
    )


def test_the_floor_holds_however_fast_the_market_runs() -> None:
    times = [at for at, _ in starts(steady(PRICE), "fast", 3600.0, 5.5)]
    assert times == pytest.approx([0, 1, 2, 3, 4, 5], abs=0.01)


def test_while_the_market_stands_still_only_what_was_never_asked_is_due() -> None:
    schedule = steady(PRICE)
    assert schedule.take("fast", 0.0, 0.0) is PRICE
    schedule.succeeded(PRICE)
    assert schedule.wait_s("fast", 1e6, 0.0) is None
    assert schedule.take("fast", 1e6, 0.0) is None
    schedule.reset()
    assert schedule.take("fast", 1e6, 0.0) is PRICE


def test_a_job_under_way_is_not_started_again() -> None:
    schedule = steady(PRICE)
    schedule.take("fast", 0.0, 1.0)
    assert schedule.take("fast", 1000.0, 1.0) is None
    assert schedule.wait_s("fast", 1000.0, 1.0) is None


def test_lanes_do_not_see_each_other() -> None:
    schedule = steady(PRICE, RATIO)
    assert schedule.take("slow", 0.0, 1.0) is RATIO
    assert schedule.take("slow", 0.0, 1.0) is None


def test_where_not_everything_can_be_asked_everything_is_asked_equally_seldom() -> None:
    keys = [InstrumentKey("v", str(n)) for n in range(4)]
    jobs = [Job("interest", "fast", 10.0, 1.0, key) for key in keys]
    schedule = steady(*jobs, Job("ticker", "fast", 30.0, 1.0))
    counts: dict[Job, int] = {}
    for second in range(300):  # one question a second, where jobs would like 130
        job = schedule.take("fast", float(second), 100.0)
        assert job is not None
        counts[job] = counts.get(job, 0) + 1
        schedule.succeeded(job)
    interest = [count for job, count in counts.items() if job.name == "interest"]
    assert max(interest) - min(interest) <= 1
    ticker = next(count for job, count in counts.items() if job.name == "ticker")
    assert min(interest) / ticker == pytest.approx(3.0, rel=0.2)


@given(st.floats(0, 0.999999))
def test_jitter_stays_within_ten_percent(draw: float) -> None:
    schedule = Schedule(draw=lambda: draw)
    schedule.set_jobs([PRICE])
    schedule.take("fast", 0.0, 1.0)
    schedule.succeeded(PRICE)
    wait_s = schedule.wait_s("fast", 0.0, 1.0)
    assert wait_s is not None
    assert 9.0 <= wait_s <= 11.0


def test_jobs_that_stay_keep_their_times() -> None:
    schedule = steady(PRICE)
    schedule.take("fast", 0.0, 1.0)
    schedule.succeeded(PRICE)
    schedule.set_jobs([PRICE, RATIO])
    assert schedule.take("fast", 5.0, 1.0) is None
    assert schedule.take("slow", 5.0, 1.0) is RATIO


def test_a_job_that_is_gone_may_still_come_to_its_end() -> None:
    schedule = steady(PRICE)
    schedule.take("fast", 0.0, 1.0)
    schedule.set_jobs([])
    schedule.succeeded(PRICE)
    schedule.failed(PRICE, 1.0)
    assert schedule.jobs == []


def test_failures_back_off_in_real_time_and_success_ends_it() -> None:
    schedule = steady(PRICE)
    now_s, waits = 0.0, []
    for _ in range(9):
        assert schedule.take("fast", now_s, 3600.0) is PRICE
        schedule.failed(PRICE, now_s)
        wait_s = schedule.wait_s("fast", now_s, 3600.0)
        assert wait_s is not None
        waits.append(wait_s)
        now_s += wait_s
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    schedule.take("fast", now_s, 1.0)
    schedule.succeeded(PRICE)
    assert schedule.wait_s("fast", now_s, 1.0) == 10.0


def test_a_failed_job_is_tried_again_even_while_the_market_stands_still() -> None:
    schedule = steady(PRICE)
    schedule.take("fast", 0.0, 0.0)
    schedule.failed(PRICE, 0.0)
    assert schedule.wait_s("fast", 0.0, 0.0) == 1.0


@given(st.integers(1, 10_000))
def test_back_off_never_passes_a_minute(failures: int) -> None:
    assert 1.0 <= back_off_s(failures) <= LONGEST_BACK_OFF_S


def test_the_breaker_trips_after_failures_in_a_row_and_lets_one_probe_through() -> None:
    breaker = Breaker()
    for _ in range(TRIPS_AFTER - 1):
        breaker.asking()
        breaker.failed(0.0)
        assert breaker.wait_s(0.0) == 0.0
    breaker.asking()
    breaker.failed(0.0)
    wait_s = breaker.wait_s(0.0)
    assert wait_s == back_off_s(TRIPS_AFTER)
    assert breaker.wait_s(wait_s) == 0.0
    breaker.asking()
    assert breaker.wait_s(wait_s) == float("inf")
    breaker.failed(wait_s)
    assert breaker.wait_s(wait_s) == back_off_s(TRIPS_AFTER + 1)


def test_an_answer_closes_the_breaker() -> None:
    breaker = Breaker()
    breaker.rest(0.0, 30.0)
    assert breaker.tripped
    breaker.asking()
    breaker.succeeded()
    assert (breaker.tripped, breaker.wait_s(0.0)) == (False, 0.0)


def test_an_answer_to_an_earlier_question_does_not_end_a_demanded_pause() -> None:
    breaker = Breaker()
    breaker.asking()
    breaker.rest(0.0, 30.0)
    breaker.succeeded()
    assert breaker.wait_s(1.0) == 29.0


def test_a_pause_is_as_long_as_demanded_and_a_shorter_one_does_not_cut_it() -> None:
    breaker = Breaker()
    breaker.rest(0.0, 600.0)
    breaker.rest(10.0, 5.0)
    assert breaker.wait_s(10.0) == 590.0


def test_a_hand_may_lift_a_rest() -> None:
    breaker = Breaker()
    breaker.rest(0.0, 6 * 3600.0)
    breaker.lift()
    assert breaker.wait_s(0.0) == 0.0


def test_a_probe_that_came_to_nothing_does_not_block_for_ever() -> None:
    breaker = Breaker()
    breaker.rest(0.0, 1.0)
    breaker.asking()
    breaker.given_up()
    assert breaker.wait_s(2.0) == 0.0
