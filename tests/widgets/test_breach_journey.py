"""A crossed position under the hand: it stays breached over a restart until it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.errors import StoreError
from dashboard.market.account import Balance, MarginMode, Position
from dashboard.market.instrument import InstrumentKey
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.true_range import HOUR_MS, FloatArray, HourlyMoves
from dashboard.store.book import BookStore
from tests.risk.builders import LONG, NO_TIERS, NOW, mark, position
from tests.widgets import market_samples
from widgets.breach_keeper import BreachKeeper
from widgets.card_view import CardView
from widgets.desk import Desk
from widgets.dialogs.closing import ClosingDialog
from widgets.dialogs.position_preview import preview_of
from widgets.models.card import Card, Line, Run, Section, card_text
from widgets.models.position_states import Shown
from widgets.panels.card import CardPanel
from widgets.panels.positions import PositionsPanel
from widgets.theme import DARK
from widgets.update import Update

HELD = position(
    LONG,
    maintenance_margin_rate=0.005,
    name="held",
    stop_price=46_000.0,
    opened_ms=NOW - 2 * HOUR_MS,
)
"""50,000 at 10x with 5,000 of margin: liquidated at 45,226.13, bankrupt at 45,000."""
SAFE, BEYOND = 50_000.0, 44_000.0


class Hourly:
    def __init__(self) -> None:
        self.rows = np.empty((0, 5))

    def candles(self, _key: InstrumentKey) -> FloatArray:
        return self.rows


class Room:
    """Keeper, table and card over a book on disk, with a mark price set by hand."""

    def __init__(self, qtbot: QtBot, path: Path, *positions: Position) -> None:
        self.qtbot = qtbot
        self.store = BookStore(path)
        for held in positions:
            self.store.add_position(held)
        self.parent = QObject()
        self.desk = Desk(self.store, self.parent)
        self.hourly = Hourly()
        self.keeper = BreachKeeper(self.store, self.desk, self.hourly, self.parent)  # type: ignore[arg-type]
        self.said: list[str] = []
        self.keeper.said.connect(self.said.append)
        self.table = PositionsPanel(self.store, ("binanceusdm",), self._assess, DARK)
        self.card = CardPanel(self._assess, lambda _key, _now: HourlyMoves(), DARK)
        for panel in (self.table, self.card):
            qtbot.addWidget(panel)
            panel.resize(900, 700)
            panel.show()
        self.card.liquidated.connect(self.table.close_liquidated)
        self.card.still_standing.connect(self.keeper.still_stands)
        self.table.book_changed.connect(self.desk.reload_book)
        self.desk.book_changed.connect(self._show)
        self.now_ms, self.price = NOW, SAFE
        self.more: dict[str, object] = {}

    def see(self, price: float) -> None:
        self.now_ms += 60_000
        self.price = price
        self._show()
        QApplication.processEvents()

    def _show(self) -> None:
        snapshot = Snapshot()
        for held in self.desk.book.positions:
            age_ms = NOW - self.now_ms
            snapshot.merge([mark(held.instrument, self.price, age_ms=age_ms)])
        report = self._assess(snapshot, self.desk.book, self.now_ms)
        update: Update = market_samples.update(
            now_ms=self.now_ms, snapshot=snapshot, book=self.desk.book, report=report
        )
        self.keeper.show_update(replace(update, **self.more))  # type: ignore[arg-type]
        if update.book is self.desk.book:
            self.table.show_update(update)
            self.card.show_update(update)

    def _assess(self, snapshot: Snapshot, book: object, now_ms: int) -> object:
        return assess(book, snapshot, NO_TIERS, now_ms)  # type: ignore[arg-type]

    def row(self) -> dict[str, str]:
        model = self.table.model
        cells = enumerate(model.columns)
        return {
            column.key: str(model.index(0, number).data()).replace("\N{NARROW NO-BREAK SPACE}", " ")
            for number, column in cells
        }

    def told(self) -> str:
        return card_text(self.card.view.card).replace("\N{NARROW NO-BREAK SPACE}", " ")

    def click(self, name: str) -> None:
        self.qtbot.mouseClick(getattr(self.card.answers, name), Qt.MouseButton.LeftButton)

    def close(self) -> None:
        self.table.hide()
        self.card.hide()
        self.store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.sqlite3"


@pytest.fixture
def room(qtbot: QtBot, path: Path) -> Iterator[Room]:
    made = Room(qtbot, path, HELD)
    yield made
    made.close()


def test_the_row_and_the_card_keep_reading_breached_when_the_market_is_back(room: Room) -> None:
    room.see(SAFE)
    assert room.row()["distance"].startswith("▼")
    assert not room.card.answers.isVisible()
    room.see(BEYOND)
    room.see(SAFE)
    row = room.row()
    assert row["distance"] == "breached"
    unknown = ("unrealised_pnl", "roi", "distance_money", "funding_per_day", "margin_ratio")
    assert {row[name] for name in unknown} == {"n/a"}
    words = (
        "the mark price was at 44 000.00, beyond your liquidation price 45 226.13, "
        "at 2026-10-01 00:02 UTC"
    )
    told = room.told()
    assert f"BREACHED: {words}" in told
    assert "Lost          at most 5 000.00 USDT, its whole margin" in told
    assert "none counts: mark is back on the safe side" in told
    assert "46 000.00 was passed before liquidation" in told
    for gone in ("Break-even", "Leverage", "Size ", "n/a", "is not known (", "next in"):
        assert gone not in told
    assert room.card.answers.isVisible()
    said = room.table.summary.text().replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert said == (
        f"Breached: BTC/USDT long isolated, binanceusdm; {words}. Its card asks what came of it"
    )


def test_the_form_does_not_say_that_the_mark_of_now_has_crossed(room: Room) -> None:
    room.see(SAFE)
    room.see(BEYOND)
    assert room.card.shown is not None
    assert "has already crossed the liquidation price" in preview_of(room.card.shown.risk).text
    room.see(SAFE)
    text = preview_of(room.card.shown.risk).text
    assert text.startswith("Breached: the mark price was at")
    assert "already" not in text


def test_it_is_remembered_over_a_restart(room: Room, qtbot: QtBot, path: Path) -> None:
    room.see(SAFE)
    room.see(BEYOND)
    room.close()
    again = Room(qtbot, path)
    again.see(SAFE)
    assert again.row()["distance"] == "breached"
    assert "at 2026-10-01 00:02 UTC" in again.told()
    again.close()


def test_what_still_stands_is_watched_again_and_undo_takes_that_back(room: Room) -> None:
    room.see(SAFE)
    room.see(BEYOND)
    assert not room.card.answers.stands_button.isEnabled()
    assert "at this moment" in room.card.answers.stands_button.toolTip()
    room.see(SAFE)
    room.click("stands_button")
    assert room.said == ["BTC/USDT long at binanceusdm still stands; undo takes this back"]
    assert room.row()["distance"].startswith("▼")
    assert not room.card.answers.isVisible()
    room.desk.undo()
    assert room.row()["distance"] == "breached"


def test_what_was_liquidated_is_closed_with_its_margin_lost(room: Room) -> None:
    room.see(SAFE)
    room.see(BEYOND)
    room.see(SAFE)
    room.click("liquidated_button")
    dialog = room.table.findChild(ClosingDialog)
    assert dialog is not None
    assert dialog.price.text() == "45000"
    assert "−5" in dialog.outcome.text()
    dialog.fees.setText("0")
    dialog.funding.setText("0")
    dialog.accept()
    room.table.states.setCurrentText(Shown.CLOSED.value)
    (closed,) = room.store.load().closed
    assert closed.closing is not None
    assert (closed.closing.price, closed.closing.closed_ms) == (45_000.0, NOW + 120_000)
    assert closed.tags == ("liquidated",)
    assert not room.card.answers.isVisible()
    room.desk.undo()
    room.table.states.setCurrentText(Shown.OPEN.value)
    assert room.row()["distance"] == "breached"


def test_the_low_of_an_hour_before_the_start_says_that_it_was_of_an_hour(room: Room) -> None:
    room.hourly.rows = np.array([[NOW - HOUR_MS, 46_000.0, 46_500.0, 45_100.0, 46_000.0]])
    room.see(SAFE)
    assert room.row()["distance"] == "breached"
    assert "the hourly low of the mark price was 45 100.00, beyond your liquidation" in room.told()


def test_figures_that_are_not_of_now_cross_nothing(room: Room) -> None:
    room.more = {"now_ms": NOW + 9_000_000}
    room.see(BEYOND)
    assert room.desk.book.breaches == {}


def test_a_cross_position_does_not_say_how_much_is_lost(qtbot: QtBot, path: Path) -> None:
    held = replace(HELD, margin_mode=MarginMode.CROSS, leverage=None, stop_price=None)
    room = Room(qtbot, path, held)
    room.store.set_balance(Balance(venue="binanceusdm", coin="USDT", amount=5_000.0))
    room.desk.reload_book()
    room.see(SAFE)
    room.see(BEYOND)
    room.see(SAFE)
    assert "not known here: the cross wallet at binanceusdm in USDT pays" in room.told()
    assert "counted as if it still stood" in room.told()
    room.click("liquidated_button")
    dialog = room.table.findChild(ClosingDialog)
    assert dialog is not None
    assert float(dialog.price.text()) == pytest.approx(45_226.13, abs=0.01)
    dialog.reject()
    room.close()


def test_a_book_that_cannot_be_written_says_so_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_notes: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(room.store, "keep_position_notes", full)
    room.see(BEYOND)
    room.see(BEYOND)
    assert room.said == ["not kept: the disk is full"]
    monkeypatch.undo()
    room.see(BEYOND)
    assert room.row()["distance"] == "breached"


def test_a_number_of_the_card_is_not_broken_over_two_lines(room: Room) -> None:
    room.see(SAFE)
    room.see(BEYOND)
    for width in range(300, 420, 7):
        room.card.resize(width, 700)
        pieces = [piece.text for piece in room.card.view._pieces]
        assert not any(piece.endswith(" 45") or piece.startswith("226.13") for piece in pieces)


def test_a_percent_sign_stays_with_its_number(qtbot: QtBot) -> None:
    view = CardView(DARK)
    qtbot.addWidget(view)
    line = Line("Odds", (Run("when this said 40 to 60 %, it happened in 52 % of 6,924"),))
    view.show_card(Card("", (Section("odds", (line,)),)))
    for width in range(220, 420, 5):
        view.resize(width, 300)
        assert not any(piece.text.startswith("%") for piece in view._pieces)
