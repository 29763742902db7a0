"""Columns of money: what a position is worth, gains, binds and pays."""

from __future__ import annotations

from widgets import format as fmt
from widgets.models.position_column import Write, by_sign, column, figure, money
from widgets.models.position_row import PositionRow

_SMALL_FRACTION = 0.0001
_GAIN = by_sign("profit", "loss")
_PAYS = by_sign("funding_negative", "funding_positive")


def _gained(row: PositionRow, value: float) -> str:
    return money(row, value, signed=True)


def _signed_percent(_row: PositionRow, value: float) -> str:
    return fmt.percent(value, 2 if abs(value) < 1.0 else 1, signed=True)


def _small_percent(fraction: float) -> str:
    """A part of the margin, with a digit more where two decimals would read as nothing."""
    return fmt.percent(fraction, 2 if fraction >= _SMALL_FRACTION else 3)


def _funding(fraction_name: str) -> Write:
    """What the holder pays or gets, with its part of the margin where that is known."""

    def text(row: PositionRow, value: float) -> str:
        verb = "get" if value < 0.0 else "pay"
        fraction = figure(row, fraction_name)
        part = "" if fraction is None else f" ({_small_percent(abs(fraction))})"
        return f"{verb} {money(row, abs(value))}{part}"

    return text


PNL = column(
    "unrealised_pnl",
    "PnL",
    _gained,
    colour=_GAIN,
    sample="−12 345.67",
    tooltip="Unrealised profit or loss at mark, in the settle currency",
)

ROI = column(
    "roi",
    "ROI",
    _signed_percent,
    colour=_GAIN,
    sample="+123.4%",
    tooltip="Unrealised profit or loss as a part of the initial margin",
)

NOTIONAL = column(
    "notional",
    "Notional",
    money,
    sample="12 345 678",
    tooltip="Value at mark in the settle currency",
)

INITIAL = column(
    "initial_margin",
    "Initial",
    money,
    sample="1 234.56",
    tooltip="Initial margin: notional at entry over leverage, in the settle currency",
)

MAINTENANCE = column(
    "maintenance_margin",
    "Maintenance",
    money,
    sample="1 234.56",
    tooltip="Maintenance margin at mark; below it the venue liquidates",
)

FUNDING = column(
    "funding_per_interval",
    "Funding",
    _funding("funding_fraction_of_margin_per_interval"),
    colour=_PAYS,
    sample="pay 12.34 (0.12%)",
    tooltip="What the next settlement costs or brings at the predicted rate, "
    "and its part of the margin",
)

FUNDING_PER_DAY = column(
    "funding_per_day",
    "Per day",
    _funding("funding_fraction_of_margin_per_day"),
    colour=_PAYS,
    sample="pay 12.34 (0.12%)",
    tooltip="Funding of 24 hours at the predicted rate, and its part of the margin",
)
