"""A line among others that are compared: at its own values, or as change since the left edge."""

from __future__ import annotations

from PySide6.QtGui import QPainter

from widgets.charts.columns import Window
from widgets.charts.lines import LineItem
from widgets.charts.scale import Scale


class ComparedItem(LineItem):
    """With `relative` the view's values are changes (0.1 = 10 %) since the first row in sight."""

    relative = False
    base: float | None = None

    def prepare(self, start_ms: float) -> None:
        """Take the first known value at or after `start_ms` as the one to compare with."""
        first, _ = self.series.span(start_ms, start_ms)
        row = self.series.row(first) if first < self.series.size else None
        self.base = row[1] if row is not None and row[1] > 0.0 else None

    def value_bounds(self, start_ms: float, end_ms: float) -> tuple[float, float] | None:
        """Bounds within [start_ms, end_ms], as changes where `relative`."""
        bounds = super().value_bounds(start_ms, end_ms)
        if bounds is None or not self.relative:
            return bounds
        if self.base is None:
            return None
        return bounds[0] / self.base - 1.0, bounds[1] / self.base - 1.0

    def draw(self, painter: QPainter, scale: Scale, window: Window) -> None:
        """Draw on the scale of changes: it is linear in the values too."""
        if not self.relative:
            super().draw(painter, scale, window)
        elif self.base is not None:
            per_value = scale.y_scale / self.base
            y_offset = scale.y_offset - scale.y_scale
            shifted = Scale(scale.x_scale, scale.x_offset, per_value, y_offset, scale.ratio)
            super().draw(painter, shifted, window)
