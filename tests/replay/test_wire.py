"""Figures as the venues write them: decimal text that reads back the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.replay.wire import known_fields, number_text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_text_reads_back_as_the_same_number_without_an_exponent(value: float) -> None:
    text = number_text(value)
    assert float(text) == value
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(58_144.0, "58144"), (1e-8, "0.00000001"), (-0.00005343, "-0.00005343"), (0.0, "0")],
)
def test_it_is_the_shortest_text(value: float, text: str) -> None:
    assert number_text(value) == text


def test_what_is_not_known_is_empty_in_a_row_and_absent_in_an_object() -> None:
    assert (number_text(None), number_text(float("nan"))) == ("", "")
    fields = {"markPrice": None, "lastFundingRate": 0.0001, "volume": float("nan"), "zero": 0.0}
    assert known_fields(fields) == {"lastFundingRate": "0.0001", "zero": "0"}
