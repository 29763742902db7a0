"""What lies between two points of a pane, in a box that stays until the next click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from widgets import format as fmt
from widgets.charts.look import TEXT_PADDING, Look
from widgets.charts.overlay import PaneLayer

if TYPE_CHECKING:
    from widgets.charts.pane import Pane

_OPACITY = 0.14


@dataclass(frozen=True, slots=True)
class Measure:
    """Two points of a pane: times in ms UTC on whole bars, and values."""

    start_ms: float
    end_ms: float
    start: float
    end: float
    bar_ms: float

    @property
    def bars(self) -> int:
        """Bars from start to end, negative to the left."""
        return round((self.end_ms - self.start_ms) / self.bar_ms)

    @property
    def fraction(self) -> float | None:
        """Relative change of the value, None from zero or below."""
        return self.end / self.start - 1.0 if self.start > 0.0 else None

    def words(self, exact: Callable[[float], str]) -> list[str]:
        """Difference and relative change, then bars and time; `exact` writes a value."""
        way = self.end - self.start
        sign = "+" if way > 0.0 else fmt.MINUS if way < 0.0 else ""
        change = f"  {fmt.change(self.fraction)}" if self.fraction is not None else ""
        span = fmt.duration(round(abs(self.end_ms - self.start_ms)))
        count = f"{fmt.number(self.bars, 0)} bar{'' if abs(self.bars) == 1 else 's'}"
        return [f"{sign}{exact(abs(way))}{change}", f"{count}  {span}"]


class Ruler(PaneLayer):
    """The rectangle between two points, with its measures; `more_words` adds lines to them."""

    def __init__(self, pane: Pane, z: float) -> None:
        super().__init__(pane, z)
        self.bar_ms = 1.0
        self.more_words: Callable[[Measure], Sequence[str]] | None = None
        self.measure: Measure | None = None
        self.measuring = False
        self.hide()

    def start(self, at: QPointF) -> None:
        """Begin at a point of the pane."""
        self.measuring = True
        self._take(at, at)

    def measure_to(self, at: QPointF) -> None:
        """End at a point of the pane, for now."""
        held = self.measure
        if held is not None:
            end_ms, end = self._bar_at(at.x()), self.pane.value_of(at.y())
            self.measure = Measure(held.start_ms, end_ms, held.start, end, self.bar_ms)
            self.update()

    def rest(self) -> None:
        """Leave the box where it is."""
        self.measuring = False

    def clear(self) -> None:
        """Take the box away."""
        self.measuring = False
        if self.measure is not None:
            self.measure = None
            self.hide()

    def _take(self, start: QPointF, end: QPointF) -> None:
        self.measure = Measure(
            self._bar_at(start.x()),
            self._bar_at(end.x()),
            self.pane.value_of(start.y()),
            self.pane.value_of(end.y()),
            self.bar_ms,
        )
        self.show()
        self.update()

    def _bar_at(self, x: float) -> float:
        return round(self.pane.time_of(x) / self.bar_ms) * self.bar_ms

    def lines(self) -> list[str]:
        """What the box says."""
        if self.measure is None:
            return []
        more = self.more_words(self.measure) if self.more_words is not None else ()
        return [*self.measure.words(self.pane.exact_text), *more]

    def draw(self, painter: QPainter, look: Look, area: QRectF) -> None:
        held = self.measure
        if held is None:
            return
        start = QPointF(self.pane.x_of(held.start_ms), self.pane.y_of(held.start))
        end = QPointF(self.pane.x_of(held.end_ms), self.pane.y_of(held.end))
        token = "profit" if held.end >= held.start else "loss"
        tint = QColor(look.color(token))
        tint.setAlphaF(_OPACITY)
        box = QRectF(start, end).normalized()
        painter.fillRect(box, tint)
        painter.setPen(QPen(look.color(token), 1.0))
        painter.drawRect(box)
        self._write(painter, look, area, end, up=held.end >= held.start)

    def _write(
        self, painter: QPainter, look: Look, area: QRectF, end: QPointF, *, up: bool
    ) -> None:
        lines = self.lines()
        width = max(look.width(line) for line in lines) + 2.0 * TEXT_PADDING
        height = look.line_height * len(lines) + TEXT_PADDING
        top = end.y() - height - 6.0 if up else end.y() + 6.0
        left = min(max(area.left() + 2.0, end.x() - 0.5 * width), area.right() - width - 2.0)
        top = min(max(area.top() + 2.0, top), area.bottom() - height - 2.0)
        plate = QRectF(left, top, width, height)
        painter.setPen(QPen(look.color("border"), 1.0))
        painter.setBrush(look.color("surface_raised"))
        painter.drawRect(plate)
        for number, line in enumerate(lines):
            y = top + 0.5 * TEXT_PADDING + number * look.line_height
            row = QRectF(left + TEXT_PADDING, y, width, look.line_height)
            look.write(painter, row, line, "text" if number == 0 else "text_muted")
