"""ccxt.pro's own classes against a loopback websocket that speaks the venues' formats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from dashboard.replay.clock import ReplayClock
from dashboard.replay.server import ReplayServer
from dashboard.venues import mark_stream
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.failures import VenueDownError
from dashboard.venues.mark_stream import STREAMS, MarkStream, Pushed, pushed_from
from tests.replay.made_up import made_up_recording
from tests.venues.asking import documented
from tests.venues.push_server import PushServer, push_server

VENUES = [venue for venue in STREAMS if venue in CATALOGUE]
NO_INDEX = {"okx"}


@dataclass
class Streamed:
    """A stream, the server that pushes to it, and the contract's symbol."""

    stream: MarkStream
    server: PushServer
    symbol: str
    now_ms: int


@asynccontextmanager
async def streamed(venue: str) -> AsyncIterator[Streamed]:
    recording = made_up_recording([venue])
    (market,) = recording.markets
    clock = ReplayClock(recording.starts_ms, recording.ends_ms, 1.0, recording.default_start_ms)
    clock.pause()
    replay = ReplayServer(recording, clock)
    source = CcxtSource(CATALOGUE[venue], clock.now_ms, loopback_url=await replay.start())
    await source.open()
    await source.load_instruments()
    async with push_server(venue, market.market_id) as server:
        server.now_ms = clock.now_ms
        stream = MarkStream(source, STREAMS[venue], server.url)
        try:
            yield Streamed(stream, server, market.symbol, clock.now_ms())
        finally:
            await stream.close()
            await source.close()
            await replay.stop()


@pytest.mark.parametrize("venue", VENUES)
async def test_pushed_mark_prices_come_as_they_change(venue: str) -> None:
    async with streamed(venue) as run, aclosing(run.stream.watch([run.symbol])) as prices:
        first = await anext(prices)
        assert (first.symbol, first.mark) == (run.symbol, 50_000.0)
        assert first.index == (None if venue in NO_INDEX else 49_999.0)
        assert first.venue_ms in {run.now_ms, None}
        run.server.mark = 51_000.0
        async for pushed in prices:
            if pushed.mark == 51_000.0:
                break
        (host,) = STREAMS[venue].hosts
        asked = run.server.paths[0].split("/")[1]
        assert asked.removesuffix(":443") == host


async def test_linear_and_inverse_contracts_are_streamed_from_an_address_each() -> None:
    async with streamed("bybit") as run:
        inverse = await documented_inverse(run.stream)
        async with aclosing(run.stream.watch([run.symbol, inverse])) as prices:
            assert (await anext(prices)).symbol == run.symbol
            async with asyncio.timeout(10):
                while len(run.server.paths) < 2:  # noqa: ASYNC110 (the server wakes nobody here)
                    await asyncio.sleep(0.01)
        kinds = {path.rpartition("/")[2] for path in run.server.paths}
        assert kinds == {"linear", "inverse"}


async def documented_inverse(stream: MarkStream) -> str:
    """Have the stream's source list a documented inverse contract, too; its symbol."""
    source = stream._source
    listed = documented("bybit", "inverseInstruments")

    async def answer(_params: object) -> object:
        return listed

    import ccxt.async_support

    exchange: Any = ccxt.async_support.bybit()
    exchange.publicGetV5MarketInstrumentsInfo = answer
    found = await exchange.fetch_future_markets({"category": "inverse"})
    await exchange.close()
    assert source.adopt([*source.markets(), found[0]])
    return str(found[0]["symbol"])


@pytest.mark.parametrize("venue", VENUES)
async def test_a_dropped_connection_ends_the_stream_in_words_and_it_can_be_had_again(
    venue: str,
) -> None:
    async with streamed(venue) as run:
        async with aclosing(run.stream.watch([run.symbol])) as prices:
            await anext(prices)
            await run.server.drop()
            with pytest.raises(VenueDownError, match=f"the price stream of {venue} broke"):
                async for _ in prices:
                    pass
        async with aclosing(run.stream.watch([run.symbol])) as prices:
            assert (await anext(prices)).mark == 50_000.0
        assert len(run.server.paths) >= 2


@pytest.mark.parametrize("venue", VENUES)
async def test_silence_ends_the_stream(venue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mark_stream, "SILENT_AFTER_S", 0.3)
    async with streamed(venue) as run:
        run.server.silent = True
        async with aclosing(run.stream.watch([run.symbol])) as prices:
            with pytest.raises(VenueDownError, match=r"said nothing for 0\.3 s"):
                await anext(prices)
        assert run.server.heard


@pytest.mark.parametrize("venue", VENUES)
async def test_a_push_about_another_contract_is_nobodys_price(
    venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mark_stream, "SILENT_AFTER_S", 0.5)
    async with streamed(venue) as run:
        run.server.market_id = "DOGEUSDT" if "_" not in run.server.market_id else "DOGE_USDT"
        async with aclosing(run.stream.watch([run.symbol])) as prices:
            with pytest.raises(VenueDownError):
                await anext(prices)
        assert run.server.heard


@pytest.mark.expects_log("asyncio ERROR")
@pytest.mark.parametrize("venue", VENUES)
async def test_garbage_never_becomes_a_price(venue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mark_stream, "SILENT_AFTER_S", 0.5)
    async with streamed(venue) as run:
        run.server.garbage = '{"e": "markPriceUpdate", "p": '
        async with aclosing(run.stream.watch([run.symbol])) as prices:
            with pytest.raises(VenueDownError):
                await anext(prices)
        assert run.server.heard


@pytest.mark.parametrize("venue", VENUES)
async def test_a_refused_connection_is_said(venue: str) -> None:
    async with streamed(venue) as run:
        run.server.refuses = True
        async with aclosing(run.stream.watch([run.symbol])) as prices:
            with pytest.raises(VenueDownError, match="the price stream of"):
                await anext(prices)
        assert run.server.paths


@pytest.mark.parametrize("mark", [None, "", "abc", "NaN", "Infinity", -1, 0, True, [], {}])
def test_a_mark_price_that_is_none_is_not_passed_on(mark: object) -> None:
    assert pushed_from("BTC", {"markPrice": mark, "timestamp": 1}, 10) is None
    assert pushed_from("BTC", mark, 10) is None


def test_what_is_odd_beside_a_good_mark_price_is_left_out() -> None:
    ticker = {"markPrice": 5.0, "indexPrice": "x", "timestamp": 10**18, "info": None}
    assert pushed_from("BTC", ticker, 1_700_000_000_000) == Pushed("BTC", 5.0, None, None)
