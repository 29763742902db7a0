"""Asks what came of a position whose liquidation price was crossed: only the trader knows."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from dashboard.risk.report import PositionRisk
from widgets.plain import PlainLabel, tooltip
from widgets.theme import Role, set_role

_BEYOND_NOW = (
    "the mark price is beyond its liquidation price at this moment; if it stands all the same, "
    "put right what was entered"
)


class BreachAnswers(QWidget):
    """Hidden but for such a position; `liquidated` carries its risk, `still_standing` itself."""

    liquidated = Signal(object)
    still_standing = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._risk: PositionRisk | None = None
        self.question = PlainLabel("Did your venue liquidate it?", wrap=True)
        set_role(self.question, Role.DANGER)
        self.liquidated_button = QPushButton("It was liquidated…")
        self.liquidated_button.setAccessibleName("Close the position as liquidated")
        self.liquidated_button.setToolTip(
            tooltip("Write down at which price it ended and what it cost")
        )
        self.stands_button = QPushButton("It still stands")
        self.stands_button.setAccessibleName("Say that the position was not liquidated")
        self.liquidated_button.clicked.connect(self._on_liquidated)
        self.stands_button.clicked.connect(self._on_stands)
        buttons = QHBoxLayout()
        for button in (self.liquidated_button, self.stands_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 2, 6, 2)
        layout.setSpacing(4)
        layout.addWidget(self.question)
        layout.addLayout(buttons)
        self.hide()

    def show_risk(self, risk: PositionRisk | None) -> None:
        """Ask of this position, where there is anything to ask."""
        self._risk = risk if risk is not None and risk.breach is not None else None
        self.setVisible(self._risk is not None)
        if self._risk is None:
            return
        self.stands_button.setEnabled(not self._risk.crossed)
        why = _BEYOND_NOW if self._risk.crossed else "Take the mark off and watch it anew"
        self.stands_button.setToolTip(tooltip(why))

    def _on_liquidated(self) -> None:
        if self._risk is not None:
            self.liquidated.emit(self._risk)

    def _on_stands(self) -> None:
        if self._risk is not None:
            self.still_standing.emit(self._risk.position)
