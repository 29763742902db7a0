"""The strict number reader: what it takes, what it refuses and in which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.tradeline.number import (
    MAX_DIGITS,
    parse_not_negative,
    parse_number,
    parse_positive,
    parse_price,
    parse_size,
    quote,
)

THIN = "\N{THIN SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
NO_BREAK = "\N{NO-BREAK SPACE}"

READ = [
    ("0", 0.0),
    ("7", 7.0),
    ("0.5", 0.5),
    ("0,5", 0.5),
    (".5", 0.5),
    ("1.5", 1.5),
    ("1,5", 1.5),
    ("1.234", 1.234),
    ("1234.567", 1234.567),
    ("1234,567", 1234.567),
    ("0,234", 0.234),
    ("0.00001234", 0.00001234),
    ("0,00001234", 0.00001234),
    ("1,2345", 1.2345),
    ("12,34", 12.34),
    ("64 200", 64200.0),
    ("64 200.5", 64200.5),
    ("64 200,123", 64200.123),
    (f"1{THIN}234{THIN}567.25", 1234567.25),
    (f"1{NARROW}234,5", 1234.5),
    (f"1{NO_BREAK}234", 1234.0),
    ("1,234.5", 1234.5),
    ("1,234.567", 1234.567),
    ("1,234,567", 1234567.0),
    ("12,345,678.25", 12345678.25),
    ("  12  ", 12.0),
    ("+3", 3.0),
    ("-3", -3.0),
    ("\N{MINUS SIGN}3,5", -3.5),
    ("007", 7.0),
    ("-0", 0.0),
    ("9" * MAX_DIGITS, 1e30),
]

COPIED = [
    ("1.234,5", 1234.5),
    ("1.234,567", 1234.567),
    ("1.234.567", 1234567.0),
    ("\N{MINUS SIGN}1.234.567,5", -1234567.5),
]
REFUSED = [
    ("", "empty"),
    ("   ", "empty"),
    ("1,234", "could be 1.234 or 1234"),
    ("-12,345", "could be 12.345 or 12345"),
    ("100,000", "could be 100.000 or 100000"),
    ("1.234,5.6", "more than one point or comma"),
    ("1,23.5", "more than one point or comma"),
    ("0,234.5", "more than one point or comma"),
    ("1234,567.8", "more than one point or comma"),
    ("1.234.56", "more than one point or comma"),
    ("1,234,5678", "more than one point or comma"),
    ("1,234 567.8", "more than one point or comma"),
    ("1..5", "more than one point or comma"),
    ("5.", "not a number"),
    ("5,", "not a number"),
    (".", "not a number"),
    ("-", "not a number"),
    ("--5", "not a number"),
    ("+-5", "not a number"),
    ("- 5", "not a number"),
    ("5-", "not a number"),
    ("abc", "not a number"),
    ("nan", "not a number"),
    ("NaN", "not a number"),
    ("inf", "not a number"),
    ("-Infinity", "not a number"),
    ("1e5", "not a number"),
    ("1e400", "not a number"),
    ("0x10", "not a number"),
    ("1_000", "not a number"),
    ("1'000", "not a number"),
    ("1 23", "not a number"),
    ("1 2345", "not a number"),
    ("1234 567", "not a number"),
    (f"1 234{THIN}567", "not a number"),
    ("1  234", "not a number"),
    ("1.234 567", "not a number"),
    ("１２", "not a number"),
    ("٣٤", "not a number"),
    ("²", "not a number"),
    ("½", "not a number"),
    ("1\n", "not a number"),
    ("\t1", "not a number"),
    ("\u200b1", "not a number"),
    ("$5", "not a number"),
    ("5%", "not a number"),
    ("30k", "not a number"),
    ("9" * 300, "more than 30 digits"),
    ("0." + "0" * 30, "more than 30 digits"),
]


@pytest.mark.parametrize(("text", "value"), READ)
def test_reads_plain_numbers_with_point_comma_or_spaces(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(("text", "value"), COPIED)
def test_points_set_thousands_apart_only_in_a_copied_table(text: str, value: float) -> None:
    assert parse_number(text, copied=True) == value
    with pytest.raises(InputError, match="more than one point or comma"):
        parse_number(text)


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_refuses_everything_else_and_names_the_field(text: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_number(text, "entry price")
    assert caught.value.field == "entry price"
    assert caught.value.user_message.startswith("entry price ")
    assert reason in caught.value.user_message


@pytest.mark.parametrize("text", ["0", "-1", "\N{MINUS SIGN}0.5", "0,0"])
def test_fields_that_need_a_positive_number_refuse_zero_and_less(text: str) -> None:
    with pytest.raises(InputError, match="size must be above 0, not"):
        parse_positive(text, "size")


def test_fields_that_may_be_zero_refuse_less() -> None:
    assert parse_not_negative("0", "fee") == 0.0
    assert parse_positive("0.1", "size") == 0.1
    with pytest.raises(InputError, match='fee must be 0 or more, not "−1"'):
        parse_not_negative("\N{MINUS SIGN}1", "fee")


@pytest.mark.parametrize(
    ("text", "value"),
    [("30k", 30e3), ("1.5K", 1500.0), ("2M", 2e6), ("0,5 M", 5e5), ("12", 12.0)],
)
def test_sizes_may_end_in_k_or_m(text: str, value: float) -> None:
    assert parse_size(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("64.2k", 64_200.0), ("64,2 K", 64_200.0), ("0.12", 0.12)]
)
def test_prices_may_end_in_k(text: str, value: float) -> None:
    assert parse_price(text) == value


@pytest.mark.parametrize("text", ["64.2M", "64m", "k", "-1k", "1,234k", "0k"])
def test_a_price_ends_in_nothing_else(text: str) -> None:
    with pytest.raises(InputError, match="entry price"):
        parse_price(text, "entry price")


@pytest.mark.parametrize("text", ["1m", "1B", "1kk", "k", "-1k", "0k", "1,234k"])
def test_other_suffixes_and_sizes_that_are_not_positive_are_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_size(text)
    assert caught.value.field == "size"


@given(st.floats(min_value=-1e15, max_value=1e15, allow_nan=False))
def test_every_number_written_out_reads_back_the_same(value: float) -> None:
    text = f"{value:.10f}"
    assert parse_number(text) == float(text)


@given(st.text(max_size=60) | st.text(alphabet="0123456789.,-+ kMe_" + THIN, max_size=40))
def test_any_text_gives_a_finite_number_or_an_input_error(text: str) -> None:
    for parse in (parse_number, parse_size, parse_positive, parse_not_negative):
        try:
            outcome = f"{parse(text):.3g}"
        except InputError as error:
            outcome = error.user_message
        assert outcome not in ("nan", "inf", "-inf")
        assert len(outcome) < 200
        assert outcome.isprintable()


@given(st.integers(1, 999), st.integers(0, 999))
def test_no_grouping_of_any_locale_is_read_ten_or_a_thousand_times_off(high: int, low: int) -> None:
    """A lone comma before three digits never passes; other groupings read as what they say."""
    for separator in (" ", THIN, NARROW, NO_BREAK):
        assert parse_number(f"{high}{separator}{low:03d}") == high * 1000 + low
    for text in (f"{high},{low:03d}.5", f"{high}.{low:03d},5"):
        assert parse_number(text, copied=True) == high * 1000 + low + 0.5
    with pytest.raises(InputError):
        parse_number(f"{high},{low:03d}")


def test_quote_makes_any_text_short_and_visible() -> None:
    assert quote("abc") == '"abc"'
    assert quote("a\n\u202eb") == '"a  b"'
    assert quote("x" * 100_000) == '"' + "x" * 40 + '…"'
