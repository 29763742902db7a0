"""Prices from the chart in the trade line: they are read back as what was set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.tradeline.line import parse_trade_line
from widgets.models.line_prices import line_with_price, plain_price

FIELDS = {"entry": "entry_price", "stop": "stop_price", "target": "take_profit_price"}


@pytest.mark.parametrize(
    ("what", "price"), [("entry", 64_111.5), ("stop", 61_000.0), ("target", 69_000.5)]
)
@pytest.mark.parametrize(
    "text",
    [
        "long btc 0.5 @64200 x10 iso",
        "long btc 0.5 @64200 x10 iso sl 62000 tp 68000",
        "long okx:btc 2 market x5 iso TP 68000 SL 62000",
        "long btc 0.5 mkt x10 cross",
    ],
)
def test_a_price_set_on_the_chart_is_what_the_line_says(text: str, what: str, price: float) -> None:
    written = line_with_price(text, what, plain_price(price))
    line = parse_trade_line(written, ("binanceusdm", "okx"))
    assert getattr(line, FIELDS[what]) == price
    again = line_with_price(written, what, plain_price(price))
    assert again == written, "replaced, not added"


def test_a_line_without_an_entry_gets_one() -> None:
    written = line_with_price("long btc 0.5 x10 iso", "entry", "61234.5")
    assert parse_trade_line(written, ("binanceusdm",)).entry_price == 61_234.5


def test_words_that_only_look_alike_are_left_alone() -> None:
    assert line_with_price("long btc 1 x10 iso", "stop", "5") == "long btc 1 x10 iso sl 5"
    assert line_with_price("", "entry", "5") == "@5"


@given(st.floats(1e-8, 1e9))
def test_a_price_is_written_without_exponent_and_reads_back(price: float) -> None:
    text = plain_price(price)
    assert set(text) <= set("0123456789.")
    assert float(text) == price


def test_a_price_on_a_tick_is_written_as_it_is_shown() -> None:
    assert plain_price(63_253.2) == "63253.2"
    assert plain_price(60_000.0) == "60000"
    assert plain_price(1.234e-05) == "0.00001234"
