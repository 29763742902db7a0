"""From what difference on this computer's clock counts as wrong. Pure."""

from __future__ import annotations

CLOCK_OFF_MS = 2_000
"""A Date header says the second alone and comes late: less is not told apart from nothing."""


def counted_ms(ahead_ms: int | None) -> int:
    """By how much the computer is ahead of a venue (ms, negative behind), 0 where unknown or less
    than CLOCK_OFF_MS.
    """
    return 0 if ahead_ms is None or abs(ahead_ms) < CLOCK_OFF_MS else ahead_ms
