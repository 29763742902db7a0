"""What every venue's broken answers come to, asked by ccxt's own classes through the proxy.

Each fault is met by each venue: no exception but a VenueError gets out, no value but the true one
passes the feed's door unmarked, and the next good answer is taken at once. LIQLINE_LONG_FAULTS=1
has it at all six venues.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from dashboard.errors import VenueError
from dashboard.feed.door import Door
from dashboard.market.readings import (
    KIND_OF,
    LongShortRatio,
    OpenInterestPast,
    Reading,
    Unavailable,
)
from dashboard.replay.clock import ReplayClock
from dashboard.replay.server import ReplayServer
from dashboard.venues import ccxt_source
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.entry import Budget
from dashboard.venues.limiter import Limiter
from tests.faults.feeds import SIX
from tests.faults.kinds import KINDS, Effect, Kind
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.replay.made_up import HOUR_MS, START_MS, made_up_recording

VENUES = SIX if os.environ.get("LIQLINE_LONG_FAULTS") else SIX[:4]
NOW_MS = START_MS + 60 * HOUR_MS + 1_800_000
SLOW_S = 0.15
"""The time limit of a request in these tests; a delay is shorter, a drip and a hang are longer."""

STAMPS_MOVED = {"old-stamps", "future-stamps", "out-of-order"}
STAMPED = (LongShortRatio, OpenInterestPast)
"""Rows of a past by their stamps: where every stamp is moved alike, nobody can tell."""
About = tuple[type[Reading], str, object]


@dataclass
class Asked:
    """A venue behind the proxy, and the door that its answers go through."""

    source: CcxtSource
    proxy: FaultProxy
    door: Door
    clock: ReplayClock

    async def poll(self) -> tuple[list[Reading], list[VenueError]]:
        """What every call gives, and how those failed that figures depend on."""
        readings: list[Reading] = []
        failures: list[VenueError] = []
        for call in self.source.entry.calls:
            about = [one for one in self.source.instruments.values() if call.concerns(one)]
            if not about:
                continue
            try:
                readings += await self.source.poll(call, about)
            except VenueError as error:
                if call.kinds:
                    failures.append(error)
        return readings, failures

    def put(self, kind: Kind) -> None:
        for host in self.source.entry.hosts:
            self.proxy.put(host, kind.name, kind.serve)


@asynccontextmanager
async def asked(venue: str) -> AsyncIterator[Asked]:
    """A listed source of `venue`, free of budgets, whose time stands still."""
    recording = made_up_recording(SIX)
    clock = ReplayClock(recording.starts_ms, recording.ends_ms, 1.0, NOW_MS)
    clock.pause()
    server = ReplayServer(recording, clock)
    async with fault_proxy(await server.start()) as proxy:
        source = CcxtSource(CATALOGUE[venue], clock.now_ms, loopback_url=proxy.url)
        source.limiter = Limiter({n: Budget(10**9, 1.0) for n in source.entry.budgets}, lambda: 0.0)
        await source.open()
        try:
            door = Door(lambda: 1.0, lambda _: 0, live=True)
            door.learn(await source.load_instruments())
            yield Asked(source, proxy, door, clock)
        finally:
            await source.close()
            await server.stop()


def figures(readings: Sequence[Reading]) -> dict[About, dict[str, object]]:
    """What each reading says, by what it is about; origin and age are left out."""
    left_out = {field.name for field in dataclasses.fields(Reading)} | {"derivation"}
    return {
        (type(reading), reading.endpoint, getattr(reading, "series", None)): {
            field.name: getattr(reading, field.name)
            for field in dataclasses.fields(reading)
            if field.name not in left_out
        }
        for reading in readings
        if not isinstance(reading, Unavailable)
    }


def believed(door: Door, readings: Sequence[Reading]) -> list[Reading]:
    """What passes the door without a mark."""
    passed, _ = door.judge(readings)
    return [one for one in passed if type(one) in KIND_OF and not one.doubt and not one.lag_ms]


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_a_broken_answer_is_never_a_wrong_figure(
    kind: Kind, venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked(venue) as desk:
        await desk.poll()
        good, failures = await desk.poll()
        believed(desk.door, good)
        true = figures(good)
        assert len(true) >= 3
        assert failures == []
        monkeypatch.setattr(ccxt_source, "REQUEST_TIMEOUT_S", SLOW_S)
        monkeypatch.setattr(ccxt_source, "GRACE_S", 0.1)
        desk.put(kind)
        readings, failures = await desk.poll()
        assert desk.proxy.count(kind.name) >= 1, "the fault was never served"
        for about, said in figures(believed(desk.door, readings)).items():
            if kind.name in STAMPS_MOVED and issubclass(about[0], STAMPED):
                continue
            for name, value in said.items():
                assert value is None or value == true[about][name], (about, name)
        if kind.effect is Effect.FAILED:
            assert believed(desk.door, readings) == []
            assert len(failures) >= 1
        if kind.effect is Effect.GONE:
            assert believed(desk.door, readings) == []
            assert failures or any(isinstance(reading, Unavailable) for reading in readings)
        assert all(len(error.user_message) <= 300 for error in failures)
        assert all("<" not in error.user_message for error in failures)
        monkeypatch.setattr(ccxt_source, "REQUEST_TIMEOUT_S", 10.0)
        desk.proxy.clear()
        desk.clock.step(1)
        _, failures = await desk.poll()
        assert failures == []
        again, _ = await desk.poll()
        assert figures(desk.door.judge(again)[0]) == true
