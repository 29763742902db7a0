"""Columns come back bit for bit, short where their values allow it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.store.columns import ColumnError, squeeze, stretch

ROWS = 2000
DICE = np.random.default_rng(5)
WALK = DICE.normal(0, 3, ROWS).cumsum()

BYTES_A_ROW = {
    "one value": (np.full(ROWS, 8.0), 0.1),
    "nothing recorded": (np.full(ROWS, np.nan), 0.1),
    "a steady clock": (1.7e12 + 10_000.0 * np.arange(ROWS), 0.1),
    "prices in ticks": (np.round(60_000 + WALK, 1), 1.2),
    "rates": (np.round(1e-4 + DICE.normal(0, 1e-6, ROWS), 8), 1.4),
    "any number": (DICE.normal(0, 1, ROWS), 7.5),
}


def again(column: np.ndarray) -> np.ndarray:
    return stretch(memoryview(squeeze(column)), len(column))


@given(arrays(np.float64, st.integers(0, 50), elements=st.floats(width=64)))
def test_every_bit_comes_back(column: np.ndarray) -> None:
    assert np.asarray(again(column), dtype=np.float64).tobytes() == column.tobytes()


@given(st.lists(st.decimals(-(10**6), 10**6, places=4), max_size=50), st.integers(0, 3))
def test_decimals_come_back(values: list[float], zeros: int) -> None:
    column = np.array([*map(float, values), *([0.0] * zeros)], dtype=np.float64)
    np.testing.assert_array_equal(again(column), column)


@pytest.mark.parametrize("name", BYTES_A_ROW)
def test_a_column_is_as_short_as_its_values_allow(name: str) -> None:
    column, most = BYTES_A_ROW[name]
    assert len(squeeze(column)) <= most * ROWS
    np.testing.assert_array_equal(again(column), column)


@pytest.mark.parametrize("name", BYTES_A_ROW)
def test_a_damaged_column_is_refused(name: str) -> None:
    stream = bytearray(squeeze(BYTES_A_ROW[name][0]))
    for offset in range(0, len(stream), max(1, len(stream) // 40)):
        stream[offset] ^= 1
        with pytest.raises(ColumnError):
            stretch(memoryview(stream), ROWS)
        stream[offset] ^= 1
