"""Keeps the odds of what is watched: hourly candles back-filled, fits renewed every hour.

Candles are of the mark price, or of the last price where a venue has none of the mark. What is
stored is fitted first, so that odds are there soon after a start; then the venue is asked for the
last weeks of every contract, and then for years of each, and the fits are made again. A fit uses
bars that have closed by the market's now and none after, in a recording too. It is made on a
thread.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from dashboard.errors import DashboardError, InputError
from dashboard.feed.backfill import SeriesLoader
from dashboard.feed.elapsed import elapsed_s
from dashboard.feed.frames import LoadSeries, OddsFit, OddsScore, Series
from dashboard.feed.odds_wire import frame_of
from dashboard.feed.poller import VenuePoller
from dashboard.feed.recorder import Recorder
from dashboard.feed.world import World
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.risk.odds.bars import HOUR_MS, FloatArray, bars_of_rows, hourly_bars
from dashboard.risk.odds.base_rates import base_rates
from dashboard.risk.odds.forecasts import forecasts_of
from dashboard.risk.touch import TouchFit, fit_touch
from dashboard.risk.volatility import FIT_HOURS, RANGE_HOURS
from dashboard.store.pooled_odds import load_pool

TIMEFRAME = "1h"
BACK_MS = (FIT_HOURS + RANGE_HOURS[-1]) * HOUR_MS
"""Three years of windows, and what the first of them looks back on."""
SOON_MS = 60 * 24 * HOUR_MS
"""What is fetched first: so much that other coins' history can speak for a contract."""
START_AFTER_S = 3.0
"""The window's own questions come first."""
REST_S = 1.0
BEHIND_TRIES, BEHIND_REST_S = 5, 45.0
"""A venue may publish the bar that has just closed a little late."""
LEAST_BETWEEN_S = 15.0
"""Between two fits of one contract, in real time, however fast a recording runs."""

_log = logging.getLogger("liqline.feed")


class _Made(NamedTuple):
    hour: int
    at_s: float
    behind: int = 0
    """How often the newest bar was still that of the hour before."""


class _Fitted(NamedTuple):
    """A fit, its frame, and the price at which its newest bar closed."""

    frame: OddsFit
    fit: TouchFit
    mark: float


class OddsKeeper:
    """Sends an OddsFit for each wanted contract each hour. `poller` gives a venue's, or raises.

    Forecasts of each hour are written down with it, those whose hours have passed are decided, and
    an OddsScore says what came of all of them.
    """

    def __init__(
        self,
        poller: Callable[[str], VenuePoller],
        recorder: Recorder,
        send: Callable[[OddsFit | OddsScore], None],
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
        self._short: dict[InstrumentKey, None] = {}
        self._score_due = True

    def want(self, keys: Iterable[InstrumentKey]) -> None:
        """Keep the odds of exactly these contracts, the first ones first."""
        self._wanted = tuple(dict.fromkeys(keys))

    def begin_again(self) -> None:
        """Make every fit anew: the market's now was moved."""
        self._made.clear()
        self._score_due = True

    async def run(self) -> None:
        """Fit what is due, one contract after the other, until cancelled."""
        await asyncio.sleep(self._start_after_s)
        await self._score()
        while True:
            due = self._next_due()
            if due is None:
                await self._score()
                await asyncio.sleep(REST_S)
                continue
            before = self._made.get(due)
            hour = self._world.now_ms() // HOUR_MS
            self._made[due] = _Made(hour, elapsed_s())
            self._short.pop(due, None)
            newest_ms = await self._renew(due, first=before is None)
            if newest_ms is not None and newest_ms // HOUR_MS < hour:
                self._try_soon(due, hour, 0 if before is None else before.behind)

    def _try_soon(self, key: InstrumentKey, hour: int, behind: int) -> None:
        """Ask again shortly for the bar that has just closed, but not for ever."""
        if behind < BEHIND_TRIES:
            at_s = elapsed_s() + BEHIND_REST_S - LEAST_BETWEEN_S
            self._made[key] = _Made(hour - 1, at_s, behind + 1)

    def _next_due(self) -> InstrumentKey | None:
        hour, clock_s = self._world.now_ms() // HOUR_MS, elapsed_s()
        for key in self._wanted:
            made = self._made.get(key)
            if made is None or (made.hour != hour and clock_s - made.at_s > LEAST_BETWEEN_S):
                return key
        # Years of history wait until every contract has its first odds.
        return next((key for key in self._short if key in self._wanted), None)

    async def _renew(self, key: InstrumentKey, *, first: bool) -> int | None:
        """Make a contract's odds anew; when its newest bar closed, None where there are no odds."""
        try:
            poller = self._poller(key.venue)
            kind = _kind(poller)
            if first:
                await self._fit(key, kind, quietly=True)
                self._short[key] = None
            await self._fill(key, kind, poller, SOON_MS if first else BACK_MS)
            return await self._fit(key, kind)
        except DashboardError as error:
            self._refuse(key, error)
            return None

    async def _fill(
        self, key: InstrumentKey, kind: SeriesKind, poller: VenuePoller, back_ms: int
    ) -> None:
        """Have the history hold what the venue has of the last `back_ms`."""
        now_ms = self._world.now_ms()
        # Before its beginning a recording has nothing, which page after page would say.
        since_ms = max(now_ms - back_ms, self._world.clock().starts_ms or 0)
        request = LoadSeries(key, TIMEFRAME, since_ms, now_ms, kinds=(kind,), follow=False)
        loader = SeriesLoader(request, poller.source, self._recorder, _leave, self._world.pace)
        await loader.send_stored()
        await poller.listed.wait()
        poller.source.instrument(key.symbol)
        await loader.fill()

    async def _fit(
        self, key: InstrumentKey, kind: SeriesKind, *, quietly: bool = False
    ) -> int | None:
        now_ms = self._world.now_ms()
        span = (now_ms - BACK_MS, now_ms - HOUR_MS + 1)
        rows = await self._recorder.read(key, kind, TIMEFRAME, *span)
        if rows is None or len(rows) == 0:
            if not quietly:
                raise InputError("bars", "no hourly candles are known yet")
            return None
        fitted = await asyncio.to_thread(_fitted, key, kind, rows, now_ms)
        made_ms = fitted.fit.made_ms
        if self._world.now_ms() >= made_ms:
            self._send(fitted.frame)
            await self._write_down(key, kind, fitted)
        return made_ms

    async def _write_down(self, key: InstrumentKey, kind: SeriesKind, fitted: _Fitted) -> None:
        """Store this hour's forecasts, unless the hour is already over, and decide older ones.

        A recording may run through hours faster than they are fetched: there a forecast counts as
        of its newest bar, which is the last that it knows.
        """
        now_ms = self._world.now_ms()
        in_time = fitted.fit.made_ms // HOUR_MS == now_ms // HOUR_MS
        if in_time or self._world.recording is not None:
            forecasts = forecasts_of(fitted.fit, fitted.mark)
            await self._recorder.keep_forecasts(key, kind, forecasts)
        await self._recorder.decide_forecasts(key, kind, now_ms)
        self._score_due = True

    async def _score(self) -> None:
        """Say what came of all forecasts, where that may have changed."""
        if not self._score_due:
            return
        self._score_due = False
        now_ms = self._world.now_ms()
        found = await self._recorder.scores(now_ms)
        if found is not None:
            self._send(OddsScore(now_ms, *found))

    def _refuse(self, key: InstrumentKey, error: DashboardError) -> None:
        _log.info("no odds of %s: %s (%s)", key.symbol, error.user_message, error.detail)
        self._send(OddsFit(key.venue, key.symbol, reason=error.user_message))


def _kind(poller: VenuePoller) -> SeriesKind:
    offered = poller.source.entry.series
    return SeriesKind.MARK_CANDLES if SeriesKind.MARK_CANDLES in offered else SeriesKind.CANDLES


def _fitted(key: InstrumentKey, kind: SeriesKind, rows: FloatArray, now_ms: int) -> _Fitted:
    bars = hourly_bars(bars_of_rows(rows), skip_gaps=True).known_at(now_ms)
    source = "mark price" if kind is SeriesKind.MARK_CANDLES else "last price (no mark candles)"
    fit = fit_touch(bars, load_pool())
    return _Fitted(
        frame_of(key, fit, source, base_rates(bars)), fit, math.exp(float(bars.close[-1]))
    )


def _leave(_: Series) -> None:
    """What the window did not ask for is not sent to it."""
