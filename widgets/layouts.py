"""Named layouts: which docks stand where, kept under names of the trader's own."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QInputDialog, QMenu

from dashboard.errors import InputError
from dashboard.tradeline.number import quote
from widgets.actions import make_action
from widgets.window import MainWindow

LONGEST_NAME = 40
_ANYWHERE = Qt.ShortcutContext.ApplicationShortcut


@dataclass(frozen=True, slots=True)
class _Entry:
    """The two menu entries of one layout."""

    go: QAction
    delete: QAction


class Layouts(QObject):
    """The Layouts menu: go to one, save the present one, delete, lock, one panel full screen.

    Layouts are kept with the window's own state. `said` carries sentences for the status bar.
    """

    said = Signal(str)

    def __init__(self, window: MainWindow, menu: QMenu) -> None:
        super().__init__(window)
        self._window = window
        self._menu = menu
        self._delete_menu = QMenu("Delete layout", menu)
        self._delete_menu.setAccessibleName("Delete layout")
        self._entries: dict[str, _Entry] = {}
        self._go = QActionGroup(self)
        self._delete = QActionGroup(self)
        self._go.triggered.connect(self._on_go)
        self._delete.triggered.connect(self._on_delete)
        self._make_menu()
        self.refresh()

    def save_as(self, name: str) -> None:
        """Keep the present layout as `name`; raises InputError where the name will not do."""
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            allowed = f"1 to {LONGEST_NAME} printable characters are allowed"
            raise InputError("layout name", f"layout name {quote(name)}: {allowed}")
        self._window.layouts[name] = self._window.layout_state()
        self.refresh()
        self.said.emit(f"layout {name} saved")

    def go_to(self, name: str) -> None:
        """Arrange the window as it was when `name` was saved."""
        self._window.restore_layout(self._window.layouts[name])

    def delete(self, name: str) -> None:
        """Forget the layout `name`; the window stays as it is."""
        del self._window.layouts[name]
        self.refresh()
        self.said.emit(f"layout {name} deleted")

    def refresh(self) -> None:
        """Have the menus list the layouts there are."""
        for entry in self._entries.values():
            for action in (entry.go, entry.delete):
                self._window.removeAction(action)
                action.deleteLater()
        self._entries = {name: self._make_entry(name) for name in sorted(self._window.layouts)}
        self._delete_menu.menuAction().setVisible(bool(self._entries))
        self.lock_action.setChecked(self._window.locked)

    def ask_name(self) -> None:
        """Ask under which name to keep the present layout."""
        name, given = QInputDialog.getText(self._window, "Save layout", "Name of the layout:")
        if given:
            try:
                self.save_as(name)
            except InputError as error:
                self.said.emit(error.user_message)

    def _make_menu(self) -> None:
        def add(text: str, slot: object, shortcut: str = "") -> QAction:
            action = make_action(self._window, text, slot, shortcut, context=_ANYWHERE)  # type: ignore[arg-type] # bound methods of this object
            self._menu.addAction(action)
            return action

        add("Save layout as…", self.ask_name)
        self.lock_action = add("Lock layout", self._on_lock, "Ctrl+L")
        self.lock_action.setCheckable(True)
        add("Panel full screen", self._window.full_screen.toggle, "F11")
        add("Reset layout", self._window.arrange_docks)
        self._separator = self._menu.addSeparator()
        self._menu.addMenu(self._delete_menu)

    def _make_entry(self, name: str) -> _Entry:
        shown = name.replace("&", "&&")
        go = make_action(self._window, f"Layout {shown}", None)
        delete = make_action(self._window, f"Delete layout {shown}", None)
        for action in (go, delete):
            action.setData(name)
        self._go.addAction(go)
        self._delete.addAction(delete)
        self._menu.insertAction(self._delete_menu.menuAction(), go)
        self._delete_menu.addAction(delete)
        return _Entry(go, delete)

    def _on_go(self, action: QAction) -> None:
        self.go_to(action.data())

    def _on_delete(self, action: QAction) -> None:
        self.delete(action.data())

    def _on_lock(self) -> None:
        self._window.set_locked(locked=self.lock_action.isChecked())
