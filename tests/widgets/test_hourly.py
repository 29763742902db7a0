"""Hourly mark candles: asked for once an hour, kept by contract, told in plain words until then."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import LoadSeries, Series, SeriesHeader
from dashboard.market.readings import SeriesKind
from tests.widgets.market_samples import BTC, NOW_MS
from widgets import hourly
from widgets.hourly import HourlyMarks

HOUR_MS = 3_600_000


def series(rows: int, *, note: str = "", kind: SeriesKind = SeriesKind.MARK_CANDLES,
           timeframe: str = "1h", until_ms: int = NOW_MS) -> Series:  # fmt: skip
    header = SeriesHeader(
        venue=BTC.venue, symbol=BTC.symbol, kind=kind, timeframe=timeframe, rows=rows, note=note
    )
    times = [until_ms - (rows - n) * HOUR_MS for n in range(rows)]
    return Series(header, np.array([(t, 100.0, 101.0, 99.0, 100.0) for t in times]).reshape(-1, 5))


@pytest.fixture
def marks(qtbot: QtBot) -> HourlyMarks:
    return HourlyMarks()


@pytest.fixture
def asked(marks: HourlyMarks) -> list[LoadSeries]:
    requests: list[LoadSeries] = []
    marks.series_requested.connect(requests.append)
    return requests


def test_they_are_asked_for_once_and_loading_until_they_come(
    marks: HourlyMarks, asked: list[LoadSeries]
) -> None:
    assert marks.moves(BTC, NOW_MS).reason == "the hourly mark candles are loading"
    assert marks.moves(BTC, NOW_MS + 1).atr is None
    (request,) = asked
    assert (request.kinds, request.follow, request.timeframe) == (
        (SeriesKind.MARK_CANDLES,), False, "1h"
    )  # fmt: skip
    assert request.request < 0
    marks.show_series(series(40))
    assert marks.moves(BTC, NOW_MS).atr == pytest.approx(2.0)
    assert len(asked) == 1


def test_the_next_hour_is_asked_for_when_it_has_closed(
    marks: HourlyMarks, asked: list[LoadSeries], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hourly, "ASK_AGAIN_AFTER_S", 0.0)
    marks.show_series(series(40))
    assert marks.moves(BTC, NOW_MS).hours == 40
    assert asked == []
    assert marks.moves(BTC, NOW_MS + HOUR_MS).hours == 40
    assert len(asked) == 1
    marks.show_series(series(2, until_ms=NOW_MS + HOUR_MS))
    assert marks.moves(BTC, NOW_MS + HOUR_MS).hours == 41


def test_rows_that_the_charts_asked_for_count_and_others_do_not(
    marks: HourlyMarks, asked: list[LoadSeries]
) -> None:
    marks.show_series(series(40, kind=SeriesKind.CANDLES))
    marks.show_series(series(40, timeframe="5m"))
    assert marks.moves(BTC, NOW_MS).atr is None
    marks.show_series(series(40))
    assert marks.moves(BTC, NOW_MS).atr is not None


def test_a_venue_that_has_none_says_so(marks: HourlyMarks, qtbot: QtBot) -> None:
    with qtbot.waitSignal(marks.changed):
        marks.show_series(series(0, note="Hyperliquid publishes no mark candles"))
    assert marks.moves(BTC, NOW_MS).reason == "Hyperliquid publishes no mark candles"


def test_nothing_after_now_is_used(marks: HourlyMarks) -> None:
    marks.show_series(series(80))
    earlier = marks.moves(BTC, NOW_MS - 30 * HOUR_MS)
    assert (earlier.hours, earlier.until_ms) == (50, NOW_MS - 30 * HOUR_MS)
