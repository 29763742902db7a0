"""Series made from others: against plain loops, with gaps and without look-ahead."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.account import Side
from widgets.charts.derived import (
    candle_rows,
    change_rows,
    funding_hours,
    paid_rows,
    rate_rows,
    ratio_rows,
    rose_with_price_only,
    stacked_rows,
    volatility_rows,
)

HOUR = 3_600_000.0
prices = st.lists(st.floats(0.01, 1e6), min_size=2, max_size=60)


def hours(count: int) -> np.ndarray:
    return np.arange(count) * HOUR


@given(prices, st.integers(1, 12))
def test_volatility_is_that_of_each_window_of_returns(closes: list[float], window: int) -> None:
    rows = volatility_rows(hours(len(closes)), np.array(closes), window, HOUR)
    returns = [math.log(b / a) for a, b in pairwise(closes)]
    for at, (_, value) in enumerate(rows.tolist()):
        if at < window:
            assert math.isnan(value)
        else:
            part = returns[at - window : at]
            expected = math.sqrt(sum(r * r for r in part) / window * 365.0 * 24.0)
            assert value == pytest.approx(expected, abs=1e-12)


def test_volatility_is_unknown_while_a_gap_is_in_its_window() -> None:
    times = np.delete(hours(10), 5)
    rows = volatility_rows(times, np.linspace(1.0, 2.0, 9), 2, HOUR)
    assert np.isnan(rows[:, 1]).tolist() == [
        True,
        True,
        False,
        False,
        False,
        True,
        True,
        False,
        False,
    ]


@given(prices, st.integers(1, 12), st.integers(2, 60))
def test_nothing_that_comes_later_changes_what_was_derived(
    closes: list[float], window: int, until: int
) -> None:
    times, values = hours(len(closes)), np.array(closes)
    for derive in (
        lambda t, v: volatility_rows(t, v, window, HOUR),
        lambda t, v: change_rows(t, v, HOUR),
        lambda t, v: candle_rows(t, v, HOUR),
    ):
        np.testing.assert_array_equal(
            derive(times[:until], values[:until]), derive(times, values)[:until]
        )


def test_changes_and_candles_do_not_reach_over_a_gap() -> None:
    times = np.array([0.0, 1.0, 5.0, 6.0]) * HOUR
    values = np.array([10.0, 13.0, 40.0, 35.0])
    assert change_rows(times, values, HOUR)[:, 1].tolist()[1::2] == [3.0, -5.0]
    assert np.isnan(change_rows(times, values, HOUR)[[0, 2], 1]).all()
    candles = candle_rows(times, values, HOUR)[:, 1:5].tolist()
    assert candles == [[10, 10, 10, 10], [10, 13, 10, 13], [40, 40, 40, 40], [40, 40, 35, 35]]


def test_a_ratio_is_taken_where_both_are_known() -> None:
    rows = ratio_rows(
        np.array([0.0, 1.0, 2.0, 3.0]),
        np.array([10.0, 11.0, 12.0, 13.0]),
        np.array([1.0, 2.0, 3.0, 4.0]),
        np.array([10.0, 0.0, math.nan, 5.0]),
    )
    assert rows[:, 0].tolist() == [1.0, 2.0, 3.0]
    assert rows[0, 1] == pytest.approx(0.1)
    assert np.isnan(rows[1:, 1]).all()


def test_a_settlement_counts_for_the_hours_since_the_one_before() -> None:
    times = np.array([0.0, 8.0, 16.0, 32.0, 40.0]) * HOUR + 7_000.0
    assert funding_hours(times).tolist() == [8.0] * 5, "a missing one does not double the next"
    assert rate_rows(times, np.full(5, 1e-4), 8760.0)[:, 1] == pytest.approx(1e-4 * 1095.0)
    hourly = np.arange(5.0) * HOUR
    assert rate_rows(hourly, np.full(5, 1e-5), 8.0)[:, 1] == pytest.approx(8e-5)
    assert np.isnan(funding_hours(times[:1])).all()


@given(st.lists(st.floats(-0.003, 0.003), min_size=1, max_size=40), st.sampled_from(Side))
def test_what_a_side_paid_is_the_sum_of_its_settlements(rates: list[float], side: Side) -> None:
    times = np.arange(len(rates)) * 8.0 * HOUR
    since = 8.0 * HOUR
    rows = paid_rows(times, np.array(rates), side, since)
    notional = 12_345.0
    ledger = 0.0
    for time, rate in zip(times.tolist(), rates, strict=True):
        if time > since:
            ledger += notional * rate * (1 if side is Side.LONG else -1)
    paid = rows[-1, 1] * notional if len(rows) else 0.0
    assert paid == pytest.approx(ledger, abs=1e-9)


def test_a_stack_is_a_sum_of_what_is_known_and_never_of_less() -> None:
    one = np.array([0.0, 1.0, 2.0, 3.0]) * HOUR, np.array([1.0, 2.0, 3.0, 4.0])
    other = np.array([0.9, 2.1]) * HOUR, np.array([10.0, 20.0])
    first, both = stacked_rows([one, other], HOUR)
    at = {round(time / HOUR, 1): value for time, value in both.tolist()}
    assert math.isnan(at[0.0]), "the second is not known yet"
    assert (at[0.9], at[1.0], at[2.0], at[2.1], at[3.0]) == (11.0, 12.0, 13.0, 23.0, 24.0)
    assert first[:, 1].tolist() == [1.0, 1.0, 2.0, 3.0, 3.0, 4.0]
    assert stacked_rows([], HOUR) == []
    nothing = np.empty(0), np.empty(0)
    assert np.isnan(stacked_rows([one, nothing], HOUR)[1][:, 1]).all()


@pytest.mark.parametrize(
    ("coin", "usd", "only_price"),
    [
        (0.0, 0.10, True),
        (-0.02, 0.08, True),
        (0.005, 0.10, True),
        (0.05, 0.15, False),
        (0.0, -0.10, False),
        (0.0, 0.0, False),
        (None, 0.1, False),
        (0.0, None, False),
        (math.nan, 0.1, False),
    ],
)
def test_open_interest_that_rose_with_the_price_alone_is_told(
    coin: float | None, usd: float | None, only_price: bool
) -> None:
    assert rose_with_price_only(coin, usd) == only_price
