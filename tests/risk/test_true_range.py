"""ATR and daily sigma of hourly mark candles, and when they are not known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.risk.true_range import (
    ATR_PERIOD,
    HOUR_MS,
    LEAST_RETURNS,
    MOST_HOURS,
    FloatArray,
    average_true_range,
    hourly_moves,
)

START_MS = 1_722_772_800_000


def candles(*bars: tuple[float, float, float, float], start_ms: int = START_MS) -> FloatArray:
    rows = [(start_ms + n * HOUR_MS, *bar) for n, bar in enumerate(bars)]
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def flat(hours: int, spread: float = 1.0) -> FloatArray:
    return candles(*[(100.0, 100.0 + spread, 100.0 - spread, 100.0)] * hours)


def closing(rows: FloatArray) -> int:
    return int(rows[-1, 0]) + HOUR_MS


def test_the_true_range_reaches_to_the_close_before() -> None:
    bars = [(100.0, 101.0, 99.0, 100.0)] * ATR_PERIOD
    jumped = candles(*bars, (110.0, 112.0, 109.0, 111.0))
    # Thirteen ranges of 2 and one from the close before, 100, up to 112.
    assert average_true_range(jumped) == pytest.approx((13 * 2.0 + 12.0) / 14)


def test_later_ranges_are_smoothed_in_as_wilder_does() -> None:
    bars = [(100.0, 101.0, 99.0, 100.0)] * (ATR_PERIOD + 1)
    rows = candles(*bars, (100.0, 108.0, 100.0, 100.0))
    assert average_true_range(rows) == pytest.approx((13 * 2.0 + 8.0) / 14)


def test_the_daily_sigma_is_the_hourly_one_times_the_root_of_a_day() -> None:
    closes = [100.0 * (1.01 if n % 2 else 1.0) for n in range(49)]
    rows = candles(*[(c, c, c, c) for c in closes])
    moves = hourly_moves(rows, closing(rows))
    assert moves.daily_sigma == pytest.approx(math.log(1.01) * math.sqrt(24))
    assert (moves.hours, moves.until_ms, moves.reason) == (49, closing(rows), "")


def test_an_hour_that_still_runs_does_not_count() -> None:
    rows = np.vstack((flat(40), candles((1.0, 9e9, 1.0, 1.0), start_ms=START_MS + 40 * HOUR_MS)))
    assert hourly_moves(rows, closing(rows) - 1) == hourly_moves(rows[:-1], closing(rows) - 1)


def test_what_lies_before_a_gap_does_not_count() -> None:
    rows = flat(60)
    missing_hour = np.delete(rows, 20, axis=0)
    assert hourly_moves(missing_hour, closing(rows)).hours == 39
    unrecorded = rows.copy()
    unrecorded[20, 2] = np.nan
    assert hourly_moves(unrecorded, closing(rows)).hours == 39
    first = rows.copy()
    first[0, 1:] = np.nan
    assert hourly_moves(first, closing(rows)).hours == 59
    last = rows.copy()
    last[-1, 4] = np.nan
    assert hourly_moves(last, closing(rows)).hours == 0


def test_two_weeks_are_enough() -> None:
    rows = flat(MOST_HOURS + 50)
    assert hourly_moves(rows, closing(rows)).hours == MOST_HOURS


@pytest.mark.parametrize(
    ("rows", "later_ms", "reason"),
    [
        (flat(0), 0, "no hourly mark candle has closed yet"),
        (flat(ATR_PERIOD), 0, "only 14 hourly mark candles without a gap; 15 are needed"),
        (flat(60), 7 * HOUR_MS, "the hourly mark candles end 7 h ago"),
    ],
)
def test_too_little_is_no_figure_and_says_why(rows: FloatArray, later_ms: int, reason: str) -> None:
    now_ms = (closing(rows) if len(rows) else START_MS) + later_ms
    moves = hourly_moves(rows, now_ms)
    assert (moves.atr, moves.daily_sigma, moves.reason) == (None, None, reason)


def test_less_than_a_day_gives_a_range_but_no_daily_sigma() -> None:
    rows = flat(LEAST_RETURNS)
    moves = hourly_moves(rows, closing(rows))
    assert moves.atr == pytest.approx(2.0)
    assert moves.daily_sigma is None
    assert moves.reason == "only 23 hourly returns without a gap; 24 are needed"


@given(st.lists(st.floats(min_value=1.0, max_value=1e6), min_size=30, max_size=80), st.floats(2, 9))
def test_both_figures_scale_as_they_should(closes: list[float], factor: float) -> None:
    rows = candles(*[(c, c * 1.01, c * 0.99, c) for c in closes])
    times = rows.copy()
    times[:, 1:] *= factor
    one, other = hourly_moves(rows, closing(rows)), hourly_moves(times, closing(rows))
    assert one.atr is not None
    assert other.atr == pytest.approx(one.atr * factor)
    assert other.daily_sigma == pytest.approx(one.daily_sigma, abs=1e-9)
