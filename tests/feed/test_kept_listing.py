"""The next start begins with the contracts of the last one, whatever the venue does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dashboard.feed.frames import Fault as Said
from dashboard.feed.frames import Frame, Listing, Watch
from dashboard.feed.listing_file import LONGEST_KEPT_MS, ListingFile
from dashboard.feed.service import LISTINGS, Feed
from dashboard.feed.world import ReplayWorld
from dashboard.market.readings import MarkPrice
from dashboard.replay.server import Fault
from tests.feed.running import AT_MS, BYBIT, Running
from tests.replay.made_up import made_up_recording

INSTRUMENTS = "api.bybit.com GET /v5/market/instruments-info"
MARKETS: list[dict[str, Any]] = [{"symbol": "BTC/USDT:USDT", "swap": True}]


class Kept(Running):
    """A running feed that keeps things in a directory."""

    def __init__(self, world: ReplayWorld, data: Path) -> None:
        super().__init__(world, data / "history.sqlite3")
        self.feed = Feed(world, self, data / "history.sqlite3", data)


@asynccontextmanager
async def kept(data: Path, fault: Fault | None = None) -> AsyncIterator[Kept]:
    world = ReplayWorld(made_up_recording(), at_ms=AT_MS, speed=60.0)
    if fault is not None:
        world.server.faults[INSTRUMENTS] = fault
    run = Kept(world, data)
    task = asyncio.create_task(run.feed.run())
    run.feed.handle(Watch([BYBIT]))
    try:
        yield run
    finally:
        run.feed.stop()
        await task


def listed(frames: list[Frame]) -> list[str]:
    listings = [frame for frame in frames if isinstance(frame, Listing)]
    return [instrument.symbol for instrument in listings[-1].instruments] if listings else []


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(body=b"<html>"), Fault(delay_s=3600.0)])
async def test_a_start_with_a_venue_that_lists_nothing_has_contracts_and_prices(
    tmp_path: Path, fault: Fault
) -> None:
    async with kept(tmp_path) as run:
        await run.until((tmp_path / LISTINGS / "bybit.json").exists)
        assert listed(run.frames) == [BYBIT.symbol]
    async with kept(tmp_path, fault) as again:
        await again.until(lambda: again.readings(MarkPrice, BYBIT))
        assert listed(again.frames) == [BYBIT.symbol]
        await again.until(lambda: again.requests[INSTRUMENTS])


async def test_a_damaged_file_is_no_listing_and_no_harm(tmp_path: Path) -> None:
    (tmp_path / LISTINGS).mkdir()
    (tmp_path / LISTINGS / "bybit.json").write_text('{"format": 1, "markets": [')
    async with kept(tmp_path) as run:
        await run.until(lambda: run.readings(MarkPrice, BYBIT))
        assert not [frame for frame in run.frames if isinstance(frame, Said)]


def file_with(tmp_path: Path, **changes: Any) -> ListingFile:
    body = {"format": 1, "reader": "4", "saved_ms": 1000, "markets": MARKETS} | changes
    (tmp_path / "okx.json").write_text(json.dumps(body))
    return ListingFile(tmp_path, "okx")


def test_a_listing_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    file = ListingFile(tmp_path / "new", "okx")
    spot = {"symbol": "BTC/USDT", "swap": False}
    file.save([*MARKETS, spot], "4", 1000)
    assert file.load("4", 2000) == MARKETS


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"reader": "3"},
        {"saved_ms": "soon"},
        {"saved_ms": 10**15},
        {"saved_ms": 1000 - LONGEST_KEPT_MS - 1001},
        {"markets": None},
        {"markets": {}},
        {"markets": [1, "x", None]},
    ],
)
def test_a_file_that_is_old_odd_or_foreign_is_none(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert file_with(tmp_path, **changes).load("4", 2000) == []


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000])
def test_a_file_that_is_no_listing_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "okx.json").write_text(text)
    assert ListingFile(tmp_path, "okx").load("4", 2000) == []


def test_a_disk_that_fails_is_not_the_feeds_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ListingFile(tmp_path / "file", "okx").save(MARKETS, "4", 1000)
    ListingFile(tmp_path, "okx").save([{"swap": True, "x": object()}], "4", 1000)
    assert not (tmp_path / "okx.json").exists()
