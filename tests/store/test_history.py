"""What was polled and fetched is there again, once, after any restart."""

from __future__ import annotations

import math
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashboard.errors import StoreError
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import (
    FundingRate,
    IntervalSource,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    OpenInterestPast,
    RatioSeries,
    Reading,
    ReadingKind,
    SeriesKind,
    Ticker,
    Unavailable,
)
from dashboard.store import polls
from dashboard.store.chunk_table import CHUNK_ROWS
from dashboard.store.history import HistoryStore
from dashboard.store.recorded import LAYOUTS, Recorded

START_MS = 1_722_772_800_000
HOUR_MS = 3_600_000
BITCOIN = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
ETHER = InstrumentKey("binanceusdm", "ETH/USDT:USDT")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[HistoryStore]:
    history = HistoryStore(path)
    yield history
    history.close()


def open_interest(count: int, since_ms: int = START_MS) -> np.ndarray:
    times = since_ms + HOUR_MS * np.arange(count, dtype=np.float64)
    return np.column_stack([times, 88_000 + np.arange(count), 5e9 + np.arange(count)])


def mark(received_ms: int, price: float | None = 60_880.1, key: InstrumentKey = BITCOIN) -> Reading:
    return MarkPrice(
        venue=key.venue,
        symbol=key.symbol,
        endpoint="premiumIndex",
        venue_ms=received_ms - 137,
        received_ms=received_ms,
        mark=price,
        index=60_900.25,
    )


def every_kind(received_ms: int) -> list[Reading]:
    of = {
        "venue": BITCOIN.venue,
        "symbol": BITCOIN.symbol,
        "endpoint": "somewhere",
        "received_ms": received_ms,
    }
    ratios = [
        LongShortRatio(**of, venue_ms=None, series=series, ratio=2.0, long_fraction=2 / 3)
        for series in RatioSeries
    ]
    return [
        MarkPrice(**of, venue_ms=received_ms - 5, mark=60_880.1, index=None),
        Ticker(**of, venue_ms=None, last=60_881.0, change_24h_fraction=-0.013),
        FundingRate(
            **of,
            venue_ms=received_ms - 5,
            predicted=0.0001,
            settled=-0.00002,
            settled_ms=START_MS - 4 * HOUR_MS,
            next_settlement_ms=START_MS + 4 * HOUR_MS,
            interval_hours=8.0,
            interval_source=IntervalSource.INFERRED,
        ),
        OpenInterest(**of, venue_ms=None, coin=88_413.508, usd=5.38e9, derivation="coin x mark"),
        OpenInterestPast(**of, venue_ms=received_ms, coin_1h=87_279.674, usd_24h=5.1e9),
        *ratios,
    ]


class TestSeries:
    """Series as the venues keep them: fetched by page, merged by time."""

    def test_rows_come_back_for_the_span_that_is_asked(self, store: HistoryStore) -> None:
        rows = open_interest(100)
        store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", rows)
        since, until = int(rows[10, 0]), int(rows[20, 0])
        read = store.read(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", since, until)
        np.testing.assert_array_equal(read, rows[10:20])

    def test_a_column_can_be_asked_alone(self, store: HistoryStore) -> None:
        rows = open_interest(100)
        store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", rows)
        read = store.read(
            BITCOIN, SeriesKind.OPEN_INTEREST, "1h", 0, START_MS * 2, ("time_ms", "usd")
        )
        np.testing.assert_array_equal(read, rows[:, (0, 2)])

    def test_what_was_never_stored_reads_as_no_rows(self, store: HistoryStore) -> None:
        store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", open_interest(10))
        for key, timeframe in ((ETHER, "1h"), (BITCOIN, "5m")):
            read = store.read(key, SeriesKind.OPEN_INTEREST, timeframe, 0, START_MS * 2)
            assert read.shape == (0, 3)

    @pytest.mark.parametrize("backward", [False, True])
    @pytest.mark.parametrize("page", [1, 7, 500, 5000])
    def test_pages_in_any_order_and_size_make_one_series(
        self, store: HistoryStore, page: int, backward: bool
    ) -> None:
        rows = open_interest(60 if page == 1 else 5200)
        starts = list(range(0, len(rows), page))
        for start in reversed(starts) if backward else starts:
            overlapping = rows[max(0, start - 2) : start + page]
            store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", overlapping)
        read = store.read(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", 0, START_MS * 2)
        np.testing.assert_array_equal(read, rows)

    def test_chunks_stay_apart_and_within_their_size(self, path: Path, store: HistoryStore) -> None:
        rows = open_interest(3 * CHUNK_ROWS)
        dice = np.random.default_rng(2)
        for _ in range(30):
            start = int(dice.integers(len(rows)))
            part = rows[start : start + int(dice.integers(1, 900))]
            store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", part)
        with closing(sqlite3.connect(path)) as connection:
            chunks = connection.execute(
                "SELECT since_ms, last_ms, rows FROM chunk ORDER BY since_ms"
            ).fetchall()
        assert all(chunks[at][1] < chunks[at + 1][0] for at in range(len(chunks) - 1))
        assert all(count <= CHUNK_ROWS for _, _, count in chunks)
        assert len(chunks) < 30

    def test_a_later_row_wins_and_an_unrecorded_cell_erases_nothing(
        self, store: HistoryStore
    ) -> None:
        store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", open_interest(3))
        correction = np.array([[START_MS + HOUR_MS, 90_000.0, math.nan]])
        store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", correction)
        read = store.read(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", 0, START_MS * 2)
        assert read[:, 1].tolist() == [88_000.0, 90_000.0, 88_002.0]
        assert read[1, 2] == 5e9 + 1

    @pytest.mark.parametrize("bad", [math.nan, math.inf, 0.5])
    def test_a_time_that_is_none_is_refused(self, store: HistoryStore, bad: float) -> None:
        with pytest.raises(ValueError, match="whole millisecond"):
            store.append(BITCOIN, SeriesKind.FUNDING, "8h", np.array([[bad, 0.0001]]))

    def test_rows_of_another_series_are_refused(self, store: HistoryStore) -> None:
        with pytest.raises(ValueError, match="6 columns"):
            store.append(BITCOIN, SeriesKind.CANDLES, "1h", open_interest(3))

    def test_what_was_fetched_is_known_after_a_restart(self, path: Path) -> None:
        store = HistoryStore(path)
        assert store.covered(BITCOIN, SeriesKind.CANDLES, "1h") == []
        nothing = np.empty((0, 6))
        store.append(BITCOIN, SeriesKind.CANDLES, "1h", nothing, covered=(2000, 3000))
        rows = np.array([[1000.0, 1, 1, 1, 1, 1]])
        store.append(BITCOIN, SeriesKind.CANDLES, "1h", rows, covered=(1000, 2000))
        store.append(BITCOIN, SeriesKind.CANDLES, "1h", nothing, covered=(5000, 6000))
        store.close()
        again = HistoryStore(path)
        assert again.covered(BITCOIN, SeriesKind.CANDLES, "1h") == [(1000, 3000), (5000, 6000)]
        assert again.covered(BITCOIN, SeriesKind.CANDLES, "4h") == []
        again.close()

    @pytest.mark.expects_log("a damaged piece of history")
    def test_a_damaged_chunk_reads_as_a_gap_and_can_be_fetched_again(
        self, path: Path, store: HistoryStore
    ) -> None:
        rows = open_interest(3 * CHUNK_ROWS)
        span = (START_MS, START_MS + HOUR_MS * len(rows))
        store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", rows, covered=span)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(
                "UPDATE chunk SET body = zeroblob(40) WHERE since_ms = ?",
                (int(rows[CHUNK_ROWS, 0]),),
            )
            connection.commit()
        read = store.read(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", *span)
        np.testing.assert_array_equal(
            read, np.concatenate([rows[:CHUNK_ROWS], rows[2 * CHUNK_ROWS :]])
        )
        store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", rows[CHUNK_ROWS : CHUNK_ROWS + 2])
        assert store.covered(BITCOIN, SeriesKind.OPEN_INTEREST, "1h") == [
            (span[0], int(rows[CHUNK_ROWS, 0])),
            (int(rows[2 * CHUNK_ROWS - 1, 0]) + 1, span[1]),
        ]


class TestSize:
    """What the history takes, and how it gets smaller: only when told to."""

    def test_the_size_names_every_kind(self, store: HistoryStore) -> None:
        store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", open_interest(3000))
        size = store.size()
        (kind,) = size.kinds
        assert (kind.kind, kind.timeframe, kind.contracts, kind.rows) == (
            "open_interest",
            "1h",
            1,
            3000,
        )
        assert (kind.first_ms, kind.last_ms) == (START_MS, START_MS + 2999 * HOUR_MS)
        assert size.disk_bytes > kind.body_bytes > 0

    def test_only_what_is_older_than_told_is_forgotten(self, path: Path) -> None:
        store = HistoryStore(path)
        rows = open_interest(2 * CHUNK_ROWS)
        cut_ms = int(rows[CHUNK_ROWS + 100, 0])
        span = (START_MS, int(rows[-1, 0]) + 1)
        store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", rows, covered=span)
        readings = every_kind(START_MS) + every_kind(cut_ms)
        store.record(readings, cut_ms)
        assert store.forget_before(cut_ms) > CHUNK_ROWS + 100
        read = store.read(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", 0, 2**53)
        np.testing.assert_array_equal(read, rows[CHUNK_ROWS + 100 :])
        assert store.covered(BITCOIN, SeriesKind.OPEN_INTEREST, "1h") == [(cut_ms, span[1])]
        for kind in Recorded:
            assert store.read_polled(BITCOIN, kind, 0, 2**53)[:, 0].tolist() == [cut_ms]
        assert store.forget_before(cut_ms) == 0
        store.close()


class TestPolls:
    """Readings as they were polled."""

    def test_every_kind_of_reading_comes_back_as_it_was(self, path: Path) -> None:
        readings = every_kind(START_MS)
        store = HistoryStore(path)
        store.record(readings, START_MS)
        assert sorted(store.last_readings(), key=repr) == sorted(readings, key=repr)
        store.close()
        again = HistoryStore(path, read_only=True)
        assert sorted(again.last_readings(), key=repr) == sorted(readings, key=repr)
        again.close()

    def test_the_last_reading_is_the_newest_one_up_to_now(self, store: HistoryStore) -> None:
        for minute in range(5):
            store.record([mark(START_MS + minute * 60_000, 60_000.0 + minute)], START_MS)
        (last,) = store.last_readings()
        assert isinstance(last, MarkPrice)
        assert last.mark == 60_004.0
        (earlier,) = store.last_readings(now_ms=START_MS + 150_000)
        assert isinstance(earlier, MarkPrice)
        assert earlier.mark == 60_002.0
        assert store.last_readings(now_ms=START_MS - 1) == []

    def test_why_a_figure_is_missing_is_not_kept(self, store: HistoryStore) -> None:
        missing = Unavailable(
            venue="okx",
            symbol="BTC/USDT:USDT",
            endpoint="x",
            venue_ms=None,
            received_ms=START_MS,
            kind=ReadingKind.MARK_PRICE,
            reason="the venue does not answer",
        )
        store.record([missing], START_MS)
        assert store.last_readings() == []
        assert store.series() == []

    def test_a_figure_the_venue_did_not_give_stays_unknown(self, store: HistoryStore) -> None:
        store.record([mark(START_MS, None)], START_MS)
        rows = store.read_polled(BITCOIN, Recorded.MARK_PRICE, START_MS, START_MS + 1)
        assert rows.tolist()[0][1] == 137
        assert math.isnan(rows[0, 2])

    def test_polls_read_the_same_before_and_after_sealing(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(polls, "SEAL_AFTER_POLLS", 40)
        store = HistoryStore(path)
        received = [START_MS + 10_000 * number for number in range(100)]
        for at in received:
            store.record([mark(at, at / 1e7), mark(at, 3000.0, ETHER)], at)
        span = (received[10], received[95])
        before = store.read_polled(BITCOIN, Recorded.MARK_PRICE, *span, ("time_ms", "mark"))
        store.close()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT COUNT(*) FROM hot").fetchone() == (0,)
        again = HistoryStore(path, read_only=True)
        after = again.read_polled(BITCOIN, Recorded.MARK_PRICE, *span, ("time_ms", "mark"))
        again.close()
        np.testing.assert_array_equal(before, after)
        assert after.tolist() == [[at, at / 1e7] for at in received[10:95]]

    def test_nobody_else_can_write_between_reading_polls_and_deleting_them(
        self, path: Path, store: HistoryStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.record([mark(START_MS)], START_MS)
        refused: list[str] = []
        read = polls.Polls._rows

        def read_while_another_tries(held: polls.Polls, kind: Recorded) -> tuple[np.ndarray, int]:
            found = read(held, kind)
            with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
                try:
                    other.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    refused.append(str(error))
            return found

        monkeypatch.setattr(polls.Polls, "_rows", read_while_another_tries)
        store.record([mark(START_MS + HOUR_MS)], START_MS + HOUR_MS)
        assert refused == ["database is locked"] * 2

    def test_two_writers_of_one_history_lose_nothing(self, path: Path) -> None:
        first, second = HistoryStore(path), HistoryStore(path)
        first.record([mark(START_MS)], START_MS)
        second.record([mark(START_MS + 1000)], START_MS + 1000)
        first.close()
        second.record([mark(START_MS + 2000)], START_MS + 2000)
        second.close()
        again = HistoryStore(path, read_only=True)
        span = (START_MS, START_MS + HOUR_MS)
        rows = again.read_polled(BITCOIN, Recorded.MARK_PRICE, *span, ("time_ms", "mark"))
        again.close()
        assert rows[:, 0].tolist() == [START_MS, START_MS + 1000, START_MS + 2000]

    def test_old_polls_are_sealed_even_when_few(self, path: Path, store: HistoryStore) -> None:
        store.record([mark(START_MS)], START_MS)
        store.record([mark(START_MS + HOUR_MS)], START_MS + HOUR_MS)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT COUNT(*) FROM hot").fetchone() == (0,)
            assert connection.execute("SELECT SUM(rows) FROM chunk").fetchone() == (2,)

    def test_a_clock_that_was_set_back_loses_and_doubles_nothing(self, path: Path) -> None:
        for _ in range(2):
            store = HistoryStore(path)
            for number in range(50):
                at = START_MS + 10_000 * number
                store.record([mark(at, 60_000.0 + number)], at)
            store.close()
        again = HistoryStore(path, read_only=True)
        rows = again.read_polled(BITCOIN, Recorded.MARK_PRICE, 0, START_MS * 2, ("time_ms", "mark"))
        again.close()
        assert rows[:, 1].tolist() == [60_000.0 + number for number in range(50)]

    def test_a_changed_endpoint_is_told_by_the_last_reading(self, store: HistoryStore) -> None:
        first = mark(START_MS)
        for number, endpoint in enumerate(["one", "two", "one"]):
            at = START_MS + number
            store.record([replace(first, endpoint=endpoint, venue_ms=at, received_ms=at)], at)
            (last,) = store.last_readings()
            assert last.endpoint == endpoint
            assert last.received_ms == at
        assert len(store.series()) == 1

    @pytest.mark.parametrize("kind", list(Recorded))
    def test_a_series_without_polls_has_the_columns_of_its_layout(
        self, store: HistoryStore, kind: Recorded
    ) -> None:
        assert store.read_polled(ETHER, kind, 0, START_MS).shape == (0, len(LAYOUTS[kind].columns))


class TestFile:
    """The file itself: its readers, its damage, a writer that dies."""

    def test_a_reader_sees_what_the_writer_records(self, path: Path, store: HistoryStore) -> None:
        reader = HistoryStore(path, read_only=True)
        store.record([mark(START_MS)], START_MS)
        assert reader.last_readings() == [mark(START_MS)]
        reader.close()

    def test_reading_a_history_that_is_not_there_says_so(self, path: Path) -> None:
        with pytest.raises(StoreError, match="there is no history"):
            HistoryStore(path, read_only=True)

    @pytest.mark.expects_log("damaged")
    def test_a_ruined_history_is_kept_aside_and_begun_anew(self, path: Path) -> None:
        path.write_bytes(b"no database" * 1000)
        with pytest.raises(StoreError, match="damaged"):
            HistoryStore(path, read_only=True)
        store = HistoryStore(path)
        assert "begun anew" in store.notices[0]
        store.record([mark(START_MS)], START_MS)
        store.close()
        (aside,) = path.parent.glob("history.corrupt-*.sqlite3")
        assert aside.read_bytes().startswith(b"no database")

    @pytest.mark.expects_log("a damaged poll")
    def test_a_damaged_poll_is_left_out(self, path: Path, store: HistoryStore) -> None:
        store.record([mark(START_MS)], START_MS)
        store.record([mark(START_MS + 1)], START_MS + 1)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE hot SET body = x'00' WHERE id = 1")
            connection.commit()
        assert store.last_readings() == [mark(START_MS + 1)]

    def test_a_killed_writer_loses_no_acknowledged_poll(self, path: Path) -> None:
        for rounds in range(3):
            with subprocess.Popen(
                [sys.executable, "-c", RECORD_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE
            ) as writer:
                assert writer.stdout is not None
                acknowledged = [int(writer.stdout.readline()) for _ in range(40 + rounds)]
                writer.kill()
                acknowledged += map(int, writer.stdout.read().split())
            store = HistoryStore(path)
            rows = store.read_polled(BITCOIN, Recorded.MARK_PRICE, 0, START_MS * 2)
            assert set(acknowledged) <= set(rows[:, 0])
            store.close()

    def test_two_processes_lose_and_double_nothing(self, path: Path) -> None:
        HistoryStore(path).close()
        writers = [
            subprocess.Popen([sys.executable, "-c", RECORD_SIXTY, str(path), str(lag_ms)])
            for lag_ms in (0, 1)
        ]
        assert [writer.wait() for writer in writers] == [0, 0]
        store = HistoryStore(path, read_only=True)
        rows = store.read_polled(BITCOIN, Recorded.OPEN_INTEREST, 0, START_MS * 2)
        span = (START_MS, START_MS + 2 * 24 * HOUR_MS)
        charted = store.read_charted(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", *span)
        store.close()
        expected = [START_MS + 600_000 * n + lag for n in range(1, 61) for lag in (0, 1)]
        assert rows[:, 0].tolist() == expected
        assert (
            charted[:, 0].tolist()
            == rows[np.diff(rows[:, 0] // HOUR_MS, append=-1) != 0, 0].tolist()
        )


RECORD_SIXTY = """
import sys
from pathlib import Path
from dashboard.store import polls
from dashboard.store.history import HistoryStore
from tests.store.test_history import START_MS, every_kind
polls.SEAL_AFTER_POLLS = 7
store = HistoryStore(Path(sys.argv[1]))
for number in range(1, 61):
    at = START_MS + 600_000 * number + int(sys.argv[2])
    store.record(every_kind(at), at)
store.close()
"""


RECORD_UNTIL_KILLED = """
import sys
from pathlib import Path
from dashboard.store import polls
from dashboard.store.history import HistoryStore
from tests.store.test_history import START_MS, mark
polls.SEAL_AFTER_POLLS = 7
store = HistoryStore(Path(sys.argv[1]))
at = max([START_MS, *(reading.received_ms for reading in store.last_readings())])
while True:
    at += 10_000
    store.record([mark(at)], at)
    print(at, flush=True)
"""
