"""Whole runs of the window's process: how it starts, what it shows, how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.errors import DashboardError
from dashboard.market.instrument import InstrumentKey
from dashboard.settings import load_settings
from dashboard.store.book import BookStore
from dashboard.store.demo_book import EXAMPLES
from dashboard.store.history import HistoryStore
from dashboard.store.paths import find_places
from tests.widgets.app_run import (
    SCRIPT,
    has_mark,
    nothing,
    options,
    run_with,
    shown_mark,
    small_feed,
    watchlist,
    window,
)
from tests.widgets.market_samples import BTC, ETH, readings
from widgets import feed_process
from widgets.app import run
from widgets.dialogs.diagnostics import DiagnosticsDialog
from widgets.panels import VENUES
from widgets.panels.positions import PositionsPanel
from widgets.panels.venues import VenuesPanel

__all__ = ["small_feed"]
ROOT = Path(__file__).resolve().parents[2]
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
SCREENS = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
HEAVY = ("ccxt", "aiohttp", "pandas")
WATCHED_RUN = f"""
import sys
from dashboard.__main__ import main
status = main()
print([name for name in {HEAVY!r} if name in sys.modules])
sys.exit(status)
"""


def liqline(*arguments: str, code: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """A run of the real program."""
    program = ["-c", code] if code else ["-m", "dashboard"]
    return subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=110,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], QImage, str]:
    """What a whole demo printed, its picture, and its log."""
    folder = tmp_path_factory.mktemp("demo")
    picture = folder / "window.png"
    where = ("--data-dir", str(folder), "--screenshot", str(picture), "--size", "1100x700")
    done = liqline("--demo", "--offscreen", "--timings", *where, code=WATCHED_RUN)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    logs = [log.read_text(encoding="utf-8") for log in folder.glob("*.log")]
    return done.stdout.splitlines(), QImage(str(picture)), "".join(logs)


def test_demo_is_shown_and_measured(demo: tuple[list[str], QImage, str]) -> None:
    line = json.loads(demo[0][0])
    assert 0 < line["first_paint_s"] < line["first_reading_s"] < line["all_fresh_s"]
    assert line["first_paint_s"] < line["charts_paint_s"]
    assert 0 <= line["late_p50_ms"] <= line["late_p99_ms"] <= line["late_max_ms"]
    assert line["peak_resident_mb"] > 10


def test_window_process_imports_nothing_that_asks_venues(
    demo: tuple[list[str], QImage, str],
) -> None:
    assert demo[0][1] == "[]"


def test_screenshot_has_the_size_asked_for_and_says_recorded(
    demo: tuple[list[str], QImage, str],
) -> None:
    picture = demo[1]
    assert (picture.width(), picture.height()) == (1100, 700)
    badge = picture.pixelColor(picture.width() - 12, picture.height() - 8).name()
    assert badge == "#f0b429"


def test_a_picture_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "window.png"
    done = liqline("--demo", "--data-dir", str(tmp_path), "--screenshot", str(nowhere))
    assert done.returncode == 2
    assert done.stderr.startswith(f'liqline: screenshot "{nowhere}" cannot be written')
    assert done.stderr.count("\n") == 1


def test_demo_logs_no_warning(demo: tuple[list[str], QImage, str]) -> None:
    assert "WARNING" not in demo[2]
    assert "ERROR" not in demo[2]


@pytest.mark.parametrize("seconds", ["0.01", "0.6", "1.8"])
def test_program_ends_well_at_any_moment_of_its_start(tmp_path: Path, seconds: str) -> None:
    done = liqline("--demo", "--data-dir", str(tmp_path), "--quit-after", seconds)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking it")
def test_program_ends_well_on_a_signal(tmp_path: Path) -> None:
    started = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "--demo", "--data-dir", str(tmp_path)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "demo-book.sqlite3").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    started.send_signal(signal.SIGTERM)
    _, errors = started.communicate(timeout=30)
    assert (started.returncode, errors) == (0, b"")


def test_recording_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    done = liqline("--recording", "nope", "--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert "recording 'nope' does not exist" in done.stderr
    assert done.stderr.count("\n") == 1


def test_data_directory_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = liqline("--demo", "--data-dir", str(tmp_path / "file" / "folder"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="others always have a screen")
def test_machine_without_a_screen_is_told_what_works(tmp_path: Path) -> None:
    variables = {k: v for k, v in os.environ.items() if k not in SCREENS}
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", "--demo", "--data-dir", str(tmp_path)],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "--offscreen --screenshot FILE" in done.stderr


def test_second_start_shows_the_last_session_at_once_with_its_age(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    places = find_places(tmp_path)
    store = BookStore(places.book)
    store.set_watched([ETH, BTC])
    store.add_position(next(e for e in EXAMPLES if e.instrument.base == "ETH"))
    store.close()
    history = HistoryStore(places.history())
    hours_ago = time.time_ns() // 1_000_000 - 3 * 3_600_000
    history.record(readings(ETH, mark=2_345.6, received_ms=hours_ago), hours_ago)
    history.close()
    seen: list[str] = []

    def note() -> None:
        panel, positions = watchlist(), window().findChild(PositionsPanel)
        assert panel is not None
        assert positions is not None
        keys = [column.key for column in panel.model.columns]
        age = panel.model.index(0, keys.index("age"))
        seen.extend((shown_mark(), panel.model.data(age), positions.summary.text()))

    run_with(options(tmp_path), (has_mark, note))
    assert seen[:2] == ["*2\N{NARROW NO-BREAK SPACE}345.60", "*3\N{NARROW NO-BREAK SPACE}h"]
    assert "As of 3\N{NARROW NO-BREAK SPACE}h ago" in seen[2]
    assert "ETH/USDT long" in seen[2]


def test_the_feed_polls_what_is_watched_held_or_wanted_by_a_panel_each_once(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    places = find_places(tmp_path)
    store = BookStore(places.book)
    store.set_watched([BTC, ETH])
    store.add_position(next(e for e in EXAMPLES if e.instrument.base == "ETH"))
    store.close()
    places.settings.write_text('{"history_days": 90}', encoding="utf-8")
    elsewhere = InstrumentKey("okx", BTC.symbol)

    def commands() -> str:
        started = small_feed.exists()
        return small_feed.read_text(encoding="utf-8") if started else ""

    def last_watch() -> str:
        lines = [line for line in commands().splitlines() if line.startswith("Watch(")]
        return lines[-1] if lines else ""

    def panel() -> VenuesPanel | None:
        return window().findChild(VenuesPanel)

    def want() -> None:
        found = panel()
        assert found is not None
        found.wanted = (elsewhere, BTC)
        found.wanted_changed.emit()

    def holds() -> bool:
        return window().docks[VENUES.key].widget() is panel() and f"held=[{ETH!r}]" in last_watch()

    def polled() -> bool:
        return repr(elsewhere) in last_watch()

    asked: list[str] = []
    run_with(options(tmp_path), (holds, want), (polled, lambda: asked.append(last_watch())))
    keys = asked[0].partition("held=")[0]
    assert [keys.count(repr(key)) for key in (BTC, ETH, elsewhere)] == [1, 1, 1]
    assert "KeepHistory(days=90)" in commands()


def test_killed_feed_is_said_and_followed_by_another(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    store = BookStore(find_places(tmp_path).book)
    store.set_watched([BTC])
    store.close()

    def pids() -> list[int]:
        lines = small_feed.read_text(encoding="utf-8").splitlines()
        return [int(line.split()[1]) for line in lines if line.startswith("pid ")]

    def kill() -> None:
        os.kill(pids()[0], KILL)

    def lost() -> bool:
        return "feed lost" in window().status.feed_label.text()

    def back() -> bool:
        return not window().status.feed_label.isVisible() and len(pids()) == 2

    run_with(options(tmp_path), (has_mark, kill), (lost, nothing), (back, nothing))


def test_first_start_watches_the_usual_coins_and_asks_for_them(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    def listed() -> bool:
        panel = watchlist()
        return panel is not None and panel.model.rowCount() == 21 and has_mark()

    def charted() -> bool:
        return "LoadSeries(" in small_feed.read_text(encoding="utf-8")

    run_with(options(tmp_path), (listed, nothing), (charted, nothing))
    commands = small_feed.read_text(encoding="utf-8")
    assert "Watch(keys=[InstrumentKey(venue='binanceusdm', symbol='BTC/USDT:USDT')" in commands
    assert "ListVenue(venue='binanceusdm')" in commands
    assert "LoadSeries(key=InstrumentKey(venue='binanceusdm', symbol='BTC/USDT:USDT')" in commands
    store = BookStore(find_places(tmp_path).book)
    assert store.selected() == BTC
    store.close()


def test_what_the_hand_does_is_kept_for_the_next_start(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    def act() -> None:
        panel = watchlist()
        assert panel is not None
        panel.remove_wanted.emit(BTC)
        panel.move_wanted.emit(InstrumentKey("binanceusdm", "SOL/USDT:USDT"), 0)
        window().docks["positions"].hide()
        action = next(a for a in window().actions() if a.text() == "Light theme")
        action.trigger()

    run_with(options(tmp_path), (has_mark, act))
    places = find_places(tmp_path)
    store = BookStore(places.book)
    assert store.watched()[0].symbol == "SOL/USDT:USDT"
    assert BTC not in store.watched()
    store.close()
    assert load_settings(places.settings)[0].theme == "light"
    hidden: list[bool] = []

    def note() -> None:
        hidden.append(window().docks["positions"].isVisible())

    run_with(options(tmp_path), (watchlist, note))
    assert hidden == [False]


def test_what_was_taken_off_a_recordings_list_does_not_come_back_with_its_next_listing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    script = (sys.executable, [str(SCRIPT), "lists", str(tmp_path / "commands.log")])
    monkeypatch.setattr(feed_process, "feed_program", lambda _arguments: script)
    marks: list[str] = []

    def rows() -> int:
        panel = watchlist()
        return 0 if panel is None else panel.model.rowCount()

    def remove() -> None:
        panel = watchlist()
        assert panel is not None
        panel.remove_wanted.emit(ETH)
        marks.append(shown_mark())

    def listed_again() -> bool:
        return shown_mark() != marks[0]

    run_with(
        options(tmp_path, recording="crash"),
        (lambda: rows() == 2 and has_mark(), remove),
        (listed_again, lambda: marks.append(str(rows()))),
    )
    assert marks[1] == "1"


def test_venues_of_the_settings_are_asked_where_none_are_named(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    settings = find_places(tmp_path).settings
    settings.write_text('{"venues": ["binanceusdm", "okx"]}', encoding="utf-8")
    run_with(options(tmp_path, venues=()), (has_mark, nothing))
    asked = set(re.findall(r"ListVenue\(venue='(\w+)'\)", small_feed.read_text(encoding="utf-8")))
    assert asked == {"binanceusdm", "okx"}


def test_second_start_brings_the_first_window_to_the_front_and_ends(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    second: list[subprocess.Popen[str]] = []

    def start_second() -> None:
        command = [sys.executable, "-m", "dashboard", "--data-dir", str(tmp_path)]
        second.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))

    def charted() -> bool:
        return has_mark() and "LoadSeries(" in small_feed.read_text(encoding="utf-8")

    def raised() -> bool:
        return second[0].poll() is not None and "open already" in window().status.notice.text()

    run_with(options(tmp_path), (charted, start_second), (raised, nothing))
    said, _ = second[0].communicate()
    assert second[0].returncode == 0
    assert "its window was raised" in said


COPY_AND_END = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from dashboard.__main__ import main
from widgets.app import Start
from widgets.menus import Menus

made = Menus.__init__

def make(menus, *about):
    made(menus, *about)
    QTimer.singleShot(300, menus.copy_picture)
    QTimer.singleShot(800, QApplication.instance().quit)

Menus.__init__ = make
sys.exit(main())
"""


def test_program_ends_well_after_a_picture_was_copied(tmp_path: Path) -> None:
    """Found by `python -m tests.faults.monkey --seconds 4 --seed 8`."""
    done = liqline("--demo", "--offscreen", "--data-dir", str(tmp_path), code=COPY_AND_END)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_run_after_a_crash_offers_a_report(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    places = find_places(tmp_path)
    places.prepare()
    places.lock.with_suffix(".running").write_text("1", encoding="ascii")
    (places.logs / "crash-trace.txt").write_text("Fatal Python error: planted", encoding="utf-8")
    found: list[str] = []

    def note() -> None:
        found.append(window().status.notice.text())
        next(a for a in window().findChildren(QAction) if a.text() == "&Diagnostics").trigger()

    def shown() -> bool:
        return window().findChild(DiagnosticsDialog) is not None

    def read() -> None:
        dialog = window().findChild(DiagnosticsDialog)
        assert dialog is not None
        found.append(dialog.report())
        dialog.reject()

    def offered() -> bool:
        return has_mark() and "did not end by itself" in window().status.notice.text()

    run_with(options(tmp_path), (offered, note), (shown, read))
    assert "did not end by itself last time" in found[0]
    assert "Fatal Python error: planted" in found[1]
    assert "book               sound" in found[1]
    assert "positions:" not in found[1]
    assert not places.lock.with_suffix(".running").exists()


def test_second_window_on_the_same_book_is_refused(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    refusals: list[str] = []

    def open_second() -> None:
        try:
            run(options(tmp_path))
        except DashboardError as error:
            refusals.append(error.user_message)

    run_with(options(tmp_path), (has_mark, open_second))
    assert len(refusals) == 1
    assert "already open" in refusals[0]


def test_damaged_settings_are_said_and_stop_nothing(
    tmp_path: Path, small_feed: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    places = find_places(tmp_path)
    places.settings.write_text('{"theme": "pink"}', encoding="utf-8")
    said: list[str] = []

    def note() -> None:
        said.append(window().status.notice.text())

    run_with(options(tmp_path), (has_mark, note))
    assert '"pink"' in said[0]
