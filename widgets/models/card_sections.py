"""The sections of the risk card, each a sentence or a few; other parts may add their own."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.market.account import MarginMode, Side
from dashboard.risk.report import AccountRisk, LiquidationStatus, PositionRisk, Receipt
from dashboard.risk.sizing import stop_is_passed
from dashboard.risk.together import nearest_move
from widgets import format as fmt
from widgets.models import breached_card as breached
from widgets.models.card import Bar, CardInput, Line, Run, Section, SectionMaker
from widgets.models.card_together import (
    alone_words,
    distance_together,
    leverage_runs,
    move_role,
    nearer_words,
    own_role,
    together_line,
)
from widgets.models.odds_section import odds_section
from widgets.models.position_row import liquidation_text, unit_name, why_missing
from widgets.models.receipt_text import receipt_text
from widgets.theme import Role

FULL_BAR_FRACTION = 0.25
"""The distance to liquidation, as a fraction of mark, at which the bar is full."""


def figure_run(
    risk: PositionRisk, name: str, write: Callable[[float], str], role: Role = Role.PLAIN
) -> Run:
    """A figure of the report; n/a where it is not known, and either tells why on a click."""
    value: float | None = getattr(risk, name)
    receipt = risk.receipts.get(name)
    if value is None:
        reason = why_missing(risk, name)
        return Run(fmt.NA, Role.MUTED, lambda: reason)
    return Run(write(value), role, None if receipt is None else _teller(receipt))


def plan_run(
    of: CardInput, name: str, write: Callable[[float], str], role: Role = Role.PLAIN
) -> Run:
    """A figure of the plan, likewise."""
    figure = of.plan[name]
    if figure.value is None:
        reason = f"n/a: {figure.reason}"
        return Run(fmt.NA, Role.MUTED, lambda: reason)
    receipt = figure.receipt
    return Run(write(figure.value), role, None if receipt is None else _teller(receipt))


def _teller(receipt: Receipt) -> Callable[[], str]:
    return lambda: receipt_text(receipt)


def _why(of: CardInput, name: str) -> str:
    """The reason of an unknown figure of the plan in brackets, "" of a known one."""
    figure = of.plan[name]
    return f" ({figure.reason})" if figure.value is None else ""


def _money(of: CardInput, *, signed: bool = False) -> Callable[[float], str]:
    return lambda value: fmt.money(value, of.risk.currency, signed=signed)


def _price(of: CardInput) -> Callable[[float], str]:
    tick = of.position.instrument.price_tick
    return lambda value: fmt.price(value, tick)


def _words(*runs: Run | str) -> tuple[Run, ...]:
    return tuple(Run(run) if isinstance(run, str) else run for run in runs)


def danger_role(risk: PositionRisk) -> Role:
    """The colour that the distance to liquidation has everywhere."""
    if risk.status is LiquidationStatus.BREACHED:
        return Role.DANGER
    if risk.status is LiquidationStatus.NONE:
        return Role.PROFIT
    return Role.MUTED if risk.distance_fraction is None else move_role(risk.distance_fraction)


def liquidation_section(of: CardInput) -> Section:
    """Where it is liquidated, first and largest, with the distance as a bar and the rule.

    A cross position whose wallet holds other coins has two prices, each with its move.
    """
    risk = of.risk
    role = own_role(of, danger_role(risk))
    run = figure_run(risk, "liquidation_price", _price(of), role)
    if risk.status is LiquidationStatus.NONE:
        run = run._replace(text=liquidation_text(risk), role=role)
    quoted = of.position.instrument.quote
    unit = f"{fmt.GROUP}{quoted}" if risk.liquidation_price is not None else ""
    lines = [Line("Liquidation", _words(run._replace(large=True), f"{unit}{alone_words(of)}"))]
    common = together_line(of)
    lines += [] if common is None else [common]
    below = len(lines) - 1
    if risk.liquidation_price is None:
        lines.append(Line("", _words(Run(why_missing(risk, "liquidation_price"), Role.MUTED))))
    if risk.status is LiquidationStatus.BREACHED:
        lines += breached.lost_lines(of)
    receipt = risk.receipts.get("liquidation_price")
    if receipt is not None:
        lines.append(Line("Rule", _words(Run(_rule(receipt), Role.MUTED))))
    return Section("liquidation", tuple(lines), _bar(of), below)


def _rule(receipt: Receipt) -> str:
    parts = [receipt.rule if receipt.confirmed else f"{receipt.rule} (unconfirmed)"]
    if receipt.tier is not None:
        number = "" if receipt.tier_number is None else f" {receipt.tier_number}"
        cum = receipt.tier.cum
        deduction = f"deduction {fmt.significant(cum)}" if cum else "no deduction"
        parts.append(f"tier{number}: {fmt.percent(receipt.tier.mmr, 2)}, {deduction}")
    if receipt.tiers_as_of_ms is not None:
        parts.append(f"tiers of {fmt.day(receipt.tiers_as_of_ms)}")
    elif receipt.tiers_source:
        parts.append(f"rate {receipt.tiers_source}")
    return "; ".join(parts)


def _bar(of: CardInput) -> Bar | None:
    risk = of.risk
    if risk.status is LiquidationStatus.BREACHED:
        return Bar(1.0, Role.DANGER, breached.bar_words(of))
    distance = nearest_move(risk, of.together)
    if risk.status is LiquidationStatus.NONE:
        own = "no mark price liquidates this position"
        if distance is None:
            return Bar(1.0, Role.PROFIT, own)
    elif risk.distance_fraction is None or distance is None:
        return None
    else:
        way = "below" if risk.position.side is Side.LONG else "above"
        own = f"{fmt.percent(risk.distance_fraction)} {way} mark"
    role = move_role(distance)
    words = {Role.DANGER: "danger", Role.WARNING: "near", Role.PROFIT: "room"}[role]
    return Bar(min(1.0, distance / FULL_BAR_FRACTION), role, f"{words}: {nearer_words(of, own)}")


def distance_section(of: CardInput) -> Section:
    """How far mark may go: in percent, money, average hours and daily sigmas."""
    risk = of.risk
    if risk.status is LiquidationStatus.BREACHED:
        words = "none is left" if risk.crossed else "none counts: mark is back on the safe side"
        return Section("distance", (Line("Distance", _words(words)),))
    if risk.distance_fraction is None:
        reason = risk.missing.get("distance_fraction", "")
        run = figure_run(risk, "distance_fraction", fmt.percent)
        return Section("distance", (Line("Distance", _words(run, f" ({reason})")),))
    runs = _words(
        figure_run(risk, "distance_fraction", fmt.percent),
        f"{alone_words(of)}, a loss of ",
        figure_run(risk, "distance_money", _money(of)),
        " on the way",
    )
    moves = _words(
        plan_run(of, "distance_in_atr", lambda value: f"{fmt.number(value, 1)}{fmt.GROUP}ATR"),
        " (14, 1 h), ",
        plan_run(of, "distance_in_daily_sigma", lambda value: f"{fmt.number(value, 1)} sigma"),
        f" of a day{_why(of, 'distance_in_daily_sigma')}",
    )
    more = (_left(of), distance_together(of))
    lines = (Line("Distance", runs), *(line for line in more if line is not None))
    return Section("distance", (*lines, Line("", moves)))


def _left(of: CardInput) -> Line | None:
    """What of an isolated position's margin that loss leaves, and what becomes of it."""
    if of.position.margin_mode is not MarginMode.ISOLATED:
        return None
    left = figure_run(of.risk, "margin_at_liquidation", _money(of))
    text = " of its margin is left there, all of it needed as maintenance and for closing: "
    return Line("", _words(left, text, "liquidation may take that, too"))


def funding_section(of: CardInput) -> Section:
    """What holding costs or brings, and how long it can go on."""
    risk = of.risk
    if risk.status is LiquidationStatus.BREACHED:
        return breached.funding_section()
    payment = risk.funding_per_interval
    if payment is None:
        run = figure_run(risk, "funding_per_interval", _money(of))
        reason = risk.missing.get("funding_per_interval", "")
        return Section("funding", (Line("Funding", _words(run, f" ({reason})")),))
    verb, role = ("receives ", Role.PROFIT) if payment < 0.0 else ("pays ", Role.LOSS)
    size = _absolute(of)
    first = _words(
        verb,
        figure_run(risk, "funding_per_interval", size, role),
        f" at each settlement{_interval(of)}, ",
        figure_run(risk, "funding_per_day", size, role),
        " a day, ",
        figure_run(risk, "funding_fraction_of_margin_per_day", lambda v: fmt.percent(abs(v)), role),
        " of its margin",
    )
    count = of.plan["funding_to_horizon"].note
    settlements = f" in {count} settlements" if count else _why(of, "funding_to_horizon")
    second = _words(
        plan_run(of, "funding_to_horizon", size, role),
        f" to {_horizon(of)}{settlements}; next {_countdown(of)}",
    )
    return Section(
        "funding",
        (Line("Funding", first), Line("", second), Line("", _runway(of))),
    )


def _runway(of: CardInput) -> tuple[Run, ...]:
    paid = of.risk.funding_per_interval
    if of.risk.hours_to_liquidation_by_funding is None and paid is not None and paid <= 0.0:
        return _words("funding alone never liquidates it at this rate")
    hours = figure_run(of.risk, "hours_to_liquidation_by_funding", fmt.hours)
    return _words("funding alone liquidates it in ", hours)


def _absolute(of: CardInput) -> Callable[[float], str]:
    return lambda value: fmt.money(abs(value), of.risk.currency)


def _interval(of: CardInput) -> str:
    hours = None if of.funding is None else of.funding.interval_hours
    return "" if hours is None else f" (every {fmt.interval_hours(hours)})"


def _countdown(of: CardInput) -> str:
    left_ms = None if of.funding is None else of.funding.settles_in_ms(of.now_ms)
    if left_ms is None:
        return f"{fmt.NA}: the venue does not say when"
    return f"in {fmt.countdown(left_ms)}"


def _horizon(of: CardInput) -> str:
    return fmt.interval_hours(of.wishes.horizon_hours)


def break_even_section(of: CardInput) -> Section | None:
    """Where closing costs nothing, now and after the funding to the horizon."""
    if of.risk.status is LiquidationStatus.BREACHED:
        return None
    runs = _words(
        figure_run(of.risk, "break_even_price", _price(of)),
        " now with fees, ",
        plan_run(of, "break_even_at_horizon", _price(of)),
        f" in {_horizon(of)} with funding",
    )
    return Section("break_even", (Line("Break-even", runs),))


def stop_section(of: CardInput) -> Section:
    """Whether the stop fills before liquidation, what it costs and which price acts."""
    position, stop = of.position, of.risk.stop
    if of.risk.status is LiquidationStatus.BREACHED:
        return breached.stop_section(of)
    if position.stop_price is None:
        words = Run("none: nothing but liquidation bounds the loss", Role.WARNING)
        return Section("stop", (Line("Stop", (words,)),))
    at = _price(of)(position.stop_price)
    lines = [Line("Stop", _words(at, " ", _stop_order(of)))]
    if stop is not None and stop.before_liquidation is False:
        lines.append(Line("", _words("it does not fill: liquidation takes the margin before it")))
    else:
        cost = plan_run(of, "loss_at_stop", _money(of), Role.LOSS)
        share = plan_run(of, "loss_at_stop_of_account", fmt.percent)
        lines.append(
            Line("", _words("costs ", cost, " with fees, ", share, " of the account",
                            _why(of, "loss_at_stop_of_account")))
        )  # fmt: skip
    if stop is not None and stop.buffer_fraction is not None:
        lines.append(Line("", _words(_between(of, stop.buffer_fraction))))
    trigger = _trigger(of)
    if trigger:
        lines.append(Line("", _words(Run(f"liquidation acts on the {trigger}", Role.MUTED))))
    return Section("stop", tuple(lines))


def _between(of: CardInput, buffer_fraction: float) -> str:
    """How far stop and liquidation are apart, and which way the one lies from the other."""
    above = (of.position.side is Side.LONG) == (buffer_fraction > 0.0)
    apart = _price(of)(abs(buffer_fraction) * of.position.entry_price)
    share = fmt.percent(abs(buffer_fraction))
    way = "above" if above else "below"
    return (
        f"the stop is {apart}{fmt.GROUP}{of.position.instrument.quote} {way} the liquidation "
        f"price, {share} of the entry price"
    )


def _stop_order(of: CardInput) -> Run:
    stop = of.risk.stop
    if stop_is_passed(of.risk):
        return Run("THE MARK IS BEYOND IT: it fills at once", Role.DANGER)
    if stop is None or stop.before_liquidation is None:
        reason = of.risk.missing.get("stop", "the liquidation price is not known")
        return Run(f"{fmt.NA} ({reason})", Role.MUTED)
    if stop.before_liquidation:
        return Run("fills before liquidation", Role.PROFIT)
    return Run("LIQUIDATION COMES FIRST", Role.DANGER)


def _trigger(of: CardInput) -> str:
    receipt = of.risk.receipts.get("liquidation_price")
    inputs = () if receipt is None else receipt.inputs
    return next((given.value for given in inputs if given.name == "triggered by"), "")


def size_section(of: CardInput) -> Section | None:
    """How large it may be for the trader's risk, and what binds."""
    if of.risk.breach is not None:
        return None
    instrument = of.position.instrument
    inverse = instrument.settle == instrument.base
    unit = instrument.quote if inverse else instrument.base
    size = plan_run(of, "size_for_risk", lambda value: fmt.quantity(value, unit))
    bound = of.plan["size_for_risk"].note
    binding = f", bound by {_BINDS.get(bound, bound)}" if bound else _why(of, "size_for_risk")
    share = fmt.percent(of.wishes.risk_fraction, 1)
    held = fmt.quantity(of.position.size, unit_name(of.position.size_unit, instrument))
    runs = _words(size, f" for a risk of {share}{binding}; it is {held}")
    return Section("size", (Line("Size", runs),))


_BINDS = {"risk": "the risk", "balance": "the balance", "tier": "the venue's tiers"}


def leverage_section(of: CardInput) -> Section | None:
    """The leverage that it has, and the largest that leaves the stop room."""
    if of.risk.breach is not None:
        return None
    effective = figure_run(of.risk, "effective_leverage", fmt.leverage)
    wallet = figure_run(of.risk, "wallet_leverage", fmt.leverage)
    why = of.risk.missing.get("effective_leverage", "")
    now = _words(*leverage_runs(of.risk, wallet, effective), f" ({why})" if why else "")
    gap = fmt.significant(of.wishes.atr_gap, 3)
    limit = plan_run(of, "largest_leverage", fmt.leverage)
    bound = ", the venue's tier binds" if of.plan["largest_leverage"].note == "tier" else ""
    largest = _words(
        limit,
        f" is the most with liquidation {gap} ATR beyond the stop{bound}",
        _why(of, "largest_leverage"),
    )
    return Section("leverage", (Line("Leverage", now), Line("", largest)))


def account_section(of: CardInput) -> Section:
    """What the position does to the account behind it."""
    if of.position.margin_mode is MarginMode.ISOLATED:
        margin = figure_run(of.risk, "initial_margin", _money(of))
        share = plan_run(of, "margin_of_account", fmt.percent)
        known = of.plan["margin_of_account"].value is not None
        part = (", ", share, " of the account") if known else ()
        text = ", stands behind it alone: no more than this can be lost with it"
        runs = _words(margin, " of margin", *part, text)
        return Section("account", (Line("Account", runs),))
    name = f"the cross book of {of.position.instrument.venue} in {of.risk.currency}"
    if of.after is None:
        return Section("account", (Line("Account", _words(f"{name} is not known")),))
    reason = of.after.missing.get("shock_down")
    if reason:
        text = f"the common move that ends {name} is {fmt.NA}: {reason}"
        return Section("account", (Line("Account", _words(text)),))
    without = "" if of.before is None else f" (without it {_shocks(of.before)})"
    standing = "" if of.risk.breach is None else ", counted as if it still stood"
    text = f"{name} ends at a common move of {_shocks(of.after)}{without}{standing}"
    return Section("account", (Line("Account", _words(text)),))


def _shocks(account: AccountRisk) -> str:
    down, up = account.shock_down, account.shock_up
    if down is None and up is None:
        reason = account.missing.get("shock_down")
        return f"{fmt.NA}: {reason}" if reason else "no size"
    said = [fmt.percent(move, 1, signed=True) for move in (down, up) if move is not None]
    return " or ".join(said)


def warnings_section(of: CardInput) -> Section | None:
    """What the trader should know beside the figures, the gravest first."""
    said = [*([of.note] if of.note else []), *of.risk.warnings]
    if not said:
        return None
    lines = [Line("Beware" if not n else "", _words(Run(text, Role.WARNING)))
             for n, text in enumerate(said)]  # fmt: skip
    return Section("warnings", tuple(lines))


SECTIONS: tuple[SectionMaker, ...] = (
    liquidation_section,
    distance_section,
    stop_section,
    odds_section,
    funding_section,
    break_even_section,
    size_section,
    leverage_section,
    account_section,
    warnings_section,
)
"""In the order in which they are read."""
