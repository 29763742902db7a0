"""A figure is held against its own past, and says how much past there was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.signals.standing import ENOUGH_SAMPLES, standing

FINITE = st.floats(-1e6, 1e6)


def test_rank_counts_what_lies_below_and_half_of_what_is_equal() -> None:
    past = np.array([1.0, 2.0, 2.0, 3.0])
    assert standing(2.0, past) == (0.5, 4)
    assert standing(0.0, past) == (0.0, 4)
    assert standing(9.0, past) == (1.0, 4)


def test_cells_that_were_not_recorded_do_not_count() -> None:
    assert standing(2.0, np.array([1.0, np.nan, 3.0])) == (0.5, 2)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_unknown_figure_has_no_standing(value: float | None) -> None:
    assert standing(value, np.array([1.0])) is None


def test_no_past_gives_no_standing() -> None:
    assert standing(1.0, np.array([np.nan])) is None
    assert standing(1.0, np.empty(0)) is None


def test_few_samples_found_no_colour() -> None:
    few = standing(1.0, np.arange(ENOUGH_SAMPLES - 1.0))
    enough = standing(1.0, np.arange(float(ENOUGH_SAMPLES)))
    assert few is not None
    assert not few.is_founded
    assert enough is not None
    assert enough.is_founded


@given(st.lists(FINITE, min_size=1, max_size=40), FINITE, FINITE)
def test_higher_figure_never_stands_lower(past: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    below, above = standing(low, np.array(past)), standing(high, np.array(past))
    assert below is not None
    assert above is not None
    assert 0.0 <= below.rank <= above.rank <= 1.0
    assert -1.0 <= below.heat <= 1.0
