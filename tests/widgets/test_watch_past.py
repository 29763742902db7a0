"""The watch-list's past: asked for in turn, drawn as a small line, shaded where well founded."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import LoadSeries, Series, SeriesHeader
from dashboard.market.account import Book
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.risk.report import LiquidationStatus, RiskReport
from dashboard.signals.past import HOUR_MS, Past, Present
from dashboard.signals.standing import Standing
from tests.widgets.market_samples import BTC, BYBIT_BTC, ETH, NOW_MS, VENUES, update
from tests.widgets.position_samples import LONG, risk
from widgets import watch_history
from widgets.models.rows import RowsModel
from widgets.models.watch_row import WatchRow, watch_row
from widgets.models.watchlist import COLUMNS, row_key
from widgets.panels.watchlist import WatchlistPanel, nearest_rooms
from widgets.spark import stretches
from widgets.theme import DARK
from widgets.watch_history import WatchHistory

KEYS = [column.key for column in COLUMNS]


def candles(key: InstrumentKey, request: int, closes: list[float]) -> Series:
    times = NOW_MS - np.arange(len(closes), 0, -1) * HOUR_MS
    held = np.array(closes)
    values = np.column_stack([times, held, held, held, held, held])
    header = SeriesHeader(
        key.venue, key.symbol, SeriesKind.CANDLES, "1h", len(closes), request=request
    )
    return Series(header, values)


class Asked:
    """A history that has asked, and its requests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watch_history, "ASK_EVERY_MS", 1)
        self.history = WatchHistory()
        self.requests: list[LoadSeries] = []
        self.history.series_requested.connect(self.requests.append)

    def answer(self) -> None:
        for request in self.requests:
            for kind in request.kinds:
                header = SeriesHeader(
                    request.key.venue, request.key.symbol, kind, "1h", 0, request=request.request
                )
                columns = len(watch_history.SERIES_COLUMNS[kind])
                self.history.show_series(Series(header, np.empty((0, columns))))


@pytest.fixture
def asked(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def test_contracts_are_asked_for_one_after_the_other(asked: Asked, qtbot: QtBot) -> None:
    asked.history.show_update(update(BTC, ETH))
    asked.history.start()
    qtbot.waitUntil(lambda: len(asked.requests) == 2)
    qtbot.wait(30)
    assert {request.key for request in asked.requests} == {BTC}
    asked.answer()
    qtbot.waitUntil(lambda: len(asked.requests) == 4)
    assert {request.key for request in asked.requests} == {BTC, ETH}
    assert not any(request.follow for request in asked.requests)
    asked.answer()
    qtbot.wait(30)
    assert len(asked.requests) == 4


def test_rows_of_whoever_asked_are_kept(asked: Asked) -> None:
    asked.history.show_series(candles(BTC, 7, [100.0 + at for at in range(60)]))
    past = asked.history.past(BTC, Present(), NOW_MS)
    assert past.spark[-1] == 159.0
    assert asked.history.past(BTC, Present(), NOW_MS) is past
    asked.history.show_series(candles(BTC, 8, [7.0]))
    assert asked.history.past(BTC, Present(), NOW_MS).spark[-1] == 7.0


def test_clock_set_back_forgets_what_lies_in_the_future(asked: Asked) -> None:
    asked.history.show_update(update(BTC))
    asked.history.show_series(candles(BTC, 7, [100.0, 101.0]))
    asked.history.show_update(update(BTC, now_ms=NOW_MS - 10 * HOUR_MS))
    assert asked.history.past(BTC, Present(), NOW_MS) == Past()


def test_closes_are_those_of_hours_that_are_over_from_the_longest_series(asked: Asked) -> None:
    asked.history.show_update(update(BTC))
    asked.history.show_series(candles(BYBIT_BTC, 6, [9.0]))
    series = candles(BTC, 7, [100.0, 101.0, 102.0])
    forming = series.values[-1].copy()
    forming[0] = NOW_MS
    values = np.vstack([series.values, forming])
    asked.history.show_series(Series(series.header, values))
    assert asked.history.closes("BTC").tolist() == [
        [NOW_MS - 3 * HOUR_MS, 100.0],
        [NOW_MS - 2 * HOUR_MS, 101.0],
        [NOW_MS - HOUR_MS, 102.0],
    ]
    assert asked.history.closes("ETH").shape == (0, 2)


def test_held_contract_is_asked_for_though_nobody_watches_it(asked: Asked, qtbot: QtBot) -> None:
    asked.history.show_update(update(book=Book(positions=(LONG,))))
    asked.history.start()
    qtbot.waitUntil(lambda: bool(asked.requests))
    assert {request.key for request in asked.requests} == {LONG.instrument.key}


def row_with(past: Past) -> WatchRow:
    shown = update(BTC)
    return replace(watch_row(shown.snapshot, BTC, NOW_MS), past_of=lambda _row: past)


def ground(past: Past, key: str) -> QColor | None:
    model: RowsModel[WatchRow] = RowsModel(COLUMNS, row_key, theme=DARK)
    model.set_rows([row_with(past)])
    brush = model.data(model.index(0, KEYS.index(key)), Qt.ItemDataRole.BackgroundRole)
    return None if brush is None else brush.color()


def test_cell_is_shaded_by_where_it_stands_in_its_own_past(qtbot: QtBot) -> None:
    high = ground(Past(funding=Standing(0.99, 300)), "funding")
    middling = ground(Past(funding=Standing(0.51, 300)), "funding")
    low = ground(Past(funding=Standing(0.01, 300)), "funding")
    assert high is not None
    assert low is not None
    assert middling is None
    assert high.name() == QColor(DARK.accent).name()
    assert low.name() == QColor(DARK.warning).name()


def test_few_samples_get_no_colour_and_say_so(qtbot: QtBot) -> None:
    past = Past(funding=Standing(0.99, 20))
    assert ground(past, "funding") is None
    column = COLUMNS[KEYS.index("funding")]
    assert column.hint is not None
    assert "above 99% of its own 20 past values: no colour under 200" in column.hint(row_with(past))


def test_late_figure_gets_no_colour(qtbot: QtBot) -> None:
    shown = update(BTC)
    late = watch_row(shown.snapshot, BTC, NOW_MS + 120_000)
    column = COLUMNS[KEYS.index("funding")]
    founded = Past(funding=Standing(0.99, 300))
    assert column.heat is not None
    assert column.heat(replace(late, past_of=lambda _row: founded)) is None


def test_small_line_keeps_its_gaps_and_its_room() -> None:
    room = QRect(10, 20, 100, 30)
    drawn = stretches((1.0, 2.0, math.nan, 4.0, 3.0), room)
    assert [len(stretch) for stretch in drawn] == [2, 2]
    assert all(room.contains(point.toPoint()) for stretch in drawn for point in stretch)
    assert drawn[1][0].y() < drawn[0][0].y()


@pytest.mark.parametrize("values", [(), (1.0,), (math.nan, math.nan), (math.nan, 2.0)])
def test_line_of_one_point_is_none(values: tuple[float, ...]) -> None:
    assert stretches(values, QRect(0, 0, 50, 20)) == []


def test_line_is_painted_in_every_row_the_selected_one_too(qtbot: QtBot) -> None:
    spark = tuple(float(at % 7) for at in range(48))
    panel = WatchlistPanel(VENUES, DARK, lambda _key, _present, _now: Past(spark=spark))
    qtbot.addWidget(panel)
    panel.resize(1300, 200)
    panel.show()
    view, section = panel.view, KEYS.index("trend")
    view.showColumn(section)
    view.setColumnWidth(section, 90)
    panel.show_update(update(BTC, ETH, selected=BTC))
    picture = view.viewport().grab().toImage()
    for row in range(2):
        cell = view.visualRect(panel.model.index(row, section))
        colours = {
            picture.pixelColor(x, y).name()
            for x in range(cell.left(), cell.right())
            for y in range(cell.top(), cell.bottom())
        }
        assert len(colours) > 3, row
    panel.hide()


def test_nearest_position_of_a_contract_gives_its_room() -> None:
    near, far = risk(LONG, distance_fraction=0.05), risk(LONG, distance_fraction=0.3)
    report = RiskReport(now_ms=NOW_MS, positions=(far, near))
    key = LONG.instrument.key
    assert nearest_rooms(report)[key].value == 0.05
    breached = risk(LONG, status=LiquidationStatus.BREACHED, distance_fraction=None)
    assert nearest_rooms(RiskReport(now_ms=NOW_MS, positions=(near, breached)))[key].value == 0.0
    unknown = risk(LONG, distance_fraction=None, missing={"distance_fraction": "no mark"})
    assert nearest_rooms(RiskReport(now_ms=NOW_MS, positions=(unknown,)))[key].note == "no mark"
