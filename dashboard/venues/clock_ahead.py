"""By how much this computer's clock is ahead of a venue's, by the Date header of its answers."""

from __future__ import annotations

from collections import deque
from email.utils import parsedate_to_datetime
from statistics import median

ANSWERS_JUDGED = 9
LEAST_ANSWERS = 3
_HALF_SECOND_MS = 500
"""A Date header leaves the fraction of the second out."""


class ClockAhead:
    """The median over the last answers, so that one slow answer means nothing."""

    def __init__(self) -> None:
        self._found: deque[int] = deque(maxlen=ANSWERS_JUDGED)

    @property
    def ahead_ms(self) -> int | None:
        """Milliseconds, negative where the computer is behind; None after too few answers."""
        if len(self._found) < LEAST_ANSWERS:
            return None
        return round(median(self._found))

    def note(self, date: str, now_ms: int) -> None:
        """Take in what an answer, received at `now_ms` (ms UTC), says; nonsense is ignored."""
        try:
            stamped_ms = round(parsedate_to_datetime(date).timestamp() * 1000)
        except (ValueError, OverflowError):
            return
        self._found.append(now_ms - stamped_ms - _HALF_SECOND_MS)
