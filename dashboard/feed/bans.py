"""Pauses that venues demanded, remembered across a restart of the feed.

A venue that banned this address bans it longer for each request that comes before the ban's end,
and does not care that the program was started anew.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from dashboard.errors import StoreError
from dashboard.store.files import read_small_json, write_atomically
from dashboard.venues.fields import mapping, number

REMEMBERED_FROM_S = 10.0
"""Shorter pauses are over by the time that another feed has started."""

_log = logging.getLogger("liqline.feed")


def real_now_ms() -> int:
    """The computer's clock, ms UTC: bans end in real time, also while a recording plays."""
    return time.time_ns() // 1_000_000


class Bans:
    """When each venue may be asked again, kept in the JSON file at `path`; None keeps nothing."""

    def __init__(self, path: Path | None, now_ms: Callable[[], int] = real_now_ms) -> None:
        self._path = path
        self._now_ms = now_ms
        self._until_ms: dict[str, int] = {}
        if path is not None:
            with contextlib.suppress(OSError, ValueError):  # a lost file costs one refused request
                self._until_ms = _read(path)

    def rest_s(self, venue: str) -> float:
        """Seconds until `venue` may be asked."""
        return max(0.0, (self._until_ms.get(venue, 0) - self._now_ms()) / 1000.0)

    def note(self, venue: str, pause_s: float) -> None:
        """Remember that `venue` demanded a pause."""
        now_ms = self._now_ms()
        if self._path is None or pause_s < REMEMBERED_FROM_S:
            return
        still = {name: until for name, until in self._until_ms.items() if until > now_ms}
        self._until_ms = still | {venue: now_ms + int(pause_s * 1000)}
        try:
            write_atomically(self._path, json.dumps(self._until_ms).encode())
        except StoreError as error:
            _log.info("%s (%s)", error.user_message, error.detail)


def _read(path: Path) -> dict[str, int]:
    kept = mapping(read_small_json(path))
    return {name: int(until) for name, value in kept.items() if (until := number(value))}
