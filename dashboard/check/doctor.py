"""What may be the matter with an installation, found from its files alone: `liqline doctor`."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from dashboard import __version__
from dashboard.errors import StoreError
from dashboard.settings import load_settings
from dashboard.store.book_file import backups
from dashboard.store.database import Database, is_intact
from dashboard.store.files import read_small_json
from dashboard.store.paths import Places
from dashboard.store.records import BOOK_SCHEMA, all_records
from dashboard.store.redaction import redacted

PARTS = ("PySide6-Essentials", "ccxt", "aiohttp", "numpy", "pandas", "msgspec", "pyqtgraph")
LARGEST_CHECKED_BYTES = 512 * 1024 * 1024
LEAST_FREE_BYTES = 200 * 1024 * 1024
LOG_LINES = 12
_LOG_TAIL_BYTES = 256 * 1024
_PAUSES = "venue-pauses.json"
_MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Line:
    """One finding; `bad` where something is the matter."""

    about: str
    text: str
    bad: bool = False


def examine(places: Places, now_ms: int) -> Iterator[Line]:
    """Every finding, changing nothing; no keys and no positions are among them."""
    yield from _versions()
    yield from _directories(places)
    yield from _books(places)
    yield from _recorded_books(places)
    yield from _histories(places)
    yield from _settings(places)
    yield from _pauses(places, now_ms)
    yield from _log(places)


def as_text(lines: Iterator[Line] | list[Line]) -> str:
    """Findings as aligned lines, those that are bad with a mark that needs no colour."""
    return "\n".join(
        f"{'!' if line.bad else ' '} {line.about:<18} {redacted(line.text)}" for line in lines
    )


def _versions() -> Iterator[Line]:
    yield Line("Liqline", __version__)
    yield Line("Python", f"{platform.python_version()} on {platform.platform()}")
    yield Line("SQLite", sqlite3.sqlite_version)
    for name in PARTS:
        try:
            yield Line(name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Line(name, "not installed", bad=not getattr(sys, "frozen", False))


def _directories(places: Places) -> Iterator[Line]:
    for about, folder in (
        ("data", places.data),
        ("settings", places.config),
        ("logs", places.logs),
    ):
        if not folder.is_dir():
            yield Line(about, f"{folder} is not there yet")
            continue
        files = [path for path in folder.rglob("*") if path.is_file()]
        size = sum(_size(path) for path in files)
        yield Line(about, f"{folder}: {len(files)} files, {size / _MEGABYTE:,.1f} MB")
    with contextlib.suppress(OSError):
        existing = next(path for path in (places.data, *places.data.parents) if path.exists())
        free = shutil.disk_usage(existing).free
        yield Line("free space", f"{free / _MEGABYTE:,.0f} MB", bad=free < LEAST_FREE_BYTES)


def _books(places: Places) -> Iterator[Line]:
    if not places.book.exists():
        yield Line("book", "none yet")
    else:
        yield _book(places.book, "book")
    held = backups(places.book)
    newest = f", the newest {held[0].name}" if held else ""
    yield Line("backups", f"{len(held)} of the book{newest}", bad=places.book.exists() and not held)
    for aside in sorted(places.data.glob("*.corrupt-*")):
        yield Line("set aside", f"{aside.name}: was damaged, kept to be looked at", bad=True)


def _recorded_books(places: Places) -> Iterator[Line]:
    """The books of recorded markets, which never mix with the trader's own."""
    for path in sorted(places.data.glob(f"{places.demo_book.stem}*.sqlite3")):
        if ".corrupt-" in path.name:
            continue
        found = _book(path, "recorded market")
        yield replace(found, text=f"{path.name}: {found.text}")


def _book(path: Path, about: str) -> Line:
    # Even a reader makes files beside a database; a copy is small.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        for suffix in ("", "-wal"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                shutil.copyfile(part, copy.with_name(copy.name + suffix))
        return _judged(copy, _size(path), about)


def _judged(path: Path, size: int, about: str) -> Line:
    try:
        with contextlib.closing(Database(path, BOOK_SCHEMA, read_only=True)) as database:
            if database.rows("PRAGMA integrity_check") != [("ok",)]:
                return Line(about, "contradicts itself", bad=True)
            records = all_records(database)
    except StoreError as error:
        return Line(about, error.user_message, bad=True)
    broken = sum(not record.is_whole for record in records)
    if broken:
        return Line(about, f"{broken} of {len(records)} entries are damaged", bad=True)
    return Line(about, f"sound, {len(records)} entries, {size / _MEGABYTE:,.2f} MB")


def _histories(places: Places) -> Iterator[Line]:
    for path in sorted(places.data.glob("history*.sqlite3")):
        size = _size(path)
        shown = f"{path.name}: {size / _MEGABYTE:,.1f} MB"
        if ".corrupt-" in path.name:
            continue
        if path.with_name(path.name + "-wal").exists():
            yield Line("history", f"{shown}, in use or not closed: not checked")
        elif size > LARGEST_CHECKED_BYTES:
            yield Line("history", f"{shown}: too large to be checked here")
        else:
            sound = is_intact(path)
            yield Line("history", f"{shown}, {'sound' if sound else 'damaged'}", bad=not sound)


def _settings(places: Places) -> Iterator[Line]:
    settings, complaints = load_settings(places.settings)
    yield Line("venues", ", ".join(settings.venues))
    for venue, url in settings.venue_urls.items():
        yield Line("other address", f"{venue} is asked at {url}")
    for complaint in complaints:
        yield Line("settings", complaint, bad=True)


def _pauses(places: Places, now_ms: int) -> Iterator[Line]:
    try:
        kept = read_small_json(places.data / _PAUSES)
    except (OSError, ValueError):
        return
    for venue, until_ms in kept.items() if isinstance(kept, dict) else ():
        if isinstance(until_ms, int) and now_ms < until_ms < now_ms + 10 * 86_400_000:
            until = datetime.fromtimestamp(until_ms / 1000, UTC)
            text = f"{venue} is not asked before {until:%Y-%m-%d %H:%M:%S} UTC, as it demanded"
            yield Line("pause", text, bad=True)


def _log(places: Places) -> Iterator[Line]:
    for path in (places.log, places.logs / "feed.log"):
        found = [line for line in _tail(path) if " ERROR " in line or " WARNING " in line]
        for line in found[-LOG_LINES:]:
            yield Line(path.name, line[:300])


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, _size(path) - _LOG_TAIL_BYTES))
            return file.read(_LOG_TAIL_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
