"""How everything is doing, as text to look at, copy or save for a report."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dashboard.errors import StoreError
from dashboard.store.files import write_atomically
from dashboard.store.redaction import redacted
from widgets.plain import PlainLabel
from widgets.theme import Role, set_role

_BEAT_MS = 50
_REFRESH_MS = 1_000
_SIZE = (860, 560)
_PROMISE = "Holds no keys. Nothing is sent anywhere: copy or save it, and hand it on yourself."


class DiagnosticsDialog(QDialog):
    """Shows `running(late_worst_ms)` every second below `lasting`, which was found once.

    `positions` gives their text, which is in the report only while its box is ticked.
    """

    def __init__(
        self,
        running: Callable[[float], str],
        lasting: str,
        positions: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Diagnostics")
        self.resize(*_SIZE)
        self._running, self._lasting, self._positions = running, lasting, positions
        self._late_worst_ms = 0.0
        self._beat_s = time.monotonic()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Diagnostics")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.with_positions = QCheckBox("With my &positions")
        self.with_positions.toggled.connect(self.refresh)
        self.copy_button = QPushButton("&Copy")
        self.copy_button.clicked.connect(self.copy)
        self.save_button = QPushButton("&Save…")
        self.save_button.clicked.connect(self.ask_and_save)
        self.message = PlainLabel(_PROMISE, wrap=True)
        set_role(self.message, Role.MUTED)
        self._arrange()
        self._timers = [self._timer(_BEAT_MS, self._beat), self._timer(_REFRESH_MS, self.refresh)]
        self.refresh()

    def report(self) -> str:
        """The whole text as it would be copied now."""
        parts = [self._running(self._late_worst_ms), self._lasting]
        if self.with_positions.isChecked():
            parts.append("positions:\n" + (self._positions() or "none"))
        return redacted("\n\n".join(parts))

    def refresh(self) -> None:
        """Show what is so now; a text that is being read or marked stays where it is."""
        if self.text.textCursor().hasSelection():
            return
        bars = self.text.verticalScrollBar(), self.text.horizontalScrollBar()
        places = [bar.value() for bar in bars]
        text = self.report()
        if text != self.text.toPlainText():
            self.text.setPlainText(text)
            for bar, place in zip(bars, places, strict=True):
                bar.setValue(place)

    def copy(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.report())
        self.message.setText("Copied.")

    def ask_and_save(self) -> None:
        """Ask where to save the report, and save it."""
        name, _ = QFileDialog.getSaveFileName(
            self, "Save the report", "liqline-report.txt", "Text (*.txt)"
        )
        if name:
            self.save(Path(name))

    def save(self, path: Path) -> None:
        """Save the report and say how it went."""
        try:
            write_atomically(path, self.report().encode())
        except StoreError as error:
            self.message.setText(f"Not saved: {error.user_message}")
            return
        self.message.setText(f'Saved as "{path}".')

    def _beat(self) -> None:
        now_s = time.monotonic()
        late_ms = (now_s - self._beat_s) * 1000.0 - _BEAT_MS
        self._late_worst_ms = max(self._late_worst_ms, late_ms)
        self._beat_s = now_s

    def _timer(self, every_ms: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.timeout.connect(slot)
        timer.start(every_ms)
        return timer

    def _arrange(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.with_positions)
        row.addStretch(1)
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)
        row.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.message)
        layout.addLayout(row)
