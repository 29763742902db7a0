"""What the window's process imports, seen in a real run of the recorded market."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import NamedTuple

import pytest

FOR_THE_FEED_ALONE = {"ccxt", "aiohttp", "pandas"}
SECONDS = 8


class Run(NamedTuple):
    """What one run of the window imported, by top-level package, and measured of itself."""

    packages: set[str]
    timings: dict[str, float | None]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A window on the recorded market with its feed beside it."""
    data = tmp_path_factory.mktemp("data")
    options = ["--demo", "--offscreen", "--timings", "--quit-after", SECONDS, "--data-dir", data]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dashboard", *map(str, options)],
        cwd=data,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    modules = re.findall(r"^import time: .*\| +(\S+)$", done.stderr, flags=re.MULTILINE)
    packages = {module.partition(".")[0] for module in modules}
    return Run(packages, json.loads(done.stdout.splitlines()[-1]))


def test_window_never_loads_what_belongs_to_the_feed(run: Run) -> None:
    assert not run.packages & FOR_THE_FEED_ALONE


def test_that_window_was_painted_and_fed(run: Run) -> None:
    assert {"PySide6", "widgets", "dashboard"} <= run.packages
    assert run.timings["first_paint_s"] is not None
    assert run.timings["first_reading_s"] is not None


def test_commands_load_no_qt() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dashboard", "check", "--help"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "PySide6" not in done.stderr
