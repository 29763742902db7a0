"""Odds beyond one position: what leverage did, what came of earlier odds, whole accounts."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from widgets.panels.base_rates import BaseRatesPart
from widgets.panels.scorecard import ScorecardPart
from widgets.panels.wallet_odds import WalletOddsPart
from widgets.scrolled import scrolled
from widgets.theme import Theme
from widgets.update import Update


class OddsPanel(QWidget):
    """Tabs of the selected contract's base rates, the scorecard, and the odds of cross accounts.

    The parts are made before it, each by itself, and `assemble` puts them in: together they cost
    more than a frame.
    """

    def __init__(
        self,
        base_rates: BaseRatesPart,
        scorecard: ScorecardPart,
        wallets: WalletOddsPart,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._latest: Update | None = None
        self.base_rates = base_rates
        self.scorecard = scorecard
        self.wallets = wallets
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Parts of the odds")
        self.tabs.tabBar().setAccessibleName("Parts of the odds")
        self.setFocusProxy(self.tabs.tabBar())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)

    def assemble(self) -> Iterator[None]:
        """Put the parts in, piece by piece."""
        for part, title in (
            (self.base_rates, "Base rates"),
            (self.scorecard, "Scorecard"),
            (self.wallets, "Account"),
        ):
            self.tabs.addTab(scrolled(part), title)
            yield
        self.tabs.currentChanged.connect(self._refresh)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.base_rates.apply_theme(theme)
        self.scorecard.apply_theme(theme)
        self.wallets.apply_theme(theme)

    def show_update(self, update: Update) -> None:
        """Show `update`; a hidden panel waits until it is shown."""
        self._latest = update
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up on what came while hidden."""
        super().showEvent(event)
        self._refresh()

    def _refresh(self) -> None:
        if self._latest is None or not self.isVisible():
            return
        parts = (self.base_rates, self.scorecard, self.wallets)
        parts[self.tabs.currentIndex()].show_update(self._latest)
