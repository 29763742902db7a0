"""The history's tables: series, their chunks, and which spans of them were fetched.

The chunks of a series never overlap and hold up to CHUNK_ROWS consecutive rows each.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from dashboard.store.chunks import ChunkError, Matrix, merge, pack, unpack, unpack_columns
from dashboard.store.coverage import Span, united, without
from dashboard.store.database import Database, Schema

CHUNK_ROWS = 2048

HISTORY_SCHEMA = Schema(
    title="history",
    synchronous="NORMAL",
    migrations=(
        (
            """CREATE TABLE series (
                id INTEGER PRIMARY KEY,
                venue TEXT NOT NULL,
                symbol TEXT NOT NULL,
                kind TEXT NOT NULL,
                timeframe TEXT NOT NULL,
                texts TEXT NOT NULL DEFAULT '[]',
                UNIQUE (venue, symbol, kind, timeframe)
            )""",
            """CREATE TABLE chunk (
                series INTEGER NOT NULL REFERENCES series (id),
                since_ms INTEGER NOT NULL,
                last_ms INTEGER NOT NULL,
                rows INTEGER NOT NULL,
                body BLOB NOT NULL,
                PRIMARY KEY (series, since_ms)
            )""",
            """CREATE TABLE hot (
                id INTEGER PRIMARY KEY,
                kind TEXT NOT NULL,
                at_ms INTEGER NOT NULL,
                body BLOB NOT NULL
            )""",
            "CREATE INDEX hot_by_kind ON hot (kind)",
            "CREATE TABLE latest (kind TEXT PRIMARY KEY, body BLOB NOT NULL)",
            """CREATE TABLE coverage (
                series INTEGER PRIMARY KEY REFERENCES series (id),
                spans TEXT NOT NULL
            )""",
        ),
    ),
)

# From the chunk that starts at or before the first time on; only that one may lie before it.
_CHUNKS_FROM = """
    SELECT since_ms, last_ms, rows, body FROM chunk
    WHERE series = :series AND since_ms <= :last AND since_ms >= COALESCE(
        (SELECT MAX(since_ms) FROM chunk WHERE series = :series AND since_ms <= :since), :since)
    ORDER BY since_ms"""

_log = logging.getLogger(__name__)


class _Chunk(NamedTuple):
    since_ms: int
    last_ms: int
    rows: int
    body: bytes


def put_rows(connection: sqlite3.Connection, series: int, rows: Matrix) -> None:
    """Merge `rows` into the chunks of a series, inside the caller's transaction."""
    if not len(rows):
        return
    width = rows.shape[1]
    merged = merge(np.empty((0, width)), rows)
    span = {"series": series, "since": int(merged[0, 0]), "last": int(merged[-1, 0])}
    for row in connection.execute(_CHUNKS_FROM, span).fetchall():
        chunk = _Chunk(*row)
        if chunk.last_ms < span["since"] and chunk.rows + len(rows) > CHUNK_ROWS:
            continue
        held = _unpacked(chunk, width)
        if held is None:
            _uncover(connection, series, (chunk.since_ms, chunk.last_ms + 1))
        else:
            merged = merge(held, merged)
        connection.execute(
            "DELETE FROM chunk WHERE series = ? AND since_ms = ?", (series, chunk.since_ms)
        )
    for start in range(0, len(merged), CHUNK_ROWS):
        piece = merged[start : start + CHUNK_ROWS]
        connection.execute(
            "INSERT INTO chunk VALUES (?, ?, ?, ?, ?)",
            (series, int(piece[0, 0]), int(piece[-1, 0]), len(piece), pack(piece)),
        )


def get_rows(
    database: Database,
    series: int,
    width: int,
    since_ms: int,
    until_ms: int,
    columns: Sequence[int],
) -> Matrix:
    """The rows of [since_ms, until_ms); `columns` (time first) of the `width` that are stored.

    A damaged chunk is left out and logged: its span reads as not recorded.
    """
    span = {"series": series, "since": since_ms, "last": until_ms - 1}
    chunks = [_Chunk(*row) for row in database.rows(_CHUNKS_FROM, span)]
    rows = np.empty((sum(chunk.rows for chunk in chunks), len(columns)))
    end = 0
    for chunk in chunks:
        try:
            unpack_columns(chunk.body, rows[end : end + chunk.rows], width, columns)
            end += chunk.rows
        except ChunkError as error:
            _log_damage(chunk, error)
    return within(rows[:end], since_ms, until_ms)


def within(rows: Matrix, since_ms: int, until_ms: int) -> Matrix:
    """The rows of [since_ms, until_ms) out of rows that ascend in time."""
    start, end = np.searchsorted(rows[:, 0], (since_ms, until_ms))
    return rows[start:end]


def spans_of(rows: Sequence[Sequence[str]]) -> list[Span]:
    """The spans in what a query for a series' coverage gave."""
    return msgspec.json.decode(rows[0][0], type=list[Span]) if rows else []


def cover(connection: sqlite3.Connection, series: int, span: Span) -> None:
    """Remember that `span` of a series was fetched, inside the caller's transaction."""
    _write_spans(connection, series, united(_read_spans(connection, series), span))


def _uncover(connection: sqlite3.Connection, series: int, span: Span) -> None:
    _write_spans(connection, series, without(_read_spans(connection, series), span))


def _read_spans(connection: sqlite3.Connection, series: int) -> list[Span]:
    return spans_of(
        connection.execute("SELECT spans FROM coverage WHERE series = ?", (series,)).fetchall()
    )


def _write_spans(connection: sqlite3.Connection, series: int, spans: list[Span]) -> None:
    text = msgspec.json.encode(spans).decode()
    connection.execute("INSERT OR REPLACE INTO coverage VALUES (?, ?)", (series, text))


def _unpacked(chunk: _Chunk, width: int) -> Matrix | None:
    try:
        return unpack(chunk.body, chunk.rows, width)
    except ChunkError as error:
        _log_damage(chunk, error)
        return None


def _log_damage(chunk: _Chunk, error: ChunkError) -> None:
    _log.warning(
        "a damaged piece of history (%d rows from %d ms) is left out: %s",
        chunk.rows,
        chunk.since_ms,
        error,
    )
