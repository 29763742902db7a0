"""How a soak is judged, and with LIQLINE_LONG_FAULTS=1 two minutes of one and of one that leaks.

`python -m tests.faults.soak --days 7` is the long form. Shorter than two minutes, what a feed keeps
on purpose is not to be told from a leak of a kilobyte a poll.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.soak import Outcome, Sample, judge

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120
only_when_asked = pytest.mark.skipif(
    not os.environ.get("LIQLINE_LONG_FAULTS"), reason="takes minutes: set LIQLINE_LONG_FAULTS=1"
)


def judged(bytes_a_poll: float, descriptors_a_sample: int = 0, served: int = 100) -> list[str]:
    """What is said of a soak whose memory and descriptors grow so, with some noise."""
    samples = [
        Sample(
            polls=at * 50,
            bytes_held=round(1e7 + at * 50 * bytes_a_poll + 3_000 * (at % 3)),
            descriptors=40 + at % 2 + at * descriptors_a_sample,
            threads=5,
            tasks=50,
        )
        for at in range(60)
    ]
    outcome = Outcome(samples, [], served, 20)
    judge(outcome, traced=True)
    return outcome.wrong


def test_a_soak_that_holds_still_is_good() -> None:
    assert judged(0.0) == []
    assert judged(100.0) == []


def test_a_kilobyte_a_poll_is_seen() -> None:
    assert judged(1_000.0) == ["memory grows by 1000 bytes a poll"]


def test_descriptors_that_are_left_open_are_seen() -> None:
    assert judged(0.0, 1)[0].startswith("descriptors grew from")


def test_a_soak_without_faults_proves_nothing() -> None:
    assert judged(0.0, served=0) == ["hardly any fault was served"]


def soaked(*more: str) -> subprocess.CompletedProcess[str]:
    """A soak in a process of its own: only there is memory its alone."""
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.soak", "--seconds", str(SECONDS), *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS * 4 + 60,
    )


@only_when_asked
@pytest.mark.timeout(SECONDS * 4 + 60)
def test_nothing_grows_while_venues_fail_at_random() -> None:
    done = soaked()
    assert done.returncode == 0, done.stdout + done.stderr


@only_when_asked
@pytest.mark.timeout(SECONDS * 4 + 60)
def test_a_build_that_leaks_a_kilobyte_a_poll_fails() -> None:
    done = soaked("--leak", "1000")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "memory grows by" in done.stdout
