"""Whether a value that a venue gave may be believed: the rules by kind. Pure.

A value is accepted; or suspect, which is shown with its doubt and sets off no alert; or refused,
which nobody sees. A suspect value is believed when it is said twice or another venue says the same,
so that a crash is never held back longer than one poll.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from dashboard.market.readings import ReadingKind

REMEMBERED_MS = 3_600_000
"""A value is compared with an earlier one of its own no older than this."""
BELIEVED_AFTER_MS = 600_000
"""A refused value that is said steadily for so long is shown, as suspect."""
BACKED_WITHIN = 1.05
"""Two values that differ by no more than this factor say the same."""
FUNDING_STEP = 0.01
"""A funding rate that moves by more than this fraction per settlement at once is suspect."""
PEER_SUSPECT, PEER_ALWAYS_SUSPECT, PEER_REFUSED = 1.1, 3.0, 10.0
"""Factors between a mark price and the median of two or more other venues that agree."""
INDEX_SUSPECT, INDEX_REFUSED = 1.2, 3.0
"""Factors between a mark price and the index price of the same answer."""
VALUE_SUSPECT, VALUE_REFUSED = 3.0, 10.0
"""Factor between open interest in USD and coin times mark price."""


class Trust(StrEnum):
    """How far a value is believed."""

    ACCEPTED = "accepted"
    SUSPECT = "suspect"
    REFUSED = "refused"


class Rule(StrEnum):
    """The rules, under whose names suspect and refused values are counted."""

    POSITIVE = "not above zero"
    JUMP = "jump"
    INDEX = "far from its index"
    PEERS = "far from other venues"
    MARK = "far from its mark price"
    UNITS = "USD and coin disagree"
    ORDER = "older than the last"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Judgement:
    """How far a value is believed; `reason` is a phrase that fits behind its name."""

    trust: Trust
    rule: Rule | None = None
    reason: str = ""


ACCEPTED = Judgement(Trust.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Steps:
    """By what factor a value may move between two polls before it is suspect, and refused."""

    suspect: float
    refused: float


STEPS: dict[ReadingKind, Steps] = {
    ReadingKind.MARK_PRICE: Steps(1.5, 10.0),
    ReadingKind.TICKER: Steps(1.5, 10.0),
    ReadingKind.OPEN_INTEREST: Steps(3.0, 100.0),
    ReadingKind.LONG_SHORT_RATIO: Steps(10.0, 1000.0),
}


@dataclass(slots=True)
class Past:
    """What one figure of one contract was: the last believed value, and what was doubted since."""

    value: float | None = None
    at_ms: int = 0
    doubted: float | None = None
    doubted_ms: int = 0
    refused: float | None = None
    refused_since_ms: int = 0

    def believe(self, value: float, now_ms: int) -> None:
        """Take `value` for what is."""
        self.value, self.at_ms = value, now_ms
        self.doubted = self.refused = None


def factor(one: float, other: float) -> float:
    """How many times the smaller of two positive numbers the larger is; infinite for others."""
    if not (one > 0 and other > 0):
        return math.inf
    return max(one / other, other / one)


def judge_step(
    kind: ReadingKind, value: float, past: Past, now_ms: int, speed: float, *, backed: bool
) -> Judgement:
    """Judge a positive value by its own past, which it then belongs to.

    `backed` says that another source gives the same value. `speed` is how much faster than real
    time the market's clock runs, by which the limits of time are stretched.
    """
    if not value > 0:
        return Judgement(Trust.REFUSED, Rule.POSITIVE, f"is {value:g}")
    steps, last = STEPS[kind], past.value
    known = last is not None and now_ms - past.at_ms <= REMEMBERED_MS * max(1.0, speed)
    moved = factor(value, last) if known and last is not None else 1.0
    if backed or moved < steps.suspect or last is None:
        past.believe(value, now_ms)
        return ACCEPTED
    reason = f"went from {last:.10g} to {value:.10g} at once"
    if moved >= steps.refused:
        return _refused_step(value, past, now_ms, speed, reason)
    doubted, earlier_ms = past.doubted, past.doubted_ms
    past.doubted, past.doubted_ms = value, now_ms
    if doubted is not None and now_ms > earlier_ms and factor(value, doubted) < steps.suspect:
        past.believe(value, now_ms)
        return ACCEPTED
    return Judgement(Trust.SUSPECT, Rule.JUMP, reason)


def _refused_step(value: float, past: Past, now_ms: int, speed: float, reason: str) -> Judgement:
    if past.refused is None or factor(value, past.refused) > BACKED_WITHIN:
        past.refused, past.refused_since_ms = value, now_ms
    if now_ms - past.refused_since_ms >= BELIEVED_AFTER_MS * max(1.0, speed):
        past.believe(value, now_ms)
        return Judgement(Trust.SUSPECT, Rule.JUMP, reason)
    return Judgement(Trust.REFUSED, Rule.JUMP, reason)


def judge_rate(rate: float, past: Past, now_ms: int, speed: float) -> Judgement:
    """Judge a funding rate, a fraction per settlement, by its own past."""
    last = past.value
    known = last is not None and now_ms - past.at_ms <= REMEMBERED_MS * max(1.0, speed)
    if last is None or not known or abs(rate - last) <= FUNDING_STEP:
        past.believe(rate, now_ms)
        return ACCEPTED
    doubted, earlier_ms = past.doubted, past.doubted_ms
    past.doubted, past.doubted_ms = rate, now_ms
    if doubted is not None and now_ms > earlier_ms and abs(rate - doubted) <= FUNDING_STEP:
        past.believe(rate, now_ms)
        return ACCEPTED
    reason = f"went from {last:.4%} to {rate:.4%} at once"
    return Judgement(Trust.SUSPECT, Rule.JUMP, reason)


def judge_beside_index(mark: float, index: float | None) -> Judgement:
    """Judge a mark price by the index price of the same answer."""
    if index is None or not index > 0:
        return ACCEPTED
    apart = factor(mark, index)
    reason = f"is {mark:.10g} where its index is {index:.10g}"
    if apart >= INDEX_REFUSED:
        return Judgement(Trust.REFUSED, Rule.INDEX, reason)
    return Judgement(Trust.SUSPECT, Rule.INDEX, reason) if apart >= INDEX_SUSPECT else ACCEPTED


def judge_beside_peers(mark: float, peers: Sequence[float], *, steady: bool) -> Judgement:
    """Judge a mark price per unit of the coin by those of other venues.

    Two or more that agree are needed, for of two it is unknown which is wrong. `steady` says that
    the venue's own last value agrees with `mark`: venues do differ by some percent in a crash.
    """
    if len(peers) < 2 or factor(max(peers), min(peers)) > BACKED_WITHIN:
        return ACCEPTED
    middle = median(peers)
    apart = factor(mark, middle)
    reason = f"is {mark:.10g} where {len(peers)} other venues say {middle:.10g}"
    if apart >= PEER_REFUSED:
        return Judgement(Trust.REFUSED, Rule.PEERS, reason)
    limit = PEER_ALWAYS_SUSPECT if steady else PEER_SUSPECT
    return Judgement(Trust.SUSPECT, Rule.PEERS, reason) if apart >= limit else ACCEPTED


def judge_beside_mark(last: float, mark: float) -> Judgement:
    """Judge a last price by the mark price of the same contract."""
    apart, steps = factor(last, mark), STEPS[ReadingKind.TICKER]
    reason = f"is {last:.10g} where the mark price is {mark:.10g}"
    if apart >= steps.refused:
        return Judgement(Trust.REFUSED, Rule.MARK, reason)
    return Judgement(Trust.SUSPECT, Rule.MARK, reason) if apart >= steps.suspect else ACCEPTED


def judge_units(coin: float, usd: float, mark: float) -> Judgement:
    """Judge open interest given both in base coin and in USD; `mark` is USD per base coin."""
    if coin == 0 and usd == 0:
        return ACCEPTED
    apart = factor(usd, coin * mark)
    if apart < VALUE_SUSPECT:
        return ACCEPTED
    reason = f"is {coin:.10g} coins but {usd:.10g} USD at a mark price of {mark:.10g}"
    return Judgement(Trust.REFUSED if apart >= VALUE_REFUSED else Trust.SUSPECT, Rule.UNITS, reason)


def graver(*judgements: Judgement) -> Judgement:
    """The first of the gravest."""
    return max(judgements, key=lambda one: _GRAVITY[one.trust])


_GRAVITY = {Trust.ACCEPTED: 0, Trust.SUSPECT: 1, Trust.REFUSED: 2}
