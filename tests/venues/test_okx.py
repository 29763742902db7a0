"""OKX answers, as documented, read as they should, and absurd ones do no harm."""

from __future__ import annotations

import math

import pytest

from dashboard.market.instrument import MarginTier, TierUnit
from dashboard.market.readings import IntervalSource, SeriesKind
from dashboard.venues.answers import Facts
from dashboard.venues.catalogue import CATALOGUE
from tests.venues.asking import ABSURD, by_type, call_of, contract, documented, read, reasons

VENUE = "okx"
BTC = contract(VENUE, "BTC-USDT-SWAP", contract_size=0.01)
FUNDING = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "method": "current_period",
    "fundingRate": "0.0001875391284828",
    "fundingTime": "1700726400000",
    "nextFundingRate": "",
    "nextFundingTime": "1700755200000",
    "settFundingRate": "0.0001699799259033",
    "settState": "settled",
    "ts": "1700724675402",
}
FUNDING_NOW_MS = 1_700_724_675_500
INTEREST_NOW_MS = 1_664_005_109_000


def test_open_interest_comes_in_coin() -> None:
    call = call_of(VENUE, "/public/open-interest")
    facts = Facts(marks={"BTC-USDT-SWAP": 20_000.0})
    answers = [documented(VENUE, "openInterest")]
    interest = by_type(read(call, answers, BTC, INTEREST_NOW_MS, facts).readings)["OpenInterest"]
    assert (interest.coin, interest.usd) == (21254.19, 21254.19 * 20_000.0)


def test_contracts_times_contract_size_stand_in_for_a_missing_coin_amount() -> None:
    call = call_of(VENUE, "/public/open-interest")
    answer = documented(VENUE, "openInterest")
    answer["data"][0] |= {"oi": "2663107.3", "oiCcy": "", "oiUsd": "500"}
    interest = by_type(read(call, [answer], BTC, INTEREST_NOW_MS).readings)["OpenInterest"]
    assert math.isclose(interest.coin, 26631.073, rel_tol=1e-12)
    assert (interest.usd, interest.derivation) == (500.0, "coin and USD from the venue")


def test_funding_keeps_predicted_and_settled_apart_and_knows_its_interval() -> None:
    call = call_of(VENUE, "/public/funding-rate")
    parsed = read(call, [{"data": [FUNDING]}], BTC, FUNDING_NOW_MS)
    funding = by_type(parsed.readings)["FundingRate"]
    assert funding.predicted == 0.0001875391284828
    assert funding.next_settlement_ms == 1700726400000
    assert (funding.settled, funding.settled_ms) == (0.0001699799259033, 1700697600000)
    assert (funding.interval_hours, funding.interval_source) == (8.0, IntervalSource.VENUE)


@pytest.mark.parametrize("value", [*ABSURD, "1700726400000", "1"])
def test_an_absurd_next_time_leaves_the_interval_unknown(value: object) -> None:
    call = call_of(VENUE, "/public/funding-rate")
    parsed = read(call, [{"data": [FUNDING | {"nextFundingTime": value}]}], BTC, FUNDING_NOW_MS)
    funding = by_type(parsed.readings)["FundingRate"]
    assert (funding.interval_hours, funding.interval_source) == (None, IntervalSource.UNKNOWN)
    assert funding.predicted == 0.0001875391284828


def test_a_rate_that_is_still_being_settled_is_not_called_settled() -> None:
    call = call_of(VENUE, "/public/funding-rate")
    answer = {"data": [FUNDING | {"settState": "processing"}]}
    assert (
        by_type(read(call, [answer], BTC, FUNDING_NOW_MS).readings)["FundingRate"].settled is None
    )


def test_the_realised_rate_is_the_settled_one() -> None:
    call = call_of(VENUE, "/funding-rate-history")
    answer = documented(VENUE, "fundingRateHistory")
    for row in answer["data"]:
        row["realizedRate"] = "0.0017"
    facts = read(call, [answer], BTC, 1597026400000).facts
    assert facts.settlements["BTC-USDT-SWAP"].rate == 0.0017
    assert facts.settlements["BTC-USDT-SWAP"].previous_ms is None


def test_mark_joins_the_index_of_its_underlying() -> None:
    eth = contract(VENUE, "ETH-USDT-SWAP")
    answer = documented(VENUE, "markPrice")
    answer["data"][0]["instId"] = "ETH-USDT-SWAP"
    index = {"data": [{"instId": "ETH-USDT", "idxPx": "2403.5"}]}
    facts = read(call_of(VENUE, "/index-tickers"), [index], eth, 1728578500900).facts
    parsed = read(call_of(VENUE, "/mark-price"), [answer], eth, 1728578500900, facts)
    mark = by_type(parsed.readings)["MarkPrice"]
    assert (mark.mark, mark.index, mark.venue_ms) == (2403.98, 2403.5, 1728578500703)


def test_ticker_change_is_against_the_price_24_hours_ago() -> None:
    row = {"instId": "BTC-USDT-SWAP", "last": "110", "open24h": "100", "ts": "1664005108969"}
    parsed = read(call_of(VENUE, "/market/tickers"), [{"data": [row]}], BTC, INTEREST_NOW_MS)
    ticker = by_type(parsed.readings)["Ticker"]
    assert math.isclose(ticker.change_24h_fraction, 0.1)
    assert ticker.volume_24h_quote is None


def test_the_latest_of_the_ratios_is_read() -> None:
    call = call_of(VENUE, "/long-short-account-ratio-contract")
    answer = documented(VENUE, "longShortRatio")
    answer["data"][0][1] = "1.5"
    ratio = by_type(read(call, [answer], BTC, 1729323700000).readings)["LongShortRatio"]
    assert (ratio.ratio, ratio.long_fraction) == (1.5, 0.6)


@pytest.mark.parametrize("value", ABSURD)
def test_an_absurd_ratio_is_a_reason(value: object) -> None:
    call = call_of(VENUE, "/long-short-account-ratio-contract")
    readings = read(call, [{"data": [["1729323600000", value]]}], BTC, 1729323700000).readings
    assert by_type(readings) == {}
    assert "long/short ratio" in reasons(readings)


def test_past_interest_has_coin_and_usd() -> None:
    call = call_of(VENUE, "/open-interest-history")
    now_ms = 1790550000000 + 3_600_000
    answers = [documented(VENUE, "openInterestHistory"), {"data": []}]
    past = by_type(read(call, answers, BTC, now_ms).readings)["OpenInterestPast"]
    assert (past.coin_1h, past.usd_1h) == (28006.5419, 2360916466.88)
    assert (past.coin_24h, past.usd_24h) == (None, None)


def test_tiers_count_contracts_and_have_no_deduction() -> None:
    tiers = CATALOGUE[VENUE].tiers
    assert tiers is not None
    answer = documented(VENUE, "positionTiers")
    answer["data"].append({"maxSz": "900", "minSz": "501", "mmr": "0.05", "maxLever": "5"})
    (table,) = tiers.parse([answer], [BTC], 5)
    assert table.unit is TierUnit.CONTRACTS
    assert table.tiers == (
        MarginTier(floor=0.0, cap=500.0, mmr=0.03, max_leverage=10.0),
        MarginTier(floor=500.0, cap=900.0, mmr=0.05, max_leverage=5.0),
    )


def test_candle_volume_is_in_base_coin() -> None:
    parse = CATALOGUE[VENUE].series[SeriesKind.CANDLES].parse
    row = ["1597026383085", "3.7", "3.8", "3.6", "3.75", "8422410", "84224.1", "315840", "1"]
    assert parse({"data": [row]}, BTC) == [(1597026383085, 3.7, 3.8, 3.6, 3.75, 84224.1)]


def test_older_candles_are_asked_of_the_archive() -> None:
    series = CATALOGUE[VENUE].series[SeriesKind.CANDLES]
    hour_ms, now_ms = 3_600_000, 1_700_000_000_000
    recent, old = now_ms - 1399 * hour_ms, now_ms - 1401 * hour_ms
    assert series.method_for(recent, hour_ms, now_ms) == "publicGetMarketCandles"
    assert series.method_for(old, hour_ms, now_ms) == "publicGetMarketHistoryCandles"


@pytest.mark.parametrize(
    ("more", "volume"),
    [
        ({"volCcy24h": "5000", "vol24h": "500000"}, 5000 * 60_000.0),
        ({"volCcy24h": "5000", "volCcyQuote24h": "299000000"}, 299e6),
        ({"volCcy24h": "5000", "volCcyQuote24h": "NaN"}, None),
        ({"volCcy24h": "", "vol24h": "500000"}, None),
        ({"volCcy24h": "-1"}, None),
        ({"volCcy24h": "5000", "last": ""}, None),
        ({"volCcy24h": "0"}, 0.0),
    ],
)
def test_the_volume_of_linear_contracts_is_coins_at_the_last_price(
    more: dict[str, str], volume: float | None
) -> None:
    row = {"instId": "BTC-USDT-SWAP", "last": "60000", "open24h": "59000", "ts": "1700000000000"}
    swap = contract(VENUE, "BTC-USDT-SWAP", contract_size=0.01)
    answer = {"data": [row | more]}
    told = by_type(read(call_of(VENUE, "/tickers"), [answer], swap, 1_700_000_000_500).readings)
    found = told["Ticker"].volume_24h_quote if "Ticker" in told else None
    assert found == volume


def test_the_index_of_either_dollar_coin_is_asked() -> None:
    call = call_of(VENUE, "/index-tickers")
    asked = call.requests(None, 0)
    assert [params["quoteCcy"] for params in asked] == ["USDT", "USDC"]
    answers = [
        {"data": [{"instId": f"BTC-{params['quoteCcy']}", "idxPx": str(place)}]}
        for place, params in enumerate(asked, start=1)
    ]
    facts = read(call, answers, BTC, 1).facts
    assert facts.indexes == {"BTC-USDT": 1.0, "BTC-USDC": 2.0}
    coin = contract(VENUE, "BTC-USDC-SWAP", quote="USDC", settle="USDC")
    mark = {"data": [{"instId": "BTC-USDC-SWAP", "markPx": "3", "ts": "1728578500703"}]}
    told = by_type(read(call_of(VENUE, "/mark-price"), [mark], coin, 1728578500800, facts).readings)
    assert (told["MarkPrice"].mark, told["MarkPrice"].index) == (3.0, 2.0)
