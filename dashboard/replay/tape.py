"""One recorded market as it plays: what was known of it at a moment, and nothing later.

Between two recorded moments the last one stands. A value stands no longer than to the end of
its series: after that, as before its first row, it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.market.readings import SeriesKind
from dashboard.replay.bars import Span, bar_start, complete_bars, cover, row_at
from dashboard.replay.recording import RecordedMarket, Series

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


class Known(NamedTuple):
    """A value and the recorded moment it belongs to."""

    at_ms: int
    value: float


class Rows(NamedTuple):
    """Rows of a series, oldest first; an unknown cell is NaN."""

    time_ms: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.float64]]

    def between(self, first_ms: int | None, last_ms: int | None) -> Rows:
        """The rows stamped from `first_ms` to `last_ms`, both included, None for open."""
        start = 0 if first_ms is None else int(np.searchsorted(self.time_ms, first_ms))
        stop = None if last_ms is None else int(np.searchsorted(self.time_ms, last_ms, "right"))
        return self._cut(slice(start, stop))

    def oldest(self, count: int) -> Rows:
        """The first `count` rows."""
        return self._cut(slice(0, count))

    def newest(self, count: int) -> Rows:
        """The last `count` rows."""
        return self._cut(slice(max(0, len(self.time_ms) - count), None))

    def _cut(self, rows: slice) -> Rows:
        return Rows(self.time_ms[rows], {name: c[rows] for name, c in self.columns.items()})


NO_ROWS = Rows(np.empty(0, dtype=np.int64), {})


class Day(NamedTuple):
    """The last 24 h: since the price that stood 24 h before, up to the last price.

    `high`, `low` and `volume` (base coin) cover exactly `from_ms` to the last complete bar and
    the last price; None where a bar in between was not recorded.
    """

    from_ms: int
    open: float
    last: float
    high: float | None
    low: float | None
    volume: float | None


def _standing(series: Series, column: str, now_ms: int) -> Known | None:
    row = int(np.searchsorted(series.time_ms, now_ms, "right")) - 1
    if row < 0 or now_ms > series.ends_ms:
        return None
    return Known(int(series.time_ms[row]), float(series.columns[column][row]))


def _standing_price(series: Series, now_ms: int) -> Known | None:
    """The close of the last complete bar, or the open of the bar that runs at `now_ms`."""
    row = int(np.searchsorted(series.time_ms, now_ms, "right")) - 1
    if row < 0 or now_ms > series.ends_ms:
        return None
    opened_ms = int(series.time_ms[row])
    if now_ms < opened_ms + series.step_ms:
        return Known(opened_ms, float(series.columns["open"][row]))
    return Known(opened_ms + series.step_ms, float(series.columns["close"][row]))


class Tape:
    """A market of a recording; every method answers as of its `now_ms` (ms UTC).

    `stamped` says that a mark price has the stamp of its row.
    """

    def __init__(self, market: RecordedMarket, *, stamped: bool = False) -> None:
        self.market = market
        self._stamped = stamped
        self._complete: dict[tuple[SeriesKind, int, int], Series | None] = {}

    def price(self, now_ms: int, kind: SeriesKind = SeriesKind.CANDLES) -> Known | None:
        """The last traded price, or with MARK_CANDLES the mark price, in quote currency."""
        found = [_standing_price(series, now_ms) for series in self.market.of_kind(kind)]
        known = [price for price in found if price is not None]
        return max(known, key=lambda price: price.at_ms, default=None)

    def mark(self, now_ms: int) -> Known | None:
        """The mark price: within a recorded bar its open, for no more of it was known."""
        return self.price(now_ms, SeriesKind.MARK_CANDLES)

    def mark_stamp_ms(self, now_ms: int) -> int:
        """What the mark price is stamped with: the moment, or that of its row."""
        known = self.mark(now_ms) if self._stamped else None
        return now_ms if known is None else known.at_ms

    def sample(self, kind: SeriesKind, column: str, now_ms: int) -> Known | None:
        """The value of a sampled series that stands."""
        for series in self.market.of_kind(kind):
            if column in series.columns:
                return _standing(series, column, now_ms)
        return None

    def samples(self, kind: SeriesKind, now_ms: int, period_ms: int = 1) -> Rows:
        """The samples up to `now_ms` whose stamps are multiples of `period_ms`."""
        for series in self.market.of_kind(kind):
            known = series.time_ms[: int(np.searchsorted(series.time_ms, now_ms, "right"))]
            rows = np.flatnonzero(known % period_ms == 0)
            return Rows(known[rows], {name: c[rows] for name, c in series.columns.items()})
        return NO_ROWS

    def open_interest_coin(self, now_ms: int) -> Known | None:
        """Open interest in base coin; from USD only where a price has the very same stamp."""
        coin = self.sample(SeriesKind.OPEN_INTEREST, "coin", now_ms)
        if coin is not None:
            return coin
        usd = self.sample(SeriesKind.OPEN_INTEREST, "usd", now_ms)
        price = None if usd is None else self._price_stamped(usd.at_ms)
        return None if usd is None or price is None else Known(usd.at_ms, usd.value / price)

    def _price_stamped(self, at_ms: int) -> float | None:
        for kind in (SeriesKind.MARK_CANDLES, SeriesKind.CANDLES):
            known = self.price(at_ms, kind)
            if known is not None and known.at_ms == at_ms:
                return known.value
        return None

    def marks_stamped(self, times_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        """The mark price recorded at each of `times_ms`, NaN where none has that stamp."""
        marks = np.full(len(times_ms), np.nan)
        for series in self.market.of_kind(SeriesKind.MARK_CANDLES):
            for at, time_ms in enumerate(times_ms):
                row = row_at(series, int(time_ms))
                if row is not None:
                    marks[at] = series.columns["open"][row]
        return marks

    def settled_funding(self, now_ms: int) -> Known | None:
        """The last settled funding rate, a fraction per interval."""
        return self.sample(SeriesKind.FUNDING, "rate", now_ms)

    def next_settlement_ms(self, now_ms: int) -> int | None:
        """The next funding settlement by the schedule, which venues announce beforehand."""
        hours = self.market.funding_interval_hours
        fundings = self.market.of_kind(SeriesKind.FUNDING)
        if hours is None or not fundings:
            return None
        interval_ms = hours * HOUR_MS
        phase_ms = int(fundings[0].time_ms[0])
        return bar_start(now_ms, interval_ms, phase_ms) + interval_ms

    def candles(self, kind: SeriesKind, step_ms: int, now_ms: int, offset_ms: int = 0) -> Rows:
        """The bars of `step_ms`, the last one as far as it was known at `now_ms`."""
        bars = self._complete_bars(kind, step_ms, offset_ms)
        rows = NO_ROWS
        if bars is not None:
            count = int(np.searchsorted(bars.time_ms, now_ms - step_ms, "right"))
            rows = Rows(bars.time_ms[:count], {n: c[:count] for n, c in bars.columns.items()})
        start_ms = bar_start(now_ms, step_ms, offset_ms)
        recorded = [series for series in self.market.of_kind(kind) if series.step_ms <= step_ms]
        running = cover(recorded, start_ms, now_ms, below_ms=step_ms)
        return rows if running is None else _appended(rows, start_ms, running)

    def _complete_bars(self, kind: SeriesKind, step_ms: int, offset_ms: int) -> Series | None:
        key = kind, step_ms, offset_ms
        if key not in self._complete:
            recorded = self.market.of_kind(kind)
            self._complete[key] = complete_bars(recorded, step_ms, offset_ms)
        return self._complete[key]

    def day(self, now_ms: int) -> Day | None:
        """The last 24 h of trading; None where the price then or now is not known."""
        before, last = self.price(now_ms - DAY_MS), self.price(now_ms)
        if before is None or last is None:
            return None
        span = cover(self.market.of_kind(SeriesKind.CANDLES), before.at_ms, now_ms)
        return Day(
            from_ms=before.at_ms,
            open=before.value,
            last=last.value,
            high=None if span is None else span.high,
            low=None if span is None else span.low,
            volume=None if span is None else span.volume,
        )


def _appended(rows: Rows, start_ms: int, running: Span) -> Rows:
    """`rows` with the running bar behind them; NaN for what a running bar does not have."""
    cells = running._asdict()
    names = [*rows.columns] or ["open", "high", "low", "close", "volume"]
    values = {name: np.nan if cells.get(name) is None else cells[name] for name in names}
    return Rows(
        np.append(rows.time_ms, start_ms),
        {name: np.append(rows.columns.get(name, ()), value) for name, value in values.items()},
    )
