"""Hyperliquid answers, as documented, read as they should, and absurd ones do no harm."""

from __future__ import annotations

import math

import pytest

from dashboard.market.readings import IntervalSource, ReadingKind
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.fields import AnswerError
from tests.venues.asking import ABSURD, by_type, call_of, contract, documented, read, reasons

VENUE = "hyperliquid"
SOL = contract(VENUE, "SOL")
NOW_MS = 1_704_290_400_000 + 1_234_567
CONTEXTS = call_of(VENUE, "metaAndAssetCtxs")


def test_one_answer_gives_mark_oracle_funding_and_open_interest() -> None:
    parsed = read(CONTEXTS, [documented(VENUE, "metaAndAssetCtxs")], SOL, NOW_MS)
    told = by_type(parsed.readings)
    assert (told["MarkPrice"].mark, told["MarkPrice"].index) == (108.04, 107.99)
    assert told["MarkPrice"].venue_ms is None
    assert told["OpenInterest"].coin == 10764.48
    assert math.isclose(told["OpenInterest"].usd, 10764.48 * 108.04)
    assert math.isclose(told["Ticker"].change_24h_fraction, 108.04 / 111.81 - 1.0)
    assert (told["Ticker"].last, told["Ticker"].volume_24h_quote) == (None, 9450588.2273)
    assert told["FundingRate"].predicted == 0.0000198


def test_funding_is_hourly_and_settles_at_the_next_full_hour_of_the_given_now() -> None:
    parsed = read(CONTEXTS, [documented(VENUE, "metaAndAssetCtxs")], SOL, NOW_MS)
    funding = by_type(parsed.readings)["FundingRate"]
    assert (funding.interval_hours, funding.interval_source) == (1.0, IntervalSource.VENUE)
    assert funding.next_settlement_ms == 1_704_290_400_000 + 3_600_000


def test_lists_of_different_length_are_refused() -> None:
    answer = documented(VENUE, "metaAndAssetCtxs")
    answer[1].append({"markPx": "1"})
    with pytest.raises(AnswerError, match="2 contexts for 1 coins"):
        read(CONTEXTS, [answer], SOL, NOW_MS)


@pytest.mark.parametrize("context", [None, [], {}, "gone", {"name": "SOL"}])
def test_a_coin_without_a_context_takes_nothing_from_the_others(context: object) -> None:
    answer = documented(VENUE, "metaAndAssetCtxs")
    answer[0]["universe"].insert(0, {"name": "OLD", "maxLeverage": 3, "isDelisted": True})
    answer[1].insert(0, context)
    told = by_type(read(CONTEXTS, [answer], SOL, NOW_MS).readings)
    assert told["MarkPrice"].mark == 108.04
    old = read(CONTEXTS, [answer], contract(VENUE, "OLD"), NOW_MS).readings
    assert "mark price" in reasons(old)


@pytest.mark.parametrize("field", ["markPx", "funding", "openInterest"])
@pytest.mark.parametrize("value", ABSURD)
def test_one_absurd_field_takes_only_its_own_figure(field: str, value: object) -> None:
    answer = documented(VENUE, "metaAndAssetCtxs")
    answer[1][0][field] = value
    readings = read(CONTEXTS, [answer], SOL, NOW_MS).readings
    kind = {"markPx": "mark price", "funding": "funding rate", "openInterest": "open interest"}
    assert kind[field] in reasons(readings)
    assert len(reasons(readings)) == (2 if field == "markPx" else 1)


def test_what_the_venue_does_not_publish_has_a_reason_and_no_call() -> None:
    entry = CATALOGUE[VENUE]
    asked = {kind for call in entry.calls for kind in call.kinds}
    never = {ReadingKind.LONG_SHORT_RATIO, ReadingKind.OPEN_INTEREST_PAST}
    assert set(entry.not_offered) == never
    assert not asked & never


def test_settlements_of_a_coin() -> None:
    eth = contract(VENUE, "ETH")
    call = call_of(VENUE, "fundingHistory")
    facts = read(call, [documented(VENUE, "fundingHistory")], eth, NOW_MS).facts
    assert facts.settlements["ETH"].rate == 0.0000125


META = {
    "universe": [
        {"name": "BTC", "maxLeverage": 40, "marginTableId": 56},
        {"name": "NEW", "maxLeverage": 3, "marginTableId": 3},
        {"name": "OLD", "maxLeverage": 10},
        {"name": "ODD", "maxLeverage": 10, "marginTableId": 99},
    ],
    "marginTables": [
        [
            56,
            {
                "marginTiers": [
                    {"lowerBound": "0.0", "maxLeverage": 40},
                    {"lowerBound": "150000000.0", "maxLeverage": 20},
                ]
            },
        ]
    ],
}


def test_margin_tables_give_the_published_rates_and_deductions() -> None:
    tiers = CATALOGUE[VENUE].tiers
    assert tiers is not None
    (table,) = tiers.parse([META], [contract(VENUE, "BTC")], 5)
    assert [(t.floor, t.cap, t.mmr, t.cum, t.max_leverage) for t in table.tiers] == [
        (0.0, 150_000_000.0, 0.0125, 0.0, 40.0),
        (150_000_000.0, math.inf, 0.025, 1_875_000.0, 20.0),
    ]


@pytest.mark.parametrize(("coin", "mmr"), [("NEW", 1 / 6), ("OLD", 0.05)])
def test_a_coin_without_a_table_of_its_own_has_one_tier(coin: str, mmr: float) -> None:
    tiers = CATALOGUE[VENUE].tiers
    assert tiers is not None
    (table,) = tiers.parse([META], [contract(VENUE, coin)], 5)
    assert [(tier.floor, tier.cap, tier.mmr) for tier in table.tiers] == [(0.0, math.inf, mmr)]


def test_a_coin_whose_table_is_missing_has_no_tiers() -> None:
    tiers = CATALOGUE[VENUE].tiers
    assert tiers is not None
    assert tiers.parse([META], [contract(VENUE, "ODD")], 5) == []
    assert tiers.parse([{"universe": META["universe"]}], [contract(VENUE, "BTC")], 5) == []
