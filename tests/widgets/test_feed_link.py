"""The window's side of the feed, against a real child process that behaves or does not."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock, LoadSeries, Readings
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import ReadingKind, Unavailable
from widgets import feed_process
from widgets.feed_link import FeedLink
from widgets.feed_process import FeedProcess

SCRIPT = Path(__file__).with_name("script_feed.py")
BTC = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
WAIT_MS = 15_000
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows cannot ask for a process by id")
Start = Callable[[str], FeedLink]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "commands.log"


@pytest.fixture
def start(qtbot: QtBot, log: Path) -> Iterator[Start]:
    links: list[FeedLink] = []

    def start_link(behaviour: str) -> FeedLink:
        program = (sys.executable, [str(SCRIPT), behaviour, str(log)])
        link = FeedLink(FeedProcess(program), Clock(now_ms=0, speed=1.0, paused=True))
        links.append(link)
        link.start()
        return link

    yield start_link
    for link in links:
        link.close()
        link.deleteLater()


def commands(log: Path, name: str) -> list[str]:
    if not log.exists():
        return []
    return [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith(name)]


def price(link: FeedLink) -> float:
    reading = link.snapshot.marks.get(BTC)
    return 0.0 if reading is None or reading.mark is None else reading.mark


def test_readings_and_clock_of_the_feed_are_merged(start: Start, qtbot: QtBot) -> None:
    link = start("well")
    qtbot.waitUntil(lambda: price(link) > 50_001.0, timeout=WAIT_MS)
    assert link.clock_known
    assert not link.lost
    first = link.now_ms()
    qtbot.wait(50)
    assert link.now_ms() > first


def test_killed_feed_is_lost_within_a_second_and_comes_back(start: Start, qtbot: QtBot) -> None:
    link = start("well")
    qtbot.waitUntil(lambda: price(link) > 0.0, timeout=WAIT_MS)
    dead = link.pid
    with qtbot.waitSignal(link.status_changed, timeout=1_000):
        os.kill(dead, KILL)
    assert link.lost
    assert "ended from outside" in link.lost_reason
    qtbot.waitUntil(lambda: not link.lost, timeout=WAIT_MS)
    assert link.pid not in (0, dead)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("garbage", "no frame"),
        ("half a frame", "exit code 4"),
        ("nan", "no frame"),
        ("exits", "exit code 3"),
        ("newer", "does not speak this program's version"),
    ],
)
def test_feed_that_breaks_is_said_in_words_and_started_again(
    start: Start, qtbot: QtBot, behaviour: str, said: str
) -> None:
    link = start(behaviour)
    qtbot.waitUntil(lambda: link.lost, timeout=WAIT_MS)
    assert said in link.lost_reason
    assert link.pid == 0
    qtbot.waitUntil(lambda: link.pid != 0, timeout=WAIT_MS)


def test_silent_feed_counts_as_lost(
    start: Start, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_process, "SILENCE_LIMIT_S", 0.5)
    link = start("silent")
    qtbot.waitUntil(lambda: link.lost, timeout=WAIT_MS)
    assert "said nothing" in link.lost_reason


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows stops no process")
def test_feed_that_is_stopped_counts_as_lost_and_another_takes_over(
    start: Start, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = start("steady")
    qtbot.waitUntil(lambda: link.clock_known, timeout=WAIT_MS)
    monkeypatch.setattr(feed_process, "SILENCE_LIMIT_S", 0.5)
    stopped = link.pid
    os.kill(stopped, signal.SIGSTOP)
    qtbot.waitUntil(lambda: link.lost, timeout=WAIT_MS)
    assert "said nothing" in link.lost_reason
    qtbot.waitUntil(lambda: not link.lost, timeout=WAIT_MS)
    assert link.pid not in (0, stopped)


def test_program_that_is_not_there_is_said_in_words(qtbot: QtBot) -> None:
    link = FeedLink(FeedProcess(("/no/such/program", [])), Clock(now_ms=0, speed=1.0, paused=True))
    link.start()
    qtbot.waitUntil(lambda: link.lost, timeout=WAIT_MS)
    assert "could not be started" in link.lost_reason
    link.close()
    link.deleteLater()


def test_what_was_asked_is_asked_again_of_the_next_feed(
    start: Start, qtbot: QtBot, log: Path
) -> None:
    link = start("recording")
    request = LoadSeries(BTC, "1h", 0, 1, request=7)
    qtbot.waitUntil(lambda: link.clock_known, timeout=WAIT_MS)
    link.watch([BTC], [BTC])
    link.list_venue("binanceusdm")
    link.load_series(LoadSeries(BTC, "5m", 0, 1, request=6))
    link.load_series(request)
    qtbot.waitUntil(lambda: len(commands(log, "LoadSeries")) == 2, timeout=WAIT_MS)
    os.kill(link.pid, KILL)
    qtbot.waitUntil(lambda: len(commands(log, "LoadSeries")) == 3, timeout=WAIT_MS)
    assert "request=7" in commands(log, "LoadSeries")[-1]
    first, second = commands(log, "Watch")
    assert first == second
    assert "held=[InstrumentKey(" in first
    assert len(commands(log, "ListVenue")) == 2
    assert "seek_ms=17227728" in commands(log, "SetClock")[-1]


def test_clock_that_is_set_back_forgets_what_lies_ahead(start: Start, qtbot: QtBot) -> None:
    link = start("well")
    qtbot.waitUntil(lambda: price(link) > 0.0, timeout=WAIT_MS)
    link._take(Clock(now_ms=1_000, speed=60.0, paused=True, recording="crash"))
    assert price(link) == 0.0
    assert link.snapshot.speed == 60.0
    assert link.now_ms() == 1_000


def test_clock_that_was_held_up_on_its_way_does_not_turn_time_back(qtbot: QtBot) -> None:
    link = FeedLink(FeedProcess(("true", [])), Clock(now_ms=0, speed=1.0, paused=True))
    link._take(Clock(now_ms=1_000_000, speed=120.0, paused=False))
    before = link.now_ms()
    link._take(Clock(now_ms=990_000, speed=120.0, paused=False))
    assert link.now_ms() >= before
    link._take(Clock(now_ms=990_000, speed=120.0, paused=True))
    assert link.now_ms() == 990_000
    link._take(Clock(now_ms=100_000, speed=1.0, paused=False))
    assert 100_000 <= link.now_ms() < 990_000


def test_a_leap_of_a_recording_is_told_and_its_course_is_not(qtbot: QtBot) -> None:
    link = FeedLink(FeedProcess(("true", [])), Clock(now_ms=0, speed=1.0, paused=True))
    leaps: list[bool] = []
    link.time_leapt.connect(lambda: leaps.append(True))
    for now_ms in (1_000_000, 1_004_000):
        link._take(Clock(now_ms=now_ms, speed=1.0, paused=True, recording="crash"))
    assert leaps == []
    for now_ms in (9_000_000, 2_000_000):
        link._take(Clock(now_ms=now_ms, speed=1.0, paused=True, recording="crash"))
    assert len(leaps) == 2


def test_reasons_why_nothing_comes_are_no_readings(qtbot: QtBot) -> None:
    link = FeedLink(FeedProcess(("true", [])), Clock(now_ms=5, speed=1.0, paused=True))
    reason = Unavailable(
        venue=BTC.venue,
        symbol=BTC.symbol,
        endpoint="",
        venue_ms=None,
        received_ms=5,
        kind=ReadingKind.MARK_PRICE,
        reason="the address is not found",
    )
    with qtbot.waitSignal(link.readings_arrived, timeout=0):
        link._take(Readings(unavailable=[reason]))
    assert link.readings_seen == 0
    assert link.snapshot.why_missing(BTC, ReadingKind.MARK_PRICE) == "the address is not found"


def test_flood_of_frames_leaves_the_window_its_turns(start: Start, qtbot: QtBot) -> None:
    link = start("flood")
    turns: list[float] = []

    def arrived() -> bool:
        turns.append(time.monotonic())
        return price(link) >= 50_000.0

    qtbot.waitUntil(arrived, timeout=WAIT_MS)
    assert link.readings_seen > 20_000
    assert len(turns) > 1


@posix_only
def test_feed_stops_when_asked_and_nothing_arrives_after(start: Start, qtbot: QtBot) -> None:
    link = start("well")
    qtbot.waitUntil(lambda: price(link) > 0.0, timeout=WAIT_MS)
    pid = link.pid
    link.close()
    seen = link.readings_seen
    qtbot.wait(50)
    assert link.readings_seen == seen
    assert not link.lost
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@posix_only
def test_feed_that_does_not_stop_is_ended(start: Start, qtbot: QtBot) -> None:
    link = start("deaf")
    qtbot.waitUntil(lambda: price(link) > 0.0, timeout=WAIT_MS)
    pid = link.pid
    link.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_commands_without_a_feed_are_dropped(qtbot: QtBot) -> None:
    link = FeedLink(FeedProcess(("true", [])), Clock(now_ms=5, speed=1.0, paused=True))
    link.pause(False)
    link.step(1_000)
    link.set_speed(2.0)
    assert link.pid == 0
    assert link.now_ms() == 5
    link.deleteLater()
