"""The docks whose tabs are behind others at the first start: made after all that shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from dashboard.errors import StoreError
from dashboard.market.instrument import InstrumentKey, TierTables
from dashboard.signals.changes import Seen
from dashboard.store.book import BookStore
from widgets.alerting import Alerting
from widgets.desk import Desk
from widgets.feed_link import FeedLink
from widgets.hourly import HourlyMarks
from widgets.models.changed import seen_from_text, seen_to_text
from widgets.panels import ACCOUNT, ALERTS, CHANGED, ODDS, VENUES, PanelSpec
from widgets.panels.account import AccountPanel
from widgets.panels.base_rates import BaseRatesPart
from widgets.panels.changed import ChangedPanel
from widgets.panels.charts import ChartsPanel
from widgets.panels.odds import OddsPanel
from widgets.panels.positions import PositionsPanel
from widgets.panels.scorecard import ScorecardPart
from widgets.panels.venues import VenuesPanel
from widgets.panels.wallet_odds import WalletOddsPart
from widgets.pulse import Pulse
from widgets.watch_history import WatchHistory
from widgets.window import MainWindow

_LAST_LOOK = "last look"


class Behind(QObject):
    """Account, alerts, odds, venues, and what changed since the last look."""

    def __init__(
        self,
        window: MainWindow,
        store: BookStore,
        desk: Desk,
        link: FeedLink,
        tiers: TierTables,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._store = store
        self._desk = desk
        self._link = link
        self._alerting = Alerting(window, store, desk, tiers, parent=self)

    def build(
        self, venues: Sequence[str], past: WatchHistory, hourly: HourlyMarks, *, recorded: bool
    ) -> Iterator[None]:
        """Make the panels, piece by piece; `wire` and `show` come after."""
        theme, window = self._window.theme, self._window
        seen = seen_from_text(self._store.state(_LAST_LOOK))
        self._changed = ChangedPanel(seen, past.past, theme, window)
        yield
        yield from self._alerting.build(hourly, recorded=recorded)
        self._account = AccountPanel(self._store, venues, past.closes, theme, window)
        yield
        yield from self._account.assemble()
        self.venues = VenuesPanel(theme, window)
        yield
        yield from self._make_odds()

    def show(self) -> Iterator[None]:
        """Put the panels into their docks, piece by piece."""
        placed: tuple[tuple[PanelSpec, QWidget], ...] = (
            (CHANGED, self._changed),
            (ACCOUNT, self._account),
            (VENUES, self.venues),
            (ALERTS, self._alerting.panel),
            (ODDS, self._odds),
        )
        for spec, panel in placed:
            self._window.set_panel(spec, panel)
            yield

    def wire(self, pulse: Pulse, positions: PositionsPanel, charts: ChartsPanel) -> None:
        """Connect what is seen and what a hand wants, once all of it is made."""
        self._alerting.wire(pulse, positions)
        self._alerting.wire_charts(charts)
        self._changed.selected.connect(self._desk.select)
        self._changed.looked.connect(self._keep_look)
        self._account.book_changed.connect(self._desk.reload_book)
        self._odds.wallets.asked.connect(self._link.ask_wallet_odds)
        self._link.wallet_odds_told.connect(self._odds.wallets.show_told)
        self.venues.selected.connect(self._desk.select)
        for panel in (self._changed, self._account, self.venues, self._odds):
            self._window.theme_changed.connect(panel.apply_theme)

    def close(self) -> None:
        """Keep where the alerts stand; the window may be closed before all of this was made."""
        self._alerting.close()

    def _make_odds(self) -> Iterator[None]:
        theme, window = self._window.theme, self._window
        base_rates = BaseRatesPart(theme, window)
        yield
        scorecard = ScorecardPart(theme, window)
        yield
        wallets = WalletOddsPart(theme, window)
        yield
        self._odds = OddsPanel(base_rates, scorecard, wallets, window)
        yield from self._odds.assemble()

    def _keep_look(self, seen: dict[InstrumentKey, Seen]) -> None:
        try:
            self._store.set_state(_LAST_LOOK, seen_to_text(seen))
        except StoreError as error:
            self._window.status.say(error.user_message)
