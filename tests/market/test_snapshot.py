"""The snapshot keeps the newest reading of each kind and says why one is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import (
    FundingRate,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    OpenInterestPast,
    RatioSeries,
    Reading,
    ReadingKind,
    Ticker,
    Unavailable,
)
from dashboard.market.snapshot import (
    EXPIRED_AFTER_MS,
    LATE_AFTER_MS,
    Freshness,
    Snapshot,
    freshness,
)

KEY = InstrumentKey("binanceusdm", "BTC/USDT:USDT")


def _mark(received_ms: int, mark: float = 60_000.0) -> MarkPrice:
    return MarkPrice(
        venue=KEY.venue,
        symbol=KEY.symbol,
        endpoint="premiumIndex",
        venue_ms=None,
        received_ms=received_ms,
        mark=mark,
    )


def _unavailable(kind: ReadingKind, reason: str) -> Unavailable:
    return Unavailable(
        venue=KEY.venue,
        symbol=KEY.symbol,
        endpoint="",
        venue_ms=None,
        received_ms=1,
        kind=kind,
        reason=reason,
    )


@given(st.permutations([1, 5, 9, 20]))
def test_the_newest_reading_wins_whatever_the_order_of_arrival(order: list[int]) -> None:
    snapshot = Snapshot()
    snapshot.merge(_mark(at, mark=float(at)) for at in order)
    assert snapshot.marks[KEY].mark == 20.0


def test_of_two_readings_of_one_instant_the_later_arrival_wins() -> None:
    snapshot = Snapshot()
    snapshot.merge([_mark(5, 1.0), _mark(5, 2.0)])
    assert snapshot.marks[KEY].mark == 2.0


def test_each_kind_of_reading_has_its_own_place() -> None:
    common = {
        "venue": KEY.venue,
        "symbol": KEY.symbol,
        "endpoint": "e",
        "venue_ms": None,
        "received_ms": 3,
    }
    snapshot = Snapshot()
    ratios = [
        LongShortRatio(**common, series=series, ratio=1.0, long_fraction=0.5)
        for series in RatioSeries
    ]
    ticker = Ticker(**common, last=1.0)
    funding = FundingRate(**common, predicted=0.0001)
    interest = OpenInterest(**common, coin=1.0, usd=2.0)
    past = OpenInterestPast(**common, coin_1h=1.0)
    snapshot.merge([*ratios, ticker, funding, interest, past, _mark(3)])
    assert snapshot.tickers == {KEY: ticker}
    assert snapshot.fundings == {KEY: funding}
    assert snapshot.open_interests == {KEY: interest}
    assert snapshot.open_interests_past == {KEY: past}
    assert snapshot.ratios == {(KEY, reading.series): reading for reading in ratios}
    snapshot.clear_readings()
    assert snapshot == Snapshot()


def test_a_reason_stands_until_a_reading_of_that_kind_arrives() -> None:
    snapshot = Snapshot()
    assert "binanceusdm" in snapshot.why_missing(KEY, ReadingKind.MARK_PRICE)
    snapshot.merge([_unavailable(ReadingKind.MARK_PRICE, "the answer was not JSON")])
    assert snapshot.why_missing(KEY, ReadingKind.MARK_PRICE) == "the answer was not JSON"
    snapshot.merge([_mark(2)])
    assert snapshot.missing == {}


def test_a_reading_without_a_kind_is_refused() -> None:
    stray = Reading(venue="v", symbol="s", endpoint="e", venue_ms=None, received_ms=1)
    with pytest.raises(TypeError, match="Reading"):
        Snapshot().merge([stray])


@pytest.mark.parametrize("kind", ReadingKind)
def test_a_reading_ages_from_fresh_over_late_to_expired(kind: ReadingKind) -> None:
    late, expired = LATE_AFTER_MS[kind], EXPIRED_AFTER_MS[kind]
    assert freshness(kind, 0, late) is Freshness.FRESH
    assert freshness(kind, 0, late + 1) is Freshness.LATE
    assert freshness(kind, 0, expired) is Freshness.LATE
    assert freshness(kind, 0, expired + 1) is Freshness.EXPIRED


def test_limits_hold_in_real_time_when_a_recording_runs_fast() -> None:
    limit = LATE_AFTER_MS[ReadingKind.MARK_PRICE]
    assert freshness(ReadingKind.MARK_PRICE, 0, 600 * limit, speed=600) is Freshness.FRESH
    assert freshness(ReadingKind.MARK_PRICE, 0, 601 * limit, speed=600) is Freshness.LATE
    assert freshness(ReadingKind.MARK_PRICE, 0, limit + 1, speed=0.5) is Freshness.LATE
