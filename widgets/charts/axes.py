"""The value axis beside each pane and the one time axis below them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsSceneWheelEvent

from widgets.charts.look import TEXT_PADDING, Look, draw_tag
from widgets.charts.pane import Pane
from widgets.charts.strip import Strip
from widgets.charts.ticks import TimeTick

ZONE = "UTC"
_TICK_PX = 4.0
_WHEEL_ZOOM = 1.0015
_DRAG_ZOOM = 1.006
_PX_PER_WHEEL = 0.25


class ValueAxis(Strip):
    """Labels at a pane's marks, and the prices of its lines in tags of their own.

    Wheel and drag scale the pane's values, a double click fits them again.
    """

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.pane = pane
        self._pointed: float | None = None
        self.setCursor(Qt.CursorShape.SizeVerCursor)

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:  # noqa: N802 (Qt's name)
        """Scale the values around the one under the mouse."""
        event.accept()
        y = event.pos().y() - self.area.top()
        self.pane.zoom_values(_WHEEL_ZOOM ** -float(event.delta()), y)

    def mouseDragEvent(self, ev: Any) -> None:  # noqa: N802 (pyqtgraph's name)
        """Scale the values around the middle: downwards shows more of them."""
        if ev.button() != Qt.MouseButton.LeftButton:
            ev.ignore()
            return
        ev.accept()
        way = float(ev.pos().y() - ev.lastPos().y())
        self.pane.zoom_values(_DRAG_ZOOM**way, 0.5 * self.area.height())

    def mouseClickEvent(self, ev: Any) -> None:  # noqa: N802 (pyqtgraph's name)
        """A double click fits the values to what is visible again."""
        if ev.double() and ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self.pane.fit_values()

    def wanted_width(self) -> float:
        """Pixels that the labels and tags need."""
        if self.look is None:
            return 0.0
        texts = [self.pane.tick_text(value) for value in self.pane.ticks]
        texts += [self.pane.exact_text(placed.line.price) for placed in self.pane.placed_lines]
        widest = max((self.look.width(text) for text in texts), default=0.0)
        return widest + 2.0 * TEXT_PADDING + _TICK_PX

    def point_at(self, value: float | None) -> None:
        """Show `value` in a tag, as the crosshair does; None takes the tag away."""
        self.pane.price_lines.make_way(None if value is None else self.pane.y_of(value))
        if value != self._pointed:
            self._pointed = value
            self.update()

    def draw(self, painter: QPainter, look: Look) -> None:
        """Draw border, labels that no tag covers, tags."""
        painter.setPen(QPen(look.color("border"), 1.0))
        x, y = self.area.left() + 0.5, self.area.top() + 0.5
        painter.drawLine(QLineF(x, self.area.top(), x, self.area.bottom()))
        painter.drawLine(QLineF(x, y, self.area.right(), y))
        tags = self._tags(look)
        self._draw_labels(painter, look, [box for box, _, _ in tags])
        for box, text, token in tags:
            draw_tag(painter, look, box, text, token, "surface")

    def _box(self, look: Look, y: float) -> QRectF:
        top = self.area.top() + y - 0.5 * look.line_height
        top = min(max(top, self.area.top()), self.area.bottom() - look.line_height)
        box = QRectF(self.area.left() + 1.0, top, self.area.width() - 1.0, look.line_height)
        return box.adjusted(0, 1, 0, -1)

    def _tags(self, look: Look) -> list[tuple[QRectF, str, str]]:
        """Box, text and theme token of each tag; of those below the crosshair's nothing stays.

        Half a price beside a whole one reads as another price.
        """
        half = 0.5 * look.line_height
        tags = [
            (
                self._box(look, placed.label_top + half),
                self.pane.exact_text(placed.line.price),
                placed.line.kind.value,
            )
            for placed in self.pane.placed_lines
        ]
        if self._pointed is not None:
            box = self._box(look, self.pane.y_of(self._pointed))
            tags = [tag for tag in tags if not tag[0].intersects(box)]
            tags.append((box, self.pane.exact_text(self._pointed), "text_muted"))
        return tags

    def _draw_labels(self, painter: QPainter, look: Look, taken: Sequence[QRectF]) -> None:
        for value in self.pane.ticks:
            box = self._box(look, self.pane.y_of(value))
            if not any(box.intersects(tag) for tag in taken):
                inner = box.adjusted(0.0, 0.0, -TEXT_PADDING, 0.0)
                look.write(painter, inner, self.pane.tick_text(value), "text_muted", right=True)


class TimeAxis(Strip):
    """UTC times below the lowest pane, and the moment the crosshair points at.

    `scaled` is told by how many pixels the axis was dragged to the right, `reset` of a double
    click; the wheel counts as a drag.
    """

    def __init__(self, scaled: Callable[[float], None], reset: Callable[[], None]) -> None:
        super().__init__()
        self._scaled = scaled
        self._reset = reset
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self._marks: Sequence[tuple[float, TimeTick]] = ()
        self._pointed: tuple[float, str] | None = None
        self.plot_width = 0.0

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:  # noqa: N802 (Qt's name)
        """Make bars wider or narrower."""
        event.accept()
        self._scaled(_PX_PER_WHEEL * float(event.delta()))

    def mouseDragEvent(self, ev: Any) -> None:  # noqa: N802 (pyqtgraph's name)
        """Make bars wider to the right and narrower to the left."""
        if ev.button() != Qt.MouseButton.LeftButton:
            ev.ignore()
            return
        ev.accept()
        self._scaled(float(ev.pos().x() - ev.lastPos().x()))

    def mouseClickEvent(self, ev: Any) -> None:  # noqa: N802 (pyqtgraph's name)
        """A double click shows the newest bars."""
        if ev.double() and ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self._reset()

    def show_ticks(self, marks: Sequence[tuple[float, TimeTick]]) -> None:
        """Write these ticks at their pixel columns."""
        self._marks = marks
        self.update()

    def texts(self) -> list[str]:
        """What is written at the ticks, from left to right."""
        return [tick.text for _, tick in self._marks]

    def point_at(self, pointed: tuple[float, str] | None) -> None:
        """Show a moment in a tag at a pixel column; None takes the tag away."""
        if pointed != self._pointed:
            self._pointed = pointed
            self.update()

    def draw(self, painter: QPainter, look: Look) -> None:
        """Draw border, labels, the zone, and the crosshair's tag."""
        area = self.area
        painter.setPen(QPen(look.color("border"), 1.0))
        y = area.top() + 0.5
        painter.drawLine(QLineF(area.left(), y, area.right(), y))
        shown = [mark for mark in self._marks if self._has_room(look, *mark)]
        ends = area.top(), area.top() + _TICK_PX
        columns = (round(x) + 0.5 for x, _ in shown)
        painter.drawLines([QLineF(x, ends[0], x, ends[1]) for x in columns])
        for x, tick in shown:
            self._write(painter, look, x, tick)
        look.write(
            painter, area.adjusted(0.0, 0.0, -TEXT_PADDING, 0.0), ZONE, "text_muted", right=True
        )
        if self._pointed is not None:
            self._draw_pointed(painter, look, *self._pointed)

    def end_of_times(self, look: Look) -> float:
        """Where times stop: a narrow value axis leaves the zone no room of its own."""
        before_zone = self.area.right() - look.width(ZONE) - 3.0 * TEXT_PADDING
        return min(self.plot_width - 2.0, before_zone)

    def _has_room(self, look: Look, x: float, tick: TimeTick) -> bool:
        """Whether a time is written whole, and any of it is due."""
        left, right = x - 0.5 * look.width(tick.text), x + 0.5 * look.width(tick.text)
        inside = left >= 2.0 and right <= self.end_of_times(look)
        return inside and right + 1.0 >= self.due.left() and left - 1.0 <= self.due.right()

    def _write(self, painter: QPainter, look: Look, x: float, tick: TimeTick) -> None:
        half = 0.5 * look.width(tick.text)
        box = QRectF(x - half, self.area.top() + 2.0, 2.0 * half + 1.0, self.area.height() - 2.0)
        look.write(painter, box, tick.text, "text" if tick.major else "text_muted")

    def _draw_pointed(self, painter: QPainter, look: Look, x: float, text: str) -> None:
        width = look.width(text) + 2.0 * TEXT_PADDING
        left = min(max(0.0, x - 0.5 * width), self.plot_width - width)
        box = QRectF(left, self.area.top() + 1.0, width, self.area.height() - 2.0)
        draw_tag(painter, look, box, text, "text_muted", "surface")
