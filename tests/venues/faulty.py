"""A loopback server that misbehaves on demand, and sources that ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
NOW_MS = 1_722_772_800_000


class FaultyServer:
    """Answers every request with `answer`; `asked` has the paths."""

    def __init__(self) -> None:
        self.answer: Answer = text("{}")
        self.asked: list[str] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        return await self.answer(request)


def text(body: str | bytes, status: int = 200, **headers: str) -> Answer:
    """An answer with this body."""

    async def answer(_: web.Request) -> web.StreamResponse:
        data = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=data, status=status, headers=named)

    return answer


def hang() -> Answer:
    """No answer at all."""

    async def answer(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        raise web.HTTPNoContent

    return answer


def cut_off() -> Answer:
    """A body that ends before its announced length."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"a":')
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


@asynccontextmanager
async def faulty_server() -> AsyncIterator[FaultyServer]:
    """A running FaultyServer."""
    server = FaultyServer()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def source_at(venue: str, url: str) -> AsyncIterator[CcxtSource]:
    """An open source of `venue` whose requests go to `url`."""
    source = CcxtSource(CATALOGUE[venue], lambda: NOW_MS, loopback_url=url)
    await source.open()
    try:
        yield source
    finally:
        await source.close()
