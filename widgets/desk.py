"""What the trader set up: the watch-list, the selected contract and the book."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from dashboard.errors import InputError, StoreError
from dashboard.market.account import Book
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book import MAIN_LIST, BookStore
from dashboard.tradeline.number import quote

LONGEST_LIST_NAME = 40
_SHOWN_LIST = "shown watch-list"
_PINNED = "pinned contracts"


class Desk(QObject):
    """Holds the setup, keeps every edit in the book's file and says what changed.

    An edit that cannot be kept is told by `failed` with a sentence, and holds until the end;
    `said` tells what was undone.
    """

    watched_changed = Signal()
    lists_changed = Signal()
    selected_changed = Signal()
    book_changed = Signal()
    polled_changed = Signal()
    failed = Signal(str)
    said = Signal(str)

    def __init__(self, store: BookStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.list_name = store.state(_SHOWN_LIST) or MAIN_LIST
        if self.list_name not in store.watch_lists():
            self.list_name = MAIN_LIST
        self.watched: tuple[InstrumentKey, ...] = store.watched(self.list_name)
        self.pinned = _keys_of(store.state(_PINNED))
        self.selected = store.selected() or next(iter(self.watched), None)
        self.book: Book = store.load()
        self._typed: InstrumentKey | None = None

    def polled(self) -> list[InstrumentKey]:
        """Every contract whose readings are needed: watched, selected, held and typed ones."""
        single = filter(None, (self.selected, self._typed))
        return list(dict.fromkeys((*self.watched, *single, *self.held())))

    def held(self) -> list[InstrumentKey]:
        """The contracts with open positions."""
        return list(dict.fromkeys(position.instrument.key for position in self.book.positions))

    def want(self, key: InstrumentKey) -> None:
        """Have the prices of a contract that is being typed asked too."""
        if key != self._typed:
            self._typed = key
            self.polled_changed.emit()

    def list_names(self) -> tuple[str, ...]:
        """The names of all watch-lists, the first one always among them."""
        return tuple(dict.fromkeys((MAIN_LIST, *self._store.watch_lists())))

    def show_list(self, name: str) -> None:
        """Watch the contracts of another list from now on."""
        if name == self.list_name or name not in self.list_names():
            return
        self.list_name = name
        self.watched = self._store.watched(name)
        self._keep(partial(self._store.set_state, _SHOWN_LIST), name)
        self.lists_changed.emit()
        self.watched_changed.emit()
        self.polled_changed.emit()

    def make_list(self, name: str, keys: Iterable[InstrumentKey] = ()) -> None:
        """Make a list and show it; raises InputError where the name will not do."""
        name = self._checked_name(name)
        self._keep(partial(self._store.set_watched, name=name), tuple(keys))
        self.show_list(name)

    def rename_list(self, name: str) -> None:
        """Give the shown list another name; raises InputError where it will not do."""
        name = self._checked_name(name)
        before = self.list_name
        self._keep(partial(self._store.set_watched, name=name), self.watched)
        self.show_list(name)
        self._keep(self._store.delete_watch_list, before)
        self.lists_changed.emit()

    def delete_list(self) -> None:
        """Delete the shown list; the first one is only emptied."""
        name = self.list_name
        if name == MAIN_LIST:
            self.set_watched(())
            return
        self.show_list(MAIN_LIST)
        self._keep(self._store.delete_watch_list, name)
        self.lists_changed.emit()

    def pin(self, key: InstrumentKey) -> None:
        """Keep a contract at the top whatever sorts the list, or let it go."""
        others = tuple(held for held in self.pinned if held != key)
        self.pinned = others if key in self.pinned else (*self.pinned, key)
        encoded = json.dumps([list(held) for held in self.pinned])
        self._keep(partial(self._store.set_state, _PINNED), encoded)
        self.watched_changed.emit()

    def undo(self) -> None:
        """Take the last edit of the book or a watch-list back, and say which."""
        self._step(self._store.undo, "Undone", "There is nothing to undo")

    def redo(self) -> None:
        """Make the edit again that was taken back last, and say which."""
        self._step(self._store.redo, "Done again", "There is nothing to do again")

    def forget_edits(self) -> None:
        """Start over with undo: what was set up so far was not done by a hand."""
        self._store.forget_edits()

    def _step(self, step: Callable[[], str], said: str, nothing: str) -> None:
        try:
            title = step()
        except StoreError as error:
            self.failed.emit(error.user_message)
            return
        self.said.emit(f"{said}: {title}" if title else nothing)
        if title:
            self.reload()

    def reload(self) -> None:
        """Read watch-lists and book again after an edit of both."""
        self._reload_lists()
        self.reload_book()

    def _reload_lists(self) -> None:
        if self.list_name not in self.list_names():
            self.list_name = MAIN_LIST
        self.watched = self._store.watched(self.list_name)
        self.lists_changed.emit()
        self.watched_changed.emit()

    def _checked_name(self, name: str) -> str:
        name = " ".join(name.split())
        if not (0 < len(name) <= LONGEST_LIST_NAME and name.isprintable()):
            allowed = f"1 to {LONGEST_LIST_NAME} printable characters are allowed"
            raise InputError("list name", f"list name {quote(name)}: {allowed}")
        if name in self.list_names():
            raise InputError("list name", f"list name {quote(name)} is taken")
        return name

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
        self._keep(partial(self._store.set_watched, name=self.list_name), watched)
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

    def _keep(self, write: Callable[..., object], value: Sequence[InstrumentKey | str]) -> None:
        try:
            write(value)
        except StoreError as error:
            self.failed.emit(f"not kept for the next start: {error.user_message}")


def _keys_of(text: str | None) -> tuple[InstrumentKey, ...]:
    """The contracts that a state text holds; a damaged one holds none."""
    try:
        held = json.loads(text or "[]")
        return tuple(InstrumentKey(str(venue), str(symbol)) for venue, symbol in held)
    except (ValueError, TypeError):
        return ()
