"""A ribbon at the price axis: how likely each price is touched within a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from dashboard.risk.odds.excursions import Way
from dashboard.risk.touch import LEAST_SHOWN, TouchFit, level_of_probability
from widgets.charts.look import TEXT_PADDING, Look
from widgets.charts.overlay import PaneLayer

if TYPE_CHECKING:
    from widgets.charts.pane import Pane

HOURS = 24
PROBABILITIES = (0.5, 0.2, 0.05, 0.01)
"""From the mark outwards, where the ribbon changes."""
WIDTH_PX = 6.0
_STRENGTHS = (0.95, 0.6, 0.34, 0.16)
"""How firmly each band is painted, from the mark outwards."""


class OddsLevel(NamedTuple):
    """A price that is touched within HOURS with a probability."""

    way: Way
    probability: float
    price: float


def odds_levels(fit: TouchFit, mark: float) -> tuple[OddsLevel, ...]:
    """Both sides' levels from the mark outwards, as far as the data can say."""
    chosen = next((one for one in fit.horizons if one.hours == HOURS), None)
    if chosen is None:
        return ()
    return tuple(
        OddsLevel(way, probability, level_of_probability(fit, probability, mark, way, HOURS))
        for way in Way
        for probability in PROBABILITIES
        if probability >= max(LEAST_SHOWN, chosen.tails[way].least_shown)
    )


class OddsRibbon(PaneLayer):
    """Bands at the right edge, firmest where a touch is likeliest, with their odds beside them."""

    def __init__(self, pane: Pane, z: float) -> None:
        super().__init__(pane, z)
        self.levels: tuple[OddsLevel, ...] = ()
        self.mark = 0.0
        self.hide()

    def show_levels(self, levels: Sequence[OddsLevel], mark: float) -> None:
        """Show these levels around `mark`, none for an empty sequence."""
        shown = tuple(levels)
        if (shown, mark) != (self.levels, self.mark):
            self.levels, self.mark = shown, mark
            self.setVisible(bool(shown))
            self.update()

    def bands(self, area: QRectF) -> list[tuple[QRectF, OddsLevel]]:
        """Where each band lies in sight, up to its level."""
        found = []
        left, height = area.right() - WIDTH_PX, area.height()
        for way in Way:
            inner = self.pane.y_of(self.mark)
            for level in (one for one in self.levels if one.way is way):
                outer = self.pane.y_of(level.price)
                top, bottom = max(0.0, min(inner, outer)), min(height, max(inner, outer))
                if bottom > top:
                    found.append((QRectF(left, top, WIDTH_PX, bottom - top), level))
                inner = outer
        return found

    def draw(self, painter: QPainter, look: Look, area: QRectF) -> None:
        taken = self._labels_of_lines(look, area)
        for box, level in self.bands(area):
            colour = QColor(look.color("text"))
            colour.setAlphaF(_STRENGTHS[PROBABILITIES.index(level.probability)])
            painter.fillRect(box, colour)
            label = self._label_box(look, box, level, area)
            if label is not None and not any(label.intersects(other) for other in taken):
                taken.append(label)
                painter.fillRect(label, look.veil)
                painter.setPen(look.color("text_muted"))
                painter.drawText(label, Qt.AlignmentFlag.AlignCenter, level_text(level))

    def _label_box(self, look: Look, box: QRectF, level: OddsLevel, area: QRectF) -> QRectF | None:
        """Beside the level itself, None where that is out of sight."""
        y = self.pane.y_of(level.price)
        half = 0.5 * look.line_height
        if not half <= y <= area.height() - half:
            return None
        width = look.width(level_text(level)) + 2.0 * TEXT_PADDING
        return QRectF(box.left() - width, y - half, width, look.line_height)

    def _labels_of_lines(self, look: Look, area: QRectF) -> list[QRectF]:
        """What the names of price lines cover, and the legend."""
        legend = QRectF(0.0, 0.0, area.width(), look.line_height + 4.0)
        lines = self.pane.price_lines
        return [legend] + [
            QRectF(
                lines.label_left(placed),
                placed.label_top,
                self.pane.label_right - lines.label_left(placed),
                look.line_height,
            )
            for placed in self.pane.placed_lines
        ]


def level_text(level: OddsLevel) -> str:
    """ "5 %" """
    return f"{level.probability * 100:.0f} %"
