"""The table model: order, unknown values, selection and what it tells its views."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QTableView

from widgets.models.rows import Align, Column, RowsModel
from widgets.theme import DARK, LIGHT

ASCENDING = Qt.SortOrder.AscendingOrder
DESCENDING = Qt.SortOrder.DescendingOrder


@dataclass(frozen=True)
class Coin:
    name: str
    price: float | None = None


def coin_name(coin: Coin) -> str:
    return coin.name


def coin_price(coin: Coin) -> float | None:
    return coin.price


def price_text(coin: Coin) -> str:
    return "n/a" if coin.price is None else f"{coin.price:.1f}"


def price_colour(coin: Coin) -> str | None:
    return None if coin.price is None or coin.price > 0 else "loss"


def price_hint(coin: Coin) -> str:
    return "<b>not said</b>" if coin.price is None else ""


COLUMNS: tuple[Column[Coin], ...] = (
    Column(key="name", title="Name", value=coin_name, text=coin_name, align=Align.LEFT),
    Column(
        key="price",
        title="Price",
        value=coin_price,
        text=price_text,
        colour=price_colour,
        hint=price_hint,
        tooltip="a < b",
    ),
)
A, B, C = Coin("a", 3.0), Coin("b"), Coin("c", 1.0)


class Watcher:
    """Counts what a model tells its views."""

    def __init__(self, model: RowsModel[Coin]) -> None:
        self.changes: list[tuple[int, int, int, int]] = []
        self.structure: list[str] = []
        model.dataChanged.connect(self.on_changed)
        model.rowsInserted.connect(self.on_inserted)
        model.rowsRemoved.connect(self.on_removed)
        model.layoutChanged.connect(self.on_layout)

    def on_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        self.changes.append((first.row(), first.column(), last.row(), last.column()))

    def on_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.structure.append(f"+{first}-{last}")

    def on_removed(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.structure.append(f"-{first}-{last}")

    def on_layout(self) -> None:
        self.structure.append("order")


def made(*rows: Coin) -> RowsModel[Coin]:
    model = RowsModel(COLUMNS, row_key=coin_name)
    QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, parent=model
    )
    model.set_rows(rows)
    return model


def names(model: RowsModel[Coin]) -> str:
    return "".join(str(key) for key in model.shown_keys())


def test_rows_stand_in_the_order_given(qapp: object) -> None:
    assert names(made(B, A, C)) == "bac"


@pytest.mark.parametrize(("order", "expected"), [(ASCENDING, "cab"), (DESCENDING, "acb")])
def test_unknown_values_sort_last_in_both_directions(
    qapp: object, order: Qt.SortOrder, expected: str
) -> None:
    model = made(B, A, C)
    model.sort(1, order)
    assert names(model) == expected


def test_equal_values_keep_own_order_and_column_minus_one_returns_to_it(qapp: object) -> None:
    model = made(C, Coin("d", 1.0), A, B)
    model.sort(1, DESCENDING)
    assert names(model) == "acdb"
    model.sort(-1)
    assert names(model) == "cdab"


def test_new_values_move_rows_while_a_column_sorts(qapp: object) -> None:
    model = made(A, B, C)
    model.sort(1, ASCENDING)
    model.set_rows([replace(A, price=0.5), replace(B, price=2.0), C])
    assert names(model) == "acb"


def test_nothing_is_emitted_when_nothing_changed(qapp: object) -> None:
    model = made(A, B, C)
    watcher = Watcher(model)
    model.set_rows([A, B, replace(C)])
    assert watcher.changes == []
    assert watcher.structure == []


def looked_at(model: RowsModel[Coin], *rows: int) -> RowsModel[Coin]:
    """The model after a view has painted these rows, all without any."""
    columns = range(model.columnCount())
    model.see(columns, alone=True)
    for row in rows or range(model.rowCount()):
        assert len(list(model.painted(row, columns))) == len(columns)
    return model


def test_rows_that_no_view_has_painted_have_nothing_to_tell(qapp: object) -> None:
    model = looked_at(made(A, B, C), 0)
    watcher = Watcher(model)
    model.set_rows([A, B, replace(C, price=7.0)])
    assert watcher.changes == []
    assert model.data(model.index(2, 1)) == "7.0"


def test_change_is_told_against_what_was_painted_last(qapp: object) -> None:
    model = looked_at(made(A, B, C))
    watcher = Watcher(model)
    for price in (7.0, 8.0, 8.0):
        model.set_rows([A, B, replace(C, price=price)])
    assert watcher.changes == [(2, 1, 2, 1)] * 2


def test_where_very_many_rows_were_painted_all_are_painted_anew(qapp: object) -> None:
    rows = [replace(A, name=f"row {number}") for number in range(300)]
    model = looked_at(made(*rows))
    watcher = Watcher(model)
    model.set_rows(rows)
    assert watcher.changes == [(0, 0, 299, len(model.columns) - 1)]


def test_one_changed_cell_is_one_signal_for_that_cell(qapp: object) -> None:
    model = looked_at(made(A, B, C))
    watcher = Watcher(model)
    model.set_rows([A, B, replace(C, price=7.0)])
    assert watcher.changes == [(2, 1, 2, 1)]
    assert watcher.structure == []


def test_many_changed_cells_are_one_signal_around_them(qapp: object) -> None:
    model = looked_at(made(A, B, C))
    watcher = Watcher(model)
    model.set_rows([A, replace(B, price=1.0), replace(C, price=7.0)])
    assert watcher.changes == [(1, 1, 2, 1)]


def test_added_and_removed_rows_are_told_as_such(qapp: object) -> None:
    model = made(A, B, C)
    watcher = Watcher(model)
    model.set_rows([A, Coin("x"), Coin("y"), C, Coin("z")])
    assert watcher.structure == ["-1-1", "+1-2", "+4-4"]
    assert names(model) == "axycz"


def test_selection_and_current_row_follow_their_key(qtbot: object) -> None:
    model = made(A, B, C)
    view = QTableView()
    qtbot.addWidget(view)  # type: ignore[attr-defined]
    view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    view.setModel(model)
    view.selectRow(0)
    model.sort(1, ASCENDING)
    model.set_rows([Coin("n", 0.1), A, B, C])
    selection: QItemSelectionModel = view.selectionModel()
    assert [model.row_at(index) for index in selection.selectedRows()] == [A]
    assert model.row_at(view.currentIndex()) == A


def test_cells_answer_the_roles_that_a_view_asks_for(qapp: object) -> None:
    model = made(A, B, Coin("d", -1.0))
    role = Qt.ItemDataRole
    assert model.data(model.index(0, 1)) == "3.0"
    assert model.data(model.index(0, 1), role.ForegroundRole) is None
    assert model.data(model.index(2, 1), role.ForegroundRole).color().name() == DARK.loss
    assert model.data(model.index(0, 0), role.TextAlignmentRole) == Align.LEFT.value
    assert model.data(model.index(0, 1), role.ToolTipRole) is None
    assert model.data(QModelIndex()) is None


def test_tooltips_show_markup_as_it_was_written(qapp: object) -> None:
    model = made(B)
    cell = model.data(model.index(0, 1), Qt.ItemDataRole.ToolTipRole)
    header = model.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;not said&lt;/b&gt;" in cell
    assert "a &lt; b" in header


def test_colours_change_with_the_theme(qapp: object) -> None:
    model = made(Coin("d", -1.0))
    model.data(model.index(0, 1), Qt.ItemDataRole.ForegroundRole)
    watcher = Watcher(model)
    model.set_theme(LIGHT)
    brush = model.data(model.index(0, 1), Qt.ItemDataRole.ForegroundRole)
    assert brush.color().name() == LIGHT.loss
    assert watcher.changes == [(0, 0, 0, 1)]


def test_two_rows_of_one_key_are_refused(qapp: object) -> None:
    with pytest.raises(ValueError, match="same key"):
        made(A, A)


rows = st.lists(
    st.builds(Coin, st.sampled_from("abcdefgh"), st.none() | st.floats(-9, 9)),
    unique_by=coin_name,
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(rows, min_size=1, max_size=5), column=st.sampled_from([-1, 0, 1]))
def test_any_sequence_of_tables_ends_in_the_last_one(
    qapp: object, steps: list[list[Coin]], column: int
) -> None:
    model = made()
    model.sort(column, DESCENDING)
    for step in steps:
        model.set_rows(step)
    assert sorted(names(model)) == sorted(coin.name for coin in steps[-1])
    shown = [model.row_at(model.index(row, 0)) for row in range(model.rowCount())]
    if column == -1:
        assert shown == steps[-1]
    if column == 1:
        known = [coin.price for coin in shown if coin is not None and coin.price is not None]
        assert known == sorted(known, reverse=True)
        assert all(coin is not None and coin.price is None for coin in shown[len(known) :])


def test_columns_out_of_sight_are_not_worked_out_on_a_tick(qapp: object) -> None:
    model = looked_at(made(A, B, C))
    model.see([0], alone=True)
    watcher = Watcher(model)
    model.set_rows([replace(A, price=7.0), B, C])
    assert watcher.changes == []
    model.see([1], alone=False)
    ((text, _, _),) = model.painted(0, [1])
    assert text == "7.0"
    model.set_rows([replace(A, price=8.0), B, C])
    assert watcher.changes == [(0, 1, 0, 1)]


def test_a_new_order_is_told_as_new_cells_where_nothing_follows_a_row(qapp: object) -> None:
    model = made(A, B, C)
    watcher = Watcher(model)
    model.set_rows([C, A, B])
    assert (watcher.structure, watcher.changes) == ([], [(0, 0, 2, 1)])


def test_a_new_order_takes_what_follows_a_row_along(qapp: object) -> None:
    model = made(A, B, C)
    watcher = Watcher(model)
    kept = QPersistentModelIndex(model.index(0, 1))
    model.set_rows([C, B, A])
    assert (kept.row(), kept.column()) == (2, 1)
    assert watcher.structure == ["order"]


def test_fixed_cells_are_made_again_only_for_another_part(qapp: object) -> None:
    asked: list[Coin] = []

    def told(coin: Coin) -> str:
        asked.append(coin)
        return coin.name

    column = Column(key="name", title="Name", value=coin_name, text=told, fixed=True)
    model = RowsModel((column,), row_key=lambda _coin: 1, fixed_part=coin_name)
    model.set_rows([Coin("a")])
    looked_at(model)
    model.set_rows([Coin("a", 2.0)])
    assert len(asked) == 1
    model.set_rows([Coin("b")])
    assert [text for text, _, _ in model.painted(0, [0])] == ["b"]
