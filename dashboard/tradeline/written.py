"""A position written as a trade line: what the line reads back as the same trade."""

from __future__ import annotations

from decimal import Decimal

from dashboard.market.account import MarginMode, Position, Side, SizeUnit

_UNITS = {SizeUnit.BASE: "", SizeUnit.QUOTE: "$", SizeUnit.CONTRACTS: "ct"}


def line_of(position: Position) -> str:
    """The trade line of `position`, its contract by venue and unified symbol.

    What a line has no word for is left out: margin and maintenance rate that were entered, fee,
    note. A position without leverage has none in its line, which an isolated one needs.
    """
    instrument = position.instrument
    words = [
        "long" if position.side is Side.LONG else "short",
        f"{instrument.venue}:{instrument.symbol}",
        f"{_number(position.size)}{_UNITS[position.size_unit]}",
        f"@{_number(position.entry_price)}",
    ]
    if position.leverage is not None:
        words.append(f"x{_number(position.leverage)}")
    words.append("iso" if position.margin_mode is MarginMode.ISOLATED else "cross")
    if position.stop_price is not None:
        words.append(f"sl {_number(position.stop_price)}")
    if position.take_profit_price is not None:
        words.append(f"tp {_number(position.take_profit_price)}")
    if position.extra_margin:
        words.append(f"+margin {_number(position.extra_margin)}")
    return " ".join(words)


def _number(value: float) -> str:
    """All digits of a number, without an exponent."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
