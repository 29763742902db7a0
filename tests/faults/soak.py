"""Days of a replay with a random fault in every recorded minute, watched for what grows.

`python -m tests.faults.soak` replays seven recorded days at 3600x through the fault proxy, six
venues, history recorded. Prints what is held four times a recorded day and ends with 1 where
memory grows by 1 MB a recorded day or more after the first, where descriptors, threads, tasks or
queues grow, where a file of the book changed, or where a minute went without its fault. `--leak
1000` loses so many bytes a poll on purpose and must end with 1.

`--short` is what the check runs: two minutes at a pace that leaves the processor to the tests;
memory is then what is allocated, by the poll.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import hashlib
import os
import random
import resource
import sys
import tempfile
import threading
import tracemalloc
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path
from statistics import median

from dashboard.feed.frames import Frame, Readings, SetClock, Watch
from dashboard.feed.service import Feed
from dashboard.market.snapshot import Snapshot
from dashboard.store.book import BookStore
from dashboard.store.demo_book import seed_demo_book
from tests.faults.feeds import SIX, ProxiedWorld, key_of
from tests.faults.kinds import KINDS
from tests.faults.proxy import Fault
from tests.faults.short_waits import shorten
from tests.replay.made_up import HOUR_MS, START_MS, made_up_recording

SECONDS_A_DAY = 86_400.0
GROWTH_A_DAY_BYTES = 1_000_000
GROWTH_A_POLL_BYTES = 500
STARTED_POLLS = 40
CONSTANT = {"descriptors": 4, "threads": 2, "tasks": 4, "queued": 100}
"""What may not grow, and by how much it comes and goes with the requests under way."""
MINUTES_TO_COME = 12
"""Whose faults were still to come when a soak ended: a fifth of a second at 3600x."""
LEAST_KINDS = 40
QUIET_WITHIN_S = 3.0
"""What is dripped is given up after half a second and noticed at the next byte but one."""
LEAST_POLLS = 3
"""Between two samples, else the soak is of nothing."""
MINUTE_MS = 60_000
RECORDED_HOURS = 9 * 24
BEGIN_MS = START_MS + 25 * HOUR_MS


@dataclass(frozen=True)
class Plan:
    """How long a soak is, in real seconds, how fast, and how soon a question is asked again."""

    seconds: float
    speed: float
    floor_s: float
    samples: int
    short: bool
    leak_bytes: int = 0
    seed: int = 8


def long_plan(days: float, leak_bytes: int, seed: int) -> Plan:
    """Days at 3600x, four samples a day; memory is that of the process."""
    seconds = days * SECONDS_A_DAY / 3600.0
    return Plan(seconds, 3600.0, 0.05, round(days * 4), False, leak_bytes, seed)


def short_plan(leak_bytes: int, seed: int) -> Plan:
    """Two minutes, ten hours of the recording; memory is what is allocated."""
    return Plan(120.0, 300.0, 1.2, 16, True, leak_bytes, seed)


class Window:
    """Takes frames as a window does: the newest of each, and nothing of the past."""

    def __init__(self, plan: Plan) -> None:
        self.snapshot = Snapshot(speed=plan.speed)
        self.polls = 0
        self._leak_bytes = plan.leak_bytes
        self._leaked: list[bytes] = []

    def send(self, frame: Frame) -> None:
        """Merge readings; all else is looked at and dropped."""
        if isinstance(frame, Readings):
            self.polls += 1
            self.snapshot.merge(frame.all())
            if self._leak_bytes:
                self._leaked.append(os.urandom(self._leak_bytes))

    def drop_market(self) -> None:
        """As after a seek."""
        self.snapshot.clear_readings()


@dataclass
class Sample:
    """What was held at a moment."""

    days: float
    polls: int
    bytes_held: int
    descriptors: int
    threads: int
    tasks: int
    queued: int


@dataclass
class Outcome:
    """All samples, and what was wrong."""

    samples: list[Sample] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    requests: int = 0
    minutes: int = 0
    late: int = 0
    faults_served: int = 0
    kinds_served: int = 0
    growth: str = ""


def slope(points: list[tuple[float, float]]) -> float:
    """The Theil-Sen slope: the median over all pairs, which single leaps do not move."""
    return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] > a[0])


def _resident_bytes() -> int:
    """What is resident, without what the C library keeps of bodies of 8 MB that are gone."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


_MALLOC_INFO = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)


class _MallocInfo(ctypes.Structure):
    """glibc's struct mallinfo2."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in _MALLOC_INFO)


def _allocated_bytes() -> Callable[[], int]:
    """What says how much is allocated.

    The C library where Python leaves all to it (PYTHONMALLOC=malloc), since to trace takes as much
    of the processor again as what is traced.
    """
    info = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if info is None or os.environ.get("PYTHONMALLOC") != "malloc":
        tracemalloc.start()
        return lambda: tracemalloc.get_traced_memory()[0]
    info.restype = _MallocInfo

    def allocated() -> int:
        told = info()
        return int(told.uordblks + told.hblkhd)

    return allocated


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


async def _quiet(feed: Feed, world: ProxiedWorld) -> None:
    """Have the recording stand still until no request is under way: those hold memory, too."""
    feed.handle(SetClock(paused=True))
    for _ in range(round(QUIET_WITHIN_S / 0.02)):
        await asyncio.sleep(0.02)
        if not world.proxy.under_way:
            break
    world.proxy.asked_s.clear()  # which other tests look at, and which grows


def _sample(days: float, window: Window, held: Callable[[], int]) -> Sample:
    gc.collect()
    tasks = len(asyncio.all_tasks())
    threads = threading.active_count()
    return Sample(days, window.polls, held(), _descriptors(), threads, tasks, _queued())


def _queued() -> int:
    """What waits in all queues of the process, asyncio's among them: each is a deque inside."""
    queues = (one for one in gc.get_objects() if isinstance(one, deque) and one.maxlen is None)
    return sum(map(len, queues))


class EveryMinute:
    """A random fault for the first request of each recorded minute, whoever asks it.

    Where nothing was asked in a minute, whose sixtieth of a second is soon over, the next request
    has its fault.
    """

    def __init__(self, now_ms: Callable[[], int], seed: int) -> None:
        self._now_ms = now_ms
        self._seed = seed
        self._first = self._next = self._minute()
        self.late = 0

    def pick(self, _host: str) -> Fault | None:
        """The fault of this minute, or of one before that is still to come."""
        minute = self._next
        if minute > self._minute():
            return None
        self.late += minute < self._minute()
        self._next += 1
        kind = random.Random(f"{self._seed} {minute}").choice(KINDS)  # noqa: S311 (no secrets)
        return kind.name, kind.serve

    @property
    def minutes(self) -> int:
        """How many have begun."""
        return self._minute() - self._first + 1

    def _minute(self) -> int:
        return self._now_ms() // MINUTE_MS


async def soak(plan: Plan, folder: Path) -> Outcome:
    """Replay as planned and write down what is held."""
    outcome, window = Outcome(), Window(plan)
    recording = made_up_recording(SIX, span_hours=RECORDED_HOURS)
    world = ProxiedWorld(recording, at_ms=BEGIN_MS, speed=plan.speed, live=True)
    feed = Feed(world, window, folder / "history.sqlite3", folder)
    running = asyncio.create_task(feed.run())
    while world.loopback_url is None or not hasattr(world, "proxy"):  # noqa: ASYNC110 (a start)
        await asyncio.sleep(0.01)
    feed.handle(Watch([key_of(venue) for venue in SIX]))
    while window.polls < STARTED_POLLS:  # noqa: ASYNC110 (imports, which no soak is about)
        await asyncio.sleep(0.05)
    faults = EveryMinute(world.now_ms, plan.seed)
    world.proxy.pick = faults.pick
    held = _allocated_bytes() if plan.short else _resident_bytes
    begin_ms = world.now_ms()
    for _ in range(plan.samples):
        await asyncio.sleep(plan.seconds / plan.samples)
        await _quiet(feed, world)
        days = (world.now_ms() - begin_ms) / (24 * HOUR_MS)
        outcome.samples.append(_sample(days, window, held))
        feed.handle(SetClock(paused=False))
    outcome.minutes, outcome.late = faults.minutes, faults.late
    outcome.requests = sum(world.proxy.asked.values())
    outcome.faults_served = sum(world.proxy.served.values())
    outcome.kinds_served = len({name for _, name in world.proxy.served})
    feed.stop()
    await running
    return outcome


def judge(outcome: Outcome, *, short: bool) -> None:
    """Write down what grew after the warming up: a recorded day, or a third of a short soak."""
    last = outcome.samples[-1].days
    late = [one for one in outcome.samples if one.days >= (1.0 if last > 2.0 else last / 3)]
    grown = slope([(one.polls if short else one.days, one.bytes_held) for one in late])
    unit = "bytes a poll" if short else "bytes a recorded day"
    outcome.growth = f"grows by {grown:,.0f} {unit}"
    if grown > (GROWTH_A_POLL_BYTES if short else GROWTH_A_DAY_BYTES):
        outcome.wrong.append(f"memory {outcome.growth}")
    half = len(late) // 2
    for name, slack in CONSTANT.items():
        before = median(getattr(one, name) for one in late[:half])
        after = median(getattr(one, name) for one in late[half:])
        if after > before + slack:
            outcome.wrong.append(f"{name} grew from {before:g} to {after:g}")
    outcome.wrong += _idle(outcome)


def _idle(outcome: Outcome) -> list[str]:
    """Why the soak was of nothing; empty where it was of something."""
    found = []
    if any(b.polls - a.polls < LEAST_POLLS for a, b in pairwise(outcome.samples)):
        found.append("polling stood still")
    without = outcome.minutes - outcome.faults_served
    if without > MINUTES_TO_COME:
        found.append(f"{without} minutes had no fault")
    if outcome.kinds_served < LEAST_KINDS:
        found.append(f"only {outcome.kinds_served} of {len(KINDS)} kinds of faults")
    return found


def run(plan: Plan) -> Outcome:
    """A whole soak in a folder of its own, with a book that must not change."""
    undo = shorten(timeout_s=0.5, back_off_s=0.05, rest_s=0.05, floor_s=plan.floor_s, every_s=None)
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            store = BookStore(folder / "book.sqlite3")
            seed_demo_book(store)
            store.close()
            before = hashlib.sha256((folder / "book.sqlite3").read_bytes()).digest()
            outcome = asyncio.run(soak(plan, folder))
            tracemalloc.stop()
            if hashlib.sha256((folder / "book.sqlite3").read_bytes()).digest() != before:
                outcome.wrong.append("the book changed")
    finally:
        undo()
    judge(outcome, short=plan.short)
    return outcome


def main() -> int:
    """The module's command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--leak", type=int, default=0, metavar="BYTES")
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    leak, seed = options.leak, options.seed
    if options.short:
        os.nice(10)  # the tests beside it measure how late a window is
    outcome = run(short_plan(leak, seed) if options.short else long_plan(options.days, leak, seed))
    for at, one in enumerate(outcome.samples, start=1):
        sys.stdout.write(f"{at}: {one}\n")
    sys.stdout.write(
        f"{outcome.minutes} recorded minutes, {outcome.requests} requests, "
        f"{outcome.faults_served} faults of {outcome.kinds_served} kinds, "
        f"{outcome.late} of them a minute late; memory {outcome.growth}; "
        f"{'; '.join(outcome.wrong) or 'good'}\n"
    )
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
