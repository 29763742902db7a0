"""Columns that say how near liquidation is: by price, by funding, and against the stop."""

from __future__ import annotations

import math

from dashboard.risk.report import LiquidationStatus, PositionRisk
from dashboard.risk.sizing import stop_is_passed
from widgets import format as fmt
from widgets.models.breached_card import crossing_words
from widgets.models.position_column import column, hint, money, percent, price
from widgets.models.position_row import (
    PositionRow,
    distance_text,
    liquidation_text,
    why_missing,
)
from widgets.models.receipt_text import receipt_text
from widgets.models.rows import Column
from widgets.models.watch_column import LATE_MARK

NEAR_FRACTION = 0.10
"""A liquidation this close to mark, as a fraction of it, is shown as a warning."""

DANGER_FRACTION = 0.05
"""One this close is shown as a danger."""

ANSWER = "choose this position and say on its card what came of it"

NO_STOP = "no stop"
_RATIO_WARNING = 0.5
_RATIO_DANGER = 0.8


def _danger_colour(risk: PositionRisk) -> str | None:
    if risk.status is LiquidationStatus.BREACHED:
        return "danger"
    if risk.distance_fraction is None:
        return None
    if risk.distance_fraction < DANGER_FRACTION:
        return "danger"
    return "warning" if risk.distance_fraction < NEAR_FRACTION else None


def _mark(row: PositionRow, value: float) -> str:
    return f"{LATE_MARK} {price(row, value)}" if row.mark_late else price(row, value)


def _late_colour(row: PositionRow, _value: float) -> str | None:
    return "warning" if row.mark_late else None


def _ratio_colour(_row: PositionRow, value: float) -> str | None:
    if value >= _RATIO_DANGER:
        return "danger"
    return "warning" if value >= _RATIO_WARNING else None


def _liquidation(row: PositionRow) -> str:
    return liquidation_text(row.risk)


def _liquidation_hint(row: PositionRow) -> str:
    if row.risk.status is LiquidationStatus.NONE:
        receipt = row.risk.receipts.get("liquidation_price")
        reason = "no mark price liquidates this position"
        return reason if receipt is None else f"{reason}\n\n{receipt_text(receipt)}"
    return hint(row, "liquidation_price")


def _status_colour(row: PositionRow) -> str | None:
    if row.risk.status is LiquidationStatus.UNKNOWN:
        return "text_muted"
    return _danger_colour(row.risk)


def _distance(row: PositionRow) -> float | None:
    if row.risk.status is LiquidationStatus.BREACHED:
        return -math.inf
    if row.risk.status is LiquidationStatus.NONE:
        return math.inf
    return row.risk.distance_fraction


def _distance_text(row: PositionRow) -> str:
    return distance_text(row.risk)


def _distance_hint(row: PositionRow) -> str:
    if row.risk.breach is not None:
        return f"{crossing_words(row.risk)}\n{ANSWER}"
    if row.risk.status is LiquidationStatus.BREACHED:
        return "mark has crossed the liquidation price"
    return hint(row, "distance_fraction")


def _runway(row: PositionRow) -> float | None:
    return math.inf if _is_never(row) else row.risk.hours_to_liquidation_by_funding


def _is_never(row: PositionRow) -> bool:
    """Funding that is received, or zero, never liquidates."""
    paid = row.risk.funding_per_day
    return row.risk.hours_to_liquidation_by_funding is None and paid is not None and paid <= 0.0


def _runway_text(row: PositionRow) -> str:
    return "never" if _is_never(row) else fmt.hours(row.risk.hours_to_liquidation_by_funding)


def _runway_hint(row: PositionRow) -> str:
    if _is_never(row):
        return "this position is not charged funding at the present rate"
    return hint(row, "hours_to_liquidation_by_funding")


def _stop(row: PositionRow) -> float | None:
    return None if row.risk.stop is None else row.risk.stop.buffer_fraction


def _stop_text(row: PositionRow) -> str:
    stop = row.risk.stop
    if row.position.stop_price is None:
        return NO_STOP
    if stop is None or stop.before_liquidation is None:
        return fmt.NA
    if stop_is_passed(row.risk):
        return "passed"
    if not stop.before_liquidation:
        return "too late"
    if stop.buffer_fraction is None:
        return "in time"
    return f"in time {fmt.percent(stop.buffer_fraction)}"


def _stop_hint(row: PositionRow) -> str:
    stop = row.risk.stop
    if row.position.stop_price is None:
        return "no stop was entered"
    at = f"stop at {price(row, row.position.stop_price)}"
    if row.risk.status is LiquidationStatus.BREACHED:
        return f"{at}; mark has crossed the liquidation price already"
    if stop is None or stop.before_liquidation is None:
        figure = "stop" if "stop" in row.risk.missing else "liquidation_price"
        return f"{at}; {why_missing(row.risk, figure)}"
    if stop_is_passed(row.risk):
        return f"the mark price is at or beyond {at}: it fills at once and protects nothing"
    if stop.before_liquidation:
        return f"{at} triggers before liquidation; the rest of the way is in percent of entry"
    return f"{at} lies beyond liquidation: the position is gone before it triggers"


def _stop_colour(row: PositionRow) -> str | None:
    stop = row.risk.stop
    if stop is None or stop.before_liquidation is None:
        return "text_muted"
    passed = stop_is_passed(row.risk)
    return None if stop.before_liquidation and not passed else "danger"


MARK = column(
    "mark_price",
    "Mark",
    _mark,
    colour=_late_colour,
    sample="12 345.67",
    tooltip="The price that triggers liquidation, in quote currency",
)

LIQUIDATION = Column(
    key="liquidation_price",
    title="Liquidation",
    value=lambda row: row.risk.liquidation_price,
    text=_liquidation,
    colour=_status_colour,
    hint=_liquidation_hint,
    tooltip="Mark price at which the venue liquidates; rule, formula and tier are on hover",
    sample="12 345.67",
)

DISTANCE = Column(
    key="distance",
    title="Distance",
    value=_distance,
    text=_distance_text,
    colour=_status_colour,
    hint=_distance_hint,
    tooltip="How far mark may move before liquidation, in percent of mark, all other prices "
    "standing still; beside it the move of all coins together",
    sample="▼ 12.34%",
)

ROOM = column(
    "distance_money",
    "Room",
    money,
    sample="12 345.67",
    tooltip="What the position loses on the way to liquidation, in the settle currency",
)

RATIO = column(
    "margin_ratio",
    "Ratio",
    percent,
    colour=_ratio_colour,
    sample="12.34%",
    tooltip="Margin ratio: maintenance margin over the margin that is left; 100% liquidates",
)

RUNWAY = Column(
    key="hours_to_liquidation_by_funding",
    title="Runway",
    value=_runway,
    text=_runway_text,
    hint=_runway_hint,
    colour=lambda row: "text_muted" if _runway(row) is None else None,
    tooltip="Time until funding alone liquidates, with price and rate frozen",
    sample="12 d 12 h",
)

STOP = Column(
    key="stop",
    title="Stop",
    value=_stop,
    text=_stop_text,
    colour=_stop_colour,
    hint=_stop_hint,
    tooltip="Whether the stop triggers before liquidation, and how much of entry lies between",
    sample="in time 12.34%",
)
