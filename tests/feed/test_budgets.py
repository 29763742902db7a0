"""A quarter of an hour with 21 contracts stays under half of every budget, as venues count."""

from __future__ import annotations

from collections import defaultdict

import pytest

from dashboard.feed.poller import jobs_of
from dashboard.feed.schedule import FAST_INTERVAL_S, FASTEST_INTERVAL_S, Job, Schedule
from dashboard.market.instrument import InstrumentKey
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.entry import Entry, Lane
from dashboard.venues.limiter import Limiter
from tests.venues.asking import contract

CONTRACTS = 21
ANSWER_S = 0.05
SPAN_S = 900.0


class Simulation:
    """A quarter of an hour of one venue's lanes on a clock that only waiting moves."""

    def __init__(self, entry: Entry, fast_interval_s: float) -> None:
        self.now_s = 0.0
        self.spent: dict[str, list[tuple[float, int]]] = defaultdict(list)
        self.started: dict[str, list[float]] = defaultdict(list)
        self._calls = {call.name: call for call in entry.calls}
        self._limiter = Limiter(entry.budgets, lambda: self.now_s, sleep=self._sleep)
        self._schedule = Schedule(draw=lambda: 0.5)
        keys = [InstrumentKey(entry.venue, f"C{n}") for n in range(CONTRACTS)]
        self._schedule.set_jobs(
            job for call in entry.calls for job in jobs_of(call, keys, fast_interval_s)
        )

    async def run(self) -> None:
        while self.now_s < SPAN_S:
            asked = False
            for lane in Lane:
                job = self._schedule.take(lane, self.now_s, 1.0)
                if job is not None:
                    asked = True
                    await self._ask(job)
            if not asked:
                waits = [self._schedule.wait_s(lane, self.now_s, 1.0) for lane in Lane]
                self.now_s += max(0.01, min(wait for wait in waits if wait is not None))

    async def _ask(self, job: Job) -> None:
        call = self._calls[job.name]
        about = contract("v", job.key.symbol) if job.key else None
        self.started[call.name].append(self.now_s)
        for _ in call.requests(about, 0):
            await self._limiter.take(call.charges)
            for name, weight in call.charges.items():
                self.spent[name].append((self.now_s, weight))
            self.now_s += ANSWER_S
        self._schedule.succeeded(job)

    async def _sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.mark.parametrize("venue", CATALOGUE)
@pytest.mark.parametrize("fast_interval_s", [FASTEST_INTERVAL_S, FAST_INTERVAL_S])
async def test_polling_keeps_its_pace_and_uses_at_most_half_of_any_budget(
    venue: str, fast_interval_s: float
) -> None:
    entry = CATALOGUE[venue]
    run = Simulation(entry, fast_interval_s)
    await run.run()
    assert_within_half(entry, run)
    if fast_interval_s < FAST_INTERVAL_S:
        return  # where half of a budget is not enough for it, it is asked as often as that allows
    for call in entry.calls:
        turns = len(run.started[call.name]) / (CONTRACTS if call.per_contract else 1)
        # One question after another is the slowest way; the feed has several under way.
        assert turns >= 0.8 * SPAN_S / call.interval_s - 1, call.name
        assert turns <= 1.1 * SPAN_S / call.interval_s + 1, call.name


def assert_within_half(entry: Entry, run: Simulation) -> None:
    """In no window of any budget was more than half of it spent."""
    assert set(run.spent) <= set(entry.budgets)
    for name, spent in run.spent.items():
        budget, total, first = entry.budgets[name], 0, 0
        for at_s, weight in spent:
            total += weight
            while spent[first][0] <= at_s - budget.window_s + 1e-6:
                total -= spent[first][1]
                first += 1
            assert total <= budget.limit / 2, f"{name} at {at_s:.0f} s"
