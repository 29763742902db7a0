"""A field that stands over a table cell while it is edited."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QToolTip

from dashboard.errors import InputError, StoreError
from widgets.plain import tooltip

_LEAST_WIDTH_PX = 120


class CellEditor(QLineEdit):
    """Enter hands the text over; where it is refused the field stays, with the reason below it.

    Esc and leaving the field give up, and nothing has changed.
    """

    refused = Signal(str)
    closed = Signal()

    def __init__(
        self, view: QAbstractItemView, index: QModelIndex, text: str, take: Callable[[str], None]
    ) -> None:
        super().__init__(view.viewport())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Value of the cell")
        self._take = take
        self._done = False
        cell = view.visualRect(index)
        cell.setWidth(max(cell.width(), _LEAST_WIDTH_PX))
        cell.moveRight(min(cell.right(), view.viewport().rect().right()))
        self.setGeometry(cell)
        self.setText(text)
        self.selectAll()
        self.show()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Enter hands over, Esc gives up; neither reaches the table, which would edit again."""
        if event.key() == Qt.Key.Key_Escape:
            self._end()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._submit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 (Qt's name)
        """A click elsewhere gives up, a menu or another program does not."""
        super().focusOutEvent(event)
        if event.reason() in (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.TabFocusReason):
            self._end()

    def _submit(self) -> None:
        try:
            self._take(self.text())
        except (InputError, StoreError) as error:
            self.refused.emit(error.user_message)
            below = self.mapToGlobal(self.rect().bottomLeft())
            QToolTip.showText(below, tooltip(error.user_message), self)
            return
        self._end()

    def _end(self) -> None:
        if not self._done:
            self._done = True
            self.close()
            self.closed.emit()
