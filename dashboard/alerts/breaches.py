"""A position whose mark price went beyond its liquidation price stays breached until it is said
what came of it. Pure: notes and the world in, notes out.

On the venue such a position is gone, wherever the price went afterwards, so a breach is never taken
back by a price. An edit takes it back only where the position was beyond from the first look on:
then what was entered was wrong. A position that stood and was crossed may have been liquidated
whatever its margin is said to be afterwards; that it was not, the trader says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from dashboard.market.account import Balance, Breach, BreachSource, MarginMode, Position, Side
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import ReadingKind
from dashboard.market.snapshot import Freshness, Snapshot, freshness
from dashboard.risk.report import LiquidationStatus, PositionRisk, RiskReport
from dashboard.risk.row_view import CLOCK_SLACK_MS, has_been
from dashboard.risk.true_range import HOUR_MS, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionNote:
    """What is remembered of one position.

    `contract` is its venue and symbol. `terms` are what its liquidation price is made of, as
    entered, and `since_ms` is since when they hold: hours before it say nothing of them. `stood`
    is whether it was ever seen with room left on these terms. `breach` waits to be answered.
    """

    contract: str
    terms: str
    since_ms: int
    stood: bool = False
    breach: Breach | None = None


def contract_of(position: Position) -> str:
    """The venue and symbol of a position, for its note."""
    return f"{position.instrument.venue} {position.instrument.symbol}"


def terms_of(position: Position, balances: Iterable[Balance] = ()) -> str:
    """What the liquidation price is made of, of what was entered.

    Of a cross position these are also the balances at its venue.
    """
    wallet = [
        f"{held.coin}:{held.amount}x{held.haircut}"
        for held in balances
        if held.venue == position.instrument.venue and position.margin_mode is MarginMode.CROSS
    ]
    parts = (
        position.side.name,
        position.size,
        position.size_unit.value,
        position.entry_price,
        position.margin_mode.value,
        position.leverage,
        position.margin,
        position.extra_margin,
        position.maintenance_margin_rate,
        position.maintenance_amount,
        position.taker_fee,
        position.instrument.contract_size,
        *sorted(wallet),
    )
    return " ".join(map(str, parts))


def look(
    notes: Mapping[str, PositionNote],
    report: RiskReport,
    snapshot: Snapshot,
    hours: Mapping[InstrumentKey, FloatArray],
    balances: Iterable[Balance] = (),
) -> dict[str, PositionNote]:
    """The notes that change by what is seen now, by position id.

    `hours` are hourly candles of the mark price by contract: start (ms UTC), open, high, low,
    close. They speak of isolated positions only: the liquidation price of a cross position in an
    hour that is over hung on what else its wallet held and was worth then. `balances` are the
    book's.
    """
    entered = tuple(balances)
    now_ms = report.now_ms
    doubted = {
        _wallet(risk) for risk in report.positions if not _is_believed(risk, snapshot, now_ms)
    }
    changed: dict[str, PositionNote] = {}
    for risk in report.positions:
        held = notes.get(risk.position.id)
        terms = terms_of(risk.position, entered)
        note = _on_present_terms(held, risk.position, terms, now_ms)
        # Figures of a book with a breach say nothing of how the mark stands to the price itself.
        waits = note.breach is not None and has_been(note.breach, now_ms)
        if risk.breach is None and not waits:
            believed = _wallet(risk) not in doubted
            candles = hours.get(risk.position.instrument.key)
            note = _seen(note, risk, candles, now_ms, believed=believed)
        if note != held:
            changed[risk.position.id] = note
    return changed


def still_stands(note: PositionNote, now_ms: int) -> PositionNote:
    """The note of a position of which the trader says that it was not liquidated."""
    return replace(note, breach=None, since_ms=now_ms)


def breach_words(breach: Breach, price: Callable[[float], str]) -> str:
    """What was seen, when, and against which price; `price` writes one."""
    at = f"{datetime.fromtimestamp(breach.at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    seen, limit = price(breach.mark_price), breach.liquidation_price
    if limit is None:
        return f"the mark price was at {seen} at {at}, and no price was safe for your margin"
    beyond = f"beyond your liquidation price {price(limit)}"
    if breach.source is BreachSource.HOURLY:
        end = "low" if breach.mark_price <= limit else "high"
        return f"the hourly {end} of the mark price was {seen}, {beyond}, in the hour from {at}"
    return f"the mark price was at {seen}, {beyond}, at {at}"


def _wallet(risk: PositionRisk) -> tuple[str, str]:
    """What a doubtful mark price casts doubt on: the position alone, or the wallet it shares."""
    if risk.position.margin_mode is MarginMode.ISOLATED:
        return risk.position.id, ""
    return risk.position.instrument.venue, risk.currency


def _is_believed(risk: PositionRisk, snapshot: Snapshot, now_ms: int) -> bool:
    """Whether there is a mark price that is neither doubted nor older than it should be."""
    mark = snapshot.marks.get(risk.position.instrument.key)
    if mark is None or risk.mark_price is None or mark.doubt:
        return False
    kind, speed = ReadingKind.MARK_PRICE, snapshot.speed
    return freshness(kind, mark.as_of_ms, now_ms, speed) is Freshness.FRESH


def _on_present_terms(
    held: PositionNote | None, position: Position, terms: str, now_ms: int
) -> PositionNote:
    """The note as it is for what is entered now."""
    contract = contract_of(position)
    if held is not None and held.contract != contract:
        # Another position, which was entered over the one before.
        return PositionNote(contract=contract, terms=terms, since_ms=now_ms)
    if held is None or held.since_ms > now_ms + CLOCK_SLACK_MS:
        opened_ms = now_ms if position.opened_ms is None else min(position.opened_ms, now_ms)
        kept = None if held is None else held.breach
        return PositionNote(
            contract=contract,
            terms=terms,
            since_ms=opened_ms,
            stood=kept is not None,
            breach=kept,
        )
    if held.terms == terms:
        return held
    kept = held.breach if held.stood else None
    if kept is not None and not has_been(kept, now_ms):
        kept = None
    return replace(held, terms=terms, since_ms=now_ms, stood=kept is not None, breach=kept)


def _seen(
    note: PositionNote,
    risk: PositionRisk,
    candles: FloatArray | None,
    now_ms: int,
    *,
    believed: bool,
) -> PositionNote:
    """The note after what the mark price is now, and was in the hours since its terms hold."""
    crossed = risk.status is LiquidationStatus.BREACHED
    if believed and crossed and risk.mark_price is not None:
        price = risk.liquidation_price
        found = Breach(at_ms=now_ms, mark_price=risk.mark_price, liquidation_price=price)
        return replace(note, breach=found)
    told = None if candles is None else _in_hours(note, risk, candles, now_ms)
    if told is not None:
        return replace(note, stood=True, breach=told)
    stands = risk.status in (LiquidationStatus.OK, LiquidationStatus.NONE)
    return replace(note, stood=True) if believed and stands and not note.stood else note


def _in_hours(
    note: PositionNote, risk: PositionRisk, candles: FloatArray, now_ms: int
) -> Breach | None:
    """The first whole hour on these terms that went beyond the liquidation price."""
    price, position = risk.liquidation_price, risk.position
    if price is None or position.margin_mode is not MarginMode.ISOLATED:
        return None
    start, high, low = candles[:, 0], candles[:, 2], candles[:, 3]
    long = position.side is Side.LONG
    worst = low if long else high
    # A gap is NaN, with which no comparison holds. An hour that runs may be of a later time than
    # now, where a recording was set back.
    over = start + HOUR_MS <= now_ms
    beyond = (worst <= price) if long else (worst >= price)
    rows = np.flatnonzero(beyond & (start >= note.since_ms) & over & (worst > 0.0))
    if not rows.size:
        return None
    first = int(rows[0])
    return Breach(
        at_ms=int(start[first]),
        mark_price=float(worst[first]),
        liquidation_price=price,
        source=BreachSource.HOURLY,
    )
