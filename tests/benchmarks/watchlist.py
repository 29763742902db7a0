"""500 rows, every value changing, ten times a second: `python -m tests.benchmarks.watchlist`.

Measured is CPU time of the window's thread for one such change, off screen, sorted by a column
whose order changes too: from the new rows to the painted picture. The peer is a plain QTableView
with a model that keeps its strings and brushes, sorts itself and emits one dataChanged.
"""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QApplication, QTableView, QWidget

from tests.benchmarks.measure import interleaved_rounds, medians, print_figure
from widgets import format as fmt
from widgets.models.rows import Column, RowsModel
from widgets.table import RowsView
from widgets.theme import DARK, apply

ROWS, MANY_ROWS, FIGURES = 500, 5_000, 13
GENERATIONS = 6
CALLS = 12
SIZE = (1600, 900)
SORTED_BY = 3
_PEER = "QTableView, cached model"
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its name and its figures."""

    name: str
    figures: tuple[float, ...]


def generations(rows: int) -> list[list[Line]]:
    """Rows in which every figure differs from one generation to the next."""
    draw = np.random.default_rng(rows)
    figures = draw.uniform(-1e5, 1e5, (GENERATIONS, rows, FIGURES)).tolist()
    return [
        [Line(f"COIN{row}/USDT", tuple(values)) for row, values in enumerate(generation)]
        for generation in figures
    ]


def _name(line: Line) -> str:
    return line.name


def _figure(at: int, line: Line) -> float:
    return line.figures[at]


def _text(at: int, line: Line) -> str:
    return fmt.number(line.figures[at], 2)


def _colour(at: int, line: Line) -> str | None:
    return "profit" if line.figures[at] > 0.0 else "loss"


COLUMNS: tuple[Column[Line], ...] = (
    Column(key="name", title="Symbol", value=_name, text=_name),
    *(
        Column(
            key=f"figure {at}",
            title=f"Figure {at}",
            value=partial(_figure, at),
            text=partial(_text, at),
            colour=partial(_colour, at),
            sample="-100 000.00",
        )
        for at in range(FIGURES)
    ),
)


class CachedModel(QAbstractTableModel):
    """What a careful hand writes first: strings and brushes kept, one signal a change."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Line] = []
        self._texts: list[list[str]] = []
        self._brushes = {True: QBrush(QColor(DARK.profit)), False: QBrush(QColor(DARK.loss))}
        self._align = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def set_rows(self, lines: Sequence[Line]) -> None:
        """Take rows in."""
        if len(lines) != len(self._lines):
            self.beginResetModel()
            self._take(lines)
            self.endResetModel()
            return
        self._take(lines)
        last = self.index(len(lines) - 1, len(COLUMNS) - 1)
        self.dataChanged.emit(self.index(0, 0), last)

    def _take(self, lines: Sequence[Line]) -> None:
        self._lines = sorted(lines, key=partial(_figure, SORTED_BY - 1))
        self._texts = [
            [line.name, *(fmt.number(figure, 2) for figure in line.figures)] for line in self._lines
        ]

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 (Qt's shape)
        return len(self._lines)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 (Qt's shape)
        return len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts[index.row()][index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and index.column():
            return self._brushes[self._lines[index.row()].figures[index.column() - 1] > 0.0]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._align
        return None


def paint(view: QWidget) -> None:
    """Repaint at once what was marked for it."""
    QApplication.sendPostedEvents()
    view.grab() if not view.isVisible() else QApplication.processEvents()


def ours(rows: int) -> Callable[[], None]:
    """One change of our table."""
    model: RowsModel[Line] = RowsModel(COLUMNS, _name)
    view = RowsView(model, "benchmark")
    view.resize(*SIZE)
    view.show()
    return _change(view, model, rows, sort=lambda: view.sortByColumn(SORTED_BY, _ASCENDING))


def peer(rows: int) -> Callable[[], None]:
    """One change of the peer's."""
    model = CachedModel()
    view = QTableView()
    view.setModel(model)
    view.resize(*SIZE)
    view.show()
    return _change(view, model, rows, sort=lambda: None)


_ASCENDING = Qt.SortOrder.AscendingOrder


def _change(
    view: QTableView,
    model: RowsModel[Line] | CachedModel,
    rows: int,
    *,
    sort: Callable[[], None],
) -> Callable[[], None]:
    lines = cycle(generations(rows))
    model.set_rows(next(lines))
    sort()
    paint(view)

    def change() -> None:
        model.set_rows(next(lines))
        paint(view)

    change.view = view  # type: ignore[attr-defined] # keeps the widget alive with its function
    return change


def main() -> None:
    """Print what was measured."""
    app = QApplication([])
    apply(app, DARK)
    candidates = {"ours": ours(ROWS), "peer": peer(ROWS), "many": ours(MANY_ROWS)}
    seconds = medians(interleaved_rounds(candidates, calls=CALLS))
    millis = {name: 1000.0 * value for name, value in seconds.items()}
    print_figure(
        f"{ROWS} rows x {len(COLUMNS)} columns, all changed",
        millis["ours"],
        "ms",
        _PEER,
        millis["peer"],
    )
    print_figure(
        f"{MANY_ROWS} rows, all changed", millis["many"], "ms", f"{ROWS} rows", millis["ours"]
    )


if __name__ == "__main__":
    main()
