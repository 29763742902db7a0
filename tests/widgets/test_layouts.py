"""Layouts have names, come back as they were, and never leave a window where no screen is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget
from pytestqt.qtbot import QtBot

from dashboard.errors import InputError
from widgets.dock_buttons import DockButtons
from widgets.dock_titles import DockTitle
from widgets.layouts import LONGEST_NAME
from widgets.menus import Menus
from widgets.panels import PanelSpec, Place
from widgets.screens import GRIP_PX, onto_screen
from widgets.theme import DARK, apply
from widgets.window import MainWindow
from widgets.window_state import load_window_state, save_window_state

TOP = PanelSpec(key="top", title="Top", shortcut="Ctrl+1", share=40)
LOW = PanelSpec(key="low", title="Low", shortcut="Ctrl+2", share=60)
TAB = PanelSpec(key="tab", title="Tab", shortcut="Ctrl+3", share=30, place=Place.SIDE)
HIND = PanelSpec(key="hind", title="Hind", shortcut="Ctrl+4", place=Place.SIDE)
LEFT_SCREEN, RIGHT_SCREEN = QRect(0, 0, 1920, 1040), QRect(1920, 0, 2560, 1400)


class Room:
    """A window with four docks and its menus."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = MainWindow(DARK, (TOP, LOW, TAB, HIND))
        qtbot.addWidget(self.window)
        for spec in self.window.specs:
            self.window.set_panel(spec, QWidget())
        self.menus = Menus(self.window)
        self.window.show()

    @property
    def docks(self) -> dict[str, QDockWidget]:
        return self.window.docks


@pytest.fixture
def room(qtbot: QtBot, qapp: QApplication) -> Room:
    apply(qapp, DARK)
    return Room(qtbot)


def names(room: Room) -> list[str]:
    return [a.text() for a in room.window.actions() if a.text().startswith("Layout ")]


def test_saved_layout_comes_back(room: Room) -> None:
    room.docks["top"].hide()
    room.menus.layouts.save_as("no top")
    room.docks["top"].show()
    room.docks["low"].hide()
    room.menus.layouts.go_to("no top")
    assert (room.docks["top"].isVisible(), room.docks["low"].isVisible()) == (False, True)


def test_layouts_are_menu_entries_until_they_are_deleted(room: Room) -> None:
    for name in ("night", "day & night"):
        room.menus.layouts.save_as(name)
    assert names(room) == ["Layout day && night", "Layout night"]
    room.menus.layouts.delete("night")
    assert names(room) == ["Layout day && night"]
    assert list(room.window.layouts) == ["day & night"]


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1), "a\u202eb"])
def test_name_that_will_not_do_is_refused(room: Room, name: str) -> None:
    with pytest.raises(InputError, match="layout name"):
        room.menus.layouts.save_as(name)
    assert not room.window.layouts


def test_layouts_and_lock_survive_a_restart(room: Room, qtbot: QtBot, tmp_path: Path) -> None:
    room.docks["top"].hide()
    room.menus.layouts.save_as("mine")
    room.menus.layouts.lock_action.trigger()
    path = tmp_path / "window.state"
    save_window_state(path, room.window.window_state())
    again = MainWindow(DARK, (TOP, LOW, TAB, HIND))
    qtbot.addWidget(again)
    again.restore_window(load_window_state(path))
    assert list(again.layouts) == ["mine"]
    assert again.locked
    assert Menus(again).layouts.lock_action.isChecked()


def test_locked_docks_cannot_be_moved_or_closed(room: Room) -> None:
    room.window.set_locked(locked=True)
    kinds = QDockWidget.DockWidgetFeature
    assert all(d.features() == kinds.NoDockWidgetFeatures for d in room.docks.values())
    buttons = room.docks["top"].findChild(DockButtons)
    assert not buttons.isVisibleTo(room.docks["top"])
    room.window.set_locked(locked=False)
    assert room.docks["top"].features() & kinds.DockWidgetMovable
    assert buttons.isVisibleTo(room.docks["top"])


def test_buttons_that_come_after_the_lock_stay_hidden(qtbot: QtBot) -> None:
    window = MainWindow(DARK, (TOP, LOW))
    qtbot.addWidget(window)
    window.show()
    shown_before = len(QApplication.topLevelWindows())
    window.set_panel(LOW, QWidget())
    assert len(QApplication.topLevelWindows()) == shown_before
    window.set_locked(locked=True)
    window.set_panel(TOP, QWidget())
    assert not window.docks["top"].findChild(DockButtons).isVisibleTo(window)


def test_panel_with_the_focus_gets_the_whole_screen_and_gives_it_back(
    room: Room, qtbot: QtBot
) -> None:
    shown = {key: dock.isVisible() for key, dock in room.docks.items()}
    room.docks["low"].widget().setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    room.window.activateWindow()
    room.docks["low"].widget().setFocus()
    qtbot.waitUntil(room.docks["low"].widget().hasFocus)
    room.window.full_screen.toggle()
    assert room.window.isFullScreen()
    assert [key for key, dock in room.docks.items() if dock.isVisible()] == ["low"]
    room.window.full_screen.toggle()
    assert not room.window.isFullScreen()
    assert {key: dock.isVisible() for key, dock in room.docks.items()} == shown


def test_end_with_a_panel_on_the_whole_screen_keeps_the_layout_from_before(
    room: Room, qtbot: QtBot
) -> None:
    room.window.full_screen.toggle()
    state = room.window.window_state()
    again = MainWindow(DARK, (TOP, LOW, TAB, HIND))
    qtbot.addWidget(again)
    again.restore_window(state)
    again.show()
    assert again.docks["low"].isVisible()


def test_tab_says_the_name_and_the_title_is_left_out(room: Room, qtbot: QtBot) -> None:
    def titled() -> list[str]:
        docks = room.docks.items()
        return [key for key, dock in docks if isinstance(dock.titleBarWidget(), DockTitle)]

    qtbot.waitUntil(lambda: titled() == ["top", "low"])
    room.docks["hind"].setFloating(True)
    qtbot.waitUntil(lambda: titled() == ["top", "low", "tab", "hind"])


def test_title_buttons_take_a_dock_out_and_close_it(room: Room, qtbot: QtBot) -> None:
    title = room.docks["top"].findChild(DockButtons)
    qtbot.mouseClick(title.float_button, Qt.MouseButton.LeftButton)
    assert room.docks["top"].isFloating()
    qtbot.mouseClick(title.float_button, Qt.MouseButton.LeftButton)
    assert not room.docks["top"].isFloating()
    qtbot.mouseClick(title.close_button, Qt.MouseButton.LeftButton)
    assert not room.docks["top"].isVisible()


def test_layout_of_two_screens_comes_back_on_one(room: Room, qtbot: QtBot) -> None:
    room.docks["top"].setFloating(True)
    room.docks["top"].setGeometry(3000, 200, 300, 200)
    room.menus.layouts.save_as("two screens")
    room.docks["top"].setFloating(False)
    room.menus.layouts.go_to("two screens")
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert room.docks["top"].isFloating()
    assert screen.contains(room.docks["top"].geometry().topLeft())


def test_window_that_can_be_reached_stays_where_it_is() -> None:
    window = QRect(1800, 100, 800, 600)
    assert onto_screen(window, [LEFT_SCREEN, RIGHT_SCREEN]) == window


def test_window_of_a_screen_that_is_gone_moves_to_the_one_that_is_left() -> None:
    moved = onto_screen(QRect(2500, 300, 800, 600), [LEFT_SCREEN])
    assert moved == QRect(1120, 300, 800, 600)


def test_window_larger_than_the_screen_is_made_to_fit() -> None:
    assert onto_screen(QRect(5000, -900, 4000, 3000), [LEFT_SCREEN]) == LEFT_SCREEN


@given(
    st.integers(-9000, 9000), st.integers(-9000, 9000), st.integers(90, 5000), st.integers(90, 3000)
)
def test_top_of_every_window_can_be_reached(x: int, y: int, width: int, height: int) -> None:
    screens = [LEFT_SCREEN, RIGHT_SCREEN]
    window = onto_screen(QRect(x, y, width, height), screens)
    top = QRect(window.left(), window.top(), window.width(), GRIP_PX // 2)
    shared = [screen.intersected(top) for screen in screens]
    assert any(s.width() >= GRIP_PX and s.height() >= GRIP_PX // 4 for s in shared)
