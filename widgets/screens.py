"""Windows that stood on a screen which is gone are brought back onto one that is there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

GRIP_PX = 80
"""So much of a window's top edge must lie on a screen to be taken hold of."""


def onto_screen(window: QRect, screens: Sequence[QRect]) -> QRect:
    """Where a window belongs: where it was if its top can be reached there, else on a screen.

    `screens` are the usable areas, the main one first; the window keeps its size where it fits.
    """
    top = QRect(window.left(), window.top(), window.width(), GRIP_PX // 2)
    for screen in screens:
        shared = screen.intersected(top)
        if shared.width() >= min(GRIP_PX, window.width()) and shared.height() >= GRIP_PX // 4:
            return window
    nearest = max(screens, key=lambda screen: _shared_area(screen, window))
    size = window.size().boundedTo(nearest.size())
    left = min(max(window.left(), nearest.left()), nearest.right() + 1 - size.width())
    upper = min(max(window.top(), nearest.top()), nearest.bottom() + 1 - size.height())
    return QRect(left, upper, size.width(), size.height())


def bring_on_screen(window: QWidget) -> None:
    """Move a top-level window so that it can be reached."""
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    before = window.geometry()
    after = onto_screen(before, screens)
    if after != before:
        window.setGeometry(after)


def _shared_area(screen: QRect, window: QRect) -> int:
    shared = screen.intersected(window)
    return max(0, shared.width()) * max(0, shared.height())
