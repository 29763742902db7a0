"""Contracts and their margin tiers, as a venue lists them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

DOLLARS = frozenset({"USD", "USDT", "USDC", "FDUSD", "BUSD", "USDE", "USDH", "USD1"})
"""Currencies whose amounts and prices are shown and compared in dollars as they are."""


class ContractKind(StrEnum):
    """How profit is settled: LINEAR in the quote currency, INVERSE in the base coin."""

    LINEAR = "linear"
    INVERSE = "inverse"


class InstrumentKey(NamedTuple):
    """One contract: `venue` is a catalogue id ("binanceusdm"), `symbol` ccxt's unified one."""

    venue: str
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One perpetual contract of one venue.

    `contract_size` is base coin per contract (linear) or quote currency per contract (inverse);
    `multiplier` is how many units of the coin one base unit stands for (1000 for 1000PEPE).
    `price_tick` is the smallest price step in quote currency, None where the venue gives none.
    """

    venue: str
    symbol: str
    market_id: str
    base: str
    quote: str
    settle: str
    kind: ContractKind
    contract_size: float = 1.0
    multiplier: float = 1.0
    price_tick: float | None = None
    amount_step: float | None = None
    active: bool = True

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.venue, self.symbol)

    @property
    def in_dollars(self) -> bool:
        """Whether an amount in quote currency is one in dollars."""
        return self.quote in DOLLARS


class TierUnit(StrEnum):
    """What a tier table's bounds count."""

    QUOTE = "quote"
    COIN = "coin"
    CONTRACTS = "contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTier:
    """One row of a leverage tier table: holds for `floor <= size < cap`.

    Maintenance margin is `notional * mmr - cum`; `mmr` is a fraction, `cum` (the maintenance
    deduction) is in the table's margin currency. `max_leverage` is None where not published.
    """

    floor: float
    cap: float = math.inf
    mmr: float
    cum: float = 0.0
    max_leverage: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierTable:
    """A contract's leverage tiers with where and when they were published.

    `as_of_ms` is the publication instant in ms UTC; None means typed by the trader.
    """

    venue: str
    symbol: str
    tiers: tuple[MarginTier, ...]
    unit: TierUnit
    as_of_ms: int | None
    source: str

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.venue, self.symbol)


@dataclass(frozen=True, slots=True)
class TierTables:
    """All known tier tables by contract."""

    tables: Mapping[InstrumentKey, TierTable] = field(default_factory=dict)

    def find(self, key: InstrumentKey) -> TierTable | None:
        """The table of `key`, or None where none is known."""
        return self.tables.get(key)
