"""The dialog that closes a position: at which price, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from dashboard.errors import InputError, StoreError
from dashboard.market.account import Closing, Position, PositionState
from dashboard.risk.closed import realised
from dashboard.tradeline.number import parse_not_negative, parse_number, parse_positive
from widgets import format as fmt
from widgets.models.position_row import position_name
from widgets.plain import PlainLabel, add_row, tooltip
from widgets.theme import Role, set_role


class ClosingDialog(QDialog):
    """Asks for price, fees and funding paid; shows what remains while they are typed.

    Costs are never taken for 0: a field still empty is named beside the result before costs.
    `keep` takes the closed position and raises StoreError where it cannot be kept; the dialog
    then stays as it is.
    """

    def __init__(
        self,
        position: Position,
        price: float | None,
        closed_ms: int,
        keep: Callable[[Position], None],
        parent: QWidget | None = None,
        *,
        note: str = "",
    ) -> None:
        """`price` stands in the field at first, `note` above the fields."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Close position")
        self._position = position
        self._closed_ms = closed_ms
        self._keep = keep
        self.price = self._field("Closing price", "" if price is None else f"{price:.12g}")
        self.fees = self._field("Fees paid to open and close; 0 where none were")
        self.funding = self._field("Funding paid; negative where received, 0 where none was")
        self.outcome = PlainLabel(wrap=True)
        self.message = PlainLabel(wrap=True)
        set_role(self.message, Role.DANGER)
        settle = position.instrument.settle
        form = QFormLayout()
        add_row(form, f"Price, {position.instrument.quote}", self.price)
        add_row(form, f"Fees, {settle}", self.fees)
        add_row(form, f"Funding paid, {settle}", self.funding)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.close_button = buttons.addButton(
            "Close position", QDialogButtonBox.ButtonRole.AcceptRole
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        heading = PlainLabel(position_name(position))
        set_role(heading, Role.HEADING)
        for widget in (heading, self.outcome, self.message):
            layout.addWidget(widget)
        layout.insertLayout(1, form)
        if note:
            layout.insertWidget(1, PlainLabel(note, wrap=True))
        layout.addWidget(buttons)
        for field in (self.price, self.fees, self.funding):
            field.textChanged.connect(self._show)
        self._show()

    def accept(self) -> None:
        """Close the position, or say beside the fields why that cannot be."""
        try:
            self._keep(self._closed())
        except (InputError, StoreError) as error:
            self.message.setText(error.user_message)
            return
        super().accept()

    def _field(self, name: str, text: str = "") -> QLineEdit:
        field = QLineEdit(text)
        field.setAccessibleName(name)
        field.setToolTip(tooltip(name))
        return field

    def _empty_costs(self) -> list[str]:
        costs = {"fees": self.fees, "funding paid": self.funding}
        return [name for name, field in costs.items() if not field.text().strip()]

    def _before_costs(self) -> Position:
        return self._with(Closing(price=parse_positive(self.price.text(), "closing price")))

    def _closed(self) -> Position:
        closing = Closing(
            price=parse_positive(self.price.text(), "closing price"),
            fees=parse_not_negative(self.fees.text(), "fees"),
            funding_paid=parse_number(self.funding.text(), "funding paid"),
            closed_ms=self._closed_ms,
        )
        return self._with(closing)

    def _with(self, closing: Closing) -> Position:
        return replace(self._position, state=PositionState.CLOSED, closing=closing)

    def _show(self) -> None:
        """The result of what is typed so far."""
        self.outcome.setText("")
        self.message.setText("")
        settle = self._position.instrument.settle
        try:
            empty = self._empty_costs()
            result = realised(self._before_costs() if empty else self._closed())
        except InputError as error:
            self.message.setText(error.user_message)
            return
        if result is None:
            return
        gross = fmt.money(result.gross, settle, signed=True)
        if empty:
            self.outcome.setText(f"Result {gross} before costs; still empty: {', '.join(empty)}")
        else:
            in_r = "" if result.r_multiple is None else f", {fmt.number(result.r_multiple, 2)} R"
            net = fmt.money(result.net, settle, signed=True)
            self.outcome.setText(f"Result {net}{in_r} ({gross} before costs)")
