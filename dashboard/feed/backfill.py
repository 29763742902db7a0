"""Series for the chart: what is stored at once, then what the venue has, then what changes.

For each kind of series of a request (LoadSeries) the frames are:
- one with the stored rows, even if there are none; `complete` is True where nothing is missing;
- pages from the venue, newest first, `complete` False; a last empty frame with `complete` True,
  whose `note` says why rows are missing, if so. A kind the venue does not offer is one
  complete frame with the reason as its note, and with what Liqline polled of it, if anything;
- while the request is the latest one: rows that changed or came since, `complete` True.
Rows extend and replace those sent before for the same request and kind, by time. The header's
timeframe is the one asked for; where the venue keeps a series in coarser steps the rows have those.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dashboard.errors import InputError, VenueError
from dashboard.feed.elapsed import elapsed_s
from dashboard.feed.frames import LoadSeries, Series, SeriesHeader
from dashboard.feed.recorder import Recorder
from dashboard.feed.schedule import Job, Schedule
from dashboard.market.readings import SERIES_COLUMNS, TIMEFRAMES_MS, SeriesKind
from dashboard.store.chunks import Matrix
from dashboard.store.coverage import Span, missing, without
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.entry import Period

SETTLING_STEPS = 2
SETTLING_MS = 600_000
"""Statistics of the last steps are published late: what is younger is asked again next time."""
TAIL_STEPS = 3
FOLLOW_REACH_STEPS = 500
"""What has come since the newest row is fetched, unless that is further back than this."""
MAX_STEPS = 100_000
"""A request for more steps than these gets the last of them."""
_BARS = frozenset({SeriesKind.CANDLES, SeriesKind.MARK_CANDLES, SeriesKind.LIQUIDATIONS})
_ORDER = (
    SeriesKind.CANDLES,
    SeriesKind.OPEN_INTEREST,
    SeriesKind.LONG_SHORT_RATIO,
    SeriesKind.FUNDING,
    SeriesKind.MARK_CANDLES,
    SeriesKind.LIQUIDATIONS,
)


@dataclass(frozen=True, slots=True)
class Refresh:
    """How often the tail of a kind is asked again: market time and least real time, seconds."""

    interval_s: float
    floor_s: float


REFRESH: dict[SeriesKind, Refresh] = {
    SeriesKind.CANDLES: Refresh(10.0, 2.0),
    SeriesKind.MARK_CANDLES: Refresh(30.0, 4.0),
    SeriesKind.OPEN_INTEREST: Refresh(60.0, 4.0),
    SeriesKind.LONG_SHORT_RATIO: Refresh(60.0, 4.0),
    SeriesKind.FUNDING: Refresh(300.0, 8.0),
}


Tails = dict[SeriesKind, dict[float, bytes]]
"""The newest rows that were sent of each kind, by time."""


class SeriesLoader:
    """Serves one request. `send` passes its frames on, `pace` is as in the poller.

    `tails` is where an earlier request for the same series had come to.
    """

    def __init__(
        self,
        request: LoadSeries,
        source: CcxtSource,
        recorder: Recorder,
        send: Callable[[Series], None],
        pace: Callable[[], float],
        tails: Tails | None = None,
    ) -> None:
        self.tails: Tails = {} if tails is None else tails
        self._request = request
        self._source = source
        self._recorder = recorder
        self._send = send
        self._pace = pace
        self._gaps: dict[SeriesKind, list[Span]] = {}
        self._found = dict.fromkeys(SeriesKind, 0)
        self._left_out = dict.fromkeys(SeriesKind, 0)

    async def send_stored(self) -> None:
        """Send what is stored, and the reason for what the venue does not offer."""
        for kind in wanted_kinds(self._request):
            try:
                period = self._period(kind)
            except InputError as error:
                await self._send_polled(kind, error.user_message)
                continue
            await self._send_stored(kind, period)

    async def fill(self) -> None:
        """Ask the venue for what is missing and send it."""
        for kind, gaps in self._gaps.items():
            period = self._period(kind)
            note = ""
            try:
                for gap in reversed(gaps):
                    await self._fetch(kind, period, gap)
            except VenueError as error:
                self._source.noted.note(error, _words(kind))
                note = error.user_message
            if not note and self._left_out[kind]:
                words, count = _words(kind), self._left_out[kind]
                note = f"{count} {words} that cannot be are left out: see Help, Diagnostics"
            if not (note or self._found[kind]):
                venue = self._request.key.venue
                step = "" if kind is SeriesKind.FUNDING else f"{period.timeframe} "
                note = f"{venue} has no {step}{_words(kind)} for this span"
            self._send_rows(kind, _no_rows(kind), note=note, left_out=self._left_out[kind])
        self._gaps.clear()

    def give_up(self, reason: str) -> None:
        """Say why what is missing does not come."""
        for kind in self._gaps:
            self._send_rows(kind, _no_rows(kind), note=reason)

    async def follow(self, wanted: Callable[[], bool]) -> None:
        """Send what changes, as long as it is wanted."""
        schedule = Schedule()
        kinds = {
            Job(kind.value, "series", refresh.interval_s, refresh.floor_s): kind
            for kind, refresh in REFRESH.items()
            if kind in self._source.entry.series and kind in wanted_kinds(self._request)
        }
        schedule.set_jobs(kinds)
        while wanted():
            job = schedule.take("series", elapsed_s(), self._pace())
            if job is None:
                wait_s = schedule.wait_s("series", elapsed_s(), self._pace())
                await asyncio.sleep(min(1.0 if wait_s is None else wait_s, 1.0))
                continue
            try:
                await self._follow_kind(kinds[job])
                schedule.succeeded(job)
            except VenueError as error:
                self._source.noted.note(error, _words(kinds[job]))
                schedule.failed(job, elapsed_s())

    def _period(self, kind: SeriesKind) -> Period:
        return self._source.series_call(kind).periods[self._request.timeframe]

    async def _send_polled(self, kind: SeriesKind, reason: str) -> None:
        """Send what was polled of a kind whose past the venue does not give, and the reason."""
        request = self._request
        last_ms = min(request.until_ms, self._source.now_ms())
        since_ms = max(request.since_ms, last_ms - MAX_STEPS * TIMEFRAMES_MS[request.timeframe])
        rows = await self._recorder.read(request.key, kind, request.timeframe, since_ms, last_ms)
        self._send_rows(kind, _no_rows(kind) if rows is None else rows, note=reason)

    async def _send_stored(self, kind: SeriesKind, period: Period) -> None:
        key, now_ms = self._request.key, self._source.now_ms()
        last_ms = min(self._request.until_ms, now_ms)
        span = (max(self._request.since_ms, last_ms - MAX_STEPS * period.step_ms), last_ms)
        # Of a bar that still runs, or ran at a moment the clock was set back to, nothing is stored.
        until_ms = min(span[1], now_ms - period.step_ms + 1) if kind in _BARS else span[1]
        stored = await self._recorder.read(key, kind, period.timeframe, span[0], until_ms)
        rows = _no_rows(kind) if stored is None else stored
        fetched = await self._recorder.covered(key, kind, period.timeframe)
        gaps = missing(without(fetched, (_settled_ms(now_ms, period), span[1])), span)
        if gaps:
            self._gaps[kind] = gaps
        self._send_rows(kind, rows, complete=not gaps)
        self._remember(kind, rows)

    async def _fetch(self, kind: SeriesKind, period: Period, span: Span) -> None:
        """Ask the venue for a span, keep it and send it."""
        request = self._request
        pages = self._source.fetch_series(request.key, kind, request.timeframe, *span)
        async for page in pages:
            # A span of which something is not believed is asked again another time.
            span_kept = None if page.left_out else (page.since_ms, page.until_ms)
            await self._keep(kind, period, page.rows, span_kept)
            self._left_out[kind] += page.left_out
            self._send_rows(kind, page.rows, complete=False)
            self._remember(kind, page.rows)

    async def _follow_kind(self, kind: SeriesKind) -> None:
        request, now_ms = self._request, self._source.now_ms()
        period = self._period(kind)
        since_ms = now_ms - TAIL_STEPS * period.step_ms
        known = self.tails.get(kind, {})
        newest_ms = int(max(known, default=now_ms))
        if newest_ms > now_ms - FOLLOW_REACH_STEPS * period.step_ms:
            since_ms = min(since_ms, newest_ms)
        span = (since_ms, now_ms + 1)
        async for page in self._source.fetch_series(request.key, kind, request.timeframe, *span):
            fresh = page.rows[[known.get(row[0]) != row.tobytes() for row in page.rows]]
            if len(fresh):
                await self._keep(kind, period, fresh, None)
                self._send_rows(kind, fresh)
                self._remember(kind, fresh)

    async def _keep(
        self, kind: SeriesKind, period: Period, rows: Matrix, fetched: Span | None
    ) -> None:
        """Store what will not change any more, and which span was fetched for good."""
        now_ms = self._source.now_ms()
        final = rows[rows[:, 0] + period.step_ms <= now_ms] if kind in _BARS else rows
        covered = None
        if fetched is not None:
            covered = (fetched[0], min(fetched[1], _settled_ms(now_ms, period)))
        if len(final) or covered is not None:
            key = self._request.key
            await self._recorder.append(key, kind, period.timeframe, final, covered)

    def _remember(self, kind: SeriesKind, rows: Matrix) -> None:
        """Note what was sent, so that the tail sends only what differs."""
        self._found[kind] += len(rows)
        tail = self.tails.get(kind, {}) | {float(row[0]): row.tobytes() for row in rows}
        newest = sorted(tail)[-TAIL_STEPS - 1 :]
        if newest:
            self.tails[kind] = {time_ms: tail[time_ms] for time_ms in newest}

    def _send_rows(
        self,
        kind: SeriesKind,
        rows: Matrix,
        *,
        complete: bool = True,
        note: str = "",
        left_out: int = 0,
    ) -> None:
        series = _series(self._request, kind, rows, complete, note, left_out)
        self._send(series)


def empty_series(request: LoadSeries, note: str) -> list[Series]:
    """The answer to a request that cannot be served: nothing of each kind, and why."""
    return [_series(request, kind, _no_rows(kind), True, note) for kind in wanted_kinds(request)]


def wanted_kinds(request: LoadSeries) -> tuple[SeriesKind, ...]:
    """The kinds that a request is for, in the order in which they are sent."""
    return tuple(kind for kind in _ORDER if not request.kinds or kind in request.kinds)


def _series(
    request: LoadSeries,
    kind: SeriesKind,
    rows: Matrix,
    complete: bool,
    note: str,
    left_out: int = 0,
) -> Series:
    header = SeriesHeader(
        venue=request.key.venue,
        symbol=request.key.symbol,
        kind=kind,
        timeframe=request.timeframe,
        rows=len(rows),
        request=request.request,
        complete=complete,
        note=note,
        left_out=left_out,
    )
    return Series(header, rows)


def _settled_ms(now_ms: int, period: Period) -> int:
    """Rows up to this moment will not change any more."""
    return now_ms - max(SETTLING_MS, SETTLING_STEPS * period.step_ms)


def _no_rows(kind: SeriesKind) -> Matrix:
    return np.empty((0, len(SERIES_COLUMNS[kind])))


def _words(kind: SeriesKind) -> str:
    return kind.value.replace("_", " ")
