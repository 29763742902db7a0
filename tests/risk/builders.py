"""Positions, snapshots and tier tables for the risk tests, with few words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dashboard.market.account import Balance, Book, MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import (
    ContractKind,
    Instrument,
    InstrumentKey,
    MarginTier,
    TierTable,
    TierTables,
    TierUnit,
)
from dashboard.market.readings import FundingRate, IntervalSource, MarkPrice
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.report import PositionRisk, RiskReport

LINEAR, INVERSE = ContractKind.LINEAR, ContractKind.INVERSE
LONG, SHORT = Side.LONG, Side.SHORT
ISOLATED, CROSS = MarginMode.ISOLATED, MarginMode.CROSS
NO_TIERS = TierTables({})


def instant(year: int, month: int = 1, day: int = 1) -> int:
    """Midnight UTC of a date in ms."""
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1000


NOW = instant(2026, 10, 1)


def instrument(
    base: str = "BTC",
    *,
    venue: str = "binanceusdm",
    kind: ContractKind = LINEAR,
    quote: str | None = None,
    contract_size: float = 1.0,
    price_tick: float | None = None,
) -> Instrument:
    """A contract: quoted and settled in USDT (linear) or quoted in USD, settled in its base."""
    quoted = quote or ("USDT" if kind is LINEAR else "USD")
    settle = quoted if kind is LINEAR else base
    return Instrument(
        venue=venue,
        symbol=f"{base}/{quoted}:{settle}",
        market_id=f"{base}{quoted}",
        base=base,
        quote=quoted,
        settle=settle,
        kind=kind,
        contract_size=contract_size,
        price_tick=price_tick,
    )


def position(
    side: Side = LONG,
    size: float = 1.0,
    entry: float = 50_000.0,
    *,
    of: Instrument | None = None,
    mode: MarginMode = ISOLATED,
    name: str = "p",
    **more: Any,
) -> Position:
    """A position; isolated ones stand at 10x unless leverage or margin is given."""
    contract = of or instrument()
    own_unit = SizeUnit.BASE if contract.kind is LINEAR else SizeUnit.QUOTE
    fields: dict[str, Any] = {"size_unit": own_unit}
    if mode is ISOLATED and not {"leverage", "margin"} & more.keys():
        fields["leverage"] = 10.0
    return Position(
        id=name,
        instrument=contract,
        side=side,
        size=size,
        entry_price=entry,
        margin_mode=mode,
        **(fields | more),
    )


def mark(contract: Instrument, price: float | None, *, age_ms: int = 1_000) -> MarkPrice:
    """A mark price received `age_ms` before NOW."""
    return MarkPrice(
        venue=contract.venue,
        symbol=contract.symbol,
        endpoint="mark endpoint",
        venue_ms=None,
        received_ms=NOW - age_ms,
        mark=price,
    )


def funding(
    contract: Instrument,
    rate: float | None,
    hours: float | None = 8.0,
    *,
    age_ms: int = 1_000,
) -> FundingRate:
    """A predicted funding rate received `age_ms` before NOW."""
    return FundingRate(
        venue=contract.venue,
        symbol=contract.symbol,
        endpoint="funding endpoint",
        venue_ms=None,
        received_ms=NOW - age_ms,
        predicted=rate,
        interval_hours=hours,
        interval_source=IntervalSource.VENUE if hours else IntervalSource.UNKNOWN,
    )


def snapshot_of(*readings: MarkPrice | FundingRate) -> Snapshot:
    """A snapshot that holds these readings."""
    snapshot = Snapshot()
    snapshot.merge(readings)
    return snapshot


def tiers_of(*rows: tuple[float, float, float]) -> tuple[MarginTier, ...]:
    """Tiers from (floor, mmr, cum); each ends where the next begins."""
    caps = [row[0] for row in rows[1:]] + [float("inf")]
    return tuple(
        MarginTier(floor=floor, cap=cap, mmr=mmr, cum=cum)
        for (floor, mmr, cum), cap in zip(rows, caps, strict=True)
    )


def tables_of(
    contract: Instrument,
    tiers: Iterable[MarginTier],
    unit: TierUnit = TierUnit.QUOTE,
    *,
    as_of_ms: int | None = NOW,
) -> TierTables:
    """One contract's tier table, published at `as_of_ms`."""
    table = TierTable(
        venue=contract.venue,
        symbol=contract.symbol,
        tiers=tuple(tiers),
        unit=unit,
        as_of_ms=as_of_ms,
        source="tier document",
    )
    return TierTables({InstrumentKey(contract.venue, contract.symbol): table})


def report_of(
    positions: Iterable[Position],
    snapshot: Snapshot | None = None,
    tiers: TierTables = NO_TIERS,
    *,
    balances: Iterable[Balance] = (),
    now_ms: int = NOW,
) -> RiskReport:
    """The report of a book."""
    book = Book(positions=tuple(positions), balances=tuple(balances))
    return assess(book, snapshot or Snapshot(), tiers, now_ms)


def risk_of(
    held: Position,
    snapshot: Snapshot | None = None,
    tiers: TierTables = NO_TIERS,
    *,
    balances: Iterable[Balance] = (),
    now_ms: int = NOW,
) -> PositionRisk:
    """The risk of one position in a book of its own."""
    return report_of([held], snapshot, tiers, balances=balances, now_ms=now_ms).positions[0]
