"""From look to look: a change is explained since the last moment at which all of it was known."""

from __future__ import annotations

from dataclasses import replace

from dashboard.alerts.limits import Limits
from dashboard.alerts.machine import Alert
from dashboard.alerts.rules import AlertKind
from dashboard.alerts.watch import Look, Watch
from dashboard.market.account import Book, Position
from tests.alerts.scenes import LONG_BTC, rule
from tests.risk.builders import NO_TIERS, NOW, instrument, mark, position, report_of, snapshot_of

MINUTE_MS = 60_000
HELD = replace(LONG_BTC, stop_price=45_000.0)


def look(
    watch: Watch, price: float | None, *, minute: int, held: tuple[Position, ...] = (HELD,)
) -> dict[str, Alert]:
    now_ms = NOW + minute * MINUTE_MS
    prices = {"BTC": price, "ETH": 2_500.0}
    contracts = {one.instrument.key: one.instrument for one in held}
    readings = [mark(of, prices[of.base], age_ms=NOW - now_ms) for of in contracts.values()]
    snapshot = snapshot_of(*(readings if price is not None else []))
    report = report_of(held, snapshot, now_ms=now_ms)
    told = watch.look(
        Look(book=Book(positions=held), snapshot=snapshot, tiers=NO_TIERS, report=report)
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


def test_share_is_explained_since_it_was_told_last() -> None:
    limits = Limits(distance=None, distance_atr=None, leverage=None, coin_share=0.6)
    watch = Watch((rule(AlertKind.LIMIT),), limits)
    eth = position(of=instrument("ETH"), size=20.0, entry=2_500.0, name="eth")
    held = (replace(HELD, stop_price=None), eth)
    assert look(watch, 50_000.0, minute=0, held=held) == {}
    told = look(watch, 80_000.0, minute=20, held=held)["r"]
    assert told.cause == ("share +11.54 points since 2026-10-01 00:00 UTC: price +11.54 points")
    look(watch, 50_000.0, minute=40, held=held)
    more = (replace(held[0], size=2.0), eth)
    told = look(watch, 50_000.0, minute=60, held=more)["r"]
    assert told.cause == (
        "share +5.13 points since 2026-10-01 00:20 UTC: "
        "what is held +16.67 points, price -11.54 points"
    )


def test_share_that_is_too_large_at_the_first_look_has_no_earlier_moment() -> None:
    limits = Limits(distance=None, distance_atr=None, leverage=None, coin_share=0.6)
    assert look(Watch((rule(AlertKind.LIMIT),), limits), 50_000.0, minute=0)["r"].cause == ""
