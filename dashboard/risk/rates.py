"""Maintenance rates: where a position's maintenance margin is read from.

A venue's table is read as its rule says: checked, with the deductions that marginal brackets
imply, by notional or by a size that does not move with the price.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.errors import InputError
from dashboard.market.instrument import (
    ContractKind,
    Instrument,
    InstrumentKey,
    MarginTier,
    TierTable,
    TierTables,
    TierUnit,
)
from dashboard.risk.margin import (
    check_tiers,
    derive_deductions,
    lacks_deductions,
    maintenance_margin,
    tier_number,
)
from dashboard.risk.venue_rules import VenueRule, venue_id
from dashboard.risk.venue_rules.rule import Brackets, MaintenanceBasis


@dataclass(frozen=True, slots=True)
class Rates:
    """Where maintenance is read from.

    `tiers` are in notional of the settle currency. `table` is the venue's table behind them (None
    for an entered or grown rate), `fixed_number` its tier where the size alone decides the tier,
    `beyond` whether that size lies past the table's end, `growth` as in `Leg.rate_growth`.
    """

    tiers: tuple[MarginTier, ...] = ()
    table: TierTable | None = None
    table_tiers: tuple[MarginTier, ...] = ()
    fixed_number: int | None = None
    beyond: bool = False
    growth: float = 0.0
    source: str = ""


def table_keys(key: InstrumentKey) -> tuple[InstrumentKey, ...]:
    """Where a contract's table may be found: under its venue's name and under its catalogue id."""
    venue = venue_id(key.venue)
    return (key,) if venue == key.venue else (key, InstrumentKey(venue, key.symbol))


class UsableTiers:
    """Tier tables as rules read them: checked, with the deductions that marginal tiers imply."""

    def __init__(self, tables: TierTables) -> None:
        self._tables = tables
        self._read: dict[tuple[InstrumentKey, Brackets], tuple[MarginTier, ...] | str] = {}

    def find(self, key: InstrumentKey) -> TierTable | None:
        """The table of a contract, None where none is known."""
        found = map(self._tables.find, table_keys(key))
        return next((table for table in found if table is not None), None)

    def read(self, table: TierTable, brackets: Brackets) -> tuple[MarginTier, ...] | str:
        """The table's tiers, or the sentence that says why they are not usable."""
        at = (table.key, brackets)
        if at not in self._read:
            self._read[at] = _usable(table, brackets)
        return self._read[at]


def _usable(table: TierTable, brackets: Brackets) -> tuple[MarginTier, ...] | str:
    try:
        check_tiers(table.tiers)
    except InputError as error:
        return error.user_message
    if brackets is Brackets.MARGINAL and lacks_deductions(table.tiers):
        return derive_deductions(table.tiers)
    return table.tiers


def table_rates(
    instrument: Instrument, quantity: float, table: TierTable, tiers: tuple[MarginTier, ...]
) -> Rates:
    """Where the maintenance of a quantity is read from, given a venue's table.

    Where bounds count notional of the settle currency the tiers stand as they are. Where they
    count what does not move with the price (contracts, base coin of a linear contract, face value
    of an inverse one) the size alone decides the tier, and its maintenance is a rate of
    mmr - cum / size.
    """
    measure = _fixed_measure(instrument, quantity, table.unit)
    if measure is None:
        return Rates(tiers, table, tiers, source=table.source)
    number = tier_number(measure, tiers)
    tier = tiers[number]
    whole = MarginTier(floor=0.0, mmr=tier.mmr - tier.cum / measure)
    return Rates((whole,), table, tiers, number, measure >= tiers[-1].cap, source=table.source)


def _fixed_measure(instrument: Instrument, quantity: float, unit: TierUnit) -> float | None:
    """The size that decides the tier at every price; None where notional decides it."""
    if unit is TierUnit.CONTRACTS:
        return quantity / instrument.contract_size
    linear = instrument.kind is ContractKind.LINEAR
    return None if unit is (TierUnit.QUOTE if linear else TierUnit.COIN) else quantity


def fixed_maintenance(rule: VenueRule, entry_notional: float, scale: float, rates: Rates) -> float:
    """Maintenance margin that does not move with the price: that on entry value, else 0.

    `scale` is how many times the position its wallet holds in the contract altogether.
    """
    if rule.maintenance_on is MaintenanceBasis.MARK:
        return 0.0
    return maintenance_margin(entry_notional * scale, rates.tiers) / scale
