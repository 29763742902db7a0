"""What a position that was read from a file must be: types alone let impossible ones through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from dashboard.errors import InputError
from dashboard.market.account import MAX_NOTE_CHARACTERS, Closing, Position, PositionState
from dashboard.market.instrument import Instrument
from dashboard.tradeline.number import quote

_ABOVE_ZERO = (
    "size",
    "entry_price",
    "leverage",
    "margin",
    "stop_price",
    "take_profit_price",
    "instrument.contract_size",
    "instrument.multiplier",
    "instrument.price_tick",
    "instrument.amount_step",
    "closing.price",
)
_NOT_NEGATIVE = ("extra_margin", "maintenance_amount", "closing.fees")
_FRACTIONS = ("maintenance_margin_rate", "taker_fee")
_PARTS = {"instrument": Instrument, "closing": Closing}


def refuse_unknown_fields(body: Mapping[str, Any]) -> None:
    """Raise InputError where a position's JSON object has a field that no position has.

    A misspelt field would otherwise be left out without a word.
    """
    _refuse_others(body, Position, "")
    for name, of_type in _PARTS.items():
        if body.get(name) is not None:
            _refuse_others(body[name], of_type, f"{name}.")


def refuse_unsound(position: Position) -> None:
    """Raise InputError with position, field, value and what is allowed where one is impossible."""
    if not position.id.strip():
        raise InputError("file", "a position has no id")
    if len(position.note) > MAX_NOTE_CHARACTERS:
        raise _error(position, "note", f"has more than {MAX_NOTE_CHARACTERS} characters")
    _refuse_numbers(position)
    closed = position.state is PositionState.CLOSED
    if closed and position.closing is None:
        raise _error(position, "closing", "is missing: the position is closed")
    if not closed and position.closing is not None:
        raise _error(position, "closing", f"is given: the position is {position.state.value}")


def _refuse_others(body: Mapping[str, Any], of_type: type[Any], prefix: str) -> None:
    known = {field.name for field in fields(of_type)}
    other = next((name for name in body if name not in known), None)
    if other is not None:
        raise InputError("file", f"field {quote(prefix + other)} is not one of a position")


def _refuse_numbers(position: Position) -> None:
    for name in _ABOVE_ZERO:
        value = _value(position, name)
        if value is not None and value <= 0.0:
            raise _error(position, name, f"must be above 0, not {value:g}")
    for name in _NOT_NEGATIVE:
        value = _value(position, name)
        if value is not None and value < 0.0:
            raise _error(position, name, f"must be 0 or more, not {value:g}")
    for name in _FRACTIONS:
        value = _value(position, name)
        if value is not None and not 0.0 <= value <= 1.0:
            raise _error(position, name, f"must be a fraction from 0 to 1, not {value:g}")


def _value(position: Position, name: str) -> float | None:
    """A number by its column name, None where it or its part is not there."""
    field, _, part = name.partition(".")
    held = getattr(position, field)
    found: float | None = getattr(held, part) if part and held is not None else held
    return found


def _error(position: Position, name: str, words: str) -> InputError:
    return InputError("file", f"position {quote(position.id)}: {name} {words}")
