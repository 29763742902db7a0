"""The position form without its widgets: typed texts in, a position or a sentence per field out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from dashboard.errors import InputError, UnlistedError
from dashboard.market.account import MAX_NOTE_CHARACTERS, MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import Instrument
from dashboard.risk.faults import position_faults
from dashboard.tradeline.number import parse_not_negative, parse_positive, parse_size, quote, scaled
from dashboard.tradeline.symbol import find_instrument
from widgets.format import number_text
from widgets.models.recorded_words import not_recorded


class Field(StrEnum):
    """The fields that are typed into, by the names that sentences give them."""

    SYMBOL = "symbol"
    SIZE = "size"
    ENTRY = "entry price"
    LEVERAGE = "leverage"
    MARGIN = "margin"
    EXTRA_MARGIN = "extra margin"
    WALLET = "wallet balance"
    STOP = "stop price"
    TAKE_PROFIT = "take-profit price"
    MAINTENANCE_RATE = "maintenance margin rate"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionTexts:
    """What stands in the form; the maintenance margin rate is in percent, as traders say it."""

    venue: str
    texts: dict[Field, str]
    side: Side = Side.LONG
    size_unit: SizeUnit = SizeUnit.BASE
    margin_mode: MarginMode = MarginMode.ISOLATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What the form says: `position` is None while `faults` has a sentence for some field.

    `wallet` is what the venue's account holds in the settle currency, None where it is not said
    or the position is not cross.
    """

    instrument: Instrument | None
    position: Position | None
    wallet: float | None
    faults: dict[Field, str]


def texts_of(position: Position) -> PositionTexts:
    """A position as the form shows it; reading it again gives the same figures."""
    rate = position.maintenance_margin_rate
    return PositionTexts(
        venue=position.instrument.venue,
        side=position.side,
        size_unit=position.size_unit,
        margin_mode=position.margin_mode,
        texts={
            Field.SYMBOL: position.instrument.symbol,
            Field.SIZE: number_text(position.size),
            Field.ENTRY: number_text(position.entry_price),
            Field.LEVERAGE: number_text(position.leverage),
            Field.MARGIN: number_text(position.margin),
            Field.EXTRA_MARGIN: number_text(position.extra_margin or None),
            Field.STOP: number_text(position.stop_price),
            Field.TAKE_PROFIT: number_text(position.take_profit_price),
            Field.MAINTENANCE_RATE: number_text(None if rate is None else scaled(rate, 2)),
            Field.NOTE: position.note,
        },
    )


def read_form(
    form: PositionTexts,
    instruments: Collection[Instrument],
    position_id: str,
    now_ms: int,
    edited: Position | None = None,
    *,
    recorded: bool = False,
) -> Entered:
    """Read every field and say what is wrong with each; `edited` is the position being changed.

    A new position gets `position_id` and was opened at `now_ms`. `recorded` says that `instruments`
    are those of a recording, which lacks most that a venue lists.
    """
    return _Reader(form, edited, recorded=recorded).read(instruments, position_id, now_ms)


def plain_note(text: str) -> str:
    """A note on one line without invisible characters, at most MAX_NOTE_CHARACTERS long."""
    visible = (" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join("".join(visible).split())[:MAX_NOTE_CHARACTERS]


class _Reader:
    """Reads one form, collecting a sentence for each field that cannot be read."""

    def __init__(self, form: PositionTexts, edited: Position | None, *, recorded: bool) -> None:
        self._recorded = recorded
        self._form = form
        self._edited = edited
        self._faults: dict[Field, str] = {}

    def read(self, instruments: Collection[Instrument], position_id: str, now_ms: int) -> Entered:
        instrument = self._instrument(instruments)
        size = self._required(Field.SIZE, parse_size)
        entry = self._required(Field.ENTRY, parse_positive)
        numbers = self._optional_numbers()
        self._check_margin()
        self._check_exits(numbers)
        position = None
        if not self._faults and instrument is not None and size is not None and entry is not None:
            position = self._position(instrument, size, entry, numbers, position_id, now_ms)
            self._faults.update(_slips_in(position))
            position = None if self._faults else position
        return Entered(
            instrument=instrument,
            position=position,
            wallet=numbers.get(Field.WALLET),
            faults=self._faults,
        )

    def _text(self, field: Field) -> str:
        return self._form.texts.get(field, "")

    def _instrument(self, instruments: Collection[Instrument]) -> Instrument | None:
        text, venue = self._text(Field.SYMBOL).strip(), self._form.venue
        listed = [instrument for instrument in instruments if instrument.venue == venue]
        held = None if self._edited is None else self._edited.instrument
        if held is not None and (venue, text) == held.key:
            return next((i for i in listed if i.key == held.key), held)
        if not text:
            self._faults[Field.SYMBOL] = "symbol is empty; write one such as btc or BTC/USDT:USDT"
        elif not listed and not (self._recorded and instruments):
            self._faults[Field.SYMBOL] = (
                f"symbol {quote(text)} cannot be looked up: "
                f"the contracts of {venue} have not arrived yet"
            )
        else:
            try:
                return find_instrument(text, listed)
            except InputError as error:
                self._faults[Field.SYMBOL] = error.user_message
                if self._recorded and isinstance(error, UnlistedError):
                    self._faults[Field.SYMBOL] = not_recorded(text, venue, instruments)
        return None

    def _required(self, field: Field, parse: Callable[[str, str], float]) -> float | None:
        try:
            return parse(self._text(field), field.value)
        except InputError as error:
            self._faults[field] = error.user_message
            return None

    def _optional_numbers(self) -> dict[Field, float | None]:
        fields = {
            Field.LEVERAGE: _parse_leverage,
            Field.STOP: parse_positive,
            Field.TAKE_PROFIT: parse_positive,
            Field.MAINTENANCE_RATE: _parse_percent,
        }
        if self._form.margin_mode is MarginMode.ISOLATED:
            fields |= {Field.MARGIN: parse_positive, Field.EXTRA_MARGIN: parse_not_negative}
        else:
            fields[Field.WALLET] = parse_not_negative
        return {
            field: self._required(field, parse) if self._text(field).strip() else None
            for field, parse in fields.items()
        }

    def _check_margin(self) -> None:
        """An isolated position stands on its leverage or its margin."""
        isolated = self._form.margin_mode is MarginMode.ISOLATED
        named = any(self._text(field).strip() for field in (Field.LEVERAGE, Field.MARGIN))
        if isolated and not named:
            self._faults[Field.LEVERAGE] = (
                "leverage is empty; an isolated position needs it, such as 10, or its margin below"
            )

    def _check_exits(self, numbers: dict[Field, float | None]) -> None:
        stop, target = numbers[Field.STOP], numbers[Field.TAKE_PROFIT]
        if stop is None or target is None or self._form.side * (target - stop) > 0.0:
            return
        place, side = ("below", "long") if self._form.side is Side.LONG else ("above", "short")
        self._faults[Field.STOP] = (
            f"stop price {number_text(stop)} must lie {place} "
            f"take-profit price {number_text(target)} for a {side}"
        )

    def _position(
        self,
        instrument: Instrument,
        size: float,
        entry: float,
        numbers: dict[Field, float | None],
        position_id: str,
        now_ms: int,
    ) -> Position:
        typed: dict[str, Any] = {
            "instrument": instrument,
            "side": self._form.side,
            "size": size,
            "size_unit": self._form.size_unit,
            "entry_price": entry,
            "margin_mode": self._form.margin_mode,
            "leverage": numbers[Field.LEVERAGE],
            "margin": numbers.get(Field.MARGIN),
            "extra_margin": numbers.get(Field.EXTRA_MARGIN) or 0.0,
            "stop_price": numbers[Field.STOP],
            "take_profit_price": numbers[Field.TAKE_PROFIT],
            "maintenance_margin_rate": numbers[Field.MAINTENANCE_RATE],
            "note": plain_note(self._text(Field.NOTE)),
        }
        edited = self._edited
        if edited is None:
            return Position(id=position_id, opened_ms=now_ms, **typed)
        if edited.maintenance_margin_rate != typed["maintenance_margin_rate"]:
            typed["maintenance_amount"] = 0.0
        return replace(edited, **typed)


def _slips_in(position: Position) -> dict[Field, str]:
    """What no position can have, such as a size out of all range, at the field where it stands."""
    fields = {field.value.replace(" ", "_"): field for field in Field}
    return {
        fields.get(name, Field.SYMBOL): sentence
        for name, sentence in position_faults(position).items()
    }


def _parse_leverage(text: str, field: str) -> float:
    """A leverage with or without its x, as the table shows it."""
    return parse_positive(text.strip().removesuffix("x"), field)


def _parse_percent(text: str, field: str) -> float:
    """A rate typed in percent, as a fraction."""
    percent = parse_positive(text.strip().removesuffix("%"), field)
    if percent >= 100.0:
        raise InputError(field, f"{field} must be below 100 percent, not {quote(text)}")
    return scaled(percent, -2)
