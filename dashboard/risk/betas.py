"""How far a coin moves when Bitcoin does, from paired hourly log returns.

beta = cov(r_coin, r_bitcoin) / var(r_bitcoin), least squares with an intercept. A return counts
where both coins have a close at its hour and at the hour before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

MIN_BETA_HOURS = 168
"""Fewer paired returns than a week of hours say too little."""
_HOUR_MS = 3_600_000


class Beta(NamedTuple):
    """A coin's beta against Bitcoin and the hours it was measured over; None with the reason."""

    value: float | None
    hours: int
    reason: str = ""


def beta(coin: FloatArray, bitcoin: FloatArray) -> Beta:
    """The beta of `coin`; both are rows of (hour's start in ms UTC, close), rising in time.

    Rows whose close is not above zero are left out.
    """
    held, market = _usable(coin), _usable(bitcoin)
    _hours, at_coin, at_market = np.intersect1d(
        held[:, 0], market[:, 0], assume_unique=True, return_indices=True
    )
    steps = np.diff(_hours) == _HOUR_MS
    own = np.diff(np.log(held[at_coin, 1]))[steps]
    other = np.diff(np.log(market[at_market, 1]))[steps]
    count = int(own.size)
    if count < MIN_BETA_HOURS:
        return Beta(None, count, f"{count} h are stored in common, {MIN_BETA_HOURS} are needed")
    spread = other - other.mean()
    variance = float(spread @ spread)
    if variance == 0.0:
        return Beta(None, count, f"Bitcoin did not move in {count} h")
    return Beta(float(spread @ (own - own.mean())) / variance, count)


def betas(rows: Mapping[str, FloatArray], bitcoin: str) -> dict[str, Beta]:
    """The beta of every coin of `rows`, that of `bitcoin` itself being 1."""
    market = rows.get(bitcoin, np.empty((0, 2)))
    found = {coin: beta(held, market) for coin, held in rows.items()}
    if bitcoin in found:
        found[bitcoin] = Beta(1.0, len(_usable(market)))
    return found


def _usable(rows: FloatArray) -> FloatArray:
    """The rows with a price, each hour once."""
    good = rows[np.isfinite(rows).all(axis=1) & (rows[:, 1] > 0.0)]
    _hours, first = np.unique(good[:, 0], return_index=True)
    return np.asarray(good[first])
