"""The card's odds: how likely liquidation, stop and target are touched, by when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from dashboard.market.account import MarginMode, Side
from dashboard.risk.odds.order import OrderOdds
from dashboard.risk.odds.position import (
    Levels,
    liquidation_odds,
    rare_leverage,
    stop_before_target,
    stop_odds,
    target_odds,
)
from dashboard.risk.odds.words import (
    NOT_IN_IT,
    REGIME,
    chance_words,
    horizon_words,
    method_words,
    odds_sentence,
    percent,
    percent_words,
    span_words,
)
from dashboard.risk.report import LiquidationStatus
from dashboard.risk.touch import OWN_HOURS, Odds, TouchFit
from widgets import format as fmt
from widgets.models.card import CardInput, Line, Run, Section
from widgets.models.card_together import alone_words
from widgets.models.position_odds import LIKELY, POSSIBLE, levels_of, why_not
from widgets.models.scorecard import each_before, said_before
from widgets.theme import Role

ORDER_HOURS = 168
LEVERAGE_HOURS = (24, 168)
_NO_STEPS = f": needs {OWN_HOURS // 24} days of hourly candles"


def odds_section(of: CardInput) -> Section | None:
    """Odds by 1 h, 8 h, 24 h and 7 days, or why there are none; None where nobody asks for them."""
    if of.odds is None:
        return None
    if of.risk.status is LiquidationStatus.BREACHED:
        return Section("odds", (Line("Odds", (Run("none: the liquidation price is passed"),)),))
    fit, mark = of.odds.fit, of.risk.mark_price
    if fit is None:
        return _none(of.odds.reason)
    if mark is None:
        return _none(of.risk.missing.get("mark_price", "the mark price is not known"))
    reason = why_not(fit, of.now_ms)
    if reason:
        return _none(reason)
    levels = levels_of(of.risk, mark, of.funding, of.now_ms)
    alone = _alone_line(of)
    lines = [
        alone,
        _row("Odds" if alone is None else "", "liquidation", liquidation_odds(fit, levels), of),
        _row("", "stop", stop_odds(fit, levels), of),
        _row("", "target", target_odds(fit, levels), of),
        _order_line(fit, levels),
        _leverage_line(of, fit),
        _spoken(fit, levels, of),
    ]
    return Section("odds", tuple(line for line in lines if line is not None))


def _alone_line(of: CardInput) -> Line | None:
    """That the odds of a cross position are of its own coin, and where the wallet's stand."""
    if of.together is None:
        return None
    words = f"{alone_words(of).strip()}; with all coins of its wallet: panel Odds, tab Account"
    return Line("Odds", (Run(words, Role.WARNING),))


def _none(reason: str) -> Section:
    return Section("odds", (Line("Odds", (Run(fmt.NA, Role.MUTED), Run(f": {reason}"))),))


def _row(label: str, name: str, found: Sequence[Odds], of: CardInput) -> Line | None:
    if not found:
        return None
    if found[0].probability is None:
        return Line(label, (Run(f"{name} "), Run(fmt.NA, Role.MUTED), Run(f": {found[0].reason}")))
    runs = [Run(f"{name} ")]
    for place, odds in enumerate(found):
        runs.append(Run(percent_words(odds), _role(odds, name), _teller(odds, of)))
        runs.append(Run(f" in {span_words(odds.hours)}{'' if place == len(found) - 1 else ', '}"))
    return Line(label, tuple(runs))


def _role(odds: Odds, name: str) -> Role:
    if name != "liquidation" or odds.probability is None:
        return Role.PLAIN
    if odds.probability >= LIKELY:
        return Role.DANGER
    return Role.WARNING if odds.probability >= POSSIBLE else Role.PLAIN


def _teller(odds: Odds, of: CardInput) -> Callable[[], str]:
    return lambda: origin_text(odds, of)


def origin_text(odds: Odds, of: CardInput) -> str:
    """Where one figure of odds is from."""
    known = of.odds
    lines = [odds_sentence(odds), _before(odds, of), f"Method: {method_words(odds)}."]
    if known is not None and known.fit is not None:
        fit = known.fit
        span = f"{fmt.day(fit.since_ms)} to {fmt.day(fit.made_ms)}"
        lines.append(f"From {fit.bars:,} hourly bars of the {known.source}, {span}.")
        if fit.note:
            lines.append(f"Note: {fit.note}.")
    lines += [f"{NOT_IN_IT}", REGIME]
    return "\n".join(line for line in lines if line)


def _before(odds: Odds, of: CardInput) -> str:
    """What happened when such odds were said before."""
    if odds.probability is None:
        return ""
    return said_before(of.scored, odds.probability, odds.hours, of.position.instrument.key)


def _each_before(found: Sequence[Odds], of: CardInput) -> str:
    """The same of several horizons."""
    said = [(odds.probability, odds.hours) for odds in found if odds.probability is not None]
    return each_before(of.scored, said, of.position.instrument.key)


def _order_line(fit: TouchFit, at: Levels) -> Line | None:
    if at.stop is None or at.target is None:
        return None
    if fit.steps is None:
        return Line("", (Run("stop before target: "), Run(fmt.NA, Role.MUTED), Run(_NO_STEPS)))
    found = _ordered(fit, at.side, at.mark, at.stop, at.target)
    if found is None:
        return None
    words = (
        f"stop before target {percent(found.stop_first)}, target first "
        f"{percent(found.target_first)}, neither {percent(found.neither)} "
        f"{horizon_words(found.hours)}"
    )
    return Line("", (Run(words),))


def _ordered(fit: TouchFit, side: int, mark: float, stop: float, target: float) -> OrderOdds | None:
    """The order of the two levels, worked out again only where the mark has moved a little."""
    return _order_kept(_Same(fit), side, float(f"{mark:.4g}"), stop, target)


class _Same:
    """A fit by identity, so that a cache does not compare its arrays."""

    def __init__(self, fit: TouchFit) -> None:
        self.fit = fit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.fit is self.fit

    def __hash__(self) -> int:
        return id(self.fit)


@lru_cache(maxsize=32)
def _order_kept(
    same: _Same, side: int, mark: float, stop: float, target: float
) -> OrderOdds | None:
    at = Levels(side=Side(side), mark=mark, stop=stop, target=target)
    return stop_before_target(same.fit, at, ORDER_HOURS)


def _leverage_line(of: CardInput, fit: TouchFit) -> Line | None:
    rate = of.risk.maintenance_margin_rate
    if rate is None:
        return None
    said = []
    for hours in LEVERAGE_HOURS:
        found = rare_leverage(fit, of.position.side, rate, hours)
        odds = percent(found.probability)
        said.append(f"{odds} likely {horizon_words(hours)} at {found.leverage:.1f}x")
    held = _held_leverage(of)
    return Line("", (Run(f"an isolated liquidation is {', '.join(said)}{held}"),))


def _held_leverage(of: CardInput) -> str:
    """What the position has to be compared with; of a cross one its whole wallet has it."""
    if of.position.margin_mode is MarginMode.CROSS:
        used = of.risk.wallet_leverage
        return "" if used is None else f"; the wallet of this has {fmt.leverage(used)}"
    used = of.position.leverage or of.risk.effective_leverage
    return "" if used is None else f"; this has {fmt.leverage(used)}"


def _spoken(fit: TouchFit, at: Levels, of: CardInput) -> Line | None:
    found = liquidation_odds(fit, at, (24, 168))
    if found[0].probability is None:
        return None
    day, week = (chance_words(odds) for odds in found)
    told = f"Liquidation{alone_words(of)}"
    heads = f"{told}: {day} within 24 h, {week} within 7 days."
    text = " ".join(part for part in (heads, _each_before(found, of), REGIME, NOT_IN_IT) if part)
    note = f" ({fit.note.split(';')[0]})" if fit.note.startswith("young") else ""
    return Line("", (Run(f"{text}{note}", Role.MUTED),))
