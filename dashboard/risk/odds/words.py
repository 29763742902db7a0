"""Odds in words: "about 1 in 20", never "safe" and never more digits than the data have."""

from __future__ import annotations

import math

from dashboard.risk.touch import METHOD_WORDS, Odds

NOT_IN_IT = "Not in it: outages, tier changes, what you add."
REGIME = "In a change of regime, as in a crash, the true odds can be 1.5 times as high."


def percent_words(odds: Odds) -> str:
    """ "12 %", "<1 %" or "<0.5 %"; "n/a" where there is no figure."""
    if odds.probability is None:
        return "n/a"
    if odds.below_least:
        return f"<{_least_percent(odds.least_shown)} %"
    return percent(odds.probability)


MOST_BOUND = 0.1
"""A bound above it says how short the history is, and nothing of the odds."""


def percent(probability: float) -> str:
    """A probability without decimals: "<1 %" and ">99 %" at the ends."""
    if probability < 0.01:
        return "<1 %"
    if probability > 0.99:
        return ">99 %"
    return f"{probability * 100:.0f} %"


def chance_words(odds: Odds) -> str:
    """ "about 1 in 20", "about 4 in 10", "less than 1 in 200"; "n/a" where there is no figure."""
    if odds.probability is None:
        return "n/a"
    if odds.below_least and odds.least_shown > MOST_BOUND:
        return "n/a (too little history)"
    if odds.below_least:
        return f"less than 1 in {_round_down(1.0 / odds.least_shown)}"
    if odds.probability > 0.95:
        return "more than 19 in 20"
    if odds.probability >= 0.3:
        return f"about {odds.probability * 10:.0f} in 10"
    return f"about 1 in {_rounded(1.0 / odds.probability)}"


def horizon_words(hours: int) -> str:
    """ "within 24 h", "within 7 days"."""
    return f"within {span_words(hours)}"


def span_words(hours: int) -> str:
    """ "24 h", "7 days"."""
    return f"{hours // 24} days" if hours % 24 == 0 and hours > 24 else f"{hours} h"


def odds_sentence(odds: Odds) -> str:
    """One sentence on one horizon: chance, percent, interval, and what it is from."""
    if odds.probability is None:
        return f"No odds {horizon_words(odds.hours)}: {odds.reason}."
    chance = chance_words(odds)
    head = f"{chance[0].upper()}{chance[1:]} {horizon_words(odds.hours)} ({percent_words(odds)}"
    if odds.interval is not None and not odds.below_least:
        low, high = odds.interval
        head += f", 95 % between {percent(low)} and {percent(high)}"
    if odds.method is None or odds.count == 0:
        return f"{head})."
    effective = f"{odds.effective:,.0f}"
    return f"{head}; {odds.count:,} windows, {effective} that do not overlap)."


def method_words(odds: Odds) -> str:
    """How the odds were found."""
    return "" if odds.method is None else METHOD_WORDS[odds.method]


def _least_percent(least: float) -> str:
    if least < 0.01:
        return f"{math.ceil(least * 1000 - 1e-9) / 10:g}"
    return f"{math.ceil(least * 100 - 1e-9)}"


def _rounded(number: float) -> int:
    step = 1 if number < 30 else 5 if number < 100 else 10
    return round(number / step) * step


def _round_down(number: float) -> int:
    step = 1 if number < 20 else 5 if number < 100 else 50
    return max(1, int((number + 1e-9) / step) * step)
