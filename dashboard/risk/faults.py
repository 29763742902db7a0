"""What is wrong with a position as entered, one sentence per field.

A figure is never made from a default that stands in for an unusable field: the figures that need
the field are unknown, and the sentence says why.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from dashboard.errors import InputError
from dashboard.market.account import MarginMode, Position

SMALLEST, LARGEST = 1e-15, 1e15
"""Numbers outside of these are slips of the pen; inside, no product of them leaves floating point
range."""


def position_faults(position: Position) -> dict[str, str]:
    """Sentences by field name; empty where every field is usable."""
    return dict(_faults(position))


def check_position(position: Position) -> None:
    """Raise InputError for the first field that is not usable."""
    for name, sentence in _faults(position):
        raise InputError(name, sentence)


def _faults(position: Position) -> Iterator[tuple[str, str]]:
    yield from _above_zero("size", position.size)
    yield from _above_zero("entry_price", position.entry_price)
    yield from _above_zero("contract_size", position.instrument.contract_size)
    for name, value in (
        ("leverage", position.leverage),
        ("margin", position.margin),
        ("stop_price", position.stop_price),
        ("take_profit_price", position.take_profit_price),
    ):
        if value is not None:
            yield from _above_zero(name, value)
    yield from _fractions(position)
    yield from _zero_or_more("extra_margin", position.extra_margin)
    isolated = position.margin_mode is MarginMode.ISOLATED
    if isolated and position.margin is None and position.leverage is None:
        yield "margin", "an isolated position needs its leverage or its margin; neither was entered"


def _above_zero(name: str, value: float) -> Iterator[tuple[str, str]]:
    if not 0.0 < value < math.inf:
        yield name, f"{name} must be a number above 0, not {value}"
    elif not SMALLEST <= value <= LARGEST:
        yield name, f"{name} must lie between {SMALLEST:g} and {LARGEST:g}, not {value}"


def _zero_or_more(name: str, value: float) -> Iterator[tuple[str, str]]:
    if not 0.0 <= value <= LARGEST:
        yield name, f"{name} must be a number from 0 to {LARGEST:g}, not {value}"


def _fractions(position: Position) -> Iterator[tuple[str, str]]:
    rate, fee = position.maintenance_margin_rate, position.taker_fee
    amount = position.maintenance_amount
    if rate is not None and not 0.0 < rate < 1.0:
        yield (
            "maintenance_margin_rate",
            f"maintenance_margin_rate must be a fraction between 0 and 1, not {rate}",
        )
    yield from _zero_or_more("maintenance_amount", amount)
    if amount and rate is None:
        yield (
            "maintenance_amount",
            "maintenance_amount belongs to a maintenance_margin_rate, which was not entered",
        )
    if fee is not None and not 0.0 <= fee < 1.0:
        yield "taker_fee", f"taker_fee must be a fraction from 0 to below 1, not {fee}"
