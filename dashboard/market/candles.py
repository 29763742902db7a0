"""Which candles of a venue may be believed: the rules by which rows are left out. Pure.

A candle is judged by itself (its time, its prices) and by those beside it: a close and the next
open are the same moment, so that a factor between them is a fault, while a candle that opened at
one price and closed at a tenth of it may be a crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from statistics import median

from dashboard.market.instrument import InstrumentKey
from dashboard.market.plausibility import factor
from dashboard.market.readings import SeriesKind

GAP_REFUSED = 10.0
"""A factor between a close and what stands beside it in time."""
ROUNDING = 1.001
"""A venue may round high and low otherwise than open and close."""
NEWEST_LOOKED_AT = 5
EARLIEST_MS = 1_262_304_000_000
"""2010-01-01: no perpetual contract is older."""

Candle = Sequence[float]
"""Time in ms UTC, open, high, low, close, perhaps more; NaN where nothing usable came."""


class RowRule(StrEnum):
    """Why rows are left out or doubted, under which they are counted."""

    TIME = "no usable time"
    FUTURE = "of the future"
    PRICE = "a price that is not above zero"
    SHAPE = "high and low contradict open and close"
    WICK = "a wick of ten times the price"
    GAP = "ten times off the prices beside it"
    ORDER = "out of order"
    CELL = "a value that cannot be"


DOUBTS = frozenset({RowRule.ORDER, RowRule.CELL})
"""Rows that these are said of stay: put in order, or without that value."""


@dataclass(frozen=True, slots=True)
class RowsDoubted:
    """What of one answer with `of_rows` rows of a history was left out or doubted, and why."""

    key: InstrumentKey
    kind: SeriesKind
    timeframe: str
    of_rows: int
    counts: Counter[RowRule]
    example: Candle

    @property
    def left_out(self) -> int:
        """How many rows are left out."""
        return sum(count for rule, count in self.counts.items() if rule not in DOUBTS)

    @property
    def sentence(self) -> str:
        """What was wrong, in words."""
        said = ", ".join(f"{rule.value} ({count})" for rule, count in self.counts.most_common())
        what = f"{self.timeframe} {self.kind.value.replace('_', ' ')}"
        where = f"of {self.key.symbol} at {self.key.venue}"
        if self.left_out:
            return f"{self.left_out} of {self.of_rows} {what} {where} are left out: {said}"
        return f"{self.of_rows} {what} {where} came with faults: {said}"


@dataclass(slots=True)
class Judged:
    """The candles that stay, ascending by time, and how many each rule spoke of."""

    rows: list[Candle] = field(default_factory=list)
    counts: Counter[RowRule] = field(default_factory=Counter)
    example: Candle = ()
    before: float | None = None
    """The price at which the oldest one opened, where that is beyond doubt."""

    def beside_older(self, beside: float | None) -> float | None:
        """What to judge the page before this one beside; `beside` is what this one was."""
        return self.before if self.rows else beside

    def note(self, rule: RowRule, row: Candle) -> None:
        """Count a row; the first one is kept as an example."""
        self.counts[rule] += 1
        self.example = self.example or row


def judge_candles(
    page: Sequence[Candle], latest_ms: float, beside: float | None, *, wicks: bool
) -> Judged:
    """Judge the candles of one answer, in any order; of equal times the last one stands.

    `latest_ms` is the last moment at which one may begin, `beside` a price that stood when the
    newest one closed, None where none is known. `wicks` says that a price may have stood for a
    moment at a tenth of those around it, as traded prices do and mark prices do not.
    """
    judged = Judged()
    by_time: dict[float, Candle] = {}
    for row in page:
        rule = _by_itself(row, latest_ms, wicks=wicks)
        if rule is None:
            by_time[row[0]] = row
        else:
            judged.note(rule, row)
    times = list(by_time)
    ascending = sum(one < other for one, other in pairwise(times))
    if 0 < ascending < len(times) - 1:
        judged.note(RowRule.ORDER, by_time[times[0]])
    _judge_neighbours([by_time[time_ms] for time_ms in sorted(times)], beside, judged)
    return judged


def _by_itself(row: Candle, latest_ms: float, *, wicks: bool) -> RowRule | None:
    time_ms, opened, high, low, close = row[:5]
    if not time_ms >= EARLIEST_MS or time_ms % 1:
        return RowRule.TIME
    if time_ms > latest_ms:
        return RowRule.FUTURE
    if not all(price > 0 for price in row[1:5]):
        return RowRule.PRICE
    top, bottom = max(opened, close), min(opened, close)
    if low > high or top > high * ROUNDING or bottom * ROUNDING < low:
        return RowRule.SHAPE
    if high >= top * GAP_REFUSED or (not wicks and low * GAP_REFUSED <= bottom):
        return RowRule.WICK
    return None


def _judge_neighbours(ordered: Sequence[Candle], beside: float | None, judged: Judged) -> None:
    """Keep those whose close is near the next one's open, from the newest back."""
    if beside is None and ordered:
        beside = median(row[4] for row in ordered[-NEWEST_LOOKED_AT:])
    for at in range(len(ordered) - 1, -1, -1):
        row = ordered[at]
        if beside is not None and factor(row[4], beside) >= GAP_REFUSED:
            judged.note(RowRule.GAP, row)
            continue
        crashed = factor(row[1], row[4]) >= GAP_REFUSED
        if crashed and at and factor(row[1], ordered[at - 1][4]) >= GAP_REFUSED:
            judged.note(RowRule.GAP, row)
            continue
        judged.before = None if crashed and not at else row[1]
        beside = row[1]
        judged.rows.append(row)
    judged.rows.reverse()
