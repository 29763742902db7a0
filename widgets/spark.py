"""A small line in a table cell: where a price came from, without axes."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets.models.rows import PICTURE_ROLE

_MARGIN_X_PX = 4
_MARGIN_Y_PX = 4


class SparkDelegate(QStyledItemDelegate):
    """Draws the values of PICTURE_ROLE in the text colour of the cell; NaN is a gap."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the ground and the line."""
        values = index.data(PICTURE_ROLE) or ()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        if not values:
            super().paint(painter, option, index)
            return
        brush = index.data(Qt.ItemDataRole.ForegroundRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(brush.color() if brush else option.palette.text().color(), 1.0))
        for stretch in stretches(tuple(values), option.rect):
            painter.drawPolyline(QPolygonF(stretch))
        painter.restore()


def stretches(values: tuple[float, ...], room: QRect) -> list[list[QPointF]]:
    """The points of each stretch without a gap, the whole scaled into `room`."""
    known = [value for value in values if math.isfinite(value)]
    if len(known) < 2:
        return []
    low, high = min(known), max(known)
    span = high - low or 1.0
    left, right = room.left() + _MARGIN_X_PX, room.right() - _MARGIN_X_PX
    top, bottom = room.top() + _MARGIN_Y_PX, room.bottom() - _MARGIN_Y_PX
    xs = np.linspace(left, right, len(values))
    drawn: list[list[QPointF]] = [[]]
    for x, value in zip(xs, values, strict=True):
        if math.isfinite(value):
            drawn[-1].append(QPointF(float(x), bottom - (value - low) / span * (bottom - top)))
        elif drawn[-1]:
            drawn.append([])
    return [stretch for stretch in drawn if len(stretch) > 1]
