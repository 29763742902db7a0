"""A strict number field with steps: buttons, wheel and arrow keys; Shift is fine, Ctrl is tenfold.

It is a plain line edit: nothing of a locale reads or rewrites what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget

from dashboard.errors import InputError
from dashboard.tradeline.number import parse_number
from widgets.format import number_text

_FINE, _COARSE = Decimal("0.1"), Decimal(10)
_BUTTON_WIDTH_PX = 15


class StepEdit(QLineEdit):
    """`step` gives what one step is now; `stepped` tells of a text that a step has written."""

    stepped = Signal(str)

    def __init__(
        self, step: Callable[[], float], parent: QWidget | None = None, *, least: float = 0.0
    ) -> None:
        super().__init__(parent)
        self._step = step
        self._least = Decimal(repr(least))
        self.up_button = self._button(Qt.ArrowType.UpArrow, 1, "One step up")
        self.down_button = self._button(Qt.ArrowType.DownArrow, -1, "One step down")
        self.setTextMargins(0, 0, _BUTTON_WIDTH_PX, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Arrows step with the keys that are held with them."""
        way = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
        else:
            self._go(way, event.modifiers())

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 (Qt's name)
        """The wheel steps in the field that has the focus, and scrolls past the others."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        if not self.hasFocus() or not turned:
            event.ignore()
            return
        self._go(1 if turned > 0 else -1, event.modifiers())
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Keep the buttons at the right end."""
        super().resizeEvent(event)
        left, half = self.width() - _BUTTON_WIDTH_PX - 2, self.height() // 2
        self.up_button.setGeometry(left, 2, _BUTTON_WIDTH_PX, half - 2)
        self.down_button.setGeometry(left, half, _BUTTON_WIDTH_PX, half - 2)

    def _button(self, arrow: Qt.ArrowType, way: int, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setArrowType(arrow)
        button.setProperty("role", "step")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setCursor(Qt.CursorShape.ArrowCursor)
        button.setAutoRepeat(True)
        button.setAccessibleName(name)
        button.clicked.connect(partial(self._on_button, way))
        return button

    def _on_button(self, way: int) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._go(way, QGuiApplication.keyboardModifiers())

    def _go(self, way: int, held: Qt.KeyboardModifier) -> None:
        """Step from the number that stands there; a text that is none stays."""
        try:
            value = parse_number(self.text() or "0")
        except InputError:
            return
        steps = Decimal(way)
        if held & Qt.KeyboardModifier.ShiftModifier:
            steps *= _FINE
        elif held & Qt.KeyboardModifier.ControlModifier:
            steps *= _COARSE
        moved = max(self._least, Decimal(repr(value)) + steps * Decimal(repr(self._step())))
        text = number_text(float(moved))
        self.setText(text)
        self.stepped.emit(text)
