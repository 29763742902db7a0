"""The composition root: builds every part of the window's process, wires them, runs them."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections import ChainMap
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from dashboard.errors import DashboardError, StoreError
from dashboard.market.account import Book
from dashboard.market.instrument import TierTables
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.report import RiskReport
from dashboard.settings import load_settings, save_settings
from dashboard.store.paths import Places, find_places
from widgets.desk import Desk
from widgets.feed_link import FeedLink
from widgets.feed_process import FeedProcess, feed_program
from widgets.log_file import logging_to
from widgets.menus import Menus, save_png
from widgets.panels import CHARTS, POSITIONS, WATCHLIST
from widgets.panels.positions import PositionsPanel
from widgets.panels.watchlist import WatchlistPanel
from widgets.preset import preset_watchlist
from widgets.pulse import Pulse
from widgets.readiness import Readiness
from widgets.start import (
    AppOptions,
    choose_platform,
    feed_arguments,
    first_clock,
    kept_tables,
    last_readings,
    lock_book,
    open_book,
)
from widgets.theme import THEMES, apply
from widgets.timings import ALL_FRESH, FIRST_PAINT, FIRST_READING, FirstPaint, Timings
from widgets.window import DEFAULT_SIZE, MainWindow
from widgets.window_state import load_window_state, save_window_state

__all__ = ["AppOptions", "Program", "run"]

_log = logging.getLogger("liqline.window")


def run(options: AppOptions) -> int:
    """Show the window until it is closed and return 0.

    Raises DashboardError with a sentence where it cannot start.
    """
    choose_platform(options)
    places = find_places(options.data_dir)
    places.prepare()
    with logging_to(places.log):
        lock = lock_book(places, options)
        try:
            _run_window(options, places)
        finally:
            lock.unlock()
    return 0


def _run_window(options: AppOptions, places: Places) -> None:
    app = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise TypeError("the process has a Qt application without widgets")
    program = Program(app, options, places)
    try:
        program.start()
        app.exec()
    finally:
        program.close()
    if program.failure is not None:
        raise program.failure


class Program(QObject):
    """All parts of one run and the wires between them."""

    def __init__(self, app: QApplication, options: AppOptions, places: Places) -> None:
        super().__init__()
        self.failure: DashboardError | None = None
        self._app = app
        self._options = options
        self._places = places
        self._live = options.recording is None
        self._timings = Timings(self)
        self._follow_listings = False
        self._settings, self._complaints = load_settings(places.settings)
        self._theme = THEMES[options.theme or self._settings.theme]
        apply(app, self._theme)
        self._store = open_book(places, options.recording)
        self._desk = Desk(self._store, self)
        feed = FeedProcess(feed_program(feed_arguments(options, places)))
        self._link = FeedLink(feed, first_clock(options), self)
        self._tiers = TierTables(ChainMap(self._link.tables, kept_tables(places.data)))
        self._pulse = Pulse(self._link, self._desk, self._assess, self)
        self._readiness = Readiness(self)
        self._window = MainWindow(self._theme)
        self._menus = Menus(self._window)
        self._watchlist = WatchlistPanel(options.venues, self._theme)
        self._positions = PositionsPanel(self._store, options.venues, self._assess, self._theme)
        self._wire_feed()
        self._wire_hands()
        self._wire_measuring()

    def start(self) -> None:
        """Show the window; all that is heavy comes after its first picture."""
        self._window.set_panel(WATCHLIST, self._watchlist)
        self._window.set_panel(POSITIONS, self._positions)
        self._watchlist.setFocus()
        self._window.restore_layout(load_window_state(self._places.window_state))
        self._set_size()
        self._menus.show_recording(shown=not self._live)
        first_paint = FirstPaint(self._window)
        first_paint.done.connect(self._after_first_paint)
        if self._live:
            self._pulse.remember(last_readings(self._places.history()))
        self._pulse.refresh()
        self._window.show()
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        if self._options.quit_after_s is not None:
            QTimer.singleShot(round(self._options.quit_after_s * 1000), self._app.quit)

    def close(self) -> None:
        """The one way out: layout kept, feed stopped, book closed, widgets deleted."""
        self._pulse.stop()
        self._timings.heartbeat.stop()
        save_window_state(self._places.window_state, self._window.layout_state())
        self._window.hide()
        self._link.close()
        self._store.close()
        self._window.deleteLater()
        self.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if self._options.timings:
            sys.stdout.write(self._timings.report() + "\n")
            sys.stdout.flush()

    def _set_size(self) -> None:
        """The size asked for; off screen the usual one, since that screen is smaller than it."""
        size = self._options.size
        if size is None and self._app.platformName() == "offscreen":
            size = DEFAULT_SIZE
        if size is not None:
            self._window.resize(*size)

    def _wire_feed(self) -> None:
        link = self._link
        link.status_changed.connect(self._show_feed)
        link.faulted.connect(self._on_fault)
        link.listing_arrived.connect(self._on_listing)
        link.series_arrived.connect(self._readiness.note_series)
        self._pulse.text.connect(self._window.show_text)
        self._pulse.paint.connect(self._window.show_curves)

    def _wire_hands(self) -> None:
        desk, watchlist = self._desk, self._watchlist
        watchlist.add_wanted.connect(desk.add)
        watchlist.remove_wanted.connect(desk.remove)
        watchlist.move_wanted.connect(desk.move)
        watchlist.selected.connect(desk.select)
        desk.failed.connect(self._window.status.say)
        desk.polled_changed.connect(self._watch)
        self._positions.book_changed.connect(desk.reload_book)
        self._positions.selected.connect(desk.select)
        self._positions.contract_wanted.connect(desk.want)
        self._window.status.controls.wanted.connect(self._link.set_clock)
        self._window.closed.connect(self._app.quit)
        self._menus.theme_wanted.connect(self._set_theme)
        self._window.theme_changed.connect(watchlist.apply_theme)
        self._window.theme_changed.connect(self._positions.set_theme)

    def _wire_measuring(self) -> None:
        self._link.readings_arrived.connect(self._on_first_reading)
        self._readiness.all_fresh.connect(self._on_all_fresh)
        self._pulse.paint.connect(self._readiness.show_update)
        if self._options.screenshot is not None:
            self._readiness.ready.connect(self._take_screenshot)

    def _after_first_paint(self) -> None:
        self._timings.mark(FIRST_PAINT)
        if self._options.timings:
            self._timings.heartbeat.start()
        for venue in self._options.venues:
            self._link.list_venue(venue)
        self._choose_first_list()
        self._watch()
        self._link.start()
        self._pulse.start()
        for sentence in (*self._store.notices, *self._complaints):
            self._window.status.say(sentence)
        QTimer.singleShot(0, self._add_heavy_panels)

    def _add_heavy_panels(self) -> None:
        """Import pyqtgraph only now; leave what lives to the end out of every collection."""
        from widgets.panels.charts import ChartsPanel

        charts = ChartsPanel(self._theme)
        charts.series_requested.connect(self._link.load_series)
        self._link.series_arrived.connect(charts.show_series)
        self._window.theme_changed.connect(charts.apply_theme)
        self._window.set_panel(CHARTS, charts)
        gc.collect()
        gc.freeze()

    def _assess(self, snapshot: Snapshot, book: Book, now_ms: int) -> RiskReport:
        return assess(book, snapshot, self._tiers, now_ms)

    def _choose_first_list(self) -> None:
        """Fill a watch-list that nobody made: with the usual coins, or what a recording has."""
        if not self._desk.watched and self._live:
            self._desk.set_watched(preset_watchlist(self._options.venues))
        self._follow_listings = not self._desk.watched

    def _on_listing(self, venue: str) -> None:
        if self._follow_listings:
            instruments = self._link.snapshot.instruments.values()
            listed = [instrument.key for instrument in instruments if instrument.venue == venue]
            self._desk.set_watched((*self._desk.watched, *listed))

    def _watch(self) -> None:
        self._link.watch(self._desk.polled())

    def _show_feed(self) -> None:
        self._window.status.show_feed(self._link.lost_reason, heard=self._link.clock_known)

    def _on_fault(self, text: str, fatal: bool) -> None:
        _log.info("the feed says: %s", text)
        self._window.status.say(text)
        if fatal and not self._live and not self._link.readings_seen:
            self.failure = DashboardError(text)
            self._app.quit()

    def _on_first_reading(self) -> None:
        self._link.readings_arrived.disconnect(self._on_first_reading)
        self._timings.mark(FIRST_READING)
        self._pulse.refresh()

    def _on_all_fresh(self) -> None:
        self._timings.mark(ALL_FRESH)
        gc.collect()
        gc.freeze()

    def _take_screenshot(self) -> None:
        path = self._options.screenshot
        if path is not None:
            _log.info(save_png(self._window.grab(), path))
        self._app.quit()

    def _set_theme(self, name: str) -> None:
        self._theme = THEMES[name]
        apply(self._app, self._theme)
        self._window.apply_theme(self._theme)
        self._settings = replace(self._settings, theme="light" if name == "light" else "dark")
        try:
            save_settings(self._settings, self._places.settings)
        except StoreError as error:
            self._window.status.say(error.user_message)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._app.quit()
