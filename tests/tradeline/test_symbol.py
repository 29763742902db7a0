"""Contract names as typed: what they mean alone and against a venue's listing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.instrument import ContractKind, Instrument
from dashboard.tradeline.symbol import (
    TypedSymbol,
    find_instrument,
    instrument_named,
    read_symbol,
)


def listed(
    symbol: str, market_id: str, *, multiplier: float = 1.0, active: bool = True
) -> Instrument:
    base, _, rest = symbol.partition("/")
    quoted, _, settled = rest.partition(":")
    coin = settled.split("-")[0]
    return Instrument(
        venue="somewhere",
        symbol=symbol,
        market_id=market_id,
        base=base,
        quote=quoted,
        settle=coin,
        kind=ContractKind.INVERSE if coin == base else ContractKind.LINEAR,
        multiplier=multiplier,
        active=active,
    )


LISTING = [
    listed("BTC/USD:BTC", "BTC-USD-SWAP"),
    listed("BTC/USDC:USDC", "BTCUSDC"),
    listed("BTC/USDT:USDT-261225", "BTCUSDT_261225"),
    listed("BTC/USDT:USDT", "BTCUSDT"),
    listed("ETH/USDC:USDC", "ETHUSDC"),
    listed("ETH/USD:ETH", "PI_ETHUSD"),
    listed("1000PEPE/USDT:USDT", "1000PEPEUSDT", multiplier=1000.0),
    listed("OLD/USDT:USDT", "OLDUSDT", active=False),
    listed("龙虾/USDT:USDT", "龙虾USDT"),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("btc", TypedSymbol("BTC")),
        ("XBT", TypedSymbol("BTC")),
        ("1000pepe", TypedSymbol("1000PEPE")),
        ("kPEPE", TypedSymbol("KPEPE")),
        ("BTCUSDT", TypedSymbol("BTC", "USDT")),
        ("btcusd", TypedSymbol("BTC", "USD")),
        ("USDT", TypedSymbol("USDT")),
        ("BTC/USDT", TypedSymbol("BTC", "USDT")),
        ("BTC/USDT:USDT", TypedSymbol("BTC", "USDT", "USDT")),
        ("btc/usd:btc", TypedSymbol("BTC", "USD", "BTC")),
        ("BTC/USDT:USDT-261225", TypedSymbol("BTC", "USDT", "USDT-261225")),
        ("XYZ-TSLA/USDC:USDC", TypedSymbol("XYZ-TSLA", "USDC", "USDC")),
        ("BTC-USD-SWAP", TypedSymbol("BTC", "USD")),
        ("BTC-USDT-SWAP", TypedSymbol("BTC", "USDT")),
        ("BTC-USD", TypedSymbol("BTC", "USD")),
        ("BTC-PERPETUAL", TypedSymbol("BTC", "USD")),
        ("SOL_USDC-PERPETUAL", TypedSymbol("SOL", "USDC")),
        ("BTC_USDT", TypedSymbol("BTC", "USDT")),
        ("BTCUSD_PERP", TypedSymbol("BTC", "USD")),
        ("XBTUSDTM", TypedSymbol("BTC", "USDT")),
        ("XBTUSDM", TypedSymbol("BTC", "USD")),
        ("PI_XBTUSD", TypedSymbol("BTC", "USD")),
        ("PF_ETHUSD", TypedSymbol("ETH", "USD", "USD")),
        ("龙虾", TypedSymbol("龙虾")),
    ],
)
def test_names_of_all_venues_are_read(text: str, expected: TypedSymbol) -> None:
    assert read_symbol(text) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "0.5", "64200", "@btc", "btc usdt", "/", "BTC/", "BTC:USDT", "b\x00tc", "-",
             "x" * 41, "\u202eBTC", "$btc"]
)  # fmt: skip
def test_what_names_no_contract_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no contract name") as caught:
        read_symbol(text)
    assert caught.value.field == "symbol"


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("btc", "BTC/USDT:USDT"),
        ("xbt", "BTC/USDT:USDT"),
        ("BTCUSDT", "BTC/USDT:USDT"),
        ("btc/usdt:usdt", "BTC/USDT:USDT"),
        ("BTC/USDT", "BTC/USDT:USDT"),
        ("BTC/USDT:USDT-261225", "BTC/USDT:USDT-261225"),
        ("BTCUSDT_261225", "BTC/USDT:USDT-261225"),
        ("BTC/USDC", "BTC/USDC:USDC"),
        ("BTC-USD-SWAP", "BTC/USD:BTC"),
        ("btcusd", "BTC/USD:BTC"),
        ("eth", "ETH/USDC:USDC"),
        ("ETHUSD", "ETH/USD:ETH"),
        ("1000pepe", "1000PEPE/USDT:USDT"),
        ("old", "OLD/USDT:USDT"),
        ("龙虾", "龙虾/USDT:USDT"),
    ],
)
def test_a_listing_settles_what_a_name_means(text: str, symbol: str) -> None:
    assert find_instrument(text, LISTING).symbol == symbol


def test_a_coin_sold_in_bundles_is_not_taken_for_one_coin() -> None:
    with pytest.raises(InputError, match=r'"pepe" is not listed but 1000PEPE is, at 1000 PEPE'):
        find_instrument("pepe", LISTING)


def test_an_unlisted_contract_is_refused() -> None:
    with pytest.raises(InputError, match=r'symbol "doge" is not listed$'):
        find_instrument("doge", LISTING)


def test_two_contracts_that_fit_equally_are_named() -> None:
    twins = [listed("BTC/EUR:EUR", "A"), listed("BTC/GBP:GBP", "B")]
    with pytest.raises(InputError, match="could be BTC/EUR:EUR or BTC/GBP:GBP"):
        find_instrument("btc", twins)


@pytest.mark.parametrize(
    ("text", "venue", "kind", "symbol"),
    [
        ("btc", "binanceusdm", None, "BTC/USDT:USDT"),
        ("btc", "hyperliquid", None, "BTC/USDC:USDC"),
        ("btc", "binancecoinm", None, "BTC/USD:BTC"),
        ("btc", "deribit", None, "BTC/USD:BTC"),
        ("btc", "bybit", ContractKind.INVERSE, "BTC/USD:BTC"),
        ("btc", "binancecoinm", ContractKind.LINEAR, "BTC/USDT:USDT"),
        ("BTC-USD-SWAP", "okx", None, "BTC/USD:BTC"),
        ("BTC-USD", "dydx", None, "BTC/USD:USDC"),
        ("BTCUSDC", "bybit", None, "BTC/USDC:USDC"),
        ("BTC/USDT:USDT-261225", "binanceusdm", None, "BTC/USDT:USDT-261225"),
        ("BTC/USD:BTC", "bybit", ContractKind.INVERSE, "BTC/USD:BTC"),
        ("BTC/USD", "bybit", ContractKind.LINEAR, "BTC/USD:USDT"),
        ("PF_XBTUSD", "krakenfutures", None, "BTC/USD:USD"),
        ("PI_XBTUSD", "krakenfutures", None, "BTC/USD:BTC"),
    ],
)
def test_without_a_listing_a_name_means_the_venues_usual_contract(
    text: str, venue: str, kind: ContractKind | None, symbol: str
) -> None:
    instrument = instrument_named(text, venue, kind)
    assert instrument.symbol == symbol
    assert instrument.kind is (kind or instrument.kind)
    assert (instrument.kind is ContractKind.INVERSE) == (instrument.settle == instrument.base)


def test_a_kind_that_contradicts_the_name_is_refused() -> None:
    with pytest.raises(InputError, match="kind inverse does not fit") as caught:
        instrument_named("BTC/USDT:USDT", "bybit", ContractKind.INVERSE)
    assert caught.value.field == "kind"
    with pytest.raises(InputError, match="kind linear does not fit"):
        instrument_named("BTC/USD:BTC", "bybit", ContractKind.LINEAR)


@given(st.text(max_size=60))
def test_any_text_is_a_contract_name_or_an_input_error(text: str) -> None:
    try:
        outcome = instrument_named(text, "bybit").symbol
    except InputError as error:
        outcome = error.user_message
    assert outcome.isprintable()
