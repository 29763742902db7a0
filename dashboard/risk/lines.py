"""The liquidation prices of many positions at once: the equation of `liquidation` as lines.

In x (the price, or 1 / price for an inverse contract) the surplus is the minimum over tiers of
(free + cum_k) + (pull - n mmr_k) x, so each safe end is a maximum or minimum of one-tier roots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dashboard.risk.margin import TierColumns

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lines:
    """How the surplus of many wallets with one position each moves: S(x) = free + slope_k x.

    Made once for a book; `safe_prices` then solves for any wallets. Arrays of shape (tiers,
    positions) but for `inverse` (which marks x = 1 / P), `sigma`, `size`, `pull` and `rises`.
    `rises` marks positions whose lines all rise; with `one_way` those of the others all fall,
    as those of any long and short do whose rates stay below 1. `reach` is the root of a line per
    unit of its height, with the sign that makes the root that counts the largest.
    """

    inverse: BoolArray
    sigma: FloatArray
    size: FloatArray
    pull: FloatArray
    columns: TierColumns
    slope: FloatArray
    reach: FloatArray
    rises: BoolArray
    one_way: bool
    any_inverse: bool

    @staticmethod
    def of(
        inverse: BoolArray,
        side: FloatArray,
        quantity: FloatArray,
        columns: TierColumns,
        close_fee: FloatArray | float = 0.0,
    ) -> Lines:
        """Lines from positions; `close_fee` is the fraction of mark value charged for closing."""
        sigma = np.where(inverse, -side, side)
        pull = (sigma - close_fee) * quantity
        slope = pull - quantity * columns.rates
        rises = np.asarray((slope > 0.0).all(axis=0))
        toward = np.where(rises, -1.0, 1.0)
        return Lines(
            inverse=inverse,
            sigma=sigma,
            size=quantity,
            pull=pull,
            columns=columns,
            slope=slope,
            reach=np.divide(toward, slope, out=np.zeros(slope.shape), where=slope != 0.0),
            rises=rises,
            one_way=not (~rises & (slope >= 0.0)).any(),
            any_inverse=bool(inverse.any()),
        )

    def free(self, entry: FloatArray, wallet: FloatArray) -> FloatArray:
        """The part of each surplus that does not depend on x.

        `wallet` includes what others add and take, less fixed charges; in the settle currency.
        """
        start = np.where(self.inverse, 1.0 / entry, entry)
        return wallet - self.sigma * self.size * start

    def surplus(self, free: FloatArray, price: FloatArray) -> FloatArray:
        """S at a price each, in the settle currency."""
        x = np.where(self.inverse, 1.0 / price, price)
        return np.asarray(free + self.pull * x - self.columns.maintenance(self.size * x))

    def safe_prices(self, free: FloatArray) -> BoundsArrays:
        """`safe_prices` of each wallet, where maintenance is continuous.

        Positions whose maintenance jumps are answered as if it were the highest of all tiers'.
        Unknown (NaN) in `free` or in the tiers gives unknown bounds.
        """
        height = free + self.columns.deductions
        bounds = self._one_end(height) if self.one_way else self._both_ends(height)
        if not self.any_inverse:
            return bounds
        low, high, dead = bounds
        return BoundsArrays(
            np.where(self.inverse, 1.0 / high, low), np.where(self.inverse, 1.0 / low, high), dead
        )

    def _one_end(self, height: FloatArray) -> BoundsArrays:
        """Bounds in x where all lines of a position go one way: the largest or smallest root."""
        farthest = (height * self.reach).max(axis=0)
        x = np.where(self.rises, farthest, -farthest)
        shown = np.where(x > 0.0, x, np.nan)
        return BoundsArrays(
            np.where(self.rises, shown, np.nan),
            np.where(self.rises, np.nan, shown),
            (x <= 0.0) & ~self.rises,
        )

    def _both_ends(self, height: FloatArray) -> BoundsArrays:
        """Bounds in x in general: from the highest root of rising lines to the lowest root of
        falling ones. A line that does neither makes every price safe, or none."""
        level = self.slope == 0.0
        flat = np.where(height >= 0.0, -np.inf, np.where(height < 0.0, np.inf, np.nan))
        roots = np.divide(-height, self.slope, out=flat.copy(), where=~level)
        low = np.where(self.slope >= 0.0, roots, -np.inf).max(axis=0)
        high = np.where(level, -flat, np.where(self.slope < 0.0, roots, np.inf)).min(axis=0)
        dead = (low > high) | (high <= 0.0)
        low = np.where((low > 0.0) & ~dead, low, np.nan)
        high = np.where((high < np.inf) & ~dead, high, np.nan)
        return BoundsArrays(low, high, dead)


class BoundsArrays(NamedTuple):
    """Safe prices of many wallets; NaN where no price liquidates on that side, or unknown.

    `dead` marks wallets without any safe price.
    """

    low: FloatArray
    high: FloatArray
    dead: BoolArray
