"""What comes in after the history moves the end of the charts, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock
from dashboard.market.readings import (
    OpenInterest,
    SeriesKind,
)
from dashboard.market.snapshot import Snapshot
from tests.widgets.chart_samples import HOUR, rows, series
from tests.widgets.charts_desk import Desk, answered, live, shown_desk
from tests.widgets.market_samples import BTC, ETH, NOW_MS, update
from tests.widgets.test_chart_pictures import picture
from widgets import format as fmt
from widgets.charts.pane import Pane


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    with shown_desk(qtbot) as made:
        yield made


@pytest.fixture
def loaded(desk: Desk) -> Desk:
    return answered(desk)


def test_a_tick_that_changes_nothing_repaints_nothing(
    loaded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(self: Pane, start_ms: float, end_ms: float) -> None:
        raise AssertionError("refitted without a reason")

    monkeypatch.setattr(Pane, "show_range", forbidden)
    loaded.panel.show_update(update(BTC, now_ms=NOW_MS + 250, selected=BTC))


def test_a_live_value_that_fits_repaints_the_end_of_its_series_only(
    loaded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = loaded.chart.series.candles.row(-1)[4]
    loaded.panel.show_update(live(NOW_MS + 1_000, last=close, mark=close))
    fitted: list[Pane] = []
    monkeypatch.setattr(Pane, "show_range", lambda pane, *_: fitted.append(pane))
    loaded.panel.show_update(live(NOW_MS + 2_000, last=close + 7.0, mark=close))
    assert fitted == []
    after = picture(loaded.chart)
    monkeypatch.undo()
    loaded.chart.refresh()
    assert (picture(loaded.chart) == after).all(), "as a full repaint shows it"
    loaded.panel.show_update(live(NOW_MS + 3_000, last=close + 9_000.0, mark=close))
    pane = loaded.chart.panes[0]
    assert pane.y_of(close + 9_000.0) > 0.0, "a value that does not fit is brought into sight"


def test_rows_of_other_contracts_and_timeframes_are_left_alone(loaded: Desk) -> None:
    held = loaded.chart.series.candles.times.copy()
    strange = rows(SeriesKind.CANDLES, NOW_MS - 900 * HOUR, NOW_MS)
    loaded.panel.show_series(series(SeriesKind.CANDLES, strange, key=ETH))
    loaded.panel.show_series(series(SeriesKind.CANDLES, strange, timeframe="4h"))
    np.testing.assert_array_equal(loaded.chart.series.candles.times, held)


def test_the_last_candle_lives_and_a_new_bar_opens_at_its_price(loaded: Desk) -> None:
    candles = loaded.chart.series.candles
    count = candles.size
    loaded.panel.show_update(live(NOW_MS + 60_000, last=70_000.0))
    loaded.panel.show_update(live(NOW_MS + 120_000, last=65_000.0))
    last = candles.last()
    assert last is not None
    assert (candles.size, last[0], last[2], last[4]) == (count, NOW_MS, 70_000.0, 65_000.0)
    loaded.panel.show_update(live(NOW_MS + HOUR + 1, last=66_000.0))
    assert candles.size == count + 1
    assert candles.row(-1)[:5] == (NOW_MS + HOUR, *(4 * [66_000.0]))
    assert np.isnan(candles.row(-1)[5])
    recorded = np.array([[NOW_MS + HOUR, 1.0, 4.0, 0.5, 2.0, 9.0]])
    loaded.panel.show_series(series(SeriesKind.CANDLES, recorded))
    assert candles.last() == (NOW_MS + HOUR, 1.0, 4.0, 0.5, 2.0, 9.0)


def test_a_recorded_close_is_not_overwritten_by_a_reading_from_before_it(loaded: Desk) -> None:
    held = loaded.chart.series
    ended = NOW_MS + HOUR + 60_000
    loaded.panel.show_update(live(NOW_MS + HOUR - 60_000, last=70_000.0, mark=70_010.0))
    late = replace(live(NOW_MS + HOUR - 60_000, last=70_000.0, mark=70_010.0), now_ms=ended)
    loaded.panel.show_update(late)
    assert held.closes.row(-1) == (NOW_MS, 70_000.0), "nothing better is known yet"
    close, mark = 64_000.0, 64_005.0
    bar = np.array([[NOW_MS, 61_000.0, 70_000.0, 60_000.0, close, 9.0]])
    loaded.panel.show_series(series(SeriesKind.CANDLES, bar))
    marks = np.array([[NOW_MS, 61_000.0, 70_000.0, 60_000.0, mark]])
    loaded.panel.show_series(series(SeriesKind.MARK_CANDLES, marks))
    loaded.panel.show_update(replace(late, now_ms=ended + 250))
    assert held.candles.row(-1)[4] == held.closes.row(-1)[1] == close
    assert held.marks.row(-1) == (NOW_MS, mark)
    loaded.panel.show_update(live(ended + 1_000, last=63_000.0, mark=63_001.0))
    assert held.closes.row(-1) == (NOW_MS + HOUR, 63_000.0), "the running bar lives"


def test_the_mark_has_a_line_while_it_may_be_trusted(loaded: Desk) -> None:
    def mark_lines() -> list[float]:
        price = loaded.chart.panes[0]
        return [one.line.price for one in price.placed_lines if one.line.text == "mark"]

    loaded.panel.show_update(live(NOW_MS + 1_000, mark=61_000.0))
    assert mark_lines() == [61_000.0]
    made = live(NOW_MS + 2_000, mark=61_000.0)
    loaded.panel.show_update(update(now_ms=NOW_MS + 600_000, snapshot=made.snapshot, selected=BTC))
    assert mark_lines() == []


def test_a_clock_set_back_shows_nothing_of_what_comes_later(loaded: Desk) -> None:
    then = NOW_MS - 50 * HOUR
    loaded.panel.show_update(update(BTC, now_ms=then, selected=BTC))
    assert loaded.chart.series.candles.size == 0
    assert len(loaded.asked) == 2
    loaded.answer(now_ms=then)
    assert loaded.chart.series.candles.times[-1] == then
    view = loaded.chart.time_range
    assert view.start_ms < then < view.end_ms


def test_a_fast_recording_does_not_make_what_it_shows_unknown(loaded: Desk) -> None:
    late = NOW_MS + 9 * HOUR
    for speed, known in ((1.0, False), (3600.0, True)):
        clock = Clock(now_ms=late, speed=speed, paused=False, recording="crash")
        loaded.panel.show_update(
            update(now_ms=late, snapshot=Snapshot(), selected=BTC, clock=clock)
        )
        assert (f"Price  {fmt.NA}" not in loaded.legends()[0]) == known


def test_a_live_reading_moves_the_end_of_open_interest(loaded: Desk) -> None:
    held = loaded.chart.series.open_interest_coin
    said = OpenInterest(
        venue=BTC.venue,
        symbol=BTC.symbol,
        endpoint="test",
        venue_ms=NOW_MS + 60_000,
        received_ms=NOW_MS + 60_000,
        coin=90_000.0,
        usd=None,
    )
    made = update(BTC, now_ms=NOW_MS + 61_000, selected=BTC)
    made.snapshot.merge([said])
    count = held.size
    loaded.panel.show_update(made)
    assert held.last() == (NOW_MS + 60_000, 90_000.0)
    assert held.size == count + 1
