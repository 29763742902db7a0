"""The life of alerts: raised, told, repeated, snoozed, acknowledged, over. Pure: same in, same out.

Each rule has a standing for each subject. What holds raises an alert; it is told at once, and
again no sooner than the rule's cool-down after, unless the figure got twice as bad. What comes
back only just is not over yet (hysteresis), and what is not known changes nothing: neither a NaN
nor a lost feed raises, ends or acknowledges an alert. Many alerts within a minute are told as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from dashboard.alerts.rules import (
    EVENTS,
    LATCHED,
    LOW_IS_BAD,
    MEASURED,
    MINUTE_MS,
    AlertKind,
    Repeat,
    Rule,
    Severity,
)
from dashboard.alerts.sighting import Finding, Seen, Sight, findings
from dashboard.market.instrument import InstrumentKey

SNOOZE_MS = 15 * MINUTE_MS
STORM_SIZE = 4
"""More alerts than this within STORM_MS are gathered and told as one."""
STORM_MS = MINUTE_MS
CLOCK_SLACK_MS = 5 * MINUTE_MS
"""A clock that is set back further than this is another time: a seek in a recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a rule stands towards one subject.

    `active` alerts are listed until they are over; an `over` one is latched and waits to be
    acknowledged. `told_value` is the figure as told last, of events the one to compare with;
    `cause` says what it came from when it was told.
    """

    rule_id: str
    kind: AlertKind
    severity: Severity
    subject: str
    key: InstrumentKey | None = None
    active: bool = False
    over: bool = False
    acknowledged: bool = False
    untold: bool = False
    done: bool = False
    since_ms: int = 0
    told_ms: int | None = None
    told_value: float | None = None
    value: float | None = None
    text: str = ""
    cause: str = ""
    snoozed_until_ms: int = 0
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is told, once; `parts` are the alerts that a summary stands for.

    `id` is made of moment, rule and subject. `cause` says what the change came from, "" where
    that is not known or does not apply.
    """

    id: str
    at_ms: int
    rule_id: str
    kind: AlertKind
    severity: Severity
    subject: str
    text: str
    key: InstrumentKey | None = None
    value: float | None = None
    cause: str = ""
    parts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """Everything that is remembered between two steps; small, and kept over a restart."""

    started_ms: int = 0
    at_ms: int = 0
    standings: Mapping[str, Standing] = field(default_factory=dict)
    recent_ms: tuple[int, ...] = ()
    gathered: tuple[Alert, ...] = ()

    def active(self) -> list[Standing]:
        """What is listed: the worst first, then what is not acknowledged, then the newest."""
        listed = [standing for standing in self.standings.values() if standing.active]
        return sorted(listed, key=lambda one: (one.acknowledged, -one.severity, -one.since_ms))

    def breached(self) -> bool:
        """Whether a breach waits to be acknowledged."""
        return any(
            one.active and not one.acknowledged and one.kind is AlertKind.BREACHED
            for one in self.standings.values()
        )


def started(state: AlertState, now_ms: int) -> AlertState:
    """The state of an earlier session, gone on with at `now_ms`."""
    return replace(state, started_ms=now_ms)


def step(
    state: AlertState, rules: Iterable[Rule], sight: Sight
) -> tuple[AlertState, tuple[Alert, ...]]:
    """The next state, and the alerts to be told now, the worst first."""
    now_ms = sight.now_ms
    if not state.started_ms or now_ms < state.at_ms - CLOCK_SLACK_MS:
        state = _other_time(state, now_ms)
    standings = dict(state.standings)
    kept: set[str] = set()
    raised: list[Alert] = []
    for rule in rules:
        if not rule.enabled or (rule.expires_ms is not None and rule.expires_ms <= now_ms):
            continue
        for finding in findings(rule, sight, state.started_ms):
            name = f"{rule.id} {finding.subject}"
            kept.add(name)
            held = standings.get(name) or _new(rule, finding)
            standings[name], told = _next(rule, held, finding, now_ms)
            if told:
                raised.append(_alert(standings[name], now_ms))
    left = {name: one for name, one in standings.items() if name in kept or _outlives(one)}
    state = replace(state, at_ms=max(now_ms, 1), standings=left)
    return _gather(state, _tightest(raised), now_ms)


def with_cause(state: AlertState, alert: Alert) -> AlertState:
    """Keep beside its standing what a told alert came from; of a summary, all its parts."""
    standings = dict(state.standings)
    for one in alert.parts or (alert,):
        name = f"{one.rule_id} {one.subject}"
        if name in standings:
            standings[name] = replace(standings[name], cause=one.cause)
    return replace(state, standings=standings)


def acknowledge(state: AlertState, name: str) -> AlertState:
    """Take note of an alert: it is told no more unless it gets worse, and goes once it is over."""
    held = state.standings.get(name)
    if held is None or not held.active:
        return state
    gone = held.over or held.kind in EVENTS
    changed = replace(held, acknowledged=True, active=not gone, over=False, untold=False)
    return replace(state, standings={**state.standings, name: changed})


def snooze(state: AlertState, name: str, until_ms: int) -> AlertState:
    """Let an alert be silent until then; it is told again if it still holds."""
    held = state.standings.get(name)
    if held is None or not held.active:
        return state
    changed = replace(held, snoozed_until_ms=until_ms)
    return replace(state, standings={**state.standings, name: changed})


def forget_rule(state: AlertState, rule_id: str) -> AlertState:
    """Drop what a rule that was changed or removed stood at, but no breach that waits."""
    left = {
        name: one
        for name, one in state.standings.items()
        if one.rule_id != rule_id or _outlives(one)
    }
    return replace(state, standings=left)


def name_of(standing: Standing) -> str:
    """The name under which a standing is kept."""
    return f"{standing.rule_id} {standing.subject}"


def _other_time(state: AlertState, now_ms: int) -> AlertState:
    """A fresh start, but for the breaches that nobody has acknowledged."""
    breaches = {
        name: replace(one, over=True, told_ms=None, since_ms=min(one.since_ms, now_ms))
        for name, one in state.standings.items()
        if one.kind is AlertKind.BREACHED and one.active and not one.acknowledged
    }
    return AlertState(started_ms=now_ms, standings=breaches)


def _outlives(standing: Standing) -> bool:
    """Whether a standing stays though its rule or its position is gone."""
    return standing.active and not standing.acknowledged and standing.kind is AlertKind.BREACHED


def _new(rule: Rule, finding: Finding) -> Standing:
    return Standing(
        rule_id=rule.id, kind=rule.kind, severity=rule.severity, subject=finding.subject
    )


def _next(rule: Rule, held: Standing, found: Finding, now_ms: int) -> tuple[Standing, bool]:
    """The next standing, and whether it is to be told."""
    if found.seen in (Seen.UNKNOWN, Seen.BETWEEN) or held.done:
        return held, False
    if rule.kind in EVENTS:
        return _next_event(rule, held, found, now_ms)
    if found.seen is Seen.CLEAR:
        return _cleared(held), False
    standing = replace(
        held,
        severity=rule.severity,
        key=found.key,
        value=found.value,
        text=found.say(),
        over=False,
    )
    if not held.active or held.over:
        standing = replace(standing, active=True, acknowledged=False, untold=True, since_ms=now_ms)
    return _told(rule, standing, now_ms)


def _told(rule: Rule, standing: Standing, now_ms: int) -> tuple[Standing, bool]:
    if now_ms < standing.snoozed_until_ms:
        return standing, False
    woken = standing.snoozed_until_ms > 0
    cooled = standing.told_ms is None or now_ms - standing.told_ms >= rule.cool_down_ms
    again = rule.repeat is Repeat.REPEAT and not standing.acknowledged
    worse = _is_worse(standing)
    if not (woken or worse or (cooled and (standing.untold or again))):
        return standing, False
    told = replace(
        standing,
        untold=False,
        acknowledged=False,
        told_ms=now_ms,
        told_value=standing.value,
        snoozed_until_ms=0,
        times=standing.times + 1,
        done=rule.repeat is Repeat.ONCE,
    )
    return told, True


def _next_event(rule: Rule, held: Standing, found: Finding, now_ms: int) -> tuple[Standing, bool]:
    """An event is a value other than the one told last; the first one seen is told of nobody."""
    if held.told_value is None:
        return replace(held, told_value=found.value), False
    if found.value == held.told_value:
        return held, False
    cooled = held.told_ms is None or now_ms - held.told_ms >= rule.cool_down_ms
    if not cooled or now_ms < held.snoozed_until_ms:
        return held, False
    told = replace(
        held,
        severity=rule.severity,
        key=found.key,
        active=True,
        acknowledged=False,
        value=found.value,
        told_value=found.value,
        text=found.say(),
        since_ms=now_ms,
        told_ms=now_ms,
        snoozed_until_ms=0,
        times=held.times + 1,
        done=rule.repeat is Repeat.ONCE,
    )
    return told, True


def _cleared(held: Standing) -> Standing:
    if not held.active:
        return held
    if held.kind in LATCHED and not held.acknowledged:
        return replace(held, over=True)
    return replace(held, active=False, over=False, untold=False, acknowledged=False)


def _is_worse(standing: Standing) -> bool:
    """Whether half of the room that was left when it was told last is gone."""
    told, now = standing.told_value, standing.value
    if standing.kind not in MEASURED or told is None or now is None or standing.untold:
        return False
    if standing.kind in LOW_IS_BAD:
        return told > 0.0 and now <= told / 2.0
    return told < 1.0 and 1.0 - now <= (1.0 - told) / 2.0


def _alert(standing: Standing, now_ms: int) -> Alert:
    return Alert(
        id=f"{now_ms} {name_of(standing)}",
        at_ms=now_ms,
        rule_id=standing.rule_id,
        kind=standing.kind,
        severity=standing.severity,
        subject=standing.subject,
        text=standing.text,
        key=standing.key,
        value=standing.value,
    )


def _tightest(raised: list[Alert]) -> list[Alert]:
    """Of rules with several thresholds for one figure the most severe alone."""
    worst: dict[tuple[AlertKind, str], Alert] = {}
    for alert in raised:
        at = (alert.kind, alert.subject)
        if alert.kind not in MEASURED:
            at = (alert.kind, alert.id)
        held = worst.get(at)
        if held is None or alert.severity > held.severity:
            worst[at] = alert
    return list(worst.values())


def _gather(
    state: AlertState, raised: list[Alert], now_ms: int
) -> tuple[AlertState, tuple[Alert, ...]]:
    """Tell what was raised, or keep it for a summary where too much was told just now."""
    recent = tuple(at_ms for at_ms in state.recent_ms if now_ms - at_ms < STORM_MS)
    raised = sorted(raised, key=lambda alert: (-alert.severity, alert.id))
    waiting = state.gathered + tuple(raised)
    if not waiting:
        return replace(state, recent_ms=recent), ()
    if len(waiting) + len(recent) <= STORM_SIZE and not state.gathered:
        return _now(state, recent, waiting, (), now_ms)
    if not recent:
        return _now(state, recent, _as_one(waiting, now_ms), (), now_ms)
    # A summary of the others follows when the minute is over.
    critical = tuple(alert for alert in raised if alert.severity is Severity.CRITICAL)
    others = tuple(alert for alert in waiting if alert not in critical)
    return _now(state, recent, _as_one(critical, now_ms), others, now_ms)


def _now(
    state: AlertState,
    recent: tuple[int, ...],
    told: tuple[Alert, ...],
    gathered: tuple[Alert, ...],
    now_ms: int,
) -> tuple[AlertState, tuple[Alert, ...]]:
    marks = (*recent, *(now_ms for _ in told))
    return replace(state, recent_ms=marks, gathered=gathered), told


def _as_one(alerts: tuple[Alert, ...], now_ms: int) -> tuple[Alert, ...]:
    return alerts if len(alerts) < 2 else (summary(alerts, now_ms),)


def summary(alerts: tuple[Alert, ...], now_ms: int) -> Alert:
    """One alert for many, named by the worst."""
    ordered = tuple(sorted(alerts, key=lambda alert: (-alert.severity, alert.at_ms, alert.id)))
    worst = ordered[0]
    return Alert(
        id=f"{now_ms} summary",
        at_ms=now_ms,
        rule_id="",
        kind=AlertKind.SUMMARY,
        severity=worst.severity,
        subject="",
        text=f"{len(ordered)} alerts, the worst: {worst.text}",
        key=worst.key,
        parts=ordered,
    )
