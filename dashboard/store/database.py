"""SQLite with the settings, the migrations and the sentences that all our databases share."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dashboard.errors import StoreError
from dashboard.store.files import reason, sync_directory

APPLICATION_ID = 0x4C697160
"""Marks a file as ours ("Liq`" in ASCII), so that another program's database is refused."""

_MAGIC = b"SQLite format 3\x00"
_BUSY_TIMEOUT_SECONDS = 5.0
_PAGES_AHEAD = 3000
"""Pages of 4 KiB that a file written all the time may have ahead of it before they are moved in."""


class DamagedError(StoreError):
    """The file is no database or its pages contradict each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What a database holds: `migrations[n]` are the statements from version n to n + 1.

    `title` is what the trader calls it. FULL survives a power cut with the last commit, NORMAL
    may lose the last ones but never the file.
    """

    title: str
    synchronous: Literal["FULL", "NORMAL"]
    migrations: tuple[tuple[str, ...], ...]

    @property
    def version(self) -> int:
        return len(self.migrations)


class ForeignError(StoreError):
    """The file is a sound database, but of another program."""


class Database:
    """One connection, usable from any thread, one at a time.

    Raises StoreError with a sentence for the trader from every method, DamagedError where the
    file itself is bad.
    """

    def __init__(self, path: Path, schema: Schema, *, read_only: bool = False) -> None:
        self.path = path
        self.schema = schema
        self._lock = threading.RLock()
        self._identity: tuple[int, int] | None = None
        with _explained(path, schema.title):
            version = _peek(path, schema)
            if read_only:
                self._connection = _open_to_read(path, schema, version)
                self._identity = _identity(path)
                return
            self._connection = _open_to_write(path, schema)
            self._identity = _identity(path)
        try:
            if version < schema.version:
                self._migrate(version)
        except BaseException:
            self.close()
            raise

    def rows(
        self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows that a query gives."""
        with self._lock, _explained(self.path, self.schema.title):
            return self._connection.execute(sql, parameters).fetchall()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is committed together, or nothing where it raises."""
        with self._lock, _explained(self.path, self.schema.title):
            self._check_place()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite roll back by itself; a second ROLLBACK would hide that.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def bytes_used(self) -> int:
        """What the file and what is written ahead of it take on the disk, in bytes."""
        parts = (self.path.with_name(self.path.name + suffix) for suffix in ("", "-wal"))
        with _explained(self.path, self.schema.title):
            return sum(part.stat().st_size for part in parts if part.exists())

    def back_up(self, target: Path) -> None:
        """Put a consistent copy at `target`, whole or not at all."""
        # Copying the file would miss what still stands in the write-ahead log.
        partial = target.with_name(f".{target.name}.partial")
        with self._lock, _explained(target, f"backup of the {self.schema.title}"):
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            with contextlib.closing(sqlite3.connect(partial)) as copy:
                self._connection.backup(copy)
                # The copy inherits the write-ahead mode, whose readers leave files beside it.
                copy.execute("PRAGMA journal_mode=DELETE")
            # replace() puts the partial copy in the place of the old one only when it is whole.
            partial.replace(target)
            sync_directory(target.parent)

    def close(self) -> None:
        """Close the connection; further calls do nothing."""
        with self._lock:
            self._connection.close()

    def _check_place(self) -> None:
        """Raise StoreError where the file was taken away: what is written to it then is lost."""
        # A system that deletes or moves an open file lets us write on into nowhere.
        if _identity(self.path) != self._identity:
            raise StoreError(
                f'the {self.schema.title} "{self.path}" is gone: it was moved, deleted or '
                "replaced; put it back or start Liqline again"
            )

    def _migrate(self, version: int) -> None:
        if version > 0:
            self.back_up(backup_directory(self.path) / f"{self.path.stem}-v{version}.sqlite3")
        with self.transaction() as connection:
            for statements in self.schema.migrations[version:]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={self.schema.version}")


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at `path`, None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def backup_directory(path: Path) -> Path:
    """Where the backups of the database at `path` are kept."""
    return path.parent / "backups"


def is_intact(path: Path) -> bool:
    """Whether the database at `path`, which nobody has open, passes SQLite's own check."""
    try:
        if not _has_header(path):
            return False
        with contextlib.closing(_connect(path, "mode=ro&immutable=1")) as connection:
            return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    except (sqlite3.Error, OSError):
        return False


def set_aside(path: Path, instant: str) -> Path:
    """Move a damaged database with its log out of the way, to be looked at later."""
    aside = path.with_name(f"{path.stem}.corrupt-{instant}{path.suffix}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    return aside


def _has_header(path: Path) -> bool:
    # SQLite takes a file shorter than its header for an empty one and would write over it.
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _connect(path: Path, query: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{query}",
        uri=True,
        timeout=_BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _peek(path: Path, schema: Schema) -> int:
    """The version of the file at `path`, 0 where there is none yet; leaves every byte alone."""
    if not path.exists() or path.stat().st_size == 0:
        return 0
    if not _has_header(path):
        raise DamagedError(f'the {schema.title} "{path}" is damaged: it is no database')
    # Without a log beside it nobody writes, and an immutable open makes no files of its own.
    log = path.with_name(path.name + "-wal")
    mode = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    with contextlib.closing(_connect(path, mode)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if tables and owner != APPLICATION_ID:
        raise ForeignError(f'"{path}" is a database of another program, not a {schema.title}')
    if version > schema.version:
        raise StoreError(
            f'the {schema.title} "{path}" is of version {version}, written by a newer Liqline; '
            f"this one reads up to version {schema.version} and left it untouched"
        )
    return int(version)


def _open_to_read(path: Path, schema: Schema, version: int) -> sqlite3.Connection:
    if not path.exists():
        raise StoreError(f'there is no {schema.title} at "{path}" yet')
    if version < schema.version:
        raise StoreError(
            f'the {schema.title} "{path}" is of version {version}; '
            "start Liqline once to bring it up to date"
        )
    return _connect(path, "mode=ro")


def _open_to_write(path: Path, schema: Schema) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connect(path, "mode=rwc")
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={schema.synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        if schema.synchronous == "NORMAL":
            connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_AHEAD}")
    except BaseException:
        connection.close()
        raise
    return connection


_SENTENCES: dict[int, str] = {
    sqlite3.SQLITE_FULL: "the disk is full, so the {title} could not be written; "
    "what was saved before is intact",
    sqlite3.SQLITE_READONLY: 'the {title} "{path}" is read-only',
    sqlite3.SQLITE_PERM: 'the {title} "{path}" may not be opened',
    sqlite3.SQLITE_CANTOPEN: 'the {title} "{path}" cannot be opened',
    sqlite3.SQLITE_IOERR: 'the disk failed while reading or writing the {title} "{path}"',
    sqlite3.SQLITE_BUSY: 'the {title} "{path}" is in use by another program',
    sqlite3.SQLITE_LOCKED: 'the {title} "{path}" is in use by another program',
    sqlite3.SQLITE_TOOBIG: "a value is too large for the {title}",
}
# Our statements never change, so one that SQLite does not understand met a layout that is not ours.
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


@contextlib.contextmanager
def _explained(path: Path, title: str) -> Iterator[None]:
    """Turn what SQLite and the file system raise into a StoreError with a sentence."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED or (code == 0 and isinstance(error, sqlite3.OperationalError)):
            raise DamagedError(f'the {title} "{path}" is damaged', detail=repr(error)) from error
        sentence = _SENTENCES.get(code, 'the {title} "{path}" could not be used: {error}')
        raise StoreError(
            sentence.format(title=title, path=path, error=error), detail=repr(error)
        ) from error
    except OSError as error:
        raise StoreError(
            f'the {title} "{path}" cannot be used: {reason(error)}', detail=repr(error)
        ) from error
