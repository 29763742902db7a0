"""Polls one venue: a loop per lane, each failure said in words, none of them anybody else's.

Whatever happens here (an answer of any shape, a hang, a fault of ours) stays in this venue: the
loops are started again, and the venue's status says what is the matter.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from dashboard.errors import VenueError, VenueUnavailableError
from dashboard.feed.bans import Bans, real_now_ms
from dashboard.feed.elapsed import elapsed_s
from dashboard.feed.frames import Fault, Frame, Listing, Tiers
from dashboard.feed.listing_file import ListingFile
from dashboard.feed.schedule import FAST_INTERVAL_S, Breaker, Job, Schedule, back_off_s
from dashboard.feed.status import FAILING, OFF, VenueHealth
from dashboard.feed.streaming import MarkStreamer
from dashboard.market.clock_offset import counted_ms
from dashboard.market.instrument import Instrument, InstrumentKey
from dashboard.market.readings import Reading, ReadingKind, Unavailable
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.entry import Call, Lane
from dashboard.venues.failures import VenueBusyError, VenueDownError
from dashboard.venues.listing import LEAST_BETWEEN_ABSENCES_S
from dashboard.venues.mark_stream import MarkStream

IN_FLIGHT_PER_LANE = 4
REGION_REST_S = 6 * 3600.0
"""A venue that does not serve this region is asked again this seldom, or by hand."""
LISTING_REFRESH_S = 3600.0
DOUBT_REFRESH_S = LEAST_BETWEEN_ABSENCES_S
"""How soon the listing is loaded again that lacked a contract."""
TIERS_EVERY_S = 12 * 3600.0
LONGEST_SLEEP_S = 1.0
STATUS_EVERY_S = 5.0
TIERS = "leverage tiers"
CONTRACTS = "contracts"
STEADY_AFTER_S = 600.0
"""Loops that ran this long start again without the back-off that was earned before."""

_log = logging.getLogger("liqline.feed")


class Outlet(Protocol):
    """Where a poller's news go."""

    def send(self, frame: Frame) -> None:
        """Pass a frame on."""

    def take_readings(self, readings: Sequence[Reading]) -> None:
        """Pass readings on and keep them."""


class VenuePoller:
    """One venue's loops. `pace` gives market seconds per real second, 0 while time stands.

    `fast_interval_s` is how often the fast questions are asked, in market time; `stream` pushes
    the mark prices of held contracts, None where only polling gives them; `kept` has the listing
    of an earlier run, None to begin without.
    """

    def __init__(
        self,
        source: CcxtSource,
        outlet: Outlet,
        pace: Callable[[], float],
        bans: Bans,
        fast_interval_s: float = FAST_INTERVAL_S,
        stream: MarkStream | None = None,
        kept: ListingFile | None = None,
    ) -> None:
        self.source = source
        self._fast_s = fast_interval_s
        self._bans = bans
        self._kept = kept
        self.listed = asyncio.Event()
        self._venue = source.entry.venue
        self._calls = {call.name: call for call in source.entry.calls}
        self._outlet = outlet
        self._pace = pace
        self._schedule = Schedule()
        self._breaker = Breaker()
        self._health = VenueHealth(self._venue)
        self._watched: tuple[InstrumentKey, ...] = ()
        self._generation = 0
        self._reported: tuple[str, ...] = ("", "", "", "", "")
        self._reported_s = 0.0
        self._listing_wanted = asyncio.Event()
        self._news = {lane: asyncio.Event() for lane in Lane}
        self._held: tuple[InstrumentKey, ...] = ()
        self._streamer: MarkStreamer | None = None
        if stream is not None:
            take, lost = outlet.take_readings, self._poll_prices
            self._streamer = MarkStreamer(self._venue, stream, source.now_ms, take, lost)

    def watch(self, keys: Iterable[InstrumentKey], held: Iterable[InstrumentKey] = ()) -> None:
        """Poll exactly these contracts of this venue; stream the prices of those held."""
        watched = tuple(dict.fromkeys(keys))
        newcomers = set(watched) - set(self._watched)
        self._watched = watched
        self._held = tuple(held)
        self._arrange()
        if newcomers and self.listed.is_set():
            self._hasten_for(newcomers)

    def ask_again(self) -> None:
        """Send the listing; where there is none, or the venue refused, ask for it at once.

        A pause that the venue demanded is kept to.
        """
        if self.listed.is_set() and not self._breaker.tripped:
            self._outlet.send(Listing(self._venue, list(self.source.instruments.values())))
            return
        self._breaker.lift()
        self._listing_wanted.set()
        self._wake()

    def trouble(self) -> str:
        """What is the matter with the venue, in words; "" where it answers or was not asked yet."""
        status = self._health.status(self._breaker.wait_s(elapsed_s()), None)
        return status.text if status.state in (FAILING, OFF) else ""

    def clock_set(self, *, moved: bool) -> None:
        """The market's clock was set; `moved` where now is another moment.

        What is under way is then worth nothing, and everything is due at once.
        """
        if moved:
            self._generation += 1
            self.source.forget()
            self._schedule.reset()
            self._arrange()
        self._wake()

    def woke(self, slept_s: float) -> None:
        """Ask for everything anew after a time in which nothing ran.

        Answers and connections of before are worth nothing; the limiter spreads the questions.
        """
        self._generation += 1
        self._schedule.reset()
        if self._streamer is not None:
            self._streamer.restart()
        if slept_s > LISTING_REFRESH_S:
            self._listing_wanted.set()
        self._wake()

    async def run(self) -> None:
        """Poll until cancelled."""
        restarts = 0
        self._rest_as_told()
        while True:
            started_s = elapsed_s()
            try:
                await self.source.open()
                await self._run_loops()
            except* Exception as errors:  # noqa: BLE001 (one venue's bug stays in that venue)
                _log.exception("%s: the loops broke and are started again", self._venue)
                self._health.broke(str(errors.exceptions[0]))
                self._report()
            restarts = 1 if elapsed_s() > started_s + STEADY_AFTER_S else restarts + 1
            self._schedule.reset()
            self._breaker.given_up()
            await asyncio.sleep(back_off_s(restarts))

    def _rest_as_told(self) -> None:
        """Keep to a pause that the venue demanded of an earlier feed."""
        rest_s = self._bans.rest_s(self._venue)
        if rest_s > 0:
            sentence = f"{self._venue} has demanded a pause"
            self._take_failure(VenueBusyError(sentence, rest_s), "")
            self._explain_all(sentence)

    async def _run_loops(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_listing())
            if self._streamer is not None:
                group.create_task(self._streamer.run())
            # On loopback an answer takes no time worth overlapping, and lanes share four requests
            # a second fairly only if none of them queues more than one.
            slots = 1 if self.source.on_loopback else IN_FLIGHT_PER_LANE
            for lane in Lane:
                group.create_task(self._run_lane(lane, group, asyncio.Semaphore(slots)))

    async def _keep_listing(self) -> None:
        """Load the contracts, again after an hour, and sooner where it failed or is asked for."""
        failures = 0
        self._report()
        await self._adopt_kept()
        while True:
            try:
                await self._list()
                failures = 0
                doubtful = self.source.contracts.doubtful
                wait_s = DOUBT_REFRESH_S if doubtful else LISTING_REFRESH_S
            except VenueError as error:
                failures += 1
                self._take_failure(error, CONTRACTS)
                self._explain_all(error.user_message)
                rest_s = self._breaker.wait_s(elapsed_s())
                wait_s = max(back_off_s(failures), rest_s if rest_s < REGION_REST_S * 2 else 0.0)
            self._report()
            self._listing_wanted.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._listing_wanted.wait()
            except TimeoutError:
                continue

    async def _adopt_kept(self) -> None:
        """Begin with the listing of an earlier run, while the venue is asked for today's."""
        if self._kept is None or self.listed.is_set():
            return
        markets = await asyncio.to_thread(self._kept.load, self.source.reader(), real_now_ms())
        if markets and self.source.adopt(markets):
            self._take_listing()

    async def _list(self) -> None:
        before = set(self.source.contracts.delisted)
        await self.source.load_instruments()
        self._answered(CONTRACTS)
        self._say_delisted(self.source.contracts.delisted - before)
        self._take_listing()
        if self._kept is not None:
            markets, reader = self.source.markets(), self.source.reader()
            await asyncio.to_thread(self._kept.save, markets, reader, real_now_ms())

    def _take_listing(self) -> None:
        self._outlet.send(Listing(self._venue, list(self.source.instruments.values())))
        self.listed.set()
        self._arrange()

    def _say_delisted(self, symbols: set[str]) -> None:
        for symbol in sorted({key.symbol for key in self._watched} & symbols):
            sentence = f"{self._venue} has delisted {symbol}; it stays on your list without figures"
            _log.info("%s", sentence)
            self._outlet.send(Fault(sentence))

    def _arrange(self) -> None:
        """Make the jobs that the watched contracts need and say what will never come."""
        if not self.listed.is_set():
            return
        listed = self.source.instruments
        known = [key for key in self._watched if key.symbol in listed]
        jobs: list[Job] = []
        for call in self._calls.values():
            concerned = [key for key in known if call.concerns(listed[key.symbol])]
            jobs += jobs_of(call, concerned, self._fast_s)
        if self.source.entry.tiers is not None:
            # Tiers change with the real date, so the interval is a floor in real time, too.
            jobs += [Job(TIERS, Lane.SLOW, TIERS_EVERY_S, TIERS_EVERY_S, key) for key in known]
        self._schedule.set_jobs(jobs)
        self._health.watching(len(known))
        if self._streamer is not None:
            self._streamer.watch(key for key in self._held if key in known)
        self._explain_gaps(known)
        self._wake()

    def _hasten_for(self, newcomers: set[InstrumentKey]) -> None:
        """Ask at once what answers for all contracts: newcomers have missed this round."""
        listed = self.source.instruments
        known = [listed[key.symbol] for key in newcomers if key.symbol in listed]
        for call in self._calls.values():
            if not call.per_contract and any(map(call.concerns, known)):
                self._schedule.hasten(call.name)
        self._wake()

    def _poll_prices(self) -> None:
        """Ask for mark prices at once: they are not pushed any more."""
        for call in self._calls.values():
            if ReadingKind.MARK_PRICE in call.kinds:
                self._schedule.hasten(call.name)
        self._wake()
        self._report()

    def _wake(self) -> None:
        for event in self._news.values():
            event.set()

    async def _run_lane(
        self, lane: Lane, group: asyncio.TaskGroup, slots: asyncio.Semaphore
    ) -> None:
        while True:
            await slots.acquire()
            job = await self._next_job(lane)
            self._breaker.asking()
            group.create_task(self._do(job, lane, slots))

    async def _next_job(self, lane: Lane) -> Job:
        news = self._news[lane]
        while True:
            news.clear()
            now_s = elapsed_s()
            rest_s = self._breaker.wait_s(now_s)
            if rest_s <= 0:
                job = self._schedule.take(lane, now_s, self._pace())
                if job is not None:
                    return job
            wait_s = self._schedule.wait_s(lane, now_s, self._pace())
            sleep_s = max(rest_s, wait_s if wait_s is not None else LONGEST_SLEEP_S)
            try:
                async with asyncio.timeout(min(sleep_s, LONGEST_SLEEP_S)):
                    await news.wait()
            except TimeoutError:
                continue

    async def _do(self, job: Job, lane: Lane, slots: asyncio.Semaphore) -> None:
        generation = self._generation
        try:
            await self._ask(job, generation)
        except VenueError as error:
            self._schedule.failed(job, elapsed_s())
            self._take_failure(error, self._shown(job))
            if generation == self._generation:
                self._explain(job, error.user_message)
        finally:
            slots.release()
            self._news[lane].set()
            self._report()

    async def _ask(self, job: Job, generation: int) -> None:
        instruments = self._instruments(job)
        if not instruments:
            # Its contract was delisted, or is not watched any more, while the question waited.
            self._breaker.given_up()
            self._schedule.succeeded(job)
            return
        if job.name == TIERS:
            tables = await self.source.fetch_tiers([i.symbol for i in instruments])
            if tables:
                self._outlet.send(Tiers(tables))
        else:
            readings = await self.source.poll(self._calls[job.name], instruments)
            if self._streamer is not None:
                readings = self._streamer.without_pushed(readings)
            if generation == self._generation:
                # What went meanwhile, from the listing or the list, gets no figure any more.
                still = {instrument.key for instrument in self._instruments(job)}
                self._outlet.take_readings([one for one in readings if one.key in still])
        self._answered(self._shown(job))
        self._schedule.succeeded(job)

    def _instruments(self, job: Job) -> list[Instrument]:
        keys = self._watched if job.key is None else (job.key,)
        listed, call = self.source.instruments, self._calls.get(job.name)
        found = [listed[key.symbol] for key in keys if key.symbol in listed]
        return [one for one in found if call is None or call.concerns(one)]

    def _answered(self, what: str) -> None:
        self._breaker.succeeded()
        if not self._breaker.tripped:  # else it was asked before the venue demanded a pause
            self._health.answered(what, self.source.now_ms())

    def _take_failure(self, error: VenueError, what: str) -> None:
        now_s = elapsed_s()
        self.source.noted.note(error)
        match error:
            case VenueUnavailableError():
                self._breaker.rest(now_s, REGION_REST_S)
            case VenueBusyError():
                self.source.limiter.pause(error.pause_s)
                self._bans.note(self._venue, error.pause_s)
                self._breaker.rest(now_s, error.pause_s)
            case VenueDownError():
                self._breaker.failed(now_s)
            case _:
                self._breaker.succeeded()
        self._health.failed(error, what)

    def _shown(self, job: Job) -> str:
        """The readings that depend on a job, as words; "" where none does."""
        call = self._calls.get(job.name)
        return ", ".join(kind.value for kind in call.kinds) if call is not None else ""

    def _report(self) -> None:
        """Send the venue's status where it changed, its figures no more often than needed."""
        now_s = elapsed_s()
        usage = self.source.limiter.fullest()
        prices_text = "" if self._streamer is None else self._streamer.text()
        status = self._health.status(
            self._breaker.wait_s(now_s), usage, prices_text, self.source.clock_ahead_ms
        )
        off_s = f"{counted_ms(status.clock_ahead_ms) / 1000:.0f}"
        told = (status.text, status.budget_text, status.prices_text, off_s)
        old_state, *old = self._reported
        early = now_s < self._reported_s + STATUS_EVERY_S
        if status.state == old_state and (told == tuple(old) or early):
            return
        self._reported = (status.state, *told)
        self._reported_s = now_s
        self._outlet.send(status)

    def _explain(self, job: Job, reason: str) -> None:
        """Say why what `job` asks for does not come; of a venue left alone, why nothing does."""
        if self._breaker.tripped:
            keys = [key for key in self._watched if key.symbol in self.source.instruments]
            kinds = {kind for call in self._calls.values() for kind in call.kinds}
            self._say_missing(keys, dict.fromkeys(kinds, reason))
            return
        call = self._calls.get(job.name)
        if call is not None:
            keys = [instrument.key for instrument in self._instruments(job)]
            self._say_missing(keys, dict.fromkeys(call.kinds, reason))

    def _explain_all(self, reason: str) -> None:
        """Say why nothing comes, as long as no listing has come."""
        if not self.listed.is_set():
            self._say_missing(self._watched, dict.fromkeys(ReadingKind, reason))

    def _explain_gaps(self, known: Sequence[InstrumentKey]) -> None:
        """Say what the venue never offers, and which watched contracts it does not list."""
        now_ms, never = self.source.now_ms(), self.source.entry.not_offered
        self._outlet.take_readings(missing_readings(known, never, now_ms, permanent=True))
        for key in self._watched:
            if key not in known:
                gone = key.symbol in self.source.contracts.delisted
                does_not = "has delisted" if gone else "does not list"
                reason = f"{self._venue} {does_not} {key.symbol}"
                self._say_missing([key], dict.fromkeys(ReadingKind, reason))

    def _say_missing(
        self, keys: Iterable[InstrumentKey], reasons: Mapping[ReadingKind, str]
    ) -> None:
        self._outlet.take_readings(missing_readings(keys, reasons, self.source.now_ms()))


def missing_readings(
    keys: Iterable[InstrumentKey],
    reasons: Mapping[ReadingKind, str],
    now_ms: int,
    *,
    permanent: bool = False,
) -> list[Unavailable]:
    """Why each of these contracts lacks the kinds in `reasons`."""
    return [
        Unavailable(
            venue=key.venue,
            symbol=key.symbol,
            endpoint="",
            venue_ms=None,
            received_ms=now_ms,
            kind=kind,
            reason=reason,
            permanent=permanent,
        )
        for key in keys
        for kind, reason in reasons.items()
    ]


def jobs_of(
    call: Call, keys: Sequence[InstrumentKey], fast_interval_s: float = FAST_INTERVAL_S
) -> list[Job]:
    """The jobs of one call for these contracts: one each, or one for all of them.

    What the catalogue asks every FAST_INTERVAL_S or oftener is asked every `fast_interval_s`.
    """
    if not keys:
        return []
    fast = call.interval_s <= FAST_INTERVAL_S
    interval_s = fast_interval_s if fast else call.interval_s
    floor_s = min(call.floor_s, interval_s)
    about = keys if call.per_contract else [None]
    return [Job(call.name, call.lane, interval_s, floor_s, key) for key in about]
