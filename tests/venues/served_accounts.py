"""Venues that tell of accounts, served from a thread for what runs a loop of its own."""

from __future__ import annotations

import asyncio
import threading

from tests.venues.account_answers import ANSWERS, account_server


class Served:
    """Venues on loopback that tell of accounts, in a loop of their own."""

    def __init__(self, venue: str) -> None:
        self.url = ""
        self._venue = venue
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(20)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        async with account_server(ANSWERS[self._venue]) as (_, url):
            self.url = url
            self._ready.set()
            await self._stop.wait()
