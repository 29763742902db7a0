"""The position panel under the hand: adding, editing, deleting, undoing, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from dashboard.market.account import Balance, MarginMode, Position
from dashboard.risk.report import LiquidationStatus
from dashboard.store.book import BookStore
from tests.widgets import market_samples, position_samples
from tests.widgets.market_samples import BTC, ETH, NOW_MS
from tests.widgets.positions_window import (
    ETHER_LONG,
    Window,
    cell,
    dialog_of,
    shown_text,
    shown_window,
    type_into,
)
from widgets import format as fmt
from widgets.dialogs.position import PositionDialog
from widgets.dialogs.position_form import Field
from widgets.panels.positions import PositionsPanel
from widgets.theme import LIGHT


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BookStore]:
    made = BookStore(tmp_path / "book.sqlite3")
    yield made
    made.close()


@pytest.fixture
def window(qtbot: QtBot, store: BookStore) -> Iterator[Window]:
    with shown_window(qtbot, store) as made:
        yield made


@pytest.fixture
def panel(window: Window) -> PositionsPanel:
    return window.panel


def test_an_empty_book_says_what_to_do(panel: PositionsPanel) -> None:
    assert "No position entered yet" in shown_text(panel)
    assert "Ctrl+N" in shown_text(panel)
    assert not panel.edit_button.isEnabled()
    assert not panel.delete_button.isEnabled()


def test_a_position_is_added_by_keys_alone(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    panel.add_button.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Insert)
    dialog = dialog_of(panel)
    assert QApplication.focusWidget() is dialog.fields.lines[Field.SIZE]
    type_into(qtbot, dialog, size="0.5", entry="60880.1", leverage="10", stop="56000")
    qtbot.keyClick(dialog.fields.lines[Field.STOP], Qt.Key.Key_Return)
    (position,) = window.store.load().positions
    assert position.instrument.key == BTC
    assert (position.size, position.entry_price, position.leverage) == (0.5, 60_880.1, 10.0)
    assert cell(panel, position.id, "entry_price") == "60 880.1"
    assert cell(panel, position.id, "liquidation_price") == "55 012.1"
    assert cell(panel, position.id, "stop").startswith("in time")
    assert "No position entered yet" not in shown_text(panel)


def test_a_position_is_edited_with_enter(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    window.store.add_position(replace(position_samples.LONG, example=True))
    window.refresh()
    panel.view.select_key("long")
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    dialog = dialog_of(panel)
    assert dialog.fields.lines[Field.ENTRY].text() == "60880.1"
    type_into(qtbot, dialog, leverage="3")
    dialog.accept()
    wanted = replace(position_samples.LONG, example=True, leverage=3.0)
    assert window.store.load().positions == (wanted,)
    assert cell(panel, "long", "leverage") == "3x iso"


def test_keys_work_from_anywhere_and_once_the_panel_is_gone_to(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    window.store.add_position(position_samples.LONG)
    window.refresh()
    elsewhere = QLineEdit(panel)
    elsewhere.show()
    elsewhere.setFocus()
    panel.setFocus()
    assert QApplication.focusWidget() is panel.view
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert window.store.load().positions == ()
    elsewhere.setFocus()
    qtbot.keyClick(elsewhere, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    dialog_of(panel).reject()


def test_a_deleted_position_can_be_put_back(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    for position in (position_samples.LONG, ETHER_LONG):
        window.store.add_position(position)
    window.refresh()
    for name in ("long", "ether"):
        panel.view.select_key(name)
        panel.view.setFocus()
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert window.store.load().positions == ()
    for _ in range(2):
        assert window.store.undo() == "delete a position"
    assert window.store.load().positions == (position_samples.LONG, ETHER_LONG)


def test_the_nearest_to_liquidation_stands_first_and_in_the_summary(
    window: Window, panel: PositionsPanel
) -> None:
    for position in (position_samples.LONG, ETHER_LONG):
        window.store.add_position(position)
    window.refresh()
    assert panel.model.shown_keys() == ["ether", "long"]
    summary = panel.summary.text().replace(fmt.GROUP, " ")
    price = cell(panel, "ether", "liquidation_price").replace(fmt.GROUP, " ")
    figures, name, venue, room = summary.split(", ")
    assert figures.startswith("Nearest to liquidation: ▼ ")
    assert figures.endswith(f" to {price}")
    assert (name, venue) == ("ETH/USDT long isolated", "binanceusdm")
    assert room.endswith(" USDT away")


def test_a_breach_is_said_in_words_on_top(window: Window, panel: PositionsPanel) -> None:
    for position in (ETHER_LONG, position_samples.LONG):
        window.store.add_position(position)
    window.snapshot.merge(market_samples.readings(BTC, mark=55_000.0))
    window.refresh()
    assert panel.model.shown_keys() == ["long", "ether"]
    assert cell(panel, "long", "distance") == "breached"
    named = "the liquidation price of BTC/USDT long isolated, binanceusdm"
    assert panel.summary.text().endswith(named)


def test_a_wallet_that_a_move_of_all_coins_ends_first_stands_on_top(
    window: Window, panel: PositionsPanel
) -> None:
    """A tenth of room for the isolated one, more for either cross one alone, less for both."""
    cross = {"margin_mode": MarginMode.CROSS, "leverage": None}
    window.store.add_position(position_samples.LONG)
    window.store.add_position(position_samples.named("btc", size=1.0, **cross))
    window.store.add_position(replace(ETHER_LONG, id="eth", size=20.0, **cross))
    window.store.set_balance(Balance(venue="binanceusdm", coin="USDT", amount=10_000.0))
    window.refresh()
    first = panel.model.shown_keys()[0]
    assert first in ("btc", "eth")
    assert panel.model.shown_keys()[-1] == "long"
    summary = panel.summary.text().replace(fmt.GROUP, " ")
    assert summary.startswith("Nearest to liquidation: a fall of all coins by ")
    assert "% ends binanceusdm USDT cross (by " in summary


def test_a_mark_that_expires_leaves_na_with_the_reason(
    window: Window, panel: PositionsPanel
) -> None:
    window.store.add_position(position_samples.LONG)
    window.refresh(NOW_MS + 600_000)
    assert cell(panel, "long", "mark_price") == "n/a"
    assert cell(panel, "long", "unrealised_pnl") == "n/a"
    row = panel.model.row_at(panel.model.index(0, 0))
    assert row is not None
    assert row.risk.missing["mark_price"]
    assert row.risk.status is not LiquidationStatus.BREACHED


def test_choosing_a_position_shows_its_contract(window: Window, panel: PositionsPanel) -> None:
    for position in (position_samples.LONG, ETHER_LONG):
        window.store.add_position(position)
    window.refresh()
    assert window.selected == []
    panel.view.select_key("ether")
    assert window.selected == [ETH]
    window.refresh()
    assert window.selected == [ETH]


def test_a_hidden_panel_waits_until_it_is_shown(window: Window, panel: PositionsPanel) -> None:
    panel.hide()
    window.store.add_position(position_samples.LONG)
    window.refresh()
    assert panel.model.rowCount() == 0
    panel.show()
    assert panel.model.rowCount() == 1


def test_only_one_dialog_is_open_and_a_closed_one_is_gone(
    qtbot: QtBot, panel: PositionsPanel
) -> None:
    for _ in range(3):
        panel.add_position()
        panel.add_position()
        assert len(panel.findChildren(PositionDialog)) == 1
        with qtbot.waitSignal(dialog_of(panel).destroyed):
            dialog_of(panel).reject()


def test_text_from_outside_is_never_markup(window: Window, panel: PositionsPanel) -> None:
    hostile: Position = replace(position_samples.LONG, note="<img src='x'><h1>big")
    window.store.add_position(hostile)
    window.refresh()
    panel.view.select_key("long")
    panel.edit_selected()
    labels = [*panel.findChildren(QLabel), *dialog_of(panel).findChildren(QLabel)]
    assert labels
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
    dialog_of(panel).reject()


def test_the_panel_changes_its_theme(window: Window, panel: PositionsPanel) -> None:
    window.store.add_position(position_samples.LONG)
    window.refresh()
    section = [held.key for held in panel.model.columns].index("unrealised_pnl")
    index = panel.model.index(0, section)
    dark = panel.model.data(index, Qt.ItemDataRole.ForegroundRole).color()
    panel.set_theme(LIGHT)
    assert panel.model.data(index, Qt.ItemDataRole.ForegroundRole).color() != dark


def test_a_trade_that_was_typed_goes_on_field_by_field_and_back_into_a_line(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    started = replace(position_samples.LONG, id="typed", take_profit_price=68_000.0)
    panel.open_form(started)
    dialog = dialog_of(panel)
    assert dialog.fields.lines[Field.SIZE].text() == "0.5"
    said = "binanceusdm:BTC/USDT:USDT 0.5 @60880.1 x10 iso sl 58000 tp 68000"
    assert dialog.line.text() == f"As a trade line: long {said}"
    type_into(qtbot, dialog, size="x")
    assert dialog.line.text() == ""
    type_into(qtbot, dialog, size="0.25")
    qtbot.keyClick(dialog.fields.lines[Field.STOP], Qt.Key.Key_Up)
    assert "0.25 @60880.1 x10 iso sl 58000.1" in dialog.line.text()
    dialog.accept()
    (kept,) = window.store.load().positions
    assert (kept.size, kept.stop_price, kept.id != "typed") == (0.25, 58_000.1, True)
