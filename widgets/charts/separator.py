"""The edge between two panes: a hand moves it to give one more room than the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from widgets.charts.look import Look
from widgets.charts.strip import Strip

REACH_PX = 4.0
"""How far from the edge on both sides a hand takes hold of it, in pixels."""

_Z = 60.0


class Separator(Strip):
    """An edge; `moved` is told how many pixels below its old place it is, and of the first move."""

    def __init__(self, moved: Callable[[float, bool], None]) -> None:
        super().__init__()
        self._moved = moved
        self.setZValue(_Z)
        self.setCursor(Qt.CursorShape.SizeVerCursor)

    def draw(self, painter: QPainter, look: Look) -> None:
        """Nothing: the grid of the pane below draws the edge."""

    def mouseDragEvent(self, ev: Any) -> None:  # noqa: N802 (pyqtgraph's name)
        """Follow the hand."""
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            below = ev.scenePos().y() - ev.buttonDownScenePos().y()
            self._moved(float(below), bool(ev.isStart()))
        else:
            ev.ignore()


def shared_anew(
    shares: tuple[float, float], heights: tuple[float, float], by: float, least: float
) -> tuple[float, float]:
    """Shares of two panes, `heights` pixels high, once their edge is `by` pixels further down.

    Neither gets lower than `least` pixels.
    """
    both, room = sum(shares), sum(heights)
    if room <= 2.0 * least:
        return shares
    upper = min(max(heights[0] + by, least), room - least)
    return both * upper / room, both * (room - upper) / room
