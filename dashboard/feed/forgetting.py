"""Removes what the history has of long ago, once a day, as long as the trader set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dashboard.feed.recorder import Recorder

DAY_MS = 86_400_000
FIRST_AFTER_S = 60.0
"""The start has better to do; what is old may wait."""
AGAIN_AFTER_S = 86_400.0


class Forgetting:
    """Keeps the history to so many days; `days` 0 keeps all of it, as it is until `keep`."""

    def __init__(
        self, recorder: Recorder, now_ms: Callable[[], int], say: Callable[[str], None]
    ) -> None:
        self._recorder = recorder
        self._now_ms = now_ms
        self._say = say
        self._days = 0
        self._changed = asyncio.Event()

    def keep(self, days: int) -> None:
        """Keep so many days from now on."""
        if days != self._days:
            self._days = days
            self._changed.set()

    async def run(self, first_after_s: float = FIRST_AFTER_S) -> None:
        """Forget until cancelled."""
        wait_s: float | None = None
        while True:
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
                self._changed.clear()
                wait_s = first_after_s if self._days else None
            except TimeoutError:
                await self._forget()
                wait_s = AGAIN_AFTER_S

    async def _forget(self) -> None:
        dropped = await self._recorder.forget_before(self._now_ms() - self._days * DAY_MS)
        if dropped:
            self._say(f"{dropped:,} rows of the history older than {self._days} days were removed")
