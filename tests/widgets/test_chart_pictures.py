"""What the painter leaves on the screen, against a plain drawing of every row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.chart_samples import HOUR
from tests.widgets.market_samples import NOW_MS
from widgets.charts.bars import BarItem
from widgets.charts.candles import CandleItem, candle_series
from widgets.charts.columns import body_width
from widgets.charts.item import SeriesItem
from widgets.charts.lines import LineItem
from widgets.charts.pane import Pane, ValueText
from widgets.charts.series import TimeSeries
from widgets.charts.time_chart import TimeChart
from widgets.charts.time_range import TimeRange
from widgets.theme import DARK, LIGHT, Theme

Mask = npt.NDArray[np.bool_]
INK = "#ff00ff"
UP, DOWN = "#00ff00", "#ff0000"


def pixels(image: QImage) -> npt.NDArray[np.int16]:
    """Red, green and blue of each pixel."""
    held = image.convertToFormat(QImage.Format.Format_RGB32)
    shape = (held.height(), held.width(), 4)
    return np.frombuffer(held.constBits(), np.uint8).reshape(shape)[..., 2::-1].astype(np.int16)


def picture(widget: QWidget) -> npt.NDArray[np.int16]:
    return pixels(widget.grab().toImage())


def inked(image: npt.NDArray[np.int16], color: str = INK) -> Mask:
    """Pixels that are mostly `color`."""
    wanted = QColor(color)
    rgb = np.array([wanted.red(), wanted.green(), wanted.blue()])
    return np.asarray(np.abs(image - rgb).max(axis=2) < 128)


def near(mask: Mask, reach: int = 1) -> Mask:
    """`mask` grown by `reach` pixels every way."""
    grown = np.zeros_like(mask)
    height, width = mask.shape
    padded = np.pad(mask, reach)
    for down in range(2 * reach + 1):
        for right in range(2 * reach + 1):
            grown |= padded[down : down + height, right : right + width]
    return grown


@pytest.fixture
def show(qtbot: QtBot) -> Callable[..., TimeChart]:
    def build(item: SeriesItem, count: int, *, width: int = 900, name: str = "line") -> TimeChart:
        pane = Pane(name, ValueText(lambda value, _: f"{value:.0f}", lambda value: f"{value:.1f}"))
        pane.add_series(item)
        chart = TimeChart([pane], DARK)
        qtbot.addWidget(chart)
        chart.resize(width, 500)
        chart.set_oldest(NOW_MS - float(count * HOUR))
        chart.set_clock(NOW_MS, HOUR)
        chart.show()
        chart.show_range(TimeRange(NOW_MS - (count + 20.0) * HOUR, NOW_MS + 20.0 * HOUR))
        QApplication.processEvents()
        return chart

    return build


def drawn_in_full(chart: TimeChart, times: npt.NDArray[np.float64], values: object) -> Mask:
    """Every row joined to its neighbour by a plain line, at the chart's scale."""
    pane = chart.panes[0]
    image = QImage(chart.width(), chart.height(), QImage.Format.Format_RGB32)
    image.fill(QColor(DARK.surface))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(pane.geometry().topLeft())
    painter.setPen(QColor(INK))
    x = [pane.x_of(time) for time in times.tolist()]
    y = [pane.y_of(value) for value in np.asarray(values).tolist()]
    lines = [QLineF(x[at], y[at], x[at + 1], y[at + 1]) for at in range(len(x) - 1)]
    painter.drawLines(lines)
    painter.end()
    return inked(pixels(image))


@pytest.mark.parametrize("count", [200, 1_500, 4_000, 40_000])
def test_a_line_differs_from_its_full_drawing_by_one_pixel_at_most(
    show: Callable[..., TimeChart], count: int
) -> None:
    random = np.random.default_rng(count)
    times = NOW_MS - HOUR * np.arange(count)[::-1].astype(np.float64)
    values = np.cumsum(random.normal(size=count)) + 30.0 * np.sin(np.arange(count) / 90.0)
    series = TimeSeries(least_step_ms=HOUR)
    series.merge(np.column_stack((times, values)))
    chart = show(LineItem(series, INK), count)
    ours, full = inked(picture(chart)), drawn_in_full(chart, times, values)
    assert ours.sum() > 500
    assert not (ours & ~near(full)).any(), "ink where the full drawing has none"
    assert not (full & ~near(ours)).any(), "ink missing"


def test_a_wide_line_covers_its_full_drawing(show: Callable[..., TimeChart]) -> None:
    times = NOW_MS - HOUR * np.arange(5_000)[::-1].astype(np.float64)
    values = np.sin(np.arange(5_000) / 300.0)
    series = TimeSeries(least_step_ms=HOUR)
    series.merge(np.column_stack((times, values)))
    chart = show(LineItem(series, INK, width=2.0), 5_000)
    ours, full = inked(picture(chart)), drawn_in_full(chart, times, values)
    assert not (full & ~near(ours)).any()
    assert not (ours & ~near(full, 2)).any()


@pytest.mark.parametrize("count", [120, 9_000])
def test_no_ink_is_in_a_gap(show: Callable[..., TimeChart], count: int) -> None:
    keep = np.ones(count, dtype=bool)
    keep[count // 3 : count // 2] = False
    times = (NOW_MS - HOUR * np.arange(count)[::-1].astype(np.float64))[keep]
    values = np.where(np.arange(count) % 2 == 0, 1.0, 5.0)[keep]
    values[-count // 4 : -count // 5] = np.nan
    series = TimeSeries(least_step_ms=HOUR)
    series.merge(np.column_stack((times, values)))
    chart = show(LineItem(series, INK), count)
    columns = inked(picture(chart)).any(axis=0)
    pane = chart.panes[0]
    first = NOW_MS - HOUR * (count - 1)
    for start, stop in ((count // 3, count // 2), (count - count // 4, count - count // 5)):
        left, right = pane.x_of(first + start * HOUR), pane.x_of(first + (stop - 1) * HOUR)
        assert not columns[int(left) + 1 : int(right)].any()
        assert columns[int(left) - 25 : int(left) + 1].any()
        assert columns[int(right) : int(right) + 25].any()


def candles(count: int) -> tuple[npt.NDArray[np.float64], CandleItem]:
    random = np.random.default_rng(5)
    closes = 100.0 + np.cumsum(random.normal(size=count))
    opens = np.concatenate(([100.0], closes[:-1]))
    high, low = np.maximum(opens, closes) + 1.0, np.minimum(opens, closes) - 1.0
    times = NOW_MS - HOUR * np.arange(count)[::-1].astype(np.float64)
    matrix = np.column_stack((times, opens, high, low, closes, np.ones(count)))
    series = candle_series(HOUR)
    series.merge(matrix)
    return matrix, CandleItem(series, UP, DOWN)


def test_each_candle_stands_where_its_four_prices_are(show: Callable[..., TimeChart]) -> None:
    matrix, item = candles(60)
    chart = show(item, 60)
    image, pane = picture(chart), chart.panes[0]
    top_px = int(pane.geometry().top())
    width = body_width(pane.x_of(NOW_MS) - pane.x_of(NOW_MS - HOUR))
    assert width >= 5
    for time, opened, high, low, close, _ in matrix.tolist():
        mask = inked(image, UP if close >= opened else DOWN)
        x = int(pane.x_of(time))
        wick = np.flatnonzero(mask[:, x]) - top_px
        assert wick[0] == pytest.approx(pane.y_of(high), abs=1.0)
        assert wick[-1] == pytest.approx(pane.y_of(low), abs=1.5)
        side = np.flatnonzero(mask[:, x - width // 2]) - top_px
        body = sorted((pane.y_of(opened), pane.y_of(close)))
        assert side[0] == pytest.approx(body[0], abs=1.0)
        assert side[-1] == pytest.approx(body[1], abs=1.5)
        assert not mask[:, x + width // 2 + 1].any() or width == 1


def test_candles_narrower_than_pixels_still_show_every_extreme(
    show: Callable[..., TimeChart],
) -> None:
    matrix, item = candles(20_000)
    chart = show(item, 20_000)
    image, pane = picture(chart), chart.panes[0]
    ink = inked(image, UP) | inked(image, DOWN)
    rows = np.flatnonzero(ink.any(axis=1)) - int(pane.geometry().top())
    assert rows[0] == pytest.approx(pane.y_of(matrix[:, 2].max()), abs=1.0)
    assert rows[-1] == pytest.approx(pane.y_of(matrix[:, 3].min()), abs=1.0)
    columns = np.flatnonzero(ink.any(axis=0))
    assert columns[0] == pytest.approx(pane.x_of(matrix[0, 0]), abs=4.0)
    assert columns[-1] == pytest.approx(pane.x_of(matrix[-1, 0]), abs=4.0)


def test_bars_stand_on_zero_and_show_their_sign(show: Callable[..., TimeChart]) -> None:
    series = TimeSeries(least_step_ms=HOUR)
    values = np.array([2.0, -1.0, 1.0, -2.0])
    times = NOW_MS - 8 * HOUR * np.arange(4)[::-1].astype(np.float64)
    series.merge(np.column_stack((times, values)))
    chart = show(BarItem(series, UP, DOWN), 30)
    image, pane = picture(chart), chart.panes[0]
    top_px = pane.geometry().top()
    for time, value in zip(times, values, strict=True):
        mask = inked(image, UP if value > 0 else DOWN)[:, int(pane.x_of(time))]
        rows = np.flatnonzero(mask) - top_px
        ends = sorted((pane.y_of(0.0), pane.y_of(value)))
        assert rows[0] == pytest.approx(ends[0], abs=1.0)
        assert rows[-1] == pytest.approx(ends[1], abs=1.5)


def test_text_that_looks_like_markup_is_shown_as_written(show: Callable[..., TimeChart]) -> None:
    _, item = candles(30)
    chart = show(item, 30)
    red = f'<font color="{DOWN}">&#9608;&#9608;</font>'
    pane = chart.panes[0]
    item.hide()
    chart.title.show_texts(red, red, "")
    pane.legend.show_runs([(red, "text"), (red, "text_muted")])
    pane.set_reason(red)
    pane.notice.show_text(red)
    pane.unloaded.show_edge(NOW_MS, red, loading=True)
    assert not inked(picture(chart), DOWN).any()
    assert pane.legend.text.startswith("<font")


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_a_theme_repaints_everything_at_once(show: Callable[..., TimeChart], theme: Theme) -> None:
    _, item = candles(30)
    chart = show(item, 30)
    other = LIGHT if theme is DARK else DARK
    chart.apply_theme(other)
    before = picture(chart)
    chart.apply_theme(theme)
    image = picture(chart)
    surface = QColor(theme.surface)
    share = (image == [surface.red(), surface.green(), surface.blue()]).all(axis=2).mean()
    assert share > 0.7
    old = QColor(other.surface)
    assert not (image == [old.red(), old.green(), old.blue()]).all(axis=2).any()
    assert (before != image).any(axis=2).mean() > 0.7


def test_twice_the_pixels_show_the_same_picture_finer(qtbot: QtBot) -> None:
    matrix, item = candles(40)
    pane = Pane("price", ValueText(lambda value, _: f"{value:.0f}", str))
    pane.add_series(item)
    chart = TimeChart([pane], DARK)
    qtbot.addWidget(chart)
    chart.resize(600, 400)
    chart.show()
    QApplication.processEvents()
    chart.set_clock(NOW_MS, HOUR)
    chart.set_oldest(float(matrix[0, 0]))
    chart.show_range(TimeRange(NOW_MS - 45.0 * HOUR, NOW_MS + 5.0 * HOUR))
    image = QImage(1200, 800, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2.0)
    painter = QPainter(image)
    chart.render(painter, QRectF(0.0, 0.0, 600.0, 400.0))
    painter.end()
    drawn = pixels(image)
    time, opened, high, low, close, _ = matrix[20].tolist()
    column = inked(drawn, UP if close >= opened else DOWN)[:, int(2 * pane.x_of(time))]
    rows = np.flatnonzero(column) - 2 * pane.geometry().top()
    assert rows[0] == pytest.approx(2 * pane.y_of(high), abs=1.0)
    assert rows[-1] == pytest.approx(2 * pane.y_of(low), abs=1.5)
