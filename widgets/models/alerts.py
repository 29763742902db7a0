"""Alerts, their log and their rules as rows of words and figures."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.alerts.machine import Standing, name_of
from dashboard.alerts.rules import AlertKind, Repeat, Rule, Severity
from dashboard.errors import InputError
from dashboard.store.alert_ledger import LedgerRow
from dashboard.tradeline.number import parse_number, parse_positive, scaled
from widgets import format as fmt
from widgets.models.rows import Align, Column

SEVERITY_COLOURS = {
    Severity.CRITICAL: "danger",
    Severity.WARNING: "warning",
    Severity.INFO: None,
}
PERCENT_KINDS = frozenset({AlertKind.DISTANCE, AlertKind.MARGIN_RATIO})
"""Kinds whose threshold is typed and shown in percent."""

_UNITS = {
    AlertKind.DISTANCE: "% of mark",
    AlertKind.DISTANCE_ATR: "ATR(14, 1 h)",
    AlertKind.MARGIN_RATIO: "%",
    AlertKind.FUNDING_HOURS: "hours",
    AlertKind.PRICE: "price",
}
_WORDS = {
    AlertKind.BREACHED: "Mark has crossed the liquidation price",
    AlertKind.DISTANCE: "Liquidation nearer than",
    AlertKind.DISTANCE_ATR: "Liquidation nearer than",
    AlertKind.MARGIN_RATIO: "Margin ratio at least",
    AlertKind.FUNDING_HOURS: "Funding alone liquidates within",
    AlertKind.FUNDING_SIGN: "Funding changes its sign",
    AlertKind.FUNDING_INTERVAL: "The funding interval changes",
    AlertKind.STOP_BEYOND: "A stop lies beyond liquidation",
    AlertKind.LIMIT: "A limit is breached",
    AlertKind.FEED_LOST: "The feed of an open position is lost",
    AlertKind.PRICE: "Mark crosses",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRow:
    """A listed alert at a moment."""

    standing: Standing
    now_ms: int

    @property
    def state(self) -> str:
        """What stands beside it: snoozed, acknowledged, over, or nothing."""
        one = self.standing
        if one.snoozed_until_ms > self.now_ms:
            return f"snoozed {fmt.age(one.snoozed_until_ms - self.now_ms)}"
        if one.acknowledged:
            return "acknowledged"
        return "over, not acknowledged" if one.over else "active"


def active_key(row: ActiveRow) -> str:
    """By what a listed alert is known."""
    return name_of(row.standing)


def standing_words(row: ActiveRow) -> str:
    """An alert with what it came from, in a line of its own."""
    return f"{row.standing.text}\n{row.standing.cause}".strip()


def _active_colour(row: ActiveRow) -> str | None:
    quiet = row.standing.acknowledged or row.standing.snoozed_until_ms > row.now_ms
    return "text_muted" if quiet else SEVERITY_COLOURS[row.standing.severity]


ACTIVE_COLUMNS: tuple[Column[ActiveRow], ...] = (
    Column(
        key="severity",
        title="Severity",
        value=lambda row: int(row.standing.severity),
        text=lambda row: row.standing.severity.name.lower(),
        align=Align.LEFT,
        colour=_active_colour,
        sample="critical",
    ),
    Column(
        key="text",
        title="Alert",
        value=lambda row: row.standing.text,
        text=lambda row: row.standing.text,
        align=Align.LEFT,
        colour=_active_colour,
        hint=standing_words,
        sample="BTC/USDT long isolated, binanceusdm: liquidation is 4.83% away (told at 5.0%)",
    ),
    Column(
        key="since",
        title="Since",
        value=lambda row: row.standing.since_ms,
        text=lambda row: fmt.instant(row.standing.since_ms),
        align=Align.LEFT,
        sample="2024-08-04 12:00 UTC",
    ),
    Column(
        key="times",
        title="Told",
        value=lambda row: row.standing.times,
        text=lambda row: f"{row.standing.times}x",
        tooltip="How often it was told",
        sample="12x",
    ),
    Column(
        key="state",
        title="State",
        value=lambda row: row.state,
        text=lambda row: row.state,
        align=Align.LEFT,
        sample="over, not acknowledged",
    ),
)

LOG_COLUMNS: tuple[Column[LedgerRow], ...] = (
    Column(
        key="time",
        title="Time",
        value=lambda row: row.at_ms,
        text=lambda row: fmt.instant(row.at_ms, seconds=True),
        align=Align.LEFT,
        sample="2024-08-04 12:00:00 UTC",
    ),
    Column(
        key="what",
        title="What",
        value=lambda row: row.what,
        text=lambda row: row.what,
        align=Align.LEFT,
        colour=lambda row: SEVERITY_COLOURS[row.severity],
        sample="stop beyond liquidation",
    ),
    Column(
        key="text",
        title="Said",
        value=lambda row: row.text,
        text=lambda row: row.text,
        align=Align.LEFT,
        hint=lambda row: row.text,
        sample="BTC/USDT long isolated, binanceusdm: liquidation is 4.83% away (told at 5.0%)",
    ),
    Column(
        key="cause",
        title="Came from",
        value=lambda row: row.cause,
        text=lambda row: row.cause,
        align=Align.LEFT,
        hint=lambda row: row.cause,
        tooltip="What the change came from since the position was last told of",
        sample="-2.69 points since 2024-08-04 12:00 UTC",
    ),
)


def threshold_unit(kind: AlertKind) -> str:
    """The unit that a threshold is typed in, "" for kinds without one."""
    return _UNITS.get(kind, "")


def threshold_text(rule: Rule) -> str:
    """A threshold as it would be typed."""
    if rule.threshold is None:
        return ""
    if rule.kind in PERCENT_KINDS:
        return fmt.number_text(scaled(rule.threshold, 2))
    return fmt.number_text(rule.threshold)


def threshold_of(kind: AlertKind, text: str) -> float | None:
    """The threshold that was typed; InputError where it is no number above 0."""
    if not threshold_unit(kind):
        return None
    value = parse_positive(text, kind.value)
    return scaled(value, -2) if kind in PERCENT_KINDS else value


def minutes_of(text: str, field: str) -> int:
    """Minutes typed, in ms; InputError unless 1 to 100,000."""
    value = parse_number(text, field)
    if not 1.0 <= value <= 100_000.0:
        raise InputError(field, f"{field} must be 1 to 100,000 minutes, not {value:,.10g}")
    return round(value * 60_000)


def rule_words(rule: Rule) -> str:
    """A rule in words: "Liquidation nearer than 5 % of mark"."""
    words = _WORDS[rule.kind]
    if rule.key is not None:
        words = f"{fmt.symbol_name(rule.key)} at {rule.key.venue}: {words.lower()}"
    if not threshold_unit(rule.kind):
        return words
    unit = "" if rule.kind is AlertKind.PRICE else f" {threshold_unit(rule.kind)}"
    return f"{words} {threshold_text(rule)}{unit}"


REPEAT_WORDS = {
    Repeat.ONCE: "once",
    Repeat.EACH_TIME: "each time it comes up",
    Repeat.REPEAT: "again while it lasts",
}

RULE_COLUMNS: tuple[Column[Rule], ...] = (
    Column(
        key="enabled",
        title="On",
        value=lambda rule: rule.enabled,
        text=lambda rule: "on" if rule.enabled else "off",
        align=Align.LEFT,
        colour=lambda rule: None if rule.enabled else "text_muted",
        sample="off",
    ),
    Column(
        key="rule",
        title="Rule",
        value=rule_words,
        text=rule_words,
        align=Align.LEFT,
        colour=lambda rule: None if rule.enabled else "text_muted",
        sample="Funding alone liquidates within 72 hours and more",
    ),
    Column(
        key="severity",
        title="Severity",
        value=lambda rule: int(rule.severity),
        text=lambda rule: rule.severity.name.lower(),
        align=Align.LEFT,
        colour=lambda rule: SEVERITY_COLOURS[rule.severity],
        sample="critical",
    ),
    Column(
        key="repeat",
        title="Told",
        value=lambda rule: rule.repeat.value,
        text=lambda rule: REPEAT_WORDS[rule.repeat],
        align=Align.LEFT,
        sample="each time it comes up",
    ),
    Column(
        key="cool_down",
        title="At most every",
        value=lambda rule: rule.cool_down_ms,
        text=lambda rule: fmt.duration(rule.cool_down_ms),
        sample="15 min",
        tooltip="For one position; what got twice as bad is told sooner",
    ),
    Column(
        key="expires",
        title="Ends",
        value=lambda rule: rule.expires_ms,
        text=lambda rule: "never" if rule.expires_ms is None else fmt.instant(rule.expires_ms),
        align=Align.LEFT,
        sample="2024-08-04 12:00 UTC",
    ),
)
