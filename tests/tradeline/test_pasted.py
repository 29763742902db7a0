"""Pasted rows of exchanges, CSV and trade lines: each good row exact, each bad row a sentence."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.account import MarginMode, Side, SizeUnit
from dashboard.tradeline.line import EXAMPLE, TradeLine
from dashboard.tradeline.pasted import read_pasted
from dashboard.tradeline.table import MAX_ROWS

LONG: dict[str, Any] = {
    "side": Side.LONG,
    "symbol": "BTCUSDT",
    "size": 0.5,
    "size_unit": SizeUnit.BASE,
    "entry_price": 64_200.5,
    "margin_mode": MarginMode.ISOLATED,
    "leverage": 10.0,
}

BINANCE = (
    "Symbol\tSize\tEntry Price\tBreak Even Price\tMark Price\tLiq.Price\tMargin Ratio\tMargin\t"
    "PNL(ROI %)\n"
    "BTCUSDT Perp 10x\t0.500 BTC\t64,200.5\t64,232.6\t64,500.0\t58,100.0\t1.2%\t"
    "3,210.03 USDT (Isolated)\t+149.75 USDT (+4.66%)\n"
    "ETHUSDT Perp 5x\t\N{MINUS SIGN}2.000 ETH\t3,100.00\t3,098.0\t3,050.1\t3,600\t0.8%\t"
    "1,240.00 USDT (Cross)\t+99.80 USDT (+8.0%)\n"
)
BYBIT = (
    "Contracts\tQty\tValue\tEntry Price\tMark Price\tLiq. Price\tIM\tMM\n"
    "BTCUSDT Isolated 10.00x\t0.5\t32,250.00 USDT\t64,200.50\t64,500.00\t58,000.00\t3,225\t160\n"
)
BYBIT_BARE = "BTCUSDT  Isolated 10.00x  0.5\n"
OKX = (
    "BTCUSDT Perp Long Isolated 10x    0.5 BTC    64,200.5    64,500.0    58,050.2    +149.75\n"
    "ETHUSDT Perp Short Cross 5x    12 Cont    3,100.2    3,050.1    3,600.4    +99.80\n"
)
HYPERLIQUID = (
    "Coin\tSize\tPosition Value\tEntry Price\tMark Price\tPNL (ROE %)\tLiq. Price\tMargin\tTP/SL\n"
    "BTC 10x\t0.5 BTC\t$32,250.00\t64,200.5\t64,500.0\t+$149.75 (+4.7%)\t58,040\t"
    "$3,210.03 (Isolated)\t68,000 / 62,000\n"
)
HYPERLIQUID_BARE = (
    "BTC 10x\t0.5 BTC\t$32,250.00\t64,200.5\t64,500.0\t+$149.75 (+4.7%)\t58,040\t"
    "$3,210.03 (Isolated)\t--\n"
)
CSV = (
    "symbol,side,size,entry price,leverage,margin mode,stop,take profit,venue\n"
    'BTCUSDT,long,0.5,"64,200.5",10,isolated,62000,68000,bybit\n'
    "SOLUSDT,short,25,150.25,5x,cross,,,\n"
)
SEMICOLONS = "symbol;size;entry;leverage;mode\nBTCUSDT;0,5;64200,5;10;iso\n"

READ: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("binance", BINANCE, [
        LONG,
        {**LONG, "side": Side.SHORT, "symbol": "ETHUSDT", "size": 2.0, "entry_price": 3_100.0,
         "margin_mode": MarginMode.CROSS, "leverage": 5.0},
    ]),
    ("bybit", BYBIT, [LONG]),
    ("bybit without header", BYBIT.split("\n", 1)[1], [LONG]),
    ("okx by wide gaps", OKX, [
        LONG,
        {**LONG, "side": Side.SHORT, "symbol": "ETHUSDT", "size": 12.0,
         "size_unit": SizeUnit.CONTRACTS, "entry_price": 3_100.2,
         "margin_mode": MarginMode.CROSS, "leverage": 5.0},
    ]),
    ("hyperliquid", HYPERLIQUID,
     [{**LONG, "symbol": "BTC", "stop_price": 62_000.0, "take_profit_price": 68_000.0}]),
    ("hyperliquid without header", HYPERLIQUID_BARE, [{**LONG, "symbol": "BTC"}]),
    ("csv", CSV, [
        {**LONG, "stop_price": 62_000.0, "take_profit_price": 68_000.0, "venue": "bybit"},
        {**LONG, "side": Side.SHORT, "symbol": "SOLUSDT", "size": 25.0, "entry_price": 150.25,
         "margin_mode": MarginMode.CROSS, "leverage": 5.0},
    ]),
    ("csv with decimal commas", SEMICOLONS, [LONG]),
    ("trade lines", "long btc 0.5 @64200.5 x10 iso\n\nlong okx:btc 0.5 @64,200.50 x10 iso\n", [
        {**LONG, "symbol": "btc"}, {**LONG, "symbol": "btc", "venue": "okx"},
    ]),
    ("a venue before the symbol", "okx BTCUSDT\t0.5\t64200.5\t10x iso", [{**LONG, "venue": "okx"}]),
    ("a venue of its own cell", "okx\tBTCUSDT\t0.5\t64200.5\t10x iso", [{**LONG, "venue": "okx"}]),
    ("thousands that another cell explains", "BTCUSDT\t0.5\t64,200\t10x iso\t1,234.5", [
        {**LONG, "entry_price": 64_200.0},
    ]),
    ("a perpetual of one word", "BTCUSDTPERP\t0.5\t64200.5\t10x iso", [LONG]),
    ("a size with k", "BTCUSDT\t2k\t64200.5\t10x iso", [{**LONG, "size": 2_000.0}]),
]  # fmt: skip

REFUSED = [
    ("BTCUSDT\t0.5\t64,200\t10x iso", 'entry price "64,200" could be'),
    ("BTCUSDT\tmany\t64200\t10x iso", 'size "many" is not a number'),
    ("BTCUSDT\t0.5", "entry price is missing behind the size"),
    ("BTCUSDT\t0.5\t64200\tiso", "leverage is missing; an isolated position needs it"),
    ("BTCUSDT\t0.5\t64200\t10x", "the row says neither cross nor isolated"),
    ("BTCUSDT\t0.5\t64200\t10x cross isolated", "the row says cross and isolated"),
    ("BTCUSDT\t0\t64200\t10x cross", "size must be above 0: this row holds no position"),
    ("BTCUSDT\t0.5\t0\t10x cross", "entry price must be above 0"),
    ("BTCUSDT Long\t-0.5\t64200\t10x cross", "the row says long but its size is below 0"),
    ("BTCUSDT Long\t0.5\t64200\t10x cross Sell", "the row says long and short"),
    ("\t0.5\t64200\t10x cross", "symbol"),
    ("<b>x</b>\t0.5\t64200\t10x cross", "is no contract name"),
    ("BTCUSDT\t" + "9" * 300 + "\t64200\t10x cross", "size has more than 30 digits"),
    ("symbol,size,entry,mode,venue\nBTC,1,2,cross,mtgox", 'venue "mtgox" is not known'),
    ("symbol,size,entry,mode\nBTC,1,-2,cross", 'entry price must be above 0, not "-2"'),
    ("symbol,size,entry,mode\nBTC,1,,cross", "entry price is missing in this row"),
    ("long btc 0.5 @", "@ needs a price after it, or market"),
]


@pytest.mark.parametrize(("text", "trades"), [r[1:] for r in READ], ids=[r[0] for r in READ])
def test_rows_are_read_as_exactly_these_trades(text: str, trades: list[dict[str, Any]]) -> None:
    rows = read_pasted(text)
    assert [row.fault for row in rows] == [""] * len(trades)
    assert [row.line for row in rows] == [TradeLine(**trade) for trade in trades]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_a_row_that_says_no_position_says_why(text: str, sentence: str) -> None:
    (row,) = read_pasted(text)
    assert row.line is None
    assert sentence in row.fault


def test_an_isolated_row_without_leverage_stands_on_its_margin() -> None:
    text = "symbol,size,entry,mode,margin\nBTCUSDT,0.5,64200.5,isolated,3210.5\n"
    (row,) = read_pasted(text)
    assert row.margin == 3_210.5
    assert row.line is not None
    assert row.line.leverage is None


def test_bad_rows_leave_the_good_ones_standing() -> None:
    good = [f"BTCUSDT\t0.{n}\t64200.5\t10x iso" for n in range(1, 18)]
    bad = ["BTCUSDT\tx\t64200.5\t10x iso", "<img src=x>", "BTCUSDT\t1\t1,234\t3x cross"]
    rows = read_pasted("\r\n".join([*good[:5], bad[0], *good[5:9], bad[1], *good[9:], bad[2]]))
    assert [row.number for row in rows if row.fault] == [6, 11, 20]
    assert sum(row.line is not None for row in rows) == len(good)


def test_nothing_pasted_is_no_row_and_a_book_of_rows_has_an_end() -> None:
    assert read_pasted(" \n\t\n") == []
    assert len(read_pasted((EXAMPLE + "\n") * (MAX_ROWS + 9))) == MAX_ROWS


def test_a_broken_quote_in_a_csv_row_spoils_that_row_alone() -> None:
    rows = read_pasted(CSV + 'BTCUSDT,long,"0.5,64200,10,isolated,,,\n')
    assert [bool(row.fault) for row in rows] == [False, False, True]


CELL = st.text(max_size=20) | st.sampled_from(
    ["BTCUSDT", "0.5", "64,200.5", "-2", "10x", "cross", "iso", "Long", "$1", "(", "\u202e",
     "tp/sl", "symbol", "size", "entry", "9" * 300, "<b>", '"', "1,234", "usdt"]
)  # fmt: skip


@given(st.lists(st.lists(CELL, max_size=8), max_size=5), st.sampled_from(["\t", ",", ";", "  "]))
def test_any_pasted_text_is_rows_or_sentences(rows: list[list[str]], delimiter: str) -> None:
    for row in read_pasted("\n".join(delimiter.join(cells) for cells in rows)):
        assert (row.line is None) == bool(row.fault)
        assert row.fault.isprintable()


@given(st.floats(min_value=1e-6, max_value=1e9), st.floats(min_value=1e-6, max_value=1e9))
def test_numbers_written_as_exchanges_do_are_never_off(size: float, entry: float) -> None:
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(["symbol", "size", "entry price", "leverage", "mode"])
    writer.writerow(["BTCUSDT", f"{size:,.8f}", f"{entry:,.8f}", "10", "iso"])
    (row,) = read_pasted(sheet.getvalue())
    said = (f"{size:.8f}", f"{entry:.8f}")
    if float(said[0]) and float(said[1]):
        assert row.line is not None, row.fault
        assert (row.line.size, row.line.entry_price) == tuple(map(float, said))
