"""What a start needs from its surroundings: options, screen, lock, book, what was known last."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from PySide6.QtCore import QLockFile

from dashboard.errors import InputError, StoreError
from dashboard.feed.frames import Clock
from dashboard.market.instrument import InstrumentKey, TierTable
from dashboard.market.readings import Reading
from dashboard.store.book import BookStore
from dashboard.store.demo_book import DEMO_RECORDING, seed_demo_book
from dashboard.store.history import HistoryStore
from dashboard.store.paths import Places, file_name_part
from dashboard.store.tiers import load_tiers

_log = logging.getLogger("liqline.window")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppOptions:
    """What the command line asked for; None means the usual.

    `recording` is a name or path and None for the live venues; `size` is in pixels.
    """

    recording: str | None = None
    at_ms: int | None = None
    speed: float | None = None
    replay_port: int | None = None
    venues: Sequence[str] = ("binanceusdm", "bybit", "okx", "hyperliquid")
    data_dir: Path | None = None
    theme: str | None = None
    size: tuple[int, int] | None = None
    offscreen: bool = False
    screenshot: Path | None = None
    quit_after_s: float | None = None
    timings: bool = False


def choose_platform(options: AppOptions) -> None:
    """Draw off screen where that was asked for; refuse where there is nothing to draw on."""
    if options.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    has_screen = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"} & os.environ.keys()
    if sys.platform.startswith("linux") and not has_screen:
        raise InputError(
            "screen", "no screen was found; --offscreen --screenshot FILE renders to a picture"
        )


def lock_book(places: Places, options: AppOptions) -> QLockFile:
    """Hold the book: it has one writing process."""
    path = places.lock if options.recording is None else places.lock.with_suffix(".demo.lock")
    lock = QLockFile(str(path))
    if not lock.tryLock(0):
        raise StoreError(
            f'Liqline is already open on "{places.data}"; close it, or give another --data-dir'
        )
    return lock


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


def feed_arguments(options: AppOptions, places: Places) -> list[str]:
    """The command line of the feed for what was asked of the window."""
    at = None if options.at_ms is None else datetime.fromtimestamp(options.at_ms / 1000, UTC)
    named = {
        "--data-dir": None if options.data_dir is None else places.data,
        "--recording": options.recording,
        "--at": None if at is None else at.isoformat(),
        "--speed": options.speed,
        "--replay-port": options.replay_port,
    }
    given = [(name, str(value)) for name, value in named.items() if value is not None]
    return [word for pair in given for word in pair]
