"""The whole window while its venues fail: `python -m tests.faults.window [KIND ...]`.

The off-screen window with its own feed runs on four venues behind fault proxies. Each kind of
fault is served to one venue in turn (`--everywhere`: to each), and a JSON line says what came of
it. Ends with 1 where a fault was not served, the GUI's event loop was held up for 100 ms net of
what other processes held the processor, something was logged as a warning, a figure was wrong,
another venue was asked later than its turn, or the venue was not back within one back-off.
`--untimed` leaves out what depends on how busy this machine is.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from dashboard.market.account import MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import ContractKind, Instrument, InstrumentKey
from dashboard.store.book import BookStore
from dashboard.store.paths import find_places
from tests.faults.feeds import SIX, key_of
from tests.faults.hasty_feed import BACK_OFF_S, EVERY_S
from tests.faults.kinds import KINDS, Effect
from tests.faults.monkey import _is_filled, _window
from tests.faults.served import DROPPED, FROZEN, REFUSED
from widgets import app, feed_process
from widgets import format as fmt
from widgets.feed_link import FeedLink
from widgets.models.watch_column import LATE_MARK
from widgets.options import AppOptions
from widgets.panels.positions import PositionsPanel
from widgets.panels.watchlist import WatchlistPanel
from widgets.timings import Heartbeat

ROOT = Path(__file__).resolve().parents[2]
VENUES = SIX[:4]
LOOK_MS = 250
FAULT_S = 4.0
SLOW_FAULT_S = 16.0
"""A venue that hangs is left hanging for so long, to see whether others are asked as often."""
PATIENCE_S = 25.0
KNOWN_S = 5.0
"""Every true text is known when none was new for so long, without a fault."""
MOST_LATE_MS = 100.0
ANSWER_S = 1.0
"""Within this an answer has come, been judged and been shown."""
OTHERS_OLDEST_S = EVERY_S * 1.1 + ANSWER_S
BACK_WITHIN_S = BACK_OFF_S + OTHERS_OLDEST_S
PASSING = {"age", "next_funding", "trend", "odds_24h", "odds_168h"}
"""Columns that change though the market stands."""
STAMPS_MOVED = {"old-stamps", "future-stamps", "out-of-order"}
BY_STAMP = {"long_short_ratio", "long_fraction"}
BY_STAMP |= {"open_interest_change_1h", "open_interest_change_24h"}
"""Of rows of a past whose stamps were all moved alike nobody can tell."""
TIMED = ("held up", "not asked for", "asked every", "came back after")

Cell = tuple[str, str, str]
"""Table, row and column of a figure."""


@dataclass
class Case:
    """A kind of fault at a venue, and what came of it."""

    kind: str
    row: str
    venue: str
    served: int = 0
    late_net_max_ms: float = 0.0
    late_max_ms: float = 0.0
    others_oldest_s: float = 0.0
    others_interval_s: float | None = None
    back_after_s: float | None = None
    logged_bytes: int = 0
    said: str = ""
    misses: list[str] = field(default_factory=list)


class Venues:
    """The process with the venues; it is told what to do, and heard on a thread."""

    def __init__(self) -> None:
        self.served: dict[str, int] = {}
        self.errors: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.served", *VENUES],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.urls: dict[str, str] = self._line()["urls"]
        threading.Thread(target=self._listen, daemon=True).start()

    def order(self, **what: object) -> None:
        """Send an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)

    def _line(self) -> dict[str, dict[str, str]]:
        assert self.process.stdout is not None
        line: dict[str, dict[str, str]] = json.loads(self.process.stdout.readline())
        return line

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            self.served, self.errors = told["served"], told["errors"]


class Complaints(logging.Handler):
    """Collects what is logged at WARNING and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: deque[str] = deque(maxlen=100)

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record)[:2_000])


class Examiner(QObject):
    """Goes through the cases in a running window and then ends it."""

    def __init__(
        self,
        start: app.Start,
        cases: Sequence[Case],
        venues: Venues,
        complaints: Complaints,
        fault_s: float,
    ) -> None:
        super().__init__(start)
        self._fault_s = fault_s
        self._start = start
        self._cases = iter(cases)
        self._venues = venues
        self._complaints = complaints
        self._logs = [start._places.log, start._places.logs / "feed.log"]
        self._true: dict[Cell, set[str]] = {}
        self._steps: Iterator[None] = self._examine()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK_MS)

    @property
    def _link(self) -> FeedLink:
        assert self._start._program is not None
        return self._start._program._link

    def _look(self) -> None:
        if next(self._steps, self) is self:
            self._timer.stop()
            QApplication.exit(0)

    def _examine(self) -> Iterator[None]:
        """Wait for whole rows, learn what is true, then take a case after the other."""
        while not self._complete():
            yield
        new_s = time.monotonic()
        while time.monotonic() < new_s + KNOWN_S:
            if self._learn():
                new_s = time.monotonic()
            yield
        for case in self._cases:
            yield from self._one(case)
            sys.stdout.write(json.dumps(asdict(case)) + "\n")
            sys.stdout.flush()

    def _one(self, case: Case) -> Iterator[None]:
        heartbeat = Heartbeat(self)
        before, size = self._venues.served.get(case.kind, 0), self._log_size()
        self._complaints.heard.clear()
        heartbeat.start()
        self._venues.order(put=case.kind, venue=case.venue)
        yield from self._while_faulty(case, before)
        self._venues.order(clear=True)
        yield from self._until_back(case)
        heartbeat.stop()
        late = heartbeat.lateness_ms()
        heartbeat.deleteLater()
        case.late_net_max_ms, case.late_max_ms = late["net_max"] or 0.0, late["max"] or 0.0
        case.logged_bytes = self._log_size() - size
        case.misses += self._complaints.heard
        case.misses += [f"the proxy broke: {error}" for error in self._venues.errors]
        if case.late_net_max_ms >= MOST_LATE_MS:
            case.misses.append(f"the event loop was held up for {case.late_net_max_ms:.0f} ms")
        if (case.others_interval_s or 0.0) > EVERY_S * 1.1:
            case.misses.append(f"other venues were asked every {case.others_interval_s:.2f} s")
        if case.others_oldest_s > OTHERS_OLDEST_S:
            case.misses.append(f"another venue was not asked for {case.others_oldest_s:.1f} s")

    def _while_faulty(self, case: Case, before: int) -> Iterator[None]:
        began_s, began_ms = time.monotonic(), self._link.now_ms()
        others = [venue for venue in VENUES if venue != case.venue]
        seen: dict[str, set[int]] = {venue: set() for venue in others}
        slow = case.row == "N18" and self._fault_s > 0.0
        least_s = SLOW_FAULT_S if slow else self._fault_s
        while True:
            yield
            self._check(case)
            marks = self._link.snapshot.marks
            now_ms = self._link.now_ms()
            for venue in others:
                seen[venue].add(marks[key_of(venue)].received_ms)
            ages_s = [(now_ms - marks[key_of(venue)].received_ms) / 1000.0 for venue in others]
            case.others_oldest_s = round(max(case.others_oldest_s, *ages_s), 2)
            case.served = self._venues.served.get(case.kind, 0) - before
            status = self._link.statuses[case.venue]
            if status.state != "ok":
                case.said = status.text
            if case.kind == REFUSED and "refused the connection" in case.said:
                case.served = 2
            passed_s = time.monotonic() - began_s
            went_on = all(marks[key_of(venue)].received_ms > began_ms for venue in others)
            told = case.said or effect_of(case.kind) is not Effect.FAILED
            if passed_s > least_s and case.served >= 2 and went_on and told:
                case.others_interval_s = mean_interval_s(seen.values()) if slow else None
                return
            if passed_s > PATIENCE_S:
                case.misses += [] if case.served >= 2 else ["the fault was not served twice"]
                case.misses += [] if went_on else ["the other venues stood still"]
                case.misses += [] if told else ["the venue's label never said that it fails"]
                return

    def _until_back(self, case: Case) -> Iterator[None]:
        cleared_s, cleared_ms = time.monotonic(), self._link.now_ms()
        key = key_of(case.venue)
        while time.monotonic() < cleared_s + PATIENCE_S:
            yield
            self._check(case)
            mark = self._link.snapshot.marks.get(key)
            back = mark is not None and mark.received_ms > cleared_ms
            if mark is not None and back and not (mark.doubt or mark.lag_ms):
                passed_s = time.monotonic() - cleared_s
                case.back_after_s = case.back_after_s or round(passed_s, 2)
                if self._link.statuses[case.venue].state == "ok" and self._complete(key):
                    break
        else:
            case.misses.append(f"the venue never came back: {self._link.statuses[case.venue].text}")
        if case.back_after_s is not None and case.back_after_s > BACK_WITHIN_S:
            case.misses.append(f"it came back after {case.back_after_s:.1f} s")

    def _check(self, case: Case) -> None:
        """Every figure on the screen is true, or n/a, or marked as doubted where it may be."""
        for cell, text, hint in self._cells():
            if cell[2] in PASSING or (case.kind in STAMPS_MOVED and cell[2] in BY_STAMP):
                continue
            if case.kind == DROPPED and cell[2] == "basis":
                continue  # pushed prices have an index, recorded ones none
            if text == fmt.NA or text.removeprefix(LATE_MARK).strip() in self._true.get(
                cell, set()
            ):
                continue
            if text.startswith(LATE_MARK) and "suspect" in hint:
                continue
            miss = f"{' '.join(cell)} is {text}, true is {sorted(self._true.get(cell, set()))}"
            if miss not in case.misses:
                case.misses.append(miss)

    def _learn(self) -> bool:
        """Take in what is shown; whether something of it was new."""
        known = sum(map(len, self._true.values()))
        for cell, text, _ in self._cells():
            if cell[2] not in PASSING:
                self._true.setdefault(cell, set()).add(text)
        return sum(map(len, self._true.values())) > known

    def _cells(self) -> Iterator[tuple[Cell, str, str]]:
        window = self._start._window
        for panel in (*window.findChildren(WatchlistPanel), *window.findChildren(PositionsPanel)):
            model = panel.model
            for row, name in enumerate(model.shown_keys()):
                for column, spec in enumerate(model.columns):
                    index = model.index(row, column)
                    text = str(model.data(index, Qt.ItemDataRole.DisplayRole))
                    hint = ""
                    if text.startswith(LATE_MARK):
                        hint = str(model.data(index, Qt.ItemDataRole.ToolTipRole))
                    yield (type(panel).__name__, str(name), spec.key), text, hint

    def _complete(self, only: InstrumentKey | None = None) -> bool:
        """Whether the window is filled and every reading that a venue gives is there, undoubted."""
        window, program = _window(), self._start._program
        if window is None or program is None or not _is_filled(window):
            return False
        snapshot = self._link.snapshot
        keys = [key_of(venue) for venue in VENUES] if only is None else [only]
        return all(
            one in held and not held[one].doubt
            for held in (snapshot.marks, snapshot.tickers, snapshot.fundings)
            for one in keys
        ) and all(one in snapshot.open_interests for one in keys)

    def _log_size(self) -> int:
        return sum(path.stat().st_size for path in self._logs if path.exists())


def mean_interval_s(received_ms: Iterable[set[int]]) -> float:
    """The mean time between readings, over venues, in seconds."""
    between = [(max(one) - min(one), len(one) - 1) for one in received_ms if len(one) > 1]
    count = max(1, sum(count for _, count in between))
    return round(sum(span for span, _ in between) / 1000.0 / count, 2)


def effect_of(kind: str) -> Effect:
    """What must come of a fault."""
    other = Effect.TRUE if kind in {FROZEN, DROPPED} else Effect.FAILED
    return next((one.effect for one in KINDS if one.name == kind), other)


def cases_of(names: Sequence[str], *, everywhere: bool) -> list[Case]:
    """A case for each kind that is named, all of them where none is."""
    rows = {kind.name: kind.row for kind in KINDS} | {
        REFUSED: "N19",
        FROZEN: "N9",
        DROPPED: "N22",
    }
    chosen = [name for name in rows if not names or name in names]
    return [
        Case(name, rows[name], venue)
        for at, name in enumerate(chosen)
        for venue in (VENUES if everywhere else (VENUES[at % len(VENUES)],))
    ]


def run_window(cases: Sequence[Case], folder: Path, fault_s: float) -> list[str]:
    """One run of the window, each case at least `fault_s` long; gives what else was wrong."""
    complaints, venues = Complaints(), Venues()
    show, program = app.Start.show, feed_process.feed_program

    def show_and_examine(start: app.Start) -> None:
        show(start)
        Examiner(start, cases, venues, complaints, fault_s)

    def hasty(arguments: Sequence[str]) -> tuple[str, list[str]]:
        return sys.executable, ["-m", "tests.faults.hasty_feed", *arguments]

    _fill_book(find_places(folder).book)
    app.Start.show = show_and_examine  # type: ignore[method-assign]
    feed_process.feed_program = hasty
    logging.getLogger().addHandler(complaints)
    options = AppOptions(
        venues=VENUES,
        venue_urls=[f"{venue}={url}" for venue, url in venues.urls.items()],
        fast_interval_s=EVERY_S,
        data_dir=folder,
        offscreen=True,
        quit_after_s=60.0 + len(cases) * 2 * PATIENCE_S,
    )
    try:
        status = app.run(options)
    finally:
        logging.getLogger().removeHandler(complaints)
        app.Start.show, feed_process.feed_program = show, program  # type: ignore[method-assign]
        venues.close()
    return [] if status == 0 else [f"the window ended with {status}"]


def _fill_book(path: Path) -> None:
    """A watch-list and a position at each venue."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store = BookStore(path)
    try:
        store.set_watched([key_of(venue) for venue in VENUES])
        for venue in VENUES:
            store.add_position(_position(key_of(venue)))
    finally:
        store.close()


def _position(key: InstrumentKey) -> Position:
    quote = key.symbol.partition("/")[2].partition(":")[0]
    return Position(
        id=key.venue,
        instrument=Instrument(
            venue=key.venue,
            symbol=key.symbol,
            market_id="BTC",
            base="BTC",
            quote=quote,
            settle=quote,
            kind=ContractKind.LINEAR,
        ),
        side=Side.LONG,
        size=0.5,
        size_unit=SizeUnit.BASE,
        entry_price=36_000.0,
        margin_mode=MarginMode.ISOLATED,
        leverage=10.0,
    )


def _feed_complaints(folder: Path) -> list[str]:
    path = find_places(folder).logs / "feed.log"
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    signs = (" WARNING ", " ERROR ", " CRITICAL ", "Traceback")
    return [line for line in lines if any(sign in line for sign in signs)]


def main() -> int:
    """The module's command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", help="kinds of tests/faults/kinds.py; all without")
    parser.add_argument("--everywhere", action="store_true", help="each kind at each venue")
    parser.add_argument("--untimed", action="store_true", help="judge nothing by the clock")
    options = parser.parse_args()
    cases = cases_of(options.kinds, everywhere=options.everywhere)
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as name:
        wrong = run_window(cases, Path(name), 0.0 if options.untimed else FAULT_S)
        wrong += _feed_complaints(Path(name))
    missed = [case for case in cases if _counted(case, untimed=options.untimed)]
    unserved = [case.kind for case in cases if case.served < 2]
    lates = [case.late_net_max_ms for case in cases]
    summary = {
        "cases": len(cases),
        "missed": [f"{case.kind} at {case.venue}" for case in missed],
        "unserved": unserved,
        "late_net_max_ms": max(lates, default=0.0),
        "back_after_max_s": max((case.back_after_s or 0.0 for case in cases), default=0.0),
        "wrong": wrong[:20],
    }
    sys.stdout.write(json.dumps(summary) + "\n")
    sys.stdout.flush()
    return 1 if missed or unserved or wrong else 0


def _counted(case: Case, *, untimed: bool) -> list[str]:
    if not untimed:
        return case.misses
    return [miss for miss in case.misses if not any(sign in miss for sign in TIMED)]


if __name__ == "__main__":
    sys.exit(main())
