"""Hands in any order: whatever was done before, a chart paints and says nothing to the log."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.market.account import Side
from dashboard.risk.report import RiskReport
from tests.widgets.chart_samples import HOUR
from tests.widgets.hands import ALT, CTRL, NO_KEY, SHIFT, double_click, drag, move, wheel
from tests.widgets.market_samples import BTC, BYBIT_BTC, ETH, NOW_MS, instrument
from tests.widgets.test_chart_panes import Desk, States
from tests.widgets.test_chart_price_lines import risk
from widgets.charts.contract_panes import PaneKind
from widgets.theme import DARK, LIGHT

STEPS = 120


class Hands:
    """Does something at random."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.random = random.Random(seed)  # noqa: S311 (no secret)
        self.doings: list[Callable[[], object]] = [
            self.change_panes,
            self.choose,
            self.compare,
            self.resize,
            self.look_elsewhere,
            self.drag,
            self.wheel,
            self.point,
            self.know_more,
        ]

    def anywhere(self) -> QPointF:
        chart, pick = self.desk.chart, self.random.randrange
        return QPointF(pick(max(1, chart.width())), pick(max(1, chart.height())))

    def change_panes(self) -> None:
        chart, kind = self.desk.chart, self.random.choice(list(PaneKind))
        if kind in {one.kind for one in chart.contract_panes}:
            self.random.choice((chart.remove_pane, lambda held: chart.move_pane(held, 2)))(kind)
        else:
            chart.add_pane(kind)

    def choose(self) -> None:
        one = self.random.choice(self.desk.chart.contract_panes)
        for option, allowed in one.choices.items():
            self.desk.chart.choose(one.kind, option, self.random.choice(allowed))

    def compare(self) -> None:
        self.desk.chart.compare(self.random.sample([BYBIT_BTC, ETH], self.random.randrange(3)))
        if self.random.random() < 0.7:
            self.desk.answer()

    def resize(self) -> None:
        pick = self.random.randrange
        self.desk.panel.resize(pick(300, 1500), pick(60, 900))
        self.desk.panel.apply_theme(self.random.choice((DARK, LIGHT)))

    def look_elsewhere(self) -> None:
        chart = self.desk.chart
        chart.zoom(self.random.choice((0.01, 0.5, 2.0, 50.0)), chart.time_range.start_ms)
        chart.jump_to(NOW_MS - self.random.uniform(0.0, 900.0) * HOUR)
        self.random.choice((chart.go_back, chart.go_forward, chart.reset_view))()

    def drag(self) -> None:
        start = self.anywhere()
        way = QPointF(self.random.uniform(-90, 90), self.random.uniform(-90, 90))
        keys = self.random.choice((NO_KEY, SHIFT, CTRL, ALT))
        drag(self.desk.chart, start, start + 0.5 * way, start + way, keys=keys)

    def wheel(self) -> None:
        keys = self.random.choice((NO_KEY, CTRL))
        wheel(self.desk.chart, self.anywhere(), self.random.choice((-360, 15, 120)), keys=keys)

    def point(self) -> None:
        self.random.choice((move, double_click))(self.desk.chart, self.anywhere())

    def know_more(self) -> None:
        btc, near = instrument(BTC.venue, "BTC"), self.random.uniform
        held = [
            risk(btc, side, near(5e4, 7e4), near(1.0, 1e6), stop_price=near(5e4, 7e4))
            for side in self.random.choices(list(Side), k=self.random.randrange(6))
        ]
        now_ms = NOW_MS + self.random.randrange(3) * HOUR
        self.desk.show(now_ms=now_ms, report=RiskReport(now_ms=now_ms, positions=held))


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_hands_leaves_a_chart_that_paints(qtbot: QtBot, seed: int) -> None:
    hands = Hands(Desk(qtbot, States()), seed)
    for _ in range(STEPS):
        hands.random.choice(hands.doings)()
        QApplication.processEvents()
    hands.desk.panel.resize(1100, 800)
    QApplication.processEvents()
    chart = hands.desk.chart
    assert not hands.desk.panel.grab().isNull()
    assert chart.price.pane in chart.panes
    assert all(pane.geometry().height() > 0.0 for pane in chart.panes)
