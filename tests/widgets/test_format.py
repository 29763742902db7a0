"""Numbers, times and durations as text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.tradeline.number import parse_number
from widgets import format as fmt

G = fmt.GROUP


@pytest.mark.parametrize(
    ("value", "tick", "text"),
    [
        (64_123.44, 0.1, f"64{G}123.4"),
        (1.5, 0.0005, "1.5000"),
        (64_123.0, 10.0, f"64{G}123"),
        (64_123.4, None, f"64{G}123.40"),
        (102_345.678, None, f"102{G}345.68"),
        (0.0000213, None, "0.0000213"),
        (0.0000213, 1e-7, "0.0000213"),
        (0.0, 0.01, "0.00"),
        (None, 0.1, "n/a"),
    ],
)
def test_price(value: float | None, tick: float | None, text: str) -> None:
    assert fmt.price(value, tick) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (-1_234.5, "USDT", f"−1{G}234.50{G}USDT"),
        (0.001, "USDC", f"0.00{G}USDC"),
        (0.00123456789, "BTC", f"0.00123457{G}BTC"),
        (12.5, "", "12.50"),
        (None, "USDT", "n/a"),
    ],
)
def test_money(value: float | None, currency: str, text: str) -> None:
    assert fmt.money(value, currency) == text


def test_signed_money_has_a_plus_and_a_true_minus() -> None:
    assert fmt.money(5.0, "USDT", signed=True) == f"+5.00{G}USDT"
    assert fmt.money(0.5, "ETH", signed=True) == f"+0.50{G}ETH"
    assert fmt.money(-5.0, "USDT", signed=True) == f"−5.00{G}USDT"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999.4, "999"),
        (999_499.0, f"999{G}K"),
        (999_500.0, f"1.00{G}M"),
        (1_234_567_890.0, f"1.23{G}B"),
        (-8.1e9, f"−8.10{G}B"),
        (5.05e12, f"5.05{G}T"),
        (12.3456, "12.3"),
        (0.0, "0"),
        (None, "n/a"),
    ],
)
def test_big(value: float | None, text: str) -> None:
    assert fmt.big(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0123, f"▲{G}+1.23%"),
        (-0.02, f"▼{G}−2.00%"),
        (0.0, "0.00%"),
        (-0.000001, "0.00%"),
        (None, "n/a"),
    ],
)
def test_change_has_arrow_and_sign(fraction: float | None, text: str) -> None:
    assert fmt.change(fraction) == text


def test_funding_rate_has_four_decimals_and_a_sign() -> None:
    assert fmt.funding_rate(0.0001) == "+0.0100%"
    assert fmt.funding_rate(-0.00012345) == "−0.0123%"


def test_inferred_interval_says_so() -> None:
    assert fmt.interval_hours(8.0) == f"8{G}h"
    assert fmt.interval_hours(4.0, inferred=True) == f"4{G}h (inferred)"
    assert fmt.interval_hours(None) == "n/a"


@pytest.mark.parametrize(
    ("left_ms", "text"),
    [
        (28_799_000, "7:59:59"),
        (61_000, "0:01:01"),
        (3 * 86_400_000 + 7_260_000, f"3{G}d 02:01"),
        (0, "due"),
        (-5, "due"),
        (None, "n/a"),
    ],
)
def test_countdown(left_ms: int | None, text: str) -> None:
    assert fmt.countdown(left_ms) == text


@pytest.mark.parametrize(
    ("elapsed_ms", "text"),
    [
        (999, "now"),
        (45_000, f"45{G}s"),
        (720_000, f"12{G}min"),
        (12_000_000, f"3{G}h 20{G}min"),
        (86_400_000, f"1{G}d"),
        (101 * 86_400_000 + 3_600_000, f"101{G}d"),
        (None, "n/a"),
    ],
)
def test_age(elapsed_ms: int | None, text: str) -> None:
    assert fmt.age(elapsed_ms) == text


def test_instants_are_utc_and_say_so() -> None:
    assert fmt.instant(1_722_772_800_000) == "2024-08-04 12:00 UTC"
    assert fmt.instant(1_722_772_805_000, seconds=True) == "2024-08-04 12:00:05 UTC"
    assert fmt.day(1_722_772_800_000) == "2024-08-04"
    assert fmt.instant(None) == fmt.day(None) == fmt.instant(10**18) == "n/a"


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_na_everywhere(value: float | None) -> None:
    written = [
        fmt.number(value, 2),
        fmt.significant(value),
        fmt.price(value),
        fmt.money(value, "USDT"),
        fmt.money(value, "BTC"),
        fmt.quantity(value, "BTC"),
        fmt.big(value),
        fmt.percent(value),
        fmt.change(value),
        fmt.ratio(value),
        fmt.hours(value),
        fmt.leverage(value),
        fmt.interval_hours(value),
    ]
    assert set(written) == {fmt.NA}


@given(st.floats(-1e15, 1e15), st.integers(0, 8))
def test_written_numbers_read_back_as_what_they_say(value: float, decimals: int) -> None:
    assert parse_number(fmt.number(value, decimals)) == float(f"{value:.{decimals}f}")


@given(st.floats(1e-10, 1e12))
def test_significant_digits_lose_less_than_half_a_unit_of_the_sixth(value: float) -> None:
    shown = fmt.significant(value).replace(G, "")
    assert float(shown) == pytest.approx(value, rel=6e-6, abs=5.1e-13)
