"""What the card says once a liquidation price was crossed: what is lost and what is not known.

Nothing that takes the position for standing is said of it: no room, funding, break-even or size.
"""

from __future__ import annotations

from dataclasses import replace

from dashboard.alerts.breaches import breach_words
from dashboard.market.account import MarginMode, Position
from dashboard.risk.report import PositionRisk
from widgets import format as fmt
from widgets.models.card import CardInput, Line, Run, Section
from widgets.models.position_edits import MOST_TAGS
from widgets.models.position_row import passed_stop
from widgets.theme import Role

LIQUIDATED = "liquidated"
"""The tag of a position that ended so."""


def bar_words(of: CardInput) -> str:
    """How and when it was crossed; of a trade that is not held, that it would be at once."""
    risk = of.risk
    if risk.breach is not None:
        return f"BREACHED: {crossing_words(risk)}"
    if risk.liquidation_price is None:
        return "BREACHED: its margin is below maintenance at every price"
    if of.kind:
        return "BREACHED: mark is beyond this liquidation price, it would be liquidated at once"
    return "BREACHED: mark has crossed the liquidation price"


def crossing_words(risk: PositionRisk) -> str:
    """The crossing that is remembered of a position, in one sentence; "" where none is."""
    if risk.breach is None:
        return ""
    tick = risk.position.instrument.price_tick
    return breach_words(risk.breach, lambda value: fmt.price(value, tick))


def lost_margin(risk: PositionRisk) -> float | None:
    """The most that a liquidated isolated position loses: all of its margin, in its currency."""
    position = risk.position
    if position.margin_mode is not MarginMode.ISOLATED:
        return None
    own = risk.initial_margin if position.margin is None else position.margin
    return None if own is None else own + position.extra_margin


def lost_lines(of: CardInput) -> tuple[Line, ...]:
    """What is lost, and what only the venue can say."""
    risk = of.risk
    lost, venue = lost_margin(risk), risk.position.instrument.venue
    if lost is not None:
        money = Run(fmt.money(lost, risk.currency), Role.LOSS)
        what = Line("Lost", (Run("at most "), money, Run(", its whole margin")))
    elif risk.position.margin_mode is MarginMode.ISOLATED:
        reason = risk.missing.get("initial_margin", "its margin is not known")
        what = Line("Lost", (Run(fmt.NA, Role.MUTED), Run(f": {reason}")))
    else:
        wallet = f"the cross wallet at {venue} in {risk.currency}"
        words = f"not known here: {wallet} pays, and may have lost other positions with it"
        what = Line("Lost", (Run(words),))
    if of.kind or risk.breach is None:
        return (what,)
    left = "whether it was liquidated, and what the venue left of its margin"
    return what, Line("Not known", (Run(f"{left}: the list of positions at {venue} says so"),))


def liquidation_close(risk: PositionRisk) -> tuple[float | None, str]:
    """The price that a liquidated position is closed at as far as it is known, and words on it.

    Where a venue takes an isolated position over, its margin is used up at the bankruptcy price.
    """
    quote, breach = risk.position.instrument.quote, risk.breach
    tick = risk.position.instrument.price_tick
    statement = "Write what your venue's statement says, if that differs."
    if lost_margin(risk) is not None and risk.bankruptcy_price is not None:
        at = f"{fmt.price(risk.bankruptcy_price, tick)}{fmt.GROUP}{quote}"
        return risk.bankruptcy_price, f"At {at} all of its margin is used up. {statement}"
    price = risk.liquidation_price if breach is None else breach.liquidation_price
    if price is None:
        return None, "The price is not known here: your venue's statement has it."
    at = f"{fmt.price(price, tick)}{fmt.GROUP}{quote}"
    return price, f"Liquidation began at {at}. {statement}"


def tagged_liquidated(position: Position) -> Position:
    """The position, to be found again by how it ended; one with all tags it may have keeps them."""
    if LIQUIDATED in position.tags or len(position.tags) >= MOST_TAGS:
        return position
    return replace(position, tags=(*position.tags, LIQUIDATED))


def stop_section(of: CardInput) -> Section:
    """What its stop was good for."""
    position, before = of.position, passed_stop(of.risk)
    if position.stop_price is None:
        return Section("stop", (Line("Stop", (Run("none was set"),)),))
    at = fmt.price(position.stop_price, position.instrument.price_tick)
    if before is None:
        return Section("stop", (Line("Stop", (Run(f"{at} helps no more"),)),))
    if not before:
        words = Run("LAY BEYOND LIQUIDATION: it was no help", Role.DANGER)
        return Section("stop", (Line("Stop", (Run(f"{at} "), words)),))
    words = Run("was passed before liquidation: if the venue held it, it should have filled")
    return Section("stop", (Line("Stop", (Run(f"{at} "), words)),))


def funding_section() -> Section:
    """Funding goes on only if the position does."""
    return Section("funding", (Line("Funding", (Run("none is due once it is liquidated"),)),))
