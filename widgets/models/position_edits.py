"""What can be edited in the cells of the position table, and how the typed text is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from dashboard.errors import InputError
from dashboard.market.account import MAX_NOTE_CHARACTERS, MarginMode, Position
from dashboard.tradeline.number import parse_not_negative, parse_positive, parse_size, quote

MOST_TAGS = 12
MOST_TAG_CHARACTERS = 32


class CellEdit(NamedTuple):
    """`text` is what an editor begins with, `take` the position with what was typed.

    `take` raises InputError with a sentence.
    """

    text: Callable[[Position], str]
    take: Callable[[Position, str], Position]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"


def _size(position: Position, text: str) -> Position:
    return replace(position, size=parse_size(text, "size"))


def _entry(position: Position, text: str) -> Position:
    return replace(position, entry_price=parse_positive(text, "entry price"))


def _leverage(position: Position, text: str) -> Position:
    stripped = text.strip().lower().removesuffix("x")
    if not stripped and position.margin_mode is MarginMode.CROSS:
        return replace(position, leverage=None)
    return replace(position, leverage=parse_positive(stripped, "leverage"))


def _stop(position: Position, text: str) -> Position:
    price = parse_positive(text, "stop price") if text.strip() else None
    return replace(position, stop_price=price)


def _target(position: Position, text: str) -> Position:
    price = parse_positive(text, "take-profit price") if text.strip() else None
    return replace(position, take_profit_price=price)


def _extra_margin(position: Position, text: str) -> Position:
    return replace(position, extra_margin=parse_not_negative(text or "0", "extra margin"))


def _note(position: Position, text: str) -> Position:
    if len(text) > MAX_NOTE_CHARACTERS:
        raise InputError("note", f"note has more than {MAX_NOTE_CHARACTERS} characters")
    return replace(position, note=text.strip())


def _tags(position: Position, text: str) -> Position:
    tags = tuple(dict.fromkeys(filter(None, (tag.strip() for tag in text.split(",")))))
    long = next((tag for tag in tags if len(tag) > MOST_TAG_CHARACTERS), None)
    if long is not None:
        raise InputError("tags", f"tag {quote(long)} has over {MOST_TAG_CHARACTERS} characters")
    if len(tags) > MOST_TAGS:
        raise InputError("tags", f"{len(tags)} tags; up to {MOST_TAGS} are allowed")
    return replace(position, tags=tags)


CELL_EDITS: dict[str, CellEdit] = {
    "quantity": CellEdit(lambda position: _number(position.size), _size),
    "entry_price": CellEdit(lambda position: _number(position.entry_price), _entry),
    "leverage": CellEdit(lambda position: _number(position.leverage), _leverage),
    "stop": CellEdit(lambda position: _number(position.stop_price), _stop),
    "target": CellEdit(lambda position: _number(position.take_profit_price), _target),
    "extra_margin": CellEdit(lambda position: _number(position.extra_margin), _extra_margin),
    "note": CellEdit(lambda position: position.note, _note),
    "tags": CellEdit(lambda position: ", ".join(position.tags), _tags),
}
"""By the key of the column."""
