"""A whole feed whose venues are asked through the fault proxy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from dashboard.feed.frames import Watch
from dashboard.feed.world import LiveWorld, ReplayWorld
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import MarkPrice, SeriesKind
from dashboard.replay.clock import ReplayClock
from dashboard.replay.recording import RecordedMarket, Recording
from dashboard.replay.server import ReplayServer
from dashboard.venues.catalogue import CATALOGUE
from tests.faults.kinds import Kind
from tests.faults.proxy import FaultProxy
from tests.feed.running import AT_MS, Running
from tests.replay.made_up import HOUR_MS, START_MS, made_up_recording

STOOD_MS = START_MS + 60 * HOUR_MS + 60_000
SIX = ("binanceusdm", "bybit", "okx", "hyperliquid", "gate", "bitget")


def key_of(venue: str) -> InstrumentKey:
    """BTC at a venue."""
    coin = "USDC" if venue == "hyperliquid" else "USDT"
    return InstrumentKey(venue, f"BTC/{coin}:{coin}")


def lively(recording: Recording) -> Recording:
    """The recording with mark prices that move twenty times as far."""
    for market in recording.markets:
        for series in market.of_kind(SeriesKind.MARK_CANDLES):
            for column in series.columns.values():
                column[:] = column[0] + 20.0 * (column - column[0])
    return recording


def market_of_now(venues: list[str], now_ms: int) -> Recording:
    """The made-up market as if its figures of STOOD_MS were those of `now_ms`.

    They stand for an hour from then, so that a figure that differs is a wrong one.
    """
    recording = made_up_recording(venues)
    by_ms = now_ms - STOOD_MS
    return replace(
        recording,
        starts_ms=recording.starts_ms + by_ms,
        ends_ms=recording.ends_ms + by_ms,
        default_start_ms=now_ms,
        markets=tuple(_later(market, by_ms) for market in recording.markets),
    )


def _later(market: RecordedMarket, by_ms: int) -> RecordedMarket:
    hourly = [
        replace(one, time_ms=one.time_ms + by_ms)
        for one in market.series
        if one.step_ms >= HOUR_MS or one.kind is not SeriesKind.CANDLES
    ]
    return replace(market, series=tuple(hourly))


class ProxiedWorld(ReplayWorld):
    """A recording whose server stands behind the proxy; with `live` it is judged as a live one."""

    proxy: FaultProxy

    def __init__(self, recording: Recording, *, at_ms: int, speed: float, live: bool) -> None:
        super().__init__(recording, at_ms=at_ms, speed=speed)
        self.tapes = recording
        if live:
            self.recording = None

    async def open(self) -> None:
        await super().open()
        assert self.loopback_url is not None
        self.proxy = FaultProxy(self.loopback_url)
        await self.proxy.start()
        self.loopback_url = self.proxy.url

    async def close(self) -> None:
        await self.proxy.stop()
        await super().close()


class AddressedWorld(LiveWorld):
    """The made-up market as if it were of now, at addresses that the user named for the venues.

    Their clocks are `off_s` ahead of this computer's, their figures `old_s` old.
    """

    streams = False
    proxy: FaultProxy

    def __init__(self, venues: Sequence[str], off_s: float = 0.0, old_s: float = 0.0) -> None:
        super().__init__()
        self.passed_ms = 0
        """How much more time went by than really did."""
        self._venues, self._off_s = venues, off_s
        theirs_ms = self.now_ms() + round((off_s - old_s) * 1000)
        self.tapes = market_of_now(list(venues), theirs_ms)
        clock = ReplayClock(self.tapes.starts_ms, self.tapes.ends_ms, 1.0, theirs_ms)
        self.server = ReplayServer(self.tapes, clock)

    def now_ms(self) -> int:
        return super().now_ms() + self.passed_ms

    async def open(self) -> None:
        self.proxy = FaultProxy(await self.server.start(), date_off_s=self._off_s)
        await self.proxy.start()
        self.addresses = dict.fromkeys(self._venues, self.proxy.url)

    async def close(self) -> None:
        await self.proxy.stop()
        await self.server.stop()


class ProxiedRun(Running):
    """A running feed with its proxy."""

    world: ProxiedWorld | AddressedWorld

    @property
    def proxy(self) -> FaultProxy:
        return self.world.proxy

    def put(self, kind: Kind, venue: str) -> None:
        """From now on every answer of `venue` has that fault."""
        for host in CATALOGUE[venue].hosts:
            self.proxy.put(host, kind.name, kind.serve)

    def asked(self, venue: str) -> int:
        """How many requests `venue` got."""
        return sum(self.proxy.asked[host] for host in CATALOGUE[venue].hosts)

    def world_marks(self, venue: str) -> set[float]:
        """Every mark price that the recording has of BTC at `venue`."""
        market = next(m for m in self.world.tapes.markets if m.venue == venue)
        bars = market.of_kind(SeriesKind.MARK_CANDLES)
        return {float(v) for one in bars for name in ("open", "close") for v in one.columns[name]}

    def marks(self, venue: str, start: int = 0) -> list[MarkPrice]:
        """Mark prices of BTC at `venue` since frame number `start`."""
        return self.readings(MarkPrice, key_of(venue), start)


@asynccontextmanager
async def proxied(
    tmp_path: Path,
    venues: Sequence[str],
    *,
    speed: float = 60.0,
    live: bool = False,
    recording: Recording | None = None,
) -> AsyncIterator[ProxiedRun]:
    """A feed that watches BTC at `venues`, each of which has given a mark price."""
    recording = recording or made_up_recording(SIX)
    world = ProxiedWorld(recording, at_ms=AT_MS, speed=speed, live=live)
    async with running_in(world, tmp_path, venues) as run:
        yield run


@asynccontextmanager
async def running_in(
    world: ProxiedWorld | AddressedWorld,
    tmp_path: Path,
    venues: Sequence[str],
    data_dir: Path | None = None,
) -> AsyncIterator[ProxiedRun]:
    """A feed of that world that watches BTC at `venues`, each of which has given a mark price."""
    run = ProxiedRun(world, tmp_path / "history.sqlite3", data_dir)
    task = asyncio.create_task(run.feed.run())
    try:
        run.feed.handle(Watch([key_of(venue) for venue in venues]))
        for venue in venues:
            await run.until(lambda: run.marks(venue))  # noqa: B023 (awaited here)
        yield run
    finally:
        run.feed.stop()
        await task
        assert run.proxy.errors == []
