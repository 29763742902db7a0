"""What all series items share: they paint the visible part of one series, in device pixels."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from widgets.charts.painting import enter_device_pixels
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries


class SeriesItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """A series in a pyqtgraph view box: x is time in ms UTC, y the value.

    Subclasses draw; nothing is stored per view, so that a pan costs what is on the screen.
    """

    def __init__(self, series: TimeSeries) -> None:
        super().__init__()
        self.series = series
        self._visible = QRectF()

    def set_series(self, series: TimeSeries) -> None:
        """Draw another series from now on."""
        self.series = series
        self.update()

    def viewTransformChanged(self) -> None:  # noqa: N802 (pyqtgraph's name)
        """Follow the view: what is drawn is what is visible."""
        super().viewTransformChanged()
        view = self.getViewBox()
        if view is not None:
            self.prepareGeometryChange()
            self._visible = QRectF(view.viewRect())

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """The visible part of the view box, in its coordinates."""
        return self._visible

    def dataBounds(  # noqa: N802 (pyqtgraph's name)
        self,
        axis: int,
        frac: float = 1.0,  # noqa: ARG002 (pyqtgraph asks with it)
        orthoRange: tuple[float, float] | None = None,  # noqa: N803 (pyqtgraph's name)
    ) -> tuple[float, float] | tuple[None, None]:
        """What pyqtgraph's own auto-range asks: the bounds of time (0) or value (1)."""
        if not self.series.size:
            return None, None
        times = self.series.times
        span = (float(times[0]), float(times[-1]))
        if axis == 0:
            return span
        return self.value_bounds(*(orthoRange or span)) or (None, None)

    def value_bounds(self, start_ms: float, end_ms: float) -> tuple[float, float] | None:
        """Least and greatest value drawn within [start_ms, end_ms]."""
        return self.series.bounds(start_ms, end_ms)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw what is visible."""
        if not self.series.size or self._visible.isEmpty():
            return
        visible = painter.worldTransform().mapRect(self._visible)
        scale = enter_device_pixels(painter)
        left, right = visible.left() * scale.ratio, visible.right() * scale.ratio
        self.draw(painter, scale, left, right)

    def draw(self, painter: QPainter, scale: Scale, left: float, right: float) -> None:
        """Draw the rows from pixel column `left` to `right`."""
        raise NotImplementedError
