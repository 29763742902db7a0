"""The trader's own limits: a field, a bar and the worst reading of each, with an override."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dashboard.alerts.limits import LimitKind, LimitReading, Limits
from dashboard.alerts.sighting import limit_words
from dashboard.errors import InputError
from dashboard.tradeline.number import parse_positive, scaled
from widgets import format as fmt
from widgets.panels.alert_lists import bar_of
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.theme import Role, set_role

_FULL = 100
_FIELDS: Mapping[LimitKind, tuple[str, str, float]] = {
    LimitKind.LEVERAGE: ("leverage", "x", 1_000.0),
    LimitKind.DISTANCE: ("distance", "%", 100.0),
    LimitKind.DISTANCE_ATR: ("distance_atr", "ATR", 1_000.0),
    LimitKind.VENUE_SHARE: ("venue_share", "%", 100.0),
    LimitKind.COIN_SHARE: ("coin_share", "%", 100.0),
    LimitKind.DAILY_LOSS: ("daily_loss", "USD", 1e12),
    LimitKind.COOL_OFF: ("cool_off_minutes", "min", 100_000.0),
}
"""Name in Limits, unit as typed, and the most that may be typed."""


class _Line:
    """The widgets of one limit."""

    def __init__(self, kind: LimitKind) -> None:
        self.kind = kind
        name, self.unit, self.most = _FIELDS[kind]
        self.name = name
        self.field = QLineEdit()
        self.field.setPlaceholderText("no limit")
        self.field.setAccessibleName(f"{kind}, {self.unit}")
        self.bar = QProgressBar()
        self.bar.setRange(0, _FULL)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(f"{kind} used")
        self.words = ElidedLabel()
        self.overridden = ElidedLabel()
        set_role(self.overridden, Role.WARNING)
        self.overridden.hide()
        self.override_button = QPushButton("Override…")
        self.override_button.setAccessibleName(f"Override {kind}")
        self.worst: LimitReading | None = None

    def typed(self) -> float | None:
        """The limit that was typed, None for none."""
        text = self.field.text()
        if not text.strip():
            return None
        value = parse_positive(text, self.kind.value)
        if value > self.most:
            raise InputError(
                self.kind.value,
                f"{self.kind} must be at most {fmt.number_text(self.most)} {self.unit}, "
                f"not {fmt.number_text(value)}",
            )
        return scaled(value, -2) if self.unit == "%" else value

    def fill(self, value: float | None) -> None:
        """Show a limit as it would be typed."""
        shown = scaled(value, 2) if value is not None and self.unit == "%" else value
        self.field.setText(fmt.number_text(shown))

    def show(self, readings: Iterable[LimitReading], names: Mapping[str, str]) -> None:
        """Show the worst reading that is not overridden, and below it each one that is."""
        mine = [reading for reading in readings if reading.kind is self.kind]
        free = [reading for reading in mine if reading.override is None] or mine
        worst = max(free, key=lambda one: -1.0 if one.used is None else one.used, default=None)
        self._show_overridden(mine, names)
        self.worst = worst
        used = None if worst is None else worst.used
        self.bar.setValue(0 if used is None else round(_FULL * min(1.0, used)))
        self.words.setText(_words(worst, names))
        self.words.setToolTip(tooltip("\n".join(_words(one, names) for one in mine)))
        role = _role(worst)
        set_role(self.bar, role)
        set_role(self.words, role)
        breached = worst is not None and worst.breached and worst.override is None
        self.override_button.setEnabled(breached)

    def _show_overridden(self, mine: list[LimitReading], names: Mapping[str, str]) -> None:
        """Say what was passed: the bar and the button are about the others."""
        words = [override_words(one, names) for one in mine if one.override is not None]
        self.overridden.setText("; ".join(words))
        self.overridden.setToolTip(tooltip("\n".join(words)))
        self.overridden.setVisible(bool(words))


def override_words(reading: LimitReading, names: Mapping[str, str]) -> str:
    """What was overridden, by whom and when, until when and why; "" where nothing was."""
    made = reading.override
    if made is None:
        return ""
    about = names.get(reading.subject, reading.subject) or "whole book"
    by = f" by {made.by}" if made.by else ""
    return (
        f"OVERRIDDEN: {about}, {_value_words(reading)};{by} at {fmt.instant(made.at_ms)} until "
        f"{fmt.instant(made.until_ms)} ({made.reason})"
    )


def _value_words(reading: LimitReading) -> str:
    """A reading without what is limited, which stands at the line's beginning."""
    return limit_words(reading).removeprefix(reading.kind).lstrip(" ,")


def _role(reading: LimitReading | None) -> Role:
    if reading is None or reading.used is None or reading.override is not None:
        return Role.MUTED
    if reading.breached:
        return Role.DANGER
    return Role.WARNING if reading.approached else Role.PLAIN


def _words(reading: LimitReading | None, names: Mapping[str, str]) -> str:
    if reading is None:
        return "no limit, or nothing that it holds for"
    about = names.get(reading.subject, reading.subject)
    # What is cut off first should matter least.
    words = _value_words(reading)
    words = f"{words}, {about}" if about else words
    if reading.override is not None:
        return f"overridden; {words}"
    if reading.kind is LimitKind.COOL_OFF:
        return f"cooling off, {words}" if reading.breached else "not running"
    state = "BREACHED: " if reading.breached else "approached: " if reading.approached else ""
    return f"{state}{words}"


class LimitGrid(QWidget):
    """One line a limit; `changed` carries new Limits, `overridden` a reading and the reason."""

    changed = Signal(object)
    overridden = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limits = Limits()
        self._wanted: LimitReading | None = None
        self.lines = {kind: _Line(kind) for kind in LimitKind}
        self.reason = QLineEdit()
        self.reason.setAccessibleName("Reason for the override")
        self.confirm_button = QPushButton("Override for 24 h")
        self.cancel_button = QPushButton("Cancel")
        self.message = PlainLabel(wrap=True)
        set_role(self.message, Role.DANGER)
        self._asking = QWidget()
        self._asking.setLayout(bar_of(self.reason, self.confirm_button, self.cancel_button))
        self._asking.hide()
        self.message.hide()
        self._arrange()
        self.confirm_button.clicked.connect(self._confirm)
        self.reason.returnPressed.connect(self._confirm)
        self.cancel_button.clicked.connect(self._stop_asking)

    def show_limits(self, limits: Limits) -> None:
        """Show these limits in the fields."""
        self._limits = limits
        for line in self.lines.values():
            line.fill(getattr(limits, line.name))

    def show_readings(self, readings: Iterable[LimitReading], names: Mapping[str, str]) -> None:
        """Show how much of each is used; `names` has what positions are called, by id."""
        held = list(readings)
        for line in self.lines.values():
            line.show(held, names)

    def done(self, message: str = "") -> None:
        """Close the question after a reason, or say why that reason will not do."""
        self._say(message)
        if not message:
            self._stop_asking()

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(6, 4, 6, 2)
        grid.setVerticalSpacing(3)
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(4, 1)
        for at, (kind, line) in enumerate(self.lines.items()):
            line.field.setMaximumWidth(14 * self.fontMetrics().averageCharWidth())
            line.bar.setFixedWidth(20 * self.fontMetrics().averageCharWidth())
            line.bar.setMaximumHeight(self.fontMetrics().height() // 2)
            line.field.editingFinished.connect(self._apply)
            line.override_button.clicked.connect(self._ask)
            name = PlainLabel(f"{kind.value[0].upper()}{kind.value[1:]}")
            name.setBuddy(line.field)
            cells = (
                name,
                line.field,
                PlainLabel(line.unit),
                line.bar,
                line.words,
                line.override_button,
            )
            for column, cell in enumerate(cells):
                grid.addWidget(cell, 2 * at, column)
            grid.addWidget(line.overridden, 2 * at + 1, 1, 1, len(cells) - 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._asking)
        layout.addWidget(self.message)
        layout.addLayout(grid)
        layout.addStretch(1)

    def _apply(self) -> None:
        try:
            typed = {line.name: line.typed() for line in self.lines.values()}
        except InputError as error:
            self._say(error.user_message)
            return
        self._say("")
        limits = replace(self._limits, **typed)
        if limits != self._limits:
            self._limits = limits
            self.changed.emit(limits)

    def _say(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _ask(self) -> None:
        line = next(one for one in self.lines.values() if one.override_button is self.sender())
        self._wanted = line.worst
        self.reason.clear()
        self.reason.setPlaceholderText(f"Why pass the {line.kind}? It is written into the log.")
        self._asking.show()
        self.reason.setFocus()

    def _confirm(self) -> None:
        if self._wanted is not None:
            self.overridden.emit(self._wanted, self.reason.text())

    def _stop_asking(self) -> None:
        self._wanted = None
        self._say("")
        self._asking.hide()
