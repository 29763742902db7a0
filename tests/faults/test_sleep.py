"""The computer sleeps, or a process is stopped for a while: what follows is asked anew, once."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dashboard.feed import elapsed, service
from dashboard.feed.frames import Clock, Fault, Readings, Stop, Watch
from dashboard.feed.schedule import Job, Schedule
from dashboard.market.readings import FundingRate, MarkPrice, OpenInterest, ReadingKind
from dashboard.market.snapshot import Freshness, freshness
from dashboard.replay.recording import write_recording
from tests.feed.child import FeedChild
from tests.feed.running import ALL, BINANCE, Running, running
from tests.replay.made_up import made_up_recording
from widgets import feed_link, feed_process
from widgets.feed_link import FeedLink
from widgets.feed_process import FeedProcess

NIGHT_S = 8 * 3600.0
MOST_TIMES = 10
"""A start asks one endpoint less often; in the night it was missed thousands of times."""
NOW_MS = 1_722_800_000_000
KINDS = (MarkPrice, FundingRate, OpenInterest)


class SleepingClock:
    """The real clock and what the computer slept; `asked` tells that someone looked at it."""

    def __init__(self) -> None:
        self.slept_s = 0.0
        self.asked_since = 0

    def __call__(self) -> float:
        self.asked_since += self.slept_s > 0
        return time.perf_counter() + self.slept_s


def said(run: Running, since: int) -> list[str]:
    return [frame.text for frame in run.frames[since:] if isinstance(frame, Fault)]


def all_read(run: Running, since: int) -> bool:
    return all(run.readings(kind, key, since) for key in ALL for kind in KINDS)


async def test_after_a_night_all_is_asked_anew_but_not_once_for_each_time_it_was_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SleepingClock()
    for module in ("service", "poller", "streaming"):
        monkeypatch.setattr(f"dashboard.feed.{module}.elapsed_s", clock)
    async with running(tmp_path, speed=1.0) as run:
        run.feed.handle(Watch(ALL))
        await run.until(lambda: all_read(run, 0))
        since, first = len(run.frames), Counter(run.requests)
        clock.slept_s = NIGHT_S
        await run.until(lambda: said(run, since))
        assert clock.asked_since
        assert said(run, since) == [
            "this computer slept or was too busy for 8 h 0 min; asking anew"
        ]
        await run.until(lambda: all_read(run, since))
        again = Counter(run.requests) - first
        assert {endpoint: n for endpoint, n in again.items() if n > MOST_TIMES} == {}


def test_what_fell_due_in_a_night_is_due_once() -> None:
    schedule = Schedule(draw=lambda: 0.5)
    price = Job("price", "fast", interval_s=10.0, floor_s=1.0)
    schedule.set_jobs([price])
    schedule.take("fast", 0.0, 1.0)
    schedule.succeeded(price)
    assert schedule.take("fast", NIGHT_S, 1.0) is price
    schedule.succeeded(price)
    assert schedule.take("fast", NIGHT_S + 1.0, 1.0) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows stops no process by a signal")
def test_a_feed_that_was_stopped_for_seconds_says_so_and_goes_on(tmp_path: Path) -> None:
    recording = tmp_path / "made-up.npz"
    write_recording(recording, made_up_recording())
    arguments = ("--data-dir", str(tmp_path), "--recording", str(recording), "--speed", "60")
    with FeedChild(*arguments) as child:
        child.send(Watch([BINANCE]))
        child.until(lambda frame: isinstance(frame, Readings) and frame.marks)
        child.process.send_signal(signal.SIGSTOP)
        time.sleep(service.SLEPT_AFTER_S + service.CLOCK_EVERY_S + 0.3)
        child.process.send_signal(signal.SIGCONT)
        sentence = child.until(lambda frame: isinstance(frame, Fault) and frame.text)
        assert sentence.startswith("this computer slept or was too busy for")
        child.until(lambda frame: isinstance(frame, Readings) and frame.marks)
        child.send(Stop())
        assert (child.ended()[0], child.errors()) == (0, "")


def live(sent_s: float) -> Clock:
    return Clock(now_ms=NOW_MS, speed=1.0, paused=False, sent_s=sent_s)


def link_at(clock: Clock) -> FeedLink:
    return FeedLink(FeedProcess(("true", [])), clock)


def test_figures_are_as_old_as_the_sleep_was_long_before_the_feed_has_said_a_word(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SleepingClock()
    monkeypatch.setattr(feed_link, "elapsed_s", clock)
    link = link_at(live(clock()))
    link._take(live(clock()))
    assert link.now_ms() == pytest.approx(NOW_MS, abs=1_000)
    clock.slept_s = NIGHT_S
    assert link.now_ms() == pytest.approx(NOW_MS + NIGHT_S * 1000, abs=1_000)
    assert freshness(ReadingKind.MARK_PRICE, NOW_MS, link.now_ms(), 1.0) is Freshness.EXPIRED


def test_a_recording_stands_still_while_the_computer_sleeps(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SleepingClock()
    monkeypatch.setattr(feed_link, "elapsed_s", clock)
    recorded = Clock(
        now_ms=NOW_MS, speed=1.0, paused=False, recording="crash", sent_s=time.monotonic()
    )
    link = link_at(recorded)
    link._take(recorded)
    clock.slept_s = NIGHT_S
    assert link.now_ms() == pytest.approx(NOW_MS, abs=1_000)


def test_clocks_that_waited_while_the_window_was_stopped_do_not_turn_time_back(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SleepingClock()
    monkeypatch.setattr(feed_link, "elapsed_s", clock)
    link = link_at(live(clock()))
    waiting = [live(clock())]
    link._take(waiting[0])
    back: list[bool] = []
    link.time_went_back.connect(lambda: back.append(True))
    clock.slept_s = 60.0
    link._take(waiting[0])
    assert link.now_ms() == pytest.approx(NOW_MS + 60_000, abs=1_000)
    assert not back


def test_a_window_that_was_stopped_does_not_call_its_feed_silent(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SleepingClock()
    monkeypatch.setattr("widgets.feed_process.time.monotonic", clock)
    process = FeedProcess(("sleep", ["60"]))
    lost: list[str] = []
    process.lost.connect(lost.append)
    process.start()
    clock.slept_s = feed_process.FIRST_FRAME_LIMIT_S + feed_process.STOOD_STILL_S + 1.0
    process._check_silence()
    assert not lost
    clock.slept_s += feed_process.FIRST_FRAME_LIMIT_S - 1.0
    for _ in range(3):
        clock.slept_s += 1.0
        process._check_silence()
    assert not lost
    process.close()
    process.deleteLater()


@pytest.mark.skipif(not hasattr(time, "clock_gettime"), reason="Windows has one clock for both")
def test_the_clock_of_elapsed_time_goes_on_at_one_pace() -> None:
    before, first = time.monotonic(), elapsed.elapsed_s()
    time.sleep(0.05)
    passed = elapsed.elapsed_s() - first
    assert passed == pytest.approx(time.monotonic() - before, abs=0.02)
