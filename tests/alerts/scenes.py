"""A market with one long position, moved by hand, and what its alerts say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dashboard.alerts.limits import LimitReading
from dashboard.alerts.machine import Alert, AlertState, step
from dashboard.alerts.rules import AlertKind, Rule, Severity
from dashboard.alerts.sighting import Sight
from dashboard.market.account import Position
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import FundingRate, IntervalSource, MarkPrice
from tests.risk.builders import NOW, position, report_of, snapshot_of

MINUTE_MS = 60_000
BTC = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
LONG_BTC = position(maintenance_margin_rate=0.005, name="long")
"""50,000 at 10x: liquidated near 45,226."""


def rule(kind: AlertKind, threshold: float | None = None, **more: object) -> Rule:
    """An enabled rule of a kind, for BTC where it is of a price."""
    key = BTC if kind is AlertKind.PRICE else None
    plain = Rule(id="r", kind=kind, severity=Severity.WARNING, threshold=threshold, key=key)
    return replace(plain, **more)  # type: ignore[arg-type] # by name


class Scene:
    """Feeds the machine and keeps all that was told, by minutes since the start."""

    def __init__(self, *rules: Rule, positions: Iterable[Position] = (LONG_BTC,)) -> None:
        self.rules = rules
        self.positions = tuple(positions)
        self.state = AlertState()
        self.now_ms = NOW
        self.told: list[Alert] = []

    def see(
        self,
        mark: float | None = 50_000.0,
        *,
        minutes: float = 1.0,
        rate: float | None = 0.0001,
        hours: float = 8.0,
        atr: float = 1_000.0,
        feed_lost: str = "",
        age_ms: int = 0,
        doubt: str = "",
        limits: tuple[LimitReading, ...] = (),
    ) -> tuple[Alert, ...]:
        """Go on by `minutes` and look at this market."""
        self.now_ms += round(minutes * MINUTE_MS)
        received_ms = self.now_ms - age_ms
        readings: list[MarkPrice | FundingRate] = []
        for key in {held.instrument.key for held in self.positions} or {BTC}:
            where = {"venue": key.venue, "symbol": key.symbol, "endpoint": "test"}
            times = {"venue_ms": received_ms, "received_ms": received_ms}
            if mark is not None:
                readings.append(MarkPrice(**where, **times, mark=mark, doubt=doubt))  # type: ignore[arg-type]
            readings.append(
                FundingRate(
                    **where,  # type: ignore[arg-type]
                    **times,  # type: ignore[arg-type]
                    predicted=rate,
                    doubt=doubt,
                    interval_hours=hours,
                    interval_source=IntervalSource.VENUE,
                )
            )
        snapshot = snapshot_of(*readings)
        report = report_of(self.positions, snapshot, now_ms=self.now_ms)
        sight = Sight(
            report=report,
            snapshot=snapshot,
            limits=limits,
            atr={BTC: atr},
            feed_lost=feed_lost,
        )
        self.state, told = step(self.state, self.rules, sight)
        self.told.extend(told)
        return told

    def minutes_told(self) -> list[float]:
        """When each alert was told, in minutes since the start."""
        return [(alert.at_ms - NOW) / MINUTE_MS for alert in self.told]
