"""What all series items share: they paint the visible part of one series, in device pixels."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem

from widgets.charts.columns import Window
from widgets.charts.painting import enter_device_pixels
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries

_TAIL_ROWS = 3
_TAIL_PX = 4.0


class SeriesItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """A series in a pyqtgraph view box: x is time in ms UTC, y the value.

    Subclasses draw; nothing is stored per view, so that a pan costs what is on the screen.
    """

    def __init__(self, series: TimeSeries) -> None:
        super().__init__()
        self.series = series
        self.log = False
        self.lower_edge = 0.0
        self._visible = QRectF()
        # Qt then says which part is due: a live row repaints the columns next to it only.
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def set_series(self, series: TimeSeries) -> None:
        """Draw another series from now on."""
        self.series = series
        self.update()

    def prepare(self, start_ms: float) -> None:
        """The view is about to start at `start_ms`; most series draw the same wherever it is."""

    def viewTransformChanged(self) -> None:  # noqa: N802 (pyqtgraph's name)
        """Follow the view: what is drawn is what is visible."""
        super().viewTransformChanged()
        view = self.getViewBox()
        if view is not None:
            self.prepareGeometryChange()
            self._visible = QRectF(view.viewRect())

    def update_tail(self) -> None:
        """Repaint the columns beside the last row only, as after a live value."""
        view = self.getViewBox()
        if view is None or not self.series.size:
            return
        px = self._visible.width() / max(1.0, float(view.rect().width()))
        times = self.series.times[-_TAIL_ROWS:]
        rect = QRectF(self._visible)
        rect.setLeft(float(times[0]) - _TAIL_PX * px)
        rect.setRight(float(times[-1]) + _TAIL_PX * px + 0.5 * self.series.step_ms)
        self.update(rect & self._visible)

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

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, *_: Any) -> None:
        """Draw what is visible and due."""
        if not self.series.size or self._visible.isEmpty():
            return
        transform = painter.worldTransform()
        visible = transform.mapRect(self._visible)
        due = transform.mapRect(option.exposedRect)
        scale = enter_device_pixels(painter, log=self.log)
        ratio = scale.ratio
        left, right = visible.left() * ratio, visible.right() * ratio
        first, last = max(left, due.left() * ratio), min(right, due.right() * ratio)
        self.lower_edge = visible.bottom() * ratio
        if first < last:
            self.draw(painter, scale, Window(left, right, first, last))

    def draw(self, painter: QPainter, scale: Scale, window: Window) -> None:
        """Draw the rows in `window`; the painter may be clipped to what is due."""
        raise NotImplementedError
