"""Keys can be given to other actions; what would clash is said and loses its own."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QCalendarWidget, QDialog, QWidget
from pytestqt.qtbot import QtBot

from widgets.actions import make_action
from widgets.dialogs.shortcuts import ShortcutsDialog
from widgets.shortcuts import Shortcuts

EVERYWHERE = Qt.ShortcutContext.ApplicationShortcut


class Room:
    """A window with an action of its own and two panels with one each."""

    def __init__(self, qtbot: QtBot) -> None:
        self.root = QWidget()
        qtbot.addWidget(self.root)
        self.left, self.right = QWidget(self.root), QWidget(self.root)
        self.quit = make_action(self.root, "&Quit", None, "Ctrl+Q", context=EVERYWHERE)
        self.up = make_action(self.left, "Move up", None, "Alt+Up")
        self.zoom = make_action(self.right, "Zoom…", None, "+")

    def keys(self, action: QAction) -> str:
        return action.shortcut().toString()


@pytest.fixture
def room(qtbot: QtBot) -> Room:
    return Room(qtbot)


def test_chosen_keys_replace_those_of_the_program(room: Room) -> None:
    Shortcuts(room.root, {"Quit": "Ctrl+X", "Zoom": ""}).apply()
    assert room.keys(room.quit) == "Ctrl+X"
    assert room.keys(room.zoom) == ""
    assert room.keys(room.up) == "Alt+Up"


def test_actions_that_come_later_get_their_keys_too(room: Room) -> None:
    shortcuts = Shortcuts(room.root, {"Late": "Ctrl+L"})
    shortcuts.apply()
    late = make_action(room.right, "Late", None)
    shortcuts.apply()
    assert room.keys(late) == "Ctrl+L"


def test_clash_is_named_and_the_other_loses_its_keys(room: Room) -> None:
    told: list[dict[str, str]] = []
    shortcuts = Shortcuts(room.root, {})
    shortcuts.changed.connect(told.append)
    shortcuts.apply()
    assert shortcuts.clashes("Zoom", QKeySequence("Ctrl+Q")) == ["Quit"]
    shortcuts.choose("Zoom", QKeySequence("Ctrl+Q"))
    assert room.keys(room.zoom) == "Ctrl+Q"
    assert room.keys(room.quit) == ""
    assert told == [{"Quit": "", "Zoom": "Ctrl+Q"}]


def test_same_keys_in_two_panels_do_not_clash(room: Room) -> None:
    shortcuts = Shortcuts(room.root, {})
    shortcuts.apply()
    assert shortcuts.clashes("Zoom", QKeySequence("Alt+Up")) == []


def test_defaults_come_back_one_by_one_and_all_at_once(room: Room) -> None:
    shortcuts = Shortcuts(room.root, {"Quit": "Ctrl+X", "Zoom": "Ctrl+Z"})
    shortcuts.apply()
    shortcuts.reset("Zoom")
    assert (room.keys(room.quit), room.keys(room.zoom)) == ("Ctrl+X", "+")
    shortcuts.reset_all()
    assert room.keys(room.quit) == "Ctrl+Q"


@pytest.fixture
def sheet(room: Room, qtbot: QtBot, qapp: QApplication) -> ShortcutsDialog:
    shortcuts = Shortcuts(room.root, {})
    shortcuts.apply()
    dialog = ShortcutsDialog(shortcuts, room.root)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_hand_gives_an_action_other_keys(sheet: ShortcutsDialog, room: Room, qtbot: QtBot) -> None:
    sheet.choose("Zoom")
    qtbot.keyClick(sheet.keys, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert sheet.message.text() == "Ctrl+Q belongs to Quit, which would lose it."
    qtbot.mouseClick(sheet.set_button, Qt.MouseButton.LeftButton)
    assert room.keys(room.zoom) == "Ctrl+Q"
    assert sheet.chosen() == "Zoom"
    qtbot.mouseClick(sheet.reset_button, Qt.MouseButton.LeftButton)
    assert room.keys(room.zoom) == "+"
    qtbot.mouseClick(sheet.reset_all_button, Qt.MouseButton.LeftButton)
    assert room.keys(room.quit) == "Ctrl+Q"


def test_without_a_chosen_action_nothing_can_be_set(sheet: ShortcutsDialog) -> None:
    assert not sheet.set_button.isEnabled()
    assert isinstance(sheet, QDialog)


def test_search_finds_actions_and_keys(sheet: ShortcutsDialog, qtbot: QtBot) -> None:
    qtbot.keyClicks(sheet.search, "alt")
    model = sheet.table.model()
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["Move up"]


def test_the_months_of_a_calendar_are_no_actions(room: Room) -> None:
    calendar = QCalendarWidget(room.root)
    calendar.show()
    assert set(Shortcuts(room.root, {}).actions()) == {"Quit", "Move up", "Zoom"}
