"""The frontier: a book's equity and maintenance margin against a common move of all prices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from dashboard.risk.frontier import FloatArray, Path
from widgets import format as fmt
from widgets.models.account import Frontier, move, nearest_words
from widgets.plain import tooltip
from widgets.theme import Theme

COIN_TOKENS = ("accent", "mark_price", "long_short_ratio", "text_muted")
_GAP_PX = 6
_MOST_AMOUNTS = 6.0
_TICK_STEPS = (0.1, 0.25, 0.5)
_LEAST = QSize(160, 90)
_USUAL = QSize(600, 200)


class Scale(NamedTuple):
    """Where moves and money lie in the picture."""

    room: QRectF
    low: float
    high: float
    bottom: float
    top: float

    def x(self, at: float) -> float:
        """The place of a move."""
        return self.room.left() + (at - self.low) / (self.high - self.low) * self.room.width()

    def y(self, money: float) -> float:
        """The place of an amount."""
        share = (money - self.bottom) / (self.top - self.bottom)
        return self.room.bottom() - share * self.room.height()

    def move_at(self, x: float) -> float:
        """The move at a place."""
        return self.low + (x - self.room.left()) / self.room.width() * (self.high - self.low)


class FrontierChart(QWidget):
    """Draws one Frontier; the pointer tells the figures of a move."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._frontier: Frontier | None = None
        self.labels: list[tuple[QRectF, str]] = []
        self.setMouseTracking(True)
        self.setAccessibleName("Frontier: equity and maintenance margin against a common move")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """More than half of the panel."""
        return _USUAL

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Small enough for a low dock."""
        return _LEAST

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self._theme = theme
        self.update()

    def show_frontier(self, frontier: Frontier | None) -> None:
        """Draw another frontier, nothing for None."""
        self._frontier = frontier
        self.setAccessibleDescription("" if frontier is None else said(frontier))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw axes, lines and marks."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        self.labels = []
        if self._frontier is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = self._scale(self._frontier)
        self._draw_axes(painter, scale)
        for at, line in enumerate(self._frontier.coins):
            token = COIN_TOKENS[at % len(COIN_TOKENS)]
            self._draw_line(painter, scale, _standing(line.path), token, 1.0)
        whole = self._frontier.path
        self._draw_line(painter, scale, (whole.moves, whole.maintenance), "liquidation_line", 1.5)
        self._draw_line(painter, scale, (whole.moves, whole.equity), "profit", 2.0)
        self._draw_ends(painter, scale, self._frontier)
        self._draw_legend(painter)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Tell what stands at the move under the pointer."""
        if self._frontier is None:
            return
        scale = self._scale(self._frontier)
        words = figures_at(self._frontier.path, scale.move_at(event.position().x()))
        QToolTip.showText(event.globalPosition().toPoint(), tooltip(words), self)

    def _scale(self, frontier: Frontier) -> Scale:
        whole = frontier.path
        height = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("−000.0 K") + _GAP_PX
        room = QRectF(self.rect()).adjusted(
            left, height + 2 * _GAP_PX, -2 * _GAP_PX, -height - _GAP_PX
        )
        top = max(float(whole.equity.max()), float(whole.maintenance.max()), 1e-9)
        bottom = min(0.0, float(whole.equity.min()))
        return Scale(room, whole.moves[0], whole.moves[-1], bottom, top * 1.05)

    def _draw_axes(self, painter: QPainter, scale: Scale) -> None:
        height = self.fontMetrics().height()
        grid, ink = QPen(QColor(self._theme.grid)), QPen(QColor(self._theme.text_muted))
        room = scale.room
        for at in move_ticks(scale, self.fontMetrics().horizontalAdvance("+100%") + 2 * _GAP_PX):
            x = scale.x(at)
            painter.setPen(QPen(QColor(self._theme.border)) if at == 0.0 else grid)
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
            painter.setPen(ink)
            self._write(painter, x, room.bottom() + 2, fmt.percent(at, 0, signed=True))
        for money in money_ticks(
            scale.bottom, scale.top, min(_MOST_AMOUNTS, room.height() / (2.0 * height))
        ):
            y = scale.y(money)
            painter.setPen(grid)
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(ink)
            box = QRectF(0.0, y - height / 2, room.left() - _GAP_PX, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, fmt.big(money))

    def _write(self, painter: QPainter, x: float, top: float, text: str) -> None:
        """Write centred at `x`, kept inside the widget."""
        width = self.fontMetrics().horizontalAdvance(text) + 2.0
        left = min(max(0.0, x - width / 2), self.width() - width)
        box = QRectF(left, top, width, self.fontMetrics().height())
        if self._free(box):
            self.labels.append((box, text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _free(self, box: QRectF) -> bool:
        return not any(box.intersects(other) for other, _text in self.labels)

    def _draw_line(
        self,
        painter: QPainter,
        scale: Scale,
        line: tuple[FloatArray, FloatArray],
        token: str,
        width: float,
    ) -> None:
        painter.save()
        painter.setClipRect(scale.room)
        painter.setPen(QPen(QColor(getattr(self._theme, token)), width))
        points = zip(line[0].tolist(), line[1].tolist(), strict=True)
        painter.drawPolyline(QPolygonF([QPointF(scale.x(x), scale.y(y)) for x, y in points]))
        painter.restore()

    def _draw_ends(self, painter: QPainter, scale: Scale, frontier: Frontier) -> None:
        """Mark where the first wallet ends on either side, with its percentage."""
        height = self.fontMetrics().height()
        for at in {end for end in frontier.shock if end is not None}:
            if not scale.low <= at <= scale.high:
                continue
            x = scale.x(at)
            painter.setPen(QPen(QColor(self._theme.danger), 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, scale.room.top()), QPointF(x, scale.room.bottom()))
            painter.setPen(QColor(self._theme.danger))
            text = move(at)
            width = self.fontMetrics().horizontalAdvance(text) + 2.0
            right_side = at > 0.0 or x - width - 4 < scale.room.left()
            if right_side and x + width + 4 > scale.room.right():
                right_side = False
            box = QRectF(x + 4 if right_side else x - width - 4, scale.room.top(), width, height)
            while not self._free(box) and box.bottom() < scale.room.bottom():
                box.translate(0.0, height)
            self.labels.append((box, text))
            painter.fillRect(box, QColor(self._theme.surface))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_legend(self, painter: QPainter) -> None:
        """Names of the lines in one row at the top; what has no room is left out."""
        x, metrics = float(_GAP_PX), self.fontMetrics()
        for token, text in self.legend():
            width = metrics.horizontalAdvance(text) + 2.0
            if x + width > self.width():
                return
            box = QRectF(x, _GAP_PX / 2, width, metrics.height())
            self.labels.append((box, text))
            painter.setPen(QColor(getattr(self._theme, token)))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, text)
            x += width + 2 * _GAP_PX

    def legend(self) -> list[tuple[str, str]]:
        """The lines by colour token and name."""
        names = [("profit", "equity"), ("liquidation_line", "maintenance")]
        for at, line in enumerate(self._frontier.coins if self._frontier else ()):
            text = f"only {line.coin} {nearest_words(line.shock) or 'never'}"
            names.append((COIN_TOKENS[at % len(COIN_TOKENS)], text))
        return names


def _standing(whole: Path) -> tuple[FloatArray, FloatArray]:
    """The stretch of a coin's line on which all wallets stand."""
    keep = whole.standing == whole.standing.max(initial=0)
    return whole.moves[keep], whole.equity[keep]


def move_ticks(scale: Scale, room_px: float) -> Sequence[float]:
    """Moves to be written below the axis, as close as `room_px` each allows."""
    for step in _TICK_STEPS:
        if step / (scale.high - scale.low) * scale.room.width() >= room_px:
            break
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    return [round(at * step, 4) for at in range(first, last + 1)]


def money_ticks(bottom: float, top: float, most: float) -> Sequence[float]:
    """Round amounts between `bottom` and `top`, at most about `most` of them."""
    rough = (top - bottom) / max(1.0, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * part for part in (1.0, 2.0, 5.0, 10.0) if power * part >= rough)
    first, last = math.ceil(bottom / step), math.floor(top / step)
    return [at * step for at in range(first, last + 1)]


def figures_at(whole: Path, at: float) -> str:
    """The figures at the point of the path nearest to a move."""
    place = int(np.argmin(np.abs(whole.moves - at)))
    return (
        f"at {move(float(whole.moves[place]))}: equity {fmt.big(float(whole.equity[place]))}, "
        f"maintenance {fmt.big(float(whole.maintenance[place]))}, "
        f"{int(whole.standing[place])} of {whole.wallets} wallets stand"
    )


def said(frontier: Frontier) -> str:
    """The chart in words."""
    down, up = frontier.shock
    return (
        f"The first wallet ends at {'no fall' if down is None else move(down)} "
        f"and at {'no rise' if up is None else move(up)}."
    )
