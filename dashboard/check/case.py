"""A request as the book, the readings and the tier tables that `assess` takes.

What the request gives stands in for what would come from a venue or a bundled table; what it
does not give stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from dashboard.check.entered_tiers import Overlay, check_tier_use, own_tables
from dashboard.check.positions import (
    STANDING_PRICE,
    Entry,
    Place,
    other_entries,
    position_from,
    standing_position,
)
from dashboard.check.request import Request
from dashboard.errors import InputError
from dashboard.market.account import Balance, Book, MarginMode, Position
from dashboard.market.instrument import InstrumentKey, TierTables
from dashboard.market.readings import (
    FundingRate,
    IntervalSource,
    MarkPrice,
    ReadingKind,
    Unavailable,
)
from dashboard.market.snapshot import Snapshot

_CHECKED = "checked"
_UNNAMED = "the contract"
_ENTERED = "entered"
_NOT_GIVEN = {
    ReadingKind.MARK_PRICE: "no mark_price was given",
    ReadingKind.FUNDING_RATE: "no funding_rate was given",
}


@dataclass(frozen=True, slots=True)
class Case:
    """What `assess` is called with for one request; `position` is the first of the book."""

    position: Position
    book: Book
    snapshot: Snapshot
    tiers: TierTables
    now_ms: int
    warnings: tuple[str, ...]


def case_of(request: Request, known: TierTables, now_ms: int) -> Case:
    """The case of a request that `check_request` has passed.

    `now_ms` decides which venue rule holds where the request names no date. Raises InputError
    where fields contradict each other or a tier table that applies forbids the leverage.
    """
    day = request.rule_date
    on_ms = now_ms if day is None else _midnight_ms(day)
    position = position_from(request, Place(request.venue or "", _CHECKED, _UNNAMED, ""))
    others = other_entries(request, position)
    tables = own_tables([Entry("", request, position), *others], on_ms)
    tiers = TierTables(Overlay(tables, known.tables))
    check_tier_use(request, position, tiers)
    rest = standing_position(request, position, on_ms)
    marks = _marks(request, position, others)
    if rest is not None:
        marks[rest.instrument.key] = STANDING_PRICE
    held = [entry.position for entry in others] + ([rest] if rest is not None else [])
    return Case(
        position=position,
        book=Book(positions=(position, *held), balances=_balances(request, position)),
        snapshot=_snapshot(request, position, marks, on_ms),
        tiers=tiers,
        now_ms=on_ms,
        warnings=tuple(_ignored(request)),
    )


def _midnight_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def _balances(request: Request, position: Position) -> tuple[Balance, ...]:
    if request.wallet_balance is None or position.margin_mode is MarginMode.ISOLATED:
        return ()
    instrument = position.instrument
    return (Balance(venue=instrument.venue, coin=instrument.settle, amount=request.wallet_balance),)


def _marks(
    request: Request, position: Position, others: Sequence[Entry]
) -> dict[InstrumentKey, float]:
    """The mark price of each contract; a contract has one."""
    marks: dict[InstrumentKey, float] = {}
    if request.mark_price is not None:
        marks[position.instrument.key] = request.mark_price
    for entry in others:
        key, mark = entry.position.instrument.key, entry.request.mark_price
        name = f"{entry.prefix}mark_price"
        if mark is None and key != position.instrument.key:
            raise InputError(name, f"{name} is missing: its profit counts in the wallet")
        if mark is not None and marks.setdefault(key, mark) != mark:
            raise InputError(
                name, f"{name} is {mark:g} but the same contract was given {marks[key]:g} before"
            )
    return marks


def _snapshot(
    request: Request, position: Position, marks: Mapping[InstrumentKey, float], now_ms: int
) -> Snapshot:
    snapshot = Snapshot()
    key = position.instrument.key
    snapshot.merge(
        Unavailable(
            venue=key.venue,
            symbol=key.symbol,
            endpoint=_ENTERED,
            venue_ms=None,
            received_ms=now_ms,
            kind=kind,
            reason=reason,
        )
        for kind, reason in _NOT_GIVEN.items()
    )
    snapshot.merge(
        MarkPrice(
            venue=at.venue,
            symbol=at.symbol,
            endpoint=_ENTERED,
            venue_ms=None,
            received_ms=now_ms,
            mark=mark,
        )
        for at, mark in marks.items()
    )
    if request.funding_rate is not None:
        hours = request.funding_interval_hours
        funding = FundingRate(
            venue=key.venue,
            symbol=key.symbol,
            endpoint=_ENTERED,
            venue_ms=None,
            received_ms=now_ms,
            predicted=request.funding_rate,
            interval_hours=hours,
            interval_source=IntervalSource.UNKNOWN if hours is None else IntervalSource.VENUE,
        )
        snapshot.merge([funding])
    return snapshot


def _ignored(request: Request) -> Iterator[str]:
    """A sentence for each given field that the margin mode leaves without meaning."""
    isolated = request.margin_mode is MarginMode.ISOLATED
    of_cross = ("wallet_balance", "other_positions", "other_unrealised_pnl", "other_maintenance")
    for name in of_cross if isolated else ("margin", "extra_margin"):
        if getattr(request, name) is not None:
            yield f"{name} is not used: the position is {request.margin_mode}"
    if request.tiers is not None and request.maintenance_margin_rate is not None:
        yield "tiers are not used: maintenance_margin_rate was given"
