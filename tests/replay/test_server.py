"""The replay server itself: where it listens, what it counts, and answers that are broken."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
import pytest_asyncio

from dashboard.errors import InputError
from dashboard.replay.clock import ReplayClock
from dashboard.replay.recording import load_recording
from dashboard.replay.server import Fault, ReplayServer
from tests.replay.ccxt_link import ccxt_error, linked
from tests.replay.made_up import made_up_recording

PREMIUM_INDEX = "fapi.binance.com GET /fapi/v1/premiumIndex"
OPEN_INTEREST = "fapi.binance.com GET /fapi/v1/openInterest"
BITCOIN = "BTC/USDT:USDT"


def new_server(port: int = 0) -> ReplayServer:
    recording = made_up_recording()
    clock = ReplayClock(recording.starts_ms, recording.ends_ms, 1.0, recording.default_start_ms)
    return ReplayServer(recording, clock, port)


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def test_it_listens_on_loopback_under_a_token_of_its_own() -> None:
    one, other = new_server(), new_server()
    urls = [await one.start(), await other.start()]
    try:
        assert all(url.startswith("http://127.0.0.1:") for url in urls)
        tokens = [url.rsplit("/", 1)[1] for url in urls]
        assert tokens[0] != tokens[1]
        assert min(map(len, tokens)) >= 16
    finally:
        await one.stop()
        await other.stop()


async def test_without_the_token_nothing_is_answered_or_counted(
    session: aiohttp.ClientSession,
) -> None:
    server = new_server()
    base_url = await server.start()
    root = base_url.rsplit("/", 1)[0]
    try:
        for path in ("/", "/fapi.binance.com/fapi/v1/time", "/guess/fapi.binance.com/fapi/v1/time"):
            async with session.get(root + path) as response:
                assert response.status == 404
        assert not server.requests
        async with session.get(base_url + "/fapi.binance.com/fapi/v1/time") as response:
            assert response.status == 200
        assert server.requests.total() == 1
    finally:
        await server.stop()


async def test_a_host_that_is_no_venue_is_not_found(session: aiohttp.ClientSession) -> None:
    server = new_server()
    base_url = await server.start()
    try:
        async with session.get(base_url + "/api.binance.com/api/v3/time") as response:
            assert response.status == 404
        assert dict(server.requests) == {"api.binance.com GET /api/v3/time": 1}
    finally:
        await server.stop()


async def test_a_port_that_is_taken_is_named_and_the_next_start_may_succeed() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = new_server(port)
        with pytest.raises(InputError) as refused:
            await server.start()
    assert refused.value.field == "port"
    assert refused.value.user_message == (
        f"port {port} is taken on 127.0.0.1; allowed is a free port, or 0 for any"
    )
    assert f":{port}/" in await server.start()
    await server.stop()
    await server.stop()


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(InputError, match=f"port is {port}; allowed is 0"):
        new_server(port)


async def test_requests_are_counted_by_endpoint_without_their_query() -> None:
    async with linked("binanceusdm", load_recording("crash-2024-08")) as link:
        for symbol in (BITCOIN, "ETH/USDT:USDT"):
            await link.exchange.fetch_open_interest(symbol)
        await link.exchange.fetch_funding_rates()
        assert dict(link.server.requests) == {
            "fapi.binance.com GET /fapi/v1/exchangeInfo": 1,
            OPEN_INTEREST: 2,
            PREMIUM_INDEX: 1,
        }


async def test_hyperliquids_one_endpoint_is_counted_by_what_was_asked() -> None:
    async with linked("hyperliquid", made_up_recording()) as link:
        await link.exchange.fetch_funding_rate_history("BTC/USDC:USDC")
        assert link.server.requests["api.hyperliquid.xyz POST /info fundingHistory"] == 1
        assert link.server.requests["api.hyperliquid.xyz POST /info metaAndAssetCtxs"] == 1


async def test_a_fault_breaks_its_endpoint_and_no_other() -> None:
    async with linked("binanceusdm", made_up_recording()) as link:
        link.server.faults[PREMIUM_INDEX] = Fault(status=500, body=b"{}")
        with pytest.raises(ccxt_error("ExchangeNotAvailable")):
            await link.exchange.fetch_funding_rates()
        assert (await link.exchange.fetch_open_interest(BITCOIN))["openInterestAmount"] > 0
        assert link.server.requests[PREMIUM_INDEX] == 1
        del link.server.faults[PREMIUM_INDEX]
        assert len(await link.exchange.fetch_funding_rates()) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=429, body=b"slow down"), "DDoSProtection"),
        (Fault(status=418, body=b"{}"), "DDoSProtection"),
        (Fault(status=451, body=b"{}"), "ExchangeNotAvailable"),
        (Fault(body=b'{"code":-1121,"msg":"Invalid symbol."}'), "BadSymbol"),
    ],
)
async def test_faults_reach_ccxt_as_they_are(fault: Fault, error: str) -> None:
    async with linked("binanceusdm", made_up_recording()) as link:
        link.server.faults[OPEN_INTEREST] = fault
        with pytest.raises(ccxt_error(error)):
            await link.exchange.fetch_open_interest(BITCOIN)


async def test_a_page_instead_of_figures_is_served_as_such(session: aiohttp.ClientSession) -> None:
    server = new_server()
    base_url = await server.start()
    server.faults[OPEN_INTEREST] = Fault(body=b"<html>", content_type="text/html")
    try:
        async with session.get(base_url + "/fapi.binance.com/fapi/v1/openInterest") as response:
            assert (response.status, response.content_type) == (200, "text/html")
            assert await response.read() == b"<html>"
    finally:
        await server.stop()


async def test_a_slow_answer_is_a_time_out() -> None:
    async with linked("binanceusdm", made_up_recording()) as link:
        link.server.faults[OPEN_INTEREST] = Fault(delay_s=30.0)
        link.exchange.timeout = 50
        with pytest.raises(ccxt_error("RequestTimeout")):
            await link.exchange.fetch_open_interest(BITCOIN)


async def test_stopping_does_not_wait_for_answers_that_are_slow(
    session: aiohttp.ClientSession,
) -> None:
    server = new_server()
    base_url = await server.start()
    server.faults[OPEN_INTEREST] = Fault(delay_s=3600.0)
    asked = asyncio.create_task(session.get(base_url + "/fapi.binance.com/fapi/v1/openInterest"))
    while not server.requests:  # noqa: ASYNC110 (an arriving request sets no event)
        await asyncio.sleep(0.001)
    await asyncio.wait_for(server.stop(), timeout=30)
    with pytest.raises(aiohttp.ClientError):
        await asked


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"not json", b'"text"', b"\xff\xfe", b'{"type": 5}', b'{"type": null}']
)
async def test_any_body_gets_an_answer_of_the_venue(
    session: aiohttp.ClientSession, body: bytes
) -> None:
    server = new_server()
    base_url = await server.start()
    try:
        async with session.post(base_url + "/api.hyperliquid.xyz/info", data=body) as response:
            assert response.status == 422
    finally:
        await server.stop()


async def test_a_venue_that_was_not_recorded_lists_nothing() -> None:
    recording = made_up_recording()
    only_binance = replace(recording, markets=recording.markets[:1])
    async with linked("bybit", only_binance) as link:
        assert link.exchange.markets == {}


async def test_answers_follow_the_clock() -> None:
    async with linked("binanceusdm", load_recording("crash-2024-08")) as link:
        marks = []
        for hour in range(3):
            link.at(1_722_819_600_000 + hour * 3_600_000)  # from 2024-08-05 01:00 UTC
            marks.append((await link.exchange.fetch_funding_rate(BITCOIN))["markPrice"])
        assert marks == [56_156.99856818, 54_384.1, 54_663.68531348]
