"""The position panel under the hand: adding, editing, deleting, undoing, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from dashboard.errors import StoreError
from dashboard.market.account import Balance, Book, MarginMode, Position
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.report import LiquidationStatus, RiskReport
from dashboard.store.book import BookStore
from dashboard.store.tiers import load_tiers
from tests.widgets import market_samples, position_samples
from tests.widgets.market_samples import BTC, ETH, NOW_MS, VENUES
from widgets import format as fmt
from widgets.dialogs.position import PositionDialog
from widgets.dialogs.position_form import Field
from widgets.panels.positions import PositionsPanel
from widgets.theme import DARK, LIGHT
from widgets.update import Update

TIERS = load_tiers(None)
ETHER_LONG = position_samples.named(
    "ether",
    instrument=market_samples.instrument("binanceusdm", "ETH", tick=0.01),
    entry_price=61_000.0,
    leverage=20.0,
    stop_price=None,
)


def risk_of(snapshot: Snapshot, book: Book, now_ms: int) -> RiskReport:
    """What the window is given to assess a book with."""
    return assess(book, snapshot, TIERS, now_ms)


class Window:
    """What stands around the panel: it shows the book again after each edit."""

    def __init__(self, panel: PositionsPanel, store: BookStore) -> None:
        self.panel = panel
        self.store = store
        self.selected: list[object] = []
        self.wanted: list[object] = []
        self.snapshot = market_samples.snapshot(BTC, ETH)
        panel.book_changed.connect(self.refresh)
        panel.selected.connect(self.selected.append)
        panel.contract_wanted.connect(self.wanted.append)

    def refresh(self, now_ms: int = NOW_MS) -> None:
        self.panel.show_update(self.update(now_ms))

    def update(self, now_ms: int = NOW_MS) -> Update:
        book = self.store.load()
        return market_samples.update(
            now_ms=now_ms,
            snapshot=self.snapshot,
            book=book,
            report=risk_of(self.snapshot, book, now_ms),
            selected=BTC,
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BookStore]:
    made = BookStore(tmp_path / "book.sqlite3")
    yield made
    made.close()


@pytest.fixture
def window(qtbot: QtBot, store: BookStore) -> Iterator[Window]:
    panel = PositionsPanel(store, VENUES, risk_of, DARK)
    qtbot.addWidget(panel)
    QAbstractItemModelTester(
        panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal, parent=panel
    )
    panel.resize(1600, 300)
    panel.show()
    with qtbot.waitActive(panel):
        panel.activateWindow()
    made = Window(panel, store)
    made.refresh()
    yield made
    panel.hide()


@pytest.fixture
def panel(window: Window) -> PositionsPanel:
    return window.panel


def dialog_of(panel: PositionsPanel) -> PositionDialog:
    dialog = panel.findChild(PositionDialog)
    assert dialog is not None
    dialog.activateWindow()
    QApplication.processEvents()
    return dialog


def type_into(qtbot: QtBot, dialog: PositionDialog, **texts: str) -> None:
    for name, text in texts.items():
        line = dialog.fields.lines[Field[name.upper()]]
        line.selectAll()
        qtbot.keyClicks(line, text)


def cell(panel: PositionsPanel, key: str, column: str) -> str:
    place = panel.model.place_of(key)
    assert place is not None
    section = [held.key for held in panel.model.columns].index(column)
    text: str = panel.model.data(panel.model.index(place, section))
    return text.replace(fmt.GROUP, " ")


def shown_text(panel: PositionsPanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


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
    figures, name, room = summary.split(", ")
    assert figures.startswith("Nearest to liquidation: ▼ ")
    assert figures.endswith(f" to {price}")
    assert name == "ETH/USDT long at binanceusdm"
    assert room.endswith(" USDT away")


def test_a_breach_is_said_in_words_on_top(window: Window, panel: PositionsPanel) -> None:
    for position in (ETHER_LONG, position_samples.LONG):
        window.store.add_position(position)
    window.snapshot.merge(market_samples.readings(BTC, mark=55_000.0))
    window.refresh()
    assert panel.model.shown_keys() == ["long", "ether"]
    assert cell(panel, "long", "distance") == "breached"
    assert panel.summary.text().endswith("the liquidation price of BTC/USDT long at binanceusdm")


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
