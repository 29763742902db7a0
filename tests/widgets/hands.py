"""What a hand does to a chart, with exact coordinates, which QTest rounds."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from widgets.charts.time_chart import TimeChart

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO_BUTTON, NO_KEY = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


def middle_of(chart: TimeChart, pane: int, x: float) -> QPointF:
    return QPointF(x, chart.panes[pane].geometry().center().y())


def mouse(
    chart: TimeChart,
    kind: QMouseEvent.Type,
    at: QPointF,
    buttons: Qt.MouseButton | None = None,
    keys: Qt.KeyboardModifier = NO_KEY,
    button: Qt.MouseButton = LEFT,
) -> None:
    """One mouse event; `buttons` are those held after it."""
    moving = kind is QMouseEvent.Type.MouseMove
    changed = NO_BUTTON if moving or buttons is None else button
    held = NO_BUTTON if buttons is None else buttons
    everywhere = chart.viewport().mapToGlobal(at)
    event = QMouseEvent(kind, at, everywhere, changed, held, keys)
    QApplication.sendEvent(chart.viewport(), event)


def move(chart: TimeChart, at: QPointF) -> None:
    mouse(chart, QMouseEvent.Type.MouseMove, at)


def wheel(
    chart: TimeChart,
    at: QPointF,
    delta: int,
    sideways: int = 0,
    keys: Qt.KeyboardModifier = NO_KEY,
) -> None:
    event = QWheelEvent(
        at,
        chart.viewport().mapToGlobal(at),
        QPoint(),
        QPoint(sideways, delta),
        NO_BUTTON,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(chart.viewport(), event)


def hold(
    chart: TimeChart, start: QPointF, *to: QPointF, keys: Qt.KeyboardModifier = NO_KEY
) -> None:
    """Press and move, without letting go."""
    mouse(chart, QMouseEvent.Type.MouseMove, start)
    mouse(chart, QMouseEvent.Type.MouseButtonPress, start, LEFT, keys)
    for at in to:
        mouse(chart, QMouseEvent.Type.MouseMove, at, LEFT, keys)


def drag(
    chart: TimeChart, start: QPointF, *to: QPointF, keys: Qt.KeyboardModifier = NO_KEY
) -> None:
    hold(chart, start, *to, keys=keys)
    mouse(chart, QMouseEvent.Type.MouseButtonRelease, to[-1], NO_BUTTON, keys)


def click(
    chart: TimeChart,
    at: QPointF,
    button: Qt.MouseButton = LEFT,
    keys: Qt.KeyboardModifier = NO_KEY,
) -> None:
    mouse(chart, QMouseEvent.Type.MouseButtonPress, at, button, keys, button)
    mouse(chart, QMouseEvent.Type.MouseButtonRelease, at, NO_BUTTON, keys, button)


def double_click(chart: TimeChart, at: QPointF) -> None:
    mouse(chart, QMouseEvent.Type.MouseMove, at)
    for kind, held in (
        (QMouseEvent.Type.MouseButtonPress, LEFT),
        (QMouseEvent.Type.MouseButtonRelease, NO_BUTTON),
        (QMouseEvent.Type.MouseButtonDblClick, LEFT),
        (QMouseEvent.Type.MouseButtonRelease, NO_BUTTON),
    ):
        mouse(chart, kind, at, held)
