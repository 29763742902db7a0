"""What the trader typed in is there after any restart, and damage is repaired or named."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from dashboard.errors import StoreError
from dashboard.market.account import Balance, Book, Position, Side
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book import BookStore
from dashboard.store.book_file import BACKUP_DAYS_KEPT, backups

DAY_MS = 86_400_000
NOON_MS = 1_722_772_800_000  # 2024-08-04 12:00 UTC


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[BookStore]:
    book = BookStore(path, clock_ms=lambda: NOON_MS)
    yield book
    book.close()


def reopened(path: Path) -> tuple[Book, tuple[str, ...]]:
    store = BookStore(path, clock_ms=lambda: NOON_MS + DAY_MS)
    try:
        return store.load(), store.notices
    finally:
        store.close()


def test_a_position_comes_back_as_it_was_entered(
    path: Path, store: BookStore, long_bitcoin: Position
) -> None:
    store.add_position(long_bitcoin)
    assert reopened(path) == (Book(positions=(long_bitcoin,)), ())


def test_positions_keep_their_order_when_one_is_edited(
    store: BookStore, long_bitcoin: Position
) -> None:
    for name in ("a", "c", "b"):
        store.add_position(replace(long_bitcoin, id=name))
    store.update_position(replace(long_bitcoin, id="c", side=Side.SHORT))
    positions = store.load().positions
    assert [position.id for position in positions] == ["a", "c", "b"]
    assert positions[1].side is Side.SHORT


def test_a_deleted_position_stays_deleted_and_can_be_put_back(
    store: BookStore, long_bitcoin: Position
) -> None:
    store.add_position(long_bitcoin)
    store.delete_position("one")
    store.delete_position("one")
    assert store.load() == Book()
    store.add_position(long_bitcoin)
    assert store.load() == Book(positions=(long_bitcoin,))


def test_adding_twice_and_editing_nothing_are_refused_without_a_trace(
    store: BookStore, long_bitcoin: Position
) -> None:
    store.add_position(long_bitcoin)
    with pytest.raises(StoreError, match='already has a position "one"'):
        store.add_position(long_bitcoin)
    with pytest.raises(StoreError, match='no position "two"'):
        store.update_position(replace(long_bitcoin, id="two"))
    assert store.load() == Book(positions=(long_bitcoin,))


@pytest.mark.parametrize("size", [float("nan"), float("inf")])
def test_a_number_that_could_not_be_read_back_is_not_stored(
    store: BookStore, long_bitcoin: Position, size: float
) -> None:
    with pytest.raises(StoreError, match="without changing it"):
        store.add_position(replace(long_bitcoin, size=size))
    assert store.load() == Book()


def test_balances_are_kept_per_venue_and_coin(path: Path, store: BookStore) -> None:
    usdt = Balance(venue="binanceusdm", coin="USDT", amount=10_000.0)
    bitcoin = Balance(venue="binanceusdm", coin="BTC", amount=0.25, haircut=0.95)
    store.set_balance(usdt)
    store.set_balance(bitcoin)
    store.set_balance(replace(usdt, amount=9_000.0))
    store.delete_balance("bybit", "USDT")
    assert reopened(path)[0].balances == (replace(usdt, amount=9_000.0), bitcoin)
    store.delete_balance("binanceusdm", "BTC")
    assert store.load().balances == (replace(usdt, amount=9_000.0),)


def test_watch_lists_keep_the_traders_order(store: BookStore) -> None:
    bitcoin = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
    ether = InstrumentKey("okx", "ETH/USDT:USDT")
    assert store.watched() == ()
    store.set_watched([ether, bitcoin, ether])
    store.set_watched([bitcoin], name="later")
    assert store.watched() == (ether, bitcoin)
    assert store.watched("later") == (bitcoin,)
    assert store.watch_lists() == ("main", "later")
    store.set_watched([bitcoin, ether])
    assert store.watched() == (bitcoin, ether)
    store.delete_watch_list("later")
    assert store.watch_lists() == ("main",)


def test_the_selected_contract_and_small_state_survive(path: Path, store: BookStore) -> None:
    assert store.selected() is None
    assert store.state("columns") is None
    store.select(InstrumentKey("hyperliquid", "PURR/USDC:USDC"))
    store.set_state("columns", "mark,age")
    again = BookStore(path)
    assert again.selected() == InstrumentKey("hyperliquid", "PURR/USDC:USDC")
    assert again.state("columns") == "mark,age"
    again.close()


def test_each_edit_renews_the_backup_of_its_day(path: Path, long_bitcoin: Position) -> None:
    for day in range(BACKUP_DAYS_KEPT + 3):
        store = BookStore(path, clock_ms=lambda day=day: NOON_MS + day * DAY_MS)
        store.add_position(replace(long_bitcoin, id=f"{day} morning"))
        store.add_position(replace(long_bitcoin, id=f"{day} evening"))
        store.close()
    kept = backups(path)
    assert len(kept) == BACKUP_DAYS_KEPT
    assert kept[0].name == "book-20240820.sqlite3"
    copy = BookStore(kept[0])
    assert copy.load().positions[-1].id == "16 evening"
    copy.close()


@pytest.mark.expects_log("saved but not backed up")
def test_a_backup_that_cannot_be_written_does_not_fail_the_edit(
    path: Path, long_bitcoin: Position
) -> None:
    (path.parent / "backups").write_text("in the way")
    store = BookStore(path)
    store.add_position(long_bitcoin)
    store.close()
    assert reopened(path)[0].positions == (long_bitcoin,)


@pytest.mark.expects_log("damaged|contradicts|another program")
def test_any_damaged_byte_is_repaired_from_the_backup(
    path: Path, store: BookStore, long_bitcoin: Position
) -> None:
    for number in range(5):
        store.add_position(replace(long_bitcoin, id=str(number), note="n" * 900))
    wanted = store.load()
    store.close()
    sound = path.read_bytes()
    dice = np.random.default_rng(20240805)
    schema_version = range(60, 64)  # a changed version reads as a newer book and is refused
    offsets = [at for at in dice.choice(len(sound), 150, replace=False) if at not in schema_version]
    for offset in offsets:
        damaged = bytearray(sound)
        damaged[offset] ^= 1 << int(dice.integers(8))
        path.write_bytes(damaged)
        book, notices = reopened(path)
        assert book == wanted, offset
        assert path.read_bytes() == bytes(damaged) or "2024-08-04" in notices[0]
        for aside in path.parent.glob("book.corrupt-*"):
            aside.unlink()


@pytest.mark.expects_log("damaged|empty")
@pytest.mark.parametrize("ruin", ["cut", "empty", "noise"])
def test_a_ruined_book_is_kept_aside_and_replaced_by_the_backup(
    path: Path,
    store: BookStore,
    long_bitcoin: Position,
    ruin: str,
) -> None:
    store.add_position(long_bitcoin)
    store.close()
    whole = path.read_bytes()
    ruined = {"cut": whole[:5000], "empty": b"", "noise": np.random.default_rng(1).bytes(9000)}[
        ruin
    ]
    path.write_bytes(ruined)
    book, notices = reopened(path)
    assert book.positions == (long_bitcoin,)
    (aside,) = path.parent.glob("book.corrupt-20240805T120000.sqlite3")
    assert aside.read_bytes() == ruined
    assert notices == (
        "the book was damaged; the backup of 2024-08-04 took its place; "
        f'the damaged file is kept as "{aside}"',
    )
    assert reopened(path) == (book, ())


@pytest.mark.expects_log("damaged entries")
def test_without_a_backup_the_entries_that_are_whole_come_back(
    path: Path, store: BookStore, long_bitcoin: Position
) -> None:
    for name in ("one", "two", "three"):
        store.add_position(replace(long_bitcoin, id=name))
    store.close()
    shutil.rmtree(path.parent / "backups")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE record SET body = replace(body, '0.5', '5.0') WHERE id = 'two'")
        connection.commit()
    book, notices = reopened(path)
    assert [position.id for position in book.positions] == ["one", "three"]
    assert "2 of 3 readable entries were whole" in notices[0]


WRITE_UNTIL_KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
import msgspec
from dashboard.market.account import Position
from dashboard.store.book import BookStore
position = msgspec.json.decode(sys.stdin.buffer.readline(), type=Position)
store = BookStore(Path(sys.argv[1]))
number = len(store.load().positions)
while True:
    store.add_position(replace(position, id=str(number)))
    print(number, flush=True)
    number += 1
"""


def test_no_acknowledged_edit_is_lost_when_the_process_is_killed(
    path: Path, long_bitcoin: Position
) -> None:
    acknowledged = 0
    for rounds in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as writer:
            assert writer.stdin is not None
            assert writer.stdout is not None
            writer.stdin.write(msgspec.json.encode(long_bitcoin) + b"\n")
            writer.stdin.flush()
            for _ in range(3 + rounds):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        book, notices = reopened(path)
        assert len(book.positions) >= acknowledged + 1
        assert notices == ()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file where it is")
def test_an_edit_after_the_directory_vanished_is_refused_and_the_next_one_is_kept(
    path: Path, long_bitcoin: Position
) -> None:
    store = BookStore(path)
    store.add_position(long_bitcoin)
    elsewhere = path.parent.with_name("elsewhere")
    path.parent.rename(elsewhere)
    with pytest.raises(StoreError, match="is gone: it was moved, deleted or replaced"):
        store.add_position(replace(long_bitcoin, id="two"))
    elsewhere.rename(path.parent)
    store.add_position(replace(long_bitcoin, id="three"))
    assert [position.id for position in store.load().positions] == ["one", "three"]
    store.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permission")
def test_a_book_that_may_only_be_read_refuses_the_edit_in_words(
    path: Path, long_bitcoin: Position, tmp_path: Path
) -> None:
    BookStore(path).close()
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        store = BookStore(path)
        real, store._database._connection = store._database._connection, connection
        with pytest.raises(StoreError, match="is read-only"):
            store.add_position(long_bitcoin)
        store._database._connection = real
        store.close()
