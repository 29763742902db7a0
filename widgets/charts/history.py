"""Which history has been asked for, which is still to come, and what to ask next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.feed.frames import LoadSeries, SeriesHeader
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import TIMEFRAMES_MS, SeriesKind

FIRST_BARS = 300
MOST_BARS_PER_REQUEST = 1_500
ASK_AGAIN_AFTER_MS = 30_000
SHOWN_KINDS = frozenset(
    {
        SeriesKind.CANDLES,
        SeriesKind.MARK_CANDLES,
        SeriesKind.OPEN_INTEREST,
        SeriesKind.LONG_SHORT_RATIO,
        SeriesKind.FUNDING,
        SeriesKind.LIQUIDATIONS,
    }
)


@dataclass(slots=True)
class History:
    """The history of one contract in one timeframe.

    One request is under way at a time; `awaited` are the kinds it has not been answered for.
    Answers without a row older than those held end it as fruitless: the next one is asked
    `ASK_AGAIN_AFTER_MS` later at the earliest. `clock_ms` is any clock that never goes back.
    """

    key: InstrumentKey
    timeframe: str
    number: int
    loaded_since_ms: int | None = None
    awaited: set[SeriesKind] = field(default_factory=set)
    notes: dict[SeriesKind, str] = field(default_factory=dict)
    _asked_since_ms: int = 0
    _heard_at_ms: int = 0
    _fruitful: bool = True

    @property
    def loading(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self.awaited)

    @property
    def at_the_end(self) -> bool:
        """Whether the last request for older rows brought none."""
        return not self._fruitful and not self.loading

    @property
    def bar_ms(self) -> int:
        """How long a bar of the timeframe is."""
        return TIMEFRAMES_MS[self.timeframe]

    def first(self, now_ms: int, bars: int, clock_ms: int) -> LoadSeries:
        """The request for the newest `bars` bars."""
        until = (now_ms // self.bar_ms + 1) * self.bar_ms
        return self._ask(until - max(bars, FIRST_BARS) * self.bar_ms, until, clock_ms)

    def older(self, wanted_since_ms: float, clock_ms: int) -> LoadSeries | None:
        """The request that brings the view closer to `wanted_since_ms`, None where none is due."""
        held = self.loaded_since_ms
        if self.loading or held is None or held <= 0 or wanted_since_ms >= held:
            return None
        if not self._fruitful and clock_ms - self._heard_at_ms < ASK_AGAIN_AFTER_MS:
            return None
        bars = min(
            max(-int(-(held - wanted_since_ms) // self.bar_ms), FIRST_BARS), MOST_BARS_PER_REQUEST
        )
        return self._ask(max(0, held - bars * self.bar_ms), held, clock_ms)

    def _ask(self, since_ms: int, until_ms: int, clock_ms: int) -> LoadSeries:
        self.number += 1
        self.awaited = set(SHOWN_KINDS)
        self._asked_since_ms, self._heard_at_ms = since_ms, clock_ms
        self._fruitful = self.loaded_since_ms is None
        return LoadSeries(self.key, self.timeframe, since_ms, until_ms, self.number)

    def answer(self, header: SeriesHeader, oldest_ms: float | None, clock_ms: int) -> None:
        """Take note of an answer whose oldest row is at `oldest_ms`, None where it has none."""
        if header.note or oldest_ms is not None:
            self.notes[header.kind] = header.note
        if header.request != self.number or not self.loading:
            return
        self._heard_at_ms = clock_ms
        held = self.loaded_since_ms
        if oldest_ms is not None and held is not None and oldest_ms < held:
            self._fruitful = True
        if header.complete:
            self.awaited.discard(header.kind)
            self._close()

    def give_up(self, clock_ms: int, patience_ms: int) -> bool:
        """End a request of which nothing was heard for `patience_ms`; whether it was ended."""
        if not self.loading or clock_ms - self._heard_at_ms < patience_ms:
            return False
        for kind in self.awaited:
            self.notes.setdefault(kind, "the feed did not answer in time")
        self._fruitful = False
        self.awaited.clear()
        if self.loaded_since_ms is None:
            self.loaded_since_ms = self._asked_since_ms
        return True

    def _close(self) -> None:
        if not self.loading and (self._fruitful or self.loaded_since_ms is None):
            self.loaded_since_ms = self._asked_since_ms
