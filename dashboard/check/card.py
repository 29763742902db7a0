"""The card of `liqline check`: the figures of one position as lines that read aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from dashboard.check.words import money, multiple, percent, price, span
from dashboard.market.account import Side
from dashboard.risk.notional import quantity_of
from dashboard.risk.pnl import unrealised_pnl
from dashboard.risk.report import LiquidationStatus, PositionRisk, Receipt

_LABEL_WIDTH = 14
_DAY_MS = 86_400_000


def card(risk: PositionRisk, warnings: Sequence[str], now_ms: int) -> str:
    """The card's text, lines ended with a line feed.

    Each figure that is unknown says why in its place; `warnings` come before the position's own.
    """
    lines = [_title(risk), ""]
    for label, part in _PARTS:
        said = list(part(risk))
        if label == "Liquidation":
            said += _receipt_lines(risk, now_ms)
        lines += [
            f"{label if first else '':<{_LABEL_WIDTH}}{text}"
            for first, text in zip([True] + [False] * len(said), said, strict=False)
        ]
    notes = [*warnings, *risk.warnings]
    if notes:
        lines += ["", *(f"! {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def _title(risk: PositionRisk) -> str:
    position = risk.position
    leverage = "" if position.leverage is None else f", {multiple(position.leverage)}"
    mark = "" if risk.mark_price is None else f"; mark {price(risk.mark_price)}"
    return (
        f"{position.side.name.lower()} {price(position.size)} {_UNITS[position.size_unit.value]}"
        f"{position.instrument.symbol} at {price(position.entry_price)}{leverage} "
        f"{position.margin_mode} on {position.instrument.venue}{mark}"
    )


_UNITS = {"base": "", "contracts": "contracts of ", "quote": "in quote currency of "}


def _liquidation(risk: PositionRisk) -> Iterator[str]:
    at = risk.liquidation_price
    if risk.status is LiquidationStatus.UNKNOWN:
        yield f"unknown: {risk.missing.get('liquidation_price', 'no reason is known')}"
    elif risk.status is LiquidationStatus.BREACHED:
        crossed = "" if at is None else f": the mark has crossed {price(at)}"
        yield f"BREACHED{crossed}"
    elif at is None:
        yield f"none: {risk.missing.get('liquidation_price', 'no price liquidates')}"
    elif risk.distance is None or risk.distance_fraction is None or risk.distance_money is None:
        yield price(at)
    else:
        place = "below" if risk.mark_price is not None and at < risk.mark_price else "above"
        yield f"{price(at)}: {percent(risk.distance_fraction)} {place} the mark"
        yield f"on the way there the position loses {_money(risk, risk.distance_money)}"


def _receipt_lines(risk: PositionRisk, now_ms: int) -> Iterator[str]:
    receipt = risk.receipts.get("liquidation_price")
    if receipt is None:
        return
    yield f"rule {_rule(receipt)}"
    if receipt.tier is not None:
        cum = receipt.tier.cum
        deduction = f"less a deduction of {money(cum)} {risk.currency}" if cum else "no deduction"
        number = "" if receipt.tier_number is None else f" {receipt.tier_number}"
        rate = percent(receipt.tier.mmr)
        yield f"tier{number}: {rate}, {deduction}; tiers {_tiers_date(receipt, now_ms)}"
    else:
        rate = _or_unknown(risk, "maintenance_margin_rate", risk.maintenance_margin_rate, percent)
        yield f"maintenance rate {rate} ({receipt.tiers_source})"
    yield receipt.worked
    if receipt.band is not None:
        low, high = receipt.band
        yield f"the tiers are old: with their neighbours' rates {price(low)} to {price(high)}"


def _rule(receipt: Receipt) -> str:
    if receipt.confirmed:
        return f"{receipt.rule}; confirmed by prices that the venue reported"
    return f"{receipt.rule}; UNCONFIRMED: no price that the venue reported agrees with it yet"


def _tiers_date(receipt: Receipt, now_ms: int) -> str:
    if receipt.tiers_as_of_ms is None:
        return "as entered"
    day = datetime.fromtimestamp(receipt.tiers_as_of_ms / 1000, UTC).date()
    age_days = max(0, now_ms - receipt.tiers_as_of_ms) // _DAY_MS
    return f"of {day}, {age_days} {'day' if age_days == 1 else 'days'} old"


def _bankruptcy(risk: PositionRisk) -> Iterator[str]:
    yield _or_unknown(risk, "bankruptcy_price", risk.bankruptcy_price, price)


def _margin(risk: PositionRisk) -> Iterator[str]:
    initial = _or_unknown(risk, "initial_margin", risk.initial_margin, lambda v: _money(risk, v))
    held = _or_unknown(
        risk, "maintenance_margin", risk.maintenance_margin, lambda v: _money(risk, v)
    )
    yield f"initial {initial}"
    yield f"maintenance {held}"
    ratio = _or_unknown(
        risk, "margin_ratio", risk.margin_ratio, lambda v: f"{percent(v)} (liquidation at 100 %)"
    )
    yield f"margin ratio {ratio}"


def _profit(risk: PositionRisk) -> Iterator[str]:
    profit = _or_unknown(risk, "unrealised_pnl", risk.unrealised_pnl, lambda v: _money(risk, v))
    on_margin = "" if risk.roi is None else f", {percent(risk.roi)} of the initial margin"
    yield profit + on_margin


def _leverage(risk: PositionRisk) -> Iterator[str]:
    yield _or_unknown(
        risk, "effective_leverage", risk.effective_leverage, lambda v: f"{multiple(v)} effective"
    )


def _funding(risk: PositionRisk) -> Iterator[str]:
    payment = risk.funding_per_interval
    if payment is None:
        yield f"unknown: {risk.missing.get('funding_per_interval', 'no reason is known')}"
        return
    verb = "receives" if payment < 0.0 else "pays"
    yield f"the holder {verb} {_money(risk, abs(payment))} each interval"
    if risk.funding_per_day is None or risk.funding_apr is None:
        yield f"per day unknown: {risk.missing.get('funding_per_day', 'no reason is known')}"
        return
    share = risk.funding_fraction_of_margin_per_day
    of_margin = "" if share is None else f", {percent(abs(share))} of the margin"
    yield (
        f"{_money(risk, abs(risk.funding_per_day))} a day{of_margin}; "
        f"{percent(abs(risk.funding_apr))} a year"
    )
    if risk.hours_to_liquidation_by_funding is not None:
        alone = span(risk.hours_to_liquidation_by_funding)
        yield f"at a standing price funding alone liquidates in {alone}"


def _break_even(risk: PositionRisk) -> Iterator[str]:
    even = _or_unknown(risk, "break_even_price", risk.break_even_price, price)
    receipt = risk.receipts.get("break_even_price")
    fees = (i for i in receipt.inputs if i.name == "taker fee") if receipt is not None else ()
    for fee in fees:
        even += f" with a taker fee of {fee.value} both ways ({fee.source})"
    yield even


def _exits(risk: PositionRisk) -> Iterator[str]:
    stop = risk.stop
    if stop is not None:
        yield f"stop {price(stop.price)}: {_result(risk, stop.price)}; {_order(risk)}"
    target = risk.position.take_profit_price
    if target is not None:
        yield f"take-profit {price(target)}: {_result(risk, target)}"


def _order(risk: PositionRisk) -> str:
    stop = risk.stop
    if stop is None or stop.before_liquidation is None:
        return "whether it comes before liquidation is unknown"
    if not stop.before_liquidation:
        return "LIQUIDATION COMES FIRST"
    if stop.buffer_fraction is None:
        return "no price liquidates"
    return f"before liquidation, {percent(stop.buffer_fraction)} of the entry price between them"


def _result(risk: PositionRisk, at: float) -> str:
    """Profit or loss where the position is closed at a price, fees left out."""
    position = risk.position
    result = unrealised_pnl(
        position.instrument.kind,
        Side(position.side),
        quantity_of(position),
        position.entry_price,
        at,
    )
    return f"{'gains' if result >= 0.0 else 'loses'} {_money(risk, abs(result))} before fees"


def _money(risk: PositionRisk, value: float) -> str:
    return f"{money(value)} {risk.currency}"


def _or_unknown(
    risk: PositionRisk, name: str, value: float | None, text: Callable[[float], str]
) -> str:
    if value is None:
        return f"unknown: {risk.missing.get(name, 'no reason is known')}"
    return text(value)


_PARTS: tuple[tuple[str, Callable[[PositionRisk], Iterator[str]]], ...] = (
    ("Liquidation", _liquidation),
    ("Bankruptcy", _bankruptcy),
    ("Margin", _margin),
    ("Profit", _profit),
    ("Leverage", _leverage),
    ("Funding", _funding),
    ("Break-even", _break_even),
    ("Exits", _exits),
)
