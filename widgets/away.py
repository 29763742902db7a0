"""While you were away: asks the hours that nobody watched which levels they reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dashboard.alerts.away import LEAST_GAP_MS, Missed, missed
from dashboard.alerts.machine import Alert
from dashboard.alerts.rules import AlertKind, Rule
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.report import LiquidationStatus
from dashboard.risk.true_range import HOUR_MS
from dashboard.store.alert_ledger import LedgerRow
from widgets import format as fmt
from widgets.hourly import HourlyMarks
from widgets.update import Update

MOST_LINES = 6
"""So many levels are shown at once; all are in the log."""
PATIENCE_LOOKS = 30
"""So many looks the liquidation prices of a contract are waited for once its hours are there."""


class Absence:
    """The time between two sessions, looked at contract by contract as its candles arrive.

    Positions that were entered since are left out, since their levels were nobody's then.
    """

    def __init__(self, from_ms: int, update: Update, rules: Iterable[Rule]) -> None:
        self.from_ms = from_ms
        self.until_ms = update.now_ms
        self.found: list[Missed] = []
        self._ids = {one.id for one in update.book.positions}
        self._rules = tuple(rules)
        self._short: list[InstrumentKey] = []
        held = [one.instrument.key for one in update.book.positions]
        priced = [
            one.key
            for one in self._rules
            if one.kind is AlertKind.PRICE and one.enabled and one.key
        ]
        gone = self.until_ms - from_ms >= LEAST_GAP_MS
        self._waiting = list(dict.fromkeys((*held, *priced))) if gone else []
        self._any = bool(self._waiting)
        self._looks: Counter[InstrumentKey] = Counter()

    def waits(self) -> bool:
        """Whether the hours of some contract have not arrived yet."""
        return bool(self._waiting)

    def look(self, update: Update, hourly: HourlyMarks) -> list[Missed]:
        """What the hours that have arrived since the last look reached."""
        new: list[Missed] = []
        for key in tuple(self._waiting):
            hourly.moves(key, update.now_ms)  # asks for what is lacking
            rows = hourly.candles(key)
            if not len(rows) or rows[-1, 0] + 2 * HOUR_MS < self.until_ms:
                continue
            risks = [
                one
                for one in update.report.positions
                if one.position.id in self._ids and one.position.instrument.key == key
            ]
            self._looks[key] += 1
            unknown = any(one.status is LiquidationStatus.UNKNOWN for one in risks)
            if unknown and self._looks[key] <= PATIENCE_LOOKS:
                continue  # the prices of others in its wallet may still come
            self._waiting.remove(key)
            if rows[0, 0] > self.from_ms:
                self._short.append(key)
            rules = [one for one in self._rules if one.key == key]
            new += missed(risks, rules, {key: rows}, self.from_ms, self.until_ms)
        self.found = sorted((*self.found, *new), key=lambda one: (one.at_ms, -one.severity))
        return new

    def words(self) -> str:
        """What is known of it by now, "" for an absence in which nobody held anything."""
        if not self._any:
            return ""
        span = f"{fmt.instant(self.from_ms)} to {fmt.instant(self.until_ms)}"
        lines = [f"While you were away, {span}: {self._count()}"]
        shown = sorted(self.found, key=lambda one: -one.severity)[:MOST_LINES]
        lines += [f"{fmt.instant(one.at_ms)}  {one.text}" for one in self.found if one in shown]
        if len(self.found) > MOST_LINES:
            lines.append(f"and {len(self.found) - MOST_LINES} more, all in the log")
        if self._waiting:
            lines.append(
                f"Not known yet, prices of those hours are awaited: {_names(self._waiting)}"
            )
        if self._short:
            lines.append(f"Known in part, the candles begin later: {_names(self._short)}")
        return "\n".join(lines)

    def _count(self) -> str:
        if self.found:
            count = len(self.found)
            return "1 level was reached" if count == 1 else f"{count} levels were reached"
        return "nothing is known yet" if self._waiting else "no level was reached"


def _names(keys: Iterable[InstrumentKey]) -> str:
    return ", ".join(f"{fmt.symbol_name(key)} at {key.venue}" for key in keys)


def row_of(one: Missed) -> LedgerRow:
    """The row of the log that a level is written down in."""
    return LedgerRow(
        id=f"away {one.at_ms} {one.text}",
        at_ms=one.at_ms,
        what="while away",
        severity=one.severity,
        text=one.text,
    )


def summary_of(found: list[Missed], now_ms: int) -> Alert:
    """One alert for what was missed, named by the worst."""
    worst = max(found, key=lambda one: one.severity)
    words = worst.text if len(found) == 1 else f"{len(found)} levels, the worst: {worst.text}"
    return Alert(
        id=f"{now_ms} away",
        at_ms=now_ms,
        rule_id="",
        kind=AlertKind.SUMMARY,
        severity=worst.severity,
        subject="",
        text=f"While you were away: {words}",
    )
