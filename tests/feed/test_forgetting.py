"""What is older than the trader keeps is removed, and nothing where no limit is set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from dashboard.feed.forgetting import DAY_MS, Forgetting
from dashboard.feed.recorder import Recorder
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind

KEY = InstrumentKey("okx", "BTC/USDT:USDT")
DAYS = 45
NOW_MS = 1_722_772_800_000
ROWS = np.array([[NOW_MS - (DAYS - day) * DAY_MS, 1.0] for day in range(DAYS)])


@asynccontextmanager
async def forgetting(tmp_path: Path) -> AsyncIterator[tuple[Forgetting, Recorder, list[str]]]:
    said: list[str] = []
    recorder = Recorder(tmp_path / "history.sqlite3", said.append)
    await recorder.append(KEY, SeriesKind.LONG_SHORT_RATIO, "1d", ROWS, None)
    forgets = Forgetting(recorder, lambda: NOW_MS, said.append)
    task = asyncio.create_task(forgets.run(first_after_s=0.0))
    try:
        yield forgets, recorder, said
    finally:
        task.cancel()
        await recorder.close()


async def days_kept(recorder: Recorder) -> int:
    rows = await recorder.read(KEY, SeriesKind.LONG_SHORT_RATIO, "1d", 0, NOW_MS + 1)
    assert rows is not None
    return len(rows)


async def test_what_is_older_goes_and_how_much_is_said(tmp_path: Path) -> None:
    async with forgetting(tmp_path) as (forgets, recorder, said):
        assert await days_kept(recorder) == DAYS
        forgets.keep(30)
        async with asyncio.timeout(10):
            while not said:  # noqa: ASYNC110 (the recorder's thread wakes nobody here)
                await asyncio.sleep(0.01)
        assert said == ["15 rows of the history older than 30 days were removed"]
        assert await days_kept(recorder) == 30


async def test_nothing_goes_where_no_limit_is_set(tmp_path: Path) -> None:
    async with forgetting(tmp_path) as (forgets, recorder, said):
        forgets.keep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert (await days_kept(recorder), said) == (DAYS, [])


async def test_a_limit_that_is_taken_back_in_time_removes_nothing(tmp_path: Path) -> None:
    async with forgetting(tmp_path) as (forgets, recorder, said):
        forgets.keep(30)
        forgets.keep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert (await days_kept(recorder), said) == (DAYS, [])
