"""Keeps what we ask of a venue under its budgets, on the event loop's own clock.

ccxt's throttle counts wall-clock time and undercounts some calls, so it is switched off and this
stands in its place: a sliding window per budget, and pauses that the venue demanded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

from dashboard.venues.entry import Budget

SHARE_OF_BUDGET = 0.5
"""Others may ask from the same address; we use at most half of what is allowed."""
REPLAY_BUDGET = Budget(limit=4, window_s=1.0)
"""However fast a recording runs, a venue is asked at most so many times a real second."""


class _Window:
    """The weight spent on one budget in its window."""

    def __init__(self, limit: float, window_s: float) -> None:
        self._limit = limit
        self._window_s = window_s
        self._spent: deque[tuple[float, float]] = deque()
        self._total = 0.0
        self.turn = asyncio.Lock()

    def total(self, now_s: float) -> float:
        """The weight spent in the window that ends now."""
        while self._spent and self._spent[0][0] <= now_s - self._window_s:
            self._total -= self._spent.popleft()[1]
        return self._total

    def wait_s(self, weight: float, now_s: float) -> float:
        """Seconds until `weight` more fits; a weight above the limit fits an empty window."""
        over = self.total(now_s) + min(weight, self._limit) - self._limit
        for spent_at_s, spent in self._spent:
            if over <= 1e-9:
                return 0.0
            over -= spent
            if over <= 1e-9:
                return max(0.0, spent_at_s + self._window_s - now_s)
        return 0.0

    def spend(self, weight: float, now_s: float) -> None:
        self._spent.append((now_s, weight))
        self._total += weight

    def share_used(self, now_s: float) -> float:
        return self.total(now_s) / self._limit


class Limiter:
    """Grants requests one after another; each waits only for the budgets it charges."""

    def __init__(
        self,
        budgets: Mapping[str, Budget],
        clock_s: Callable[[], float],
        *,
        share: float = SHARE_OF_BUDGET,
        every_request: Budget | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock_s = clock_s
        self._sleep = sleep
        self._windows = {
            name: _Window(budget.limit * share, budget.window_s) for name, budget in budgets.items()
        }
        self._every_request = (
            _Window(every_request.limit, every_request.window_s) if every_request else None
        )
        self._paused_until_s = 0.0

    async def take(self, charges: Mapping[str, int], requests: int = 1) -> None:
        """Wait until `charges` fit their budgets and no pause holds, then count them as spent.

        `requests` is how many requests go out for them.
        """
        for name, weight in sorted(charges.items()):
            await self._take_from(self._windows[name], weight)
        if self._every_request is not None:
            await self._take_from(self._every_request, requests)
        while (wait_s := self.pause_s()) > 0:
            await self._sleep(wait_s)

    async def _take_from(self, window: _Window, weight: float) -> None:
        async with window.turn:
            while (wait_s := window.wait_s(weight, self._clock_s())) > 0:
                await self._sleep(wait_s)
            window.spend(weight, self._clock_s())

    def pause(self, seconds: float) -> None:
        """Grant nothing for `seconds`, as the venue demanded."""
        self._paused_until_s = max(self._paused_until_s, self._clock_s() + seconds)

    def pause_s(self) -> float:
        """Seconds for which nothing is granted."""
        return self._paused_until_s - self._clock_s()

    def observe_used(self, name: str, used: float) -> None:
        """The venue says that `used` of a budget is gone: count what others spent, too."""
        window = self._windows[name]
        now_s = self._clock_s()
        unseen = used - window.total(now_s)
        if unseen > 0:
            window.spend(unseen, now_s)

    def share_used(self) -> float:
        """The fullest budget, as a fraction of what we allow ourselves."""
        now_s = self._clock_s()
        return max((window.share_used(now_s) for window in self._windows.values()), default=0.0)
