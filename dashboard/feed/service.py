"""The feed: commands in, frames out, a task per venue, one history.

Runs in an event loop; nothing in it blocks. `run` ends when `stop` was called, whatever is under
way, and leaves files and connections closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from dashboard.errors import DashboardError, InputError, StoreError
from dashboard.feed.accounts import Accounts
from dashboard.feed.backfill import SeriesLoader, empty_series
from dashboard.feed.bans import Bans
from dashboard.feed.door import Door, Refusal
from dashboard.feed.doubts import Doubts
from dashboard.feed.elapsed import elapsed_s
from dashboard.feed.forgetting import Forgetting
from dashboard.feed.frames import (
    AskAccount,
    AskAccountOdds,
    Command,
    Fault,
    ForgetKey,
    Frame,
    KeepHistory,
    Listing,
    ListVenue,
    LoadSeries,
    SetClock,
    Stop,
    Tiers,
    VenueStatus,
    Watch,
)
from dashboard.feed.interval_watch import IntervalWatch
from dashboard.feed.listing_file import ListingFile
from dashboard.feed.odds_keeper import OddsKeeper
from dashboard.feed.outbox import grouped
from dashboard.feed.poller import VenuePoller, missing_readings
from dashboard.feed.raw_recorder import RawRecorder
from dashboard.feed.recorder import Recorder
from dashboard.feed.schedule import FAST_INTERVAL_S
from dashboard.feed.spent import Spent
from dashboard.feed.status import OFF
from dashboard.feed.wallet_odds import WalletOddsDesk
from dashboard.feed.world import World
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import TIMEFRAMES_MS, Reading, ReadingKind, SeriesKind
from dashboard.store.tiers import save_tiers
from dashboard.venues.catalogue import CATALOGUE, find_entry
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.entry import Entry
from dashboard.venues.failures import plain
from dashboard.venues.mark_stream import STREAMS, MarkStream

CLOCK_EVERY_S = 1.0
"""Also the heartbeat by which the window knows that the feed lives."""
SLEPT_AFTER_S = 5.0
"""A clock that is sent so much too late tells that nothing ran meanwhile."""
REQUESTS_KEPT = 8
LISTINGS = "listings"
SPENT_FILE = "request-budgets.json"
SPENT_KEPT_EVERY_S = 10.0
BANS_FILE = "venue-pauses.json"
INTERVALS_FILE = "funding-intervals.json"
CLOSE_LIMIT_S = 0.3

_log = logging.getLogger("liqline.feed")


class FrameSink(Protocol):
    """Where frames go."""

    def send(self, frame: Frame) -> None:
        """Pass a frame on without blocking."""

    def drop_market(self) -> None:
        """Forget readings and series that were not passed on yet."""


class _Slot(NamedTuple):
    """What a load is for: a newer request for the same takes its place."""

    key: InstrumentKey
    timeframe: str
    follow: bool
    kinds: tuple[SeriesKind, ...]


class _Load(NamedTuple):
    """A request for series that is being served or followed."""

    task: asyncio.Task[None]
    loader: SeriesLoader


class Feed:
    """Everything between the venues of `world` and `sink`; keeps readings in `history`.

    Fetched tiers and demanded pauses are kept in `data_dir`, None to keep none. With `odds` the
    hourly candles of what is watched are kept up and odds are fitted on them.
    """

    def __init__(
        self,
        world: World,
        sink: FrameSink,
        history: Path | str,
        data_dir: Path | None,
        *,
        fast_interval_s: float = FAST_INTERVAL_S,
        raw: RawRecorder | None = None,
        odds: bool = False,
    ) -> None:
        self.recorder = Recorder(history, self._say)
        self._world = world
        self._sink = sink
        self._data_dir = data_dir
        self._fast_interval_s = fast_interval_s
        self._raw = raw
        self._spent = Spent(None if data_dir is None else data_dir / SPENT_FILE)
        self._bans = Bans(None if data_dir is None else data_dir / BANS_FILE)
        self._intervals = IntervalWatch(None if data_dir is None else data_dir / INTERVALS_FILE)
        self.door = Door(
            world.pace,
            self._ahead_ms,
            live=world.recording is None,
            by_rows=world.by_rows,
        )
        self._doubts = Doubts(
            self.door, sink.send, self._answer_of, self._market_id_of, world.now_ms
        )
        self._pollers: dict[str, VenuePoller] = {}
        self._loads: dict[_Slot, _Load] = {}
        self._latest: LoadSeries | None = None
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._early: list[Command] = []
        self._odds = OddsKeeper(self._poller, self.recorder, sink.send, world) if odds else None
        self._forgetting = Forgetting(self.recorder, world.now_ms, self._say)
        self._wallets = WalletOddsDesk(self.recorder, sink.send, world)
        self._accounts = Accounts(self._poller, sink.send, world)

    @property
    def sources(self) -> list[CcxtSource]:
        """The venues that are asked."""
        return [poller.source for poller in self._pollers.values()]

    def stop(self) -> None:
        """Have `run` end soon."""
        self._stopping.set()

    async def run(self) -> None:
        """Serve until stopped. DashboardError of a world that cannot open gets out."""
        try:
            await self._world.open()
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._spawn(self._send_clock())
                if self._data_dir is not None:
                    self._spawn(self._keep_spent())
                if self._odds is not None:
                    self._spawn(self._odds.run())
                if self._world.recording is None:
                    self._spawn(self._forgetting.run())
                for command in self._early:
                    self.handle(command)
                await self._stopping.wait()
                for task in self._tasks:
                    task.cancel()
        finally:
            await self._close()

    def handle(self, command: Command) -> None:
        """Do what the window asks; what is wrong with it is said in a Fault."""
        if self._group is None:
            self._early.append(command)
            return
        try:
            self._do(command)
        except DashboardError as error:
            _log.info("%s (%s)", error.user_message, error.detail)
            self._say(error.user_message)

    def send(self, frame: Frame) -> None:
        """Pass on a poller's frame; tiers are also kept."""
        if isinstance(frame, Listing):
            self.door.learn(frame.instruments)
        self._sink.send(frame)
        if isinstance(frame, Tiers) and self._data_dir is not None:
            try:
                save_tiers(frame.tables, self._data_dir)
            except (StoreError, InputError) as error:
                self._say(error.user_message)

    def take_readings(self, readings: Sequence[Reading]) -> None:
        """Pass on and keep of a poller's readings what may be believed."""
        if readings:
            passed, doubts = self.door.judge(readings)
            self._sink.send(grouped(passed))
            self.recorder.take([one for one in passed if not one.doubt], self._world.now_ms())
            for change in self._intervals.take(passed):
                self._sink.send(change)
            self._doubts.take(doubts)

    def _do(self, command: Command) -> None:
        match command:
            case Watch(keys, held):
                self._watch(keys, held)
            case LoadSeries():
                self._load(command)
            case ListVenue(venue):
                self._list(venue)
            case SetClock():
                self._set_clock(command)
            case KeepHistory(days):
                self._forgetting.keep(days)
            case AskAccount() | ForgetKey() | AskAccountOdds():
                self._spawn(self._answer(command))
            case Stop():
                self.stop()

    async def _answer(self, command: AskAccount | ForgetKey | AskAccountOdds) -> None:
        match command:
            case AskAccount():
                await self._accounts.tell(command)
            case ForgetKey():
                await self._accounts.forget(command)
            case AskAccountOdds():
                await self._wallets.tell(command)

    def _watch(self, keys: Iterable[InstrumentKey], held: Iterable[InstrumentKey]) -> None:
        by_venue, held_by_venue = _by_venue(keys), _by_venue(held)
        if self._odds is not None:
            self._odds.want([*held, *keys])
        for venue, poller in self._pollers.items():
            poller.watch(by_venue.pop(venue, []), held_by_venue.get(venue, []))
        for venue, wanted in by_venue.items():
            why_not = self._why_not(venue)
            if not why_not:
                self._poller(venue).watch(wanted, held_by_venue.get(venue, []))
                continue
            self._sink.send(VenueStatus(venue, OFF, why_not, 0))
            reasons = dict.fromkeys(ReadingKind, why_not)
            self.take_readings(missing_readings(wanted, reasons, self._world.now_ms()))

    def _list(self, venue: str) -> None:
        why_not = self._why_not(venue)
        if why_not:
            self._sink.send(VenueStatus(venue, OFF, why_not, 0))
        else:
            self._poller(venue).ask_again()

    def _why_not(self, venue: str) -> str:
        """Why a venue cannot be asked; "" where it can."""
        if venue not in CATALOGUE:
            return f"venue {plain(venue)} is unknown; allowed are {', '.join(CATALOGUE)}"
        recorded = self._world.venues
        if recorded is not None and venue not in recorded:
            return f"this recording has nothing of {venue}"
        return ""

    def _poller(self, venue: str) -> VenuePoller:
        poller = self._pollers.get(venue)
        if poller is None:
            why_not = self._why_not(venue)
            if why_not:
                raise InputError("venue", why_not)
            world, source = self._world, self.source_of(find_entry(venue))
            source.limiter.assume_spent(self._spent.before(venue))
            self._witness(source)
            source.take_doubted = self._doubts.take_rows
            source.trusted_mark = lambda symbol: self.door.mark_of(InstrumentKey(venue, symbol))
            poller = VenuePoller(
                source,
                self,
                world.pace,
                self._bans,
                self._fast_interval_s,
                self._stream_of(source),
                None if self._data_dir is None else ListingFile(self._data_dir / LISTINGS, venue),
            )
            self._pollers[venue] = poller
            self._spawn(poller.run())
        return poller

    def source_of(self, entry: Entry) -> CcxtSource:
        """What asks a venue in this feed's world."""
        world = self._world
        return CcxtSource(
            entry,
            world.now_ms,
            loopback_url=world.loopback_url,
            address=world.addresses.get(entry.venue),
        )

    def _ahead_ms(self, venue: str) -> int | None:
        poller = self._pollers.get(venue)
        return None if poller is None else poller.source.clock_ahead_ms

    def _answer_of(self, venue: str, endpoint: str) -> object:
        poller = self._pollers.get(venue)
        return None if poller is None else poller.source.heard.get(endpoint)

    def _market_id_of(self, refusal: Refusal) -> str:
        key = refusal.reading.key
        poller = self._pollers.get(key.venue)
        listed = None if poller is None else poller.source.instruments.get(key.symbol)
        return "" if listed is None else listed.market_id

    def _witness(self, source: CcxtSource) -> None:
        """Have the raw recorder, where there is one, see what the venue answers."""
        raw, world, venue = self._raw, self._world, source.entry.venue
        if raw is not None:
            source.witness = lambda answer: raw.take(
                venue, answer, world.loopback_url or world.addresses.get(venue), world.now_ms()
            )

    def _stream_of(self, source: CcxtSource) -> MarkStream | None:
        venue = source.entry.venue
        call = STREAMS.get(venue) if self._world.streams else None
        url = self._world.stream_url or self._world.addresses.get(venue)
        return None if call is None else MarkStream(source, call, url)

    def _set_clock(self, command: SetClock) -> None:
        before_ms = self._world.now_ms()
        said = self._world.change(command)
        moved = command.seek_ms is not None or command.step_ms is not None
        if moved and self._world.now_ms() < before_ms:
            # What was sent lies in the future now; the window asks again for what it shows.
            self._sink.drop_market()
            self._latest = None
            for load in self._loads.values():
                load.task.cancel()
            self._loads.clear()
        if moved:
            self.door.forget()
        for poller in self._pollers.values():
            poller.clock_set(moved=moved)
        if moved and self._odds is not None:
            self._odds.begin_again()
        self._sink.send(self._world.clock())
        if said:
            self._say(said)

    def _load(self, request: LoadSeries) -> None:
        if request.timeframe not in TIMEFRAMES_MS:
            allowed = ", ".join(TIMEFRAMES_MS)
            sentence = f'timeframe "{request.timeframe}" is unknown; allowed are {allowed}'
            raise InputError("timeframe", sentence)
        if request.follow:
            self._latest = request
        try:
            poller = self._poller(request.key.venue)
        except InputError as error:
            for series in empty_series(request, error.user_message):
                self._sink.send(series)
            raise
        slot = _Slot(request.key, request.timeframe, request.follow, request.kinds)
        before = self._loads.pop(slot, None)
        if before is not None:
            before.task.cancel()
        while len(self._loads) >= REQUESTS_KEPT:
            self._loads.pop(self._least_needed_load()).task.cancel()
        loader = SeriesLoader(
            request,
            poller.source,
            self.recorder,
            self._sink.send,
            self._world.pace,
            None if before is None else before.loader.tails,
        )
        task = self._spawn(self._serve(request, poller, loader))
        self._loads[slot] = _Load(task, loader)

    def _least_needed_load(self) -> _Slot:
        """The oldest load that is done or that no chart follows, else the oldest."""
        spare = (slot for slot, load in self._loads.items() if load.task.done() or not slot.follow)
        return next(spare, None) or next(iter(self._loads))

    async def _serve(self, request: LoadSeries, poller: VenuePoller, loader: SeriesLoader) -> None:
        try:
            await loader.send_stored()
            await poller.listed.wait()
            poller.source.instrument(request.key.symbol)
            await loader.fill()
            await loader.follow(lambda: self._latest is request)
        except DashboardError as error:
            self._say(error.user_message)
            loader.give_up(error.user_message)

    async def _send_clock(self) -> None:
        while True:
            self._sink.send(self._world.clock())
            before_s = elapsed_s()
            await asyncio.sleep(CLOCK_EVERY_S)
            slept_s = elapsed_s() - before_s - CLOCK_EVERY_S
            if slept_s > SLEPT_AFTER_S:
                self._wake(slept_s)

    def _wake(self, slept_s: float) -> None:
        """Go on after the computer slept or this process was stopped."""
        _log.info("nothing ran for %.0f s; everything is asked anew", slept_s)
        for poller in self._pollers.values():
            poller.woke(slept_s)
        self._say(f"this computer slept or was too busy for {_long(slept_s)}; asking anew")

    async def _keep_spent(self) -> None:
        while True:
            await asyncio.sleep(SPENT_KEPT_EVERY_S)
            await asyncio.to_thread(self._spent.keep, self._spent_by_venue())

    def _spent_by_venue(self) -> dict[str, dict[str, float]]:
        return {source.entry.venue: source.limiter.spent() for source in self.sources}

    def _say(self, text: str) -> None:
        self._sink.send(Fault(text))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        if self._group is None:
            raise RuntimeError("the feed does not run")
        task = self._group.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # it may have been cancelled before it began
        return task

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task of the feed; a fault of ours ends that task and is said, nothing else."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 (logged and said)
            _log.exception("a task of the feed broke")
            self._say(f"a part of the feed broke: {type(error).__name__}; the log has more")

    async def _close(self) -> None:
        self._spent.keep(self._spent_by_venue())
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                closing = [source.close() for source in self.sources]
                await asyncio.gather(*closing, return_exceptions=True)
                await self._world.close()
        except TimeoutError:
            _log.info("a connection did not close in time")
        await self.recorder.close()


def _long(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _by_venue(keys: Iterable[InstrumentKey]) -> dict[str, list[InstrumentKey]]:
    found: dict[str, list[InstrumentKey]] = {}
    for key in keys:
        found.setdefault(key.venue, []).append(key)
    return found
