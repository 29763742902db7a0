"""The watch-list under the hand: adding, removing, moving, sorting, choosing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from msgspec import structs
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.market.instrument import InstrumentKey
from tests.widgets.market_samples import BTC, BYBIT_BTC, ETH, NOW_MS, VENUES, update
from widgets.panels.watchlist import WatchlistPanel
from widgets.theme import DARK

NOT_WATCHED = InstrumentKey("okx", "SOL/USDT:USDT")


class Wishes:
    """What the panel asked for."""

    def __init__(self, panel: WatchlistPanel) -> None:
        self.added: list[object] = []
        self.removed: list[object] = []
        self.moved: list[tuple[object, int]] = []
        self.selected: list[object] = []
        panel.add_wanted.connect(self.added.append)
        panel.remove_wanted.connect(self.removed.append)
        panel.move_wanted.connect(self.on_moved)
        panel.selected.connect(self.selected.append)

    def on_moved(self, key: object, place: int) -> None:
        self.moved.append((key, place))


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[WatchlistPanel]:
    made = WatchlistPanel(VENUES, DARK)
    qtbot.addWidget(made)
    QAbstractItemModelTester(
        made.model, QAbstractItemModelTester.FailureReportingMode.Fatal, parent=made
    )
    made.resize(1100, 300)
    made.show()
    made.show_update(update(BTC, ETH, BYBIT_BTC))
    yield made
    made.hide()


@pytest.fixture
def wishes(panel: WatchlistPanel) -> Wishes:
    return Wishes(panel)


def typed(panel: WatchlistPanel, text: str) -> None:
    panel.field.setText(text)
    panel.field.returnPressed.emit()


def press(panel: WatchlistPanel, name: str) -> None:
    action = next(action for action in panel.view.actions() if action.text() == name)
    action.trigger()


def test_typed_symbol_is_added_and_the_field_is_ready_for_the_next(
    panel: WatchlistPanel, wishes: Wishes
) -> None:
    typed(panel, "okx sol")
    assert wishes.added == [NOT_WATCHED]
    assert wishes.selected == [NOT_WATCHED]
    assert panel.field.text() == ""


def test_unknown_symbol_is_said_in_one_sentence_and_the_text_stays(
    panel: WatchlistPanel, wishes: Wishes
) -> None:
    typed(panel, "okx <b>nope")
    assert wishes.added == []
    assert panel.field.text() == "okx <b>nope"
    typed(panel, "okx nope")
    assert panel.message.text() == 'okx: symbol "nope" is not listed'


def test_symbol_that_is_there_is_selected_instead(panel: WatchlistPanel, wishes: Wishes) -> None:
    typed(panel, "eth")
    assert wishes.added == []
    assert wishes.selected == [ETH]
    assert "already in the list" in panel.message.text()


def test_suggestion_is_offered_and_chosen_by_keys(
    panel: WatchlistPanel, wishes: Wishes, qtbot: QtBot
) -> None:
    panel.field.setFocus()
    qtbot.keyClicks(panel.field, "sol okx")
    popup = panel.field.completer().popup()
    assert popup is not None
    qtbot.waitUntil(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: wishes.added == [NOT_WATCHED])
    assert panel.field.text() == ""
    assert not popup.isVisible()


def test_chosen_row_is_told_and_an_update_tells_nothing(
    panel: WatchlistPanel, wishes: Wishes
) -> None:
    panel.view.selectRow(2)
    assert wishes.selected == [BYBIT_BTC]
    panel.show_update(update(BTC, ETH, BYBIT_BTC, selected=ETH))
    assert panel.view.selected_key() == ETH
    assert wishes.selected == [BYBIT_BTC]


def test_selected_row_is_removed_by_key_and_by_button(
    panel: WatchlistPanel, wishes: Wishes, qtbot: QtBot
) -> None:
    panel.view.select_key(ETH)
    press(panel, "Remove from the watch-list")
    panel.show_update(update(BTC, ETH, BYBIT_BTC, selected=ETH))
    qtbot.mouseClick(panel.bar.remove_button, Qt.MouseButton.LeftButton)
    assert wishes.removed == [ETH, ETH]


def test_rows_move_by_keys_in_own_order(panel: WatchlistPanel, wishes: Wishes) -> None:
    panel.view.select_key(ETH)
    press(panel, "Move up")
    press(panel, "Move down")
    assert wishes.moved == [(ETH, 0), (ETH, 3)]


def test_rows_do_not_move_while_sorted_and_the_panel_says_why(
    panel: WatchlistPanel, wishes: Wishes
) -> None:
    panel.view.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    panel.view.select_key(ETH)
    press(panel, "Move up")
    assert wishes.moved == []
    assert "sorted by Mark price" in panel.message.text()


def test_dropped_row_goes_before_the_row_under_the_cursor(
    panel: WatchlistPanel, wishes: Wishes
) -> None:
    panel.view.select_key(BTC)
    below = panel.view.visualRect(panel.model.index(2, 0)).bottomLeft()

    class OwnDrop(QDropEvent):
        def source(self) -> object:
            return panel.view

    mime = panel.model.mimeData([panel.model.index(0, 0)])
    drop = OwnDrop(
        QPointF(below),
        Qt.DropAction.MoveAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    panel.view.dropEvent(drop)
    assert wishes.moved == [(BTC, 3)]
    assert panel.model.rowCount() == 3


def test_third_click_on_a_title_goes_back_to_own_order(panel: WatchlistPanel, qtbot: QtBot) -> None:
    header = panel.view.horizontalHeader()
    middle = header.sectionViewportPosition(0) + header.sectionSize(0) // 2
    point = header.viewport().rect().center()
    point.setX(middle)
    orders = []
    for _ in range(3):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=point)
        orders.append(panel.model.shown_keys())
    assert orders[0] != orders[1]
    assert orders[2] == [BTC, ETH, BYBIT_BTC]


def test_unknown_sorts_last_in_both_directions(panel: WatchlistPanel) -> None:
    panel.show_update(update(BTC, ETH, watched=(NOT_WATCHED, BTC, ETH)))
    panel.model.shown_keys()
    panel.show_update(
        update(BTC, watched=(NOT_WATCHED, BTC, ETH)),
    )
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        panel.view.sortByColumn(2, order)
        assert panel.model.shown_keys()[0] == BTC


def test_hidden_panel_waits_and_catches_up(panel: WatchlistPanel) -> None:
    panel.hide()
    panel.show_update(update(BTC))
    assert panel.model.rowCount() == 3
    panel.show()
    assert panel.model.rowCount() == 1


def test_empty_list_says_what_to_do(panel: WatchlistPanel) -> None:
    panel.show_update(update())
    shown = panel._stack.currentWidget()
    assert "Type a symbol above and press Enter" in shown.text()
    panel.show_update(update(BTC))
    assert panel._stack.currentWidget() is panel.view


def test_ages_move_without_new_readings(panel: WatchlistPanel) -> None:
    place = [column.key for column in panel.model.columns].index("age")
    panel.show_update(update(BTC, now_ms=NOW_MS + 3_000))
    assert panel.model.data(panel.model.index(0, place)).startswith("3")


def test_nothing_is_elided_at_the_smallest_window(
    panel: WatchlistPanel, qapp: QApplication
) -> None:
    panel.show_update(update(BTC, ETH, BYBIT_BTC, now_ms=NOW_MS + 20_000))
    qapp.processEvents()
    view, model = panel.view, panel.model
    metrics = view.fontMetrics()
    for section, column in enumerate(model.columns):
        if column.spare:
            continue
        room = view.columnWidth(section) - 6
        assert metrics.horizontalAdvance(column.title) <= room + 2, column.key
        for row in range(model.rowCount()):
            text = model.data(model.index(row, section))
            assert metrics.horizontalAdvance(text) <= room, (column.key, text)
    assert view.horizontalScrollBar().maximum() == 0


def test_why_a_symbol_was_refused_stays_beside_a_filter_until_more_is_typed(
    panel: WatchlistPanel, wishes: Wishes, qtbot: QtBot
) -> None:
    panel.bar.filter.setText("btc")
    now = update(BTC, ETH, BYBIT_BTC)
    now = replace(now, clock=structs.replace(now.clock, recording="crash-2024-08"))
    panel.show_update(now)
    typed(panel, "xyz doge")
    panel.show_update(now)
    assert "is not in this recording" in panel.message.text()
    assert panel.field.text() == "xyz doge"
    qtbot.keyClicks(panel.field, "x")
    panel.show_update(now)
    assert "fit" in panel.message.text()


def test_escape_clears_a_field_and_then_gives_the_keyboard_to_the_table(
    panel: WatchlistPanel, qtbot: QtBot
) -> None:
    for field in (panel.bar.filter, panel.field):
        field.setFocus()
        qtbot.keyClicks(field, "b?t")
        assert field.text() == "b?t"
        qtbot.keyClick(field, Qt.Key.Key_Escape)
        assert field.text() == ""
        qtbot.keyClick(field, Qt.Key.Key_Escape)
        assert panel.view.hasFocus()
