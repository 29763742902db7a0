"""PySide6 keeps the reference count of None across overrides that return it.

PySide6 6.12.0 on Python 3.11 drops one reference per call, which aborts the process after some
thousand repaints. From Python 3.12 on None is immortal and cannot be miscounted.
"""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QTimerEvent
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

CALLS = 3_000
# Unrelated objects come and go while Qt runs; the fault costs one reference per call.
TOLERANCE = CALLS // 10

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on"
)


class Painted(QWidget):
    """Counts its paint events."""

    paints = 0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        self.paints += 1


class Ticking(QObject):
    """Counts its timer events."""

    ticks = 0

    def timerEvent(self, event: QTimerEvent) -> None:  # noqa: N802 (Qt's name)
        self.ticks += 1


class Blank(QAbstractListModel):
    """One row that holds None in every role, and counts how often it was asked."""

    asked = 0

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 (Qt's name)
        return 1

    def data(self, index: QModelIndex, role: int = 0) -> None:
        self.asked += 1


def test_repaints_keep_none(qtbot: QtBot) -> None:
    widget = Painted()
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        widget.repaint()
    assert widget.paints >= CALLS
    assert abs(sys.getrefcount(None) - before) < TOLERANCE


def test_timer_events_keep_none(qapp: QApplication) -> None:
    ticking = Ticking()
    ticking.startTimer(0)
    before = sys.getrefcount(None)
    while ticking.ticks < CALLS:
        qapp.processEvents()
    assert abs(sys.getrefcount(None) - before) < TOLERANCE


def test_table_data_keeps_none(qapp: QApplication) -> None:
    model = Blank()
    index = model.index(0)
    before = sys.getrefcount(None)
    while model.asked < CALLS:
        index.data()
    assert abs(sys.getrefcount(None) - before) < TOLERANCE
