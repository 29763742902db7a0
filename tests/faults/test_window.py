"""The whole window with four failing venues, in short; `python -m tests.faults.window` is the long
form, which has every kind of fault and measures how late the event loop was meanwhile.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHORT = ("html-200", "prices-x1000", "hang", "refused")


def test_a_faulty_venue_shows_no_wrong_figure_in_the_window_and_comes_back() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.window", *SHORT, "--untimed"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.environ["PYTHONPATH"]},
        capture_output=True,
        text=True,
        timeout=110,
    )
    *cases, summary = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert {case["kind"] for case in cases} == set(SHORT)
    assert len({case["venue"] for case in cases}) == 4
    assert all(case["served"] >= 2 and case["back_after_s"] is not None for case in cases)
    assert summary["wrong"] == []
