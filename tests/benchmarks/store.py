"""What the history costs: a snapshot written, a month read, a point on disk, against a row table.

A snapshot is what a poll of the market gives of 500 contracts, six figures each: mark price and
index price, open interest in coin and USD, funding rate, long/short ratio. The row table is the
plain way: one row per contract and time with the six figures, keyed by both, in the same SQLite
with the same settings. Both start from the same readings. Run with
`python -m tests.benchmarks.store`.
"""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import (
    FundingRate,
    IntervalSource,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    RatioSeries,
    Reading,
    SeriesKind,
)
from dashboard.store.history import HistoryStore
from dashboard.store.polls import SEAL_AFTER_POLLS
from tests.benchmarks.measure import interleaved_rounds, medians, print_figure, thread_seconds

START_MS = 1_722_772_800_000
STEP_MS = 10_000
CONTRACTS = 500
CONTRACTS_SIZED = 6
DAYS_SIZED = 2
DAYS = 30
SERIES_READ = 4
ROUNDS = 7
PEER = "SQLite row table keyed by contract and time"

KEYS = [InstrumentKey("binanceusdm", f"COIN{number}/USDT:USDT") for number in range(CONTRACTS)]
_MARK = attrgetter("received_ms", "venue_ms", "mark", "index")
_INTEREST = attrgetter("coin", "usd")
_FUNDING = attrgetter("predicted")
_RATIO = attrgetter("ratio")


class Poll(NamedTuple):
    """One snapshot: the readings of every contract, in the order of KEYS."""

    marks: list[MarkPrice]
    interests: list[OpenInterest]
    fundings: list[FundingRate]
    ratios: list[LongShortRatio]

    def readings(self) -> list[Reading]:
        return [*self.marks, *self.interests, *self.fundings, *self.ratios]


class RowTable:
    """One row per contract and time, as most programs would store it."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute(
            "CREATE TABLE reading (contract INTEGER, time_ms INTEGER, venue_ms INTEGER, a REAL,"
            " b REAL, c REAL, d REAL, e REAL, f REAL, PRIMARY KEY (contract, time_ms))"
            " WITHOUT ROWID"
        )

    def write_all(self, polls: Sequence[Poll]) -> None:
        for poll in polls:
            marks, interests = map(_MARK, poll.marks), map(_INTEREST, poll.interests)
            fundings, ratios = map(_FUNDING, poll.fundings), map(_RATIO, poll.ratios)
            self.write(
                (number, *mark, *interest, funding, ratio)
                for number, (mark, interest, funding, ratio) in enumerate(
                    zip(marks, interests, fundings, ratios, strict=True)
                )
            )

    def write(self, rows: Iterable[tuple[object, ...]]) -> None:
        self.connection.execute("BEGIN")
        self.connection.executemany(
            "INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        self.connection.execute("COMMIT")

    def read(self, contract: int, since_ms: int, until_ms: int) -> np.ndarray:
        found = self.connection.execute(
            "SELECT time_ms, a FROM reading"
            " WHERE contract = ? AND time_ms >= ? AND time_ms < ? ORDER BY time_ms",
            (contract, since_ms, until_ms),
        )
        return np.array(found.fetchall(), dtype=np.float64)


class Market:
    """A made-up market that moves like one: prices walk in ticks, the rest about them."""

    def __init__(self, contracts: int = CONTRACTS) -> None:
        self.contracts = contracts
        self.dice = np.random.default_rng(20240805)
        self.mark = np.round(self.dice.uniform(0.1, 60_000, self.contracts), 1)
        self.coin = np.round(self.dice.uniform(1e3, 1e6, self.contracts), 3)
        self.ratio = np.round(self.dice.uniform(0.5, 3.0, self.contracts), 4)
        self.now_ms = START_MS
        self.polls = 0

    def poll(self) -> Poll:
        self.now_ms += STEP_MS
        self.polls += 1
        self.mark = np.round(self.mark * (1 + self.dice.normal(0, 1e-4, self.contracts)), 1)
        self.coin = np.round(self.coin * (1 + self.dice.normal(0, 1e-5, self.contracts)), 3)
        if self.polls % 30 == 0:
            # Venues publish this ratio every five minutes.
            self.ratio = np.round(self.ratio * (1 + self.dice.normal(0, 1e-3, self.contracts)), 4)
        index = np.round(self.mark * (1 + self.dice.normal(0, 1e-4, self.contracts)), 8)
        funding = np.round(1e-4 + self.dice.normal(0, 1e-6, self.contracts), 8)
        lag_ms = int(self.dice.integers(50, 400))
        of = [
            {
                "venue": key.venue,
                "symbol": key.symbol,
                "endpoint": "a path",
                "venue_ms": self.now_ms - lag_ms,
                "received_ms": self.now_ms,
            }
            for key in KEYS[: self.contracts]
        ]
        marks, coins = self.mark.tolist(), self.coin.tolist()
        return Poll(
            [
                MarkPrice(**base, mark=mark, index=around)
                for base, mark, around in zip(of, marks, index.tolist(), strict=True)
            ],
            [
                OpenInterest(**base, coin=coin, usd=coin * mark, derivation="coin x mark price")
                for base, coin, mark in zip(of, coins, marks, strict=True)
            ],
            [
                FundingRate(
                    **base,
                    predicted=rate,
                    next_settlement_ms=START_MS + 28_800_000,
                    interval_hours=8.0,
                    interval_source=IntervalSource.VENUE,
                )
                for base, rate in zip(of, funding.tolist(), strict=True)
            ],
            [
                LongShortRatio(
                    **base,
                    series=RatioSeries.GLOBAL_ACCOUNTS,
                    ratio=ratio,
                    long_fraction=ratio / (1 + ratio),
                )
                for base, ratio in zip(of, self.ratio.tolist(), strict=True)
            ],
        )


def measure_writes(folder: Path) -> None:
    """A snapshot, from readings to committed, and apart what sealing adds to each."""
    history, table = HistoryStore(folder / "history.sqlite3"), RowTable(folder / "table.sqlite3")
    market = Market()
    seconds: dict[str, list[float]] = {"history": [], "table": []}
    record_all(history, [market.poll().readings()])
    gc.disable()
    for _ in range(ROUNDS):
        polls = [market.poll() for _ in range(SEAL_AFTER_POLLS // ROUNDS - 1)]
        flat = [poll.readings() for poll in polls]
        seconds["history"].append(thread_seconds(partial(record_all, history, flat), 1))
        seconds["table"].append(thread_seconds(partial(table.write_all, polls), 1))
    gc.enable()
    per_poll = {name: 1000 * value / len(polls) for name, value in medians(seconds).items()}
    print_figure("history append", per_poll["history"], "ms/snapshot", PEER, per_poll["table"])
    sealing = thread_seconds(history.close, 1)
    print_figure("history sealing", 1000 * sealing / (ROUNDS * len(polls)), "ms/snapshot")
    table.connection.close()


def measure_size(folder: Path) -> None:
    """The bytes of a point, six figures of one contract at one time, after some recorded days."""
    history, table = HistoryStore(folder / "history.sqlite3"), RowTable(folder / "table.sqlite3")
    market = Market(CONTRACTS_SIZED)
    count = DAYS_SIZED * 86_400_000 // STEP_MS
    for _ in range(count):
        poll = market.poll()
        history.record(poll.readings(), poll.marks[0].received_ms)
        table.write_all([poll])
    history.close()
    table.connection.close()
    points = count * CONTRACTS_SIZED
    size = {path.stem: bytes_used(path) / points for path in folder.glob("*.sqlite3")}
    print_figure("history size", size["history"], "bytes/point", PEER, size["table"])


def bytes_used(path: Path) -> int:
    """The bytes of the pages in use; polls that were sealed leave free ones for the next."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = ("page_count", "freelist_count", "page_size")
        pages, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return int((pages - free) * size)


def record_all(history: HistoryStore, polls: Sequence[Sequence[Reading]]) -> None:
    """Record each poll as the feed does."""
    for poll in polls:
        history.record(poll, poll[0].received_ms)


def measure_reads(folder: Path) -> None:
    """A month of one figure of one contract out of several, at one row per 10 s.

    The rows come to the history in the pieces in which it seals polls.
    """
    history, table = HistoryStore(folder / "history.sqlite3"), RowTable(folder / "table.sqlite3")
    raw = folder / "series.f64"
    count = DAYS * 86_400_000 // STEP_MS
    dice = np.random.default_rng(20240805)
    for number in range(SERIES_READ):
        times = START_MS + STEP_MS * np.arange(count) + dice.integers(0, 400, count)
        price = np.round(60_000 + dice.normal(0, 3, count).cumsum(), 1)
        rows = np.column_stack([times, price, np.round(price * 88_000, 2)])
        for start in range(0, count, SEAL_AFTER_POLLS):
            piece = rows[start : start + SEAL_AFTER_POLLS]
            history.append(KEYS[number], SeriesKind.OPEN_INTEREST, "1m", piece)
        table.write(
            (number, int(row[0]), 0, row[1], row[2], 1.0, 1.0, 1.0, 1.0) for row in rows.tolist()
        )
        np.ascontiguousarray(rows[:, :2]).tofile(raw)
    until_ms = START_MS + STEP_MS * (count + 1)

    def from_history() -> int:
        columns = ("time_ms", "coin")
        read = history.read(KEYS[1], SeriesKind.OPEN_INTEREST, "1m", 0, until_ms, columns)
        return len(read)

    def from_table() -> int:
        return len(table.read(1, 0, until_ms))

    def from_raw_file() -> int:
        return len(np.fromfile(raw).reshape(-1, 2))

    candidates = {"history": from_history, "table": from_table, "raw": from_raw_file}
    if {work() for work in candidates.values()} != {count}:
        raise SystemExit("the candidates do not read the same rows")
    per_read = {name: 1000 * s for name, s in medians(interleaved_rounds(candidates)).items()}
    print_figure("history month read", per_read["history"], "ms", PEER, per_read["table"])
    print_figure(
        "history month read", per_read["history"], "ms", "raw file of float64", per_read["raw"]
    )
    history.close()
    table.connection.close()


def main() -> None:
    """Print every figure."""
    for measure in (measure_writes, measure_size, measure_reads):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder))


if __name__ == "__main__":
    main()
