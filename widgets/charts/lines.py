"""A line through a series, one vertical stroke per pixel column where it is dense."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from widgets.charts.columns import line_segments
from widgets.charts.item import SeriesItem
from widgets.charts.painting import draw_lines, solid_pen
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries


class LineItem(SeriesItem):
    """The `low` column of a series as a line `width` logical pixels wide."""

    def __init__(self, series: TimeSeries, color: str, width: float = 1.0) -> None:
        super().__init__(series)
        self._color = QColor(color)
        self._width = width

    def set_color(self, color: str) -> None:
        """Draw in `color` ("#rrggbb") from now on."""
        self._color = QColor(color)
        self.update()

    def draw(self, painter: QPainter, scale: Scale, left: float, right: float) -> None:
        # Separate segments with square caps: a stroked path costs twenty times as much when it
        # is wider than one pixel, and flat caps leave notches where it bends.
        cap = Qt.PenCapStyle.SquareCap if self._width > 1.0 else Qt.PenCapStyle.FlatCap
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(solid_pen(self._color, self._width * scale.ratio, cap))
        draw_lines(painter, line_segments(self.series, scale, left, right))
