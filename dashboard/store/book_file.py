"""The book's file: backed up after each edit, put back from a backup where it is damaged."""

from __future__ import annotations

import contextlib
import logging
import shutil
from datetime import datetime
from pathlib import Path

from dashboard.errors import StoreError
from dashboard.store.database import (
    DamagedError,
    Database,
    ForeignError,
    backup_directory,
    is_intact,
    set_aside,
)
from dashboard.store.records import BOOK_SCHEMA, Record, all_records, insert

BACKUP_DAYS_KEPT = 14

_log = logging.getLogger(__name__)


def open_book(path: Path, now: datetime) -> tuple[Database, tuple[str, ...]]:
    """The sound book at `path`, and what the trader must know about how it became that.

    A damaged one is kept aside; the newest sound backup takes its place, or the entries that
    can still be read where there is none. Raises StoreError where the book cannot be used.
    """
    held = backups(path)
    try:
        return _open_sound(path), ()
    except (DamagedError, ForeignError) as error:
        if isinstance(error, ForeignError) and not held:
            raise
        _log.warning("%s: %s", error, error.detail)
        return _restore(path, held, now)


def renew_backup(database: Database, now: datetime) -> None:
    """Put today's backup in the place of the earlier one; only BACKUP_DAYS_KEPT days are kept.

    A failure is logged and not raised, because the book itself is on disk.
    """
    path = database.path
    target = backup_directory(path) / f"{path.stem}-{now:%Y%m%d}.sqlite3"
    fresh = target.with_suffix(".new")
    try:
        database.back_up(fresh)
        if not _is_sound_file(fresh):
            fresh.unlink()
            raise DamagedError("the copy has damaged entries")
        fresh.replace(target)
        for old in backups(path)[BACKUP_DAYS_KEPT:]:
            old.unlink()
    except (StoreError, OSError) as error:
        _log.warning("%s was saved but not backed up: %s", path.name, error)


def backups(path: Path) -> list[Path]:
    """The daily backups of the book at `path`, newest first."""
    days = "[0-9]" * 8
    return sorted(backup_directory(path).glob(f"{path.stem}-{days}.sqlite3"), reverse=True)


def _open_sound(path: Path) -> Database:
    if path.exists() and path.stat().st_size == 0 and backups(path):
        raise DamagedError(f'the book "{path}" is empty')
    database = Database(path, BOOK_SCHEMA)
    try:
        _check(database)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: Database) -> None:
    if database.rows("PRAGMA integrity_check") != [("ok",)]:
        raise DamagedError(f'the book "{database.path}" contradicts itself')
    if not all(record.is_whole for record in all_records(database)):
        raise DamagedError(f'the book "{database.path}" has damaged entries')


def _is_sound_file(path: Path) -> bool:
    if not is_intact(path):
        return False
    try:
        with contextlib.closing(Database(path, BOOK_SCHEMA, read_only=True)) as database:
            _check(database)
    except StoreError:
        return False
    return True


def _restore(path: Path, held: list[Path], now: datetime) -> tuple[Database, tuple[str, ...]]:
    aside = set_aside(path, f"{now:%Y%m%dT%H%M%S}")
    kept = f'the damaged file is kept as "{aside}"'
    for backup in held:
        if _is_sound_file(backup):
            shutil.copyfile(backup, path)
            day = datetime.strptime(backup.stem[-8:], "%Y%m%d").replace(tzinfo=now.tzinfo)
            notice = f"the book was damaged; the backup of {day:%Y-%m-%d} took its place; {kept}"
            return _open_sound(path), (notice,)
    return _salvage(path, aside, kept)


def _salvage(path: Path, aside: Path, kept: str) -> tuple[Database, tuple[str, ...]]:
    readable = _readable(aside)
    whole = [record for record in readable if record.is_whole]
    database = _open_sound(path)
    with database.transaction():
        for record in whole:
            insert(database, record)
    notice = (
        "the book was damaged and there is no backup of it; "
        f"{len(whole)} of {len(readable)} readable entries were whole and are back; {kept}"
    )
    return database, (notice,)


def _readable(path: Path) -> list[Record]:
    try:
        with contextlib.closing(Database(path, BOOK_SCHEMA, read_only=True)) as database:
            return all_records(database)
    except StoreError as error:
        _log.warning("nothing could be read from the damaged book: %s", error)
        return []
