"""The composition root: builds every part of the window's process, wires them, runs them."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QLockFile, QObject, QTimer
from PySide6.QtWidgets import QApplication

from dashboard.errors import DashboardError, InputError, StoreError
from dashboard.feed.frames import Clock
from dashboard.market.instrument import TierTables
from dashboard.market.readings import Reading
from dashboard.risk.report import assess
from dashboard.settings import load_settings, save_settings
from dashboard.store.book import BookStore
from dashboard.store.history import HistoryStore
from dashboard.store.paths import Places, find_places
from dashboard.store.tiers import load_tiers
from widgets.desk import Desk
from widgets.feed_link import FeedLink
from widgets.feed_process import FeedProcess, feed_program
from widgets.log_file import logging_to
from widgets.menus import Menus, save_png
from widgets.panels import CHARTS, WATCHLIST
from widgets.panels.watchlist import WatchlistPanel
from widgets.preset import preset_watchlist
from widgets.pulse import Pulse
from widgets.readiness import Readiness
from widgets.theme import THEMES, apply
from widgets.timings import ALL_FRESH, FIRST_PAINT, FIRST_READING, FirstPaint, Timings
from widgets.window import MainWindow
from widgets.window_state import load_window_state, save_window_state

_log = logging.getLogger("liqline.window")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppOptions:
    """What the command line asked for; None means the usual.

    `recording` is a name or path and None for the live venues; `size` is in pixels.
    """

    recording: str | None = None
    at_ms: int | None = None
    speed: float | None = None
    replay_port: int | None = None
    venues: Sequence[str] = ("binanceusdm", "bybit", "okx", "hyperliquid")
    data_dir: Path | None = None
    theme: str | None = None
    size: tuple[int, int] | None = None
    offscreen: bool = False
    screenshot: Path | None = None
    quit_after_s: float | None = None
    timings: bool = False


def run(options: AppOptions) -> int:
    """Show the window until it is closed and return 0.

    Raises DashboardError with a sentence where it cannot start.
    """
    _choose_platform(options)
    places = find_places(options.data_dir)
    places.prepare()
    with logging_to(places.log):
        lock = _lock(places, options)
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
        self._store = BookStore(places.book if self._live else places.demo_book)
        self._desk = Desk(self._store, self)
        feed = FeedProcess(feed_program(_feed_arguments(options, places)))
        self._link = FeedLink(feed, _first_clock(options), self)
        tables = ChainMap(self._link.tables, dict(load_tiers(places.data).tables))
        self._tiers = TierTables(tables)
        self._pulse = Pulse(self._link, self._desk, partial(assess, tiers=self._tiers), self)
        self._readiness = Readiness(self)
        self._window = MainWindow(self._theme)
        self._menus = Menus(self._window)
        self._watchlist = WatchlistPanel(options.venues, self._theme)
        self._wire_feed()
        self._wire_hands()
        self._wire_measuring()

    def start(self) -> None:
        """Show the window; all that is heavy comes after its first picture."""
        self._window.set_panel(WATCHLIST, self._watchlist)
        self._watchlist.setFocus()
        self._window.restore_layout(load_window_state(self._places.window_state))
        if self._options.size is not None:
            self._window.resize(*self._options.size)
        self._menus.show_recording(shown=not self._live)
        first_paint = FirstPaint(self._window)
        first_paint.done.connect(self._after_first_paint)
        if self._live:
            self._pulse.remember(_last_readings(self._places.history()))
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
        for changed in (desk.watched_changed, desk.selected_changed, desk.book_changed):
            changed.connect(self._watch)
        self._window.status.controls.wanted.connect(self._link.set_clock)
        self._window.closed.connect(self._app.quit)
        self._menus.theme_wanted.connect(self._set_theme)

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
        self._window.set_panel(CHARTS, charts)
        gc.collect()
        gc.freeze()

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


def _choose_platform(options: AppOptions) -> None:
    """Draw off screen where that was asked for; refuse where there is nothing to draw on."""
    if options.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    has_screen = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"} & os.environ.keys()
    if sys.platform.startswith("linux") and not has_screen:
        raise InputError(
            "screen", "no screen was found; --offscreen --screenshot FILE renders to a picture"
        )


def _lock(places: Places, options: AppOptions) -> QLockFile:
    """Hold the book: it has one writing process."""
    path = places.lock if options.recording is None else places.lock.with_suffix(".demo.lock")
    lock = QLockFile(str(path))
    if not lock.tryLock(0):
        raise StoreError(
            f'Liqline is already open on "{places.data}"; close it, or give another --data-dir'
        )
    return lock


def _last_readings(history: Path) -> list[Reading]:
    """What the session before received last; nothing where there was none."""
    if not history.exists():
        return []
    try:
        store = HistoryStore(history, read_only=True)
        try:
            return store.last_readings()
        finally:
            store.close()
    except StoreError as error:
        _log.info("no readings of the session before: %s", error.user_message)
        return []


def _first_clock(options: AppOptions) -> Clock:
    """What stands until the feed says what time it is."""
    if options.recording is None:
        return Clock(now_ms=time.time_ns() // 1_000_000, speed=1.0, paused=False)
    return Clock(now_ms=options.at_ms or 0, speed=1.0, paused=True, recording=options.recording)


def _feed_arguments(options: AppOptions, places: Places) -> list[str]:
    """The command line of the feed for what was asked of the window."""
    at = None if options.at_ms is None else datetime.fromtimestamp(options.at_ms / 1000, UTC)
    named = {
        "--data-dir": None if options.data_dir is None else places.data,
        "--recording": options.recording,
        "--at": None if at is None else at.isoformat(),
        "--speed": options.speed,
        "--replay-port": options.replay_port,
    }
    given = [(name, str(value)) for name, value in named.items() if value is not None]
    return [word for pair in given for word in pair]
