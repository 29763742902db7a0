"""The series that a contract's chart draws: the feed's rows, and live readings after them."""

from __future__ import annotations

import math

import numpy as np

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import RatioSeries, Reading, ReadingKind, SeriesKind
from dashboard.market.snapshot import Freshness, Snapshot, freshness
from widgets.charts.candles import candle_series
from widgets.charts.envelope import Floats
from widgets.charts.series import TimeSeries
from widgets.charts.time_range import bar_start

LEAST_FUNDING_STEP_MS = 3_600_000.0
_PRICE_COLUMNS = 5


class ContractSeries:
    """Price, mark, index, open interest, long/short ratios, funding and liquidations by time.

    Bars are `bar_ms` long. A live price extends the bar of its own time, a live open interest or
    ratio stands at its own time until the venue's record reaches it. A bar that has ended and was
    recorded is left alone: a reading from within it is older than its close. Venues keep no record
    of the index price: it begins with the first live reading.
    """

    def __init__(self, bar_ms: float) -> None:
        self.bar_ms = bar_ms
        self.candles = candle_series(bar_ms)
        self.closes = TimeSeries(least_step_ms=bar_ms)
        self.volumes = TimeSeries(least_step_ms=bar_ms)
        self.marks = TimeSeries(least_step_ms=bar_ms)
        self.indices = TimeSeries(least_step_ms=bar_ms)
        self.open_interest_coin = TimeSeries(least_step_ms=bar_ms)
        self.open_interest_usd = TimeSeries(least_step_ms=bar_ms)
        self.ratios_of = {kind: TimeSeries(least_step_ms=bar_ms) for kind in RatioSeries}
        self.fundings = TimeSeries(least_step_ms=LEAST_FUNDING_STEP_MS)
        self.liquidated_longs = TimeSeries(least_step_ms=bar_ms)
        self.liquidated_shorts = TimeSeries(least_step_ms=bar_ms)
        self._now_ms = 0.0
        self._final_ms = {SeriesKind.CANDLES: -math.inf, SeriesKind.MARK_CANDLES: -math.inf}

    @property
    def ratios(self) -> TimeSeries:
        """The ratio of all accounts."""
        return self.ratios_of[RatioSeries.GLOBAL_ACCOUNTS]

    def merge(self, kind: SeriesKind, rows: Floats) -> None:
        """Take in rows of a kind, columns as in SERIES_COLUMNS; kinds that no pane draws pass."""
        if kind in self._final_ms:
            self._note_final(kind, rows[:, 0])
        match kind:
            case SeriesKind.CANDLES:
                whole = rows[np.isfinite(rows[:, 1:5]).all(axis=1)]
                self.candles.merge(whole)
                self.closes.merge(whole[:, (0, 4)])
                self.volumes.merge(whole[:, (0, 5)])
            case SeriesKind.MARK_CANDLES:
                self.marks.merge(rows[:, (0, 4)])
            case SeriesKind.OPEN_INTEREST:
                self.open_interest_coin.merge(rows[:, (0, 1)])
                self.open_interest_usd.merge(rows[:, (0, 2)])
            case SeriesKind.LONG_SHORT_RATIO:
                self.ratios.merge(rows)
            case SeriesKind.FUNDING:
                self.fundings.merge(rows)
            case SeriesKind.LIQUIDATIONS:
                self.liquidated_longs.merge(rows[:, (0, 1)] * (1.0, -1.0))
                self.liquidated_shorts.merge(rows[:, (0, 2)])

    def _note_final(self, kind: SeriesKind, times: Floats) -> None:
        """Note the newest bar of a kind that was recorded after it had ended."""
        ended = times[times + self.bar_ms <= self._now_ms]
        if len(ended):
            self._final_ms[kind] = max(self._final_ms[kind], float(ended[-1]))

    def oldest_ms(self) -> float | None:
        """Time of the oldest row of any series, None where there is none."""
        firsts = [float(series.times[0]) for series in self._all() if series.size]
        return min(firsts, default=None)

    def take_live(self, snapshot: Snapshot, key: InstrumentKey, now_ms: int) -> bool:
        """Extend the series by the latest readings, each at the time it was true.

        Answers whether any row has changed by it.
        """
        before = self._ends()
        self._now_ms = float(now_ms)
        ticker, mark = snapshot.tickers.get(key), snapshot.marks.get(key)
        if ticker is not None and ticker.last is not None:
            self._price(_moment(ticker, now_ms), ticker.last)
        if mark is not None and mark.mark is not None and self.marks.size:
            self._mark(_moment(mark, now_ms), mark.mark)
        if mark is not None and mark.index is not None and self.closes.size:
            self._close_bar(self.indices, _moment(mark, now_ms), mark.index)
        interest = snapshot.open_interests.get(key)
        if interest is not None:
            at = _moment(interest, now_ms)
            _show_live(self.open_interest_coin, at, interest.coin)
            _show_live(self.open_interest_usd, at, interest.usd)
        for kind, series in self.ratios_of.items():
            ratio = snapshot.ratios.get((key, kind))
            if ratio is not None:
                self._take_ratio(series, _moment(ratio, now_ms), ratio.ratio, kind)
        return self._ends() != before

    def _take_ratio(
        self, series: TimeSeries, at_ms: float, value: float | None, kind: RatioSeries
    ) -> None:
        """A live ratio: after the record, or bar by bar where the venue's record is not asked."""
        if kind is RatioSeries.GLOBAL_ACCOUNTS:
            _show_live(series, at_ms, value)
        elif value is not None:
            self._close_bar(series, at_ms, value)

    def _ends(self) -> list[tuple[float, ...] | None]:
        lasts = [series.last() for series in self._all()]
        return [None if row is None else row[:_PRICE_COLUMNS] for row in lasts]

    def _all(self) -> tuple[TimeSeries, ...]:
        return (
            self.candles,
            self.marks,
            self.indices,
            self.open_interest_coin,
            self.open_interest_usd,
            *self.ratios_of.values(),
            self.fundings,
            self.liquidated_longs,
        )

    def _price(self, at_ms: float, price: float) -> None:
        """Let `price` close the bar of its time; a new bar opens at it, its volume unknown."""
        last = self.candles.last()
        start = bar_start(at_ms, self.bar_ms)
        if last is None or start < last[0] or start <= self._final_ms[SeriesKind.CANDLES]:
            return
        if start > last[0]:
            self.candles.append((start, price, price, price, price, math.nan))
            self.volumes.append((start, math.nan))
        elif price != last[4]:
            _, opened, high, low, _, volume = last
            self.candles.replace_last(
                (start, opened, max(high, price), min(low, price), price, volume)
            )
        self._close_bar(self.closes, at_ms, price)

    def _mark(self, at_ms: float, price: float) -> None:
        if bar_start(at_ms, self.bar_ms) > self._final_ms[SeriesKind.MARK_CANDLES]:
            self._close_bar(self.marks, at_ms, price)

    def _close_bar(self, series: TimeSeries, at_ms: float, value: float) -> None:
        """Let `value` stand in the bar of its time, the last one or a new one."""
        last = series.last()
        start = bar_start(at_ms, self.bar_ms)
        if last is None or start > last[0]:
            series.append((start, value))
        elif start == last[0] and value != last[1]:
            series.replace_last((start, value))


def live_mark(snapshot: Snapshot, key: InstrumentKey, now_ms: int) -> float | None:
    """The mark price of now, None where none is known that may still be trusted."""
    reading = snapshot.marks.get(key)
    if reading is None:
        return None
    state = freshness(ReadingKind.MARK_PRICE, reading.as_of_ms, now_ms, snapshot.speed)
    return None if state is Freshness.EXPIRED else reading.mark


def _moment(reading: Reading, now_ms: int) -> float:
    return float(min(now_ms, reading.venue_ms or reading.received_ms))


def _show_live(series: TimeSeries, at_ms: float, value: float | None) -> None:
    if value is not None and series.size:
        series.show_live((at_ms, value))
