"""Keeps the odds of what is watched: hourly candles back-filled, fits renewed every hour.

Candles are of the mark price, or of the last price where a venue has none of the mark. What is
stored is fitted first, so that odds are there soon after a start; then the venue is asked for
what is missing and the fit is made again. A fit uses bars that have closed by the market's now
and none after, in a recording too. It is made on a thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from dashboard.errors import DashboardError, InputError
from dashboard.feed.backfill import SeriesLoader
from dashboard.feed.frames import LoadSeries, OddsFit, Series
from dashboard.feed.odds_wire import frame_of
from dashboard.feed.poller import VenuePoller
from dashboard.feed.recorder import Recorder
from dashboard.feed.world import World
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.risk.odds.bars import HOUR_MS, FloatArray, bars_of_rows, hourly_bars
from dashboard.risk.touch import fit_touch
from dashboard.risk.volatility import FIT_HOURS, RANGE_HOURS
from dashboard.store.pooled_odds import load_pool

TIMEFRAME = "1h"
BACK_MS = (FIT_HOURS + RANGE_HOURS[-1]) * HOUR_MS
"""Three years of windows, and what the first of them looks back on."""
START_AFTER_S = 3.0
"""The window's own questions come first."""
REST_S = 1.0
LEAST_BETWEEN_S = 15.0
"""Between two fits of one contract, in real time, however fast a recording runs."""

_log = logging.getLogger("liqline.feed")


class _Made(NamedTuple):
    hour: int
    at_s: float


class OddsKeeper:
    """Sends an OddsFit for each wanted contract each hour. `poller` gives a venue's, or raises."""

    def __init__(
        self,
        poller: Callable[[str], VenuePoller],
        recorder: Recorder,
        send: Callable[[OddsFit], None],
        world: World,
        start_after_s: float = START_AFTER_S,
    ) -> None:
        self._poller = poller
        self._recorder = recorder
        self._send = send
        self._world = world
        self._start_after_s = start_after_s
        self._wanted: tuple[InstrumentKey, ...] = ()
        self._made: dict[InstrumentKey, _Made] = {}

    def want(self, keys: Iterable[InstrumentKey]) -> None:
        """Keep the odds of exactly these contracts, the first ones first."""
        self._wanted = tuple(dict.fromkeys(keys))

    def begin_again(self) -> None:
        """Make every fit anew: the market's now was moved."""
        self._made.clear()

    async def run(self) -> None:
        """Fit what is due, one contract after the other, until cancelled."""
        await asyncio.sleep(self._start_after_s)
        while True:
            due = self._next_due()
            if due is None:
                await asyncio.sleep(REST_S)
                continue
            first = due not in self._made
            self._made[due] = _Made(self._world.now_ms() // HOUR_MS, time.monotonic())
            await self._renew(due, first=first)

    def _next_due(self) -> InstrumentKey | None:
        hour, clock_s = self._world.now_ms() // HOUR_MS, time.monotonic()
        for key in self._wanted:
            made = self._made.get(key)
            if made is None or (made.hour != hour and clock_s - made.at_s > LEAST_BETWEEN_S):
                return key
        return None

    async def _renew(self, key: InstrumentKey, *, first: bool) -> None:
        try:
            poller = self._poller(key.venue)
            kind = _kind(poller)
            if first:
                await self._fit(key, kind, quietly=True)
            await self._fill(key, kind, poller)
            await self._fit(key, kind)
        except DashboardError as error:
            self._refuse(key, error)

    async def _fill(self, key: InstrumentKey, kind: SeriesKind, poller: VenuePoller) -> None:
        """Have the history hold what the venue has."""
        now_ms = self._world.now_ms()
        request = LoadSeries(key, TIMEFRAME, now_ms - BACK_MS, now_ms, kinds=(kind,), follow=False)
        loader = SeriesLoader(request, poller.source, self._recorder, _leave, self._world.pace)
        await loader.send_stored()
        await poller.listed.wait()
        poller.source.instrument(key.symbol)
        await loader.fill()

    async def _fit(self, key: InstrumentKey, kind: SeriesKind, *, quietly: bool = False) -> None:
        now_ms = self._world.now_ms()
        span = (now_ms - BACK_MS, now_ms - HOUR_MS + 1)
        rows = await self._recorder.read(key, kind, TIMEFRAME, *span)
        if rows is None or len(rows) == 0:
            if not quietly:
                raise InputError("bars", "no hourly candles are known yet")
            return
        frame = await asyncio.to_thread(_fitted, key, kind, rows, now_ms)
        if self._world.now_ms() >= frame.made_ms:
            self._send(frame)

    def _refuse(self, key: InstrumentKey, error: DashboardError) -> None:
        _log.info("no odds of %s: %s (%s)", key.symbol, error.user_message, error.detail)
        self._send(OddsFit(key.venue, key.symbol, reason=error.user_message))


def _kind(poller: VenuePoller) -> SeriesKind:
    offered = poller.source.entry.series
    return SeriesKind.MARK_CANDLES if SeriesKind.MARK_CANDLES in offered else SeriesKind.CANDLES


def _fitted(key: InstrumentKey, kind: SeriesKind, rows: FloatArray, now_ms: int) -> OddsFit:
    bars = hourly_bars(bars_of_rows(rows), skip_gaps=True).known_at(now_ms)
    source = "mark price" if kind is SeriesKind.MARK_CANDLES else "last price (no mark candles)"
    return frame_of(key, fit_touch(bars, load_pool()), source)


def _leave(_: Series) -> None:
    """What the window did not ask for is not sent to it."""
