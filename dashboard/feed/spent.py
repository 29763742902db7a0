"""What was spent of the request budgets, remembered across a restart of the feed.

A venue counts a window on, however often the program starts in it; two starts in a minute would
otherwise spend the budget of one each.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from dashboard.errors import StoreError
from dashboard.feed.bans import real_now_ms
from dashboard.store.files import read_small_json, write_atomically
from dashboard.venues.fields import mapping, not_negative, number

LONGEST_WINDOW_MS = 300_000
"""Venues count over five minutes at most."""

_log = logging.getLogger("liqline.feed")


class Spent:
    """What each venue's budgets had been used at the last start, in the JSON file at `path`."""

    def __init__(self, path: Path | None, now_ms: Callable[[], int] = real_now_ms) -> None:
        self._path = path
        self._now_ms = now_ms
        self._before: Mapping[str, object] = {}
        if path is not None:
            try:
                kept = mapping(read_small_json(path))
            except (OSError, ValueError):  # a lost file is a first start
                return
            at_ms = number(kept.get("at_ms"))
            if at_ms is not None and 0 <= now_ms() - at_ms <= LONGEST_WINDOW_MS:
                self._before = mapping(kept.get("spent"))

    def before(self, venue: str) -> dict[str, float]:
        """The weight that the last run had spent of each budget of `venue`."""
        kept = mapping(self._before.get(venue))
        return {name: w for name, value in kept.items() if (w := not_negative(value)) is not None}

    def keep(self, spent: Mapping[str, Mapping[str, float]]) -> None:
        """Write down what is spent; a disk that fails costs the memory of it only."""
        if self._path is None:
            return
        body = {"at_ms": self._now_ms(), "spent": spent}
        try:
            write_atomically(self._path, json.dumps(body).encode())
        except StoreError as error:
            _log.info("%s (%s)", error.user_message, error.detail)
