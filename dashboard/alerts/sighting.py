"""What each rule sees of the world at one moment."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from dashboard.alerts.breaches import breach_words
from dashboard.alerts.limits import FAR, LEAST_IS_BAD, LimitKind, LimitReading
from dashboard.alerts.rules import LOW_IS_BAD, AlertKind, Rule
from dashboard.market.account import Position
from dashboard.market.instrument import InstrumentKey
from dashboard.market.names import names_of, price_words
from dashboard.market.readings import FundingRate, ReadingKind
from dashboard.market.snapshot import Freshness, Snapshot, freshness
from dashboard.risk.report import LiquidationStatus, PositionRisk, RiskReport

HYSTERESIS = 0.2
"""A figure must come back by this part of its threshold before its alert is over."""
LEAST_RATE = 0.00001
"""A predicted funding rate nearer to zero than this (a fraction) has no sign."""
FIRST_MARK_WITHIN_MS = 60_000
"""How long after the start a mark price may be missing before its feed counts as lost."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """The world at `report.now_ms`: figures, readings, limits and ATR(14, 1 h) by contract.

    `feed_lost` is why nothing arrives at all, "" while the feed is there.
    """

    report: RiskReport
    snapshot: Snapshot
    limits: tuple[LimitReading, ...] = ()
    atr: Mapping[InstrumentKey, float] = field(default_factory=dict)
    feed_lost: str = ""

    @property
    def now_ms(self) -> int:
        return self.report.now_ms

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What tells each position of the report from every other one, by id."""
        return names_of(risk.position for risk in self.report.positions)


class Seen(Enum):
    """HOLDS raises an alert and CLEAR ends it; BETWEEN and UNKNOWN do neither."""

    HOLDS = "holds"
    CLEAR = "clear"
    BETWEEN = "between"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule sees of one subject: a position's id, a contract or a limit.

    Of an event `value` is what is compared with the value told last: the sign of funding, the
    interval in hours, the side of a price. `say` makes its words, of which most are never read.
    """

    subject: str
    key: InstrumentKey | None
    seen: Seen
    value: float | None
    say: Callable[[], str]


def findings(rule: Rule, sight: Sight, since_ms: int) -> Iterator[Finding]:
    """What `rule` sees now of every subject; alerts are watched for since `since_ms`."""
    match rule.kind:
        case AlertKind.PRICE:
            yield from _price(rule, sight)
        case AlertKind.LIMIT:
            held = {risk.position.id: risk.position for risk in sight.report.positions}
            doubted = any(_is_doubted(risk, sight) for risk in sight.report.positions)
            yield from (_limit(reading, held, sight, doubted=doubted) for reading in sight.limits)
        case AlertKind.FEED_LOST:
            yield from (_feed(risk, sight, since_ms) for risk in _one_a_contract(sight))
        case AlertKind.FUNDING_SIGN | AlertKind.FUNDING_INTERVAL:
            for risk in _one_a_contract(sight):
                yield _funding(rule, risk.position.instrument.key, sight)
        case _:
            yield from (_of_position(rule, risk, sight) for risk in sight.report.positions)


def _name(key: InstrumentKey) -> tuple[str, str]:
    return key.symbol.split(":", maxsplit=1)[0], key.venue


def _contract(key: InstrumentKey) -> str:
    symbol, venue = _name(key)
    return f"{symbol}, {venue}"


def _one_a_contract(sight: Sight) -> list[PositionRisk]:
    return list({risk.position.instrument.key: risk for risk in sight.report.positions}.values())


def _of_position(rule: Rule, risk: PositionRisk, sight: Sight) -> Finding:
    match rule.kind:
        case AlertKind.BREACHED:
            seen, value = _breached(risk), risk.mark_price
        case AlertKind.STOP_BEYOND:
            seen, value = _stop(risk), risk.position.stop_price
        case _:
            value = _measured(rule.kind, risk, sight)
            seen = _compared(rule, value)
            if risk.status is LiquidationStatus.BREACHED:
                seen = Seen.CLEAR  # the breach says it all
    if rule.kind is not AlertKind.STOP_BEYOND and _is_doubted(risk, sight):
        seen = Seen.UNKNOWN  # a price that is not believed tells nobody anything
    return Finding(
        subject=risk.position.id,
        key=risk.position.instrument.key,
        seen=seen,
        value=value,
        say=lambda: f"{sight.names[risk.position.id]}: {_position_text(rule, risk, value)}",
    )


def _position_text(rule: Rule, risk: PositionRisk, value: float | None) -> str:
    match rule.kind:
        case AlertKind.BREACHED:
            return _breached_text(risk)
        case AlertKind.STOP_BEYOND:
            return _stop_text(risk)
        case _:
            return _measured_text(rule, value)


def _breached(risk: PositionRisk) -> Seen:
    seen = {LiquidationStatus.BREACHED: Seen.HOLDS, LiquidationStatus.UNKNOWN: Seen.UNKNOWN}
    return seen.get(risk.status, Seen.CLEAR)


def _breached_text(risk: PositionRisk) -> str:
    if risk.breach is not None:
        return f"BREACHED: {breach_words(risk.breach, price_words)}"
    at = "" if risk.liquidation_price is None else f" {price_words(risk.liquidation_price)}"
    mark = "" if risk.mark_price is None else f" ({price_words(risk.mark_price)})"
    return f"BREACHED: mark{mark} has crossed the liquidation price{at}"


def _stop(risk: PositionRisk) -> Seen:
    if risk.position.stop_price is None:
        return Seen.CLEAR
    if risk.stop is None or risk.stop.before_liquidation is None:
        return Seen.UNKNOWN
    return Seen.CLEAR if risk.stop.before_liquidation else Seen.HOLDS


def _stop_text(risk: PositionRisk) -> str:
    text = f"the stop at {price_words(risk.position.stop_price or 0.0)} lies beyond liquidation"
    if risk.liquidation_price is not None:
        text += f" ({price_words(risk.liquidation_price)})"
    return text


def _measured(kind: AlertKind, risk: PositionRisk, sight: Sight) -> float | None:
    """The figure that a threshold is compared with; infinite where nothing liquidates."""
    if kind is AlertKind.MARGIN_RATIO:
        return _known(risk.margin_ratio)
    if kind is AlertKind.FUNDING_HOURS:
        paid = _known(risk.funding_per_day)
        hours = _known(risk.hours_to_liquidation_by_funding)
        return math.inf if hours is None and paid is not None and paid <= 0.0 else hours
    if risk.status is LiquidationStatus.NONE:
        return math.inf
    if kind is AlertKind.DISTANCE:
        return _known(risk.distance_fraction)
    atr, distance = sight.atr.get(risk.position.instrument.key), _known(risk.distance)
    return None if not atr or distance is None else distance / atr


def _compared(rule: Rule, value: float | None) -> Seen:
    limit = rule.threshold
    if value is None or limit is None:
        return Seen.UNKNOWN
    if rule.kind in LOW_IS_BAD:
        if value <= limit:
            return Seen.HOLDS
        return Seen.CLEAR if value >= limit * (1.0 + HYSTERESIS) else Seen.BETWEEN
    if value >= limit:
        return Seen.HOLDS
    return Seen.CLEAR if value <= limit * (1.0 - HYSTERESIS) else Seen.BETWEEN


def _measured_text(rule: Rule, value: float | None) -> str:
    shown, limit = value or 0.0, rule.threshold or 0.0
    match rule.kind:
        case AlertKind.DISTANCE:
            return f"liquidation is {shown:.2%} away (told at {limit:.1%})"
        case AlertKind.DISTANCE_ATR:
            return f"liquidation is {shown:.2f} ATR away (told at {limit:.4g} ATR)"
        case AlertKind.MARGIN_RATIO:
            return f"margin ratio {shown:.1%} (told at {limit:.1%}; 100% liquidates)"
        case _:
            return f"funding alone liquidates in {shown:.1f} h (told at {limit:.4g} h)"


def _limit(
    reading: LimitReading, held: Mapping[str, Position], sight: Sight, *, doubted: bool
) -> Finding:
    if reading.used is None or doubted:
        seen = Seen.UNKNOWN
    elif reading.breached:
        seen = Seen.CLEAR if reading.override is not None else Seen.HOLDS
    else:
        seen = Seen.CLEAR if reading.used <= 1.0 - HYSTERESIS / 2 else Seen.BETWEEN
    what = "" if reading.kind is LimitKind.COOL_OFF else "limit breached, "
    position = held.get(reading.subject)

    def say() -> str:
        about = sight.names.get(reading.subject, reading.subject) or "whole book"
        return f"{about}: {what}{limit_words(reading)}"

    return Finding(
        subject=f"{reading.kind}/{reading.subject}",
        key=None if position is None else position.instrument.key,
        seen=seen,
        value=reading.value,
        say=say,
    )


def limit_words(reading: LimitReading) -> str:
    """A reading in words, "largest leverage 23.1x of 20.0x", with what makes the value doubtful."""
    value = "n/a" if reading.value is None else limit_number(reading.kind, reading.value)
    if reading.kind is LimitKind.COOL_OFF:
        return f"{reading.kind}, {value} left"
    between = "with at least" if reading.kind in LEAST_IS_BAD else "of"
    text = f"{reading.kind} {value} {between} {limit_number(reading.kind, reading.limit)}"
    return f"{text} ({reading.stale})" if reading.stale else text


def limit_number(kind: LimitKind, value: float) -> str:
    """A limit's value with its unit."""
    if kind in LEAST_IS_BAD and value >= FAR:
        return "without end"
    match kind:
        case LimitKind.DISTANCE | LimitKind.VENUE_SHARE | LimitKind.COIN_SHARE:
            return f"{value:.1%}"
        case LimitKind.DAILY_LOSS:
            return f"{value:,.2f} USD"
        case LimitKind.COOL_OFF:
            return f"{math.ceil(value)} min"
        case LimitKind.DISTANCE_ATR:
            return f"{value:.2f} ATR"
        case _:
            return f"{value:.1f}x"


def _feed(risk: PositionRisk, sight: Sight, since_ms: int) -> Finding:
    key = risk.position.instrument.key
    mark = sight.snapshot.marks.get(key)
    waited_ms = (sight.now_ms - since_ms) / max(1.0, sight.snapshot.speed)
    # Since the start, or since the computer woke up, a first price may still be on its way.
    overdue = Seen.HOLDS if waited_ms >= FIRST_MARK_WITHIN_MS else Seen.UNKNOWN
    seen, reason = Seen.CLEAR, ""
    if sight.feed_lost:
        seen, reason = Seen.HOLDS, sight.feed_lost
    elif mark is None or _known(mark.mark) is None:
        seen = overdue
        reason = sight.snapshot.why_missing(key, ReadingKind.MARK_PRICE)
    elif _age(sight, mark.as_of_ms, ReadingKind.MARK_PRICE) is Freshness.EXPIRED:
        seen = overdue if mark.as_of_ms < since_ms else Seen.HOLDS
        reason = f"the last mark price is {_age_words(sight.now_ms - mark.as_of_ms)} old"
    return Finding(
        subject=f"{key.venue} {key.symbol}",
        key=key,
        seen=seen,
        value=None,
        say=lambda: f"{_contract(key)}: feed lost while a position is open ({reason})",
    )


def _age_words(age_ms: int) -> str:
    minutes = age_ms // 60_000
    if minutes < 5:
        return f"{age_ms // 1000} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _funding(rule: Rule, key: InstrumentKey, sight: Sight) -> Finding:
    reading = _fresh_funding(key, sight)
    value: float | None = None
    text = ""
    if reading is not None and rule.kind is AlertKind.FUNDING_SIGN:
        rate = _known(reading.predicted)
        if rate is not None and abs(rate) >= LEAST_RATE:
            value = math.copysign(1.0, rate)
            text = f"funding turned: {'longs' if rate > 0 else 'shorts'} pay now, {rate:+.4%}"
    elif reading is not None:
        value = _known(reading.interval_hours)
        text = "" if value is None else f"funding is every {value:g} h now"
    return Finding(
        subject=f"{key.venue} {key.symbol}",
        key=key,
        seen=Seen.UNKNOWN if value is None else Seen.HOLDS,
        value=value,
        say=lambda: f"{_contract(key)}: {text}",
    )


def _fresh_funding(key: InstrumentKey, sight: Sight) -> FundingRate | None:
    reading = sight.snapshot.fundings.get(key)
    if reading is None:
        return None
    age = _age(sight, reading.as_of_ms, ReadingKind.FUNDING_RATE)
    return None if reading.doubt or age is Freshness.EXPIRED else reading


def _is_doubted(risk: PositionRisk, sight: Sight) -> bool:
    mark = sight.snapshot.marks.get(risk.position.instrument.key)
    return mark is not None and bool(mark.doubt)


def _price(rule: Rule, sight: Sight) -> Iterator[Finding]:
    key, price = rule.key, rule.threshold
    if key is None or price is None:
        return
    reading = sight.snapshot.marks.get(key)
    mark = None if reading is None else _known(reading.mark)
    if reading is not None and (
        reading.doubt or _age(sight, reading.as_of_ms, ReadingKind.MARK_PRICE) is Freshness.EXPIRED
    ):
        mark = None
    side = None if mark is None or mark == price else math.copysign(1.0, mark - price)
    way = "rose above" if side == 1.0 else "fell below"
    shown = "" if mark is None else f"{price_words(mark)}"
    yield Finding(
        subject=f"{key.venue} {key.symbol}",
        key=key,
        seen=Seen.UNKNOWN if side is None else Seen.HOLDS,
        value=side,
        say=lambda: f"{_contract(key)}: mark {way} {price_words(price)} ({shown})",
    )


def _age(sight: Sight, received_ms: int, kind: ReadingKind) -> Freshness:
    return freshness(kind, received_ms, sight.now_ms, sight.snapshot.speed)


def _known(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
