"""Odds of liquidation as columns, and the levels of a position that the card asks for as well."""

from __future__ import annotations

from functools import lru_cache

from dashboard.market.readings import FundingRate
from dashboard.risk.funding import settlements_until
from dashboard.risk.odds.position import HORIZONS, Levels, liquidation_odds
from dashboard.risk.odds.words import NOT_IN_IT, odds_sentence, percent_words, span_words
from dashboard.risk.report import LiquidationStatus, PositionRisk
from dashboard.risk.touch import Odds, TouchFit, no_odds, why_no_odds
from widgets.models.position_row import PositionRow
from widgets.models.rows import Column

LIKELY, POSSIBLE = 0.1, 0.01
_MARK_STALE_MS = 60_000
_HOUR_MS = 3_600_000


def levels_of(risk: PositionRisk, mark: float, funding: FundingRate | None, now_ms: int) -> Levels:
    """Where a position ends, its liquidation price moved by the funding that it pays."""
    position = risk.position
    return Levels(
        side=position.side,
        mark=mark,
        liquidation=risk.liquidation_price,
        stop=position.stop_price,
        target=position.take_profit_price,
        shifts=_shifts(risk, mark, funding, now_ms),
    )


def why_not(fit: TouchFit, now_ms: int) -> str:
    """Why a fit says nothing at this moment; a mark that is too old is none in the report."""
    return why_no_odds(fit, now_ms, now_ms, _MARK_STALE_MS)


def _shifts(
    risk: PositionRisk, mark: float, funding: FundingRate | None, now_ms: int
) -> dict[int, float]:
    payment, notional = risk.funding_per_interval, risk.notional
    if not payment or payment < 0.0 or not notional or funding is None:
        return {}
    if not funding.interval_hours:
        return {}
    left_ms = funding.settles_in_ms(now_ms)
    to_next = left_ms / _HOUR_MS if left_ms is not None and left_ms > 0 else None
    rate = risk.maintenance_margin_rate or 0.0
    each = payment / notional * mark / (1.0 - risk.position.side * rate)
    return {
        hours: each * settlements_until(hours, funding.interval_hours, to_next)
        for hours in HORIZONS
    }


def _known(row: PositionRow) -> TouchFit | str:
    """The fit to ask, or why there is none."""
    known = row.odds
    if row.risk.status is LiquidationStatus.BREACHED:
        return "the liquidation price was crossed already"
    if known is None or known.fit is None:
        return "odds are not kept here" if known is None else known.reason
    if row.risk.mark_price is None:
        return row.risk.missing.get("mark_price", "the mark price is not known")
    return why_not(known.fit, row.now_ms) or known.fit


@lru_cache(maxsize=256)
def row_odds(row: PositionRow, hours: int) -> Odds:
    """The odds of liquidation of a row, without their interval; worked out once a row."""
    fit, mark = _known(row), row.risk.mark_price
    if isinstance(fit, str) or mark is None:
        return no_odds(hours, str(fit))
    at = levels_of(row.risk, mark, row.funding, row.now_ms)
    return liquidation_odds(fit, at, (hours,), interval=False)[0]


def odds_column(hours: int) -> Column[PositionRow]:
    """The odds of liquidation within `hours`; n/a with the reason on hover."""

    def text(row: PositionRow) -> str:
        return percent_words(row_odds(row, hours))

    def value(row: PositionRow) -> float | None:
        return row_odds(row, hours).probability

    def colour(row: PositionRow) -> str | None:
        known = value(row)
        if known is None:
            return "text_muted"
        return "danger" if known >= LIKELY else "warning" if known >= POSSIBLE else None

    def hint(row: PositionRow) -> str:
        return f"{odds_sentence(row_odds(row, hours))} {NOT_IN_IT}"

    span = span_words(hours)
    return Column(
        key=f"odds_{hours}h",
        title=f"Odds {span}",
        value=value,
        text=text,
        colour=colour,
        hint=hint,
        tooltip=f"How likely the mark price touches the liquidation price within {span}",
        sample="<0.3 %",
        spare=True,
    )


ODDS_24H = odds_column(24)
ODDS_7D = odds_column(168)
