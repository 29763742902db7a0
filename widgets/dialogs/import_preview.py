"""What a file would bring, listed before anything is added, and how such a file is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from dashboard.errors import InputError
from dashboard.store.files import reason
from dashboard.tradeline.number import quote
from widgets.plain import PlainLabel

ENDINGS = (".json", ".csv")
_PREVIEWED = 200


class ImportPreview(QDialog):
    """Lists what would be added, a line each; nothing can be added where there is none."""

    def __init__(self, title: str, heading: str, lines: Iterable[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        listed = list(lines)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("What would be added")
        self.text.setPlainText("\n".join(listed[:_PREVIEWED]))
        left = len(listed) - _PREVIEWED
        if left > 0:
            self.text.appendPlainText(f"… and {left} more")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.add_button = buttons.addButton("Add", QDialogButtonBox.ButtonRole.AcceptRole)
        self.add_button.setEnabled(bool(listed))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (PlainLabel(heading, wrap=True), self.text, buttons):
            layout.addWidget(widget)
        self.resize(560, 360)


def ending_of(path: Path) -> str:
    """The ending of a file that can be written or read; raises InputError for another one."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        allowed = " and ".join(ENDINGS)
        raise InputError("file", f"file {quote(path.name)}: {allowed} are allowed endings")
    return ending


def text_of(path: Path, most_bytes: int) -> str:
    """The text of a file, one byte more than allowed at most; raises InputError with the reason."""
    try:
        with path.open("rb") as file:
            return file.read(most_bytes + 1).decode("utf-8-sig")
    except OSError as error:
        raise InputError("file", f"the file cannot be read: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise InputError("file", "the file is no UTF-8 text") from error
