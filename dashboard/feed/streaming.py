"""Keeps a venue's pushed mark prices coming, and tells which contracts have them.

Polling goes on beside it. While a contract's prices are pushed, polled ones of it are left out;
as soon as they are not, the next poll is passed on again, so that no figure waits for a stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from dashboard.errors import VenueError
from dashboard.feed.elapsed import elapsed_s
from dashboard.feed.schedule import back_off_s
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import MarkPrice, Reading
from dashboard.venues.mark_stream import MarkStream, Pushed
from dashboard.venues.noted import Noted

LIVE_FOR_S = 5.0
"""A contract counts as pushed for so long after its last price."""
INDEX_MAX_AGE_S = 60.0
"""A polled index price stands beside pushed mark prices no longer than this."""
MOST_BACK_OFF_S = 30.0
STEADY_AFTER_S = 60.0
SHOWN_REASON_CHARACTERS = 120


class MarkStreamer:
    """One venue's stream. `take` gets readings, `lost` is called when prices stop being pushed."""

    def __init__(
        self,
        venue: str,
        stream: MarkStream,
        now_ms: Callable[[], int],
        take: Callable[[Sequence[Reading]], None],
        lost: Callable[[], None],
    ) -> None:
        self._venue = venue
        self._stream = stream
        self._now_ms = now_ms
        self._take = take
        self._lost = lost
        self._symbols: tuple[str, ...] = ()
        self._changed = asyncio.Event()
        self._pushed_s: dict[str, float] = {}
        self._indexes: dict[str, tuple[float, float]] = {}
        self._reason = ""
        self._noted = Noted(venue)

    def watch(self, keys: Iterable[InstrumentKey]) -> None:
        """Stream exactly these contracts of this venue."""
        symbols = tuple(dict.fromkeys(key.symbol for key in keys))
        if symbols != self._symbols:
            self._symbols = symbols
            self._changed.set()

    def restart(self) -> None:
        """Connect anew, and count on nothing that was pushed."""
        self._pushed_s.clear()
        self._changed.set()

    def live(self, symbol: str) -> bool:
        """Whether this contract's prices are being pushed."""
        return elapsed_s() < self._pushed_s.get(symbol, -LIVE_FOR_S) + LIVE_FOR_S

    def without_pushed(self, readings: Sequence[Reading]) -> list[Reading]:
        """Polled readings without the mark prices that are pushed; their index is kept in mind."""
        kept: list[Reading] = []
        for reading in readings:
            if isinstance(reading, MarkPrice) and reading.symbol in self._symbols:
                if reading.index is not None:
                    self._indexes[reading.symbol] = (reading.index, elapsed_s())
                if self.live(reading.symbol):
                    continue
            kept.append(reading)
        return kept

    def text(self) -> str:
        """How the mark prices of the streamed contracts come, "" where none is wanted."""
        wanted = len(self._symbols)
        if not wanted:
            return ""
        live = sum(self.live(symbol) for symbol in self._symbols)
        of = "the contract" if wanted == 1 else f"the {wanted} contracts"
        if live == wanted:
            return f"mark prices of {of} with positions: websocket"
        by = "polling" if not live else f"websocket for {live}, polling for the others"
        return f"mark prices of {of} with positions: {by}" + (
            f" ({self._reason})" if self._reason else ""
        )

    async def run(self) -> None:
        """Stream until cancelled, connecting again after a wait that doubles up to 30 s."""
        failures = 0
        try:
            while True:
                self._changed.clear()
                if not self._symbols:
                    await self._changed.wait()
                    continue
                started_s = elapsed_s()
                if await self._until_broken(self._symbols):
                    continue
                steady = elapsed_s() > started_s + STEADY_AFTER_S
                failures = 1 if steady else failures + 1
                await self._rest(min(back_off_s(failures), MOST_BACK_OFF_S))
        finally:
            await self._stream.close()

    async def _until_broken(self, symbols: Sequence[str]) -> bool:
        """Stream these contracts; True where others are wanted now, False where it broke."""
        streaming = asyncio.create_task(self._pass_on(symbols))
        changed = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait([streaming, changed], return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            streaming.cancel()
            await asyncio.gather(streaming, changed, return_exceptions=True)
        if streaming.cancelled():
            return True
        error = streaming.exception()
        if error is not None and not isinstance(error, VenueError):
            raise error
        return False

    async def _pass_on(self, symbols: Sequence[str]) -> None:
        prices = self._stream.watch(symbols)
        try:
            async for pushed in prices:
                self._reason = ""
                self._pushed_s[pushed.symbol] = elapsed_s()
                self._take([self._reading(pushed)])
        except VenueError as error:
            self._noted.note(error)
            self._reason = error.user_message[:SHOWN_REASON_CHARACTERS]
            self._pushed_s.clear()
            self._lost()
        finally:
            await prices.aclose()

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _reading(self, pushed: Pushed) -> MarkPrice:
        index = pushed.index
        if index is None:
            polled, at_s = self._indexes.get(pushed.symbol, (None, 0.0))
            index = polled if elapsed_s() < at_s + INDEX_MAX_AGE_S else None
        return MarkPrice(
            venue=self._venue,
            symbol=pushed.symbol,
            endpoint=self._stream.call.endpoint,
            venue_ms=pushed.venue_ms,
            received_ms=self._now_ms(),
            mark=pushed.mark,
            index=index,
        )
