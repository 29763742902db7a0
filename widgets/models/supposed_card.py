"""What the what-if panel says: the supposed figures beside those of now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.market.account import MarginMode
from dashboard.risk.report import LiquidationStatus, PositionRisk
from widgets import format as fmt
from widgets.models import card_sections as card
from widgets.models.card import CardInput, Line, Run, Section
from widgets.models.odds_section import odds_section
from widgets.models.position_row import liquidation_text, unit_name
from widgets.theme import Role

_ARROW = " \N{RIGHTWARDS ARROW} "


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The position as it is and as supposed; `held` is the supposed one after it has paid the
    funding of the hold time, None where that is not known or does not apply."""

    before: CardInput
    after: CardInput
    held: PositionRisk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledOutcome:
    """The position before and after a part is added or taken away; `after` is None where all of
    it is closed. `realised` is the profit of the closed part in the settle currency."""

    before: PositionRisk
    after: PositionRisk | None
    realised: float
    price: float


OutcomeMaker = Callable[[Outcome, CardInput], Section | None]


def liquidation_section(outcome: Outcome, of: CardInput) -> Section:
    """The supposed liquidation price, largest, with the one of now beside it."""
    section = card.liquidation_section(of)
    first, *rest = section.lines
    was, now = outcome.before.risk, of.risk
    if liquidation_text(was) != liquidation_text(now):
        moved = f" now {liquidation_text(was)}{_moved(was, now)}"
        first = first._replace(runs=(*first.runs, Run(moved, Role.MUTED)))
    lines = [first, *rest]
    held = outcome.held
    if held is not None and held.liquidation_price != now.liquidation_price:
        after = f"{liquidation_text(held)} once the funding of {_hold(of)} is paid"
        lines.append(Line("", (Run(after),)))
    return section._replace(lines=tuple(lines))


def _hold(of: CardInput) -> str:
    return fmt.interval_hours(of.wishes.horizon_hours)


def _moved(was: PositionRisk, now: PositionRisk) -> str:
    if was.liquidation_price is None or now.liquidation_price is None:
        return ""
    return f" ({fmt.percent(now.liquidation_price / was.liquidation_price - 1.0, signed=True)})"


def profit_section(of: CardInput) -> Section:
    """What the position has gained or lost at the supposed price."""
    risk = of.risk
    pnl = card.figure_run(
        risk, "unrealised_pnl", lambda v: fmt.money(v, risk.currency, signed=True)
    )
    value = risk.unrealised_pnl
    if value:
        pnl = pnl._replace(role=Role.PROFIT if value > 0.0 else Role.LOSS)
    roi = card.figure_run(risk, "roi", lambda v: fmt.percent(v, signed=True))
    isolated = risk.position.margin_mode is MarginMode.ISOLATED
    gone = risk.status is LiquidationStatus.BREACHED and isolated
    most = "; liquidation takes all of its margin and no more" if gone else ""
    runs = (pnl, Run(", "), roi, Run(f" of its initial margin{most}"))
    return Section("profit", (Line("Profit", runs),))


def _as_on_card(make: Callable[[CardInput], Section | None]) -> OutcomeMaker:
    return lambda _outcome, of: make(of)


SECTIONS: tuple[OutcomeMaker, ...] = (
    liquidation_section,
    _as_on_card(profit_section),
    _as_on_card(card.distance_section),
    _as_on_card(card.stop_section),
    _as_on_card(odds_section),
    _as_on_card(card.funding_section),
    _as_on_card(card.break_even_section),
    _as_on_card(card.leverage_section),
    _as_on_card(card.warnings_section),
)


def scaled_section(outcome: ScaledOutcome) -> Section:
    """The new average, liquidation and break-even before anything is committed."""
    was, now = outcome.before, outcome.after
    tick = was.position.instrument.price_tick
    if now is None:
        return Section("scaled", (Line("Scaled", (Run("closes all of it"),)), _realised(outcome)))
    unit = unit_name(now.position.size_unit, now.position.instrument)
    lines = [
        Line("Scaled", (Run(f"{fmt.quantity(now.position.size, unit)} at an average of "),
                        Run(fmt.price(now.position.entry_price, tick)))),
        Line("", (Run(f"liquidation {_from_to(liquidation_text(was), liquidation_text(now))}",
                      _role(now)),)),
        Line("", (Run("break-even " + _from_to(fmt.price(was.break_even_price, tick),
                                               fmt.price(now.break_even_price, tick))),)),
    ]  # fmt: skip
    if outcome.realised:
        lines.append(_realised(outcome))
    return Section("scaled", tuple(lines))


def _role(risk: PositionRisk) -> Role:
    return Role.DANGER if risk.status is LiquidationStatus.BREACHED else Role.PLAIN


def _from_to(was: str, now: str) -> str:
    return now if was == now else f"{was}{_ARROW}{now}"


def _realised(outcome: ScaledOutcome) -> Line:
    money = fmt.money(outcome.realised, outcome.before.currency, signed=True)
    role = Role.PROFIT if outcome.realised >= 0.0 else Role.LOSS
    return Line("", (Run("realises "), Run(money, role), Run(" before fees")))
