"""Positions written as lines read back as the same trade."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.account import MarginMode, Position, Side, SizeUnit
from dashboard.tradeline.line import parse_trade_line
from dashboard.tradeline.position import position_of
from dashboard.tradeline.written import line_of
from tests.tradeline.test_line import INSTRUMENT

NUMBERS = st.floats(min_value=1e-6, max_value=1e9).map(lambda value: float(f"{value:.8g}"))


@st.composite
def positions(draw: st.DrawFn) -> Position:
    side = draw(st.sampled_from(list(Side)))
    low, high = sorted(draw(st.tuples(NUMBERS, NUMBERS)))
    stop, target = (low, high) if side is Side.LONG else (high, low)
    exits = draw(st.booleans()) and low < high
    mode = draw(st.sampled_from(list(MarginMode)))
    isolated = mode is MarginMode.ISOLATED
    return Position(
        id="p",
        instrument=INSTRUMENT,
        side=side,
        size=draw(NUMBERS),
        size_unit=draw(st.sampled_from(list(SizeUnit))),
        entry_price=draw(NUMBERS),
        margin_mode=mode,
        leverage=draw(NUMBERS if isolated else NUMBERS | st.none()),
        stop_price=stop if exits else None,
        take_profit_price=target if exits else None,
        extra_margin=draw(st.just(0.0) | NUMBERS),
    )


@given(positions())
def test_a_position_reads_back_from_its_line(position: Position) -> None:
    line = parse_trade_line(line_of(position))
    assert line.venue == position.instrument.venue
    assert line.symbol == position.instrument.symbol
    assert position_of(line, INSTRUMENT, "p", None) == position


def test_what_a_line_has_no_word_for_is_left_out() -> None:
    held = Position(
        id="p", instrument=INSTRUMENT, side=Side.SHORT, size=0.5, size_unit=SizeUnit.BASE,
        entry_price=64_200.0, margin_mode=MarginMode.CROSS, note="mine", taker_fee=0.0004,
    )  # fmt: skip
    assert line_of(held) == "short binanceusdm:BTC/USDT:USDT 0.5 @64200 cross"
    assert line_of(replace(held, leverage=3.0)).endswith("x3 cross")
