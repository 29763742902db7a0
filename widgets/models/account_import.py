"""What taking over an account would change in the book, as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.market.account import Book, Position
from dashboard.market.holdings import (
    BalanceChange,
    ChangeKind,
    Differences,
    Holdings,
    PositionChange,
    other_accounts,
)
from widgets import format as fmt
from widgets.models.position_row import position_name, unit_name
from widgets.models.rows import Align, Column

_WORDS = {
    ChangeKind.NEW: "new",
    ChangeKind.CHANGED: "changed",
    ChangeKind.SAME: "unchanged",
    ChangeKind.GONE: "gone",
}
_COLOURS = {
    ChangeKind.NEW: "profit",
    ChangeKind.CHANGED: "warning",
    ChangeKind.SAME: "text_muted",
    ChangeKind.GONE: "danger",
}
_ADOPTED = "the one that was typed by hand becomes the venue's"


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One line of the preview; `what` names the position or balance, `how` the difference."""

    number: int
    kind: ChangeKind
    what: str
    how: str


def change_rows(found: Differences) -> list[ChangeRow]:
    """The differences as rows, positions first."""
    lines = [
        *(
            (change.kind, _position_what(change), _position_how(change))
            for change in found.positions
        ),
        *((change.kind, _balance_what(change), _balance_how(change)) for change in found.balances),
    ]
    return [ChangeRow(number, *line) for number, line in enumerate(lines, start=1)]


def notes_of(told: Holdings, book: Book) -> list[str]:
    """What the trader must know before anything is taken over, a sentence each."""
    notes = [_sentence(note) for note in (told.permission, *told.notes) if note]
    others = other_accounts(book, told)
    if others:
        notes.append(
            f"The book holds another account of {told.venue} ({', '.join(others)}). Cross "
            "positions of both would share one wallet here, as they do not at the venue."
        )
    return notes


def summary(told: Holdings, found: Differences) -> str:
    """How many lines would change, in one sentence."""
    if not found.positions and not found.balances:
        return f"{told.owner} holds no position and no balance at {told.venue} that can be read."
    if not found.anything:
        return f"The book is as {told.venue} tells: nothing changes."
    kinds = [change.kind for change in found.positions]
    kinds += [change.kind for change in found.balances]
    named = [f"{kinds.count(kind)} {_WORDS[kind]}" for kind in ChangeKind if kind in kinds]
    return f"{', '.join(named)}. Nothing is in the book before you take it over."


def row_number(row: ChangeRow) -> int:
    """What tells one row from another."""
    return row.number


def _position_what(change: PositionChange) -> str:
    position = change.after or change.before
    return "" if position is None else position_name(position)


def _position_how(change: PositionChange) -> str:
    if change.kind is ChangeKind.GONE:
        return "the venue holds it no more"
    if change.after is None:
        return ""
    if change.before is None:
        return _facts(change.after)
    before, after = change.before, change.after
    parts = [
        f"{name} {_fact(before, field)} → {_fact(after, field)}"
        for field, name in _NAMES.items()
        if field in change.fields
    ]
    if change.adopted:
        parts.append(_ADOPTED)
    return ", ".join(parts) or _facts(after)


_NAMES = {
    "side": "side",
    "size": "size",
    "size_unit": "unit",
    "entry_price": "entry price",
    "margin_mode": "margin mode",
    "leverage": "leverage",
    "margin": "margin",
    "extra_margin": "extra margin",
}


def _facts(position: Position) -> str:
    parts = [_fact(position, "size"), f"at {_fact(position, 'entry_price')}"]
    if position.leverage is not None:
        parts.append(_fact(position, "leverage"))
    parts.append(str(position.margin_mode))
    margin = "" if position.margin is None else f", margin {_fact(position, 'margin')}"
    return f"{' '.join(parts)}{margin}"


def _fact(position: Position, field: str) -> str:
    value = getattr(position, field)
    if value is None:
        return "none"
    match field:
        case "side":
            return str(value.name.lower())
        case "size":
            return fmt.quantity(value, unit_name(position.size_unit, position.instrument))
        case "size_unit":
            return unit_name(position.size_unit, position.instrument)
        case "entry_price":
            return fmt.price(value, position.instrument.price_tick)
        case "leverage":
            return fmt.leverage(value)
        case "margin_mode":
            return str(value)
        case _:
            return f"{fmt.significant(value)} {position.instrument.settle}"


def _balance_what(change: BalanceChange) -> str:
    return f"{change.after.coin} at {change.after.venue}"


def _balance_how(change: BalanceChange) -> str:
    after = f"{fmt.significant(change.after.amount)} {change.after.coin}"
    if change.before is None or change.kind is ChangeKind.SAME:
        return f"wallet {after}"
    return f"wallet {fmt.significant(change.before.amount)} → {after}"


def _sentence(text: str) -> str:
    """A note with its full stop; venues and symbols at its start stay as they are written."""
    return f"{text.rstrip('.')}."


def _what(row: ChangeRow) -> str:
    return row.what


def _how(row: ChangeRow) -> str:
    return row.how


def _word(row: ChangeRow) -> str:
    return _WORDS[row.kind]


COLUMNS: Sequence[Column[ChangeRow]] = (
    Column(
        key="kind",
        title="Change",
        value=_word,
        text=_word,
        colour=lambda row: _COLOURS[row.kind],
        align=Align.LEFT,
        sample="unchanged",
    ),
    Column(
        key="what",
        title="Position or balance",
        value=_what,
        text=_what,
        align=Align.LEFT,
        hint=_what,
        sample="x" * 26,
    ),
    Column(
        key="how",
        title="What the venue tells",
        value=_how,
        text=_how,
        align=Align.LEFT,
        hint=_how,
        sample="x" * 60,
    ),
)
