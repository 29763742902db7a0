"""What hourly rows say of a contract; what is not recorded is not made up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dashboard.market.readings import SeriesKind
from dashboard.signals.past import HOUR_MS, SPARK_HOURS, Past, Present, past_of

START_MS = 1_722_470_400_000
HOURS = 400
NOW_MS = START_MS + HOURS * HOUR_MS


def times(hours: int = HOURS) -> np.ndarray:
    return START_MS + np.arange(hours, dtype=float) * HOUR_MS


def candles(closes: np.ndarray) -> np.ndarray:
    stamps = times(len(closes))
    return np.column_stack([stamps, closes, closes * 1.01, closes * 0.99, closes, closes])


def rows() -> dict[SeriesKind, np.ndarray]:
    rng = np.random.default_rng(7)
    closes = 60_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, HOURS)))
    coins = 80_000.0 + np.arange(HOURS, dtype=float)
    return {
        SeriesKind.CANDLES: candles(closes),
        SeriesKind.OPEN_INTEREST: np.column_stack([times(), coins, coins * closes]),
        SeriesKind.LONG_SHORT_RATIO: np.column_stack([times(), np.linspace(1.0, 3.0, HOURS)]),
        SeriesKind.FUNDING: np.column_stack([times(), np.full(HOURS, 0.0001)]),
    }


def test_nothing_recorded_says_nothing() -> None:
    assert past_of({}, Present(funding_rate=0.0001, ratio=2.0), NOW_MS) == Past()


def test_spark_is_the_last_two_days_with_gaps_left_open() -> None:
    held = rows()
    held[SeriesKind.CANDLES] = np.delete(held[SeriesKind.CANDLES], HOURS - 5, axis=0)
    spark = past_of(held, Present(), NOW_MS).spark
    assert len(spark) == SPARK_HOURS
    assert [at for at, close in enumerate(spark) if math.isnan(close)] == [SPARK_HOURS - 5]


def test_volatility_per_year_is_that_of_the_returns() -> None:
    past = past_of(rows(), Present(), NOW_MS)
    assert past.volatility_year == pytest.approx(0.01 * math.sqrt(8_760), rel=0.15)


def test_less_than_a_day_has_no_volatility() -> None:
    held = {SeriesKind.CANDLES: candles(np.full(20, 60_000.0))}
    assert past_of(held, Present(), START_MS + 20 * HOUR_MS).volatility_year is None


def test_true_range_is_a_fraction_of_the_price() -> None:
    held = {SeriesKind.CANDLES: candles(np.full(HOURS, 60_000.0))}
    assert past_of(held, Present(), NOW_MS).atr_fraction == pytest.approx(0.02)


def test_change_over_four_hours_is_from_the_row_four_hours_ago() -> None:
    present = Present(open_interest_coin=88_000.0)
    change = past_of(rows(), present, NOW_MS).open_interest_change_4h
    assert change == pytest.approx(88_000.0 / (80_000.0 + HOURS - 4) - 1.0)


def test_change_over_four_hours_is_unknown_where_those_hours_are_missing() -> None:
    held = rows()
    held[SeriesKind.OPEN_INTEREST] = held[SeriesKind.OPEN_INTEREST][: HOURS - 20]
    present = Present(open_interest_coin=88_000.0)
    assert past_of(held, present, NOW_MS).open_interest_change_4h is None
    assert past_of(rows(), Present(), NOW_MS).open_interest_change_4h is None


def test_standings_count_the_past_values() -> None:
    present = Present(
        funding_rate=0.0002, ratio=2.0, open_interest_change_24h=0.5, price_change_24h=-0.9
    )
    past = past_of(rows(), present, NOW_MS)
    assert past.funding == (1.0, HOURS)
    assert past.ratio is not None
    assert past.ratio.rank == pytest.approx(0.5, abs=0.01)
    assert past.open_interest_change_24h == (1.0, HOURS - 24)
    assert past.price_change_24h == (0.0, HOURS - 24)


def test_what_comes_after_now_is_not_looked_at() -> None:
    early_ms = START_MS + 200 * HOUR_MS
    cut = {kind: held[held[:, 0] <= early_ms] for kind, held in rows().items()}
    present = Present(ratio=1.5, funding_rate=0.0, open_interest_coin=80_100.0)
    assert past_of(rows(), present, early_ms) == past_of(cut, present, early_ms)
