"""Windows over hours against plain loops, holes and short series included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.risk.odds.windows import next_highest, next_lowest, next_sum, past_mean
from dashboard.risk.volatility import Regression

VALUES = st.lists(
    st.one_of(st.floats(-10, 10), st.just(float("nan"))), min_size=1, max_size=40
).map(np.array)
HOURS = st.integers(1, 45)


@given(VALUES, HOURS)
def test_the_hours_to_come(values: np.ndarray, hours: int) -> None:
    for place in range(len(values)):
        window = values[place + 1 : place + 1 + hours]
        whole = len(window) == hours and np.isfinite(window).all()
        for found, plain in (
            (next_sum(values, hours), np.sum),
            (next_lowest(values, hours), np.min),
            (next_highest(values, hours), np.max),
        ):
            expected = plain(window) if whole else np.nan
            assert found[place] == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(VALUES, HOURS)
def test_the_hours_before(values: np.ndarray, hours: int) -> None:
    for place in range(len(values)):
        window = values[max(0, place + 1 - hours) : place + 1]
        known = window[np.isfinite(window)]
        expected = known.mean() if len(known) >= np.ceil(0.9 * hours) else np.nan
        assert past_mean(values, hours)[place] == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_a_volatility_is_the_same_alone_and_among_others() -> None:
    draw = np.random.default_rng(7)
    for _ in range(40):
        rows = np.column_stack([np.ones(97), draw.normal(size=(97, 5))])
        regression = Regression(24, draw.normal(size=6), 0.3)
        together = regression.sigma(rows).tolist()
        alone = [float(regression.sigma(rows[place : place + 1])[0]) for place in range(97)]
        assert together == alone
