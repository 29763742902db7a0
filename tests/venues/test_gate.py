"""Gate's answers, as recorded and documented, read as they should."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dashboard.market.readings import IntervalSource, SeriesKind
from dashboard.venues.answers import Facts, Parsed
from dashboard.venues.catalogue import CATALOGUE
from tests.venues.asking import by_type, call_of, contract, read, reasons

VENUE = "gate"
NOW_MS = 1_684_930_000_000
BTC = contract(VENUE, "BTC_USDT", contract_size=0.0001)
RECORDED = {
    "name": "BTC_USDT",
    "funding_interval": 28800,
    "funding_rate": "0.000086",
    "funding_next_apply": 1684944000,
    "index_price": "26703.16",
    "mark_price": "26704.26",
    "last_price": "26696",
    "position_size": 169531691,
    "quanto_multiplier": "0.0001",
    "long_users": 5706,
    "short_users": 2559,
}
"""BTC_USDT of the answer to /futures/usdt/contracts recorded on 2023-05-24."""
STATISTICS = {
    "time": 1684929600,
    "lsr_taker": 0.8,
    "lsr_account": 2.2,
    "top_lsr_account": 1.1,
    "top_lsr_size": 0.9,
    "long_liq_size": 1200,
    "short_liq_size": 300,
    "open_interest": 169000000,
    "open_interest_usd": 451000000.0,
    "mark_price": 26700,
}


def contracts(**changed: object) -> Parsed:
    return read(call_of(VENUE, "/contracts"), [[RECORDED | changed]], BTC, NOW_MS)


def test_one_answer_gives_prices_funding_interest_and_accounts() -> None:
    told = by_type(contracts().readings)
    assert (told["MarkPrice"].mark, told["MarkPrice"].index) == (26704.26, 26703.16)
    assert told["FundingRate"].predicted == 0.000086
    assert told["FundingRate"].next_settlement_ms == 1684944000000
    assert told["FundingRate"].interval_hours == 8.0
    assert told["FundingRate"].interval_source is IntervalSource.VENUE
    assert told["OpenInterest"].coin == pytest.approx(16953.1691)
    assert told["LongShortRatio"].ratio == 5706 / 2559
    assert told["LongShortRatio"].long_fraction == pytest.approx(5706 / (5706 + 2559))


def test_contracts_times_multiplier_times_mark_is_the_value_in_usd() -> None:
    told = by_type(contracts(position_size=150508526, mark_price="30551.93").readings)
    assert told["OpenInterest"].coin == pytest.approx(15050.8526)
    assert round(told["OpenInterest"].usd) == 459_832_595


@pytest.mark.parametrize("mark", ["26704.26", "abc"])
def test_an_amount_beyond_all_measure_is_none_with_a_mark_and_without(mark: str) -> None:
    parsed = contracts(quanto_multiplier=1.7e12, mark_price=mark)
    assert "OpenInterest" not in by_type(parsed.readings)
    assert parsed.facts.interests == {}


def test_an_hour_of_funding_is_an_hour() -> None:
    assert by_type(contracts(funding_interval=3600).readings)["FundingRate"].interval_hours == 1.0


def test_counts_of_accounts_that_are_missing_leave_the_ratio_to_the_statistics() -> None:
    assert "LongShortRatio" not in by_type(contracts(long_users=None).readings)
    call = call_of(VENUE, "/contract_stats")
    told = by_type(read(call, [[], [], [STATISTICS]], BTC, NOW_MS).readings)
    assert told["LongShortRatio"] is not None
    known = Facts(account_ratios={"BTC_USDT": 2.0})
    series = [
        (reading.series.value, reading.ratio)
        for reading in read(call, [[], [], [STATISTICS]], BTC, NOW_MS, known).readings
        if hasattr(reading, "series")
    ]
    assert series == [
        ("taker buy/sell", 0.8),
        ("top-trader accounts", 1.1),
        ("top-trader positions", 0.9),
    ]


def test_statistics_tell_what_stood_an_hour_and_a_day_ago() -> None:
    hour = STATISTICS | {"time": (NOW_MS - 3_700_000) // 1000, "open_interest": 10_000}
    day = STATISTICS | {"time": (NOW_MS - 86_500_000) // 1000, "open_interest": 20_000}
    parsed = read(call_of(VENUE, "/contract_stats"), [[hour], [day], []], BTC, NOW_MS)
    past = by_type(parsed.readings)["OpenInterestPast"]
    assert (past.coin_1h, past.coin_24h) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("counted", "one_side"),
    [(16953, 16953.0), (33906, 16953.0), (30000, 16953.0), (33906, None), (90000, None)],
)
def test_statistics_that_count_both_sides_are_halved(counted: int, one_side: float | None) -> None:
    live = contracts().facts
    assert live.interests == {"BTC_USDT": pytest.approx(16953.1691)}
    facts = live if one_side else Facts()
    now = STATISTICS | {"open_interest": counted * 10_000}
    hour = now | {"time": (NOW_MS - 3_700_000) // 1000}
    day = now | {"time": (NOW_MS - 86_500_000) // 1000}
    call = call_of(VENUE, "/contract_stats")
    parsed = read(call, [[hour], [day], [now]], BTC, NOW_MS, facts)
    share = 0.5 if one_side and counted > 20_000 else 1.0
    past = by_type(parsed.readings)["OpenInterestPast"]
    assert (past.coin_1h, past.coin_24h) == pytest.approx((counted * share, counted * share))
    facts.learn(parsed.facts)
    again = read(call, [[hour], [day], []], BTC, NOW_MS, facts)
    assert by_type(again.readings)["OpenInterestPast"].coin_24h == pytest.approx(counted * share)


def test_a_history_that_counts_both_sides_is_halved_page_by_page() -> None:
    series = CATALOGUE[VENUE].series[SeriesKind.OPEN_INTEREST]
    facts = Facts(interests={"BTC_USDT": 100.0})
    newest: list[Any] = [(NOW_MS - 600_000.0, 201.0, 20.0), (NOW_MS - 900_000.0, 140.0, 14.0)]
    older: list[Any] = [(NOW_MS - 1e9, 110.0, 11.0)]
    assert series.in_unit(older, BTC, facts, NOW_MS) == older
    assert series.in_unit(newest, BTC, facts, NOW_MS) == [
        (NOW_MS - 600_000.0, 100.5, 10.0),
        (NOW_MS - 900_000.0, 70.0, 7.0),
    ]
    assert series.in_unit(older, BTC, facts, NOW_MS) == [(NOW_MS - 1e9, 55.0, 5.5)]
    assert series.in_unit([], BTC, facts, NOW_MS) == []


def test_the_ticker_has_last_change_and_volume() -> None:
    row = {
        "contract": "BTC_USDT",
        "last": "26696",
        "change_percentage": "-2.25",
        "volume_24h_quote": "1500000000",
    }
    told = by_type(read(call_of(VENUE, "/tickers"), [[row]], BTC, NOW_MS).readings)["Ticker"]
    assert told.last == 26696.0
    assert told.change_24h_fraction == pytest.approx(-0.0225)
    assert told.volume_24h_quote == 1.5e9


def test_settlements_are_in_seconds() -> None:
    rows = [{"t": 1684915200, "r": "0.0001"}, {"t": 1684886400, "r": "0.0002"}]
    facts = read(call_of(VENUE, "/funding_rate"), [rows], BTC, NOW_MS).facts
    settled = facts.settlements["BTC_USDT"]
    assert (settled.rate, settled.time_ms) == (0.0001, 1684915200000)
    assert facts.interval("BTC_USDT") == (8.0, IntervalSource.INFERRED)


def test_histories_are_in_milliseconds_and_coins() -> None:
    series = CATALOGUE[VENUE].series
    candle = {"t": 1684929600, "o": "1", "h": "3", "l": "0.5", "c": "2", "v": 50_000}
    time_ms = 1684929600000.0
    assert series[SeriesKind.CANDLES].parse([candle], BTC) == [(time_ms, 1, 3, 0.5, 2, 5.0)]
    assert series[SeriesKind.MARK_CANDLES].parse([candle], BTC) == [(time_ms, 1, 3, 0.5, 2)]
    ((_, coin, usd),) = series[SeriesKind.OPEN_INTEREST].parse([STATISTICS], BTC)
    assert (coin, usd) == (pytest.approx(16900.0), 451000000.0)
    assert series[SeriesKind.LONG_SHORT_RATIO].parse([STATISTICS], BTC) == [(time_ms, 2.2)]
    ((_, longs, shorts),) = series[SeriesKind.LIQUIDATIONS].parse([STATISTICS], BTC)
    assert (longs, shorts) == (pytest.approx(0.12), pytest.approx(0.03))
    funding = series[SeriesKind.FUNDING].parse([{"t": 1684929600, "r": "0.0001"}], BTC)
    assert funding == [(time_ms, 0.0001)]


def test_a_ratio_of_zero_is_not_recorded() -> None:
    ((_, ratio),) = (
        CATALOGUE[VENUE]
        .series[SeriesKind.LONG_SHORT_RATIO]
        .parse([STATISTICS | {"lsr_account": 0}], BTC)
    )
    assert math.isnan(ratio)


def test_a_missing_mark_leaves_the_coins_and_says_so() -> None:
    parsed = contracts(mark_price=None)
    assert by_type(parsed.readings)["OpenInterest"].usd is None
    assert reasons(parsed.readings).keys() == {"mark price"}
