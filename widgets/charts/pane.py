"""One pane of a chart: a pyqtgraph view box that fits its values to what is visible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal

from widgets.charts.item import SeriesItem
from widgets.charts.line_edit import Grip, LineDrag
from widgets.charts.look import Look
from widgets.charts.odds_ribbon import WIDTH_PX, OddsRibbon
from widgets.charts.overlay import Grid, Legend, Notice, PaneLayer, PriceLines, Unloaded
from widgets.charts.price_lines import PlacedLine, PriceLine, place, without_label
from widgets.charts.ruler import Ruler
from widgets.charts.ticks import log_ticks, spaced_ticks
from widgets.charts.value_range import ValueRange

GRIP_PX = 5.0
"""How near to a line a hand takes hold of it, in pixels."""

_NEAR = 0.25
_WHEEL_PAN = 0.5
_VALUE_ZOOM = 1.0015
_LEFT = Qt.MouseButton.LeftButton


@dataclass(frozen=True, slots=True)
class ValueText:
    """How a pane writes values: at ticks a given step apart, and one exactly."""

    tick: Callable[[float, float], str]
    exact: Callable[[float], str]


class Pane(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """Series over time (ms UTC) in one range of values, with legend, grid and price lines.

    `name` is what it shows, as a sentence would say it; `share` is its part of the chart's
    height. The chart owns the time range; the value range follows what is visible, and price
    lines that lie just outside it, until a hand sets it.

    `line_moved` carries a line and the price meant while it is dragged, `line_dropped` the same
    once it is let go. `clicked` and `menu_wanted` carry a point in the pane's pixels.
    """

    wheel_turned = Signal(float, float)
    dragged = Signal(float)
    double_clicked = Signal()
    values_changed = Signal()
    line_moved = Signal(object, float)
    line_dropped = Signal(object, float)
    clicked = Signal(QPointF)
    menu_wanted = Signal(QPointF)

    def __init__(
        self, name: str, texts: ValueText, *, share: float = 1.0, baseline: float | None = None
    ) -> None:
        self._height = 1.0
        super().__init__(enableMenu=False, enableMouse=False)
        self.disableAutoRange()
        self.subject = name
        self._reason = ""
        self.share = share
        self.baseline = baseline
        self.ticks: list[float] = []
        self.time_marks: Sequence[float] = ()
        self.placed_lines: list[PlacedLine] = []
        self.bare_lines: list[tuple[PriceLine, float]] = []
        self.has_data = False
        self.tick: float | None = None
        self.values = ValueRange()
        self._texts = texts
        self._step = 0.0
        self._items: list[SeriesItem] = []
        self._lines: list[PriceLine] = []
        self._drag: tuple[PriceLine, LineDrag] | None = None
        self._look: Look | None = None
        self.grid = Grid(self, -10.0)
        self.unloaded = Unloaded(self, -5.0)
        self.odds = OddsRibbon(self, 21.0)
        self.price_lines = PriceLines(self, 20.0)
        self.ruler = Ruler(self, 22.0)
        self.notice = Notice(self, 25.0)
        self.legend = Legend(self, 30.0)

    def add_series(self, item: SeriesItem) -> None:
        """Draw one more series."""
        item.log = self.values.log
        self._items.append(item)
        self.addItem(item, ignoreBounds=True)

    def remove_series(self, item: SeriesItem) -> None:
        """Draw a series no more."""
        self._items.remove(item)
        self.removeItem(item)

    def set_texts(self, texts: ValueText) -> None:
        """Write values in another unit from now on."""
        self._texts = texts

    def set_log(self, *, log: bool) -> None:
        """Show ratios rather than differences as distances, from the next `show_range` on."""
        self.values.log = log
        self.values.release()
        for item in self._items:
            item.log = log

    def set_reason(self, reason: str) -> None:
        """Say `reason` while no row is held; else an empty stretch speaks for itself."""
        self._reason = reason
        self._show_notice()

    def _show_notice(self) -> None:
        if self.has_data:
            self.notice.show_text("")
        elif self._may_come():
            self.notice.show_text(f"Loading {self.subject}…")
        elif any(item.series.size for item in self._items if item.isVisible()):
            self.notice.show_text(f"No {self.subject} recorded in this stretch of time.")
        else:
            self.notice.show_text(self._reason)

    def _may_come(self) -> bool:
        """Whether what is in view lies before what is loaded, and is being asked for."""
        edge = self.unloaded.before_ms
        return self.unloaded.loading and edge is not None and self.x_of(edge) > 0.0

    def show_unloaded(self, before_ms: float | None, text: str, *, loading: bool) -> None:
        """Mark what lies before `before_ms` as not loaded yet, with words; None marks nothing."""
        self.unloaded.show_edge(before_ms, text, loading=loading)
        self._show_notice()

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        self._look = look
        for layer in (*self._following, self.notice, self.legend):
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
        return float(start + x / max(1.0, self.rect().width()) * (end - start))

    def y_of(self, value: float) -> float:
        """Pixel row of a value, from the pane's upper edge."""
        return self.values.y_of(value, self._height)

    def value_of(self, y: float) -> float:
        """The value at pixel row `y`."""
        return self.values.value_of(y, self._height)

    def show_range(self, start_ms: float, end_ms: float) -> None:
        """Show [start_ms, end_ms], values fitted to what is in it."""
        for item in self._items:
            item.prepare(start_ms)
        bounds = self._bounds(start_ms, end_ms)
        self.has_data = bounds is not None
        if bounds is None and self._lines:
            prices = [line.price for line in self._lines]
            bounds = min(prices), max(prices)
        height, line_height = self._height, self._line_height
        self.values.fit(bounds or (1.0, 10.0), height, line_height)
        self.setRange(
            xRange=(start_ms, end_ms),
            yRange=(self.values.low, self.values.high),
            padding=0.0,
            disableAutoRange=False,
        )
        self.ticks, self._step = [], 0.0
        self.placed_lines, self.bare_lines = [], []
        if bounds is not None:
            edge = 0.5 * line_height
            inside = self.value_of(height - edge), self.value_of(edge)
            ticks = log_ticks if self.values.log else spaced_ticks
            self.ticks, self._step = ticks(*inside, height - line_height, line_height)
            self.placed_lines = place(self._lines, self.values, height, line_height)
            placed = self.placed_lines
            self.bare_lines = without_label(self._lines, placed, self.values, height)
        self.price_lines.setVisible(bool(self.placed_lines or self.bare_lines))
        self._show_notice()
        self.update_layers()

    def resizeEvent(self, ev: Any) -> None:  # noqa: N802 (Qt's name)
        """Note the height: each value that is placed asks for it."""
        super().resizeEvent(ev)
        self._height = max(1.0, float(self.rect().height()))

    @property
    def _line_height(self) -> float:
        return self._look.line_height if self._look is not None else 1.0

    def show_tails(self, start_ms: float, end_ms: float) -> bool:
        """Repaint the ends of the series where a live value changed no more than that.

        Answers False, and does nothing, where the values need to be fitted anew.
        """
        bounds = self._bounds(start_ms, end_ms)
        if bounds is None or not self.has_data:
            return bounds is None and not self.has_data
        if not self.values.fits(bounds, self._height, self._line_height):
            return False
        for item in self._items:
            item.update_tail()
        return True

    def update_layers(self) -> None:
        """Repaint the layers that follow the range."""
        for layer in self._following:
            layer.update()

    @property
    def label_right(self) -> float:
        """Pixel column up to which labels of lines reach: the ribbon of odds stays free."""
        ribbon = WIDTH_PX if self.odds.isVisible() else 0.0
        return float(self.rect().width()) - ribbon

    @property
    def _following(self) -> tuple[PaneLayer, ...]:
        """The layers that follow the range."""
        return (self.grid, self.unloaded, self.price_lines, self.odds, self.ruler)

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

    def line_at(self, at: QPointF) -> PriceLine | None:
        """The line that lies under a point of the pane, the nearest of several."""
        label = self._look.line_height if self._look is not None else 0.0
        near = [
            (abs(y - at.y()), line) for line, y in self.bare_lines if abs(y - at.y()) <= GRIP_PX
        ]
        for placed in self.placed_lines:
            if placed.y is not None and abs(placed.y - at.y()) <= GRIP_PX:
                near.append((abs(placed.y - at.y()), placed.line))
            elif (
                at.x() >= self.price_lines.label_left(placed)
                and 0.0 <= at.y() - placed.label_top < label
            ):
                near.append((GRIP_PX, placed.line))
        return min(near, key=lambda found: found[0])[1] if near else None

    def zoom_values(self, factor: float, y: float) -> None:
        """Show `factor` times as much of the values, those at pixel row `y` staying there."""
        self.values.zoom(factor, y, self._height)
        self.values_changed.emit()

    def fit_values(self) -> None:
        """Fit the values to what is visible, now and from now on."""
        self.values.release()
        self.values_changed.emit()

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: N802, ARG002 (pyqtgraph's)
        """Hand the wheel to the chart: it owns the time range. Sideways it pans, Ctrl: values."""
        ev.accept()
        if ev.orientation() == Qt.Orientation.Horizontal:
            self.dragged.emit(_WHEEL_PAN * float(ev.delta()))
        elif ev.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_values(_VALUE_ZOOM ** -float(ev.delta()), float(ev.pos().y()))
        else:
            self.wheel_turned.emit(float(ev.delta()), float(ev.pos().x()))

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: N802, ARG002 (pyqtgraph's)
        """A line follows the hand, Shift measures, else the content pans, in pixels."""
        if ev.button() not in (_LEFT, Qt.MouseButton.MiddleButton):
            ev.ignore()
            return
        ev.accept()
        if ev.isStart() and ev.button() == _LEFT:
            self._take_hold(ev)
        if self._drag is not None:
            self._move_line(ev, *self._drag)
        elif self.ruler.measuring:
            self.ruler.measure_to(ev.pos())
            if ev.isFinish():
                self.ruler.rest()
        else:
            self.values.move(float(ev.pos().y() - ev.lastPos().y()), self._height)
            self.dragged.emit(float(ev.pos().x() - ev.lastPos().x()))

    def _take_hold(self, ev: Any) -> None:
        start = ev.buttonDownPos()
        line = self.line_at(start)
        self._drag, self.values.held = None, False
        if line is not None and line.movable:
            self._drag = line, LineDrag(line.price, self.value_of(start.y()), self.tick)
            # Fitted to a line that follows the hand, the values would run away under it.
            self.values.held = True
        elif ev.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.ruler.start(start)

    def _move_line(self, ev: Any, line: PriceLine, drag: LineDrag) -> None:
        price = drag.move(self.value_of(float(ev.pos().y())), _grip(ev.modifiers()))
        if ev.isFinish():
            self._drag = None
            self.values.held = False
            self.line_dropped.emit(line, price)
            self.values_changed.emit()
        else:
            self.line_moved.emit(line, price)

    def mouseClickEvent(self, ev: Any) -> None:  # noqa: N802 (pyqtgraph's name)
        """Hand clicks to the chart: a double one, one for the menu, one for whatever is there."""
        if ev.button() == Qt.MouseButton.RightButton:
            ev.accept()
            self.menu_wanted.emit(ev.pos())
        elif ev.button() == _LEFT:
            ev.accept()
            self.ruler.clear()
            if ev.double():
                self.double_clicked.emit()
            else:
                self.clicked.emit(ev.pos())

    def keyPressEvent(self, ev: Any) -> None:  # noqa: N802 (Qt's name)
        """Leave all keys to the panel."""
        ev.ignore()


def _grip(modifiers: Qt.KeyboardModifier) -> Grip:
    return Grip(
        fine=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
        coarse=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
        free=bool(modifiers & Qt.KeyboardModifier.AltModifier),
    )
