"""Tier tables that a request gives itself, and what a table forbids."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.check.positions import Entry
from dashboard.check.request import Request, TierRow
from dashboard.errors import InputError
from dashboard.market.account import Position
from dashboard.market.instrument import (
    ContractKind,
    InstrumentKey,
    MarginTier,
    TierTable,
    TierTables,
    TierUnit,
)
from dashboard.risk.margin import check_tiers, derive_deductions
from dashboard.risk.notional import notional, quantity_of
from dashboard.risk.sizing import largest_leverage_of_tier
from dashboard.risk.venue_rules import rule_for
from dashboard.risk.venue_rules.rule import Brackets


@dataclass(frozen=True, slots=True)
class Overlay(Mapping[InstrumentKey, TierTable]):
    """Tables of the request before those that are known anyway."""

    own: dict[InstrumentKey, TierTable]
    known: Mapping[InstrumentKey, TierTable] = field(repr=False)

    def __getitem__(self, key: InstrumentKey) -> TierTable:
        return self.own[key] if key in self.own else self.known[key]

    def __iter__(self) -> Iterator[InstrumentKey]:
        return iter({**self.own, **dict.fromkeys(self.known)})

    def __len__(self) -> int:
        return len({*self.own, *self.known})


def own_tables(entries: Sequence[Entry], on_ms: int) -> dict[InstrumentKey, TierTable]:
    """The tier tables that the line itself gives, by contract."""
    tables: dict[InstrumentKey, TierTable] = {}
    for entry in entries:
        rows = entry.request.tiers
        if rows is None:
            continue
        table = _table(rows, entry, on_ms)
        held = tables.setdefault(table.key, table)
        if held != table:
            name = f"{entry.prefix}tiers"
            raise InputError(name, f"{name} differ from those given before for {table.symbol}")
    return tables


def _table(rows: Sequence[TierRow], entry: Entry, on_ms: int) -> TierTable:
    position, name = entry.position, f"{entry.prefix}tiers"
    instrument = position.instrument
    rule = rule_for(instrument.venue, instrument.kind, position.margin_mode, on_ms)
    tiers: Sequence[MarginTier] = [
        MarginTier(
            floor=row.floor,
            cap=math.inf if row.cap is None else row.cap,
            mmr=row.mmr,
            cum=row.cum or 0.0,
            max_leverage=row.max_leverage,
        )
        for row in rows
    ]
    try:
        check_tiers(tiers)
    except InputError as error:
        message = f"{entry.prefix}{error.user_message}"
        raise InputError(name, message) from error
    if rule.brackets is Brackets.MARGINAL and all(row.cum is None for row in rows):
        tiers = derive_deductions(tiers)
    by_notional = TierUnit.QUOTE if instrument.kind is ContractKind.LINEAR else TierUnit.COIN
    return TierTable(
        venue=instrument.venue,
        symbol=instrument.symbol,
        tiers=tuple(tiers),
        unit=rule.tier_unit or by_notional,
        as_of_ms=None,
        source="entered",
    )


def check_tier_use(request: Request, position: Position, tiers: TierTables) -> None:
    """Refuse a leverage that the tier forbids, and a count of contracts that cannot be made."""
    table = tiers.find(position.instrument.key)
    if table is None or position.maintenance_margin_rate is not None:
        return
    if table.unit is TierUnit.CONTRACTS and request.contract_size is None:
        raise InputError(
            "contract_size",
            f"contract_size is missing: the tiers of {table.symbol} at {table.venue} count "
            "contracts",
        )
    allowed = largest_leverage_of_tier(_tier_size(position, table.unit), table.tiers)
    if position.leverage is not None and allowed is not None and position.leverage > allowed:
        raise InputError(
            "leverage",
            f"leverage must be at most {allowed:g} at this size of {table.symbol} by the tiers of "
            f"{table.source}, not {position.leverage:g}",
        )


def _tier_size(position: Position, unit: TierUnit) -> float:
    """The position's size as the tiers' bounds count it, at the entry price."""
    kind, quantity = position.instrument.kind, quantity_of(position)
    if unit is TierUnit.CONTRACTS:
        return quantity / position.instrument.contract_size
    moves = TierUnit.QUOTE if kind is ContractKind.LINEAR else TierUnit.COIN
    return notional(kind, quantity, position.entry_price) if unit is moves else quantity
