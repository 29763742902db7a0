"""What the market did while nobody watched: the levels that its candles reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dashboard.alerts.rules import AlertKind, Rule, Severity
from dashboard.market.instrument import InstrumentKey
from dashboard.market.names import names_of, price_words
from dashboard.risk.report import PositionRisk
from dashboard.risk.true_range import HOUR_MS, FloatArray

LEAST_GAP_MS = 5 * 60_000
"""A shorter absence is no absence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A level that was reached while away: in the hour that began at `at_ms`."""

    at_ms: int
    severity: Severity
    text: str


def missed(
    risks: Iterable[PositionRisk],
    rules: Iterable[Rule],
    candles: Mapping[InstrumentKey, FloatArray],
    from_ms: int,
    until_ms: int,
) -> list[Missed]:
    """Every level that hourly mark candles reached between two moments, in the order of time.

    Columns start (ms UTC), open, high, low, close. Levels are the liquidation prices, stops and
    targets of open positions and the prices of alerts, as they stand now; each is told once, at
    its first hour. An hour counts where any of it was missed, so that a level which was reached
    just before leaving may be told again.
    """
    levels = [*_levels(risks), *_prices(rules)]
    found = [
        hit
        for level in levels
        if (hit := _first(level, candles.get(level.key), from_ms, until_ms)) is not None
    ]
    return sorted(found, key=lambda one: (one.at_ms, -one.severity, one.text))


@dataclass(frozen=True, slots=True)
class _Level:
    key: InstrumentKey
    price: float
    side: int
    """1 where prices at or above it count, -1 where those at or below it do, 0 for both."""
    severity: Severity
    text: str


def _levels(risks: Iterable[PositionRisk]) -> Iterator[_Level]:
    held = list(risks)
    names = names_of(risk.position for risk in held)
    for risk in held:
        position = risk.position
        side, name = int(position.side), names[position.id]
        named = (
            (risk.liquidation_price, -side, Severity.CRITICAL, "the liquidation price"),
            (position.stop_price, -side, Severity.WARNING, "the stop"),
            (position.take_profit_price, side, Severity.INFO, "the target"),
        )
        for price, way, severity, what in named:
            if price is not None:
                words = f"{name}: mark reached {what} {price_words(price)}"
                yield _Level(position.instrument.key, price, way, severity, words)


def _prices(rules: Iterable[Rule]) -> Iterator[_Level]:
    for rule in rules:
        if rule.kind is AlertKind.PRICE and rule.enabled and rule.key and rule.threshold:
            symbol = rule.key.symbol.split(":", maxsplit=1)[0]
            words = f"{symbol}, {rule.key.venue}: mark crossed {price_words(rule.threshold)}"
            yield _Level(rule.key, rule.threshold, 0, rule.severity, words)


def _first(level: _Level, candles: FloatArray | None, from_ms: int, until_ms: int) -> Missed | None:
    rows: list[list[float]] = [] if candles is None else candles[:, :4].tolist()
    for opened_ms, _, high, low in rows:
        start_ms = int(opened_ms)
        if start_ms + HOUR_MS <= from_ms or start_ms >= until_ms:
            continue
        if _reached(level, low, high):
            best = low if level.side < 0 else high
            end = "low" if level.side < 0 else "high"
            words = f"{level.text} ({end} of that hour {price_words(best)})"
            return Missed(at_ms=start_ms, severity=level.severity, text=words)
    return None


def _reached(level: _Level, low: float, high: float) -> bool:
    """A gap in the candles is NaN, with which no comparison holds."""
    if level.side > 0:
        return high >= level.price
    if level.side < 0:
        return low <= level.price
    return low <= level.price <= high
