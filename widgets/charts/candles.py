"""Candles, joined into coarser ones where there are more of them than the screen can show."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QPainter

from widgets.charts.columns import Window, body_width, candle_groups, due_times, group_level
from widgets.charts.envelope import Floats
from widgets.charts.item import SeriesItem
from widgets.charts.painting import draw_lines, solid_pen
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries


def candle_series(timeframe_ms: float) -> TimeSeries:
    """An empty series of candles: time, open, high, low, close, volume."""
    return TimeSeries(6, low=3, high=2, least_step_ms=timeframe_ms)


class CandleItem(SeriesItem):
    """Candles centred on their open time, edges on whole pixels."""

    def __init__(self, series: TimeSeries, up: str, down: str) -> None:
        super().__init__(series)
        self._up = QColor(up)
        self._down = QColor(down)

    def set_colors(self, up: str, down: str) -> None:
        """Draw rising candles in `up` and falling ones in `down` from now on."""
        self._up, self._down = QColor(up), QColor(down)
        self.update()

    def draw(self, painter: QPainter, scale: Scale, window: Window) -> None:
        step_px = self.series.step_ms * scale.x_scale
        margin = max(step_px, 1.0)
        first, stop = self.series.span(*due_times(scale, window, margin))
        level = group_level(step_px)
        groups = candle_groups(self.series, first, stop, level)
        width = body_width(step_px * 2.0**level)
        rising = groups[:, 4] >= groups[:, 1]
        wicks, bodies = candle_strokes(groups, scale)
        for color, side in ((self._up, rising), (self._down, ~rising)):
            painter.setPen(solid_pen(color, max(1.0, round(scale.ratio))))
            draw_lines(painter, wicks[side])
            if width > 1:
                painter.setPen(solid_pen(color, float(width)))
                draw_lines(painter, bodies[side])


def candle_strokes(candles: Floats, scale: Scale) -> tuple[Floats, Floats]:
    """Wicks and bodies of rows (time, open, high, low, close) as upright strokes.

    Bodies are strokes as wide as a body: the painter fills them as rectangles.
    """
    x = np.floor(scale.x(candles[:, 0])) + 0.5
    high, low = np.round(scale.y(candles[:, 2])), np.round(scale.y(candles[:, 3]))
    opened, closed = np.round(scale.y(candles[:, 1])), np.round(scale.y(candles[:, 4]))
    top, bottom = np.minimum(opened, closed), np.maximum(opened, closed)
    wicks = np.column_stack((x, high, x, np.maximum(low, high + 1.0)))
    bodies = np.column_stack((x, top, x, np.maximum(bottom, top + 1.0)))
    return wicks, bodies
