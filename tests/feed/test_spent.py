"""What one start spent of a budget counts in the next."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from dashboard.feed.frames import Watch
from dashboard.feed.service import SPENT_FILE, Feed
from dashboard.feed.spent import LONGEST_WINDOW_MS, Spent
from dashboard.feed.world import ReplayWorld
from dashboard.market.readings import MarkPrice
from tests.feed.running import AT_MS, HYPERLIQUID, Running
from tests.replay.made_up import made_up_recording


def test_what_was_spent_is_remembered_as_long_as_venues_count_it(tmp_path: Path) -> None:
    path = tmp_path / "spent.json"
    Spent(path, lambda: 1000).keep({"okx": {"ratio": 2.0}})
    assert Spent(path, lambda: 2000).before("okx") == {"ratio": 2.0}
    assert Spent(path, lambda: 2000).before("bybit") == {}
    assert Spent(path, lambda: 1001 + LONGEST_WINDOW_MS).before("okx") == {}
    assert Spent(path, lambda: 999).before("okx") == {}
    assert Spent(None).before("okx") == {}


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"at_ms": 1000, "spent": []}', '{"at_ms": 1000, "spent": {"okx": 1}}']
)
def test_a_file_that_is_odd_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.json").write_text(text)
    assert Spent(tmp_path / "s.json", lambda: 1000).before("okx") == {}


def test_a_disk_that_fails_is_no_harm(tmp_path: Path) -> None:
    Spent(tmp_path / "no" / "s.json").keep({})
    assert list(tmp_path.iterdir()) == []


async def test_a_new_start_counts_what_the_last_one_spent(tmp_path: Path) -> None:
    kept = {"at_ms": 0, "spent": {}}
    for start in range(2):
        world = ReplayWorld(made_up_recording(), at_ms=AT_MS, speed=60.0)
        run = Running(world, tmp_path / "history.sqlite3")
        run.feed = feed = Feed(world, run, tmp_path / "history.sqlite3", tmp_path)
        task = asyncio.create_task(feed.run())
        feed.handle(Watch([HYPERLIQUID]))
        await run.until(lambda: run.readings(MarkPrice, HYPERLIQUID))  # noqa: B023 (awaited here)
        feed.stop()
        await task
        before, kept = kept, json.loads((tmp_path / SPENT_FILE).read_text())
        if start:
            spent, earlier = kept["spent"], before["spent"]
            assert spent["hyperliquid"]["weight"] > earlier["hyperliquid"]["weight"] > 0
