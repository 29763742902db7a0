"""A row of the position table, the order in which danger reads best, and positions in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.market.account import MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import Instrument
from dashboard.market.names import wallet_name
from dashboard.market.readings import FundingRate, ReadingKind
from dashboard.market.snapshot import Freshness, freshness
from dashboard.risk.report import LiquidationStatus, PositionRisk, RiskReport
from dashboard.risk.together import Together, account_of, nearest_move, together
from widgets import format as fmt
from widgets.models.watchlist import symbol_name
from widgets.update import Update

if TYPE_CHECKING:
    from widgets.odds_book import KnownOdds

_RANK = {
    LiquidationStatus.BREACHED: 0,
    LiquidationStatus.OK: 1,
    LiquidationStatus.NONE: 2,
    LiquidationStatus.UNKNOWN: 3,
}


# Compared by identity: to compare two reports' figures would build every receipt of both.
@dataclass(frozen=True, slots=True, eq=False)
class PositionRow:
    """A position's figures; `mark_late` says that its mark price is older than it should be.

    `odds` is the contract's fit, `funding` its reading and `now_ms` the moment of both. `report`
    is the whole one, which holds the wallet behind a cross position.
    """

    risk: PositionRisk
    mark_late: bool
    odds: KnownOdds | None = None
    funding: FundingRate | None = None
    now_ms: int = 0
    report: RiskReport | None = None

    @property
    def position(self) -> Position:
        return self.risk.position

    @property
    def together(self) -> Together | None:
        """What a common move does to its wallet, where that is another than its own."""
        if self.report is None:
            return None
        return together(self.risk, account_of(self.report, self.position))

    @property
    def instrument(self) -> Instrument:
        return self.risk.position.instrument


def row_key(row: PositionRow) -> str:
    """What tells one position from another."""
    return row.position.id


def position_rows(update: Update) -> list[PositionRow]:
    """The rows of an update: breached first, then by distance to liquidation, unknown last.

    Of a cross position it is the smaller of its own distance and the move of all coins.
    """
    rows = [_row(update, risk) for risk in update.report.positions]
    return sorted(rows, key=_danger)


def _row(update: Update, risk: PositionRisk) -> PositionRow:
    key = risk.position.instrument.key
    return PositionRow(
        risk,
        _mark_is_late(update, risk),
        update.odds.get(key),
        update.snapshot.fundings.get(key),
        update.now_ms,
        update.report,
    )


def side_name(side: Side) -> str:
    """ "long" or "short"."""
    return "long" if side is Side.LONG else "short"


def unit_name(unit: SizeUnit, instrument: Instrument) -> str:
    """What a size in `unit` counts: the base coin, contracts or the quote currency."""
    if unit is SizeUnit.CONTRACTS:
        return "contracts"
    return instrument.base if unit is SizeUnit.BASE else instrument.quote


def position_name(position: Position) -> str:
    """A position in few words: "BTC/USDT long at binanceusdm"."""
    key = position.instrument.key
    return f"{symbol_name(key)} {side_name(position.side)} at {key.venue}"


def wallet_end(row: PositionRow) -> str:
    """The common move that ends a position's wallet where it is nearer than the own one: "a fall
    of all coins by 7.28% ends binanceusdm USDT cross"; "" where it is not."""
    found = row.together
    if found is None or found.move is None or not found.is_nearer(row.risk):
        return ""
    way = "fall" if found.move < 0.0 else "rise"
    ends = f"ends {wallet_name(row.position)}"
    return f"a {way} of all coins by {fmt.percent(abs(found.move))} {ends}"


def liquidation_text(risk: PositionRisk) -> str:
    """Where the position is liquidated: a price, "none", or n/a."""
    if risk.status is LiquidationStatus.NONE:
        return "none"
    return fmt.price(risk.liquidation_price, risk.position.instrument.price_tick)


def distance_text(risk: PositionRisk) -> str:
    """How far mark may move before liquidation, with the direction; "breached" once crossed."""
    if risk.status is LiquidationStatus.BREACHED:
        return "breached"
    if risk.status is LiquidationStatus.NONE:
        return "none"
    if risk.distance_fraction is None:
        return fmt.NA
    arrow = fmt.FALL if risk.position.side is Side.LONG else fmt.RISE
    return f"{arrow}{fmt.GROUP}{fmt.percent(risk.distance_fraction)}"


def passed_stop(risk: PositionRisk) -> bool | None:
    """Whether the way to a crossed liquidation price led past the stop; None where that is open.

    A hedge has two such prices, so only an isolated position tells.
    """
    position, price = risk.position, risk.liquidation_price
    if risk.breach is not None:
        price = risk.breach.liquidation_price
    if position.stop_price is None or price is None:
        return None
    if position.margin_mode is not MarginMode.ISOLATED:
        return None
    return position.side * (position.stop_price - price) > 0.0


def why_missing(risk: PositionRisk, figure: str) -> str:
    """The reason that a figure is n/a."""
    return "n/a: " + risk.missing.get(figure, "no reason was given")


def _danger(row: PositionRow) -> tuple[int, float]:
    distance = nearest_move(row.risk, row.together)
    status = row.risk.status
    if status is LiquidationStatus.NONE and distance is not None:
        status = LiquidationStatus.OK
    return _RANK[status], math.inf if distance is None else distance


def _mark_is_late(update: Update, risk: PositionRisk) -> bool:
    mark = update.snapshot.marks.get(risk.position.instrument.key)
    if mark is None:
        return risk.mark_price is not None  # it is from the session before
    speed = update.snapshot.speed
    trust = freshness(ReadingKind.MARK_PRICE, mark.as_of_ms, update.now_ms, speed)
    return bool(mark.doubt) or trust is not Freshness.FRESH
