"""Fetches the past of recorded contracts, one contract after the other, and counts its pages.

What is stored already is not asked again, so that a run which was broken off goes on where it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dashboard.feed.frames import LoadSeries, Series
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.venues.catalogue import find_entry

BACK_FILL_TIMEFRAME = "1h"
BACK_FILL_KINDS = (
    SeriesKind.CANDLES,
    SeriesKind.OPEN_INTEREST,
    SeriesKind.LONG_SHORT_RATIO,
    SeriesKind.FUNDING,
    SeriesKind.MARK_CANDLES,
)
DAY_MS = 86_400_000


@dataclass(slots=True)
class _Contract:
    """A contract's expected pages by kind, those that came, and the kinds that are done."""

    request: LoadSeries
    expected: dict[SeriesKind, int]
    came: dict[SeriesKind, int] = field(default_factory=dict)
    done: set[SeriesKind] = field(default_factory=set)

    @property
    def pages_done(self) -> int:
        return sum(
            pages if kind in self.done else min(pages, self.came.get(kind, 0))
            for kind, pages in self.expected.items()
        )


class BackFilling:
    """Has `days` up to now fetched of what `add` names; `load` asks the feed for a series.

    `say` gets a sentence for each series of which rows are missing.
    """

    def __init__(
        self,
        days: int,
        load: Callable[[LoadSeries], None],
        now_ms: Callable[[], int],
        say: Callable[[str], None],
    ) -> None:
        self._days = days
        self._load = load
        self._now_ms = now_ms
        self._say = say
        self._all: list[_Contract] = []
        self._waiting: deque[_Contract] = deque()
        self._current: _Contract | None = None

    @property
    def done(self) -> bool:
        """Whether everything that was named so far is fetched or known not to come."""
        return self._current is None and not self._waiting

    def add(self, keys: Iterable[InstrumentKey]) -> None:
        """Fetch these contracts too; their venues are listed."""
        until_ms = self._now_ms()
        for key in keys:
            since_ms = until_ms - self._days * DAY_MS
            number = len(self._all) + 1
            request = LoadSeries(
                key, BACK_FILL_TIMEFRAME, since_ms, until_ms, number, BACK_FILL_KINDS, follow=False
            )
            contract = _Contract(request, _expected_pages(key.venue, since_ms, until_ms))
            self._all.append(contract)
            self._waiting.append(contract)
        if self._current is None:
            self._next()

    def take(self, series: Series) -> None:
        """Count a frame of what was asked; after a contract's last one the next is asked."""
        header, contract = series.header, self._current
        if contract is None or header.request != contract.request.request:
            return
        if header.complete:
            contract.done.add(header.kind)
            if header.note and header.kind in contract.expected:
                words = header.kind.value.replace("_", " ")
                self._say(f"{header.venue} {header.symbol} {words}: {header.note}")
            if contract.done.issuperset(BACK_FILL_KINDS):
                self._current = None
                self._next()
        elif header.kind in contract.came:
            contract.came[header.kind] += 1
        else:
            contract.came[header.kind] = 0  # the first frame has what is stored

    def line(self) -> str:
        """How far it is: "back-fill 12 of 40 pages"."""
        done = sum(contract.pages_done for contract in self._all)
        expected = sum(sum(contract.expected.values()) for contract in self._all)
        return f"back-fill {done} of {expected} pages"

    def _next(self) -> None:
        if self._waiting:
            self._current = self._waiting.popleft()
            self._load(self._current.request)


def _expected_pages(venue: str, since_ms: int, until_ms: int) -> dict[SeriesKind, int]:
    """Pages of each kind that the venue offers, as if nothing of them were stored."""
    expected: dict[SeriesKind, int] = {}
    for kind in BACK_FILL_KINDS:
        call = find_entry(venue).series.get(kind)
        if call is None:
            continue
        span_ms = until_ms - since_ms
        if call.depth_ms is not None:
            span_ms = min(span_ms, call.depth_ms)
        page_ms = call.page_rows * call.periods[BACK_FILL_TIMEFRAME].step_ms
        expected[kind] = -(-span_ms // page_ms)
    return expected
