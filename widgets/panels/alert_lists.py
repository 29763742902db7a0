"""The lists of the alerts' panel: what is active, and the log of all that was told and done."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dashboard.alerts.machine import AlertState
from dashboard.store.alert_ledger import LedgerRow
from widgets.actions import make_action
from widgets.models.alerts import ACTIVE_COLUMNS, LOG_COLUMNS, ActiveRow, active_key, standing_words
from widgets.models.rows import RowsModel
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role

_TABLE, _EMPTY = 0, 1
_SPACING_PX = 6
LEAST_TABLE_PX = 60
"""A low window leaves a list its title and a row or two."""


def bar_of(*widgets: QWidget) -> QHBoxLayout:
    """Widgets in a line; a line edit takes what room is left."""
    bar = QHBoxLayout()
    bar.setContentsMargins(6, 2, 6, 4)
    bar.setSpacing(_SPACING_PX)
    for widget in widgets:
        bar.addWidget(widget, stretch=int(isinstance(widget, QLineEdit)))
    return bar


def empty_label(text: str) -> PlainLabel:
    """What stands in the place of a list that has no rows."""
    label = PlainLabel(text, wrap=True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    set_role(label, Role.EMPTY)
    return label


def row_text(row: LedgerRow) -> str:
    """All words of a row of the log, which a search looks through."""
    return f"{row.what} {row.text} {row.cause}"


class ActiveAlerts(QWidget):
    """What is active, the worst first; the signals carry the name of the chosen alert."""

    acknowledged = Signal(str)
    all_acknowledged = Signal()
    snoozed = Signal(str)
    show_wanted = Signal(object, str)
    """A contract (None for none), and the subject of the alert: a position's id or else."""
    copied = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: RowsModel[ActiveRow] = RowsModel(ACTIVE_COLUMNS, active_key, self, theme=theme)
        self.view = RowsView(self.model, "Active alerts", self)
        self.view.setMinimumHeight(LEAST_TABLE_PX)
        self.snooze_button = QPushButton("Snooze 15 min")
        self.acknowledge_button = QPushButton("Acknowledge")
        self.all_button = QPushButton("Acknowledge all")
        self.show_button = QPushButton("Show")
        self.copy_button = QPushButton("Copy")
        self.show_button.setToolTip(tooltip("Show its contract and position"))
        self._of_one = (
            self.snooze_button,
            self.acknowledge_button,
            self.show_button,
            self.copy_button,
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.view)
        self._stack.addWidget(empty_label("No alerts. What comes up is listed here."))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._stack)
        self.cause = ElidedLabel()
        set_role(self.cause, Role.MUTED)
        bar = bar_of(*self._of_one, self.all_button, self.cause)
        bar.setStretchFactor(self.cause, 1)
        layout.addLayout(bar)
        self.setFocusProxy(self.view)
        self.snooze_button.clicked.connect(self._snooze)
        self.acknowledge_button.clicked.connect(self._acknowledge)
        self.all_button.clicked.connect(self.all_acknowledged)
        self.show_button.clicked.connect(self._show)
        self.copy_button.clicked.connect(self._copy)
        self.view.doubleClicked.connect(self._show)
        self.view.selectionModel().selectionChanged.connect(self._enable)
        make_action(self.view, "Acknowledge the alert", self._acknowledge, "Space")
        make_action(self.view, "Snooze the alert for 15 min", self._snooze, "Z")
        self._enable()

    def show_state(self, state: AlertState, now_ms: int) -> None:
        """List what is active now."""
        rows = [ActiveRow(standing=one, now_ms=now_ms) for one in state.active()]
        self.model.set_rows(rows)
        self._stack.setCurrentIndex(_TABLE if rows else _EMPTY)
        if rows and self.view.selected_key() is None:
            self.view.select_key(active_key(rows[0]))
        self._enable()

    def _chosen(self) -> ActiveRow | None:
        rows = self.view.selectionModel().selectedRows()
        return self.model.row_at(rows[0]) if rows else None

    def _enable(self) -> None:
        row = self._chosen()
        for button in self._of_one:
            button.setEnabled(row is not None)
        cause = "" if row is None else row.standing.cause
        self.cause.setText(cause)
        self.cause.setToolTip(tooltip(cause))
        self.all_button.setEnabled(self.model.rowCount() > 0)

    def _acknowledge(self) -> None:
        row = self._chosen()
        if row is not None:
            self.acknowledged.emit(active_key(row))

    def _snooze(self) -> None:
        row = self._chosen()
        if row is not None:
            self.snoozed.emit(active_key(row))

    def _show(self) -> None:
        row = self._chosen()
        if row is not None:
            self.show_wanted.emit(row.standing.key, row.standing.subject)

    def _copy(self) -> None:
        row = self._chosen()
        if row is not None:
            QGuiApplication.clipboard().setText(standing_words(row))
            self.copied.emit("Copied the alert")


class AlertLog(QWidget):
    """All that was told and done, the newest first; a search keeps the rows with all its words."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[LedgerRow] = []
        self.model: RowsModel[LedgerRow] = RowsModel(
            LOG_COLUMNS, lambda row: row.id, self, theme=theme
        )
        self.view = RowsView(self.model, "Alert log", self)
        self.view.setMinimumHeight(LEAST_TABLE_PX)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find in the log")
        self.search.setAccessibleName("Find in the log of alerts")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar_of(self.search))
        layout.addWidget(self.view)

    def show_rows(self, rows: Iterable[LedgerRow]) -> None:
        """Show these rows, the newest first."""
        self._rows = list(rows)
        self._filter()

    def _filter(self) -> None:
        words = self.search.text().casefold().split()
        self.model.set_rows(
            row for row in self._rows if all(word in row_text(row).casefold() for word in words)
        )
