"""Text from outside, shown as it is written: Qt would render a venue's "<img ...>" as HTML.

Every label that may hold such text is a PlainLabel, every tooltip goes through `tooltip`.
"""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget


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


def tooltip(text: str) -> str:
    """`text` for setToolTip: every character as written, lines kept, long ones wrapped."""
    if not text:
        return ""
    lines = html.escape(text, quote=False).replace("\n", "<br>")
    return f"<qt>{lines}</qt>"


def message_box(
    parent: QWidget | None, icon: QMessageBox.Icon, title: str, text: str, detail: str = ""
) -> QMessageBox:
    """A message box with plain text that deletes itself when closed; the caller shows it."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(icon)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(detail)
    return box
