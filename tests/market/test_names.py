"""No two positions of a book have the same name."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.account import SizeUnit
from dashboard.market.names import margin_name, names_of, position_name, wallet_name
from tests.risk.builders import CROSS, INVERSE, ISOLATED, LONG, SHORT, instrument, position

HELD = position(LONG, 0.5, 60_000.0, name="a")


def test_side_and_margin_are_in_the_name() -> None:
    cross = replace(HELD, id="b", margin_mode=CROSS)
    short = replace(HELD, id="c", side=SHORT)
    assert names_of((HELD, cross, short)) == {
        "a": "BTC/USDT long isolated, binanceusdm",
        "b": "BTC/USDT long cross, binanceusdm",
        "c": "BTC/USDT short isolated, binanceusdm",
    }
    assert wallet_name(cross) == "binanceusdm USDT cross"


def test_what_two_differ_by_is_added_to_both() -> None:
    later = replace(HELD, id="b", entry_price=61_234.5)
    assert names_of((HELD, later)) == {
        "a": "BTC/USDT long isolated @60,000, binanceusdm",
        "b": "BTC/USDT long isolated @61,234.5, binanceusdm",
    }
    larger = replace(HELD, id="b", size=2.0, size_unit=SizeUnit.CONTRACTS)
    assert list(names_of((HELD, larger)).values()) == [
        "BTC/USDT long isolated 0.5 BTC, binanceusdm",
        "BTC/USDT long isolated 2 contracts, binanceusdm",
    ]


def test_the_contract_tells_first_where_a_name_leaves_it_out() -> None:
    inverse = position(LONG, 0.5, 60_000.0, of=instrument(kind=INVERSE), name="b")
    assert list(names_of((HELD, inverse), margin_name).values()) == [
        "BTC long isolated BTC/USDT:USDT at binanceusdm",
        "BTC long isolated BTC/USD:BTC at binanceusdm",
    ]


def test_twins_are_numbered() -> None:
    twins = [replace(HELD, id=name) for name in "ab"]
    assert list(names_of(twins).values()) == [
        "BTC/USDT long isolated (1), binanceusdm",
        "BTC/USDT long isolated (2), binanceusdm",
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([LONG, SHORT]),
            st.sampled_from([ISOLATED, CROSS]),
            st.sampled_from([1.0, 2.0, math.nan, math.inf, 1e300]),
            st.sampled_from([0.5, 0.25, -1.0]),
        ),
        max_size=8,
    )
)
def test_no_two_names_are_alike(
    drawn: list[tuple[object, object, float, float]],
) -> None:
    held = [
        replace(HELD, id=str(at), side=side, margin_mode=mode, entry_price=entry, size=size)
        for at, (side, mode, entry, size) in enumerate(drawn)
    ]
    for name in (position_name, margin_name):
        names = names_of(held, name)
        assert len(set(names.values())) == len(held)
        assert all(len(text) < 90 for text in names.values())
