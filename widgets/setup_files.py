"""Balances and watch-lists to a file and back: JSON or CSV, looked at before anything is added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog

from dashboard.errors import InputError, StoreError
from dashboard.market.account import Balance
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book import BookStore
from dashboard.store.files import write_atomically
from dashboard.store.setup_text import (
    BALANCE_READERS,
    BALANCE_WRITERS,
    LIST_READERS,
    LIST_WRITERS,
    MOST_BYTES,
    WatchLists,
)
from widgets import format as fmt
from widgets.dialogs.import_preview import ImportPreview, ending_of, text_of
from widgets.window import MainWindow


@dataclass(frozen=True, slots=True)
class _Change:
    """One line of a preview and the edit of the book that it stands for."""

    line: str
    keep: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the book that goes to files: its name in words, and how it is written and read.

    `write` gives text and how much it holds by the file's ending; `changes` are those that a
    file would make, and how much it holds that the book has already.
    """

    name: str
    write: Callable[[str], tuple[str, int]]
    changes: Callable[[str, str], tuple[Sequence[_Change], int]]


class SetupFiles(QObject):
    """Exports and imports balances and watch-lists.

    `imported` tells that the book has changed, `said` carries sentences for the status bar.
    """

    imported = Signal()
    said = Signal(str)

    def __init__(self, window: MainWindow, store: BookStore) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self.balances = _Part("balances", self._write_balances, self._balance_changes)
        self.lists = _Part("watch-lists", self._write_lists, self._list_changes)

    def export_balances(self) -> None:
        """Ask for a file and write every balance to it."""
        self._ask_export(self.balances)

    def import_balances(self) -> None:
        """Ask for a file of balances and show what it would change."""
        self._ask_import(self.balances)

    def export_lists(self) -> None:
        """Ask for a file and write every watch-list to it."""
        self._ask_export(self.lists)

    def import_lists(self) -> None:
        """Ask for a file of watch-lists and show what it would add."""
        self._ask_import(self.lists)

    def write(self, part: _Part, path: Path) -> None:
        """Write a part of the book; say how that went."""
        try:
            text, count = part.write(ending_of(path))
            write_atomically(path, text.encode())
        except (InputError, StoreError) as error:
            self.said.emit(error.user_message)
        else:
            self.said.emit(f"{count} {part.name} exported to {path}")

    def preview(self, part: _Part, path: Path) -> QDialog | None:
        """Show what a file would change; None where it cannot be read."""
        try:
            changes, known = part.changes(ending_of(path), text_of(path, MOST_BYTES))
        except (InputError, StoreError) as error:
            self.said.emit(f"{path.name}: {error.user_message}")
            return None
        there = f"; {known} are in the book already and stay as they are" if known else ""
        heading = f"{len(changes)} {part.name} of {path.name} would change the book{there}"
        lines = [change.line for change in changes]
        dialog = ImportPreview(f"Import {part.name}", heading, lines, self._window)

        def take() -> None:
            self._take(part, changes, path)

        dialog.accepted.connect(take)
        dialog.open()
        return dialog

    def _take(self, part: _Part, changes: Sequence[_Change], path: Path) -> None:
        try:
            with self._store.one_edit(f"import {len(changes)} {part.name}"):
                for change in changes:
                    change.keep()
        except StoreError as error:
            self.said.emit(f"nothing was imported: {error.user_message}")
            return
        self.said.emit(f"{len(changes)} {part.name} imported from {path.name}; undo takes them out")
        self.imported.emit()

    def _ask_export(self, part: _Part) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._window, f"Export {part.name}", f"{part.name}.json", _filter(part)
        )
        if name:
            self.write(part, Path(name))

    def _ask_import(self, part: _Part) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._window, f"Import {part.name}", "", _filter(part)
        )
        if name:
            self.preview(part, Path(name))

    def _write_balances(self, ending: str) -> tuple[str, int]:
        balances = self._store.load().balances
        return BALANCE_WRITERS[ending](balances), len(balances)

    def _balance_changes(self, ending: str, text: str) -> tuple[Sequence[_Change], int]:
        held = {(one.venue, one.coin): one for one in self._store.load().balances}
        told = BALANCE_READERS[ending](text)
        fresh = [one for one in told if held.get((one.venue, one.coin)) != one]
        changes = [self._balance_change(one, held.get((one.venue, one.coin))) for one in fresh]
        return changes, len(told) - len(fresh)

    def _balance_change(self, told: Balance, held: Balance | None) -> _Change:
        before = "" if held is None else f"{_balance(held)} → "
        line = f"{told.coin} at {told.venue}: {before}{_balance(told)}"
        return _Change(line, lambda: self._store.set_balance(told))

    def _held_lists(self) -> WatchLists:
        return {name: self._store.watched(name) for name in self._store.watch_lists()}

    def _write_lists(self, ending: str) -> tuple[str, int]:
        lists = self._held_lists()
        return LIST_WRITERS[ending](lists), len(lists)

    def _list_changes(self, ending: str, text: str) -> tuple[Sequence[_Change], int]:
        held, told = self._held_lists(), LIST_READERS[ending](text)
        changes = []
        for name, keys in told.items():
            before = held.get(name)
            more = [key for key in keys if key not in (before or ())]
            if before is None or more:
                changes.append(self._list_change(name, before, more))
        return changes, len(told) - len(changes)

    def _list_change(
        self, name: str, before: tuple[InstrumentKey, ...] | None, more: list[InstrumentKey]
    ) -> _Change:
        """A list of the book keeps its contracts and their order; those of the file come behind."""
        kind = "new list" if before is None else "behind those that it has"
        named = ", ".join(f"{key.venue} {key.symbol}" for key in more) or "no contract"
        together = (*(before or ()), *more)
        return _Change(f"{name} ({kind}): {named}", lambda: self._store.set_watched(together, name))


def _balance(balance: Balance) -> str:
    counts = "" if balance.haircut == 1.0 else f", {fmt.percent(balance.haircut, 0)} counts"
    return f"{fmt.significant(balance.amount)}{counts}"


def _filter(part: _Part) -> str:
    return f"{part.name.capitalize()} (*.json *.csv)"
