"""A short monkey in the whole demo; `python -m tests.faults.monkey` is the long form."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_random_deeds_leave_no_warning_no_traceback_and_no_widget() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.monkey", "--seconds", "4", "--seed", "8"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.environ["PYTHONPATH"]},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1:] == ["good"], done.stdout + done.stderr
    assert int(done.stdout.splitlines()[1].split()[0]) >= 400
