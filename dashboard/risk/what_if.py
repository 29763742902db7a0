"""What if: a position changed, enlarged or reduced, and a market moved, without touching either."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from dashboard.errors import InputError
from dashboard.market.account import Position, SizeUnit
from dashboard.market.instrument import ContractKind, InstrumentKey
from dashboard.market.readings import FundingRate, IntervalSource, MarkPrice
from dashboard.market.snapshot import Snapshot
from dashboard.risk.notional import quantity_of
from dashboard.risk.pnl import unrealised_pnl

ENDPOINT = "what if"
"""Where a supposed reading says that it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """What is supposed instead; None leaves it as it is.

    `mark_price` and `stop_price` are in quote currency, `quantity` is base coin (linear) or face
    value (inverse), `extra_margin` is in the settle currency, `funding_rate` is the fraction paid
    at each settlement.
    """

    mark_price: float | None = None
    leverage: float | None = None
    quantity: float | None = None
    extra_margin: float | None = None
    stop_price: float | None = None
    funding_rate: float | None = None


def supposed_position(position: Position, supposed: Supposed) -> Position:
    """The position as supposed.

    Another leverage or size means the margin that they ask for: one that was entered falls away.
    """
    changes: dict[str, Any] = {}
    if supposed.leverage is not None:
        changes |= {"leverage": supposed.leverage, "margin": None}
    if supposed.quantity is not None:
        changes |= _sized(position, supposed.quantity)
        if position.leverage is not None or supposed.leverage is not None:
            changes["margin"] = None
    if supposed.extra_margin is not None:
        changes["extra_margin"] = supposed.extra_margin
    if supposed.stop_price is not None:
        changes["stop_price"] = supposed.stop_price
    return replace(position, **changes)


def supposed_snapshot(
    snapshot: Snapshot, key: InstrumentKey, supposed: Supposed, now_ms: int
) -> Snapshot:
    """The market as supposed for one contract; the rest is shared with `snapshot`."""
    marks, fundings = snapshot.marks, snapshot.fundings
    if supposed.mark_price is not None:
        mark = MarkPrice(mark=supposed.mark_price, **_origin(key, now_ms))
        marks = {**marks, key: mark}
    if supposed.funding_rate is not None:
        fundings = {**fundings, key: _funding(snapshot.fundings.get(key), key, supposed, now_ms)}
    return replace(snapshot, marks=marks, fundings=fundings)


def _funding(
    known: FundingRate | None, key: InstrumentKey, supposed: Supposed, now_ms: int
) -> FundingRate:
    if known is None:
        return FundingRate(
            predicted=supposed.funding_rate,
            interval_hours=None,
            interval_source=IntervalSource.UNKNOWN,
            **_origin(key, now_ms),
        )
    return replace(
        known,
        predicted=supposed.funding_rate,
        endpoint=ENDPOINT,
        received_ms=now_ms,
        lag_ms=0,
        doubt="",
    )


def _origin(key: InstrumentKey, now_ms: int) -> dict[str, Any]:
    return {
        "venue": key.venue,
        "symbol": key.symbol,
        "endpoint": ENDPOINT,
        "venue_ms": None,
        "received_ms": now_ms,
    }


class Scaled(NamedTuple):
    """A position after a part was added or taken away; None where all of it was closed.

    `realised` is the profit of the part that was closed, in the settle currency, without fees.
    """

    position: Position | None
    realised: float


def scaled(position: Position, change: float, price: float) -> Scaled:
    """Add `change` of quantity (below 0: take away) at `price` in quote currency.

    What is added moves the entry to the average that has the same profit at every price: weighted
    by quantity for a linear contract, its inverse by face value for an inverse one. What is taken
    away leaves the entry and takes its part of the margin along. Raises InputError for a price
    that is not above 0 and a reduction beyond the whole.
    """
    if not 0.0 < price < math.inf:
        raise InputError("price", f"price must be above 0, not {price:g}")
    held = quantity_of(position)
    left = held + change
    if left < 0.0:
        raise InputError(
            "quantity", f"no more than the whole position, {held:g}, can be taken away"
        )
    if change >= 0.0:
        return Scaled(_enlarged(position, held, change, price), 0.0)
    kind, side, entry = position.instrument.kind, position.side, position.entry_price
    realised = unrealised_pnl(kind, side, -change, entry, price)
    part = left / held
    if part == 0.0:
        return Scaled(None, realised)
    return Scaled(
        replace(
            position,
            size=position.size * part,
            margin=None if position.margin is None else position.margin * part,
            extra_margin=position.extra_margin * part,
        ),
        realised,
    )


def _enlarged(position: Position, held: float, change: float, price: float) -> Position:
    entry = position.entry_price
    linear = position.instrument.kind is ContractKind.LINEAR
    worth_held = held * entry if linear else held / entry
    worth_added = change * price if linear else change / price
    whole = worth_held + worth_added
    average = whole / (held + change) if linear else (held + change) / whole
    margin = position.margin
    if margin is not None:
        margin += worth_added / (position.leverage or worth_held / margin)
    sized = _sized(position, held + change)
    return replace(position, entry_price=average, margin=margin, **sized)


def _sized(position: Position, quantity: float) -> dict[str, Any]:
    linear = position.instrument.kind is ContractKind.LINEAR
    return {"size": quantity, "size_unit": SizeUnit.BASE if linear else SizeUnit.QUOTE}
