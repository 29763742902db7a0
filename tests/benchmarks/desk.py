"""A recorded tick to a repainted desk, a typed key to a risk: `python -m tests.benchmarks.desk`.

50 positions (ten of them cross) on the contracts of the bundled crash of August 2024; each tick is
the next recorded hour's mark prices. Measured is CPU time of the window's thread, off screen at
1600x1000 with the table over the whole height and the card beside it: assessing the book, showing
it, painting it.

- tick: the position table and the risk card both repainted. One frame, 16 ms, is the target; the
  peer is the same table painted by Qt's own delegate.
- key: the trade line read, the book assessed with it, card and line repainted. The target is 50 ms.
"""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import cycle

import numpy as np
from PySide6.QtWidgets import QApplication, QHBoxLayout, QTableView, QVBoxLayout, QWidget

from dashboard.feed.frames import Clock
from dashboard.market.account import Balance, Book, MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import FundingRate, IntervalSource, MarkPrice, SeriesKind
from dashboard.market.snapshot import Snapshot
from dashboard.replay.recording import load_recording
from dashboard.risk.assess import assess
from dashboard.risk.report import RiskReport
from dashboard.risk.true_range import HourlyMoves, hourly_moves
from dashboard.store.demo_book import DEMO_RECORDING
from dashboard.store.tiers import load_tiers
from dashboard.tradeline.symbol import instrument_named
from tests.benchmarks.measure import interleaved_rounds, medians, print_figure
from widgets.panels.card import CardPanel
from widgets.panels.positions import PositionsPanel
from widgets.theme import DARK, apply
from widgets.trade_strip import TradeStrip
from widgets.update import Update

POSITIONS, CROSS = 50, 10
TICKS, KEYS = 40, 20
FRAME_MS, KEY_MS = 16.0, 50.0
LINE = "long btc 0.5 @ market x10 iso sl 50000 tp 70000"
TIERS = load_tiers(None)
VENUES = ("binanceusdm",)
LISTING, LISTED = ("binanceusdm", "bybit", "okx", "hyperliquid"), 500
"""Other contracts that a line may mean, as many as four venues list."""


class World:
    """The recorded market, one hour of mark prices a tick."""

    def __init__(self) -> None:
        recording = load_recording(DEMO_RECORDING)
        marked = [m for m in recording.markets if m.of_kind(SeriesKind.MARK_CANDLES)]
        self.instruments = [instrument_named(m.market_id, m.venue) for m in marked]
        self.marks = {
            instrument.key: market.of_kind(SeriesKind.MARK_CANDLES)[0]
            for instrument, market in zip(self.instruments, marked, strict=True)
        }
        self.snapshot = Snapshot()
        self.snapshot.list_instruments(self.instruments)
        self.snapshot.list_instruments(
            instrument_named(f"C{n}USDT", venue) for venue in LISTING for n in range(LISTED)
        )
        self.now_ms = 0
        self._hours: Iterator[int] = cycle(range(400, 1_000))

    def tick(self) -> None:
        """Take the next hour's marks and the same funding again."""
        hour = next(self._hours)
        for key, series in self.marks.items():
            at_ms = int(series.time_ms[hour])
            self.now_ms = at_ms
            said = {"venue": key.venue, "symbol": key.symbol, "endpoint": "recording",
                    "venue_ms": at_ms, "received_ms": at_ms}  # fmt: skip
            close = float(series.columns["close"][hour])
            self.snapshot.marks[key] = MarkPrice(mark=close, **said)  # type: ignore[arg-type]
            self.snapshot.fundings[key] = FundingRate(
                predicted=0.0001,
                interval_hours=8.0,
                interval_source=IntervalSource.VENUE,
                next_settlement_ms=at_ms + 3_600_000,
                **said,  # type: ignore[arg-type]
            )

    def moves(self, key: InstrumentKey, now_ms: int) -> HourlyMoves:
        """The hourly moves of a contract as the window would have them."""
        series = self.marks[key]
        rows = np.column_stack(
            (series.time_ms, *(series.columns[c] for c in ("open", "high", "low", "close")))
        ).astype(np.float64)
        return hourly_moves(rows, now_ms)


def book_of(world: World) -> Book:
    """Positions on every contract that has marks, both sides, entries and leverages spread."""
    keys = list(world.marks)
    by_key = {instrument.key: instrument for instrument in world.instruments}
    positions = []
    for n in range(POSITIONS):
        key = keys[n % len(keys)]
        entry = float(world.marks[key].columns["close"][400]) * (1.0 + 0.002 * (n - 25))
        side = Side.LONG if n % 3 else Side.SHORT
        cross = n < CROSS
        positions.append(
            Position(
                id=f"p{n}",
                instrument=by_key[key],
                side=side,
                size=0.1 + 0.05 * n,
                size_unit=SizeUnit.BASE,
                entry_price=entry,
                margin_mode=MarginMode.CROSS if cross else MarginMode.ISOLATED,
                leverage=2.0 + n % 7,
                stop_price=entry * (1.0 - 0.1 * side),
            )
        )
    balance = Balance(venue="binanceusdm", coin="USDT", amount=200_000.0)
    return Book(positions=tuple(positions), balances=(balance,))


class Desk:
    """Line, table and card in one window, as wide and high as the first start."""

    def __init__(self) -> None:
        self.world = World()
        self.world.tick()
        self.book = book_of(self.world)
        self.window = QWidget()
        self.strip = TradeStrip(VENUES, self._assess, DARK)
        self.table = PositionsPanel(Keeper(), VENUES, self._assess, DARK)
        self.card = CardPanel(self._assess, self.world.moves, DARK)
        beside = QHBoxLayout()
        beside.addWidget(self.table, 72)
        beside.addWidget(self.card, 28)
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.strip)
        layout.addLayout(beside, 1)
        self.strip.drafted.connect(self.card.show_draft)
        self.window.resize(1600, 1000)
        self.window.show()
        self.tick()

    def tick(self) -> None:
        """One recorded tick, until everything that changed is painted."""
        self.world.tick()
        update = self.update()
        self.table.show_update(update)
        self.card.show_update(update)
        QApplication.processEvents()

    def type_line(self) -> None:
        """KEYS keys of a trade line, each until card and line are painted."""
        whole = LINE[: KEYS + 20]
        self.strip.show_update(self.update())
        for end in range(20, 20 + KEYS):
            self.strip.edit.setText(whole[:end] if end < 20 + KEYS - 1 else LINE)
            QApplication.processEvents()
        self.strip.edit.clear()

    def update(self) -> Update:
        """What the window shows at this tick."""
        world = self.world
        return Update(
            now_ms=world.now_ms,
            clock=Clock(now_ms=world.now_ms, speed=1.0, paused=False, recording=DEMO_RECORDING),
            snapshot=world.snapshot,
            book=self.book,
            report=self._assess(world.snapshot, self.book, world.now_ms),
            selected=self.book.positions[0].instrument.key,
        )

    @staticmethod
    def _assess(snapshot: Snapshot, book: Book, now_ms: int) -> RiskReport:
        return assess(book, snapshot, TIERS, now_ms)


class Keeper:
    """Keeps nothing: no edit is measured here."""

    def add_position(self, position: Position) -> None:
        """Nothing is kept."""

    update_position = add_position

    def delete_position(self, position_id: str) -> None:
        """Nothing is kept."""

    def set_balance(self, balance: Balance) -> None:
        """Nothing is kept."""

    def one_edit(self, title: str) -> AbstractContextManager[None]:
        """Nothing is kept."""
        return nullcontext()


def main() -> None:
    """Measure ticks and keys, and print one line each."""
    app = QApplication.instance() or QApplication([])
    if isinstance(app, QApplication):
        apply(app, DARK)
    lean, plain = Desk(), Desk()
    plain.table.view.paintEvent = partial(QTableView.paintEvent, plain.table.view)  # type: ignore[method-assign]
    found = medians(interleaved_rounds({"tick": lean.tick, "tick by Qt": plain.tick}, calls=TICKS))
    print_figure(
        "tick to repainted card and table of 50 positions",
        1_000.0 * found["tick"],
        "ms",
        "one frame",
        FRAME_MS,
    )
    print_figure(
        "the same with Qt's own delegate",
        1_000.0 * found["tick by Qt"],
        "ms",
        "one frame",
        FRAME_MS,
    )
    keys = medians(interleaved_rounds({"key": lean.type_line}))
    print_figure(
        "key of the trade line to its card, 50 positions held",
        1_000.0 * keys["key"] / KEYS,
        "ms",
        "the limit",
        KEY_MS,
    )
    for desk in (lean, plain):
        desk.window.close()
        desk.window.deleteLater()


if __name__ == "__main__":
    main()
