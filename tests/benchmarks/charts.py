"""What a frame of a chart costs, against pyqtgraph's own items and the floor of a raster window.

Run with `python -m tests.benchmarks.charts`. All candidates of a figure run interleaved in one
process, off screen, at 1600x900, in CPU time of the painting thread. The floor is a widget that
fills its background and draws one upright line per pixel column. "chart" is a whole frame of
pyqtgraph's view and view boxes with our axes; "item alone" is the series item on a bare widget.
"""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPoint, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.benchmarks.measure import Candidate, interleaved_rounds, medians, print_figure
from widgets.charts.bars import BarItem
from widgets.charts.candles import CandleItem, candle_series
from widgets.charts.columns import whole
from widgets.charts.item import SeriesItem
from widgets.charts.lines import LineItem
from widgets.charts.painting import draw_lines, solid_pen
from widgets.charts.pane import Pane, ValueText
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries
from widgets.charts.time_chart import TimeChart
from widgets.charts.time_range import TimeRange
from widgets.theme import DARK

WIDTH, HEIGHT = 1600, 900
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
PANES, PANE_ROWS, CANDLES = 4, 26_000, 2_000
BAR_MS = 60_000.0
FRAMES = 20
FRAMES_OF_MILLIONS = 4
SINGLE_FRAMES = 240
CANDLES_PART = 10
TICKS = 200
_STEP = 0.0005

Floats = npt.NDArray[np.float64]


def walk(count: int, seed: int = 1) -> tuple[Floats, Floats]:
    """Times a minute apart and a random walk over them."""
    random = np.random.default_rng(seed)
    return np.arange(count) * BAR_MS, 60_000.0 + np.cumsum(random.normal(size=count))


class Floor(QWidget):
    """The least that a line on a background can cost in this process."""

    def __init__(self) -> None:
        super().__init__()
        self.resize(WIDTH, HEIGHT)
        x = np.arange(WIDTH) + 0.5
        high = 450.0 + 300.0 * np.sin(x / 90.0)
        self._strokes = np.column_stack((x, high, x, high + 40.0))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Fill, and one line per column."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(DARK.surface))
        painter.setPen(solid_pen(QColor(DARK.accent), 1.0))
        draw_lines(painter, self._strokes)


class Panning:
    """Shows a widget and moves its view by a little each call, back and forth."""

    def __init__(self, widget: QWidget, show: Callable[[float], object]) -> None:
        widget.show()
        QApplication.processEvents()
        self._widget = widget
        self._show = show
        self._frame = 0

    def __call__(self) -> None:
        self._frame += 1
        self._show(_STEP * (self._frame % 40))
        self._widget.repaint()


def floor() -> Panning:
    """The floor as a candidate."""
    return Panning(Floor(), lambda _: None)


def plot_of(curves: Sequence[object], times: Floats, *, clip: bool = False) -> Panning:
    """A pyqtgraph plot, its whole frame with its own axes, panned over all of `times`."""
    widget = pg.PlotWidget()
    widget.resize(WIDTH, HEIGHT)
    plot = widget.getPlotItem()
    for curve in curves:
        plot.addItem(curve)
    if clip:
        plot.setDownsampling(auto=True, mode="peak")
        plot.setClipToView(clip=True)
    box = plot.getViewBox()
    box.enableAutoRange(x=False, y=False)
    box.setYRange(*_value_range(times))
    span = times[-1] - times[0]
    return Panning(
        _Flushed(widget), lambda shift: box.setXRange(shift * span, (1 + shift) * span, padding=0)
    )


class _Flushed(QWidget):
    """Lets a graphics view stand in for a plain widget: `repaint` repaints its viewport."""

    def __init__(self, view: pg.GraphicsView) -> None:
        super().__init__()
        self.resize(WIDTH, HEIGHT)
        view.setParent(self)
        view.setGeometry(0, 0, WIDTH, HEIGHT)
        self.view = view

    def repaint(self) -> None:  # type: ignore[override]  # Qt's has overloads with a region
        """Repaint what the view shows."""
        self.view.viewport().repaint()


def _value_range(times: Floats) -> tuple[float, float]:
    _, values = walk(len(times))
    return float(values.min()), float(values.max())


def own_series(times: Floats, values: Floats) -> TimeSeries:
    """A series filled in one go."""
    series = TimeSeries(least_step_ms=BAR_MS)
    series.merge(np.column_stack((times, values)))
    return series


class ItemAlone(QWidget):
    """A background and one series item, painted straight onto it: no view, no axes."""

    def __init__(self, item: SeriesItem, times: Floats, values: Floats) -> None:
        super().__init__()
        self.resize(WIDTH, HEIGHT)
        self._item = item
        self._span = float(times[-1])
        self._low, self._high = float(values.min()), float(values.max())
        self._shift = 0.0

    def pan(self, shift: float) -> None:
        """Start at this part of the span."""
        self._shift = shift

    def scale(self) -> Scale:
        """The map of the whole span and all values to the widget."""
        x_scale = WIDTH / self._span
        y_scale = -HEIGHT / (self._high - self._low)
        return Scale(x_scale, -self._shift * WIDTH, y_scale, -self._high * y_scale)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Fill, and the item."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(DARK.surface))
        self._item.draw(painter, self.scale(), whole(0.0, float(WIDTH)))


def item_alone(item: SeriesItem, times: Floats, values: Floats) -> Panning:
    """The series item without a view."""
    widget = ItemAlone(item, times, values)
    return Panning(widget, widget.pan)


def one_line(count: int) -> dict[str, Candidate]:
    """A line of `count` points: our item, our chart, pyqtgraph as it comes and tuned, the floor."""
    times, values = walk(count)
    series = own_series(times, values)
    return {
        "floor": floor(),
        "item alone": item_alone(LineItem(series, DARK.accent), times, values),
        "chart": own_chart(series, times),
        "item in a pyqtgraph plot": plot_of([LineItem(series, DARK.accent)], times),
        "pyqtgraph": plot_of([pg.PlotDataItem(times, values)], times),
        "pyqtgraph tuned": plot_of([pg.PlotDataItem(times, values)], times, clip=True),
        "pyqtgraph without data": plot_of([], times),
    }


class BatchedCandles(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """pyqtgraph's candles as well as they can be done there: what is visible, in two calls."""

    def __init__(self, rows: Floats) -> None:
        super().__init__()
        self._rows = rows
        self._half = 0.3 * float(rows[1, 0] - rows[0, 0])

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """What the view shows."""
        return self.viewRect()

    def viewTransformChanged(self) -> None:  # noqa: N802 (pyqtgraph's name)
        """Follow the view."""
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        """Wicks as lines, bodies as rectangles, from arrays."""
        view = self.viewRect()
        first, stop = np.searchsorted(self._rows[:, 0], (view.left(), view.right()))
        rows = self._rows[first:stop]
        x = rows[:, 0]
        wicks = pg.Qt.internals.PrimitiveArray(QLineF, 4)
        wicks.resize(len(rows))
        wicks.ndarray()[:] = np.column_stack((x, rows[:, 3], x, rows[:, 2]))
        bodies = pg.Qt.internals.PrimitiveArray(QRectF, 4)
        bodies.resize(len(rows))
        width = np.full_like(x, 2.0 * self._half)
        bodies.ndarray()[:] = np.column_stack(
            (x - self._half, rows[:, 1], width, rows[:, 4] - rows[:, 1])
        )
        painter.setPen(pg.mkPen(DARK.candle_up))
        painter.drawLines(*wicks.drawargs())
        painter.setBrush(QColor(DARK.candle_up))
        painter.drawRects(*bodies.drawargs())


def line_and_candles(count: int) -> dict[str, Candidate]:
    """A line of `count` points under a tenth as many candles, each over the whole span."""
    times, values = walk(count)
    every = slice(None, None, CANDLES_PART)
    rows = candle_rows(times[every], values[every])
    candles = candle_series(BAR_MS * CANDLES_PART)
    candles.merge(rows)
    items = [CandleItem(candles, DARK.candle_up, DARK.candle_down)]
    tuned = pg.PlotDataItem(times, values)
    return {
        "chart": own_chart(own_series(times, values), times, items),
        "pyqtgraph tuned with batched candles": plot_of(
            [BatchedCandles(rows), tuned], times, clip=True
        ),
    }


def own_chart(series: TimeSeries, times: Floats, others: Sequence[SeriesItem] = ()) -> Panning:
    """One pane of ours, axes and legend included."""
    pane = Pane("price", ValueText(lambda value, _: f"{value:.0f}", str))
    pane.add_series(LineItem(series, DARK.accent))
    for item in others:
        pane.add_series(item)
    return _panned(TimeChart([pane], DARK), times)


def _panned(chart: TimeChart, times: Floats) -> Panning:
    chart.resize(WIDTH, HEIGHT)
    chart.set_clock(float(times[-1]), BAR_MS)
    chart.set_oldest(float(times[0]))
    span = float(times[-1] - times[0])
    return Panning(
        _Flushed(chart), lambda shift: chart.show_range(TimeRange(shift * span, (1 + shift) * span))
    )


def candle_rows(times: Floats, values: Floats) -> Floats:
    """Candles around a walk: time, open, high, low, close, volume."""
    opens = np.concatenate((values[:1], values[:-1]))
    high, low = np.maximum(opens, values) + 0.5, np.minimum(opens, values) - 0.5
    return np.column_stack((times, opens, high, low, values, np.ones_like(values)))


def four_own() -> Panning:
    """Our four panes: a line each, the first with candles, the last with bars; crosshair on."""
    texts = ValueText(lambda value, _: f"{value:.0f}", str)
    panes = [Pane(f"pane {number}", texts) for number in range(PANES)]
    for number, pane in enumerate(panes):
        times, values = walk(PANE_ROWS, number)
        pane.add_series(LineItem(own_series(times, values), DARK.accent))
    candles = candle_series(BAR_MS)
    candles.merge(candle_rows(*walk(PANE_ROWS, 0))[-CANDLES:])
    panes[0].add_series(CandleItem(candles, DARK.candle_up, DARK.candle_down))
    bars = own_series(times[::480], values[::480] - 60_000.0)
    panes[-1].add_series(BarItem(bars, DARK.funding_positive, DARK.funding_negative))
    chart = TimeChart(panes, DARK)
    panning = _panned(chart, times)
    QTest.mouseMove(chart.viewport(), QPoint(WIDTH // 2, HEIGHT // 2))
    return panning


def four_pyqtgraph() -> Panning:
    """pyqtgraph's four linked plots with date axes and a crosshair, tuned; lines only."""
    view = pg.GraphicsLayoutWidget()
    view.resize(WIDTH, HEIGHT)
    plots = []
    for number in range(PANES):
        plot = view.addPlot(row=number, col=0, axisItems={"bottom": pg.DateAxisItem()})
        times, values = walk(PANE_ROWS, number)
        plot.plot(times / 1000.0, values)
        plot.setDownsampling(auto=True, mode="peak")
        plot.setClipToView(clip=True)
        plot.addItem(pg.InfiniteLine(times[len(times) // 2] / 1000.0))
        if plots:
            plot.setXLink(plots[0])
        plots.append(plot)
    span = times[-1] / 1000.0
    box = plots[0].getViewBox()
    return Panning(
        _Flushed(view), lambda shift: box.setXRange(shift * span, (1 + shift) * span, padding=0)
    )


class LiveTick:
    """One new value of the last row, as it reaches the data of a chart."""

    def __init__(self, count: int) -> None:
        self._series = own_series(*walk(count))
        self._time = self._series.times[-1]
        self._value = 0.0

    def __call__(self) -> None:
        self._value += 1.0
        self._series.replace_last((self._time, self._value))


class ShownTick:
    """One new value of the last row and the repaint of the columns it changes."""

    def __init__(self, count: int) -> None:
        times, values = walk(count)
        self._series = own_series(times, values)
        self._item = LineItem(self._series, DARK.accent)
        pane = Pane("price", ValueText(lambda value, _: f"{value:.0f}", str))
        pane.add_series(self._item)
        chart = TimeChart([pane], DARK)
        self._panning = _panned(chart, times)
        chart.reset_view()
        self._last = self._series.row(-1)
        self._side = 1.0

    def __call__(self) -> None:
        self._side = -self._side
        self._series.replace_last((self._last[0], self._last[1] + self._side))
        self._item.update_tail()
        QApplication.processEvents()


class LiveTickPyqtgraph:
    """The same for a pyqtgraph curve, tuned: it takes its arrays anew and repaints."""

    def __init__(self, count: int) -> None:
        times, self._values = walk(count)
        self._times = times
        self._curve = pg.PlotDataItem(times, self._values)
        self._panning = plot_of([self._curve], times, clip=True)

    def __call__(self) -> None:
        self._values[-1] += 1.0
        self._curve.setData(self._times, self._values)


class ShownTickPyqtgraph(LiveTickPyqtgraph):
    """The same for a pyqtgraph curve, tuned, with its repaint."""

    def __call__(self) -> None:
        super().__call__()
        QApplication.processEvents()


def pixel_error(count: int) -> int:
    """Greatest distance, in pixels, of our ink from that of a drawing of every row, both ways."""
    times, values = walk(count)
    widget = ItemAlone(LineItem(own_series(times, values), DARK.accent), times, values)
    scale = widget.scale()
    ours = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    full = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    full.fill(QColor(DARK.surface))
    painter = QPainter(full)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(DARK.accent))
    x, y = scale.x(times), scale.y(values)
    draw_lines(painter, np.column_stack((x[:-1], y[:-1], x[1:], y[1:])))
    painter.end()
    one, other = _ink(ours), _ink(full)
    error = 0
    while (one & ~_grown(other, error)).any() or (other & ~_grown(one, error)).any():
        error += 1
    return error


def _ink(image: QImage) -> npt.NDArray[np.bool_]:
    rgb = np.frombuffer(image.constBits(), np.uint8).reshape(HEIGHT, WIDTH, 4)[..., 2::-1]
    accent = QColor(DARK.accent)
    wanted = np.array([accent.red(), accent.green(), accent.blue()])
    return np.asarray(np.abs(rgb.astype(np.int16) - wanted).max(axis=2) < 128)


def _grown(mask: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.bool_]:
    grown = np.zeros_like(mask)
    padded = np.pad(mask, reach)
    for down in range(2 * reach + 1):
        for right in range(2 * reach + 1):
            grown |= padded[down : down + HEIGHT, right : right + WIDTH]
    return grown


def frames(
    name: str,
    candidates: dict[str, Candidate],
    own: Sequence[str],
    peers: str,
    calls: int = FRAMES,
) -> None:
    """Print each of `own` against each peer, in ms a frame."""
    found = medians(interleaved_rounds(candidates, calls=calls))
    for candidate in own:
        for peer in peers.split(", "):
            print_figure(
                f"{name}, {candidate}", 1e3 * found[candidate], "ms", peer, 1e3 * found[peer]
            )


def print_four_panes() -> None:
    """Median and 95th percentile of single frames, in turn with pyqtgraph's."""
    candidates = {"chart": four_own(), "pyqtgraph tuned": four_pyqtgraph()}
    found = interleaved_rounds(candidates, rounds=SINGLE_FRAMES)
    own, peer = found["chart"], found["pyqtgraph tuned"]
    name = f"four panes over {PANE_ROWS} rows and {CANDLES} candles with crosshair"
    for words, quantile in (("median", 0.5), ("95th percentile", 0.95)):
        ours, theirs = np.quantile(own, quantile), np.quantile(peer, quantile)
        print_figure(
            f"{name}, {words}", 1e3 * float(ours), "ms", "pyqtgraph tuned", 1e3 * float(theirs)
        )


def print_ticks() -> None:
    """A live value, as data and as shown."""
    for count in SIZES:
        ticks = {
            "own": LiveTick(count),
            "pyqtgraph tuned": LiveTickPyqtgraph(count),
            "own, shown": ShownTick(count),
            "pyqtgraph tuned, shown": ShownTickPyqtgraph(count),
        }
        calls = TICKS if count < SIZES[-1] else FRAMES_OF_MILLIONS
        found = medians(interleaved_rounds(ticks, calls=calls))
        for name, own, peer in (
            ("live value", "own", "pyqtgraph tuned"),
            ("live value and its repaint", "own, shown", "pyqtgraph tuned, shown"),
        ):
            text = f"{name} in {count} rows"
            print_figure(text, 1e3 * found[own], "ms", peer, 1e3 * found[peer])


def main() -> None:
    """Print every figure."""
    app = QApplication.instance() or QApplication([])
    for count in SIZES:
        frames(
            f"line of {count} points",
            one_line(count),
            ("item alone", "chart", "item in a pyqtgraph plot"),
            "floor, pyqtgraph, pyqtgraph tuned, pyqtgraph without data",
            FRAMES if count < SIZES[-1] else FRAMES_OF_MILLIONS,
        )
    for count in SIZES[:-1]:
        frames(
            f"line of {count} points and {count // CANDLES_PART} candles",
            line_and_candles(count),
            ("chart",),
            "pyqtgraph tuned with batched candles",
        )
    print_four_panes()
    print_ticks()
    for count in SIZES[:-1]:
        print_figure(f"pixel error of a line of {count} points", pixel_error(count), "px")
    app.closeAllWindows()


if __name__ == "__main__":
    main()
