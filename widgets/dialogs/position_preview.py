"""What a position that is being typed would mean, in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dashboard.market.account import Side
from dashboard.risk.report import LiquidationStatus, PositionRisk
from dashboard.risk.together import Together
from widgets import format as fmt
from widgets.dialogs.position_form import Field
from widgets.models.breached_card import crossing_words
from widgets.models.position_row import liquidation_text, why_missing
from widgets.theme import Role

_SEPARATOR = "  ·  "


class Preview(NamedTuple):
    """The text to show and its tone."""

    text: str
    role: Role


def preview_of(risk: PositionRisk, common: Together | None = None) -> Preview:
    """Liquidation price and distance first, then margin and funding, then what to beware of.

    `common` is what a move of all coins does to the wallet, where that is another than its own.
    """
    warned = [_sentence(warning) for warning in risk.warnings]
    lines = [_liquidation(risk, common), _common(risk, common), _costs(risk), *warned]
    if risk.status is LiquidationStatus.BREACHED:
        return Preview("\n".join(filter(None, lines)), Role.DANGER)
    return Preview("\n".join(filter(None, lines)), Role.WARNING if warned else Role.PLAIN)


def preview_of_faults(faults: Mapping[Field, str]) -> Preview:
    """What is still to be typed before there is anything to show."""
    fields = [field.value for field in Field if field in faults]
    named = fields[0] if len(fields) == 1 else f"{', '.join(fields[:-1])} and {fields[-1]}"
    return Preview(f"The liquidation price shows here once {named} can be read.", Role.MUTED)


def _common(risk: PositionRisk, common: Together | None) -> str:
    if common is None:
        return ""
    if common.move is None:
        return f"If all coins move alike: {fmt.NA}, {common.reason}" if common.reason else ""
    price = fmt.price(common.price, risk.position.instrument.price_tick)
    way = "fall" if common.move < 0.0 else "rise"
    far = fmt.percent(abs(common.move))
    return f"At {price} if all coins {way} alike, by {far}: that ends the wallet"


def _liquidation(risk: PositionRisk, common: Together | None) -> str:
    quoted = risk.position.instrument.quote
    price = f"{liquidation_text(risk)}{fmt.GROUP}{quoted}"
    match risk.status:
        case LiquidationStatus.NONE:
            return "No mark price liquidates this position"
        case LiquidationStatus.BREACHED if risk.breach is not None and not risk.crossed:
            return f"Breached: {crossing_words(risk)}; liquidation is at {price} as entered now"
        case LiquidationStatus.BREACHED:
            mark = fmt.price(risk.mark_price, risk.position.instrument.price_tick)
            return f"Breached: mark, {mark}, has already crossed the liquidation price, {price}"
        case LiquidationStatus.UNKNOWN if risk.liquidation_price is None:
            return f"Liquidation price {why_missing(risk, 'liquidation_price')}"
    alone = "" if common is None else f" if {risk.position.instrument.base} alone moves"
    return f"Liquidation at {price}{alone}, {_distance(risk)}"


def _distance(risk: PositionRisk) -> str:
    if risk.distance_fraction is None:
        return f"distance {why_missing(risk, 'distance_fraction')}"
    way = "below" if risk.position.side is Side.LONG else "above"
    room = fmt.money(risk.distance_money, risk.currency)
    return f"{fmt.percent(risk.distance_fraction)} {way} mark, a loss of {room} on the way"


def _costs(risk: PositionRisk) -> str:
    parts = []
    if risk.initial_margin is not None:
        parts.append(f"initial margin {fmt.money(risk.initial_margin, risk.currency)}")
    if risk.maintenance_margin is not None:
        parts.append(f"maintenance {fmt.money(risk.maintenance_margin, risk.currency)}")
    paid = risk.funding_per_day
    if paid is not None:
        verb = "get" if paid < 0.0 else "pay"
        parts.append(f"funding: {verb} {fmt.money(abs(paid), risk.currency)} a day")
    return _sentence(_SEPARATOR.join(parts))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
