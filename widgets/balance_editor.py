"""Balances per venue and collateral coin, edited in place under their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dashboard.errors import InputError, StoreError
from dashboard.market.account import Balance
from dashboard.tradeline.number import parse_number, parse_positive, quote, scaled
from widgets.actions import make_action
from widgets.format import number_text
from widgets.models.account import BALANCE_COLUMNS, balance_key
from widgets.models.rows import RowsModel
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role

_LONGEST_COIN = 20
_COIN_WIDTH_PX = 60
_VENUE_CHARACTERS = 8
_LEAST_TABLE_PX = 56


class BalanceKeeper(Protocol):
    """Keeps balances; each call is on disk when it returns, or raises StoreError."""

    def set_balance(self, balance: Balance) -> None:
        """Keep what a venue's account holds of one coin."""

    def delete_balance(self, venue: str, coin: str) -> None:
        """Forget a balance."""


class BalanceEditor(QWidget):
    """A table of balances and one line to set or remove them; `edited` tells of each edit."""

    edited = Signal()

    def __init__(
        self,
        keeper: BalanceKeeper,
        venues: Sequence[str],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._held: tuple[Balance, ...] = ()
        self.model: RowsModel[Balance] = RowsModel(BALANCE_COLUMNS, balance_key, self, theme=theme)
        self.view = RowsView(self.model, "Balances", self)
        self.venue = QComboBox()
        self.venue.addItems(list(venues))
        self.venue.view().setAccessibleName("Venues")
        self.coin = _field("coin", "USDT")
        self.amount = _field("amount of the balance", "10000")
        self.counts = _field("part that counts in percent", "100")
        self.set_button = QPushButton("Set")
        self.set_button.setToolTip(tooltip("Keep this balance; Ctrl+Z takes it back"))
        self.remove_button = QPushButton("Remove")
        self.fault = ElidedLabel()
        self._arrange()
        self.set_button.clicked.connect(self.keep)
        self.remove_button.clicked.connect(self.remove)
        for field in (self.coin, self.amount, self.counts):
            field.returnPressed.connect(self.keep)
        self.view.selectionModel().selectionChanged.connect(self._show_chosen)
        make_action(self.view, "Remove the balance", self.remove, "Del")

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.model.set_theme(theme)

    def show_balances(self, balances: Sequence[Balance]) -> None:
        """Show what the book holds; what is being typed stays."""
        self._held = tuple(balances)
        self.model.set_rows(balances)
        for venue in dict.fromkeys(balance.venue for balance in balances):
            if self.venue.findText(venue) < 0:
                self.venue.addItem(venue)

    def keep(self) -> None:
        """Keep the balance that is typed, or say what is wrong with it."""
        try:
            balance = self._typed()
            self._keeper.set_balance(balance)
        except (InputError, StoreError) as error:
            self._say(error.user_message)
            return
        self._say("")
        self.edited.emit()

    def remove(self) -> None:
        """Forget the balance of the chosen row."""
        chosen = self.view.selected_key()
        if chosen is None:
            self._say("choose a balance in the table to remove it")
            return
        try:
            self._keeper.delete_balance(*chosen)
        except StoreError as error:
            self._say(error.user_message)
            return
        self._say("")
        self.edited.emit()

    def _typed(self) -> Balance:
        coin = self.coin.text().strip().upper()
        if not (coin.isascii() and coin.isalnum() and len(coin) <= _LONGEST_COIN):
            raise InputError(
                "coin",
                f"coin must be letters and digits such as USDT or BTC, not {quote(coin)}",
            )
        amount = parse_number(self.amount.text(), "amount")
        counts = parse_positive(self.counts.text() or "100", "counts %")
        if counts > 100.0:
            raise InputError(
                "counts %",
                f"counts % must be above 0 and up to 100, not {quote(self.counts.text())}",
            )
        venue = self.venue.currentText()
        return Balance(venue=venue, coin=coin, amount=amount, haircut=scaled(counts, -2))

    def _show_chosen(self) -> None:
        chosen = self.view.selected_key()
        for balance in self._held:
            if balance_key(balance) == chosen:
                self.venue.setCurrentText(balance.venue)
                self.coin.setText(balance.coin)
                self.amount.setText(number_text(balance.amount))
                self.counts.setText(number_text(scaled(balance.haircut, 2)))

    def _say(self, sentence: str) -> None:
        self.fault.setText(sentence)
        self.fault.setToolTip(tooltip(sentence))
        self.fault.setVisible(bool(sentence))

    def _arrange(self) -> None:
        self.venue.setAccessibleName("Venue of the balance")
        self.venue.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.venue.setMinimumContentsLength(_VENUE_CHARACTERS)
        self.view.setMinimumHeight(_LEAST_TABLE_PX)
        self.coin.setFixedWidth(_COIN_WIDTH_PX)
        self.counts.setFixedWidth(_COIN_WIDTH_PX)
        self.counts.setToolTip(tooltip("Part of its value that counts as margin, in percent"))
        set_role(self.fault, Role.DANGER)
        self.fault.hide()
        lines = QGridLayout()
        lines.setContentsMargins(4, 2, 4, 2)
        lines.setSpacing(4)
        lines.addWidget(self.venue, 0, 0)
        lines.addWidget(self.coin, 0, 1)
        lines.addWidget(self.amount, 0, 2)
        lines.addWidget(PlainLabel("counts, in %"), 1, 0)
        lines.addWidget(self.counts, 1, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.set_button, stretch=1)
        buttons.addWidget(self.remove_button, stretch=1)
        lines.addLayout(buttons, 1, 2)
        lines.setColumnStretch(2, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.view, stretch=1)
        layout.addWidget(self.fault)
        layout.addLayout(lines)


def _field(name: str, example: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name.capitalize())
    field.setPlaceholderText(example)
    field.setMinimumWidth(50)
    return field
