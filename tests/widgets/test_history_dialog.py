"""The history's page shows what is kept and takes how long, in words where it cannot."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from dashboard.errors import InputError, StoreError
from dashboard.store.history import HistorySize, KindSize
from widgets.dialogs.history import HistoryDialog, bytes_text, days_of

DAY_MS = 86_400_000
SIZE = HistorySize(
    3_100_000,
    [
        KindSize("open_interest", "1h", 3, 12_345, 812, 1_722_772_800_000, 1_722_859_200_000),
        KindSize("mark price", "", 21, 259_200, 14_200, 1_722_772_800_000, 1_722_859_200_000),
    ],
)


def opened(qtbot: QtBot, days: int = 0, why_fixed: str = "") -> tuple[HistoryDialog, list[int]]:
    kept: list[int] = []
    dialog = HistoryDialog(lambda: SIZE, days, kept.append, why_fixed=why_fixed)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 2)
    return dialog, kept


def save(qtbot: QtBot, dialog: HistoryDialog) -> None:
    box = dialog.findChild(QDialogButtonBox)
    button = box.button(QDialogButtonBox.StandardButton.Save)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_size_and_contents_are_shown(qtbot: QtBot) -> None:
    dialog, _ = opened(qtbot)
    assert dialog.total.text() == "3.1 MB on the disk"
    texts = [[dialog.table.item(row, at).text() for at in range(7)] for row in range(2)]
    assert texts[0][:5] == ["open interest", "1h", "3", "12,345", "812 B"]
    assert texts[1][:5] == ["mark price", "as polled", "21", "259,200", "14.2 kB"]
    assert "Nothing is ever removed" in dialog.message.text()


def test_days_that_are_typed_are_kept(qtbot: QtBot) -> None:
    dialog, kept = opened(qtbot)
    qtbot.keyClicks(dialog.days, "365")
    save(qtbot, dialog)
    assert kept == [365]
    assert not dialog.isVisible()


def test_an_emptied_field_means_for_ever(qtbot: QtBot) -> None:
    dialog, kept = opened(qtbot, days=90)
    assert dialog.days.text() == "90"
    dialog.days.clear()
    save(qtbot, dialog)
    assert kept == [0]


@pytest.mark.parametrize("text", ["0", "-3", "1.5", "40000", "soon", "٣"])
def test_what_are_no_days_is_one_sentence_and_stays_typed(qtbot: QtBot, text: str) -> None:
    dialog, kept = opened(qtbot)
    dialog.days.setText(text)
    save(qtbot, dialog)
    assert (kept, dialog.isVisible(), dialog.days.text()) == ([], True, text)
    assert "days" in dialog.message.text()
    with pytest.raises(InputError):
        days_of(text)


def test_a_history_that_is_not_ones_own_is_shown_only(qtbot: QtBot) -> None:
    dialog, kept = opened(qtbot, why_fixed="A desk's history is kept as it is.")
    assert not dialog.days.isEnabled()
    assert dialog.message.text() == "A desk's history is kept as it is."
    save(qtbot, dialog)
    assert kept == []


def test_a_history_that_cannot_be_read_is_said(qtbot: QtBot) -> None:
    def broken() -> HistorySize:
        raise StoreError("the history is damaged")

    dialog = HistoryDialog(broken, 0, lambda _days: None)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog.total.text() == "the history is damaged")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (3_100_000, "3.1 MB"), (2.5e12, "2,500.0 GB")],
)
def test_sizes_are_for_people(count: int, text: str) -> None:
    assert bytes_text(int(count)) == text
