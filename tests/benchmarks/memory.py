"""How the window's and the feed's resident memory grow over a recorded day.

`python -m tests.benchmarks.memory [--hours H] [--speed X] [--contracts N]`: the load recording with
100 contracts on each of five venues, a recorded day of it at 600x. The slope is the least-squares
line through samples after the first fifth, in which caches and series fill.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dashboard.replay.recording import write_recording
from tests.benchmarks.measure import print_figure
from tests.benchmarks.window_runs import ROOT
from tests.load.market import load_market

VENUES = ("binanceusdm", "bybit", "okx", "hyperliquid", "gate")
SAMPLE_S = 1.0
WARM_UP_SHARE = 0.2
_KILOBYTES_PER_MEGABYTE = 1024.0


def main(hours: float, speed: float, contracts: int) -> None:
    """Print the slope of each process in MB per recorded hour, and what it held at the end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "load.npz"
        write_recording(path, load_market(VENUES, contracts))
        seconds = hours * 3600.0 / speed
        options = ["--recording", str(path), "--speed", str(speed), "--venues", ",".join(VENUES)]
        ending = ["--offscreen", "--quit-after", str(seconds), "--data-dir", folder]
        variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        window = subprocess.Popen(
            [sys.executable, "-m", "dashboard", *options, *ending], cwd=ROOT, env=variables
        )
        samples = list(_samples(window))
    if window.returncode:
        raise RuntimeError(f"the window ended with exit status {window.returncode}")
    for name, column in (("window", 1), ("feed", 2)):
        slope, last = _slope(samples, column, speed)
        print_figure(f"slope of {name}, {contracts} x {len(VENUES)}", slope, "MB per recorded hour")
        print_figure(f"resident {name} at the end", last, "MB")


def _samples(window: subprocess.Popen[bytes]) -> Iterator[tuple[float, float, float]]:
    """Elapsed seconds and megabytes of window and feed, once a second until the window ends."""
    started = time.monotonic()
    while window.poll() is None:
        time.sleep(SAMPLE_S)
        own = _resident(window.pid)
        feed = sum(_resident(child) for child in _children(window.pid))
        if own and feed:
            yield time.monotonic() - started, own, feed


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(word) for word in text.split()]


def _resident(pid: int) -> float:
    """Megabytes, 0 where the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)
    return kilobytes / _KILOBYTES_PER_MEGABYTE


def _slope(
    samples: list[tuple[float, float, float]], column: int, speed: float
) -> tuple[float, float]:
    """Megabytes per recorded hour after the warm-up, and the last sample."""
    taken = np.array(samples)
    after = taken[taken[:, 0] >= WARM_UP_SHARE * taken[-1, 0]]
    slope_per_s = np.polyfit(after[:, 0], after[:, column], 1)[0]
    return float(slope_per_s * 3600.0 / speed), float(taken[-1, column])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--speed", type=float, default=600.0)
    parser.add_argument("--contracts", type=int, default=100)
    chosen = parser.parse_args()
    main(chosen.hours, chosen.speed, chosen.contracts)
