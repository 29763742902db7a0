"""Paints a table of plain cells in one go, where Qt would ask a Python model seven times a cell.

Qt's own delegate asks a Python model so long that fifty positions cost more than two frames;
here a cell is a look-up and a text that is drawn. The selected row keeps its cells'
colours, since a position in danger is not to look calm when chosen.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QTableView

from widgets.models.rows import Align, RowsModel
from widgets.text_widths import TextWidths

_PADDING_PX = 4
_ELIDE = Qt.TextElideMode.ElideRight


class _Strip(NamedTuple):
    """A shown column: its number in the model, where its text may stand, and whether it stands
    at the right; `pictured` cells are drawn by the column's own delegate."""

    column: int
    left: int
    right: int
    at_right: bool
    pictured: bool


class TablePainter:
    """Draws the rows of `view`, which shows `model`."""

    def __init__(self, view: QTableView, model: RowsModel[Any]) -> None:
        self._view = view
        self._model = model
        self._font = QFont()
        self._metrics = QFontMetrics(self._font)
        self._widths = TextWidths(self._metrics.horizontalAdvance)

    def paint(self, painter: QPainter, exposed: QRect) -> None:
        """Draw every cell that `exposed` touches."""
        self._take_font()
        view, palette = self._view, self._view.palette()
        selected = {index.row() for index in view.selectionModel().selectedRows()}
        highlight = palette.brush(QPalette.ColorRole.Highlight)
        plain = palette.color(QPalette.ColorRole.Text)
        strips = self._strips(exposed)
        whole = exposed.width() >= view.viewport().width()
        self._model.see((strip.column for strip in strips), alone=whole)
        for row in self._rows(exposed):
            top, height = view.rowViewportPosition(row), view.rowHeight(row)
            if row in selected:
                painter.fillRect(QRect(exposed.left(), top, exposed.width(), height), highlight)
            self._draw_row(painter, row, strips, QRect(0, top, 0, height), plain)
            for strip in strips:
                if strip.pictured:
                    self._draw_picture(painter, strip, row, row in selected)

    def _draw_row(
        self, painter: QPainter, row: int, strips: list[_Strip], line: QRect, plain: QColor
    ) -> None:
        width_of, top, columns = self._widths.of, line.top(), [strip.column for strip in strips]
        room = line.height() + self._metrics.ascent() - self._metrics.descent()
        baseline = top + room // 2
        for (_, left, right, at_right, pictured), (text, colour, shade) in zip(
            strips, self._model.painted(row, columns), strict=True
        ):
            if shade:
                ground = QRect(
                    left - _PADDING_PX, top, right - left + 2 * _PADDING_PX, line.height()
                )
                painter.fillRect(ground, self._model.shade(shade) or plain)
            if pictured:
                continue
            shown, width = text, width_of(text)
            if width > right - left:
                shown = self._metrics.elidedText(text, _ELIDE, right - left)
                width = min(width_of(shown), right - left)
            painter.setPen(colour or plain)
            painter.drawText(right - int(width) if at_right else left, baseline, shown)

    def _draw_picture(self, painter: QPainter, strip: _Strip, row: int, selected: bool) -> None:
        index = self._model.index(row, strip.column)
        option = QStyleOptionViewItem()
        option.rect = self._view.visualRect(index)
        option.palette = self._view.palette()
        option.font = self._view.font()
        option.state = QStyle.StateFlag.State_Enabled
        if selected:
            option.state |= QStyle.StateFlag.State_Selected
        self._view.itemDelegateForIndex(index).paint(painter, option, index)

    def _rows(self, exposed: QRect) -> range:
        first = self._view.rowAt(exposed.top())
        if first < 0:
            return range(0)
        last = self._view.rowAt(exposed.bottom())
        return range(first, self._model.rowCount() if last < 0 else last + 1)

    def _strips(self, exposed: QRect) -> list[_Strip]:
        view, found = self._view, []
        for column, described in enumerate(self._model.columns):
            if view.isColumnHidden(column):
                continue
            left, width = view.columnViewportPosition(column), view.columnWidth(column)
            if left <= exposed.right() and left + width > exposed.left():
                inner = (left + _PADDING_PX, left + width - _PADDING_PX)
                at_right, pictured = described.align is Align.RIGHT, described.picture is not None
                found.append(_Strip(column, *inner, at_right, pictured))
        return found

    def _take_font(self) -> None:
        font = self._view.font()
        if font != self._font:
            self._font, self._metrics = QFont(font), QFontMetrics(font)
            self._widths = TextWidths(self._metrics.horizontalAdvance)
