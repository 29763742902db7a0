"""The menu of watch-lists: new, renamed, deleted, to and from a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QInputDialog

from dashboard.errors import InputError, StoreError
from dashboard.store.files import reason, write_atomically
from widgets.actions import make_action
from widgets.desk import Desk
from widgets.models.watch_lists import MOST_BYTES, from_csv, to_csv
from widgets.panels.watchlist import WatchlistPanel

_CSV = "CSV files (*.csv)"


class ListMenu(QObject):
    """Fills the menu of the watch-list's bar; `said` carries sentences for the status bar."""

    said = Signal(str)

    def __init__(self, desk: Desk, panel: WatchlistPanel) -> None:
        super().__init__(panel)
        self._desk = desk
        self._panel = panel
        entries: tuple[tuple[str, Callable[[], None]], ...] = (
            ("New watch-list…", self.ask_new),
            ("Rename watch-list…", self.ask_rename),
            ("Delete watch-list", self._delete),
            ("Import watch-list…", self.ask_import),
            ("Export watch-list…", self.ask_export),
        )
        for text, slot in entries:
            panel.bar.list_menu.addAction(make_action(panel, text, slot))
        panel.bar.list_menu.addSeparator()
        panel.bar.list_menu.addAction(panel.group_action)
        panel.bar.list_chosen.connect(desk.show_list)
        desk.lists_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show which lists there are."""
        self._panel.bar.show_lists(self._desk.list_names(), self._desk.list_name)

    def ask_new(self) -> None:
        """Ask for a name and show a new list of that name."""
        self._ask("New watch-list", "", self._desk.make_list)

    def ask_rename(self) -> None:
        """Ask for another name of the shown list."""
        self._ask("Rename watch-list", self._desk.list_name, self._desk.rename_list)

    def ask_import(self) -> None:
        """Ask for a file and make a list of what it holds."""
        name, _ = QFileDialog.getOpenFileName(self._panel, "Import watch-list", "", _CSV)
        if name:
            self.take_in(Path(name))

    def ask_export(self) -> None:
        """Ask for a file and write the shown list to it."""
        proposal = f"{self._desk.list_name}.csv"
        name, _ = QFileDialog.getSaveFileName(self._panel, "Export watch-list", proposal, _CSV)
        if name:
            self.write(Path(name))

    def take_in(self, path: Path) -> None:
        """Make a list, named like the file, of the contracts in it; say how that went."""
        try:
            with path.open("rb") as file:
                text = file.read(MOST_BYTES + 1).decode("utf-8-sig")
            keys = from_csv(text)
            self._desk.make_list(self._free_name(path.stem), keys)
        except InputError as error:
            self.said.emit(f"{path.name}: {error.user_message}")
        except OSError as error:
            self.said.emit(f"{path.name} cannot be read: {reason(error)}")
        except UnicodeDecodeError:
            self.said.emit(f"{path.name} is no UTF-8 text")
        else:
            self.said.emit(f"{len(keys)} contracts imported as {self._desk.list_name}")

    def write(self, path: Path) -> None:
        """Write the shown list; say how that went."""
        try:
            write_atomically(path, to_csv(self._desk.watched).encode())
        except StoreError as error:
            self.said.emit(error.user_message)
        else:
            self.said.emit(f"{len(self._desk.watched)} contracts exported to {path}")

    def _free_name(self, wanted: str) -> str:
        """`wanted`, with a number behind it where a list has that name."""
        taken = self._desk.list_names()
        numbered = (f"{wanted} {number}" for number in range(2, len(taken) + 3))
        return next(name for name in (wanted, *numbered) if name not in taken)

    def _delete(self) -> None:
        name = self._desk.list_name
        self._desk.delete_list()
        self.said.emit(f"watch-list {name} deleted")

    def _ask(self, title: str, proposal: str, take: Callable[[str], None]) -> None:
        name, given = QInputDialog.getText(
            self._panel, title, "Name of the watch-list:", text=proposal
        )
        if given:
            try:
                take(name)
            except InputError as error:
                self.said.emit(error.user_message)
