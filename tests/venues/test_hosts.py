"""Nobody is asked but the hosts of the venue in question, whatever is asked of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from typing import Any

import aiohttp
import pytest

from dashboard.errors import InputError
from dashboard.market.venues import WATCHED_VENUES
from dashboard.venues import ccxt_source, mark_stream
from dashboard.venues.accounts import ACCOUNTS
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.hosts import hosts_of
from dashboard.venues.mark_stream import STREAMS, MarkStream
from dashboard.venues.session import ForeignHostError, open_session

NOW_MS = 1_722_772_800_000
VENUES = sorted(CATALOGUE)


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> list[Collection[str]]:
    """The hosts that each session was opened for; no name is found, and none is asked."""
    opened: list[Collection[str]] = []

    def noting(hosts: Collection[str], *more: Any) -> aiohttp.ClientSession:
        opened.append(hosts)
        return open_session(hosts, *more)

    async def unasked(*_: object, **__: object) -> list[object]:
        raise OSError("no name is asked for in this test")

    for module in (ccxt_source, mark_stream):
        monkeypatch.setattr(module, "open_session", noting)
    monkeypatch.setattr(aiohttp.DefaultResolver, "resolve", unasked)
    return opened


@pytest.mark.parametrize("venue", VENUES)
async def test_every_session_of_a_venue_is_for_its_hosts_alone(
    venue: str, allowed: list[Collection[str]]
) -> None:
    source = CcxtSource(CATALOGUE[venue], lambda: NOW_MS)
    await source.open()
    try:
        if venue in ACCOUNTS:
            await source.open_own_session(ACCOUNTS[venue].hosts).close()
        if venue in STREAMS:
            stream = MarkStream(source, STREAMS[venue], None)
            watching = stream.watch([])
            with contextlib.suppress(Exception):
                async with asyncio.timeout(0.2):
                    await anext(watching)
            await watching.aclose()
            await stream.close()
    finally:
        await source.close()
    expected = 1 + (venue in ACCOUNTS) + (venue in STREAMS)
    assert len(allowed) == expected
    assert set().union(*allowed) == hosts_of(venue)


@pytest.mark.parametrize("venue", VENUES)
async def test_any_other_host_is_refused_before_its_name_is_looked_up(
    venue: str, allowed: list[Collection[str]]
) -> None:
    others = {host for other in VENUES if other != venue for host in hosts_of(other)}
    foreign = {"example.org", "telemetry.example", *others} - hosts_of(venue)
    async with open_session(hosts_of(venue)) as session:
        for host in sorted(foreign):
            with pytest.raises(ForeignHostError):
                await session.get(f"https://{host}/")
            with pytest.raises(ForeignHostError):
                await session.ws_connect(f"wss://{host}/")


async def test_an_address_that_the_user_names_takes_the_place_of_all_of_a_venues_hosts(
    allowed: list[Collection[str]],
) -> None:
    address = "http://127.0.0.1:9/token"
    source = CcxtSource(CATALOGUE["okx"], lambda: NOW_MS, address=address)
    await source.open()
    await source.open_own_session(ACCOUNTS["okx"].hosts).close()
    await source.close()
    assert set(allowed[0]) == set(allowed[1]) == hosts_of("okx", address) == {"127.0.0.1:9"}


def test_the_hosts_follow_from_the_venues_and_nothing_else() -> None:
    assert set().union(*map(hosts_of, WATCHED_VENUES)) == {
        "api.binance.com",
        "dapi.binance.com",
        "dstream.binance.com",
        "api.bitget.com",
        "api.bybit.com",
        "api.gateio.ws",
        "api.hyperliquid.xyz",
        "fapi.binance.com",
        "fstream.binance.com",
        "fx-ws.gateio.ws",
        "stream.bybit.com",
        "ws.bitget.com",
        "ws.okx.com",
        "www.okx.com",
    }
    with pytest.raises(InputError):
        hosts_of("elsewhere")
