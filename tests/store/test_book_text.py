"""Positions go out as JSON and CSV and come back exactly; what is no such file is said in words."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.account import (
    Closing,
    MarginMode,
    Position,
    PositionState,
    Side,
    SizeUnit,
)
from dashboard.market.instrument import ContractKind, Instrument
from dashboard.store.book_text import MOST_BYTES, READERS, WRITERS, from_csv, from_json, to_csv

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: value + 0.0)
MAYBE = st.none() | NUMBERS
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INSTRUMENTS = st.builds(
    Instrument,
    venue=TEXTS,
    symbol=TEXTS,
    market_id=TEXTS,
    base=TEXTS,
    quote=TEXTS,
    settle=TEXTS,
    kind=st.sampled_from(ContractKind),
    contract_size=NUMBERS,
    multiplier=NUMBERS,
    price_tick=MAYBE,
    amount_step=MAYBE,
    active=st.booleans(),
)
CLOSINGS = st.builds(
    Closing,
    price=NUMBERS,
    fees=NUMBERS,
    funding_paid=NUMBERS,
    closed_ms=st.none() | st.integers(0, 2**50),
)
POSITIONS = st.builds(
    Position,
    id=TEXTS,
    instrument=INSTRUMENTS,
    side=st.sampled_from(Side),
    size=NUMBERS,
    size_unit=st.sampled_from(SizeUnit),
    entry_price=NUMBERS,
    margin_mode=st.sampled_from(MarginMode),
    leverage=MAYBE,
    margin=MAYBE,
    extra_margin=NUMBERS,
    stop_price=MAYBE,
    take_profit_price=MAYBE,
    maintenance_margin_rate=MAYBE,
    maintenance_amount=NUMBERS,
    taker_fee=MAYBE,
    note=TEXTS,
    example=st.booleans(),
    opened_ms=st.none() | st.integers(0, 2**50),
    state=st.sampled_from(PositionState),
    closing=st.none() | CLOSINGS,
    tags=st.lists(TEXTS, max_size=3).map(tuple),
)
BOOKS = st.lists(POSITIONS, max_size=4, unique_by=lambda position: position.id)


@pytest.mark.parametrize("ending", sorted(READERS))
@given(positions=BOOKS)
def test_round_trip_is_exact(ending: str, positions: list[Position]) -> None:
    assert READERS[ending](WRITERS[ending](positions)) == tuple(positions)


@given(positions=BOOKS)
def test_no_text_cell_begins_like_a_formula(positions: list[Position]) -> None:
    lines = list(csv.reader(io.StringIO(to_csv(positions), newline="")))
    texts = [place for place, name in enumerate(lines[0]) if name in ("note", "instrument.base")]
    cells = [line[place] for line in lines[1:] for place in texts]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]


def test_negative_numbers_are_not_touched(long_bitcoin: Position) -> None:
    position = replace(long_bitcoin, closing=Closing(price=1.0, funding_paid=-4.5), note="=1+1")
    text = to_csv([position])
    assert ",-4.5," in text
    assert ",'=1+1," in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no positions of Liqline"),
        ("[]", "no positions of Liqline"),
        ('{"format": "other", "positions": []}', 'the file is "other"'),
        ('{"format": "liqline positions 1", "positions": [{"id": 3}]}', "no positions"),
        ("[" * 100_000, "no positions"),
        ("x" * (MOST_BYTES + 1), "larger than 8 MB"),
    ],
)
def test_bad_json_is_said(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_json(text)


def test_bad_csv_names_line_and_column(long_bitcoin: Position) -> None:
    good = to_csv([long_bitcoin])
    with pytest.raises(InputError, match="first line does not name the columns"):
        from_csv("a,b\r\n1,2\r\n")
    with pytest.raises(InputError, match="line 2 has 2 cells"):
        from_csv(good.split("\r\n")[0] + "\r\n1,2\r\n")
    header, line = good.split("\r\n")[:2]
    cells = line.split(",")
    cells[header.split(",").index("entry_price")] = "abc"
    with pytest.raises(InputError, match='column entry_price: "abc" cannot be read'):
        from_csv(f"{header}\r\n{','.join(cells)}\r\n")
    with pytest.raises(InputError, match="two positions have the id"):
        from_csv(good + line + "\r\n")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    for read in READERS.values():
        try:
            read(text)
        except InputError as error:
            said = error.user_message
        else:
            said = "read"
        assert said
