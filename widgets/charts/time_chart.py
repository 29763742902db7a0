"""Panes on one shared time axis: range, gestures, crosshair, layout."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from widgets.charts.axes import TimeAxis, ValueAxis
from widgets.charts.crosshair import Crosshair
from widgets.charts.look import Look
from widgets.charts.pane import Pane
from widgets.charts.separator import REACH_PX, Separator, shared_anew
from widgets.charts.ticks import time_ticks
from widgets.charts.time_range import TimeRange, at_the_edge, followed, nearest_bar
from widgets.charts.title import Title
from widgets.charts.view_history import ViewHistory
from widgets.theme import Theme

# Every mouse move counts: pyqtgraph would drop those that come within 10 ms of each other, the
# last one before the hand rests among them. OpenGL is several times slower without a GPU.
pg.setConfigOptions(useOpenGL=False, antialias=False, mouseRateLimit=-1)

RIGHT_MARGIN_PX = 120.0
USUAL_BAR_PX = 7.0
LEAST_PANE_PX = 44.0
READABLE_PX = 36.0
"""Panes that would be lower than this wait until the chart is higher."""

_LEAST_BARS, _MOST_BARS = 60, 300
_WHEEL_ZOOM = 1.0015
_DRAG_ZOOM = 1.006
_KEY_ZOOM = 1.25
_STEP = 0.25
_TICK_SPACING_PX = 90.0
_AXIS_WIDTH_STEP_PX = 4.0
_AXIS_SHRINK_PX = 16.0


class TimeChart(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """A stack of panes over one range of time.

    Wheel zooms at the cursor, a drag pans, a double click goes back to now; on an axis wheel and
    drag scale it and a double click resets it. Bars are `set_clock`'s `bar_ms` long and drawn
    centred on the time they open; the crosshair stands on the nearest of them. `range_changed`
    follows each change of the visible stretch, `crosshair_moved` carries the crosshair's time (ms
    UTC) or None, `shares_changed` tells that a hand gave panes other heights.
    """

    range_changed = Signal()
    crosshair_moved = Signal(object)
    shares_changed = Signal()

    def __init__(self, panes: Sequence[Pane], theme: Theme, parent: QWidget | None = None) -> None:
        self._ready = False
        super().__init__(parent, background=None)
        self.setCentralItem(None)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        # Nothing is painted outside its bounds; with Qt's margin around them a change would
        # repaint the neighbours too.
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.panes: list[Pane] = []
        self._wanted_panes: list[Pane] = []
        self.axes: list[ValueAxis] = []
        self.separators: list[Separator] = []
        self.time_axis = TimeAxis(self._scale_time, self.reset_view)
        self.title = Title()
        self._crosshair = Crosshair(self.time_axis)
        self._history = ViewHistory()
        self._bar_ms = 3_600_000.0
        self._now_ms = 0.0
        self._oldest_ms: float | None = None
        self._reach_ms: float | None = None
        self._range = TimeRange(0.0, 300.0 * self._bar_ms)
        self._axis_width = 0.0
        self._mouse: QPointF | None = None
        self._grasped = (1.0, 1.0), (1.0, 1.0)
        self.crosshair_ms: float | None = None
        for item in (self.time_axis, self.title, self._crosshair.upright, self._crosshair.level):
            self.addItem(item)
        self._look = Look(theme, self.font())
        self.set_panes(panes)
        self._ready = True
        self._set_look(theme)
        self.sceneObj.sigMouseMoved.connect(self._point_at)

    def set_panes(self, panes: Sequence[Pane]) -> None:
        """Show these panes, from the top down; those that were shown and are not among them go.

        Where the height is not enough for all, the least of them wait until there is more.
        """
        self._wanted_panes = list(panes)
        self._install(self._fitting())
        if self._ready:
            self._lay_out()

    @property
    def waiting_panes(self) -> int:
        """How many panes are not shown for want of height."""
        return len(self._wanted_panes) - len(self.panes)

    def _fitting(self) -> list[Pane]:
        """The panes that can be read at the present height: those with the largest shares."""
        room = self._panes_room()
        kept = sorted(self._wanted_panes, key=lambda pane: -pane.share)
        while (
            len(kept) > 1 and room * kept[-1].share / sum(one.share for one in kept) < READABLE_PX
        ):
            kept.pop()
        return [pane for pane in self._wanted_panes if pane in kept]

    def _install(self, panes: Sequence[Pane]) -> None:
        for gone in [pane for pane in self.panes if pane not in panes]:
            self._disconnect(gone)
            self.removeItem(gone)
        for item in (*self.axes, *self.separators):
            self.removeItem(item)
        for pane in panes:
            if pane not in self.panes:
                self._connect(pane)
                self.addItem(pane)
                pane.set_look(self._look)
        self.panes = list(panes)
        self.axes = [ValueAxis(pane) for pane in panes]
        self.separators = [
            Separator(partial(self._resize_panes, number)) for number in range(1, len(panes))
        ]
        for part in (*self.axes, *self.separators):
            part.look = self._look
            self.addItem(part)

    def _connections(self, pane: Pane) -> Sequence[tuple[Any, Any]]:
        return (
            (pane.wheel_turned, self._zoom_by_wheel),
            (pane.dragged, self.pan_by_hand),
            (pane.double_clicked, self.reset_view),
            (pane.values_changed, self.refresh),
        )

    def _connect(self, pane: Pane) -> None:
        for signal, slot in self._connections(pane):
            signal.connect(slot)

    def _disconnect(self, pane: Pane) -> None:
        for signal, slot in self._connections(pane):
            signal.disconnect(slot)

    def apply_theme(self, theme: Theme) -> None:
        """Paint in the colours of `theme` from now on."""
        self._set_look(theme)

    def _set_look(self, theme: Theme) -> None:
        look = self._look = Look(theme, self.font())
        self.setBackgroundBrush(look.color("surface"))
        for part in (*self.axes, *self.separators, self.time_axis, self.title):
            part.look = look
            part.update()
        for pane in self.panes:
            pane.set_look(look)
        self._crosshair.set_look(look)
        self._lay_out()

    @property
    def time_range(self) -> TimeRange:
        """What is visible."""
        return self._range

    @property
    def now_ms(self) -> float:
        """The time that the clock was last set to."""
        return self._now_ms

    @property
    def bar_ms(self) -> float:
        """How long a bar is."""
        return self._bar_ms

    @property
    def plot_width(self) -> float:
        """Pixels from the left edge of the panes to the value axes."""
        return float(max(1.0, self.width() - self._axis_width))

    def set_clock(self, now_ms: float, bar_ms: float) -> None:
        """Tell what time it is and how long a bar is.

        The view moves on with the live bar where that is in sight; a clock that was set back, or
        another bar, resets it.
        """
        if bar_ms != self._bar_ms or now_ms < self._now_ms or not self._now_ms:
            self._now_ms, self._bar_ms = now_ms, bar_ms
            self.start_view()
            return
        before, self._now_ms = self._now_ms, now_ms
        moved = followed(self._range, before, now_ms, bar_ms)
        if moved != self._range:
            self._show(moved)  # not kept near rows: older ones may be on their way

    def set_oldest(self, oldest_ms: float | None) -> None:
        """Tell when the oldest row stands: the view stays near what there is."""
        self._oldest_ms = oldest_ms

    def start_view(self) -> None:
        """As `reset_view`, with no view to go back to."""
        self._history.forget()
        self._reset()

    def reset_view(self) -> None:
        """Show the newest bars, as many as look well, values fitted to them."""
        self._note()
        self._reset()

    def _reset(self) -> None:
        for pane in self.panes:
            pane.values.release()
        bars = min(max(self.plot_width / USUAL_BAR_PX, _LEAST_BARS), _MOST_BARS)
        span = bars * self._bar_ms
        margin = span * min(0.25, RIGHT_MARGIN_PX / self.plot_width)
        self._reach_ms = None
        self.show_range(at_the_edge(self._now_ms, self._bar_ms, span, margin))

    def jump_to(self, time_ms: float) -> None:
        """Show as much time as now around a moment, also one before what is held."""
        self._note()
        half = 0.5 * self._range.span_ms
        self._reach_ms = time_ms - half
        self.show_range(TimeRange(time_ms - half, time_ms + half))

    def end_reach(self) -> None:
        """Nothing older is to be had: come back from where a jump led beyond what is held."""
        if self._reach_ms is not None:
            self._reach_ms = None
            self.show_range(self._range)

    def go_back(self) -> None:
        """Show the view before the last gesture."""
        self._go(self._history.back(self._range))

    def go_forward(self) -> None:
        """Show the view that was left by going back."""
        self._go(self._history.forward(self._range))

    def _go(self, view: TimeRange | None) -> None:
        if view is not None:
            self._reach_ms = view.start_ms
            self.show_range(view)

    def _note(self) -> None:
        self._history.note(self._range, int(time.monotonic() * 1000.0))

    def show_range(self, wanted: TimeRange) -> None:
        """Show this stretch of time, or the nearest one that has something to show."""
        oldest = wanted.start_ms if self._oldest_ms is None else self._oldest_ms
        if self._reach_ms is not None:
            oldest = min(oldest, self._reach_ms)
        self._show(wanted.kept_near(oldest, self._now_ms))

    def _show(self, wanted: TimeRange) -> None:
        self._range = wanted
        self.refresh()
        self.range_changed.emit()

    def refresh(self) -> None:
        """Fit all panes to the visible rows again, as after rows or lines have changed."""
        self._show_panes()
        wanted = max((axis.wanted_width() for axis in self.axes), default=0.0)
        if not self._axis_width - _AXIS_SHRINK_PX <= wanted <= self._axis_width:
            self._axis_width = -(-wanted // _AXIS_WIDTH_STEP_PX) * _AXIS_WIDTH_STEP_PX
            self._place_parts()
            self._show_panes()
        self._mark_times()
        for axis in self.axes:
            axis.update()
        self._place_crosshair()

    def _show_panes(self) -> None:
        for pane in self.panes:
            pane.ruler.bar_ms = self._bar_ms
            pane.show_range(self._range.start_ms, self._range.end_ms)

    def _mark_times(self) -> None:
        most = int(self.plot_width / _TICK_SPACING_PX)
        ticks = time_ticks(self._range.start_ms, self._range.end_ms, most)
        columns = [self.panes[0].x_of(tick.time_ms) for tick in ticks] if self.panes else []
        for pane in self.panes:
            pane.time_marks = columns
        self.time_axis.show_ticks(list(zip(columns, ticks, strict=False)))

    def zoom(self, factor: float, at_ms: float) -> None:
        """Show `factor` times as much time, `at_ms` staying where it is."""
        self._note()
        self.show_range(self._range.zoomed(factor, at_ms, self._bar_ms))

    def pan_pixels(self, pixels: float) -> None:
        """Move the content `pixels` to the right: older bars come into sight."""
        self.show_range(self._range.moved(-pixels * self._range.span_ms / self.plot_width))

    def pan_by_hand(self, pixels: float) -> None:
        """As `pan_pixels`, and one can go back from it."""
        self._note()
        self.pan_pixels(pixels)

    def step_back(self) -> None:
        """Show older bars: a quarter of the view further."""
        self.pan_by_hand(_STEP * self.plot_width)

    def step_forward(self) -> None:
        """Show newer bars: a quarter of the view further."""
        self.pan_by_hand(-_STEP * self.plot_width)

    def zoom_in(self) -> None:
        """Show less time; now stays where it is in sight, else the middle of the view."""
        self.zoom(1.0 / _KEY_ZOOM, self._anchor_ms())

    def zoom_out(self) -> None:
        """Show more time; now stays where it is in sight, else the middle of the view."""
        self.zoom(_KEY_ZOOM, self._anchor_ms())

    def _anchor_ms(self) -> float:
        view = self._range
        in_sight = view.start_ms <= self._now_ms <= view.end_ms
        return self._now_ms if in_sight else view.start_ms + 0.5 * view.span_ms

    def _zoom_by_wheel(self, delta: float, x: float) -> None:
        self.zoom(_WHEEL_ZOOM**-delta, self.panes[0].time_of(x))

    def _scale_time(self, pixels: float) -> None:
        """The time axis was dragged `pixels` to the right: bars get wider."""
        self.zoom(_DRAG_ZOOM**-pixels, self._anchor_ms())

    def _resize_panes(self, number: int, by: float, first: bool) -> None:
        """The upper edge of pane `number` is `by` pixels below where the hand took it."""
        above, below = self.panes[number - 1], self.panes[number]
        if first:
            heights = above.geometry().height(), below.geometry().height()
            self._grasped = (above.share, below.share), heights
        above.share, below.share = shared_anew(*self._grasped, by, LEAST_PANE_PX)
        self._lay_out()
        self.shares_changed.emit()

    def resizeEvent(self, ev: QResizeEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Lay the panes out anew; the end of the range stays, bars keep their width."""
        super().resizeEvent(ev)
        if self._ready and not self.closed:
            self._lay_out()

    def _lay_out(self) -> None:
        fitting = self._fitting()
        if fitting != self.panes:
            self._install(fitting)
        old = self.panes[0].rect().width() if self.panes else 0.0
        self._place_parts()
        if old > 1.0 and self._now_ms and old != self.plot_width:
            span = self._range.span_ms * self.plot_width / old
            self._range = TimeRange(self._range.end_ms - span, self._range.end_ms)
        self.refresh()

    @property
    def _strip_height(self) -> float:
        return self._look.line_height + 4.0

    def _panes_room(self) -> float:
        """Pixels between title and time axis."""
        return max(0.0, float(self.height()) - 2.0 * self._strip_height)

    def _place_parts(self) -> None:
        """Give each part whole pixels: title, panes by their shares, time axis."""
        line, room = self._strip_height, self._panes_room()
        width, plot = float(self.width()), self.plot_width
        total = sum(pane.share for pane in self.panes)
        self.title.set_area(QRectF(0.0, 0.0, width, line))
        top, shares = line, 0.0
        edges: list[float] = []
        for pane, axis in zip(self.panes, self.axes, strict=True):
            shares += pane.share
            bottom = round(line + room * shares / total)
            pane.setGeometry(QRectF(0.0, top + 1.0, plot, max(1.0, bottom - top - 1.0)))
            axis.set_area(QRectF(plot, top + 1.0, width - plot, max(1.0, bottom - top - 1.0)))
            top = float(bottom)
            edges.append(top)
        for separator, edge in zip(self.separators, edges, strict=False):
            separator.set_area(QRectF(0.0, edge - REACH_PX, width, 2.0 * REACH_PX))
        self.time_axis.plot_width = plot
        self.time_axis.set_area(QRectF(0.0, top, width, line))

    def _point_at(self, at: QPointF) -> None:
        """Put the crosshair under the mouse at `at` (scene pixels)."""
        self._mouse = at
        self._place_crosshair()
        inside = self.pane_at(at)
        if inside is not None:
            line = inside.line_at(at - inside.geometry().topLeft())
            if line is not None and line.movable:
                inside.setCursor(Qt.CursorShape.SizeVerCursor)
            else:
                inside.unsetCursor()

    def _place_crosshair(self) -> None:
        """Stand on the bar nearest to the mouse, also when the view moved under it."""
        at = self._mouse
        inside = None if at is None else self.pane_at(at)
        if at is None or inside is None:
            self._crosshair.go(self.axes)
            self._tell_crosshair(None)
            return
        time_ms = nearest_bar(inside.time_of(at.x()), self._bar_ms)
        self._crosshair.stand_at(time_ms, self.panes, self.axes, self.plot_width)
        self._crosshair.point_at(at, inside, self.axes, self.plot_width)
        self._tell_crosshair(time_ms)

    def follow_crosshair(self, time_ms: float | None) -> None:
        """Show the time that another chart's crosshair stands at; None takes it away."""
        if self._mouse is not None or not self.panes:
            return
        if time_ms is None:
            self._crosshair.go(self.axes)
        else:
            self._crosshair.stand_at(time_ms, self.panes, self.axes, self.plot_width)

    def pane_at(self, at: QPointF) -> Pane | None:
        """The pane under a point of the scene."""
        return next((pane for pane in self.panes if pane.geometry().contains(at)), None)

    @property
    def pane_under_mouse(self) -> tuple[Pane, float] | None:
        """The pane that the mouse is over and the value there, None where there is none."""
        at = self._mouse
        inside = None if at is None else self.pane_at(at)
        if at is None or inside is None or not inside.has_data:
            return None
        return inside, inside.value_of(at.y() - inside.geometry().top())

    @property
    def mouse(self) -> QPointF | None:
        """Where the mouse is, in scene pixels; None where it is not over the chart."""
        return self._mouse

    def _tell_crosshair(self, time_ms: float | None) -> None:
        if time_ms != self.crosshair_ms:
            self.crosshair_ms = time_ms
            self.crosshair_moved.emit(time_ms)

    def crosshair_column(self) -> float | None:
        """Scene pixel column of the crosshair in all panes, None where there is none."""
        return self._crosshair.column()

    def leaveEvent(self, ev: QEvent) -> None:  # noqa: N802 (Qt's name)
        """Take the crosshair away with the mouse."""
        if not self.closed:
            super().leaveEvent(ev)
            self._mouse = None
            self._place_crosshair()

    def keyPressEvent(self, ev: Any) -> None:  # noqa: N802 (Qt's name)
        """Leave all keys to the panel: pyqtgraph would swallow them."""
        ev.ignore()
