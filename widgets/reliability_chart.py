"""What was said against what happened: on the diagonal the odds mean what they say."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from dashboard.risk.odds.scorecard import LEAST_COUNT
from dashboard.risk.odds.scores import Bin
from widgets.models.scorecard import TOO_SMALL, happened_words, share_words
from widgets.plain import tooltip
from widgets.theme import Theme

TICKS = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 1.0)
_LEAST = QSize(150, 110)
_GAP_PX = 5.0
_DOT_PX = 3.5
_REACH_PX = 14.0


class ReliabilityChart(QWidget):
    """Draws bins as dots with their intervals; those of the test on the past are hollow."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._own: tuple[Bin, ...] = ()
        self._tested: tuple[Bin, ...] = ()
        self.setMouseTracking(True)
        self.setAccessibleName("What the odds said against what happened")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """About square."""
        return QSize(320, 260)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Small enough for a low dock."""
        return _LEAST

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self._theme = theme
        self.update()

    def show_bins(self, own: Sequence[Bin], tested: Sequence[Bin]) -> None:
        """Draw other bins."""
        self._own, self._tested = tuple(own), tuple(tested)
        said = ". ".join(happened_words(one) for one in self._own)
        self.setAccessibleDescription(said or "No own forecast is decided yet")
        self.update()

    def place(self, said: float, happened: float) -> QPointF:
        """Where a pair lies; small shares have more room than large ones."""
        room = self._room()
        return QPointF(
            room.left() + _stretched(said) * room.width(),
            room.bottom() - _stretched(happened) * room.height(),
        )

    def words_at(self, point: QPointF) -> str:
        """The bin near a point in words, "" where there is none."""
        near = [
            (math.dist(self._middle(one).toTuple(), point.toTuple()), words)
            for bins, origin in ((self._own, ""), (self._tested, "Test on the past. "))
            for one in bins
            if (words := f"{origin}{happened_words(one)}; {_interval_words(one)}")
        ]
        away, words = min(near, default=(math.inf, ""))
        return words if away <= _REACH_PX else ""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw grid, diagonal and bins."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        self._draw_axes(painter)
        for one in self._tested:
            self._draw(painter, one, QColor(self._theme.text_muted), hollow=True)
        for one in self._own:
            self._draw(painter, one, self._colour(one), hollow=one.count < LEAST_COUNT)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Tell the bin under the pointer."""
        words = self.words_at(event.position())
        QToolTip.showText(event.globalPosition().toPoint(), tooltip(words), self)

    def _draw_axes(self, painter: QPainter) -> None:
        room, metrics = self._room(), self.fontMetrics()
        grid, ink = QPen(QColor(self._theme.grid)), QPen(QColor(self._theme.text_muted))
        right, top = -math.inf, math.inf
        for share in TICKS:
            at = self.place(share, share)
            painter.setPen(grid)
            painter.drawLine(QPointF(at.x(), room.top()), QPointF(at.x(), room.bottom()))
            painter.drawLine(QPointF(room.left(), at.y()), QPointF(room.right(), at.y()))
            painter.setPen(ink)
            text, height = f"{share * 100:g}", float(metrics.height())
            width = float(metrics.horizontalAdvance(text))
            if at.x() - width / 2 > right:
                below = QRectF(at.x() - width, room.bottom() + 1, 2 * width, height)
                painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, text)
                right = at.x() + width / 2 + _GAP_PX
            if at.y() + height / 2 <= top:
                beside = QRectF(0.0, at.y() - height / 2, room.left() - _GAP_PX, height)
                painter.drawText(beside, Qt.AlignmentFlag.AlignRight, text)
                top = at.y() - height / 2
        painter.drawText(
            QRectF(room.left(), 0.0, room.width(), float(metrics.height())),
            Qt.AlignmentFlag.AlignLeft,
            "happened in %",
        )
        foot = QRectF(room.left(), self.height() - metrics.height(), room.width(), metrics.height())
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, "said in %")
        painter.setPen(QPen(QColor(self._theme.text_muted), 1.0, Qt.PenStyle.DashLine))
        painter.drawLine(self.place(0.0, 0.0), self.place(1.0, 1.0))

    def _draw(self, painter: QPainter, one: Bin, colour: QColor, *, hollow: bool) -> None:
        middle, (low, high) = self._middle(one), one.interval
        painter.setPen(QPen(colour, 1.2))
        painter.drawLine(self.place(one.predicted, low), self.place(one.predicted, high))
        painter.setBrush(QColor(self._theme.surface) if hollow else colour)
        painter.drawEllipse(middle, _DOT_PX, _DOT_PX)

    def _colour(self, one: Bin) -> QColor:
        low, high = one.interval
        right = one.count < LEAST_COUNT or low <= one.predicted <= high
        return QColor(self._theme.accent if right else self._theme.warning)

    def _middle(self, one: Bin) -> QPointF:
        return self.place(one.predicted, one.observed)

    def _room(self) -> QRectF:
        metrics = self.fontMetrics()
        left = metrics.horizontalAdvance("100") + 2 * _GAP_PX
        return QRectF(self.rect()).adjusted(
            left, metrics.height() + _GAP_PX, -2 * _GAP_PX, -2 * metrics.height()
        )


def _stretched(share: float) -> float:
    """The square root, since most odds are small."""
    return math.sqrt(min(1.0, max(0.0, share)))


def _interval_words(one: Bin) -> str:
    low, high = one.interval
    small = f" ({TOO_SMALL})" if one.count < LEAST_COUNT else ""
    return f"95 % between {share_words(low)} and {share_words(high)}{small}"
