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
    MAX_NOTE_CHARACTERS,
    Closing,
    MarginMode,
    Position,
    PositionState,
    Side,
    SizeUnit,
)
from dashboard.market.instrument import ContractKind, Instrument
from dashboard.store.book_text import (
    MOST_BYTES,
    MOST_POSITIONS,
    READERS,
    WRITERS,
    from_csv,
    from_json,
    to_csv,
    to_json,
)

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: value + 0.0)
POSITIVE = st.floats(1e-12, 1e12)
NOT_NEGATIVE = st.floats(0.0, 1e12).map(lambda value: value + 0.0)
FRACTION = st.none() | st.floats(0.0, 0.99)
MAYBE = st.none() | POSITIVE
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
    contract_size=POSITIVE,
    multiplier=POSITIVE,
    price_tick=MAYBE,
    amount_step=MAYBE,
    active=st.booleans(),
)
CLOSINGS = st.builds(
    Closing,
    price=POSITIVE,
    fees=NOT_NEGATIVE,
    funding_paid=NUMBERS,
    closed_ms=st.none() | st.integers(0, 2**50),
)
CLOSED = PositionState.CLOSED
POSITIONS = st.builds(
    Position,
    id=TEXTS.filter(str.strip),
    instrument=INSTRUMENTS,
    side=st.sampled_from(Side),
    size=POSITIVE,
    size_unit=st.sampled_from(SizeUnit),
    entry_price=POSITIVE,
    margin_mode=st.sampled_from(MarginMode),
    leverage=MAYBE,
    margin=MAYBE,
    extra_margin=NOT_NEGATIVE,
    stop_price=MAYBE,
    take_profit_price=MAYBE,
    maintenance_margin_rate=FRACTION,
    maintenance_amount=NOT_NEGATIVE,
    taker_fee=FRACTION,
    note=TEXTS,
    example=st.booleans(),
    opened_ms=st.none() | st.integers(0, 2**50),
    state=st.sampled_from([PositionState.OPEN, PositionState.PLANNED]),
    tags=st.lists(TEXTS, max_size=3).map(tuple),
)
POSITIONS |= st.builds(
    lambda held, closing: replace(held, state=CLOSED, closing=closing), POSITIONS, CLOSINGS
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
        ("x" * (MOST_BYTES + 1), f"larger than {MOST_BYTES // 1_000_000} MB"),
    ],
)
def test_bad_json_is_said(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_json(text)


@pytest.mark.parametrize("form", WRITERS)
def test_largest_book_that_goes_out_comes_back(form: str, long_bitcoin: Position) -> None:
    note = "n" * MAX_NOTE_CHARACTERS
    book = tuple(replace(long_bitcoin, id=f"{n:032}", note=note) for n in range(MOST_POSITIONS))
    assert READERS[form](WRITERS[form](book)) == book


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


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"size": -1.0}, 'position "p1": size must be above 0, not -1'),
        ({"entry_price": 0.0}, "entry_price must be above 0, not 0"),
        ({"leverage": -3.0}, "leverage must be above 0, not -3"),
        ({"stop_price": -1.0}, "stop_price must be above 0, not -1"),
        ({"extra_margin": -5.0}, "extra_margin must be 0 or more, not -5"),
        ({"maintenance_margin_rate": 5.0}, "must be a fraction from 0 to 1, not 5"),
        ({"taker_fee": -0.1}, "must be a fraction from 0 to 1, not -0.1"),
        ({"note": "n" * 2_001}, "note has more than 2000 characters"),
        ({"state": CLOSED}, "closing is missing: the position is closed"),
        ({"closing": Closing(price=1.0)}, "closing is given: the position is open"),
        ({"state": CLOSED, "closing": Closing(price=0.0)}, "closing.price must be above 0, not 0"),
        ({"id": " "}, "a position has no id"),
    ],
)
@pytest.mark.parametrize("ending", sorted(READERS))
def test_impossible_positions_are_refused_with_their_field(
    long_bitcoin: Position, ending: str, changed: dict[str, object], words: str
) -> None:
    position = replace(long_bitcoin, **{"id": "p1", **changed})  # type: ignore[arg-type]
    with pytest.raises(InputError) as refused:
        READERS[ending](WRITERS[ending]([position]))
    assert words in refused.value.user_message


@pytest.mark.parametrize("part", ["contract_size", "multiplier"])
def test_contract_of_no_size_is_refused(long_bitcoin: Position, part: str) -> None:
    instrument = replace(long_bitcoin.instrument, **{part: 0.0})  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"instrument\.{part} must be above 0"):
        from_json(to_json([replace(long_bitcoin, instrument=instrument)]))


def test_misspelt_field_is_named_instead_of_left_out(long_bitcoin: Position) -> None:
    text = to_json([replace(long_bitcoin, stop_price=57_000.0)])
    with pytest.raises(InputError, match='field "stop" is not one of a position'):
        from_json(text.replace('"stop_price"', '"stop"'))
    with pytest.raises(InputError, match=r'field "instrument\.tick" is not one of a position'):
        from_json(text.replace('"price_tick"', '"tick"'))


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


@pytest.mark.parametrize("column", ["tags", "note", "instrument.symbol"])
def test_half_a_character_is_refused_in_words(column: str, long_bitcoin: Position) -> None:
    """Found by `python -m tests.faults.fuzz --seed 20261201`."""
    header, line, *_ = to_csv([long_bitcoin]).splitlines()
    cells = next(csv.reader([line]))
    cells[header.split(",").index(column)] = "\ud800"
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    with pytest.raises(InputError):
        from_csv(f"{header}\r\n{out.getvalue()}")
