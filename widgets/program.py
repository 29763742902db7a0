"""The wiring: every part behind the window, and which signal goes where."""

from __future__ import annotations

import gc
import logging
from collections import ChainMap
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from dashboard.errors import DashboardError, InputError, StoreError
from dashboard.feed.frames import IntervalChanged
from dashboard.market.account import Book, Position
from dashboard.market.instrument import TierTables
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.report import RiskReport
from dashboard.settings import Settings, save_settings
from dashboard.store.paths import Places
from widgets import format as fmt
from widgets.account_import import AccountImport
from widgets.book_files import BookFiles
from widgets.commands import Commands
from widgets.crash_marker import AFTER_A_CRASH, CrashMarker
from widgets.desk import Desk
from widgets.diagnosis import Diagnosis
from widgets.feed_link import FeedLink
from widgets.feed_process import FeedProcess
from widgets.history_page import HistoryPage
from widgets.list_menu import ListMenu
from widgets.menus import Menus, png_of
from widgets.options import AppOptions
from widgets.panels import CHARTS, POSITIONS, WATCHLIST
from widgets.panels.positions import PositionsPanel
from widgets.panels.watchlist import WatchlistPanel
from widgets.preset import preset_watchlist
from widgets.pulse import Pulse
from widgets.readiness import Readiness
from widgets.setup_files import SetupFiles
from widgets.start import first_clock, kept_tables, last_readings, open_book
from widgets.timings import ALL_FRESH, CHARTS_PAINT, FIRST_READING, FirstPaint, Timings
from widgets.trading import Trading
from widgets.watch_history import WatchHistory
from widgets.window import MainWindow

if TYPE_CHECKING:
    from widgets.behind import Behind
    from widgets.panels.charts import ChartsPanel
    from widgets.panels.venues import VenuesPanel

_log = logging.getLogger("liqline.window")


class Program(QObject):
    """All parts behind the window; `finished` asks for the end, after `failure` if that is set."""

    finished = Signal()

    def __init__(
        self,
        options: AppOptions,
        places: Places,
        settings: Settings,
        window: MainWindow,
        feed: FeedProcess,
        timings: Timings,
        crash: CrashMarker,
    ) -> None:
        super().__init__()
        self.failure: DashboardError | None = None
        self._options = options
        self._places = places
        self._settings = settings
        self._live = options.recording is None
        self._crash = crash
        self._unlisted: set[str] = set()
        self._window = window
        self._timings = timings
        self._store = open_book(places, options.recording)
        self._desk = Desk(self._store, self)
        self._link = FeedLink(feed, first_clock(options), self)
        self._tiers = TierTables(ChainMap(self._link.tables, kept_tables(places.data)))
        self._pulse = Pulse(self._link, self._desk, self._assess, self)
        self._readiness = Readiness(self)
        self._history = WatchHistory(self)
        self._charts: ChartsPanel | None = None
        self._behind: Behind | None = None
        self._venues: VenuesPanel | None = None

    def build(self) -> Iterator[None]:
        """Make what shows at once and start it, piece by piece.

        Panels belong to the window from the start, since it may be closed between two pieces.
        """
        options, window = self._options, self._window
        self._menus = Menus(window, self._settings, options.theme)
        yield
        self._commands = Commands(window, self._held_snapshot, options.venues)
        yield
        self._watchlist = WatchlistPanel(options.venues, window.theme, self._history.past, window)
        self._lists = ListMenu(self._desk, self._watchlist)
        yield
        self._positions = PositionsPanel(
            self._store, options.venues, self._assess, window.theme, window
        )
        yield
        self._diagnosis = Diagnosis(
            window, self._link, self._places, self._held_book, self._crash.trace
        )
        self._menus.diagnostics_wanted.connect(self._diagnosis.show)
        self._history_page = HistoryPage(
            window,
            self._link,
            self._places,
            lambda: self._settings,
            lambda days: self._keep_settings(history_days=days),
            options.recording,
        )
        self._menus.history_wanted.connect(self._history_page.show)
        self._files = BookFiles(window, self._store, self._held_book)
        self._setup_files = SetupFiles(window, self._store)
        self._accounts = AccountImport(window, self._store, self._held_book, self._link)
        self._trading = Trading(window, self._store, self._assess, options.venues, self)
        yield from self._trading.build()
        self._wire_feed()
        self._wire_hands()
        self._wire_measuring()
        yield
        yield from self._start()

    def _start(self) -> Iterator[None]:
        """Show the last stored state, then ask the feed for the present."""
        for spec, panel in (
            (WATCHLIST, self._watchlist),
            (POSITIONS, self._positions),
        ):
            self._window.set_panel(spec, panel)
            yield
        yield from self._trading.show()
        self._menus.show_recording(shown=not self._live)
        self._window.status.list_venues(self._options.venues)
        self._choose_first_list()
        if self._live:
            self._pulse.remember(last_readings(self._places.history()))
        yield
        for venue in self._options.venues:
            self._link.list_venue(venue)
        self._watch()
        self._show_feed()
        self._pulse.start()
        for sentence in self._store.notices:
            self._window.status.say(sentence)
        if self._crash.crashed:
            self._window.status.say(AFTER_A_CRASH)

    def add_charts(self) -> Iterator[None]:
        """Make the charts, whose pyqtgraph is imported by now, piece by piece."""
        from widgets.panels.chart_templates import ChartTemplates
        from widgets.panels.charts import ChartsPanel

        charts = ChartsPanel(
            self._window.theme, self._assess, ChartTemplates(self._store), self._window
        )
        yield
        charts.edits.edited.connect(self._keep_position)
        charts.edits.supposed.connect(self._pulse.suppose)
        self._trading.wire_charts(charts)
        charts.series_requested.connect(self._link.load_series)
        self._link.series_arrived.connect(charts.show_series)
        self._window.theme_changed.connect(charts.apply_theme)
        yield
        self._window.set_panel(CHARTS, charts)
        painted = FirstPaint(charts)
        painted.done.connect(partial(self._timings.mark, CHARTS_PAINT))
        self._charts = charts

    def add_behind(self) -> Iterator[None]:
        """Make the docks whose tabs are behind others, piece by piece; the charts come before."""
        from widgets.behind import Behind

        if self._charts is None:
            raise RuntimeError("the charts are made before what is behind")
        behind = Behind(self._window, self._store, self._desk, self._link, self._tiers, self)
        self._behind = behind
        options = self._options
        yield from behind.build(
            options.venues, self._history, self._trading.hourly, recorded=not self._live
        )
        behind.wire(self._pulse, self._positions, self._charts)
        self._venues = behind.venues
        self._venues.wanted_changed.connect(self._watch)
        yield from behind.show()

    def _keep_position(self, position: Position) -> None:
        """Keep a position whose prices were set on the chart."""
        try:
            self._store.update_position(position)
        except StoreError as error:
            self._window.status.say(f"not kept: {error.user_message}")
            return
        self._desk.reload_book()

    def close(self) -> None:
        """Stop the feed and close the book; nothing is shown any more."""
        self._pulse.stop()
        if self._behind is not None:
            self._behind.close()
        self._link.close()
        self._store.close()
        self.deleteLater()

    def _wire_feed(self) -> None:
        link = self._link
        link.status_changed.connect(self._show_feed)
        link.faulted.connect(self._on_fault)
        link.interval_changed.connect(self._on_interval)
        link.listing_arrived.connect(self._on_listing)
        link.series_arrived.connect(self._readiness.note_series)
        link.series_arrived.connect(self._history.show_series)
        self._history.series_requested.connect(link.load_series)
        self._pulse.text.connect(self._history.show_update)
        self._pulse.text.connect(self._window.show_text)
        self._pulse.paint.connect(self._window.show_curves)
        self._pulse.text.connect(self._menus.strip.show_update)
        self._pulse.text.connect(self._menus.replay.show_update)

    def _wire_hands(self) -> None:
        desk, watchlist = self._desk, self._watchlist
        watchlist.add_wanted.connect(desk.add)
        watchlist.remove_wanted.connect(desk.remove)
        watchlist.move_wanted.connect(desk.move)
        watchlist.pin_wanted.connect(desk.pin)
        self._lists.said.connect(self._window.status.say)
        watchlist.selected.connect(desk.select)
        desk.failed.connect(self._window.status.say)
        desk.said.connect(self._window.status.say)
        self._menus.undo_wanted.connect(desk.undo)
        self._wire_files()
        self._menus.redo_wanted.connect(desk.redo)
        self._window.status.retry_wanted.connect(self._link.list_venue)
        desk.polled_changed.connect(self._watch)
        self._positions.book_changed.connect(desk.reload_book)
        self._positions.selected.connect(desk.select)
        self._positions.contract_wanted.connect(desk.want)
        self._trading.wire(self._link, desk, self._positions, self._pulse, self._menus)
        self._wire_clock()
        self._menus.looks.chosen.connect(self._change_looks)
        self._menus.shortcuts.changed.connect(self._keep_shortcuts)
        self._commands.contract_wanted.connect(desk.select)
        self._window.theme_changed.connect(watchlist.apply_theme)
        self._window.theme_changed.connect(self._positions.set_theme)

    def _wire_files(self) -> None:
        menus, files, setup, accounts = self._menus, self._files, self._setup_files, self._accounts
        menus.export_wanted.connect(files.ask_export)
        menus.import_wanted.connect(files.ask_import)
        menus.balances_export_wanted.connect(setup.export_balances)
        menus.balances_import_wanted.connect(setup.import_balances)
        menus.lists_export_wanted.connect(setup.export_lists)
        menus.lists_import_wanted.connect(setup.import_lists)
        menus.address_wanted.connect(accounts.open_address)
        menus.key_wanted.connect(accounts.open_key)
        for part in (files, setup, accounts):
            part.said.connect(self._window.status.say)
            part.imported.connect(self._desk.reload)

    def _wire_clock(self) -> None:
        controls = self._window.status.controls
        controls.pause_wanted.connect(self._link.pause)
        controls.step_wanted.connect(self._link.step)
        controls.speed_wanted.connect(self._link.set_speed)
        self._menus.replay.seek_wanted.connect(self._link.seek)
        self._menus.replay.step_wanted.connect(self._link.step)

    def _wire_measuring(self) -> None:
        self._link.readings_arrived.connect(self._on_first_reading)
        self._readiness.all_fresh.connect(self._on_all_fresh)
        self._pulse.paint.connect(self._readiness.show_update)
        if self._options.screenshot is not None:
            self._readiness.ready.connect(self._take_screenshot)

    def _assess(self, snapshot: Snapshot, book: Book, now_ms: int) -> RiskReport:
        return assess(book, snapshot, self._tiers, now_ms)

    def _choose_first_list(self) -> None:
        """Fill a watch-list that nobody made: with the usual coins, or what a recording has."""
        if not self._desk.watched and self._live:
            self._desk.set_watched(preset_watchlist(self._options.venues))
        self._desk.forget_edits()
        self._unlisted = set() if self._desk.watched else set(self._options.venues)

    def _on_listing(self, venue: str) -> None:
        """Put what a venue lists first on a list that nobody made: what goes then stays gone."""
        if venue in self._unlisted:
            self._unlisted.discard(venue)
            instruments = self._link.snapshot.instruments.values()
            listed = [instrument.key for instrument in instruments if instrument.venue == venue]
            self._desk.set_watched((*self._desk.watched, *listed))
            self._desk.forget_edits()

    def _watch(self) -> None:
        shown = () if self._venues is None else self._venues.wanted
        wanted = dict.fromkeys((*self._desk.polled(), *shown))
        self._link.watch(list(wanted), self._desk.held())

    def _show_feed(self) -> None:
        self._window.status.show_feed(self._link.lost_reason, heard=self._link.clock_known)

    def _on_fault(self, text: str, fatal: bool) -> None:
        _log.info("the feed says: %s", text)
        self._window.status.say(text)
        if fatal and not self._live and not self._link.readings_seen:
            self.failure = DashboardError(text)
            self.finished.emit()

    def _on_interval(self, changed: IntervalChanged) -> None:
        now, before = fmt.interval_hours(changed.hours), fmt.interval_hours(changed.before_hours)
        where = f"{changed.venue} {changed.symbol}"
        self._window.status.say(f"{where}: funding is settled every {now} now (was {before})")

    def _on_first_reading(self) -> None:
        if not self._link.readings_seen:
            return
        self._link.readings_arrived.disconnect(self._on_first_reading)
        self._timings.mark(FIRST_READING)
        self._history.start()
        self._pulse.refresh()

    def _on_all_fresh(self) -> None:
        # Where every reading is only said to be missing nothing is fresh.
        if self._link.readings_seen:
            self._timings.mark(ALL_FRESH)
        gc.freeze()  # collecting first would hold the window up for two frames

    def _take_screenshot(self) -> None:
        path = self._options.screenshot
        self._pulse.refresh()  # text and curves of one moment
        if path is not None:
            try:
                path.write_bytes(png_of(self._window.grab()))
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                self.failure = InputError(
                    "screenshot", f'screenshot "{path}" cannot be written ({reason})'
                )
        self.finished.emit()

    def _change_looks(self, changes: dict[str, object]) -> None:
        self._keep_settings(**changes)
        self._menus.looks.show(self._settings)

    def _keep_shortcuts(self, chosen: dict[str, str]) -> None:
        self._keep_settings(shortcuts=chosen)

    def _keep_settings(self, **changes: object) -> None:
        self._settings = replace(self._settings, **changes)  # type: ignore[arg-type] # by name
        try:
            save_settings(self._settings, self._places.settings)
        except StoreError as error:
            self._window.status.say(error.user_message)

    def _held_book(self) -> Book:
        return self._desk.book

    def _held_snapshot(self) -> Snapshot:
        return self._link.snapshot
