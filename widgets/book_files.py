"""The book to a file and back: JSON or CSV, looked at before anything is added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog

from dashboard.errors import InputError, StoreError
from dashboard.market.account import Book, Position
from dashboard.store.book import BookStore
from dashboard.store.book_text import MOST_BYTES, READERS, WRITERS
from dashboard.store.files import write_atomically
from widgets import format as fmt
from widgets.dialogs.import_preview import ImportPreview, ending_of, text_of
from widgets.models.position_row import position_name, side_name
from widgets.window import MainWindow

_FILES = "Positions (*.json *.csv)"


class BookFiles(QObject):
    """Exports all positions, and imports those of a file once they were looked at.

    `imported` tells that the book has changed, `said` carries sentences for the status bar.
    """

    imported = Signal()
    said = Signal(str)

    def __init__(self, window: MainWindow, store: BookStore, book: Callable[[], Book]) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self._book = book

    def ask_export(self) -> None:
        """Ask for a file and write every position to it."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Export positions", "positions.json", _FILES
        )
        if name:
            self.write(Path(name))

    def ask_import(self) -> None:
        """Ask for a file and show what it holds."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Import positions", "", _FILES)
        if name:
            self.preview(Path(name))

    def write(self, path: Path) -> None:
        """Write every position; say how that went."""
        book = self._book()
        positions = (*book.positions, *book.planned, *book.closed)
        try:
            writer = WRITERS[ending_of(path)]
            write_atomically(path, writer(positions).encode())
        except (InputError, StoreError) as error:
            self.said.emit(error.user_message)
        else:
            self.said.emit(f"{len(positions)} positions exported to {path}")

    def preview(self, path: Path) -> QDialog | None:
        """Show what a file holds and add it if that is wanted; None where it cannot be read."""
        try:
            positions = read_positions(path)
        except InputError as error:
            self.said.emit(f"{path.name}: {error.user_message}")
            return None
        fresh = new_ones(positions, self._book())

        def take() -> None:
            self._add(fresh, path)

        known = len(positions) - len(fresh)
        there = f"; {known} are in the book already and stay as they are" if known else ""
        heading = f"{len(fresh)} positions of {path.name}{there}"
        dialog = ImportPreview("Import positions", heading, map(_line, fresh), self._window)
        dialog.accepted.connect(take)
        dialog.open()
        return dialog

    def _add(self, positions: list[Position], path: Path) -> None:
        try:
            with self._store.one_edit(f"import {len(positions)} positions"):
                for position in positions:
                    self._store.add_position(position)
        except StoreError as error:
            self.said.emit(f"nothing was imported: {error.user_message}")
            return
        self.said.emit(f"{len(positions)} positions imported from {path.name}; undo takes them out")
        self.imported.emit()


def read_positions(path: Path) -> tuple[Position, ...]:
    """The positions of a file; raises InputError with what is wrong with it."""
    read = READERS[ending_of(path)]
    return read(text_of(path, MOST_BYTES))


def new_ones(positions: tuple[Position, ...], book: Book) -> list[Position]:
    """The positions that the book does not have; one with the id of another gets a new id."""
    held = {one.id: one for one in (*book.positions, *book.planned, *book.closed)}
    fresh: list[Position] = []
    for position in positions:
        if held.get(position.id) == position:
            continue
        name, number = position.id, 2
        while name in held:
            name, number = f"{position.id} {number}", number + 1
        held[name] = replace(position, id=name)
        fresh.append(held[name])
    return fresh


def _line(position: Position) -> str:
    tick = position.instrument.price_tick
    size = fmt.quantity(position.size, position.size_unit.value)
    return (
        f"{position_name(position)}, {side_name(position.side)} {size} "
        f"at {fmt.price(position.entry_price, tick)}, {position.state.value}"
    )
