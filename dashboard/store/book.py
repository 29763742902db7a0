"""The book: what the trader typed in, each edit on disk before the call returns."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from dashboard.errors import StoreError
from dashboard.market.account import Balance, Book, Position, PositionState
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book_file import open_book, renew_backup
from dashboard.store.records import Record, insert, seal, unseal

MAIN_LIST = "main"
"""The watch-list that the window shows first."""

_POSITION = "position"
_BALANCE = "balance"
_WATCH_LIST = "watch-list"
_SELECTED = "selected"


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class BookStore:
    """The book at `path`, made where there is none; one process writes it.

    `notices` are sentences about damage that was found and repaired, for the trader to read.
    Every method raises StoreError where the disk does not do its part.
    """

    def __init__(self, path: Path, clock_ms: Callable[[], int] = _wall_clock_ms) -> None:
        self._clock_ms = clock_ms
        self._database, self.notices = open_book(path, self._now())

    def load(self) -> Book:
        """Positions by their state, and balances, in the order they were added."""
        held = [unseal(record, Position) for record in self._records(_POSITION)]
        return Book(
            positions=_in_state(held, PositionState.OPEN),
            balances=tuple(unseal(record, Balance) for record in self._records(_BALANCE)),
            planned=_in_state(held, PositionState.PLANNED),
            closed=_in_state(held, PositionState.CLOSED),
        )

    def add_position(self, position: Position) -> None:
        """Append `position`; its id must be new."""
        with self._edit():
            if self._find(_POSITION, position.id) is not None:
                raise StoreError(f'the book already has a position "{position.id}"')
            self._put(_POSITION, position.id, position)

    def update_position(self, position: Position) -> None:
        """Replace the position that has the same id, in its place."""
        with self._edit():
            if self._find(_POSITION, position.id) is None:
                raise StoreError(f'the book has no position "{position.id}"')
            self._put(_POSITION, position.id, position)

    def delete_position(self, position_id: str) -> None:
        """Remove a position; one that is not there is no error."""
        self._delete(_POSITION, position_id)

    def set_balance(self, balance: Balance) -> None:
        """Set the balance of one coin at one venue."""
        with self._edit():
            self._put(_BALANCE, f"{balance.venue} {balance.coin}", balance)

    def delete_balance(self, venue: str, coin: str) -> None:
        """Remove the balance of `coin` at `venue`; one that is not there is no error."""
        self._delete(_BALANCE, f"{venue} {coin}")

    def watch_lists(self) -> tuple[str, ...]:
        """The names of all watch-lists, in the order they were made."""
        return tuple(record.id for record in self._records(_WATCH_LIST))

    def watched(self, name: str = MAIN_LIST) -> tuple[InstrumentKey, ...]:
        """The contracts of a watch-list in the trader's order; empty where there is none."""
        record = self._find(_WATCH_LIST, name)
        return () if record is None else tuple(unseal(record, list[InstrumentKey]))

    def set_watched(self, keys: Iterable[InstrumentKey], name: str = MAIN_LIST) -> None:
        """Replace a watch-list, or make it; a contract named twice keeps its first place."""
        with self._edit():
            self._put(_WATCH_LIST, name, [list(key) for key in dict.fromkeys(keys)])

    def delete_watch_list(self, name: str) -> None:
        """Remove a watch-list; one that is not there is no error."""
        self._delete(_WATCH_LIST, name)

    def selected(self) -> InstrumentKey | None:
        """The contract that the window showed last."""
        text = self.state(_SELECTED)
        return None if text is None else InstrumentKey(*text.split(" ", 1))

    def select(self, key: InstrumentKey) -> None:
        """Remember the contract that the window shows."""
        self.set_state(_SELECTED, f"{key.venue} {key.symbol}")

    def state(self, name: str) -> str | None:
        """A small text that the window left under `name`, None where there is none."""
        found = self._database.rows("SELECT value FROM state WHERE name = ?", (name,))
        return found[0][0] if found else None

    def set_state(self, name: str, value: str) -> None:
        """Leave a small text for the next start; today's backup is not renewed for it."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Close the file; nothing is pending, since every edit is already on disk."""
        self._database.close()

    @contextlib.contextmanager
    def _edit(self) -> Iterator[None]:
        with self._database.transaction():
            yield
        # SQLite drops a damaged log without a word, so no edit stays only there.
        self._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        renew_backup(self._database, self._now())

    def _records(self, kind: str) -> list[Record]:
        rows = self._database.rows("SELECT * FROM record WHERE kind = ? ORDER BY ordinal", (kind,))
        return [Record(*row) for row in rows]

    def _find(self, kind: str, name: str) -> Record | None:
        rows = self._database.rows("SELECT * FROM record WHERE kind = ? AND id = ?", (kind, name))
        return Record(*rows[0]) if rows else None

    def _put(self, kind: str, name: str, value: object) -> None:
        held = self._find(kind, name)
        if held is None:
            last = self._database.rows("SELECT MAX(ordinal) FROM record WHERE kind = ?", (kind,))
            ordinal = (last[0][0] or 0) + 1
        else:
            ordinal = held.ordinal
        insert(self._database, seal(kind, name, ordinal, value))

    def _delete(self, kind: str, name: str) -> None:
        with self._edit():
            self._database.rows("DELETE FROM record WHERE kind = ? AND id = ?", (kind, name))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock_ms() / 1000, UTC)


def _in_state(positions: Iterable[Position], state: PositionState) -> tuple[Position, ...]:
    return tuple(position for position in positions if position.state is state)
