"""The examples stand on recorded prices, come once and stay away when they are deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.market.account import Position
from dashboard.market.readings import SeriesKind
from dashboard.replay.recording import load_recording
from dashboard.replay.tape import Tape
from dashboard.store.book import BookStore
from dashboard.store.demo_book import DEMO_RECORDING, EXAMPLES, OPENED_MS, seed_demo_book
from dashboard.store.paths import find_places


def test_an_empty_demo_book_gets_the_examples_once(tmp_path: Path) -> None:
    path = find_places(tmp_path).demo_book
    for seeded in (True, False):
        store = BookStore(path)
        assert seed_demo_book(store) is seeded
        assert store.load().positions == EXAMPLES
        store.close()
    assert not find_places(tmp_path).book.exists()


def test_deleted_examples_do_not_come_back(tmp_path: Path) -> None:
    store = BookStore(tmp_path / "demo-book.sqlite3")
    seed_demo_book(store)
    for position in EXAMPLES:
        store.delete_position(position.id)
    assert not seed_demo_book(store)
    assert store.load().positions == ()
    store.close()


def test_a_book_with_own_positions_is_left_alone(tmp_path: Path, long_bitcoin: Position) -> None:
    store = BookStore(tmp_path / "demo-book.sqlite3")
    store.add_position(long_bitcoin)
    assert not seed_demo_book(store)
    assert store.load().positions == (long_bitcoin,)
    store.close()


@pytest.mark.parametrize("position", EXAMPLES, ids=lambda position: position.id)
def test_an_example_was_entered_at_the_recorded_mark(position: Position) -> None:
    market = load_recording(DEMO_RECORDING).market("binanceusdm", position.instrument.market_id)
    assert market is not None
    mark = Tape(market).mark(OPENED_MS)
    assert mark is not None
    assert mark.value == position.entry_price
    assert mark.at_ms == position.opened_ms
    assert market.symbol == position.instrument.symbol
    assert market.of_kind(SeriesKind.MARK_CANDLES)


def test_every_example_is_marked_as_one() -> None:
    assert all(position.example and position.note == "EXAMPLE" for position in EXAMPLES)
