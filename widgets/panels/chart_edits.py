"""Prices of positions set on the chart: by key at the mouse, by dragging a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from dashboard.market.account import Book, Position
from dashboard.market.instrument import InstrumentKey
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import LiquidationStatus, PositionRisk, RiskReport
from widgets import format as fmt
from widgets.charts.price_lines import PriceLine, PriceLineKind
from widgets.update import Update

_WORDS = {
    PriceLineKind.ENTRY: "entry",
    PriceLineKind.STOP: "stop",
    PriceLineKind.TAKE_PROFIT: "target",
}

Assess = Callable[[Snapshot, Book, int], RiskReport]


class _Held(NamedTuple):
    """The position whose line a hand holds: as it is kept, and as it would be."""

    original: Position
    supposed: Position


class ChartEdits(QObject):
    """Turns gestures into positions to keep.

    `edited` carries a position as it shall be kept, `supposed` one as it would be while a line is
    in the hand (None: no more), `said` a sentence on what was done. `wanted` carries a contract,
    the name of a price ("entry", "stop", "target") and the price for the trade that is typed, or
    for a new one where there is no position to give it to.
    """

    edited = Signal(object)
    supposed = Signal(object)
    wanted = Signal(object, str, float)
    said = Signal(str)

    def __init__(self, assess: Assess | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._assess = assess
        self._update: Update | None = None
        self._typed: Position | None = None
        self._held: _Held | None = None

    def show_typed(self, position: Position | None) -> None:
        """Take the trade that is being typed: its lines are shown and moved as if it were held."""
        self._typed = position

    @property
    def typed_id(self) -> str:
        """The id of the typed trade, empty where there is none."""
        return "" if self._typed is None else self._typed.id

    @property
    def names(self) -> dict[str, str]:
        """What stands before the side of positions that are not held, by id."""
        planned = self._update.book.planned if self._update is not None else ()
        names = {one.id: "planned" for one in planned}
        return names | ({self.typed_id: "typed"} if self._typed is not None else {})

    def show_update(self, update: Update) -> Update:
        """Take the newest state; answers it as it is shown: with what is held in the hand.

        The typed trade and planned positions are added to the report without changing what it
        says of others: those are at risk as they are.
        """
        self._update = update
        held = self._held
        if held is not None and held.original.id not in self.names and self._assess is not None:
            book = _with(update.book, held.supposed)
            report = self._assess(update.snapshot, book, update.now_ms)
            update = replace(update, book=book, report=report)
        more = [*self._typed_risk(update), *self._planned_risks(update)]
        if not more:
            return update
        report = replace(update.report, positions=[*update.report.positions, *more])
        return replace(update, report=report)

    def _as_held(self, position: Position) -> Position:
        """The position with the line that a hand holds."""
        held = self._held
        return held.supposed if held is not None and held.original.id == position.id else position

    def _typed_risk(self, update: Update) -> list[PositionRisk]:
        if self._typed is None or self._assess is None:
            return []
        book = _with(update.book, self._as_held(self._typed))
        report = self._assess(update.snapshot, book, update.now_ms)
        return [risk for risk in report.positions if risk.position.id == self._typed.id]

    def _planned_risks(self, update: Update) -> list[PositionRisk]:
        """Planned positions with their prices alone: what they would do is the card's to say."""
        return [
            PositionRisk(
                position=self._as_held(one),
                currency=one.instrument.settle,
                status=LiquidationStatus.UNKNOWN,
            )
            for one in update.book.planned
        ]

    def hold(self, line: PriceLine, price: float) -> Update | None:
        """A line is held at a price: the state as if it stood there already."""
        if self._update is None:
            return None
        original = self._position(line.of) if self._held is None else self._held.original
        if original is None:
            return self._update
        self._held = _Held(original, _changed(original, line.kind, price))
        if original.id not in self.names:
            self.supposed.emit(self._held.supposed)
        return self.show_update(self._update)

    def drop(self, key: InstrumentKey, line: PriceLine, price: float) -> None:
        """The line was let go at a price."""
        original = self._position(line.of) if self._held is None else self._held.original
        self._held = None
        self.supposed.emit(None)
        if original is None:
            return
        if original.id == self.typed_id:
            self.wanted.emit(key, _WORDS[line.kind], price)
        else:
            self._keep(original, line.kind, price)

    def set_at(self, key: InstrumentKey, kind: PriceLineKind, price: float) -> None:
        """Give a price to the trade that is typed for `key`, else to the position in it.

        Of several positions it is the one whose price is nearest.
        """
        positions = self._positions(key)
        typed = self._typed is not None and self._typed.instrument.key == key
        if typed or not positions:
            self.wanted.emit(key, _WORDS[kind], price)
            return
        self._keep(min(positions, key=lambda held: _distance(held, kind, price)), kind, price)

    def _keep(self, position: Position, kind: PriceLineKind, price: float) -> None:
        before = _price(position, kind)
        if before == price:
            return
        self._tell(position, kind, price, "; Ctrl+Z takes it back")

    def _tell(
        self, position: Position, kind: PriceLineKind, price: float | None, after: str = ""
    ) -> None:
        self.edited.emit(_changed(position, kind, price))
        tick = position.instrument.price_tick
        where = "taken away" if price is None else f"at {fmt.price(price, tick)}"
        name = fmt.symbol_name(position.instrument.key)
        self.said.emit(f"{position.side.name} {name}: {_WORDS[kind]} {where}{after}")

    def _position(self, position_id: str) -> Position | None:
        book = self._update.book if self._update is not None else Book()
        typed = () if self._typed is None else (self._typed,)
        every = (*typed, *book.positions, *book.planned)
        return next((one for one in every if one.id == position_id), None)

    def _positions(self, key: InstrumentKey) -> list[Position]:
        """Those held in a contract, or where none is, those planned in it."""
        book = self._update.book if self._update is not None else Book()
        held = [one for one in book.positions if one.instrument.key == key]
        return held or [one for one in book.planned if one.instrument.key == key]


def _changed(position: Position, kind: PriceLineKind, price: float | None) -> Position:
    if kind is PriceLineKind.STOP:
        return replace(position, stop_price=price)
    if kind is PriceLineKind.TAKE_PROFIT:
        return replace(position, take_profit_price=price)
    return position if price is None else replace(position, entry_price=price)


def _price(position: Position, kind: PriceLineKind) -> float | None:
    if kind is PriceLineKind.STOP:
        return position.stop_price
    if kind is PriceLineKind.TAKE_PROFIT:
        return position.take_profit_price
    return position.entry_price


def _with(book: Book, changed: Position) -> Book:
    if all(one.id != changed.id for one in book.positions):
        return replace(book, positions=(*book.positions, changed))
    positions = tuple(changed if one.id == changed.id else one for one in book.positions)
    return replace(book, positions=positions)


def _distance(position: Position, kind: PriceLineKind, price: float) -> float:
    held = _price(position, kind)
    return abs((position.entry_price if held is None else held) - price)
