"""What was edited, row by row, so that every edit can be taken back and made again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from dashboard.store.records import Record

MOST_EDITS = 500
"""Edits further back than this cannot be taken back any more."""

RowName = tuple[str, str]
"""Kind and id of a row."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: what it was in words, and each row before and after (None: there was none)."""

    title: str
    before: dict[RowName, Record | None]
    after: dict[RowName, Record | None]


@dataclass(slots=True)
class UndoLog:
    """Edits that were done and edits that were taken back, the newest last."""

    done: deque[Edit] = field(default_factory=lambda: deque(maxlen=MOST_EDITS))
    undone: list[Edit] = field(default_factory=list)

    def add(self, edit: Edit) -> None:
        """Note an edit that a hand made; what was taken back before it is forgotten."""
        if edit.before != edit.after:
            self.done.append(edit)
            self.undone.clear()

    def clear(self) -> None:
        """Forget everything, as where the program itself set up the book."""
        self.done.clear()
        self.undone.clear()
