"""Docks stand where the list of panels says: main column, tabs below it, a side column."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.market_samples import BTC, update
from widgets.panels import PanelSpec, Place
from widgets.theme import DARK, apply
from widgets.window import MainWindow

TOP = PanelSpec(key="top", title="Top", shortcut="Ctrl+1", share=30)
MIDDLE = PanelSpec(key="middle", title="Middle", shortcut="Ctrl+2", share=45)
FRONT = PanelSpec(key="front", title="Front", shortcut="Ctrl+3", share=25, place=Place.BOTTOM)
BEHIND = PanelSpec(key="behind", title="Behind", shortcut="Ctrl+4", place=Place.BOTTOM)
CARD = PanelSpec(key="card", title="Card", shortcut="Ctrl+5", share=30, place=Place.SIDE)
NOTES = PanelSpec(key="notes", title="Notes", shortcut="Ctrl+6", place=Place.SIDE)


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> MainWindow:
    apply(qapp, DARK)
    made = MainWindow(DARK, (TOP, MIDDLE, FRONT, BEHIND, CARD, NOTES))
    qtbot.addWidget(made)
    made.resize(1600, 1000)
    made.show()
    made.arrange_docks()
    qapp.processEvents()
    return made


def front_most(window: MainWindow, *specs: PanelSpec) -> list[str]:
    docks: list[QDockWidget] = [window.docks[spec.key] for spec in specs]
    return [dock.objectName() for dock in docks if not dock.visibleRegion().isEmpty()]


def test_main_column_stands_left_of_the_side_column(window: MainWindow) -> None:
    top, middle, front = (window.docks[key] for key in ("top", "middle", "front"))
    assert top.x() == middle.x() == front.x() == 0
    assert top.y() < middle.y() < front.y()
    card = window.docks["card"]
    assert card.x() >= top.x() + top.width()
    assert card.height() > middle.height() + top.height()


def test_side_column_takes_its_share_of_the_width(window: MainWindow) -> None:
    assert window.docks["card"].width() / window.width() == pytest.approx(0.30, abs=0.02)


def test_first_of_each_group_of_tabs_is_in_front(window: MainWindow) -> None:
    assert front_most(window, FRONT, BEHIND) == ["front"]
    assert front_most(window, CARD, NOTES) == ["card"]
    assert window.tabifiedDockWidgets(window.docks["front"]) == [window.docks["behind"]]
    assert window.tabifiedDockWidgets(window.docks["card"]) == [window.docks["notes"]]


def shown_tabs(window: MainWindow) -> list[list[str]]:
    options = Qt.FindChildOption.FindDirectChildrenOnly
    bars = [bar for bar in window.findChildren(QTabBar, options=options) if bar.isVisible()]
    return sorted([bar.tabText(at) for at in range(bar.count())] for bar in bars)


def test_each_group_has_one_row_of_tabs_however_often_it_was_arranged(
    window: MainWindow, qapp: QApplication
) -> None:
    wanted = [["Card", "Notes"], ["Front", "Behind"]]
    assert shown_tabs(window) == wanted
    window.arrange_docks()
    qapp.processEvents()
    assert shown_tabs(window) == wanted
    window.restore_layout(window.layout_state())
    qapp.processEvents()
    assert shown_tabs(window) == wanted


def test_going_to_a_tab_that_is_behind_brings_it_to_the_front(
    window: MainWindow, qapp: QApplication
) -> None:
    window.go_to("behind")
    qapp.processEvents()
    assert front_most(window, FRONT, BEHIND) == ["behind"]


def test_arranging_again_puts_moved_docks_back(window: MainWindow, qapp: QApplication) -> None:
    for dock in window.docks.values():
        dock.setFloating(True)
    window.docks["card"].hide()
    window.arrange_docks()
    qapp.processEvents()
    test_main_column_stands_left_of_the_side_column(window)
    test_first_of_each_group_of_tabs_is_in_front(window)


class Noting(QWidget):
    """A panel that counts what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[object] = []

    def show_update(self, shown: object) -> None:
        self.shown.append(shown)


def test_panel_behind_another_tab_is_left_alone_until_it_comes_to_the_front(
    window: MainWindow, qapp: QApplication
) -> None:
    front, behind = Noting(), Noting()
    window.set_panel(FRONT, front)
    window.set_panel(BEHIND, behind)
    qapp.processEvents()
    window.show_text(update(BTC))
    assert (len(front.shown), len(behind.shown)) == (1, 0)
    window.go_to("behind")
    qapp.processEvents()
    assert len(behind.shown) == 1
    window.show_text(update(BTC))
    assert (len(front.shown), len(behind.shown)) == (1, 2)
