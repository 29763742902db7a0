"""Pushed mark prices of held contracts, with polling beside them and in their place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest

from dashboard.feed.frames import Watch
from dashboard.feed.streaming import MarkStreamer
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import MarkPrice, Reading
from dashboard.replay.server import Fault
from dashboard.venues.mark_stream import MarkStream, Pushed, StreamCall
from tests.feed.running import BINANCE, BYBIT, HYPERLIQUID, OKX, Running, running
from tests.venues.push_server import PushServer, push_server

TICKERS = "api.bybit.com GET /v5/market/tickers"


@asynccontextmanager
async def pushed(
    tmp_path: Path, venue: str, market_id: str
) -> AsyncIterator[tuple[Running, PushServer]]:
    """A feed whose mark prices of `venue` are pushed by a loopback server."""
    async with push_server(venue, market_id) as server, running(tmp_path, speed=10.0) as run:
        server.now_ms = run.world.now_ms
        run.world.streams = True
        run.world.stream_url = server.url
        yield run, server


def endpoints(run: Running, start: int) -> set[str]:
    return {reading.endpoint for reading in run.readings(MarkPrice, BYBIT, start)}


async def test_prices_of_held_contracts_are_pushed_and_polled_ones_left_out(
    tmp_path: Path,
) -> None:
    async with pushed(tmp_path, "bybit", "BTCUSDT") as (run, _):
        run.feed.handle(Watch([BYBIT], [BYBIT]))
        await run.until(lambda: "websocket watch_tickers" in endpoints(run, 0))
        since, polls = len(run.frames), run.requests[TICKERS]
        await run.until(lambda: run.requests[TICKERS] >= polls + 2)
        assert endpoints(run, since) == {"websocket watch_tickers"}
        status = await run.until(
            lambda: (s := run.status("bybit")) and "websocket" in s.prices_text and s
        )
        assert status.prices_text == "mark prices of the contract with positions: websocket"
        await run.until(lambda: run.readings(MarkPrice, BYBIT)[-1].mark == 50_000.0)


async def test_what_nobody_holds_is_polled_only(tmp_path: Path) -> None:
    async with pushed(tmp_path, "bybit", "BTCUSDT") as (run, server):
        run.feed.handle(Watch([BYBIT]))
        await run.until(lambda: len(run.readings(MarkPrice, BYBIT)) >= 2)
        assert server.paths == []
        assert endpoints(run, 0) == {"/v5/market/tickers"}


async def test_a_stream_that_drops_is_followed_by_a_poll_at_once_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.feed.schedule.FIRST_BACK_OFF_S", 0.3)
    async with pushed(tmp_path, "bybit", "BTCUSDT") as (run, server):
        run.feed.handle(Watch([BYBIT], [BYBIT]))
        await run.until(lambda: "websocket watch_tickers" in endpoints(run, 0))
        server.refuses = True
        since, polls = len(run.frames), run.requests[TICKERS]
        await server.drop()
        await run.until(lambda: "/v5/market/tickers" in endpoints(run, since))
        assert run.requests[TICKERS] >= polls + 1
        said = "positions: polling (the price stream of bybit broke)"
        await run.until(lambda: (s := run.status("bybit")) and said in s.prices_text)
        since = len(run.frames)
        server.refuses = False
        await run.until(lambda: "websocket watch_tickers" in endpoints(run, since))


async def test_a_stream_goes_on_while_polling_fails(tmp_path: Path) -> None:
    async with pushed(tmp_path, "bybit", "BTCUSDT") as (run, server):
        run.feed.handle(Watch([BYBIT], [BYBIT]))
        await run.until(lambda: "websocket watch_tickers" in endpoints(run, 0))
        run.world.server.faults[TICKERS] = Fault(status=503)
        await run.until(lambda: run.status("bybit").state == "failing")
        server.mark = 47_000.0
        await run.until(lambda: run.readings(MarkPrice, BYBIT)[-1].mark == 47_000.0)


@pytest.mark.parametrize(
    ("key", "market_id"),
    [(BINANCE, "BTCUSDT"), (BYBIT, "BTCUSDT"), (OKX, "BTC-USDT-SWAP"), (HYPERLIQUID, "BTC")],
    ids=lambda one: getattr(one, "venue", ""),
)
async def test_a_stream_that_drops_again_and_again_leaves_no_gap_and_no_task_behind(
    key: InstrumentKey, market_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.feed.schedule.FIRST_BACK_OFF_S", 0.05)
    monkeypatch.setattr("dashboard.feed.streaming.MOST_BACK_OFF_S", 0.05)
    async with pushed(tmp_path, key.venue, market_id) as (run, server):
        run.feed.handle(Watch([key], [key]))

        def pushed_since(start: int) -> bool:
            marks = run.readings(MarkPrice, key, start)
            return any(mark.endpoint.startswith("websocket") for mark in marks)

        await run.until(lambda: pushed_since(0))
        tasks: list[int] = []
        for _ in range(4):
            connections = len(server.paths)
            await server.drop()
            await run.until(lambda: len(server.paths) > connections)  # noqa: B023 (awaited here)
            since = len(run.frames)
            await run.until(lambda: pushed_since(since))  # noqa: B023 (awaited here)
            tasks.append(len(asyncio.all_tasks()))
        assert len(server.paths) >= 5
        assert max(tasks[2:]) <= max(tasks[:2]) + 2
        marks = run.readings(MarkPrice, key)
        assert all(one.received_ms <= other.received_ms for one, other in pairwise(marks))


async def test_a_stream_that_was_refused_for_long_is_tried_as_often_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ccxt's own waits double up to 30 s, by a clock that may be set back."""
    monkeypatch.setattr("dashboard.feed.schedule.FIRST_BACK_OFF_S", 0.05)
    monkeypatch.setattr("dashboard.feed.streaming.MOST_BACK_OFF_S", 0.05)
    async with pushed(tmp_path, "okx", "BTC-USDT-SWAP") as (run, server):
        server.refuses = True
        run.feed.handle(Watch([OKX], [OKX]))
        await run.until(lambda: len(server.paths) >= 12)
        server.refuses = False

        def endpoints_of_okx() -> set[str]:
            return {reading.endpoint for reading in run.readings(MarkPrice, OKX)}

        await run.until(lambda: any("websocket" in one for one in endpoints_of_okx()))


class OnePush:
    """A stream that pushes one price without an index, then nothing."""

    call = StreamCall("watch_mark_prices", ())

    async def watch(self, symbols: Sequence[str]) -> AsyncGenerator[Pushed, None]:
        yield Pushed(symbols[0], 5.5, None, 7)
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_polled_index_stands_beside_a_pushed_mark() -> None:
    taken: list[Reading] = []
    come = asyncio.Event()

    def take(readings: Sequence[Reading]) -> None:
        taken.extend(readings)
        come.set()

    stream = cast(MarkStream, OnePush())
    streamer = MarkStreamer("okx", stream, lambda: 9, take, lambda: None)
    polled = MarkPrice(
        venue="okx", symbol=OKX.symbol, endpoint="x", venue_ms=1, received_ms=1, mark=5.0, index=4.0
    )
    streamer.watch([OKX])
    assert streamer.without_pushed([polled]) == [polled]
    running_it = asyncio.create_task(streamer.run())
    await come.wait()
    assert taken == [
        MarkPrice(
            venue="okx",
            symbol=OKX.symbol,
            endpoint="websocket watch_mark_prices",
            venue_ms=7,
            received_ms=9,
            mark=5.5,
            index=4.0,
        )
    ]
    assert streamer.without_pushed([polled]) == []
    running_it.cancel()
    await asyncio.gather(running_it, return_exceptions=True)


async def test_other_contracts_can_be_held_while_it_streams(tmp_path: Path) -> None:
    async with pushed(tmp_path, "okx", "BTC-USDT-SWAP") as (run, server):
        run.feed.handle(Watch([OKX, BINANCE], [OKX]))
        await run.until(lambda: server.open)
        run.feed.handle(Watch([OKX, BINANCE], []))
        await run.until(lambda: not server.open)
        run.feed.handle(Watch([OKX, BINANCE], [OKX]))
        await run.until(lambda: server.open)
        await asyncio.sleep(0)
