"""Mark prices as a venue pushes them over a websocket, through ccxt.pro's own classes.

ccxt connects, subscribes, answers pings and merges what arrives into its tickers; here the tickers
of the contracts that were asked for are read, and everything that goes wrong becomes an error with
a sentence. What is pushed about other contracts is left where it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp

from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.exchange import open_stream_exchange
from dashboard.venues.failures import VenueDownError, translate
from dashboard.venues.fields import mapping, past_ms, positive
from dashboard.venues.session import Exchanged, host_of, open_session

SILENT_AFTER_S = 10.0
"""Venues push a mark price at least every three seconds; so long a silence is a broken stream."""
LEAST_BETWEEN_S = 0.4
"""Of what is pushed more often about one contract, the rest is left out."""


@dataclass(frozen=True, slots=True)
class StreamCall:
    """How a venue's mark prices are watched: ccxt.pro's method, of one contract or of several."""

    method: str
    hosts: tuple[str, ...]
    per_contract: bool = False

    @property
    def endpoint(self) -> str:
        """What readings say where they come from."""
        return f"websocket {self.method}"


STREAMS: Mapping[str, StreamCall] = {
    "binanceusdm": StreamCall("watch_mark_prices", ("fstream.binance.com",)),
    "binancecoinm": StreamCall("watch_mark_prices", ("dstream.binance.com",)),
    "bybit": StreamCall("watch_tickers", ("stream.bybit.com",)),
    "okx": StreamCall("watch_mark_prices", ("ws.okx.com",)),
    "gate": StreamCall("watch_tickers", ("fx-ws.gateio.ws",)),
    "bitget": StreamCall("watch_tickers", ("ws.bitget.com",)),
    # its watch_tickers pushes the middle of the book only
    "hyperliquid": StreamCall("watch_ticker", ("api.hyperliquid.xyz",), per_contract=True),
}
"""The venues whose mark prices ccxt.pro watches without a key."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A mark price of `symbol`, with index and the venue's time (ms UTC) where it gave them."""

    symbol: str
    mark: float
    index: float | None
    venue_ms: int | None


class MarkStream:
    """One venue's pushed mark prices. `url` is a loopback base that stands in for its hosts."""

    def __init__(self, source: CcxtSource, call: StreamCall, url: str | None = None) -> None:
        self.call = call
        self._source = source
        self._url = url
        self._exchange: Any = None
        self._session: aiohttp.ClientSession | None = None
        self._sent: dict[str, tuple[object, float]] = {}

    async def watch(self, symbols: Sequence[str]) -> AsyncGenerator[Pushed, None]:
        """Mark prices of these contracts as they come, until something goes wrong.

        Raises VenueDownError where the stream breaks, is silent or cannot be had. The connection
        is closed when the iteration ends, however it does.
        """
        news: asyncio.Queue[Pushed] = asyncio.Queue()
        try:
            await self._open()
            symbols = [symbol for symbol in symbols if symbol in self._exchange.markets]
            watchers = [
                asyncio.create_task(self._listen(watch, symbols, news))
                for watch in self._calls(symbols)
            ]
        except Exception as error:
            await self._disconnect()
            raise self._lost(error) from error
        try:
            while True:
                yield await self._next(news, watchers)
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)
            await self._disconnect()

    async def close(self) -> None:
        """Close what is open."""
        exchange, self._exchange = self._exchange, None
        session, self._session = self._session, None
        if exchange is not None:
            await exchange.close()
        if session is not None:
            await session.close()

    async def _open(self) -> None:
        if self._session is None:
            hosts = self.call.hosts if self._url is None else (host_of(self._url),)
            self._session = open_session(hosts)
        if self._exchange is None:
            self._exchange = await open_stream_exchange(
                self._source.entry, self._session, self._url
            )
        # ccxt waits by the clock of the wall, which may be set back; when to try again is ours.
        self._exchange.ws_dial_backoff = {}
        self._source.lend_markets(self._exchange)

    def _calls(self, symbols: Sequence[str]) -> list[Callable[[], Any]]:
        watch = getattr(self._exchange, self.call.method)
        if self.call.per_contract:
            return [partial(watch, symbol) for symbol in symbols]
        # ccxt takes the address of a connection from its first contract, and venues have one for
        # linear and another for inverse contracts
        by_kind: dict[bool, list[str]] = {}
        for symbol in symbols:
            inverse = self._exchange.markets[symbol].get("inverse") is True
            by_kind.setdefault(inverse, []).append(symbol)
        return [partial(watch, alike) for alike in by_kind.values()]

    async def _listen(
        self, watch: Callable[[], Any], symbols: Sequence[str], news: asyncio.Queue[Pushed]
    ) -> None:
        while True:
            await watch()
            for pushed in self._changed(symbols):
                news.put_nowait(pushed)

    def _changed(self, symbols: Sequence[str]) -> list[Pushed]:
        """What ccxt's tickers have that was not passed on: it keeps each contract's last."""
        now_s, found = time.monotonic(), []
        for symbol in symbols:
            ticker = self._exchange.tickers.get(symbol)
            before, sent_s = self._sent.get(symbol, (None, -LEAST_BETWEEN_S))
            if ticker is before or now_s < sent_s + LEAST_BETWEEN_S:
                continue
            pushed = pushed_from(symbol, ticker, self._source.venue_now_ms())
            if pushed is not None:
                self._sent[symbol] = (ticker, now_s)
                found.append(pushed)
        return found

    async def _next(
        self, news: asyncio.Queue[Pushed], watchers: Sequence[asyncio.Task[None]]
    ) -> Pushed:
        waiting = asyncio.create_task(news.get())
        try:
            done, _ = await asyncio.wait(
                [waiting, *watchers],
                timeout=SILENT_AFTER_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            waiting.cancel()
        if waiting in done:
            return waiting.result()
        if not done:
            venue = self._source.entry.venue
            sentence = f"the price stream of {venue} said nothing for {SILENT_AFTER_S:g} s"
            raise VenueDownError(sentence)
        error = done.pop().exception()
        raise self._lost(error if isinstance(error, Exception) else ConnectionError()) from error

    def _lost(self, error: Exception) -> VenueDownError:
        venue = self._source.entry.venue
        said = translate(error, venue, Exchanged(host=venue), time.time_ns() // 1_000_000)
        return VenueDownError(f"the price stream of {venue} broke", detail=said.detail)

    async def _disconnect(self) -> None:
        self._sent.clear()
        if self._exchange is not None:
            await self._exchange.close_ws_clients()
            self._exchange.tickers.clear()


def pushed_from(symbol: str, ticker: object, now_ms: int) -> Pushed | None:
    """The mark price in ccxt's `ticker`; None where there is none that is usable.

    Of Bitget and Hyperliquid ccxt leaves it, and the index, in the venue's own fields.
    """
    fields = mapping(ticker)
    own = mapping(fields.get("info"))
    mark = _first(fields.get("markPrice"), own.get("markPrice"), own.get("markPx"))
    if mark is None:
        return None
    index = _first(fields.get("indexPrice"), own.get("indexPrice"), own.get("oraclePx"))
    return Pushed(symbol, mark, index, past_ms(fields.get("timestamp"), now_ms))


def _first(*values: object) -> float | None:
    """The first that is a price."""
    return next((price for value in values if (price := positive(value)) is not None), None)
