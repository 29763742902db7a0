"""Nothing is granted that would pass a budget, and nothing during a pause the venue demands."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.venues.entry import Budget
from dashboard.venues.limiter import LATENCY_S, SHARE_OF_BUDGET, Allowance, Limiter


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def clock_s(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        await asyncio.sleep(0)


def limiter_of(time: FakeTime, **budgets: Budget) -> Limiter:
    return Limiter(budgets, time.clock_s, share=1.0, sleep=time.sleep)


def fullest(limiter: Limiter) -> tuple[str, float]:
    """The budget of which most is used, and how much."""
    usage = limiter.fullest()
    assert usage is not None
    return usage.name, usage.share


@given(
    st.lists(st.tuples(st.integers(1, 7), st.floats(0, 3)), min_size=1, max_size=60),
    st.integers(7, 12),
)
def test_no_window_ever_holds_more_than_its_budget(
    asked: list[tuple[int, float]], limit: int
) -> None:
    time = FakeTime()
    granted: list[tuple[float, int]] = []

    async def ask() -> None:
        limiter = limiter_of(time, weight=Budget(limit, 10.0))
        for weight, pause_s in asked:
            await time.sleep(pause_s)
            await limiter.take({"weight": weight})
            granted.append((time.now_s, weight))

    asyncio.run(ask())
    for end_s, _ in granted:
        assert sum(w for at_s, w in granted if end_s - 10.0 + 1e-6 < at_s <= end_s) <= limit


async def test_what_fits_is_granted_at_once() -> None:
    time = FakeTime()
    limiter = limiter_of(time, weight=Budget(10, 60.0))
    for _ in range(10):
        await limiter.take({"weight": 1})
    assert time.now_s == 100.0


async def test_a_request_waits_only_for_the_budget_it_charges() -> None:
    time = FakeTime()
    limiter = limiter_of(time, ratio=Budget(1, 50.0), price=Budget(1, 50.0))
    await limiter.take({"ratio": 1})
    await limiter.take({"price": 1})
    assert time.now_s == 100.0


async def test_less_than_half_of_what_a_venue_allows_is_used() -> None:
    time = FakeTime()
    limiter = Limiter({"weight": Budget(10, 60.0)}, time.clock_s, sleep=time.sleep)
    for _ in range(4):
        await limiter.take({"weight": 1})
    assert time.now_s == 100.0
    await limiter.take({"weight": 1})
    assert time.now_s == pytest.approx(160.0 + LATENCY_S)


async def test_a_weight_above_the_budget_waits_for_an_empty_window() -> None:
    time = FakeTime()
    limiter = limiter_of(time, weight=Budget(10, 60.0))
    await limiter.take({"weight": 3})
    await limiter.take({"weight": 40})
    assert time.now_s == pytest.approx(160.0 + LATENCY_S)


async def test_every_request_counts_against_the_replay_allowance() -> None:
    time = FakeTime()
    budgets = {"weight": Budget(1000, 1.0)}
    allowance = Allowance(per_s=4.0, at_once=8.0)
    limiter = Limiter(budgets, time.clock_s, every_request=allowance, sleep=time.sleep)
    for _ in range(8):
        await limiter.take({"weight": 1})
    assert time.now_s == 100.0
    await limiter.take({"weight": 1}, urgent=True)
    assert time.now_s == pytest.approx(100.25)
    await limiter.take({"weight": 1}, requests=3)
    assert time.now_s == pytest.approx(101.0)
    time.now_s += 60.0
    for _ in range(9):
        await limiter.take({"weight": 1})
    assert time.now_s == pytest.approx(161.25)


async def test_more_requests_than_can_be_saved_up_wait_for_all_of_them() -> None:
    time = FakeTime()
    allowance = Allowance(per_s=4.0, at_once=8.0)
    limiter = Limiter({}, time.clock_s, every_request=allowance, sleep=time.sleep)
    await limiter.take({}, requests=10)
    await limiter.take({}, requests=1)
    assert time.now_s == pytest.approx(100.75)


async def test_nothing_is_granted_during_a_pause_even_to_those_who_waited() -> None:
    time = FakeTime()
    limiter = limiter_of(time, weight=Budget(1, 5.0))
    await limiter.take({"weight": 1})
    waiting = asyncio.create_task(limiter.take({"weight": 1}))
    await asyncio.sleep(0)
    limiter.pause(60.0)
    await waiting
    assert time.now_s >= 160.0


async def test_what_others_spent_from_the_same_address_is_counted() -> None:
    time = FakeTime()
    limiter = limiter_of(time, weight=Budget(100, 60.0))
    await limiter.take({"weight": 10})
    limiter.observe_used("weight", 95.0)
    assert fullest(limiter) == ("weight", pytest.approx(0.95))
    limiter.observe_used("weight", 20.0)
    assert fullest(limiter) == ("weight", pytest.approx(0.95))
    await limiter.take({"weight": 10})
    assert time.now_s == pytest.approx(160.0 + LATENCY_S)


async def test_what_is_left_counts_as_the_venue_says_it() -> None:
    time = FakeTime()
    limiter = limiter_of(time, weight=Budget(600, 5.0), other=Budget(10, 5.0))
    limiter.observe_left("weight", 4.0, 10.0)
    assert fullest(limiter) == ("weight", pytest.approx(0.6))
    limiter.observe_left("other", 3.0, None)
    assert fullest(limiter) == ("other", pytest.approx(0.7))
    limiter.observe_left("other", 12.0, None)
    assert fullest(limiter) == ("other", pytest.approx(0.7))


async def test_a_venue_without_budgets_has_no_fullest_one() -> None:
    assert limiter_of(FakeTime()).fullest() is None


async def test_what_waits_for_two_budgets_is_counted_in_both_when_it_is_sent() -> None:
    time = FakeTime()
    limiter = limiter_of(time, short=Budget(1, 5.0), long=Budget(1, 60.0))
    await limiter.take({"short": 1})
    await limiter.take({"long": 1})
    await limiter.take({"short": 1, "long": 1})
    sent_s = time.now_s
    await limiter.take({"short": 1})
    assert time.now_s >= sent_s + 5.0


async def test_what_was_held_up_by_a_pause_is_counted_after_it() -> None:
    time = FakeTime()
    limiter = limiter_of(time, weight=Budget(1, 5.0))
    limiter.pause(60.0)
    await limiter.take({"weight": 1})
    assert time.now_s == pytest.approx(160.0)
    await limiter.take({"weight": 1})
    assert time.now_s >= 165.0


async def test_less_than_half_of_one_request_is_one_in_more_than_twice_the_time() -> None:
    time = FakeTime()
    limiter = Limiter({"ratio": Budget(1, 1.0)}, time.clock_s, latency_s=0.0, sleep=time.sleep)
    for _ in range(3):
        await limiter.take({"ratio": 1})
    assert time.now_s == pytest.approx(100.0 + 2 / SHARE_OF_BUDGET)


async def test_what_is_urgent_has_a_part_of_the_budget_for_itself() -> None:
    limiter = Limiter({"weight": Budget(200, 60.0)}, time.monotonic, share=1.0)
    for _ in range(4):
        await limiter.take({"weight": 45})
    queued = asyncio.create_task(limiter.take({"weight": 1}))
    await asyncio.sleep(0)
    await limiter.take({"weight": 20}, urgent=True)
    assert not queued.done()
    assert limiter.spent()["weight"] == 200
    queued.cancel()


async def test_what_is_urgent_waits_for_a_pause_like_all_others() -> None:
    limiter = Limiter({"weight": Budget(200, 60.0)}, time.monotonic, share=1.0)
    limiter.pause(60.0)
    asking = asyncio.create_task(limiter.take({"weight": 1}, urgent=True))
    await asyncio.sleep(0.01)
    assert not asking.done()
    asking.cancel()


async def test_what_is_urgent_goes_out_before_what_has_queued() -> None:
    limiter = Limiter({"weight": Budget(100, 0.4)}, time.monotonic, share=1.0, latency_s=0.0)
    granted: list[str] = []

    async def ask(name: str, weight: int, *, urgent: bool = False) -> None:
        await limiter.take({"weight": weight}, urgent=urgent)
        granted.append(name)

    await ask("first", 60)
    await asyncio.sleep(0.2)
    await ask("second", 40)
    queued = [asyncio.create_task(ask(f"page {number}", 45)) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.gather(ask("account", 10, urgent=True), *queued)
    assert granted.index("account") < granted.index("page 1")
    assert limiter.spent()["weight"] <= 100
