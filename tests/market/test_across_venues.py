"""A coin across venues: totals say whom they cover, and a lost feed is no fall."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.across_venues import (
    VenueFigures,
    across_venues,
    change_of_same_venues,
)

BINANCE = VenueFigures(
    venue="binanceusdm", coin=80_000.0, usd=4.8e9, funding=1e-4, interval_hours=8.0, mark=60_000.0
)
HYPERLIQUID = VenueFigures(
    venue="hyperliquid", coin=20_000.0, usd=1.2e9, funding=5e-4, interval_hours=1.0, mark=60_060.0
)
SILENT = VenueFigures(venue="okx")
USD = st.dictionaries(st.sampled_from("abcdef"), st.floats(1.0, 1e12), min_size=1)


def test_totals_and_shares_cover_the_venues_that_gave_them() -> None:
    joined = across_venues([BINANCE, HYPERLIQUID, SILENT])
    assert joined.coverage == "2 of 3 venues"
    assert (joined.coin, joined.usd) == (100_000.0, 6e9)
    assert joined.shares == pytest.approx({"binanceusdm": 0.8, "hyperliquid": 0.2})


def test_funding_is_weighed_on_one_period() -> None:
    joined = across_venues([BINANCE, HYPERLIQUID, SILENT])
    assert HYPERLIQUID.funding_8h == pytest.approx(0.004)
    assert joined.weighted_funding_8h == pytest.approx(0.8 * 1e-4 + 0.2 * 0.004)
    assert joined.dispersion_8h == pytest.approx(0.0039)
    assert joined.funding_venues == ("binanceusdm", "hyperliquid")


def test_the_spread_is_over_the_median_mark() -> None:
    joined = across_venues([BINANCE, HYPERLIQUID, SILENT])
    assert joined.spread == pytest.approx(60 / 60_030)
    assert joined.from_median["binanceusdm"] == pytest.approx(-30 / 60_030)


def test_what_no_venue_gave_is_unknown_and_not_zero() -> None:
    joined = across_venues([SILENT])
    assert (joined.coin, joined.usd, joined.weighted_funding_8h) == (None, None, None)
    assert (joined.dispersion_8h, joined.spread, joined.shares) == (None, None, {})
    assert joined.coverage == "0 of 1 venue"


def test_one_venue_has_no_spread_and_no_dispersion() -> None:
    joined = across_venues([BINANCE])
    assert (joined.spread, joined.dispersion_8h) == (None, None)
    assert joined.from_median == {"binanceusdm": 0.0}


def test_coins_are_not_added_up_where_one_venue_tells_only_usd() -> None:
    joined = across_venues([BINANCE, VenueFigures(venue="gate", usd=1e9)])
    assert joined.coin is None
    assert joined.usd == 5.8e9


def test_funding_without_interval_is_left_out() -> None:
    assert VenueFigures(venue="x", funding=1e-4).funding_8h is None
    assert VenueFigures(venue="x", funding=1e-4, interval_hours=0.0).funding_8h is None


@given(USD, st.sets(st.sampled_from("abcdef")))
def test_a_lost_feed_never_looks_like_a_fall(before: dict[str, float], lost: set[str]) -> None:
    now = {venue: usd for venue, usd in before.items() if venue not in lost}
    change = change_of_same_venues(before, now)
    assert (change is None) == (not now)
    if change is not None:
        assert change == (0.0, tuple(now))


def test_a_change_is_over_the_venues_known_both_times() -> None:
    change = change_of_same_venues({"a": 10.0, "b": 5.0}, {"a": 11.0, "c": 100.0})
    assert change is not None
    assert change[0] == pytest.approx(0.1)
    assert change[1] == ("a",)
    assert change_of_same_venues({"a": 0.0}, {"a": 1.0}) is None
