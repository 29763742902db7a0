"""A line through a series, one vertical stroke per pixel column where it is dense."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPainter

from widgets.charts.columns import Window, fill_strokes, line_strokes
from widgets.charts.item import SeriesItem
from widgets.charts.painting import draw_lines, solid_pen
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries


@dataclass(frozen=True, slots=True)
class Fill:
    """The area between a line and `base`: colours above and below it, and how opaque they are.

    `base` is a value; None means the lower edge of the pane.
    """

    above: str
    below: str
    base: float | None = None
    opacity: float = 0.22


class LineItem(SeriesItem):
    """The `low` column of a series as a line `width` logical pixels wide.

    With `steps` a value holds until the next row. A `fill` is drawn under the line.
    """

    def __init__(
        self,
        series: TimeSeries,
        color: str,
        width: float = 1.0,
        *,
        steps: bool = False,
        fill: Fill | None = None,
    ) -> None:
        super().__init__(series)
        self._color = QColor(color)
        self._width = width
        self._steps = steps
        self._fill = fill

    def set_color(self, color: str, fill: Fill | None = None) -> None:
        """Draw in `color` ("#rrggbb"), over `fill`, from now on."""
        self._color = QColor(color)
        self._fill = fill
        self.update()

    def value_bounds(self, start_ms: float, end_ms: float) -> tuple[float, float] | None:
        """Bounds within [start_ms, end_ms], those of the fill's base included."""
        bounds = super().value_bounds(start_ms, end_ms)
        base = self._fill.base if self._fill is not None else None
        if bounds is None or base is None:
            return bounds
        return min(base, bounds[0]), max(base, bounds[1])

    def draw(self, painter: QPainter, scale: Scale, window: Window) -> None:
        """Draw the fill, then upright strokes on whole pixels, then slanted ones smoothly."""
        if self._fill is not None:
            self._draw_fill(painter, scale, window, self._fill)
        # Separate segments: a path stroked wider than one pixel costs ten times as much.
        upright, free = line_strokes(self.series, scale, window, steps=self._steps)
        painter.setPen(solid_pen(self._color, self._width * scale.ratio))
        draw_lines(painter, upright)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self._steps)
        draw_lines(painter, free)

    def _draw_fill(self, painter: QPainter, scale: Scale, window: Window, fill: Fill) -> None:
        base = self.lower_edge if fill.base is None else float(scale.y_of(fill.base))
        above, below = fill_strokes(self.series, scale, window, base, steps=self._steps)
        for text, strokes in ((fill.above, above), (fill.below, below)):
            color = QColor(text)
            color.setAlphaF(fill.opacity)
            painter.setPen(solid_pen(color, 1.0))
            draw_lines(painter, strokes)
