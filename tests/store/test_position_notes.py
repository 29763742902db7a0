"""What the program remembers of positions: on disk at once, and no edit of the trader's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.alerts.breaches import PositionNote, contract_of, still_stands, terms_of
from dashboard.market.account import Breach
from dashboard.store.book import BookStore
from tests.risk.builders import NOW, position

HELD = position(name="held")
BREACH = Breach(at_ms=NOW, mark_price=45_000.0, liquidation_price=45_226.13)
NOTE = PositionNote(
    contract=contract_of(HELD),
    terms=terms_of(HELD),
    since_ms=NOW - 1,
    stood=True,
    breach=BREACH,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[BookStore]:
    made = BookStore(path)
    made.add_position(HELD)
    made.keep_position_notes({"held": NOTE})
    yield made
    made.close()


def test_a_breach_is_there_again_at_the_next_start(store: BookStore, path: Path) -> None:
    store.close()
    with closing(BookStore(path)) as again:
        assert again.load().breaches == {"held": BREACH}
        assert again.position_notes() == {"held": NOTE}


def test_no_undo_of_an_edit_takes_a_breach_back(store: BookStore) -> None:
    store.update_position(replace(HELD, extra_margin=100.0))
    store.undo()
    store.undo()
    store.redo()
    assert store.load().breaches == {"held": BREACH}


def test_an_answer_is_an_edit_that_can_be_undone(store: BookStore) -> None:
    store.answer_breach(HELD, still_stands(NOTE, NOW + 5))
    assert store.load().breaches == {}
    assert store.position_notes()["held"].since_ms == NOW + 5
    assert store.undo() == "BTC/USDT:USDT long at binanceusdm still stands"
    assert store.load().breaches == {"held": BREACH}


def test_what_is_remembered_of_a_deleted_position_goes_when_it_is_asked_to(
    store: BookStore,
) -> None:
    store.delete_position("held")
    store.undo()
    store.forget_position_notes()
    assert store.load().breaches == {"held": BREACH}
    store.delete_position("held")
    store.forget_position_notes()
    assert store.position_notes() == {}


@pytest.mark.expects_log('the position note "held" in the book is damaged')
def test_a_damaged_note_keeps_nobody_from_his_positions(store: BookStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as book:
        book.execute("UPDATE record SET body = '{}' WHERE kind = 'position note'")
        book.commit()
    assert store.load().positions == (HELD,)
    assert store.load().breaches == {}
