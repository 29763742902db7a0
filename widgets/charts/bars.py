"""Bars from zero, coloured by their sign."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QPainter

from widgets.charts.columns import (
    Window,
    bar_groups,
    body_width,
    candle_groups,
    due_times,
    group_level,
)
from widgets.charts.envelope import Floats
from widgets.charts.item import SeriesItem
from widgets.charts.painting import draw_lines, solid_pen
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries

_WIDEST_PX = 15


class BarItem(SeriesItem):
    """A bar per row from zero up or down to the row's value, at the row's time."""

    def __init__(self, series: TimeSeries, positive: str, negative: str) -> None:
        super().__init__(series)
        self._positive = QColor(positive)
        self._negative = QColor(negative)

    def set_colors(self, positive: str, negative: str) -> None:
        """Draw bars above zero in `positive` and those below in `negative` from now on."""
        self._positive, self._negative = QColor(positive), QColor(negative)
        self.update()

    def value_bounds(self, start_ms: float, end_ms: float) -> tuple[float, float] | None:
        """Bounds within [start_ms, end_ms], zero included: bars stand on it."""
        bounds = super().value_bounds(start_ms, end_ms)
        return None if bounds is None else (min(0.0, bounds[0]), max(0.0, bounds[1]))

    def draw(self, painter: QPainter, scale: Scale, window: Window) -> None:
        """Draw what is due, in groups where bars are narrower than can be seen."""
        level, width, first, stop = self._due(scale, window)
        groups = bar_groups(self.series, first, stop, level)
        least, greatest = groups[:, 1], groups[:, 2]
        above = groups[(greatest > 0.0) | (least == greatest) & (least == 0.0)][:, (0, 2)]
        below = groups[least < 0.0][:, (0, 1)]
        for color, bars in ((self._positive, above), (self._negative, below)):
            painter.setPen(solid_pen(color, float(width)))
            draw_lines(painter, bar_strokes(bars, scale))

    def _due(self, scale: Scale, window: Window) -> tuple[int, int, int, int]:
        """Level of the groups, width of a bar in pixels, first and stop row of what is due."""
        step_px = self.series.step_ms * scale.x_scale
        level = group_level(step_px)
        width = min(body_width(step_px * 2.0**level), round(_WIDEST_PX * scale.ratio))
        margin = max(float(width), step_px * 2.0**level)
        return level, width, *self.series.span(*due_times(scale, window, margin))


class VolumeItem(BarItem):
    """Bars upwards in the colours of candles that stand at the same rows as the bars."""

    def __init__(self, series: TimeSeries, candles: TimeSeries, up: str, down: str) -> None:
        super().__init__(series, up, down)
        self.candles = candles

    def draw(self, painter: QPainter, scale: Scale, window: Window) -> None:
        """Draw the greatest of each group, coloured as the joined candle."""
        if self.candles.size != self.series.size:
            return
        level, width, first, stop = self._due(scale, window)
        groups = bar_groups(self.series, first, stop, level)
        joined = candle_groups(self.candles, first, stop, level)
        rising = joined[:, 4] >= joined[:, 1]
        known = np.isfinite(groups[:, 2])
        for color, side in ((self._positive, rising), (self._negative, ~rising)):
            painter.setPen(solid_pen(color, float(width)))
            draw_lines(painter, bar_strokes(groups[known & side][:, (0, 2)], scale))


def bar_strokes(bars: Floats, scale: Scale) -> Floats:
    """Rows (time, value) as upright strokes from zero, at least a pixel long, on whole pixels."""
    x = np.floor(scale.x(bars[:, 0])) + 0.5
    zero = round(scale.y_offset)
    end = np.round(scale.y(bars[:, 1]))
    away = np.where(bars[:, 1] < 0.0, np.maximum(end, zero + 1.0), np.minimum(end, zero - 1.0))
    return np.column_stack((x, np.full_like(x, zero), x, away))
