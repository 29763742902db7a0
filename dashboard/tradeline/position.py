"""From a typed trade to a position of a listed contract."""

from __future__ import annotations

from dashboard.errors import InputError
from dashboard.market.account import Position, SizeUnit
from dashboard.market.instrument import ContractKind, Instrument
from dashboard.tradeline.line import TradeLine


def position_of(
    line: TradeLine,
    instrument: Instrument,
    position_id: str,
    market_price: float | None,
    quantity_for_risk: float | None = None,
) -> Position:
    """The position that `line` opens in `instrument`; at market it enters at `market_price`.

    `quantity_for_risk` is the size of a line that says its risk instead, in base coin (linear) or
    face value (inverse). Raises InputError where the line enters at market and no market price is
    known, and where its size is not.
    """
    size, unit = line.size, line.size_unit
    if size is None:
        linear = instrument.kind is ContractKind.LINEAR
        size, unit = quantity_for_risk, SizeUnit.BASE if linear else SizeUnit.QUOTE
    if size is None:
        raise InputError("size", "size by risk is not known here; write the size itself")
    entry = line.entry_price if line.entry_price is not None else market_price
    if entry is None:
        raise InputError(
            "entry_price",
            f"entry price is market but no price of {instrument.symbol} is known; write @ and one",
        )
    return Position(
        id=position_id,
        instrument=instrument,
        side=line.side,
        size=size,
        size_unit=unit,
        entry_price=entry,
        margin_mode=line.margin_mode,
        leverage=line.leverage,
        extra_margin=line.extra_margin,
        stop_price=line.stop_price,
        take_profit_price=line.take_profit_price,
    )
