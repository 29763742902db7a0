"""A simulated week of each venue: the real schedule, breaker and limiter on a clock of their own.

`python -m tests.load.week [DAYS] [CONTRACTS]` prints a line for each venue and ends with 1 where
one of its budgets was more than half used, or it was asked during a pause that it demanded. Once a
day the venue demands a pause, once a day it is down for ten minutes, and once a day the program
starts anew and remembers the pause and what it spent.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.feed.poller import TIERS, TIERS_EVERY_S, jobs_of
from dashboard.feed.schedule import Breaker, Job, Schedule
from dashboard.market.instrument import InstrumentKey
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.entry import Budget, Call, Entry, Lane
from dashboard.venues.limiter import Limiter
from tests.venues.asking import contract

DAY_S = 86_400.0
DAYS, CONTRACTS = 7.0, 21
ANSWER_S = 0.15
PAUSE_S, DOWN_S = 900.0, 600.0
PAUSED_AT_S, DOWN_AT_S, STARTS_AT_S = 3 * 3600.0, 9 * 3600.0, 15 * 3600.0
"""When in each day the venue demands a pause, when it goes down, and when the program starts."""
MOST_SHARE = 0.5


class Tally:
    """The weight spent on one budget in any window, as it goes; `peak` is the fullest's share."""

    def __init__(self, budget: Budget) -> None:
        stretch = max(1.0, 2.0 / budget.limit)
        self._limit, self._window_s = budget.limit * stretch, budget.window_s * stretch
        self._inside: deque[tuple[float, int]] = deque()
        self._total = 0
        self.peak = 0.0

    def spend(self, at_s: float, weight: int) -> None:
        """Count a request."""
        self._inside.append((at_s, weight))
        self._total += weight
        while self._inside[0][0] <= at_s - self._window_s:
            self._total -= self._inside.popleft()[1]
        self.peak = max(self.peak, self._total / self._limit)


@dataclass
class Week:
    """One venue's days on a clock that only waiting moves."""

    entry: Entry
    days: float
    contracts: int
    now_s: float = 0.0
    requests: int = 0
    during_pause: int = 0
    refused: int = 0
    started: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    tallies: dict[str, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.entry.venue)  # noqa: S311 (a simulation)
        self._calls = {call.name: call for call in self.entry.calls}
        self._keys = [InstrumentKey(self.entry.venue, f"C{n}") for n in range(self.contracts)]
        kinds = sorted(self.entry.contract_kinds)
        self._abouts = {
            key: contract(self.entry.venue, key.symbol, kind=kinds[at % len(kinds)])
            for at, key in enumerate(self._keys)
        }
        self.tallies = {name: Tally(budget) for name, budget in self.entry.budgets.items()}
        self._events = sorted(
            (day * DAY_S + at_s, what)
            for day in range(int(self.days + 1))
            for at_s, what in (
                (PAUSED_AT_S, "pause"),
                (DOWN_AT_S, "down"),
                (STARTS_AT_S, "start"),
            )
        )
        self._pause_ends_s = self._down_ends_s = 0.0
        self._pausing = False
        self._limiter: Limiter | None = None
        self._start()

    def _start(self) -> None:
        """The program starts: everything is due; pauses and what was spent are remembered."""
        spent = {} if self._limiter is None else self._limiter.spent()
        self._limiter = Limiter(self.entry.budgets, lambda: self.now_s, sleep=self._sleep)
        self._limiter.assume_spent(spent)
        self._schedule = Schedule(draw=self._random.random)
        self._breaker = Breaker()
        if self._pause_ends_s > self.now_s:
            self._breaker.rest(self.now_s, self._pause_ends_s - self.now_s)
        jobs: list[Job] = []
        for call in self.entry.calls:
            jobs += jobs_of(call, [k for k in self._keys if call.concerns(self._abouts[k])])
        if self.entry.tiers is not None:
            jobs += [Job(TIERS, Lane.SLOW, TIERS_EVERY_S, TIERS_EVERY_S, k) for k in self._keys]
        self._schedule.set_jobs(jobs)

    async def run(self) -> None:
        """Live through the days."""
        while self.now_s < self.days * DAY_S:
            self._happen()
            wait_s = self._breaker.wait_s(self.now_s)
            if wait_s > 0:
                self.now_s += min(wait_s, 60.0)
                continue
            asked = [job for lane in Lane if (job := self._take(lane)) is not None]
            for job in asked:
                await self._ask(job)
            if not asked:
                waits = [self._schedule.wait_s(lane, self.now_s, 1.0) for lane in Lane]
                self.now_s += max(0.01, min(wait for wait in waits if wait is not None))

    def _take(self, lane: Lane) -> Job | None:
        return self._schedule.take(lane, self.now_s, 1.0)

    def _happen(self) -> None:
        """What the day brings by now."""
        while self._events and self._events[0][0] <= self.now_s:
            _, what = self._events.pop(0)
            if what == "start":
                self._start()
            elif what == "down":
                self._down_ends_s = self.now_s + DOWN_S
            else:
                self._pausing = True

    async def _ask(self, job: Job) -> None:
        if self._breaker.wait_s(self.now_s) > 0:
            self._schedule.failed(job, self.now_s)
            return
        self.started[job.name] += 1
        self._breaker.asking()
        for charges in self._requests(job):
            await self._limiter.take(charges)
            if not self._answered(charges):
                self._schedule.failed(job, self.now_s)
                return
        self._breaker.succeeded()
        self._schedule.succeeded(job)

    def _answered(self, charges: dict[str, int]) -> bool:
        """A request reaches the venue; whether it answers well."""
        self.requests += 1
        self.during_pause += self.now_s < self._pause_ends_s
        for name, weight in charges.items():
            self.tallies[name].spend(self.now_s, weight)
        self.now_s += ANSWER_S / 4  # four are under way at a time
        if self._pausing:
            self._pausing = False
            self._pause_ends_s = self.now_s + PAUSE_S
            self._limiter.pause(PAUSE_S)
            self._breaker.rest(self.now_s, PAUSE_S)
        elif self.now_s < self._down_ends_s:
            self._breaker.failed(self.now_s)
        else:
            return True
        self.refused += 1
        return False

    def _requests(self, job: Job) -> list[dict[str, int]]:
        """The charges of each request of a job."""
        if job.name == TIERS:
            assert self.entry.tiers is not None
            return [dict(self.entry.tiers.charges)]
        call: Call = self._calls[job.name]
        about = None if job.key is None else self._abouts[job.key]
        return [dict(call.charges) for _ in call.requests(about, int(self.now_s * 1000))]

    async def _sleep(self, seconds: float) -> None:
        self.now_s += seconds


def faults(week: Week) -> list[str]:
    """What is not as promised, in words."""
    found = [
        f"{week.entry.venue} {name}: {tally.peak:.0%}"
        for name, tally in week.tallies.items()
        if tally.peak > MOST_SHARE
    ]
    if week.during_pause:
        found.append(f"{week.entry.venue}: {week.during_pause} requests during a pause")
    return found


def main(arguments: Sequence[str]) -> int:
    """Simulate every venue and print what was counted."""
    days = float(arguments[0]) if arguments else DAYS
    contracts = int(arguments[1]) if len(arguments) > 1 else CONTRACTS
    broken = False
    for venue, entry in CATALOGUE.items():
        week, cpu_s = Week(entry, days, contracts), time.process_time()
        asyncio.run(week.run())
        fullest = max(week.tallies, key=lambda name: week.tallies[name].peak)
        line = {
            "figure": "week",
            "venue": venue,
            "requests": week.requests,
            "fullest": fullest,
            "peak": round(week.tallies[fullest].peak, 3),
            "during_pause": week.during_pause,
            "refused": week.refused,
            "cpu_s": round(time.process_time() - cpu_s, 1),
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        broken = broken or bool(faults(week))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
