"""What alerts keep in the book: the ledger of all that was told, rules, limits and their state."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from dashboard.alerts.limits import Limits
from dashboard.alerts.machine import Alert
from dashboard.alerts.rules import DEFAULT_RULES, Rule, Severity
from dashboard.alerts.watch import Kept
from dashboard.store.book import BookStore
from dashboard.store.database import DamagedError
from dashboard.store.records import unseal

_log = logging.getLogger("liqline.window")

MOST_ROWS = 2_000
"""The ledger keeps so many rows; the oldest go first."""

_LEDGER = "ledger"
_SETUP = "alert setup"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One thing that happened: an alert told, or what the trader did about one.

    `what` is the kind of alert, or "acknowledged", "snoozed", "override", "limits", "rules".
    `shown` is False until the window has shown it, so that an alert that was written down and
    never seen is shown at the next start.
    """

    id: str
    at_ms: int
    what: str
    severity: Severity
    text: str
    cause: str = ""
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How alerts may disturb: do-not-disturb, whether critical ones pass it, and sound."""

    quiet: bool = False
    critical_pass: bool = True
    sound: bool = True


@dataclass(frozen=True, slots=True)
class _Rules:
    rules: tuple[Rule, ...]


def rows_of(alert: Alert) -> list[LedgerRow]:
    """The row of an alert; of a summary first its own, then those of its parts."""
    own = LedgerRow(
        id=alert.id,
        at_ms=alert.at_ms,
        what=alert.kind.value,
        severity=alert.severity,
        text=alert.text,
        cause=alert.cause,
        shown=False,
    )
    parts = [replace(row, shown=True) for part in alert.parts for row in rows_of(part)]
    return [own, *parts]


class AlertLedger:
    """Reads and writes the alerts' part of the book; StoreError where the disk fails.

    What cannot be read, such as a kind of alert that this program does not know, is left out, and
    `notices` says so: a log that is not whole must not keep anybody from his positions.
    """

    def __init__(self, store: BookStore) -> None:
        self._store = store
        self.notices: list[str] = []

    def write(self, rows: Iterable[LedgerRow]) -> None:
        """Write rows down, all or none; afterwards they may be shown."""
        self._store.keep_notes(_LEDGER, {row.id: row for row in rows}, MOST_ROWS)

    def read(self) -> list[LedgerRow]:
        """All rows, the newest first."""
        found: list[LedgerRow] = []
        for record in reversed(self._store.notes(_LEDGER)):
            try:
                found.append(unseal(record, LedgerRow))
            except DamagedError as error:
                _log.warning("a row of the alert log is left out: %s", error.detail or error)
        left_out = len(self._store.notes(_LEDGER)) - len(found)
        if left_out:
            self.notices.append(f"rows of the alert log that cannot be read, left out: {left_out}")
        return found

    def rules(self) -> tuple[Rule, ...]:
        """The trader's rules, the usual ones until some were kept."""
        held = self._setup("rules", _Rules)
        return DEFAULT_RULES if held is None else held.rules

    def keep_rules(self, rules: Iterable[Rule]) -> None:
        """Keep the rules."""
        self._store.keep_notes(_SETUP, {"rules": _Rules(tuple(rules))})

    def limits(self) -> Limits:
        """The trader's limits."""
        return self._setup("limits", Limits) or Limits()

    def keep_limits(self, limits: Limits) -> None:
        """Keep the limits."""
        self._store.keep_notes(_SETUP, {"limits": limits})

    def kept(self) -> Kept:
        """What the alerts of the session before go on from."""
        return self._setup("state", Kept) or Kept()

    def keep(self, kept: Kept) -> None:
        """Keep where alerts and limits stand."""
        self._store.keep_notes(_SETUP, {"state": kept})

    def manners(self) -> Manners:
        """How alerts may disturb."""
        return self._setup("manners", Manners) or Manners()

    def keep_manners(self, manners: Manners) -> None:
        """Keep how alerts may disturb."""
        self._store.keep_notes(_SETUP, {"manners": manners})

    def _setup(self, name: str, of_type: type[T]) -> T | None:
        for record in self._store.notes(_SETUP):
            if record.id == name:
                try:
                    return unseal(record, of_type)
                except DamagedError as error:
                    _log.warning("%s: %s", error.user_message, error.detail)
                    self.notices.append(f"{error.user_message}; the usual ones stand instead")
        return None
