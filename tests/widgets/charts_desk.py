"""A charts panel with a feed that answers when told to, for the tests of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import LoadSeries
from dashboard.market.readings import (
    MarkPrice,
    Ticker,
)
from dashboard.market.snapshot import Snapshot
from tests.widgets.chart_samples import answers
from tests.widgets.market_samples import BTC, INSTRUMENTS, NOW_MS, update
from widgets.charts.contract_chart import ContractChart
from widgets.panels.charts import ChartsPanel
from widgets.theme import DARK
from widgets.update import Update


class Desk:
    """A panel with a feed that answers when told to."""

    def __init__(self, panel: ChartsPanel) -> None:
        self.panel = panel
        self.asked: list[LoadSeries] = []
        panel.series_requested.connect(self.asked.append)

    @property
    def chart(self) -> ContractChart:
        return self.panel.chart

    def answer(self, number: int = -1, now_ms: int = NOW_MS) -> None:
        for frame in answers(self.asked[number], now_ms):
            self.panel.show_series(frame)

    def legends(self) -> list[str]:
        return [pane.legend.text for pane in self.chart.panes]

    def notices(self) -> list[str]:
        return [pane.notice.text for pane in self.chart.panes]

    def pan_to(self, start_ms: float) -> None:
        chart = self.chart
        chart.pan_pixels((chart.time_range.start_ms - start_ms) / self.ms_per_px())

    def ms_per_px(self) -> float:
        return self.chart.time_range.span_ms / self.chart.plot_width

    def point_at(self, time_ms: float, pane: int = 0) -> None:
        """Move the mouse onto the bar of `time_ms`."""
        box = self.chart.panes[pane]
        at = QPoint(round(box.x_of(time_ms)), round(box.geometry().center().y()))
        self.qtbot.mouseMove(self.chart.viewport(), at)

    qtbot: QtBot


@contextmanager
def shown_desk(qtbot: QtBot) -> Iterator[Desk]:
    """A panel on the screen that was told nothing yet."""
    panel = ChartsPanel(DARK)
    qtbot.addWidget(panel)
    panel.resize(1100, 700)
    made = Desk(panel)
    made.qtbot = qtbot
    panel.show()
    qtbot.waitExposed(panel)
    yield made
    QApplication.processEvents()


def answered(desk: Desk) -> Desk:
    """A panel whose first questions were answered."""
    desk.panel.show_update(update(BTC, selected=BTC))
    desk.answer()
    desk.panel.show_update(update(BTC, selected=BTC))
    return desk


def live(now_ms: int, *, last: float | None = None, mark: float | None = None) -> Update:
    """An update with nothing but a last and a mark price of `now_ms`."""
    made = Snapshot()
    made.list_instruments(INSTRUMENTS)
    said = {
        "venue": BTC.venue,
        "symbol": BTC.symbol,
        "endpoint": "test",
        "venue_ms": now_ms,
        "received_ms": now_ms,
    }
    made.merge([Ticker(last=last, **said), MarkPrice(mark=mark, **said)])  # type: ignore[arg-type]
    return update(now_ms=now_ms, snapshot=made, selected=BTC)
