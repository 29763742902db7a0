"""What lies over or under the series of a pane: grid, legend, notice, price lines.

All of it is painted as plain text and lines in the pane's own pixels: a name from a venue that
looks like markup is shown as it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem

from widgets.charts.look import TEXT_PADDING, Look, draw_tag

if TYPE_CHECKING:
    from widgets.charts.pane import Pane
    from widgets.charts.price_lines import PlacedLine

Run = tuple[str, str]
"""A piece of legend: its text and the theme token of its colour, or BADGE."""

BADGE = "badge"
"""Instead of a colour: a warning that must be seen."""

LEGEND_GAP = 10.0
REPAINT_MARGIN = 8.0
"""Pixels around an item that Qt repaints with it."""

_LEADER_PX = 14.0


class PaneLayer(QGraphicsItem):
    """A layer as large as its pane."""

    def __init__(self, pane: Pane, z: float) -> None:
        super().__init__(pane)
        self.pane = pane
        self.look: Look | None = None
        self.setZValue(z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """The pane."""
        return QRectF(self.pane.rect())

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw with the pane's look, once there is one."""
        if self.look is not None:
            painter.setFont(self.look.font)
            self.draw(painter, self.look, self.boundingRect())

    def draw(self, painter: QPainter, look: Look, area: QRectF) -> None:
        """Draw within `area`."""
        raise NotImplementedError


class Grid(PaneLayer):
    """Lines at the marks of both axes, firmer ones at the pane's upper edge and baseline."""

    def draw(self, painter: QPainter, look: Look, area: QRectF) -> None:
        painter.setPen(QPen(look.color("grid"), 1.0))
        upright = [round(x) + 0.5 for x in self.pane.time_marks]
        level = [round(self.pane.y_of(value)) + 0.5 for value in self.pane.ticks]
        lines = [QLineF(x, area.top(), x, area.bottom()) for x in upright]
        lines += [QLineF(area.left(), y, area.right(), y) for y in level]
        painter.drawLines(lines)
        firm = [area.top() + 0.5]
        if self.pane.baseline is not None and self.pane.has_data:
            firm.append(round(self.pane.y_of(self.pane.baseline)) + 0.5)
        painter.setPen(QPen(look.color("border"), 1.0))
        painter.drawLines([QLineF(area.left(), y, area.right(), y) for y in firm])


class Unloaded(PaneLayer):
    """The stretch before the oldest loaded moment: hatched while it loads, with words."""

    def __init__(self, pane: Pane, z: float) -> None:
        super().__init__(pane, z)
        self.before_ms: float | None = None
        self.text = ""
        self.loading = False
        # What has nothing to show is hidden: an empty layer would cost a call per frame.
        self.hide()

    def show_edge(self, before_ms: float | None, text: str, *, loading: bool) -> None:
        """Mark what lies before `before_ms`, hatched where `loading`; None marks nothing."""
        if (before_ms, text, loading) != (self.before_ms, self.text, self.loading):
            self.before_ms, self.text, self.loading = before_ms, text, loading
            self.setVisible(before_ms is not None)
            self.update()

    def draw(self, painter: QPainter, look: Look, area: QRectF) -> None:
        if self.before_ms is None:
            return
        edge = min(area.right(), self.pane.x_of(self.before_ms))
        if edge <= area.left():
            return
        region = QRectF(area.left(), area.top(), edge - area.left(), area.height())
        if self.loading:
            painter.fillRect(region, QBrush(look.color("grid"), Qt.BrushStyle.BDiagPattern))
        width = look.width(self.text) + 2.0 * TEXT_PADDING
        if self.text and width < region.width():
            box = QRectF(0.0, 0.0, width, look.line_height)
            box.moveCenter(region.center())
            painter.fillRect(box, look.color("surface"))
            look.write(painter, box.adjusted(TEXT_PADDING, 0.0, 0.0, 0.0), self.text, "text_muted")


class Legend(PaneLayer):
    """One line at the top left: what the pane shows and its values at the crosshair."""

    def __init__(self, pane: Pane, z: float) -> None:
        super().__init__(pane, z)
        self._runs: Sequence[Run] = ()

    @property
    def text(self) -> str:
        """All of the legend as one string."""
        return "  ".join(text for text, _ in self._runs)

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Show these pieces from left to right."""
        if runs != self._runs:
            self._runs = runs
            self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """The pane's first line, short of the axis: its repaint would repaint that too."""
        height = self.look.line_height if self.look is not None else 0.0
        return QRectF(0.0, 0.0, max(0.0, self.pane.rect().width() - REPAINT_MARGIN), height + 4.0)

    def right_end(self) -> float:
        """Where the line ends: before labels of price lines that stand as high as it."""
        area = self.boundingRect()
        beside = (
            self.pane.price_lines.label_left(placed)
            for placed in self.pane.placed_lines
            if placed.label_top < area.height()
        )
        return min([area.right(), *beside]) - TEXT_PADDING

    def draw(self, painter: QPainter, look: Look, area: QRectF) -> None:
        x, room = area.left() + TEXT_PADDING + 2.0, self.right_end()
        for text, token in self._runs:
            shown = look.elided(text, max(0.0, room - x))
            box = QRectF(x, 3.0, look.width(shown), look.line_height)
            if token == BADGE:
                tag = box.adjusted(0.0, 1.0, 2.0 * TEXT_PADDING, -1.0)
                draw_tag(painter, look, tag, shown, "recorded", "recorded_text")
                x += 2.0 * TEXT_PADDING
            else:
                painter.fillRect(box.adjusted(-LEGEND_GAP, 0.0, 0.0, 0.0), look.veil)
                look.write(painter, box, shown, token)
            if shown != text:
                return
            x += look.width(text) + LEGEND_GAP


class Notice(PaneLayer):
    """Words in the middle of a pane that has nothing to show."""

    def __init__(self, pane: Pane, z: float) -> None:
        super().__init__(pane, z)
        self.text = ""
        self.hide()

    def show_text(self, text: str) -> None:
        """Show `text`, or nothing where it is empty."""
        if text != self.text:
            self.text = text
            self.setVisible(bool(text))
            self.update()

    def draw(self, painter: QPainter, look: Look, area: QRectF) -> None:
        if self.text:
            painter.setPen(look.color("text_muted"))
            inner = area.adjusted(24.0, look.line_height, -24.0, 0.0)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(inner, flags, self.text)


class PriceLines(PaneLayer):
    """Position lines and the mark across a pane, each named at the right edge."""

    def __init__(self, pane: Pane, z: float) -> None:
        super().__init__(pane, z)
        self.unnamed: frozenset[str] = frozenset()
        self.pointed = ""

    def make_way(self, y: float | None) -> None:
        """Leave out the names beside which the crosshair's price at `y` would read as theirs."""
        unnamed = frozenset(
            placed.line.text
            for placed in self.pane.placed_lines
            if y is not None and self.look is not None
            if abs(placed.label_top + 0.5 * self.look.line_height - y) < self.look.line_height
        )
        at = [line.text for line, row in self.pane.bare_lines if y is not None and abs(row - y) < 3]
        pointed = at[0] if at else ""
        if (unnamed, pointed) != (self.unnamed, self.pointed):
            self.unnamed, self.pointed = unnamed, pointed
            self.update()

    def label_left(self, placed: PlacedLine) -> float:
        """Pixel column where the label of a line begins."""
        if self.look is None:
            return 0.0
        width = self.look.width(_label(placed)) + 2.0 * TEXT_PADDING
        return self.pane.label_right - width

    def draw(self, painter: QPainter, look: Look, area: QRectF) -> None:
        self._draw_bare(painter, look, area)
        for placed in self.pane.placed_lines:
            token = placed.line.kind.value
            middle = placed.label_top + 0.5 * look.line_height
            name = _label(placed)
            left = self.label_left(placed)
            width = self.pane.label_right - left
            painter.setPen(QPen(look.color(token), 1.0, Qt.PenStyle.DashLine))
            if placed.y is not None:
                y = round(placed.y) + 0.5
                painter.drawLine(QLineF(area.left(), y, left - _LEADER_PX, y))
                painter.setPen(QPen(look.color(token), 1.0))
                painter.drawLine(QLineF(left - _LEADER_PX, y, left, middle))
            if placed.line.text in self.unnamed:
                continue
            box = QRectF(left, placed.label_top, width, look.line_height)
            draw_tag(painter, look, box.adjusted(0, 1, 0, -1), name, token, "surface")

    def _draw_bare(self, painter: QPainter, look: Look, area: QRectF) -> None:
        """Lines for whose labels there is no room; the one that is pointed at says its name."""
        for line, row in self.pane.bare_lines:
            y = round(row) + 0.5
            painter.setPen(QPen(look.color(line.kind.value), 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
            if line.text == self.pointed:
                width = look.width(line.text) + 2.0 * TEXT_PADDING
                left = 0.5 * (area.width() - width)
                box = QRectF(left, y - 0.5 * look.line_height, width, look.line_height)
                draw_tag(painter, look, box, line.text, line.kind.value, "surface")


def _label(placed: PlacedLine) -> str:
    """A line's name, after an arrow to it where it lies out of sight."""
    if placed.y is not None:
        return placed.line.text
    return f"{'▲' if placed.above else '▼'} {placed.line.text}"
