"""Ledger, rules, limits and their state survive a restart, and are no edits of the book."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.alerts.limits import LimitKind, LimitMemory, Limits, Override
from dashboard.alerts.machine import Alert, AlertState, Standing
from dashboard.alerts.rules import DEFAULT_RULES, AlertKind, Severity, price_rule
from dashboard.alerts.watch import Kept
from dashboard.market.account import Position
from dashboard.market.instrument import InstrumentKey
from dashboard.store.alert_ledger import MOST_ROWS, AlertLedger, LedgerRow, Manners, rows_of
from dashboard.store.book import BookStore

BTC = InstrumentKey("binanceusdm", "BTC/USDT:USDT")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BookStore]:
    book = BookStore(tmp_path / "book.sqlite3")
    yield book
    book.close()


def row(number: int) -> LedgerRow:
    return LedgerRow(
        id=str(number), at_ms=number, what="distance", severity=Severity.WARNING, text="near"
    )


def alert(name: str, *parts: Alert) -> Alert:
    return Alert(
        id=name,
        at_ms=5,
        rule_id="near",
        kind=AlertKind.SUMMARY if parts else AlertKind.DISTANCE,
        severity=Severity.WARNING,
        subject="one",
        text=f"{name} <b>",
        cause="+1 points",
        parts=parts,
    )


def test_rows_come_back_the_newest_first_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    first = BookStore(path)
    AlertLedger(first).write([row(1), row(2)])
    AlertLedger(first).write([row(3)])
    first.close()
    again = BookStore(path)
    try:
        assert AlertLedger(again).read() == [row(3), row(2), row(1)]
        assert again.notices == ()
    finally:
        again.close()


def test_row_is_written_unseen_and_then_as_shown(store: BookStore) -> None:
    ledger = AlertLedger(store)
    (written,) = rows_of(alert("a"))
    ledger.write([written])
    assert [one.shown for one in ledger.read()] == [False]
    ledger.write([replace(written, shown=True)])
    assert [one.shown for one in ledger.read()] == [True]


def test_summary_has_a_row_of_its_own_and_one_for_each_part() -> None:
    rows = rows_of(alert("s", alert("a"), alert("b")))
    assert [(one.id, one.shown) for one in rows] == [("s", False), ("a", True), ("b", True)]


def test_ledger_stays_small(store: BookStore) -> None:
    ledger = AlertLedger(store)
    ledger.write([row(number) for number in range(MOST_ROWS + 10)])
    kept = ledger.read()
    assert len(kept) == MOST_ROWS
    assert kept[-1] == row(10)


def test_setup_is_the_usual_one_until_another_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    store = BookStore(path)
    ledger = AlertLedger(store)
    assert (ledger.rules(), ledger.limits(), ledger.kept(), ledger.manners()) == (
        DEFAULT_RULES,
        Limits(),
        Kept(),
        Manners(),
    )
    rules = (*DEFAULT_RULES[:2], price_rule("p", BTC, 50_000.0))
    limits = Limits(leverage=None, daily_loss=250.0)
    made = Override(
        kind=LimitKind.LEVERAGE, subject="one", reason="why not", at_ms=1, until_ms=2, value=9.0
    )
    standing = Standing(
        rule_id="near",
        kind=AlertKind.DISTANCE,
        severity=Severity.WARNING,
        subject="one",
        key=BTC,
        active=True,
    )
    kept = Kept(
        state=AlertState(started_ms=1, at_ms=2, standings={"near one": standing}),
        memory=LimitMemory(last={"a/b": 1.0}, overrides=(made,)),
    )
    ledger.keep_rules(rules)
    ledger.keep_limits(limits)
    ledger.keep(kept)
    ledger.keep_manners(Manners(quiet=True))
    store.close()
    again = BookStore(path)
    try:
        ledger = AlertLedger(again)
        assert (ledger.rules(), ledger.limits(), ledger.kept()) == (rules, limits, kept)
        assert ledger.manners() == Manners(quiet=True)
    finally:
        again.close()


def test_undo_knows_nothing_of_alerts(store: BookStore, long_bitcoin: Position) -> None:
    store.add_position(long_bitcoin)
    AlertLedger(store).write([row(1)])
    assert store.undo().startswith("add ")
    assert AlertLedger(store).read() == [row(1)]
    assert store.undo() == ""


@pytest.mark.expects_log("left out|cannot be read")
def test_what_a_later_program_wrote_is_left_out_and_said(store: BookStore) -> None:
    ledger = AlertLedger(store)
    ledger.write([row(1), row(2)])
    ledger.keep_limits(Limits(leverage=7.0))
    store.keep_notes("ledger", {"new": {"id": "new", "severity": "dreadful"}})
    store.keep_notes("alert setup", {"rules": {"rules": [{"id": "x", "kind": "of tomorrow"}]}})
    assert ledger.read() == [row(2), row(1)]
    assert ledger.rules() == DEFAULT_RULES
    assert ledger.limits() == Limits(leverage=7.0)
    assert ledger.notices == [
        "rows of the alert log that cannot be read, left out: 1",
        'the alert setup "rules" in the book cannot be read; the usual ones stand instead',
    ]
