"""What stands in a dock whose panel broke, while the rest of the window runs on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from widgets.plain import PlainLabel


class FailedPanel(QWidget):
    """Says what broke; `reload_wanted` asks to show the panel again."""

    reload_wanted = Signal()

    def __init__(self, title: str, error: Exception) -> None:
        super().__init__()
        self.message = PlainLabel(
            f"{title} could not be shown ({type(error).__name__}: {error}). The rest goes on; "
            "the log has more.",
            wrap=True,
            selectable=True,
        )
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton("Reload panel")
        self.button.setAccessibleName(f"Reload {title}")
        self.button.clicked.connect(self.reload_wanted)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(self.message)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
