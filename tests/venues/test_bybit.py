"""Bybit answers, as documented, read as they should, and absurd ones do no harm."""

from __future__ import annotations

import math

import pytest

from dashboard.market.instrument import MarginTier, TierUnit
from dashboard.market.readings import IntervalSource, SeriesKind
from dashboard.venues.answers import Facts
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.fields import AnswerError
from tests.venues.asking import ABSURD, by_type, call_of, contract, documented, read, reasons

VENUE = "bybit"
BTC = contract(VENUE, "BTCUSDT")
TICKERS_NOW_MS = 1_663_670_053_500
TICKERS = call_of(VENUE, "/tickers")


def test_one_answer_gives_every_fast_reading() -> None:
    facts = Facts(interval_hours={"BTCUSDT": 8.0})
    parsed = read(TICKERS, [documented(VENUE, "tickers")], BTC, TICKERS_NOW_MS, facts)
    told = by_type(parsed.readings)
    assert (told["MarkPrice"].mark, told["MarkPrice"].index) == (19255.0, 19260.68)
    assert told["MarkPrice"].venue_ms == 1663670053454
    assert (told["Ticker"].last, told["Ticker"].change_24h_fraction) == (19255.5, 0.033325)
    assert told["Ticker"].volume_24h_quote == 4686694853.047006
    assert told["FundingRate"].predicted == 0.0001
    assert told["FundingRate"].next_settlement_ms == 1663689600000
    assert told["FundingRate"].interval_source is IntervalSource.VENUE
    assert told["OpenInterest"].coin == 48069.549
    assert told["OpenInterest"].usd == 48069.549 * 19255.0


def test_the_interval_in_the_answer_wins_over_the_listing() -> None:
    answer = documented(VENUE, "tickers")
    answer["result"]["list"][0]["fundingIntervalHour"] = "4"
    facts = Facts(interval_hours={"BTCUSDT": 8.0})
    parsed = read(TICKERS, [answer], BTC, TICKERS_NOW_MS, facts)
    assert by_type(parsed.readings)["FundingRate"].interval_hours == 4.0


def test_the_venues_own_value_in_usd_is_taken_where_it_is_given() -> None:
    answer = documented(VENUE, "tickers")
    answer["result"]["list"][0]["openInterestValue"] = "925579166.0"
    interest = by_type(read(TICKERS, [answer], BTC, TICKERS_NOW_MS).readings)["OpenInterest"]
    assert (interest.usd, interest.derivation) == (
        925579166.0,
        "coin and USD at mark from the venue",
    )


def test_the_ratio_is_longs_over_shorts() -> None:
    call = call_of(VENUE, "/account-ratio")
    parsed = read(call, [documented(VENUE, "accountRatio")], BTC, 1729147842516)
    ratio = by_type(parsed.readings)["LongShortRatio"]
    assert math.isclose(ratio.ratio, 0.5707 / 0.4293)
    assert math.isclose(ratio.long_fraction, 0.5707)


@pytest.mark.parametrize(
    "field",
    ["markPrice", "lastPrice", "fundingRate", "openInterest"],
)
@pytest.mark.parametrize("value", ABSURD)
def test_one_absurd_field_takes_only_its_own_figure(field: str, value: object) -> None:
    whole = by_type(read(TICKERS, [documented(VENUE, "tickers")], BTC, TICKERS_NOW_MS).readings)
    answer = documented(VENUE, "tickers")
    answer["result"]["list"][0][field] = value
    readings = read(TICKERS, [answer], BTC, TICKERS_NOW_MS).readings
    kind = {"markPrice": "mark price", "lastPrice": "", "fundingRate": "funding rate"}
    missing = kind.get(field, "open interest")
    assert reasons(readings).keys() == ({missing} if missing else set())
    hit = {"markPrice": {"MarkPrice", "OpenInterest"}, "lastPrice": {"Ticker"}}
    own = hit.get(field, {"FundingRate"} if field == "fundingRate" else {"OpenInterest"})
    for name in whole.keys() - own:
        assert by_type(readings)[name] == whole[name]


def test_settlements_come_with_their_time() -> None:
    eth = contract(VENUE, "ETHPERP")
    call = call_of(VENUE, "/funding/history")
    facts = read(call, [documented(VENUE, "fundingHistory")], eth, 1672051897447).facts
    assert facts.settlements["ETHPERP"].rate == 0.0001
    assert facts.settlements["ETHPERP"].time_ms == 1672041600000


def test_an_error_answer_without_a_list_is_refused() -> None:
    with pytest.raises(AnswerError):
        read(TICKERS, [{"retCode": 0, "result": {}}], BTC, TICKERS_NOW_MS)


def test_risk_limits_in_percent_are_read_as_fractions() -> None:
    tiers = CATALOGUE[VENUE].tiers
    assert tiers is not None
    (table,) = tiers.parse([documented(VENUE, "riskLimit")], [BTC], 5)
    assert table.tiers == (MarginTier(floor=0.0, cap=150.0, mmr=0.005, max_leverage=100.0),)
    assert (table.unit, table.as_of_ms, table.symbol) == (TierUnit.QUOTE, 5, "BTCUSDT")


def test_a_deduction_that_is_not_given_follows_from_continuity() -> None:
    tiers = CATALOGUE[VENUE].tiers
    assert tiers is not None
    rows = [
        {"riskLimitValue": "1000000", "maintenanceMargin": "0.01", "maxLeverage": "50"},
        {"riskLimitValue": "200000", "maintenanceMargin": "0.005", "maxLeverage": "100"},
        {
            "riskLimitValue": "2000000",
            "maintenanceMargin": "0.02",
            "maxLeverage": "25",
            "mmDeduction": "11000",
        },
    ]
    (table,) = tiers.parse([{"result": {"list": rows}}], [BTC], 5)
    assert [(tier.floor, tier.cap, tier.cum) for tier in table.tiers] == [
        (0.0, 200_000.0, 0.0),
        (200_000.0, 1_000_000.0, 1000.0),
        (1_000_000.0, 2_000_000.0, 11_000.0),
    ]


def test_a_table_without_rows_is_no_table() -> None:
    tiers = CATALOGUE[VENUE].tiers
    assert tiers is not None
    assert tiers.parse([{"result": {"list": []}}], [BTC], 5) == []


def test_history_of_open_interest_has_no_value_in_usd() -> None:
    parse = CATALOGUE[VENUE].series[SeriesKind.OPEN_INTEREST].parse
    answer = {"result": {"list": [{"openInterest": "461134384.0", "timestamp": "1669571400000"}]}}
    ((time_ms, coin, usd),) = parse(answer, BTC)
    assert (time_ms, coin) == (1669571400000, 461134384.0)
    assert math.isnan(usd)


BOTH_SIDES = {"openInterest": "96139.098", "openInterestValue": "1851158332.0"}
ONE_SIDE = {"singleOpenInterest": "48069.549", "singleOpenInterestValue": "925579166.0"}


def test_open_interest_is_that_of_one_side() -> None:
    answer = documented(VENUE, "tickers")
    answer["result"]["list"][0] |= BOTH_SIDES | ONE_SIDE
    interest = by_type(read(TICKERS, [answer], BTC, TICKERS_NOW_MS).readings)["OpenInterest"]
    assert (interest.coin, interest.usd) == (48069.549, 925579166.0)


@pytest.mark.parametrize("value", ABSURD)
def test_both_sides_are_never_taken_for_one(value: object) -> None:
    answer = documented(VENUE, "tickers")
    answer["result"]["list"][0] |= BOTH_SIDES | ONE_SIDE | {"singleOpenInterest": value}
    interest = by_type(read(TICKERS, [answer], BTC, TICKERS_NOW_MS).readings)["OpenInterest"]
    assert (interest.coin, interest.usd) == (None, 925579166.0)


def test_the_past_of_open_interest_is_that_of_one_side() -> None:
    now_ms = 1_663_670_100_000
    times = (now_ms - 3_600_000, now_ms - 86_400_000)
    rows = [
        {"openInterest": "200", "singleOpenInterest": "100", "timestamp": str(time_ms)}
        for time_ms in times
    ]
    answers = [{"result": {"list": [row]}} for row in rows]
    past = by_type(read(call_of(VENUE, "/open-interest"), answers, BTC, now_ms).readings)
    assert past["OpenInterestPast"].coin_1h == past["OpenInterestPast"].coin_24h == 100.0
    rows[1].pop("singleOpenInterest")
    parse = CATALOGUE[VENUE].series[SeriesKind.OPEN_INTEREST].parse
    found = parse({"result": {"list": rows}}, BTC)
    assert [row[1] for row in found] == pytest.approx([100.0, math.nan], nan_ok=True)
