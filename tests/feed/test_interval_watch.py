"""A venue that changes a funding interval is noticed once, written down, and remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.feed.frames import IntervalChanged, Watch
from dashboard.feed.interval_watch import CHANGES_KEPT, IntervalWatch
from dashboard.market.readings import FundingRate, IntervalSource
from tests.feed.running import BINANCE, running

EIGHT = FundingRate(
    venue="bybit",
    symbol="BTC/USDT:USDT",
    endpoint="tickers",
    venue_ms=None,
    received_ms=1_000,
    predicted=0.0001,
    interval_hours=8.0,
    interval_source=IntervalSource.VENUE,
)
FOUR = replace(EIGHT, interval_hours=4.0, received_ms=2_000)
CHANGE = IntervalChanged("bybit", "BTC/USDT:USDT", 8.0, 4.0, 2_000)


def test_a_change_is_told_once_and_the_first_interval_is_none() -> None:
    watch = IntervalWatch(None)
    assert watch.take([EIGHT, EIGHT]) == []
    assert watch.take([FOUR]) == [CHANGE]
    assert watch.take([FOUR]) == []
    back = watch.take([replace(EIGHT, received_ms=3_000)])
    assert back == [IntervalChanged("bybit", "BTC/USDT:USDT", 4.0, 8.0, 3_000)]
    assert watch.changes == [CHANGE, *back]


@pytest.mark.parametrize(
    "reading",
    [
        replace(FOUR, interval_source=IntervalSource.INFERRED),
        replace(FOUR, interval_hours=None, interval_source=IntervalSource.UNKNOWN),
        replace(FOUR, doubt="frozen"),
    ],
)
def test_what_the_venue_did_not_say_is_no_change(reading: FundingRate) -> None:
    watch = IntervalWatch(None)
    watch.take([EIGHT])
    assert watch.take([reading]) == []


def test_a_change_while_the_program_was_closed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "intervals.json"
    IntervalWatch(path).take([EIGHT])
    later = IntervalWatch(path)
    assert later.take([FOUR]) == [CHANGE]
    assert IntervalWatch(path).changes == [CHANGE]
    assert IntervalWatch(path).take([FOUR]) == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"hours": 5, "changes": [[1], 2, null]}', "[[["])
def test_a_damaged_file_is_a_first_start(text: str, tmp_path: Path) -> None:
    path = tmp_path / "intervals.json"
    path.write_text(text, encoding="utf-8")
    watch = IntervalWatch(path)
    assert (watch.take([EIGHT]), watch.changes) == ([], [])


def test_the_file_does_not_grow_for_ever() -> None:
    watch = IntervalWatch(None)
    for at in range(CHANGES_KEPT + 50):
        watch.take([FOUR if at % 2 else EIGHT])
    assert len(watch.changes) == CHANGES_KEPT


async def test_the_feed_tells_the_window(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.feed.handle(Watch([BINANCE]))
        await run.until(lambda: run.readings(FundingRate, BINANCE))
        known = run.readings(FundingRate, BINANCE)[-1]
        hours = replace(known, interval_hours=2.0, interval_source=IntervalSource.VENUE)
        run.feed.take_readings([replace(hours, interval_hours=8.0), hours])
        told = [frame for frame in run.frames if isinstance(frame, IntervalChanged)]
        assert (told[-1].before_hours, told[-1].hours) == (8.0, 2.0)
