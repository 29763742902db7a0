"""ccxt's own classes pointed at a replay server by their URLs alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dashboard.replay.clock import ReplayClock
from dashboard.replay.recording import Recording, Series
from dashboard.replay.server import ReplayServer

OPTIONS: dict[str, dict[str, Any]] = {
    "binanceusdm": {},
    "bybit": {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}},
    "okx": {"defaultType": "swap", "fetchMarkets": {"types": ["swap"]}},
    "binancecoinm": {},
    "gate": {"defaultType": "swap", "fetchMarkets": {"types": ["swap"]}},
    "bitget": {"defaultType": "swap", "fetchMarkets": {"types": ["swap"]}},
    "hyperliquid": {"fetchMarkets": {"types": ["swap"]}},
}


def rewritten(urls: Any, base_url: str) -> Any:
    """`urls` with every address below `base_url`, its host as the first path segment."""
    if isinstance(urls, dict):
        return {name: rewritten(value, base_url) for name, value in urls.items()}
    if isinstance(urls, str) and "://" in urls:
        return f"{base_url}/{urls.split('://', 1)[1]}"
    return urls


@dataclass(frozen=True)
class Link:
    """One venue's ccxt class, the server it reads from and the clock that server goes by."""

    exchange: Any
    server: ReplayServer
    clock: ReplayClock
    recording: Recording

    def at(self, at_ms: int) -> None:
        """Make `at_ms` the recorded now."""
        assert self.clock.seek(at_ms) == ""

    def series(self, market_id: str, kind: str, place: int = 0) -> Series:
        """The recorded series that answers are held against."""
        market = self.recording.market(self.exchange.id, market_id)
        assert market is not None
        return [series for series in market.series if series.kind == kind][place]


def ccxt_error(name: str) -> type[Exception]:
    """ccxt's exception of that name; ccxt is never imported at module level."""
    import ccxt

    return getattr(ccxt, name)  # type: ignore[no-any-return]


@asynccontextmanager
async def linked(venue: str, recording: Recording, at_ms: int | None = None) -> AsyncIterator[Link]:
    """`venue`'s class with its markets loaded from `recording`, paused at `at_ms`."""
    import ccxt.async_support

    start_ms = recording.default_start_ms if at_ms is None else at_ms
    clock = ReplayClock(recording.starts_ms, recording.ends_ms, 1.0, start_ms)
    clock.pause()
    server = ReplayServer(recording, clock)
    base_url = await server.start()
    exchange = getattr(ccxt.async_support, venue)(
        {"options": OPTIONS[venue], "enableRateLimit": False}
    )
    exchange.has["fetchCurrencies"] = False
    exchange.urls["api"] = rewritten(exchange.urls["api"], base_url)
    exchange.milliseconds = clock.now_ms
    try:
        await exchange.load_markets()
        yield Link(exchange, server, clock, recording)
    finally:
        await exchange.close()
        await server.stop()
