"""The recording's time line: where it stands, and the way to any other moment of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QSignalBlocker, Qt, QTimeZone, Signal
from PySide6.QtGui import QAction, QTextCharFormat
from PySide6.QtWidgets import (
    QCalendarWidget,
    QDateTimeEdit,
    QSizePolicy,
    QSlider,
    QToolBar,
    QToolButton,
    QWidget,
)

from widgets import format as fmt
from widgets.actions import make_action
from widgets.plain import PlainLabel, tooltip
from widgets.theme import Role, set_role

if TYPE_CHECKING:
    from dashboard.feed.frames import Clock
    from widgets.update import Update

MINUTE_MS = 60_000
_DAY_MINUTES = 24 * 60
_CALENDAR_ROWS = 8
"""The months, the days' names and six weeks."""
_DAY_PADDING_PX = 10
_EVERYWHERE = Qt.ShortcutContext.ApplicationShortcut
_UTC = QTimeZone(QTimeZone.Initialization.UTC)


class ReplayBar(QToolBar):
    """Shows how far a recording has run; hidden for live venues.

    `seek_wanted` carries the moment to go to (ms UTC), `step_wanted` a step (ms, either way).
    """

    seek_wanted = Signal(object)
    step_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Replay", parent)
        self.setObjectName("replay")
        self.setMovable(False)
        self._starts_ms = 0
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Moment of the recording")
        self.slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.slider.setPageStep(_DAY_MINUTES)
        self.slider.setSingleStep(60)
        self.slider.setTracking(False)
        self.first = PlainLabel()
        self.last = PlainLabel()
        self.moment = QDateTimeEdit()
        self.moment.setTimeZone(_UTC)
        self.moment.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.moment.setCalendarPopup(True)
        self.moment.setKeyboardTracking(False)
        self.moment.setAccessibleName("Go to this moment, UTC")
        self.moment.setToolTip(tooltip("Go to this moment (UTC): type it, or choose a day"))
        _dress(self.moment.calendarWidget())
        self.back_action = self._step_action(
            "Step one hour back", "−1 h", -fmt.HOUR_MS, "Ctrl+Left"
        )
        self.day_back_action = self._step_action("Step one day back", "−1 d", -fmt.DAY_MS)
        self.day_action = self._step_action("Step one day forward", "+1 d", fmt.DAY_MS)
        for label in (self.first, self.last):
            set_role(label, Role.MUTED)
        for action in (self.day_back_action, self.back_action):
            self.addWidget(_button(action))
        for widget in (self.first, self.slider, self.last):
            self.addWidget(widget)
        self.addWidget(_button(self.day_action))
        self.addWidget(self.moment)
        self.slider.valueChanged.connect(self._on_slider)
        self.slider.sliderMoved.connect(self._show_dragged)
        self.moment.dateTimeChanged.connect(self._on_moment)
        self.hide()

    def menu_actions(self) -> list[QAction]:
        """The actions for a menu, in order."""
        return [self.back_action, self.day_back_action, self.day_action]

    def show_update(self, update: Update) -> None:
        """Show where the recording stands."""
        self.show_clock(update.clock, update.now_ms)

    def show_clock(self, clock: Clock, now_ms: int) -> None:
        """Show where the recording stands at `now_ms`; nothing while a hand is at it."""
        recorded = clock.recording is not None and clock.starts_ms is not None
        self.setVisible(recorded)
        if clock.starts_ms is None or clock.ends_ms is None or now_ms <= 0:
            return
        if clock.starts_ms != self._starts_ms:
            self._take_span(clock.starts_ms, clock.ends_ms)
        if not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue((now_ms - self._starts_ms) // MINUTE_MS)
        if not self.moment.hasFocus():
            self._show_moment(now_ms)

    def _take_span(self, starts_ms: int, ends_ms: int) -> None:
        self._starts_ms = starts_ms
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, (ends_ms - starts_ms) // MINUTE_MS)
        with QSignalBlocker(self.moment):
            self.moment.setDateTimeRange(_date_time(starts_ms), _date_time(ends_ms))
        self.first.setText(fmt.day(starts_ms))
        self.last.setText(fmt.day(ends_ms))

    def _show_moment(self, now_ms: int) -> None:
        with QSignalBlocker(self.moment):
            self.moment.setDateTime(_date_time(now_ms))

    def _show_dragged(self, minutes: int) -> None:
        self._show_moment(self._starts_ms + minutes * MINUTE_MS)

    def _on_slider(self, minutes: int) -> None:
        self.seek_wanted.emit(self._starts_ms + minutes * MINUTE_MS)

    def _on_moment(self, moment: QDateTime) -> None:
        self.seek_wanted.emit(moment.toMSecsSinceEpoch())

    def _step_action(self, text: str, shown: str, step_ms: int, shortcut: str = "") -> QAction:
        # not the bar's own: a tool bar shows its actions a second time
        action = make_action(self.slider, text, None, shortcut, context=_EVERYWHERE)
        action.setIconText(shown)
        action.setData(step_ms)
        action.triggered.connect(self._on_step)
        return action

    def _on_step(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.step_wanted.emit(action.data())


def _dress(calendar: QCalendarWidget) -> None:
    """Whole weeks of a month, none in a colour of Qt's own: that red cannot be read on dark."""
    calendar.setAccessibleName("Day of the recording")
    calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
    for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
        calendar.setWeekdayTextFormat(day, QTextCharFormat())
    row = calendar.fontMetrics().height() + _DAY_PADDING_PX
    calendar.setMinimumHeight(_CALENDAR_ROWS * row)


def _date_time(time_ms: int) -> QDateTime:
    return QDateTime.fromMSecsSinceEpoch(time_ms, _UTC)


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setAccessibleName(action.text())
    return button
