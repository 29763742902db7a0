"""Text from outside is shown as it was written."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from widgets.plain import ElidedLabel, PlainLabel, tooltip

MARKUP = '<img src="file:///etc/passwd"> & <b>bold</b>'


def test_a_label_takes_markup_as_text(qtbot: QtBot) -> None:
    label = PlainLabel(MARKUP)
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.text() == MARKUP


def test_tooltip_reads_as_the_text_and_keeps_lines() -> None:
    document = QTextDocument()
    document.setHtml(tooltip(f"{MARKUP}\nsecond line"))
    assert document.toPlainText() == f"{MARKUP}\nsecond line"
    assert tooltip("") == ""


def test_elided_label_needs_little_room_and_draws_in_it(qtbot: QtBot) -> None:
    label = ElidedLabel("a long sentence about a venue that does not answer " * 5)
    qtbot.addWidget(label)
    label.resize(label.minimumSizeHint())
    assert label.minimumSizeHint().width() < 200
    assert not label.grab().isNull()
    short = ElidedLabel("okx: ok")
    qtbot.addWidget(short)
    assert short.minimumSizeHint().width() >= short.fontMetrics().horizontalAdvance("okx: ok")
