"""Bitget's answers, as documented and recorded by ccxt 4.5.90, read as they should."""

from __future__ import annotations

import pytest

from dashboard.market.readings import IntervalSource, SeriesKind
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.fields import AnswerError
from tests.venues.asking import by_type, call_of, contract, read, reasons

VENUE = "bitget"
BTC = contract(VENUE, "BTCUSDT")
NOW_MS = 1_750_332_211_000
TICKER = {
    "symbol": "BTCUSDT",
    "lastPr": "104823.8",
    "ts": "1750332210370",
    "change24h": "0.00471",
    "quoteVolume": "8274870921.80485",
    "indexPrice": "104881.953125",
    "fundingRate": "-0.000014",
    "holdingAmount": "7452.6421",
    "markPrice": "104824.2",
}
FUNDING = {
    "symbol": "BTCUSDT",
    "fundingRate": "-0.000013",
    "fundingRateInterval": "8",
    "nextUpdate": "1750348800000",
}
RATIO = {
    "longAccountRatio": "0.58",
    "shortAccountRatio": "0.42",
    "longShortAccountRatio": "0.0138",
    "ts": "1729312200000",
}


def said(*rows: object) -> dict[str, object]:
    return {"code": "00000", "msg": "success", "data": list(rows)}


def test_one_answer_gives_prices_and_open_interest() -> None:
    told = by_type(read(call_of(VENUE, "/tickers"), [said(TICKER)], BTC, NOW_MS).readings)
    assert (told["MarkPrice"].mark, told["MarkPrice"].index) == (104824.2, 104881.953125)
    assert told["MarkPrice"].venue_ms == 1750332210370
    assert (told["Ticker"].last, told["Ticker"].change_24h_fraction) == (104823.8, 0.00471)
    assert told["Ticker"].volume_24h_quote == 8274870921.80485
    assert told["OpenInterest"].coin == 7452.6421
    assert told["OpenInterest"].usd == 7452.6421 * 104824.2


def test_both_products_are_asked_and_read() -> None:
    call = call_of(VENUE, "/tickers")
    asked = [params["productType"] for params in call.requests(None, 0)]
    assert asked == ["USDT-FUTURES", "USDC-FUTURES"]
    assert by_type(read(call, [said(), said(TICKER)], BTC, NOW_MS).readings)["MarkPrice"].mark


def test_funding_comes_with_interval_and_time() -> None:
    call = call_of(VENUE, "/current-fund-rate")
    told = by_type(read(call, [said(FUNDING)], BTC, NOW_MS).readings)["FundingRate"]
    assert (told.predicted, told.interval_hours) == (-0.000013, 8.0)
    assert told.interval_source is IntervalSource.VENUE
    assert told.next_settlement_ms == 1750348800000


def test_58_percent_long_and_42_short_is_a_ratio_of_1_381() -> None:
    call = call_of(VENUE, "/account-long-short")
    told = by_type(read(call, [said(RATIO)], BTC, NOW_MS).readings)["LongShortRatio"]
    assert round(told.ratio, 3) == 1.381
    assert told.long_fraction == pytest.approx(0.58)
    ((time_ms, ratio),) = (
        CATALOGUE[VENUE].series[SeriesKind.LONG_SHORT_RATIO].parse(said(RATIO), BTC)
    )
    assert (time_ms, round(ratio, 3)) == (1729312200000, 1.381)


def test_settlements_come_with_their_time() -> None:
    rows = said({"symbol": "BTCUSDT", "fundingRate": "-0.0003", "fundingTime": "1652396400000"})
    facts = read(call_of(VENUE, "/history-fund-rate"), [rows], BTC, NOW_MS).facts
    assert facts.settlements["BTCUSDT"].rate == -0.0003
    assert facts.settlements["BTCUSDT"].time_ms == 1652396400000


def test_a_missing_ratio_is_said() -> None:
    call = call_of(VENUE, "/account-long-short")
    assert reasons(read(call, [said()], BTC, NOW_MS).readings).keys() == {"long/short ratio"}


def test_a_refusal_is_no_answer() -> None:
    refusal = {"code": "40034", "msg": "Parameter does not exist", "data": None}
    with pytest.raises(AnswerError):
        read(call_of(VENUE, "/tickers"), [refusal], BTC, NOW_MS)
