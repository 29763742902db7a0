"""Balances and watch-lists go to a file and come back, looked at before anything is added."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dashboard.market.account import Balance
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book import BookStore
from widgets.dialogs.import_preview import ImportPreview
from widgets.setup_files import SetupFiles
from widgets.theme import DARK
from widgets.window import MainWindow

DOLLARS = Balance(venue="okx", coin="USDT", amount=12_345.678901, haircut=1.0)
COINS = Balance(venue="bybit", coin="BTC", amount=-0.5, haircut=0.95)
BTC, ETH = InstrumentKey("okx", "BTC/USDT:USDT"), InstrumentKey("bybit", "ETH/USDT:USDT")
_THIN = "\N{NARROW NO-BREAK SPACE}"


class Room:
    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.store = BookStore(folder / "book.sqlite3")
        self.window = MainWindow(DARK)
        qtbot.addWidget(self.window)
        self.files = SetupFiles(self.window, self.store)
        self.said: list[str] = []
        self.files.said.connect(self.said.append)

    def lists(self) -> dict[str, tuple[InstrumentKey, ...]]:
        return {name: self.store.watched(name) for name in self.store.watch_lists()}

    def lines(self, dialog: object) -> list[str]:
        assert isinstance(dialog, ImportPreview)
        return dialog.text.toPlainText().replace(_THIN, " ").splitlines()


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    made = Room(qtbot, tmp_path)
    yield made
    made.store.close()


@pytest.mark.parametrize("name", ["b.json", "b.csv"])
def test_balances_come_back_after_a_preview(room: Room, tmp_path: Path, name: str) -> None:
    for balance in (DOLLARS, COINS):
        room.store.set_balance(balance)
    room.files.write(room.files.balances, tmp_path / name)
    for balance in (DOLLARS, COINS):
        room.store.delete_balance(balance.venue, balance.coin)
    dialog = room.files.preview(room.files.balances, tmp_path / name)
    assert room.store.load().balances == ()
    assert room.lines(dialog) == ["USDT at okx: 12 345.7", "BTC at bybit: −0.5, 95% counts"]
    assert dialog is not None
    dialog.accept()
    assert room.store.load().balances == (DOLLARS, COINS)
    assert room.store.undo() == "import 2 balances"
    assert room.store.load().balances == ()


def test_a_balance_that_differs_is_shown_with_both_amounts(room: Room, tmp_path: Path) -> None:
    for balance in (DOLLARS, COINS):
        room.store.set_balance(balance)
    room.files.write(room.files.balances, tmp_path / "b.csv")
    room.store.set_balance(Balance(venue="okx", coin="USDT", amount=1.0))
    dialog = room.files.preview(room.files.balances, tmp_path / "b.csv")
    assert room.lines(dialog) == ["USDT at okx: 1 → 12 345.7"]
    assert dialog is not None
    dialog.accept()
    assert room.store.load().balances[0] == DOLLARS


@pytest.mark.parametrize("name", ["w.json", "w.csv"])
def test_watch_lists_come_back_with_their_order(room: Room, tmp_path: Path, name: str) -> None:
    room.store.set_watched((BTC, ETH), "main")
    room.store.set_watched((ETH, BTC), "=short")
    room.store.set_watched((), "empty")
    before = room.lists()
    room.files.write(room.files.lists, tmp_path / name)
    for held in before:
        room.store.delete_watch_list(held)
    dialog = room.files.preview(room.files.lists, tmp_path / name)
    assert room.lists() == {}
    assert dialog is not None
    dialog.accept()
    assert list(room.lists().items()) == list(before.items())


def test_contracts_come_behind_those_that_a_list_has(room: Room, tmp_path: Path) -> None:
    room.store.set_watched((BTC, ETH), "main")
    room.files.write(room.files.lists, tmp_path / "w.json")
    room.store.set_watched((ETH,), "main")
    dialog = room.files.preview(room.files.lists, tmp_path / "w.json")
    assert room.lines(dialog) == ["main (behind those that it has): okx BTC/USDT:USDT"]
    assert dialog is not None
    dialog.accept()
    assert room.lists() == {"main": (ETH, BTC)}


def test_what_the_book_has_already_changes_nothing(room: Room, tmp_path: Path) -> None:
    room.store.set_balance(DOLLARS)
    room.store.set_watched((BTC,), "main")
    for part in (room.files.balances, room.files.lists):
        room.files.write(part, tmp_path / "a.csv")
        dialog = room.files.preview(part, tmp_path / "a.csv")
        assert isinstance(dialog, ImportPreview)
        assert not dialog.add_button.isEnabled()
        dialog.reject()


def test_files_that_cannot_be_taken_are_said(room: Room, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    room.store.set_balance(DOLLARS)
    room.files.write(room.files.balances, tmp_path / "b.csv")
    for part, name in (
        (room.files.balances, "bad.json"),
        (room.files.lists, "b.csv"),
        (room.files.lists, "none.csv"),
        (room.files.lists, "a.exe"),
    ):
        assert room.files.preview(part, tmp_path / name) is None
    room.files.write(room.files.lists, tmp_path / "nowhere" / "a.json")
    assert "the file holds no balances of Liqline" in room.said[1]
    assert "does not name the columns of exported watch-lists" in room.said[2]
    assert "cannot be read" in room.said[3]
    assert "allowed endings" in room.said[4]
    assert "could not be written" in room.said[5]
