"""The two clocks, and which figures an update carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock, Readings
from dashboard.market.account import Book
from dashboard.market.readings import MarkPrice
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import RiskReport
from dashboard.store.book import BookStore
from dashboard.store.demo_book import EXAMPLES
from tests.widgets.market_samples import BTC, ETH, NOW_MS, readings
from widgets.desk import Desk
from widgets.feed_link import FeedLink
from widgets.feed_process import FeedProcess
from widgets.pulse import PAINT_INTERVAL_MS, PAINTS_PER_TEXT, Pulse
from widgets.update import Update

HOUR_MS = 3_600_000


class Shown:
    """A pulse with its link, and what it handed out."""

    def __init__(self, store: BookStore) -> None:
        clock = Clock(now_ms=NOW_MS, speed=1.0, paused=True)
        self.link = FeedLink(FeedProcess(("true", [])), clock)
        self.desk = Desk(store)
        self.pulse = Pulse(self.link, self.desk, self.assess)
        self.painted: list[Update] = []
        self.texts: list[Update] = []
        self.pulse.paint.connect(self.painted.append)
        self.pulse.text.connect(self.texts.append)

    def assess(self, snapshot: Snapshot, _book: Book, now_ms: int) -> RiskReport:
        """Only says which snapshot it was asked about, by its time."""
        return RiskReport(now_ms=now_ms, positions=())

    def receive(self, *marks: MarkPrice) -> None:
        self.link._take(Readings(marks=list(marks)))


@pytest.fixture
def shown(tmp_path: Path, qapp: object) -> Iterator[Shown]:
    store = BookStore(tmp_path / "book.sqlite3")
    made = Shown(store)
    yield made
    made.pulse.stop()
    store.close()


def mark(key: object, at_ms: int = NOW_MS) -> MarkPrice:
    reading = readings(key, received_ms=at_ms)[0]  # type: ignore[arg-type]
    assert isinstance(reading, MarkPrice)
    return reading


def test_curves_are_painted_four_times_for_each_text(shown: Shown, qtbot: QtBot) -> None:
    for _ in range(3 * PAINTS_PER_TEXT):
        shown.pulse._tick()
    assert (len(shown.texts), len(shown.painted)) == (3, 3 * PAINTS_PER_TEXT)
    assert PAINT_INTERVAL_MS * PAINTS_PER_TEXT == 1_000
    shown.pulse.start()
    qtbot.waitUntil(lambda: len(shown.painted) > 3 * PAINTS_PER_TEXT + 1)


def test_what_the_hand_does_is_shown_at_once_and_once(shown: Shown, qtbot: QtBot) -> None:
    shown.desk.set_watched([BTC, ETH])
    shown.desk.select(ETH)
    shown.desk.select(BTC)
    with qtbot.waitSignal(shown.pulse.paint, timeout=PAINT_INTERVAL_MS):
        pass
    assert (len(shown.texts), len(shown.painted)) == (1, 1)
    assert shown.texts[-1].watched == shown.painted[-1].watched == (BTC, ETH)
    assert shown.texts[-1].selected == BTC


def test_update_says_whether_anything_new_arrived(shown: Shown) -> None:
    shown.pulse.refresh()
    assert not shown.pulse.update().changed
    shown.receive(mark(BTC))
    assert shown.pulse.update().changed
    assert not shown.pulse.update().changed


def test_last_session_stands_until_each_position_was_heard_of(shown: Shown) -> None:
    before_ms = NOW_MS - 14 * HOUR_MS
    shown.desk._store.add_position(EXAMPLES[0])
    shown.desk.reload_book()
    shown.pulse.remember([mark(BTC, before_ms)])
    assert shown.pulse.update().report.now_ms == before_ms
    shown.receive(mark(ETH))
    assert shown.pulse.update().report.now_ms == before_ms
    shown.receive(mark(BTC))
    assert shown.pulse.update().report.now_ms == NOW_MS
    shown.link.snapshot.clear_readings()
    assert shown.pulse.update().report.now_ms == NOW_MS


def test_last_session_is_not_waited_for_longer_than_patience(shown: Shown) -> None:
    before_ms = NOW_MS - HOUR_MS
    shown.desk._store.add_position(EXAMPLES[0])
    shown.desk.reload_book()
    shown.pulse.remember([mark(BTC, before_ms)])
    shown.receive(mark(ETH))
    later_ms = NOW_MS + 21_000
    shown.link.clock = Clock(now_ms=later_ms, speed=1.0, paused=True)
    assert shown.pulse.update().report.now_ms == later_ms


def test_without_a_session_before_the_present_is_all(shown: Shown) -> None:
    shown.pulse.remember([])
    update = shown.pulse.update()
    assert update.remembered is None
    assert update.report.now_ms == NOW_MS
