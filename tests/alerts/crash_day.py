"""The crash of August 2024 at 600x: Binance and OKX as recorded, five positions, one look a second.

Both venues are asked by ccxt's own classes on a replay server, and what they answer passes the
feed's door. A second of the replay's clock is ten minutes of the market. The clock is moved by
hand, so that two and a half minutes take two seconds and every run is the same. OKX does not
answer from 12:00 to 23:00 UTC of the second day. Its funding was not recorded.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from dashboard.alerts.attribution import Attribution, Moment
from dashboard.alerts.limits import Limits
from dashboard.alerts.machine import Alert
from dashboard.alerts.watch import Look, Watch
from dashboard.errors import VenueError
from dashboard.feed.door import Door
from dashboard.market.account import Balance, Book
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import ReadingKind, SeriesKind
from dashboard.market.snapshot import Snapshot
from dashboard.replay.clock import ReplayClock
from dashboard.replay.recording import Recording, load_recording
from dashboard.replay.server import Fault, ReplayServer
from dashboard.replay.tape import Tape
from dashboard.risk.assess import assess
from dashboard.risk.true_range import hourly_moves
from dashboard.venues.catalogue import find_entry
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.limiter import Limiter
from tests.risk.builders import CROSS, NO_TIERS, SHORT, instrument, position

HOUR_MS = 3_600_000
SPEED = 600.0
STEP_MS = 600_000
START = int(datetime(2024, 8, 4, 12, tzinfo=UTC).timestamp()) * 1000
LOOKS = 36 * HOUR_MS // STEP_MS + 1
CUT = (START + 24 * HOUR_MS, START + 35 * HOUR_MS)
"""From when until when OKX does not answer."""

VENUES = ("binanceusdm", "okx")
OKX_MARKS = "www.okx.com GET /api/v5/public/mark-price"
BTC, ETH = instrument("BTC"), instrument("ETH")
OKX_ETH, OKX_SOL = instrument("ETH", venue="okx"), instrument("SOL", venue="okx")
RATE, FEE = 0.005, 0.0005
"""The trader's own maintenance margin rate and taker fee, in place of tier tables."""

_OWN = {"maintenance_margin_rate": RATE, "taker_fee": FEE}
BOOK = Book(
    positions=(
        position(size=1.0, entry=60_500.0, of=BTC, leverage=8.0, name="btc", **_OWN),
        position(SHORT, 0.5, 60_500.0, of=BTC, mode=CROSS, name="btc short", **_OWN),
        position(
            size=10.0, entry=2_900.0, of=ETH, leverage=5.0, stop_price=2_300.0, name="eth", **_OWN
        ),
        position(size=8.0, entry=2_900.0, of=OKX_ETH, mode=CROSS, name="okx eth", **_OWN),
        position(size=60.0, entry=143.0, of=OKX_SOL, mode=CROSS, name="okx sol", **_OWN),
    ),
    balances=(
        Balance(venue="binanceusdm", coin="USDT", amount=8_000.0),
        Balance(venue="okx", coin="USDT", amount=7_200.0),
    ),
)
HELD = tuple(dict.fromkeys(held.instrument.key for held in BOOK.positions))
LIMITS = Limits(daily_loss=5_000.0, venue_share=0.9)


@cache
def recording() -> Recording:
    """The bundled crash on Binance together with OKX's mark prices of the same days."""
    crash = load_recording("crash-2024-08")
    okx = load_recording(Path(__file__).parents[1] / "recordings" / "okx-marks-2024-08.npz")
    return replace(crash, venues=VENUES, markets=(*crash.markets, *okx.markets))


@cache
def tape_of(key: InstrumentKey) -> Tape:
    """A contract's recorded market."""
    markets = recording().markets
    return Tape(next(one for one in markets if (one.venue, one.symbol) == (key.venue, key.symbol)))


@cache
def ranges(hour: int) -> dict[InstrumentKey, float]:
    """ATR(14, 1 h) by contract in that hour since 1970."""
    found: dict[InstrumentKey, float] = {}
    now_ms = hour * HOUR_MS
    for key in HELD:
        rows = tape_of(key).candles(SeriesKind.MARK_CANDLES, HOUR_MS, now_ms)
        columns = [rows.columns[name] for name in ("open", "high", "low", "close")]
        atr = hourly_moves(np.column_stack([rows.time_ms, *columns]), now_ms).atr
        if atr is not None:
            found[key] = atr
    return found


class Explained(Watch):
    """A watch that keeps every attribution that its alerts were explained by."""

    def __init__(self) -> None:
        super().__init__(limits=LIMITS)
        self.attributions: list[tuple[str, int, Attribution]] = []

    def explain(self, position_id: str, figure: str, now: Moment) -> Attribution | None:
        found = super().explain(position_id, figure, now)
        if found is not None:
            self.attributions.append((position_id, now.now_ms, found))
        return found


@dataclass(frozen=True)
class Day:
    """What was told, what it came from (by position and moment), and what was asked how often."""

    alerts: tuple[Alert, ...]
    attributions: tuple[tuple[str, int, Attribution], ...]
    requests: dict[str, int]


class _Replay:
    """The two venues on a replay server whose seconds are counted by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0
        held = recording()
        self.clock = ReplayClock(
            held.starts_ms, held.ends_ms, SPEED, START, monotonic=lambda: self.seconds
        )
        self.server = ReplayServer(held, self.clock)
        self.door = Door(lambda: SPEED, lambda _venue: 0, live=False)
        self.snapshot = Snapshot(speed=SPEED)
        self.sources: list[CcxtSource] = []

    async def open(self) -> None:
        url = await self.server.start()
        for venue in VENUES:
            source = CcxtSource(find_entry(venue), self.clock.now_ms, loopback_url=url)
            source.limiter = Limiter(source.entry.budgets, lambda: self.seconds, share=1.0)
            self.sources.append(source)
            await source.open()
            self.door.learn(await source.load_instruments())

    async def close(self) -> None:
        for source in self.sources:
            await source.close()
        await self.server.stop()

    async def ask(self) -> None:
        """Ask both venues for mark prices, Binance's with its funding rates; one may fail."""
        for source in self.sources:
            wanted = [one for one in source.instruments.values() if one.key in HELD]
            for call in source.entry.calls:
                if ReadingKind.MARK_PRICE not in call.kinds:
                    continue
                try:
                    readings = await source.poll(call, wanted)
                except VenueError:
                    continue
                passed, _ = self.door.judge(readings)
                self.snapshot.merge(passed)


async def _live() -> Day:
    replay, watch = _Replay(), Explained()
    told: list[Alert] = []
    await replay.open()
    try:
        for second in range(LOOKS):
            replay.seconds = float(second)
            now_ms = replay.clock.now_ms()
            if CUT[0] <= now_ms < CUT[1]:
                replay.server.faults[OKX_MARKS] = Fault(status=503)
            else:
                replay.server.faults.clear()
            await replay.ask()
            report = assess(BOOK, replay.snapshot, NO_TIERS, now_ms)
            told += watch.look(
                Look(
                    book=BOOK,
                    snapshot=replay.snapshot,
                    tiers=NO_TIERS,
                    report=report,
                    atr=ranges(now_ms // HOUR_MS),
                )
            )
    finally:
        await replay.close()
    return Day(tuple(told), tuple(watch.attributions), dict(replay.server.requests))


@cache
def day(run: int) -> Day:
    """The day lived through; the same `run` is lived once."""
    return asyncio.run(_live())


def single(alerts: tuple[Alert, ...]) -> list[Alert]:
    """Every alert by itself, those in summaries too."""
    return [part for alert in alerts for part in (alert.parts or (alert,))]


def lines(alerts: tuple[Alert, ...]) -> list[str]:
    """A line for each alert, and an indented one for each that a summary stands for."""
    found: list[str] = []
    for alert in alerts:
        at = f"{datetime.fromtimestamp(alert.at_ms / 1000, UTC):%d %H:%M}"
        name = alert.rule_id or f"{len(alert.parts)} alerts"
        found.append(f"{at} {name} {alert.subject}".strip())
        found += [f"  {part.rule_id} {part.subject}".rstrip() for part in alert.parts]
    return found
