"""The base rates in words: what became of every past entry, by leverage and time."""

from __future__ import annotations

import math

from dashboard.risk.odds.base_rates import (
    LEVERAGES,
    MAINTENANCE_RATE,
    MOST_UNSAID,
    BaseRates,
    State,
)
from dashboard.risk.odds.cells import HORIZONS_H, LEAST_CASES
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.words import percent, span_words
from dashboard.risk.touch import LEAST_SHOWN
from widgets import format as fmt

SIDES = {Way.DOWN: "long", Way.UP: "short"}
TOO_LITTLE = "?"
TELLING_H = 24
"""The horizon by which it is decided whether there is history enough for thirds."""
EXAMPLE_LEVERAGE, EXAMPLE_HOURS = 20, 24


def cell_text(rates: BaseRates, state: State, way: Way, hours: int, leverage: int) -> str:
    """ "12 %", "<2 %" where the data cannot say less, "?" where they say nothing."""
    share = rates.share(state, way, hours, leverage)
    least = max(LEAST_SHOWN, rates.least_shown(state, hours))
    if math.isnan(share) or least > MOST_UNSAID:
        return TOO_LITTLE
    if share < least:
        return f"<{_least_words(least)} %"
    return percent(share)


def cell_words(rates: BaseRates, state: State, way: Way, hours: int, leverage: int) -> str:
    """A cell as a sentence."""
    windows = f"{rates.effective(state, hours):,.0f} windows that do not overlap"
    text = cell_text(rates, state, way, hours, leverage)
    if text == TOO_LITTLE:
        return f"Too little history for {span_words(hours)} in this third: {windows}."
    why = ""
    if text.startswith("<"):
        why = f"; fewer than {LEAST_CASES:g} of them, and so few cannot say how much less"
    return (
        f"{state.value.capitalize()}: of {leverage}x {SIDES[way]}s {text} were liquidated within "
        f"{span_words(hours)} ({windows}{why})."
    )


def has_thirds(rates: BaseRates) -> bool:
    """Whether there is history enough to tell calm, normal and wild hours apart."""
    return rates.least_shown(rates.now, TELLING_H) <= MOST_UNSAID


def thirds_words(rates: BaseRates) -> str:
    """Why there is one table only; "" where there are three."""
    if has_thirds(rates):
        return ""
    held, needed = rates.effective(rates.now, TELLING_H), LEAST_CASES / MOST_UNSAID
    return (
        f"Not split into calm, normal and wild thirds: a third has {held:,.0f} windows of "
        f"{span_words(TELLING_H)} that do not overlap, {needed:.0f} are needed."
    )


def example_words(rates: BaseRates, way: Way, name: str) -> str:
    """The picture in one sentence, of the third that the market is in now."""
    state = rates.now
    if rates.least_shown(state, EXAMPLE_HOURS) > MOST_UNSAID:
        state = State.ANY
    text = cell_text(rates, state, way, EXAMPLE_HOURS, EXAMPLE_LEVERAGE)
    entries = f"{EXAMPLE_LEVERAGE}x {SIDES[way]}s of {name}"
    if text == TOO_LITTLE:
        return f"There is too little history of {name} to say how many {SIDES[way]}s ended."
    if state is State.ANY:
        opened, now = "at any hour", ""
    else:
        opened, now = "in such hours", f"The market is in its {state.value} now. "
    return (
        f"{now}Of {entries} that were opened {opened} {text} were liquidated within "
        f"{span_words(EXAMPLE_HOURS)}."
    )


def source_words(rates: BaseRates, source: str) -> str:
    """What is counted, and from what."""
    span = f"{fmt.day(rates.since_ms)} to {fmt.day(rates.until_ms)}"
    needed = LEAST_CASES / MOST_UNSAID
    return (
        f"Every past hour is an entry at the {source}, isolated, maintenance margin "
        f"{MAINTENANCE_RATE * 100:g} %, nothing added; {span}. Thirds by volatility of the days "
        "before. Where few windows do not overlap a cell can only say less than: a share needs "
        f"{LEAST_CASES:g} of them liquidated, and ? are under {needed:.0f} windows. It tells the "
        "past, not the odds of your position."
    )


def rare_words(rates: BaseRates, way: Way, hours: int) -> str:
    """The leverage that was rarely liquidated, in calm and in wild hours."""
    said = []
    for state in (State.ANY, State.CALM, State.WILD):
        leverage = rates.rare_leverage(state, way, hours)
        if leverage is not None:
            share = percent(rates.rare_share(state, hours))
            said.append(f"{share} of {leverage:.1f}x {SIDES[way]}s ({state.value})")
    if not said:
        return f"Within {span_words(hours)}: too little history to name a leverage."
    return f"Liquidated within {span_words(hours)}: {', '.join(said)}."


def picture_words(rates: BaseRates, way: Way) -> str:
    """The whole picture for a screen reader: any hour, by leverage and time."""
    lines = []
    for leverage in LEVERAGES:
        cells = (
            f"{cell_text(rates, State.ANY, way, hours, leverage)} in {span_words(hours)}"
            for hours in HORIZONS_H
        )
        lines.append(f"{leverage}x {', '.join(cells)}")
    return "; ".join(lines)


def _least_words(least: float) -> str:
    return f"{math.ceil(least * 1000) / 10:g}" if least < 0.01 else f"{math.ceil(least * 100)}"
