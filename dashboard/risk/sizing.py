"""Sizing: how much for a given loss, how much leverage for a given stop, and what binds.

Quantities are base coin (linear) or face value in quote currency (inverse); money is in the
settle currency (the coin of an inverse contract). Fees and rates are fractions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.liquidation import Leg, surplus
from dashboard.risk.margin import tier_number
from dashboard.risk.report import PositionRisk, StopCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a trade costs besides its price: fees on both ways and expected funding.

    `payments` settlements at `funding_rate` each are counted where the holder pays, and not at
    all where the holder receives: income that may not come is no reason for a larger size.
    """

    entry_fee: float = 0.0
    exit_fee: float = 0.0
    funding_rate: float = 0.0
    payments: int = 0

    def funding_fraction(self, side: Side) -> float:
        """Expected funding as a fraction of entry notional, never negative."""
        return self.payments * max(0.0, side * self.funding_rate)


def loss_per_unit(kind: ContractKind, side: Side, entry: float, stop: float, costs: Costs) -> float:
    """What one unit of quantity loses where the stop fills at its price, in settle currency.

    Linear: s (E - S) + fee_in E + fee_out S + n max(0, s rate) E; an inverse contract the same
    in x = 1 / price with the sign of the difference turned. Raises InputError where the stop
    does not lie on the losing side of the entry.
    """
    if side * (entry - stop) <= 0.0:
        place, name = ("below", "long") if side is Side.LONG else ("above", "short")
        raise InputError(
            "stop_price",
            f"stop_price must lie {place} the entry {entry:g} of a {name}, not at {stop:g}",
        )
    at_entry, at_stop = (entry, stop) if kind is ContractKind.LINEAR else (1 / entry, 1 / stop)
    fees = costs.entry_fee * at_entry + costs.exit_fee * at_stop
    return abs(at_entry - at_stop) + fees + costs.funding_fraction(side) * at_entry


def quantity_for_risk(
    kind: ContractKind, side: Side, entry: float, stop: float, risk: float, costs: Costs
) -> float:
    """The quantity that loses exactly `risk` at the stop, fees and funding included.

    Leverage does not enter: it decides where liquidation lies, not what the stop costs. Raises
    InputError where `risk` is not above 0 or the stop is on the wrong side.
    """
    if not 0.0 < risk < math.inf:
        raise InputError("risk", f"risk must be an amount of money above 0, not {risk}")
    return risk / loss_per_unit(kind, side, entry, stop, costs)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverageLimit:
    """The largest leverage that keeps liquidation at `liquidation_price` or beyond.

    `margin` is what the position needs for that; `tier_leverage` is the venue's maximum at this
    size (None where not published), and `tier_binds` says that it is the smaller one.
    """

    leverage: float
    margin: float
    liquidation_price: float
    tier_leverage: float | None
    tier_binds: bool


def largest_leverage(
    leg: Leg, stop: float, gap: float, *, funding_fraction: float = 0.0
) -> LeverageLimit:
    """The largest leverage whose liquidation price lies `gap` beyond the stop.

    `gap` is a price difference, such as k x ATR. Liquidation at X = S - s gap needs the margin
    at which the surplus there is zero, margin = maint(N(X)) + fee N(X) - PnL(X), which the leg's
    own tiers give exactly; `funding_fraction` of entry notional is reserved on top. Raises
    InputError where the gap is negative or X is not above zero.
    """
    if not 0.0 <= gap < math.inf:
        raise InputError("gap", f"the gap beyond the stop must be 0 or more, not {gap}")
    price = stop - leg.side * gap
    if price <= 0.0:
        raise InputError("stop_price", f"a price of {gap:g} beyond the stop {stop:g} is below zero")
    at_entry = leg.quantity * leg.coordinate(leg.entry)
    margin = -surplus(price, 0.0, (leg,)) + funding_fraction * at_entry
    allowed = largest_leverage_of_tier(at_entry, leg.tiers)
    free = at_entry / margin if margin > 0.0 else math.inf
    binds = allowed is not None and allowed < free
    leverage = allowed if binds and allowed is not None else free
    return LeverageLimit(
        leverage=leverage,
        margin=at_entry / leverage,
        liquidation_price=price,
        tier_leverage=allowed,
        tier_binds=binds,
    )


def largest_leverage_of_tier(notional: float, tiers: Sequence[MarginTier]) -> float | None:
    """The venue's maximum leverage at a notional, None where no table says."""
    return tiers[tier_number(notional, tiers)].max_leverage if tiers else None


def largest_notional(leverage: float, tiers: Sequence[MarginTier]) -> float:
    """The largest notional that the tiers allow at a leverage; 0 where the first forbids it."""
    allowed = 0.0
    for tier in tiers:
        if tier.max_leverage is not None and tier.max_leverage < leverage:
            break
        allowed = tier.cap
    return allowed


class SizeLimit(NamedTuple):
    """One reason not to be larger: its name and the quantity that it allows."""

    name: str
    quantity: float


def size_limits(
    leg: Leg, *, risk_quantity: float, leverage: float, balance: float, entry_fee: float = 0.0
) -> tuple[SizeLimit, ...]:
    """What limits a position: the risk, the balance at this leverage, and the tier table.

    `leg` gives contract, entry and tiers; its quantity does not matter. `balance` must pay the
    initial margin and the fee: notional (1 / L + fee). The smallest comes first, so the first
    one binds.
    """
    unit = leg.coordinate(leg.entry)
    limits = [
        SizeLimit("risk", risk_quantity),
        SizeLimit("balance", max(0.0, balance) / (unit * (1.0 / leverage + entry_fee))),
    ]
    if leg.tiers:
        limits.append(SizeLimit("tier", largest_notional(leverage, leg.tiers) / unit))
    return tuple(sorted(limits, key=lambda limit: limit.quantity))


def check_stop(
    side: Side, entry: float, stop: float, liquidation_price: float | None, *, known: bool = True
) -> StopCheck:
    """Whether the stop is reached before the liquidation price, and by how much.

    `buffer_fraction` is (stop - liquidation) x side / entry, negative where liquidation comes
    first. `liquidation_price` None with `known` means that no price liquidates, so that the stop
    comes first; with `known` False nothing can be said.
    """
    if liquidation_price is None:
        return StopCheck(
            price=stop, before_liquidation=True if known else None, buffer_fraction=None
        )
    buffer = side * (stop - liquidation_price) / entry
    return StopCheck(price=stop, before_liquidation=buffer > 0.0, buffer_fraction=buffer)


def stop_warnings(stop: StopCheck, *, stop_trigger: str, liquidation_trigger: str) -> list[str]:
    """Sentences on what the trader should know about a stop; empty where all is well.

    The triggers name the prices that each acts on, such as "mark price" and "last price".
    """
    said: list[str] = []
    if stop.before_liquidation is False:
        said.append(
            f"liquidation comes before the stop at {stop.price:g}: the stop cannot limit the loss"
        )
    if stop_trigger != liquidation_trigger:
        said.append(
            f"the stop acts on the {stop_trigger} but liquidation on the {liquidation_trigger}: "
            "where they part, liquidation can come first"
        )
    return said


def stop_is_passed(risk: PositionRisk) -> bool:
    """Whether the mark price is at or beyond the stop price, which then protects nothing."""
    stop, mark = risk.position.stop_price, risk.mark_price
    if stop is None or mark is None:
        return False
    return (mark - stop) * int(risk.position.side) <= 0.0
