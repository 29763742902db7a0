"""A recorded hour of 21 contracts on every venue at 30x, counted as the venues count.

`python -m tests.load.budgets [MINUTES]` prints a line for each budget and one for the ban; it ends
with 1 where a budget was more than half used, a banned host was asked, or others suffered from it.
The limiter counts in recorded time here, and nothing but the venues' budgets holds it back.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dashboard.feed.frames import Frame, Listing, ListVenue, VenueStatus, Watch
from dashboard.feed.schedule import FAST_INTERVAL_S
from dashboard.feed.service import Feed
from dashboard.feed.world import ReplayWorld
from dashboard.market.instrument import InstrumentKey
from dashboard.replay.server import Fault
from dashboard.replay.wire import VenueRequest
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.entry import Entry
from dashboard.venues.limiter import LATENCY_S, Limiter
from tests.load.counting import HOST_OF, Heard, Peak, peaks
from tests.load.market import CONTRACTS, load_market

SPEED = 30.0
RECORDED_MINUTES = 60.0
MOST_SHARE = 0.5
BANNED = "bybit"
BAN_FOR_S = 2
"""Real seconds, so a recorded minute at SPEED."""
IN_FLIGHT_S = 0.25
"""What was on its way when the ban was said may still arrive so many real seconds later."""
LATE_BY_S = 2.0 * LATENCY_S
"""Real seconds by which requests may reach the server unevenly late: it shares this process."""
LEAST_PACE = 0.6
"""Of the usual pace; a busy computer delays everybody's requests, a ban nobody else's."""
SETTLING_S = 30.0
LISTING_LIMIT_S = 60.0
"""Real seconds for importing ccxt and loading what the venues list."""
_FAST_NAMES = tuple(
    call.name.rsplit(" ", 1)[-1]
    for entry in CATALOGUE.values()
    for call in entry.calls
    if call.interval_s <= FAST_INTERVAL_S
)
VENUES = tuple(venue for venue in HOST_OF if venue in CATALOGUE)


@dataclass(frozen=True)
class Outcome:
    """What the server heard; moments are recorded seconds since the start."""

    log: list[Heard]
    peaks: list[Peak]
    banned_s: float
    ban_ended_s: float
    during_ban: int
    pace_of_others: float
    recorded_s: float
    real_s: float
    cpu_s: float

    @property
    def worst(self) -> Peak:
        """The fullest window of all."""
        return max(self.peaks, key=lambda peak: peak.share)


class LoadFeed(Feed):
    """A feed whose limiters count in recorded time; it watches all that is listed."""

    def __init__(self, world: ReplayWorld, folder: Path) -> None:
        self.world = world
        self.statuses: dict[str, VenueStatus] = {}
        self.keys: list[InstrumentKey] = []
        super().__init__(world, self, folder / "history.sqlite3", None)

    def source_of(self, entry: Entry) -> CcxtSource:
        """A source that only the venue's budgets hold back."""
        calls = tuple(replace(call, floor_s=0.0) for call in entry.calls)
        source = super().source_of(replace(entry, calls=calls))
        source.on_loopback = False
        source.limiter = Limiter(
            entry.budgets,
            lambda: self.world.now_ms() / 1000.0,
            latency_s=LATE_BY_S * SPEED,
            sleep=lambda seconds: asyncio.sleep(seconds / SPEED),
        )
        return source

    def send(self, frame: Frame) -> None:
        """Watch what is listed, and note how each venue is."""
        match frame:
            case Listing(_, instruments):
                known = set(self.keys)
                new = [one.key for one in instruments if one.key not in known]
                if new:
                    self.keys += new
                    self.handle(Watch(list(self.keys)))
            case VenueStatus():
                self.statuses[frame.venue] = frame

    def drop_market(self) -> None:
        """Nothing waits here."""


async def run(minutes: float, venues: Sequence[str], folder: Path) -> Outcome:
    """Poll for so many recorded minutes; half-way through one venue bans us."""
    market = load_market(venues)
    start_ms = market.default_start_ms
    world = ReplayWorld(market, at_ms=start_ms, speed=SPEED)
    log: list[Heard] = []
    started_s, cpu_s = time.monotonic(), time.process_time()

    def hear(host: str, request: VenueRequest, now_ms: int) -> None:
        log.append(Heard((now_ms - start_ms) / 1000.0, host, request))

    world.server.listener = hear
    feed = LoadFeed(world, folder)
    task = asyncio.create_task(feed.run())
    for venue in venues:
        feed.handle(ListVenue(venue))
    async with asyncio.timeout(LISTING_LIMIT_S):
        while len(feed.keys) < CONTRACTS * len(venues):  # noqa: ASYNC110 (frames wake nobody here)
            await asyncio.sleep(0.05)
    listed_s = (world.now_ms() - start_ms) / 1000.0
    ban = asyncio.create_task(_ban(world, start_ms, minutes * 30.0))
    await asyncio.sleep(minutes * 60.0 / SPEED)
    armed_s = await ban
    host = HOST_OF[BANNED]
    banned_s = min(heard.at_s for heard in log if heard.host == host and heard.at_s >= armed_s)
    ban_ended_s = banned_s + BAN_FOR_S * SPEED
    recorded_s = (world.now_ms() - start_ms) / 1000.0
    feed.stop()
    await task
    grace_s = IN_FLIGHT_S * SPEED
    return Outcome(
        log=log,
        peaks=list(peaks(log)),
        banned_s=banned_s,
        ban_ended_s=ban_ended_s,
        during_ban=sum(
            banned_s + grace_s < heard.at_s < ban_ended_s for heard in log if heard.host == host
        ),
        pace_of_others=_pace_of_others(log, host, listed_s, banned_s, ban_ended_s, recorded_s),
        recorded_s=recorded_s,
        real_s=time.monotonic() - started_s,
        cpu_s=time.process_time() - cpu_s,
    )


async def _ban(world: ReplayWorld, start_ms: int, after_s: float) -> float:
    """Have the next questions to one venue answered with a ban; the recorded moment from then.

    The ban itself begins with the first of those questions.
    """
    await asyncio.sleep(after_s / SPEED)
    host = HOST_OF[BANNED]
    asked = {name for name in world.server.requests if name.startswith(host)}
    armed_s = (world.now_ms() - start_ms) / 1000.0
    banned = Fault(status=418, body=b"banned", headers={"Retry-After": str(BAN_FOR_S)})
    world.server.faults.update(dict.fromkeys(asked, banned))
    before = Counter(world.server.requests)
    while not any(world.server.requests[name] > before[name] for name in asked):  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    await asyncio.sleep(IN_FLIGHT_S)
    for name in asked:
        del world.server.faults[name]
    return armed_s


def _pace_of_others(
    log: Sequence[Heard],
    host: str,
    listed_s: float,
    began_s: float,
    ended_s: float,
    until_s: float,
) -> float:
    """Fast questions a second to all other venues during the ban, over those outside it.

    The first half minute, in which everything is due at once, is left out.
    """
    from_s = listed_s + SETTLING_S
    others = [
        heard.at_s
        for heard in log
        if heard.host != host and heard.at_s > from_s and _is_fast(heard.request)
    ]
    during = sum(began_s <= at_s < ended_s for at_s in others)
    outside_s = until_s - from_s - (ended_s - began_s)
    return (during / (ended_s - began_s)) / ((len(others) - during) / outside_s)


def _is_fast(request: VenueRequest) -> bool:
    """Whether it is one of the questions that are asked every ten seconds."""
    name = str(request.body.get("type", "")) or request.path
    return name.endswith(_FAST_NAMES)


def main(minutes: float) -> int:
    """Run, print what was measured, and say by the status whether it is as promised."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(run(minutes, VENUES, Path(folder)))
    for peak in sorted(outcome.peaks):
        _print("budget", host=peak.host, budget=peak.budget, peak=round(peak.share, 3))
    _print(
        "ban",
        host=HOST_OF[BANNED],
        requests_during=outcome.during_ban,
        pace_of_others=round(outcome.pace_of_others, 2),
    )
    _print(
        "run",
        venues=len(VENUES),
        contracts=CONTRACTS * len(VENUES),
        requests=len(outcome.log),
        recorded_s=round(outcome.recorded_s),
        real_s=round(outcome.real_s, 1),
        cpu_s=round(outcome.cpu_s, 1),
    )
    return 1 if faults(outcome) else 0


def faults(outcome: Outcome) -> list[str]:
    """What is not as promised, in words."""
    found = [
        f"{peak.host} {peak.budget}: {peak.share:.0%} at {peak.at_s:.0f} s"
        for peak in outcome.peaks
        if peak.share > MOST_SHARE
    ]
    if outcome.during_ban:
        found.append(f"{outcome.during_ban} requests to a banned host")
    if outcome.pace_of_others < LEAST_PACE:
        found.append(f"others were asked {outcome.pace_of_others:.2f} times as often")
    return found


def _print(figure: str, **values: object) -> None:
    sys.stdout.write(json.dumps({"figure": figure, **values}) + "\n")


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else RECORDED_MINUTES))
