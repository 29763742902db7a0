"""The table view: columns that the trader arranges, and a layout that is kept."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from pytestqt.qtbot import QtBot

from tests.widgets.market_samples import BTC, ETH, NOW_MS, snapshot
from widgets.format import FALL, as_typed, number
from widgets.models.rows import RowsModel
from widgets.models.watch_row import WatchRow, watch_row
from widgets.models.watchlist import COLUMNS, row_key
from widgets.table import RowsView


def made(qtbot: QtBot, width: int = 1200) -> RowsView:
    model: RowsModel[WatchRow] = RowsModel(COLUMNS, row_key)
    model.set_rows([watch_row(snapshot(BTC, ETH), key, NOW_MS) for key in (BTC, ETH)])
    view = RowsView(model, "Table")
    model.setParent(view)
    qtbot.addWidget(view)
    view.resize(width, 200)
    return view


def shown_order(view: RowsView) -> list[str]:
    header = view.horizontalHeader()
    sections = [header.logicalIndex(place) for place in range(header.count())]
    return [COLUMNS[section].key for section in sections if not COLUMNS[section].spare]


def colours_of(view: RowsView, row: int, key: str) -> set[str]:
    """Every colour that a cell is painted in."""
    index = view.model().index(row, [column.key for column in COLUMNS].index(key))
    picture = view.viewport().grab(view.visualRect(index)).toImage()
    return {
        picture.pixelColor(x, y).name()
        for x in range(picture.width())
        for y in range(picture.height())
    }


def test_a_selected_row_keeps_the_colours_of_its_cells(qtbot: QtBot) -> None:
    view = made(qtbot)
    highlight = view.palette().color(QPalette.ColorRole.Highlight).name()
    falling = [row for row in range(2) if view.model().index(row, 0).data().startswith("BTC")]
    view.selectRow(falling[0])
    index = view.model().index(falling[0], [column.key for column in COLUMNS].index("change_24h"))
    told = index.data(Qt.ItemDataRole.ForegroundRole).color().name()
    assert {told, highlight} <= colours_of(view, falling[0], "change_24h")
    view.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    moved = view.selectionModel().selectedRows()[0].row()
    assert moved != falling[0]
    assert {told, highlight} <= colours_of(view, moved, "change_24h")
    view.clearSelection()
    unselected = colours_of(view, moved, "change_24h")
    assert told in unselected
    assert highlight not in unselected


def test_a_text_that_does_not_fit_ends_in_an_ellipsis_and_stays_in_its_cell(qtbot: QtBot) -> None:
    view = made(qtbot)
    beside = colours_of(view, 0, COLUMNS[1].key)
    view.setColumnWidth(0, 30)
    assert view.columnWidth(0) == 30
    narrow = view.viewport().grab(view.visualRect(view.model().index(0, 0))).toImage()
    edge = {narrow.pixelColor(narrow.width() - 1, y).name() for y in range(narrow.height())}
    assert edge == {view.palette().color(QPalette.ColorRole.Base).name()}
    assert colours_of(view, 0, COLUMNS[1].key) == beside


def test_rows_are_painted_where_they_are_scrolled_to_and_nothing_below_the_last(
    qtbot: QtBot,
) -> None:
    view = made(qtbot)
    last = view.visualRect(view.model().index(view.model().rowCount() - 1, 0))
    below = view.viewport().grab().toImage().copy(0, last.bottom() + 2, last.width(), 12)
    colours = {below.pixelColor(x, y).name() for x in range(below.width()) for y in range(12)}
    assert colours == {view.palette().color(QPalette.ColorRole.Base).name()}


def test_layout_comes_back_by_column_key(qtbot: QtBot) -> None:
    view = made(qtbot)
    header = view.horizontalHeader()
    header.moveSection(0, 4)
    header.resizeSection(2, 133)
    view.setColumnHidden(5, True)
    view.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    other = made(qtbot, width=900)
    other.restore_layout(view.layout_state())
    assert other.layout_state() == view.layout_state()
    assert shown_order(other)[:4] == ["venue", "mark", "change_24h", "symbol"]
    assert other.columnWidth(2) == 133
    assert other.isColumnHidden(5)


def test_column_that_a_saved_layout_does_not_know_stands_beside_its_neighbour(
    qtbot: QtBot,
) -> None:
    view = made(qtbot)
    state = view.layout_state()
    keys = [entry[0] for entry in state["columns"]]
    known = [entry for entry in state["columns"] if entry[0] != keys[1]]
    view.restore_layout({**state, "columns": known[::-1]})
    turned = [entry[0] for entry in view.layout_state()["columns"]]
    assert turned == [*keys[:1:-1], keys[0], keys[1]]
    view.restore_layout({**state, "columns": known})
    assert [entry[0] for entry in view.layout_state()["columns"]] == keys


def test_layout_of_another_version_is_taken_as_far_as_it_goes(qtbot: QtBot) -> None:
    view = made(qtbot)
    state = {"columns": [["gone", 80, False], ["age", 90, False]], "sorted_by": "gone"}
    view.restore_layout({**state, "arranged": True})
    assert shown_order(view)[0] == "age"
    age = [column.key for column in COLUMNS].index("age")
    assert view.columnWidth(age) == 90
    assert view.layout_state()["sorted_by"] is None


@pytest.mark.parametrize(
    "state",
    [{}, {"columns": 5}, {"columns": [None, [1, 2], ["age", "x", 0]]}, {"sorted_by": ["age"]}],
)
def test_damaged_layout_changes_nothing(qtbot: QtBot, state: dict[str, Any]) -> None:
    view = made(qtbot)
    before = view.layout_state()
    view.restore_layout(state)
    assert view.layout_state() == before


def test_columns_fill_the_width_until_a_hand_sets_one(qtbot: QtBot) -> None:
    view = made(qtbot)
    view.show()
    view.resize(1500, 200)
    wide = view.columnWidth(0)
    view.resize(1150, 200)
    assert view.columnWidth(0) < wide
    view.horizontalHeader().resizeSection(0, 150)
    view.resize(1500, 200)
    assert view.columnWidth(0) == 150
    view.hide()


def test_column_menu_hides_and_shows(qtbot: QtBot) -> None:
    view = made(qtbot)
    menu = view.column_menu()
    action = next(action for action in menu.actions() if action.text() == "Venue")
    assert action.isChecked()
    action.trigger()
    assert view.isColumnHidden(1)
    assert "Symbol" not in [entry.text() for entry in menu.actions()]
    menu.deleteLater()


def test_spare_column_is_hidden_until_it_is_chosen(qtbot: QtBot) -> None:
    view = made(qtbot)
    last = [column.key for column in COLUMNS].index("last")
    assert view.isColumnHidden(last)
    menu = view.column_menu()
    next(action for action in menu.actions() if action.text() == "Last").trigger()
    assert not view.isColumnHidden(last)
    assert view.columnWidth(last) > 50
    other = made(qtbot)
    other.restore_layout(view.layout_state())
    assert not other.isColumnHidden(last)
    menu.deleteLater()


def test_selection_is_by_key(qtbot: QtBot) -> None:
    view = made(qtbot)
    assert view.selected_key() is None
    view.select_key(ETH)
    assert view.selected_key() == ETH
    view.select_key("nobody")
    assert view.selected_key() == ETH


def test_least_height_shows_three_whole_rows(qtbot: QtBot) -> None:
    view = made(qtbot)
    view.show()
    view.resize(300, view.minimumSizeHint().height())
    assert view.viewport().height() >= 3 * view.rowHeight(0)


def test_no_column_is_cut_at_the_edge_where_not_all_have_room(qtbot: QtBot) -> None:
    view = made(qtbot, width=700)
    view.show()
    room = view.viewport().width()
    assert view.horizontalHeader().length() > room
    edges = {
        view.columnViewportPosition(section) + view.columnWidth(section)
        for section in range(len(COLUMNS))
        if not view.isColumnHidden(section)
    }
    assert room in edges


def test_a_figure_a_row_and_the_table_are_copied_as_other_programs_read_them(qtbot: QtBot) -> None:
    view = made(qtbot)
    view.show()
    section = [column.key for column in COLUMNS].index("mark")
    point = view.visualRect(view.model().index(0, section)).center()
    menu = view.cell_menu(point)
    figure, row, table = (action for action in menu.actions() if action.text().startswith("Copy"))
    figure.trigger()
    copied = QGuiApplication.clipboard().text()
    assert float(copied) == 61_234.5
    row.trigger()
    assert QGuiApplication.clipboard().text().split("\t")[:2] == ["BTC/USDT", "binanceusdm"]
    view.setCurrentIndex(view.model().index(1, section))
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("ETH/USDT\t")
    table.trigger()
    lines = QGuiApplication.clipboard().text().split("\n")
    assert len(lines) == 3
    assert len({line.count("\t") for line in lines}) == 1


def test_keyboard_signs_take_the_place_of_shown_ones() -> None:
    assert as_typed(f"{FALL} {number(-1_234_567.5, 1)}") == "-1234567.5"
