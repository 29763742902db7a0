"""The history is written beside the polling, never in its way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from dashboard.feed.frames import Watch
from dashboard.feed.recorder import Recorder
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import MarkPrice, OpenInterest, ReadingKind, SeriesKind, Unavailable
from dashboard.store.history import HistoryStore
from tests.feed.running import BINANCE, running

KEY = InstrumentKey("v", "BTC")


def mark(at_ms: int, price: float) -> MarkPrice:
    return MarkPrice(
        venue="v", symbol="BTC", endpoint="e", venue_ms=None, received_ms=at_ms, mark=price
    )


async def test_what_was_polled_is_in_the_history(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.feed.handle(Watch([BINANCE]))
        (first, *_) = await run.until(lambda: run.readings(OpenInterest, BINANCE))
    store = HistoryStore(tmp_path / "history.sqlite3", read_only=True)
    kept = [r for r in store.last_readings() if isinstance(r, OpenInterest)]
    store.close()
    assert [reading.key for reading in kept] == [BINANCE]
    assert kept[0].coin == first.coin


async def test_reasons_are_not_kept(tmp_path: Path) -> None:
    said: list[str] = []
    recorder = Recorder(tmp_path / "h.sqlite3", said.append)
    missing = Unavailable(
        venue="v",
        symbol="BTC",
        endpoint="",
        venue_ms=None,
        received_ms=1,
        kind=ReadingKind.TICKER,
        reason="",
    )
    recorder.take([missing], 1)
    await recorder.close()
    assert (recorder.rows_kept, said) == (0, [])
    assert not (tmp_path / "h.sqlite3").exists()


async def test_a_disk_that_fails_is_said_once_and_polling_may_go_on(tmp_path: Path) -> None:
    said: list[str] = []
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    recorder = Recorder(blocked / "h.sqlite3", said.append)
    for at_ms in range(1, 4):
        recorder.take([mark(at_ms, 1.0)], at_ms)
        assert await recorder.read(KEY, SeriesKind.FUNDING, "funding", 0, 9) is None
    assert len(said) == 1
    assert said[0].startswith("the history is not kept for now: ")
    blocked.unlink()
    recorder.take([mark(9, 1.0)], 9)
    assert await recorder.read(KEY, SeriesKind.FUNDING, "funding", 0, 9) is not None
    assert said[1:] == ["the history is kept again"]
    await recorder.close()


async def test_while_the_disk_is_slow_only_the_newest_of_each_kind_waits(
    tmp_path: Path, monkeypatch: object
) -> None:
    recorder = Recorder(tmp_path / "h.sqlite3", lambda _: None)
    for at_ms in range(1, 1001):
        recorder.take([mark(at_ms, float(at_ms))], at_ms)
    await asyncio.sleep(0)
    await recorder.close()
    store = HistoryStore(tmp_path / "h.sqlite3", read_only=True)
    (kept,) = store.last_readings()
    store.close()
    assert isinstance(kept, MarkPrice)
    assert kept.mark == 1000.0
    assert recorder.rows_kept <= 2


async def test_series_and_what_was_fetched_are_kept_together(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "h.sqlite3", lambda _: None)
    rows = np.array([[10.0, 0.1], [20.0, 0.2]])
    await recorder.append(KEY, SeriesKind.FUNDING, "funding", rows, (5, 25))
    stored = await recorder.read(KEY, SeriesKind.FUNDING, "funding", 0, 15)
    assert stored is not None
    assert stored.tolist() == [[10.0, 0.1]]
    assert await recorder.covered(KEY, SeriesKind.FUNDING, "funding") == [(5, 25)]
    await recorder.close()
