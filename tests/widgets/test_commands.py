"""The command palette: every action and contract by a few letters, typed anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyqtgraph import PlotWidget
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QCalendarWidget, QLineEdit
from pytestqt.qtbot import QtBot

from dashboard.market.instrument import InstrumentKey
from tests.widgets.market_samples import BYBIT_BTC, VENUES, snapshot
from widgets.actions import make_action
from widgets.commands import Commands, action_commands
from widgets.dialogs.palette import CommandPalette
from widgets.models.commands import Command, best_commands
from widgets.panels import WATCHLIST
from widgets.panels.watchlist import WatchlistPanel
from widgets.theme import DARK, apply
from widgets.window import MainWindow

TEXTS = ("Bars of 15m", "Bars of 1h", "Bars of 4h", "Open interest in USD", "Go to Charts", "Quit")


def named(typed: str) -> list[str]:
    commands = [Command(text=text, run=list) for text in TEXTS]
    return [command.text for command in best_commands(typed, commands)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("4h", "Bars of 4h"),
        ("15", "Bars of 15m"),
        ("charts", "Go to Charts"),
        ("usd open", "Open interest in USD"),
        ("QUIT", "Quit"),
        ("oiu", "Open interest in USD"),
    ],
)
def test_likeliest_command_comes_first(typed: str, first: str) -> None:
    assert named(typed)[0] == first


def test_nothing_typed_shows_all_in_their_order() -> None:
    assert named("  ") == list(TEXTS)


def test_word_that_is_in_no_command_finds_none() -> None:
    assert named("bars xyz") == []


@given(st.text(max_size=12))
def test_whatever_is_typed_only_commands_come_back(typed: str) -> None:
    assert set(named(typed)) <= set(TEXTS)


class Room:
    """A window with a watch-list, an action and the palette."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.window = MainWindow(DARK)
        qtbot.addWidget(self.window)
        self.panel = WatchlistPanel(VENUES, DARK)
        self.window.set_panel(WATCHLIST, self.panel)
        self.commands = Commands(self.window, snapshot, VENUES)
        self.wanted: list[InstrumentKey] = []
        self.commands.contract_wanted.connect(self.wanted.append)
        self.done: list[str] = []
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def palette(self) -> CommandPalette:
        found = [p for p in self.window.findChildren(CommandPalette) if p.isVisible()]
        assert len(found) == 1
        return found[0]


@pytest.fixture
def room(qtbot: QtBot, qapp: QApplication) -> Room:
    apply(qapp, DARK)
    return Room(qtbot)


def test_palette_opens_by_its_key_and_runs_what_is_chosen(room: Room) -> None:
    action = make_action(room.window, "Do the thing", None)
    action.triggered.connect(lambda: room.done.append("done"))
    room.qtbot.keyClick(room.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = room.palette()
    room.qtbot.keyClicks(palette.field, "do thing")
    with room.qtbot.waitSignal(palette.destroyed):
        room.qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert room.done == ["done"]


def test_letter_typed_in_a_table_opens_the_palette_with_it(room: Room) -> None:
    room.panel.view.setFocus()
    room.qtbot.keyClick(room.panel.view, Qt.Key.Key_B)
    palette = room.palette()
    assert palette.field.text() == "b"
    room.qtbot.keyClicks(palette.field, "tc bybit")
    room.qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert room.wanted == [BYBIT_BTC]


def test_letter_typed_in_a_field_stays_there(room: Room) -> None:
    room.panel.field.setFocus()
    room.qtbot.keyClicks(room.panel.field, "eth")
    assert room.panel.field.text() == "eth"
    assert not room.window.findChildren(CommandPalette)


def test_arrow_keys_move_in_the_list(room: Room) -> None:
    room.commands.open()
    palette = room.palette()
    first = palette.list.currentIndex().data()
    room.qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    room.qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    room.qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentIndex().data() == first


def test_unknown_words_keep_the_palette_open_and_say_so(room: Room) -> None:
    room.commands.open_with("no such thing at all")
    palette = room.palette()
    room.qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert not palette.list.isVisible()


def test_escape_closes_and_the_palette_opens_again(room: Room) -> None:
    room.commands.open()
    first = room.palette()
    with room.qtbot.waitSignal(first.destroyed):
        room.qtbot.keyClick(first.field, Qt.Key.Key_Escape)
    room.commands.open()
    assert room.palette() is not first


def test_disabled_actions_are_not_offered(room: Room) -> None:
    make_action(room.window, "Not now", None).setEnabled(False)
    texts = [command.text for command in action_commands(room.window)]
    assert "Not now" not in texts
    assert "Add symbol to the watch-list" in texts


def test_what_libraries_bring_along_is_not_offered(room: Room) -> None:
    made = [QCalendarWidget(room.window), PlotWidget(room.window)]
    theirs = {action.text() for widget in made for action in widget.findChildren(QAction)}
    assert len(theirs) > 12
    assert not theirs & {command.text for command in action_commands(room.window)}
    for widget in made:
        widget.close()


def test_every_action_of_the_window_is_in_the_palette(room: Room, tmp_path: Path) -> None:
    offered = {command.text for command in action_commands(room.window)}
    mine = {
        action.text().replace("&", "").rstrip("…")
        for action in room.window.findChildren(QAction)
        if action.text() and action.isEnabled() and not isinstance(action.parent(), QLineEdit)
    }
    assert mine <= offered
