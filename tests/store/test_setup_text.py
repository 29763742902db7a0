"""Balances and watch-lists go out as JSON and CSV and come back exactly, or not at all."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.account import Balance
from dashboard.market.instrument import InstrumentKey
from dashboard.store.setup_text import (
    BALANCE_READERS,
    BALANCE_WRITERS,
    LIST_READERS,
    LIST_WRITERS,
    MOST_BYTES,
    WatchLists,
    balances_from_csv,
    balances_to_csv,
    lists_from_csv,
    lists_to_csv,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
BALANCES = st.lists(
    st.builds(
        Balance,
        venue=TEXTS,
        coin=TEXTS,
        amount=st.floats(allow_nan=False, allow_infinity=False),
        haircut=st.floats(0.0, 1.0),
    ),
    max_size=5,
    unique_by=lambda one: (one.venue, one.coin),
).map(tuple)
KEYS = st.lists(st.builds(InstrumentKey, TEXTS, TEXTS), max_size=4, unique=True).map(tuple)
LISTS = st.dictionaries(TEXTS, KEYS, max_size=4)


@pytest.mark.parametrize("ending", sorted(BALANCE_READERS))
@given(balances=BALANCES)
def test_balances_come_back_exactly(ending: str, balances: tuple[Balance, ...]) -> None:
    assert BALANCE_READERS[ending](BALANCE_WRITERS[ending](balances)) == balances


@pytest.mark.parametrize("ending", sorted(LIST_READERS))
@given(lists=LISTS)
def test_watch_lists_come_back_exactly_and_in_order(ending: str, lists: WatchLists) -> None:
    again = LIST_READERS[ending](LIST_WRITERS[ending](lists))
    assert list(again.items()) == list(lists.items())


@given(BALANCES, LISTS)
def test_no_text_cell_begins_like_a_formula(
    balances: tuple[Balance, ...], lists: WatchLists
) -> None:
    for text, columns in ((balances_to_csv(balances), 2), (lists_to_csv(lists), 3)):
        for line in csv.reader(io.StringIO(text, newline="")):
            assert not [c for c in line[:columns] if c.startswith(("=", "+", "-", "@", "\t", "＝"))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line does not name the columns of exported balances"),
        ("venue,coin,amount,haircut\r\nokx,USDT,1\r\n", "line 2 has 3 cells; 4 are allowed"),
        ("venue,coin,amount,haircut\r\nokx,USDT,one,1\r\n", 'line 2, column amount: "one" is no'),
        ("venue,coin,amount,haircut\r\nokx,USDT,NaN,1\r\n", 'column amount: "NaN" is no number'),
        ("venue,coin,amount,haircut\r\nokx,USDT,1,2\r\n", "from 0 to 1, not 2"),
        ("venue,coin,amount,haircut\r\n,USDT,1,1\r\n", "column venue: 1 to 100 characters"),
        ("venue,coin,amount,haircut\r\na,b,1,1\r\na,b,2,1\r\n", "there are two"),
        ('venue,coin,amount,haircut\r\n"a,b,1,1', "no CSV"),
        ("x" * (MOST_BYTES + 1), "larger than 8 MB"),
    ],
)
def test_bad_balances_are_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        balances_from_csv(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("list,venue\r\n", "first line does not name the columns of exported watch-lists"),
        ("list,venue,symbol\r\nmain,okx,\r\n", "line 2, column symbol"),
        (f"list,venue,symbol\r\n{'n' * 41},okx,A\r\n", "column list: 1 to 40 characters"),
        ("list,venue,symbol\r\nm,okx,A\r\nm,okx,A\r\n", 'watch-list "m" names "A" twice'),
    ],
)
def test_bad_watch_lists_are_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        lists_from_csv(text)


@pytest.mark.parametrize("read", [BALANCE_READERS[".json"], LIST_READERS[".json"]])
@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"format": "other", "balances": []}', "[" * 100_000, '{"format": 1}']
)
def test_bad_json_is_refused_in_words(read: object, text: str) -> None:
    with pytest.raises(InputError, match="file"):
        read(text)  # type: ignore[operator]


def test_a_file_of_another_kind_is_named() -> None:
    with pytest.raises(InputError, match='"other"; "liqline balances 1" is allowed'):
        BALANCE_READERS[".json"]('{"format": "other", "balances": []}')


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    for read in (*BALANCE_READERS.values(), *LIST_READERS.values()):
        said = ""
        try:
            read(text)
        except InputError as error:
            said = error.user_message
        else:
            said = "read"
        assert said
