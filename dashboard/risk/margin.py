"""Initial and maintenance margin, and the tier tables that maintenance is read from.

Maintenance margin of a notional N in tier k (floor_k <= N < cap_k) is N x mmr_k - cum_k. Where
rates rise and the deductions make it continuous, that is max over k of (N x mmr_k - cum_k):
no tier need be looked up. Source: Binance FAQ b3c689c1 (leverage and margin tiers); the same
form holds for Bybit, Hyperliquid and Kraken.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dashboard.errors import InputError
from dashboard.market.instrument import MarginTier

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

_CONTINUITY = 1e-6
"""Largest jump of maintenance at a tier's floor, as a fraction of it, that counts as none: the
venues print deductions rounded."""


def initial_margin(notional: float, leverage: float) -> float:
    """Notional / leverage, in the currency of the notional."""
    return notional / leverage


def tier_number(notional: float, tiers: Sequence[MarginTier]) -> int:
    """The index of the tier that a notional falls into; beyond the last cap the last tier."""
    return max(0, bisect_right(tiers, notional, key=lambda tier: tier.floor) - 1)


def maintenance_margin(notional: float, tiers: Sequence[MarginTier]) -> float:
    """N x mmr - cum by the tier that N falls into, in the currency of the notional."""
    tier = tiers[tier_number(notional, tiers)]
    return notional * tier.mmr - tier.cum


def check_tiers(tiers: Sequence[MarginTier]) -> None:
    """Raise InputError unless the tiers start at 0, join without gap and have rising rates."""
    if not tiers:
        raise InputError("tiers", "tiers is empty; at least one tier is needed")
    if tiers[0].floor != 0.0:
        raise InputError("tiers", f"tiers must start at a floor of 0, not {tiers[0].floor:g}")
    for number, tier in enumerate(tiers, start=1):
        _check_tier(number, tier)
    for number, (lower, upper) in enumerate(pairwise(tiers), start=2):
        if not math.isclose(lower.cap, upper.floor, rel_tol=1e-9):
            raise InputError(
                "tiers",
                f"tiers must join: tier {number - 1} ends at {lower.cap:g} "
                f"but tier {number} starts at {upper.floor:g}",
            )
        if upper.mmr < lower.mmr:
            raise InputError(
                "tiers",
                f"maintenance rates must not fall: tier {number} has mmr {upper.mmr:g} "
                f"after {lower.mmr:g}",
            )


def _check_tier(number: int, tier: MarginTier) -> None:
    if not 0.0 < tier.mmr < 1.0:
        raise InputError("tiers", f"mmr of tier {number} must lie between 0 and 1, not {tier.mmr}")
    if not math.isfinite(tier.cum):
        raise InputError("tiers", f"cum of tier {number} must be a number, not {tier.cum}")
    if not tier.cap > tier.floor:
        raise InputError(
            "tiers", f"cap of tier {number} must be above its floor {tier.floor:g}, not {tier.cap}"
        )
    if tier.max_leverage is not None and not 0.0 < tier.max_leverage < math.inf:
        raise InputError(
            "tiers",
            f"max_leverage of tier {number} must be a number above 0, not {tier.max_leverage}",
        )


def derive_deductions(tiers: Sequence[MarginTier]) -> tuple[MarginTier, ...]:
    """The same tiers with the deductions that marginal brackets imply.

    cum_k = cum_(k-1) + floor_k (mmr_k - mmr_(k-1)). Valid only where the venue charges each
    slice at its own rate (Binance, Bybit, Hyperliquid, Kraken), never for whole-position rates.
    """
    derived: list[MarginTier] = []
    for tier in tiers:
        previous = derived[-1] if derived else replace(tier, cum=0.0)
        cum = previous.cum + tier.floor * (tier.mmr - previous.mmr)
        derived.append(replace(tier, cum=cum))
    return tuple(derived)


def lacks_deductions(tiers: Sequence[MarginTier]) -> bool:
    """Whether rates differ between tiers but no deduction was given."""
    return len({tier.mmr for tier in tiers}) > 1 and all(tier.cum == 0.0 for tier in tiers)


def is_continuous(tiers: Sequence[MarginTier]) -> bool:
    """Whether maintenance margin has no jump at any tier's floor."""
    return all(
        abs(upper.floor * (upper.mmr - lower.mmr) - (upper.cum - lower.cum))
        <= _CONTINUITY * upper.floor * upper.mmr
        for lower, upper in pairwise(tiers)
    )


@dataclass(frozen=True, slots=True)
class TierColumns:
    """Tier tables of many positions as padded arrays of shape (tiers, positions).

    Tables with fewer tiers repeat their last one, which changes no maximum. `last_cap` is the
    notional at which each table ends. `continuous` is False where maintenance jumps at a floor,
    so that it must be looked up by floor.
    """

    floors: FloatArray
    rates: FloatArray
    deductions: FloatArray
    last_cap: FloatArray
    continuous: BoolArray
    any_jump: bool

    @staticmethod
    def of(tables: Sequence[Sequence[MarginTier]], rows: IntArray | None = None) -> TierColumns:
        """Columns from tables; `rows` says which table each position uses (None: one each).

        A position without tiers has an empty table: its columns are NaN.
        """
        height = max((len(tiers) for tiers in tables), default=1)
        padded = np.full((3, max(1, height), len(tables)), np.nan)
        for column, tiers in enumerate(tables):
            if tiers:
                filled = [*tiers, *[tiers[-1]] * (height - len(tiers))]
                padded[:, :, column] = _tier_rows(filled)
        last_cap = np.array([tiers[-1].cap if tiers else np.nan for tiers in tables])
        continuous = np.array([is_continuous(tiers) for tiers in tables], dtype=np.bool_)
        columns = TierColumns(
            padded[0], padded[1], padded[2], last_cap, continuous, not continuous.all()
        )
        return columns if rows is None else columns.take(rows)

    def take(self, rows: IntArray | BoolArray) -> TierColumns:
        """The columns of some positions, or one table repeated for many."""
        return TierColumns(
            np.ascontiguousarray(self.floors[:, rows]),
            np.ascontiguousarray(self.rates[:, rows]),
            np.ascontiguousarray(self.deductions[:, rows]),
            self.last_cap[rows],
            self.continuous[rows],
            self.any_jump and not self.continuous[rows].all(),
        )

    def maintenance(self, notional: FloatArray) -> FloatArray:
        """Maintenance margin of each position at its notional; NaN where either is NaN."""
        margin = np.asarray((self.rates * notional - self.deductions).max(axis=0))
        if self.any_jump:
            jumping = ~self.continuous
            margin[jumping] = self._by_floor(notional, jumping)
        return margin

    def _by_floor(self, notional: FloatArray, which: BoolArray) -> FloatArray:
        chosen = notional[which]
        below = self.floors[:, which] <= chosen
        tier = np.maximum(below.sum(axis=0) - 1, 0)
        at = np.arange(chosen.size)
        rates, deductions = self.rates[:, which], self.deductions[:, which]
        return np.asarray(chosen * rates[tier, at] - deductions[tier, at])


def _tier_rows(tiers: Sequence[MarginTier]) -> FloatArray:
    return np.array([[t.floor for t in tiers], [t.mmr for t in tiers], [t.cum for t in tiers]])
