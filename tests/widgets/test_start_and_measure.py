"""The small parts of a start: readiness, measuring, imports behind the picture, the log."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QRect, QtMsgType
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock, Series, SeriesHeader, VenueStatus
from dashboard.market.readings import ReadingKind, SeriesKind, Unavailable
from dashboard.store.paths import find_places
from tests.widgets.market_samples import BTC, ETH, NOW_MS, snapshot, update
from widgets import log_file, readiness
from widgets.import_steps import IMPORTS, ImportStep
from widgets.importer import Importer
from widgets.log_file import logging_to
from widgets.options import AppOptions, feed_arguments
from widgets.readiness import Readiness, all_fresh
from widgets.timings import (
    FIRST_PAINT,
    FirstPaint,
    Timings,
    peak_resident_megabytes,
    process_start_s,
)

CANDLES = Series(SeriesHeader(BTC.venue, BTC.symbol, SeriesKind.CANDLES, "1h", 1), np.zeros((1, 6)))


def test_rows_are_fresh_when_every_kind_is_fresh_or_said_to_be_missing() -> None:
    market = snapshot(BTC)
    assert all_fresh(market, [BTC], NOW_MS)
    assert not all_fresh(market, [], NOW_MS)
    assert not all_fresh(market, [BTC, ETH], NOW_MS)
    assert not all_fresh(market, [BTC], NOW_MS + 20_000)
    market.open_interests.clear()
    assert not all_fresh(market, [BTC], NOW_MS)
    market.merge(
        [
            Unavailable(
                venue=BTC.venue,
                symbol=BTC.symbol,
                endpoint="test",
                venue_ms=None,
                received_ms=NOW_MS,
                kind=ReadingKind.OPEN_INTEREST,
                reason="not offered",
            )
        ]
    )
    assert all_fresh(market, [BTC], NOW_MS)


def test_window_is_ready_once_rows_are_fresh_and_charts_filled(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "SETTLE_S", 0.0)
    told: list[str] = []
    ready = Readiness()
    ready.all_fresh.connect(lambda: told.append("fresh"))
    ready.ready.connect(lambda: told.append("ready"))
    shown = update(BTC, selected=BTC)
    ready.show_update(shown)
    ready.show_update(shown)
    assert told == ["fresh"]
    ready.note_series(CANDLES)
    for _ in range(3):
        ready.show_update(shown)
        qtbot.wait(5)
    assert told == ["fresh", "ready"]


RECORDED = Clock(NOW_MS, 1.0, paused=False, recording="crash")


@pytest.mark.parametrize("states", [{"okx": "off"}, {"okx": "off", "binanceusdm": "ok"}])
def test_a_recording_without_the_venues_is_not_waited_for(
    states: dict[str, str], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(readiness, "SETTLE_S", 0.0)
    told: list[str] = []
    ready = Readiness()
    ready.ready.connect(lambda: told.append("ready"))
    statuses = {name: VenueStatus(name, state, "", 0) for name, state in states.items()}
    shown = replace(update(), clock=RECORDED, statuses=statuses, watched=(), selected=None)
    asked = VenueStatus("bybit", "connecting", "", 0)
    waiting = replace(shown, statuses=statuses | {"bybit": asked})
    for one in (waiting, waiting, shown):
        ready.show_update(one)
        qtbot.wait(5)
    assert told == []
    ready.show_update(shown)
    assert told == ["ready"]


def test_patience_ends(monkeypatch: pytest.MonkeyPatch, qapp: object) -> None:
    monkeypatch.setattr(readiness, "PATIENCE_S", -1.0)
    told: list[str] = []
    ready = Readiness()
    ready.ready.connect(lambda: told.append("ready"))
    ready.show_update(update(BTC, ETH, watched=(BTC,), selected=ETH))
    assert told == ["ready"]


def test_timings_are_one_json_line_with_null_for_what_did_not_happen(qtbot: QtBot) -> None:
    timings = Timings()
    timings.mark(FIRST_PAINT)
    first = json.loads(timings.report())["first_paint_s"]
    timings.mark(FIRST_PAINT)
    timings.heartbeat.start()
    qtbot.wait(80)
    timings.heartbeat.stop()
    line = json.loads(timings.report())
    assert "\n" not in timings.report()
    assert line["first_paint_s"] == first > 0
    assert line["all_fresh_s"] is None
    assert 0 <= line["late_p50_ms"] <= line["late_p99_ms"] <= line["late_max_ms"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says it this way")
def test_process_start_is_that_of_the_operating_system() -> None:
    ticks = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19]
    uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    age_s = uptime - int(ticks) / 100.0
    assert time.monotonic() - process_start_s() == pytest.approx(age_s, abs=0.1)


def test_peak_memory_is_that_of_a_python_with_qt() -> None:
    peak = peak_resident_megabytes()
    assert peak is None or 20 < peak < 5_000


def test_first_paint_is_told_once(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    first = FirstPaint(widget)
    told: list[bool] = []
    first.done.connect(lambda: told.append(True))
    assert told == []
    with qtbot.waitSignal(first.done):
        widget.show()
    widget.repaint()
    qtbot.wait(10)
    assert told == [True]


def test_a_window_that_is_closed_before_its_picture_is_out_tells_nothing(qtbot: QtBot) -> None:
    widget = QWidget()
    first = FirstPaint(widget)
    told: list[bool] = []
    first.done.connect(lambda: told.append(True))
    first.eventFilter(widget, QPaintEvent(QRect(0, 0, 1, 1)))
    # pytest-qt fails the test where the loop then meets what is gone.
    shiboken6.delete(widget)
    qtbot.wait(10)
    assert told == []


def importing_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "importer"]


def test_modules_are_imported_one_by_one(qtbot: QtBot) -> None:
    imported: list[str] = []
    importer = Importer([ImportStep("json"), ImportStep("wave"), ImportStep("no.such.module")])
    importer.imported.connect(imported.append)
    importer.start()
    qtbot.waitUntil(lambda: imported == ["json"])
    importer.go_on()
    qtbot.waitUntil(lambda: imported == ["json", "wave"])
    with qtbot.waitSignal(importer.failed) as failed:
        importer.go_on()
    assert isinstance(failed.args[0], ModuleNotFoundError)
    importer.close()
    assert importing_threads() == []


def test_only_modules_without_qt_are_imported_beside_the_window(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PySide6 makes its types when first asked for; two threads that ask end the process."""
    line = "import threading\nthread = threading.current_thread().name\n"
    for name in ("made_beside", "made_here"):
        (tmp_path / f"{name}.py").write_text(line, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importer = Importer([ImportStep("made_here", ("made_beside",), ("PySide6.QtCore",))])
    with qtbot.waitSignal(importer.imported):
        importer.start()
    assert sys.modules["made_beside"].thread == "importer"
    assert sys.modules["made_here"].thread == threading.current_thread().name
    importer.close()


def test_no_module_with_qt_is_named_for_the_thread() -> None:
    beside = [module for step in IMPORTS for module in step.beside]
    code = f"import {', '.join(beside)}, sys; print('PySide6' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_module_that_fails_beside_the_window_is_told(qtbot: QtBot) -> None:
    importer = Importer([ImportStep("json", beside=("no.such.module",))])
    with qtbot.waitSignal(importer.failed) as failed:
        importer.start()
    assert isinstance(failed.args[0], ModuleNotFoundError)
    importer.close()


def test_modules_of_a_package_come_one_by_one_before_the_step(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "made_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name in ("chart_part", "table_part"):
        (folder / f"{name}.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    step = ImportStep("json", gathered=("made_package",), without=("chart",))
    importer = Importer([step])
    with qtbot.waitSignal(importer.imported):
        importer.start()
    assert "made_package.table_part" in sys.modules
    assert "made_package.chart_part" not in sys.modules
    importer.close()
    for name in [name for name in sys.modules if name.startswith("made_package")]:
        monkeypatch.delitem(sys.modules, name)


def test_module_of_a_package_that_fails_is_told(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "made_broken"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "part.py").write_text("raise ValueError('broken')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    importer = Importer([ImportStep("json", gathered=("made_broken",))])
    with qtbot.waitSignal(importer.failed) as failed:
        importer.start()
    assert str(failed.args[0]) == "broken"
    importer.close()


def test_importer_that_is_closed_leaves_out_the_rest(qtbot: QtBot) -> None:
    importer = Importer([ImportStep("json", beside=("wave", "no.such.module"))])
    told: list[object] = []
    importer.failed.connect(told.append)
    importer.imported.connect(told.append)
    importer.start()
    importer.close()
    qtbot.wait(20)
    assert told == []
    assert importing_threads() == []


def test_log_has_messages_of_qt_and_errors_of_slots(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "liqline.log"
    before = logging.getLogger("liqline").level
    with logging_to(path):
        logging.getLogger("liqline.window").info("hello")
        log_file._on_qt_message(QtMsgType.QtInfoMsg, None, "said by Qt")  # type: ignore[arg-type]
        log_file._on_qt_message(QtMsgType.QtInfoMsg, None, "This plugin does not support x")  # type: ignore[arg-type]
    text = path.read_text(encoding="utf-8")
    assert "hello" in text
    assert "Qt: said by Qt" in text
    assert "does not support" not in text
    assert logging.getLogger("liqline").level == before
    assert sys.excepthook is not log_file._uncaught


def test_full_log_moves_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MAX_LOG_BYTES", 10)
    path = tmp_path / "liqline.log"
    path.write_text("x" * 11, encoding="utf-8")
    with logging_to(path):
        logging.getLogger("liqline.window").info("new")
    assert (tmp_path / "liqline.1.log").read_text(encoding="utf-8") == "x" * 11
    assert "new" in path.read_text(encoding="utf-8")


@pytest.mark.expects_log("uncaught")
def test_uncaught_error_is_logged_with_its_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "liqline.log"
    with logging_to(path):
        error = ValueError("broken slot")
        sys.excepthook(ValueError, error, None)
    assert "ValueError: broken slot" in path.read_text(encoding="utf-8")
    assert "broken slot" in capsys.readouterr().err


def test_feed_is_told_what_the_window_was_asked(tmp_path: Path) -> None:
    asked = AppOptions(
        recording="crash", at_ms=NOW_MS, speed=60.0, replay_port=8123, data_dir=tmp_path
    )
    arguments = feed_arguments(asked, find_places(tmp_path))
    pairs = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert pairs == {
        "--data-dir": str(tmp_path),
        "--recording": "crash",
        "--at": "2024-08-04T12:00:00+00:00",
        "--speed": "60.0",
        "--replay-port": "8123",
    }
    assert feed_arguments(AppOptions(), find_places(tmp_path)) == []
