"""Work in pieces lets the window answer in between, and tells how it ended."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from widgets.slices import Slices


def test_loop_is_served_between_two_pieces(qtbot: QtBot) -> None:
    order: list[str] = []

    def work() -> Iterator[None]:
        for piece in ("one", "two"):
            order.append(piece)
            QTimer.singleShot(0, lambda: order.append("the window"))
            yield

    slices = Slices()
    with qtbot.waitSignal(slices.done):
        slices.start(work())
    assert order[:3] == ["one", "the window", "two"]


def test_failure_ends_the_work_and_is_told(qtbot: QtBot) -> None:
    def work() -> Iterator[None]:
        yield
        raise ValueError("no such panel")

    slices = Slices()
    with qtbot.waitSignal(slices.failed) as failed:
        slices.start(work())
    assert str(failed.args[0]) == "no such panel"


def test_stopped_work_leaves_the_rest_out(qtbot: QtBot) -> None:
    done: list[int] = []

    def work() -> Iterator[None]:
        for number in range(1_000_000):
            done.append(number)
            yield

    slices = Slices()
    slices.start(work())
    qtbot.waitUntil(lambda: len(done) > 2)
    slices.stop()
    before = len(done)
    qtbot.wait(20)
    assert len(done) == before
