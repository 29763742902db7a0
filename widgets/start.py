"""What the window starts with: its book, what was known last, and the feed's command line."""

from __future__ import annotations

import logging
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import cast

from dashboard.errors import StoreError
from dashboard.feed.frames import Clock
from dashboard.market.instrument import InstrumentKey, TierTable
from dashboard.market.readings import Reading
from dashboard.store.book import BookStore
from dashboard.store.demo_book import DEMO_RECORDING, seed_demo_book
from dashboard.store.history import HistoryStore
from dashboard.store.paths import Places, file_name_part
from dashboard.store.tiers import load_tiers
from widgets.options import AppOptions

_log = logging.getLogger("liqline.window")


def open_book(places: Places, recording: str | None) -> BookStore:
    """The trader's book, or one of a recording's own that never mixes with it."""
    if recording is None:
        return BookStore(places.book)
    if recording == DEMO_RECORDING:
        store = BookStore(places.demo_book)
        seed_demo_book(store)
        return store
    name = file_name_part(Path(recording).stem)
    return BookStore(places.demo_book.with_name(f"demo-book-of-{name}.sqlite3"))


def last_readings(history: Path) -> list[Reading]:
    """What the session before received last; nothing where there was none."""
    if not history.exists():
        return []
    try:
        store = HistoryStore(history, read_only=True)
        try:
            return store.last_readings()
        finally:
            store.close()
    except StoreError as error:
        _log.info("no readings of the session before: %s", error.user_message)
        return []


def kept_tables(data: Path) -> MutableMapping[InstrumentKey, TierTable]:
    """The tier tables that are bundled or kept; never written to, though ChainMap wants it so."""
    return cast(MutableMapping[InstrumentKey, TierTable], load_tiers(data).tables)


def first_clock(options: AppOptions) -> Clock:
    """What stands until the feed says what time it is."""
    if options.recording is None:
        return Clock(now_ms=time.time_ns() // 1_000_000, speed=1.0, paused=False)
    return Clock(now_ms=options.at_ms or 0, speed=1.0, paused=True, recording=options.recording)
