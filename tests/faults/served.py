"""A recorded market behind fault proxies, one a venue, in a process of its own.

`python -m tests.faults.served VENUE ...` plays the made-up recording as if it were of now, and
says `{"urls": {venue: url}}` first. Then it takes a JSON line at a time: `{"put": kind, "venue":
id}` breaks a venue's answers, `{"clear": true}` ends every fault; whenever a count changed it says
`{"served": {kind: times}, "errors": [...]}`. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from contextlib import AsyncExitStack

from dashboard.replay.clock import ReplayClock
from dashboard.replay.server import ReplayServer
from dashboard.replay.tape import Tape
from dashboard.venues.catalogue import CATALOGUE
from tests.faults.feeds import market_of_now
from tests.faults.kinds import KINDS, frozen
from tests.faults.proxy import FaultProxy
from tests.venues.push_server import push_server

REFUSED = "refused"
"""The fault that no proxy can serve: its port is closed."""
TOLD_EVERY_S = 0.1
FROZEN = "frozen"
DROPPED = "stream-drops"
"""The price stream comes, and drops every second."""
DROPPED_AFTER_S = 1.0
_SERVE = {kind.name: kind.serve for kind in KINDS}


class Venues:
    """The replay server and the proxies before it."""

    def __init__(self, venues: list[str]) -> None:
        now_ms = time.time_ns() // 1_000_000
        recording = market_of_now(venues, now_ms)
        clock = ReplayClock(recording.starts_ms, recording.ends_ms, 1.0, now_ms)
        self._server = ReplayServer(recording, clock)
        self._venues = venues
        self._proxies: dict[str, FaultProxy] = {}
        self._told = ""
        self._tapes = {market.venue: Tape(market) for market in recording.markets}
        self._now_ms = clock.now_ms
        self._streams = AsyncExitStack()

    async def serve(self) -> None:
        """Serve until the input ends."""
        upstream = await self._server.start()
        for venue in self._venues:
            self._proxies[venue] = FaultProxy(upstream)
            await self._proxies[venue].start()
        say({"urls": {venue: proxy.url for venue, proxy in self._proxies.items()}})
        waiting: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        threading.Thread(target=_read, args=(loop, waiting), daemon=True).start()
        while True:
            self._tell()
            try:
                line = await asyncio.wait_for(waiting.get(), TOLD_EVERY_S)
            except TimeoutError:
                continue
            if not line:
                break
            await self._do(json.loads(line))
        for proxy in self._proxies.values():
            await proxy.stop()
        await self._streams.aclose()
        await self._server.stop()

    async def _do(self, order: dict[str, str]) -> None:
        if "clear" in order:
            for proxy in self._proxies.values():
                proxy.clear()
                proxy.stream_url, proxy.drops = "", ("", 0.0)
                await proxy.listen()
            await self._streams.aclose()
        elif order["put"] == DROPPED:
            await self._stream(order["venue"])
        elif order["put"] == REFUSED:
            self._proxies[order["venue"]].refuse()
        else:
            serve = frozen() if order["put"] == FROZEN else _SERVE[order["put"]]
            for host in CATALOGUE[order["venue"]].hosts:
                self._proxies[order["venue"]].put(host, order["put"], serve)

    async def _stream(self, venue: str) -> None:
        """Push the true mark price of a venue, and drop every connection after a second."""
        tape = self._tapes[venue]
        pushing = push_server(venue, tape.market.market_id)
        server = await self._streams.enter_async_context(pushing)
        known = tape.mark(self._now_ms())
        assert known is not None
        server.mark, server.now_ms = known.value, self._now_ms
        proxy = self._proxies[venue]
        proxy.stream_url, proxy.drops = server.url, (DROPPED, DROPPED_AFTER_S)

    def _tell(self) -> None:
        served: dict[str, int] = {}
        for proxy in self._proxies.values():
            for (_, name), count in proxy.served.items():
                served[name] = served.get(name, 0) + count
        errors = [error for proxy in self._proxies.values() for error in proxy.errors]
        told = {"served": served, "errors": errors}
        if str(told) != self._told:
            self._told = str(told)
            say(told)


def say(message: object) -> None:
    """Write a JSON line."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _read(loop: asyncio.AbstractEventLoop, waiting: asyncio.Queue[str]) -> None:
    for line in sys.stdin:
        loop.call_soon_threadsafe(waiting.put_nowait, line)
    loop.call_soon_threadsafe(waiting.put_nowait, "")


if __name__ == "__main__":
    asyncio.run(Venues(sys.argv[1:]).serve())
