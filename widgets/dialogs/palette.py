"""The command palette: every action and every contract by a few typed letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.models.commands import Command, best_commands
from widgets.plain import PlainLabel
from widgets.theme import Role, set_role

_WIDTH_PX = 560
_HEIGHT_PX = 420
_TOP_PX = 70
_COMMAND = Qt.ItemDataRole.UserRole
_KEYS = Qt.ItemDataRole.UserRole + 1
_PADDING_PX = 10
_MOVES = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -10,
    Qt.Key.Key_PageDown: 10,
}

Index = QModelIndex | QPersistentModelIndex
Source = Callable[[str], Sequence[Command]]
"""Gives the commands for what is typed so far."""


class CommandPalette(QDialog):
    """A field and the commands that what is in it may mean; Enter runs the chosen one."""

    def __init__(self, source: Source, parent: QWidget, typed: str = "") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Commands")
        self._source = source
        self.field = QLineEdit()
        self.field.setPlaceholderText("A command, a contract or a timeframe: oi usd, btc, 4h …")
        self.field.setAccessibleName("Command, contract or timeframe")
        self.field.installEventFilter(self)
        self.list = QListView()
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._model = QStandardItemModel(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_CommandDelegate(self.list))
        self._nothing = PlainLabel("Nothing answers to that.")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(self._nothing, Role.EMPTY)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        layout.addWidget(self._nothing)
        self.field.textChanged.connect(self._show_commands)
        self.field.returnPressed.connect(self.run_chosen)
        self.list.clicked.connect(self.run_chosen)
        self._place_above(parent)
        self.field.setText(typed)
        if not typed:
            self._show_commands("")

    def run_chosen(self) -> None:
        """Close, then run the command that is chosen; without one stay open."""
        command = self.list.currentIndex().data(_COMMAND)
        if isinstance(command, Command):
            self.accept()
            command.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Let the arrow keys move in the list while the field has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = _MOVES.get(Qt.Key(event.key()))
            if step is not None:
                self._move(step)
                return True
        return super().eventFilter(watched, event)

    def _move(self, step: int) -> None:
        last = self._model.rowCount() - 1
        place = min(max(self.list.currentIndex().row() + step, 0), last)
        self.list.setCurrentIndex(self._model.index(place, 0))

    def _show_commands(self, typed: str) -> None:
        commands = best_commands(typed, self._source(typed))
        self._model.clear()
        for command in commands:
            item = QStandardItem(command.text)
            item.setData(command, _COMMAND)
            item.setData(command.keys or command.kind, _KEYS)
            self._model.appendRow(item)
        self.list.setCurrentIndex(self._model.index(0, 0))
        self.list.setVisible(bool(commands))
        self._nothing.setVisible(not commands)

    def _place_above(self, parent: QWidget) -> None:
        self.resize(_WIDTH_PX, _HEIGHT_PX)
        room = parent.frameGeometry()
        left = room.left() + (room.width() - _WIDTH_PX) // 2
        self.move(max(left, room.left()), room.top() + _TOP_PX)


class _CommandDelegate(QStyledItemDelegate):
    """Writes a command's name at the left and its keys at the right."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one line."""
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        if chosen:
            painter.fillRect(option.rect, palette.highlight())
        room = option.rect.adjusted(_PADDING_PX, 0, -_PADDING_PX, 0)
        keys = str(index.data(_KEYS) or "")
        painter.setPen(palette.placeholderText().color())
        painter.drawText(room, _at(Qt.AlignmentFlag.AlignRight), keys)
        painter.setPen(palette.text().color())
        width = room.width() - option.fontMetrics.horizontalAdvance(keys) - _PADDING_PX
        text = option.fontMetrics.elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, max(0, width)
        )
        painter.drawText(QRect(room), _at(Qt.AlignmentFlag.AlignLeft), text)

    def sizeHint(  # noqa: N802 (Qt's name)
        self, option: QStyleOptionViewItem, index: Index
    ) -> QSize:
        """One line with some air."""
        hint = super().sizeHint(option, index)
        return QSize(hint.width(), option.fontMetrics.height() + _PADDING_PX)


def _at(side: Qt.AlignmentFlag) -> int:
    return (side | Qt.AlignmentFlag.AlignVCenter).value
