"""What makes a list of tier rows usable: finite, without gaps, rates that do not fall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from dashboard.errors import InputError
from dashboard.market.instrument import MarginTier

_SAME_BOUND = 1e-9
"""Relative difference up to which one row's cap is the next row's floor."""


def check_tiers(tiers: Sequence[MarginTier], field: str = "tiers") -> None:
    """Raise InputError, naming `field` and the row, where `tiers` is no table of tiers.

    The rows must start at 0, meet each other, have rates above 0 and at most 1 that do not fall
    from row to row, deductions of 0 or more and maximum leverages of 1 or more.
    """
    if not tiers:
        raise InputError(field, f"{field} is empty; at least one row is needed")
    if tiers[0].floor != 0.0:
        raise InputError(field, f"{field} row 1 starts at {tiers[0].floor:g}; it must start at 0")
    for number, tier in enumerate(tiers, start=1):
        _check_row(tier, f"{field} row {number}", field)
    for number, (lower, upper) in enumerate(pairwise(tiers), start=2):
        _check_step(lower, upper, number, field)


def _check_row(tier: MarginTier, row: str, field: str) -> None:
    if not tier.floor < tier.cap:
        raise InputError(
            field, f"{row} has cap {tier.cap:g}; it must lie above its floor {tier.floor:g}"
        )
    if not 0.0 < tier.mmr <= 1.0:
        raise InputError(
            field, f"{row} has mmr {tier.mmr:g}; it must be a fraction above 0 and at most 1"
        )
    if not 0.0 <= tier.cum < math.inf:
        raise InputError(field, f"{row} has cum {tier.cum:g}; it must be 0 or more")
    if tier.max_leverage is not None and not 1.0 <= tier.max_leverage < math.inf:
        raise InputError(
            field, f"{row} has max_leverage {tier.max_leverage:g}; it must be 1 or more"
        )


def _check_step(lower: MarginTier, upper: MarginTier, number: int, field: str) -> None:
    if not math.isclose(lower.cap, upper.floor, rel_tol=_SAME_BOUND):
        fault = "gap" if upper.floor > lower.cap else "overlap"
        raise InputError(
            field,
            f"{field} row {number} starts at {upper.floor:g} but row {number - 1} ends at "
            f"{lower.cap:g}; there must be no {fault}",
        )
    if upper.mmr < lower.mmr:
        raise InputError(
            field,
            f"{field} row {number} has mmr {upper.mmr:g} below row {number - 1}'s "
            f"{lower.mmr:g}; rates must not fall",
        )
