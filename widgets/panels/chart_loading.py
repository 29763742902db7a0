"""What the charts ask the feed for, and why a series is not there."""

from __future__ import annotations

import time
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from dashboard.feed.frames import LoadSeries, SeriesHeader
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import ReadingKind, SeriesKind
from dashboard.market.snapshot import Snapshot
from widgets.charts.history import FIRST_BARS, History
from widgets.charts.time_range import TimeRange

NO_CONTRACT = "Select a contract in the watch-list to see its charts."
_NO_ROWS = "the venue sent no rows."
_PATIENCE_MS = 30_000
_AHEAD_OF_VIEW = 0.5
_COMPARED_KINDS = (SeriesKind.CANDLES, SeriesKind.OPEN_INTEREST)
_WORDS = {
    SeriesKind.CANDLES: "price",
    SeriesKind.MARK_CANDLES: "mark price",
    SeriesKind.OPEN_INTEREST: "open interest",
    SeriesKind.LONG_SHORT_RATIO: "long/short ratio",
    SeriesKind.FUNDING: "funding",
    SeriesKind.LIQUIDATIONS: "liquidations",
}
_READINGS = {
    SeriesKind.CANDLES: ReadingKind.TICKER,
    SeriesKind.MARK_CANDLES: ReadingKind.MARK_PRICE,
    SeriesKind.OPEN_INTEREST: ReadingKind.OPEN_INTEREST,
    SeriesKind.LONG_SHORT_RATIO: ReadingKind.LONG_SHORT_RATIO,
    SeriesKind.FUNDING: ReadingKind.FUNDING_RATE,
}


class ChartLoading(QObject):
    """The history of the charted contract, and of those it is compared with over the same span.

    `requested` carries each LoadSeries that is to be answered.
    """

    requested = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history: History | None = None
        self._requests = 0

    @property
    def loading(self) -> bool:
        """Whether an answer is still to come."""
        return self.history is not None and self.history.loading

    def forget(self) -> None:
        """Nothing is charted any more, or another contract or timeframe."""
        self.history = None

    def ask_newest(
        self, key: InstrumentKey, timeframe: str, now_ms: int, compared: Iterable[InstrumentKey]
    ) -> None:
        """Ask for the newest rows."""
        self.history = History(key, timeframe, self._requests)
        self._ask(self.history.first(now_ms, FIRST_BARS, _clock_ms()), compared)

    def ask_older(self, view: TimeRange, compared: Iterable[InstrumentKey]) -> bool:
        """Ask for what is missing on the left of the view; whether anything was asked."""
        history = self.history
        if history is None:
            return False
        since = view.start_ms
        if history.loaded_since_ms is not None and since < history.loaded_since_ms:
            since -= _AHEAD_OF_VIEW * view.span_ms
        wanted = history.older(since, _clock_ms())
        if wanted is not None:
            self._ask(wanted, compared)
        return wanted is not None

    def ask_compared(self, key: InstrumentKey, now_ms: int, newest_ms: float | None = None) -> None:
        """Ask for rows of a compared contract: the span that is held, or since its newest row."""
        history = self.history
        if history is None:
            return
        until = (now_ms // history.bar_ms + 1) * history.bar_ms
        since = history.loaded_since_ms
        if newest_ms is not None:
            since = round(newest_ms)
        first = until - FIRST_BARS * history.bar_ms if since is None else since
        like = LoadSeries(history.key, history.timeframe, first, until, self._requests)
        self._ask_alike(key, like)

    def _ask(self, wanted: LoadSeries, compared: Iterable[InstrumentKey]) -> None:
        self._requests = wanted.request
        for key in compared:
            self._ask_alike(key, wanted)
        self.requested.emit(wanted)

    def _ask_alike(self, key: InstrumentKey, like: LoadSeries) -> None:
        span = like.since_ms, like.until_ms
        asked = LoadSeries(key, like.timeframe, *span, like.request, _COMPARED_KINDS, follow=False)
        self.requested.emit(asked)

    def give_up_waiting(self) -> None:
        """End a request of which nothing was heard for long."""
        if self.history is not None:
            self.history.give_up(_clock_ms(), _PATIENCE_MS)

    def answer(self, header: SeriesHeader, oldest_ms: float | None) -> None:
        """Take note of an answer whose oldest row is at `oldest_ms`, None where it has none."""
        if self.history is not None:
            self.history.answer(header, oldest_ms, _clock_ms())

    def reason(self, kind: SeriesKind, snapshot: Snapshot) -> str:
        """Why no row of a kind is there."""
        words = _WORDS[kind]
        if self.history is None or kind in self.history.awaited:
            return f"Loading {words}…"
        reason = self.history.notes.get(kind, "") or self._why_missing(kind, snapshot)
        return f"No {words} recorded for this series: {reason}"

    def _why_missing(self, kind: SeriesKind, snapshot: Snapshot) -> str:
        reading = _READINGS.get(kind)
        if self.history is None or reading is None:
            return _NO_ROWS
        missing = snapshot.missing.get((self.history.key, reading))
        return _NO_ROWS if missing is None else missing.reason


def _clock_ms() -> int:
    return int(time.monotonic() * 1000)
