"""What a frame of a chart costs, against pyqtgraph's own items and the floor of a raster window.

Run with `python -m tests.benchmarks.charts`. All candidates of a figure run interleaved in one
process, off screen, at 1600x900, in CPU time of the painting thread. The floor is a widget that
fills its background and draws one upright line per pixel column.
"""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.benchmarks.measure import Candidate, interleaved_rounds, medians, print_figure
from widgets.charts.bars import BarItem
from widgets.charts.candles import CandleItem, candle_series
from widgets.charts.lines import LineItem
from widgets.charts.painting import draw_lines, solid_pen
from widgets.charts.pane import Pane, ValueText
from widgets.charts.series import TimeSeries
from widgets.charts.time_chart import TimeChart
from widgets.charts.time_range import TimeRange
from widgets.theme import DARK

WIDTH, HEIGHT = 1600, 900
SIZES = (10_000, 100_000, 1_000_000)
PANES, PANE_ROWS, CANDLES = 4, 26_000, 2_000
BAR_MS = 60_000.0
FRAMES = 20
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


def one_line(count: int) -> dict[str, Candidate]:
    """A line of `count` points: own item, pyqtgraph as it comes and tuned, the floor."""
    times, values = walk(count)
    own = LineItem(own_series(times, values), DARK.accent)
    return {
        "floor": floor(),
        "own item in a pyqtgraph plot": plot_of([own], times),
        "own chart": own_chart(times, values),
        "pyqtgraph": plot_of([pg.PlotDataItem(times, values)], times),
        "pyqtgraph tuned": plot_of([pg.PlotDataItem(times, values)], times, clip=True),
        "pyqtgraph without data": plot_of([], times),
    }


def own_chart(times: Floats, values: Floats) -> Panning:
    """One pane of ours, axes and legend included."""
    pane = Pane("price", ValueText(lambda value, _: f"{value:.0f}", str))
    pane.add_series(LineItem(own_series(times, values), DARK.accent))
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


def frames(name: str, candidates: dict[str, Candidate], own: Sequence[str], peers: str) -> None:
    """Print each of `own` against each peer, in ms a frame."""
    found = medians(interleaved_rounds(candidates, calls=FRAMES))
    for candidate in own:
        for peer in peers.split(", "):
            print_figure(
                f"{name}, {candidate}", 1e3 * found[candidate], "ms", peer, 1e3 * found[peer]
            )


def main() -> None:
    """Print every figure."""
    app = QApplication.instance() or QApplication([])
    for count in SIZES:
        frames(
            f"line of {count} points",
            one_line(count),
            ("own item in a pyqtgraph plot", "own chart"),
            "floor, pyqtgraph, pyqtgraph tuned, pyqtgraph without data",
        )
    four = {"four panes": four_own(), "pyqtgraph tuned": four_pyqtgraph()}
    frames(f"pan over {PANE_ROWS} rows", four, ("four panes",), "pyqtgraph tuned")
    for count in SIZES:
        ticks = {"own": LiveTick(count), "pyqtgraph tuned": LiveTickPyqtgraph(count)}
        found = medians(interleaved_rounds(ticks, calls=TICKS))
        own, peer = 1e3 * found["own"], 1e3 * found["pyqtgraph tuned"]
        print_figure(f"live value in {count} rows", own, "ms", "pyqtgraph tuned", peer)
    app.closeAllWindows()


if __name__ == "__main__":
    main()
