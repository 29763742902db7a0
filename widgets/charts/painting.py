"""NumPy arrays straight into a painter, in device pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform
from shiboken6 import Shiboken

from widgets.charts.envelope import Floats
from widgets.charts.scale import Scale


def enter_device_pixels(painter: QPainter) -> Scale:
    """Make `painter` draw in device pixels and return the map from the item's coordinates."""
    transform = painter.worldTransform()
    ratio = painter.device().devicePixelRatio()
    painter.setWorldTransform(QTransform.fromScale(1.0 / ratio, 1.0 / ratio))
    return Scale(
        x_scale=transform.m11() * ratio,
        x_offset=transform.dx() * ratio,
        y_scale=transform.m22() * ratio,
        y_offset=transform.dy() * ratio,
        ratio=ratio,
    )


def solid_pen(color: QColor, width: float) -> QPen:
    """A pen `width` device pixels wide; its strokes end where their lines do."""
    return QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)


def draw_lines(painter: QPainter, segments: Floats) -> None:
    """Draw rows of (x1, y1, x2, y2), without a Python object per row."""
    if not len(segments):
        return
    held = np.ascontiguousarray(segments, dtype=np.float64)
    # The array is a C array of QLineF in memory; `held` outlives the borrowed pointer.
    first: Any = Shiboken.wrapInstance(held.ctypes.data, QLineF)
    painter.drawLines(first, len(held))
