"""Series for the chart: stored rows first, then the venue's, then what changes."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from dashboard.feed.frames import Fault, LoadSeries, SetClock, Watch
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import OpenInterest, SeriesKind
from dashboard.replay import server
from tests.feed.running import AT_MS, BINANCE, BYBIT, HYPERLIQUID, OKX, Running, running
from tests.replay.made_up import HOUR_MS, START_MS

KLINES = "fapi.binance.com GET /fapi/v1/klines"
INTEREST = "fapi.binance.com GET /futures/data/openInterestHist"
OFFERED = [kind for kind in SeriesKind if kind is not SeriesKind.LIQUIDATIONS]


def request(key: InstrumentKey = BINANCE, number: int = 1, timeframe: str = "1h") -> LoadSeries:
    return LoadSeries(key, timeframe, START_MS, AT_MS + HOUR_MS, number)


def rows(run: Running, kind: SeriesKind, number: int = 1) -> np.ndarray:
    """All rows of a request's series, as the window unites them."""
    by_time: dict[float, np.ndarray] = {}
    for series in run.series(kind, number):
        by_time |= {row[0]: row for row in series.values}
    return np.array([by_time[time_ms] for time_ms in sorted(by_time)])


async def filled(run: Running, kind: SeriesKind, number: int = 1) -> str:
    """Wait until a series is complete; the note of its last frame."""
    last = await run.until(lambda: [s for s in run.series(kind, number) if s.header.complete and s])
    return str(last[0].header.note)


@pytest.mark.parametrize("key", [BINANCE, BYBIT, OKX])
async def test_every_offered_series_comes_whole(tmp_path: Path, key: InstrumentKey) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(request(key))
        for kind in OFFERED:
            assert await filled(run, kind) == ""
        candles = rows(run, SeriesKind.CANDLES)
        assert candles[:, 0].tolist() == [START_MS + n * HOUR_MS for n in range(61)]
        assert len(rows(run, SeriesKind.OPEN_INTEREST)) == 61
        assert len(rows(run, SeriesKind.FUNDING)) == 8


async def test_a_series_that_is_not_offered_is_empty_complete_and_says_why(tmp_path: Path) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(request(HYPERLIQUID))
        note = await filled(run, SeriesKind.LONG_SHORT_RATIO)
        assert note == "Hyperliquid publishes no long/short ratio"
        assert await filled(run, SeriesKind.LIQUIDATIONS) != ""
        assert await filled(run, SeriesKind.CANDLES) == ""


async def test_what_was_polled_is_sent_where_the_venue_gives_no_past(tmp_path: Path) -> None:
    async with running(tmp_path, at_ms=AT_MS - 5 * HOUR_MS) as run:
        run.feed.handle(Watch([HYPERLIQUID]))
        await run.until(lambda: run.readings(OpenInterest, HYPERLIQUID))
    async with running(tmp_path) as run:
        await run.until(lambda: run.frames)
        run.feed.handle(LoadSeries(HYPERLIQUID, "1h", START_MS, AT_MS + 9 * HOUR_MS, 2))
        assert await filled(run, SeriesKind.OPEN_INTEREST, 2) != ""
        assert len(rows(run, SeriesKind.OPEN_INTEREST, 2)) >= 1


async def test_stored_rows_come_at_once_and_only_what_may_change_is_asked_again(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(request())
        await filled(run, SeriesKind.CANDLES)
        whole = rows(run, SeriesKind.CANDLES)
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(request(number=2))
        first = await run.until(lambda: run.series(SeriesKind.CANDLES, 2))
        assert np.array_equal(first[0].values, whole[:-1])
        assert not first[0].header.complete
        await filled(run, SeriesKind.CANDLES, 2)
        (page,) = [s for s in run.series(SeriesKind.CANDLES, 2)[1:] if len(s.values)]
        assert page.values[:, 0].min() >= AT_MS - 3 * HOUR_MS
        assert np.array_equal(rows(run, SeriesKind.CANDLES, 2), whole, equal_nan=True)


async def test_without_the_venue_the_stored_rows_are_still_shown_and_the_reason_said(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(request())
        await filled(run, SeriesKind.MARK_CANDLES)
    async with running(tmp_path, paused=True) as run:
        for endpoint in (KLINES, INTEREST):
            run.world.server.faults[endpoint] = server.Fault(status=503)
        run.feed.handle(request(number=2))
        assert await filled(run, SeriesKind.CANDLES, 2) == "binanceusdm is out of order (503)"
        assert len(rows(run, SeriesKind.CANDLES, 2)) == 60
        assert run.requests[KLINES] == 1


async def test_a_back_fill_that_broke_is_taken_up_where_it_stopped(tmp_path: Path) -> None:
    since_ms = AT_MS - 28 * 24 * HOUR_MS
    wide = LoadSeries(BINANCE, "5m", since_ms, AT_MS, 1)
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(wide)
        await run.until(lambda: run.requests[INTEREST] >= 3)
        run.world.server.faults[INTEREST] = server.Fault(body=b"")
        note = await filled(run, SeriesKind.OPEN_INTEREST)
        assert note == "binanceusdm answered with something that is not JSON"
        before = run.requests[INTEREST]
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(LoadSeries(BINANCE, "5m", since_ms, AT_MS, 2))
        await filled(run, SeriesKind.OPEN_INTEREST, 2)
        pages = 28 * 24 * 12 // 500 + 1
        # The last page again, because it may have changed, and those that never came.
        assert run.requests[INTEREST] <= pages - (before - 1) + 2
        assert len(rows(run, SeriesKind.OPEN_INTEREST, 2)) == 61


async def test_the_store_never_shows_what_lies_after_now(tmp_path: Path) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(request())
        for kind in OFFERED:
            await filled(run, kind)
        seen = {row[0]: row for row in rows(run, SeriesKind.CANDLES)}
        run.feed.handle(SetClock(seek_ms=AT_MS - 20 * HOUR_MS))
        now_ms = run.world.now_ms()
        run.feed.handle(LoadSeries(BINANCE, "1h", START_MS, AT_MS, 2))
        for kind in OFFERED:
            await filled(run, kind, 2)
            assert rows(run, kind, 2)[:, 0].max() <= now_ms
        last = rows(run, SeriesKind.CANDLES, 2)[-1]
        assert last[0] == now_ms // HOUR_MS * HOUR_MS
        # Half an hour into the bar only its opening price was known.
        assert last[4] == last[1] != seen[last[0]][4]


async def test_what_came_since_is_sent_while_the_contract_stays_selected(tmp_path: Path) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(request())
        for kind in OFFERED:
            await filled(run, kind)
        newest = rows(run, SeriesKind.CANDLES)[-1, 0]
        run.feed.handle(SetClock(step_ms=2 * HOUR_MS, paused=False))
        await run.until(lambda: rows(run, SeriesKind.CANDLES)[-1, 0] == newest + 2 * HOUR_MS)
        times = rows(run, SeriesKind.CANDLES)[:, 0]
        assert (np.diff(times) == HOUR_MS).all()


async def test_asking_for_older_rows_goes_on_following_without_a_gap_or_a_second_fetch(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(LoadSeries(BINANCE, "1h", AT_MS - 5 * HOUR_MS, AT_MS + HOUR_MS, 1))
        for kind in OFFERED:
            await filled(run, kind)
        run.feed.handle(SetClock(step_ms=3 * HOUR_MS))
        asked = run.requests[KLINES]
        run.feed.handle(LoadSeries(BINANCE, "1h", AT_MS - 9 * HOUR_MS, AT_MS - 5 * HOUR_MS, 2))
        for kind in OFFERED:
            await filled(run, kind, 2)
        run.world.replay_clock.resume()
        newest = AT_MS // HOUR_MS * HOUR_MS + 3 * HOUR_MS
        await run.until(lambda: rows(run, SeriesKind.CANDLES, 2)[-1, 0] == newest)
        followed = [s for s in run.series(SeriesKind.CANDLES, 2) if (s.values[:, 0] > AT_MS).any()]
        times = np.concatenate([series.values[:, 0] for series in followed])
        assert times.min() >= newest - 4 * HOUR_MS
        assert run.requests[KLINES] <= asked + 3


async def test_a_newer_request_ends_the_following_of_the_older_one(tmp_path: Path) -> None:
    async with running(tmp_path, speed=3600.0, at_ms=AT_MS - 50 * HOUR_MS) as run:
        run.feed.handle(request(number=1))
        await run.until(lambda: len(run.series(SeriesKind.MARK_CANDLES, 1)) >= 3)
        run.feed.handle(request(BYBIT, number=2))
        await run.until(lambda: len(run.series(SeriesKind.MARK_CANDLES, 2)) >= 3)
        count = len(run.series(SeriesKind.CANDLES, 1))
        await run.until(lambda: len(run.series(SeriesKind.MARK_CANDLES, 2)) >= 5)
        assert len(run.series(SeriesKind.CANDLES, 1)) <= count + 1


async def test_requests_that_follow_each_other_at_once_leave_only_the_last(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        for number in (1, 2, 3):
            run.feed.handle(request(number=number))
        assert await filled(run, SeriesKind.CANDLES, 3) == ""
        gc.collect()  # so that a request that was dropped before it began is not said later
        assert not run.series(SeriesKind.CANDLES, 1)


async def test_a_request_for_some_kinds_that_is_not_followed_leaves_the_followed_one_alone(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, speed=3600.0, at_ms=AT_MS - 50 * HOUR_MS) as run:
        run.feed.handle(request(number=1))
        await filled(run, SeriesKind.CANDLES)
        marks = (SeriesKind.MARK_CANDLES,)
        run.feed.handle(LoadSeries(BYBIT, "1h", START_MS, AT_MS, -1, kinds=marks, follow=False))
        run.feed.handle(LoadSeries(BINANCE, "1h", START_MS, AT_MS, -2, kinds=marks, follow=False))
        for number in (-1, -2):
            assert await filled(run, SeriesKind.MARK_CANDLES, number) == ""
            assert len(rows(run, SeriesKind.MARK_CANDLES, number)) >= 10
            assert not run.series(SeriesKind.CANDLES, number)
        sent = len(run.series(SeriesKind.CANDLES, 1))
        await run.until(lambda: len(run.series(SeriesKind.CANDLES, 1)) > sent)


async def test_steps_that_were_not_recorded_come_as_an_empty_series_with_a_note(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(LoadSeries(OKX, "1m", AT_MS - HOUR_MS, AT_MS, 1))
        note = await filled(run, SeriesKind.CANDLES)
        assert note == "okx has no 1m candles for this span"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (LoadSeries(BINANCE, "7m", 0, 1, 1), 'timeframe "7m" is unknown; allowed are 1m'),
        (LoadSeries(InstrumentKey("bitmex", "X"), "1h", 0, 1, 1), "venue bitmex is unknown"),
        (
            LoadSeries(InstrumentKey("okx", "FOO/USDT:USDT"), "1h", 0, AT_MS, 1),
            "okx does not list FOO/USDT:USDT",
        ),
    ],
)
async def test_a_request_that_cannot_be_served_is_a_fault_that_names_what(
    tmp_path: Path, wrong: LoadSeries, words: str
) -> None:
    async with running(tmp_path, paused=True) as run:
        run.feed.handle(wrong)
        (fault,) = await run.until(lambda: [f for f in run.frames if isinstance(f, Fault)])
        assert words in fault.text
        if "7m" not in words:
            assert words in await filled(run, SeriesKind.CANDLES)
