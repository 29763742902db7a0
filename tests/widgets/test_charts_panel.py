"""The charts panel: what it asks for, what it says of each moment, history while panning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock
from dashboard.market.account import Side
from dashboard.market.readings import (
    TIMEFRAMES_MS,
    ReadingKind,
    SeriesKind,
    Unavailable,
)
from dashboard.risk.report import RiskReport
from tests.widgets.chart_samples import HOUR, answers, rows, series
from tests.widgets.charts_desk import Desk, answered, shown_desk
from tests.widgets.market_samples import BTC, ETH, NOW_MS, instrument, update
from tests.widgets.test_chart_pictures import picture
from tests.widgets.test_chart_price_lines import risk
from widgets import format as fmt
from widgets.charts.history import FIRST_BARS, SHOWN_KINDS
from widgets.charts.pane import Pane
from widgets.theme import DARK, LIGHT


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    with shown_desk(qtbot) as made:
        yield made


@pytest.fixture
def loaded(desk: Desk) -> Desk:
    return answered(desk)


def test_it_asks_for_the_newest_300_bars_of_what_is_selected(desk: Desk) -> None:
    desk.panel.show_update(update(BTC))
    assert desk.asked == []
    assert "Select a contract" in desk.notices()[0]
    desk.panel.show_update(update(BTC, selected=BTC))
    (wanted,) = desk.asked
    assert (wanted.key, wanted.timeframe) == (BTC, "1h")
    assert wanted.until_ms - wanted.since_ms == FIRST_BARS * HOUR
    assert wanted.until_ms - HOUR <= NOW_MS < wanted.until_ms


def test_it_asks_nothing_before_a_recording_says_what_time_it_is(desk: Desk) -> None:
    desk.panel.show_update(update(BTC, selected=BTC, now_ms=0))
    assert desk.asked == []
    assert desk.notices()[0].startswith("Loading")
    desk.panel.show_update(update(BTC, selected=BTC))
    (asked,) = desk.asked
    assert asked.until_ms >= NOW_MS


def test_every_pane_shows_its_series_once_it_is_answered(desk: Desk) -> None:
    desk.panel.show_update(update(BTC, selected=BTC))
    assert all("Loading" in text for text in desk.notices())
    desk.answer()
    assert desk.notices() == ["", "", "", ""]
    assert all(pane.has_data for pane in desk.chart.panes)


@pytest.mark.parametrize("pane", [0, 1, 2, 3])
def test_legends_show_the_values_at_the_crosshair(loaded: Desk, pane: int) -> None:
    at = NOW_MS - 37 * HOUR
    loaded.point_at(at, pane)
    assert loaded.chart.crosshair_ms == at
    candle = rows(SeriesKind.CANDLES, at, at + 1)[0]
    mark = rows(SeriesKind.MARK_CANDLES, at, at + 1)[0]
    interest = rows(SeriesKind.OPEN_INTEREST, at, at + 1)[0]
    ratio = rows(SeriesKind.LONG_SHORT_RATIO, at, at + 1)[0]
    funding = rows(SeriesKind.FUNDING, at - 8 * HOUR + 1, at + 1)[-1]
    price, of_interest, of_ratio, of_funding = loaded.legends()
    for name, value in zip("OHLC", candle[1:5], strict=True):
        assert f"{name} {fmt.price(value, 0.1)}" in price
    assert f"Mark {fmt.price(mark[4], 0.1)}" in price
    assert fmt.big(interest[1], digits=5) in of_interest
    assert f"{fmt.GROUP}BTC" in of_interest
    assert fmt.ratio(ratio[1]) in of_ratio
    assert fmt.percent(ratio[1] / (1 + ratio[1]), 1) in of_ratio
    assert fmt.funding_rate(funding[1]) in of_funding
    assert loaded.chart.title.detail == fmt.instant(at)


def test_without_a_crosshair_legends_show_what_is_now(loaded: Desk) -> None:
    price, interest, ratio, funding = loaded.legends()
    assert f"C {fmt.price(61_235.5, 0.1)}" in price
    assert f"Mark {fmt.price(61_234.5, 0.1)}" in price
    recorded = rows(SeriesKind.OPEN_INTEREST, NOW_MS, NOW_MS + 1)[0]
    assert fmt.big(recorded[1], digits=5) in interest
    assert fmt.ratio(rows(SeriesKind.LONG_SHORT_RATIO, NOW_MS, NOW_MS + 1)[0][1]) in ratio
    assert "Funding per 4\N{NARROW NO-BREAK SPACE}h" in funding
    assert "predicted" in funding
    assert loaded.chart.title.detail == fmt.instant(NOW_MS)


def test_a_recording_shows_no_predicted_rate(loaded: Desk) -> None:
    clock = Clock(now_ms=NOW_MS, speed=1.0, paused=False, recording="August 2024 crash")
    loaded.panel.show_update(replace(update(BTC, selected=BTC), clock=clock))
    funding = loaded.legends()[3]
    assert "Funding per 4\N{NARROW NO-BREAK SPACE}h" in funding
    assert "predicted" not in funding


def test_a_missing_row_reads_not_available_and_never_its_neighbour(desk: Desk) -> None:
    desk.panel.show_update(update(BTC, selected=BTC))
    at = NOW_MS - 20 * HOUR
    for frame in answers(desk.asked[0]):
        kept = frame.values[np.abs(frame.values[:, 0] - at) > 8 * HOUR]
        desk.panel.show_series(series(frame.header.kind, kept))
    desk.point_at(at)
    assert all(fmt.NA in text for text in desk.legends())


def test_open_interest_can_be_counted_in_usd(loaded: Desk) -> None:
    button = next(b for b in loaded.panel.findChildren(QToolButton) if b.text() == "OI USD")
    loaded.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    loaded.point_at(NOW_MS - 3 * HOUR)
    row = rows(SeriesKind.OPEN_INTEREST, NOW_MS - 3 * HOUR, NOW_MS)[0]
    assert f"{fmt.big(row[2], digits=5)}{fmt.GROUP}USD" in loaded.legends()[1]


def test_candles_that_were_left_out_are_said_and_those_that_never_were_are_not(
    loaded: Desk,
) -> None:
    nothing, said = rows(SeriesKind.CANDLES, NOW_MS, NOW_MS)[:0], loaded.panel._said
    plain = series(SeriesKind.CANDLES, nothing, note="there is nothing older")
    loaded.panel.show_series(plain)
    assert "older" not in said.text()
    note = "6 candles that cannot be are left out: see Help, Diagnostics"
    header = msgspec.structs.replace(plain.header, note=note, left_out=6)
    loaded.panel.show_series(plain._replace(header=header))
    assert said.text() == note


@pytest.mark.parametrize("timeframe", [name for name in TIMEFRAMES_MS if name != "1h"])
def test_a_button_changes_the_timeframe(loaded: Desk, timeframe: str) -> None:
    button = next(b for b in loaded.panel.findChildren(QToolButton) if b.text() == timeframe)
    with loaded.qtbot.waitSignal(loaded.panel.timeframe_changed) as told:
        loaded.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told.args == [timeframe]
    assert loaded.asked[-1].timeframe == timeframe
    assert loaded.asked[-1].until_ms - loaded.asked[-1].since_ms == (
        FIRST_BARS * TIMEFRAMES_MS[timeframe]
    )
    assert loaded.chart.series.candles.size == 0
    loaded.answer()
    assert loaded.chart.panes[0].has_data


def test_keys_1_to_6_change_the_timeframe(loaded: Desk) -> None:
    loaded.panel.activateWindow()
    loaded.qtbot.waitActive(loaded.panel)
    loaded.chart.setFocus()
    for number, timeframe in enumerate(TIMEFRAMES_MS):
        loaded.qtbot.keyClick(loaded.chart, Qt.Key(Qt.Key.Key_1.value + number))
        assert loaded.panel.timeframe == timeframe
        checked = [b.text() for b in loaded.panel.findChildren(QToolButton) if b.isChecked()]
        assert timeframe in checked


def test_arrows_plus_minus_and_home_move_the_view(loaded: Desk) -> None:
    loaded.panel.activateWindow()
    loaded.qtbot.waitActive(loaded.panel)
    loaded.chart.setFocus()
    loaded.panel.reset_view()
    usual = loaded.chart.time_range
    for key, moves in (
        (Qt.Key.Key_Left, lambda now, was: now.end_ms < was.end_ms),
        (Qt.Key.Key_Right, lambda now, was: now.end_ms > was.end_ms),
        (Qt.Key.Key_Minus, lambda now, was: now.span_ms > was.span_ms),
        (Qt.Key.Key_Plus, lambda now, was: now.span_ms < was.span_ms),
    ):
        before = loaded.chart.time_range
        loaded.qtbot.keyClick(loaded.chart, key)
        assert moves(loaded.chart.time_range, before)
    loaded.qtbot.keyClick(loaded.chart, Qt.Key.Key_Left)
    loaded.qtbot.keyClick(loaded.chart, Qt.Key.Key_Home)
    assert loaded.chart.time_range == usual


def test_panning_left_asks_for_older_rows_once_and_nothing_jumps(loaded: Desk) -> None:
    first = loaded.asked[0]
    with loaded.qtbot.waitSignal(loaded.panel.series_requested, timeout=2_000):
        for _ in range(30):
            loaded.pan_to(loaded.chart.time_range.start_ms - 20 * HOUR)
    assert len(loaded.asked) == 2
    older = loaded.asked[1]
    assert older.until_ms == first.since_ms
    assert older.since_ms <= first.since_ms - FIRST_BARS * HOUR
    price = loaded.chart.panes[0]
    assert price.unloaded.loading
    assert price.unloaded.before_ms == first.since_ms
    assert "loading" in price.unloaded.text
    before, under = loaded.chart.time_range, price.time_of(300.0)
    held = loaded.chart.series.candles.size
    loaded.answer()
    assert loaded.chart.time_range == before
    assert price.time_of(300.0) == under
    assert loaded.chart.series.candles.size > held
    times = loaded.chart.series.candles.times
    assert times[0] == older.since_ms
    assert (np.diff(times) == HOUR).all()
    assert not price.unloaded.loading


def test_where_history_ends_it_says_so_and_asks_no_more(loaded: Desk) -> None:
    def pan() -> None:
        loaded.pan_to(loaded.chart.time_range.start_ms - 400 * HOUR)

    with loaded.qtbot.waitSignal(loaded.panel.series_requested, timeout=2_000):
        pan()
    for kind in SHOWN_KINDS:
        nothing = rows(kind, 0, 0)
        loaded.panel.show_series(
            series(kind, nothing, request=loaded.asked[-1].request, note="none so old")
        )
    assert loaded.chart.panes[0].unloaded.text == "no older history"
    with loaded.qtbot.assertNotEmitted(loaded.panel.series_requested, wait=400):
        loaded.pan_to(loaded.chart.time_range.start_ms - 10 * HOUR)
    assert loaded.chart.panes[0].has_data or "recorded in this stretch" in loaded.notices()[0]


def test_lines_are_seen_even_where_no_price_is_recorded(desk: Desk) -> None:
    report = RiskReport(
        now_ms=NOW_MS,
        positions=[risk(instrument(BTC.venue, "BTC"), Side.LONG, 60_000.0, 55_000.0)],
    )
    desk.panel.show_update(update(BTC, selected=BTC, report=report))
    placed = desk.chart.panes[0].placed_lines
    assert [one.line.text for one in placed] == ["mark", "LONG entry", "LONG liquidation"]
    assert all(one.y is not None for one in placed)


def test_a_pane_without_rows_says_why(desk: Desk) -> None:
    desk.panel.show_update(update(BTC, selected=BTC))
    for frame in answers(desk.asked[0]):
        if frame.header.kind is SeriesKind.LONG_SHORT_RATIO:
            nothing = rows(SeriesKind.LONG_SHORT_RATIO, 0, 0)
            reason = "hyperliquid publishes no long/short ratio"
            desk.panel.show_series(series(frame.header.kind, nothing, note=reason))
        elif frame.header.kind is SeriesKind.OPEN_INTEREST:
            desk.panel.show_series(series(frame.header.kind, frame.values[:0]))
        else:
            desk.panel.show_series(frame)
    made = update(BTC, selected=BTC)
    key = (BTC, ReadingKind.OPEN_INTEREST)
    made.snapshot.missing[key] = Unavailable(
        venue=BTC.venue,
        symbol=BTC.symbol,
        endpoint="",
        venue_ms=None,
        received_ms=0,
        kind=ReadingKind.OPEN_INTEREST,
        reason="the venue answered HTTP 451",
    )
    desk.panel.show_update(made)
    price, interest, ratio, funding = desk.notices()
    assert price == funding == ""
    assert interest == ("No open interest recorded for this series: the venue answered HTTP 451")
    assert ratio == (
        "No long/short ratio recorded for this series: hyperliquid publishes no long/short ratio"
    )


def test_positions_in_the_contract_are_drawn_with_their_side(loaded: Desk) -> None:
    btc = instrument(BTC.venue, "BTC")
    report = RiskReport(
        now_ms=NOW_MS,
        positions=[
            risk(btc, Side.LONG, 60_000.0, 30_000.0, stop_price=59_000.0),
            risk(instrument(ETH.venue, "ETH"), Side.SHORT, 60_500.0, 61_000.0),
        ],
    )
    loaded.panel.show_update(update(BTC, selected=BTC, report=report))
    placed = {one.line.text: one for one in loaded.chart.panes[0].placed_lines}
    assert placed.keys() == {"LONG entry", "LONG liquidation", "LONG stop", "mark"}
    price = loaded.chart.panes[0]
    assert placed["LONG entry"].y == pytest.approx(price.y_of(60_000.0))
    assert placed["LONG liquidation"].y is None, "too far away to squeeze the candles for it"


def test_a_line_just_out_of_the_candles_is_brought_into_sight(loaded: Desk) -> None:
    low = loaded.chart.series.candles.low.min()
    near = risk(instrument(BTC.venue, "BTC"), Side.LONG, 60_000.0, low - 500.0)
    report = RiskReport(now_ms=NOW_MS, positions=[near])
    loaded.panel.show_update(update(BTC, selected=BTC, report=report))
    placed = {one.line.text: one.y for one in loaded.chart.panes[0].placed_lines}
    assert placed["LONG liquidation"] is not None


def test_a_recording_says_so_in_a_colour_that_cannot_be_missed(loaded: Desk) -> None:
    clock = Clock(now_ms=NOW_MS, speed=120.0, paused=False, recording="August 2024 crash")
    recorded = QColor(DARK.recorded)
    rgb = [recorded.red(), recorded.green(), recorded.blue()]
    assert not (picture(loaded.panel) == rgb).all(axis=2).any()
    loaded.panel.show_update(update(BTC, selected=BTC, clock=clock))
    assert loaded.chart.title.recorded == "RECORDED  August 2024 crash  2024-08-04"
    assert (picture(loaded.panel) == rgb).all(axis=2).sum() > 1_000


def test_a_hidden_panel_asks_and_paints_nothing_until_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[float] = []
    original: Callable[..., None] = Pane.show_range

    def counted(self: Pane, start_ms: float, end_ms: float) -> None:
        fitted.append(start_ms)
        original(self, start_ms, end_ms)

    desk.panel.hide()
    monkeypatch.setattr(Pane, "show_range", counted)
    for second in range(5):
        desk.panel.show_update(update(BTC, now_ms=NOW_MS + 1_000 * second, selected=BTC))
    assert desk.asked == []
    assert fitted == []
    desk.panel.show()
    assert len(desk.asked) == 1
    assert fitted


def test_a_feed_that_comes_back_is_asked_again(loaded: Desk) -> None:
    loaded.panel.show_update(update(BTC, selected=BTC, feed_lost=True))
    assert len(loaded.asked) == 1
    held = loaded.chart.series.candles.size
    loaded.panel.show_update(update(BTC, selected=BTC))
    assert len(loaded.asked) == 2
    assert loaded.asked[1].request > loaded.asked[0].request
    assert loaded.chart.series.candles.size == held, "what is held stays on screen meanwhile"


def test_selecting_another_contract_starts_over(loaded: Desk) -> None:
    loaded.chart.pan_pixels(900.0)
    loaded.panel.show_update(update(BTC, ETH, selected=ETH))
    assert loaded.chart.time_range.end_ms > NOW_MS
    assert loaded.asked[-1].key == ETH
    assert loaded.chart.series.candles.size == 0
    loaded.answer()
    assert loaded.chart.title.text.startswith("ETH/USDT:USDT")
    loaded.panel.select(None)
    assert "Select a contract" in loaded.notices()[0]


def test_history_kept_while_hidden_is_there_when_shown(loaded: Desk) -> None:
    loaded.panel.hide()
    fresh = np.array([[NOW_MS + HOUR, 1.0, 4.0, 0.5, 2.0, 9.0]])
    loaded.panel.show_series(series(SeriesKind.CANDLES, fresh))
    loaded.panel.show()
    assert loaded.chart.series.candles.last() == (NOW_MS + HOUR, 1.0, 4.0, 0.5, 2.0, 9.0)


def test_the_theme_changes_live(loaded: Desk) -> None:
    dark = picture(loaded.chart)
    loaded.panel.apply_theme(LIGHT)
    light = picture(loaded.chart)
    assert light.mean() > dark.mean() + 100


def test_every_control_has_a_name_and_a_key(loaded: Desk) -> None:
    for button in loaded.panel.findChildren(QToolButton):
        assert button.accessibleName()
        assert button.defaultAction().shortcut().toString()
