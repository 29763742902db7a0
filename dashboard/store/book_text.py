"""The book's positions as JSON and CSV, each of which reads back to exactly the same positions.

JSON holds every field. CSV has a column per field; an instrument is written out, so that a file
reads without a venue's listing. A text cell that a spreadsheet could take for a formula has an
apostrophe before it, which reading takes away again; numbers are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

import msgspec

from dashboard.errors import InputError
from dashboard.market.account import Closing, Position
from dashboard.market.instrument import Instrument
from dashboard.store.csv_cells import (
    lines_under,
    read_text_cell,
    refuse_halves,
    text_cell,
    written,
)
from dashboard.store.read_positions import refuse_unknown_fields, refuse_unsound
from dashboard.tradeline.number import quote

MOST_BYTES = 32_000_000
"""As much as MOST_POSITIONS with the longest notes take, so that what is exported reads back."""

MOST_POSITIONS = 10_000
FORMAT = "liqline positions 1"
_NESTED = ("instrument", "closing")


def to_json(positions: Iterable[Position]) -> str:
    """The positions with every field, indented for the eye."""
    body = {"format": FORMAT, "positions": list(positions)}
    return msgspec.json.format(msgspec.json.encode(body).decode(), indent=2) + "\n"


def from_json(text: str) -> tuple[Position, ...]:
    """The positions of such a text; raises InputError with what is wrong in it."""
    _check_size(text)
    try:
        raw = msgspec.json.decode(text)
        body = msgspec.convert(raw, _File)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise InputError("file", f"the file holds no positions of Liqline: {error}") from error
    if body.format != FORMAT:
        raise InputError("file", f"the file is {quote(body.format)}; {quote(FORMAT)} is allowed")
    for position in raw["positions"]:
        refuse_unknown_fields(position)
    return _checked(body.positions)


class _File(msgspec.Struct):
    format: str
    positions: list[Position]


def to_csv(positions: Iterable[Position]) -> str:
    """A line per position under a header."""
    flat = map(_flat, positions)
    return written([_COLUMNS, *([_cell(one.get(name)) for name in _COLUMNS] for one in flat)])


def from_csv(text: str) -> tuple[Position, ...]:
    """The positions of such a text; raises InputError with the line and column that is wrong."""
    _check_size(text)
    lines = lines_under(_COLUMNS, text, "an exported book")
    return _checked([_position(number, line) for number, line in lines])


def _check_size(text: str) -> None:
    if len(text) > MOST_BYTES:
        raise InputError("file", f"the file is larger than {MOST_BYTES // 1_000_000} MB")
    refuse_halves(text)


def _checked(positions: list[Position]) -> tuple[Position, ...]:
    if len(positions) > MOST_POSITIONS:
        raise InputError("file", f"the file has more than {MOST_POSITIONS} positions")
    seen: set[str] = set()
    for position in positions:
        if position.id in seen:
            raise InputError("file", f"two positions have the id {quote(position.id)}")
        seen.add(position.id)
        refuse_unsound(position)
    return tuple(positions)


def _flat(position: Position) -> dict[str, Any]:
    """The fields of a position by column name, nested ones by "field.part"."""
    body = msgspec.to_builtins(position)
    flat = {name: value for name, value in body.items() if name not in _NESTED}
    for name in _NESTED:
        parts: Mapping[str, Any] = body.get(name) or {}
        flat |= {f"{name}.{part}": value for part, value in parts.items()}
    return flat


def _columns() -> tuple[str, ...]:
    plain = [field.name for field in fields(Position) if field.name not in _NESTED]
    nested = [
        f"{name}.{field.name}"
        for name, held in (("instrument", Instrument), ("closing", Closing))
        for field in fields(held)
    ]
    return (*plain, *nested)


_COLUMNS = _columns()


def _cell(value: object) -> str:
    """A value as a cell: JSON for all but text, "" for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return text_cell(value)
    return msgspec.json.encode(value).decode()


def _position(number: int, line: list[str]) -> Position:
    body: dict[str, Any] = {}
    for name, cell in zip(_COLUMNS, line, strict=True):
        field, _, part = name.partition(".")
        value = _value(name, cell)
        if part:
            if value is not None:
                body.setdefault(field, {})[part] = value
        else:
            body[field] = value
    body.setdefault("closing", None)
    try:
        return msgspec.convert(body, Position)
    except msgspec.ValidationError as error:
        raise InputError("file", f"line {number}: {error}") from error


_TEXT_COLUMNS = frozenset(
    name
    for name in _COLUMNS
    if name in ("id", "note", "size_unit", "margin_mode", "state") or name.startswith("instrument.")
) - {
    "instrument.contract_size",
    "instrument.multiplier",
    "instrument.price_tick",
    "instrument.amount_step",
    "instrument.active",
}


def _value(name: str, cell: str) -> Any:
    if cell == "":
        return None
    if name in _TEXT_COLUMNS:
        return read_text_cell(cell)
    try:
        return msgspec.json.decode(cell)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError("file", f"column {name}: {quote(cell)} cannot be read") from error


Reader = Callable[[str], tuple[Position, ...]]
READERS: dict[str, Reader] = {".json": from_json, ".csv": from_csv}
WRITERS: dict[str, Callable[[Iterable[Position]], str]] = {".json": to_json, ".csv": to_csv}
"""By the ending of the file's name."""
