"""A field of a venue's answer is a usable number or nothing at all."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.venues.fields import (
    AnswerError,
    coming_ms,
    funding_rate,
    interval_hours,
    not_negative,
    number,
    objects,
    past_ms,
    positive,
    rows,
)
from tests.venues.asking import ABSURD

NOW_MS = 1_722_772_800_000

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.00038246", 0.00038246), (8, 8.0), ("-1.5e3", -1500.0), (".5", 0.5), ("3.", 3.0)],
)
def test_decimal_text_and_json_numbers_are_read(value: object, expected: float) -> None:
    assert number(value) == expected


@pytest.mark.parametrize("value", ABSURD)
def test_what_is_no_number_reads_as_unknown(value: object) -> None:
    assert number(value) is None


@given(anything)
def test_no_value_of_any_shape_gives_a_number_that_is_not_finite(value: object) -> None:
    for read in (number, positive, not_negative, funding_rate):
        result = read(value)
        assert result is None or math.isfinite(result)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_survives_its_own_text(value: float) -> None:
    assert number(repr(value)) == value


def test_prices_are_positive_amounts_not_negative_and_rates_bounded() -> None:
    assert (positive("0"), positive("-5"), positive("5")) == (None, None, 5.0)
    assert (not_negative("0"), not_negative("-5")) == (0.0, None)
    assert (funding_rate("-0.0375"), funding_rate("0.0501")) == (-0.0375, None)


@pytest.mark.parametrize("value", ["1e300", 1e19, "9" * 20, 1e-300, "1e-19"])
def test_an_absurd_price_or_amount_is_unknown(value: object) -> None:
    assert positive(value) is None
    assert not_negative(value) in (None, 1e-300, 1e-19)


@pytest.mark.parametrize("value", [0, "0.001", 0.5, -8, 25, "1e9"])
def test_an_interval_is_one_to_twenty_four_hours(value: object) -> None:
    assert interval_hours(value) is None
    assert (interval_hours("1"), interval_hours(8), interval_hours("24")) == (1.0, 8.0, 24.0)


@pytest.mark.parametrize("value", [0, -1, 9_999_999_999_999, "abc", None, NOW_MS + 5_001])
def test_a_venue_time_outside_2010_to_now_is_unknown(value: object) -> None:
    assert past_ms(value, NOW_MS) is None


def test_a_venue_time_may_run_five_seconds_ahead() -> None:
    assert past_ms(str(NOW_MS + 5_000), NOW_MS) == NOW_MS + 5_000


def test_a_coming_settlement_lies_within_a_week() -> None:
    assert coming_ms(NOW_MS + 28_800_000, NOW_MS) == NOW_MS + 28_800_000
    assert coming_ms(NOW_MS + 8 * 86_400_000, NOW_MS) is None
    assert coming_ms(NOW_MS - 60_000, NOW_MS) == NOW_MS - 60_000
    assert coming_ms(NOW_MS - 7_200_000, NOW_MS) is None


@pytest.mark.parametrize("answer", [None, "<html>", {}, {"result": None}, {"result": {"list": {}}}])
def test_an_answer_without_its_list_is_refused(answer: object) -> None:
    with pytest.raises(AnswerError, match="where a list"):
        rows(answer, "result", "list")


def test_what_is_no_object_in_a_list_is_passed_over() -> None:
    assert objects([1, None, {"a": 1}, "x", []]) == [{"a": 1}]
