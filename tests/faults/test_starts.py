"""Starts that are killed, starts that fail again and again, and starts with too little room."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.store.book import BookStore
from dashboard.store.database import is_intact
from dashboard.store.demo_book import EXAMPLES, seed_demo_book
from dashboard.store.paths import find_places

if sys.platform == "win32":
    pytest.skip("Windows has no SIGKILL and no limits of processes", allow_module_level=True)

import resource

LONG = os.environ.get("LIQLINE_LONG_FAULTS") == "1"
ROOT = Path(__file__).resolve().parents[2]
MINE = replace(EXAMPLES[0], id="mine", example=False, note="mine")
POINTS = range(1, 60, 1 if LONG else 14)
KILLED_AT = """
import logging, os, signal, sys
import widgets.slices as slices

at, taken = int(sys.argv.pop(1)), 0

def count():
    global taken
    taken += 1
    if taken == at:
        os.kill(os.getpid(), signal.SIGKILL)

take, emit = slices.Slices._take, logging.FileHandler.emit

def counted(self):
    take(self)
    count()

def logged(self, record):
    emit(self, record)
    count()

slices.Slices._take, logging.FileHandler.emit = counted, logged
from dashboard.__main__ import main
sys.exit(main())
"""
POISONED = """
import os, sys
import widgets.window as window

window.MainWindow.restoreState = lambda *_: os._exit(9)
from dashboard.__main__ import main
sys.exit(main())
"""


def liqline(
    *arguments: str, code: str = "", limits: dict[int, int] | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """A run of the real program off screen, within limits of the system."""

    def limit() -> None:
        for kind, most in (limits or {}).items():
            resource.setrlimit(kind, (most, most))

    program = ["-c", code] if code else ["-m", "dashboard"]
    return subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **variables},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        preexec_fn=limit,
    )


def demo(folder: Path, *more: str) -> tuple[str, ...]:
    return ("--demo", "--data-dir", str(folder), *more)


def test_whatever_moment_of_a_start_is_the_last_one_the_next_start_succeeds(
    tmp_path: Path,
) -> None:
    places = find_places(tmp_path)
    store = BookStore(places.demo_book)
    seed_demo_book(store)
    store.add_position(MINE)
    store.close()
    killed = 0
    for point in POINTS:
        options = demo(tmp_path, "--quit-after", "3")
        done = liqline(str(point), *options, code=KILLED_AT)
        killed += done.returncode == -signal.SIGKILL
        assert (done.returncode in (0, -signal.SIGKILL), done.stderr) == (True, "")
        store = BookStore(places.demo_book)
        assert (store.notices, MINE in store.load().positions) == ((), True)
        store.close()
        assert is_intact(places.demo_book)
    assert killed >= len(POINTS) - 1
    picture = ("--offscreen", "--screenshot", str(tmp_path / "filled.png"))
    done = liqline(*demo(tmp_path, *picture))
    assert (done.returncode, done.stderr) == (0, "")
    assert "start: complete" in places.log.read_text(encoding="utf-8")


def test_a_layout_that_kills_every_start_is_left_out_at_the_third(tmp_path: Path) -> None:
    layout = json.dumps({"docks": "cG9pc29u", "geometry": ""})
    (tmp_path / "window.state").write_text(layout, encoding="utf-8")
    runs = [liqline(*demo(tmp_path, "--quit-after", "2"), code=POISONED) for _ in range(3)]
    assert [done.returncode for done in runs] == [9, 9, 0]
    assert (tmp_path / "window.state.left-out").read_text(encoding="utf-8") == layout
    assert not list(tmp_path.glob("*.starts"))


def test_a_book_that_is_refused_again_and_again_is_refused_with_a_way_round_it(
    tmp_path: Path,
) -> None:
    store = BookStore(tmp_path / "demo-book.sqlite3")
    store.close()
    newer = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version=99')"
    subprocess.run([sys.executable, "-c", newer, str(tmp_path / "demo-book.sqlite3")], check=True)
    runs = [liqline(*demo(tmp_path, "--quit-after", "20")) for _ in range(3)]
    assert [done.returncode for done in runs] == [2, 2, 2]
    assert "written by a newer Liqline" in runs[0].stderr
    assert ["--safe-mode" in done.stderr for done in runs] == [False, False, True]
    done = liqline("--safe-mode", "--quit-after", "2")
    assert (done.returncode, done.stderr) == (0, "")


def test_safe_mode_touches_nothing_of_the_trader_and_leaves_nothing(tmp_path: Path) -> None:
    homes = {name: str(tmp_path / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    state, temporary = tmp_path / "state", tmp_path / "temporary"
    temporary.mkdir()
    variables = {**homes, "XDG_STATE_HOME": str(state), "TMPDIR": str(temporary)}
    done = liqline("--safe-mode", "--quit-after", "3", HOME=str(tmp_path), **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(temporary.iterdir()) == []
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".sqlite3", ".state")]


def test_safe_mode_refuses_what_it_leaves_out(tmp_path: Path) -> None:
    done = liqline("--safe-mode", "--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == (
        "liqline: --data-dir does not go with --safe-mode, which leaves all that out\n"
    )


def test_sixty_four_file_descriptors_are_enough(tmp_path: Path) -> None:
    """A system's least usual limit; what is served is seen to be in force by the program itself."""
    told = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], flush=True)\n"
    run = "import sys; from dashboard.__main__ import main; sys.exit(main())"
    few = {resource.RLIMIT_NOFILE: 64}
    done = liqline(*demo(tmp_path, "--quit-after", "4"), code=told + run, limits=few)
    assert (done.returncode, done.stdout, done.stderr) == (0, "64\n", "")
    log = (tmp_path / "liqline.log").read_text(encoding="utf-8")
    assert "start: complete" in log
    assert "WARNING" not in log


def test_without_memory_for_the_program_there_is_a_sentence_and_no_traceback(
    tmp_path: Path,
) -> None:
    little = {resource.RLIMIT_AS: 300_000_000}
    done = liqline(*demo(tmp_path, "--quit-after", "20"), limits=little)
    assert done.returncode == 2
    assert "liqline: a part of the program could not be loaded" in done.stderr
    assert "Traceback" not in done.stderr
