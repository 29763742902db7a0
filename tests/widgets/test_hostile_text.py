"""Markup and control characters from outside are shown as text by every widget of the window.

The tracer is an image that Qt would load and a bold word; its plain text must be what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLabel,
    QTextBrowser,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Refusals, Refused, VenueStatus
from tests.widgets.market_samples import BTC, ETH, NOW_MS, update
from tests.widgets.test_window import Whole, whole
from widgets.about import AboutDialog
from widgets.dialogs.diagnostics import DiagnosticsDialog
from widgets.failed_panel import FailedPanel
from widgets.models.diagnostics import RunningState, running_text

__all__ = ["whole"]

TRACER = '<img src="file:///etc/passwd"><b>tracer</b>'


def texts_of(root: QWidget) -> Iterator[tuple[QWidget, str]]:
    """Every widget below `root` with each text that it shows or would show on hover."""
    for widget in [root, *root.findChildren(QWidget)]:
        if isinstance(widget, QLabel):
            yield widget, widget.text()
        if widget.toolTip():
            yield widget, widget.toolTip()


def assert_plain(root: QWidget) -> None:
    for label in root.findChildren(QLabel):
        if not label.objectName().startswith("qt_"):
            assert label.textFormat() is Qt.TextFormat.PlainText, label.text()
    for browser in (QTextBrowser, QTextEdit):
        assert root.findChildren(browser) == []
    for widget, text in texts_of(root):
        if not isinstance(widget, QLabel):
            assert "<img" not in text, text


def test_no_widget_of_the_window_takes_a_venues_words_for_markup(
    whole: Whole, qtbot: QtBot
) -> None:
    whole.show()
    status = VenueStatus(
        venue="binanceusdm",
        state="failing",
        text=TRACER,
        received_ms=NOW_MS,
        budget_text=TRACER,
        prices_text=TRACER,
    )
    whole.window.show_text(update(BTC, ETH, selected=BTC, statuses={"binanceusdm": status}))
    whole.window.status.say(TRACER)
    assert TRACER in whole.window.status.notice.text()
    assert_plain(whole.window)


def test_no_cell_of_a_table_is_drawn_as_markup(whole: Whole) -> None:
    whole.show()
    views = whole.window.findChildren(QAbstractItemView)
    delegates = [one for view in views if (one := view.itemDelegate()) is not None]
    assert len(delegates) >= 2
    for delegate in delegates:
        assert type(delegate).__module__.startswith(("PySide6", "widgets"))
        assert "html" not in type(delegate).__name__.lower()


@pytest.mark.parametrize("make", ["failed", "diagnostics", "about"])
def test_no_dialog_takes_words_from_outside_for_markup(qtbot: QtBot, make: str) -> None:
    dialogs = {
        "failed": lambda: FailedPanel("Positions", ValueError(TRACER)),
        "diagnostics": lambda: DiagnosticsDialog(lambda _: _told(), TRACER, lambda: TRACER),
        "about": AboutDialog,
    }
    shown = dialogs[make]()
    qtbot.addWidget(shown)
    shown.show()
    QApplication.processEvents()
    assert_plain(shown)
    if isinstance(shown, DiagnosticsDialog):
        assert TRACER in shown.text.toPlainText()
    if isinstance(shown, FailedPanel):
        assert TRACER in shown.message.text()


def _told() -> str:
    return running_text(
        RunningState(
            now_ms=NOW_MS,
            feed_pid=1,
            feed_starts=1,
            feed_lost=TRACER,
            refusals={TRACER: Refusals(TRACER, {TRACER: 1}, [Refused(NOW_MS, TRACER, TRACER)])},
            faults=[TRACER],
        )
    )
