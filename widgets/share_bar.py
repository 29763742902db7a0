"""One bar of shares, the largest first, each named where there is room for its name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets import format as fmt
from widgets.plain import tooltip
from widgets.theme import Theme

_GAP_PX = 2.0
_PADDING_PX = 6.0
_STRONGEST = 0.5
_WEAKEST = 0.14
_FADE = 0.72


class ShareBar(QWidget):
    """Draws named fractions of one whole; the pointer tells what is too narrow for words."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shares: tuple[tuple[str, float], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """As high as a line of text with air around it."""
        return QSize(200, self.fontMetrics().height() + 6)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self._theme = theme
        self.update()

    def show_shares(self, shares: Sequence[tuple[str, float]], said: str) -> None:
        """Draw other shares; `said` is what they are in words."""
        self.setAccessibleDescription(said)
        if tuple(shares) != self._shares:
            self._shares = tuple(shares)
            self.update()

    def places(self) -> list[tuple[QRectF, str]]:
        """Where each share lies, with its words."""
        found, left = [], 0.0
        for name, share in self._shares:
            width = share * self.width()
            room = QRectF(left, 0.0, max(1.0, width - _GAP_PX), float(self.height()))
            found.append((room, f"{name} {fmt.percent(share, 1)}"))
            left += width
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw the shares from the left, the strongest colour first."""
        painter = QPainter(self)
        colour = QColor(self._theme.open_interest)
        strength = _STRONGEST
        for room, words in self.places():
            colour.setAlphaF(strength)
            painter.fillRect(room, colour)
            strength = max(_WEAKEST, strength * _FADE)
            if self.fontMetrics().horizontalAdvance(words) + 2 * _PADDING_PX <= room.width():
                painter.setPen(QColor(self._theme.text))
                inside = room.adjusted(_PADDING_PX, 0.0, -_PADDING_PX, 0.0)
                painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, words)

    def event(self, event: QEvent) -> bool:
        """Tell the share under the pointer."""
        if isinstance(event, QHelpEvent):
            at = QPointF(event.pos())
            words = next((words for room, words in self.places() if room.contains(at)), "")
            QToolTip.showText(event.globalPos(), tooltip(words), self)
            return True
        return super().event(event)
