"""The form of a position under the hand: what is typed, what is said beside it, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from dashboard.errors import StoreError
from dashboard.market.account import Balance, MarginMode
from dashboard.store.book import BookStore
from tests.widgets import market_samples, position_samples
from tests.widgets.market_samples import BTC, ETH, NOW_MS
from tests.widgets.positions_window import (
    ETHER_LONG,
    Window,
    cell,
    dialog_of,
    shown_window,
    type_into,
)
from widgets import format as fmt
from widgets.dialogs.position_form import Field
from widgets.panels.positions import PositionsPanel


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


@pytest.mark.parametrize("bad", ["0", "-1", "abc", "1e400", "1.23,4.5"])
def test_a_bad_size_is_said_beside_the_field_and_the_form_stays_filled_in(
    qtbot: QtBot, window: Window, panel: PositionsPanel, bad: str
) -> None:
    panel.add_position()
    dialog = dialog_of(panel)
    type_into(qtbot, dialog, size=bad, entry="64200", leverage="10")
    dialog.accept()
    assert dialog.isVisible()
    sentence = dialog.fields.faults[Field.SIZE].text()
    assert sentence.startswith("size")
    assert bad in sentence
    assert dialog.fields.lines[Field.SIZE].text() == bad
    assert dialog.fields.lines[Field.ENTRY].text() == "64200"
    assert dialog.fields.lines[Field.SIZE].accessibleDescription() == sentence
    assert QApplication.focusWidget() is dialog.fields.lines[Field.SIZE]
    assert window.store.load().positions == ()
    dialog.reject()


def test_an_untouched_field_is_not_complained_about_until_ok(panel: PositionsPanel) -> None:
    panel.add_position()
    dialog = dialog_of(panel)
    assert not any(label.text() for label in dialog.fields.faults.values())
    assert "once size, entry price and leverage can be read" in dialog.preview.text()
    dialog.accept()
    assert dialog.fields.faults[Field.ENTRY].text().startswith("entry price is empty")
    dialog.reject()


def test_the_preview_says_the_liquidation_price_while_it_is_typed(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    panel.add_position()
    dialog = dialog_of(panel)
    type_into(qtbot, dialog, size="0.5", entry="60880.1", leverage="10")
    preview = dialog.preview.text().replace(fmt.GROUP, " ")
    assert preview.startswith("Liquidation at 55 012.1 USDT, 10.16% below mark")
    type_into(qtbot, dialog, leverage="5")
    assert "Liquidation at 48 899.7 USDT" in dialog.preview.text().replace(fmt.GROUP, " ")
    type_into(qtbot, dialog, stop="40000")
    assert dialog.preview.text().count("stop") == 2
    assert "\nLiquidation comes before the stop at 40000: the stop" in dialog.preview.text()
    window.snapshot.merge(market_samples.readings(BTC, mark=48_000.0, received_ms=NOW_MS + 1000))
    window.refresh(NOW_MS + 1000)
    assert dialog.preview.text().startswith("Breached: mark, ")
    assert dialog.fields.lines[Field.STOP].text() == "40000"
    dialog.reject()


def test_the_mark_button_enters_the_mark_price(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    panel.add_position()
    dialog = dialog_of(panel)
    qtbot.mouseClick(dialog.fields.mark_button, Qt.MouseButton.LeftButton)
    assert dialog.fields.lines[Field.ENTRY].text() == "61234.5"
    dialog.fields.lines[Field.SYMBOL].setText("SOL")
    assert not dialog.fields.mark_button.isEnabled()
    assert "no mark price received yet" in dialog.fields.mark_button.toolTip()
    dialog.fields.lines[Field.SYMBOL].setText("BTC")
    dialog.show_update(window.update(NOW_MS + 120_000))
    assert not dialog.fields.mark_button.isEnabled()
    assert "old" in dialog.fields.mark_button.toolTip()
    dialog.reject()


def test_a_symbol_is_completed_and_its_prices_are_asked(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    panel.add_position()
    dialog = dialog_of(panel)
    line = dialog.fields.lines[Field.SYMBOL]
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "et")
    popup = line.completer().popup()
    assert popup.isVisible()
    assert popup.model().index(0, 0).data() == "ETH/USDT:USDT"
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert line.text() == "ETH/USDT:USDT"
    assert dialog.isVisible()
    assert window.wanted[-1] == ETH
    assert dialog.fields.size_unit.itemText(0) == "ETH"
    dialog.reject()


def test_a_disk_that_fails_keeps_the_form_and_says_so(
    qtbot: QtBot, window: Window, panel: PositionsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.store.add_position(position_samples.LONG)
    window.refresh()

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(window.store, "delete_position", full)
    monkeypatch.setattr(window.store, "update_position", full)
    panel.view.select_key("long")
    panel.delete_selected()
    window.refresh()
    assert panel.summary.text() == "Not kept: the disk is full"
    panel.edit_selected()
    dialog = dialog_of(panel)
    type_into(qtbot, dialog, leverage="3")
    dialog.accept()
    assert dialog.isVisible()
    assert dialog.fault.text() == "Not kept: the disk is full"
    assert dialog.fields.lines[Field.LEVERAGE].text() == "3"
    dialog.reject()


def test_cross_margin_closes_the_fields_of_an_own_margin(panel: PositionsPanel) -> None:
    panel.add_position()
    fields = dialog_of(panel).fields
    fields.margin_mode.setCurrentText("cross")
    assert not fields.lines[Field.MARGIN].isEnabled()
    assert not fields.lines[Field.EXTRA_MARGIN].isEnabled()
    assert fields.lines[Field.WALLET].isEnabled()
    fields.margin_mode.setCurrentText("isolated")
    assert fields.lines[Field.MARGIN].isEnabled()
    assert not fields.lines[Field.WALLET].isEnabled()
    dialog_of(panel).reject()


def test_a_cross_position_beside_another_is_told_with_the_move_of_all_coins(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    beside = replace(ETHER_LONG, margin_mode=MarginMode.CROSS, leverage=None, size=20.0)
    window.store.add_position(beside)
    window.refresh()
    panel.add_position()
    dialog = dialog_of(panel)
    dialog.fields.margin_mode.setCurrentText("cross")
    type_into(qtbot, dialog, size="0.5", entry="60880.1", wallet="8000")
    first, common, *_ = dialog.preview.text().replace(fmt.GROUP, " ").splitlines()
    assert " USDT if BTC alone moves, " in first
    assert common.startswith("At ")
    assert " if all coins fall alike, by " in common
    assert common.endswith("%: that ends the wallet")
    dialog.reject()


def test_a_cross_position_stands_on_the_wallet_that_is_typed_with_it(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    panel.add_position()
    dialog = dialog_of(panel)
    dialog.fields.margin_mode.setCurrentText("cross")
    type_into(qtbot, dialog, size="0.5", entry="60880.1", leverage="10")
    assert "no wallet balance in USDT was entered" in dialog.preview.text()
    type_into(qtbot, dialog, wallet="-1")
    assert dialog.fields.faults[Field.WALLET].text().startswith("wallet balance")
    type_into(qtbot, dialog, wallet="3044.005")  # the margin that makes it 10x isolated
    assert "Liquidation at 55 012.1 USDT" in dialog.preview.text().replace(fmt.GROUP, " ")
    dialog.accept()
    book = window.store.load()
    assert book.balances == (Balance(venue=BTC.venue, coin="USDT", amount=3044.005),)
    assert cell(panel, book.positions[0].id, "liquidation_price") == "55 012.1"


def test_the_wallet_that_is_known_is_shown_and_changed_for_all_its_positions(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    held = replace(position_samples.LONG, margin_mode=MarginMode.CROSS, margin=None)
    window.store.add_position(held)
    window.store.set_balance(Balance(venue=BTC.venue, coin="USDT", amount=9000.0, haircut=0.9))
    window.refresh()
    before = cell(panel, held.id, "liquidation_price")
    panel.add_position()
    dialog = dialog_of(panel)
    assert dialog.fields.lines[Field.WALLET].text() == ""
    dialog.fields.margin_mode.setCurrentText("cross")
    assert dialog.fields.lines[Field.WALLET].text() == "9000"
    type_into(qtbot, dialog, symbol="ETH/USDT:USDT", size="0.1", entry="61234.5", wallet="20000")
    dialog.accept()
    book = window.store.load()
    assert book.balances == (Balance(venue=BTC.venue, coin="USDT", amount=20_000.0, haircut=0.9),)
    assert cell(panel, held.id, "liquidation_price") != before


def test_an_empty_wallet_field_leaves_the_balance_as_it_is(
    qtbot: QtBot, window: Window, panel: PositionsPanel
) -> None:
    balance = Balance(venue=BTC.venue, coin="USDT", amount=9000.0)
    window.store.set_balance(balance)
    window.refresh()
    panel.add_position()
    dialog = dialog_of(panel)
    dialog.fields.margin_mode.setCurrentText("cross")
    type_into(qtbot, dialog, size="0.5", entry="60880.1")
    dialog.fields.lines[Field.WALLET].setFocus()
    dialog.fields.lines[Field.WALLET].selectAll()
    qtbot.keyClick(dialog.fields.lines[Field.WALLET], Qt.Key.Key_Delete)
    assert dialog.fields.lines[Field.WALLET].text() == ""
    dialog.accept()
    assert len(window.store.load().positions) == 1
    assert window.store.load().balances == (balance,)


def test_tab_reaches_every_field_and_each_has_a_name(qtbot: QtBot, panel: PositionsPanel) -> None:
    panel.add_position()
    dialog = dialog_of(panel)
    fields = dialog.fields
    lines = {line for line in fields.lines.values() if line.isEnabled()}
    assert set(fields.lines.values()) - lines == {fields.lines[Field.WALLET]}
    wanted = {
        fields.venue,
        fields.side,
        fields.size_unit,
        fields.margin_mode,
        fields.mark_button,
        *lines,
    }
    fields.venue.setFocus()
    reached = set()
    for _ in range(len(wanted) + 4):
        focus = QApplication.focusWidget()
        assert focus is not None
        assert focus.accessibleName() or (isinstance(focus, QAbstractButton) and focus.text())
        reached.add(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert wanted <= reached
    dialog.reject()
