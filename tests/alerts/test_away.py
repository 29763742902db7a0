"""While you were away: the exact list of what the stored hours reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dashboard.alerts.away import Missed, missed
from dashboard.alerts.rules import AlertKind, Severity
from dashboard.risk.true_range import HOUR_MS
from tests.alerts.scenes import BTC, LONG_BTC, rule
from tests.risk.builders import NOW, SHORT, mark, position, report_of, snapshot_of

NAN = float("nan")
HELD = replace(LONG_BTC, stop_price=47_000.0, take_profit_price=55_000.0)
OTHER = position(SHORT, name="s", maintenance_margin_rate=0.005, stop_price=54_000.0)
HOURS = (
    (50_000.0, 50_500.0, 44_000.0, 50_000.0),  # ended before the trader left
    (50_000.0, 51_000.0, 48_500.0, 49_000.0),
    (NAN, NAN, NAN, NAN),
    (49_000.0, 49_500.0, 45_100.0, 46_000.0),
    (46_000.0, 56_000.0, 46_000.0, 50_000.0),
    (50_000.0, 99_000.0, 50_000.0, 50_000.0),  # begins after the return
)


def candles() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    starts = NOW + HOUR_MS * np.arange(len(HOURS), dtype=np.float64)
    return np.column_stack([starts, np.array(HOURS)])


def test_list_is_exact_and_each_level_is_told_once() -> None:
    report = report_of([HELD, OTHER], snapshot_of(mark(LONG_BTC.instrument, 50_000.0)))
    rules = [
        rule(AlertKind.PRICE, 48_700.0),
        rule(AlertKind.PRICE, 60_000.0),
        rule(AlertKind.PRICE, 50_200.0, enabled=False),
        rule(AlertKind.DISTANCE, 0.05),
    ]
    found = missed(report.positions, rules, {BTC: candles()}, NOW + HOUR_MS, NOW + 5 * HOUR_MS)
    name, short = "BTC/USDT long isolated, binanceusdm", "BTC/USDT short isolated, binanceusdm"

    def at(hour: int, severity: Severity, text: str) -> Missed:
        return Missed(at_ms=NOW + hour * HOUR_MS, severity=severity, text=text)

    assert found == [
        at(
            1,
            Severity.WARNING,
            "BTC/USDT, binanceusdm: mark crossed 48,700 (high of that hour 51,000)",
        ),
        at(
            3,
            Severity.CRITICAL,
            f"{name}: mark reached the liquidation price 45,226.13 (low of that hour 45,100)",
        ),
        at(3, Severity.WARNING, f"{name}: mark reached the stop 47,000 (low of that hour 45,100)"),
        at(
            4,
            Severity.CRITICAL,
            f"{short}: mark reached the liquidation price 54,726.37 (high of that hour 56,000)",
        ),
        at(
            4, Severity.WARNING, f"{short}: mark reached the stop 54,000 (high of that hour 56,000)"
        ),
        at(4, Severity.INFO, f"{name}: mark reached the target 55,000 (high of that hour 56,000)"),
    ]


def test_nothing_is_missed_without_candles() -> None:
    report = report_of([HELD], snapshot_of(mark(LONG_BTC.instrument, 50_000.0)))
    assert missed(report.positions, [], {}, NOW, NOW + 5 * HOUR_MS) == []
