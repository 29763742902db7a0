"""Hands on values, axes, edges and lines: scaling, measuring, resizing, dragging, going back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.widgets.chart_samples import HOUR
from tests.widgets.hands import (
    ALT,
    CTRL,
    NO_KEY,
    SHIFT,
    click,
    double_click,
    drag,
    hold,
    middle_of,
    move,
    wheel,
)
from tests.widgets.market_samples import NOW_MS
from tests.widgets.test_chart_gestures import line, texts
from widgets import format as fmt
from widgets.charts.pane import Pane
from widgets.charts.price_lines import PriceLine, PriceLineKind
from widgets.charts.time_chart import LEAST_PANE_PX, READABLE_PX, TimeChart
from widgets.charts.view_history import SETTLED_MS
from widgets.theme import DARK

STOP = PriceLine(15.0, "LONG stop", PriceLineKind.STOP, "one")
LIQUIDATION = PriceLine(12.0, "LONG liquidation", PriceLineKind.LIQUIDATION, "one")


@pytest.fixture
def chart(qtbot: QtBot) -> TimeChart:
    panes = [Pane("first", texts(), share=2.0), Pane("second", texts()), Pane("third", texts())]
    panes[0].add_series(line(10.0, 20.0))
    panes[1].add_series(line(-1.0, 1.0))
    panes[2].add_series(line(1.0, 1_000.0))
    made = TimeChart(panes, DARK)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.set_oldest(NOW_MS - 2_000.0 * HOUR)
    made.set_clock(NOW_MS, HOUR)
    made.show()
    QApplication.processEvents()
    return made


def spans(chart: TimeChart) -> list[float]:
    return [pane.values.high - pane.values.low for pane in chart.panes]


def axis_point(chart: TimeChart, pane: int, below_top: float) -> QPointF:
    area = chart.axes[pane].area
    return QPointF(area.center().x(), area.top() + below_top)


@pytest.mark.parametrize("delta", [240, -240])
def test_ctrl_and_wheel_scale_the_values_at_the_cursor(chart: TimeChart, delta: int) -> None:
    pane, before, view = chart.panes[0], spans(chart), chart.time_range
    at = middle_of(chart, 0, 300.0) + QPointF(0.0, 40.0)
    y = at.y() - pane.geometry().top()
    under = pane.value_of(y)
    wheel(chart, at, delta, keys=CTRL)
    assert chart.time_range == view
    assert (spans(chart)[0] < before[0]) == (delta > 0)
    assert spans(chart)[1:] == before[1:]
    assert pane.value_of(y) == pytest.approx(under)


@pytest.mark.parametrize(("way", "wider"), [(60.0, False), (-60.0, True)])
def test_a_drag_on_the_value_axis_scales_it_until_a_double_click(
    chart: TimeChart, way: float, wider: bool
) -> None:
    fitted = spans(chart)
    start = axis_point(chart, 0, 150.0)
    drag(chart, start, start + QPointF(0.0, 0.5 * way), start + QPointF(0.0, way))
    by_hand = spans(chart)[0]
    assert (by_hand < fitted[0]) == wider
    chart.pan_pixels(400.0)
    assert spans(chart)[0] == pytest.approx(by_hand), "what a hand set stays while panning"
    double_click(chart, start)
    assert not chart.panes[0].values.by_hand
    assert spans(chart)[0] != pytest.approx(by_hand)


def test_the_wheel_scales_the_axis_it_turns_over(chart: TimeChart) -> None:
    before, view = spans(chart), chart.time_range
    wheel(chart, axis_point(chart, 1, 20.0), 120)
    assert spans(chart)[1] < before[1]
    assert chart.time_range == view
    wheel(chart, chart.time_axis.area.center(), 120)
    assert chart.time_range.span_ms < view.span_ms


def test_values_scaled_by_hand_move_with_a_drag(chart: TimeChart) -> None:
    pane = chart.panes[0]
    wheel(chart, middle_of(chart, 0, 300.0), 240, keys=CTRL)
    start = middle_of(chart, 0, 300.0)
    y = start.y() - pane.geometry().top()
    under = pane.value_of(y)
    drag(chart, start, start + QPointF(10.0, 20.0), start + QPointF(30.0, 35.0))
    assert pane.value_of(y + 35.0) == pytest.approx(under)


def test_a_drag_on_the_time_axis_makes_bars_wider_with_now_in_place(chart: TimeChart) -> None:
    chart.reset_view()
    before = chart.time_range
    now_at = chart.panes[0].x_of(NOW_MS)
    start = chart.time_axis.area.center()
    drag(chart, start, start + QPointF(30.0, 0.0), start + QPointF(60.0, 0.0))
    assert chart.time_range.span_ms < before.span_ms
    assert chart.panes[0].x_of(NOW_MS) == pytest.approx(now_at, abs=0.5)
    double_click(chart, start)
    assert chart.time_range.span_ms == pytest.approx(before.span_ms)


def test_shift_and_drag_measure_without_moving_anything(chart: TimeChart) -> None:
    pane, view = chart.panes[0], chart.time_range
    top = pane.geometry().top()
    start = QPointF(pane.x_of(NOW_MS - 50 * HOUR), top + pane.y_of(12.0))
    end = QPointF(pane.x_of(NOW_MS - 38 * HOUR), top + pane.y_of(15.0))
    drag(chart, start, 0.5 * (start + end), end, keys=SHIFT)
    assert chart.time_range == view
    measure = pane.ruler.measure
    assert measure is not None
    assert (measure.bars, measure.end_ms - measure.start_ms) == (12, 12 * HOUR)
    a_pixel = pane.value_of(0.0) - pane.value_of(1.0)
    assert measure.end - measure.start == pytest.approx(3.0, abs=1.1 * a_pixel)
    assert measure.fraction == measure.end / measure.start - 1.0
    price, time = pane.ruler.lines()
    assert price == f"+{measure.end - measure.start:.3f}  {fmt.change(measure.fraction)}"
    assert time == f"12 bars  {fmt.duration(12 * HOUR)}"
    assert not pane.ruler.measuring
    click(chart, start)
    assert pane.ruler.measure is None


def test_a_measure_can_be_told_in_other_words_too(chart: TimeChart) -> None:
    pane = chart.panes[0]
    pane.ruler.more_words = lambda measure: [f"{measure.end - measure.start:.0f} USDT"]
    start = middle_of(chart, 0, 300.0)
    drag(chart, start, start - QPointF(40.0, -30.0), start - QPointF(60.0, -60.0), keys=SHIFT)
    change, _, money = pane.ruler.lines()
    assert change.startswith(fmt.MINUS)
    assert money.endswith("USDT")


def test_back_and_forward_go_through_the_views_of_whole_gestures(
    chart: TimeChart, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("widgets.charts.time_chart.time.monotonic", lambda: now[0])
    views = [chart.time_range]
    for _ in range(3):
        now[0] += 2.0 * SETTLED_MS / 1000.0
        for _ in range(4):
            now[0] += 0.01
            chart.pan_by_hand(50.0)
        views.append(chart.time_range)
    for view in reversed(views[:-1]):
        chart.go_back()
        assert chart.time_range == view
    chart.go_back()
    assert chart.time_range == views[0], "there is nothing before the first"
    for view in views[1:]:
        chart.go_forward()
        assert chart.time_range == view
    chart.go_forward()
    chart.go_back()
    now[0] += 10.0
    chart.pan_by_hand(7.0)
    left = chart.time_range
    chart.go_forward()
    assert chart.time_range == left, "a new gesture ends what lay ahead"


def test_a_jump_shows_a_moment_in_the_middle_even_before_what_is_held(chart: TimeChart) -> None:
    span = chart.time_range.span_ms
    for back in (100, 5_000):
        chart.jump_to(NOW_MS - back * HOUR)
        view = chart.time_range
        assert view.span_ms == pytest.approx(span)
        assert 0.5 * (view.start_ms + view.end_ms) == pytest.approx(NOW_MS - back * HOUR)
    chart.end_reach()
    assert chart.time_range.end_ms > NOW_MS - 2_000 * HOUR, "back to where there is something"


def test_a_drag_on_the_edge_of_two_panes_gives_one_the_room_of_the_other(
    chart: TimeChart, qtbot: QtBot
) -> None:
    before = [pane.geometry().height() for pane in chart.panes]
    edge = chart.separators[0].area.center()
    with qtbot.waitSignal(chart.shares_changed):
        drag(chart, edge, edge + QPointF(0.0, 20.0), edge + QPointF(0.0, 60.0))
    after = [pane.geometry().height() for pane in chart.panes]
    assert after[0] == pytest.approx(before[0] + 60.0, abs=1.5)
    assert after[1] == pytest.approx(before[1] - 60.0, abs=1.5)
    assert after[2] == pytest.approx(before[2], abs=1.5)
    edge = chart.separators[0].area.center()
    drag(chart, edge, edge + QPointF(0.0, 20.0), edge + QPointF(0.0, 900.0))
    assert chart.panes[1].geometry().height() == pytest.approx(LEAST_PANE_PX, abs=1.5)


def test_panes_come_go_and_change_places(chart: TimeChart) -> None:
    first, second, third = chart.panes
    chart.set_panes([third, first])
    assert chart.panes == [third, first]
    assert third.geometry().bottom() <= first.geometry().top()
    assert second.scene() is None
    assert len(chart.axes) == 2
    assert len(chart.separators) == 1
    chart.set_panes([third, first, second])
    move(chart, middle_of(chart, 2, 300.0))
    assert chart.pane_under_mouse is not None
    assert chart.pane_under_mouse[0] is second
    view = chart.time_range
    start = middle_of(chart, 2, 300.0)
    drag(chart, start, start + QPointF(20.0, 0.0), start + QPointF(50.0, 0.0))
    moved = view.start_ms - chart.time_range.start_ms
    assert moved == pytest.approx(50.0 * view.span_ms / chart.plot_width), "moved once, not twice"


def test_panes_that_would_be_too_low_wait_for_more_height(chart: TimeChart) -> None:
    first, second, third = chart.panes
    chart.resize(1000, 110)
    QApplication.processEvents()
    assert chart.panes == [first]
    assert chart.waiting_panes == 2
    assert first.geometry().height() >= READABLE_PX
    move(chart, middle_of(chart, 0, 300.0))
    assert chart.crosshair_column() is not None
    chart.resize(1000, 700)
    QApplication.processEvents()
    assert chart.panes == [first, second, third]
    assert chart.waiting_panes == 0
    assert third.has_data
    view = chart.time_range
    start = middle_of(chart, 2, 300.0)
    drag(chart, start, start + QPointF(20.0, 0.0), start + QPointF(40.0, 0.0))
    moved = view.start_ms - chart.time_range.start_ms
    assert moved == pytest.approx(40.0 * view.span_ms / chart.plot_width)


def held_line(chart: TimeChart, *lines: PriceLine) -> tuple[list[float], list[float]]:
    """Prices told while a line moves and once it is dropped."""
    pane = chart.panes[0]
    pane.tick = 0.05
    pane.set_lines(lines)
    chart.refresh()
    moved: list[float] = []
    dropped: list[float] = []
    pane.line_moved.connect(lambda line, price: moved.append(price))
    pane.line_dropped.connect(lambda line, price: dropped.append(price))
    return moved, dropped


@pytest.mark.parametrize(
    ("keys", "part", "step"), [(NO_KEY, 1.0, 0.05), (SHIFT, 0.1, 0.05), (CTRL, 1.0, 0.5)]
)
def test_a_line_follows_the_hand_in_ticks(
    chart: TimeChart, keys: Qt.KeyboardModifier, part: float, step: float
) -> None:
    moved, dropped = held_line(chart, STOP)
    pane, view = chart.panes[0], chart.time_range
    start = QPointF(300.0, pane.geometry().top() + pane.y_of(15.0))
    per_px = pane.value_of(0.0) - pane.value_of(1.0)
    drag(chart, start, start + QPointF(0, 20), start + QPointF(0, 50), keys=keys)
    wanted = 15.0 - part * 50.0 * per_px
    (price,) = dropped
    assert price == round(round(wanted / step) * step, 2)
    assert len(moved) == 2
    assert chart.time_range == view
    assert pane.ruler.measure is None


def test_a_line_dragged_with_alt_stands_between_ticks(chart: TimeChart) -> None:
    _, dropped = held_line(chart, STOP)
    pane = chart.panes[0]
    start = QPointF(300.0, pane.geometry().top() + pane.y_of(15.0))
    drag(chart, start, start + QPointF(0, 21), start + QPointF(0, 33), keys=ALT)
    (price,) = dropped
    assert price == pytest.approx(15.0 - 33.0 * (pane.value_of(0.0) - pane.value_of(1.0)))


def test_a_line_can_be_taken_by_its_label(chart: TimeChart) -> None:
    _, dropped = held_line(chart, STOP)
    (placed,) = chart.panes[0].placed_lines
    top = chart.panes[0].geometry().top()
    start = QPointF(chart.plot_width - 10.0, top + placed.label_top + 3.0)
    drag(chart, start, start + QPointF(0, 20), start + QPointF(0, 40))
    assert len(dropped) == 1


def test_what_the_venue_decides_cannot_be_dragged(chart: TimeChart) -> None:
    moved, dropped = held_line(chart, LIQUIDATION)
    pane, view = chart.panes[0], chart.time_range
    start = QPointF(300.0, pane.geometry().top() + pane.y_of(12.0))
    drag(chart, start, start + QPointF(20, 0), start + QPointF(40, 0))
    assert not moved
    assert not dropped
    assert chart.time_range != view, "the content moves instead"


def test_a_line_that_is_held_moves_until_it_is_dropped(chart: TimeChart) -> None:
    moved, dropped = held_line(chart, STOP)
    pane = chart.panes[0]
    start = QPointF(300.0, pane.geometry().top() + pane.y_of(15.0))
    hold(chart, start, start + QPointF(0, 10), start + QPointF(0, 30))
    assert moved
    assert not dropped


def test_another_charts_crosshair_is_followed_while_the_mouse_is_elsewhere(
    chart: TimeChart,
) -> None:
    chart.follow_crosshair(NOW_MS - 10 * HOUR)
    assert chart.crosshair_column() == int(chart.panes[0].x_of(NOW_MS - 10 * HOUR)) + 0.5
    chart.follow_crosshair(None)
    assert chart.crosshair_column() is None
    move(chart, middle_of(chart, 0, 200.0))
    own = chart.crosshair_column()
    chart.follow_crosshair(NOW_MS - 10 * HOUR)
    assert chart.crosshair_column() == own


def test_a_logarithmic_pane_marks_round_values_and_still_zooms(chart: TimeChart) -> None:
    pane = chart.panes[2]
    pane.set_log(log=True)
    chart.refresh()
    assert {1.0, 10.0, 100.0} <= set(pane.ticks) or len(pane.ticks) >= 3
    ratios = [pane.y_of(low) - pane.y_of(10 * low) for low in (2.0, 20.0)]
    assert ratios[0] == pytest.approx(ratios[1])
    assert pane.value_of(pane.y_of(37.0)) == pytest.approx(37.0)
    before = spans(chart)[2]
    wheel(chart, middle_of(chart, 2, 300.0), 120, keys=CTRL)
    assert spans(chart)[2] < before


def test_the_legend_ends_before_a_label_that_stands_beside_it(chart: TimeChart) -> None:
    pane = chart.panes[0]
    whole = pane.legend.right_end()
    held_line(chart, LIQUIDATION)
    assert pane.legend.right_end() == whole, "a label further down is not in its way"
    held_line(chart, PriceLine(1_000.0, "SHORT liquidation", PriceLineKind.LIQUIDATION, "two"))
    (placed,) = pane.placed_lines
    assert pane.legend.right_end() < pane.price_lines.label_left(placed)


def test_a_stretch_that_is_being_loaded_is_not_said_to_be_empty(chart: TimeChart) -> None:
    pane = chart.panes[0]
    begins = pane._items[0].series.times[0]
    pane.show_range(begins - 50.0 * HOUR, begins - 10.0 * HOUR)
    assert "recorded in this stretch" in pane.notice.text
    pane.show_unloaded(begins, "", loading=True)
    assert pane.notice.text.startswith("Loading ")
    pane.show_unloaded(begins, "", loading=False)
    assert "recorded in this stretch" in pane.notice.text
