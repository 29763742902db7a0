"""The window's start and its one way out: paint first, import the rest behind the picture."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QLockFile, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from dashboard.errors import DashboardError, InputError, LoadError, StoreError
from dashboard.settings import load_settings
from dashboard.store.paths import Places, find_places
from widgets import clipboard
from widgets.crash_marker import CrashMarker
from widgets.import_steps import BEHIND, CHARTS, FEED, IMPORTS, PROGRAM
from widgets.log_file import logging_to
from widgets.looks import theme_of
from widgets.options import AppOptions, feed_arguments
from widgets.theme import apply, make_application
from widgets.timings import FIRST_PAINT, FirstPaint, Timings
from widgets.window import DEFAULT_SIZE, MainWindow
from widgets.window_state import load_window_state, save_window_state

if TYPE_CHECKING:
    from widgets.feed_process import FeedProcess
    from widgets.importer import Importer
    from widgets.one_window import Doorbell
    from widgets.program import Program
    from widgets.slices import Slices

__all__ = ["AppOptions", "run"]

_log = logging.getLogger("liqline.window")

WAY_OUT = "--safe-mode opens the recorded market without your book, settings and layout"
SAFE_MODE = "safe mode: your book, settings and layout are left alone, and no venue is asked"
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(options: AppOptions) -> int:
    """Show the window until it is closed and return 0.

    Raises DashboardError with a sentence where it cannot start.
    """
    _choose_platform(options)
    if not options.safe:
        return _run(options)
    with tempfile.TemporaryDirectory(prefix="liqline-safe-", ignore_cleanup_errors=True) as folder:
        return _run(replace(options, data_dir=Path(folder)))


def _run(options: AppOptions) -> int:
    places = find_places(options.data_dir)
    places.prepare()
    with logging_to(places.log):
        path = places.lock if options.recording is None else places.lock.with_suffix(".demo.lock")
        lock = _lock(path, places)
        if lock is None:
            return 0
        crash = CrashMarker(places, path)
        crash.begin()
        try:
            _run_window(options, places, crash)
            crash.started()
        except DashboardError as error:
            if crash.starts_fail:
                failed = crash.failed_starts + 1
                error.user_message += f". {failed} starts in a row have failed: {WAY_OUT}"
            raise
        finally:
            crash.end()
            lock.unlock()
    return 0


def _run_window(options: AppOptions, places: Places, crash: CrashMarker) -> None:
    app = QApplication.instance() or make_application(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise TypeError("the process has a Qt application without widgets")
    # The window says when it was closed; Qt's own quit would be posted after the loop has ended.
    app.setQuitOnLastWindowClosed(False)
    start = Start(app, options, places, crash)
    try:
        with _ending_on_signals(app):
            start.show()
            app.exec()
    finally:
        start.close()
    if start.failure is not None:
        raise start.failure


class Start(QObject):
    """Brings the window up in steps: the picture, the program, the charts, what is behind tabs."""

    def __init__(
        self, app: QApplication, options: AppOptions, places: Places, crash: CrashMarker
    ) -> None:
        super().__init__()
        self._crash = crash
        self._doorbell: Doorbell | None = None
        self.failure: Exception | None = None
        self._app = app
        self._places = places
        self._timings = Timings(self)
        self._settings, self._complaints = load_settings(places.settings)
        if options.safe:
            self._complaints = (*self._complaints, SAFE_MODE)
        self._options = replace(
            options,
            venues=options.venues or self._settings.venues,
            fast_interval_s=options.fast_interval_s or self._settings.fast_interval_s,
        )
        theme = theme_of(self._settings, options.theme)
        apply(app, theme, self._settings.font_scale)
        self._window = MainWindow(theme)
        if crash.starts_fail:
            self._leave_layout_out()
        self._window.restore_window(load_window_state(places.window_state))
        self._set_size()
        self._window.closed.connect(app.exit)
        self._quit_timer = QTimer(self)
        self._quit_timer.timeout.connect(app.exit)
        self._feed: FeedProcess | None = None
        self._program: Program | None = None
        self._importer: Importer | None = None
        self._slices: Slices | None = None
        first_paint = FirstPaint(self._window)
        first_paint.done.connect(self._on_first_paint)

    def _leave_layout_out(self) -> None:
        """Put the layout aside, which may be what kept the starts before from succeeding."""
        kept = self._places.window_state
        aside = kept.with_name(f"{kept.name}.left-out")
        said = f"the last {self._crash.failed_starts} starts did not succeed"
        try:
            kept.replace(aside)
            said += f', so the layout was left out; it is kept as "{aside}"'
        except OSError as error:
            _log.info("no layout was put aside: %s", error)
        self._complaints = (*self._complaints, f"{said}. If this goes on, {WAY_OUT}")

    def show(self) -> None:
        """Show the window, which starts all else once it is painted."""
        # A collection in the middle of the start finds nothing to collect and costs 60 ms.
        gc.disable()
        self._window.show()
        if self._options.quit_after_s is not None:
            self._quit_timer.start(round(self._options.quit_after_s * 1000))

    def close(self) -> None:
        """The one way out: layout kept, feed stopped, book closed, widgets deleted."""
        gc.enable()
        self._timings.heartbeat.stop()
        if self._doorbell is not None:
            self._doorbell.close()
        save_window_state(self._places.window_state, self._window.window_state())
        self._window.hide()
        if self._slices is not None:
            self._slices.stop()
        if self._importer is not None:
            self._importer.close()
        if self._program is not None:
            self._program.close()
        if self._feed is not None:
            self._feed.close()
        clipboard.let_go()
        self._window.deleteLater()
        self.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if self._options.timings:
            sys.stdout.write(self._timings.report() + "\n")
            sys.stdout.flush()

    def _on_first_paint(self) -> None:
        self._timings.mark(FIRST_PAINT)
        if self._options.timings:
            self._timings.heartbeat.start()
        # Deferred: what imports the rest is not needed for the picture either.
        from widgets.importer import Importer
        from widgets.slices import Slices

        self._importer = Importer(IMPORTS, self)
        self._importer.imported.connect(self._go_on, Qt.ConnectionType.QueuedConnection)
        self._importer.failed.connect(self._fail)
        self._slices = Slices(self)
        self._slices.done.connect(self._importer.go_on)
        self._slices.failed.connect(self._fail)
        self._importer.start()

    def _go_on(self, module: str) -> None:
        """Take the step that `module` was imported for."""
        _log.info("start: %s is there", module)
        if self._slices is not None:
            self._slices.start(_STEPS[module](self))

    def _start_feed(self) -> Iterator[None]:
        from widgets.feed_process import FeedProcess, feed_program

        arguments = feed_arguments(self._options, self._places)
        self._feed = FeedProcess(feed_program(arguments))
        self._feed.start()
        yield

    def _start_program(self) -> Iterator[None]:
        from widgets.program import Program

        if self._feed is None:
            raise RuntimeError("the feed starts before the program")
        self._program = Program(
            self._options,
            self._places,
            self._settings,
            self._window,
            self._feed,
            self._timings,
            self._crash,
        )
        self._program.finished.connect(self._end)
        for sentence in self._complaints:
            self._window.status.say(sentence)
        yield
        yield from self._program.build()

    def _add_charts(self) -> Iterator[None]:
        # Deferred: nobody rings before there is a window.
        from widgets.one_window import Doorbell

        self._doorbell = Doorbell(self._crash.lock, self)
        self._doorbell.rung.connect(self._come_forward)
        yield
        if self._program is not None:
            yield from self._program.add_charts()

    def _add_behind(self) -> Iterator[None]:
        """The last step; what lives to the end is left out of every later collection."""
        if self._program is not None:
            yield from self._program.add_behind()
        yield
        self._crash.started()
        _log.info("start: complete")
        gc.enable()
        gc.freeze()  # collecting first would hold the window up for two frames

    def _come_forward(self) -> None:
        state = self._window.windowState()
        self._window.setWindowState(state & ~Qt.WindowState.WindowMinimized)
        self._window.raise_()
        self._window.activateWindow()
        self._window.status.say("this window was open already")

    def _end(self) -> None:
        self.failure = self._program.failure if self._program is not None else None
        self._app.exit()

    def _fail(self, error: Exception) -> None:
        self.failure = error
        if isinstance(error, ImportError | MemoryError):
            self.failure = LoadError(error)
        self._app.exit()

    def _set_size(self) -> None:
        """The size asked for; off screen the usual one, since that screen is smaller than it."""
        size = self._options.size
        if size is None and self._app.platformName() == "offscreen":
            size = DEFAULT_SIZE
        if size is not None:
            self._window.resize(*size)


_STEPS: dict[str, Callable[[Start], Iterator[None]]] = {
    FEED: Start._start_feed,
    PROGRAM: Start._start_program,
    CHARTS: Start._add_charts,
    BEHIND: Start._add_behind,
}


@contextmanager
def _ending_on_signals(app: QApplication) -> Iterator[None]:
    """End on SIGINT and SIGTERM as if the window had been closed."""

    def end(_number: int, _frame: FrameType | None) -> None:
        app.exit()

    before = {number: signal.signal(number, end) for number in _ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _choose_platform(options: AppOptions) -> None:
    """Draw off screen where that was asked for; refuse where there is nothing to draw on."""
    if options.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    has_screen = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"} & os.environ.keys()
    if sys.platform.startswith("linux") and not has_screen:
        raise InputError(
            "screen", "no screen was found; --offscreen --screenshot FILE renders to a picture"
        )


def _lock(path: Path, places: Places) -> QLockFile | None:
    """Hold the book, which has one writing process; None where its window came to the front."""
    lock = QLockFile(str(path))
    if lock.tryLock(0):
        return lock
    # Deferred: only a second start needs it.
    from widgets.one_window import owner_of, ring

    if ring(path):
        sys.stdout.write(f'Liqline is already open on "{places.data}"; its window was raised\n')
        return None
    raise StoreError(
        f'Liqline is already open on "{places.data}"{owner_of(lock)}; close it, or give another '
        "--data-dir"
    )
