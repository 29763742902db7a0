"""How a soak is judged; and two minutes of one, and of one that leaks, `pytest -m beside`.

`python -m tests.faults.soak` is the long form.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.soak import BEGIN_MS, MINUTE_MS, EveryMinute, Outcome, Sample, judge

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 500
LEAK = "--leak=1000"


def judged(bytes_a_poll: float = 0.0, minutes_without: int = 0, **a_sample: int) -> list[str]:
    """What is said of a soak whose memory and numbers grow so, with some noise."""
    held = {"descriptors": 40, "threads": 5, "tasks": 50, "queued": 300}
    samples = [
        Sample(
            days=at * 0.01,
            polls=at * 50,
            bytes_held=round(1e7 + at * 50 * bytes_a_poll + 3_000 * (at % 3)),
            **{name: of + at % 2 + at * a_sample.get(name, 0) for name, of in held.items()},
        )
        for at in range(60)
    ]
    outcome = Outcome(
        samples, minutes=1_000, faults_served=1_000 - minutes_without, kinds_served=50
    )
    judge(outcome, short=True)
    return outcome.wrong


def test_a_soak_that_holds_still_is_good() -> None:
    assert judged(0.0) == []
    assert judged(100.0) == []


def test_a_kilobyte_a_poll_is_seen() -> None:
    assert judged(1_000.0) == ["memory grows by 1,000 bytes a poll"]


@pytest.mark.parametrize(
    ("name", "a_sample"), [("descriptors", 1), ("threads", 1), ("tasks", 1), ("queued", 10)]
)
def test_what_is_never_given_back_is_seen(name: str, a_sample: int) -> None:
    assert judged(**{name: a_sample})[0].startswith(f"{name} grew from")


def test_a_soak_without_faults_proves_nothing() -> None:
    assert judged(minutes_without=20) == ["20 minutes had no fault"]


def test_each_minute_has_one_fault_and_one_that_nothing_met_has_it_later() -> None:
    now = [BEGIN_MS]
    faults = EveryMinute(lambda: now[0], seed=8)
    assert faults.pick("a.invalid") is not None
    assert faults.pick("b.invalid") is None
    now[0] += 3 * MINUTE_MS
    met = [faults.pick("b.invalid") for _ in range(4)]
    assert [fault is not None for fault in met] == [True, True, True, False]
    assert (faults.minutes, faults.late) == (4, 2)


@pytest.fixture(scope="module")
def soaks() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """A soak and one that leaks, each in a process of its own: only there is memory its alone."""
    command = [sys.executable, "-m", "tests.faults.soak", "--short"]
    counted = {**os.environ, "PYTHONMALLOC": "malloc"}
    running = {
        more: subprocess.Popen(
            [*command, *more.split()], cwd=ROOT, env=counted, stdout=subprocess.PIPE, text=True
        )
        for more in ("", LEAK)
    }
    yield running
    for process in running.values():
        process.kill()
        process.wait()


@pytest.mark.beside
@pytest.mark.timeout(LIMIT_S)
def test_nothing_grows_while_venues_fail_at_random(
    soaks: dict[str, subprocess.Popen[str]],
) -> None:
    told, _ = soaks[""].communicate()
    sys.stdout.write(told[-400:])
    assert soaks[""].returncode == 0, told


@pytest.mark.beside
@pytest.mark.timeout(LIMIT_S)
def test_a_build_that_leaks_a_kilobyte_a_poll_fails(
    soaks: dict[str, subprocess.Popen[str]],
) -> None:
    told, _ = soaks[LEAK].communicate()
    assert soaks[LEAK].returncode == 1, told
    assert "memory grows by" in told.splitlines()[-1]
