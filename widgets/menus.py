"""The menus of the main window, made from its list of panels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QPixmap
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu

from dashboard.settings import Settings
from widgets import clipboard
from widgets.about import AboutDialog
from widgets.actions import make_action
from widgets.dialogs.shortcuts import ShortcutsDialog
from widgets.layouts import Layouts
from widgets.looks import Looks
from widgets.panels import CHARTS
from widgets.replay_bar import ReplayBar
from widgets.shortcuts import Shortcuts
from widgets.top_strip import TopStrip
from widgets.window import MainWindow

_ANYWHERE = Qt.ShortcutContext.ApplicationShortcut
_PICTURE_KEYS = {CHARTS.key: "Ctrl+Shift+C", None: "Ctrl+Alt+C"}


class Menus(QObject):
    """File, View, Layouts, Recording and Help."""

    export_wanted = Signal()
    diagnostics_wanted = Signal()
    history_wanted = Signal()
    import_wanted = Signal()
    address_wanted = Signal()
    key_wanted = Signal()
    balances_export_wanted = Signal()
    balances_import_wanted = Signal()
    lists_export_wanted = Signal()
    lists_import_wanted = Signal()
    undo_wanted = Signal()
    redo_wanted = Signal()

    def __init__(
        self,
        window: MainWindow,
        settings: Settings | None = None,
        theme_of_start: str | None = None,
    ) -> None:
        """`theme_of_start` is a theme's name that holds for this start only."""
        super().__init__(window)
        self._theme_of_start = theme_of_start
        self._window = window
        self._settings = settings or Settings()
        self.shortcuts = Shortcuts(window, self._settings.shortcuts)
        self._go_to = QActionGroup(self)
        self._pictures = QActionGroup(self)
        self._make_file_menu()
        self._make_edit_menu()
        self._make_view_menu()
        self.layouts = self._make_layouts_menu()
        self._recording = self._add_menu("&Recording")
        for action in window.status.controls.menu_actions():
            self._recording.addAction(action)
        self.replay = ReplayBar()
        window.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self.replay)
        self.replay.hide()
        self._recording.addActions(self.replay.menu_actions())
        self._recording.menuAction().setVisible(False)
        self._make_help_menu()
        self._go_to.triggered.connect(self._on_go_to)
        self._pictures.triggered.connect(self._on_picture)
        self.shortcuts.apply()
        window.panel_added.connect(self.shortcuts.apply)

    def show_recording(self, *, shown: bool) -> None:
        """Show the Recording menu, whose shortcuts work while it is shown."""
        self._recording.menuAction().setVisible(shown)
        for action in self._recording.actions():
            action.setEnabled(shown)

    def copy_picture(self, key: str | None = None) -> None:
        """Put a stamped picture of a panel, or of the window, on the clipboard, as PNG too."""
        picture = self._window.picture(key)
        content = QMimeData()
        content.setImageData(picture.toImage())
        content.setData("image/png", png_of(picture))
        clipboard.put(content)
        self._window.status.say("picture copied")

    def save_picture(self) -> None:
        """Ask where to save a stamped picture of the window, and save it."""
        picture = self._window.picture()
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save picture", "liqline.png", "PNG pictures (*.png)"
        )
        if name:
            self._window.status.say(save_png(picture, Path(name)))

    def show_shortcuts(self) -> None:
        """Open the list of all shortcuts."""
        self._open(ShortcutsDialog(self.shortcuts, self._window))

    def show_about(self) -> None:
        """Open version and licences."""
        self._open(AboutDialog(self._window))

    def _make_file_menu(self) -> None:
        menu = self._add_menu("&File")
        pictures = [(spec.title.lower(), spec.key) for spec in self._window.specs]
        for name, key in [*pictures, ("window", None)]:
            shortcut = _PICTURE_KEYS.get(key, "")
            action = self._add(menu, f"Copy picture of {name}", None, shortcut)
            action.setData(key)
            self._pictures.addAction(action)
        self._add(menu, "Save picture of window…", self.save_picture, "Ctrl+Shift+S")
        menu.addSeparator()
        for text, wanted in (
            ("Import a Hyperliquid address…", self.address_wanted),
            ("Import with a read-only key…", self.key_wanted),
            ("Import positions…", self.import_wanted),
            ("Import balances…", self.balances_import_wanted),
            ("Import watch-lists…", self.lists_import_wanted),
            ("Export positions…", self.export_wanted),
            ("Export balances…", self.balances_export_wanted),
            ("Export watch-lists…", self.lists_export_wanted),
        ):
            self._add(menu, text, wanted.emit)
        menu.addSeparator()
        self._add(menu, "History: size and keeping…", self.history_wanted.emit)
        menu.addSeparator()
        self._add(menu, "&Quit", self._window.close, "Ctrl+Q")

    def _make_edit_menu(self) -> None:
        menu = self._add_menu("&Edit")
        undo = self._add(menu, "&Undo", self.undo_wanted.emit)
        undo.setShortcuts([QKeySequence("Ctrl+Z")])
        redo = self._add(menu, "&Redo", self.redo_wanted.emit)
        redo.setShortcuts([QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])

    def _make_view_menu(self) -> None:
        menu = self._add_menu("&View")
        for spec in self._window.specs:
            action = self._add(menu, f"Go to {spec.title}", None, spec.shortcut)
            action.setData(spec.key)
            self._go_to.addAction(action)
        menu.addSeparator()
        for spec in self._window.specs:
            menu.addAction(self._window.docks[spec.key].toggleViewAction())
        menu.addSeparator()
        self.strip = TopStrip(self._window)
        strip = self._add(menu, "Strip on top of other programs", self.strip.toggle, "Ctrl+Shift+T")
        strip.setCheckable(True)
        self.strip.closed.connect(partial(strip.setChecked, False))
        menu.addSeparator()
        self.looks = Looks(self._window, menu, self._settings, self._theme_of_start)

    def _make_layouts_menu(self) -> Layouts:
        layouts = Layouts(self._window, self._add_menu("&Layouts"))
        layouts.said.connect(self._window.status.say)
        return layouts

    def _make_help_menu(self) -> None:
        menu = self._add_menu("&Help")
        sheet = self._add(menu, "&Keyboard shortcuts", self.show_shortcuts)
        sheet.setShortcuts([QKeySequence("?"), QKeySequence("F1")])
        self._add(menu, "&Diagnostics", self.diagnostics_wanted.emit)
        self._add(menu, "&About Liqline", self.show_about)

    def _add_menu(self, title: str) -> QMenu:
        menu = self._window.menuBar().addMenu(title)
        menu.setAccessibleName(title.replace("&", ""))
        return menu

    def _add(
        self, menu: QMenu, text: str, slot: Callable[[], object] | None, shortcut: str = ""
    ) -> QAction:
        action = make_action(self._window, text, slot, shortcut, context=_ANYWHERE)
        menu.addAction(action)
        return action

    def _on_go_to(self, action: QAction) -> None:
        self._window.go_to(action.data())

    def _on_picture(self, action: QAction) -> None:
        self.copy_picture(action.data())

    @staticmethod
    def _open(dialog: QDialog) -> None:
        dialog.open()


def png_of(picture: QPixmap) -> bytes:
    """The picture as PNG bytes."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    return bytes(buffer.data().data())


def save_png(picture: QPixmap, path: Path) -> str:
    """Save the picture and say in one sentence how it went."""
    try:
        path.write_bytes(png_of(picture))
    except OSError as error:
        return f"the picture could not be saved: {error.strerror or error}"
    return f"picture saved as {path}"
