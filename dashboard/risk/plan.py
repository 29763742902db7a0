"""What a trader asks of one position beside its risk now: room in ATR and sigma, what holding it
costs, what the stop costs, how large and how levered it may be.

All of it comes from the same book, rules and readings as the report it is asked of. Money is in
the settle currency, quantities are base coin (linear) or face value in quote currency (inverse).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.risk.formulas import number_text
from dashboard.risk.funding import break_even_price, settlements_until
from dashboard.risk.position_rows import PositionRows
from dashboard.risk.report import LiquidationStatus, Receipt, ReceiptInput, RiskReport
from dashboard.risk.row_view import LIQUIDATION_NEEDS, RowView
from dashboard.risk.sizing import (
    Costs,
    largest_leverage,
    loss_per_unit,
    quantity_for_risk,
    size_limits,
)
from dashboard.risk.terms import Ingredient
from dashboard.risk.true_range import HourlyMoves

_HOUR_MS = 3_600_000
_n = number_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the trader set: the share of the account that a stop may cost (fraction), how many ATR
    liquidation is to stay beyond the stop, the horizon, and the account's size in the settle
    currency (None: not known)."""

    risk_fraction: float = 0.01
    atr_gap: float = 2.0
    horizon_hours: float = 24.0
    account: float | None = None
    account_source: str = "entered"


class Figure(NamedTuple):
    """A figure, or None and why; with how it came about. `note` says what it means or binds."""

    value: float | None
    reason: str = ""
    receipt: Receipt | None = None
    note: str = ""


class _Worked(NamedTuple):
    """A figure that could be worked out."""

    value: float
    receipt: Receipt
    note: str = ""


class _Unknown(Exception):  # noqa: N818 (never leaves this module)
    """Why a figure cannot be worked out."""


def plan_of(
    report: RiskReport, row: int, wishes: Wishes, moves: HourlyMoves
) -> Mapping[str, Figure]:
    """The figures of position `row` of a report that `assess` made, by name; see PLANS.

    `moves` are those of its contract. Nothing is raised for what is not known: such a figure is
    None with the reason.
    """
    rows = report.positions
    if not isinstance(rows, PositionRows):
        raise TypeError("a plan is made of a report that assess() returned")
    planner = _Planner(rows.view(row), wishes, moves)
    return {name: planner.figure(name, work) for name, work in PLANS.items()}


class _Planner:
    """Works out one figure after the other; what is missing ends that figure alone."""

    def __init__(self, view: RowView, wishes: Wishes, moves: HourlyMoves) -> None:
        self.view = view
        self.wishes = wishes
        self.moves = moves

    def figure(self, name: str, work: Callable[[_Planner], _Worked]) -> Figure:
        try:
            found = work(self)
        except _Unknown as unknown:
            return Figure(None, str(unknown))
        except InputError as error:
            return Figure(None, error.user_message)
        return Figure(found.value, "", replace(found.receipt, figure=name), found.note)

    def need(self, ingredient: Ingredient) -> None:
        if ingredient in self.view.unknown:
            raise _Unknown(self.view.unknown[ingredient])

    def room(self) -> float:
        view = self.view
        if view.room is None:
            for ingredient in (*LIQUIDATION_NEEDS, Ingredient.MARK):
                self.need(ingredient)
            crossed = view.status is LiquidationStatus.BREACHED
            raise _Unknown("there is no room left" if crossed else "no price liquidates it")
        return view.room

    def mark(self) -> float:
        self.need(Ingredient.MARK)
        return self.view.mark or math.nan

    def atr(self) -> float:
        if self.moves.atr is None:
            raise _Unknown(self.moves.reason)
        return self.moves.atr

    def stop(self) -> float:
        self.need(Ingredient.STOP)
        stop = self.view.position.stop_price
        if stop is None:
            raise _Unknown("no stop is set: nothing but liquidation bounds the loss")
        return stop

    def sized(self) -> None:
        for ingredient in (Ingredient.SIZE, Ingredient.ENTRY):
            self.need(ingredient)

    def taker_fee(self) -> float:
        self.need(Ingredient.TAKER_FEE)
        return self.view.term.taker_fee

    def account(self) -> float:
        if self.wishes.account is None or self.wishes.account <= 0.0:
            currency = self.view.position.instrument.settle
            raise _Unknown(f"the account's size in {currency} is not known: enter it")
        return self.wishes.account

    def settlements(self) -> int:
        """How many settlements fall into the horizon."""
        self.need(Ingredient.INTERVAL)
        reading = self.view.funding_reading
        left_ms = None if reading is None else reading.settles_in_ms(self.view.now_ms)
        to_next = left_ms / _HOUR_MS if left_ms is not None and left_ms > 0 else None
        interval = self.view.interval_hours or math.nan
        return settlements_until(self.wishes.horizon_hours, interval, to_next)

    def payment(self) -> float:
        """What the holder pays at one settlement, at the mark and the predicted rate."""
        self.need(Ingredient.FUNDING)
        self.sized()
        self.mark()
        return self.view.side * (self.view.value or math.nan) * (self.view.rate or 0.0)

    # inputs of receipts

    def moves_inputs(self) -> tuple[ReceiptInput, ...]:
        moves, venue = self.moves, self.view.position.instrument.venue
        age_ms = None if moves.until_ms is None else self.view.now_ms - moves.until_ms
        source = f"{venue}, {moves.hours} closed hourly mark candles in a row"
        return tuple(
            ReceiptInput(name=name, value=_n(value), source=source, age_ms=age_ms)
            for name, value in (("ATR(14, 1 h)", moves.atr), ("daily sigma", moves.daily_sigma))
            if value is not None
        )

    def funding_inputs(self) -> tuple[ReceiptInput, ...]:
        view = self.view
        return tuple(
            ReceiptInput(
                name=name,
                value=_n(value),
                source=f"{reading.venue} {reading.endpoint}",
                age_ms=view.now_ms - reading.as_of_ms,
            )
            for reading in filter(None, (view.funding_reading,))
            for name, value in (
                ("funding rate", view.rate),
                (f"funding interval, h ({reading.interval_source.value})", view.interval_hours),
            )
        )

    def entered(self, **values: float) -> tuple[ReceiptInput, ...]:
        return tuple(
            ReceiptInput(name=name.replace("_", " "), value=_n(value), source="entered")
            for name, value in values.items()
        )


def _receipt(formula: str, worked: str, *inputs: ReceiptInput) -> Receipt:
    """The receipt of a figure that no venue's rule is needed for; its name is put in later."""
    return Receipt(
        figure="",
        rule="",
        rule_valid_from="",
        document="",
        confirmed=False,
        formula=formula,
        worked=worked,
        inputs=inputs,
    )


def _distance_atr(plan: _Planner) -> _Worked:
    room, atr = plan.room(), plan.atr()
    value = room / atr
    worked = f"{_n(room)} / {_n(atr)} = {_n(value)}"
    formula = "distance / ATR(14, 1 h)"
    return _Worked(value, _receipt(formula, worked, *plan.moves_inputs()))


def _distance_sigma(plan: _Planner) -> _Worked:
    """In logarithms, as the sigma is: a fall of half takes as many as a doubling."""
    plan.room()
    mark, sigma = plan.mark(), plan.moves.daily_sigma
    if sigma is None:
        raise _Unknown(plan.moves.reason)
    if sigma == 0.0:
        raise _Unknown("the price did not move in the hours that are known")
    price = plan.view.liquidation or math.nan
    value = abs(math.log(mark / price)) / sigma
    worked = f"|ln({_n(mark)} / {_n(price)})| / {_n(sigma)} = {_n(value)}"
    formula = "|ln(mark / liquidation price)| / daily sigma"
    return _Worked(value, _receipt(formula, worked, *plan.moves_inputs()))


def _funding_to_horizon(plan: _Planner) -> _Worked:
    payment, count = plan.payment(), plan.settlements()
    value = payment * count
    worked = f"{_n(payment)} x {count} = {_n(value)}"
    formula = (
        f"payment at the mark and the predicted rate x settlements in "
        f"{plan.wishes.horizon_hours:g} h"
    )
    receipt = _receipt(formula, worked, *plan.funding_inputs())
    return _Worked(value, receipt, note=f"{count}")


def _break_even_at_horizon(plan: _Planner) -> _Worked:
    paid = plan.payment() * plan.settlements()
    fee, view = plan.taker_fee(), plan.view
    value = break_even_price(
        float(view.side),
        view.kind,
        view.entry,
        view.term.quantity,
        entry_fee=fee,
        exit_fee=fee,
        funding_paid=paid,
    )
    if value is None:
        raise _Unknown("no price pays for the fees and the funding")
    worked = f"with {_n(paid)} of funding and {_n(fee)} of fees each way = {_n(value)}"
    formula = "the price at which PnL = fees in and out + funding to the horizon"
    entry = plan.entered(entry_price=view.entry, taker_fee=fee)
    return _Worked(value, _receipt(formula, worked, *entry, *plan.funding_inputs()))


def _costs(plan: _Planner) -> Costs:
    fee = plan.taker_fee()
    return Costs(entry_fee=fee, exit_fee=fee)


def _stop_loss(plan: _Planner) -> _Worked:
    """What the position loses where its stop fills at its price, fees of both ways included."""
    stop = plan.stop()
    plan.sized()
    view, costs = plan.view, _costs(plan)
    unit = loss_per_unit(view.kind, Side(view.side), view.entry, stop, costs)
    value = unit * view.term.quantity
    worked = f"{_n(view.term.quantity)} x {_n(unit)} = {_n(value)}"
    formula = "q x (|E - S| + fee E + fee S); of an inverse contract in 1 / price"
    given = plan.entered(entry_price=view.entry, stop_price=stop, taker_fee=costs.exit_fee)
    trigger = ReceiptInput(
        name="liquidation acts on",
        value=view.term.rule.trigger.value,
        source=view.term.rule.document,
    )
    return _Worked(value, _receipt(formula, worked, *given, trigger))


def _stop_share(plan: _Planner) -> _Worked:
    loss, account = _stop_loss(plan).value, plan.account()
    value = loss / account
    worked = f"{_n(loss)} / {_n(account)} = {_n(value)}"
    return _Worked(value, _receipt("loss at the stop / account", worked, _account(plan)))


def _margin_share(plan: _Planner) -> _Worked:
    """What the position's own margin is of the account."""
    if not plan.view.term.isolated:
        raise _Unknown("a cross position stands on the whole account")
    for ingredient in (Ingredient.SIZE, Ingredient.ENTRY, Ingredient.MARGIN):
        plan.need(ingredient)
    margin, account = plan.view.term.margin, plan.account()
    value = margin / account
    worked = f"{_n(margin)} / {_n(account)} = {_n(value)}"
    return _Worked(value, _receipt("margin / account", worked, _account(plan)))


def _account(plan: _Planner) -> ReceiptInput:
    return ReceiptInput(
        name="account", value=_n(plan.wishes.account), source=plan.wishes.account_source
    )


def _risk_quantity(plan: _Planner) -> _Worked:
    """The size that loses the wished share at the stop, or less where something else binds."""
    stop = plan.stop()
    plan.need(Ingredient.ENTRY)
    view, costs = plan.view, _costs(plan)
    side, risk = Side(view.side), plan.account() * plan.wishes.risk_fraction
    by_risk = quantity_for_risk(view.kind, side, view.entry, stop, risk, costs)
    plan.sized()
    plan.need(Ingredient.LEVERAGE)
    limits = size_limits(
        view.term.leg(),
        risk_quantity=by_risk,
        leverage=view.term.leverage,
        balance=plan.account(),
        entry_fee=costs.entry_fee,
    )
    binding = limits[0]
    unit = loss_per_unit(view.kind, side, view.entry, stop, costs)
    worked = f"{_n(risk)} / {_n(unit)} = {_n(by_risk)}; allowed: " + ", ".join(
        f"{limit.name} {_n(limit.quantity)}" for limit in limits
    )
    formula = "account x risk / loss of one unit at the stop, no more than balance and tier allow"
    given = plan.entered(risk=plan.wishes.risk_fraction, stop_price=stop)
    receipt = _receipt(formula, worked, _account(plan), *given)
    return _Worked(binding.quantity, receipt, note=binding.name)


def _leverage_limit(plan: _Planner) -> _Worked:
    """The largest leverage that keeps liquidation the wished ATR beyond the stop."""
    stop, atr, view = plan.stop(), plan.atr(), plan.view
    if not view.term.isolated:
        raise _Unknown("the leverage of a cross position does not move its liquidation price")
    plan.sized()
    for ingredient in (Ingredient.RATE, Ingredient.CLOSE_FEE):
        plan.need(ingredient)
    gap = plan.wishes.atr_gap * atr
    limit = largest_leverage(view.term.leg(), stop, gap)
    if limit.leverage == math.inf:
        raise _Unknown("the stop lies where the position wins: it bounds no leverage")
    worked = (
        f"liquidation at {_n(limit.liquidation_price)} needs a margin of {_n(limit.margin)}: "
        f"{_n(limit.leverage)}"
    )
    formula = "notional at entry / the margin whose liquidation price is stop - s k ATR"
    given = plan.entered(k=plan.wishes.atr_gap, stop_price=stop)
    receipt = _receipt(formula, worked, *given, *plan.moves_inputs())
    return _Worked(limit.leverage, receipt, note="tier" if limit.tier_binds else "stop")


PLANS: Mapping[str, Callable[[_Planner], _Worked]] = {
    "distance_in_atr": _distance_atr,
    "distance_in_daily_sigma": _distance_sigma,
    "funding_to_horizon": _funding_to_horizon,
    "break_even_at_horizon": _break_even_at_horizon,
    "loss_at_stop": _stop_loss,
    "loss_at_stop_of_account": _stop_share,
    "margin_of_account": _margin_share,
    "size_for_risk": _risk_quantity,
    "largest_leverage": _leverage_limit,
}
"""How each figure is worked out, by its name."""
