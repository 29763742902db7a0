"""Days of a replay with a random fault every recorded minute, watched for what grows.

`python -m tests.faults.soak --days 7` replays seven days at 3600x through the fault proxy, four
venues, history recorded. Prints a line a recorded day and ends with 1 where memory grows by 1 MB a
recorded day or more after the first, where descriptors, threads or tasks grow, where a file of
the book changed, or where a fault was never served. `--leak 1000` loses so many bytes a poll on
purpose and must end with 1. `--seconds N` makes it short; memory is then what Python holds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import os
import random
import resource
import sys
import tempfile
import threading
import time
import tracemalloc
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
from dashboard.venues.catalogue import CATALOGUE
from tests.faults.feeds import SIX, ProxiedWorld, key_of
from tests.faults.kinds import KINDS
from tests.faults.short_waits import shorten
from tests.replay.made_up import HOUR_MS, START_MS, made_up_recording

SPEED = 3600.0
DAY_S = 86_400.0 / SPEED
GROWTH_A_DAY_BYTES = 1_000_000
GROWTH_A_POLL_BYTES = 400
STARTED_POLLS = 40
LEAST_POLLS = 3
"""Between two samples, else the soak is of nothing."""
SLOW = {"drip", "hang", "500-mb", "delay"}
"""Left out of the soak: a day has 24 real seconds."""
BEGIN_MS = START_MS + 25 * HOUR_MS
WRAP_MS = START_MS + 70 * HOUR_MS


class Window:
    """Takes frames as a window does: the newest of each, and nothing of the past."""

    def __init__(self, leak_bytes: int) -> None:
        self.snapshot = Snapshot(speed=SPEED)
        self.polls = 0
        self._leak_bytes = leak_bytes
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

    polls: int
    bytes_held: int
    descriptors: int
    threads: int
    tasks: int


@dataclass
class Outcome:
    """All samples, and what was wrong."""

    samples: list[Sample] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    faults_served: int = 0
    kinds_served: int = 0


def slope(points: list[tuple[float, float]]) -> float:
    """The Theil-Sen slope: the median over all pairs, which single leaps do not move."""
    return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] > a[0])


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def _sample(window: Window, held: Callable[[], int]) -> Sample:
    gc.collect()
    tasks = len(asyncio.all_tasks())
    return Sample(window.polls, held(), _descriptors(), threading.active_count(), tasks)


def _hasten() -> Callable[[], None]:
    """Shorten every wait, so that a real second has many polls; gives what undoes it."""
    return shorten(timeout_s=0.5, back_off_s=0.05, rest_s=0.05, floor_s=0.05, every_s=None)


async def _disturb(feed: Feed, world: ProxiedWorld, dice: random.Random) -> None:
    """Another fault at another venue every recorded minute; three minutes of four are quiet.

    The recording begins again before its end, at which its clock would stop.
    """
    kinds = [kind for kind in KINDS if kind.name not in SLOW]
    while True:
        world.proxy.clear()
        if world.now_ms() > WRAP_MS:
            feed.handle(SetClock(seek_ms=BEGIN_MS, paused=False))
        if dice.random() < 0.25:
            kind, venue = dice.choice(kinds), dice.choice(SIX[:4])
            for host in CATALOGUE[venue].hosts:
                world.proxy.put(host, kind.name, kind.serve)
        await asyncio.sleep(60.0 / SPEED)


async def soak(
    seconds: float, every_s: float, folder: Path, *, leak: int, seed: int, traced: bool
) -> Outcome:
    """Replay for so many real seconds and judge."""
    outcome, window = Outcome(), Window(leak)
    world = ProxiedWorld(made_up_recording(SIX), at_ms=BEGIN_MS, speed=SPEED, live=True)
    feed = Feed(world, window, folder / "history.sqlite3", folder)
    running = asyncio.create_task(feed.run())
    while world.loopback_url is None or not hasattr(world, "proxy"):  # noqa: ASYNC110 (a start)
        await asyncio.sleep(0.01)
    feed.handle(Watch([key_of(venue) for venue in SIX[:4]]))
    dice = random.Random(seed)  # noqa: S311 (faults, no secrets)
    disturbing = asyncio.create_task(_disturb(feed, world, dice))
    while window.polls < STARTED_POLLS:  # noqa: ASYNC110 (imports, which no soak is about)
        await asyncio.sleep(0.05)
    if traced:
        tracemalloc.start()
    held = (lambda: tracemalloc.get_traced_memory()[0]) if traced else _resident_bytes
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        await asyncio.sleep(every_s)
        outcome.samples.append(_sample(window, held))
    disturbing.cancel()
    await asyncio.gather(disturbing, return_exceptions=True)
    outcome.faults_served = sum(world.proxy.served.values())
    outcome.kinds_served = len({name for _, name in world.proxy.served})
    feed.stop()
    await running
    return outcome


def judge(outcome: Outcome, *, traced: bool) -> None:
    """Write down what grew; the first third is warming up."""
    late = outcome.samples[len(outcome.samples) // 3 :]
    if traced:
        grown = slope([(one.polls, one.bytes_held) for one in late])
        if grown > GROWTH_A_POLL_BYTES:
            outcome.wrong.append(f"memory grows by {grown:.0f} bytes a poll")
    else:
        grown = slope([(float(at), one.bytes_held) for at, one in enumerate(late)])
        if grown > GROWTH_A_DAY_BYTES:
            outcome.wrong.append(f"memory grows by {grown / 1e6:.2f} MB a recorded day")
    half = len(late) // 2
    for name in ("descriptors", "threads", "tasks"):
        before = median(getattr(one, name) for one in late[:half])
        after = median(getattr(one, name) for one in late[half:])
        if after > before + 4:
            outcome.wrong.append(f"{name} grew from {before:g} to {after:g}")
    if any(b.polls - a.polls < LEAST_POLLS for a, b in pairwise(outcome.samples)):
        outcome.wrong.append("polling stood still")
    if outcome.faults_served < 20 or outcome.kinds_served < 5:
        outcome.wrong.append("hardly any fault was served")


def run(seconds: float, *, every_s: float, leak: int = 0, seed: int = 8, traced: bool) -> Outcome:
    """A whole soak in a folder of its own, with a book that must not change."""
    undo = _hasten()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            store = BookStore(folder / "book.sqlite3")
            seed_demo_book(store)
            store.close()
            before = hashlib.sha256((folder / "book.sqlite3").read_bytes()).digest()
            outcome = asyncio.run(
                soak(seconds, every_s, folder, leak=leak, seed=seed, traced=traced)
            )
            tracemalloc.stop()
            if hashlib.sha256((folder / "book.sqlite3").read_bytes()).digest() != before:
                outcome.wrong.append("the book changed")
    finally:
        undo()
    judge(outcome, traced=traced)
    return outcome


def main() -> int:
    """The module's command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--leak", type=int, default=0)
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    traced = options.seconds is not None
    seconds = options.seconds if traced else options.days * DAY_S
    every_s = 1.0 if traced else DAY_S
    outcome = run(seconds, every_s=every_s, leak=options.leak, seed=options.seed, traced=traced)
    for at, one in enumerate(outcome.samples, start=1):
        sys.stdout.write(f"{at}: {one}\n")
    sys.stdout.write(
        f"{outcome.faults_served} faults of {outcome.kinds_served} kinds; "
        f"{'; '.join(outcome.wrong) or 'good'}\n"
    )
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
