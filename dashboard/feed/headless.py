"""The feed without a window: watches what was named, and says how it goes once a minute."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dashboard.errors import InputError
from dashboard.feed.back_filling import BackFilling
from dashboard.feed.frames import (
    Fault,
    Frame,
    Listing,
    ListVenue,
    Readings,
    Series,
    VenueStatus,
    Watch,
)
from dashboard.feed.process import Stopper
from dashboard.feed.raw_recorder import RawRecorder
from dashboard.feed.service import Feed
from dashboard.feed.status import OK
from dashboard.feed.world import World
from dashboard.market.instrument import InstrumentKey
from dashboard.tradeline.symbol import find_instrument

PROGRESS_EVERY_S = 60.0


async def record(
    world: World,
    venues: Sequence[str],
    symbols: Sequence[str],
    *,
    history: Path | str,
    data_dir: Path | None,
    duration_s: float | None,
    fast_interval_s: float,
    raw: RawRecorder | None = None,
    back_fill_days: int | None = None,
    say: Callable[[str], None],
) -> None:
    """Poll `symbols` of `venues` into `history` until stopped, or for `duration_s` real seconds.

    `data_dir` is as in Feed; the past of `back_fill_days` days is fetched too. Raises InputError
    where a venue is not in the recording, or none of the venues lists a symbol.
    """
    for venue in venues:
        if world.venues is not None and venue not in world.venues:
            allowed = ", ".join(sorted(world.venues))
            sentence = f"this recording has nothing of {venue}; allowed are {allowed}"
            raise InputError("venues", sentence)
    watcher = _Watcher(venues, symbols, say)
    feed = Feed(world, watcher, history, data_dir, fast_interval_s=fast_interval_s, raw=raw)
    watcher.feed = feed
    if back_fill_days is not None:
        watcher.back_filling = BackFilling(back_fill_days, feed.handle, world.now_ms, say)
    Stopper().attach(feed.stop)
    progress = asyncio.create_task(_progress(feed, watcher, world, duration_s))
    for venue in venues:
        feed.handle(ListVenue(venue))
    try:
        await feed.run()
    finally:
        progress.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await progress
    if watcher.refusal is not None:
        raise watcher.refusal
    say(watcher.line(feed, world))


async def _progress(feed: Feed, watcher: _Watcher, world: World, duration_s: float | None) -> None:
    loop = asyncio.get_running_loop()
    started_s = said_s = loop.time()
    while True:
        await asyncio.sleep(0.25)
        clock = world.clock()
        played_out = clock.paused and clock.ends_ms is not None and clock.now_ms >= clock.ends_ms
        timed_out = duration_s is not None and loop.time() >= started_s + duration_s
        if played_out or timed_out:
            feed.stop()
            return
        if loop.time() >= said_s + PROGRESS_EVERY_S:
            said_s += PROGRESS_EVERY_S
            watcher.say(watcher.line(feed, world))


class _Watcher:
    """The sink of a headless feed: chooses the contracts as listings come, and counts."""

    def __init__(
        self, venues: Sequence[str], symbols: Sequence[str], say: Callable[[str], None]
    ) -> None:
        self.say = say
        self.feed: Feed | None = None
        self.refusal: InputError | None = None
        self.back_filling: BackFilling | None = None
        self._venues = venues
        self._symbols = symbols
        self._chosen: dict[str, list[InstrumentKey]] = {}
        self._found: set[str] = set()
        self._statuses: dict[str, VenueStatus] = {}
        self._readings = 0

    def send(self, frame: Frame) -> None:
        """Take a frame of the feed."""
        match frame:
            case Listing():
                self._choose(frame)
            case VenueStatus():
                self._statuses[frame.venue] = frame
            case Readings():
                self._readings += sum(1 for _ in frame.all()) - len(frame.unavailable)
            case Series() if self.back_filling is not None:
                self.back_filling.take(frame)
            case Fault():
                self.say(frame.text)

    def drop_market(self) -> None:
        """Nothing waits here."""

    def line(self, feed: Feed, world: World) -> str:
        """How it goes, in one line."""
        contracts = sum(map(len, self._chosen.values()))
        requests = sum(source.requests for source in feed.sources)
        moment = datetime.fromtimestamp(world.now_ms() / 1000, UTC)
        troubles = [
            f"{status.venue} {status.state}: {status.text}"
            for status in self._statuses.values()
            if status.state != OK
        ]
        counts = f"{contracts} contracts, {self._readings} readings, {requests} requests"
        kept = f"{feed.recorder.rows_kept} rows kept"
        if self.back_filling is not None:
            kept = f"{kept}, {self.back_filling.line()}"
        return "; ".join([f"{moment:%Y-%m-%d %H:%M:%S} UTC  {counts}, {kept}", *troubles])

    def _choose(self, listing: Listing) -> None:
        """Watch what was named of the venue that has just been listed."""
        if listing.venue in self._chosen:
            return
        chosen: dict[InstrumentKey, None] = {}
        refusals: list[InputError] = []
        for symbol in self._symbols:
            try:
                chosen[find_instrument(symbol, listing.instruments).key] = None
                self._found.add(symbol)
            except InputError as error:
                refusals.append(error)
        self._chosen[listing.venue] = list(chosen)
        if refusals and self._nowhere():
            self._refuse(refusals[0])
            return
        for refusal in refusals:
            self.say(f"{listing.venue}: {refusal.user_message}")
        if self.feed is not None:
            self.feed.handle(Watch([key for keys in self._chosen.values() for key in keys]))
        if self.back_filling is not None:
            self.back_filling.add(chosen)

    def _nowhere(self) -> bool:
        """Whether all venues are listed and a symbol was found on none."""
        return set(self._chosen) >= set(self._venues) and not self._found.issuperset(self._symbols)

    def _refuse(self, error: InputError) -> None:
        self.refusal = error
        if self.feed is not None:
            self.feed.stop()
