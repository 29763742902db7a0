"""A venue in the status bar: its state, its request budget as a meter, and asking it again."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette

from widgets.plain import ElidedLabel

METER_HEIGHT = 3
_OUR_SHARE = 0.5
"""The feed stops at this share of what a venue allows; the meter has a notch there."""
_ALMOST = 0.9
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class VenueLabel(ElidedLabel):
    """The words of one venue over a meter as wide as they are.

    While the venue can be asked again by hand, a click, Enter or Space emits `retry_wanted`.
    """

    retry_wanted = Signal(str)

    def __init__(self, venue: str) -> None:
        super().__init__()
        self._venue = venue
        self._share: float | None = None
        self._retries = False
        self.setAccessibleName(venue)

    @property
    def used_share(self) -> float | None:
        """What the meter shows: a fraction of all that the venue allows, None without a meter."""
        return self._share

    def show_used(self, share: float | None) -> None:
        """Show how much of the fullest request budget is used."""
        if share != self._share:
            self._share = share
            self.update()

    def allow_retry(self, *, allowed: bool) -> None:
        """Whether a hand may have the venue asked again now."""
        if allowed == self._retries:
            return
        self._retries = allowed
        shape = Qt.CursorShape.PointingHandCursor if allowed else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if allowed else Qt.FocusPolicy.NoFocus)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Ask again."""
        inside = self.rect().contains(event.position().toPoint())
        if self._retries and inside and event.button() is Qt.MouseButton.LeftButton:
            self.retry_wanted.emit(self._venue)
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Ask again by key."""
        if self._retries and event.key() in _KEYS:
            self.retry_wanted.emit(self._venue)
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw the words, the meter below them, and a frame while the keyboard is here."""
        super().paintEvent(event)
        painter = QPainter(self)
        if self.hasFocus():
            painter.setPen(self.palette().color(QPalette.ColorRole.Accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self._share is None:
            return
        below = (self.height() + self.fontMetrics().height()) // 2 + 1
        top = min(below, self.height() - METER_HEIGHT)
        track = QRect(0, top, self.width(), METER_HEIGHT)
        painter.fillRect(track, self.palette().color(QPalette.ColorRole.Mid))
        near = self._share >= _OUR_SHARE * _ALMOST
        role = QPalette.ColorRole.BrightText if near else QPalette.ColorRole.Accent
        used = round(min(1.0, self._share) * self.width())
        painter.fillRect(QRect(0, track.top(), used, METER_HEIGHT), self.palette().color(role))
        notch = round(_OUR_SHARE * self.width())
        ink = self.palette().color(QPalette.ColorRole.WindowText)
        painter.fillRect(QRect(notch, track.top(), 1, METER_HEIGHT), ink)
