"""A position's life in the table: planned, opened, edited in its cells, closed, found again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dashboard.errors import InputError, StoreError
from dashboard.market.account import Book, MarginMode, Position, PositionState
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.report import RiskReport
from dashboard.store.book import BookStore
from dashboard.store.tiers import load_tiers
from tests.widgets import market_samples
from tests.widgets.market_samples import BTC, ETH, NOW_MS, VENUES
from tests.widgets.position_samples import LONG
from widgets.cell_editor import CellEditor
from widgets.dialogs.closing import ClosingDialog
from widgets.models.position_edits import CELL_EDITS
from widgets.models.position_states import Shown
from widgets.panels.positions import PositionsPanel
from widgets.theme import DARK

TIERS = load_tiers(None)
PLANNED = replace(LONG, id="plan", state=PositionState.PLANNED, tags=("breakout",), note="later")


def risk_of(snapshot: Snapshot, book: Book, now_ms: int) -> RiskReport:
    return assess(book, snapshot, TIERS, now_ms)


class Room:
    """The panel over a real book."""

    def __init__(self, qtbot: QtBot, path: Path) -> None:
        self.qtbot = qtbot
        self.store = BookStore(path)
        self.panel = PositionsPanel(self.store, VENUES, risk_of, DARK)
        qtbot.addWidget(self.panel)
        self.panel.book_changed.connect(self.show)
        self.panel.resize(1400, 300)
        self.panel.show()
        self.panel.activateWindow()
        qtbot.waitUntil(self.panel.isActiveWindow)
        self.show()

    def show(self) -> None:
        snapshot, book = market_samples.snapshot(BTC, ETH), self.store.load()
        report = risk_of(snapshot, book, NOW_MS)
        self.panel.show_update(market_samples.update(BTC, book=book, report=report))

    def add(self, *positions: Position) -> None:
        for position in positions:
            self.store.add_position(position)
        self.show()

    def shown(self, which: Shown) -> list[str]:
        self.panel.states.setCurrentText(which.value)
        return [str(key) for key in self.panel.model.shown_keys()]

    def cell(self, row: int, key: str) -> str:
        keys = [column.key for column in self.panel.model.columns]
        return str(self.panel.model.index(row, keys.index(key)).data())

    def edit(self, name: str, key: str) -> CellEditor:
        keys = [column.key for column in self.panel.model.columns]
        place = self.panel.model.place_of(name)
        assert place is not None
        self.panel.view.showColumn(keys.index(key))
        self.panel.view.setCurrentIndex(self.panel.model.index(place, keys.index(key)))
        self.panel.view.setFocus()
        self.qtbot.keyClick(self.panel.view, Qt.Key.Key_F2)
        editors = [e for e in self.panel.findChildren(CellEditor) if e.isVisible()]
        (editor,) = editors
        return editor

    def type_over(self, editor: CellEditor, text: str) -> None:
        editor.setText(text)
        self.qtbot.keyClick(editor, Qt.Key.Key_Return)


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    made = Room(qtbot, tmp_path / "book.sqlite3")
    yield made
    made.panel.hide()
    made.store.close()


def test_planned_position_is_opened_and_closed(room: Room, qtbot: QtBot) -> None:
    room.add(PLANNED)
    assert room.shown(Shown.OPEN) == []
    assert room.panel.nothing.text() == "No position fits: open."
    assert room.shown(Shown.PLANNED) == ["plan"]
    assert room.cell(0, "liquidation_price") != "n/a"
    room.panel.view.select_key("plan")
    assert room.panel.close_button.text() == "Open"
    qtbot.mouseClick(room.panel.close_button, Qt.MouseButton.LeftButton)
    assert room.shown(Shown.OPEN) == ["plan"]
    assert room.store.load().positions[0].opened_ms == NOW_MS
    room.panel.view.select_key("plan")
    qtbot.mouseClick(room.panel.close_button, Qt.MouseButton.LeftButton)
    dialog = room.panel.findChild(ClosingDialog)
    assert dialog.price.text() == "61234.5"
    dialog.price.setText("62880.1")
    assert dialog.outcome.text().startswith("Result +1")
    assert dialog.outcome.text().endswith("before costs; still empty: fees, funding paid")
    dialog.fees.setText("30")
    dialog.funding.setText("−5")
    assert dialog.outcome.text().startswith("Result +975.00")
    assert "(+1 000.00".replace(" ", "\N{NARROW NO-BREAK SPACE}") in dialog.outcome.text()
    dialog.accept()
    assert room.shown(Shown.OPEN) == []
    assert room.shown(Shown.CLOSED) == ["plan"]
    assert room.cell(0, "unrealised_pnl") == "+975.00"
    assert room.cell(0, "liquidation_price") == "n/a"
    closing = room.store.load().closed[0].closing
    assert closing is not None
    assert (closing.price, closing.fees, closing.funding_paid) == (62_880.1, 30.0, -5.0)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("price", "0", "closing price must be above 0"),
        ("price", "", "closing price is empty"),
        ("fees", "", "fees is empty"),
        ("funding", " ", "funding paid is empty"),
        ("fees", "-1", "fees must be 0 or more"),
        ("funding", "abc", "funding paid"),
    ],
)
def test_bad_closing_is_said_and_the_dialog_stays(
    room: Room, field: str, text: str, words: str
) -> None:
    room.add(LONG)
    room.panel.view.select_key(LONG.id)
    room.panel.close_or_open_selected()
    dialog = room.panel.findChild(ClosingDialog)
    dialog.fees.setText("0")
    dialog.funding.setText("0")
    getattr(dialog, field).setText(text)
    dialog.accept()
    assert dialog.isVisible()
    assert words in dialog.message.text()
    assert room.store.load().positions == (LONG,)
    dialog.reject()


def test_planned_positions_do_not_change_what_open_ones_risk(room: Room) -> None:
    cross = replace(LONG, margin_mode=MarginMode.CROSS, leverage=None)
    room.add(cross)
    before = room.cell(0, "margin_ratio")
    room.add(replace(PLANNED, margin_mode=MarginMode.CROSS, size=50.0))
    assert room.shown(Shown.OPEN) == [cross.id]
    assert room.cell(0, "margin_ratio") == before


def test_words_find_symbol_venue_side_tag_and_note(room: Room) -> None:
    room.add(LONG, PLANNED)
    room.panel.states.setCurrentText(Shown.ALL.value)
    for text, found in (
        ("btc", 2), ("BREAK", 1), ("later long", 1), ("planned", 1), ("okx", 0), ("", 2),
    ):  # fmt: skip
        room.panel.filter.setText(text)
        assert len(room.panel.model.shown_keys()) == found, text


def test_cell_is_edited_in_its_place(room: Room) -> None:
    room.add(LONG)
    editor = room.edit(LONG.id, "entry_price")
    assert editor.text() == "60880.1"
    room.type_over(editor, "61000")
    assert room.store.load().positions[0].entry_price == 61_000.0
    room.type_over(room.edit(LONG.id, "tags"), "scalp,  news, scalp")
    assert room.store.load().positions[0].tags == ("scalp", "news")
    assert room.store.undo()
    assert room.store.load().positions[0].tags == ()


def test_bad_text_keeps_the_field_open_and_says_why(room: Room, qtbot: QtBot) -> None:
    room.add(LONG)
    editor = room.edit(LONG.id, "quantity")
    room.type_over(editor, "1.234,5")
    assert editor.isVisible()
    assert editor.text() == "1.234,5"
    assert "size" in room.panel.summary.text()
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert room.store.load().positions == (LONG,)


def test_cell_without_an_editor_opens_the_form(room: Room) -> None:
    room.add(LONG)
    keys = [column.key for column in room.panel.model.columns]
    room.panel.view.setCurrentIndex(room.panel.model.index(0, keys.index("mark_price")))
    room.panel.view.setFocus()
    room.qtbot.keyClick(room.panel.view, Qt.Key.Key_F2)
    dialog = next(d for d in room.panel.children() if type(d).__name__ == "PositionDialog")
    dialog.reject()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "text", "field", "value"),
    [
        ("quantity", "2", "size", 2.0),
        ("leverage", "12.5x", "leverage", 12.5),
        ("stop", "", "stop_price", None),
        ("stop", "57 000", "stop_price", 57_000.0),
        ("target", "66000", "take_profit_price", 66_000.0),
        ("extra_margin", "", "extra_margin", 0.0),
        ("note", " a word ", "note", "a word"),
    ],
)
def test_typed_text_becomes_the_field(key: str, text: str, field: str, value: object) -> None:
    assert getattr(CELL_EDITS[key].take(LONG, text), field) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("quantity", "0"),
        ("entry_price", "-1"),
        ("leverage", ""),
        ("stop", "abc"),
        ("extra_margin", "-5"),
        ("note", "x" * 3_000),
        ("tags", "x" * 40),
        ("tags", ",".join(f"t{n}" for n in range(20))),
    ],
)
def test_text_that_will_not_do_is_refused_with_its_field(key: str, text: str) -> None:
    with pytest.raises(InputError):
        CELL_EDITS[key].take(LONG, text)


def test_edit_that_cannot_be_kept_leaves_the_field_open(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.add(LONG)
    editor = room.edit(LONG.id, "leverage")

    def full(_position: Position) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(room.store, "update_position", full)
    room.type_over(editor, "5")
    assert editor.isVisible()
    assert "the disk is full" in room.panel.summary.text()


def test_restart_shows_the_same_book(room: Room, tmp_path: Path) -> None:
    room.add(LONG, PLANNED)
    room.store.close()
    room.store = BookStore(tmp_path / "book.sqlite3")
    book = room.store.load()
    assert (book.positions, book.planned) == ((LONG,), (PLANNED,))
