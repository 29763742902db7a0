"""NumPy arrays straight into a painter, in device pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform
from shiboken6 import Shiboken

from widgets.charts.envelope import Floats
from widgets.charts.scale import Scale


def enter_device_pixels(painter: QPainter, *, log: bool = False) -> Scale:
    """Make `painter` draw in device pixels and return the map from the item's coordinates.

    With `log` those of the item are decimal logarithms of values.
    """
    transform = painter.worldTransform()
    ratio = painter.device().devicePixelRatio()
    painter.setWorldTransform(QTransform.fromScale(1.0 / ratio, 1.0 / ratio))
    return Scale(
        x_scale=transform.m11() * ratio,
        x_offset=transform.dx() * ratio,
        y_scale=transform.m22() * ratio,
        y_offset=transform.dy() * ratio,
        ratio=ratio,
        log=log,
    )


def solid_pen(color: QColor, width: float) -> QPen:
    """A pen `width` device pixels wide; its strokes end where their lines do."""
    return QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)


def draw_lines(painter: QPainter, segments: Floats) -> None:
    """Draw rows of (x1, y1, x2, y2), without a Python object per row."""
    if len(segments):
        painter.drawLines(_lines.filled_with(segments), len(segments))


class _LineArray:
    """A C array of QLineF that grows as needed, with the wrapper of its first line.

    Wrapped once and kept: the binding knows objects by their address, so memory that came and
    went with each frame could meet the wrapper of something that lay there before.
    """

    def __init__(self) -> None:
        self._rows: Floats = np.empty((0, 4))
        self._first: Any = None

    def filled_with(self, segments: Floats) -> Any:
        """The first of as many lines as there are segments; good until the next call."""
        if len(segments) > len(self._rows):
            self._grow(len(segments))
        self._rows[: len(segments)] = segments
        return self._first

    def _grow(self, rows: int) -> None:
        tried: list[Floats] = []
        first: Any = None
        while type(first) is not QLineF:
            tried.append(np.empty((max(_LEAST_LINES, 2 * rows), 4)))
            first = Shiboken.wrapInstance(tried[-1].ctypes.data, QLineF)
        self._rows, self._first = tried[-1], first


_LEAST_LINES = 4096
_lines = _LineArray()
