"""The scorecard: bins, Brier against the base rate, and when there is too little."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.cells import Cell
from dashboard.risk.odds.scorecard import (
    EDGES,
    LEAST_COUNT,
    bin_edges,
    bin_for,
    bin_number,
    chosen,
    groups,
    quality,
    reliability,
)
from dashboard.risk.odds.tail import wilson

BTC = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
ETH = InstrumentKey("okx", "ETH/USDT:USDT")


def cell(
    said: float, cases: int, touched: int, *, key: InstrumentKey = BTC, hours: int = 24, bp: int = 5
) -> Cell:
    """`cases` forecasts that all said the same."""
    squares = touched * (said - 1.0) ** 2 + (cases - touched) * said**2
    number = bin_number(said)
    return Cell(*key, hours, "down", bp, number, cases, said * cases, touched, squares)


@given(st.floats(0.0, 1.0))
def test_every_probability_has_its_bin(odds: float) -> None:
    low, high = bin_edges(bin_number(odds))
    assert low <= odds <= high
    assert odds < high or high == 1.0


def test_bins_join() -> None:
    bounds = [bin_edges(number) for number in range(len(EDGES))]
    assert all(before[1] == after[0] for before, after in pairwise(bounds))
    assert bounds[-1][1] == 1.0


def test_what_happened_by_what_was_said() -> None:
    cells = [cell(0.05, 100, 4), cell(0.045, 100, 5, key=ETH), cell(0.5, 10, 6)]
    small, large = reliability(cells)
    assert (small.low, small.high, small.count) == (0.04, 0.06, 200)
    assert small.predicted == pytest.approx(0.0475)
    assert small.observed == pytest.approx(0.045)
    assert small.interval == wilson(0.045, 200)
    assert large.count == 10
    assert reliability([]) == ()


def test_the_bin_of_a_figure() -> None:
    cells = [cell(0.05, 100, 4)]
    found = bin_for(cells, 0.058)
    assert found is not None
    assert found.observed == 0.04
    assert bin_for(cells, 0.07) is None


def test_brier_is_that_of_single_forecasts() -> None:
    said = np.array([0.1] * 40 + [0.3] * 60)
    happened = np.array([1] * 6 + [0] * 34 + [1] * 15 + [0] * 45)
    found = quality([cell(0.1, 40, 6), cell(0.3, 60, 15, bp=2)])
    assert found is not None
    assert found.brier == pytest.approx(float(np.mean((said - happened) ** 2)))
    rates = np.array([6 / 40] * 40 + [15 / 60] * 60)
    assert found.base_brier == pytest.approx(float(np.mean((rates - happened) ** 2)))
    assert (found.count, found.touched, found.enough) == (100, 21, True)


def test_too_little_is_too_little() -> None:
    found = quality([cell(0.1, LEAST_COUNT - 1, 3)])
    assert found is not None
    assert not found.enough
    assert quality([]) is None


def test_by_coin_and_horizon() -> None:
    cells = [cell(0.1, 40, 6, key=ETH), cell(0.1, 50, 6), cell(0.2, 50, 6, hours=1)]
    found = groups(cells)
    assert [(one.key, one.hours, one.quality.count) for one in found] == [
        (BTC, 1, 50),
        (BTC, 24, 50),
        (ETH, 24, 40),
    ]
    assert groups([cell(0.1, 0, 0)]) == ()


def test_a_part_is_chosen() -> None:
    cells = [cell(0.1, 40, 6, key=ETH), cell(0.1, 50, 6), cell(0.2, 50, 6, hours=1)]
    assert chosen(cells, None, None) == tuple(cells)
    assert chosen(cells, BTC, None) == tuple(cells[1:])
    assert chosen(cells, None, 24) == tuple(cells[:2])
    assert chosen(cells, ETH, 1) == ()
