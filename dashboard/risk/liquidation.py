"""Exact liquidation and bankruptcy prices.

Liquidation is the mark price P where the surplus is zero:

    S(P) = wallet + own PnL(P) + others - maintenance(N(P)) - fee x N(P)

A linear contract's notional and PnL are linear in x = P, an inverse one's in x = 1 / P, where an
inverse long is a linear short: PnL = sigma n (x - x_entry) with sigma = s (linear) or -s
(inverse) and n the quantity (base coin, or face value in quote currency). A quanto contract is a
linear one whose n counts settle coin per unit of price. In x every venue's equation reads

    S(x) = free + pull x - maintenance(n x)

and with rising rates and continuous deductions S is the minimum over tiers of
(free + cum_k) + (pull - n mmr_k) x, so the safe prices form one interval: its low end is the
maximum of the one-tier roots with rising lines, its high end the minimum of those with falling
ones. No tier is searched and nothing is iterated: `lines` does that for many positions at once.
Here one wallet is scanned tier by tier, which is exact for tables of any shape. Source: Binance
FAQ b3c689c1 and ceccfcfb, whose cross, isolated and hedge formulas are this equation solved.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.margin import maintenance_margin

ROUNDING = 1e-12
"""What is left of a margin that cancels against the entry value, as a fraction of that value, is
taken for floating point and counts as nothing: a root made of it would lie beyond any price."""


class Bounds(NamedTuple):
    """The safe prices of one wallet: liquidation lies at `low` and at `high`.

    None: no positive price liquidates on that side. `dead`: no price is safe.
    """

    low: float | None
    high: float | None
    dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One position of a wallet, in the terms of the equation.

    `quantity` is base coin (linear), face value in quote currency (inverse) or settle coin per
    unit of price (quanto). `tiers` are those that maintenance on mark value is read from, with
    bounds in notional; empty where none is charged on mark. `rate_growth` adds rate_growth x
    notional to the rate (Deribit's inverse contracts). `close_fee` is the fraction of mark value
    charged for closing; `fixed` is what does not move with the price (maintenance on entry
    value, fees on entry or bankruptcy value), in the settle currency.
    """

    kind: ContractKind
    side: Side
    quantity: float
    entry: float
    tiers: Sequence[MarginTier] = ()
    rate_growth: float = 0.0
    close_fee: float = 0.0
    fixed: float = 0.0

    def coordinate(self, price: float) -> float:
        """x of a price: the price itself, or its inverse for an inverse contract."""
        return price if self.kind is ContractKind.LINEAR else 1.0 / price

    @property
    def sigma(self) -> int:
        """The sign of profit in x."""
        return int(self.side) if self.kind is ContractKind.LINEAR else -int(self.side)

    def free(self) -> float:
        """The part of the surplus that does not depend on x."""
        return -self.sigma * self.quantity * self.coordinate(self.entry) - self.fixed

    def pull(self) -> float:
        """How fast the surplus rises in x, before maintenance."""
        return (self.sigma - self.close_fee) * self.quantity

    def maintenance(self, price: float) -> float:
        """Maintenance margin at a mark price, in the settle currency."""
        notional = self.quantity * self.coordinate(price)
        tiered = maintenance_margin(notional, self.tiers) if self.tiers else 0.0
        return tiered + self.rate_growth * notional * notional + self.fixed


def surplus(price: float, wallet: float, legs: Sequence[Leg]) -> float:
    """What the wallet holds above maintenance and close fees at a mark price.

    `wallet` is the position margin (isolated) or the cross wallet plus the PnL of the positions
    that do not move with this price, less their maintenance; in the settle currency.
    """
    own = sum(
        leg.free() + leg.fixed + leg.pull() * leg.coordinate(price) - leg.maintenance(price)
        for leg in legs
    )
    return wallet + own


def safe_prices(wallet: float, legs: Sequence[Leg], reference: float) -> Bounds:
    """The interval of safe mark prices around `reference` for legs of one contract.

    Exact for every shape of tier table: the surplus is scanned tier by tier. Where maintenance
    jumps at a tier's floor there may be several safe intervals; the one that holds `reference`
    (else the nearest) is answered, and the surplus at its end may jump instead of being 0.
    Two opposite legs of one wallet (hedge mode) share the interval. `wallet` as in `surplus`.
    """
    x = legs[0].coordinate(reference)
    intervals = list(_joined(_safe_pieces(wallet, legs)))
    if not intervals:
        return Bounds(None, None, dead=True)
    low, high = min(intervals, key=lambda interval: _distance(x, *interval))
    first = low if low > 0.0 else None
    last = high if high < math.inf else None
    if legs[0].kind is ContractKind.LINEAR:
        return Bounds(first, last)
    return Bounds(_inverted(last), _inverted(first))


def liquidation_price(wallet: float, leg: Leg) -> float | None:
    """The price that liquidates one position: below for a long, above for a short.

    None where no such price exists (a short that its coin margin covers, a long whose margin
    covers its value) or where no price at all is safe.
    """
    bounds = safe_prices(wallet, (leg,), leg.entry)
    return bounds.low if leg.side is Side.LONG else bounds.high


def bankruptcy_price(wallet: float, legs: Sequence[Leg], close_fee: float = 0.0) -> float | None:
    """The price at which nothing is left of the wallet: linear (E - s W / q) / (1 - s f),
    inverse Q (1 + s f) / (Q / E + s W).

    Legs of one contract go together. Maintenance is no part of it; `close_fee` is the fraction
    kept back for closing, 0 where the venue keeps none. None where no positive price does it.
    """
    at_entry = math.fsum(leg.sigma * leg.quantity * leg.coordinate(leg.entry) for leg in legs)
    pull = math.fsum((leg.sigma - close_fee) * leg.quantity for leg in legs)
    x = _difference(at_entry, wallet) / pull if pull else 0.0
    return legs[0].coordinate(x) if x > 0.0 else None


def _difference(amount: float, other: float) -> float:
    """amount - other, 0 where only rounding keeps them apart."""
    difference = amount - other
    return 0.0 if abs(difference) <= ROUNDING * abs(other) else difference


def _inverted(x: float | None) -> float | None:
    return None if x is None else 1.0 / x


def _distance(x: float, low: float, high: float) -> float:
    return max(low - x, x - high, 0.0)


def _safe_pieces(wallet: float, legs: Sequence[Leg]) -> Iterator[tuple[float, float]]:
    """Where the surplus is not negative, one piece per stretch between tier floors."""
    constant = _difference(wallet, -sum(leg.free() for leg in legs))
    pull = sum(leg.pull() for leg in legs)
    bend = sum(leg.rate_growth * leg.quantity**2 for leg in legs)
    floors = {tier.floor / leg.quantity for leg in legs for tier in leg.tiers}
    for start, end in pairwise([*sorted(floors | {0.0}), math.inf]):
        inside = start + 1.0 if end == math.inf else 0.5 * (start + end)
        tiers = [_tier_at(inside * leg.quantity, leg) for leg in legs]
        free = constant + sum(tier.cum for tier in tiers)
        slope = pull - sum(leg.quantity * tier.mmr for leg, tier in zip(legs, tiers, strict=True))
        low, high = _safe_stretch(free, slope, bend)
        low, high = max(low, start), min(high, end)
        if low < high:
            yield low, high


_NO_TIER = MarginTier(floor=0.0, mmr=0.0)


def _tier_at(notional: float, leg: Leg) -> MarginTier:
    at = _NO_TIER
    for tier in leg.tiers:
        if tier.floor > notional:
            break
        at = tier
    return at


def _safe_stretch(free: float, slope: float, bend: float) -> tuple[float, float]:
    """Where free + slope x - bend x^2 >= 0, `bend` >= 0; an empty stretch has low above high."""
    if bend > 0.0:
        return _between_roots(free, slope, bend)
    if slope > 0.0:
        return -free / slope, math.inf
    if slope < 0.0:
        return -math.inf, -free / slope
    return (-math.inf, math.inf) if free >= 0.0 else (math.inf, -math.inf)


def _between_roots(free: float, slope: float, bend: float) -> tuple[float, float]:
    discriminant = slope * slope + 4.0 * bend * free
    if discriminant <= 0.0:
        return math.inf, -math.inf
    larger = 0.5 * (slope + math.copysign(math.sqrt(discriminant), slope))
    roots = (larger / bend, -free / larger)
    return min(roots), max(roots)


def _joined(pieces: Iterator[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Pieces that touch, as one."""
    held: tuple[float, float] | None = None
    for low, high in pieces:
        if held is None:
            held = (low, high)
        elif low == held[1]:
            held = (held[0], high)
        else:
            yield held
            held = (low, high)
    if held is not None:
        yield held
