"""The column that says how far all coins may move together before a position is liquidated."""

from __future__ import annotations

import math

from dashboard.risk.report import LiquidationStatus
from widgets import format as fmt
from widgets.models.position_danger import DANGER_FRACTION, DISTANCE, NEAR_FRACTION
from widgets.models.position_row import PositionRow, distance_text
from widgets.models.rows import Column


def _value(row: PositionRow) -> float | None:
    found = row.together
    if found is None:
        own: float | None = DISTANCE.value(row)
        return own
    if found.reason:
        return None
    return math.inf if found.move is None else abs(found.move)


def _text(row: PositionRow) -> str:
    found = row.together
    if found is None:
        return distance_text(row.risk)
    if found.move is None:
        return fmt.NA if found.reason else "none"
    arrow = fmt.FALL if found.move < 0.0 else fmt.RISE
    return f"{arrow}{fmt.GROUP}{fmt.percent(abs(found.move))}"


def _colour(row: PositionRow) -> str | None:
    found = row.together
    if found is None:
        return "text_muted" if row.risk.status is LiquidationStatus.UNKNOWN else _near(row)
    return "text_muted" if found.reason else _near(row)


def _near(row: PositionRow) -> str | None:
    size = _value(row)
    if size is None or size >= NEAR_FRACTION:
        return None
    return "danger" if size < DANGER_FRACTION else "warning"


def _hint(row: PositionRow) -> str:
    found = row.together
    if found is None:
        if row.risk.status is LiquidationStatus.OK or DISTANCE.hint is None:
            return "nothing but its own coin moves its margin: as far as for this coin alone"
        return DISTANCE.hint(row)
    if found.reason:
        return f"n/a: {found.reason}"
    wallet = f"the wallet {row.instrument.venue} {row.instrument.settle}"
    alone = f"If {row.instrument.base} alone moves: {distance_text(row.risk)}."
    if found.move is None:
        return f"No common move of all coins liquidates {wallet}.\n{alone}"
    at = fmt.price(found.price, row.instrument.price_tick)
    move = fmt.percent(found.move, signed=True)
    return f"{move} in all coins alike (betas 1) liquidates {wallet}: {at} here.\n{alone}"


TOGETHER = Column(
    key="together",
    title="All coins",
    value=_value,
    text=_text,
    colour=_colour,
    hint=_hint,
    tooltip="How far all coins may move alike (betas 1) before liquidation: of a cross position "
    "the move that ends its wallet, of an isolated one its own distance",
    sample="▼ 12.34%",
)
