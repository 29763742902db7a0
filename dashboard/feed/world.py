"""Which market the feed looks at: the live venues, or a recording on its own clock."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol

from dashboard.errors import InputError
from dashboard.feed.elapsed import elapsed_s
from dashboard.feed.frames import Clock, SetClock
from dashboard.replay.clock import ReplayClock
from dashboard.replay.raw_session import RawSession
from dashboard.replay.recording import Recording
from dashboard.replay.server import ReplayServer


class World(Protocol):
    """Gives "now" and says where the venues are reached."""

    loopback_url: str | None
    recording: str | None
    by_rows: bool
    """Whether values stand from one recorded row to the next."""
    venues: frozenset[str] | None
    """The venues that were recorded; None where any may be asked."""
    streams: bool
    """Whether mark prices are pushed over websockets, too."""
    stream_url: str | None
    """A loopback base that stands in for the hosts of the websockets."""

    addresses: Mapping[str, str]
    """Addresses by venue, at which it is asked instead of its own."""

    def now_ms(self) -> int:
        """The market's now, ms UTC."""

    def pace(self) -> float:
        """Market seconds per real second; 0 while the clock stands still."""

    def clock(self) -> Clock:
        """The clock as a frame."""

    def change(self, command: SetClock) -> str:
        """Do what `command` says and give a sentence to tell, "" for none."""

    async def open(self) -> None:
        """Start what has to run."""

    async def close(self) -> None:
        """Stop it."""


class LiveWorld:
    """The venues as they are now."""

    loopback_url: str | None = None
    recording: str | None = None
    venues: frozenset[str] | None = None
    by_rows = False
    streams = True
    stream_url: str | None = None

    def __init__(self, addresses: Mapping[str, str] | None = None) -> None:
        self.addresses: Mapping[str, str] = addresses or {}

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def pace(self) -> float:
        return 1.0

    def clock(self) -> Clock:
        return Clock(now_ms=self.now_ms(), speed=1.0, paused=False, sent_s=elapsed_s())

    def change(self, command: SetClock) -> str:  # noqa: ARG002 (the protocol's signature)
        """Refuse: nothing sets a live market's clock."""
        raise InputError("clock", "the venues are live; only a recording has a clock to set")

    async def open(self) -> None:
        """Nothing has to run."""

    async def close(self) -> None:
        """Nothing ran."""


class ReplayWorld:
    """A recording, served on a loopback port of this process (any free one where `port` is 0)."""

    def __init__(
        self,
        recording: Recording | RawSession,
        *,
        at_ms: int | None,
        speed: float | None,
        port: int = 0,
    ) -> None:
        start_ms = recording.default_start_ms if at_ms is None else at_ms
        pace = recording.default_speed if speed is None else speed
        self.loopback_url: str | None = None
        self.streams = False
        self.stream_url: str | None = None
        self.addresses: Mapping[str, str] = {}
        self.recording: str | None = recording.title
        self.by_rows = isinstance(recording, Recording)
        self.venues: frozenset[str] | None = frozenset(recording.venues)
        self._notes = [*recording.notes, f"Source: {recording.provenance}"]
        self.replay_clock = ReplayClock(recording.starts_ms, recording.ends_ms, pace, start_ms)
        self.server = ReplayServer(recording, self.replay_clock, port, stamped=True)

    def now_ms(self) -> int:
        return self.replay_clock.now_ms()

    def pace(self) -> float:
        return 0.0 if self.replay_clock.paused else self.replay_clock.speed

    def clock(self) -> Clock:
        held = self.replay_clock
        return Clock(
            now_ms=held.now_ms(),
            speed=held.speed,
            paused=held.paused,
            recording=self.recording,
            starts_ms=held.starts_ms,
            ends_ms=held.ends_ms,
            notes=self._notes,
            sent_s=time.monotonic(),
        )

    def change(self, command: SetClock) -> str:
        """Set speed, pause and moment; the sentence says where a seek met an end."""
        said = ""
        if command.speed is not None:
            self.replay_clock.set_speed(command.speed)
        if command.seek_ms is not None:
            said = self.replay_clock.seek(command.seek_ms)
        if command.step_ms is not None:
            said = self.replay_clock.step(command.step_ms)
        if command.paused is not None:
            (self.replay_clock.pause if command.paused else self.replay_clock.resume)()
        return said

    async def open(self) -> None:
        """Serve the recording."""
        self.loopback_url = await self.server.start()

    async def close(self) -> None:
        """Stop serving."""
        await self.server.stop()
