"""What was polled is thinned out for long spans, and stands where the venue gives nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import OpenInterest, SeriesKind
from dashboard.store.history import HistoryStore
from dashboard.store.rollup import filled_in, not_older, rolled_timeframe, rolled_up

START_MS = 1_722_729_600_000
HOUR_MS = 3_600_000
BITCOIN = InstrumentKey("hyperliquid", "BTC/USDC:USDC")


def interest(at_ms: int, coin: float) -> OpenInterest:
    return OpenInterest(
        venue=BITCOIN.venue,
        symbol=BITCOIN.symbol,
        endpoint="info",
        venue_ms=None,
        received_ms=at_ms,
        coin=coin,
        usd=None,
    )


def record(path: Path, times: range) -> None:
    history = HistoryStore(path)
    for start in range(0, len(times), 500):
        together = times[start : start + 500]
        history.record([interest(at_ms, at_ms / 1000) for at_ms in together], together[-1])
    history.close()


def charted(path: Path, timeframe: str, days: int) -> np.ndarray:
    history = HistoryStore(path, read_only=True)
    until_ms = START_MS + days * 24 * HOUR_MS
    rows = history.read_charted(BITCOIN, SeriesKind.OPEN_INTEREST, timeframe, START_MS, until_ms)
    history.close()
    return rows


def test_the_last_row_of_each_step_stands_with_its_own_time() -> None:
    rows = np.array([[10.0, 1.0], [19.0, 2.0], [20.0, 3.0], [45.0, 4.0]])
    assert rolled_up(rows, 10).tolist() == [[10.0, 19.0, 2.0], [20.0, 20.0, 3.0], [40.0, 45.0, 4.0]]
    assert rolled_up(rows[:0], 10).shape == (0, 3)


def test_a_row_that_is_older_than_the_one_held_does_not_replace_it() -> None:
    held = np.array([[10.0, 18.0], [20.0, 21.0]])
    rolled = np.array([[0.0, 9.0, 1.0], [10.0, 17.0, 2.0], [20.0, 21.0, 3.0], [30.0, 31.0, 4.0]])
    assert not_older(rolled, held)[:, 2].tolist() == [1.0, 3.0, 4.0]
    assert not_older(rolled, held[:0])[:, 2].tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("timeframe", "kept"), [("1m", None), ("15m", None), ("1h", "1h"), ("4h", "1h"), ("1d", "1d")]
)
def test_a_chart_reads_the_coarsest_step_that_fits(timeframe: str, kept: str | None) -> None:
    assert rolled_timeframe(timeframe) == kept


def test_polled_rows_stand_only_where_the_venue_gave_none() -> None:
    fetched = np.array([[0.0, 1.0], [10.0, 2.0], [40.0, 3.0]])
    polled = np.array([[3.0, 9.0], [21.0, 9.1], [28.0, 9.2], [41.0, 9.3]])
    assert filled_in(fetched, polled, 10).tolist() == [
        [0.0, 1.0],
        [10.0, 2.0],
        [28.0, 9.2],
        [40.0, 3.0],
    ]


@pytest.mark.parametrize(("timeframe", "step_ms"), [("5m", 300_000), ("1h", HOUR_MS)])
def test_what_was_polled_is_charted_where_the_venue_keeps_no_series(
    tmp_path: Path, timeframe: str, step_ms: int
) -> None:
    path = tmp_path / "history.sqlite3"
    day_ms = 24 * HOUR_MS
    first, second = range(0, day_ms, 60_000), range(3 * day_ms, 4 * day_ms, 60_000)
    for part in (first, second):
        record(path, range(START_MS + part.start, START_MS + part.stop, 60_000))
    rows = charted(path, timeframe, 4)
    expected = [
        START_MS + at + step_ms - 60_000
        for part in (first, second)
        for at in part[:: step_ms // 60_000]
    ]
    assert rows[:, 0].tolist() == expected
    np.testing.assert_array_equal(rows[:, 1], rows[:, 0] / 1000)
    assert np.isnan(rows[:, 2]).all()


def test_a_chart_is_the_same_before_and_after_sealing_and_after_a_second_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "history.sqlite3"
    times = range(START_MS, START_MS + 5 * HOUR_MS, 300_000)
    open_store = HistoryStore(path)
    for at_ms in times:
        open_store.record([interest(at_ms, at_ms / 1000)], START_MS)
    before = charted(path, "1h", 1)
    open_store.close()
    np.testing.assert_array_equal(charted(path, "1h", 1), before)
    record(path, times)
    np.testing.assert_array_equal(charted(path, "1h", 1), before)


def test_two_years_by_day_are_read_from_rows_by_day(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    record(path, range(START_MS, START_MS + 730 * 24 * HOUR_MS, HOUR_MS))
    rows = charted(path, "1d", 730)
    assert len(rows) == 730
    history = HistoryStore(path, read_only=True)
    kept = {(one.kind, one.timeframe) for one in history.series()}
    history.close()
    assert ("polled open interest", "1d") in kept
