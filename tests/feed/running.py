"""A feed in the test's own event loop, on a replayed market, with everything it says kept."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from dashboard.feed.frames import Frame, Readings, Series, VenueStatus
from dashboard.feed.service import Feed
from dashboard.feed.world import ReplayWorld
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import Reading, ReadingKind, SeriesKind, Unavailable
from dashboard.replay.recording import Recording
from tests.replay.made_up import HOUR_MS, START_MS, made_up_recording

PATIENCE_S = 20.0
T = TypeVar("T", bound=Reading)

BINANCE = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
BYBIT = InstrumentKey("bybit", "BTC/USDT:USDT")
OKX = InstrumentKey("okx", "BTC/USDT:USDT")
HYPERLIQUID = InstrumentKey("hyperliquid", "BTC/USDC:USDC")
ALL = [BINANCE, BYBIT, OKX, HYPERLIQUID]
AT_MS = START_MS + 60 * HOUR_MS + 1_800_000
HOSTS = {
    "binanceusdm": "fapi.binance.com",
    "bybit": "api.bybit.com",
    "okx": "www.okx.com",
    "hyperliquid": "api.hyperliquid.xyz",
}


class TimedCounter(Counter[str]):
    """The server's request counter, which also notes when each request came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[tuple[float, str]] = []

    def __setitem__(self, endpoint: str, count: int) -> None:
        self.times.append((time.monotonic(), endpoint))
        super().__setitem__(endpoint, count)

    def of_host(self, venue: str) -> list[float]:
        """When that venue was asked."""
        return [at for at, endpoint in self.times if endpoint.startswith(HOSTS[venue])]


class Running:
    """A running feed and what it has said so far."""

    def __init__(self, world: ReplayWorld, history: Path, data_dir: Path | None = None) -> None:
        self.world = world
        self.frames: list[Frame] = []
        self.requests = TimedCounter()
        world.server.requests = self.requests
        self.feed = Feed(world, self, history, data_dir)
        self._news = asyncio.Event()

    def send(self, frame: Frame) -> None:
        self.frames.append(frame)
        self._news.set()

    def drop_market(self) -> None:
        """Frames are kept here as they come."""

    async def until(self, found: Callable[[], Any], what: str = "") -> Any:
        """Wait until `found` gives something true, and give that."""
        async with asyncio.timeout(PATIENCE_S):
            while not (result := found()):
                self._news.clear()
                try:
                    async with asyncio.timeout(0.1):
                        await self._news.wait()
                except TimeoutError:
                    continue
        return result

    def readings(self, kind: type[T], key: InstrumentKey, start: int = 0) -> list[T]:
        """Readings of a type about a contract, since frame number `start`."""
        return [r for r in self._all(start) if isinstance(r, kind) and r.key == key]

    def reasons(self, key: InstrumentKey, start: int = 0) -> dict[ReadingKind, str]:
        """Why what is missing of a contract, by kind."""
        return {r.kind: r.reason for r in self.readings(Unavailable, key, start)}

    def status(self, venue: str) -> VenueStatus | None:
        """The last status of a venue."""
        found = [f for f in self.frames if isinstance(f, VenueStatus) and f.venue == venue]
        return found[-1] if found else None

    def series(self, kind: SeriesKind, request: int) -> list[Series]:
        """The frames of a series of a request."""
        return [
            f
            for f in self.frames
            if isinstance(f, Series) and (f.header.kind, f.header.request) == (kind, request)
        ]

    def _all(self, start: int) -> Iterable[Reading]:
        for frame in self.frames[start:]:
            if isinstance(frame, Readings):
                yield from frame.all()


@asynccontextmanager
async def running(
    tmp_path: Path,
    *,
    speed: float = 60.0,
    at_ms: int = AT_MS,
    recording: Recording | None = None,
    paused: bool = False,
) -> AsyncIterator[Running]:
    """A feed on the made-up recording; stopped and closed at the end."""
    world = ReplayWorld(recording or made_up_recording(), at_ms=at_ms, speed=speed)
    if paused:
        world.replay_clock.pause()
    run = Running(world, tmp_path / "history.sqlite3")
    task = asyncio.create_task(run.feed.run())
    try:
        yield run
    finally:
        run.feed.stop()
        await task
