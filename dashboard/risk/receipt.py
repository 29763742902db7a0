"""Receipts: how each figure of a position came about, in a form that can be checked by hand.

Nothing here is computed for a tick; a receipt is put together when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from dashboard.market.account import Side, SizeUnit
from dashboard.market.readings import Reading
from dashboard.risk.band import price_band
from dashboard.risk.cross import CrossGroup
from dashboard.risk.formulas import FORMULAS, number_text
from dashboard.risk.notional import quantity_unit, size_unit_name
from dashboard.risk.report import Receipt, ReceiptInput
from dashboard.risk.row_view import RowView
from dashboard.risk.venue_rules.rule import CloseFee, VenueRule, shown_price

_LIQUIDATION = "liquidation_price"
_FROM_TIERS = frozenset(
    {
        _LIQUIDATION,
        "maintenance_margin",
        "maintenance_margin_rate",
        "margin_ratio",
        "distance",
        "distance_fraction",
        "distance_money",
        "hours_to_liquidation_by_funding",
    }
)
_AT_LIQUIDATION = frozenset({_LIQUIDATION, "distance", "distance_fraction", "distance_money"})


class Receipts(Mapping[str, Receipt]):
    """The receipts of one position's known figures, by field name."""

    def __init__(self, view: RowView, values: Mapping[str, float | None]) -> None:
        self._view = view
        self._values = values
        self._built: dict[str, Receipt] = {}

    def __getitem__(self, name: str) -> Receipt:
        if self._values.get(name) is None:
            raise KeyError(name)
        if name not in self._built:
            self._built[name] = _receipt(name, self._view, self._values)
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in self._values.items() if value is not None)

    def __len__(self) -> int:
        return sum(value is not None for value in self._values.values())


def _receipt(name: str, view: RowView, values: Mapping[str, float | None]) -> Receipt:
    rule = view.term.rule
    text = FORMULAS[name](view, values)
    from_tiers = name in _FROM_TIERS
    table = view.term.rates.table if from_tiers else None
    at = view.tier_at(view.liquidation if name in _AT_LIQUIDATION else view.mark)
    number, tier = at if from_tiers and at is not None else (None, None)
    inputs = [_INPUTS[key](view) for key in text.inputs]
    more = _about_the_rule(view, values[name]) if name == _LIQUIDATION else ()
    return Receipt(
        figure=name,
        rule=rule.name,
        rule_valid_from=_valid_from(rule),
        document=rule.document,
        confirmed=rule.confirmed,
        formula=text.formula,
        worked=text.worked,
        inputs=(*(i for found in inputs for i in found), *more),
        tier=tier,
        tier_number=None if number is None else number + 1,
        tiers_source=view.term.rates.source if from_tiers else "",
        tiers_as_of_ms=None if table is None else table.as_of_ms,
        band=price_band(view) if name == _LIQUIDATION else None,
    )


def _valid_from(rule: VenueRule) -> str:
    return "all that is known" if rule.valid_from is None else rule.valid_from.isoformat()


def _about_the_rule(view: RowView, price: float | None) -> Iterator[ReceiptInput]:
    rule = view.term.rule
    yield ReceiptInput(name="triggered by", value=rule.trigger.value, source=rule.document)
    tick = view.position.instrument.price_tick
    shown = shown_price(price or 0.0, Side(view.side), rule.tick_rounding, tick)
    if shown is not None and shown != price:
        yield ReceiptInput(
            name="as the venue shows it",
            value=number_text(shown),
            source=f"rounded: {rule.tick_rounding.value}",
        )
    if rule.note:
        yield ReceiptInput(name="note", value=rule.note, source=rule.document)


def _entered(name: str, value: float) -> tuple[ReceiptInput, ...]:
    return (ReceiptInput(name=name, value=number_text(value), source="entered"),)


def _size(view: RowView) -> tuple[ReceiptInput, ...]:
    position = view.position
    unit, quantity = size_unit_name(position), number_text(view.term.quantity)
    return (
        ReceiptInput(name="size", value=f"{number_text(position.size)} {unit}", source="entered"),
        ReceiptInput(
            name="quantity",
            value=f"{quantity} {quantity_unit(position.instrument)}",
            source=_how_counted(view),
        ),
    )


def _how_counted(view: RowView) -> str:
    """How the entered size became the quantity; a contract's size counts for contracts alone."""
    position = view.position
    instrument = position.instrument
    if position.size_unit is SizeUnit.CONTRACTS:
        each = number_text(instrument.contract_size)
        return f"contract size: one contract is {each} {quantity_unit(instrument)}"
    if size_unit_name(position) == quantity_unit(instrument):
        return "the size itself"
    return "the size at the entry price"


def _from_venue(name: str, value: str, reading: Reading | None, now_ms: int) -> ReceiptInput:
    return ReceiptInput(
        name=name,
        value=value,
        source="" if reading is None else f"{reading.venue} {reading.endpoint}",
        age_ms=None if reading is None else now_ms - reading.as_of_ms,
    )


def _mark(view: RowView) -> tuple[ReceiptInput, ...]:
    if view.mark is None:
        return ()
    price, reading = number_text(view.mark), view.mark_reading
    given = _from_venue("mark price", price, reading, view.now_ms)
    if reading is None or reading.venue_ms is None:
        return (given,)
    if reading.as_of_ms - reading.venue_ms < _STOOD_MS:
        return (given,)
    # A recording has one price an hour, which is as new as it has it and not of now.
    at = datetime.fromtimestamp(reading.venue_ms / 1000, UTC)
    return (replace(given, source=f"{given.source}, the price of {at:%Y-%m-%d %H:%M} UTC"),)


_STOOD_MS = 60_000
"""A value whose own stamp lies further back than its age has stood for so long."""


def _margin(view: RowView) -> tuple[ReceiptInput, ...]:
    if view.group is not None:
        return _wallet(view, view.group)
    position = view.position
    source = "notional / leverage" if position.margin is None else "entered"
    margin = ReceiptInput(name="margin", value=number_text(view.term.margin), source=source)
    if not position.extra_margin:
        return (margin,)
    return (margin, *_entered("of it extra margin", position.extra_margin))


def _wallet(view: RowView, group: CrossGroup) -> tuple[ReceiptInput, ...]:
    held = [
        ReceiptInput(
            name=f"{coin.balance.coin} balance",
            value=f"{number_text(coin.balance.amount)} x {number_text(coin.price)} "
            f"x {number_text(coin.balance.haircut)}",
            source=coin.source,
            age_ms=coin.age_ms,
        )
        for coin in view.held_coins
    ]
    others = (
        ("PnL of other positions", view.others_pnl),
        ("maintenance and fees of other positions", view.others_charges),
    )
    return (
        *_entered(f"{group.settle} balance", group.amount),
        *held,
        *(
            ReceiptInput(name=name, value=number_text(value), source="at their mark prices")
            for name, value in others
            if value
        ),
    )


def _fee(view: RowView) -> tuple[ReceiptInput, ...]:
    rule = view.term.rule
    named = rule.document if rule.close_fee is not CloseFee.NONE else "the venue's regular rate"
    source = named if view.position.taker_fee is None else "entered"
    value = number_text(view.term.taker_fee)
    return (ReceiptInput(name="taker fee", value=value, source=source),)


def _rate(view: RowView) -> tuple[ReceiptInput, ...]:
    rates = view.term.rates
    if rates.table is not None:
        return ()
    tier = rates.tiers[0]
    value = number_text(tier.mmr)
    return (ReceiptInput(name="maintenance margin rate", value=value, source=rates.source),)


def _funding(view: RowView) -> tuple[ReceiptInput, ...]:
    reading, now_ms = view.funding_reading, view.now_ms
    rate = _from_venue("predicted funding rate", number_text(view.rate), reading, now_ms)
    if reading is None or view.interval_hours is None:
        return (rate,)
    hours = f"{number_text(view.interval_hours)} h ({reading.interval_source.value})"
    return rate, _from_venue("funding interval", hours, reading, now_ms)


def _leverage(view: RowView) -> tuple[ReceiptInput, ...]:
    source = "notional / margin" if view.position.leverage is None else "entered"
    value = number_text(view.term.leverage)
    return (ReceiptInput(name="leverage", value=value, source=source),)


def _entry(view: RowView) -> tuple[ReceiptInput, ...]:
    return _entered("entry price", view.entry)


_INPUTS = {
    "size": _size,
    "entry": _entry,
    "mark": _mark,
    "margin": _margin,
    "leverage": _leverage,
    "fee": _fee,
    "rate": _rate,
    "funding": _funding,
}
