"""The crosshair: one time through all panes, one value in the pane under the mouse."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsLineItem

from widgets.charts.axes import TimeAxis, ValueAxis
from widgets.charts.look import Look
from widgets.charts.overlay import REPAINT_MARGIN
from widgets.charts.pane import Pane
from widgets.format import instant

_Z = 50.0


class Crosshair:
    """Two lines of the scene, and the tags on the axes."""

    def __init__(self, time_axis: TimeAxis) -> None:
        self.upright = QGraphicsLineItem()
        self.level = QGraphicsLineItem()
        self._time_axis = time_axis
        for hair in (self.upright, self.level):
            hair.setZValue(_Z)
            hair.hide()

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        pen = QPen(look.color("crosshair"), 1.0, Qt.PenStyle.DotLine)
        self.upright.setPen(pen)
        self.level.setPen(pen)

    def stand_at(
        self, time_ms: float, panes: Sequence[Pane], axes: Sequence[ValueAxis], width: float
    ) -> None:
        """Show a time in all panes, `width` pixels wide, and no value."""
        column = panes[0].x_of(time_ms)
        x = float(int(column)) + 0.5
        top, bottom = panes[0].geometry().top(), panes[-1].geometry().bottom()
        inside = 0.0 <= column <= width
        self.upright.setLine(QLineF(x, top, x, bottom))
        self.upright.setVisible(inside)
        self.level.hide()
        self._time_axis.point_at((column, instant(round(time_ms))) if inside else None)
        for axis in axes:
            axis.point_at(None)

    def point_at(self, at: QPointF, pane: Pane, axes: Sequence[ValueAxis], width: float) -> None:
        """Show the value at scene point `at` of `pane` beside its time."""
        y = round(at.y()) + 0.5
        self.level.setLine(QLineF(0.0, y, width - REPAINT_MARGIN, y))
        self.level.show()
        value = pane.value_of(at.y() - pane.geometry().top())
        for axis in axes:
            axis.point_at(value if axis.pane is pane and pane.has_data else None)

    def go(self, axes: Sequence[ValueAxis]) -> None:
        """Take lines and tags away."""
        self.upright.hide()
        self.level.hide()
        self._time_axis.point_at(None)
        for axis in axes:
            axis.point_at(None)

    def column(self) -> float | None:
        """Scene pixel column, None where there is none."""
        return self.upright.line().x1() if self.upright.isVisible() else None
