"""The positions that a request names: the one asked about and those that share its wallet."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from dashboard.check.request import Request, SideWord
from dashboard.errors import InputError
from dashboard.market.account import MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import ContractKind, Instrument
from dashboard.risk.venue_rules import rule_for, venue_id
from dashboard.risk.venue_rules.rule import MaintenanceBasis
from dashboard.tradeline.symbol import instrument_named

STANDING_PRICE = 1.0
"""The mark price of the position that stands for others given as sums."""

_STANDING = "others"
_STANDING_RATE = 0.5
_NO_COIN = "coin"
"""The base of a contract that was given no symbol."""


class Place(NamedTuple):
    """Where a position stands: its venue as written, its id, its name if none was given."""

    venue: str
    id: str
    unnamed: str
    prefix: str


class Entry(NamedTuple):
    """A position with the request that it came from and that request's place in the line."""

    prefix: str
    request: Request
    position: Position


def position_from(request: Request, place: Place) -> Position:
    """The position that the request's own fields say."""
    side = Side.LONG if request.side is SideWord.LONG else Side.SHORT
    if request.size is None or request.size_unit is None or request.entry_price is None:
        raise InputError(f"{place.prefix}size", f"{place.prefix}size or entry_price is missing")
    return Position(
        id=place.id,
        instrument=_instrument(request, place),
        side=side,
        size=request.size,
        size_unit=request.size_unit,
        entry_price=request.entry_price,
        margin_mode=request.margin_mode or MarginMode.CROSS,
        leverage=request.leverage,
        margin=request.margin,
        extra_margin=request.extra_margin or 0.0,
        stop_price=request.stop_price,
        take_profit_price=request.take_profit_price,
        maintenance_margin_rate=request.maintenance_margin_rate,
        maintenance_amount=request.maintenance_amount or 0.0,
        taker_fee=request.taker_fee,
    )


def _instrument(request: Request, place: Place) -> Instrument:
    if request.size_unit is SizeUnit.CONTRACTS and request.contract_size is None:
        name = f"{place.prefix}contract_size"
        raise InputError(name, f"{name} is missing: a size in contracts needs it")
    if request.symbol is None:
        instrument = _unnamed(request.kind or ContractKind.LINEAR, place)
    else:
        plain = "".join(letter for letter in place.venue.lower() if letter.isalnum())
        instrument = instrument_named(request.symbol, plain, request.kind)
    return replace(
        instrument,
        venue=venue_id(place.venue, instrument.kind),
        contract_size=request.contract_size or 1.0,
    )


def _unnamed(kind: ContractKind, place: Place) -> Instrument:
    return Instrument(
        venue=place.venue,
        symbol=place.unnamed,
        market_id=place.unnamed,
        base=_NO_COIN,
        quote="quote currency",
        settle="quote currency" if kind is ContractKind.LINEAR else _NO_COIN,
        kind=kind,
    )


def other_entries(request: Request, position: Position) -> list[Entry]:
    """The other positions of the same wallet; an isolated position has none."""
    if position.margin_mode is MarginMode.ISOLATED:
        return []
    entries: list[Entry] = []
    for number, other in enumerate(request.other_positions or ()):
        prefix = f"other_positions[{number}]."
        place = Place(
            other.venue or request.venue or "", f"other {number}", f"other {number}", prefix
        )
        entries.append(
            Entry(prefix, other, _on_wallet(position_from(other, place), position, prefix))
        )
    return entries


def _on_wallet(other: Position, position: Position, prefix: str) -> Position:
    """`other` on the wallet of `position`; raises InputError where it cannot stand on it."""
    own, main = other.instrument, position.instrument
    unnamed = _NO_COIN in (own.base, main.base)
    if unnamed and own.kind is not main.kind:
        raise InputError(
            f"{prefix}kind", f"{prefix}kind must be {main.kind} or its symbol must be given"
        )
    if own.venue != main.venue:
        raise InputError(
            f"{prefix}venue", f"{prefix}venue must be {main.venue}, whose wallet is asked about"
        )
    if unnamed:
        return replace(other, instrument=replace(own, settle=main.settle))
    if own.settle != main.settle:
        raise InputError(
            f"{prefix}symbol",
            f"{prefix}symbol settles in {own.settle} and the position in {main.settle}: give its "
            "profit and maintenance as other_unrealised_pnl and other_maintenance",
        )
    return other


def standing_position(request: Request, position: Position, on_ms: int) -> Position | None:
    """One position that has the profit and maintenance given as sums, and whose price stands.

    At a price of 1 a quantity N entered at 1 - U / N has the profit U; half its notional less a
    deduction is the maintenance.
    """
    pnl, required = request.other_unrealised_pnl or 0.0, request.other_maintenance or 0.0
    if position.margin_mode is MarginMode.ISOLATED or not (pnl or required):
        return None
    instrument = position.instrument
    rule = rule_for(instrument.venue, ContractKind.LINEAR, MarginMode.CROSS, on_ms)
    quantity = 4.0 * max(abs(pnl), required)
    entry = STANDING_PRICE - pnl / quantity
    on_entry = rule.maintenance_on is MaintenanceBasis.ENTRY
    value = quantity * (entry if on_entry else STANDING_PRICE)
    return Position(
        id=_STANDING,
        instrument=replace(
            instrument,
            symbol=f"other positions:{instrument.settle}",
            base=_STANDING,
            quote=instrument.settle,
            kind=ContractKind.LINEAR,
            contract_size=1.0,
        ),
        side=Side.LONG,
        size=quantity,
        size_unit=SizeUnit.BASE,
        entry_price=entry,
        margin_mode=MarginMode.CROSS,
        maintenance_margin_rate=_STANDING_RATE,
        maintenance_amount=_STANDING_RATE * value - required,
        taker_fee=0.0,
    )
