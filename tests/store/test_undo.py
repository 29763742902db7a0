"""Every edit can be taken back and made again, each step on disk when it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.errors import StoreError
from dashboard.market.account import Balance, Position
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book import BookStore
from dashboard.store.records import Record, all_records

EDITS = 50


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BookStore]:
    made = BookStore(tmp_path / "book.sqlite3")
    yield made
    made.close()


def content(store: BookStore) -> list[Record]:
    """Every row as it stands in the file."""
    return all_records(store._database)


def edits(position: Position) -> list[Callable[[BookStore, int], None]]:
    """What a hand may do to a book; the number makes one edit differ from the next."""

    def numbered(number: int) -> Position:
        return replace(position, id=f"p{number % 6}", entry_price=1_000.0 + number)

    def add(store: BookStore, number: int) -> None:
        held = store.load()
        known = {one.id for one in (*held.positions, *held.planned, *held.closed)}
        new = numbered(number)
        (store.update_position if new.id in known else store.add_position)(new)

    return [
        add,
        lambda store, number: store.delete_position(f"p{number % 6}"),
        lambda store, number: store.set_balance(
            Balance(venue="okx", coin=f"C{number % 3}", amount=float(number))
        ),
        lambda store, number: store.delete_balance("okx", f"C{number % 3}"),
        lambda store, number: store.set_watched(
            [InstrumentKey("okx", f"S{at}") for at in range(number % 5)], f"list {number % 3}"
        ),
        lambda store, number: store.delete_watch_list(f"list {number % 3}"),
    ]


@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 999)), min_size=EDITS, max_size=EDITS))
def test_fifty_edits_and_as_many_undos_return_the_start_state(
    tmp_path_factory: pytest.TempPathFactory,
    long_bitcoin: Position,
    chosen: list[tuple[int, int]],
) -> None:
    store = BookStore(tmp_path_factory.mktemp("book") / "book.sqlite3")
    store.add_position(replace(long_bitcoin, id="p0"))
    store.forget_edits()
    start, states = content(store), [content(store)]
    kinds = edits(long_bitcoin)
    for kind, number in chosen:
        kinds[kind](store, number)
        if content(store) != states[-1]:
            states.append(content(store))
    for before in reversed(states[:-1]):
        assert store.undo()
        assert content(store) == before
    assert store.undo() == ""
    assert content(store) == start
    for after in states[1:]:
        assert store.redo()
        assert content(store) == after
    assert store.redo() == ""
    store.close()


def test_undone_edit_stays_undone_after_a_restart(tmp_path: Path, long_bitcoin: Position) -> None:
    store = BookStore(tmp_path / "book.sqlite3")
    store.add_position(long_bitcoin)
    assert store.undo() == f"add {long_bitcoin.instrument.symbol} long at binanceusdm"
    store.close()
    store = BookStore(tmp_path / "book.sqlite3")
    assert store.load().positions == ()
    assert store.undo() == ""
    store.close()


def test_new_edit_forgets_what_was_taken_back(store: BookStore, long_bitcoin: Position) -> None:
    store.add_position(long_bitcoin)
    store.undo()
    store.set_watched([InstrumentKey("okx", "A")])
    assert store.redo() == ""
    assert store.next_undo() == "watch-list main"


def test_several_edits_in_one_are_taken_back_at_once(
    store: BookStore, long_bitcoin: Position
) -> None:
    with store.one_edit("import 3 positions"):
        for number in range(3):
            store.add_position(replace(long_bitcoin, id=f"p{number}"))
    assert len(store.load().positions) == 3
    assert store.undo() == "import 3 positions"
    assert store.load().positions == ()
    assert store.next_redo() == "import 3 positions"


def test_edit_that_fails_leaves_nothing_to_take_back(
    store: BookStore, long_bitcoin: Position
) -> None:
    store.add_position(long_bitcoin)
    store.forget_edits()

    def edit_twice() -> None:
        with store.one_edit("two at once"):
            store.set_watched([InstrumentKey("okx", "A")])
            store.add_position(long_bitcoin)

    with pytest.raises(StoreError, match="already has"):
        edit_twice()
    assert store.undo() == ""
    assert store.watched() == ()


def test_edit_that_changes_nothing_is_none(store: BookStore) -> None:
    store.delete_position("nobody")
    assert store.next_undo() == ""
