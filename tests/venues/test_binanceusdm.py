"""Binance USD-M answers, as documented, read as they should, and absurd ones do no harm."""

from __future__ import annotations

import math

import pytest

from dashboard.market.candles import RowRule
from dashboard.market.readings import IntervalSource, RatioSeries, SeriesKind, Unavailable
from dashboard.venues.answers import Facts, Settlement
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.parse import believed_rows
from tests.venues.asking import ABSURD, by_type, call_of, contract, documented, read, reasons

VENUE = "binanceusdm"
BTC = contract(VENUE, "BTCUSDT")
INDEX_NOW_MS = 1_621_252_345_000
RATIO_NOW_MS = 1_726_790_410_000
HOUR_MS = 3_600_000
EIGHT_HOURS = Facts(default_interval_hours=8.0)


def test_premium_index_gives_mark_index_and_the_predicted_rate() -> None:
    call = call_of(VENUE, "/premiumIndex")
    answer = documented(VENUE, "premiumIndex")
    parsed = read(call, [answer], BTC, INDEX_NOW_MS, EIGHT_HOURS)
    mark, funding = by_type(parsed.readings)["MarkPrice"], by_type(parsed.readings)["FundingRate"]
    assert (mark.mark, mark.index) == (45802.81129892, 45745.47701915)
    assert (mark.venue_ms, mark.endpoint) == (1621252344001, "/fapi/v1/premiumIndex")
    assert (funding.predicted, funding.next_settlement_ms) == (0.00063521, 1621267200000)
    assert (funding.interval_hours, funding.interval_source) == (8.0, IntervalSource.VENUE)
    assert funding.settled is None
    assert parsed.rows == 1


def test_the_settled_rate_joins_the_predicted_one_and_stays_apart() -> None:
    call = call_of(VENUE, "/fundingRate")
    answer = documented(VENUE, "fundingRate")
    now_ms = 1621267300000
    facts = read(call, [answer], BTC, now_ms).facts
    assert facts.settlements == {"BTCUSDT": Settlement(0.00063521, 1621267200000)}
    index = documented(VENUE, "premiumIndex")
    index[0]["lastFundingRate"] = "0.0001"
    parsed = read(call_of(VENUE, "/premiumIndex"), [index], BTC, INDEX_NOW_MS, facts)
    funding = by_type(parsed.readings)["FundingRate"]
    assert (funding.predicted, funding.settled) == (0.0001, 0.00063521)
    assert funding.interval_source is IntervalSource.UNKNOWN


def test_the_interval_is_inferred_from_two_settlements_and_marked_so() -> None:
    answer = [
        {"symbol": "BTCUSDT", "fundingRate": "0.0001", "fundingTime": 1621252800000},
        {"symbol": "BTCUSDT", "fundingRate": "0.0002", "fundingTime": 1621267200000},
    ]
    facts = read(call_of(VENUE, "/fundingRate"), [answer], BTC, 1621267300000).facts
    assert facts.interval("BTCUSDT") == (4.0, IntervalSource.INFERRED)


def test_funding_info_names_the_exceptions_and_the_rest_have_eight_hours() -> None:
    facts = read(call_of(VENUE, "/fundingInfo"), [documented(VENUE, "fundingInfo")], BTC, 0).facts
    assert facts.interval("BLZUSDT") == (4.0, IntervalSource.VENUE)
    assert facts.interval("BTCUSDT") == (8.0, IntervalSource.VENUE)


@pytest.mark.parametrize("value", [*ABSURD, 0, "-1", 48])
def test_an_interval_that_cannot_be_read_is_not_the_usual_one(value: object) -> None:
    call = call_of(VENUE, "/fundingInfo")
    broken = {"symbol": "BTCUSDT", "fundingIntervalHours": value}
    for answer in ([], [broken]):
        facts = read(call, [answer], BTC, 0).facts
        assert facts.interval("BTCUSDT") == (None, IntervalSource.UNKNOWN)
    facts = read(call, [[broken, *documented(VENUE, "fundingInfo")]], BTC, 0).facts
    assert facts.interval("BTCUSDT") == (None, IntervalSource.UNKNOWN)
    assert facts.interval("BLZUSDT") == (4.0, IntervalSource.VENUE)


def test_open_interest_is_valued_at_the_mark() -> None:
    eth = contract(VENUE, "ETHUSDT_230331")
    facts = Facts(marks={"ETHUSDT_230331": 1600.0})
    answers = [documented(VENUE, "openInterest")]
    parsed = read(call_of(VENUE, "/openInterest"), answers, eth, 1677356872300, facts)
    interest = by_type(parsed.readings)["OpenInterest"]
    assert (interest.coin, interest.usd) == (23581.677, 23581.677 * 1600.0)
    assert interest.derivation == "coin from the venue x mark 1,600"


def test_open_interest_without_a_mark_has_no_value_in_usd() -> None:
    eth = contract(VENUE, "ETHUSDT_230331")
    answers = [documented(VENUE, "openInterest")]
    parsed = read(call_of(VENUE, "/openInterest"), answers, eth, 1677356872300)
    interest = by_type(parsed.readings)["OpenInterest"]
    assert (interest.coin, interest.usd) == (23581.677, None)
    assert "no mark price" in interest.derivation


def test_ticker_gives_the_change_as_a_fraction_and_quote_volume() -> None:
    call = call_of(VENUE, "/ticker/24hr")
    sei = contract(VENUE, "SUSDT")
    parsed = read(call, [documented(VENUE, "ticker24hr")], sei, 1753788172500)
    ticker = by_type(parsed.readings)["Ticker"]
    assert (ticker.last, ticker.volume_24h_quote) == (0.315, 38709237.2289)
    assert math.isclose(ticker.change_24h_fraction, -0.06777)


def test_the_latest_ratio_is_read_with_the_share_of_longs() -> None:
    call = call_of(VENUE, "globalLongShortAccountRatio")
    answers = [documented(VENUE, "globalLongShortAccountRatio")]
    ratio = by_type(read(call, answers, BTC, RATIO_NOW_MS).readings)["LongShortRatio"]
    assert (ratio.series, ratio.ratio) == (RatioSeries.GLOBAL_ACCOUNTS, 0.8376)
    assert math.isclose(ratio.long_fraction, 0.4558, abs_tol=5e-5)


def test_a_missing_extra_ratio_is_nobodys_missing_figure() -> None:
    assert read(call_of(VENUE, "takerlongshortRatio"), [[]], BTC, RATIO_NOW_MS).readings == []


def test_open_interest_an_hour_and_a_day_ago_is_what_stood_then() -> None:
    now_ms = 1642183500000
    hour_ago = documented(VENUE, "openInterestHist")
    later = {**hour_ago[0], "timestamp": now_ms - HOUR_MS + 1, "sumOpenInterest": "1"}
    day_ago = [{**hour_ago[0], "timestamp": now_ms - 24 * HOUR_MS, "sumOpenInterest": "7"}]
    call = call_of(VENUE, "openInterestHist")
    parsed = read(call, [[*hour_ago, later], day_ago], BTC, now_ms)
    past = by_type(parsed.readings)["OpenInterestPast"]
    assert (past.coin_1h, past.usd_1h, past.coin_24h) == (75375.617, 3248828883.7125144, 7.0)


def test_the_past_is_counted_from_the_question_when_the_answer_takes_long() -> None:
    asked_ms = 1642183500000
    late_ms = asked_ms + 2 * HOUR_MS
    hour_ago = documented(VENUE, "openInterestHist")
    call = call_of(VENUE, "openInterestHist")
    parsed = read(call, [hour_ago, []], BTC, late_ms, asked_ms=asked_ms)
    past = by_type(parsed.readings)["OpenInterestPast"]
    assert past.coin_1h == 75375.617
    assert (past.venue_ms, past.received_ms) == (asked_ms, late_ms)


def test_of_a_contract_that_comes_twice_the_newest_row_stands() -> None:
    row = documented(VENUE, "premiumIndex")[0]
    older = {**row, "time": str(int(row["time"]) - 10), "markPrice": "1"}
    call = call_of(VENUE, "/premiumIndex")
    for listed in ([row, older], [older, row]):
        readings = read(call, [listed], BTC, INDEX_NOW_MS).readings
        assert by_type(readings)["MarkPrice"].mark == 45802.81129892


def test_contracts_that_are_not_wanted_are_counted_and_passed_over() -> None:
    row = documented(VENUE, "premiumIndex")[0]
    call = call_of(VENUE, "/premiumIndex")
    parsed = read(call, [[row, {**row, "symbol": "OTHER"}]], BTC, INDEX_NOW_MS)
    assert parsed.rows == 2
    assert {reading.symbol for reading in parsed.readings} == {"BTCUSDT"}


@pytest.mark.parametrize("value", [*ABSURD, "-5", 0])
def test_an_absurd_mark_leaves_index_and_funding_alone(value: object) -> None:
    answer = documented(VENUE, "premiumIndex")
    answer[0]["markPrice"] = value
    parsed = read(call_of(VENUE, "/premiumIndex"), [answer], BTC, INDEX_NOW_MS)
    mark = by_type(parsed.readings)["MarkPrice"]
    assert (mark.mark, mark.index) == (None, 45745.47701915)
    assert by_type(parsed.readings)["FundingRate"].predicted == 0.00063521
    assert reasons(parsed.readings) == {"mark price": "binanceusdm gave no mark price for BTCUSDT"}
    assert parsed.facts.marks == {}


@pytest.mark.parametrize("value", [*ABSURD, "-1", 0.5])
def test_an_absurd_funding_rate_is_unknown(value: object) -> None:
    answer = documented(VENUE, "premiumIndex")
    answer[0]["lastFundingRate"] = -0.5 if value == "-1" else value
    readings = read(call_of(VENUE, "/premiumIndex"), [answer], BTC, INDEX_NOW_MS).readings
    assert "FundingRate" not in by_type(readings)
    assert "funding rate" in reasons(readings)
    assert by_type(readings)["MarkPrice"].mark == 45802.81129892


@pytest.mark.parametrize("value", [*ABSURD, "-3"])
def test_an_absurd_open_interest_is_no_reading_but_a_reason(value: object) -> None:
    eth = contract(VENUE, "ETHUSDT_230331")
    answer = documented(VENUE, "openInterest") | {"openInterest": value}
    (reading,) = read(call_of(VENUE, "/openInterest"), [answer], eth, 1677356872300).readings
    assert isinstance(reading, Unavailable)
    assert reading.reason == "binanceusdm gave no open interest for ETHUSDT_230331"


def test_open_interest_of_zero_is_zero() -> None:
    eth = contract(VENUE, "ETHUSDT_230331")
    answer = documented(VENUE, "openInterest") | {"openInterest": "0"}
    parsed = read(call_of(VENUE, "/openInterest"), [answer], eth, 1677356872300)
    assert by_type(parsed.readings)["OpenInterest"].coin == 0.0


def test_candles_keep_only_rows_with_four_prices() -> None:
    parse = CATALOGUE[VENUE].series[SeriesKind.CANDLES].parse
    good = [1499040000000, "0.0163", "0.08", "0.015", "0.0157", "148976.1", 1499644799999]
    broken = [[*good[:2], bad, *good[3:]] for bad in ("NaN", "0", "", None)]
    judged = believed_rows(SeriesKind.CANDLES, parse([good, *broken], BTC), math.inf)
    assert judged.rows == [(1499040000000, 0.0163, 0.08, 0.015, 0.0157, 148976.1)]
    assert judged.counts == {RowRule.PRICE: 4}


def test_a_candle_without_volume_keeps_its_prices() -> None:
    parse = CATALOGUE[VENUE].series[SeriesKind.CANDLES].parse
    (row,) = parse([[1499040000000, "1", "2", "0.5", "1.5", ""]], BTC)
    assert row[:5] == (1499040000000, 1.0, 2.0, 0.5, 1.5)
    assert math.isnan(row[5])


def test_what_is_quoted_in_another_coin_has_no_value_in_usd() -> None:
    eth = contract(VENUE, "ETHBTC", base="ETH", quote="BTC", settle="BTC")
    now_ms = 1_700_000_000_000
    facts = Facts(marks={"ETHBTC": 0.05})
    live = [{"symbol": "ETHBTC", "openInterest": "5000", "time": now_ms}]
    told = by_type(read(call_of(VENUE, "/openInterest"), live, eth, now_ms, facts).readings)
    assert (told["OpenInterest"].coin, told["OpenInterest"].usd) == (5000.0, None)
    assert "BTC" in told["OpenInterest"].derivation
    past = {"sumOpenInterest": "5000", "sumOpenInterestValue": "250", "timestamp": now_ms - HOUR_MS}
    answers = [[past], []]
    told = by_type(read(call_of(VENUE, "/openInterestHist"), answers, eth, now_ms).readings)
    assert (told["OpenInterestPast"].coin_1h, told["OpenInterestPast"].usd_1h) == (5000.0, None)
    ((_, coin, usd),) = CATALOGUE[VENUE].series[SeriesKind.OPEN_INTEREST].parse([past], eth)
    assert coin == 5000.0
    assert math.isnan(usd)


@pytest.mark.parametrize("percent", ["1e300", "-100.1", "99999999", "-1e9"])
def test_a_change_that_no_price_can_make_is_unknown(percent: str) -> None:
    row = {"symbol": "BTCUSDT", "lastPrice": "60000", "priceChangePercent": percent}
    told = by_type(read(call_of(VENUE, "/24hr"), [[row]], BTC, INDEX_NOW_MS).readings)["Ticker"]
    assert (told.last, told.change_24h_fraction) == (60000.0, None)
