"""What the window knows of the market: the feed's frames merged into one Snapshot, latest wins.

The link also remembers what was asked of the feed, and asks again when a new one starts.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from dashboard.feed.elapsed import elapsed_s
from dashboard.feed.frames import (
    AccountOddsTold,
    AccountTold,
    AskAccount,
    AskAccountOdds,
    Clock,
    Fault,
    ForgetKey,
    Frame,
    Hello,
    IntervalChanged,
    KeepHistory,
    Listing,
    ListVenue,
    LoadSeries,
    OddsFit,
    OddsScore,
    Readings,
    Refusals,
    Series,
    SetClock,
    Tiers,
    VenueStatus,
    Watch,
)
from dashboard.market.access_key import AccessKey
from dashboard.market.instrument import InstrumentKey, TierTable
from dashboard.market.readings import Unavailable
from dashboard.market.snapshot import Snapshot
from widgets.feed_process import FeedProcess

_JUMP_TOLERANCE_S = 5.0
"""A clock that is further behind than this, in real time, was set back by hand."""


class FeedLink(QObject):
    """The window's side of the feed: state to read, commands to send, signals on what changed."""

    readings_arrived = Signal()
    listing_arrived = Signal(str)
    series_arrived = Signal(object)
    clock_changed = Signal()
    status_changed = Signal()
    faulted = Signal(str, bool)
    odds_arrived = Signal(object)
    score_arrived = Signal(object)
    wallet_odds_told = Signal(object)
    account_told = Signal(object)
    time_went_back = Signal()
    time_leapt = Signal()
    """A recording goes on from another moment, before or after: its prices are on their way."""
    refused = Signal(object)
    interval_changed = Signal(object)
    greeted = Signal(object)

    def __init__(self, process: FeedProcess, clock: Clock, parent: QObject | None = None) -> None:
        """`clock` stands until the feed sends its own."""
        super().__init__(parent)
        self.snapshot = Snapshot(speed=clock.speed)
        self.statuses: dict[str, VenueStatus] = {}
        self.tables: dict[InstrumentKey, TierTable] = {}
        self.clock = clock
        self.clock_known = False
        self.lost_reason = ""
        self.readings_seen = 0
        self.first_reading_ms: int | None = None
        self._clock_at_s = _elapsed_s(clock)
        self._not_before_ms = 0
        self._watch = Watch([])
        self._listed: dict[str, None] = {}
        self._request: LoadSeries | None = None
        self._kept: KeepHistory | None = None
        self._accounts: dict[int, tuple[str, str]] = {}
        self._process = process
        process.setParent(self)
        process.frame_arrived.connect(self._take)
        process.lost.connect(self._on_lost)

    @property
    def lost(self) -> bool:
        """Whether the feed is gone and its successor has not spoken yet."""
        return bool(self.lost_reason)

    @property
    def pid(self) -> int:
        """The feed's process id, 0 while there is none."""
        return self._process.pid

    def now_ms(self) -> int:
        """The program's now: the feed's clock, carried on since it was sent."""
        if self.clock.paused:
            return self.clock.now_ms
        passed_s = _elapsed_s(self.clock) - self._clock_at_s
        now_ms = self.clock.now_ms + round(passed_s * 1000.0 * self.clock.speed)
        now_ms = max(now_ms, self._not_before_ms)
        return now_ms if self.clock.ends_ms is None else min(now_ms, self.clock.ends_ms)

    def start(self) -> None:
        """Start the feed process."""
        self._process.start()

    def close(self) -> None:
        """Stop the feed; takes at most a few seconds, and nothing arrives any more."""
        self._process.close()

    def watch(self, keys: list[InstrumentKey], held: list[InstrumentKey] | None = None) -> None:
        """Have exactly these contracts polled, and the mark prices of those `held` streamed."""
        self._watch = Watch(list(keys), list(held or ()))
        self._process.send(self._watch)

    def list_venue(self, venue: str) -> None:
        """Ask for a venue's contracts; the answer is `listing_arrived`."""
        self._listed[venue] = None
        self._process.send(ListVenue(venue))

    def keep_history(self, days: int) -> None:
        """Have the history kept for so many days, 0 for ever."""
        self._kept = KeepHistory(days)
        self._process.send(self._kept)

    def load_series(self, request: LoadSeries) -> None:
        """Ask for series of a contract; they come as `series_arrived`."""
        if request.follow:
            self._request = request
        self._process.send(request)

    def ask_wallet_odds(self, command: AskAccountOdds) -> None:
        """Ask how likely wallets are liquidated; the answer is `wallet_odds_told`."""
        self._process.send(command)

    def ask_account(self, request: int, venue: str, owner: str, key: AccessKey | None) -> None:
        """Ask what an account holds; the answer is `account_told`, also where the feed is gone."""
        self._ask_of_account(AskAccount(request, venue, owner, key))

    def forget_key(self, request: int, venue: str, owner: str) -> None:
        """Have a key taken out of the keyring; the answer is `account_told`."""
        self._ask_of_account(ForgetKey(request, venue, owner))

    def _ask_of_account(self, command: AskAccount | ForgetKey) -> None:
        self._accounts[command.request] = (command.venue, command.owner)
        if self.lost or not self.clock_known:
            self._give_up_accounts("the feed is not running yet; ask again in a moment")
        else:
            self._process.send(command)

    def _give_up_accounts(self, why: str) -> None:
        asked, self._accounts = self._accounts, {}
        for request, (venue, owner) in asked.items():
            self.account_told.emit(AccountTold(request, venue, owner, fault=why))

    def pause(self, paused: bool) -> None:
        """Stop or run the recording's clock."""
        self._process.send(SetClock(paused=paused))

    def step(self, step_ms: int) -> None:
        """Move the recording's clock once."""
        self._process.send(SetClock(step_ms=step_ms))

    def seek(self, at_ms: int) -> None:
        """Move the recording's clock to a moment."""
        self._process.send(SetClock(seek_ms=at_ms))

    def set_speed(self, speed: float) -> None:
        """Have the recording run at `speed` recorded seconds per second."""
        self._process.send(SetClock(speed=speed))

    def _take(self, frame: Frame) -> None:
        match frame:
            case Readings():
                self._take_readings(frame)
            case Series():
                self.series_arrived.emit(frame)
            case Clock():
                self._take_clock(frame)
            case Hello():
                self._on_hello()
                self.greeted.emit(frame)
            case Fault():
                self.faulted.emit(frame.text, frame.fatal)
            case _:
                self._take_reference(frame)

    def _take_reference(self, frame: Frame) -> None:
        match frame:
            case Listing():
                self.snapshot.list_instruments(frame.instruments)
                self.listing_arrived.emit(frame.venue)
            case Tiers():
                self.tables.update((table.key, table) for table in frame.tables)
            case OddsFit() | OddsScore() | AccountOddsTold():
                self._take_odds(frame)
            case AccountTold():
                self._accounts.pop(frame.request, None)
                self.account_told.emit(frame)
            case VenueStatus():
                self.statuses[frame.venue] = frame
                self.status_changed.emit()
            case Refusals():
                self.refused.emit(frame)
            case IntervalChanged():
                self.interval_changed.emit(frame)

    def _take_odds(self, frame: OddsFit | OddsScore | AccountOddsTold) -> None:
        match frame:
            case OddsFit():
                self.odds_arrived.emit(frame)
            case OddsScore():
                self.score_arrived.emit(frame)
            case AccountOddsTold():
                self.wallet_odds_told.emit(frame)

    def _take_readings(self, frame: Readings) -> None:
        self.snapshot.merge(frame.all())
        if any(not isinstance(reading, Unavailable) for reading in frame.all()):
            self.readings_seen += 1
        if self.first_reading_ms is None:
            self.first_reading_ms = self.now_ms()
        self.readings_arrived.emit()

    def _take_clock(self, clock: Clock) -> None:
        tolerance_ms = _JUMP_TOLERANCE_S * 1000.0 * max(self.clock.speed, clock.speed, 1.0)
        now_ms = self.now_ms()
        behind_ms = now_ms - _now_by(clock) if self.clock_known else 0
        if behind_ms > tolerance_ms:
            self.snapshot.clear_readings()
            self.time_went_back.emit()
        if clock.recording is not None and abs(behind_ms) > tolerance_ms:
            self.time_leapt.emit()
        # Where a frame of unknown age was held up, time stands until it has caught up.
        held_up = 0 < behind_ms <= tolerance_ms and not clock.paused
        self._not_before_ms = now_ms if held_up else 0
        changed = not self.clock_known or (clock.speed, clock.paused) != (
            self.clock.speed,
            self.clock.paused,
        )
        self.clock = clock
        self.clock_known = True
        self.snapshot.speed = clock.speed
        self._clock_at_s = _elapsed_s(clock) if clock.sent_s is None else clock.sent_s
        if changed:
            self.clock_changed.emit()

    def _on_hello(self) -> None:
        """A feed starts: bring it to where the last one was."""
        if self.clock_known and self.clock.recording is not None:
            clock = self.clock
            self._process.send(
                SetClock(speed=clock.speed, paused=clock.paused, seek_ms=self.now_ms())
            )
        if self._watch.keys:
            self._process.send(self._watch)
        for venue in self._listed:
            self._process.send(ListVenue(venue))
        if self._request is not None:
            self._process.send(self._request)
        if self._kept is not None:
            self._process.send(self._kept)
        self.lost_reason = ""
        self.status_changed.emit()

    def _on_lost(self, reason: str) -> None:
        self.lost_reason = reason
        self.status_changed.emit()
        self._give_up_accounts(f"{reason}; ask again when it is back")


def _elapsed_s(clock: Clock) -> float:
    """The clock that a market's time is carried on by: a recording stands still in a sleep."""
    return elapsed_s() if clock.recording is None else time.monotonic()


def _now_by(clock: Clock) -> int:
    """What `clock` says the time is now, however long it was on its way; ms UTC."""
    if clock.sent_s is None or clock.paused:
        return clock.now_ms
    held_s = max(0.0, _elapsed_s(clock) - clock.sent_s)
    return clock.now_ms + round(held_s * 1000.0 * clock.speed)
