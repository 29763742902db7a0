"""Paints a risk card: sentences that wrap, figures that open their receipt on click and Enter."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import ClassVar, NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.models.card import Bar, Card, Line, Run
from widgets.text_widths import TextWidths
from widgets.theme import Role, Theme

_MARGIN = 10.0
_GAP = 10.0
_SECTION_GAP = 9.0
_BAR_HEIGHT = 7.0
_LARGE = 1.9
_UNDER = 2.5
"""Pixels from a figure's baseline down to the line under it."""
_LEAST_WIDTH = 220
_TOKENS = re.compile(r"[^ ]+(?: %[^ ]*)* *| +")
"""What stays together: a word, and a number with its percent sign."""
_COLOURS = {
    Role.PLAIN: "text",
    Role.MUTED: "text_muted",
    Role.PROFIT: "profit",
    Role.LOSS: "loss",
    Role.WARNING: "warning",
    Role.DANGER: "danger",
    Role.ACCENT: "accent",
}


class Place(NamedTuple):
    """Which figure: its section, line and run."""

    section: str
    line: int
    run: int


class _Piece(NamedTuple):
    rect: QRectF
    text: str
    role: Role
    large: bool
    place: Place | None


class _BarPiece(NamedTuple):
    rect: QRectF
    bar: Bar


class CardView(QWidget):
    """Shows a Card; `opened` tells which figure's receipt is wanted."""

    opened = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._card = Card("")
        self._pieces: list[_Piece] = []
        self._bars: list[_BarPiece] = []
        self._figures: list[Place] = []
        self._focused = 0
        self._height = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setMinimumWidth(_LEAST_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleName("Risk card")

    def set_theme(self, theme: Theme) -> None:
        """Paint in the colours of another theme."""
        self._theme = theme
        self.update()

    @property
    def card(self) -> Card:
        """What is shown."""
        return self._card

    def show_card(self, card: Card) -> None:
        """Show `card`; the figure that has the keyboard keeps it."""
        held = self.focused_figure()
        if _same(card, self._card):
            self._card = card
            return
        self._card = card
        self._lay_out()
        if held in self._figures:
            self._focused = self._figures.index(held)
        self._tell_focus()
        self.update()

    def figures(self) -> list[Place]:
        """Every figure that can be opened, in reading order."""
        return list(self._figures)

    def focused_figure(self) -> Place | None:
        """The figure that the keyboard is at."""
        return self._figures[self._focused] if self._focused < len(self._figures) else None

    def run_at(self, place: Place) -> tuple[Line, Run] | None:
        """The figure of `place` as it is now, None where the card has none there any more."""
        for section in self._card.sections:
            if section.key == place.section and place.line < len(section.lines):
                line = section.lines[place.line]
                return (line, line.runs[place.run]) if place.run < len(line.runs) else None
        return None

    def rect_of(self, place: Place) -> QRectF:
        """Where the figure of `place` stands."""
        rects = [piece.rect for piece in self._pieces if piece.place == place]
        return rects[0] if rects else QRectF()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """As high as the card is at this width."""
        return QSize(_LEAST_WIDTH, self._height)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Wrap again."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._lay_out()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Arrows go from figure to figure, Enter and Space open the receipt."""
        keys = Qt.Key
        steps = {keys.Key_Down: 1, keys.Key_Right: 1, keys.Key_Up: -1, keys.Key_Left: -1}
        last = len(self._figures) - 1
        ends = {keys.Key_Home: 0, keys.Key_End: last}
        key = keys(event.key())
        if key in steps:
            self._go_to(min(max(self._focused + steps[key], 0), max(last, 0)))
        elif key in ends:
            self._go_to(max(ends[key], 0))
        elif key in (keys.Key_Return, keys.Key_Enter, keys.Key_Space):
            self._open_focused()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """A click on a figure opens it."""
        place = self._place_at(event.position())
        if place is not None and event.button() is Qt.MouseButton.LeftButton:
            self._go_to(self._figures.index(place))
            self._open_focused()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """The hand shows what can be clicked."""
        over = self._place_at(event.position()) is not None
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
        if self.cursor().shape() is not shape:
            self.setCursor(shape)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw what is exposed, words in one font after those in the other."""
        painter = QPainter(self)
        clip = QRectF(event.rect())
        painter.fillRect(clip, QColor(self._theme.surface))
        colours = {role: self._colour(role) for role in _COLOURS}
        exposed = [piece for piece in self._pieces if piece.rect.intersects(clip)]
        for font, large in ((self.font(), False), (_large_font(self.font()), True)):
            painter.setFont(font)
            ascent = _metrics(font.key()).ascent()
            for piece in exposed:
                if piece.large is large:
                    painter.setPen(colours.get(piece.role, colours[Role.PLAIN]))
                    at = QPointF(piece.rect.left(), piece.rect.top() + ascent)
                    painter.drawText(at, piece.text)
        self._underline(painter, exposed)
        for bar in self._bars:
            painter.fillRect(bar.rect, QColor(self._theme.border))
            filled = QRectF(bar.rect)
            filled.setWidth(max(2.0, bar.rect.width() * bar.bar.filled))
            painter.fillRect(filled, self._colour(bar.bar.role))
        painter.end()

    def _underline(self, painter: QPainter, pieces: list[_Piece]) -> None:
        """Mark the figures, which can be opened, and the one that the keyboard is at."""
        figures = [piece for piece in pieces if piece.place is not None]
        painter.setPen(QPen(QColor(self._theme.text_muted), 1.0, Qt.PenStyle.DotLine))
        ascents = {
            large: _metrics(font.key()).ascent()
            for large, font in ((False, self.font()), (True, _large_font(self.font())))
        }
        painter.drawLines(
            [
                QLineF(piece.rect.left(), under, piece.rect.right(), under)
                for piece in figures
                for under in (piece.rect.top() + ascents[piece.large] + _UNDER,)
            ]
        )
        focused = self.focused_figure() if self.hasFocus() else None
        painter.setPen(QPen(QColor(self._theme.accent), 1.0))
        for piece in figures:
            if piece.place == focused:
                painter.drawRect(piece.rect.adjusted(-2.0, -1.0, 2.0, 1.0))

    def _colour(self, role: Role) -> QColor:
        return QColor(getattr(self._theme, _COLOURS.get(role, "text")))

    def _lay_out(self) -> None:
        layout = _Layout(self._card, self.font(), float(self.width()))
        self._pieces, self._bars, self._figures = layout.pieces, layout.bars, layout.figures
        self._focused = min(self._focused, max(0, len(self._figures) - 1))
        height = round(layout.bottom + _MARGIN)
        if height != self._height:
            self._height = height
            self.setMinimumHeight(height)
            self.updateGeometry()

    def _place_at(self, point: QPointF) -> Place | None:
        for piece in self._pieces:
            if piece.place is not None and piece.rect.contains(point):
                return piece.place
        return None

    def _go_to(self, number: int) -> None:
        self._focused = number
        self._tell_focus()
        self.update()

    def _open_focused(self) -> None:
        place = self.focused_figure()
        if place is not None:
            self.opened.emit(place)

    def _tell_focus(self) -> None:
        """Have a screen reader say the figure that the keyboard is at, in its sentence."""
        place = self.focused_figure()
        found = None if place is None else self.run_at(place)
        if found is not None:
            line, run = found
            sentence = "".join(part.text for part in line.runs)
            self.setAccessibleDescription(f"{line.label} {run.text}: {sentence}".strip())


class _Layout:
    """Breaks a card's sentences into pieces that fit a width."""

    def __init__(self, card: Card, font: QFont, width: float) -> None:
        self.pieces: list[_Piece] = []
        self.bars: list[_BarPiece] = []
        self.figures: list[Place] = []
        self.bottom = _MARGIN
        self._right = width - _MARGIN
        self._small, self._large = _Widths.of(font), _Widths.of(_large_font(font))
        labels = [line.label for section in card.sections for line in section.lines]
        self._left = _MARGIN + _GAP + max(map(self._small.of_text, labels), default=0.0)
        if card.empty:
            self._left = _MARGIN
            self._line(Line("", (Run(card.empty, Role.MUTED),)), "", 0)
        for section in card.sections:
            for number, line in enumerate(section.lines):
                self._line(line, section.key, number)
                if number == section.bar_below and section.bar is not None:
                    self._bar(section.bar)
            self.bottom += _SECTION_GAP

    def _line(self, line: Line, section: str, number: int) -> None:
        tall = self._large if any(run.large for run in line.runs) else self._small
        if line.label:
            top = self.bottom + tall.ascent - self._small.ascent
            width = self._small.of_text(line.label)
            at = QRectF(_MARGIN, top, width, self._small.height)
            self.pieces.append(_Piece(at, line.label, Role.MUTED, False, None))
        pen = _Pen(self._left, self.bottom)
        for place, run in enumerate(line.runs):
            figure = None if run.tell is None else Place(section, number, place)
            if figure is not None:
                self.figures.append(figure)
            self._run(run, figure, tall, pen)
        self.bottom = pen.top + tall.height + 2.0

    def _run(self, run: Run, figure: Place | None, tall: _Widths, pen: _Pen) -> None:
        """Set one run from the pen on: a figure whole, words together as far as a line goes."""
        own = self._large if run.large else self._small
        drop = tall.ascent - own.ascent
        start, said = pen.x, ""
        for token in [run.text] if figure is not None else _TOKENS.findall(run.text):
            wide = own.of_text(token.rstrip(" "))
            if pen.x + wide > self._right and pen.x > self._left:
                self._piece(run, figure, said, QPointF(start, pen.top + drop), own)
                pen.x, pen.top = self._left, pen.top + tall.height
                start, said = pen.x, ""
            said += token
            pen.x += own.of_text(token)
        self._piece(run, figure, said, QPointF(start, pen.top + drop), own)

    def _piece(self, run: Run, figure: Place | None, said: str, at: QPointF, own: _Widths) -> None:
        shown = said.rstrip(" ")
        if shown:
            rect = QRectF(at.x(), at.y(), own.of_text(shown), own.height)
            self.pieces.append(_Piece(rect, shown, run.role, run.large, figure))

    def _bar(self, bar: Bar) -> None:
        rect = QRectF(self._left, self.bottom + 2.0, self._right - self._left, _BAR_HEIGHT)
        self.bars.append(_BarPiece(rect, bar))
        self.bottom = rect.bottom() + 3.0
        self._line(Line("", (Run(bar.words, bar.role),)), "", 0)


def _same(one: Card, other: Card) -> bool:
    """Whether both look alike; what their figures tell may differ."""
    return _looks(one) == _looks(other)


def _looks(card: Card) -> object:
    return (
        card.empty,
        [
            (section.key, section.bar,
             [(line.label, [(r.text, r.role, r.large, r.tell is None) for r in line.runs])
              for line in section.lines])
            for section in card.sections
        ],
    )  # fmt: skip


class _Pen:
    """Where the next word goes."""

    def __init__(self, x: float, top: float) -> None:
        self.x = x
        self.top = top


class _Widths:
    """Height, ascent and widths of texts in one font, kept for as long as the program runs."""

    _held: ClassVar[dict[str, _Widths]] = {}

    def __init__(self, metrics: QFontMetricsF) -> None:
        self.of_text = TextWidths(metrics.horizontalAdvance).of
        self.height = metrics.height()
        self.ascent = metrics.ascent()

    @classmethod
    def of(cls, font: QFont) -> _Widths:
        """Those of `font`."""
        key = font.key()
        if key not in cls._held:
            cls._held[key] = cls(_metrics(key))
        return cls._held[key]


def _large_font(font: QFont) -> QFont:
    large = QFont(font)
    large.setPointSizeF(font.pointSizeF() * _LARGE)
    large.setWeight(QFont.Weight.DemiBold)
    return large


@lru_cache(maxsize=8)
def _metrics(key: str) -> QFontMetricsF:
    """The metrics of a font by its key: made once, asked for each word."""
    font = QFont()
    font.fromString(key)
    return QFontMetricsF(font)
