"""Alerts: what is active, the log, the rules and the trader's own limits, in tabs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dashboard.alerts.limits import LimitReading
from dashboard.alerts.machine import AlertState
from dashboard.market.names import names_of
from dashboard.store.alert_ledger import LedgerRow, Manners
from widgets.panels.alert_limits import LimitGrid
from widgets.panels.alert_lists import ActiveAlerts, AlertLog, bar_of
from widgets.panels.alert_rules import AlertRules
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

MOST_AWAY_LINES = 5
"""What happened while nobody watched scrolls beyond so many lines."""


class AlertsPanel(QWidget):
    """Shows what whoever keeps the alerts hands it; its parts say what a hand wants.

    `manners_changed` carries Manners, `away_seen` says that the list of what was missed was read,
    `shown` that the panel is in sight again and has to be told what stands.
    """

    manners_changed = Signal(object)
    away_seen = Signal()
    shown = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names: dict[str, str] = {}
        self.summary = ElidedLabel("Nothing was watched yet.", self)
        self.sound_box = QCheckBox("Sound", self)
        self.quiet_box = QCheckBox("Do not disturb", self)
        self.pass_box = QCheckBox("critical ones pass", self)
        self.tray_note = ElidedLabel(parent=self)
        set_role(self.tray_note, Role.MUTED)
        self.away = PlainLabel(wrap=True, selectable=True)
        self.away_button = QPushButton("Seen")
        self._away_line = QWidget(self)
        self._away_lines = QScrollArea()
        self._away_lines.setWidgetResizable(True)
        self._away_lines.setFrameShape(QFrame.Shape.NoFrame)
        self._away_lines.setWidget(self.away)
        line = bar_of(self._away_lines, self.away_button)
        line.setStretch(0, 1)
        line.setAlignment(self.away_button, Qt.AlignmentFlag.AlignTop)
        self._away_line.setLayout(line)
        self._away_line.hide()
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.setFocusProxy(self.tabs)

    def assemble(self) -> Iterator[None]:
        """Make the parts and put them in, piece by piece: together they cost more than a frame."""
        self.active = ActiveAlerts(self._theme, self)
        self.log = AlertLog(self._theme, self)
        yield
        self.rules = AlertRules(self._theme, self)
        yield
        self.limits = LimitGrid(self)
        yield
        yield from self._fill_tabs()
        self._arrange()
        for box in (self.sound_box, self.quiet_box, self.pass_box):
            box.clicked.connect(self._change_manners)
        self.away_button.clicked.connect(self._close_away)

    def show_update(self, update: Update) -> None:
        """Take the names of positions and the moment; alerts come from whoever watches."""
        self._names = names_of(update.book.positions)
        self.rules.show_now(update.now_ms)

    def name_of(self, subject: str) -> str:
        """What a limit is about, in words; "" for the whole book."""
        return self._names.get(subject, subject)

    def show_state(self, state: AlertState, readings: Sequence[LimitReading], now_ms: int) -> None:
        """Show what is active and how limits stand."""
        self.active.show_state(state, now_ms)
        self.limits.show_readings(readings, self._names)
        listed = state.active()
        waiting = [one for one in listed if not one.acknowledged]
        self.summary.setText(
            f"{len(listed)} active, {len(waiting)} not acknowledged" if listed else "All quiet"
        )
        self.tabs.setTabText(0, f"Active ({len(waiting)})" if waiting else "Active")
        near = [
            one for one in readings if one.override is None and (one.breached or one.approached)
        ]
        self.tabs.setTabText(3, f"Limits ({len(near)})" if near else "Limits")

    def show_log(self, rows: Sequence[LedgerRow]) -> None:
        """Show the log, the newest first."""
        self.log.show_rows(rows)

    def show_manners(self, manners: Manners) -> None:
        """Show how alerts may disturb."""
        self.sound_box.setChecked(manners.sound)
        self.quiet_box.setChecked(manners.quiet)
        self.pass_box.setChecked(manners.critical_pass)
        self.pass_box.setEnabled(manners.quiet)

    def show_tray(self, reason: str) -> None:
        """Say why there are no desktop notifications; "" where there are."""
        self.tray_note.setText(reason)
        self.tray_note.setToolTip(tooltip(reason))
        self.tray_note.setVisible(bool(reason))

    @property
    def away_shown(self) -> bool:
        """Whether what happened while nobody watched was not read yet."""
        return not self._away_line.isHidden()

    def show_away(self, text: str, *, bad: bool = False) -> None:
        """Show what happened while nobody watched, until it was read; `bad` where it matters."""
        self.away.setText(text)
        set_role(self.away, Role.WARNING if bad else Role.MUTED)
        lines = min(text.count("\n") + 1, MOST_AWAY_LINES)
        one = self.away_button.sizeHint().height()
        self._away_lines.setMinimumHeight(one)
        self._away_lines.setMaximumHeight(max(one, lines * self.fontMetrics().lineSpacing() + 4))
        self._away_line.setVisible(bool(text))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Ask for what was not shown while the panel was hidden."""
        super().showEvent(event)
        self.shown.emit()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        for model in (self.active.model, self.log.model, self.rules.model):
            model.set_theme(theme)

    def _fill_tabs(self) -> Iterator[None]:
        scrolled = QScrollArea(self)
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setWidget(self.limits)
        for widget, title in (
            (self.active, "Active"),
            (self.log, "Log"),
            (self.rules, "Rules"),
            (scrolled, "Limits"),
        ):
            self.tabs.addTab(widget, title)
            yield
        self.tabs.tabBar().setAccessibleName("Parts of the alerts")

    def _arrange(self) -> None:
        bar = bar_of(self.summary, self.tray_note, self.sound_box, self.quiet_box, self.pass_box)
        bar.setStretch(0, 1)
        bar.setStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self._away_line)
        layout.addWidget(self.tabs)

    def _change_manners(self) -> None:
        self.pass_box.setEnabled(self.quiet_box.isChecked())
        self.manners_changed.emit(
            Manners(
                quiet=self.quiet_box.isChecked(),
                critical_pass=self.pass_box.isChecked(),
                sound=self.sound_box.isChecked(),
            )
        )

    def _close_away(self) -> None:
        self.show_away("")
        self.away_seen.emit()
