"""Books that earlier versions wrote, as dumps of what their own code had made."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.market.account import Balance, Breach, MarginMode, PositionState, Side, SizeUnit
from dashboard.market.instrument import ContractKind, InstrumentKey
from dashboard.store.book import BookStore
from dashboard.store.database import is_intact
from dashboard.store.records import BOOK_SCHEMA

DUMPS = sorted(Path(__file__).with_name("books").glob("*.sql"))
KILLED_IN_A_STEP = """
import dataclasses, os, pathlib, signal, sys
from dashboard.store import book_file
from dashboard.store.book import BookStore

path, last = pathlib.Path(sys.argv[1]), int(sys.argv[2])
taken = 0

class Steps(tuple):
    def __iter__(self):
        global taken
        for statement in super().__iter__():
            yield statement
            taken += 1
            if taken == last:
                os.kill(os.getpid(), signal.SIGKILL)

schema = book_file.BOOK_SCHEMA
steps = tuple(Steps((*one, "UPDATE state SET value = value")) for one in schema.migrations)
book_file.BOOK_SCHEMA = dataclasses.replace(schema, migrations=steps)
BookStore(path).close()
"""


def book_from(dump: Path, folder: Path) -> Path:
    """The book that an earlier version left."""
    path = folder / "book.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.executescript(dump.read_text(encoding="utf-8"))
    return path


def version_of(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as book:
        (version,) = book.execute("PRAGMA user_version").fetchone()
    return int(version)


def check_book(path: Path) -> None:
    """Every field that the trader entered is what it was."""
    store = BookStore(path)
    assert store.notices == ()
    book, watched, selected = store.load(), store.watched(), store.selected()
    store.close()
    long, short, inverse = (*book.positions, *book.planned)
    assert (long.id, long.side, long.size, long.size_unit) == ("a1", Side.LONG, 0.5, SizeUnit.BASE)
    assert (long.entry_price, long.leverage) == (64_200.0, 10.0)
    assert (long.stop_price, long.take_profit_price) == (62_000.0, 68_000.0)
    assert (long.instrument.price_tick, long.note) == (0.1, "=first")
    assert (short.side, short.size, short.size_unit) == (Side.SHORT, 25.0, SizeUnit.CONTRACTS)
    assert (short.margin_mode, short.maintenance_margin_rate) == (MarginMode.CROSS, 0.01)
    assert (short.maintenance_amount, short.taker_fee) == (0.0, 0.0005)
    assert (short.instrument.contract_size, short.opened_ms) == (0.1, 1_763_990_000_000)
    assert (inverse.instrument.kind, inverse.extra_margin) == (ContractKind.INVERSE, 0.01)
    assert {long.state, short.state} == {PositionState.OPEN}
    assert book.balances == (Balance(venue="okx", coin="USDT", amount=2_500.0, haircut=0.95),)
    assert watched == (long.instrument.key, short.instrument.key, inverse.instrument.key)
    assert selected == InstrumentKey("okx", "ETH/USDT:USDT")


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_a_book_of_an_earlier_version_keeps_every_field(dump: Path, tmp_path: Path) -> None:
    path = book_from(dump, tmp_path)
    before = version_of(path)
    assert f"version-{before}-" in dump.name
    check_book(path)
    assert version_of(path) == BOOK_SCHEMA.version
    kept = tmp_path / "backups" / f"book-v{before}.sqlite3"
    assert kept.exists() == (before < BOOK_SCHEMA.version)
    assert not kept.exists() or (version_of(kept), is_intact(kept)) == (before, True)


def test_each_version_has_a_book() -> None:
    versions = {dump.stem.split("-")[1] for dump in DUMPS}
    assert versions == {str(number + 1) for number in range(BOOK_SCHEMA.version)}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("step", [1, 2])
def test_a_book_whose_upgrade_was_killed_after_a_step_is_whole_at_the_next_start(
    step: int, tmp_path: Path
) -> None:
    path = book_from(DUMPS[0], tmp_path)
    command = [sys.executable, "-c", KILLED_IN_A_STEP, str(path), str(step)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert version_of(path) == 1
    check_book(path)
    assert version_of(path) == BOOK_SCHEMA.version


def test_a_crossing_that_an_earlier_version_saw_still_waits_to_be_answered(tmp_path: Path) -> None:
    dump = next(dump for dump in DUMPS if dump.stem == "version-3-first")
    store = BookStore(book_from(dump, tmp_path))
    assert store.load().breaches == {
        "a1": Breach(at_ms=1_764_000_000_000, mark_price=57_900.5, liquidation_price=58_012.25)
    }
    store.close()
