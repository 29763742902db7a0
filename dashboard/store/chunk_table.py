"""The history's tables: series, their chunks, and which spans of them were fetched.

The chunks of a series never overlap and hold up to CHUNK_ROWS consecutive rows each.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from dashboard.store.chunks import ChunkError, Matrix, merge, pack, unpack, unpack_columns
from dashboard.store.connection import Connection, HistoryDatabase
from dashboard.store.coverage import Span, united, without

CHUNK_ROWS = 8192
_WORTH_REWRITING = 4
"""A chunk is written anew with the rows after it where it holds up to so many times theirs."""

# From the chunk that starts at or before the first time on; only that one may lie before it.
_CHUNKS_FROM = """
    SELECT since_ms, last_ms, rows, body FROM chunk
    WHERE series = :series AND since_ms <= :last AND since_ms >= COALESCE(
        (SELECT MAX(since_ms) FROM chunk WHERE series = :series AND since_ms <= :since), :since)
    ORDER BY since_ms"""

_CHUNK_BEFORE = """
    SELECT since_ms, last_ms, rows, body FROM chunk
    WHERE series = :series AND since_ms < :since ORDER BY since_ms DESC LIMIT 1"""
_CHUNK_AFTER = """
    SELECT since_ms, last_ms, rows, body FROM chunk
    WHERE series = :series AND since_ms > :since ORDER BY since_ms LIMIT 1"""

_INSERT = "INSERT INTO chunk VALUES (:series, :since, :last, :rows, :body)"
_DELETE = "DELETE FROM chunk WHERE series = :series AND since_ms = :since"
_SPANS = "SELECT spans FROM coverage WHERE series = :series"
_KEEP_SPANS = """
    INSERT INTO coverage VALUES (:series, :spans)
    ON CONFLICT (series) DO UPDATE SET spans = excluded.spans"""

_log = logging.getLogger(__name__)


class _Chunk(NamedTuple):
    since_ms: int
    last_ms: int
    rows: int
    body: bytes


def put_rows(connection: Connection, series: int, rows: Matrix) -> None:
    """Merge `rows` into the chunks of a series, inside the caller's transaction."""
    if not len(rows):
        return
    width = rows.shape[1]
    merged = merge(np.empty((0, width)), rows)
    span = {"series": series, "since": int(merged[0, 0]), "last": int(merged[-1, 0])}
    for row in connection.execute(_CHUNKS_FROM, span).fetchall():
        chunk = _Chunk(*row)
        if chunk.last_ms >= span["since"]:
            merged = _taken_in(connection, series, chunk, merged)
    _write(connection, series, _with_neighbours(connection, series, merged))


def get_rows(
    database: HistoryDatabase,
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


def drop_rows(connection: Connection, series: int, before_ms: int, width: int) -> int:
    """Forget the rows of a series before a moment, and say how many those were."""
    span = {"series": series, "since": -(2**62), "last": before_ms - 1}
    dropped = 0
    for row in connection.execute(_CHUNKS_FROM, span).fetchall():
        chunk = _Chunk(*row)
        kept = np.empty((0, width))
        if chunk.last_ms >= before_ms:
            held = _unpacked(chunk, width)
            kept = kept if held is None else held[held[:, 0] >= before_ms]
        connection.execute(_DELETE, {"series": series, "since": chunk.since_ms})
        _write(connection, series, kept)
        dropped += chunk.rows - len(kept)
    _uncover(connection, series, (-(2**62), before_ms))
    return dropped


def within(rows: Matrix, since_ms: int, until_ms: int) -> Matrix:
    """The rows of [since_ms, until_ms) out of rows that ascend in time."""
    start, end = np.searchsorted(rows[:, 0], (since_ms, until_ms))
    return rows[start:end]


def covered_spans(database: HistoryDatabase, series: int) -> list[Span]:
    """The spans of a series that were already fetched."""
    return _spans_of(database.rows(_SPANS, {"series": series}))


def cover(connection: Connection, series: int, span: Span) -> None:
    """Remember that `span` of a series was fetched, inside the caller's transaction."""
    _write_spans(connection, series, united(_read_spans(connection, series), span))


def _with_neighbours(connection: Connection, series: int, rows: Matrix) -> Matrix:
    """`rows` with the chunks beside them, as long as joining those is worth writing them anew.

    A series that grows row by row, or page by page into the past, is thus written a few times
    over, not once a row, and still consists of few chunks.
    """
    for neighbour in (_CHUNK_BEFORE, _CHUNK_AFTER):
        while True:
            span = {"series": series, "since": int(rows[0, 0])}
            found = connection.execute(neighbour, span).fetchall()
            if not found or not _is_worth_joining(_Chunk(*found[0]), len(rows)):
                break
            rows = _taken_in(connection, series, _Chunk(*found[0]), rows)
    return rows


def _is_worth_joining(chunk: _Chunk, rows: int) -> bool:
    return chunk.rows <= _WORTH_REWRITING * rows and chunk.rows + rows <= CHUNK_ROWS


def _taken_in(connection: Connection, series: int, chunk: _Chunk, rows: Matrix) -> Matrix:
    """`rows` merged into those of a chunk, which is no longer in the table."""
    held = _unpacked(chunk, rows.shape[1])
    connection.execute(_DELETE, {"series": series, "since": chunk.since_ms})
    if held is None:
        _uncover(connection, series, (chunk.since_ms, chunk.last_ms + 1))
        return rows
    return merge(held, rows)


def _write(connection: Connection, series: int, rows: Matrix) -> None:
    for start in range(0, len(rows), CHUNK_ROWS):
        piece = rows[start : start + CHUNK_ROWS]
        chunk = {
            "series": series,
            "since": int(piece[0, 0]),
            "last": int(piece[-1, 0]),
            "rows": len(piece),
            "body": pack(piece),
        }
        connection.execute(_INSERT, chunk)


def _uncover(connection: Connection, series: int, span: Span) -> None:
    _write_spans(connection, series, without(_read_spans(connection, series), span))


def _read_spans(connection: Connection, series: int) -> list[Span]:
    return _spans_of(connection.execute(_SPANS, {"series": series}).fetchall())


def _spans_of(rows: Sequence[Sequence[str]]) -> list[Span]:
    return msgspec.json.decode(rows[0][0], type=list[Span]) if rows else []


def _write_spans(connection: Connection, series: int, spans: list[Span]) -> None:
    text = msgspec.json.encode(spans).decode()
    connection.execute(_KEEP_SPANS, {"series": series, "spans": text})


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
