"""What the trader holds: positions and balances as they were typed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from dashboard.market.instrument import Instrument


class Side(IntEnum):
    """LONG = 1 and SHORT = -1, so that a side is the sign of the position."""

    LONG = 1
    SHORT = -1


class MarginMode(StrEnum):
    """Whether a position stands on its own margin or on the account's balance."""

    ISOLATED = "isolated"
    CROSS = "cross"


class SizeUnit(StrEnum):
    """The unit a size was typed in."""

    BASE = "base"
    CONTRACTS = "contracts"
    QUOTE = "quote"


MAX_NOTE_CHARACTERS = 2_000
"""Of a position's note, wherever it is typed or read."""


class PositionState(StrEnum):
    """PLANNED is thought about, OPEN is held and at risk, CLOSED is over and kept."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a position ended: the price in quote currency, the rest in the settle currency.

    `fees` were paid to open and to close (positive), `funding_paid` while it was held (negative
    where more was received).
    """

    price: float
    fees: float = 0.0
    funding_paid: float = 0.0
    closed_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position as entered.

    `size` is positive and in `size_unit`; `entry_price`, `stop_price` and `take_profit_price` are
    in quote currency; `margin` and `extra_margin` are in the settle currency. `margin` is what
    stands behind an isolated position without the extra; None means notional / leverage.
    `maintenance_margin_rate` is the trader's own MMR (a fraction) that replaces the tier table,
    `maintenance_amount` the deduction that belongs to it, in the settle currency. `closing` is
    there once it is CLOSED.
    """

    id: str
    instrument: Instrument
    side: Side
    size: float
    size_unit: SizeUnit
    entry_price: float
    margin_mode: MarginMode
    leverage: float | None = None
    margin: float | None = None
    extra_margin: float = 0.0
    stop_price: float | None = None
    take_profit_price: float | None = None
    maintenance_margin_rate: float | None = None
    maintenance_amount: float = 0.0
    taker_fee: float | None = None
    note: str = ""
    example: bool = False
    opened_ms: int | None = None
    state: PositionState = PositionState.OPEN
    closing: Closing | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Collateral of one coin in a venue's cross wallet.

    `amount` in that coin, `haircut` is the fraction of its value that counts as margin (1.0 = all).
    """

    venue: str
    coin: str
    amount: float
    haircut: float = 1.0


class BreachSource(StrEnum):
    """WATCHED: the program saw the mark price itself; HOURLY: an hourly mark candle tells of it."""

    WATCHED = "watched"
    HOURLY = "hourly candle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A mark price that stood beyond an open position's liquidation price.

    `mark_price` is what was seen at `at_ms` (ms UTC), or the low (long) or high (short) of the
    hour that began then. `liquidation_price` is that of then, None where no price was safe. Both
    are in quote currency.
    """

    at_ms: int
    mark_price: float
    liquidation_price: float | None
    source: BreachSource = BreachSource.WATCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything the trader entered: `positions` are the open ones, which alone are at risk.

    `breaches` has by position id what the trader has not answered yet: such a position counts as
    breached wherever the mark price is now.
    """

    positions: tuple[Position, ...] = ()
    balances: tuple[Balance, ...] = ()
    planned: tuple[Position, ...] = ()
    closed: tuple[Position, ...] = ()
    breaches: Mapping[str, Breach] = field(default_factory=dict)
