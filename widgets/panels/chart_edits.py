"""Prices of positions set on the chart: by key at the mouse, by dragging a line, and back again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from dashboard.market.account import Book, Position
from dashboard.market.instrument import InstrumentKey
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import RiskReport
from widgets import format as fmt
from widgets.charts.price_lines import PriceLine, PriceLineKind
from widgets.update import Update

_WORDS = {
    PriceLineKind.ENTRY: "entry",
    PriceLineKind.STOP: "stop",
    PriceLineKind.TAKE_PROFIT: "target",
}

Assess = Callable[[Snapshot, Book, int], RiskReport]


@dataclass(frozen=True, slots=True)
class Edit:
    """One price of one position, before and after."""

    position_id: str
    kind: PriceLineKind
    before: float | None
    after: float | None


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
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._held: _Held | None = None

    def show_typed(self, position: Position | None) -> None:
        """Take the trade that is being typed: its lines are shown and moved as if it were held."""
        self._typed = position

    @property
    def typed_id(self) -> str:
        """The id of the typed trade, empty where there is none."""
        return "" if self._typed is None else self._typed.id

    def show_update(self, update: Update) -> Update:
        """Take the newest state; answers it as it is shown: with the line that a hand holds."""
        self._update = update
        changed = [] if self._held is None else [self._held.supposed]
        typed = self._typed
        if typed is not None and all(one.id != typed.id for one in changed):
            changed.append(typed)
        return self._with(update, changed) if changed else update

    def _with(self, update: Update, changed: list[Position]) -> Update:
        if self._assess is None:
            return update
        book = update.book
        for position in changed:
            book = _with(book, position)
        return replace(update, book=book, report=self._assess(update.snapshot, book, update.now_ms))

    def hold(self, line: PriceLine, price: float) -> Update | None:
        """A line is held at a price: the state as if it stood there already."""
        if self._update is None:
            return None
        original = self._position(line.of) if self._held is None else self._held.original
        if original is None:
            return self._update
        self._held = _Held(original, _changed(original, line.kind, price))
        if original.id != self.typed_id:
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

    def undo(self) -> None:
        """Take the last price back."""
        self._step(self._done, self._undone, back=True)

    def redo(self) -> None:
        """Set the price again that was taken back last."""
        self._step(self._undone, self._done, back=False)

    @property
    def can_undo(self) -> bool:
        """Whether there is a price to take back."""
        return bool(self._done)

    def _step(self, source: list[Edit], target: list[Edit], *, back: bool) -> None:
        if not source:
            self.said.emit("There is nothing to take back on the chart." if back else "")
            return
        edit = source.pop()
        position = self._position(edit.position_id)
        if position is None:
            self.said.emit("The position that was changed last is gone.")
            return
        target.append(edit)
        price = edit.before if back else edit.after
        self._tell(position, edit.kind, price)

    def _keep(self, position: Position, kind: PriceLineKind, price: float) -> None:
        before = _price(position, kind)
        if before == price:
            return
        self._done.append(Edit(position.id, kind, before, price))
        self._undone.clear()
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
        held = self._update.book.positions if self._update is not None else ()
        typed = () if self._typed is None else (self._typed,)
        return next((one for one in (*typed, *held) if one.id == position_id), None)

    def _positions(self, key: InstrumentKey) -> list[Position]:
        held = self._update.book.positions if self._update is not None else ()
        return [one for one in held if one.instrument.key == key]


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
