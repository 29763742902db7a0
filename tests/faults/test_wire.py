"""What is wrong with the way to a venue, its clock or its list of contracts, in a running feed."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path

import aiohttp
import pytest
import trustme
from aiohttp import web

from dashboard.errors import VenueError
from dashboard.feed.frames import Fault, Refusals
from dashboard.market.readings import MarkPrice, ReadingKind
from dashboard.market.snapshot import Freshness, freshness
from dashboard.market.stillness import FROZEN_AFTER_MS
from dashboard.store.history import HistoryStore
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.failures import VenueDownError
from tests.faults.feeds import SIX, key_of, lively, proxied
from tests.faults.kinds import KINDS, Effect, Kind, rewritten
from tests.faults.proxy import Passing
from tests.faults.test_feed import in_a_hurry
from tests.replay.made_up import made_up_recording
from tests.venues.faulty import NOW_MS, faulty_server, text

__all__ = ["in_a_hurry"]


@asynccontextmanager
async def at_address(venue: str, url: str) -> AsyncIterator[CcxtSource]:
    """A source of `venue` that is asked at another address, as a live one is."""
    source = CcxtSource(CATALOGUE[venue], lambda: NOW_MS, address=url)
    await source.open()
    try:
        yield source
    finally:
        await source.close()


async def failure(source: CcxtSource) -> VenueError:
    with pytest.raises(VenueError) as caught:
        await source.load_instruments()
    return caught.value


@asynccontextmanager
async def tls_server(context: ssl.SSLContext) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that speaks TLS, and the paths that anyone was able to ask it for."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({})

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"https://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("venue", SIX)
@pytest.mark.parametrize("name", ["127.0.0.1", "elsewhere.example"])
async def test_a_certificate_that_proves_nothing_is_refused_and_nothing_is_asked(
    venue: str, name: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(name).configure_cert(context)
    async with tls_server(context) as (url, asked), at_address(venue, url) as source:
        error = await failure(source)
        assert isinstance(error, VenueDownError)
        assert error.user_message.startswith("the certificate of 127.0.0.1:")
        assert error.user_message.endswith(" was refused")
        assert asked == []


@pytest.mark.parametrize("venue", SIX)
async def test_a_server_that_speaks_no_tls_is_told_apart(venue: str) -> None:
    async with faulty_server() as server:
        url = server.url.replace("http://", "https://")
        async with at_address(venue, url) as source:
            error = await failure(source)
            assert error.user_message.startswith("no secure connection to 127.0.0.1:")


@pytest.mark.parametrize("venue", SIX)
async def test_a_name_that_is_not_found_asks_whether_the_computer_is_online(
    venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    async def offline(_: object, host: str, *more: object, **__: object) -> list[object]:
        asked.append(host)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(aiohttp.DefaultResolver, "resolve", offline)
    async with at_address(venue, "http://venue.invalid") as source:
        error = await failure(source)
    assert asked
    assert error.user_message == (
        "the address of venue.invalid is not found: is the computer online?"
    )


@pytest.mark.parametrize("venue", SIX)
async def test_a_closed_port_is_a_refused_connection(venue: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with at_address(venue, url) as source:
            assert "refused the connection" in (await failure(source)).user_message


@pytest.mark.parametrize("ahead_s", [90, 0, -90])
async def test_a_wrong_clock_of_this_computer_is_measured_by_what_venues_say(ahead_s: int) -> None:
    async with faulty_server() as server, at_address("bybit", server.url) as source:
        server.answer = text("{}", Date=formatdate(time.time() - ahead_s, usegmt=True))
        for _ in range(4):
            await failure(source)
        assert len(server.asked) >= 4
        assert source.clock_ahead_ms is not None
        assert abs(source.clock_ahead_ms - ahead_s * 1000) <= 2_000


@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize("venue", SIX[:4])
async def test_frozen_values_under_a_live_clock_are_found_out(venue: str, tmp_path: Path) -> None:
    kept: dict[str, bytes] = {}

    async def frozen(passing: Passing) -> None:
        about = passing.path.split("?")[0] + passing.asked
        old = json.loads(kept.setdefault(about, passing.body))
        await passing.reply(json.dumps(_with_stamps_of(old, json.loads(passing.body))).encode())

    other = SIX[(SIX.index(venue) + 1) % len(SIX)]
    recording = lively(made_up_recording(SIX))
    async with proxied(
        tmp_path, [venue, other], live=True, speed=900.0, recording=recording
    ) as run:
        run.put(Kind("frozen", "N9", frozen, Effect.DOUBTED), venue)
        doubted = await run.until(lambda: [m for m in run.marks(venue) if m.doubt])
        assert run.proxy.count("frozen") >= 2
        assert doubted[0].doubt.startswith("has not moved for ")
        assert f"while {other} moved by" in doubted[0].doubt
        state = freshness(ReadingKind.MARK_PRICE, doubted[0].as_of_ms, doubted[0].received_ms)
        assert state is Freshness.EXPIRED
        assert FROZEN_AFTER_MS <= 120_000
        counted = await run.until(lambda: [f for f in run.frames if isinstance(f, Refusals)])
        assert (counted[-1].venue, set(counted[-1].counts)) == (venue, {"suspect: frozen"})
        assert counted[-1].latest[-1].raw
        run.proxy.clear()
        since = len(run.frames)
        await run.until(lambda: [m for m in run.marks(venue, since) if not m.doubt])


def _with_stamps_of(old: object, new: object) -> object:
    """`old` with the times of `new`, which has the same shape."""
    stamps = {"time", "ts", "T", "requestTime", "closeTime", "nextFundingTime"}
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            name: new.get(name) if name in stamps else _with_stamps_of(value, new.get(name))
            for name, value in old.items()
        }
    if isinstance(old, list) and isinstance(new, list):
        return [_with_stamps_of(one, other) for one, other in zip(old, new, strict=False)]
    return old


@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize("venue", SIX[:4])
async def test_an_empty_listing_takes_nothing_off_the_list(venue: str, tmp_path: Path) -> None:
    def emptied(answer: object) -> object:
        if isinstance(answer, dict):
            return {name: emptied(value) for name, value in answer.items()}
        return [] if isinstance(answer, list) else answer

    async with proxied(tmp_path, [venue], speed=600.0) as run:
        poller = run.feed._pollers[venue]
        run.put(Kind("empty-listing", "N2", rewritten(emptied), Effect.FAILED), venue)
        with pytest.raises(VenueError):
            await poller.source.load_instruments()
        assert run.proxy.count("empty-listing") >= 1
        assert key_of(venue).symbol in poller.source.instruments
        run.proxy.clear()
        since = len(run.frames)
        await run.until(lambda: run.marks(venue, since))
        assert not [f for f in run.frames if isinstance(f, Fault) and "delisted" in f.text]


@pytest.mark.usefixtures("in_a_hurry")
async def test_a_price_a_thousandfold_reaches_neither_the_window_nor_the_history(
    tmp_path: Path,
) -> None:
    (kind,) = [kind for kind in KINDS if kind.name == "prices-x1000"]
    async with proxied(tmp_path, list(SIX[:4]), live=True, speed=600.0) as run:
        for venue in SIX[:4]:
            run.put(kind, venue)
        for venue in SIX[:4]:
            await run.until(lambda: "refused" in str(run.reasons(key_of(venue))))  # noqa: B023
        assert run.proxy.count(kind.name) >= 4
        shown = [reading.mark for key in SIX[:4] for reading in run.marks(key)]
        assert max(shown) < 50_000
    store = HistoryStore(tmp_path / "history.sqlite3", read_only=True)
    try:
        marks = [one.mark for one in store.last_readings() if isinstance(one, MarkPrice)]
    finally:
        store.close()
    assert len(marks) >= 4
    assert max(mark for mark in marks if mark is not None) < 50_000
