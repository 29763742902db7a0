"""Remembers each crossing of a liquidation price until the trader says what came of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from dashboard.alerts.breaches import PositionNote, look, still_stands
from dashboard.errors import StoreError
from dashboard.market.account import Position
from dashboard.store.book import BookStore
from widgets.desk import Desk
from widgets.hourly import HourlyMarks
from widgets.models.position_row import position_name
from widgets.update import Update


class BreachKeeper(QObject):
    """Looks at every update; a breach is on disk at once and in the book before the next update.

    `said` tells what was kept and what could not be.
    """

    said = Signal(str)

    def __init__(self, store: BookStore, desk: Desk, hourly: HourlyMarks, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self._desk = desk
        self._hourly = hourly
        self._notes: dict[str, PositionNote] | None = None
        self._now_ms = 0
        self._fault = ""
        # Not while an update is being shown: who comes later would see the older one last.
        self._then = QTimer(self)
        self._then.setSingleShot(True)
        self._then.timeout.connect(desk.reload_book)
        desk.book_changed.connect(self._read_again)
        self._keep(store.forget_position_notes)

    def show_update(self, update: Update) -> None:
        """Look once, unless the figures are not of now or a position is only supposed.

        The candles are those that others have asked for: alerts do, of every position.
        """
        present = update.report.now_ms == update.now_ms and update.now_ms > 0
        if not present or update.book is not self._desk.book:
            return
        self._now_ms = update.now_ms
        notes = self._held()
        keys = {one.instrument.key for one in update.book.positions}
        hours = {key: self._hourly.candles(key) for key in keys}
        changed = look(notes, update.report, update.snapshot, hours, update.book.balances)
        if not changed or not self._keep(lambda: self._store.keep_position_notes(changed)):
            return
        before = {name: note.breach for name, note in notes.items()}
        self._notes = {**notes, **changed}
        if any(before.get(name) != note.breach for name, note in changed.items()):
            self._then.start()

    def still_stands(self, position: Position) -> None:
        """Take the mark off a position that was not liquidated; an edit like others."""
        note = self._held().get(position.id)
        if note is None or note.breach is None:
            return
        answered = still_stands(note, self._now_ms)
        if self._keep(lambda: self._store.answer_breach(position, answered)):
            self.said.emit(f"{position_name(position)} still stands; undo takes this back")
            self._desk.reload_book()

    def _held(self) -> dict[str, PositionNote]:
        if self._notes is None:
            self._notes = self._store.position_notes()
        return self._notes

    def _read_again(self) -> None:
        """Undo may have taken an answer back."""
        self._notes = None

    def _keep(self, write: Callable[[], None]) -> bool:
        """Whether it was kept; a reason that stays is told once."""
        try:
            write()
        except StoreError as error:
            if error.user_message != self._fault:
                self._fault = error.user_message
                self.said.emit(f"not kept: {self._fault}")
            return False
        self._fault = ""
        return True
