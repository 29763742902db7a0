"""The strip above the panes: contract, time, and RECORDED where the data is a recording."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from widgets.charts.look import TEXT_PADDING, Look, draw_tag
from widgets.charts.strip import Strip


class Title(Strip):
    """One line of plain text, part of every picture of the chart."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.detail = ""
        self.recorded = ""

    def show_texts(self, text: str, detail: str, recorded: str) -> None:
        """Show what is charted, a detail such as its time, and which recording it is from."""
        if (text, detail, recorded) != (self.text, self.detail, self.recorded):
            self.text, self.detail, self.recorded = text, detail, recorded
            self.update()

    def draw(self, painter: QPainter, look: Look) -> None:
        """Draw from the right: the recording must be seen, the rest takes what is left."""
        area = self.area
        right = area.right() - TEXT_PADDING
        if self.recorded:
            width = min(look.width(self.recorded) + 2.0 * TEXT_PADDING, area.width())
            box = QRectF(area.right() - width, area.top(), width, area.height())
            draw_tag(painter, look, box, self.recorded, "recorded", "recorded_text")
            right = box.left() - TEXT_PADDING
        left = area.left() + TEXT_PADDING + 2.0
        for text, token in ((self.text, "text"), (self.detail, "text_muted")):
            room = max(0.0, right - left)
            box = QRectF(left, area.top(), room, area.height())
            look.write(painter, box, look.elided(text, room), token)
            left += look.width(text) + 2.0 * TEXT_PADDING
