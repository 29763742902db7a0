"""Pictures that leave the program: each says what it shows, when, and whether it was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from widgets import format as fmt
from widgets.theme import Theme

if TYPE_CHECKING:
    from dashboard.market.instrument import InstrumentKey
    from widgets.update import Update

_PADDING_PX = 6


def data_age(update: Update, key: InstrumentKey) -> str:
    """How old a contract's price is, in words for a picture."""
    ticker = update.snapshot.tickers.get(key)
    if ticker is None:
        return "data of unknown age"
    age_ms = max(0, update.now_ms - ticker.as_of_ms)
    return "data of now" if age_ms < fmt.SECOND_MS else f"data {fmt.age(age_ms)} old"


def stamped_picture(widget: QWidget, caption: str, recorded: str, theme: Theme) -> QPixmap:
    """What `widget` shows, with a strip below that carries `caption` and the RECORDED badge."""
    picture = widget.grab()
    ratio = picture.devicePixelRatio()
    metrics = QFontMetrics(widget.font())
    strip_px = metrics.height() + 2 * _PADDING_PX
    width, height = widget.width(), widget.height()
    whole = QPixmap(round(width * ratio), round((height + strip_px) * ratio))
    whole.setDevicePixelRatio(ratio)
    whole.fill(QColor(theme.surface_raised))
    painter = QPainter(whole)
    painter.drawPixmap(0, 0, picture)
    painter.setFont(widget.font())
    left = _draw_badge(painter, QRect(0, height, width, strip_px), recorded, theme)
    painter.setPen(QColor(theme.text))
    room = QRect(left, height, width - left - _PADDING_PX, strip_px)
    text = metrics.elidedText(caption, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
    painter.end()
    return whole


def _draw_badge(painter: QPainter, strip: QRect, recorded: str, theme: Theme) -> int:
    """Draw the badge at the left of `strip` where there is one; the x at which text may start."""
    if not recorded:
        return _PADDING_PX
    font = QFont(painter.font())
    plain = QFont(font)
    font.setBold(True)
    width = QFontMetrics(font).horizontalAdvance(recorded) + 2 * _PADDING_PX
    badge = QRect(strip.left(), strip.top(), width, strip.height())
    painter.fillRect(badge, QColor(theme.recorded))
    painter.setPen(QColor(theme.recorded_text))
    painter.setFont(font)
    painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, recorded)
    painter.setFont(plain)
    return width + _PADDING_PX
