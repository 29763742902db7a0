"""Whole runs of the window and of its peer, each in a fresh process with a fresh data directory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.bare_window import CHARTS, WINDOW_SIZE
from tests.benchmarks.measure import MIN_ROUNDS

ROOT = Path(__file__).resolve().parents[2]
PEER = "bare PySide6 window"
CHARTS_PEER = "bare window of four pyqtgraph plots"

Run = dict[str, float | None]


def run_program(seconds: float, *options: str) -> Run:
    """What the real window measures of itself in a run of the recorded market.

    The recording is the demo's unless `options` name one.
    """
    which = () if "--recording" in options else ("--demo",)
    demo = ["-m", "dashboard", *which, "--timings", "--quit-after", str(seconds), *options]
    size = "x".join(map(str, WINDOW_SIZE))
    with tempfile.TemporaryDirectory() as folder:
        return _run([*demo, "--size", size, "--data-dir", folder])


def run_peer(seconds: float) -> Run:
    """The same measurements of an empty window."""
    return _run(["-m", "tests.benchmarks.bare_window", str(seconds)])


def run_charts_peer(seconds: float) -> Run:
    """The same measurements of a window with nothing but empty plots of pyqtgraph."""
    return _run(["-m", "tests.benchmarks.bare_window", str(seconds), CHARTS])


def _run(arguments: Sequence[str]) -> Run:
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & variables.keys():
        variables["QT_QPA_PLATFORM"] = "offscreen"
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    line: Run = json.loads(done.stdout.splitlines()[-1])
    return line


def rounds_of(*candidates: Callable[[], Run]) -> list[list[Run]]:
    """Runs of each candidate, taking turns, after one of each that is not counted."""
    for run in candidates:
        run()
    rounds = [[run() for run in candidates] for _ in range(MIN_ROUNDS)]
    return [list(runs) for runs in zip(*rounds, strict=True)]


def median(runs: Sequence[Run], figure: str) -> float:
    """The median of a figure over the runs; raises ValueError where a run did not reach it."""
    values = [run[figure] for run in runs]
    if any(value is None for value in values):
        raise ValueError(f"{figure} was not reached in every run: {values}")
    return statistics.median(value for value in values if value is not None)
