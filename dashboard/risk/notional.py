"""Sizes and notional values: what a typed size is in the contract's own quantity.

The quantity of a linear contract is base coin, that of an inverse contract its face value in
quote currency. Notional is in the settle currency: quantity x price (linear) or quantity / price
(inverse, in the coin).
"""

from __future__ import annotations

from dashboard.market.account import Position, SizeUnit
from dashboard.market.instrument import ContractKind, Instrument


def quantity_of(position: Position) -> float:
    """The position's size as quantity: base coin (linear) or face value (inverse).

    A size in quote currency (linear) or in base coin (inverse) is converted at the entry price.
    """
    size, entry = position.size, position.entry_price
    if position.size_unit is SizeUnit.CONTRACTS:
        return size * position.instrument.contract_size
    if position.instrument.kind is ContractKind.LINEAR:
        return size if position.size_unit is SizeUnit.BASE else size / entry
    return size if position.size_unit is SizeUnit.QUOTE else size * entry


def quantity_unit(instrument: Instrument) -> str:
    """What a quantity counts: the base coin, or the quote currency of an inverse contract."""
    return instrument.base if instrument.kind is ContractKind.LINEAR else instrument.quote


def size_unit_name(position: Position) -> str:
    """What the typed size counts."""
    if position.size_unit is SizeUnit.CONTRACTS:
        return "contracts"
    instrument = position.instrument
    return instrument.base if position.size_unit is SizeUnit.BASE else instrument.quote


def notional(kind: ContractKind, quantity: float, price: float) -> float:
    """Value of a quantity at a price, in quote currency (linear) or in the coin (inverse)."""
    return quantity * price if kind is ContractKind.LINEAR else quantity / price
