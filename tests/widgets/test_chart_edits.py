"""Prices of a position set on the chart: keys at the mouse, dragged lines, alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.market.account import (
    Balance,
    Book,
    MarginMode,
    Position,
    PositionState,
    Side,
    SizeUnit,
)
from dashboard.market.instrument import MarginTier, TierTable, TierTables, TierUnit
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.report import RiskReport
from tests.widgets.chart_samples import answers
from tests.widgets.hands import NO_BUTTON, SHIFT, click, drag, hold, mouse, move
from tests.widgets.market_samples import BTC, NOW_MS, instrument, update
from widgets import format as fmt
from widgets.charts.price_lines import PriceLine, PriceLineKind
from widgets.panels.charts import ChartsPanel
from widgets.theme import DARK

TICK = 0.1
TIERS = TierTables(
    {
        BTC: TierTable(
            venue=BTC.venue,
            symbol=BTC.symbol,
            tiers=(MarginTier(floor=0.0, mmr=0.004, max_leverage=125.0),),
            unit=TierUnit.QUOTE,
            source="test",
            as_of_ms=NOW_MS,
        )
    }
)
LONG = Position(
    id="one",
    instrument=instrument(BTC.venue, "BTC", tick=TICK),
    side=Side.LONG,
    size=0.5,
    size_unit=SizeUnit.BASE,
    entry_price=60_500.0,
    margin_mode=MarginMode.ISOLATED,
    leverage=20.0,
    stop_price=59_500.0,
)
SHORT = replace(LONG, id="two", side=Side.SHORT, entry_price=61_500.0, stop_price=None)


def assessed(snapshot: Snapshot, book: Book, now_ms: int) -> RiskReport:
    return assess(book, snapshot, TIERS, now_ms)


class Desk:
    """A panel over a book that keeps what the panel tells it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.book = Book(positions=(LONG,))
        self.panel = ChartsPanel(DARK, assessed)
        qtbot.addWidget(self.panel)
        self.panel.edits.edited.connect(self.keep)
        self.panel.series_requested.connect(self.answer)
        self.panel.resize(1100, 800)
        self.panel.show()
        self.show()
        self.show()

    def answer(self, wanted: object) -> None:
        for frame in answers(wanted):  # type: ignore[arg-type]
            self.panel.show_series(frame)

    def keep(self, position: Position) -> None:
        held = (position if one.id == position.id else one for one in self.book.positions)
        self.book = Book(positions=tuple(held))
        self.show()

    def show(self) -> None:
        made = update(BTC, selected=BTC, book=self.book)
        report = assessed(made.snapshot, self.book, NOW_MS)
        self.panel.show_update(replace(made, report=report))

    @property
    def position(self) -> Position:
        return self.book.positions[0]

    def row(self, price: float) -> float:
        pane = self.panel.chart.price.pane
        return float(pane.geometry().top() + pane.y_of(price))

    def line(self, text: str) -> float | None:
        placed = self.panel.chart.price.pane.placed_lines
        return next((one.line.price for one in placed if one.line.text == text), None)

    def point_at(self, price: float) -> float:
        """Move the mouse to the pixel nearest to a price; the price on that pixel."""
        y = float(round(self.row(price)))
        move(self.panel.chart, QPointF(300.0, y))
        under = self.panel.chart.pane_under_mouse
        assert under is not None
        return under[1]

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier | None = None) -> None:
        none = Qt.KeyboardModifier.NoModifier
        self.qtbot.keyClick(self.panel.chart, key, keys or none)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qtbot)
    made.panel.activateWindow()
    qtbot.waitActive(made.panel)
    made.panel.chart.setFocus()
    yield made
    QApplication.processEvents()


@pytest.mark.parametrize(
    ("key", "field", "price"),
    [
        (Qt.Key.Key_E, "entry_price", 60_700.0),
        (Qt.Key.Key_S, "stop_price", 59_000.0),
        (Qt.Key.Key_P, "take_profit_price", 61_700.0),
    ],
)
def test_a_key_sets_a_price_of_the_position_at_the_mouse(
    desk: Desk, key: Qt.Key, field: str, price: float
) -> None:
    under = desk.point_at(price)
    before = desk.position
    desk.press(key)
    value = getattr(desk.position, field)
    assert value == pytest.approx(round(under / TICK) * TICK)
    assert value == round(value, 1), "on a tick"
    assert desk.position == replace(before, **{field: value})


def test_of_two_positions_the_one_whose_price_is_nearest_is_meant(desk: Desk) -> None:
    desk.book = Book(positions=(LONG, SHORT))
    desk.show()
    desk.point_at(61_600.0)
    desk.press(Qt.Key.Key_S)
    assert desk.book.positions[0] == LONG
    assert desk.book.positions[1].stop_price is not None


def test_without_a_position_the_price_is_offered_to_whoever_plans_one(desk: Desk) -> None:
    desk.book = Book()
    desk.show()
    desk.point_at(60_000.0)
    with desk.qtbot.waitSignal(desk.panel.edits.wanted) as told:
        desk.press(Qt.Key.Key_E)
    key, what, price = told.args
    assert (key, what) == (BTC, "entry")
    assert price == pytest.approx(60_000.0, abs=50.0)


def test_a_typed_trade_has_lines_that_keys_and_hands_write_into_its_text(desk: Desk) -> None:
    typed = replace(LONG, id="typed", entry_price=60_200.0, stop_price=59_200.0)
    desk.panel.show_typed(typed)
    assert desk.line("typed LONG entry") == 60_200.0
    assert desk.line("typed LONG liquidation") is not None
    assert desk.line("LONG entry") == 60_500.0
    desk.point_at(60_900.0)
    with desk.qtbot.waitSignal(desk.panel.edits.wanted) as told:
        desk.press(Qt.Key.Key_P)
    assert told.args[1] == "target"
    start = QPointF(300.0, float(round(desk.row(59_200.0))))
    chart = desk.panel.chart
    with desk.qtbot.waitSignal(desk.panel.edits.wanted) as told:
        drag(chart, start, start + QPointF(0, 10), start + QPointF(0, 20))
    assert told.args[1] == "stop"
    assert told.args[2] < 59_200.0
    assert desk.book.positions == (LONG,)
    desk.panel.show_typed(None)
    assert desk.line("typed LONG entry") is None


def test_a_typed_cross_trade_leaves_the_lines_of_what_is_held_as_they_are(desk: Desk) -> None:
    held = replace(LONG, margin_mode=MarginMode.CROSS, leverage=10.0)
    money = Balance(venue=BTC.venue, coin="USDT", amount=6_000.0)
    desk.book = Book(positions=(held,), balances=(money,))
    desk.show()
    before = desk.line("LONG liquidation")
    typed = replace(held, id="typed", size=0.4, entry_price=60_800.0)
    desk.panel.show_typed(typed)
    assert desk.line("LONG liquidation") == before
    both = replace(desk.book, positions=(held, typed))
    risks = assessed(update(BTC).snapshot, both, NOW_MS).positions
    assert risks[0].liquidation_price != before, "together they would be liquidated elsewhere"
    assert desk.line("typed LONG liquidation") == risks[1].liquidation_price


def test_a_planned_position_has_lines_that_are_called_so_and_can_be_moved(desk: Desk) -> None:
    planned = replace(LONG, id="plan", state=PositionState.PLANNED, entry_price=60_900.0)
    desk.book = Book(planned=(planned,))
    desk.show()
    assert desk.line("planned LONG entry") == 60_900.0
    assert desk.line("planned LONG liquidation") is None
    kept: list[Position] = []
    desk.panel.edits.edited.connect(kept.append)
    chart = desk.panel.chart
    start = QPointF(300.0, float(round(desk.row(60_900.0))))
    hold(chart, start, start + QPointF(0, 10), start + QPointF(0, 20))
    moved = desk.line("planned LONG entry")
    assert moved is not None
    assert moved < 60_900.0
    mouse(chart, QMouseEvent.Type.MouseButtonRelease, start + QPointF(0, 20), NO_BUTTON)
    assert kept == [replace(planned, entry_price=moved)]


def test_the_window_is_told_what_a_held_line_would_make_of_the_position(desk: Desk) -> None:
    told: list[Position | None] = []
    desk.panel.edits.supposed.connect(told.append)
    chart = desk.panel.chart
    start = QPointF(300.0, float(round(desk.row(59_500.0))))
    drag(chart, start, start + QPointF(0, 10), start + QPointF(0, 30))
    *held, last = told
    assert last is None
    assert held
    assert held[-1] is not None
    assert held[-1].stop_price is not None
    assert held[-1].stop_price < 59_500.0
    assert held[-1] == replace(LONG, stop_price=held[-1].stop_price)


def test_a_key_away_from_the_price_sets_nothing(desk: Desk) -> None:
    before = desk.position
    chart = desk.panel.chart
    move(chart, chart.panes[1].geometry().center())
    desk.press(Qt.Key.Key_S)
    assert desk.position == before


def test_a_dragged_entry_moves_liquidation_with_it_as_the_engine_has_it(desk: Desk) -> None:
    chart = desk.panel.chart
    before = desk.line("LONG liquidation")
    assert before is not None
    start = QPointF(300.0, float(round(desk.row(60_500.0))))
    hold(chart, start, start + QPointF(0, 10), start + QPointF(0, 25))
    entry, liquidation = desk.line("LONG entry"), desk.line("LONG liquidation")
    assert entry is not None
    assert entry < 60_500.0
    assert desk.position.entry_price == 60_500.0, "nothing is kept while the line is held"
    supposed = Book(positions=(replace(LONG, entry_price=entry),))
    snapshot = update(BTC).snapshot
    expected = assessed(snapshot, supposed, NOW_MS).positions[0].liquidation_price
    assert liquidation == pytest.approx(expected)
    assert liquidation != before
    desk.show()
    assert desk.line("LONG entry") == entry, "an update leaves the held line in the hand"


def test_the_values_stay_in_place_under_a_line_in_the_hand(desk: Desk) -> None:
    chart = desk.panel.chart
    pane = chart.price.pane
    before = pane.values.bounds
    start = QPointF(300.0, float(round(desk.row(60_500.0))))
    steps = [start - QPointF(0, 5 * n) for n in range(1, 20)]
    hold(chart, start, *steps)
    desk.show()
    assert pane.values.bounds == before
    entry = desk.line("LONG entry")
    assert entry is not None
    assert desk.row(entry) == pytest.approx(steps[-1].y(), abs=1.5), "the line is in the hand"
    mouse(chart, QMouseEvent.Type.MouseButtonRelease, steps[-1], NO_BUTTON)
    assert desk.position.entry_price == entry
    assert not pane.values.held


def test_a_dropped_stop_is_kept_on_a_tick(desk: Desk) -> None:
    chart = desk.panel.chart
    start = QPointF(300.0, float(round(desk.row(59_500.0))))
    wanted = chart.price.pane.value_of(start.y() + 50 - chart.price.pane.geometry().top())
    drag(chart, start, start + QPointF(0, 20), start + QPointF(0, 50))
    stop = desk.position.stop_price
    assert stop is not None
    a_pixel = chart.price.pane.value_of(0.0) - chart.price.pane.value_of(1.0)
    assert stop == pytest.approx(wanted, abs=a_pixel + TICK)
    assert stop == round(stop, 1)


def test_the_ruler_says_what_a_move_is_worth_to_the_position(desk: Desk) -> None:
    chart = desk.panel.chart
    pane = chart.price.pane
    start, end = QPointF(250.0, desk.row(60_000.0)), QPointF(400.0, desk.row(60_250.0))
    drag(chart, start, 0.5 * (start + end), end, keys=SHIFT)
    measure = pane.ruler.measure
    assert measure is not None
    money = 0.5 * (measure.end - measure.start)
    *_, words = pane.ruler.lines()
    assert words.startswith(f"LONG {fmt.money(money, 'USDT', signed=True)}")
    assert words.endswith("of margin")
    desk.press(Qt.Key.Key_Escape)
    assert pane.ruler.measure is None


def alert(price: float) -> PriceLine:
    return PriceLine(price, "alert", PriceLineKind.ALERT, "a1")


def test_a_click_while_a_is_held_asks_for_an_alert_there(desk: Desk) -> None:
    desk.panel.pointing.takes_alerts = True
    chart = desk.panel.chart
    at = QPointF(300.0, float(round(desk.row(61_000.0))))
    desk.qtbot.keyPress(chart, Qt.Key.Key_A)
    with desk.qtbot.waitSignal(desk.panel.pointing.alert_wanted) as told:
        click(chart, at)
    key, price = told.args
    assert key == BTC
    assert price == pytest.approx(61_000.0, abs=50.0)
    assert price == round(price, 1)
    desk.qtbot.keyRelease(chart, Qt.Key.Key_A)
    with desk.qtbot.assertNotEmitted(desk.panel.pointing.alert_wanted):
        click(chart, at)


def test_del_removes_the_alert_under_the_mouse_and_never_a_position(desk: Desk) -> None:
    desk.panel.pointing.show_alerts([alert(61_000.0)])
    desk.point_at(61_000.0)
    with desk.qtbot.waitSignal(desk.panel.pointing.alert_removed) as told:
        desk.press(Qt.Key.Key_Delete)
    assert told.args == ["a1"]
    for price in (60_500.0, 59_500.0, 58_500.0):
        desk.point_at(price)
        with desk.qtbot.assertNotEmitted(desk.panel.pointing.alert_removed):
            desk.press(Qt.Key.Key_Delete)
    assert desk.book.positions == (LONG,)


def test_an_alert_line_is_moved_by_hand(desk: Desk) -> None:
    desk.panel.pointing.show_alerts([alert(61_000.0)])
    chart = desk.panel.chart
    start = QPointF(300.0, float(round(desk.row(61_000.0))))
    with desk.qtbot.waitSignal(desk.panel.pointing.alert_moved) as told:
        drag(chart, start, start + QPointF(0, 20), start + QPointF(0, 40))
    moved, price = told.args
    assert moved == "a1"
    assert price < 61_000.0
    assert desk.book.positions == (LONG,)


def test_a_line_without_room_for_its_label_is_drawn_and_says_its_name_when_pointed_at(
    desk: Desk,
) -> None:
    crowd = [
        replace(LONG, id=f"p{n}", entry_price=59_000.0 + 90.0 * n, stop_price=None)
        for n in range(40)
    ]
    desk.book = Book(positions=tuple(crowd))
    desk.show()
    pane = desk.panel.chart.price.pane
    named = {one.line for one in pane.placed_lines}
    (line, y), *_ = [one for one in pane.bare_lines if one[0].kind is PriceLineKind.ENTRY]
    assert line not in named
    at = QPointF(300.0, round(pane.geometry().top() + y))
    move(desk.panel.chart, at)
    assert pane.price_lines.pointed == "LONG entry"
    found = pane.line_at(at - pane.geometry().topLeft())
    assert found is not None
    desk.panel.grab()
    move(desk.panel.chart, desk.panel.chart.panes[1].geometry().center())
    assert pane.price_lines.pointed == ""


def test_many_lines_keep_their_labels_apart(desk: Desk) -> None:
    crowd = [
        replace(LONG, id=f"p{n}", entry_price=60_000.0 + 7.0 * n, stop_price=59_990.0 + 5.0 * n)
        for n in range(9)
    ]
    desk.book = Book(positions=tuple(crowd))
    desk.panel.pointing.show_alerts([replace(alert(60_000.0 + n), of=f"a{n}") for n in range(6)])
    desk.show()
    pane = desk.panel.chart.price.pane
    label = pane.price_lines.look.line_height if pane.price_lines.look is not None else 0.0
    tops = sorted(one.label_top for one in pane.placed_lines)
    assert len(tops) >= 10
    assert all(below - above >= label - 1e-6 for above, below in pairwise(tops))
