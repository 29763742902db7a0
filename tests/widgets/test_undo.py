"""Ctrl+Z takes back any edit of the book and the lists, wherever the focus is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from dashboard.errors import StoreError
from dashboard.store.book import BookStore
from tests.widgets.market_samples import BTC, ETH
from tests.widgets.position_samples import LONG
from widgets.desk import Desk
from widgets.menus import Menus
from widgets.theme import DARK, apply
from widgets.window import MainWindow

CONTROL = Qt.KeyboardModifier.ControlModifier


class Room:
    """A window whose Edit menu works on a real book."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.store = BookStore(folder / "book.sqlite3")
        self.desk = Desk(self.store)
        self.window = MainWindow(DARK)
        qtbot.addWidget(self.window)
        self.menus = Menus(self.window)
        self.menus.undo_wanted.connect(self.desk.undo)
        self.menus.redo_wanted.connect(self.desk.redo)
        self.said: list[str] = []
        self.desk.said.connect(self.said.append)
        self.desk.failed.connect(self.said.append)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def undo(self) -> None:
        self.qtbot.keyClick(self.window, Qt.Key.Key_Z, CONTROL)

    def redo(self) -> None:
        self.qtbot.keyClick(self.window, Qt.Key.Key_Y, CONTROL)


@pytest.fixture
def room(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Room]:
    apply(qapp, DARK)
    made = Room(qtbot, tmp_path)
    yield made
    made.window.hide()
    made.store.close()


def test_moved_stop_goes_back_and_forth(room: Room) -> None:
    room.store.add_position(LONG)
    room.store.update_position(replace(LONG, stop_price=57_000.0))
    room.desk.reload_book()
    room.undo()
    assert room.desk.book.positions[0].stop_price == LONG.stop_price
    room.redo()
    assert room.desk.book.positions[0].stop_price == 57_000.0
    name = "change BTC/USDT:USDT long at binanceusdm"
    assert room.said == [f"Undone: {name}", f"Done again: {name}"]


def test_watch_list_edits_are_undone_too(room: Room) -> None:
    room.desk.set_watched([BTC, ETH])
    room.desk.remove(BTC)
    room.undo()
    assert room.desk.watched == (BTC, ETH)


def test_undone_list_is_left_for_the_first_one(room: Room) -> None:
    room.desk.set_watched([BTC])
    room.desk.make_list("night", [ETH])
    room.undo()
    assert (room.desk.list_name, room.desk.watched) == ("main", (BTC,))


def test_nothing_to_undo_is_said(room: Room) -> None:
    room.desk.set_watched([BTC])
    room.desk.forget_edits()
    room.undo()
    room.redo()
    assert room.said == ["There is nothing to undo", "There is nothing to do again"]
    assert room.desk.watched == (BTC,)


def test_field_with_the_focus_undoes_its_own_text(room: Room) -> None:
    room.store.add_position(LONG)
    room.desk.reload_book()
    field = QLineEdit(room.window)
    field.show()
    field.setFocus()
    room.qtbot.keyClicks(field, "abc")
    room.qtbot.keyClick(field, Qt.Key.Key_Z, CONTROL)
    assert field.text() == ""
    assert room.desk.book.positions == (LONG,)


def test_undo_that_cannot_be_kept_is_said(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise StoreError("the disk is full")

    monkeypatch.setattr(room.store, "undo", refuse)
    room.undo()
    assert room.said == ["the disk is full"]
