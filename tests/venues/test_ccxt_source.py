"""A source asks a recorded market through ccxt's own classes over loopback HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
import pytest
from aiohttp import web

from dashboard.errors import InputError, VenueError
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import TIMEFRAMES_MS, Reading, SeriesKind, Unavailable
from dashboard.replay.clock import ReplayClock
from dashboard.replay.server import Fault, ReplayServer
from dashboard.venues.accounts import find_account_call
from dashboard.venues.accounts.ask import fetch_account
from dashboard.venues.answers import Facts, Parsed
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource, Matrix, matrix_of
from dashboard.venues.entry import Budget
from dashboard.venues.limiter import Limiter
from tests.replay.made_up import FOUR, HOUR_MS, START_MS, made_up_recording
from tests.venues.account_answers import ADDRESS, ANSWERS, account_server
from tests.venues.faulty import faulty_server, source_at, text

NOW_MS = START_MS + 60 * HOUR_MS + 1_800_000
SYMBOLS = {
    "binanceusdm": "BTC/USDT:USDT",
    "bybit": "BTC/USDT:USDT",
    "okx": "BTC/USDT:USDT",
    "hyperliquid": "BTC/USDC:USDC",
    "binancecoinm": "BTC/USD:BTC",
    "gate": "BTC/USDT:USDT",
    "bitget": "BTC/USDT:USDT",
}
CONTRACT_SIZES = {"okx": 0.01, "binancecoinm": 100.0, "gate": 0.0001}
VENUES = list(SYMBOLS)


@dataclass
class Desk:
    """A source, the server it asks, and the clock of both."""

    source: CcxtSource
    server: ReplayServer
    clock: ReplayClock

    @property
    def key(self) -> InstrumentKey:
        venue = self.source.entry.venue
        return InstrumentKey(venue, SYMBOLS[venue])

    async def poll_all(self) -> list[Reading]:
        """What every call of the venue reads, in the catalogue's order, twice."""
        readings: list[Reading] = []
        for call in [*self.source.entry.calls] * 2:
            about = [one for one in self.source.instruments.values() if call.concerns(one)]
            if not about:
                continue
            try:
                readings += await self.source.poll(call, about)
            except VenueError:
                if call.kinds:
                    raise
        return readings


@asynccontextmanager
async def desk_of(venue: str) -> AsyncIterator[Desk]:
    """A source of `venue` on the made-up recording, paused at NOW_MS, free of the replay's cap."""
    recording = made_up_recording(dict.fromkeys((*FOUR, venue)))
    clock = ReplayClock(recording.starts_ms, recording.ends_ms, 1.0, NOW_MS)
    clock.pause()
    server = ReplayServer(recording, clock)
    source = CcxtSource(CATALOGUE[venue], clock.now_ms, loopback_url=await server.start())
    source.limiter = Limiter({n: Budget(10**9, 1.0) for n in source.entry.budgets}, lambda: 0.0)
    await source.open()
    try:
        yield Desk(source, server, clock)
    finally:
        await source.close()
        await server.stop()


@pytest.mark.parametrize("venue", VENUES)
async def test_a_listing_becomes_instruments(venue: str) -> None:
    async with desk_of(venue) as desk:
        (instrument,) = await desk.source.load_instruments()
        assert instrument.key == desk.key
        assert instrument.contract_size == CONTRACT_SIZES.get(venue, 1.0)
        assert desk.source.instrument(SYMBOLS[venue]) is instrument


@pytest.mark.parametrize("venue", VENUES)
async def test_every_kind_of_reading_comes_or_has_a_reason(venue: str) -> None:
    async with desk_of(venue) as desk:
        await desk.source.load_instruments()
        readings = await desk.poll_all()
        told = {type(reading).__name__ for reading in readings}
        assert {"MarkPrice", "Ticker", "FundingRate"} <= told
        missing = {reading.kind for reading in readings if isinstance(reading, Unavailable)}
        assert missing == set()
        funding = [reading for reading in readings if type(reading).__name__ == "FundingRate"][-1]
        assert (funding.settled is not None, funding.interval_hours) == (
            True,
            1.0 if venue == "hyperliquid" else 8.0,
        )
        assert {reading.received_ms for reading in readings} == {NOW_MS}


async def test_the_figures_are_those_of_the_recording() -> None:
    recording = made_up_recording()
    market = recording.market("binanceusdm", "BTCUSDT")
    assert market is not None
    hour = 60
    interest = market.of_kind(SeriesKind.OPEN_INTEREST)[0].columns["coin"]
    mark = market.of_kind(SeriesKind.MARK_CANDLES)[0].columns["open"][hour]
    async with desk_of("binanceusdm") as desk:
        await desk.source.load_instruments()
        told = {type(reading).__name__: reading for reading in await desk.poll_all()}
        assert told["MarkPrice"].mark == mark
        assert told["OpenInterest"].coin == interest[hour]
        assert told["OpenInterest"].usd == pytest.approx(interest[hour] * mark, rel=1e-12)
        assert told["OpenInterestPast"].coin_1h == interest[hour - 1]
        assert told["OpenInterestPast"].coin_24h == interest[hour - 24]


@pytest.mark.parametrize("venue", [*FOUR, "binancecoinm"])
@pytest.mark.parametrize("timeframe", ["1h", "4h"])
async def test_series_come_whole_and_ascending(venue: str, timeframe: str) -> None:
    async with desk_of(venue) as desk:
        await desk.source.load_instruments()
        for kind, series in desk.source.entry.series.items():
            rows = await rows_of(desk, kind, timeframe, START_MS, NOW_MS + 1)
            if kind is not SeriesKind.FUNDING:
                step_ms = series.periods[timeframe].step_ms
                assert np.array_equal(np.diff(rows[:, 0]), np.full(len(rows) - 1, step_ms))
                assert len(rows) >= (NOW_MS - START_MS) // TIMEFRAMES_MS[timeframe]
            assert (np.diff(rows[:, 0]) > 0).all()
            assert np.isfinite(rows[:, 1]).all()


@pytest.mark.parametrize("venue", VENUES)
async def test_daily_candles_open_at_midnight_utc(venue: str) -> None:
    async with desk_of(venue) as desk:
        await desk.source.load_instruments()
        rows = await rows_of(desk, SeriesKind.CANDLES, "1d", START_MS, NOW_MS + 1)
        assert len(rows) == 3
        assert (rows[:, 0] % TIMEFRAMES_MS["1d"] == 0).all()


async def test_pages_come_newest_first_and_join_without_gap_or_overlap() -> None:
    async with desk_of("okx") as desk:
        await desk.source.load_instruments()
        since_ms = START_MS - 200 * HOUR_MS
        spans = [
            (page.since_ms, page.until_ms)
            async for page in desk.source.fetch_series(
                desk.key, SeriesKind.CANDLES, "1h", since_ms, NOW_MS
            )
        ]
        assert spans[0][1] == NOW_MS
        assert spans[-1][0] == since_ms
        assert [span[0] for span in spans[:-1]] == [span[1] for span in spans[1:]]


async def test_what_lies_beyond_the_venues_memory_is_not_asked() -> None:
    async with desk_of("binanceusdm") as desk:
        await desk.source.load_instruments()
        since_ms = NOW_MS - 60 * 24 * HOUR_MS
        pages = [
            page
            async for page in desk.source.fetch_series(
                desk.key, SeriesKind.OPEN_INTEREST, "1h", since_ms, NOW_MS
            )
        ]
        assert pages[-1].since_ms == NOW_MS - 30 * 24 * HOUR_MS + 2 * HOUR_MS
        endpoint = "fapi.binance.com GET /futures/data/openInterestHist"
        assert desk.server.requests[endpoint] == len(pages) == 2


async def test_a_series_that_is_not_offered_says_so_and_asks_nothing() -> None:
    async with desk_of("hyperliquid") as desk:
        await desk.source.load_instruments()
        before = sum(desk.server.requests.values())
        with pytest.raises(InputError, match="publishes no history of open interest"):
            await rows_of(desk, SeriesKind.OPEN_INTEREST, "1h", START_MS, NOW_MS)
        assert sum(desk.server.requests.values()) == before


async def test_an_unknown_symbol_is_named() -> None:
    async with desk_of("okx") as desk:
        await desk.source.load_instruments()
        with pytest.raises(InputError, match="okx does not list FOO/USDT:USDT"):
            desk.source.instrument("FOO/USDT:USDT")


async def test_a_shrunken_batch_is_a_failure_until_it_has_come_three_times() -> None:
    async with desk_of("bybit") as desk:
        await desk.source.load_instruments()
        tickers = desk.source.entry.calls[0]
        contracts = list(desk.source.instruments.values())
        endpoint = "api.bybit.com GET /v5/market/tickers"
        rows = ",".join(f'{{"symbol":"C{n}"}}' for n in range(20))
        desk.server.faults[endpoint] = Fault(
            body=f'{{"retCode":0,"result":{{"list":[{rows}]}}}}'.encode()
        )
        await desk.source.poll(tickers, contracts)
        desk.server.faults.clear()
        for _ in range(2):
            with pytest.raises(VenueError, match="with 1 contracts where 20 were listed before"):
                await desk.source.poll(tickers, contracts)
        assert await desk.source.poll(tickers, contracts)


async def test_a_broken_listing_later_keeps_the_contracts_that_are_known() -> None:
    async with desk_of("binanceusdm") as desk:
        await desk.source.load_instruments()
        known = dict(desk.source.instruments)
        desk.server.faults["fapi.binance.com GET /fapi/v1/exchangeInfo"] = Fault(body=b"<html>")
        with pytest.raises(VenueError):
            await desk.source.load_instruments()
        assert desk.source.instruments == known


async def test_a_waiter_that_gives_up_does_not_spoil_the_listing_of_the_others() -> None:
    async with desk_of("binanceusdm") as desk:
        endpoint = "fapi.binance.com GET /fapi/v1/exchangeInfo"
        first = asyncio.create_task(desk.source.load_instruments())
        second = asyncio.create_task(desk.source.load_instruments())
        await asyncio.sleep(0)
        first.cancel()
        assert len(await second) == 1
        assert desk.server.requests[endpoint] == 1


async def test_marks_that_are_old_do_not_value_open_interest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk_of("binanceusdm") as desk:
        await desk.source.load_instruments()
        contracts = list(desk.source.instruments.values())
        price, interest = desk.source.entry.calls[0], desk.source.entry.calls[1]
        await desk.source.poll(price, contracts)
        (fresh,) = await desk.source.poll(interest, contracts)
        monkeypatch.setattr("dashboard.venues.ccxt_source.JOINED_PRICE_MAX_AGE_S", -1.0)
        (stale,) = await desk.source.poll(interest, contracts)
        assert getattr(fresh, "usd", None) is not None
        assert getattr(stale, "usd", 0) is None


async def test_a_contract_without_a_price_is_not_valued_at_its_old_one_while_others_have_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk_of("binanceusdm") as desk:
        source = desk.source
        await source.load_instruments()
        btc = source.instrument(SYMBOLS["binanceusdm"])
        price, interest = source.entry.calls[0], source.entry.calls[1]
        await source.poll(price, [btc])
        now_s = time.monotonic()
        monkeypatch.setattr("time.monotonic", lambda: now_s + 120.0)
        source._learn(Parsed(facts=Facts(marks={"ETHUSDT": 3_000.0})))
        (stale,) = await source.poll(interest, [btc])
        assert getattr(stale, "usd", 0) is None


@pytest.mark.parametrize("venue", ["bybit", "okx", "hyperliquid"])
async def test_tiers_that_were_not_recorded_are_no_tables(venue: str) -> None:
    async with desk_of(venue) as desk:
        await desk.source.load_instruments()
        assert await desk.source.fetch_tiers([SYMBOLS[venue]]) == []


async def test_a_venue_without_public_tiers_is_not_asked_for_them() -> None:
    async with desk_of("binanceusdm") as desk:
        assert await desk.source.fetch_tiers(["BTC/USDT:USDT"]) == []
        assert sum(desk.server.requests.values()) == 0


USAGE = [
    ("binanceusdm", {"X-MBX-USED-WEIGHT-1M": "1200"}, 0.5),
    ("binanceusdm", {"X-MBX-USED-WEIGHT-1M": "many"}, 0.0),
    ("bybit", {"X-Bapi-Limit-Status": "4", "X-Bapi-Limit": "10"}, 0.6),
    ("bybit", {"X-Bapi-Limit-Status": "-1", "X-Bapi-Limit": "0"}, 0.0),
    ("bybit", {"X-Bapi-Limit-Status": "450"}, 0.25),
    ("okx", {"X-MBX-USED-WEIGHT-1M": "1200"}, 0.0),
]


@pytest.mark.parametrize(("venue", "headers", "share"), USAGE)
async def test_the_venues_own_count_is_believed(
    venue: str, headers: dict[str, str], share: float
) -> None:
    entry = CATALOGUE[venue]
    call = entry.calls[0]
    async with faulty_server() as server, source_at(venue, server.url) as source:
        source.limiter = Limiter(entry.budgets, lambda: 0.0)
        answer = text("[]")

        async def with_headers(request: web.Request) -> web.StreamResponse:
            response = await answer(request)
            response.headers.update(headers)
            return response

        server.answer = with_headers
        with pytest.raises(VenueError):
            await source.poll(call, [])
        usage = source.limiter.fullest()
        assert usage is not None
        own = max(weight / entry.budgets[name].limit for name, weight in call.charges.items())
        assert usage.share == pytest.approx(max(share, own))


async def test_an_answer_from_before_a_seek_teaches_nothing_about_after_it() -> None:
    async with desk_of("binanceusdm") as desk:
        await desk.source.load_instruments()
        contracts = list(desk.source.instruments.values())
        price, interest = desk.source.entry.calls[0], desk.source.entry.calls[1]
        under_way = asyncio.create_task(desk.source.poll(price, contracts))
        await asyncio.sleep(0)
        desk.source.forget()
        await under_way
        (reading,) = await desk.source.poll(interest, contracts)
        assert getattr(reading, "usd", 0) is None


def test_a_page_is_cut_to_its_span_and_ordered() -> None:
    rows = [(30.0, 1.0), (10.0, 2.0), (20.0, 3.0), (20.0, 4.0), (5.0, 5.0)]
    assert matrix_of(rows, 2, 10, 30).tolist() == [[10.0, 2.0], [20.0, 4.0]]
    assert matrix_of([], 6, 0, 1).shape == (0, 6)


async def rows_of(
    desk: Desk, kind: SeriesKind, timeframe: str, since_ms: int, until_ms: int
) -> Matrix:
    """All pages as one matrix."""
    pages = desk.source.fetch_series(desk.key, kind, timeframe, since_ms, until_ms)
    parts = [page.rows async for page in pages]
    return np.concatenate(parts[::-1])


async def test_prices_and_accounts_come_while_histories_have_used_their_part_of_a_budget() -> None:
    async with account_server(ANSWERS["hyperliquid"]) as (_, url):
        source = CcxtSource(CATALOGUE["hyperliquid"], lambda: NOW_MS, address=url)
        await source.open()
        (bitcoin,) = await source.load_instruments()
        await source.limiter.take({"weight": 505})
        history = asyncio.create_task(source.limiter.take({"weight": 45}))
        try:
            async with asyncio.timeout(10.0):
                assert await source.poll(source.entry.calls[0], [bitcoin])
                held = await fetch_account(source, find_account_call("hyperliquid"), ADDRESS)
            assert len(held.positions) == 1
            assert not history.done()
        finally:
            history.cancel()
            await source.close()
