"""Keeps the colours of the selected row: a position in danger is not to look calm when chosen."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QStyleOptionViewItem, QTableView

from widgets.spark import SparkDelegate


class SelectedRow(SparkDelegate):
    """Paints the selected row of `view`, where Qt would write every cell in one colour.

    The other rows stay with Qt's own delegate, which costs no Python for each painted cell.
    """

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view
        self._row = -1
        view.selectionModel().selectionChanged.connect(self._follow)
        model = view.model()
        for moved in (model.layoutChanged, model.rowsInserted, model.rowsRemoved, model.modelReset):
            moved.connect(self._follow)

    def initStyleOption(  # noqa: N802 (Qt's name)
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Take the colour of the cell for its selected state too."""
        super().initStyleOption(option, index)
        palette = option.palette
        palette.setBrush(QPalette.ColorRole.HighlightedText, palette.brush(QPalette.ColorRole.Text))

    def _follow(self) -> None:
        chosen = self._view.selectionModel().selectedRows()
        row = chosen[0].row() if chosen else -1
        if row == self._row:
            return
        if self._row >= 0:
            self._view.setItemDelegateForRow(self._row, None)  # type: ignore[arg-type]  # Qt: back
        if row >= 0:
            self._view.setItemDelegateForRow(row, self)
        self._row = row
