"""Trade lines: each reads as the exact trade or as the exact error at the exact word."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.account import MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import ContractKind, Instrument
from dashboard.tradeline.line import EXAMPLE, TradeLine, TradeLineError, parse_trade_line
from dashboard.tradeline.position import position_of

BTC_LONG = {
    "side": Side.LONG,
    "symbol": "btc",
    "size": 0.5,
    "size_unit": SizeUnit.BASE,
    "entry_price": 64_200.0,
    "margin_mode": MarginMode.ISOLATED,
    "leverage": 10.0,
}

READ: list[tuple[str, dict[str, Any]]] = [
    (EXAMPLE, {"stop_price": 62_000.0, "take_profit_price": 68_000.0}),
    ("long btc 0.5 @64200 x10 iso", {}),
    ("LONG btc 0.5 @64200 X10 ISO", {}),
    ("long btc 0.5 iso x10 @64200", {}),
    ("long btc 0.5 @ 64200 10x isolated", {}),
    ("long btc 0.5 @64200 ×10 iso", {}),
    ("  long   btc\t0.5 @64200 x10 iso \n", {}),
    ("long btc 0,5 @64200 x10 iso", {}),
    ("long btc .5 @64200,0 x10 iso", {}),
    ("long btc 0.5 @64\u202f200 x10 iso", {}),
    ("long btc 0.5 @64200 x12.5 iso", {"leverage": 12.5}),
    ("short btc 0.5 @64200 x10 iso", {"side": Side.SHORT}),
    ("short btc 0.5 @64200 x10 iso sl 66000 tp 60000",
     {"side": Side.SHORT, "stop_price": 66_000.0, "take_profit_price": 60_000.0}),
    ("long btc 0.5 @market x10 iso", {"entry_price": None}),
    ("long btc 0.5 @ market x10 iso", {"entry_price": None}),
    ("long btc 0.5 market x10 iso", {"entry_price": None}),
    ("long btc 0.5 MARKET x10 iso", {"entry_price": None}),
    ("long btc 30k$ @64200 x10 iso", {"size": 30_000.0, "size_unit": SizeUnit.QUOTE}),
    ("long btc 1.5M$ @64200 x10 iso", {"size": 1.5e6, "size_unit": SizeUnit.QUOTE}),
    ("long btc 30000usdt @64200 x10 iso", {"size": 3e4, "size_unit": SizeUnit.QUOTE}),
    ("long btc 30000USDC @64200 x10 iso", {"size": 3e4, "size_unit": SizeUnit.QUOTE}),
    ("long btc 30kusd @64200 x10 iso", {"size": 3e4, "size_unit": SizeUnit.QUOTE}),
    ("long btc 120ct @64200 x10 iso", {"size": 120.0, "size_unit": SizeUnit.CONTRACTS}),
    ("long btc 2k @64200 x10 iso", {"size": 2_000.0}),
    ("long btc 0.5 @64200 cross", {"margin_mode": MarginMode.CROSS, "leverage": None}),
    ("long btc 0.5 @64200 x10 cross wallet 10000",
     {"margin_mode": MarginMode.CROSS, "wallet_balance": 10_000.0}),
    ("long btc 0.5 @64200 x10 cross wallet 0",
     {"margin_mode": MarginMode.CROSS, "wallet_balance": 0.0}),
    ("long btc 0.5 @64200 x10 iso +margin 500", {"extra_margin": 500.0}),
    ("long btc 0.5 @64200 x10 iso +MARGIN 0", {"extra_margin": 0.0}),
    ("long btc 0.5 @64200 x10 iso sl 65000", {"stop_price": 65_000.0}),
    ("long btc 0.5 @64200 x10 iso tp 68000", {"take_profit_price": 68_000.0}),
    ("long BTCUSDT 0.5 @64200 x10 iso", {"symbol": "BTCUSDT"}),
    ("long BTC/USDT:USDT 0.5 @64200 x10 iso", {"symbol": "BTC/USDT:USDT"}),
    ("long BTC-USD-SWAP 120ct @64200 x10 iso",
     {"symbol": "BTC-USD-SWAP", "size": 120.0, "size_unit": SizeUnit.CONTRACTS}),
    ("long 1000pepe 0.5 @64200 x10 iso", {"symbol": "1000pepe"}),
    ("long okx:btc 0.5 @64200 x10 iso", {"venue": "okx"}),
    ("long OKX:BTC/USDT:USDT 0.5 @64200 x10 iso", {"venue": "okx", "symbol": "BTC/USDT:USDT"}),
    ("long okx btc 0.5 @64200 x10 iso", {"venue": "okx"}),
    ("long binance btc 0.5 @64200 x10 iso", {"venue": "binanceusdm"}),
    ("long hl btc 0.5 @64200 x10 iso", {"venue": "hyperliquid"}),
    ("long okx okx:btc 0.5 @64200 x10 iso", {"venue": "okx"}),
    ("long btc 0.5 @64200 x10 iso bybit", {"venue": "bybit"}),
    ("long okx 0.5 @64200 x10 iso", {"symbol": "okx"}),
    ("long btc 0.5 btc @64200 x10 iso", {}),
    ("long btc 0.5 coins @64200 x10 iso", {}),
    ("long btc 30k usdt @64200 x10 iso", {"size": 3e4, "size_unit": SizeUnit.QUOTE}),
    ("long btc 120 contracts @64200 x10 iso", {"size": 120.0, "size_unit": SizeUnit.CONTRACTS}),
    ("long btc 1,234.5 @64200 x10 iso", {"size": 1234.5}),
    ("long btc 0.5 @64,200.00 x10 iso", {}),
    ("long btc 0.5 @64.2k x10 iso", {}),
    ("long btc 0.5 mark x10 iso", {"entry_price": None}),
    ("long btc 0.5 @64200 x10 iso stop 62k target 68k",
     {"stop_price": 62_000.0, "take_profit_price": 68_000.0}),
    ("long btc 2% risk @64200 x10 iso sl 62000",
     {"size": None, "risk_fraction": 0.02, "stop_price": 62_000.0}),
    ("long btc 0,7%risk @64200 x10 iso sl 62000",
     {"size": None, "risk_fraction": 0.007, "stop_price": 62_000.0}),
    ("long btc risk 2% @64200 x10 iso sl 62000",
     {"size": None, "risk_fraction": 0.02, "stop_price": 62_000.0}),
]  # fmt: skip

REFUSED = [
    ("", "side", "", "side is missing"),
    ("   ", "side", "", "side is missing"),
    ("buy btc 0.5 @64200 x10 iso", "side", "buy", 'side must be long or short, not "buy"'),
    ("btc long 0.5", "side", "btc", "side must be long or short"),
    ("long", "symbol", "", "symbol is missing"),
    ("long 0.5 btc @64200 x10 iso", "symbol", "0.5", 'symbol "0.5" is no contract name'),
    ("long @64200", "symbol", "@64200", "is no contract name"),
    ("long btc", "size", "", "size is missing"),
    ("long btc @64200 x10 iso", "size", "@64200", 'size "@64200" is not a number'),
    ("long btc 0 @64200 x10 iso", "size", "0", "size must be above 0"),
    ("long btc -1 @64200 x10 iso", "size", "-1", "size must be above 0"),
    ("long btc abc @64200 x10 iso", "size", "abc", "size"),
    ("long btc 1e400 @64200 x10 iso", "size", "1e400", "size"),
    ("long btc nan @64200 x10 iso", "size", "nan", "size"),
    ("long btc 1.23,4.5 @64200 x10 iso", "size", "1.23,4.5", "more than one point or comma"),
    ("long btc 2% @64200 x10 iso sl 62000", "size", "2%", "is a share of nothing; write 2% risk"),
    ("long btc 0% risk @64200 x10 iso sl 62000", "size", "0%", "risk must be above 0"),
    ("long btc 100% risk @64200 x10 iso sl 62000", "size", "100%", "risk must be below 100%"),
    ("long btc 1e1%risk @64200 x10 iso", "size", "1e1%risk", 'risk "1e1" is not a number'),
    ("long btc risk", "size", "", "risk needs a share of the account"),
    ("long btc 2% risk @64200 x10 iso", "stop_price", "", "stop price is missing; a size by risk"),
    ("long bitmex:btc 0.5 @64200 x10 iso", "symbol", "bitmex:btc", 'venue "bitmex" is not known'),
    ("long okx bybit:btc 1 @1 x10 iso", "symbol", "bybit:btc", "venue stands twice, as okx too"),
    ("long okx:btc 1 @1 x10 iso bybit", "venue", "bybit", "venue stands twice"),
    ("long okx:0.5 1 @1 x10 iso", "symbol", "okx:0.5", "is no contract name"),
    ("long btc 0.5 eth @1 x10 iso", "trade_line", "eth", '"eth" is not understood'),
    ("long <b>btc</b> 0.5 @1 x10 iso", "symbol", "<b>btc</b>", "is no contract name"),
    ("long btc\u202e 0.5 @1 x10 iso", "symbol", "btc\u202e", 'symbol "btc " is no contract name'),
    ("long btc 0.5 @" + "9" * 250 + " x10 iso", "entry_price", "@" + "9" * 250, "more than 30 dig"),
    ("long btc 1,234 @64200 x10 iso", "size", "1,234", "could be 1.234 or 1234"),
    ("long btc ct @64200 x10 iso", "size", "ct", "size is empty"),
    ("long btc 0.5 @64,200 x10 iso", "entry_price", "@64,200", "could be 64.200 or 64200"),
    ("long btc 0.5 @0 x10 iso", "entry_price", "@0", "entry price must be above 0"),
    ("long btc 0.5 @64M x10 iso", "entry_price", "@64M", 'entry price "64M" is not a number'),
    ("long btc 0.5 @", "entry_price", "", "@ needs a price after it, or market"),
    ("long btc 0.5 x10 iso", "entry_price", "", "entry price is missing"),
    ("long btc 0.5 @64200 @64300 x10 iso", "entry_price", "@64300", "entry price stands twice"),
    ("long btc 0.5 @64200 market x10 iso", "entry_price", "market", "entry price stands twice"),
    ("long btc 0.5 @64200 x0 iso", "leverage", "x0", "leverage must be above 0"),
    ("long btc 0.5 @64200 x-5 iso", "leverage", "x-5", "leverage must be above 0"),
    ("long btc 0.5 @64200 x iso", "leverage", "x", "leverage is empty"),
    ("long btc 0.5 @64200 xten iso", "leverage", "xten", 'leverage "ten" is not a number'),
    ("long btc 0.5 @64200 x10 20x iso", "leverage", "20x", "leverage stands twice"),
    ("long btc 0.5 @64200 iso", "leverage", "", "leverage is missing; iso needs it"),
    ("long btc 0.5 @64200 x10", "margin_mode", "", "margin mode is missing"),
    ("long btc 0.5 @64200 x10 iso cross", "margin_mode", "cross", "margin mode stands twice"),
    ("long btc 0.5 @64200 x10 iso sl", "stop_price", "", "sl needs a number after it"),
    ("long btc 0.5 @64200 x10 iso sl tp 68000", "stop_price", "tp", 'stop price "tp" is not'),
    ("long btc 0.5 @64200 x10 iso sl 1 sl 2", "stop_price", "sl", "stop price stands twice"),
    ("long btc 0.5 @64200 x10 iso tp -5", "take_profit_price", "-5", "must be above 0"),
    ("long btc 0.5 @64200 x10 iso sl 69000 tp 68000", "stop_price", "",
     "stop price 69000 must lie below take-profit price 68000 for a long"),
    ("short btc 0.5 @64200 x10 iso sl 60000 tp 68000", "stop_price", "",
     "stop price 60000 must lie above take-profit price 68000 for a short"),
    ("long btc 0.5 @64200 x10 iso +margin -5", "extra_margin", "-5", "must be 0 or more"),
    ("long btc 0.5 @64200 x10 cross wallet 10k", "wallet_balance", "10k", "is not a number"),
    ("long btc 0.5 @64200 x10 iso sl62000", "trade_line", "sl62000", "is not understood"),
    ("long btc 0.5 @64200 x10 iso please", "trade_line", "please", "is not understood"),
    ("long btc 0.5 @64200 x10 iso +500", "trade_line", "+500", "is not understood"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "changes"), READ, ids=[text for text, _ in READ])
def test_reads_as_exactly_this_trade(text: str, changes: dict[str, Any]) -> None:
    assert parse_trade_line(text) == TradeLine(**{**BTC_LONG, **changes})


@pytest.mark.parametrize(
    ("text", "field", "word", "message"), REFUSED, ids=[text or "empty" for text, *_ in REFUSED]
)
def test_refuses_and_points_at_the_wrong_word(
    text: str, field: str, word: str, message: str
) -> None:
    with pytest.raises(TradeLineError) as caught:
        parse_trade_line(text)
    error = caught.value
    assert error.field == field
    assert text[error.start : error.end] == word
    assert message in error.user_message
    if not word:
        assert error.start == error.end == len(text)


def test_a_repeated_word_is_pointed_at_where_it_repeats() -> None:
    text = "long btc 0.5 @64200 x10 iso sl 1 sl 2"
    with pytest.raises(TradeLineError) as caught:
        parse_trade_line(text)
    assert caught.value.start == text.rindex("sl")


def test_a_line_too_long_to_be_a_trade_is_not_read() -> None:
    with pytest.raises(TradeLineError, match="has 5000 characters; at most 300"):
        parse_trade_line("x" * 5_000)


@given(
    st.text(max_size=400)
    | st.lists(
        st.sampled_from(
            [*EXAMPLE.split(), "cross", "market", "+margin", "wallet", "30k$", "120ct", "x", "@",
             "short", "×", "0", "2%", "risk", "okx", "okx:btc", ":", "%", "usdt",
             "1.234,5", "\u202e",
             "9" * 300, "<b>", "\N{MINUS SIGN}1", "\x00", "９", "x" * 50, "long long"]
        ),
        max_size=14,
    ).map(" ".join)
)  # fmt: skip
def test_any_text_is_a_trade_or_an_input_error(text: str) -> None:
    try:
        outcome = repr(parse_trade_line(text))
    except InputError as error:
        outcome = error.user_message
    assert outcome
    assert outcome.isprintable()


INSTRUMENT = Instrument(
    venue="binanceusdm",
    symbol="BTC/USDT:USDT",
    market_id="BTCUSDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    kind=ContractKind.LINEAR,
)


def test_a_line_becomes_a_position_of_the_contract() -> None:
    line = parse_trade_line(EXAMPLE + " +margin 500")
    assert position_of(line, INSTRUMENT, "p1", market_price=None) == Position(
        id="p1",
        instrument=INSTRUMENT,
        side=Side.LONG,
        size=0.5,
        size_unit=SizeUnit.BASE,
        entry_price=64_200.0,
        margin_mode=MarginMode.ISOLATED,
        leverage=10.0,
        extra_margin=500.0,
        stop_price=62_000.0,
        take_profit_price=68_000.0,
    )


def test_a_size_by_risk_is_filled_in_or_asked_for() -> None:
    line = parse_trade_line("long btc 2% risk @64200 x10 iso sl 62000")
    assert position_of(line, INSTRUMENT, "p1", None, quantity_for_risk=0.3).size == 0.3
    with pytest.raises(InputError, match="write the size itself") as caught:
        position_of(line, INSTRUMENT, "p1", None)
    assert caught.value.field == "size"


def test_a_venue_that_is_not_enabled_is_no_venue() -> None:
    with pytest.raises(TradeLineError, match='"okx" is not understood'):
        parse_trade_line("long btc 0.5 @64200 x10 iso okx", venues=("bybit",))


def test_a_market_order_enters_at_the_market_price_or_asks_for_one() -> None:
    line = parse_trade_line("long btc 0.5 market x10 iso")
    assert position_of(line, INSTRUMENT, "p1", market_price=63_000.0).entry_price == 63_000.0
    with pytest.raises(InputError, match="no price of BTC/USDT:USDT is known") as caught:
        position_of(line, INSTRUMENT, "p1", market_price=None)
    assert caught.value.field == "entry_price"
