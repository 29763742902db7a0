"""A panel that breaks says so in its place; the others go on, and it can be reloaded."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.widgets.market_samples import BTC, update
from tests.widgets.test_window import Whole, whole
from widgets.failed_panel import FailedPanel
from widgets.log_file import logging_to
from widgets.panels import POSITIONS, WATCHLIST

__all__ = ["whole"]


@pytest.mark.expects_log("the panel positions broke")
def test_a_broken_panel_gives_way_to_its_error_and_comes_back(
    whole: Whole, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole.show()
    dock = whole.window.docks[POSITIONS.key]
    broken = [True]
    real = whole.positions.show_update

    def show_update(shown: object) -> None:
        if broken:
            raise ZeroDivisionError("<b>planted</b>")
        real(shown)  # type: ignore[arg-type]

    monkeypatch.setattr(whole.positions, "show_update", show_update)
    whole.window.show_text(update(BTC, selected=BTC))
    failed = dock.widget()
    assert isinstance(failed, FailedPanel)
    assert "ZeroDivisionError: <b>planted</b>" in failed.message.text()
    assert failed.message.textFormat().name == "PlainText"
    assert whole.window.docks[WATCHLIST.key].widget() is whole.watchlist
    assert whole.watchlist.model.rowCount() == 1
    whole.window.show_text(update(BTC, selected=BTC))
    assert dock.widget() is failed
    failed.button.click()
    assert isinstance(dock.widget(), FailedPanel)
    broken.clear()
    again = dock.widget()
    assert isinstance(again, FailedPanel)
    again.button.click()
    assert dock.widget() is whole.positions
    assert whole.positions.isVisibleTo(dock)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.expects_log("uncaught")
def test_errors_of_threads_and_of_finalisers_are_logged_once_each(tmp_path: Path) -> None:
    class Unwilling:
        def __del__(self) -> None:
            raise ZeroDivisionError("planted in a finaliser")

    def fail() -> None:
        raise ZeroDivisionError("planted in a thread")

    log = tmp_path / "window.log"
    before = threading.excepthook, sys.unraisablehook
    with logging_to(log):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        one = Unwilling()
        del one
    assert (threading.excepthook, sys.unraisablehook) == before
    logging.shutdown()
    text = log.read_text(encoding="utf-8")
    assert text.count("Error: planted in a thread") == 1
    assert text.count("Error: planted in a finaliser") == 1
