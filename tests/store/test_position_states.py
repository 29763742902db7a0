"""Planned, open and closed positions are kept apart; a book from before such states still reads."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.market.account import Closing, Position, PositionState
from dashboard.store.book import BookStore
from dashboard.store.records import BOOK_SCHEMA

CLOSING = Closing(price=62_000.0, fees=31.2, funding_paid=-4.5, closed_ms=1_722_780_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.sqlite3"


def test_only_open_positions_are_at_risk(path: Path, long_bitcoin: Position) -> None:
    planned = replace(long_bitcoin, id="p", state=PositionState.PLANNED, tags=("breakout",))
    closed = replace(long_bitcoin, id="c", state=PositionState.CLOSED, closing=CLOSING)
    store = BookStore(path)
    for position in (planned, long_bitcoin, closed):
        store.add_position(position)
    store.close()
    store = BookStore(path)
    book = store.load()
    store.close()
    assert book.positions == (long_bitcoin,)
    assert book.planned == (planned,)
    assert book.closed == (closed,)


def test_position_goes_from_planned_to_open_to_closed_in_its_place(
    path: Path, long_bitcoin: Position
) -> None:
    store = BookStore(path)
    planned = replace(long_bitcoin, state=PositionState.PLANNED)
    store.add_position(planned)
    store.update_position(replace(planned, state=PositionState.OPEN))
    assert store.load().positions == (long_bitcoin,)
    store.update_position(replace(planned, state=PositionState.CLOSED, closing=CLOSING))
    assert store.load().closed[0].closing == CLOSING
    store.close()


def test_book_from_before_states_is_read_and_all_its_positions_are_open(
    path: Path, long_bitcoin: Position
) -> None:
    store = BookStore(path)
    store.add_position(long_bitcoin)
    store.close()
    as_it_was = BOOK_SCHEMA.version - 1
    database = sqlite3.connect(path)
    ((body,),) = database.execute("SELECT body FROM record").fetchall()
    for name in ("state", "closing", "tags"):
        body = database.execute("SELECT json_remove(?, ?)", (body, f"$.{name}")).fetchone()[0]
    checksum = checksum_of("position", long_bitcoin.id, 1, body)
    database.execute("UPDATE record SET body = ?, checksum = ?", (body, checksum))
    database.execute(f"PRAGMA user_version = {as_it_was}")
    database.commit()
    database.close()
    store = BookStore(path)
    assert store.load().positions == (long_bitcoin,)
    assert store.notices == ()
    store.close()


def checksum_of(kind: str, name: str, ordinal: int, body: str) -> int:
    """The checksum over a body as it stands."""
    return zlib.crc32("\0".join((kind, name, str(ordinal), body)).encode())
