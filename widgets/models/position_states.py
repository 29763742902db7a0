"""Rows of planned, open and closed positions, and which of them a filter shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from enum import StrEnum

from dashboard.market.account import Book, Position, PositionState
from dashboard.market.snapshot import Snapshot
from dashboard.risk.closed import realised
from dashboard.risk.notional import quantity_of
from dashboard.risk.report import LiquidationStatus, PositionRisk, RiskReport
from widgets.models.position_row import PositionRow, position_rows, side_name
from widgets.update import Update

Assess = Callable[[Snapshot, Book, int], RiskReport]

_CLOSED = "this position is closed"
_CLOSED_MISSING: Mapping[str, str] = {
    field.name: _CLOSED
    for field in fields(PositionRisk)
    if field.name not in ("position", "currency", "status", "quantity", "unrealised_pnl")
}


class Shown(StrEnum):
    """Which positions the table shows."""

    OPEN = "Open"
    PLANNED = "Planned"
    CLOSED = "Closed"
    ALL = "All"


def rows_of(update: Update, shown: Shown, text: str, assess: Assess) -> list[PositionRow]:
    """The rows of the chosen states that hold every word of `text`, open ones first."""
    rows: list[PositionRow] = []
    if shown in (Shown.OPEN, Shown.ALL):
        rows += position_rows(update)
    if shown in (Shown.PLANNED, Shown.ALL):
        rows += [_planned(update, position, assess) for position in update.book.planned]
    if shown in (Shown.CLOSED, Shown.ALL):
        rows += [
            PositionRow(closed_risk(position), mark_late=False) for position in _newest(update)
        ]
    words = text.casefold().split()
    return [row for row in rows if all(word in _said(row.position) for word in words)]


def closed_risk(position: Position) -> PositionRisk:
    """What there is to say of a closed position: its size and, as PnL, its net result."""
    result = realised(position)
    return PositionRisk(
        position=position,
        currency=position.instrument.settle,
        status=LiquidationStatus.UNKNOWN,
        quantity=quantity_of(position),
        unrealised_pnl=None if result is None else result.net,
        missing=_CLOSED_MISSING,
    )


def _planned(update: Update, position: Position, assess: Assess) -> PositionRow:
    """A planned position as if it were held beside the open ones."""
    book = replace(update.book, positions=(*update.book.positions, position))
    report = assess(update.snapshot, book, update.now_ms)
    return PositionRow(report.positions[-1], mark_late=False)


def _newest(update: Update) -> list[Position]:
    def closed_ms(position: Position) -> int:
        closing = position.closing
        return 0 if closing is None or closing.closed_ms is None else closing.closed_ms

    return sorted(update.book.closed, key=closed_ms, reverse=True)


def _said(position: Position) -> str:
    instrument = position.instrument
    words = (
        instrument.symbol,
        instrument.venue,
        side_name(position.side),
        position.state.value,
        position.note,
        *position.tags,
    )
    return " ".join(words).casefold()


def opened(position: Position, now_ms: int) -> Position:
    """A planned position that is held from now on."""
    return replace(position, state=PositionState.OPEN, opened_ms=now_ms)
