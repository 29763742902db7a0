"""What the trader is warned of: kinds of alert, and the rules that ask for them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey

MINUTE_MS = 60_000
COOL_DOWN_MS = 15 * MINUTE_MS
"""A rule speaks of one position no more often than this, unless it got much worse."""


class AlertKind(StrEnum):
    """What an alert is of; SUMMARY stands for many that came at once."""

    BREACHED = "breached"
    DISTANCE = "distance"
    DISTANCE_ATR = "distance in ATR"
    MARGIN_RATIO = "margin ratio"
    FUNDING_HOURS = "hours by funding"
    FUNDING_SIGN = "funding sign"
    FUNDING_INTERVAL = "funding interval"
    STOP_BEYOND = "stop beyond liquidation"
    LIMIT = "limit breached"
    FEED_LOST = "feed lost"
    PRICE = "price crossed"
    SUMMARY = "summary"


class Severity(IntEnum):
    """How much an alert matters; CRITICAL ones may pass do-not-disturb."""

    INFO = 0
    WARNING = 1
    CRITICAL = 2


class Repeat(StrEnum):
    """ONCE is told once and is done, EACH_TIME whenever it comes up again, REPEAT also again and
    again while it lasts and is not acknowledged."""

    ONCE = "once"
    EACH_TIME = "each time"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing to watch for.

    `threshold` is a fraction (distance, margin ratio), a multiple of ATR(14, 1 h), hours, or a
    price in quote currency of the contract `key`; None for kinds that need none. `expires_ms` is
    when the rule ends, None for never.
    """

    id: str
    kind: AlertKind
    severity: Severity
    threshold: float | None = None
    key: InstrumentKey | None = None
    repeat: Repeat = Repeat.EACH_TIME
    cool_down_ms: int = COOL_DOWN_MS
    expires_ms: int | None = None
    enabled: bool = True


EVENTS = frozenset({AlertKind.FUNDING_SIGN, AlertKind.FUNDING_INTERVAL, AlertKind.PRICE})
"""Kinds that happen at a moment; the others last."""

LATCHED = frozenset({AlertKind.BREACHED, *EVENTS})
"""Kinds that stay until they are acknowledged, whatever the market does next."""

LOW_IS_BAD = frozenset({AlertKind.DISTANCE, AlertKind.DISTANCE_ATR, AlertKind.FUNDING_HOURS})
"""Kinds with a threshold that is reached from above."""

MEASURED = LOW_IS_BAD | {AlertKind.MARGIN_RATIO}
"""Kinds that compare a figure with a threshold."""

DEFAULT_RULES = (
    Rule(id="breached", kind=AlertKind.BREACHED, severity=Severity.CRITICAL),
    Rule(id="very near", kind=AlertKind.DISTANCE, severity=Severity.CRITICAL, threshold=0.05),
    Rule(id="near", kind=AlertKind.DISTANCE, severity=Severity.WARNING, threshold=0.10),
    Rule(id="near in ATR", kind=AlertKind.DISTANCE_ATR, severity=Severity.WARNING, threshold=3.0),
    Rule(id="ratio", kind=AlertKind.MARGIN_RATIO, severity=Severity.CRITICAL, threshold=0.8),
    Rule(id="runway", kind=AlertKind.FUNDING_HOURS, severity=Severity.WARNING, threshold=72.0),
    Rule(id="stop", kind=AlertKind.STOP_BEYOND, severity=Severity.WARNING),
    Rule(id="limit", kind=AlertKind.LIMIT, severity=Severity.WARNING),
    Rule(id="feed", kind=AlertKind.FEED_LOST, severity=Severity.WARNING),
    Rule(id="interval", kind=AlertKind.FUNDING_INTERVAL, severity=Severity.WARNING),
    Rule(id="sign", kind=AlertKind.FUNDING_SIGN, severity=Severity.INFO),
)
"""What is watched for until the trader says otherwise."""


def price_rule(rule_id: str, key: InstrumentKey, price: float) -> Rule:
    """An alert at a price of a contract, told once; InputError unless the price is above 0."""
    if not 0.0 < price < math.inf:
        raise InputError("price", f"alert price must be above 0, not {price}")
    return Rule(
        id=rule_id,
        kind=AlertKind.PRICE,
        severity=Severity.WARNING,
        threshold=price,
        key=key,
        repeat=Repeat.ONCE,
    )


def checked_threshold(kind: AlertKind, value: float) -> float:
    """`value` where it may be a threshold of `kind`; raises InputError otherwise."""
    most = 1.0 if kind in (AlertKind.DISTANCE, AlertKind.MARGIN_RATIO) else 1_000_000.0
    if not 0.0 < value <= most:
        allowed = "above 0% and at most 100%" if most == 1.0 else "above 0 and at most 1,000,000"
        shown = f"{value:.6g}" if most > 1.0 else f"{value:.6%}"
        raise InputError(kind.value, f"{kind.value} must be {allowed}, not {shown}")
    return value
