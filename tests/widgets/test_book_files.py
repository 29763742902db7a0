"""A book goes to a file and comes back, looked at before anything is added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dashboard.market.account import Book, PositionState
from dashboard.store.book import BookStore
from tests.widgets.position_samples import LONG
from widgets.book_files import BookFiles
from widgets.dialogs.import_preview import ImportPreview
from widgets.theme import DARK
from widgets.window import MainWindow

PLANNED = replace(LONG, id="plan", state=PositionState.PLANNED, note="=cmd")


class Room:
    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.store = BookStore(folder / "book.sqlite3")
        self.window = MainWindow(DARK)
        qtbot.addWidget(self.window)
        self.files = BookFiles(self.window, self.store, self.store.load)
        self.said: list[str] = []
        self.files.said.connect(self.said.append)

    @property
    def book(self) -> Book:
        return self.store.load()


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    made = Room(qtbot, tmp_path)
    yield made
    made.store.close()


@pytest.mark.parametrize("name", ["book.json", "book.csv"])
def test_exported_book_comes_back_after_a_preview(room: Room, tmp_path: Path, name: str) -> None:
    for position in (LONG, PLANNED):
        room.store.add_position(position)
    before = room.book
    room.files.write(tmp_path / name)
    for position in (LONG, PLANNED):
        room.store.delete_position(position.id)
    dialog = room.files.preview(tmp_path / name)
    assert isinstance(dialog, ImportPreview)
    assert room.book == Book()
    assert len(dialog.text.toPlainText().splitlines()) == 2
    dialog.accept()
    assert room.book == before
    assert room.store.undo() == "import 2 positions"
    assert room.book == Book()


def test_what_is_in_the_book_already_is_not_added_twice(room: Room, tmp_path: Path) -> None:
    room.store.add_position(LONG)
    room.files.write(tmp_path / "a.json")
    room.store.update_position(replace(LONG, leverage=3.0))
    dialog = room.files.preview(tmp_path / "a.json")
    assert dialog is not None
    dialog.accept()
    assert [position.id for position in room.book.positions] == ["long", "long 2"]
    again = room.files.preview(tmp_path / "a.json")
    assert isinstance(again, ImportPreview)
    assert again.add_button.isEnabled()
    again.reject()


def test_file_that_cannot_be_taken_is_said(room: Room, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe")
    for name in ("bad.json", "bad.csv", "none.json", "book.exe"):
        assert room.files.preview(tmp_path / name) is None
    assert room.said[0].startswith("bad.json: the file holds no positions of Liqline")
    assert room.said[1:3] == [
        "bad.csv: the file is no UTF-8 text",
        "none.json: the file cannot be read: no such file or directory",
    ]
    assert ".json and .csv are allowed endings" in room.said[3]


def test_export_that_cannot_be_written_is_said(room: Room, tmp_path: Path) -> None:
    room.files.write(tmp_path / "nowhere" / "a.json")
    room.files.write(tmp_path / "a.txt")
    assert "could not be written" in room.said[0]
    assert "allowed endings" in room.said[1]
