"""What changed since the trader last looked, the most surprising first.

Surprise is how rare a change is in the contract's own past, as -log2 of the share of past values
that were as extreme (two-sided), so that 1 is a coin's toss and 7 one in 128. Events that have no
size (a flip of the sign of funding, another funding interval) have a surprise of their own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dashboard.market.instrument import InstrumentKey
from dashboard.signals.past import Past
from dashboard.signals.standing import Standing

LEAST_SURPRISE = 2.0
"""What happens more often than one time in four is no news."""
INTERVAL_SURPRISE = 9.0
FLIP_SURPRISE = 5.0


class ChangeKind(StrEnum):
    """What a change is of."""

    PRICE = "price"
    OPEN_INTEREST = "open interest"
    RATIO = "long/short ratio"
    FUNDING = "funding"
    FUNDING_SIGN = "funding sign"
    FUNDING_INTERVAL = "funding interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What stood on the screen when the trader looked; None is unknown."""

    at_ms: int
    mark: float | None = None
    open_interest_coin: float | None = None
    ratio: float | None = None
    funding_rate: float | None = None
    interval_hours: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: the figure then and now; its surprise rests on so many past `samples`."""

    key: InstrumentKey
    kind: ChangeKind
    before: float
    now: float
    surprise: float
    samples: int = 0


def changes(
    before: Mapping[InstrumentKey, Seen],
    now: Mapping[InstrumentKey, Seen],
    pasts: Mapping[InstrumentKey, Past],
) -> list[Change]:
    """Every change worth telling, the most surprising first; equal ones in the order of `now`."""
    found = [
        change
        for key, seen in now.items()
        if key in before
        for change in _of_one(key, before[key], seen, pasts.get(key, Past()))
    ]
    return sorted(found, key=lambda change: -change.surprise)


def _of_one(key: InstrumentKey, before: Seen, now: Seen, past: Past) -> list[Change]:
    sized = (
        (ChangeKind.PRICE, before.mark, now.mark, past.price_change_24h),
        (
            ChangeKind.OPEN_INTEREST,
            before.open_interest_coin,
            now.open_interest_coin,
            past.open_interest_change_24h,
        ),
        (ChangeKind.RATIO, before.ratio, now.ratio, past.ratio),
        (ChangeKind.FUNDING, before.funding_rate, now.funding_rate, past.funding),
    )
    found = [
        Change(
            key=key,
            kind=kind,
            before=then,
            now=value,
            surprise=_surprise(stands),
            samples=stands.samples,
        )
        for kind, then, value, stands in sized
        if then is not None and value is not None and then != value and stands is not None
    ]
    found = [change for change in found if change.surprise >= LEAST_SURPRISE]
    return found + _events(key, before, now)


def _events(key: InstrumentKey, before: Seen, now: Seen) -> list[Change]:
    found: list[Change] = []
    rates = (before.funding_rate, now.funding_rate)
    if rates[0] is not None and rates[1] is not None and rates[0] * rates[1] < 0.0:
        found.append(
            Change(
                key=key,
                kind=ChangeKind.FUNDING_SIGN,
                before=rates[0],
                now=rates[1],
                surprise=FLIP_SURPRISE,
            )
        )
    hours = (before.interval_hours, now.interval_hours)
    if hours[0] is not None and hours[1] is not None and hours[0] != hours[1]:
        found.append(
            Change(
                key=key,
                kind=ChangeKind.FUNDING_INTERVAL,
                before=hours[0],
                now=hours[1],
                surprise=INTERVAL_SURPRISE,
            )
        )
    return found


def _surprise(stands: Standing) -> float:
    """-log2 of the two-sided share, which is never less than that of half a sample."""
    tail = 2.0 * min(stands.rank, 1.0 - stands.rank)
    return -math.log2(max(tail, 1.0 / (stands.samples + 1)))
