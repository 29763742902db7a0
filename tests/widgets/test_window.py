"""The main window as a whole: docks, menus, layout, pictures, names for screen readers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QImage, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from dashboard import __version__
from dashboard.feed.frames import Clock
from dashboard.market.account import Book
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import RiskReport
from dashboard.store.book import BookStore
from tests.widgets.market_samples import BTC, ETH, NOW_MS, VENUES, update
from widgets.about import AboutDialog, licence_text
from widgets.dialogs.shortcuts import ShortcutsDialog
from widgets.menus import Menus, save_png
from widgets.panels import CARD, CHARTS, PANELS, POSITIONS, WATCHLIST, WHAT_IF, Place
from widgets.panels.charts import ChartsPanel
from widgets.panels.positions import PositionsPanel
from widgets.panels.watchlist import WatchlistPanel
from widgets.theme import DARK, LIGHT, apply
from widgets.window import MainWindow
from widgets.window_state import WindowState, load_window_state, save_window_state

RECORDING = Clock(now_ms=NOW_MS, speed=120.0, paused=False, recording="August 2024 crash")


def no_risk(_snapshot: Snapshot, _book: Book, now_ms: int) -> RiskReport:
    return RiskReport(now_ms=now_ms, positions=())


class Whole:
    """A window with every panel in it."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self._qtbot = qtbot
        self.store = BookStore(folder / "book.sqlite3")
        self.window = MainWindow(DARK)
        qtbot.addWidget(self.window)
        self.menus = Menus(self.window)
        self.watchlist = WatchlistPanel(VENUES, DARK)
        self.positions = PositionsPanel(self.store, VENUES, no_risk, DARK)
        self.charts = ChartsPanel(DARK)
        self.window.set_panel(WATCHLIST, self.watchlist)
        self.window.set_panel(CHARTS, self.charts)
        self.window.set_panel(POSITIONS, self.positions)

    def show(self) -> None:
        self.window.show()
        self.window.activateWindow()
        self._qtbot.waitUntil(self.window.isActiveWindow)
        self.window.show_text(update(BTC, ETH, selected=BTC))
        self.window.show_curves(update(BTC, ETH, selected=BTC))


@pytest.fixture
def whole(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Whole]:
    apply(qapp, DARK)
    made = Whole(qtbot, tmp_path)
    yield made
    made.window.hide()
    made.store.close()


def action_named(root: QWidget, text: str) -> QAction:
    return next(a for a in root.findChildren(QAction) if a.text().replace("&", "") == text)


def test_every_panel_of_the_list_has_a_dock_a_menu_entry_and_a_key(whole: Whole) -> None:
    whole.show()
    for spec in PANELS:
        assert whole.window.docks[spec.key].windowTitle() == spec.title
        assert whole.window.docks[spec.key].isVisible()
        key = action_named(whole.window, f"Go to {spec.title}").shortcut()
        assert key == QKeySequence(spec.shortcut)


def test_panels_stand_in_the_order_of_the_list_and_all_fit(
    whole: Whole, qapp: QApplication
) -> None:
    whole.show()
    for size in ((1600, 1000), (1100, 700)):
        whole.window.resize(*size)
        qapp.processEvents()
        assert (whole.window.width(), whole.window.height()) == size
        tabs = [spec for spec in PANELS if spec.place is Place.BOTTOM]
        column = [spec for spec in PANELS if spec.place is Place.MAIN] + tabs[:1]
        tops = [whole.window.docks[spec.key].y() for spec in column]
        assert tops == sorted(tops)


def test_going_to_a_panel_shows_it_and_moves_the_focus(whole: Whole) -> None:
    whole.show()
    whole.window.docks[POSITIONS.key].hide()
    action_named(whole.window, "Go to Positions").trigger()
    focus = QApplication.focusWidget()
    assert whole.window.docks[POSITIONS.key].isVisible()
    assert focus is not None
    assert whole.positions.isAncestorOf(focus)


def test_layout_comes_back_from_its_file(whole: Whole, qtbot: QtBot, tmp_path: Path) -> None:
    whole.show()
    for spec in (POSITIONS, CARD, WHAT_IF):
        whole.window.docks[spec.key].hide()
    QApplication.processEvents()  # so that the window may be as narrow as the rest of it
    whole.window.resize(777, 666)
    whole.watchlist.view.setColumnHidden(1, True)
    whole.watchlist.view.horizontalHeader().moveSection(2, 0)
    path = tmp_path / "window.state"
    save_window_state(path, whole.window.window_state())
    again = MainWindow(DARK)
    qtbot.addWidget(again)
    again.restore_window(load_window_state(path))
    late = WatchlistPanel(VENUES, DARK)
    again.set_panel(WATCHLIST, late)
    again.show()
    assert (again.width(), again.height()) == (777, 666)
    assert not again.docks[POSITIONS.key].isVisible()
    assert again.docks[CHARTS.key].isVisible()
    assert late.view.isColumnHidden(1)
    assert late.view.horizontalHeader().visualIndex(2) == 0
    again.hide()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b'{"geometry": "no base64!"}'])
def test_damaged_layout_file_is_no_obstacle(whole: Whole, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "window.state"
    path.write_bytes(content)
    whole.window.restore_window(load_window_state(path))
    whole.show()
    assert whole.window.docks[WATCHLIST.key].isVisible()


def test_layout_that_cannot_be_kept_is_no_obstacle(tmp_path: Path) -> None:
    save_window_state(tmp_path / "nowhere" / "window.state", WindowState())


def test_reset_layout_brings_everything_back(whole: Whole) -> None:
    whole.show()
    for spec in PANELS:
        whole.window.docks[spec.key].hide()
    action_named(whole.window, "Reset layout").trigger()
    assert all(whole.window.docks[spec.key].isVisible() for spec in PANELS)


def test_title_says_recorded_with_the_date_and_what_is_selected(whole: Whole) -> None:
    whole.show()
    assert whole.window.windowTitle() == "BTC/USDT binanceusdm  ·  Liqline"
    whole.window.show_text(update(BTC, clock=RECORDING))
    assert whole.window.windowTitle() == "RECORDED 2024-08-04  ·  Liqline"


def test_copied_picture_is_png_and_carries_the_recorded_badge(
    whole: Whole, qapp: QApplication
) -> None:
    whole.show()
    whole.window.show_text(update(BTC, clock=RECORDING, selected=BTC))
    action_named(whole.window, "Copy picture of charts").trigger()
    image = QGuiApplication.clipboard().image()
    panel = whole.charts.size()
    assert image.width() == panel.width()
    assert image.height() > panel.height()
    badge = image.pixelColor(QPoint(2, image.height() - 3))
    assert badge == QColor(DARK.recorded)
    data = QGuiApplication.clipboard().mimeData().data("image/png")
    assert QImage.fromData(data).size() == image.size()


def test_picture_of_a_live_market_has_no_badge(whole: Whole) -> None:
    whole.show()
    image = whole.window.picture().toImage()
    strip = [image.pixelColor(x, image.height() - 3) for x in range(0, image.width(), 5)]
    assert QColor(DARK.recorded) not in strip


def test_picture_of_the_window_shows_all_of_it(whole: Whole) -> None:
    whole.show()
    action_named(whole.window, "Copy picture of window").trigger()
    image = QGuiApplication.clipboard().image()
    assert image.width() == whole.window.width()
    assert image.height() > whole.window.height()


def test_picture_that_cannot_be_saved_is_said(whole: Whole, tmp_path: Path) -> None:
    whole.show()
    assert "picture saved" in save_png(whole.window.grab(), tmp_path / "a.png")
    assert "could not be saved" in save_png(whole.window.grab(), tmp_path / "no" / "a.png")


def test_theme_is_told_and_reaches_the_panels(whole: Whole, qtbot: QtBot) -> None:
    whole.show()
    with qtbot.waitSignal(whole.menus.looks.chosen) as wanted:
        action_named(whole.window, "Light theme").trigger()
    assert wanted.args == [{"theme": "light"}]
    whole.window.theme_changed.connect(whole.watchlist.apply_theme)
    whole.window.apply_theme(LIGHT)
    role = Qt.ItemDataRole.ForegroundRole
    keys = [column.key for column in whole.watchlist.model.columns]
    change = whole.watchlist.model.index(0, keys.index("change_24h"))
    assert whole.watchlist.model.data(change, role).color() == QColor(LIGHT.loss)


def test_every_label_shows_text_as_it_is_written(whole: Whole) -> None:
    whole.show()
    rich = [
        label.text()
        for label in whole.window.findChildren(QLabel)
        if label.textFormat() is not Qt.TextFormat.PlainText
        and not label.objectName().startswith("qt_")
    ]
    assert rich == []


def test_every_widget_that_takes_the_focus_has_a_name(whole: Whole) -> None:
    whole.show()
    nameless = [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in whole.window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        and not widget.objectName().startswith("qt_")
        and not _name_of(widget)
    ]
    assert nameless == []


def _name_of(widget: QWidget) -> str:
    if widget.accessibleName():
        return widget.accessibleName()
    return widget.text() if isinstance(widget, QAbstractButton) else ""


def test_every_menu_entry_has_a_text_and_no_key_is_given_twice(whole: Whole) -> None:
    whole.show()
    keys: dict[str, str] = {}
    everywhere = Qt.ShortcutContext.ApplicationShortcut
    for action in whole.window.findChildren(QAction):
        if action.shortcutContext() is everywhere and not action.shortcut().isEmpty():
            text = action.shortcut().toString()
            assert text not in keys, (action.text(), keys.get(text))
            keys[text] = action.text()
    assert {"Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+Q", "Ctrl+T"} <= keys.keys()


def test_dialogs_of_the_help_menu_close_for_good(whole: Whole, qtbot: QtBot) -> None:
    whole.show()
    for open_dialog in (whole.menus.show_shortcuts, whole.menus.show_about):
        open_dialog()
        dialog = whole.window.findChild(QDialog)
        assert isinstance(dialog, AboutDialog | ShortcutsDialog)
        with qtbot.waitSignal(dialog.destroyed):
            dialog.reject()


def test_about_says_version_and_licences(whole: Whole) -> None:
    text = licence_text()
    assert f"Liqline {__version__}, MIT" in text
    assert "LGPL-3.0" in text
    assert "version unknown" not in text.replace("Liqline", "")


def test_recording_menu_is_there_only_for_a_recording(whole: Whole) -> None:
    whole.show()
    menu = action_named(whole.window, "Recording")
    assert not menu.isVisible()
    whole.menus.show_recording(shown=True)
    assert menu.isVisible()
    assert action_named(whole.window, "Pause").isEnabled()


def test_no_field_holds_text_that_reads_as_markup(whole: Whole) -> None:
    whole.show()
    assert not [f for f in whole.window.findChildren(QLineEdit) if "<" in f.placeholderText()]
    assert not whole.window.findChildren(QPlainTextEdit)
