"""Contracts that settle in their coin, from the venue's listing to the liquidation price."""

from __future__ import annotations

import asyncio
import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from dashboard.market.account import Balance, Book, Position, SizeUnit
from dashboard.market.instrument import ContractKind, Instrument, MarginTier, TierUnit
from dashboard.market.readings import RatioSeries, SeriesKind
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.tradeline.line import parse_trade_line
from dashboard.tradeline.position import position_of
from dashboard.tradeline.symbol import find_instrument
from dashboard.venues.answers import Facts
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.instruments import instruments_from
from tests.risk.builders import NO_TIERS, NOW
from tests.venues.asking import ABSURD, by_type, call_of, documented, read, reasons
from widgets.dialogs.position_form import Field, PositionTexts, read_form

LISTED: Mapping[str, Sequence[Any]] = {
    "binancecoinm": documented("binancecoinm", "exchangeInfo")["symbols"],
    "okx": documented("okx", "instruments")["data"],
    "bybit": documented("bybit", "inverseInstruments")["result"]["list"],
}
INTEREST_NOW_MS = 1_664_005_109_000
TICKER = documented("bybit", "inverseTickers")
TICKER_NOW_MS = 1_672_376_496_682


@cache
def listed(venue: str) -> tuple[Instrument, ...]:
    """The contracts of a recorded or documented listing, read by ccxt's own class."""
    import ccxt.async_support

    async def markets() -> list[Mapping[str, object]]:
        exchange: Any = getattr(ccxt.async_support, venue)()
        if venue != "bybit":
            return [exchange.parse_market(row) for row in LISTED[venue]]

        async def answer(params: Mapping[str, object]) -> object:
            rows = [] if "status" in params else LISTED[venue]
            return {"result": {"category": "inverse", "list": rows}}

        exchange.publicGetV5MarketInstrumentsInfo = answer
        found: list[Mapping[str, object]] = await exchange.fetch_future_markets({})
        return found

    return tuple(instruments_from(CATALOGUE[venue], asyncio.run(markets()), Facts()))


@pytest.mark.parametrize(
    ("venue", "symbol", "market_id", "usd"),
    [
        ("binancecoinm", "BTC/USD:BTC", "BTCUSD_PERP", 100.0),
        ("binancecoinm", "ETH/USD:ETH", "ETHUSD_PERP", 10.0),
        ("okx", "BTC/USD:BTC", "BTC-USD-SWAP", 100.0),
        ("okx", "ETH/USD:ETH", "ETH-USD-SWAP", 10.0),
        ("bybit", "BTC/USD:BTC", "BTCUSD", 1.0),
    ],
)
def test_an_inverse_contract_has_its_value_in_usd(
    venue: str, symbol: str, market_id: str, usd: float
) -> None:
    (found,) = [one for one in listed(venue) if one.symbol == symbol]
    assert (found.kind, found.settle, found.market_id) == (
        ContractKind.INVERSE,
        found.base,
        market_id,
    )
    assert (found.contract_size, found.quote) == (usd, "USD")


def test_dated_contracts_are_left_out() -> None:
    assert [one.market_id for one in listed("binancecoinm")] == ["BTCUSD_PERP", "ETHUSD_PERP"]


def test_linear_and_inverse_swaps_of_one_listing_are_told_apart() -> None:
    kinds = {one.market_id: one.kind for one in listed("okx")}
    assert kinds == {
        "BTC-USDT-SWAP": ContractKind.LINEAR,
        "BTC-USD-SWAP": ContractKind.INVERSE,
        "ETH-USD-SWAP": ContractKind.INVERSE,
    }


def test_bybits_least_order_is_not_taken_for_the_contract() -> None:
    market = {"inverse": True, "contractSize": 10.0}
    assert CATALOGUE["bybit"].contract_size(market) == 1.0


def bitcoin(venue: str) -> Instrument:
    return next(one for one in listed(venue) if one.symbol == "BTC/USD:BTC")


INVERSE_TICKERS = call_of("bybit", "category=inverse")


def test_bybits_inverse_open_interest_times_mark_is_its_value() -> None:
    told = by_type(read(INVERSE_TICKERS, [TICKER], bitcoin("bybit"), TICKER_NOW_MS).readings)
    interest = told["OpenInterest"]
    assert (interest.coin, interest.usd) == (22505.67, 373_504_107.0)
    assert interest.coin * told["MarkPrice"].mark == pytest.approx(interest.usd, rel=1e-6)
    assert told["Ticker"].volume_24h_quote == 49_337_318.0
    assert told["FundingRate"].predicted == -0.001034


def test_bybits_value_in_coin_follows_from_the_mark_where_it_is_not_given() -> None:
    answer = copy.deepcopy(TICKER)
    answer["result"]["list"][0]["openInterestValue"] = ""
    told = by_type(read(INVERSE_TICKERS, [answer], bitcoin("bybit"), TICKER_NOW_MS).readings)
    assert told["OpenInterest"].coin == pytest.approx(22505.67, rel=1e-6)
    assert "USD from the venue / mark" in told["OpenInterest"].derivation


def test_each_category_is_asked_about_its_own_contracts() -> None:
    linear, inverse = call_of("bybit", "/tickers"), call_of("bybit", "category=inverse")
    assert not linear.concerns(bitcoin("bybit"))
    assert inverse.concerns(bitcoin("bybit"))
    assert list(inverse.requests(None, 0)) == [{"category": "inverse"}]
    (asked,) = call_of("bybit", "/account-ratio").requests(bitcoin("bybit"), 0)
    assert (asked["category"], asked["symbol"]) == ("inverse", "BTCUSD")


def test_bybits_past_of_an_inverse_contract_is_in_usd() -> None:
    now_ms = 1_669_571_400_000 + 3_600_000
    answers = [documented("bybit", "inverseOpenInterest"), {"result": {"list": []}}]
    past = by_type(
        read(call_of("bybit", "/open-interest"), answers, bitcoin("bybit"), now_ms).readings
    )["OpenInterestPast"]
    assert (past.coin_1h, past.usd_1h, past.usd_24h) == (None, 461_134_384.0, None)
    rows = CATALOGUE["bybit"].series[SeriesKind.OPEN_INTEREST].parse(answers[0], bitcoin("bybit"))
    assert next((row[0], math.isnan(row[1]), row[2]) for row in rows) == (
        1_669_571_400_000,
        True,
        461_134_384.0,
    )


def test_bybits_inverse_risk_limits_count_coin() -> None:
    tiers = CATALOGUE["bybit"].tiers
    assert tiers is not None
    (table,) = tiers.parse([documented("bybit", "riskLimit")], [bitcoin("bybit")], 5)
    assert table.unit is TierUnit.COIN
    assert table.tiers == (MarginTier(floor=0.0, cap=150.0, mmr=0.005, max_leverage=100.0),)


@pytest.mark.parametrize(
    ("row", "coin", "usd"),
    [
        ({"oi": "2125419", "oiCcy": "10626.1", "oiUsd": "212541900"}, 10626.1, 212541900.0),
        ({"oi": "2125419", "oiCcy": "10626.1"}, 10626.1, 212541900.0),
        ({"oi": "2125419"}, 10627.095, 212541900.0),
        ({"oi": "NaN", "oiCcy": "10", "oiUsd": ""}, 10.0, 200_000.0),
    ],
)
def test_okx_inverse_contracts_are_usd(row: dict[str, str], coin: float, usd: float) -> None:
    call = call_of("okx", "/public/open-interest")
    facts = Facts(marks={"BTC-USD-SWAP": 20_000.0})
    answer = {"data": [{"instId": "BTC-USD-SWAP", "ts": "1664005108969", **row}]}
    told = by_type(read(call, [answer], bitcoin("okx"), INTEREST_NOW_MS, facts).readings)
    assert (told["OpenInterest"].coin, told["OpenInterest"].usd) == (
        pytest.approx(coin),
        pytest.approx(usd),
    )


def test_okx_inverse_volume_is_contracts_times_their_value() -> None:
    row = {"instId": "BTC-USD-SWAP", "last": "20000", "open24h": "19000", "vol24h": "1000"}
    answer = {"data": [row | {"ts": "1664005108969"}]}
    told = by_type(
        read(call_of("okx", "/market/tickers"), [answer], bitcoin("okx"), INTEREST_NOW_MS).readings
    )
    assert told["Ticker"].volume_24h_quote == 100_000.0


def test_okx_index_of_an_inverse_contract_is_asked_in_usd() -> None:
    call = call_of("okx", "quoteCcy=USD")
    assert list(call.requests(None, 0)) == [{"quoteCcy": "USD"}]
    answer = {"data": [{"instId": "BTC-USD", "idxPx": "20001", "ts": "1664005108969"}]}
    facts = read(call, [answer], bitcoin("okx"), INTEREST_NOW_MS).facts
    mark = {"data": [{"instId": "BTC-USD-SWAP", "markPx": "20000", "ts": "1664005108969"}]}
    told = by_type(
        read(call_of("okx", "/mark-price"), [mark], bitcoin("okx"), INTEREST_NOW_MS, facts).readings
    )
    assert (told["MarkPrice"].mark, told["MarkPrice"].index) == (20_000.0, 20_001.0)


COIN = "binancecoinm"


def test_binance_coin_contracts_become_usd_and_coin() -> None:
    (ether,) = [one for one in listed(COIN) if one.base == "ETH"]
    facts = Facts(marks={"ETHUSD_PERP": 1600.0})
    call = call_of(COIN, "/openInterest")
    told = by_type(read(call, [documented(COIN, "openInterest")], ether, NOW, facts).readings)
    assert told["OpenInterest"].usd == 265_424_360.0
    assert told["OpenInterest"].coin == 265_424_360.0 / 1600.0
    unpriced = read(call, [documented(COIN, "openInterest")], ether, NOW)
    assert by_type(unpriced.readings)["OpenInterest"].usd == 265_424_360.0
    assert "open interest" in reasons(unpriced.readings)


def test_binance_coin_prices_funding_and_ticker() -> None:
    call = call_of(COIN, "/premiumIndex")
    facts = Facts(default_interval_hours=8.0)
    answers = [documented(COIN, "premiumIndex")]
    told = by_type(read(call, answers, bitcoin(COIN), 1_596_094_042_000, facts).readings)
    assert (told["MarkPrice"].mark, told["MarkPrice"].index) == (11029.69574559, 10979.144375)
    funding = told["FundingRate"]
    assert (funding.predicted, funding.next_settlement_ms) == (0.00071003, 1_596_096_000_000)
    ticker = by_type(
        read(
            call_of(COIN, "/ticker/24hr"),
            [documented(COIN, "ticker24hr")],
            bitcoin(COIN),
            1_621_965_286_847,
        ).readings
    )["Ticker"]
    assert (ticker.last, ticker.change_24h_fraction) == (37993.4, pytest.approx(0.00556))
    assert ticker.volume_24h_quote == 81_990_451 * 100.0


def test_binance_coin_past_interest_is_in_coin_and_usd() -> None:
    rows = documented(COIN, "openInterestHist")
    now_ms = rows[0]["timestamp"] + 3_600_000
    call = call_of(COIN, "/openInterestHist")
    asked = call.requests(bitcoin(COIN), now_ms)
    assert {(one["pair"], one["contractType"]) for one in asked} == {("BTCUSD", "PERPETUAL")}
    past = by_type(read(call, [rows, []], bitcoin(COIN), now_ms).readings)["OpenInterestPast"]
    assert (past.coin_1h, past.usd_1h) == (15796.96988405, 1_306_940_100.0)
    series = CATALOGUE[COIN].series[SeriesKind.OPEN_INTEREST].parse(rows, bitcoin(COIN))
    assert series == [(rows[0]["timestamp"], 15796.96988405, 1_306_940_100.0)]


def test_binance_coin_ratios_are_asked_by_pair_and_kept_apart() -> None:
    accounts = call_of(COIN, "/globalLongShortAccountRatio")
    (asked,) = accounts.requests(bitcoin(COIN), 0)
    assert asked == {"pair": "BTCUSD", "period": "5m", "limit": 1}
    answers = [documented(COIN, "globalLongShortAccountRatio")]
    ratio = by_type(read(accounts, answers, bitcoin(COIN), NOW).readings)["LongShortRatio"]
    assert (ratio.ratio, ratio.series) == (2.6523, RatioSeries.GLOBAL_ACCOUNTS)
    takers = call_of(COIN, "/takerBuySellVol")
    (told,) = read(takers, [documented(COIN, "takerBuySellVol")], bitcoin(COIN), NOW).readings
    assert told.ratio == 387 / 248  # type: ignore[attr-defined]
    assert told.series is RatioSeries.TAKER_VOLUME  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", ABSURD)
def test_an_absurd_count_of_contracts_is_no_open_interest(value: object) -> None:
    answer = documented(COIN, "openInterest") | {"openInterest": value}
    (ether,) = [one for one in listed(COIN) if one.base == "ETH"]
    found = read(call_of(COIN, "/openInterest"), [answer], ether, NOW).readings
    assert by_type(found) == {}
    assert "open interest" in reasons(found)


def typed(venue: str, line: str) -> Position:
    """A position as a typed line opens it in a listed contract."""
    parsed = parse_trade_line(line)
    found = find_instrument(parsed.symbol, listed(venue))
    return replace(position_of(parsed, found, "p", None), maintenance_margin_rate=0.004)


def liquidation(position: Position) -> float | None:
    coin = position.instrument.settle
    balances = [Balance(venue=position.instrument.venue, coin=coin, amount=0.5)]
    book = Book(positions=[position], balances=balances)
    report = assess(book, Snapshot(), NO_TIERS, NOW)
    return report.positions[0].liquidation_price


def test_a_typed_inverse_position_has_the_reported_liquidation_price() -> None:
    """A position that Binance reported: ccxt 4.5.90, answers in comments, 25119.97445760."""
    line = "long binancecoinm:btcusd_perp 2ct @37643.10000021 x2 iso"
    position = typed(COIN, line)
    reported = replace(position, margin=0.00268058)
    assert liquidation(reported) == pytest.approx(25119.9744576, abs=1e-6)


def test_one_contract_of_okx_has_the_reported_liquidation_price() -> None:
    """10 USD of ETH-USD: ccxt 4.5.90, answers in comments, 2352.8496681818233, to one tick."""
    position = typed("okx", "long okx:eth-usd-swap 1ct @2566.31 x10 iso")
    reported = replace(
        position,
        margin=0.0003896645377994,
        maintenance_margin_rate=0.008,
        taker_fee=0.0005,
    )
    assert liquidation(reported) == pytest.approx(2352.8496681818233, abs=0.0101)


@pytest.mark.parametrize("venue", LISTED)
def test_size_in_contracts_dollars_and_coin_is_one_position(venue: str) -> None:
    size = bitcoin(venue).contract_size
    symbol = bitcoin(venue).market_id.lower()
    prices = {
        liquidation(typed(venue, f"long {venue}:{symbol} {amount} @50000 x10 iso"))
        for amount in (f"{50_000 / size:g}ct", "50k$", "1")
    }
    (price,) = {round(price, 6) for price in prices if price is not None}
    assert 45_000 < price < 50_000


@pytest.mark.parametrize(
    ("unit", "size"),
    [(SizeUnit.CONTRACTS, "2"), (SizeUnit.QUOTE, "200"), (SizeUnit.BASE, "0.00531305870130")],
)
def test_the_form_takes_an_inverse_contract_in_each_unit(unit: SizeUnit, size: str) -> None:
    texts = {
        Field.SYMBOL: "BTCUSD_PERP",
        Field.SIZE: size,
        Field.ENTRY: "37643.10000021",
        Field.LEVERAGE: "2",
        Field.MARGIN: "0.00268058",
        Field.MAINTENANCE_RATE: "0.4",
    }
    form = PositionTexts(venue=COIN, texts=texts, size_unit=unit)
    entered = read_form(form, listed(COIN), "new", NOW, None)
    assert entered.faults == {}
    assert entered.position is not None
    assert entered.position.instrument is bitcoin(COIN)
    assert liquidation(entered.position) == pytest.approx(25119.9744576, abs=1e-6)
