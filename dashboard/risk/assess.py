"""The front door: the risk of a whole book in one call."""

from __future__ import annotations

from dashboard.market.account import Book
from dashboard.market.instrument import TierTables
from dashboard.market.snapshot import Snapshot
from dashboard.risk.account_rows import AccountRows
from dashboard.risk.figures import figures_of
from dashboard.risk.position_rows import PositionRows
from dashboard.risk.prepared import Prepared, prepare
from dashboard.risk.report import RiskReport

_DAY_MS = 86_400_000


def assess(book: Book, snapshot: Snapshot, tiers: TierTables, now_ms: int) -> RiskReport:
    """The risk of every position and every cross wallet of `book` at `now_ms` (ms UTC).

    Marks and funding rates come from `snapshot`, expired ones count as unknown; venue rules are
    those that hold at `now_ms`. Nothing is raised for a position that cannot be assessed: its
    figures are None and `missing` says why. All figures are worked out for the whole book at
    once, here; the report builds its rows, receipts and account figures from them when they are
    asked for. What depends on the book and its tier tables only is kept from call to call.
    """
    figures = figures_of(_prepared.of(book, tiers, now_ms), snapshot, now_ms)
    return RiskReport(
        now_ms=now_ms,
        positions=PositionRows(figures, snapshot),
        accounts=AccountRows(figures),
    )


class _LatestPrepared:
    """The book that was prepared last, for as long as book, tier tables and day stay the same.

    Of the tier tables only those in use are compared: their mapping may gain newer ones at any
    time.
    """

    def __init__(self) -> None:
        self._held: Prepared | None = None
        self._day = 0

    def of(self, book: Book, tiers: TierTables, now_ms: int) -> Prepared:
        """The prepared book, made again where anything it depends on has changed."""
        day = now_ms // _DAY_MS
        held = self._held
        if held is None or held.book is not book or self._day != day or _outdated(held, tiers):
            held = self._held = prepare(book, tiers, now_ms)
            self._day = day
        return held


def _outdated(held: Prepared, tiers: TierTables) -> bool:
    return list(map(tiers.tables.get, held.table_keys)) != held.tables


_prepared = _LatestPrepared()
