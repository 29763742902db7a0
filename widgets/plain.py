"""Text from outside, shown as it is written: Qt would render a venue's "<img ...>" as HTML.

Every label that may hold such text is a PlainLabel, every tooltip goes through `tooltip`.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

_FEWEST_CHARACTERS = 18
_OUTSIDE = str.maketrans({"<": "‹", ">": "›"})
_AS_WRITTEN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": "<br>"})


class PlainLabel(QLabel):
    """A label that never guesses markup and lets its text be selected where `selectable`."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        wrap: bool = False,
        selectable: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if selectable:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setText(text)


def for_the_desktop(text: str) -> str:
    """`text` for a notification: some desktops take markup in it, and none can be told not to."""
    return text.translate(_OUTSIDE)


def add_row(form: QFormLayout, name: str, field: QWidget) -> None:
    """A row of a form; the label that a form makes itself would guess markup in `name`."""
    label = PlainLabel(name)
    label.setBuddy(field)
    form.addRow(label, field)


class ElidedLabel(PlainLabel):
    """A plain label that gives way: what does not fit ends in an ellipsis and is on hover."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Room for a few characters."""
        hint = super().minimumSizeHint()
        room = self.fontMetrics().averageCharWidth() * _FEWEST_CHARACTERS
        return QSize(min(hint.width(), room), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw as much of the text as there is room for."""
        painter = QPainter(self)
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(room, self.alignment(), text)


def tooltip(text: str) -> str:
    """`text` for setToolTip: every character as written, lines kept, long ones wrapped."""
    if not text:
        return ""
    return f"<qt>{text.translate(_AS_WRITTEN)}</qt>"
