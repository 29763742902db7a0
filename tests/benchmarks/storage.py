"""What the history costs: a poll written, a month read, a row on disk, against a row table.

The row table is the plain way: one row per contract and time, keyed by both, in the same SQLite
with the same settings. Run with `python -m tests.benchmarks.storage`.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path

import numpy as np

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import MarkPrice, SeriesKind
from dashboard.store.history import HistoryStore
from dashboard.store.polls import SEAL_AFTER_POLLS
from tests.benchmarks.measure import interleaved_rounds, medians, print_figure, thread_seconds

START_MS = 1_722_772_800_000
STEP_MS = 10_000
CONTRACTS = 500
DAYS = 30
SERIES_READ = 4
ROUNDS = 7
PEER = "SQLite row table keyed by contract and time"

KEYS = [InstrumentKey("binanceusdm", f"COIN{number}/USDT:USDT") for number in range(CONTRACTS)]
NUMBERS = {key.symbol: number for number, key in enumerate(KEYS)}
_FIGURES = attrgetter("received_ms", "venue_ms", "mark", "index")


class RowTable:
    """One row per contract and time, as most programs would store it."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute(
            "CREATE TABLE reading (contract INTEGER, time_ms INTEGER, venue_ms INTEGER, a REAL,"
            " b REAL, PRIMARY KEY (contract, time_ms)) WITHOUT ROWID"
        )

    def write_all(self, polls: Sequence[Sequence[MarkPrice]]) -> None:
        for poll in polls:
            self.write((NUMBERS[one.symbol], *_FIGURES(one)) for one in poll)

    def write(self, rows: Iterator[tuple[object, ...]]) -> None:
        self.connection.execute("BEGIN")
        self.connection.executemany("INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?)", rows)
        self.connection.execute("COMMIT")

    def read(self, contract: int, since_ms: int, until_ms: int) -> np.ndarray:
        found = self.connection.execute(
            "SELECT time_ms, a FROM reading"
            " WHERE contract = ? AND time_ms >= ? AND time_ms < ? ORDER BY time_ms",
            (contract, since_ms, until_ms),
        )
        return np.array(found.fetchall(), dtype=np.float64)


class Market:
    """Made-up mark prices that move like prices: a walk in ticks, an index beside it."""

    def __init__(self) -> None:
        self.dice = np.random.default_rng(20240805)
        self.mark = np.round(self.dice.uniform(0.1, 60_000, CONTRACTS), 1)
        self.now_ms = START_MS

    def poll(self) -> list[MarkPrice]:
        self.now_ms += STEP_MS
        self.mark = np.round(self.mark * (1 + self.dice.normal(0, 1e-4, CONTRACTS)), 1)
        index = np.round(self.mark * (1 + self.dice.normal(0, 1e-4, CONTRACTS)), 8)
        lag_ms = int(self.dice.integers(50, 400))
        return [
            MarkPrice(
                venue=key.venue,
                symbol=key.symbol,
                endpoint="premiumIndex",
                venue_ms=self.now_ms - lag_ms,
                received_ms=self.now_ms,
                mark=mark,
                index=around,
            )
            for key, mark, around in zip(KEYS, self.mark.tolist(), index.tolist(), strict=True)
        ]


def measure_writes(folder: Path) -> None:
    """A poll of 500 contracts, from readings to committed; sealing apart; the bytes of a row."""
    history, table = HistoryStore(folder / "history.sqlite3"), RowTable(folder / "table.sqlite3")
    market = Market()
    seconds: dict[str, list[float]] = {"history": [], "table": []}
    for _ in range(ROUNDS):
        polls = [market.poll() for _ in range(SEAL_AFTER_POLLS // ROUNDS - 1)]
        seconds["history"].append(thread_seconds(partial(record_all, history, polls), 1))
        seconds["table"].append(thread_seconds(partial(table.write_all, polls), 1))
    per_poll = {name: 1000 * value / len(polls) for name, value in medians(seconds).items()}
    print_figure("history write", per_poll["history"], "ms/poll", PEER, per_poll["table"])
    sealing = thread_seconds(history.close, 1)
    print_figure("history sealing", 1000 * sealing / (ROUNDS * len(polls)), "ms/poll")
    table.connection.close()
    rows = ROUNDS * len(polls) * CONTRACTS
    size = {path.stem: bytes_used(path) / rows for path in folder.glob("*.sqlite3")}
    print_figure("history size", size["history"], "bytes/row", PEER, size["table"])


def bytes_used(path: Path) -> int:
    """The bytes of the pages in use; polls that were sealed leave free ones for the next."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = ("page_count", "freelist_count", "page_size")
        pages, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return int((pages - free) * size)


def record_all(history: HistoryStore, polls: Sequence[Sequence[MarkPrice]]) -> None:
    """Record each poll as the feed does."""
    for poll in polls:
        history.record(poll, poll[0].received_ms)


def measure_reads(folder: Path) -> None:
    """A month of one figure of one contract out of several, at one row per 10 s."""
    history, table = HistoryStore(folder / "history.sqlite3"), RowTable(folder / "table.sqlite3")
    raw = folder / "series.f64"
    count = DAYS * 86_400_000 // STEP_MS
    dice = np.random.default_rng(20240805)
    for number in range(SERIES_READ):
        times = START_MS + STEP_MS * np.arange(count) + dice.integers(0, 400, count)
        price = np.round(60_000 + dice.normal(0, 3, count).cumsum(), 1)
        rows = np.column_stack([times, price, np.round(price * 88_000, 2)])
        history.append(KEYS[number], SeriesKind.OPEN_INTEREST, "1m", rows)
        table.write((number, int(row[0]), 0, row[1], row[2]) for row in rows.tolist())
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
    for measure in (measure_writes, measure_reads):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder))


if __name__ == "__main__":
    main()
