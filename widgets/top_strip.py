"""A small strip that stays above other programs: worst position, account, next funding."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from dashboard.market.names import names_of
from dashboard.risk.report import LiquidationStatus
from dashboard.risk.together import nearest_move
from widgets import format as fmt
from widgets.models.position_row import (
    PositionRow,
    distance_text,
    liquidation_text,
    position_rows,
    wallet_end,
)
from widgets.plain import PlainLabel, tooltip
from widgets.screens import bring_on_screen
from widgets.status import recorded_text
from widgets.theme import Role, set_role
from widgets.update import Update

_NEAR_FRACTION = 0.10
_FROM_EDGE_PX = 8


class Said(NamedTuple):
    """A few words with their role."""

    text: str
    role: Role = Role.PLAIN


class TopStrip(QWidget):
    """Stays on top while it is shown; dragged with the mouse, closed with its button or Esc."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        flags = (
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
        )
        super().__init__(parent, flags)
        self.setWindowTitle("Liqline strip")
        self.setAccessibleName("Worst position, account and next funding")
        self._window = parent
        self._grip: QPoint | None = None
        self._moved_by_hand = False
        self.position = PlainLabel()
        self.account = PlainLabel()
        self.funding = PlainLabel()
        self.recorded = PlainLabel()
        set_role(self.recorded, Role.RECORDED)
        self.close_button = QToolButton()
        self.close_button.setText("×")
        self.close_button.setAutoRaise(True)
        self.close_button.setAccessibleName("Close the strip")
        self.close_button.setToolTip(tooltip("Close the strip"))
        self.close_button.setShortcut("Esc")
        self.close_button.clicked.connect(self.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 4, 4)
        layout.setSpacing(16)
        for widget in (self.recorded, self.position, self.account, self.funding, self.close_button):
            layout.addWidget(widget)

    def show_update(self, update: Update) -> None:
        """Show the figures of `update`; a strip that is not shown does nothing."""
        if not self.isVisible():
            return
        rows = position_rows(update)
        for label, said in (
            (self.position, worst_position(rows)),
            (self.account, account_line(update)),
            (self.funding, next_funding(update, rows)),
        ):
            label.setText(said.text)
            label.setVisible(bool(said.text))
            set_role(label, Role.MUTED if update.feed_lost else said.role)
        badge = "NO FEED" if update.feed_lost else recorded_text(update.clock, update.now_ms)
        self.recorded.setText(badge)
        self.recorded.setVisible(bool(badge))
        self.adjustSize()
        self._stand_at_corner()

    def toggle(self) -> None:
        """Show the strip over the end of the window's menus, or close it."""
        if self.isVisible():
            self.close()
            return
        self.show()
        self._stand_at_corner()
        bring_on_screen(self)

    def _stand_at_corner(self) -> None:
        """Keep the right end where it was however long the words are, until a hand moves it.

        Below the menus it would cover what can be pressed.
        """
        if not self._moved_by_hand:
            corner = self._window.geometry().topRight()
            self.move(corner - QPoint(self.width() + _FROM_EDGE_PX, 0))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Take hold of the strip."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Drag the strip."""
        if self._grip is not None:
            self._moved_by_hand = True
            self.move(event.globalPosition().toPoint() - self._grip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Let go of the strip."""
        self._grip = None
        super().mouseReleaseEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 (Qt's name)
        """Tell that it is gone."""
        super().closeEvent(event)
        self.closed.emit()


def worst_position(rows: list[PositionRow]) -> Said:
    """The position in most danger: how far from which liquidation price."""
    if not rows:
        return Said("no positions", Role.MUTED)
    risk = rows[0].risk
    name = names_of(row.position for row in rows)[risk.position.id]
    if risk.status is LiquidationStatus.BREACHED:
        return Said(f"BREACHED {name} at {liquidation_text(risk)}", Role.DANGER)
    end = wallet_end(rows[0])
    if end:
        near = (nearest_move(risk, rows[0].together) or 0.0) < _NEAR_FRACTION
        return Said(end, Role.WARNING if near or rows[0].mark_late else Role.PLAIN)
    if risk.distance_fraction is None:
        known = "none liquidates" if risk.status is LiquidationStatus.NONE else "distance n/a"
        return Said(f"{name}: {known}", Role.MUTED)
    role = (
        Role.WARNING if rows[0].mark_late or risk.distance_fraction < _NEAR_FRACTION else Role.PLAIN
    )
    late = " (late)" if rows[0].mark_late else ""
    return Said(f"{name} {distance_text(risk)} to {liquidation_text(risk)}{late}", role)


def account_line(update: Update) -> Said:
    """The smallest common move that ends a cross account; nothing where there is none."""
    moves = [
        (abs(move), move, account.venue)
        for account in update.report.accounts
        for move in (account.shock_down, account.shock_up)
        if move is not None
    ]
    if not moves:
        return Said("")
    size, move, venue = min(moves)
    role = Role.DANGER if size < _NEAR_FRACTION / 2 else Role.PLAIN
    return Said(f"cross at {venue} ends at {fmt.percent(move, 1, signed=True)}", role)


def next_funding(update: Update, rows: list[PositionRow]) -> Said:
    """When the next of the held contracts settles its funding."""
    keys = {row.position.instrument.key for row in rows}
    due = [
        funding.settles_in_ms(update.now_ms)
        for key, funding in update.snapshot.fundings.items()
        if key in keys
    ]
    coming = [left_ms for left_ms in due if left_ms is not None and left_ms >= 0]
    return Said(f"funding in {fmt.countdown(min(coming))}", Role.MUTED) if coming else Said("")
