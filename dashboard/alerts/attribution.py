"""What a change came from: price, funding, margin, tier, the position itself, the others.

Sequential substitution: from the book as it was, one thing after another is put as it is now, in
the order of `Cause`, and the whole book is assessed again; each part is what the figure moved at
its step. So the parts sum to the change, and a part holds what its cause does given those before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from dashboard.alerts.limits import dollars
from dashboard.market.account import Balance, Book, MarginMode, Position
from dashboard.market.instrument import Instrument, InstrumentKey, TierTables
from dashboard.market.readings import FundingRate, MarkPrice, ReadingKind, Ticker
from dashboard.market.snapshot import Freshness, Snapshot, freshness
from dashboard.risk.assess import assess
from dashboard.risk.report import PositionRisk

T = TypeVar("T")
ROOM = "room"
"""A figure beside those of PositionRisk: the way to liquidation as a fraction of the mark price,
negative once that is crossed, so that a breach can be explained, too."""
ROOM_IN_ATR = "room in ATR"
"""The same way in ATR(14, 1 h) of the moment."""
SHARE = "share"
"""The share of the book's notional that is of one venue or coin."""
_DAY_MS = 86_400_000


class Cause(StrEnum):
    """What may change a figure, in the order of substitution.

    VOLATILITY changes a way in ATR alone, HELD a share of the whole book.
    """

    PRICE = "price"
    FUNDING = "funding"
    MARGIN = "margin"
    TIER = "tier"
    POSITION = "the position itself"
    OTHERS = "other positions"
    VOLATILITY = "volatility"
    HELD = "what is held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """All that a figure is made of at one time; readings that had expired by then are left out.

    `atr` is ATR(14, 1 h) by contract, where it is known.
    """

    now_ms: int
    book: Book
    tiers: TierTables
    marks: Mapping[InstrumentKey, MarkPrice]
    fundings: Mapping[InstrumentKey, FundingRate]
    tickers: Mapping[InstrumentKey, Ticker]
    atr: Mapping[InstrumentKey, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """A figure then and now, and what each cause moved it by; the parts sum to the change."""

    figure: str
    since_ms: int
    before: float
    now: float
    parts: Mapping[Cause, float]


def moment_of(
    book: Book,
    snapshot: Snapshot,
    tiers: TierTables,
    now_ms: int,
    atr: Mapping[InstrumentKey, float] | None = None,
) -> Moment:
    """The moment that `assess` would look at, with copies of what it needs."""
    held = {position.instrument.key for position in book.positions}
    tables = {key: table for key in held if (table := tiers.find(key)) is not None}
    speed = snapshot.speed

    def live(kind: ReadingKind, received_ms: int) -> bool:
        return freshness(kind, received_ms, now_ms, speed) is not Freshness.EXPIRED

    return Moment(
        now_ms=now_ms,
        book=book,
        tiers=TierTables(tables),
        marks={
            key: reading
            for key, reading in snapshot.marks.items()
            if live(ReadingKind.MARK_PRICE, reading.as_of_ms)
        },
        fundings={
            key: reading
            for key, reading in snapshot.fundings.items()
            if live(ReadingKind.FUNDING_RATE, reading.as_of_ms)
        },
        tickers={
            key: reading
            for key, reading in snapshot.tickers.items()
            if live(ReadingKind.TICKER, reading.as_of_ms)
        },
        atr=dict(atr or {}),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A position at each step of the substitution, from which any of its figures is explained."""

    since_ms: int
    rows: tuple[PositionRisk, ...]
    ranges: tuple[float | None, float | None]
    """ATR at the first and the last step."""

    def of(self, figure: str = ROOM) -> Attribution | None:
        """What moved ROOM, ROOM_IN_ATR or a field of PositionRisk.

        None where the figure is not known at some step.
        """
        values = self._in_ranges() if figure == ROOM_IN_ATR else self._values(figure)
        known = [value for value in values if value is not None and math.isfinite(value)]
        if len(known) != len(values):
            return None
        pairs = zip(Cause, known, known[1:], strict=False)
        return Attribution(
            figure=figure,
            since_ms=self.since_ms,
            before=known[0],
            now=known[-1],
            parts={cause: after - prior for cause, prior, after in pairs},
        )

    def _values(self, figure: str) -> list[float | None]:
        return [_room(row) if figure == ROOM else getattr(row, figure) for row in self.rows]

    def _in_ranges(self) -> list[float | None]:
        """At each step in the ATR of the beginning, and at the end in that of now."""
        ways = [_way(row) for row in self.rows]
        steps = [*((way, self.ranges[0]) for way in ways), (ways[-1], self.ranges[1])]
        return [way / atr if way is not None and atr else None for way, atr in steps]


def change_of(position_id: str, before: Moment, now: Moment) -> Change | None:
    """What happened to a position between two moments; None where it was not there at both.

    Only the positions that share a wallet with it are looked at, for no other moves its figures.
    """
    held, holds = _find(before.book, position_id), _find(now.book, position_id)
    if held is None or holds is None or held.instrument.key != holds.instrument.key:
        return None
    alone = held.margin_mode == holds.margin_mode == MarginMode.ISOLATED
    start, end = _near(before, held, alone=alone), _near(now, holds, alone=alone)
    if start.book == end.book:
        end = replace(end, book=start.book)  # the same object is prepared once
    rows: list[PositionRisk] = []
    last: Moment | None = None
    for moment in _steps(start, end, held, holds):
        same = last is not None and _alike(last, moment)
        rows.append(rows[-1] if same else _row(moment, position_id))
        last = moment
    key = held.instrument.key
    return Change(before.now_ms, tuple(rows), (before.atr.get(key), now.atr.get(key)))


def share_change(
    before: Moment, now: Moment, counts: Callable[[Instrument], bool]
) -> Attribution | None:
    """What moved the share of the book's notional that `counts` names: prices, or what is held.

    None where the notional of some position is not known.
    """
    values = [_share(moment, counts) for moment in (before, replace(before, marks=now.marks), now)]
    known = [value for value in values if value is not None]
    if len(known) != len(values):
        return None
    parts = {Cause.PRICE: known[1] - known[0], Cause.HELD: known[2] - known[1]}
    return Attribution(
        figure=SHARE, since_ms=before.now_ms, before=known[0], now=known[2], parts=parts
    )


def _share(moment: Moment, counts: Callable[[Instrument], bool]) -> float | None:
    report = assess(moment.book, _snapshot(moment), moment.tiers, moment.now_ms)
    found = [
        (dollars(risk, risk.notional), counts(risk.position.instrument))
        for risk in report.positions
    ]
    sizes = [(abs(size), counted) for size, counted in found if size is not None]
    total = math.fsum(size for size, _ in sizes)
    if len(sizes) < len(found) or total <= 0.0:
        return None
    return math.fsum(size for size, counted in sizes if counted) / total


def attribute(
    position_id: str, before: Moment, now: Moment, figure: str = ROOM
) -> Attribution | None:
    """What moved `figure` (ROOM, or a field of PositionRisk) of a position between two moments.

    None where the position was not there then or is not now, or where the figure is not known at
    some step.
    """
    found = change_of(position_id, before, now)
    return None if found is None else found.of(figure)


@dataclass(frozen=True, slots=True)
class _Words:
    """How a figure is named and written; parts smaller than `least` are left out."""

    name: str
    unit: str = " points"
    scale: float = 100.0
    least: float = 0.0005


_WORDS: Mapping[str, _Words] = {
    ROOM: _Words("distance"),
    ROOM_IN_ATR: _Words("distance", " ATR", 1.0, 0.005),
    "distance_fraction": _Words("distance"),
    SHARE: _Words("share"),
    "margin_ratio": _Words("margin ratio"),
    "effective_leverage": _Words("leverage", "x", 1.0, 0.005),
    "wallet_leverage": _Words("leverage", "x", 1.0, 0.005),
    "hours_to_liquidation_by_funding": _Words("hours by funding", " h", 1.0, 0.05),
}


def cause_words(found: Attribution) -> str:
    """The change of a figure and its parts, the largest first; fractions in percentage points."""
    words = _WORDS[found.figure]

    def shown(value: float) -> str:
        return f"{words.scale * value:+,.2f}{words.unit}"

    parts = sorted(found.parts.items(), key=lambda part: -abs(part[1]))
    named = [f"{cause} {shown(part)}" for cause, part in parts if abs(part) >= words.least]
    since = f"{datetime.fromtimestamp(found.since_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    change = f"{words.name} {shown(found.now - found.before)} since {since}"
    return f"{change}: {', '.join(named)}" if named else change


def _near(moment: Moment, held: Position, *, alone: bool) -> Moment:
    """The moment with what may share a wallet with a position, or with that alone."""
    venue = held.instrument.venue
    positions = tuple(
        one
        for one in moment.book.positions
        if (one.id == held.id if alone else one.instrument.venue == venue)
    )
    keys = {one.instrument.key for one in positions}
    return replace(
        moment,
        book=Book(
            positions=positions,
            balances=tuple(one for one in moment.book.balances if one.venue == venue),
        ),
        marks={key: reading for key, reading in moment.marks.items() if key in keys},
        fundings={key: reading for key, reading in moment.fundings.items() if key in keys},
        tickers={key: reading for key, reading in moment.tickers.items() if key.venue == venue},
    )


def _steps(before: Moment, now: Moment, held: Position, holds: Position) -> Iterable[Moment]:
    key = held.instrument.key
    yield before
    at = replace(before, marks=_with(before.marks, now.marks, key))
    yield at
    at = replace(at, fundings=_with(at.fundings, now.fundings, key))
    yield at
    margined = replace(
        held, margin=holds.margin, extra_margin=holds.extra_margin, leverage=holds.leverage
    )
    at = _with_book(at, _put(at.book, margined), now.book.balances)
    yield at
    # Venue rules depend on the day, so the clock goes on together with the tier tables.
    at = replace(at, tiers=now.tiers, now_ms=now.now_ms)
    yield at
    at = _with_book(at, _put(at.book, holds), at.book.balances)
    yield at
    yield now


def _with_book(at: Moment, changed: Book, balances: tuple[Balance, ...]) -> Moment:
    changed = replace(changed, balances=balances)
    return at if changed == at.book else replace(at, book=changed)


def _alike(one: Moment, other: Moment) -> bool:
    """Whether no figure can differ: readings count as fresh, rules hold for whole days."""
    return (
        one.book is other.book
        and one.now_ms // _DAY_MS == other.now_ms // _DAY_MS
        and one.tiers.tables == other.tiers.tables
        and (one.marks, one.fundings, one.tickers) == (other.marks, other.fundings, other.tickers)
    )


def _row(moment: Moment, position_id: str) -> PositionRisk:
    report = assess(moment.book, _snapshot(moment), moment.tiers, moment.now_ms)
    places = [one.id for one in moment.book.positions]
    return report.positions[places.index(position_id)]


def _snapshot(moment: Moment) -> Snapshot:
    """The readings of a moment, taken as received just then."""
    return Snapshot(
        marks={
            k: replace(one, received_ms=moment.now_ms, lag_ms=0) for k, one in moment.marks.items()
        },
        fundings={
            k: replace(one, received_ms=moment.now_ms, lag_ms=0)
            for k, one in moment.fundings.items()
        },
        tickers={
            k: replace(one, received_ms=moment.now_ms, lag_ms=0)
            for k, one in moment.tickers.items()
        },
    )


def _way(risk: PositionRisk) -> float | None:
    """The way to liquidation in quote currency, negative beyond it."""
    mark, price = risk.mark_price, risk.liquidation_price
    if mark is None or price is None:
        return None
    return int(risk.position.side) * (mark - price)


def _room(risk: PositionRisk) -> float | None:
    way = _way(risk)
    return way / risk.mark_price if way is not None and risk.mark_price else None


def _find(book: Book, position_id: str) -> Position | None:
    return next((one for one in book.positions if one.id == position_id), None)


def _put(book: Book, changed: Position) -> Book:
    positions = (changed if one.id == changed.id else one for one in book.positions)
    return replace(book, positions=tuple(positions))


def _with(
    held: Mapping[InstrumentKey, T], now: Mapping[InstrumentKey, T], key: InstrumentKey
) -> dict[InstrumentKey, T]:
    """`held` with the reading of `key` as it is now, without one where there is none now."""
    changed = {at: reading for at, reading in held.items() if at != key}
    if key in now:
        changed[key] = now[key]
    return changed
