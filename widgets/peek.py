"""A card that shows every figure of one row for as long as it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from widgets.models.rows import Column
from widgets.plain import PlainLabel, tooltip
from widgets.theme import Role, set_role

_ROLES = {role.value: role for role in Role}
_LINES = 12
"""So many lines stand below each other before the next pair of columns begins."""

_RENEWED_MS = 250
"""So often the figures are read anew: those of the table behind the card go on."""


class PeekCard(QFrame):
    """Closed by any key, a click elsewhere, or Space again.

    `row` gives the row as it is now; where it is gone (None) the card goes too.
    """

    def __init__(
        self,
        title: str,
        columns: Sequence[Column[Any]],
        row: Callable[[], object | None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("peek")
        self._row = row
        self._values: list[tuple[Column[Any], PlainLabel]] = []
        self.setAccessibleName(f"All figures of {title}")
        heading = PlainLabel(title)
        set_role(heading, Role.HEADING)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(3)
        for place, column in enumerate(columns):
            line, pair = place % _LINES, place // _LINES
            name = PlainLabel(column.title)
            set_role(name, Role.MUTED)
            value = PlainLabel()
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._values.append((column, value))
            grid.addWidget(name, line, 2 * pair)
            grid.addWidget(value, line, 2 * pair + 1)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addLayout(grid)
        renewal = QTimer(self)
        renewal.timeout.connect(self.renew)
        renewal.start(_RENEWED_MS)
        self.renew()

    def renew(self) -> None:
        """Show the figures of the row as they are now."""
        row = self._row()
        if row is None:
            self.close()
            return
        for column, value in self._values:
            value.setText(column.text(row))
            value.setToolTip(tooltip(column.hint(row) if column.hint is not None else ""))
            token = column.colour(row) if column.colour is not None else None
            set_role(value, _ROLES.get(token or "", Role.PLAIN))

    def show_at(self, place: QPoint) -> None:
        """Show the card with its corner at a place of the screen, as far as it fits there."""
        self.adjustSize()
        room = self.screen().availableGeometry()
        left = min(place.x(), room.right() - self.width())
        top = min(place.y(), room.bottom() - self.height())
        self.move(max(left, room.left()), max(top, room.top()))
        self.show()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        """Take every key before a shortcut of the table does."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, _event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Any key puts it away."""
        self.close()
