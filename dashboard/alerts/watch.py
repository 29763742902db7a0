"""Watches a book from look to look: limits, alerts, and what each alert came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dashboard.alerts.attribution import Attribution, Moment, attribute, cause_words, moment_of
from dashboard.alerts.limits import LimitMemory, LimitReading, Limits, read_limits
from dashboard.alerts.machine import Alert, AlertState, step
from dashboard.alerts.rules import DEFAULT_RULES, AlertKind, Rule
from dashboard.alerts.sighting import Sight
from dashboard.market.account import Book
from dashboard.market.instrument import InstrumentKey, TierTables
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import RiskReport

_EXPLAINED = {
    AlertKind.DISTANCE: "distance_fraction",
    AlertKind.DISTANCE_ATR: "distance_fraction",
    AlertKind.MARGIN_RATIO: "margin_ratio",
}
"""The figure whose change is explained, by the kind of alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept over a restart."""

    state: AlertState = field(default_factory=AlertState)
    memory: LimitMemory = field(default_factory=LimitMemory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All that is looked at in one step; `atr` is ATR(14, 1 h) by contract."""

    book: Book
    snapshot: Snapshot
    tiers: TierTables
    report: RiskReport
    atr: Mapping[InstrumentKey, float] = field(default_factory=dict)
    feed_lost: str = ""


class Watch:
    """Takes one look after the other; the same looks always give the same alerts.

    A change is explained from the moment that its position was last told of or first seen.
    """

    def __init__(
        self,
        rules: tuple[Rule, ...] = DEFAULT_RULES,
        limits: Limits | None = None,
        kept: Kept | None = None,
    ) -> None:
        found = kept or Kept()
        self.rules = rules
        self.limits = limits or Limits()
        self.state = found.state
        self.memory = found.memory
        self.readings: tuple[LimitReading, ...] = ()
        self._since: dict[str, Moment] = {}

    @property
    def kept(self) -> Kept:
        """What a later session goes on from."""
        return Kept(state=self.state, memory=self.memory)

    def look(self, look: Look) -> tuple[Alert, ...]:
        """The alerts to be told now, each with its cause where that can be told."""
        self._forget_what_is_to_come(look.report.now_ms)
        self.memory, self.readings = read_limits(
            self.limits, self.memory, look.report, look.book, look.atr
        )
        sight = Sight(
            report=look.report,
            snapshot=look.snapshot,
            limits=self.readings,
            atr=look.atr,
            feed_lost=look.feed_lost,
        )
        self.state, told = step(self.state, self.rules, sight)
        return self._explained(told, look)

    def explain(self, position_id: str, figure: str, now: Moment) -> Attribution | None:
        """What moved a figure of a position since it was last told of."""
        before = self._since.get(position_id)
        return None if before is None else attribute(position_id, before, now, figure)

    def _explained(self, told: tuple[Alert, ...], look: Look) -> tuple[Alert, ...]:
        new = {
            risk.position.id
            for risk in look.report.positions
            if risk.position.id not in self._since and risk.distance_fraction is not None
        }
        spoken = {part.subject for alert in told for part in (alert.parts or (alert,))}
        if not new and not spoken:
            return told
        now = moment_of(look.book, look.snapshot, look.tiers, look.report.now_ms)
        explained = tuple(self._with_cause(alert, now) for alert in told)
        known = {one.id for one in look.book.positions}
        self._since = {name: one for name, one in self._since.items() if name in known}
        self._since |= dict.fromkeys(new | (spoken & self._since.keys()), now)
        return explained

    def _with_cause(self, alert: Alert, now: Moment) -> Alert:
        if alert.parts:
            parts = tuple(self._with_cause(part, now) for part in alert.parts)
            return replace(alert, parts=parts)
        figure = _EXPLAINED.get(alert.kind)
        found = None if figure is None else self.explain(alert.subject, figure, now)
        return alert if found is None else replace(alert, cause=cause_words(found))

    def _forget_what_is_to_come(self, now_ms: int) -> None:
        """Drop moments that a clock which was set back has not reached yet."""
        self._since = {
            name: moment for name, moment in self._since.items() if moment.now_ms <= now_ms
        }
