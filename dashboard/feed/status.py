"""How a venue is doing, in words for the status bar. Pure."""

from __future__ import annotations

from dashboard.errors import VenueError, VenueUnavailableError
from dashboard.feed.frames import VenueStatus
from dashboard.venues.failures import VenueDownError
from dashboard.venues.limiter import Usage

CONNECTING, OK, FAILING, OFF = "connecting", "ok", "failing", "off"


class VenueHealth:
    """Remembers what of a venue works and what does not."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._contracts = 0
        self._answered_ms = 0
        self._down: VenueError | None = None
        self._broken = ""
        self._failing: dict[str, str] = {}

    def watching(self, contracts: int) -> None:
        """So many contracts are polled."""
        self._contracts = contracts

    def answered(self, what: str, now_ms: int) -> None:
        """A question about `what` was answered well."""
        self._answered_ms = now_ms
        self._down = None
        self._broken = ""
        self._failing.pop(what, None)

    def failed(self, error: VenueError, what: str) -> None:
        """A question about `what` failed; "" where nothing shown depends on it."""
        if isinstance(error, VenueDownError | VenueUnavailableError):
            self._down = error
        elif what:
            self._failing[what] = error.user_message

    def broke(self, reason: str) -> None:
        """Our own code failed over this venue and starts again."""
        self._broken = reason

    def status(
        self,
        next_try_s: float,
        usage: Usage | None,
        prices_text: str = "",
        clock_ahead_ms: int | None = None,
    ) -> VenueStatus:
        """The state and its words; `next_try_s` is the wait while the venue is left alone.

        `usage` is of the fullest request budget, None to leave it out.
        """
        state, text = self._said(next_try_s)
        return VenueStatus(
            self._venue,
            state,
            text,
            self._answered_ms,
            None if usage is None else usage.share,
            "" if usage is None else _budget_text(usage),
            prices_text,
            clock_ahead_ms,
        )

    def _said(self, next_try_s: float) -> tuple[str, str]:
        if self._broken:
            return FAILING, f"polling broke and is started again: {self._broken}"
        if self._down is not None:
            state = OFF if isinstance(self._down, VenueUnavailableError) else FAILING
            return state, self._down.user_message + _again(next_try_s)
        if self._failing:
            return FAILING, "; ".join(f"{what}: {why}" for what, why in self._failing.items())
        if not self._answered_ms:
            return CONNECTING, f"asking {self._venue} for its contracts"
        contracts = "1 contract" if self._contracts == 1 else f"{self._contracts} contracts"
        return OK, contracts


def _budget_text(usage: Usage) -> str:
    allowed = f"{usage.budget.limit:,} in {usage.budget.window_s:g} s"
    return (
        f'{usage.share:.0%} of the request budget "{usage.name}" is used ({allowed} are allowed); '
        "this program stays under half of them"
    )


def _again(seconds: float) -> str:
    if not 0 < seconds < float("inf"):
        return ""
    if seconds < 120:
        return f"; asked again in {seconds:.0f} s"
    if seconds < 7200:
        return f"; asked again in {seconds / 60:.0f} min"
    return f"; asked again in {seconds / 3600:.0f} h"
