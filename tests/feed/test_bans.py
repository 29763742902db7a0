"""A pause that a venue demanded outlives the feed that heard it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dashboard.feed.bans import Bans
from dashboard.feed.frames import Frame, VenueStatus, Watch
from dashboard.feed.service import BANS_FILE, Feed
from dashboard.feed.world import ReplayWorld
from dashboard.replay.server import Fault
from tests.feed.running import AT_MS, BYBIT, TimedCounter
from tests.replay.made_up import made_up_recording


class Clock:
    now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


def test_a_ban_is_remembered_until_it_ends(tmp_path: Path) -> None:
    clock = Clock()
    Bans(tmp_path / "b.json", clock).note("okx", 60.0)
    again = Bans(tmp_path / "b.json", clock)
    assert again.rest_s("okx") == 60.0
    clock.now_ms += 61_000
    assert again.rest_s("okx") == 0.0
    assert again.rest_s("bybit") == 0.0


def test_bans_that_are_over_are_dropped_from_the_file(tmp_path: Path) -> None:
    clock = Clock()
    bans = Bans(tmp_path / "b.json", clock)
    bans.note("okx", 60.0)
    clock.now_ms += 61_000
    bans.note("bybit", 60.0)
    assert "okx" not in (tmp_path / "b.json").read_text()


def test_short_pauses_and_pauses_in_a_replay_are_not_kept(tmp_path: Path) -> None:
    Bans(tmp_path / "b.json").note("okx", 5.0)
    Bans(None).note("okx", 60.0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"okx": "soon"}', '{"okx": NaN}', "\x00\xff"])
def test_a_file_that_cannot_be_read_bans_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text, encoding="latin-1")
    assert Bans(tmp_path / "b.json").rest_s("okx") == 0.0


class Sink:
    """Notes a status with these words."""

    def __init__(self, words: str) -> None:
        self.said = asyncio.Event()
        self._words = words

    def send(self, frame: Frame) -> None:
        if isinstance(frame, VenueStatus) and self._words in frame.text:
            self.said.set()

    def drop_market(self) -> None:
        """Nothing waits."""


async def run_until_status(tmp_path: Path, words: str) -> TimedCounter:
    """Run a feed of a banning Bybit until its status has these words; what was asked."""
    world = ReplayWorld(made_up_recording(), at_ms=AT_MS, speed=60.0)
    world.server.requests = requests = TimedCounter()
    for endpoint in ("instruments-info", "tickers"):
        body = b"banned"
        world.server.faults[f"api.bybit.com GET /v5/market/{endpoint}"] = Fault(
            status=418, body=body
        )
    sink = Sink(words)
    feed = Feed(world, sink, tmp_path / "history.sqlite3", tmp_path)
    task = asyncio.create_task(feed.run())
    feed.handle(Watch([BYBIT]))
    async with asyncio.timeout(20.0):
        await sink.said.wait()
    feed.stop()
    await task
    return requests


async def test_after_a_restart_a_banning_venue_is_not_asked(tmp_path: Path) -> None:
    assert (await run_until_status(tmp_path, "has banned this address")).of_host("bybit")
    assert (tmp_path / BANS_FILE).exists()
    assert (await run_until_status(tmp_path, "has demanded a pause")).of_host("bybit") == []
