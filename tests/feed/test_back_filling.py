"""`liqline record --backfill`: the past page by page, counted, and taken up where it stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard import cli
from dashboard.feed.back_filling import BACK_FILL_KINDS, BackFilling
from dashboard.feed.frames import Listing, ListVenue, Series
from dashboard.feed.headless import record
from dashboard.feed.world import ReplayWorld
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.replay.server import Fault
from dashboard.store.history import HistoryStore
from dashboard.venues.catalogue import find_entry
from tests.feed.running import AT_MS, BINANCE, HYPERLIQUID, Running, running
from tests.replay.made_up import START_MS, made_up_recording

INTEREST = "fapi.binance.com GET /futures/data/openInterestHist"
DAYS = 2


async def filled(run: Running, key: InstrumentKey = BINANCE) -> tuple[BackFilling, list[str]]:
    """Fetch the past of a contract to its end; how far it came and what was said."""
    said: list[str] = []
    filling = BackFilling(DAYS, run.feed.handle, run.world.now_ms, said.append)
    run.feed.handle(ListVenue(key.venue))
    await run.until(lambda: any(isinstance(frame, Listing) for frame in run.frames))
    taken = len(run.frames)
    filling.add([key])

    def done() -> bool:
        nonlocal taken
        for frame in run.frames[taken:]:
            taken += 1
            if isinstance(frame, Series):
                filling.take(frame)
        return filling.done

    await run.until(done, filling.line())
    return filling, said


def rows_of(place: Path, kind: SeriesKind) -> np.ndarray:
    store = HistoryStore(place / "history.sqlite3", read_only=True)
    period = find_entry(BINANCE.venue).series[kind].periods["1h"]
    rows = store.read(BINANCE, kind, period.timeframe, START_MS, AT_MS)
    store.close()
    assert rows is not None
    return rows


async def test_past_of_every_kind_is_kept_and_its_pages_are_counted(tmp_path: Path) -> None:
    async with running(tmp_path, paused=True) as run:
        filling, said = await filled(run)
    assert (filling.line(), said) == ("back-fill 5 of 5 pages", [])
    for kind in BACK_FILL_KINDS:
        assert len(rows_of(tmp_path, kind)) >= (5 if kind is SeriesKind.FUNDING else 40)


async def test_what_is_stored_is_not_asked_again_and_makes_no_duplicates(tmp_path: Path) -> None:
    async with running(tmp_path, paused=True) as run:
        await filled(run)
    before = {kind: rows_of(tmp_path, kind) for kind in BACK_FILL_KINDS}
    async with running(tmp_path, paused=True) as run:
        filling, _ = await filled(run)
        # Only the rows that may still change are asked again.
        pages = [page for page in run.series(SeriesKind.CANDLES, 1)[1:] if len(page.values)]
        assert sum(len(page.values) for page in pages) <= 4
    assert filling.line() == "back-fill 5 of 5 pages"
    for kind, rows in before.items():
        assert np.array_equal(rows_of(tmp_path, kind), rows, equal_nan=True)


async def test_series_that_failed_is_said_and_comes_with_the_next_run(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for place in (whole, broken):
        place.mkdir()
    async with running(whole, paused=True) as run:
        await filled(run)
    async with running(broken, paused=True) as run:
        run.world.server.faults[INTEREST] = Fault(status=503)
        _, said = await filled(run)
        assert said == [
            "binanceusdm BTC/USDT:USDT open interest: binanceusdm is out of order (503)"
        ]
    async with running(broken, paused=True) as run:
        _, said = await filled(run)
        assert said == []
    for kind in BACK_FILL_KINDS:
        assert np.array_equal(rows_of(broken, kind), rows_of(whole, kind), equal_nan=True)


async def test_what_a_venue_does_not_offer_is_no_page(tmp_path: Path) -> None:
    async with running(tmp_path, paused=True) as run:
        filling, said = await filled(run, HYPERLIQUID)
    offered = set(BACK_FILL_KINDS) & set(find_entry(HYPERLIQUID.venue).series)
    assert len(offered) < len(BACK_FILL_KINDS)
    assert filling.line() == f"back-fill {len(offered)} of {len(offered)} pages"
    assert said == []


async def test_recording_fetches_the_past_of_its_contracts(tmp_path: Path) -> None:
    lines: list[str] = []
    await record(
        ReplayWorld(made_up_recording(), at_ms=AT_MS, speed=60.0),
        ["binanceusdm", "okx"],
        ["btc"],
        history=tmp_path / "history.sqlite3",
        data_dir=None,
        duration_s=2.0,
        fast_interval_s=10.0,
        back_fill_days=DAYS,
        say=lines.append,
    )
    assert "pages" in lines[-1]
    assert len(rows_of(tmp_path, SeriesKind.CANDLES)) >= 40


@pytest.mark.parametrize("days", ["0", "-1", "3651"])
def test_days_out_of_bounds_are_refused(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["record", "--venues", "okx", "--symbols", "btc", "--backfill", days]
    assert cli.main(arguments, lambda _: 0) == 2
    assert f"--backfill is {days}; allowed is 1 to 3650 days" in capsys.readouterr().err
