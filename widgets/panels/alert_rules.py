"""The rules of alerts: which are on, at what they speak, how often and until when."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dashboard.alerts.rules import Repeat, Rule, Severity, checked_threshold
from dashboard.errors import InputError
from dashboard.tradeline.number import parse_positive
from widgets.format import number_text
from widgets.models.alerts import (
    REPEAT_WORDS,
    RULE_COLUMNS,
    minutes_of,
    threshold_of,
    threshold_text,
    threshold_unit,
)
from widgets.models.rows import RowsModel
from widgets.panels.alert_lists import LEAST_TABLE_PX, bar_of
from widgets.plain import PlainLabel, tooltip
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000


class AlertRules(QWidget):
    """The table of rules with fields for the chosen one; `changed` carries all rules and an id.

    The id is that of the rule that was changed or removed; `test_wanted` asks for a trial alert.
    """

    changed = Signal(object, str)
    test_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rules: tuple[Rule, ...] = ()
        self._now_ms = 0
        self.model: RowsModel[Rule] = RowsModel(
            RULE_COLUMNS, lambda rule: rule.id, self, theme=theme
        )
        self.view = RowsView(self.model, "Alert rules", self)
        self.view.setMinimumHeight(LEAST_TABLE_PX)
        self.enabled = QCheckBox("On")
        self.threshold = self._field("Threshold")
        self.unit = PlainLabel()
        self.severity = QComboBox()
        self.severity.setAccessibleName("How much it matters")
        for severity in reversed(Severity):
            self.severity.addItem(severity.name.lower(), severity)
        self.severity.setToolTip(
            tooltip("Critical alerts have a sound of their own and may pass do-not-disturb")
        )
        self.repeat = QComboBox()
        self.repeat.setAccessibleName("How often it is told")
        for repeat, words in REPEAT_WORDS.items():
            self.repeat.addItem(words, repeat)
        self.cool_down = self._field("Minutes between two alerts")
        self.expires = self._field("Ends in so many hours, empty for never")
        self.expires.setPlaceholderText("never")
        self.apply_button = QPushButton("Apply")
        self.add_button = QPushButton("Add as new")
        self.remove_button = QPushButton("Remove")
        self.test_button = QPushButton("Test")
        self.test_button.setToolTip(tooltip("Tell a trial alert, with its sound and notification"))
        self.message = PlainLabel(wrap=True)
        set_role(self.message, Role.DANGER)
        self._arrange()
        self.view.selectionModel().selectionChanged.connect(self._fill)
        self.apply_button.clicked.connect(self._apply)
        self.add_button.clicked.connect(self._add)
        self.remove_button.clicked.connect(self._remove)
        self.test_button.clicked.connect(self.test_wanted)

    def show_rules(self, rules: Iterable[Rule]) -> None:
        """Show these rules; what is being typed stays."""
        self._rules = tuple(rules)
        self.model.set_rows(self._rules)
        if self._rules and self.view.selected_key() is None:
            self.view.select_key(self._rules[0].id)

    def show_now(self, now_ms: int) -> None:
        """Take the moment from which an end is counted."""
        self._now_ms = now_ms

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setToolTip(tooltip(name))
        field.returnPressed.connect(self._apply)
        field.setMaximumWidth(12 * self.fontMetrics().averageCharWidth())
        return field

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.view)
        fields = bar_of(
            self.enabled,
            self.threshold,
            self.unit,
            self.severity,
            PlainLabel("told"),
            self.repeat,
            PlainLabel("min between"),
            self.cool_down,
            PlainLabel("ends in h"),
            self.expires,
        )
        fields.addStretch(1)
        buttons = bar_of(self.apply_button, self.add_button, self.remove_button, self.test_button)
        buttons.addWidget(self.message, 1)
        layout.addLayout(fields)
        layout.addLayout(buttons)

    def _chosen(self) -> Rule | None:
        key = self.view.selected_key()
        return next((rule for rule in self._rules if rule.id == key), None)

    def _fill(self) -> None:
        rule = self._chosen()
        self.message.clear()
        if rule is None:
            return
        unit = threshold_unit(rule.kind)
        self.enabled.setChecked(rule.enabled)
        self.threshold.setText(threshold_text(rule))
        self.threshold.setVisible(bool(unit))
        self.unit.setText(unit)
        self.severity.setCurrentIndex(self.severity.findData(rule.severity))
        self.repeat.setCurrentIndex(self.repeat.findData(rule.repeat))
        self.cool_down.setText(number_text(rule.cool_down_ms / _MINUTE_MS))
        left = None if rule.expires_ms is None else (rule.expires_ms - self._now_ms) / _HOUR_MS
        self.expires.setText("" if left is None else number_text(round(max(0.0, left), 2)))

    def _typed(self, rule: Rule) -> Rule:
        threshold = threshold_of(rule.kind, self.threshold.text())
        if threshold is not None:
            checked_threshold(rule.kind, threshold)
        expires_ms: int | None = None
        if self.expires.text().strip():
            hours_ms = _hours_of(self.expires.text())
            expires_ms = self._now_ms + hours_ms
        return replace(
            rule,
            enabled=self.enabled.isChecked(),
            threshold=threshold,
            severity=Severity(self.severity.currentData()),
            repeat=Repeat(self.repeat.currentData()),
            cool_down_ms=minutes_of(self.cool_down.text(), "minutes between"),
            expires_ms=expires_ms,
        )

    def _apply(self) -> None:
        self._change(add=False)

    def _add(self) -> None:
        self._change(add=True)

    def _change(self, *, add: bool) -> None:
        rule = self._chosen()
        if rule is None:
            return
        try:
            typed = self._typed(rule)
        except InputError as error:
            self.message.setText(error.user_message)
            return
        self.message.clear()
        if add:
            typed = replace(typed, id=uuid.uuid4().hex[:12])
            rules = (*self._rules, typed)
        else:
            rules = tuple(typed if one.id == typed.id else one for one in self._rules)
        self.changed.emit(rules, typed.id)
        self.view.select_key(typed.id)

    def _remove(self) -> None:
        rule = self._chosen()
        if rule is not None:
            left = tuple(one for one in self._rules if one.id != rule.id)
            self.changed.emit(left, rule.id)


def _hours_of(text: str) -> int:
    """Hours typed, in ms; InputError unless above 0 and at most a year."""
    hours = parse_positive(text, "ends in hours")
    if hours > 8_760.0:
        raise InputError("ends in hours", f"ends in hours must be at most 8,760, not {hours:,.10g}")
    return round(hours * _HOUR_MS)
