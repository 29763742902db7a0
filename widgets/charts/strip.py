"""What the parts around the panes share: a place of their own in the scene, and a look."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem

from widgets.charts.look import Look


class Strip(QGraphicsItem):
    """A rectangle of the scene that paints itself with the chart's look."""

    def __init__(self) -> None:
        super().__init__()
        self.look: Look | None = None
        self.area = QRectF()
        self.due = QRectF()
        # Qt then says which part is due: what lies outside it need not be written.
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def set_area(self, area: QRectF) -> None:
        """Stand at `area`, in scene pixels."""
        self.prepareGeometryChange()
        self.area = area

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """Where the part stands."""
        return self.area

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, *_: Any) -> None:
        """Draw with the chart's look, once there is one."""
        if self.look is not None:
            self.due = option.exposedRect
            painter.setFont(self.look.font)
            self.draw(painter, self.look)

    def draw(self, painter: QPainter, look: Look) -> None:
        """Draw within the part's area."""
        raise NotImplementedError
