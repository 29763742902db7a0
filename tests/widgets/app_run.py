"""Whole runs of the window inside the process of a test, with a small feed and a robot hand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from widgets import feed_process
from widgets.app import AppOptions, run
from widgets.panels.watchlist import WatchlistPanel
from widgets.window import MainWindow

SCRIPT = Path(__file__).with_name("script_feed.py")


@pytest.fixture
def small_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the window start the script instead of the real feed; gives its log of commands."""
    log = tmp_path / "commands.log"

    def program(_arguments: list[str]) -> tuple[str, list[str]]:
        return sys.executable, [str(SCRIPT), "live", str(log)]

    monkeypatch.setattr(feed_process, "feed_program", program)
    return log


def window() -> MainWindow:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))


def watchlist() -> WatchlistPanel | None:
    return window().findChild(WatchlistPanel)


class Robot:
    """Waits inside a running window until something holds, then does something and goes on."""

    def __init__(self, *steps: tuple[Callable[[], object], Callable[[], object]]) -> None:
        self._steps = list(steps)
        self._timer = QTimer()
        self._timer.setInterval(20)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        if not self._steps:
            self._timer.stop()
            QApplication.quit()
        elif self._steps[0][0]():
            self._steps.pop(0)[1]()

    def stop(self) -> None:
        self._timer.stop()

    @property
    def done(self) -> bool:
        return not self._steps


def nothing() -> None:
    """No deed."""


def shown_mark(row: int = 0) -> str:
    panel = watchlist()
    if panel is None or panel.model.rowCount() <= row:
        return ""
    return str(panel.model.data(panel.model.index(row, 2)))


def has_mark() -> bool:
    return shown_mark() not in ("", "n/a")


def run_with(asked: AppOptions, *steps: tuple[Callable[[], object], Callable[[], object]]) -> None:
    """Run the window and take the steps in it."""
    robot = Robot(*steps)
    try:
        assert run(asked) == 0
    finally:
        robot.stop()
    assert robot.done


def options(folder: Path, **more: object) -> AppOptions:
    made = {"data_dir": folder, "venues": ("binanceusdm",), "quit_after_s": 40.0}
    return AppOptions(**{**made, **more})  # type: ignore[arg-type]
