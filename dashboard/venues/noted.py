"""Writes failures down once a minute each, however often they come and whatever is in them."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

from dashboard.errors import VenueError

NOTED_EVERY_S = 60.0
_MOST_KINDS = 200
_CHANGING = re.compile(r"[0-9a-fA-F]*\d[0-9a-fA-F]*")
"""Times, counts and the ids that servers give each answer."""

_log = logging.getLogger("liqline.feed")


class Noted:
    """What was written down lately about one venue. `clock_s` is monotonic."""

    def __init__(self, venue: str, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._venue = venue
        self._clock_s = clock_s
        self._at_s: dict[str, float] = {}

    def note(self, error: VenueError, about: str = "") -> None:
        """Log a failure, the same kind about the same thing at most once a minute."""
        now_s = self._clock_s()
        kind = f"{about} {_CHANGING.sub('#', error.user_message)}"
        if now_s < self._at_s.get(kind, -NOTED_EVERY_S) + NOTED_EVERY_S:
            return
        recent = {key: at_s for key, at_s in self._at_s.items() if now_s < at_s + NOTED_EVERY_S}
        if len(recent) >= _MOST_KINDS:
            return
        self._at_s = recent | {kind: now_s}
        said = f"{about}: {error.user_message}" if about else error.user_message
        _log.info("%s: %s (%s)", self._venue, said, error.detail)
