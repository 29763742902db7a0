"""Kill a process that edits the book and records polls, again and again, at random moments.

`python -m tests.faults.kill --times 500` prints one line and ends with 0 where after every kill
both databases were sound, no acknowledged edit was missing and no acknowledged poll. Polls that
were not acknowledged yet, one interval of them, may be gone.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dashboard.market.instrument import InstrumentKey
from dashboard.store.book import BookStore
from dashboard.store.history import HistoryStore
from dashboard.store.recorded import Recorded

LONGEST_LIFE_S = 0.4
KEY = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
POLL_EVERY_MS = 10_000
FIRST_MS = 1_700_006_400_000

WORKER = """
import sys
from pathlib import Path
from dashboard.market.account import Balance
from dashboard.market.readings import MarkPrice
from dashboard.store import polls
from dashboard.store.book import BookStore
from dashboard.store.history import HistoryStore
polls.SEAL_AFTER_POLLS = 7
folder, edit, at = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
book, history = BookStore(folder / "book.sqlite3"), HistoryStore(folder / "history.sqlite3")
print("up", flush=True)
while True:
    edit, at = edit + 1, at + 10_000
    coin = f"C{edit % 50}"
    if edit % 7 == 0:
        book.delete_balance("binanceusdm", coin)
    else:
        book.set_balance(Balance(venue="binanceusdm", coin=coin, amount=float(edit)))
    print("edit", edit, flush=True)
    mark = MarkPrice(venue="binanceusdm", symbol="BTC/USDT:USDT", endpoint="e", venue_ms=at,
                     received_ms=at, mark=60_000.0 + edit)
    history.record([mark], at)
    print("poll", at, flush=True)
"""


@dataclass
class Tally:
    """What all kills came to."""

    kills: int = 0
    mid_work: int = 0
    edits: int = 0
    polls: int = 0
    lost_edits: int = 0
    lost_polls: int = 0
    unsound: int = 0
    restored: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing was lost, and processes were really killed while they worked."""
        return not (self.lost_edits or self.lost_polls or self.unsound or self.restored) and (
            self.mid_work > 0
        )


def expected(edits: int) -> dict[str, float]:
    """The balances after so many edits."""
    held: dict[str, float] = {}
    for edit in range(1, edits + 1):
        coin = f"C{edit % 50}"
        if edit % 7 == 0:
            held.pop(coin, None)
        else:
            held[coin] = float(edit)
    return held


def one_kill(folder: Path, tally: Tally, dice: random.Random) -> None:
    """Start a worker, kill it, open what it left and count."""
    start = [sys.executable, "-c", WORKER, str(folder), str(tally.edits)]
    with subprocess.Popen(
        [*start, str(FIRST_MS + tally.edits * POLL_EVERY_MS)], stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        if dice.random() > 0.1:
            worker.stdout.readline()
        time.sleep(dice.uniform(0.0, LONGEST_LIFE_S))
        alive = worker.poll() is None
        worker.kill()
        lines = [line.split() for line in worker.stdout.read().splitlines()]
    said = [(parts[0], int(parts[1])) for parts in lines if len(parts) == 2]
    tally.kills += 1
    tally.mid_work += alive and bool(said)
    acknowledged = max([tally.edits, *(number for word, number in said if word == "edit")])
    polled = {number for word, number in said if word == "poll"}
    tally.polls += len(polled)
    _judge(folder, tally, acknowledged, polled)


def _judge(folder: Path, tally: Tally, acknowledged: int, polled: set[int]) -> None:
    for name in ("book", "history"):
        path = folder / f"{name}.sqlite3"
        if path.exists():
            with contextlib.closing(sqlite3.connect(path)) as connection:
                sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            tally.unsound += not sound
    book = BookStore(folder / "book.sqlite3")
    held = {balance.coin: balance.amount for balance in book.load().balances}
    tally.restored += bool(book.notices)
    book.close()
    # An edit may be on disk before its word is out; the one after it cannot.
    after = next((n for n in (acknowledged, acknowledged + 1) if held == expected(n)), None)
    tally.lost_edits += after is None
    tally.edits = acknowledged if after is None else after
    history = HistoryStore(folder / "history.sqlite3")
    rows = history.read_polled(KEY, Recorded.MARK_PRICE, 0, FIRST_MS * 2)
    history.close()
    tally.lost_polls += len(polled - {int(row) for row in rows[:, 0]})


def run(times: int, seed: int) -> Tally:
    """Kill so often; moments follow from the seed."""
    tally, dice = Tally(), random.Random(seed)  # noqa: S311 (moments, no secrets)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(times):
            one_kill(Path(folder), tally, dice)
            if not tally.good and tally.mid_work:
                break
    return tally


def main() -> int:
    """The module's command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    tally = run(options.times, options.seed)
    sys.stdout.write(f"{tally}\n")
    return 0 if tally.good and tally.kills == options.times else 1


if __name__ == "__main__":
    sys.exit(main())
