"""The book's rows: JSON bodies, each with a checksum over everything that it says.

SQLite's own check does not see a flipped bit inside a value; the checksum does.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple, TypeVar

import msgspec

from dashboard.errors import StoreError
from dashboard.store.database import DamagedError, Database, Schema

T = TypeVar("T")

BOOK_SCHEMA = Schema(
    title="book",
    synchronous="FULL",
    migrations=(
        (
            """CREATE TABLE record (
                kind TEXT NOT NULL,
                id TEXT NOT NULL,
                ordinal INTEGER NOT NULL,
                body TEXT NOT NULL,
                checksum INTEGER NOT NULL,
                PRIMARY KEY (kind, id)
            )""",
            "CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        ),
        # Bodies may say that a position is planned or closed from here on. The rows stay as they
        # are; a program that knows no such states would take every one of them for open.
        ("UPDATE state SET value = value",),
        # Notes say from here on that a position's liquidation price was crossed. The rows stay as
        # they are; a program that knows no such notes would show such a position as standing.
        ("UPDATE state SET value = value",),
    ),
)


class Record(NamedTuple):
    """One row of the book; `ordinal` keeps the trader's order within a kind."""

    kind: str
    id: str
    ordinal: int
    body: str
    checksum: int

    @property
    def is_whole(self) -> bool:
        """Whether the row still is what was written."""
        return self.checksum == _checksum(*self[:4])


def seal(kind: str, name: str, ordinal: int, value: object) -> Record:
    """The row for `value`.

    Raises StoreError where reading it back would give something else, as with a NaN.
    """
    body = msgspec.json.encode(value).decode()
    try:
        same = msgspec.json.decode(body, type=type(value)) == value
    except msgspec.ValidationError:
        same = False
    if not same:
        raise StoreError(f'the {kind} "{name}" cannot be stored without changing it')
    return Record(kind, name, ordinal, body, _checksum(kind, name, ordinal, body))


def unseal(record: Record, of_type: type[T]) -> T:
    """The value of a row; raises DamagedError where it is not what was written."""
    if not record.is_whole:
        raise DamagedError(f'the {record.kind} "{record.id}" in the book is damaged')
    try:
        return msgspec.json.decode(record.body, type=of_type)
    except msgspec.MsgspecError as error:
        raise DamagedError(
            f'the {record.kind} "{record.id}" in the book cannot be read', detail=repr(error)
        ) from error


def all_records(database: Database) -> list[Record]:
    """Every row of a book, whole or not."""
    rows = database.rows("SELECT kind, id, ordinal, body, checksum FROM record ORDER BY 1, 3")
    return [Record(*row) for row in rows]


def insert(database: Database, record: Record) -> None:
    """Write a row, in the place of the one with its kind and id."""
    database.rows("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)", record)


def _checksum(kind: str, name: str, ordinal: int, body: str) -> int:
    return zlib.crc32("\0".join((kind, name, str(ordinal), body)).encode())
