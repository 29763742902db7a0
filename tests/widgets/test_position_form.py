"""What is typed into the position form becomes a position, or one sentence per wrong field."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.account import MAX_NOTE_CHARACTERS, MarginMode, Position, Side, SizeUnit
from tests.widgets import position_samples
from tests.widgets.market_samples import INSTRUMENTS, NOW_MS, instrument
from widgets.dialogs.position_form import (
    Entered,
    Field,
    PositionTexts,
    number_text,
    plain_note,
    read_form,
    texts_of,
)

GOOD = {
    Field.SYMBOL: "btc",
    Field.SIZE: "0.5",
    Field.ENTRY: "64200",
    Field.LEVERAGE: "10",
}


def read(
    edited: Position | None = None,
    side: Side = Side.LONG,
    margin_mode: MarginMode = MarginMode.ISOLATED,
    venue: str = "binanceusdm",
    **changes: str,
) -> Entered:
    texts = GOOD | {Field[name.upper()]: text for name, text in changes.items()}
    form = PositionTexts(venue=venue, texts=texts, side=side, margin_mode=margin_mode)
    return read_form(form, INSTRUMENTS, "new", NOW_MS, edited)


def test_four_fields_make_a_position() -> None:
    entered = read()
    assert entered.faults == {}
    position = entered.position
    assert position is not None
    assert position.instrument.symbol == "BTC/USDT:USDT"
    assert (position.size, position.entry_price, position.leverage) == (0.5, 64_200.0, 10.0)
    assert (position.id, position.opened_ms, position.example) == ("new", NOW_MS, False)
    assert position.margin is None
    assert position.stop_price is None


def test_every_field_is_read() -> None:
    entered = read(
        size="30k",
        leverage="12.5x",
        margin="2500",
        extra_margin="0",
        stop="62000",
        take_profit="68 000",
        maintenance_rate="0.7",
        note=" held  over\tnight ",
    )
    assert entered.faults == {}
    position = entered.position
    assert position is not None
    assert (position.size, position.leverage, position.margin) == (30_000.0, 12.5, 2500.0)
    assert (position.stop_price, position.take_profit_price) == (62_000.0, 68_000.0)
    assert position.maintenance_margin_rate == 0.007
    assert position.note == "held over night"


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "abc", "1e400", "1.234,5", "nan", "inf", "٣", "1_0"]
)
@pytest.mark.parametrize("field", [Field.SIZE, Field.ENTRY, Field.LEVERAGE])
def test_a_bad_number_is_one_sentence_that_names_the_field_and_what_came(
    field: Field, text: str
) -> None:
    entered = read(**{field.name: text})
    assert entered.position is None
    assert set(entered.faults) == {field}
    sentence = entered.faults[field]
    assert sentence.startswith(field.value)
    assert text in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("field", [Field.SIZE, Field.LEVERAGE, Field.STOP])
def test_a_number_out_of_all_range_is_a_slip_of_its_field(field: Field) -> None:
    entered = read(**{field.name: "99999999999999999999"})
    assert entered.position is None
    assert set(entered.faults) == {field}
    assert "1e+15" in entered.faults[field]


@pytest.mark.parametrize("text", ["-1", "abc", "1e400", "1.234,5"])
@pytest.mark.parametrize(
    "field",
    [Field.MARGIN, Field.EXTRA_MARGIN, Field.STOP, Field.TAKE_PROFIT, Field.MAINTENANCE_RATE],
)
def test_an_optional_field_may_be_empty_but_not_wrong(field: Field, text: str) -> None:
    assert read(**{field.name: "  "}).faults == {}
    faults = read(**{field.name: text}).faults
    assert set(faults) == {field}
    assert text in faults[field]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"symbol": ""}, Field.SYMBOL, "symbol is empty"),
        ({"symbol": "nosuch"}, Field.SYMBOL, 'symbol "nosuch" is not listed'),
        ({"symbol": "<img src=x>"}, Field.SYMBOL, "is no contract name"),
        ({"venue": "gate"}, Field.SYMBOL, "the contracts of gate have not arrived yet"),
        ({"leverage": ""}, Field.LEVERAGE, "leverage is empty; an isolated position needs it"),
        ({"maintenance_rate": "100"}, Field.MAINTENANCE_RATE, "must be below 100 percent"),
        (
            {"stop": "68000", "take_profit": "62000"},
            Field.STOP,
            "stop price 68000 must lie below take-profit price 62000 for a long",
        ),
    ],
)
def test_what_contradicts_is_said_beside_the_field(
    changes: dict[str, str], field: Field, sentence: str
) -> None:
    faults = read(**changes).faults  # type: ignore[arg-type]
    assert set(faults) == {field}
    assert sentence in faults[field]


def test_a_short_has_its_stop_above_its_target() -> None:
    assert read(side=Side.SHORT, stop="68000", take_profit="62000").faults == {}
    wrong = read(side=Side.SHORT, stop="62000", take_profit="68000")
    assert "must lie above" in wrong.faults[Field.STOP]


def test_an_isolated_position_may_stand_on_its_margin_alone() -> None:
    entered = read(leverage="", margin="3000")
    assert entered.position is not None
    assert entered.position.leverage is None
    assert entered.position.margin == 3000.0


def test_a_cross_position_has_no_margin_of_its_own() -> None:
    entered = read(margin_mode=MarginMode.CROSS, leverage="", margin="abc", extra_margin="7")
    assert entered.faults == {}
    assert entered.position is not None
    assert entered.position.margin is None
    assert entered.position.extra_margin == 0.0


def test_every_wrong_field_is_told_at_once() -> None:
    assert set(read(symbol="x y", size="0", entry="", leverage="abc").faults) == set(GOOD)


def test_an_edited_position_keeps_what_the_form_does_not_show() -> None:
    first = read().position
    assert first is not None
    held = replace(
        first,
        id="held",
        example=True,
        opened_ms=5,
        taker_fee=0.0004,
        maintenance_margin_rate=0.005,
        maintenance_amount=50.0,
    )
    entered = read_form(texts_of(held), (), "other", NOW_MS, held)
    assert entered.position == held


def test_the_deduction_of_a_rate_goes_with_the_rate() -> None:
    held = replace(position_samples.LONG, maintenance_margin_rate=0.005, maintenance_amount=50.0)
    kept, cleared = (read(held, maintenance_rate=text).position for text in ("0.5", ""))
    assert kept is not None
    assert kept.maintenance_amount == 50.0
    assert cleared is not None
    assert cleared.maintenance_amount == 0.0


NUMBERS = st.floats(min_value=1e-8, max_value=1e9, allow_nan=False).map(lambda x: float(f"{x:.9g}"))


@given(size=NUMBERS, entry=NUMBERS, leverage=NUMBERS, stop=NUMBERS, extra=NUMBERS)
def test_reading_an_edited_position_again_changes_no_figure(
    size: float, entry: float, leverage: float, stop: float, extra: float
) -> None:
    first = read().position
    assert first is not None
    held = replace(
        first,
        size=size,
        size_unit=SizeUnit.CONTRACTS,
        entry_price=entry,
        leverage=leverage,
        stop_price=stop,
        extra_margin=extra,
        side=Side.SHORT,
    )
    assert read_form(texts_of(held), INSTRUMENTS, "x", NOW_MS, held).position == held


@given(st.integers(1, 99_999).map(lambda points: points / 1_000_000))
def test_a_rate_survives_the_way_through_percent(rate: float) -> None:
    first = read().position
    assert first is not None
    held = replace(first, maintenance_margin_rate=rate)
    again = read_form(texts_of(held), INSTRUMENTS, "x", NOW_MS, held).position
    assert again is not None
    assert again.maintenance_margin_rate == rate


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (60_880.1, "60880.1"), (1e-7, "0.0000001"), (1e15, "1000000000000000")],
)
def test_a_number_is_written_as_one_would_type_it(value: float, text: str) -> None:
    assert number_text(value) == text


def test_a_note_is_one_plain_line() -> None:
    assert plain_note("a\u202eb\u200bc\nd\x00e") == "a b c d e"
    assert len(plain_note("x" * 9_999)) == MAX_NOTE_CHARACTERS


def test_a_symbol_that_a_recording_lacks_is_not_called_unlisted() -> None:
    form = PositionTexts(venue="okx", texts={Field.SYMBOL: "sol"})
    for listed, said in (
        ([instrument("binanceusdm", "BTC")], "okx is not in this recording"),
        ([instrument("okx", "BTC")], 'symbol "sol" is not in this recording, which has BTC of okx'),
    ):
        found = read_form(form, listed, "new", NOW_MS, recorded=True)
        assert said in found.faults[Field.SYMBOL]
    arriving = read_form(form, [], "new", NOW_MS, recorded=True).faults[Field.SYMBOL]
    assert "have not arrived yet" in arriving
