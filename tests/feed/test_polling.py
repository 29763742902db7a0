"""Polling a replayed market: what goes wrong at one venue, or with one answer, stays there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.feed.frames import Clock, Fault, Listing, ListVenue, SetClock, Watch
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import (
    FundingRate,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    OpenInterestPast,
    ReadingKind,
    Ticker,
)
from dashboard.replay import server
from dashboard.replay.recording import load_recording
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.limiter import REPLAY_ALLOWANCE, Limiter
from tests.feed.running import ALL, AT_MS, BINANCE, BYBIT, HYPERLIQUID, OKX, running
from tests.replay.made_up import HOUR_MS, made_up_recording

OPEN_INTEREST = "fapi.binance.com GET /fapi/v1/openInterest"
ALL_TICKERS = "fapi.binance.com GET /fapi/v1/ticker/24hr"
BINANCE_ETH = InstrumentKey("binanceusdm", "ETH/USDT:USDT")
TICKERS = "api.bybit.com GET /v5/market/tickers"


async def test_every_watched_contract_gets_its_readings(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.feed.handle(Watch(ALL))
        for key in ALL:
            for kind in (MarkPrice, FundingRate, OpenInterest):
                await run.until(lambda: run.readings(kind, key))  # noqa: B023 (awaited here)
        for key in (BINANCE, BYBIT, OKX):
            for slow in (LongShortRatio, OpenInterestPast, Ticker):
                await run.until(lambda: run.readings(slow, key))  # noqa: B023 (awaited here)
        await run.until(lambda: all(run.status(key.venue).state == "ok" for key in ALL))
        assert {frame.venue for frame in run.frames if isinstance(frame, Listing)} == {
            key.venue for key in ALL
        }


async def test_what_a_venue_never_offers_is_said_and_never_asked(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.feed.handle(Watch([HYPERLIQUID]))
        reasons = await run.until(lambda: run.reasons(HYPERLIQUID))
        assert reasons[ReadingKind.LONG_SHORT_RATIO] == "Hyperliquid publishes no long/short ratio"
        await run.until(lambda: run.readings(MarkPrice, HYPERLIQUID))
        asked = {endpoint.rsplit(" ", 1)[-1] for endpoint in run.requests}
        assert asked <= {"metaAndAssetCtxs", "fundingHistory", "meta"}


async def test_a_venue_that_hangs_leaves_the_others_polling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.venues.ccxt_source.REQUEST_TIMEOUT_S", 0.3)
    async with running(tmp_path) as run:
        run.world.server.faults[TICKERS] = server.Fault(delay_s=3600.0)
        run.feed.handle(Watch([BINANCE, BYBIT]))
        status = await run.until(lambda: (s := run.status("bybit")) and s.state == "failing" and s)
        assert "bybit did not answer in time" in status.text
        assert run.requests[TICKERS] >= 1
        since = len(run.frames)
        await run.until(lambda: len(run.readings(MarkPrice, BINANCE, since)) >= 3)
        assert run.status("binanceusdm").state == "ok"
        assert "did not answer" in run.reasons(BYBIT)[ReadingKind.MARK_PRICE]


async def test_a_broken_answer_takes_its_own_figure_and_no_other(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.world.server.faults[OPEN_INTEREST] = server.Fault(
            body=b"<html>no</html>", content_type="text/html"
        )
        run.feed.handle(Watch([BINANCE]))
        for kind in (MarkPrice, FundingRate, Ticker, LongShortRatio, OpenInterestPast):
            await run.until(lambda: run.readings(kind, BINANCE))  # noqa: B023 (awaited here)
        await run.until(lambda: run.reasons(BINANCE))
        assert run.requests[OPEN_INTEREST] >= 1
        assert run.readings(OpenInterest, BINANCE) == []
        assert run.reasons(BINANCE) == {
            ReadingKind.OPEN_INTEREST: "binanceusdm answered with something that is not JSON"
        }
        status = await run.until(
            lambda: (s := run.status("binanceusdm")) and s.state == "failing" and s
        )
        assert status.text.startswith("open interest: binanceusdm answered")


async def test_a_figure_comes_back_with_its_answer(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.world.server.faults[OPEN_INTEREST] = server.Fault(body=b"")
        run.feed.handle(Watch([BINANCE]))
        await run.until(lambda: ReadingKind.OPEN_INTEREST in run.reasons(BINANCE))
        run.world.server.faults.clear()
        await run.until(lambda: run.readings(OpenInterest, BINANCE))
        await run.until(lambda: run.status("binanceusdm").state == "ok")


async def test_a_contract_the_venue_does_not_list_is_named_in_its_reason(tmp_path: Path) -> None:
    unknown = InstrumentKey("bybit", "FOO/USDT:USDT")
    async with running(tmp_path) as run:
        run.feed.handle(Watch([BYBIT, unknown]))
        reasons = await run.until(lambda: run.reasons(unknown))
        assert set(reasons.values()) == {"bybit does not list FOO/USDT:USDT"}
        assert set(reasons) == set(ReadingKind)
        await run.until(lambda: run.readings(MarkPrice, BYBIT))


async def test_an_unknown_venue_is_off_and_the_rest_goes_on(tmp_path: Path) -> None:
    nowhere = InstrumentKey("bitmex", "BTC/USD:BTC")
    async with running(tmp_path) as run:
        run.feed.handle(Watch([nowhere, BYBIT]))
        status = await run.until(lambda: run.status("bitmex"))
        assert (status.state, "is unknown; allowed are" in status.text) == ("off", True)
        assert ReadingKind.MARK_PRICE in run.reasons(nowhere)
        await run.until(lambda: run.readings(MarkPrice, BYBIT))


async def test_a_venue_that_was_not_recorded_is_off(tmp_path: Path) -> None:
    whole = made_up_recording()
    only = replace(whole, markets=whole.markets[:1], venues=("binanceusdm",))
    async with running(tmp_path, recording=only) as run:
        run.feed.handle(Watch([BINANCE, OKX]))
        status = await run.until(lambda: run.status("okx"))
        assert (status.state, status.text) == ("off", "this recording has nothing of okx")
        await run.until(lambda: run.readings(MarkPrice, BINANCE))
        assert run.requests.of_host("okx") == []


async def test_nobody_is_asked_more_than_a_recording_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, granted = Limiter.take, list[tuple[Limiter, float]]()
    per_s, at_once = REPLAY_ALLOWANCE

    async def take(
        self: Limiter, charges: Mapping[str, int], requests: int = 1, *, urgent: bool = False
    ) -> None:
        await real(self, charges, requests, urgent=urgent)
        granted.extend([(self, time.monotonic())] * requests)

    monkeypatch.setattr(Limiter, "take", take)
    async with running(tmp_path, speed=3600.0, at_ms=AT_MS - 55 * HOUR_MS) as run:
        run.feed.handle(Watch(ALL))
        await run.until(lambda: len(run.requests.of_host("binanceusdm")) >= at_once + 8)
        for source in run.feed.sources:
            times = [at_s for limiter, at_s in granted if limiter is source.limiter]
            assert len(run.requests.of_host(source.entry.venue)) <= len(times)
            assert all(
                later - at_s > (number - at_once) / per_s - 0.01
                for place, at_s in enumerate(times)
                for number, later in enumerate(times[place:], start=1)
            )


async def test_an_inverse_contract_gets_its_readings_in_coin_and_usd(tmp_path: Path) -> None:
    coin = InstrumentKey("binancecoinm", "BTC/USD:BTC")
    recording = made_up_recording([coin.venue])
    async with running(tmp_path, recording=recording, at_ms=AT_MS) as run:
        run.feed.handle(Watch([coin]))
        for kind in (MarkPrice, FundingRate, Ticker, LongShortRatio, OpenInterestPast):
            await run.until(lambda: run.readings(kind, coin))  # noqa: B023 (awaited here)
        # the first may come before the mark price that turns USD into coin
        interest = await run.until(
            lambda: [r for r in run.readings(OpenInterest, coin) if r.coin is not None]
        )
        marks = [mark.mark for mark in run.readings(MarkPrice, coin)]
        assert any(interest[0].coin * mark == pytest.approx(interest[0].usd) for mark in marks)


async def test_a_ban_means_no_request_to_that_venue_and_no_word_to_others(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.world.server.faults[TICKERS] = server.Fault(status=418, body=b"banned")
        run.feed.handle(Watch([BINANCE, BYBIT]))
        status = await run.until(lambda: (s := run.status("bybit")) and s.state == "failing" and s)
        assert "has banned this address until" in status.text
        asked = len(run.requests.of_host("bybit"))
        since = len(run.frames)
        await run.until(lambda: len(run.readings(MarkPrice, BINANCE, since)) >= 3)
        assert len(run.requests.of_host("bybit")) <= asked + 2  # those that were on their way
        assert run.requests[TICKERS] == 1


async def test_a_region_block_turns_the_venue_off_until_asked_by_hand(tmp_path: Path) -> None:
    listing = "api.bybit.com GET /v5/market/instruments-info"
    async with running(tmp_path) as run:
        run.world.server.faults[listing] = server.Fault(status=451, body=b"no")
        run.feed.handle(Watch([BYBIT]))
        status = await run.until(lambda: (s := run.status("bybit")) and s.state == "off" and s)
        assert status.text.startswith("bybit does not serve this region or address (451)")
        assert "asked again in 6 h" in status.text
        assert set(run.reasons(BYBIT)) == set(ReadingKind)
        run.world.server.faults.clear()
        run.feed.handle(ListVenue("bybit"))
        await run.until(lambda: run.readings(MarkPrice, BYBIT))
        await run.until(lambda: run.status("bybit").state == "ok")


async def test_a_paused_clock_stops_polling_and_a_step_asks_once_more(tmp_path: Path) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(Watch([BYBIT]))
        await run.until(lambda: run.readings(OpenInterestPast, BYBIT))
        await run.until(lambda: run.readings(LongShortRatio, BYBIT))
        asked = run.requests[TICKERS]
        assert asked == 1
        before_ms = run.world.now_ms()
        run.feed.handle(SetClock(step_ms=HOUR_MS))
        assert run.world.now_ms() == before_ms + HOUR_MS
        readings = await run.until(lambda: run.readings(MarkPrice, BYBIT)[1:])
        assert readings[0].received_ms == run.world.now_ms()


async def test_after_a_seek_back_nothing_of_the_future_is_said(tmp_path: Path) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(Watch(ALL))
        await run.until(lambda: run.readings(MarkPrice, BINANCE))
        run.feed.handle(SetClock(seek_ms=AT_MS - 10 * HOUR_MS))
        since = len(run.frames)
        (clock,) = [f for f in run.frames[since - 1 :] if isinstance(f, Clock)]
        assert clock.now_ms == AT_MS - 10 * HOUR_MS
        for key in ALL:
            marks = await run.until(lambda: run.readings(MarkPrice, key, since))  # noqa: B023
            assert {mark.received_ms for mark in marks} == {AT_MS - 10 * HOUR_MS}


async def test_reasons_that_never_change_are_said_again_after_a_seek(tmp_path: Path) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(Watch([HYPERLIQUID]))
        await run.until(lambda: run.reasons(HYPERLIQUID))
        since = len(run.frames)
        run.feed.handle(SetClock(seek_ms=AT_MS - HOUR_MS))
        reasons = await run.until(lambda: run.reasons(HYPERLIQUID, since))
        assert ReadingKind.LONG_SHORT_RATIO in reasons


async def test_a_contract_that_joins_the_list_does_not_wait_for_the_next_round(
    tmp_path: Path,
) -> None:
    """All contracts of a venue come with one answer, which a newcomer has missed."""
    crash = load_recording("crash-2024-08")
    async with running(tmp_path, speed=1.0, recording=crash, at_ms=crash.default_start_ms) as run:
        run.feed.handle(Watch([BINANCE]))
        await run.until(lambda: run.readings(Ticker, BINANCE))
        rounds = run.requests[ALL_TICKERS]
        run.feed.handle(Watch([BINANCE, BINANCE_ETH]))
        await run.until(lambda: run.readings(Ticker, BINANCE_ETH))
        run.feed.handle(Watch([BINANCE]))
        await asyncio.sleep(0.2)
        assert run.requests[ALL_TICKERS] == rounds + 1


async def test_watching_less_stops_asking_about_the_rest(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.feed.handle(Watch([BINANCE, BYBIT]))
        await run.until(lambda: run.readings(MarkPrice, BYBIT))
        run.feed.handle(Watch([BINANCE]))
        await asyncio.sleep(0)
        asked = run.requests[TICKERS]
        since = len(run.frames)
        await run.until(lambda: len(run.readings(MarkPrice, BINANCE, since)) >= 2)
        assert run.requests[TICKERS] <= asked + 1


async def test_a_clock_that_cannot_be_set_so_is_a_fault_in_words(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.feed.handle(SetClock(speed=99999.0))
        fault = await run.until(lambda: [f for f in run.frames if isinstance(f, Fault)])
        assert "speed is 99999.0; allowed is 1 to 3600" in fault[0].text


@pytest.mark.expects_log("the loops broke and are started again")
async def test_a_bug_over_one_venue_is_said_and_its_loops_start_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, broken = CcxtSource.poll, [True]

    async def poll(self, call, instruments):
        if self.entry.venue == "bybit" and broken:
            broken.clear()
            raise ZeroDivisionError("planted")
        return await real(self, call, instruments)

    monkeypatch.setattr(CcxtSource, "poll", poll)
    async with running(tmp_path) as run:
        run.feed.handle(Watch([BINANCE, BYBIT]))
        await run.until(lambda: run.readings(MarkPrice, BINANCE))
        await run.until(lambda: run.readings(MarkPrice, BYBIT))
        assert not broken
