"""Broken candles of four venues reach neither chart nor history, and are counted by reason."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.cli import main
from dashboard.feed.frames import LoadSeries, Refusals
from dashboard.market.candles import RowRule
from dashboard.market.readings import SeriesKind
from dashboard.store.history import HistoryStore
from tests.faults.feeds import SIX, AddressedWorld, ProxiedRun, key_of, running_in
from tests.faults.kinds import Effect, Kind, as_number, rewritten
from tests.faults.short_waits import shorten
from tests.replay.made_up import HOUR_MS
from widgets.models.diagnostics import RunningState, running_text

ASKED_OF_CANDLES = ("line", "andle")
KINDS = (SeriesKind.CANDLES, SeriesKind.MARK_CANDLES)
SPAN_MS = 48 * HOUR_MS
BROKEN = {RowRule.TIME, RowRule.FUTURE, RowRule.PRICE, RowRule.SHAPE, RowRule.GAP, RowRule.ORDER}


@pytest.fixture(autouse=True)
def unhurried_by_budgets() -> Iterator[None]:
    undo = shorten(timeout_s=5.0, back_off_s=0.2, rest_s=0.5, floor_s=0.25, every_s=0.5)
    yield
    undo()


def like(text: Any, number: float) -> Any:
    """A number in the type of what it takes the place of."""
    return str(number) if isinstance(text, str) else number


def broken(answer: Any) -> Any:
    """The answer with a fault in every second one of its middle candles, and out of order."""
    if isinstance(answer, dict):
        return {name: broken(value) for name, value in answer.items()}
    if not isinstance(answer, list) or len(answer) < 20 or not isinstance(answer[0], list | dict):
        return [broken(value) for value in answer] if isinstance(answer, list) else answer
    rows = [list(row) if isinstance(row, list) else dict(row) for row in answer]
    time_, opened, high, low, close = (
        (0, 1, 2, 3, 4) if isinstance(rows[0], list) else ("t", "o", "h", "l", "c")
    )
    rows[2][opened] = "NaN"
    rows[4][low] = like(rows[4][low], 0.0)
    rows[6][high], rows[6][low] = rows[6][low], rows[6][high]
    for price in (opened, high, low, close):
        rows[8][price] = like(rows[8][price], (as_number(rows[8][price]) or 0.0) * 1000.0)
    stamp = as_number(rows[10][time_]) or 0.0
    rows[10][time_] = like(rows[10][time_], int(stamp + 100 * SPAN_MS))
    rows[12][time_] = like(rows[12][time_], int(stamp / 1000))
    return rows[14:] + rows[:14]


def rows_of(run: ProxiedRun, kind: SeriesKind, request: int) -> dict[float, list[float]]:
    """All rows of a request by time; a running bar is still another one at each moment."""
    frames = run.series(kind, request)
    return {
        float(row[0]): row.tolist()
        for frame in frames
        for row in frame.values
        if row[0] < run.world.now_ms() - HOUR_MS
    }


async def load(run: ProxiedRun, venue: str, request: int) -> list[SeriesKind]:
    """Ask for the last two days; the kinds that the venue offers."""
    now_ms = run.world.now_ms()
    span = now_ms - SPAN_MS, now_ms
    run.feed.handle(LoadSeries(key_of(venue), "1h", *span, request, KINDS, follow=False))
    offered = [kind for kind in KINDS if kind in run.feed._pollers[venue].source.entry.series]
    for kind in offered:
        await run.until(lambda: any(f.header.complete for f in run.series(kind, request)))  # noqa: B023
    return offered


@pytest.mark.parametrize("venue", SIX[:4])
async def test_broken_candles_are_left_out_counted_and_asked_again(
    venue: str, tmp_path: Path
) -> None:
    world = AddressedWorld((venue,))
    async with running_in(world, tmp_path, (venue,)) as run:
        run.put(Kind("candles", "N6", rewritten(broken), Effect.TRUE), venue)
        run.proxy.only = ASKED_OF_CANDLES
        offered = await load(run, venue, 1)
        assert run.proxy.count("candles") >= len(offered)
        faulty = {kind: rows_of(run, kind, 1) for kind in offered}
        for kind in offered:
            last = run.series(kind, 1)[-1].header
            words = kind.value.replace("_", " ")
            said = f"6 {words} that cannot be are left out: see Help, Diagnostics"
            assert last.note == said
        told = [frame for frame in run.frames if isinstance(frame, Refusals)][-1]
        what = SeriesKind.CANDLES.value
        assert {
            rule
            for rule in RowRule
            if any(name.endswith(f"{what}, {rule.value}") for name in told.counts)
        } == BROKEN
        assert told.latest[-1].raw
        state = RunningState(
            now_ms=1, feed_pid=1, feed_starts=1, feed_lost="", refusals={venue: told}
        )
        assert f"refused: {what}, {RowRule.SHAPE.value} 1" in running_text(state)
        run.proxy.clear()
        await load(run, venue, 2)
        for kind in offered:
            true = rows_of(run, kind, 2)
            assert len(true) == len(faulty[kind]) + 6
            for time_ms, row in faulty[kind].items():
                assert row == true[time_ms]
    store = HistoryStore(tmp_path / "history.sqlite3", read_only=True)
    try:
        kept = store.read(key_of(venue), SeriesKind.CANDLES, "1h", 0, 2**53)
    finally:
        store.close()
    assert np.all(kept[:, 3] <= kept[:, 2])
    assert kept[:, 1:5].max() < 50_000
    assert kept[:, 1:5].min() > 10_000


async def test_the_command_says_which_candles_it_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = AddressedWorld(("okx",))
    async with running_in(world, tmp_path, ("okx",)) as run:
        run.put(Kind("candles", "N6", rewritten(broken), Effect.TRUE), "okx")
        run.proxy.only = ASKED_OF_CANDLES
        asked = ["odds", "--venue", "okx", "--symbol", "BTC/USDT:USDT", "--level", "30000"]
        asked += ["--venue-url", f"okx={run.proxy.url}", "--data-dir", str(tmp_path / "own")]
        await asyncio.to_thread(main, asked, lambda _: 99)
        assert run.proxy.count("candles") >= 1
    said = capsys.readouterr().err
    assert "mark candles of BTC/USDT:USDT at okx are left out: " in said
    assert RowRule.SHAPE.value in said
