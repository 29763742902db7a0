"""What is left of the equity when Bitcoin moves one way and the other coins another."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from dashboard.risk.matrix import Matrix
from widgets import format as fmt
from widgets.models.account import move
from widgets.plain import tooltip
from widgets.theme import Theme

_LEAST = QSize(160, 90)
_STRONGEST = 0.5
_MARK_PX = 3.0
_CORNER = "alts\N{DOWNWARDS ARROW} BTC\N{RIGHTWARDS ARROW}"
_GONE = "\N{MULTIPLICATION X}"


class MatrixView(QWidget):
    """A shaded grid: Bitcoin's move across, that of the others down; change of equity in cells.

    A bar at a cell's left edge says that some wallet is liquidated there.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._matrix: Matrix | None = None
        self.setMouseTracking(True)
        self.setAccessibleName("Equity when Bitcoin and the other coins move")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Small enough for a low dock."""
        return _LEAST

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self._theme = theme
        self.update()

    def show_matrix(self, matrix: Matrix | None) -> None:
        """Show another matrix, nothing for None."""
        self._matrix = matrix
        self.update()

    def cell_text(self, row: int, column: int) -> str:
        """What a cell shows: the change of equity, a cross where nobody stands."""
        if self._matrix is None:
            return ""
        now, there = self._now(self._matrix), float(self._matrix.equity[row, column])
        if self._matrix.liquidated[row, column] and there == 0.0:
            return _GONE
        return fmt.percent(there / now - 1.0, 0, signed=True) if now > 0.0 else fmt.big(there)

    def marked(self, row: int, column: int) -> bool:
        """Whether the moves of a cell liquidate a wallet, besides those that need no move."""
        shown = self._matrix
        return shown is not None and bool(shown.liquidated[row, column] > self._past(shown))

    def cell_words(self, row: int, column: int) -> str:
        """A cell in words."""
        if self._matrix is None:
            return ""
        count = int(self._matrix.liquidated[row, column])
        past = self._past(self._matrix)
        ended = f"{count} liquidated" if count else "every wallet stands"
        if past and count == past:
            ended = f"{past} past liquidation now"
        elif past:
            ended = f"{ended}, {past} of them past liquidation now"
        return (
            f"Bitcoin {move(self._matrix.bitcoin_moves[column])}, others "
            f"{move(self._matrix.alt_moves[row])}: equity "
            f"{fmt.big(float(self._matrix.equity[row, column]), digits=4)}, {ended}"
        )

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw the grid."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        if self._matrix is None:
            return
        rows, columns = self._matrix.equity.shape
        painter.setPen(QColor(self._theme.text_muted))
        if self.fontMetrics().horizontalAdvance(_CORNER) < self._box(-1, -1).width():
            painter.drawText(self._box(-1, -1), Qt.AlignmentFlag.AlignCenter, _CORNER)
        for column, at in enumerate(self._matrix.bitcoin_moves):
            self._write(painter, self._box(-1, column), fmt.percent(at, 0, signed=True))
        for row, at in enumerate(self._matrix.alt_moves):
            self._write(painter, self._box(row, -1), fmt.percent(at, 0, signed=True))
        for row in range(rows):
            for column in range(columns):
                self._draw_cell(painter, self._matrix, row, column)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Tell the cell under the pointer in words."""
        place = self._place(event.position().x(), event.position().y())
        words = "" if place is None else self.cell_words(*place)
        QToolTip.showText(event.globalPosition().toPoint(), tooltip(words), self)

    def _draw_cell(self, painter: QPainter, shown: Matrix, row: int, column: int) -> None:
        box = self._box(row, column).adjusted(1, 1, 0, 0)
        ended = self.marked(row, column)
        now, there = self._now(shown), float(shown.equity[row, column])
        change = there / now - 1.0 if now > 0.0 else 0.0
        colour = QColor(self._theme.loss if change < 0.0 else self._theme.profit)
        colour.setAlphaF(_STRONGEST * min(1.0, abs(change)))
        painter.fillRect(box, colour)
        if ended:
            painter.fillRect(
                QRectF(box.left(), box.top(), _MARK_PX, box.height()), QColor(self._theme.danger)
            )
        painter.setPen(QColor(self._theme.text))
        self._write(painter, box.adjusted(_MARK_PX, 0, 0, 0), self.cell_text(row, column))

    def _write(self, painter: QPainter, box: QRectF, text: str) -> None:
        """Write a percentage in the middle, without its sign of percent where that has no room."""
        if self.fontMetrics().horizontalAdvance(text) + 2 > box.width():
            text = text.rstrip("%")
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    @staticmethod
    def _now(shown: Matrix) -> float:
        row, column = shown.alt_moves.index(0.0), shown.bitcoin_moves.index(0.0)
        return float(shown.equity[row, column])

    @staticmethod
    def _past(shown: Matrix) -> int:
        """How many wallets are past their liquidation without any move."""
        row, column = shown.alt_moves.index(0.0), shown.bitcoin_moves.index(0.0)
        return int(shown.liquidated[row, column])

    def _box(self, row: int, column: int) -> QRectF:
        """A cell's place; -1 is the header. Rises of the others stand at the top."""
        rows, columns = self._shape()
        width, height = self.width() / (columns + 1), self.height() / (rows + 1)
        shown_row = 0 if row < 0 else rows - row
        return QRectF((column + 1) * width, shown_row * height, width, height)

    def _place(self, x: float, y: float) -> tuple[int, int] | None:
        rows, columns = self._shape()
        column = int(x / self.width() * (columns + 1)) - 1
        row = rows - int(y / self.height() * (rows + 1))
        inside = 0 <= row < rows and 0 <= column < columns
        return (row, column) if inside and self._matrix is not None else None

    def _shape(self) -> tuple[int, int]:
        return (1, 1) if self._matrix is None else self._matrix.equity.shape
