"""From look to look: a change is explained since the last moment at which all of it was known."""

from __future__ import annotations

from dataclasses import replace

from dashboard.alerts.machine import Alert
from dashboard.alerts.watch import Look, Watch
from dashboard.market.account import Book
from tests.alerts.scenes import LONG_BTC
from tests.risk.builders import NO_TIERS, NOW, mark, report_of, snapshot_of

MINUTE_MS = 60_000
HELD = replace(LONG_BTC, stop_price=45_000.0)


def look(watch: Watch, price: float | None, *, minute: int) -> dict[str, Alert]:
    now_ms = NOW + minute * MINUTE_MS
    readings = [] if price is None else [mark(HELD.instrument, price, age_ms=NOW - now_ms)]
    snapshot = snapshot_of(*readings)
    report = report_of([HELD], snapshot, now_ms=now_ms)
    told = watch.look(
        Look(book=Book(positions=(HELD,)), snapshot=snapshot, tiers=NO_TIERS, report=report)
    )
    return {alert.rule_id: alert for one in told for alert in (one.parts or (one,))}


def test_alert_told_before_the_first_price_is_no_beginning_of_a_change() -> None:
    watch = Watch()
    assert list(look(watch, None, minute=0)) == ["stop"]
    look(watch, 52_000.0, minute=1)
    found = look(watch, 49_000.0, minute=30)
    assert found["near"].cause == (
        "distance -5.32 points since 2026-10-01 00:01 UTC: price -5.32 points"
    )


def test_breach_and_limits_are_explained_by_the_way_to_liquidation() -> None:
    watch = Watch()
    look(watch, 52_000.0, minute=0)
    found = look(watch, 45_000.0, minute=1)
    assert {"breached", "limit"} <= found.keys()
    for name in ("breached", "limit"):
        assert found[name].cause.startswith("distance -13.53 points since 2026-10-01 00:00 UTC")


def test_change_goes_on_from_what_was_told_last() -> None:
    watch = Watch()
    look(watch, 52_000.0, minute=0)
    look(watch, 49_000.0, minute=1)
    look(watch, None, minute=5)
    found = look(watch, 47_000.0, minute=20)
    assert "since 2026-10-01 00:01 UTC" in found["very near"].cause
