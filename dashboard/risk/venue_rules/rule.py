"""What a venue's liquidation rule consists of: data only, no venue's name inside the maths.

Every venue liquidates at the mark price where

    wallet + own PnL + PnL of others - maintenance of others - maintenance(notional) - close fee

is zero. A rule says how a venue fills these terms in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from dashboard.market.account import MarginMode, Side
from dashboard.market.instrument import ContractKind, TierUnit


class MaintenanceBasis(StrEnum):
    """The value that maintenance margin is charged on."""

    MARK = "mark value"
    ENTRY = "entry value"


class CloseFee(StrEnum):
    """The value that a fee for closing is charged on; NONE where it is not in the equation.

    ENTRY_AND_MARGIN is entry value x (1 + 1 / leverage), KuCoin's "bankruptcy cost".
    """

    NONE = "none"
    MARK = "mark value"
    BANKRUPTCY = "bankruptcy value"
    ENTRY_AND_MARGIN = "entry value and margin"


class Brackets(StrEnum):
    """MARGINAL: each tier's rate holds for its own slice; WHOLE: one rate for the position."""

    MARGINAL = "marginal"
    WHOLE = "whole position"


class TickRounding(StrEnum):
    """How a venue rounds the liquidation price that it shows; UNKNOWN where no row tells.

    EARLIER rounds towards liquidating sooner (a long's price up, a short's down);
    ONE_TICK_EARLIER adds a tick in that direction to the unrounded price.
    """

    UNKNOWN = "unknown"
    UNROUNDED = "unrounded"
    EARLIER = "earlier"
    ONE_TICK_EARLIER = "one tick earlier"


def shown_price(
    price: float, side: Side, rounding: TickRounding, tick: float | None
) -> float | None:
    """The liquidation price as the venue shows it; None where its rounding or tick is unknown."""
    if rounding is TickRounding.UNROUNDED:
        return price
    if rounding is TickRounding.UNKNOWN or tick is None:
        return None
    if rounding is TickRounding.ONE_TICK_EARLIER:
        return price + side * tick
    return side * math.ceil(side * price / tick - _TICK_SLACK) * tick


_TICK_SLACK = 1e-9
"""Part of a tick by which a price may miss one through floating point alone."""


def whole_value_price(price: float, side: Side, face: float, step: float) -> float:
    """The price at which a contract of `face` quote currency is worth whole steps of coin.

    Rounded towards losing sooner: a long's price up, a short's down. A contract worth less than
    one step keeps its price.
    """
    steps = side * math.floor(side * face / price / step + _TICK_SLACK)
    return face / (steps * step) if steps else price


class TriggerPrice(StrEnum):
    """The price that liquidation is triggered by."""

    MARK = "mark price"
    ORACLE = "oracle price"


class FundingSource(StrEnum):
    """What funding is taken from first when the position is isolated."""

    POSITION_MARGIN = "position margin"
    FREE_BALANCE = "free balance, then position margin"


@dataclass(frozen=True, slots=True)
class RateGrowth:
    """A maintenance rate without tiers: `base` + `per_unit` x position size in base coin."""

    base: float
    per_unit: float


BOTH_KINDS = frozenset(ContractKind)
LINEAR_ONLY = frozenset({ContractKind.LINEAR})
INVERSE_ONLY = frozenset({ContractKind.INVERSE})
BOTH_MODES = frozenset(MarginMode)
ISOLATED_ONLY = frozenset({MarginMode.ISOLATED})
CROSS_ONLY = frozenset({MarginMode.CROSS})


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRule:
    """One venue's liquidation rule over a span of time.

    `venues` are catalogue ids. `valid_from` is None where the rule holds for all that is known.
    `document` names where the venue publishes it. `confirmed_by` names the venue-reported
    numbers that agree with it; empty means unconfirmed. `taker_fee` is the fee the document
    works with, else the venue's regular one (None: neither is known); `close_fee` says what it is
    charged on in the equation. `bankruptcy_fee` says whether the bankruptcy price leaves room for
    that fee; `contract_value_step` that it is the price of a contract worth whole steps of coin.
    `extra_margin_grossed`: margin added by hand counts as X / (1 - s fee), for an
    inverse contract X / (1 + s fee). `margin_holds_fee`: the venue sets the close fee aside on
    top of notional / leverage. `next_funding`: maintenance includes the next funding payment on
    entry value. `rate_growth` (by base coin) replaces tiers where the rate grows with size.
    `tier_unit` is what the venue's tier bounds count, None where they count notional (in the coin
    for an inverse contract). `note` is a sentence for the trader.
    """

    name: str
    venues: tuple[str, ...]
    document: str
    kinds: frozenset[ContractKind] = BOTH_KINDS
    margin_modes: frozenset[MarginMode] = BOTH_MODES
    valid_from: date | None = None
    maintenance_on: MaintenanceBasis = MaintenanceBasis.MARK
    close_fee: CloseFee = CloseFee.NONE
    taker_fee: float | None = None
    bankruptcy_fee: bool = False
    contract_value_step: float | None = None
    extra_margin_grossed: bool = False
    margin_holds_fee: bool = False
    next_funding: bool = False
    brackets: Brackets = Brackets.MARGINAL
    tier_unit: TierUnit | None = None
    rate_growth: Mapping[str, RateGrowth] = field(default_factory=dict)
    tick_rounding: TickRounding = TickRounding.UNKNOWN
    trigger: TriggerPrice = TriggerPrice.MARK
    funding_source: FundingSource = FundingSource.POSITION_MARGIN
    confirmed_by: str = ""
    note: str = ""

    @property
    def confirmed(self) -> bool:
        """True only where a price reported by the venue agrees with the rule."""
        return bool(self.confirmed_by)

    @property
    def valid_from_ms(self) -> int | None:
        """The first instant of `valid_from` in ms UTC."""
        if self.valid_from is None:
            return None
        start = datetime(
            self.valid_from.year, self.valid_from.month, self.valid_from.day, tzinfo=UTC
        )
        return int(start.timestamp()) * 1000

    def holds(self, kind: ContractKind, margin_mode: MarginMode, on_date_ms: int) -> bool:
        """Whether the rule covers such a position on that date."""
        start_ms = self.valid_from_ms
        begun = start_ms is None or start_ms <= on_date_ms
        return begun and kind in self.kinds and margin_mode in self.margin_modes
