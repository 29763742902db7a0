"""The rows of a report: each position's figures as values, built when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

from dashboard.market.account import Side
from dashboard.market.readings import ReadingKind
from dashboard.market.snapshot import Snapshot
from dashboard.risk import funding
from dashboard.risk.cautions import Cautions
from dashboard.risk.figures import Figures, absent
from dashboard.risk.margin import initial_margin
from dashboard.risk.pnl import loss_between
from dashboard.risk.receipt import Receipts
from dashboard.risk.report import LiquidationStatus, PositionRisk, StopCheck
from dashboard.risk.row_view import LIQUIDATION_NEEDS, RowView, known
from dashboard.risk.sizing import check_stop
from dashboard.risk.terms import Ingredient

Values = dict[str, float | None]


class PositionRows(Sequence[PositionRisk]):
    """PositionRisk of each position in the order of the book; a row is built once.

    `figures` holds the same numbers as arrays.
    """

    def __init__(self, figures: Figures, snapshot: Snapshot) -> None:
        self.figures = figures
        keys = figures.prepared.keys
        self._absent_fundings = absent(keys, figures.fundings, snapshot, ReadingKind.FUNDING_RATE)
        self._rows: list[PositionRisk | None] = [None] * len(figures.prepared.terms)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> PositionRisk: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[PositionRisk]: ...

    def __getitem__(self, index: int | slice) -> PositionRisk | Sequence[PositionRisk]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        row = range(len(self))[index]
        held = self._rows[row]
        if held is None:
            held = self._rows[row] = position_risk(self.view(row))
        return held

    def view(self, row: int) -> RowView:
        """One position on this tick as scalars, for figures beyond those of its row."""
        key = self.figures.prepared.keys[self.figures.prepared.key_of[row]]
        return RowView(
            self.figures,
            row,
            self.figures.absent_marks.get(key, ""),
            self._absent_fundings.get(key, ""),
        )


def position_risk(view: RowView) -> PositionRisk:
    """All figures of one position, with what is missing and why."""
    values = _values(view)
    missing = {
        name: _why_missing(name, view, values) for name, value in values.items() if value is None
    }
    stop, why_no_stop = _stop(view)
    if why_no_stop:
        missing["stop"] = why_no_stop
    figures: dict[str, Any] = dict(values)
    return PositionRisk(
        position=view.position,
        currency=view.position.instrument.settle,
        status=view.status,
        stop=stop,
        breach=view.breach,
        crossed=view.crossed,
        warnings=Cautions(view, stop),
        missing=missing,
        receipts=Receipts(view, values),
        **figures,
    )


def _values(view: RowView) -> Values:
    term = view.term
    initial = known(initial_margin(term.entry_notional, term.leverage)) if _sized(view) else None
    pnl = _profit(view)
    values: Values = {
        "quantity": known(term.quantity),
        "mark_price": view.mark,
        "notional": view.value,
        "unrealised_pnl": pnl,
        "roi": _ratio(pnl, initial),
        "initial_margin": initial,
        "maintenance_margin": view.maintenance,
        "maintenance_margin_rate": _maintenance_rate(view),
        "margin_ratio": _ratio(view.demand, view.equity),
        "effective_leverage": _ratio(view.value, view.equity),
        "wallet_leverage": _ratio(view.wallet_value, view.equity),
        "bankruptcy_price": view.bankruptcy if _sized(view) else None,
    }
    values.update(_liquidation_values(view))
    values.update(_funding_values(view))
    values["break_even_price"] = _break_even(view)
    if view.breach is not None:
        values.update(dict.fromkeys(OF_A_STANDING_POSITION))
    return values


OF_A_STANDING_POSITION = (
    "unrealised_pnl",
    "roi",
    "margin_ratio",
    "effective_leverage",
    "wallet_leverage",
    "margin_at_liquidation",
    "distance",
    "distance_fraction",
    "distance_money",
    "funding_per_interval",
    "funding_per_day",
    "funding_fraction_of_margin_per_interval",
    "funding_fraction_of_margin_per_day",
    "hours_to_liquidation_by_funding",
    "break_even_price",
)
"""Figures that say nothing of a position that may have been liquidated."""

MAYBE_GONE = (
    "the mark price went beyond its liquidation price, so the venue may have liquidated it; say "
    "on its card whether it still stands"
)


def _profit(view: RowView) -> float | None:
    """The PnL at the mark; a breached isolated position loses its margin and no more."""
    if view.pnl is None or view.status is not LiquidationStatus.BREACHED or not view.term.isolated:
        return view.pnl
    margin = known(view.term.margin)
    return view.pnl if margin is None else max(view.pnl, -margin)


def _sized(view: RowView) -> bool:
    return Ingredient.SIZE not in view.unknown and Ingredient.ENTRY not in view.unknown


def _ratio(part: float | None, whole: float | None) -> float | None:
    """part / whole; None where either is unknown or nothing is left of the whole."""
    if part is None or whole is None or whole <= 0.0:
        return None
    return part / whole


def _maintenance_rate(view: RowView) -> float | None:
    """The rate of the tier that holds now, of the position's own, or the grown one."""
    if not view.term.rates.tiers:
        return None
    if view.term.rates.table_tiers:
        at = view.tier_at(view.mark)
        return None if at is None else at[1].mmr
    growth = view.term.rates.growth
    if growth and view.value is None:
        return None
    return view.term.rates.tiers[0].mmr + growth * (view.value or 0.0)


def _liquidation_values(view: RowView) -> Values:
    price = view.liquidation if view.status is not LiquidationStatus.UNKNOWN else None
    values: Values = {
        "liquidation_price": price,
        "distance": view.room,
        "distance_fraction": None,
        "distance_money": None,
        "margin_at_liquidation": None,
    }
    if price is not None and view.room is not None and view.mark is not None:
        values["distance_fraction"] = view.room / view.mark
        loss = loss_between(view.kind, Side(view.side), view.term.quantity, view.mark, price)
        values["distance_money"] = loss
        if view.term.isolated and view.equity is not None:
            values["margin_at_liquidation"] = view.equity - loss
    return values


def _funding_values(view: RowView) -> Values:
    rate, interval = view.rate, view.interval_hours
    payment = per_day = apr = None
    if rate is not None and view.value is not None:
        payment = funding.funding_payment(float(view.side), view.value, rate)
    if payment is not None and interval is not None:
        per_day = funding.funding_per_day(payment, interval)
    if rate is not None and interval is not None:
        apr = view.side * funding.simple_apr(rate, interval)
    return {
        "funding_per_interval": payment,
        "funding_per_day": per_day,
        "funding_fraction_of_margin_per_interval": _ratio(payment, view.equity),
        "funding_fraction_of_margin_per_day": _ratio(per_day, view.equity),
        "funding_apr": apr,
        "hours_to_liquidation_by_funding": _hours(view, payment),
    }


def _hours(view: RowView, payment: float | None) -> float | None:
    surplus = view.surplus
    if payment is None or view.interval_hours is None or surplus is None:
        return None
    if view.term.isolated:
        return funding.hours_to_liquidation(surplus, payment, view.interval_hours)
    per_hour = view.wallet_funding_per_hour
    return None if per_hour is None else funding.hours_to_liquidation(surplus, per_hour, 1.0)


def _break_even(view: RowView) -> float | None:
    if not _sized(view) or Ingredient.TAKER_FEE in view.unknown:
        return None
    fee = view.term.taker_fee
    return funding.break_even_price(
        float(view.side),
        view.kind,
        view.entry,
        view.term.quantity,
        entry_fee=fee,
        exit_fee=fee,
    )


def _stop(view: RowView) -> tuple[StopCheck | None, str]:
    """The check of the stop, and why there is none though a stop was entered."""
    price = view.position.stop_price
    if price is None:
        return None, ""
    for ingredient in (Ingredient.STOP, Ingredient.ENTRY):
        if ingredient in view.unknown:
            return None, view.unknown[ingredient]
    stands = view.status in (LiquidationStatus.OK, LiquidationStatus.NONE)
    own_end = view.low if view.side > 0 else view.high
    liquidation = own_end if stands else None
    check = check_stop(Side(view.side), view.entry, price, liquidation, known=stands)
    return check, ""


_PRICED = (Ingredient.SIZE, Ingredient.MARK)
_MARGINED = (*LIQUIDATION_NEEDS, Ingredient.MARK)
_EQUITY = (Ingredient.SIZE, Ingredient.ENTRY, Ingredient.MARGIN, Ingredient.MARK, Ingredient.OTHERS)
_PAID = (*_PRICED, Ingredient.FUNDING)
_PAID_PER_DAY = (*_PAID, Ingredient.INTERVAL)

NEEDS: Mapping[str, tuple[Ingredient, ...]] = {
    "quantity": (Ingredient.SIZE, Ingredient.ENTRY),
    "mark_price": (Ingredient.MARK,),
    "notional": (Ingredient.ENTRY, *_PRICED),
    "unrealised_pnl": (Ingredient.ENTRY, *_PRICED),
    "initial_margin": (
        Ingredient.SIZE,
        Ingredient.ENTRY,
        Ingredient.LEVERAGE,
        Ingredient.MARGIN,
    ),
    "roi": (Ingredient.ENTRY, *_PRICED, Ingredient.LEVERAGE, Ingredient.MARGIN),
    "maintenance_margin": (Ingredient.ENTRY, Ingredient.RATE, *_PRICED),
    "maintenance_margin_rate": (Ingredient.ENTRY, Ingredient.RATE, *_PRICED),
    "margin_ratio": _MARGINED,
    "liquidation_price": LIQUIDATION_NEEDS,
    "bankruptcy_price": (
        Ingredient.SIZE,
        Ingredient.ENTRY,
        Ingredient.MARGIN,
        Ingredient.OTHERS,
        Ingredient.TAKER_FEE,
    ),
    "distance": _MARGINED,
    "distance_fraction": _MARGINED,
    "distance_money": _MARGINED,
    "margin_at_liquidation": _MARGINED,
    "effective_leverage": _EQUITY,
    "wallet_leverage": _EQUITY,
    "funding_per_interval": (Ingredient.ENTRY, *_PAID),
    "funding_per_day": (Ingredient.ENTRY, *_PAID_PER_DAY),
    "funding_fraction_of_margin_per_interval": (*_PAID, *_EQUITY),
    "funding_fraction_of_margin_per_day": (*_PAID_PER_DAY, *_EQUITY),
    "funding_apr": (Ingredient.FUNDING, Ingredient.INTERVAL),
    "hours_to_liquidation_by_funding": (*_PAID_PER_DAY, *_MARGINED),
    "break_even_price": (Ingredient.SIZE, Ingredient.ENTRY, Ingredient.TAKER_FEE),
}
"""What each figure is made of, in the order in which a reason is looked for."""


def _why_missing(name: str, view: RowView, values: Values) -> str:
    if view.breach is not None and name in OF_A_STANDING_POSITION:
        return MAYBE_GONE
    for ingredient in NEEDS[name]:
        if ingredient in view.unknown:
            return view.unknown[ingredient]
    return _OTHER_REASONS.get(name, _no_margin_left)(view, values)


def _no_margin_left(view: RowView, _values: Values) -> str:
    charges = view.unknown.get(Ingredient.RATE) or view.unknown.get(Ingredient.CLOSE_FEE)
    # The equity of a wallet is told only together with what is held against it.
    return charges if view.equity is None and charges else "no margin is left"


def _why_no_price(view: RowView, _values: Values) -> str:
    if view.dead:
        return "the margin is below maintenance at every price of this contract"
    return "no price liquidates this position: its margin covers it"


def _why_no_distance(view: RowView, values: Values) -> str:
    if view.status is LiquidationStatus.BREACHED and not view.dead:
        return "the mark price has crossed the liquidation price"
    return _why_no_price(view, values)


def _why_none_left(view: RowView, values: Values) -> str:
    if view.term.isolated:
        return _why_no_distance(view, values)
    return "all positions of a cross wallet stand on the same margin"


def _why_no_bankruptcy(_view: RowView, _values: Values) -> str:
    return "no price uses the margin up"


def _why_no_hours(view: RowView, values: Values) -> str:
    payment = values["funding_per_interval"]
    if payment is not None and payment <= 0.0:
        return "funding is received, not paid" if payment < 0.0 else "no funding is due"
    if view.wallet_funding_per_hour is None:
        return "the funding of another position in the wallet is not known"
    return "the positions of the wallet together pay no funding"


_OTHER_REASONS: Mapping[str, Callable[[RowView, Values], str]] = {
    "liquidation_price": _why_no_price,
    "distance": _why_no_distance,
    "distance_fraction": _why_no_distance,
    "distance_money": _why_no_distance,
    "margin_at_liquidation": _why_none_left,
    "bankruptcy_price": _why_no_bankruptcy,
    "hours_to_liquidation_by_funding": _why_no_hours,
}
"""Why a figure is None though all that it is made of is known."""
