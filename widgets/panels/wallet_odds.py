"""How likely cross accounts are liquidated, asked of the feed while this part is in sight."""

from __future__ import annotations

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from dashboard.feed.frames import AccountOddsTold, AskAccountOdds
from dashboard.risk.account_rows import wallets_of
from dashboard.risk.held_wallets import HeldWallets
from dashboard.risk.odds.bars import HOUR_MS
from widgets.models.rows import RowsModel
from widgets.models.wallet_odds import (
    WALLET_ODDS_COLUMNS,
    WalletOddsRow,
    cross_wallets,
    questions,
    row_key,
    sentence,
    until_words,
    wallet_rows,
)
from widgets.plain import ElidedLabel, tooltip
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

ASK_EVERY_S = 60.0
"""Prices move all the time, the answer slowly."""
ASK_AT_MOST_EVERY_S = 3.0

_Asked = tuple[int, tuple[object, ...]]


class WalletOddsPart(QWidget):
    """A table of questions per wallet; `asked` carries what the feed is to answer."""

    asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._held = HeldWallets()
        self._told: AccountOddsTold | None = None
        self._number = 0
        self._asked: _Asked | None = None
        self._asked_at_s = 0.0
        self.sentence = ElidedLabel()
        self.foot = ElidedLabel()
        self.rows: RowsModel[WalletOddsRow] = RowsModel(
            WALLET_ODDS_COLUMNS, row_key, self, theme=theme
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 2)
        layout.setSpacing(3)
        layout.addWidget(self.sentence)
        layout.addWidget(RowsView(self.rows, "Account odds", self), stretch=1)
        set_role(self.foot, Role.MUTED)
        layout.addWidget(self.foot)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.rows.set_theme(theme)

    def show_update(self, update: Update) -> None:
        """Show the answer that is known, and ask again where it is old or the account another."""
        self._held = wallets_of(update.report)
        self._ask(update)
        self._show()

    def show_told(self, told: AccountOddsTold) -> None:
        """Show an answer, unless another question was asked since."""
        if told.request == self._number:
            self._told = told
            self._show()

    def _ask(self, update: Update) -> None:
        wallets = cross_wallets(self._held)
        if not wallets or update.feed_lost:
            return
        held = tuple(
            (one.wallet.id, tuple((leg.id, leg.terms.quantity) for leg in one.wallet.legs))
            for one in wallets
        )
        wanted = (update.now_ms // HOUR_MS, held)
        waited_s = time.monotonic() - self._asked_at_s
        least_s = ASK_EVERY_S if wanted == self._asked else ASK_AT_MOST_EVERY_S
        if self._asked is not None and waited_s < least_s:
            return
        if self._asked is not None and self._asked[1] != held:
            self._told = None
        self._asked, self._asked_at_s = wanted, time.monotonic()
        self._number += 1
        self.asked.emit(AskAccountOdds(self._number, questions(wallets, update.snapshot)))

    def _show(self) -> None:
        wallets = cross_wallets(self._held)
        words = sentence(wallets, self._held, self._told)
        self.sentence.setText(words)
        self.sentence.setToolTip(tooltip(words))
        self.rows.set_rows(wallet_rows(wallets, self._told))
        self.foot.setText(until_words(self._told))
        self.foot.setToolTip(tooltip(until_words(self._told)))
