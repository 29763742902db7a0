"""Keeps what we ask of a venue under its budgets, on the event loop's own clock.

ccxt's throttle counts wall-clock time and undercounts some calls, so it is switched off and this
stands in its place: a sliding window per budget, and pauses that the venue demanded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import NamedTuple

from dashboard.venues.entry import Budget

SHARE_OF_BUDGET = 0.49
"""Others may ask from the same address; we stay under half of what is allowed."""
LATENCY_S = 0.25
"""What a window is longer than the venue's: requests reach it unevenly late."""
RESERVED_SHARE = 0.1
"""Of our share, kept for what somebody waits for: histories alone would use all of a minute's."""
_RESERVED_FROM = 100.0
"""Budgets of fewer units have none to spare."""


class Usage(NamedTuple):
    """How much of a venue's `budget` called `name` is used, as a fraction of the whole of it."""

    name: str
    share: float
    budget: Budget


class Allowance(NamedTuple):
    """`per_s` requests a real second; up to `at_once` are saved up while fewer are sent."""

    per_s: float
    at_once: float


REPLAY_ALLOWANCE = Allowance(per_s=4.0, at_once=40.0)
"""However fast a recording runs; what is saved up fills a new window at once."""


class _Window:
    """The weight spent on one budget in its window."""

    def __init__(self, limit: float, window_s: float) -> None:
        self._limit = limit
        self._reserved = limit * RESERVED_SHARE if limit >= _RESERVED_FROM else 0.0
        self._window_s = window_s
        self._spent: deque[tuple[float, float]] = deque()
        self._total = 0.0
        self.turn = asyncio.Lock()

    def total(self, now_s: float) -> float:
        """The weight spent in the window that ends now."""
        while self._spent and self._spent[0][0] <= now_s - self._window_s:
            self._total -= self._spent.popleft()[1]
        return self._total

    def wait_s(self, weight: float, now_s: float, *, urgent: bool = False) -> float:
        """Seconds until `weight` more fits; a weight above the limit fits an empty window."""
        limit = self._limit if urgent else self._limit - self._reserved
        over = self.total(now_s) + min(weight, limit) - limit
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


class _Savings:
    """What is left of an allowance."""

    def __init__(self, allowance: Allowance, now_s: float) -> None:
        self._allowance = allowance
        self._left = allowance.at_once
        self._at_s = now_s
        self.turn = asyncio.Lock()

    def _settle(self, now_s: float) -> None:
        per_s, at_once = self._allowance
        self._left = min(at_once, self._left + (now_s - self._at_s) * per_s)
        self._at_s = now_s

    def wait_s(self, requests: float, now_s: float, *, urgent: bool = False) -> float:  # noqa: ARG002 (as a window's)
        """Seconds until so many may go out at once, urgent or not; all of it at most."""
        self._settle(now_s)
        lacking = min(requests, self._allowance.at_once) - self._left
        return lacking / self._allowance.per_s if lacking > 1e-9 else 0.0

    def spend(self, requests: float, now_s: float) -> None:
        self._settle(now_s)
        self._left -= requests


def _window_of(budget: Budget, share: float, latency_s: float) -> _Window:
    """The window of our share; where that is less than one request, one in a longer window."""
    limit = budget.limit * share
    stretch = max(1.0, 1.0 / limit)
    return _Window(limit * stretch, budget.window_s * stretch + latency_s)


class Limiter:
    """Grants requests one after another; each waits only for the budgets it charges."""

    def __init__(
        self,
        budgets: Mapping[str, Budget],
        clock_s: Callable[[], float],
        *,
        share: float = SHARE_OF_BUDGET,
        every_request: Allowance | None = None,
        latency_s: float = LATENCY_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock_s = clock_s
        self._sleep = sleep
        self._budgets = dict(budgets)
        self._windows = {
            name: _window_of(budget, share, latency_s) for name, budget in budgets.items()
        }
        self._every_request = _Savings(every_request, clock_s()) if every_request else None
        self._paused_until_s = 0.0

    async def take(
        self, charges: Mapping[str, int], requests: int = 1, *, urgent: bool = False
    ) -> None:
        """Wait until `charges` fit their budgets and no pause holds, then count them as spent.

        `requests` is how many requests go out for them. What is `urgent` does not queue behind
        what came before, and has a part of the budget for itself.
        """
        spending: list[tuple[_Window | _Savings, int]] = [
            (self._windows[name], weight) for name, weight in sorted(charges.items())
        ]
        if self._every_request is not None:
            spending.append((self._every_request, requests))
        async with AsyncExitStack() as turns:
            for window, _ in () if urgent else spending:
                await turns.enter_async_context(window.turn)
            while (wait_s := self._wait_s(spending, urgent=urgent)) > 0:
                await self._sleep(wait_s)
            for window, weight in spending:
                window.spend(weight, self._clock_s())

    def _wait_s(self, spending: list[tuple[_Window | _Savings, int]], *, urgent: bool) -> float:
        """Seconds until all of it fits at once, so that it is counted when it is sent."""
        now_s = self._clock_s()
        waits = (window.wait_s(weight, now_s, urgent=urgent) for window, weight in spending)
        return max([self.pause_s(), *waits])

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

    def observe_left(self, name: str, left: float, limit: float | None) -> None:
        """The venue says that `left` of `limit` (of the budget's own where None) remain.

        A venue may say it of a shorter window than the budget's; then the share counts.
        """
        budget = self._budgets[name]
        whole = limit or budget.limit
        self.observe_used(name, max(0.0, 1.0 - left / whole) * budget.limit)

    def spent(self) -> dict[str, float]:
        """The weight in each budget's window, where there is any."""
        now_s = self._clock_s()
        totals = {name: window.total(now_s) for name, window in self._windows.items()}
        return {name: total for name, total in totals.items() if total > 0}

    def assume_spent(self, spent: Mapping[str, float]) -> None:
        """Count what an earlier run of this program spent just now."""
        for name, weight in spent.items():
            if name in self._windows:
                self.observe_used(name, weight)

    def fullest(self) -> Usage | None:
        """The budget of which the largest share is used; None where the venue has none."""
        now_s = self._clock_s()
        used = [
            Usage(name, self._windows[name].total(now_s) / budget.limit, budget)
            for name, budget in self._budgets.items()
        ]
        return max(used, key=lambda usage: usage.share, default=None)
