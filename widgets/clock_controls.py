"""The recording's clock under the hand: pause, step and speed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from widgets import format as fmt
from widgets.actions import make_action
from widgets.plain import tooltip

if TYPE_CHECKING:
    from dashboard.feed.frames import Clock

SPEEDS = (1.0, 10.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0)
STEP_MS = fmt.HOUR_MS
"""One step is the spacing of the recorded points."""


class ClockControls(QWidget):
    """Shows how the recording runs; what the hand wants is told by signals.

    `step_wanted` carries ms, `speed_wanted` recorded seconds per second.
    """

    pause_wanted = Signal(bool)
    step_wanted = Signal(int)
    speed_wanted = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paused = False
        self.pause_button = QToolButton()
        self.pause_button.setAccessibleName("Pause or resume the recording")
        self.step_button = QToolButton()
        self.step_button.setText(f"+{fmt.duration(STEP_MS)}")
        self.step_button.setAccessibleName("Step the recording forward by one hour")
        self.speed_box = QComboBox()
        self.speed_box.setAccessibleName("Speed of the recording")
        self.speed_box.view().setAccessibleName("Speeds")
        self.speed_box.setToolTip(tooltip("Recorded seconds per second"))
        for speed in SPEEDS:
            self.speed_box.addItem(fmt.speed(speed), speed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.pause_button, self.step_button, self.speed_box):
            layout.addWidget(widget)
        self.pause_action = self._action("Pause", self.toggle_pause, "Ctrl+Space")
        self.step_action = self._action("Step one hour forward", self.step, "Ctrl+Right")
        self.faster_action = self._action("Faster", self.faster, "Ctrl+]")
        self.slower_action = self._action("Slower", self.slower, "Ctrl+[")
        self.pause_button.clicked.connect(self.toggle_pause)
        self.step_button.clicked.connect(self.step)
        self.speed_box.activated.connect(self._on_speed_chosen)
        self._show_paused(paused=False)

    def menu_actions(self) -> list[QAction]:
        """The actions for a menu, in order."""
        return [self.pause_action, self.step_action, self.faster_action, self.slower_action]

    def show_clock(self, clock: Clock) -> None:
        """Show what the feed says of its clock."""
        if clock.paused != self._paused:
            self._show_paused(paused=clock.paused)
        place = self.speed_box.findData(clock.speed)
        if place < 0:
            self.speed_box.addItem(fmt.speed(clock.speed), clock.speed)
            place = self.speed_box.count() - 1
        if place != self.speed_box.currentIndex():
            self.speed_box.setCurrentIndex(place)

    def toggle_pause(self) -> None:
        """Ask for the other of paused and running."""
        self.pause_wanted.emit(not self._paused)

    def step(self) -> None:
        """Ask for one step forward."""
        self.step_wanted.emit(STEP_MS)

    def faster(self) -> None:
        """Ask for the next higher speed of the list."""
        self._ask_speed(min((s for s in SPEEDS if s > self._speed()), default=None))

    def slower(self) -> None:
        """Ask for the next lower speed of the list."""
        self._ask_speed(max((s for s in SPEEDS if s < self._speed()), default=None))

    def _action(self, text: str, slot: Callable[[], None], shortcut: str) -> QAction:
        return make_action(
            self, text, slot, shortcut, context=Qt.ShortcutContext.ApplicationShortcut
        )

    def _speed(self) -> float:
        return float(self.speed_box.currentData())

    def _on_speed_chosen(self) -> None:
        self._ask_speed(self._speed())

    def _ask_speed(self, speed: float | None) -> None:
        if speed is not None:
            self.speed_wanted.emit(speed)

    def _show_paused(self, *, paused: bool) -> None:
        self._paused = paused
        text = "Resume" if paused else "Pause"
        self.pause_button.setText(text)
        self.pause_action.setText(text)
