"""Hands on a chart: crosshair through all panes, wheel, drag, double click, following now."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.widgets.chart_samples import HOUR
from tests.widgets.hands import RIGHT, click, double_click, drag, middle_of, move, wheel
from tests.widgets.market_samples import NOW_MS
from widgets.charts.axes import ZONE
from widgets.charts.lines import LineItem
from widgets.charts.pane import Pane, ValueText
from widgets.charts.price_lines import PriceLine, PriceLineKind
from widgets.charts.series import TimeSeries
from widgets.charts.time_chart import TimeChart
from widgets.charts.time_range import MOST_BARS, TimeRange
from widgets.theme import DARK


def texts() -> ValueText:
    return ValueText(lambda value, _step: f"{value:.1f}", lambda value: f"{value:.3f}")


def line(low: float, high: float, hours: int = 2_000) -> LineItem:
    """A wave between `low` and `high` that ends at NOW_MS."""
    series = TimeSeries(least_step_ms=HOUR)
    times = NOW_MS - HOUR * np.arange(hours)[::-1]
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    series.merge(np.column_stack((times, middle + half * np.sin(times / HOUR / 9.0))))
    return LineItem(series, DARK.accent)


@pytest.fixture
def chart(qtbot: QtBot) -> TimeChart:
    panes = [Pane("first", texts(), share=2.0), Pane("second", texts())]
    panes[0].add_series(line(10.0, 20.0))
    panes[1].add_series(line(-1.0, 1.0))
    made = TimeChart(panes, DARK)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.set_oldest(NOW_MS - 2_000.0 * HOUR)
    made.set_clock(NOW_MS, HOUR)
    made.show()
    QApplication.processEvents()
    return made


def test_the_crosshair_stands_at_one_time_in_all_panes(chart: TimeChart) -> None:
    for pane in (0, 1):
        for x in (100.0, 333.3, 700.0):
            move(chart, middle_of(chart, pane, x))
            time_ms = chart.crosshair_ms
            assert time_ms is not None
            assert time_ms % HOUR == 0.0
            columns = [one.x_of(time_ms) for one in chart.panes]
            assert columns[0] == columns[1]
            assert chart.crosshair_column() == int(columns[0]) + 0.5
            bar_px = columns[0] - chart.panes[0].x_of(time_ms - HOUR)
            assert abs(columns[0] - x) <= 0.5 * bar_px + 1e-6


def test_the_price_at_the_crosshair_is_not_read_as_that_of_a_line(chart: TimeChart) -> None:
    pane = chart.panes[0]
    pane.set_lines([PriceLine(15.0, "LONG entry", PriceLineKind.ENTRY)])
    chart.set_clock(NOW_MS + HOUR, HOUR)
    (placed,) = pane.placed_lines
    top = pane.geometry().top()
    move(chart, QPointF(400.0, top + placed.label_top + 20.0))
    assert pane.price_lines.unnamed == {"LONG entry"}
    move(chart, QPointF(400.0, top + placed.label_top + 60.0))
    assert pane.price_lines.unnamed == set()
    move(chart, QPointF(400.0, top + placed.label_top + 2.0))
    assert pane.price_lines.unnamed == {"LONG entry"}
    move(chart, middle_of(chart, 1, 400.0))
    assert pane.price_lines.unnamed == set()


def test_the_crosshair_stays_under_a_resting_mouse(chart: TimeChart) -> None:
    move(chart, middle_of(chart, 0, 400.0))
    first = chart.crosshair_ms
    chart.set_clock(NOW_MS + 7 * HOUR, HOUR)
    assert first is not None
    assert chart.crosshair_ms == first + 7 * HOUR
    assert chart.crosshair_column() == pytest.approx(400.0, abs=8.0)


def test_a_sideways_wheel_pans(chart: TimeChart) -> None:
    before = chart.time_range
    wheel(chart, middle_of(chart, 0, 400.0), 0, 120)
    assert chart.time_range.span_ms == pytest.approx(before.span_ms)
    assert chart.time_range.end_ms < before.end_ms


def test_the_crosshair_leaves_with_the_mouse(chart: TimeChart, qtbot: QtBot) -> None:
    move(chart, middle_of(chart, 0, 400.0))
    with qtbot.waitSignal(chart.crosshair_moved) as told:
        move(chart, QPointF(400.0, 3.0))
    assert told.args == [None]
    assert chart.crosshair_column() is None


@pytest.mark.parametrize("delta", [120, -120, 360, -360, 15])
@pytest.mark.parametrize("x", [10.0, 437.0, 800.0])
def test_the_wheel_keeps_the_time_under_the_cursor(chart: TimeChart, x: float, delta: int) -> None:
    chart.pan_pixels(3_000.0)
    before = chart.time_range
    under = chart.panes[0].time_of(x)
    wheel(chart, middle_of(chart, 1, x), delta)
    after = chart.time_range
    assert (after.span_ms < before.span_ms) == (delta > 0)
    assert chart.panes[0].time_of(x) == pytest.approx(under, abs=0.01 * HOUR)
    assert chart.panes[0].x_of(under) == pytest.approx(x, abs=0.01)


def test_zooming_stops_at_ten_bars_and_at_the_longest_view(chart: TimeChart) -> None:
    chart.set_oldest(NOW_MS - 100_000.0 * HOUR)
    for _ in range(60):
        wheel(chart, middle_of(chart, 0, 500.0), 360)
    assert chart.time_range.span_ms == pytest.approx(10 * HOUR)
    for _ in range(60):
        wheel(chart, middle_of(chart, 0, 500.0), -360)
    assert chart.time_range.span_ms == pytest.approx(MOST_BARS * HOUR)


def test_a_drag_moves_the_content_with_the_hand(chart: TimeChart) -> None:
    before = chart.time_range
    per_px = before.span_ms / chart.plot_width
    start = middle_of(chart, 0, 300.0)
    drag(chart, start, start + QPointF(40.0, 5.0), start + QPointF(123.0, -30.0))
    moved = chart.time_range.start_ms - before.start_ms
    assert moved == pytest.approx(-123.0 * per_px)
    assert chart.time_range.span_ms == pytest.approx(before.span_ms)


def test_a_double_click_goes_back_to_now(chart: TimeChart) -> None:
    chart.reset_view()
    usual = chart.time_range
    chart.pan_pixels(2_000.0)
    chart.zoom(0.3, chart.time_range.start_ms)
    double_click(chart, middle_of(chart, 1, 200.0))
    assert chart.time_range == usual


def test_a_right_click_asks_for_a_menu_and_opens_nothing_itself(chart: TimeChart) -> None:
    told: list[QPointF] = []
    chart.panes[0].menu_wanted.connect(told.append)
    click(chart, middle_of(chart, 0, 200.0), RIGHT)
    assert told[0].x() == pytest.approx(200.0)
    assert QApplication.activePopupWidget() is None


def test_values_are_fitted_to_what_is_visible(chart: TimeChart) -> None:
    for shift in (0.0, 400.0, 1_300.0):
        chart.reset_view()
        chart.pan_pixels(shift)
        chart.zoom(0.2, chart.time_range.start_ms)
        view = chart.time_range
        for pane, (low, high) in zip(chart.panes, ((10.0, 20.0), (-1.0, 1.0)), strict=True):
            times = np.arange(NOW_MS - 2_000 * HOUR, NOW_MS + 1, HOUR)
            seen = times[(times >= view.start_ms) & (times <= view.end_ms)]
            values = 0.5 * (low + high) + 0.5 * (high - low) * np.sin(seen / HOUR / 9.0)
            top, bottom = pane.y_of(values.max()), pane.y_of(values.min())
            assert 0.0 < top < bottom < pane.rect().height()
            assert bottom - top > 0.5 * pane.rect().height()


def test_the_value_axes_are_as_wide_in_all_panes(chart: TimeChart) -> None:
    for axis, pane in zip(chart.axes, chart.panes, strict=True):
        assert axis.area.left() == pane.geometry().right() == chart.plot_width
        assert axis.area.right() == chart.width()
        assert axis.wanted_width() <= axis.area.width()
        assert all(value.is_integer() for value in pane.geometry().getRect())


def test_times_are_written_below_the_lowest_pane_only(chart: TimeChart) -> None:
    assert chart.time_axis.area.top() == chart.panes[-1].geometry().bottom()
    assert chart.time_axis.texts()
    assert all(len(pane.time_marks) == len(chart.time_axis.texts()) for pane in chart.panes)


def test_no_time_is_written_over_the_name_of_the_zone(chart: TimeChart) -> None:
    axis = chart.time_axis
    look = axis.look
    assert look is not None
    axis.plot_width = axis.area.right() - 4.0
    ends = axis.end_of_times(look)
    assert ends + look.width(ZONE) < axis.area.right()
    axis.plot_width = 500.0
    assert axis.end_of_times(look) == 498.0


def test_a_view_of_now_follows_it_bar_by_bar(chart: TimeChart) -> None:
    start = chart.time_range
    chart.set_clock(NOW_MS + HOUR - 1, HOUR)
    assert chart.time_range == start
    chart.set_clock(NOW_MS + HOUR, HOUR)
    assert chart.time_range == start.moved(HOUR)
    chart.set_clock(NOW_MS + 9 * HOUR, HOUR)
    assert chart.time_range == start.moved(9.0 * HOUR)


def test_a_view_of_now_follows_it_while_only_its_newest_row_is_there(chart: TimeChart) -> None:
    """Rows come in several answers: the live one, which may be alone at first, moves nothing."""
    before = chart.time_range
    chart.set_oldest(NOW_MS)
    chart.set_clock(NOW_MS + HOUR, HOUR)
    assert chart.time_range == before.moved(HOUR)


def test_a_view_of_the_past_stays(chart: TimeChart) -> None:
    chart.pan_pixels(2_000.0)
    past = chart.time_range
    chart.set_clock(NOW_MS + 5 * HOUR, HOUR)
    assert chart.time_range == past


def test_a_clock_set_back_shows_its_new_now(chart: TimeChart) -> None:
    chart.pan_pixels(2_000.0)
    chart.set_clock(NOW_MS - 100 * HOUR, HOUR)
    view = chart.time_range
    assert view.start_ms < NOW_MS - 100 * HOUR < view.end_ms


def test_the_view_never_leaves_what_there_is_to_see(chart: TimeChart) -> None:
    for pixels in (1e7, -1e7):
        chart.pan_pixels(pixels)
        view = chart.time_range
        assert view.end_ms > NOW_MS - 2_000.0 * HOUR
        assert view.start_ms < NOW_MS


def test_a_wider_window_shows_more_bars_of_the_same_width(chart: TimeChart) -> None:
    before, width = chart.time_range, chart.plot_width
    chart.resize(1400, 600)
    QApplication.processEvents()
    after = chart.time_range
    assert after.end_ms == pytest.approx(before.end_ms)
    assert after.span_ms / chart.plot_width == pytest.approx(before.span_ms / width, rel=1e-3)


def test_labels_of_the_value_axis_have_room(chart: TimeChart) -> None:
    for height in (600, 300, 180):
        chart.resize(1000, height)
        QApplication.processEvents()
        for pane in chart.panes:
            rows = sorted(pane.y_of(value) for value in pane.ticks)
            assert all(below - above >= 14.0 for above, below in pairwise(rows))


def test_ranges_far_from_the_data_are_refused_kindly(chart: TimeChart) -> None:
    chart.show_range(TimeRange(-1e15, -1e15 + 100 * HOUR))
    assert chart.time_range.start_ms >= 0.0
