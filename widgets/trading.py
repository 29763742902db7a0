"""Wires what is typed and chosen to what is told of it: trade line, risk card, hourly candles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from dashboard.errors import StoreError
from dashboard.market.account import PositionState
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.plan import Wishes
from dashboard.store.book import BookStore
from widgets.breach_keeper import BreachKeeper
from widgets.desk import Desk
from widgets.dialogs.paste import PasteDialog
from widgets.feed_link import FeedLink
from widgets.hourly import HourlyMarks
from widgets.menus import Menus
from widgets.models.draft import Assess, Draft
from widgets.models.position_row import position_name
from widgets.panels import CARD, WHAT_IF
from widgets.panels.card import CardPanel
from widgets.panels.card_wishes import wishes_of, wishes_text
from widgets.panels.positions import PositionsPanel
from widgets.panels.what_if import WhatIfPanel
from widgets.pulse import Pulse
from widgets.trade_strip import TradeStrip
from widgets.update import Update
from widgets.window import MainWindow

if TYPE_CHECKING:
    from widgets.panels.charts import ChartsPanel

_WISHES = "what the risk card is set to"


class Trading(QObject):
    """The trade line and the panels that follow it."""

    def __init__(
        self,
        window: MainWindow,
        store: BookStore,
        assess: Assess,
        venues: Sequence[str],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._store = store
        self._assess = assess
        self._venues = tuple(venues)
        self._update: Update | None = None
        self._dialog: PasteDialog | None = None
        self.hourly = HourlyMarks(self)

    def build(self) -> Iterator[None]:
        """Make line and panels, piece by piece."""
        theme = self._window.theme
        self.strip = TradeStrip(self._venues, self._assess, theme, self._window)
        yield
        wishes = wishes_of(self._store.state(_WISHES))
        self.card = CardPanel(self._assess, self.hourly.moves, theme, wishes, parent=self._window)
        yield
        self.what_if = WhatIfPanel(self._assess, self.card.subject, theme, self._window)
        yield

    def wire(
        self, link: FeedLink, desk: Desk, positions: PositionsPanel, pulse: Pulse, menus: Menus
    ) -> None:
        """Connect everything; afterwards `show` puts it into the window."""
        self._positions = positions
        self._desk = desk
        self._menus = menus
        self._breaches = BreachKeeper(self._store, desk, self.hourly, self)
        strip, card, hourly = self.strip, self.card, self.hourly
        pulse.text.connect(self._show_update)
        pulse.text.connect(self._breaches.show_update)
        strip.drafted.connect(card.show_draft)
        strip.contract_wanted.connect(desk.want)
        strip.add_wanted.connect(self._add)
        strip.rows_pasted.connect(self._paste)
        strip.form_wanted.connect(positions.open_form)
        positions.position_chosen.connect(card.choose)
        card.wishes_changed.connect(self._keep_wishes)
        card.picture_wanted.connect(self._copy_picture)
        card.liquidated.connect(positions.close_liquidated)
        card.still_standing.connect(self._breaches.still_stands)
        self._breaches.said.connect(self._window.status.say)
        card.said.connect(self._window.status.say)
        hourly.series_requested.connect(link.load_series)
        link.series_arrived.connect(hourly.show_series)
        hourly.changed.connect(card.refresh)
        strip.drafted.connect(self.what_if.refresh)
        self.what_if.supposed.connect(self._chart)
        positions.position_chosen.connect(self.what_if.refresh)
        self._window.theme_changed.connect(strip.set_theme)
        self._window.theme_changed.connect(card.set_theme)
        self._window.theme_changed.connect(self.what_if.set_theme)

    def wire_charts(self, charts: ChartsPanel) -> None:
        """Chart what is typed and supposed, and write prices set there into the line."""
        self._charts = charts
        self.what_if.supposed.connect(charts.show_supposed)
        charts.edits.wanted.connect(self.strip.set_price)
        self.strip.drafted.connect(self._show_typed)

    def _show_typed(self, draft: Draft | None) -> None:
        self._charts.show_typed(None if draft is None else draft.position)

    def show(self) -> Iterator[None]:
        """Put line and panels into the window, piece by piece; the line has the focus."""
        self._window.set_strip(self.strip)
        self.strip.offer_plans()
        self.strip.setFocus()
        yield
        self._window.set_panel(CARD, self.card)
        yield
        self._window.set_panel(WHAT_IF, self.what_if)
        yield

    def _add(self, draft: Draft, planned: bool) -> None:
        position = draft.position
        if position is not None and planned:
            position = replace(position, state=PositionState.PLANNED)
        if position is not None and self._positions.keep_typed(position, draft.balance):
            self.strip.done(f"{'Planned' if planned else 'Added'}: {position_name(position)}")
            self.card.choose(position.id)

    def _paste(self, text: str) -> None:
        """Open the preview of pasted rows, with what the clipboard holds where none came along."""
        if self._update is None or self._dialog is not None:
            return
        pasted = text or _rows_of(QGuiApplication.clipboard().text())
        dialog = PasteDialog(
            pasted,
            self._update,
            self._venues,
            self._assess,
            self._positions.keep_all,
            self._window.theme,
            self._window,
        )
        dialog.finished.connect(self._on_dialog_finished)
        self._dialog = dialog
        dialog.open()

    def _on_dialog_finished(self) -> None:
        self._dialog = None

    def _show_update(self, update: Update) -> None:
        self._update = update
        self.strip.show_update(update)

    def _chart(self, key: InstrumentKey | None, _risk: object) -> None:
        """Chart the contract that something is supposed of: its line is drawn there."""
        if key is not None:
            self._desk.select(key)

    def _keep_wishes(self, wishes: Wishes) -> None:
        try:
            self._store.set_state(_WISHES, wishes_text(wishes))
        except StoreError as error:
            self._window.status.say(f"not kept for the next start: {error.user_message}")

    def _copy_picture(self) -> None:
        self._menus.copy_picture(CARD.key)


def _rows_of(text: str) -> str:
    """What the clipboard holds, where it may be rows: nothing else is put into the dialog."""
    return text if "\t" in text or "\n" in text.strip() or "," in text else ""
