"""What the parts of a chart paint with: one theme's colours and one small font."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText, QTransform

from widgets.theme import Theme

TEXT_PADDING = 6.0
_SMALLEST_POINTS = 8.0
_VEIL = 0.8
_KEPT_TEXTS = 1024


class Look:
    """Colours by theme token, and a font with its metrics.

    `veil` lies behind text that crosses lines: the surface, nearly opaque.
    """

    def __init__(self, theme: Theme, font: QFont) -> None:
        self.theme = theme
        self.font = QFont(font)
        if font.pointSizeF() > 0.0:
            self.font.setPointSizeF(max(_SMALLEST_POINTS, font.pointSizeF() - 1.0))
        self.metrics = QFontMetricsF(self.font)
        self.line_height = float(round(self.metrics.height() + 4.0))
        self.veil = QColor(theme.surface)
        self.veil.setAlphaF(_VEIL)
        self.color = lru_cache(maxsize=None)(self._color)
        self.width = lru_cache(maxsize=_KEPT_TEXTS)(self._width)
        self._laid_out = lru_cache(maxsize=_KEPT_TEXTS)(self._lay_out)

    def _color(self, token: str) -> QColor:
        """The colour of a theme token such as "text_muted"."""
        return QColor(getattr(self.theme, token))

    def _width(self, text: str) -> float:
        # A method of ours: wrapping Qt's own makes PySide write its documentation, for 100 ms.
        return self.metrics.horizontalAdvance(text)

    def _lay_out(self, text: str) -> QStaticText:
        laid_out = QStaticText(text)
        laid_out.setTextFormat(Qt.TextFormat.PlainText)
        laid_out.prepare(QTransform(), self.font)
        return laid_out

    def elided(self, text: str, width: float) -> str:
        """`text` cut to `width` pixels."""
        if self.width(text) <= width:
            return text
        return self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)

    def write(
        self, painter: QPainter, box: QRectF, text: str, token: str, *, right: bool = False
    ) -> None:
        """One line of plain text in the middle of `box`'s height, at its left or right end.

        Its layout is kept: the same labels are written frame after frame.
        """
        painter.setPen(self.color(token))
        x = box.right() - self.width(text) if right else box.left()
        y = box.top() + 0.5 * (box.height() - self.metrics.height())
        painter.drawStaticText(QPointF(round(x), round(y)), self._laid_out(text))


def mixed(under: str, over: str, part: float) -> str:
    """The colour that `over` gives on `under` where it is `part` opaque, "#rrggbb" all three."""
    below, above = QColor(under), QColor(over)
    whole = (
        round(low + part * (high - low))
        for low, high in (
            (below.red(), above.red()),
            (below.green(), above.green()),
            (below.blue(), above.blue()),
        )
    )
    return QColor(*whole).name()


def draw_tag(painter: QPainter, look: Look, box: QRectF, text: str, fill: str, ink: str) -> None:
    """A filled box with `text` at its right end; `fill` and `ink` are theme tokens."""
    painter.fillRect(box, look.color(fill))
    look.write(painter, box.adjusted(0.0, 0.0, -TEXT_PADDING, 0.0), text, ink, right=True)
