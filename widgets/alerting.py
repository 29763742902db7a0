"""Watches the book on each update: writes down what is to be told, then tells it."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from dashboard.alerts.away import LEAST_GAP_MS
from dashboard.alerts.limits import LimitKind, LimitReading, Limits, override_limit
from dashboard.alerts.machine import (
    SNOOZE_MS,
    Alert,
    acknowledge,
    forget_rule,
    name_of,
    snooze,
    started,
)
from dashboard.alerts.rules import AlertKind, Rule, Severity, price_rule
from dashboard.alerts.sighting import limit_words
from dashboard.alerts.watch import Look, Watch
from dashboard.errors import InputError, StoreError
from dashboard.market.instrument import InstrumentKey, TierTables
from dashboard.market.names import names_of
from dashboard.store.alert_ledger import MOST_ROWS, AlertLedger, LedgerRow, Manners, rows_of
from dashboard.store.book import BookStore
from widgets.away import Absence, row_of, summary_of
from widgets.charts.price_lines import PriceLine, PriceLineKind
from widgets.desk import Desk
from widgets.hourly import HourlyMarks
from widgets.models.alerts import rule_words
from widgets.notices import Notices
from widgets.panels import ALERTS
from widgets.panels.alerts import AlertsPanel
from widgets.pulse import Pulse
from widgets.update import Update
from widgets.window import MainWindow

if TYPE_CHECKING:
    from widgets.panels.chart_pointing import ChartPointing
    from widgets.panels.charts import ChartsPanel
    from widgets.panels.positions import PositionsPanel

KEEP_INTERVAL_MS = 60_000
"""How often the state is kept when nothing happens: as much of an absence may go unnoticed."""

RANGES_AN_UPDATE = 5
"""Of so many contracts the ATR is looked up at once: each may ask the feed for candles."""


class Alerting(QObject):
    """Keeps the watch, its ledger and its panel together."""

    def __init__(
        self,
        window: MainWindow,
        store: BookStore,
        desk: Desk,
        tiers: TierTables,
        *,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._desk = desk
        self._tiers = tiers
        self._ledger = AlertLedger(store)
        self._atr: dict[InstrumentKey, float] = {}
        self._turn = 0
        self._now_ms = 0
        self._begun = False
        self._leapt = False
        self._open: set[str] | None = None
        self._absence: Absence | None = None
        self._unseen: list[LedgerRow] = []
        self._pointing: ChartPointing | None = None
        self._notices: Notices | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(KEEP_INTERVAL_MS)
        self._timer.timeout.connect(self._keep)

    def build(self, hourly: HourlyMarks, *, recorded: bool) -> Iterator[None]:
        """Make the panel, piece by piece, with what the session before left."""
        self._hourly = hourly
        ledger = self._ledger
        self.watch = Watch(ledger.rules(), ledger.limits(), ledger.kept())
        self.manners = ledger.manners()
        self._rows = ledger.read()
        yield
        self.panel = AlertsPanel(self._window.theme, self._window)
        yield from self.panel.assemble()
        self.notices = Notices(self._window.theme, recorded=recorded, parent=self)
        self._notices = self.notices
        self.panel.show_tray(self.notices.reason)
        self.panel.show_manners(self.manners)
        self.panel.rules.show_rules(self.watch.rules)
        self.panel.limits.show_limits(self.watch.limits)
        self.panel.show_log(self._rows)
        for notice in ledger.notices:
            self._window.status.say(notice)
        yield

    def wire(self, pulse: Pulse, positions: PositionsPanel) -> None:
        """Connect what is seen and what a hand wants; watching begins with the next update."""
        panel, window = self.panel, self._window
        self._positions = positions
        pulse.text.connect(self.show_update)
        pulse.time_leapt.connect(self._note_leap)
        panel.active.acknowledged.connect(self._acknowledge)
        panel.active.all_acknowledged.connect(self._acknowledge_all)
        panel.active.snoozed.connect(self._snooze)
        panel.active.show_wanted.connect(self._show)
        panel.active.copied.connect(window.status.say)
        panel.rules.changed.connect(self._change_rules)
        panel.rules.test_wanted.connect(self._test)
        panel.limits.changed.connect(self._change_limits)
        panel.limits.overridden.connect(self._override)
        panel.manners_changed.connect(self._change_manners)
        panel.shown.connect(self._show_all)
        self.notices.clicked.connect(self._raise_window)
        window.status.breach_clicked.connect(self._go_to_panel)
        window.theme_changed.connect(panel.apply_theme)
        self._timer.start()

    def wire_charts(self, charts: ChartsPanel) -> None:
        """Keep the price alerts that are set, moved and removed on the chart."""
        self._pointing = charts.pointing
        self._pointing.takes_alerts = True
        self._pointing.alert_wanted.connect(self._add_price)
        self._pointing.alert_moved.connect(self._move_price)
        self._pointing.alert_removed.connect(self._remove_rule)
        self._desk.selected_changed.connect(self._show_lines)
        self._show_lines()

    def show_update(self, update: Update) -> None:
        """Look once, unless the figures are not of now or a position is only supposed."""
        self.panel.show_update(update)
        present = update.report.now_ms == update.now_ms and update.now_ms > 0
        if not present or update.book is not self._desk.book:
            return
        before_ms, self._now_ms = self._now_ms, update.now_ms
        slept = update.clock.recording is None and update.now_ms - before_ms >= LEAST_GAP_MS
        if not self._begun:
            self._begin(update)
        elif slept:
            self._absence = Absence(before_ms, update, self.watch.rules)
            self.watch.state = started(self.watch.state, update.now_ms)
        elif self._leapt:
            self.watch.state = started(self.watch.state, update.now_ms)
        self._leapt = False
        self._look_back(update)
        told = self.watch.look(
            Look(
                book=update.book,
                snapshot=update.snapshot,
                tiers=self._tiers,
                report=update.report,
                atr=self._ranges(update),
                feed_lost="the feed process is lost" if update.feed_lost else "",
            )
        )
        if told:
            self._tell(told)
        self._note_opened(update)
        self._refresh()

    def _note_leap(self) -> None:
        """Give the prices of the moment that was gone to their time before any counts as lost."""
        self._leapt = True

    def close(self) -> None:
        """Keep where everything stands; the window may be closed before the panel was made."""
        self._timer.stop()
        if self._begun:
            self._keep()
        if self._notices is not None:
            self._notices.close()

    def _begin(self, update: Update) -> None:
        """Go on from the session before, and show what it wrote down and did not show."""
        self._begun = True
        self._unseen = [row for row in self._rows if not row.shown]
        left_ms = self.watch.state.at_ms
        if left_ms and update.now_ms >= left_ms:
            self._absence = Absence(left_ms, update, self.watch.rules)
            self.watch.state = started(self.watch.state, update.now_ms)
        self._show_away()
        self._write([replace(row, shown=True) for row in self._unseen])

    def _look_back(self, update: Update) -> None:
        """Tell what the absence reached, as its hours arrive."""
        absence = self._absence
        if absence is None or not absence.waits():
            return
        found = absence.look(update, self._hourly)
        if found:
            rows = [row_of(one) for one in found]
            self._write([replace(row, shown=False) for row in rows])
            self._show_away()
            summary = summary_of(found, update.now_ms)
            self._window.status.say(summary.text)
            self.notices.tell(summary, self.manners)
            self._write(rows)
        elif not absence.waits() and self.panel.away_shown:
            self._show_away()

    def _show_away(self) -> None:
        parts = [] if self._absence is None else [self._absence.words()]
        if self._unseen:
            count = len(self._unseen)
            were = "1 alert" if count == 1 else f"{count} alerts"
            parts.append(f"{were} of the session before, not shown then:")
            parts += [row.text for row in self._unseen]
        bad = bool(self._unseen) or bool(self._absence and self._absence.found)
        self.panel.show_away("\n".join(part for part in parts if part), bad=bad)

    def _ranges(self, update: Update) -> dict[InstrumentKey, float]:
        """ATR by contract; some contracts are looked up anew at each update, in turn."""
        held = list(dict.fromkeys(one.instrument.key for one in update.book.positions))
        for _ in held[:RANGES_AN_UPDATE]:
            self._turn = (self._turn + 1) % len(held)
            key = held[self._turn]
            found = self._hourly.moves(key, update.now_ms).atr
            self._atr.pop(key, None)
            if found is not None:
                self._atr[key] = found
        return {key: self._atr[key] for key in held if key in self._atr}

    def _note_opened(self, update: Update) -> None:
        """Log each position that was opened while the trader meant to cool off."""
        before, self._open = self._open, {one.id for one in update.book.positions}
        cooling = [one for one in self.watch.readings if one.kind is LimitKind.COOL_OFF]
        if before is None or not any(one.breached and one.override is None for one in cooling):
            return
        for name, words in names_of(update.book.positions).items():
            if name not in before:
                text = f"{words} was opened in the {limit_words(cooling[0])}"
                self._note(AlertKind.LIMIT.value, text, Severity.WARNING)
                self._window.status.say(text)

    def _tell(self, told: Iterable[Alert]) -> None:
        """Write alerts down, then show them, then note that they were shown."""
        alerts = tuple(told)
        rows = [row for alert in alerts for row in rows_of(alert)]
        self._write(rows)
        self._keep()
        more = f" (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""
        self._window.status.say(f"{alerts[0].text}{more}")
        for alert in alerts:
            self.notices.tell(alert, self.manners)
        self._write([replace(row, shown=True) for row in rows if not row.shown])

    def _write(self, rows: list[LedgerRow]) -> None:
        """Put rows into log and ledger; the window shows them even where the disk fails."""
        new = {row.id: row for row in rows}
        old = [new.pop(row.id, row) for row in self._rows]
        self._rows = [*reversed(list(new.values())), *old][:MOST_ROWS]
        self._try(lambda: self._ledger.write(rows))
        if self.panel.isVisible():
            self.panel.show_log(self._rows)

    def _note(self, what: str, text: str, severity: Severity = Severity.INFO) -> None:
        name = f"{self._now_ms} {what} {len(self._rows)}"
        self._write(
            [LedgerRow(id=name, at_ms=self._now_ms, what=what, severity=severity, text=text)]
        )

    def _keep(self) -> None:
        self._try(lambda: self._ledger.keep(self.watch.kept))

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StoreError as error:
            self._window.status.say(f"alerts not kept: {error.user_message}")

    def _refresh(self) -> None:
        state = self.watch.state
        if self.panel.isVisible():
            self.panel.show_state(state, self.watch.readings, self._now_ms)
        waiting = [one for one in state.active() if not one.acknowledged]
        worst = max((one.severity for one in waiting), default=None)
        self.notices.show_worst(worst, len(waiting))
        breaches = [one.text for one in waiting if one.kind is AlertKind.BREACHED]
        self._window.show_breaches(breaches)

    def _show_all(self) -> None:
        """Bring a panel up to date that was hidden."""
        self.panel.show_log(self._rows)
        self._refresh()

    def _acknowledge(self, name: str) -> None:
        self._done_with([name])

    def _acknowledge_all(self) -> None:
        self._done_with([name_of(one) for one in self.watch.state.active()])

    def _done_with(self, names: list[str]) -> None:
        for name in names:
            held = self.watch.state.standings.get(name)
            self.watch.state = acknowledge(self.watch.state, name)
            if held is not None and held.active and not held.acknowledged:
                self._note("acknowledged", held.text)
        self._keep()
        self._refresh()

    def _snooze(self, name: str) -> None:
        held = self.watch.state.standings.get(name)
        if held is not None:
            self.watch.state = snooze(self.watch.state, name, self._now_ms + SNOOZE_MS)
            self._note("snoozed", f"for 15 min: {held.text}")
            self._keep()
            self._refresh()

    def _show(self, key: InstrumentKey | None, subject: str) -> None:
        position_id = subject.split("/", maxsplit=1)[-1]
        if key is not None:
            self._desk.select(key)
        self._positions.view.select_key(position_id)

    def _change_rules(self, rules: tuple[Rule, ...], changed: str) -> None:
        if _asks_anew(_rule_of(self.watch.rules, changed), _rule_of(rules, changed)):
            self.watch.state = forget_rule(self.watch.state, changed)
        self.watch.rules = rules
        self._try(lambda: self._ledger.keep_rules(rules))
        self.panel.rules.show_rules(rules)
        self._show_lines()
        self._keep()

    def _add_price(self, key: InstrumentKey, price: float) -> None:
        """Keep an alert at a price that was pointed at."""
        try:
            rule = price_rule(uuid.uuid4().hex[:12], key, price)
        except InputError as error:
            self._window.status.say(error.user_message)
            return
        self._change_rules((*self.watch.rules, rule), rule.id)
        self._window.status.say(f"Alert set: {rule_words(rule)}")

    def _move_price(self, rule_id: str, price: float) -> None:
        rules = self.watch.rules
        moved = (replace(one, threshold=price) if one.id == rule_id else one for one in rules)
        self._change_rules(tuple(moved), rule_id)

    def _remove_rule(self, rule_id: str) -> None:
        left = tuple(one for one in self.watch.rules if one.id != rule_id)
        self._change_rules(left, rule_id)

    def _show_lines(self) -> None:
        """Show the price alerts of the charted contract on its chart."""
        if self._pointing is None:
            return
        lines = [
            PriceLine(rule.threshold, "alert", PriceLineKind.ALERT, rule.id)
            for rule in self.watch.rules
            if rule.kind is AlertKind.PRICE
            and rule.key == self._desk.selected
            and rule.threshold is not None
            and rule.enabled
        ]
        self._pointing.show_alerts(lines)

    def _change_limits(self, limits: Limits) -> None:
        before = self.watch.limits
        self.watch.limits = limits
        self._try(lambda: self._ledger.keep_limits(limits))
        fields = (
            name for name in before.__slots__ if getattr(before, name) != getattr(limits, name)
        )
        changes = (f"{name} {getattr(before, name)} -> {getattr(limits, name)}" for name in fields)
        self._note("limits", ", ".join(changes))

    def _override(self, reading: LimitReading, reason: str) -> None:
        try:
            self.watch.memory, made = override_limit(
                self.watch.memory, reading, reason, self._now_ms, login_name()
            )
        except InputError as error:
            self.panel.limits.done(error.user_message)
            return
        about = self.panel.name_of(reading.subject) or "whole book"
        words = f"{about}: {limit_words(reading)}; reason: {made.reason}"
        self._note("override", words, Severity.WARNING)
        self._keep()
        self.panel.limits.done()

    def _change_manners(self, manners: Manners) -> None:
        self.manners = manners
        self._try(lambda: self._ledger.keep_manners(manners))

    def _test(self) -> None:
        trial = Alert(
            id=f"{self._now_ms} test {len(self._rows)}",
            at_ms=self._now_ms,
            rule_id="",
            kind=AlertKind.SUMMARY,
            severity=Severity.CRITICAL,
            subject="",
            text="This is a trial alert: nothing has happened.",
        )
        self._tell([trial])

    def _go_to_panel(self) -> None:
        self._window.go_to(ALERTS.key)

    def _raise_window(self) -> None:
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        self._go_to_panel()


def login_name() -> str:
    """The name under which the computer knows the trader, "" where it knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _rule_of(rules: Iterable[Rule], rule_id: str) -> Rule | None:
    return next((one for one in rules if one.id == rule_id), None)


def _asks_anew(before: Rule | None, after: Rule | None) -> bool:
    """Whether a rule asks for something else now, not only how loudly or seldom it is told."""
    if before is None or after is None:
        return True
    alike = replace(before, severity=after.severity, cool_down_ms=after.cool_down_ms)
    return alike != after
