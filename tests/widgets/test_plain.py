"""Text from outside is shown as it was written."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from widgets.plain import ElidedLabel, PlainLabel, message_box, tooltip

MARKUP = '<img src="file:///etc/passwd"> & <b>bold</b>'


def test_labels_and_boxes_take_markup_as_text(qtbot: QtBot) -> None:
    label = PlainLabel(MARKUP)
    box = message_box(None, QMessageBox.Icon.Warning, "title", MARKUP, MARKUP)
    for widget in (label, box):
        qtbot.addWidget(widget)
        assert widget.textFormat() is Qt.TextFormat.PlainText
        assert widget.text() == MARKUP


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
