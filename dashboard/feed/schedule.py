"""What is due when. Pure: real time in seconds and the market's speed are arguments.

A job's interval counts in market time, so a recording at 120x is polled 120 times as often, down
to the job's floor in real time. Failed jobs and failed venues wait in real time, because a venue
that asks for a pause means seconds of ours.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dashboard.market.instrument import InstrumentKey

JITTER = 0.1
"""Each wait is drawn from +-10 %, so that jobs do not all fall due together."""
FAST_INTERVAL_S = 10.0
"""How often the fast questions (prices, funding, open interest) are asked unless set otherwise."""
FASTEST_INTERVAL_S = 2.0
FIRST_BACK_OFF_S = 1.0
LONGEST_BACK_OFF_S = 60.0
TRIPS_AFTER = 3
"""So many failures of a venue in a row, whatever was asked, and it is left alone for a while."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to ask again and again: `interval_s` in market time, `floor_s` in real time."""

    name: str
    lane: str
    interval_s: float
    floor_s: float
    key: InstrumentKey | None = None


@dataclass(slots=True)
class _State:
    """Where a job stands; `due_s` follows from the rest and holds for the schedule's speed."""

    job: Job
    place: int
    started_s: float | None = None
    busy: bool = False
    again: bool = False
    failures: int = 0
    not_before_s: float = 0.0
    stretch: float = 1.0
    due_s: float = 0.0

    def settle(self, speed: float) -> None:
        """Work out when the job is due."""
        if self.started_s is None:
            self.due_s = self.not_before_s
        elif speed <= 0:
            self.due_s = float("inf")
        else:
            interval_s = max(self.job.interval_s / speed, self.job.floor_s) * self.stretch
            self.due_s = max(self.started_s + interval_s, self.not_before_s)

    def overdue(self, now_s: float) -> tuple[float, int]:
        """How many of its intervals the job is late, a new one most; the earlier place first."""
        if self.started_s is None:
            return float("inf"), -self.place
        return (now_s - self.due_s) / self.job.interval_s, -self.place


class Schedule:
    """Which job is next. `draw` gives numbers in [0, 1) for the jitter."""

    def __init__(self, draw: Callable[[], float] = random.random) -> None:
        self._draw = draw
        self._states: dict[Job, _State] = {}
        self._lanes: dict[str, list[_State]] = {}
        self._speed = 1.0

    @property
    def jobs(self) -> list[Job]:
        """The jobs there are."""
        return list(self._states)

    def set_jobs(self, jobs: Iterable[Job]) -> None:
        """Have exactly these jobs; those that stay keep their times, new ones are due at once."""
        states: dict[Job, _State] = {}
        self._lanes = {}
        for place, job in enumerate(dict.fromkeys(jobs)):
            state = self._states.get(job) or _State(job, place)
            state.place = place
            states[job] = state
            self._lanes.setdefault(job.lane, []).append(state)
        self._states = states

    def reset(self) -> None:
        """Make everything due at once, as after a seek; back-offs stay."""
        for state in self._states.values():
            state.started_s = None
            state.busy = state.again = False
            state.settle(self._speed)

    def take(self, lane: str, now_s: float, speed: float) -> Job | None:
        """The job of `lane` that is most overdue, which is now under way; None where none is due.

        Overdue is measured in intervals of the job, so that where not everything can be asked in
        time everything is asked equally seldom. `speed` 0 means that market time stands still.
        """
        self._go_at(speed)
        lanes = self._lanes.get(lane, ())
        due = [state for state in lanes if state.due_s <= now_s and not state.busy]
        if not due:
            return None
        state = max(due, key=lambda state: state.overdue(now_s))
        state.busy = True
        state.started_s = now_s
        state.stretch = 1.0 + JITTER * (2.0 * self._draw() - 1.0)
        return state.job

    def wait_s(self, lane: str, now_s: float, speed: float) -> float | None:
        """Seconds until a job of `lane` falls due; None where only an event can bring one."""
        self._go_at(speed)
        idle = [state.due_s for state in self._lanes.get(lane, ()) if not state.busy]
        soonest_s = min(idle, default=float("inf"))
        return None if soonest_s == float("inf") else max(0.0, soonest_s - now_s)

    def hasten(self, name: str) -> None:
        """Make the jobs of that name due at once, those under way once more; back-offs stay."""
        for state in self._states.values():
            if state.job.name != name:
                continue
            if state.busy:
                state.again = True
            else:
                state.started_s = None
                state.settle(self._speed)

    def succeeded(self, job: Job) -> None:
        """The job is done; its next turn comes an interval after its start."""
        state = self._states.get(job)
        if state is not None:
            state.busy = False
            if state.again:
                state.again, state.started_s = False, None
            state.failures = 0
            state.not_before_s = 0.0
            state.settle(self._speed)

    def failed(self, job: Job, now_s: float) -> None:
        """The job failed; its next turn comes after a back-off that doubles up to a minute."""
        state = self._states.get(job)
        if state is not None:
            state.busy = state.again = False
            state.started_s = None
            state.failures += 1
            state.not_before_s = now_s + back_off_s(state.failures)
            state.settle(self._speed)

    def _go_at(self, speed: float) -> None:
        """Work out what is due when anew where the market's speed is another one now."""
        if speed != self._speed:
            self._speed = speed
            for state in self._states.values():
                state.settle(speed)


def back_off_s(failures: int) -> float:
    """The wait after so many failures in a row: 1, 2, 4 ... 60 s."""
    return min(FIRST_BACK_OFF_S * 2.0 ** min(failures - 1, 10), LONGEST_BACK_OFF_S)


class Breaker:
    """Leaves a failing venue alone: after a wait one question is let through as a probe."""

    def __init__(self) -> None:
        self.failures = 0
        self._closed_until_s = 0.0
        self._probing = False

    @property
    def tripped(self) -> bool:
        """Whether the venue is being left alone or probed."""
        return self._closed_until_s > 0

    def wait_s(self, now_s: float) -> float:
        """Seconds until the venue may be asked; infinite while a probe is under way."""
        if self._probing:
            return float("inf")
        return max(0.0, self._closed_until_s - now_s)

    def asking(self) -> None:
        """A question goes out; where the venue was left alone it is the probe."""
        self._probing = self.tripped

    def succeeded(self) -> None:
        """The venue answered.

        While it is left alone only the probe's answer counts: others were asked before.
        """
        if self.tripped and not self._probing:
            return
        self.failures = 0
        self._closed_until_s = 0.0
        self._probing = False

    def failed(self, now_s: float) -> None:
        """The venue did not answer."""
        self.failures += 1
        probed, self._probing = self._probing, False
        if probed or self.failures >= TRIPS_AFTER:
            self.rest(now_s, back_off_s(self.failures))

    def rest(self, now_s: float, seconds: float) -> None:
        """Leave the venue alone for `seconds`, as it or we demand."""
        self._probing = False
        self._closed_until_s = max(self._closed_until_s, now_s + seconds)

    def given_up(self) -> None:
        """The question that was out came to nothing, neither answered nor failed."""
        self._probing = False

    def lift(self) -> None:
        """Ask again at once, as by hand."""
        self._closed_until_s = 0.0
        self._probing = False
