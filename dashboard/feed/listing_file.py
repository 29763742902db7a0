"""The last listing of each venue on disk, so that a start need not wait for the venue's."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from dashboard.errors import StoreError
from dashboard.store.files import read_small_json, write_atomically
from dashboard.venues.fields import mapping, number

LONGEST_KEPT_MS = 30 * 86_400_000
MAX_FILE_BYTES = 64 * 1024 * 1024
_FORMAT = 1

_log = logging.getLogger("liqline.feed")


class ListingFile:
    """The last listing of a venue, as ccxt read it, in a JSON file of `folder`."""

    def __init__(self, folder: Path, venue: str) -> None:
        self._path = folder / f"{venue}.json"

    def load(self, reader: str, now_ms: int) -> list[dict[str, object]]:
        """The markets that were kept; none where the file is absent, old, damaged or foreign.

        `reader` is the version of what reads listings: another one's listing is foreign.
        """
        try:
            kept = mapping(read_small_json(self._path, MAX_FILE_BYTES))
        except (OSError, ValueError):  # a lost file costs the wait for the venue
            return []
        saved_ms, markets = number(kept.get("saved_ms")), kept.get("markets")
        known = (kept.get("format"), kept.get("reader")) == (_FORMAT, reader)
        if not known or saved_ms is None or not isinstance(markets, list):
            return []
        if not 0 <= now_ms - saved_ms <= LONGEST_KEPT_MS:
            return []
        return [market for market in markets if isinstance(market, dict) and market.get("swap")]

    def save(self, markets: Sequence[Mapping[str, object]], reader: str, now_ms: int) -> None:
        """Keep `markets`; a disk that fails is logged, since the next start only waits longer."""
        body = {"format": _FORMAT, "reader": reader, "saved_ms": now_ms}
        perpetual = [market for market in markets if market.get("swap")]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(body | {"markets": perpetual}, separators=(",", ":"))
            write_atomically(self._path, text.encode())
        except (StoreError, OSError, TypeError, ValueError) as error:
            _log.info("the listing is not kept for the next start: %s", error)
