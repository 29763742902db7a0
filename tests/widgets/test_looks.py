"""Theme, pair of colours and size of text are chosen by hand, or follow the system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.settings import Settings
from widgets.looks import theme_of
from widgets.menus import Menus
from widgets.panels import PANELS
from widgets.theme import DARK, LIGHT, THEMES, apply, colour_blind_safe
from widgets.window import MainWindow


class Room:
    """A window whose looks are kept in settings, as the program does."""

    def __init__(self, qtbot: QtBot, settings: Settings, of_start: str | None = None) -> None:
        self.settings = settings
        self.window = MainWindow(theme_of(settings, of_start), PANELS)
        qtbot.addWidget(self.window)
        self.menus = Menus(self.window, settings, of_start)
        self.menus.looks.chosen.connect(self.take)

    def take(self, changes: dict[str, object]) -> None:
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self.menus.looks.show(self.settings)

    def trigger(self, text: str) -> None:
        actions = self.window.findChildren(QAction)
        next(a for a in actions if a.text() == text).trigger()


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    apply(qapp, DARK)
    yield qapp
    apply(qapp, DARK)


def test_each_theme_can_be_chosen(qtbot: QtBot, dressed: QApplication) -> None:
    room = Room(qtbot, Settings())
    for name, theme in THEMES.items():
        room.trigger(f"{name.capitalize()} theme")
        assert room.window.theme == theme
        assert room.settings.theme == name


@pytest.mark.parametrize("keys", ["Ctrl+=", "Ctrl++"])
def test_text_is_enlarged_by_the_plus_of_any_keyboard(
    qtbot: QtBot, dressed: QApplication, keys: str
) -> None:
    room = Room(qtbot, Settings())
    actions = room.window.findChildren(QAction)
    (action,) = [one for one in actions if QKeySequence(keys) in one.shortcuts()]
    action.trigger()
    assert room.settings.font_scale > 1.0


def test_blue_and_orange_hold_in_every_theme(qtbot: QtBot, dressed: QApplication) -> None:
    room = Room(qtbot, Settings())
    room.trigger("Blue and orange instead of green and red")
    room.trigger("Light theme")
    assert room.window.theme == colour_blind_safe(LIGHT)
    room.trigger("Blue and orange instead of green and red")
    assert room.window.theme == LIGHT


def test_text_grows_and_shrinks_and_goes_back(qtbot: QtBot, dressed: QApplication) -> None:
    normal = dressed.font().pointSizeF()
    room = Room(qtbot, Settings())
    room.trigger("Larger text")
    assert dressed.font().pointSizeF() == pytest.approx(1.1 * normal)
    for _ in range(20):
        room.trigger("Larger text")
    assert room.settings.font_scale == 2.0
    room.trigger("Smaller text")
    assert room.settings.font_scale == 1.75
    room.trigger("Text of normal size")
    assert dressed.font().pointSizeF() == pytest.approx(normal)


def test_theme_of_this_start_outlasts_other_changes_but_no_choice(
    qtbot: QtBot, dressed: QApplication
) -> None:
    room = Room(qtbot, Settings(theme="dark"), "light")
    room.trigger("Larger text")
    assert room.window.theme == LIGHT
    assert room.settings.theme == "dark"
    room.trigger("High contrast theme")
    assert room.window.theme == THEMES["high contrast"]


def test_system_s_theme_is_light_or_dark(qtbot: QtBot, dressed: QApplication) -> None:
    room = Room(qtbot, Settings(theme="system"))
    assert room.window.theme in (DARK, LIGHT)
    dressed.styleHints().colorSchemeChanged.emit(dressed.styleHints().colorScheme())
    assert room.window.theme == theme_of(room.settings)
