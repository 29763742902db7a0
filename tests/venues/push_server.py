"""A loopback websocket server that pushes mark prices in the venues' own wire formats."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

PUSH_EVERY_S = 0.05


def _binance(market_id: str, mark: float, now_ms: int) -> object:
    return {
        "e": "markPriceUpdate",
        "E": now_ms,
        "s": market_id,
        "p": str(mark),
        "i": str(mark - 1),
        "P": str(mark),
        "r": "0.0001",
        "T": now_ms + 1000,
    }


def _bybit(market_id: str, mark: float, now_ms: int) -> object:
    data = {"symbol": market_id, "markPrice": str(mark), "indexPrice": str(mark - 1)}
    return {
        "topic": f"tickers.{market_id}",
        "type": "snapshot",
        "ts": now_ms,
        "cs": 1,
        "data": data | {"lastPrice": str(mark)},
    }


def _okx(market_id: str, mark: float, now_ms: int) -> object:
    row = {"instId": market_id, "instType": "SWAP", "markPx": str(mark), "ts": str(now_ms)}
    return {"arg": {"channel": "mark-price", "instId": market_id}, "data": [row]}


def _gate(market_id: str, mark: float, now_ms: int) -> object:
    row = {
        "contract": market_id,
        "last": str(mark),
        "mark_price": str(mark),
        "index_price": str(mark - 1),
    }
    return {
        "time": now_ms // 1000,
        "time_ms": now_ms,
        "channel": "futures.tickers",
        "event": "update",
        "result": [row],
    }


def _bitget(market_id: str, mark: float, now_ms: int) -> object:
    row = {
        "instId": market_id,
        "symbol": market_id,
        "lastPr": str(mark),
        "markPrice": str(mark),
        "indexPrice": str(mark - 1),
        "ts": str(now_ms),
    }
    arg = {"instType": "USDT-FUTURES", "channel": "ticker", "instId": market_id}
    return {"action": "snapshot", "arg": arg, "data": [row], "ts": now_ms}


def _hyperliquid(market_id: str, mark: float, now_ms: int) -> object:
    context = {
        "funding": "0.0000125",
        "openInterest": "1.0",
        "prevDayPx": str(mark),
        "dayNtlVlm": "1.0",
        "oraclePx": str(mark - 1),
        "markPx": str(mark),
        "midPx": str(mark),
    }
    return {"channel": "activeAssetCtx", "data": {"coin": market_id, "ctx": context}}


PUSHES: Mapping[str, Callable[[str, float, int], object]] = {
    "binanceusdm": _binance,
    "binancecoinm": _binance,
    "bybit": _bybit,
    "okx": _okx,
    "gate": _gate,
    "bitget": _bitget,
    "hyperliquid": _hyperliquid,
}


class PushServer:
    """Pushes `say(mark)` twenty times a second to whoever subscribed; `heard` has what they said.

    `mark` is pushed about the contract `market_id`; `silent` and `garbage` are faults, and `drop`
    breaks every connection.
    """

    def __init__(self, venue: str, market_id: str) -> None:
        self.mark = 50_000.0
        self.market_id = market_id
        self.now_ms: Callable[[], int] = lambda: 0
        self.silent = False
        self.garbage: str | None = None
        self.refuses = False
        self.heard: list[Any] = []
        self.paths: list[str] = []
        self.url = ""
        self.open: set[web.WebSocketResponse] = set()
        self._venue = venue

    async def drop(self) -> None:
        """Break every connection."""
        for connection in list(self.open):
            await connection.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        if self.refuses:
            return web.Response(status=503)
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        self.open.add(connection)
        pushing = None
        try:
            async for message in connection:
                if message.type is not WSMsgType.TEXT:
                    continue
                self.heard.append(message.data)
                pushing = pushing or asyncio.create_task(self._push(connection))
        finally:
            self.open.discard(connection)
            if pushing is not None:
                pushing.cancel()
        return connection

    async def _push(self, connection: web.WebSocketResponse) -> None:
        while not connection.closed:
            if self.garbage is not None:
                await connection.send_str(self.garbage)
            elif not self.silent:
                pushed = PUSHES[self._venue](self.market_id, self.mark, self.now_ms())
                await connection.send_str(json.dumps(pushed))
            await asyncio.sleep(PUSH_EVERY_S)


@asynccontextmanager
async def push_server(venue: str, market_id: str) -> AsyncIterator[PushServer]:
    """A running PushServer."""
    server = PushServer(venue, market_id)
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
        await server.drop()
        await runner.cleanup()
