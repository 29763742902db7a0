"""A line through a series, one vertical stroke per pixel column where it is dense."""

from __future__ import annotations

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
        # Separate segments: a path stroked wider than one pixel costs ten times as much.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(solid_pen(self._color, self._width * scale.ratio))
        draw_lines(painter, line_segments(self.series, scale, left, right))
