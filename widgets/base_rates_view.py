"""One picture of what leverage did: shares of past entries that were liquidated, shaded."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from dashboard.risk.odds.base_rates import (
    LEVERAGES,
    THIRDS,
    BaseRates,
    State,
)
from dashboard.risk.odds.cells import HORIZONS_H
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.words import span_words
from widgets.models.base_rates import cell_text, cell_words, has_thirds, picture_words
from widgets.plain import tooltip
from widgets.theme import Theme

_STRONGEST = 0.6
_GAP_PX = 10.0
_LABEL_PX = 36.0
_HEADS = 2
_LEAST = QSize(420, 112)


class Place(NamedTuple):
    """One cell: which grid, horizon and leverage, by number."""

    grid: int
    column: int
    row: int


class BaseRatesView(QWidget):
    """Grids beside each other, calm, normal and wild: leverage down, time across.

    Where history is too short for thirds there is one grid of all hours.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rates: BaseRates | None = None
        self._way = Way.DOWN
        self.setMouseTracking(True)
        self.setAccessibleName("Shares of past entries that were liquidated, by leverage and time")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Small enough for a low dock, large enough to be read."""
        return _LEAST

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self._theme = theme
        self.update()

    def show_rates(self, rates: BaseRates | None, way: Way) -> None:
        """Draw other rates, nothing for None."""
        if rates is self._rates and way is self._way:
            return
        self._rates, self._way = rates, way
        self.setAccessibleDescription("" if rates is None else picture_words(rates, way))
        self.update()

    @property
    def states(self) -> tuple[State, ...]:
        """What each grid counts, from the left."""
        rates = self._rates
        return THIRDS if rates is None or has_thirds(rates) else (State.ANY,)

    def text_at(self, place: Place) -> str:
        """What a cell shows."""
        if self._rates is None:
            return ""
        state, hours, leverage = self._meaning(place)
        return cell_text(self._rates, state, self._way, hours, leverage)

    def words_at(self, point: QPointF) -> str:
        """The cell at a point as a sentence, "" where there is none."""
        place = self._place(point)
        if self._rates is None or place is None:
            return ""
        state, hours, leverage = self._meaning(place)
        return cell_words(self._rates, state, self._way, hours, leverage)

    def box(self, place: Place) -> QRectF:
        """Where a cell lies; column and row -1 are headers."""
        wide = self._grid_px()
        cell = (wide - _LABEL_PX) / len(HORIZONS_H)
        tall = self.height() / (len(LEVERAGES) + _HEADS)
        left = place.grid * (wide + _GAP_PX)
        x = left if place.column < 0 else left + _LABEL_PX + place.column * cell
        width = _LABEL_PX if place.column < 0 else cell
        return QRectF(x, (place.row + _HEADS) * tall, width, tall)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw the grids."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        if self._rates is None:
            return
        for grid, state in enumerate(self.states):
            self._draw_head(painter, grid, state, now=state is self._rates.now)
            for row in range(len(LEVERAGES)):
                for column in range(len(HORIZONS_H)):
                    self._draw_cell(painter, Place(grid, column, row))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Tell the cell under the pointer."""
        words = self.words_at(event.position())
        QToolTip.showText(event.globalPosition().toPoint(), tooltip(words), self)

    def _draw_head(self, painter: QPainter, grid: int, state: State, *, now: bool) -> None:
        middle = Qt.AlignmentFlag.AlignCenter
        first = self.box(Place(grid, -1, -2))
        title = QRectF(first.left(), first.top(), self._grid_px(), first.height())
        painter.setPen(QColor(self._theme.accent if now else self._theme.text))
        words = f"{state.value}{' (now)' if now else ''}".capitalize()
        painter.drawText(title, middle, words)
        if now:
            painter.setPen(QPen(QColor(self._theme.accent), 2.0))
            painter.drawLine(title.bottomLeft(), title.bottomRight())
        painter.setPen(QColor(self._theme.text_muted))
        for column, hours in enumerate(HORIZONS_H):
            box = self.box(Place(grid, column, -1))
            painter.drawText(box, middle, self._column_head(state, hours, box.width()))
        for row, leverage in enumerate(LEVERAGES):
            beside = self.box(Place(grid, -1, row)).adjusted(0, 0, -6, 0)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(beside, right, f"{leverage}x")

    def _draw_cell(self, painter: QPainter, place: Place) -> None:
        if self._rates is None:
            return
        state, hours, leverage = self._meaning(place)
        share = self._rates.share(state, self._way, hours, leverage)
        text = self.text_at(place)
        box = self.box(place).adjusted(1, 1, -1, -1)
        colour = QColor(self._theme.danger)
        sure = text[:1].isdigit() or text.startswith(">")
        colour.setAlphaF(_STRONGEST * share**0.5 if sure else 0.0)
        painter.fillRect(box, QColor(self._theme.surface_raised))
        painter.fillRect(box, colour)
        painter.setPen(QColor(self._theme.text if sure else self._theme.text_muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._fitting(text, box.width()))

    def _column_head(self, state: State, hours: int, room: float) -> str:
        """The horizon, and where there is room how many windows do not overlap."""
        span = span_words(hours)
        count = 0.0 if self._rates is None else self._rates.effective(state, hours)
        words = f"{span}, n {count:,.0f}"
        if self.fontMetrics().horizontalAdvance(words) + 2 <= room:
            return words
        return self._fitting(span, room)

    def _fitting(self, text: str, room: float) -> str:
        """A text without its unit, which the cells around it have too, where that has no room."""
        if self.fontMetrics().horizontalAdvance(text) + 2 <= room:
            return text
        return text.removesuffix(" %").replace(" days", " d")

    def _place(self, point: QPointF) -> Place | None:
        for grid in range(len(self.states)):
            for column in range(len(HORIZONS_H)):
                for row in range(len(LEVERAGES)):
                    place = Place(grid, column, row)
                    if self.box(place).contains(point):
                        return place
        return None

    def _grid_px(self) -> float:
        count = len(self.states)
        return (self.width() - (count - 1) * _GAP_PX) / count

    def _meaning(self, place: Place) -> tuple[State, int, int]:
        return self.states[place.grid], HORIZONS_H[place.column], LEVERAGES[place.row]
