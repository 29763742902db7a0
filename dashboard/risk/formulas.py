"""The formula of each figure, in symbols and with one position's numbers put in.

s is +1 for a long and -1 for a short; q the quantity in base coin; Q the face value in quote
currency; E entry, P mark, W margin, r maintenance margin rate, c deduction, f close fee.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from dashboard.market.account import SizeUnit
from dashboard.market.instrument import ContractKind
from dashboard.risk.notional import quantity_unit, size_unit_name
from dashboard.risk.row_view import RowView
from dashboard.risk.terms import Terms

Values = Mapping[str, float | None]


class FormulaText(NamedTuple):
    """A formula, the same with numbers, and the names of the inputs that it takes."""

    formula: str
    worked: str
    inputs: tuple[str, ...]


def number_text(value: float | None) -> str:
    """A number to ten significant digits, thousands grouped."""
    return "unknown" if value is None else f"{value:,.10g}"


_n = number_text


def _sign(view: RowView) -> str:
    """s as it stands in a product."""
    return "1" if view.side > 0 else "(-1)"


def _quantity(view: RowView, values: Values) -> FormulaText:
    position = view.position
    unit = quantity_unit(position.instrument)
    size = f"{_n(position.size)} {size_unit_name(position)}"
    if position.size_unit is SizeUnit.CONTRACTS:
        size += f" x {_n(position.instrument.contract_size)} {unit}"
    worked = f"{size} = {_n(values['quantity'])} {unit}"
    return FormulaText("size in the contract's own unit", worked, ("size", "entry"))


def _mark_price(view: RowView, _values: Values) -> FormulaText:
    return FormulaText("as the venue publishes it", _n(view.mark), ("mark",))


def _linear(view: RowView) -> bool:
    return view.kind is ContractKind.LINEAR


def _notional(view: RowView, values: Values) -> FormulaText:
    sign = "x" if _linear(view) else "/"
    formula = "q x P" if _linear(view) else "Q / P"
    worked = f"{_n(view.term.quantity)} {sign} {_n(view.mark)} = {_n(values['notional'])}"
    return FormulaText(formula, worked, ("size", "mark"))


def _pnl(view: RowView, values: Values) -> FormulaText:
    s, q, result = _sign(view), _n(view.term.quantity), _n(values["unrealised_pnl"])
    if _linear(view):
        formula = "s q (P - E)"
        worked = f"{s} x {q} x ({_n(view.mark)} - {_n(view.entry)}) = {result}"
    else:
        formula = "s Q (1 / E - 1 / P)"
        worked = f"{s} x {q} x (1 / {_n(view.entry)} - 1 / {_n(view.mark)}) = {result}"
    if values["unrealised_pnl"] == view.pnl:
        return FormulaText(formula, worked, ("size", "entry", "mark"))
    worked = f"{worked.removesuffix(result)}{_n(view.pnl)}, which is more than its margin: {result}"
    formula = f"{formula}, and no less than -W: an isolated position loses its margin and no more"
    return FormulaText(formula, worked, ("size", "entry", "mark", "margin"))


def _over(
    top: str, bottom: str, result: str, formula: str, inputs: tuple[str, ...]
) -> Callable[[RowView, Values], FormulaText]:
    """The formula of one figure divided by another."""

    def text(_view: RowView, values: Values) -> FormulaText:
        worked = f"{_n(values[top])} / {_n(values[bottom])} = {_n(values[result])}"
        return FormulaText(formula, worked, inputs)

    return text


def _initial_margin(view: RowView, values: Values) -> FormulaText:
    worked = (
        f"{_n(view.term.entry_notional)} / {_n(view.term.leverage)} "
        f"= {_n(values['initial_margin'])}"
    )
    return FormulaText("notional at entry / leverage", worked, ("size", "entry", "leverage"))


def _maintenance(view: RowView, values: Values) -> FormulaText:
    result = _n(values["maintenance_margin"])
    term = view.term
    basis = term.rule.maintenance_on.value
    notional = view.value if term.on_mark else term.entry_notional
    at = view.tier_at(view.mark)
    rate = values["maintenance_margin_rate"]
    deduction = term.rates.tiers[0].cum if at is None else at[1].cum
    worked = f"{_n(notional)} x {_n(rate)} - {_n(deduction)} = {result}"
    if term.rates.fixed_number is not None:
        worked = f"{_n(notional)} x {_n(term.rates.tiers[0].mmr)} = {result}"
    elif term.share != 1.0:
        worked = f"its share, {_n(term.share)}, of the contract's positions together: {result}"
    if view.next_funding:
        worked += f", with {_n(view.next_funding)} for the next funding payment"
    return FormulaText(f"notional r - c, on {basis}", worked, ("size", "mark", "rate"))


def _maintenance_rate(view: RowView, values: Values) -> FormulaText:
    growth = view.term.rates.growth
    formula = "rate + growth x notional" if growth else "the rate of the tier that holds now"
    return FormulaText(formula, _n(values["maintenance_margin_rate"]), ("size", "mark", "rate"))


def _margin_ratio(view: RowView, values: Values) -> FormulaText:
    worked = f"{_n(view.demand)} / {_n(view.equity)} = {_n(values['margin_ratio'])}"
    formula = "(maintenance margin + close fee) / (margin + unrealised PnL); 1 is liquidation"
    return FormulaText(formula, worked, ("margin", "size", "entry", "mark", "fee", "rate"))


_LIQUIDATION_INPUTS = ("margin", "size", "entry", "fee", "rate")


def _liquidation(view: RowView, values: Values) -> FormulaText:
    result = _n(values["liquidation_price"])
    found = _closed_form(view)
    if found is None:
        worked = f"surplus 0 at {result}, solved tier by tier"
        return FormulaText("W + PnL - maintenance - close fee = 0", worked, _LIQUIDATION_INPUTS)
    formula, worked = found
    return FormulaText(formula, f"{worked} = {result}", _LIQUIDATION_INPUTS)


def _closed_form(view: RowView) -> tuple[str, str] | None:
    """The one-tier formula that gives the price, None where no single one does."""
    term, group = view.term, view.group
    together = len(view.unit_rows) > 1 or (group is not None and group.haircut != 1.0)
    if together or term.rates.growth:
        return None
    wallet = term.wallet_weight * (view.wallet + view.others_pnl - view.others_charges)
    if not term.on_mark:
        return _entry_form(view, wallet)
    return _mark_form(view, term, wallet)


def _mark_form(view: RowView, term: Terms, wallet: float) -> tuple[str, str] | None:
    tier = term.rates.tiers[0]
    at = view.tier_at(view.liquidation)
    if at is not None and term.rates.fixed_number is None:
        tier = at[1]
    s, q, entry, fee = view.side, term.quantity, view.entry, term.close_fee
    w = wallet - term.fixed_fee
    sign = _sign(view)
    top, rates = f"{_n(w)} + {_n(tier.cum)}", f"{_n(tier.mmr)} + {_n(fee)}"
    if _linear(view):
        over, under = w + tier.cum - s * q * entry, q * (tier.mmr + fee - s)
        worked = f"({top} - {sign} x {_n(q)} x {_n(entry)}) / ({_n(q)} x ({rates} - {sign}))"
        formula = "P = (W + c - s q E) / (q (r + f - s))"
        return (formula, worked) if _is_price(view, over, under) else None
    over, under = q * (tier.mmr + fee + s), w + tier.cum + s * q / entry
    worked = f"{_n(q)} x ({rates} + {sign}) / ({top} + {sign} x {_n(q)} / {_n(entry)})"
    formula = "P = Q (r + f + s) / (W + c + s Q / E)"
    return (formula, worked) if _is_price(view, over, under) else None


def _is_price(view: RowView, over: float, under: float) -> bool:
    """Whether over / under is the liquidation price; `under` may be 0."""
    return abs(over - (view.liquidation or 0.0) * under) <= 1e-9 * abs(over)


def _entry_form(view: RowView, wallet: float) -> tuple[str, str]:
    term = view.term
    charges = term.fixed_maintenance + term.fixed_fee + view.next_funding
    s, q, entry = _sign(view), _n(term.quantity), _n(view.entry)
    room = f"({_n(wallet)} - {_n(charges)})"
    if _linear(view):
        return "P = E - s (W - maintenance - fee) / q", f"{entry} - {s} x {room} / {q}"
    formula = "P = Q / (Q / E + s (W - maintenance - fee))"
    return formula, f"{q} / ({q} / {entry} + {s} x {room})"


def _bankruptcy(view: RowView, values: Values) -> FormulaText:
    fee = view.term.taker_fee if view.term.rule.bankruptcy_fee else 0.0
    s, q, entry = _sign(view), _n(view.term.quantity), _n(view.entry)
    wallet, result = _n(view.wallet + view.others_pnl), _n(values["bankruptcy_price"])
    if _linear(view):
        formula = "(E - s W / q) / (1 - s f)"
        worked = f"({entry} - {s} x {wallet} / {q}) / (1 - {s} x {_n(fee)})"
    else:
        formula = "Q (1 + s f) / (Q / E + s W)"
        worked = f"{q} x (1 + {s} x {_n(fee)}) / ({q} / {entry} + {s} x {wallet})"
    if len(view.unit_rows) > 1:
        formula, worked = "W + PnL of the contract's positions = 0", "solved for all together"
    elif view.term.rule.margin_holds_fee:
        formula = f"{formula}, W without the fee set aside ({_n(view.term.fixed_fee)})"
    step = view.term.rule.contract_value_step
    if step is not None:
        formula = f"{formula}, the value of a contract in whole {step:g} of the coin"
    return FormulaText(formula, f"{worked} = {result}", ("margin", "size", "entry", "fee"))


def _distance(view: RowView, values: Values) -> FormulaText:
    room = f"{_n(view.mark)} against {_n(view.liquidation)}: {_n(values['distance'])}"
    return FormulaText("s (P - liquidation price)", room, ("mark",))


def _distance_money(view: RowView, values: Values) -> FormulaText:
    worked = (
        f"PnL at {_n(view.mark)} less PnL at {_n(view.liquidation)} "
        f"= {_n(values['distance_money'])}"
    )
    return FormulaText("PnL(mark) - PnL(liquidation price)", worked, ("size", "mark"))


def _margin_at_liquidation(view: RowView, values: Values) -> FormulaText:
    worked = (
        f"{_n(view.equity)} - {_n(values['distance_money'])} "
        f"= {_n(values['margin_at_liquidation'])}"
    )
    formula = "margin + unrealised PnL - loss on the way; it is what must be held at that price"
    return FormulaText(formula, worked, ("margin", "size", "mark"))


def _leverage(view: RowView, values: Values) -> FormulaText:
    worked = f"{_n(view.value)} / {_n(view.equity)} = {_n(values['effective_leverage'])}"
    return FormulaText("notional / (margin + unrealised PnL)", worked, ("size", "mark", "margin"))


def _wallet_leverage(view: RowView, values: Values) -> FormulaText:
    if view.group is None:
        return _leverage(view, {**values, "effective_leverage": values["wallet_leverage"]})
    worked = f"{_n(view.wallet_value)} / {_n(view.equity)} = {_n(values['wallet_leverage'])}"
    formula = "notional of all positions of the wallet / (margin + their unrealised PnL)"
    return FormulaText(formula, worked, ("size", "mark", "margin"))


def _payment(view: RowView, values: Values) -> FormulaText:
    worked = (
        f"{_sign(view)} x {_n(view.value)} x {_n(view.rate)} = {_n(values['funding_per_interval'])}"
    )
    return FormulaText("s x notional x rate; positive is paid", worked, ("funding", "mark", "size"))


def _payment_per_day(view: RowView, values: Values) -> FormulaText:
    worked = (
        f"{_n(values['funding_per_interval'])} x 24 / {_n(view.interval_hours)} "
        f"= {_n(values['funding_per_day'])}"
    )
    return FormulaText("payment x 24 / interval", worked, ("funding", "mark", "size"))


def _share_of_margin(payment: str, name: str) -> Callable[[RowView, Values], FormulaText]:
    """A payment over what is left of the margin."""

    def text(view: RowView, values: Values) -> FormulaText:
        worked = f"{_n(values[payment])} / {_n(view.equity)} = {_n(values[name])}"
        inputs = ("funding", "mark", "size", "margin")
        return FormulaText("payment / (margin + unrealised PnL)", worked, inputs)

    return text


def _apr(view: RowView, values: Values) -> FormulaText:
    worked = (
        f"{_sign(view)} x {_n(view.rate)} x 8,760 / {_n(view.interval_hours)} "
        f"= {_n(values['funding_apr'])}"
    )
    return FormulaText("s x rate x hours per year / interval, not compounded", worked, ("funding",))


def _hours(view: RowView, values: Values) -> FormulaText:
    result = _n(values["hours_to_liquidation_by_funding"])
    inputs = ("funding", "mark", "size", "margin", "rate")
    if view.group is not None:
        formula = "surplus of the wallet / funding of all its positions per hour"
        worked = f"{_n(view.surplus)} / {_n(view.wallet_funding_per_hour)} = {result}"
    else:
        formula = "surplus / payment x interval, at an unchanged price"
        payment, hours = _n(values["funding_per_interval"]), _n(view.interval_hours)
        worked = f"{_n(view.surplus)} / {payment} x {hours} = {result}"
    return FormulaText(formula, worked, inputs)


def _break_even(view: RowView, values: Values) -> FormulaText:
    fee = _n(view.term.taker_fee)
    s, entry, result = _sign(view), _n(view.entry), _n(values["break_even_price"])
    formula = "E (s + f) / (s - f), taker fee both ways; funding paid so far is not in it"
    worked = f"{entry} x ({s} + {fee}) / ({s} - {fee}) = {result}"
    return FormulaText(formula, worked, ("entry", "fee"))


FORMULAS: Mapping[str, Callable[[RowView, Values], FormulaText]] = {
    "quantity": _quantity,
    "mark_price": _mark_price,
    "notional": _notional,
    "unrealised_pnl": _pnl,
    "roi": _over(
        "unrealised_pnl",
        "initial_margin",
        "roi",
        "unrealised PnL / initial margin",
        ("size", "entry", "mark", "leverage"),
    ),
    "initial_margin": _initial_margin,
    "maintenance_margin": _maintenance,
    "maintenance_margin_rate": _maintenance_rate,
    "margin_ratio": _margin_ratio,
    "liquidation_price": _liquidation,
    "bankruptcy_price": _bankruptcy,
    "distance": _distance,
    "distance_fraction": _over(
        "distance", "mark_price", "distance_fraction", "distance / P", ("mark",)
    ),
    "distance_money": _distance_money,
    "margin_at_liquidation": _margin_at_liquidation,
    "effective_leverage": _leverage,
    "wallet_leverage": _wallet_leverage,
    "funding_per_interval": _payment,
    "funding_per_day": _payment_per_day,
    "funding_fraction_of_margin_per_interval": _share_of_margin(
        "funding_per_interval", "funding_fraction_of_margin_per_interval"
    ),
    "funding_fraction_of_margin_per_day": _share_of_margin(
        "funding_per_day", "funding_fraction_of_margin_per_day"
    ),
    "funding_apr": _apr,
    "hours_to_liquidation_by_funding": _hours,
    "break_even_price": _break_even,
}
"""By field name of PositionRisk."""
