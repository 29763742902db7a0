"""What the trader set up: the watch-list, the selected contract and the book."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, Signal

from dashboard.errors import StoreError
from dashboard.market.account import Book
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book import BookStore


class Desk(QObject):
    """Holds the setup, keeps every edit in the book's file and says what changed.

    An edit that cannot be kept is told by `failed` with a sentence, and holds until the end.
    """

    watched_changed = Signal()
    selected_changed = Signal()
    book_changed = Signal()
    polled_changed = Signal()
    failed = Signal(str)

    def __init__(self, store: BookStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.watched: tuple[InstrumentKey, ...] = store.watched()
        self.selected = store.selected() or next(iter(self.watched), None)
        self.book: Book = store.load()
        self._typed: InstrumentKey | None = None

    def polled(self) -> list[InstrumentKey]:
        """Every contract whose readings are needed: watched, selected, held and typed ones."""
        held = (position.instrument.key for position in self.book.positions)
        single = filter(None, (self.selected, self._typed))
        return list(dict.fromkeys((*self.watched, *single, *held)))

    def want(self, key: InstrumentKey) -> None:
        """Have the prices of a contract that is being typed asked too."""
        if key != self._typed:
            self._typed = key
            self.polled_changed.emit()

    def add(self, key: InstrumentKey) -> None:
        """Put a contract at the end of the watch-list; one that is in it stays where it is."""
        self.set_watched((*self.watched, key))

    def remove(self, key: InstrumentKey) -> None:
        """Take a contract off the watch-list."""
        self.set_watched(held for held in self.watched if held != key)

    def move(self, key: InstrumentKey, place: int) -> None:
        """Put a contract before the one that stands at `place` now."""
        if key not in self.watched:
            return
        before = [held for held in self.watched[: max(0, place)] if held != key]
        after = [held for held in self.watched[max(0, place) :] if held != key]
        self.set_watched((*before, key, *after))

    def set_watched(self, keys: Iterable[InstrumentKey]) -> None:
        """Replace the watch-list; a contract named twice keeps its first place."""
        watched = tuple(dict.fromkeys(keys))
        if watched == self.watched:
            return
        self.watched = watched
        self._keep(self._store.set_watched, watched)
        self.watched_changed.emit()
        self.polled_changed.emit()
        if self.selected is None and watched:
            self.select(watched[0])

    def select(self, key: InstrumentKey) -> None:
        """Show `key` in the charts."""
        if key == self.selected:
            return
        self.selected = key
        self._keep(self._store.select, key)
        self.selected_changed.emit()
        self.polled_changed.emit()

    def reload_book(self) -> None:
        """Read positions and balances again after an edit."""
        try:
            self.book = self._store.load()
        except StoreError as error:
            self.failed.emit(error.user_message)
            return
        self.book_changed.emit()
        self.polled_changed.emit()

    def _keep(self, write: Callable[..., None], value: Sequence[InstrumentKey | str]) -> None:
        try:
            write(value)
        except StoreError as error:
            self.failed.emit(f"not kept for the next start: {error.user_message}")
