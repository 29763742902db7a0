"""The book: what the trader typed in, each edit on disk before the call returns."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from dashboard.alerts.breaches import PositionNote
from dashboard.errors import StoreError
from dashboard.market.account import Balance, Book, Position, PositionState
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book_file import open_book, renew_backup
from dashboard.store.database import DamagedError
from dashboard.store.records import Record, insert, seal, unseal
from dashboard.store.undo import Edit, RowName, UndoLog

MAIN_LIST = "main"
"""The watch-list that the window shows first."""

_POSITION = "position"
_NOTE = "position note"
_BALANCE = "balance"
_WATCH_LIST = "watch-list"
_SELECTED = "selected"


_log = logging.getLogger("liqline.window")


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class BookStore:
    """The book at `path`, made where there is none; one process writes it.

    `notices` are sentences about damage that was found and repaired, for the trader to read.
    Every method raises StoreError where the disk does not do its part.
    """

    def __init__(self, path: Path, clock_ms: Callable[[], int] = _wall_clock_ms) -> None:
        self._clock_ms = clock_ms
        self._undo = UndoLog()
        self._before: dict[RowName, Record | None] = {}
        self._after: dict[RowName, Record | None] = {}
        self._editing = False
        self._database, self.notices = open_book(path, self._now())

    def load(self) -> Book:
        """Positions by their state, and balances, in the order they were added."""
        held = [unseal(record, Position) for record in self._records(_POSITION)]
        return Book(
            positions=_in_state(held, PositionState.OPEN),
            balances=tuple(unseal(record, Balance) for record in self._records(_BALANCE)),
            planned=_in_state(held, PositionState.PLANNED),
            closed=_in_state(held, PositionState.CLOSED),
            breaches={
                name: note.breach
                for name, note in self.position_notes().items()
                if note.breach is not None
            },
        )

    def add_position(self, position: Position) -> None:
        """Append `position`; its id must be new."""
        with self._edit(f"add {_name(position)}"):
            if self._find(_POSITION, position.id) is not None:
                raise StoreError(f'the book already has a position "{position.id}"')
            self._put(_POSITION, position.id, position)

    def update_position(self, position: Position) -> None:
        """Replace the position that has the same id, in its place."""
        with self._edit(f"change {_name(position)}"):
            if self._find(_POSITION, position.id) is None:
                raise StoreError(f'the book has no position "{position.id}"')
            self._put(_POSITION, position.id, position)

    def delete_position(self, position_id: str) -> None:
        """Remove a position; one that is not there is no error."""
        self._delete(_POSITION, position_id, "delete a position")

    def position_notes(self) -> dict[str, PositionNote]:
        """What is remembered of positions, by id; a note that cannot be read is left out."""
        found: dict[str, PositionNote] = {}
        for record in self._records(_NOTE):
            try:
                found[record.id] = unseal(record, PositionNote)
            except DamagedError as error:
                _log.warning("%s: %s", error.user_message, error.detail)
        return found

    def keep_position_notes(self, notes: Mapping[str, PositionNote]) -> None:
        """Remember what was seen of positions: no edit, so undo does not take it back."""
        self.keep_notes(_NOTE, notes)

    def forget_position_notes(self) -> None:
        """Forget what is remembered of positions that the book has no more."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM record WHERE kind = ? AND id NOT IN "
                "(SELECT id FROM record WHERE kind = ?)",
                (_NOTE, _POSITION),
            )

    def answer_breach(self, position: Position, note: PositionNote) -> None:
        """Keep what the trader said of a crossing of the liquidation price, as an edit."""
        with self._edit(f"{_name(position)} still stands"):
            self._put(_NOTE, position.id, note)

    def set_balance(self, balance: Balance) -> None:
        """Set the balance of one coin at one venue."""
        with self._edit(f"balance of {balance.coin} at {balance.venue}"):
            self._put(_BALANCE, f"{balance.venue} {balance.coin}", balance)

    def delete_balance(self, venue: str, coin: str) -> None:
        """Remove the balance of `coin` at `venue`; one that is not there is no error."""
        self._delete(_BALANCE, f"{venue} {coin}", f"balance of {coin} at {venue}")

    def watch_lists(self) -> tuple[str, ...]:
        """The names of all watch-lists, in the order they were made."""
        return tuple(record.id for record in self._records(_WATCH_LIST))

    def watched(self, name: str = MAIN_LIST) -> tuple[InstrumentKey, ...]:
        """The contracts of a watch-list in the trader's order; empty where there is none."""
        record = self._find(_WATCH_LIST, name)
        return () if record is None else tuple(unseal(record, list[InstrumentKey]))

    def set_watched(self, keys: Iterable[InstrumentKey], name: str = MAIN_LIST) -> None:
        """Replace a watch-list, or make it; a contract named twice keeps its first place."""
        with self._edit(f"watch-list {name}"):
            self._put(_WATCH_LIST, name, [list(key) for key in dict.fromkeys(keys)])

    def delete_watch_list(self, name: str) -> None:
        """Remove a watch-list; one that is not there is no error."""
        self._delete(_WATCH_LIST, name, f"watch-list {name}")

    @contextlib.contextmanager
    def one_edit(self, title: str) -> Iterator[None]:
        """Make all edits inside one: one transaction, and taken back at once."""
        with self._edit(title):
            yield

    def undo(self) -> str:
        """Take the last edit back; what it was in words, "" where there is none."""
        return self._step(back=True)

    def redo(self) -> str:
        """Make the edit again that was taken back last; "" where there is none."""
        return self._step(back=False)

    def next_undo(self) -> str:
        """What `undo` would take back, "" for nothing."""
        return self._undo.done[-1].title if self._undo.done else ""

    def next_redo(self) -> str:
        """What `redo` would make again, "" for nothing."""
        return self._undo.undone[-1].title if self._undo.undone else ""

    def forget_edits(self) -> None:
        """Start over with undo, where it was the program that set something up."""
        self._undo.clear()

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

    def notes(self, kind: str) -> list[Record]:
        """What the program itself keeps in the book under `kind`, in the order it came."""
        return self._records(kind)

    def keep_notes(self, kind: str, values: Mapping[str, object], most: int | None = None) -> None:
        """Keep what is no edit, by name: nothing to undo, no backup renewed, on disk at once.

        Of more than `most` notes of the kind the oldest are dropped.
        """
        with self._database.transaction():
            for name, value in values.items():
                self._write(kind, name, seal(kind, name, self._ordinal(kind, name), value))
            if most is not None:
                self._database.rows(
                    "DELETE FROM record WHERE kind = ? AND ordinal <= "
                    "(SELECT MAX(ordinal) FROM record WHERE kind = ?) - ?",
                    (kind, kind, most),
                )

    def close(self) -> None:
        """Close the file; nothing is pending, since every edit is already on disk."""
        self._database.close()

    @contextlib.contextmanager
    def _edit(self, title: str) -> Iterator[None]:
        if self._editing:
            yield  # inside a larger edit
            return
        self._editing = True
        try:
            with self._database.transaction():
                yield
            self._undo.add(Edit(title, self._before, self._after))
        finally:
            self._editing = False
            self._before, self._after = {}, {}
        self._settle()

    def _settle(self) -> None:
        """Leave no edit in SQLite's log alone: a damaged one is dropped without a word."""
        self._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        renew_backup(self._database, self._now())

    def _step(self, *, back: bool) -> str:
        source, target = self._undo.done, self._undo.undone
        edits = source if back else target
        if not edits:
            return ""
        edit = edits[-1]
        with self._database.transaction():
            for (kind, name), record in (edit.before if back else edit.after).items():
                self._write(kind, name, record)
        edits.pop()
        (target if back else source).append(edit)
        self._settle()
        return edit.title

    def _records(self, kind: str) -> list[Record]:
        rows = self._database.rows("SELECT * FROM record WHERE kind = ? ORDER BY ordinal", (kind,))
        return [Record(*row) for row in rows]

    def _find(self, kind: str, name: str) -> Record | None:
        rows = self._database.rows("SELECT * FROM record WHERE kind = ? AND id = ?", (kind, name))
        return Record(*rows[0]) if rows else None

    def _put(self, kind: str, name: str, value: object) -> None:
        held = self._find(kind, name)
        self._note(kind, name, held, seal(kind, name, self._ordinal(kind, name), value))

    def _ordinal(self, kind: str, name: str) -> int:
        """The place that a row has, or that a new one is given: behind all of its kind."""
        held = self._find(kind, name)
        if held is not None:
            return held.ordinal
        last = self._database.rows("SELECT MAX(ordinal) FROM record WHERE kind = ?", (kind,))
        return int(last[0][0] or 0) + 1

    def _delete(self, kind: str, name: str, title: str) -> None:
        with self._edit(title):
            self._note(kind, name, self._find(kind, name), None)

    def _note(self, kind: str, name: str, before: Record | None, after: Record | None) -> None:
        """Write a row and remember what stood there before the edit."""
        self._before.setdefault((kind, name), before)
        self._after[kind, name] = after
        self._write(kind, name, after)

    def _write(self, kind: str, name: str, record: Record | None) -> None:
        if record is None:
            self._database.rows("DELETE FROM record WHERE kind = ? AND id = ?", (kind, name))
        else:
            insert(self._database, record)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock_ms() / 1000, UTC)


def _in_state(positions: Iterable[Position], state: PositionState) -> tuple[Position, ...]:
    return tuple(position for position in positions if position.state is state)


def _name(position: Position) -> str:
    side = position.side.name.lower()
    return f"{position.instrument.symbol} {side} at {position.instrument.venue}"
