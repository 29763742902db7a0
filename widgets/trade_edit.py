"""The field of the trade line: a wrong word is underlined, Tab completes, arrows bring back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QTextCharFormat,
)
from PySide6.QtWidgets import QLineEdit, QWidget

from dashboard.tradeline.line import EXAMPLE, MAX_LINE_CHARACTERS
from widgets.models.completion import Completion
from widgets.theme import Theme

Complete = Callable[[str, int], Completion]

MOST_REMEMBERED = 50


class TradeEdit(QLineEdit):
    """Typed trades. `add_wanted` and `plan_wanted` come of Ctrl+Enter and Ctrl+Shift+Enter,
    `rows_pasted` carries pasted text of several lines."""

    add_wanted = Signal()
    plan_wanted = Signal()
    rows_pasted = Signal(str)
    completed = Signal(object)

    def __init__(self, theme: Theme, complete: Complete, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._complete = complete
        self._cycle: tuple[Completion, int] | None = None
        self._wrong = (0, 0)
        self._marked = (0, 0, "")
        self._remembered: list[str] = []
        self._back = 0
        self.setPlaceholderText(EXAMPLE)
        self.setAccessibleName("Trade line")
        # Not MAX_LINE_CHARACTERS: what is pasted too long is to be said, not cut.
        self.setMaxLength(10 * MAX_LINE_CHARACTERS)
        self.setClearButtonEnabled(True)
        self.textEdited.connect(self._forget_cycle)

    def set_theme(self, theme: Theme) -> None:
        """Underline in the colour of another theme."""
        self._theme = theme
        self._marked = (0, 0, "")
        self.underline(*self._wrong)

    def underline(self, start: int, end: int) -> None:
        """Mark the characters [start, end) as wrong, none where both are the same."""
        wanted = (start, end, self.text()) if start < end else (0, 0, "")
        self._wrong = (start, end)
        if wanted == self._marked:
            return  # an input method may be composing: it is not to be disturbed for nothing
        self._marked = wanted
        attributes = []
        if start < end:
            wrong = QTextCharFormat()
            wrong.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wrong.setUnderlineColor(QColor(self._theme.danger))
            wrong.setForeground(QColor(self._theme.danger))
            kind = QInputMethodEvent.AttributeType.TextFormat
            attribute = QInputMethodEvent.Attribute(
                kind, start - self.cursorPosition(), end - start, wrong
            )
            attributes.append(attribute)
        # A line edit takes formats from input methods alone; nothing of the text is changed by it.
        QCoreApplication.sendEvent(self, QInputMethodEvent("", attributes))

    def x_of(self, place: int) -> int:
        """Where the character at `place` stands, in pixels from the left of the field."""
        cursor, at = self.cursorPosition(), self.cursorRect().center().x()
        text = self.text()
        between = text[min(place, cursor) : max(place, cursor)]
        width = self.fontMetrics().horizontalAdvance(between)
        return at - width if place < cursor else at + width

    def remember(self) -> None:
        """Keep the line for the Up key and start a new one."""
        text = self.text().strip()
        if text:
            self._remembered = [*self._remembered[-MOST_REMEMBERED + 1 :], text]
        self._back = 0
        self.clear()

    def event(self, event: QEvent) -> bool:
        """Take Tab where there is something to complete; else it goes to the next field."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}.get(Qt.Key(event.key()))
            if step is not None and self._complete_word(step):
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Ctrl+Enter adds, Up and Down go through earlier lines, pasted rows are told apart."""
        key, held = Qt.Key(event.key()), event.modifiers()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if held & Qt.KeyboardModifier.ControlModifier:
                planned = bool(held & Qt.KeyboardModifier.ShiftModifier)
                (self.plan_wanted if planned else self.add_wanted).emit()
                return
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._bring_back(1 if key is Qt.Key.Key_Up else -1)
            return
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_text(QGuiApplication.clipboard().text())
            return
        super().keyPressEvent(event)

    def paste_text(self, text: str) -> None:
        """Take pasted text: several lines or cells are a table, one line is typed."""
        if "\t" in text.strip() or len(text.strip().splitlines()) > 1:
            self.rows_pasted.emit(text)
        else:
            self.insert(text.strip("\r\n"))

    def _complete_word(self, step: int) -> bool:
        if self._cycle is None:
            found = self._complete(self.text(), self.cursorPosition())
            if not found.options:
                return False
            number = 0 if step > 0 else len(found.options) - 1
        else:
            found, before = self._cycle
            number = (before + step) % len(found.options)
        option = found.options[number]
        text = self.text()
        self.setText(text[: found.start] + option + text[found.end :])
        self.setCursorPosition(found.start + len(option))
        self._cycle = (found._replace(end=found.start + len(option)), number)
        if len(found.options) == 1:
            self._cycle = None
            self._add_blank()
        self.completed.emit(found)
        return True

    def _add_blank(self) -> None:
        if self.cursorPosition() == len(self.text()) and not self.text().endswith(("@", ":")):
            self.insert(" ")

    def _forget_cycle(self) -> None:
        self._cycle = None

    def _bring_back(self, step: int) -> None:
        back = min(max(self._back + step, 0), len(self._remembered))
        if back != self._back:
            self._back = back
            self.setText(self._remembered[-back] if back else "")
