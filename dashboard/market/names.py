"""Positions and wallets in few words, so that no two of a book have the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from dashboard.market.account import Position, SizeUnit

_PLAIN_UP_TO = 1e15


def price_words(price: float) -> str:
    """A price with seven digits, which is more than any decision needs."""
    return f"{Decimal(f'{price:.7g}'):,f}"


def position_name(position: Position, detail: str = "") -> str:
    """A position in few words: "BTC/USDT long isolated, binanceusdm"."""
    instrument = position.instrument
    symbol = instrument.symbol.split(":", maxsplit=1)[0]
    return f"{symbol} {_stance(position)}{detail}, {instrument.venue}"


def margin_name(position: Position, detail: str = "") -> str:
    """What an isolated position's own margin is called: "BTC long isolated at binanceusdm"."""
    instrument = position.instrument
    return f"{instrument.base} {_stance(position)}{detail} at {instrument.venue}"


def wallet_name(position: Position) -> str:
    """The wallet that a cross position stands on: "binanceusdm USDT cross"."""
    return f"{position.instrument.venue} {position.instrument.settle} cross"


def names_of(
    positions: Iterable[Position], name: Callable[[Position, str], str] = position_name
) -> dict[str, str]:
    """The names of positions by id, no two alike.

    Where `name` calls several alike, it is given what they differ by, of the contract, the entry
    price and the size, in this order: "BTC/USDT long isolated @60,000, binanceusdm". Positions
    that differ by none of these are numbered.
    """
    held = {one.id: one for one in positions}
    details = dict.fromkeys(held, "")
    names = {key: name(one, "") for key, one in held.items()}
    for detail in (_contract, _entry, _size):
        for alike in _alike(names):
            found = {key: detail(held[key]) for key in alike}
            if len(set(found.values())) > 1:
                details |= {key: f"{details[key]} {found[key]}" for key in alike}
                names |= {key: name(held[key], details[key]) for key in alike}
    for alike in _alike(names):
        for number, key in enumerate(alike, start=1):
            names[key] = name(held[key], f"{details[key]} ({number})")
    return names


def _alike(names: Mapping[str, str]) -> list[list[str]]:
    """The ids of each name that several have."""
    groups: dict[str, list[str]] = {}
    for key, name in names.items():
        groups.setdefault(name, []).append(key)
    return [keys for keys in groups.values() if len(keys) > 1]


def _stance(position: Position) -> str:
    return f"{position.side.name.lower()} {position.margin_mode.value}"


def _contract(position: Position) -> str:
    return position.instrument.symbol


def _entry(position: Position) -> str:
    return f"@{_number(position.entry_price)}"


def _size(position: Position) -> str:
    instrument = position.instrument
    units = {SizeUnit.BASE: instrument.base, SizeUnit.QUOTE: instrument.quote}
    return f"{_number(position.size)} {units.get(position.size_unit, 'contracts')}"


def _number(value: float) -> str:
    """A number in short, whatever a hand may have typed."""
    return price_words(value) if abs(value) < _PLAIN_UP_TO else f"{value:.7g}"
