"""Watches a book from look to look: limits, alerts, and what each alert came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dashboard.alerts.attribution import (
    ROOM,
    ROOM_IN_ATR,
    Attribution,
    Change,
    Moment,
    cause_words,
    change_of,
    moment_of,
    share_change,
)
from dashboard.alerts.limits import (
    LimitKind,
    LimitMemory,
    LimitReading,
    Limits,
    began_words,
    in_group,
    loss_words,
    read_limits,
)
from dashboard.alerts.machine import Alert, AlertState, step, with_cause
from dashboard.alerts.rules import DEFAULT_RULES, AlertKind, Rule
from dashboard.alerts.sighting import Sight
from dashboard.market.account import Book, MarginMode
from dashboard.market.instrument import InstrumentKey, TierTables
from dashboard.market.names import names_of, wallet_name
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import RiskReport

_EXPLAINED = {
    AlertKind.BREACHED: ROOM,
    AlertKind.DISTANCE: ROOM,
    AlertKind.DISTANCE_ATR: ROOM_IN_ATR,
    AlertKind.MARGIN_RATIO: "margin_ratio",
    AlertKind.FUNDING_HOURS: "hours_to_liquidation_by_funding",
}
"""The figure whose change is explained, by the kind of alert."""

_EXPLAINED_LIMITS = {
    LimitKind.LEVERAGE: "wallet_leverage",
    LimitKind.DISTANCE: ROOM,
    LimitKind.DISTANCE_ATR: ROOM_IN_ATR,
}
"""The same of a position's limits."""


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
        self._book_since: Moment | None = None
        self._changes: dict[str, Change | None] = {}

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
        explained = self._explained(told, look)
        for alert in explained:
            self.state = with_cause(self.state, alert)
        return explained

    def explain(self, position_id: str, figure: str, now: Moment) -> Attribution | None:
        """What moved a figure of a position since it was last told of."""
        before = self._since.get(position_id)
        if before is None:
            return None
        if position_id not in self._changes:
            self._changes[position_id] = change_of(position_id, before, now)
        change = self._changes[position_id]
        return None if change is None else change.of(figure)

    def _explained(self, told: tuple[Alert, ...], look: Look) -> tuple[Alert, ...]:
        placed = {
            risk.position.id
            for risk in look.report.positions
            if risk.mark_price is not None and risk.liquidation_price is not None
        }
        new = placed - self._since.keys()
        parts = [part for alert in told for part in (alert.parts or (alert,))]
        spoken = {_position_of(part, look.book) for part in parts}
        if not new and not spoken:
            return told
        now = moment_of(look.book, look.snapshot, look.tiers, look.report.now_ms, look.atr)
        self._changes.clear()
        self._book_since = self._book_since or now
        explained = tuple(self._with_cause(alert, now) for alert in told)
        known = {one.id for one in look.book.positions}
        self._since = {name: one for name, one in self._since.items() if name in known}
        self._since |= dict.fromkeys(new | (spoken & placed), now)
        return explained

    def _with_cause(self, alert: Alert, now: Moment) -> Alert:
        if alert.parts:
            parts = tuple(self._with_cause(part, now) for part in alert.parts)
            return replace(alert, parts=parts)
        figure = _figure_of(alert)
        if figure is None:
            return self._of_book(alert, now)
        # A ratio or a leverage has no value once no margin is left; the way always has.
        subject = _position_of(alert, now.book)
        found = self.explain(subject, figure, now) or self.explain(subject, ROOM, now)
        return alert if found is None else replace(alert, cause=cause_words(found))

    def _of_book(self, alert: Alert, now: Moment) -> Alert:
        """The cause of an alert on a limit of the whole book."""
        if alert.kind is not AlertKind.LIMIT:
            return alert
        kind, group = alert.subject.split("/", maxsplit=1)
        held = (*now.book.positions, *now.book.closed)
        names = names_of(held)
        match LimitKind(kind):
            case LimitKind.DAILY_LOSS:
                return replace(alert, cause=loss_words(self.memory, names))
            case LimitKind.COOL_OFF:
                return replace(alert, cause=began_words(self.memory, names))
            case shares:
                return self._with_share(alert, shares, group, now)

    def _with_share(self, alert: Alert, kind: LimitKind, group: str, now: Moment) -> Alert:
        before, self._book_since = self._book_since, now
        if before is None or before is now:
            return alert
        found = share_change(before, now, lambda one: in_group(kind, one) == group)
        return alert if found is None else replace(alert, cause=cause_words(found))

    def _forget_what_is_to_come(self, now_ms: int) -> None:
        """Drop moments that a clock which was set back has not reached yet."""
        self._since = {
            name: moment for name, moment in self._since.items() if moment.now_ms <= now_ms
        }
        if self._book_since is not None and self._book_since.now_ms > now_ms:
            self._book_since = None


def _figure_of(alert: Alert) -> str | None:
    if alert.kind is not AlertKind.LIMIT:
        return _EXPLAINED.get(alert.kind)
    kind = alert.subject.split("/", maxsplit=1)[0]
    return _EXPLAINED_LIMITS.get(LimitKind(kind))


def _position_of(alert: Alert, book: Book) -> str:
    """The id of the position that an alert is about, where it is about one.

    What is said of a cross wallet is explained by the first of its positions.
    """
    if alert.kind is not AlertKind.LIMIT:
        return alert.subject
    subject = alert.subject.split("/", maxsplit=1)[-1]
    cross = (one for one in book.positions if one.margin_mode is MarginMode.CROSS)
    return next((one.id for one in cross if wallet_name(one) == subject), subject)
