"""Funding: what a position pays, what that does to its margin, and where it breaks even.

Sign convention everywhere: positive is what the holder pays, negative what the holder receives.
A positive rate is paid by longs to shorts. Rates are fractions per settlement; money is in the
settle currency (the coin of an inverse contract). Predicted rates go into the per-interval
figures, settled ones into `paid_to_date`; the two are never mixed.

Functions that `assess` calls on whole books take scalars or arrays alike (`Number`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind

FloatArray = npt.NDArray[np.float64]
Number = TypeVar("Number", float, FloatArray)

HOURS_PER_DAY = 24.0
HOURS_PER_YEAR = 24.0 * 365.0

_SETTLEMENT_SLACK = 1e-9
"""Fraction of an interval by which a horizon may miss a settlement and still contain it."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """One funding settlement: its instant, its rate and the price it was charged at.

    `rate` and `price` are None where they were not recorded. `price` is the mark price, at
    Hyperliquid the oracle price.
    """

    time_ms: int
    rate: float | None
    price: float | None


@dataclass(frozen=True, slots=True)
class FundingPaid:
    """Funding over a span: what the holder paid in the `recorded` settlements.

    `paid` leaves the `unrecorded` settlements out; it is None where none was recorded at all
    though some fell into the span.
    """

    paid: float | None
    recorded: int
    unrecorded: int


def check_interval(interval_hours: float | None) -> None:
    """Raise InputError unless the funding interval is unknown (None) or above 0 and finite."""
    if interval_hours is not None and not 0.0 < interval_hours < math.inf:
        raise InputError(
            "funding_interval_hours",
            f"funding_interval_hours must be a number of hours above 0, not {interval_hours}",
        )


def funding_payment(side: Number, notional: Number, rate: Number) -> Number:
    """What the holder pays at one settlement: side x notional x rate.

    `side` is +1 or -1; `notional` is quantity x mark for a linear contract (quote currency) and
    face value / mark for an inverse one (coin), which is also the unit of the result.
    Source: Binance FAQ on funding rates; ccxt's and freqtrade's recorded settlements agree.
    """
    return side * notional * rate


def rate_from_premium(premium: float, interest: float = 0.0001, damper: float = 0.0005) -> float:
    """The funding rate of one interval that an average premium gives: P + clamp(I - P, +-damper).

    `premium` is the mean of (perpetual - index) / index over the interval, `interest` the
    interest of the same interval; the venue's caps are left out.
    Source: Hyperliquid docs, "funding"; Binance and Bybit publish the same formula.
    """
    return premium + min(max(interest - premium, -damper), damper)


def funding_per_day(payment: Number, interval_hours: Number) -> Number:
    """A payment per interval as money per day, at an unchanged price and rate."""
    return payment * HOURS_PER_DAY / interval_hours


def fraction_of_margin(payment: Number, margin: Number) -> Number:
    """A payment as a fraction of the margin behind the position; `margin` must be above 0."""
    return payment / margin


def simple_apr(rate: Number, interval_hours: Number) -> Number:
    """The rate as a fraction of notional per year of 365 days, not compounded.

    It keeps the sign of the rate; times the side it is what the holder pays.
    """
    return rate * HOURS_PER_YEAR / interval_hours


def compound_apy(rate: float, interval_hours: float) -> float:
    """The yearly rate with payments compounded: what Hyperliquid quotes for 10.95 % simple."""
    return math.expm1(math.log1p(rate) * HOURS_PER_YEAR / interval_hours)


def settlements_until(
    horizon_hours: float, interval_hours: float, hours_to_next: float | None = None
) -> int:
    """How many settlements fall into the next `horizon_hours`, its end included.

    `hours_to_next` is the time to the next settlement; where it is unknown a full interval is
    taken, as for a position opened at a settlement.
    """
    check_interval(interval_hours)
    first = interval_hours if hours_to_next is None else hours_to_next
    intervals = (horizon_hours - first) / interval_hours + _SETTLEMENT_SLACK
    return max(0, math.floor(intervals) + 1)


def paid_to_date(
    side: Side,
    kind: ContractKind,
    quantity: float,
    settlements: Sequence[Settlement],
    opened_ms: int,
    now_ms: int,
) -> FundingPaid:
    """What the holder paid in the settlements after `opened_ms` up to and including `now_ms`.

    `quantity` is base coin (linear) or face value in quote currency (inverse), unchanged over
    the span. Only a position that is open at a settlement pays it.
    """
    due = [s for s in settlements if opened_ms < s.time_ms <= now_ms]
    payments = [_payment(side, kind, quantity, settlement) for settlement in due]
    known = [payment for payment in payments if payment is not None]
    paid = math.fsum(known) if known or not due else None
    return FundingPaid(paid, recorded=len(known), unrecorded=len(due) - len(known))


def _payment(
    side: Side, kind: ContractKind, quantity: float, settlement: Settlement
) -> float | None:
    rate, price = settlement.rate, settlement.price
    if rate is None or price is None:
        return None
    notional = quantity * price if kind is ContractKind.LINEAR else quantity / price
    return funding_payment(float(side), notional, rate)


def taken_from_margin(payment: float, free_balance: float | None) -> float | None:
    """The part of a payment that reduces the position margin where free balance pays first.

    Bybit takes funding from the available balance and from the position margin only when that
    is used up; received funding goes to the balance. None where the balance is unknown.
    Source: Bybit help centre, "liquidation price under isolated margin".
    """
    if free_balance is None:
        return None
    return max(0.0, payment - max(0.0, free_balance))


def liquidation_shift(
    side: Number, rate: Number, mark: Number, maintenance_rate: Number, close_fee: Number
) -> Number:
    """How far one payment moves a linear contract's liquidation price, in quote currency.

    rate x mark / (1 - s (mmr + fee)): the payment s q rate mark leaves the margin, and the
    margin moves the price by -s / (q (1 - s (mmr + fee))). Exact while the tier stays the same.
    With maintenance on entry value the price moves by rate x mark: pass 0 for both rates.
    A positive shift brings a long nearer to liquidation and takes a short further away.
    """
    return rate * mark / (1.0 - side * (maintenance_rate + close_fee))


def liquidation_shift_inverse(
    side: float,
    rate: float,
    mark: float,
    maintenance_rate: float,
    close_fee: float,
    liquidation_price: float,
) -> float | None:
    """How far one payment moves an inverse contract's liquidation price, in quote currency.

    In u = 1 / P the price is u = (W + c + s Q / E) / (Q (s + mmr + fee)), and the payment
    s rate Q / mark leaves W. Exact while the tier stays the same; None where after the payment
    no price liquidates.
    """
    step = side * rate / (mark * (side + maintenance_rate + close_fee))
    inverse_price = 1.0 / liquidation_price - step
    if inverse_price <= 0.0:
        return None
    return 1.0 / inverse_price - liquidation_price


def payments_to_liquidation(surplus: float, payment: float) -> float | None:
    """How many equal payments use up the surplus, with a fraction for the last one.

    `surplus` is what stands above maintenance margin (and close fee) at the frozen price, by the
    tier that holds there; the price being frozen the tier cannot change, so this is exact:
    n = (margin + s q (P - E) - maintenance(q P) - fee q P) / (s rate q P).
    None where the holder receives or pays nothing (or too little to ever matter), 0 where no
    surplus is left.
    """
    if payment <= 0.0:
        return None
    count = max(0.0, surplus) / payment
    return count if count < math.inf else None


def hours_to_liquidation(
    surplus: float, payment: float, interval_hours: float | None
) -> float | None:
    """Hours until funding alone liquidates at a frozen price, one payment per interval.

    None where the holder receives (or pays nothing) or where the interval is unknown.
    """
    check_interval(interval_hours)
    count = payments_to_liquidation(surplus, payment)
    if interval_hours is None or count is None:
        return None
    return count * interval_hours


def hours_to_liquidation_each(
    surplus: FloatArray, payment: FloatArray, interval_hours: FloatArray
) -> FloatArray:
    """`hours_to_liquidation` of many positions; NaN stands for None, in and out."""
    pays = payment > 0.0
    hours = np.full(np.shape(payment), np.nan)
    np.divide(np.maximum(surplus, 0.0) * interval_hours, payment, out=hours, where=pays)
    return hours


def break_even_price(
    side: float,
    kind: ContractKind,
    entry: float,
    quantity: float,
    *,
    entry_fee: float = 0.0,
    exit_fee: float = 0.0,
    funding_paid: float = 0.0,
) -> float | None:
    """The price at which closing returns nothing and loses nothing, fees and funding included.

    `entry_fee` and `exit_fee` are fractions of notional, `funding_paid` is money in the settle
    currency (positive = paid), `quantity` is base coin or face value in quote currency.
    Linear: s q (X - E) = q (fee_in E + fee_out X) + F.
    Inverse: s Q (1 / E - 1 / X) = Q (fee_in / E + fee_out / X) + F.
    None where no positive price satisfies it.
    """
    per_unit = funding_paid / quantity
    if kind is ContractKind.LINEAR:
        price = (entry * (side + entry_fee) + per_unit) / (side - exit_fee)
        return price if price > 0.0 else None
    inverse_price = ((side - entry_fee) / entry - per_unit) / (side + exit_fee)
    return 1.0 / inverse_price if inverse_price > 0.0 else None
