"""One pane of a chart: a pyqtgraph view box that fits its values to what is visible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal

from widgets.charts.item import SeriesItem
from widgets.charts.look import Look
from widgets.charts.overlay import Grid, Legend, Notice, PriceLines, Unloaded
from widgets.charts.price_lines import PlacedLine, PriceLine, place
from widgets.charts.ticks import spaced_ticks

_BOTTOM_PX = 8.0
_BOTTOM_PART = 0.1
_LEAST_PART = 0.55
_NEAR = 0.25
_FLAT_FRACTION = 0.002
_WHEEL_PAN = 0.5


@dataclass(frozen=True, slots=True)
class ValueText:
    """How a pane writes values: at ticks a given step apart, and one exactly."""

    tick: Callable[[float, float], str]
    exact: Callable[[float], str]


class Pane(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """Series over time (ms UTC) in one range of values, with legend, grid and price lines.

    `name` is what it shows, as a sentence would say it; `share` is its part of the chart's
    height. The chart owns the time range; the value range follows what is visible, and price
    lines that lie just outside it.
    """

    wheel_turned = Signal(float, float)
    dragged = Signal(float)
    double_clicked = Signal()

    def __init__(
        self, name: str, texts: ValueText, *, share: float = 1.0, baseline: float | None = None
    ) -> None:
        super().__init__(enableMenu=False, enableMouse=False)
        self.disableAutoRange()
        self._subject = name
        self._reason = ""
        self.share = share
        self.baseline = baseline
        self.ticks: list[float] = []
        self.time_marks: Sequence[float] = ()
        self.placed_lines: list[PlacedLine] = []
        self.has_data = False
        self._texts = texts
        self._step = 0.0
        self._low, self._high = 0.0, 1.0
        self._items: list[SeriesItem] = []
        self._lines: list[PriceLine] = []
        self._look: Look | None = None
        self.grid = Grid(self, -10.0)
        self.unloaded = Unloaded(self, -5.0)
        self.price_lines = PriceLines(self, 20.0)
        self.notice = Notice(self, 25.0)
        self.legend = Legend(self, 30.0)

    def add_series(self, item: SeriesItem) -> None:
        """Draw one more series."""
        self._items.append(item)
        self.addItem(item, ignoreBounds=True)

    def set_texts(self, texts: ValueText) -> None:
        """Write values in another unit from now on."""
        self._texts = texts

    def set_reason(self, reason: str) -> None:
        """Say `reason` while no row is held; else an empty stretch speaks for itself."""
        self._reason = reason
        self._show_notice()

    def _show_notice(self) -> None:
        if self.has_data:
            self.notice.show_text("")
        elif any(item.series.size for item in self._items):
            self.notice.show_text(f"No {self._subject} recorded in this stretch of time.")
        else:
            self.notice.show_text(self._reason)

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        self._look = look
        for layer in (self.grid, self.unloaded, self.price_lines, self.notice, self.legend):
            layer.prepareGeometryChange()
            layer.look = look
            layer.update()

    def set_lines(self, lines: Sequence[PriceLine]) -> bool:
        """Show these price lines from the next `show_range` on; whether they are others."""
        changed = list(lines) != self._lines
        self._lines = list(lines)
        return changed

    def tick_text(self, value: float) -> str:
        """A mark's value as the axis writes it."""
        return self._texts.tick(value, self._step)

    def exact_text(self, value: float) -> str:
        """A value as a tag writes it."""
        return self._texts.exact(value)

    def x_of(self, time_ms: float) -> float:
        """Pixel column of a moment, from the pane's left edge."""
        (start, end), _ = self.state["viewRange"]
        return float((time_ms - start) / (end - start) * self.rect().width())

    def time_of(self, x: float) -> float:
        """The moment at pixel column `x`."""
        (start, end), _ = self.state["viewRange"]
        return float(start + x / self.rect().width() * (end - start))

    def y_of(self, value: float) -> float:
        """Pixel row of a value, from the pane's upper edge."""
        return float((self._high - value) / (self._high - self._low) * self.rect().height())

    def value_of(self, y: float) -> float:
        """The value at pixel row `y`."""
        return self._high - y / float(self.rect().height()) * (self._high - self._low)

    def show_range(self, start_ms: float, end_ms: float) -> None:
        """Show [start_ms, end_ms], values fitted to what is in it."""
        bounds = self._bounds(start_ms, end_ms)
        self.has_data = bounds is not None
        if bounds is None and self._lines:
            prices = [line.price for line in self._lines]
            bounds = min(prices), max(prices)
        self._show_notice()
        self._low, self._high = self._padded(*(bounds or (0.0, 1.0)))
        self.setRange(
            xRange=(start_ms, end_ms),
            yRange=(self._low, self._high),
            padding=0.0,
            disableAutoRange=False,
        )
        line_height = self._look.line_height if self._look is not None else 1.0
        height = float(self.rect().height())
        self.ticks, self._step, self.placed_lines = [], 0.0, []
        if bounds is not None:
            edge = 0.5 * line_height
            inside = self.value_of(height - edge), self.value_of(edge)
            self.ticks, self._step = spaced_ticks(*inside, height - line_height, line_height)
            self.placed_lines = place(self._lines, self._low, self._high, height, line_height)
        self.update_layers()

    def update_layers(self) -> None:
        """Repaint the layers that follow the range."""
        for layer in (self.grid, self.unloaded, self.price_lines):
            layer.update()

    def _bounds(self, start_ms: float, end_ms: float) -> tuple[float, float] | None:
        found = [
            bounds
            for item in self._items
            if item.isVisible() and (bounds := item.value_bounds(start_ms, end_ms)) is not None
        ]
        if not found:
            return None
        low, high = min(low for low, _ in found), max(high for _, high in found)
        reach = _NEAR * (high - low)
        near = [line.price for line in self._lines if low - reach <= line.price <= high + reach]
        return min([low, *near]), max([high, *near])

    def _padded(self, low: float, high: float) -> tuple[float, float]:
        """Bounds with room for the legend above and a little below; never of no height."""
        if high - low <= 1e-12 * max(abs(low), abs(high)):
            half = _FLAT_FRACTION * max(abs(low), abs(high)) or 1.0
            low, high = low - half, high + half
        height = max(1.0, float(self.rect().height()))
        below = min(_BOTTOM_PX, _BOTTOM_PART * height)
        legend = self._look.line_height if self._look is not None else 0.0
        # A low pane lets its legend stand over the series rather than squeeze them flat.
        free = max(_LEAST_PART * height, height - legend - 2.0 * below)
        per_px = (high - low) / free
        return low - below * per_px, high + (height - free - below) * per_px

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: N802, ARG002 (pyqtgraph's)
        """Hand the wheel to the chart: it owns the time range. Sideways it pans."""
        ev.accept()
        if ev.orientation() == Qt.Orientation.Horizontal:
            self.dragged.emit(_WHEEL_PAN * float(ev.delta()))
            return
        self.wheel_turned.emit(float(ev.delta()), float(ev.pos().x()))

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: N802, ARG002 (pyqtgraph's)
        """Hand a drag with the left or middle button to the chart, in pixels."""
        if ev.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            ev.ignore()
            return
        ev.accept()
        self.dragged.emit(float(ev.pos().x() - ev.lastPos().x()))

    def mouseClickEvent(self, ev: Any) -> None:  # noqa: N802 (pyqtgraph's name)
        """Hand a double click to the chart."""
        if ev.double() and ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self.double_clicked.emit()

    def keyPressEvent(self, ev: Any) -> None:  # noqa: N802 (Qt's name)
        """Leave all keys to the panel."""
        ev.ignore()
