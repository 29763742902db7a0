"""Filter expressions say exactly which rows fit, or name the word that is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.tradeline.filter import MAX_CHARACTERS, Value, parse_filter

FIELDS = {"symbol": True, "venue": True, "funding": False, "oi": False, "oi_24h": False}
ROW: dict[str, Value] = {
    "symbol": "BTC/USDT",
    "venue": "okx",
    "funding": 0.0006,
    "oi": 5.2e9,
    "oi_24h": None,
}


def fits(text: str, row: dict[str, Value] = ROW) -> bool | None:
    return parse_filter(text, FIELDS, "symbol")(row)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("funding > 0.05%", True),
        ("funding>0.06%", False),
        ("funding >= 0.06%", True),
        ("FUNDING < 1", True),
        ("oi > 5B and oi <= 5.2B", True),
        ("oi < 5.2 or funding > 0", True),
        ("not oi > 5B", False),
        ("not not oi > 5B", True),
        ("not (oi < 1k or funding < 0)", True),
        ("btc", True),
        ("btc funding", None),
        ("eth or usdt", True),
        ("venue = OKX", True),
        ("venue != okx", False),
        ("oi_24h > 10%", None),
        ("not oi_24h > 10%", None),
        ("oi_24h > 10% or btc", True),
        ("oi_24h > 10% and eth", False),
        ("funding = 0.0006", True),
        ("funding > -0.01%", True),
        ("btc or eth and oi < 1", True),
    ],
)
def test_row_fits_or_not(text: str, expected: bool | None) -> None:
    if text == "btc funding":
        with pytest.raises(InputError, match='"funding" is not expected there'):
            fits(text)
    else:
        assert fits(text) is expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "filter ends where a field or a word is expected"),
        ("fundign > 1", '"fundign" is no field; did you mean funding?'),
        ("zzzz > 1", "fields are symbol, venue, funding, oi, oi_24h"),
        ("funding > abc", 'funding is compared with a number that may end in %.*not "abc"'),
        ("funding > 1.234,5", "is compared with a number"),
        ("funding >", "ends where a value is expected"),
        ("(funding > 1", "ends where"),
        ("(btc eth", 'is missing before "eth"'),
        ("funding > 1)", '"\\)" is not expected there'),
        ("> 1", '">" needs something before it'),
        ("and btc", '"and" needs something before it'),
        ("btc and", "ends where a field or a word is expected"),
        ("venue > okx", "venue is text and can be compared with = and != only"),
        ("btc !", '" !" cannot be read'),
        ("(" * 30 + "btc" + ")" * 30, "more than 20 brackets inside each other"),
        ("x" * (MAX_CHARACTERS + 1), "longer than 500 characters"),
    ],
)
def test_wrong_word_is_named(text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_filter(text, FIELDS, "symbol")


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_one_clear_error(text: str) -> None:
    try:
        test = parse_filter(text, FIELDS, "symbol")
    except InputError as error:
        said = error.user_message
    else:
        said = "filter" if test(ROW) in (True, False, None) else ""
    assert said.startswith("filter")
    assert "\n" not in said


_WORDS = st.sampled_from(
    ["and", "or", "not", "(", ")", "funding", ">", "<=", "1%", "btc", "oi_24h", "=", "5B", "!="]
)


@given(st.lists(_WORDS, max_size=14))
def test_any_order_of_words_is_a_filter_or_one_clear_error(words: list[str]) -> None:
    try:
        test = parse_filter(" ".join(words), FIELDS, "symbol")
    except InputError:
        return
    assert test(ROW) in (True, False, None)
