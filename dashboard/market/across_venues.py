"""One coin across venues: open interest with shares, funding on one period, spread. Pure.

Contracts are the same coin where base and multiplier-adjusted price agree; who decides that hands
over the group. What a venue does not tell now is left out by name, and no total is compared with an
earlier one of another set of venues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

EIGHT_HOURS = 8.0
"""Funding is brought to this period, in hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFigures:
    """What one venue says of the coin now; None where it says nothing that may be trusted.

    `coin` counts units of the coin itself (base times multiplier), `usd` is at mark. `mark` is the
    price of one such unit. `funding` is a fraction per `interval_hours`, positive where longs pay.
    """

    venue: str
    coin: float | None = None
    usd: float | None = None
    funding: float | None = None
    interval_hours: float | None = None
    mark: float | None = None

    @property
    def funding_8h(self) -> float | None:
        """Funding as a fraction per eight hours; None where rate or interval is unknown."""
        if self.funding is None or not self.interval_hours:
            return None
        return self.funding * EIGHT_HOURS / self.interval_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinAcrossVenues:
    """A coin's figures over the venues that gave them.

    `shares` are fractions of `usd` by venue. `weighted_funding_8h` weighs by open interest in USD
    and covers the venues that gave both, `funding_venues` of them. `dispersion_8h` is the highest
    less the lowest funding, `spread` the highest mark less the lowest over the median, and
    `from_median` what each mark lies above it, as a fraction. None where fewer
    venues gave it than it needs.
    """

    asked: int
    interest_venues: tuple[str, ...]
    funding_venues: tuple[str, ...]
    coin: float | None
    usd: float | None
    shares: Mapping[str, float]
    weighted_funding_8h: float | None
    dispersion_8h: float | None
    spread: float | None
    from_median: Mapping[str, float]

    @property
    def coverage(self) -> str:
        """How many of the venues the totals cover: "5 of 6 venues"."""
        return covered(len(self.interest_venues), self.asked)


def covered(known: int, asked: int) -> str:
    """So many of the venues, in words."""
    return "1 venue" if known == asked == 1 else f"{known} of {asked} venue{'s' * (asked != 1)}"


def across_venues(figures: Sequence[VenueFigures]) -> CoinAcrossVenues:
    """Join what the venues say of one coin; one entry per venue, also of those that say nothing."""
    in_usd = {one.venue: one.usd for one in figures if one.usd is not None and one.usd >= 0.0}
    coins = [one.coin for one in figures if one.venue in in_usd]
    known = [coin for coin in coins if coin is not None]
    total = sum(in_usd.values()) if in_usd else None
    rates = {one.venue: one.funding_8h for one in figures}
    funded = {venue: rate for venue, rate in rates.items() if rate is not None}
    weighed = {venue: rate for venue, rate in funded.items() if in_usd.get(venue)}
    marks = {one.venue: one.mark for one in figures if one.mark is not None and one.mark > 0.0}
    middle = median(marks.values()) if marks else None
    return CoinAcrossVenues(
        asked=len(figures),
        interest_venues=tuple(in_usd),
        funding_venues=tuple(weighed),
        coin=sum(known) if known and len(known) == len(coins) else None,
        usd=total,
        shares={venue: usd / total for venue, usd in in_usd.items()} if total else {},
        weighted_funding_8h=_weighted(weighed, in_usd),
        dispersion_8h=_range(list(funded.values())),
        spread=None if middle is None else _over(_range(list(marks.values())), middle),
        from_median={} if middle is None else {v: mark / middle - 1 for v, mark in marks.items()},
    )


def change_of_same_venues(
    before: Mapping[str, float], now: Mapping[str, float]
) -> tuple[float, tuple[str, ...]] | None:
    """Change of a total as a fraction, over the venues known both times, and which those are.

    A venue that dropped out, or came, between the two is on neither side, so that a lost feed
    never looks like a fall. None where no venue is known both times or their sum was zero.
    """
    both = tuple(venue for venue in before if venue in now)
    old = sum(before[venue] for venue in both)
    if not both or old <= 0.0:
        return None
    return sum(now[venue] for venue in both) / old - 1.0, both


def _weighted(rates: Mapping[str, float], weights: Mapping[str, float]) -> float | None:
    weight = sum(weights[venue] for venue in rates)
    if not weight:
        return None
    return sum(rate * weights[venue] for venue, rate in rates.items()) / weight


def _range(values: Sequence[float]) -> float | None:
    return max(values) - min(values) if len(values) > 1 else None


def _over(value: float | None, divisor: float) -> float | None:
    return None if value is None else value / divisor
