"""What the window's process imports, seen in a real run of the recorded market."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOR_THE_FEED_ALONE = {"ccxt", "aiohttp", "pandas"}
SECONDS = "4"


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The top-level packages that a window process loads while its feed runs beside it."""
    data = tmp_path_factory.mktemp("data")
    options = ["--demo", "--offscreen", "--quit-after", SECONDS, "--data-dir", str(data)]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dashboard", *options],
        cwd=data,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    modules = re.findall(r"^import time: .*\| +(\S+)$", done.stderr, flags=re.MULTILINE)
    return {module.partition(".")[0] for module in modules}


def test_window_never_loads_what_belongs_to_the_feed(imported: set[str]) -> None:
    assert not imported & FOR_THE_FEED_ALONE


def test_run_was_a_window_with_a_feed(imported: set[str]) -> None:
    assert {"PySide6", "widgets", "dashboard"} <= imported


def test_commands_load_no_qt() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dashboard", "check", "--help"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "PySide6" not in done.stderr
