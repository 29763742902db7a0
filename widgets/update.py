"""What a panel is shown at each tick of the paint clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.feed.frames import Clock, OddsScore, VenueStatus
from dashboard.market.account import Book
from dashboard.market.instrument import InstrumentKey
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import RiskReport

if TYPE_CHECKING:
    from widgets.odds_book import KnownOdds


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One consistent view of the world at `now_ms` (the recording's now in a replay).

    `changed` is False on ticks at which no new reading arrived: only ages moved. `remembered` has
    the last readings of the session before, to be shown with their age until live ones come; the
    report is made from them, as of `report.now_ms`, until the first live reading.
    """

    now_ms: int
    clock: Clock
    snapshot: Snapshot
    book: Book
    report: RiskReport
    watched: tuple[InstrumentKey, ...] = ()
    pinned: tuple[InstrumentKey, ...] = ()
    selected: InstrumentKey | None = None
    statuses: Mapping[str, VenueStatus] = field(default_factory=dict)
    feed_lost: bool = False
    remembered: Snapshot | None = None
    changed: bool = True
    odds: Mapping[InstrumentKey, KnownOdds] = field(default_factory=dict)
    score: OddsScore | None = None
