"""What comes in at the feed's door: believed, believed with a doubt, or refused and counted."""

from __future__ import annotations

import random

import pytest

from dashboard.feed.door import BACKWARDS_MS, LAG_COUNTS_MS, Door
from dashboard.market.instrument import ContractKind, Instrument, InstrumentKey
from dashboard.market.plausibility import BELIEVED_AFTER_MS, Rule, Trust
from dashboard.market.readings import (
    FundingRate,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    RatioSeries,
    Reading,
    ReadingKind,
    Ticker,
    Unavailable,
)
from dashboard.market.snapshot import Freshness, Snapshot, freshness
from dashboard.market.stillness import FROZEN_AFTER_MS

NOW_MS = 1_722_772_800_000
BYBIT = InstrumentKey("bybit", "BTC/USDT:USDT")
OKX = InstrumentKey("okx", "BTC/USDT:USDT")
GATE = InstrumentKey("gate", "BTC/USDT:USDT")
ETH = InstrumentKey("bybit", "ETH/USDT:USDT")


def contract(key: InstrumentKey, base: str = "BTC", multiplier: float = 1.0) -> Instrument:
    return Instrument(
        venue=key.venue,
        symbol=key.symbol,
        market_id=key.symbol,
        base=base,
        quote="USDT",
        settle="USDT",
        kind=ContractKind.LINEAR,
        multiplier=multiplier,
    )


def a_door(
    *,
    live: bool = True,
    ahead_ms: int | None = 0,
    speed: float = 1.0,
    by_rows: bool = False,
) -> Door:
    door = Door(lambda: speed, lambda venue: ahead_ms, live=live, by_rows=by_rows)
    door.learn([contract(BYBIT), contract(OKX), contract(GATE), contract(ETH, "ETH")])
    return door


def origin(key: InstrumentKey, at_ms: int, venue_ms: int | None = None) -> dict[str, object]:
    return {
        "venue": key.venue,
        "symbol": key.symbol,
        "endpoint": "GET tickers",
        "venue_ms": venue_ms,
        "received_ms": at_ms,
    }


def mark(
    value: float | None,
    at_s: float = 0.0,
    key: InstrumentKey = BYBIT,
    index: float | None = None,
    venue_ms: int | None = None,
) -> MarkPrice:
    at_ms = NOW_MS + round(at_s * 1000)
    return MarkPrice(mark=value, index=index, **origin(key, at_ms, venue_ms))


def passed(door: Door, reading: Reading) -> Reading:
    """What becomes of one reading."""
    (one,), _ = door.judge([reading])
    return one


def test_ordinary_prices_pass_untouched() -> None:
    door = a_door()
    for second, value in enumerate((60_000.0, 60_100.0, 58_000.0, 61_000.0)):
        reading = mark(value, second * 10.0)
        assert passed(door, reading) is reading
    assert door.counts == {}


@pytest.mark.parametrize("times", [1000.0, 0.001, 12.0])
def test_a_price_a_thousand_times_the_last_is_refused_and_counted(times: float) -> None:
    door = a_door()
    passed(door, mark(60_000.0))
    (gone,), (noted,) = door.judge([mark(60_000.0 * times, 10.0)])
    assert isinstance(gone, Unavailable)
    assert gone.kind is ReadingKind.MARK_PRICE
    assert gone.reason.startswith("the mark price of BTC/USDT:USDT at bybit went from 60000 to ")
    assert gone.reason.endswith(": refused")
    assert (noted.rule, noted.trust) == (Rule.JUMP, Trust.REFUSED)
    assert door.counts == {"bybit": {"refused: jump": 1}}
    assert passed(door, mark(60_050.0, 20.0)).doubt == ""


def test_a_refused_price_that_stands_ten_minutes_is_shown_as_suspect() -> None:
    door = a_door()
    passed(door, mark(60_000.0))
    late_s = 10.0 + BELIEVED_AFTER_MS / 1000
    assert isinstance(passed(door, mark(60.0, 10.0)), Unavailable)
    assert isinstance(passed(door, mark(60.1, 300.0)), Unavailable)
    believed = passed(door, mark(60.0, late_s))
    assert isinstance(believed, MarkPrice)
    assert believed.doubt == "went from 60000 to 60 at once"


def test_one_wild_price_is_suspect_and_the_second_that_agrees_is_believed() -> None:
    door = a_door()
    passed(door, mark(60_000.0))
    assert passed(door, mark(30_000.0, 10.0)).doubt == "went from 60000 to 30000 at once"
    assert passed(door, mark(28_000.0, 20.0)).doubt == ""
    assert passed(door, mark(28_500.0, 30.0)).doubt == ""


def test_a_spike_for_one_poll_is_never_believed() -> None:
    door, dice, doubted = a_door(), random.Random(8), 0  # noqa: S311 (a seeded series)
    for poll in range(2_000):
        spiked = poll % 2 == 1
        value = 60_000.0 * (dice.choice([1.6, 3.0, 0.5, 9.0, 50.0, 0.02]) if spiked else 1.0)
        one = passed(door, mark(value, poll * 10.0))
        believed = isinstance(one, MarkPrice) and not one.doubt
        assert believed is not spiked
        doubted += not believed
    assert doubted == 1_000


def test_a_crash_that_another_venue_confirms_is_believed_at_once() -> None:
    door = a_door()
    passed(door, mark(60_000.0))
    passed(door, mark(60_000.0, key=OKX))
    passed(door, mark(31_000.0, 9.0, key=OKX))
    passed(door, mark(30_500.0, 9.5, key=OKX))
    assert passed(door, mark(30_400.0, 10.0)).doubt == ""


@pytest.mark.parametrize(
    ("value", "trust"), [(60_500.0, None), (75_000.0, Trust.SUSPECT), (700_000.0, Trust.REFUSED)]
)
def test_a_first_price_is_held_against_two_venues_that_agree(
    value: float, trust: Trust | None
) -> None:
    door = a_door()
    door.judge([mark(60_000.0, key=OKX), mark(60_100.0, key=GATE)])
    _, noted = door.judge([mark(value, 1.0)])
    assert [one.trust for one in noted] == ([] if trust is None else [trust])
    assert all(one.rule is Rule.PEERS for one in noted)


def test_one_other_venue_alone_proves_nothing() -> None:
    door = a_door()
    door.judge([mark(60_000.0, key=OKX)])
    assert passed(door, mark(600_000.0, 1.0)).doubt == ""


def test_marks_of_contracts_on_many_coins_are_compared_by_the_coin() -> None:
    door = a_door()
    thousand = InstrumentKey("bybit", "1000PEPE/USDT:USDT")
    door.learn([contract(thousand, "1000PEPE", 1000.0)])
    others = [InstrumentKey(venue, "PEPE/USDT:USDT") for venue in ("okx", "gate")]
    door.learn([contract(key, "PEPE") for key in others])
    door.judge([mark(1e-5, key=key) for key in others])
    assert passed(door, mark(1e-2, 1.0, key=thousand)).doubt == ""
    assert isinstance(passed(a_door(), mark(1e-2, 1.0, key=thousand)), MarkPrice)


def test_a_mark_far_from_the_index_of_its_answer_is_refused() -> None:
    gone = passed(a_door(), mark(60_000_000.0, index=60_010.0))
    assert isinstance(gone, Unavailable)
    assert "is 60000000 where its index is 60010" in gone.reason


def test_a_last_price_a_thousand_times_the_mark_is_refused() -> None:
    door = a_door()
    door.judge([mark(60_000.0)])
    gone = passed(door, Ticker(last=60_000_000.0, **origin(BYBIT, NOW_MS + 1_000)))
    assert isinstance(gone, Unavailable)
    assert gone.kind is ReadingKind.TICKER


def test_a_funding_rate_that_leaps_is_suspect_until_it_is_said_twice() -> None:
    door = a_door()
    for second, rate, doubted in ((0, 1e-4, False), (10, 0.03, True), (20, 0.029, False)):
        at_ms = NOW_MS + second * 1000
        one = passed(door, FundingRate(predicted=rate, **origin(BYBIT, at_ms)))
        assert bool(one.doubt) is doubted


def test_open_interest_in_the_wrong_unit_is_refused() -> None:
    door = a_door()
    door.judge([mark(60_000.0)])
    right = OpenInterest(coin=50_000.0, usd=3e9, **origin(BYBIT, NOW_MS + 1_000))
    assert passed(door, right) is right
    wrong = OpenInterest(coin=50_000.0, usd=5e4, **origin(BYBIT, NOW_MS + 2_000))
    assert isinstance(passed(door, wrong), Unavailable)
    assert door.counts["bybit"] == {"refused: USD and coin disagree": 1}


def test_a_ratio_that_leaps_a_thousandfold_is_refused() -> None:
    door = a_door()
    for second, ratio, refused in ((0, 1.3, False), (10, 2_000.0, True)):
        reading = LongShortRatio(
            series=RatioSeries.GLOBAL_ACCOUNTS,
            ratio=ratio,
            long_fraction=ratio / (1 + ratio),
            **origin(BYBIT, NOW_MS + second * 1000),
        )
        assert isinstance(passed(door, reading), Unavailable) is refused


def test_an_answer_that_came_out_of_order_is_refused() -> None:
    door = a_door()
    passed(door, mark(60_000.0, 10.0, venue_ms=NOW_MS + 10_000))
    gone = passed(door, mark(59_000.0, 10.5, venue_ms=NOW_MS + 9_999 - BACKWARDS_MS))
    assert isinstance(gone, Unavailable)
    assert "came after a later one" in gone.reason


def test_a_venue_clock_that_was_set_back_is_believed() -> None:
    door = a_door(ahead_ms=None)
    passed(door, mark(60_000.0, 10.0, venue_ms=NOW_MS))
    assert passed(door, mark(60_010.0, 20.0, venue_ms=NOW_MS - 3_600_000)).doubt == ""


def test_an_old_stamp_is_not_shown_fresh() -> None:
    reading = passed(a_door(), mark(60_000.0, 90.0, venue_ms=NOW_MS))
    assert reading.lag_ms == 90_000
    assert reading.as_of_ms == NOW_MS
    state = freshness(ReadingKind.MARK_PRICE, reading.as_of_ms, NOW_MS + 90_000)
    assert state is Freshness.EXPIRED


def test_a_computer_whose_clock_is_ahead_does_not_age_what_is_new() -> None:
    reading = mark(60_000.0, 90.0, venue_ms=NOW_MS)
    assert passed(a_door(ahead_ms=90_000), reading).lag_ms == 0
    assert passed(a_door(ahead_ms=None), reading).lag_ms == 0


def test_a_short_way_is_no_lag() -> None:
    reading = mark(60_000.0, 5.0, venue_ms=NOW_MS)
    assert LAG_COUNTS_MS[ReadingKind.MARK_PRICE] > 5_000
    assert passed(a_door(), reading) is reading


def test_frozen_prices_under_a_live_clock_are_found_out_by_another_venue() -> None:
    door, flagged_s = a_door(), None
    for second in range(0, 200, 10):
        door.judge([mark(60_000.0 + 5 * second, second, key=OKX)])
        one = passed(door, mark(60_000.0, second, venue_ms=NOW_MS + second * 1000))
        if one.doubt and flagged_s is None:
            flagged_s = second
            assert one.doubt.startswith(f"has not moved for {second} s while okx moved by ")
            state = freshness(ReadingKind.MARK_PRICE, one.as_of_ms, NOW_MS + second * 1000)
            assert state is Freshness.EXPIRED
    assert flagged_s is not None
    assert flagged_s <= 120
    assert FROZEN_AFTER_MS <= 120_000
    assert door.counts["bybit"]["suspect: frozen"] >= 1


def test_a_venue_of_which_nothing_moves_is_found_out_alone() -> None:
    door = a_door()
    for second in range(0, 130, 10):
        found, _ = door.judge([mark(60_000.0, second), mark(3_000.0, second, key=ETH)])
    assert all("nor has any of the 2 asked of bybit" in one.doubt for one in found)


def test_one_quiet_contract_among_moving_ones_is_not_frozen() -> None:
    door = a_door()
    for second in range(0, 300, 10):
        found, _ = door.judge([mark(60_000.0, second), mark(3_000.0 + second, second, key=ETH)])
        assert [one.doubt for one in found] == ["", ""]


def test_a_recording_stands_still_between_its_rows() -> None:
    door = a_door(live=False)
    for second in range(0, 300, 10):
        found, _ = door.judge([mark(60_000.0, second), mark(3_000.0, second, key=ETH)])
        assert [one.doubt for one in found] == ["", ""]


def test_a_seek_forgets_what_was_compared_with() -> None:
    door = a_door()
    passed(door, mark(60_000.0, venue_ms=NOW_MS))
    door.forget()
    assert passed(door, mark(10.0, 10.0, venue_ms=NOW_MS - 5_000)).doubt == ""


def test_why_a_figure_is_missing_and_unknown_values_pass_as_they_are() -> None:
    door = a_door()
    silent = mark(None)
    assert passed(door, silent) is silent
    why = Unavailable(kind=ReadingKind.TICKER, reason="x", **origin(BYBIT, NOW_MS))
    assert passed(door, why) is why


def test_the_refused_price_never_takes_the_place_of_the_good_one() -> None:
    door, snapshot = a_door(), Snapshot()
    for second, value in ((0, 60_000.0), (10, 60_000_000.0)):
        found, _ = door.judge([mark(value, second)])
        snapshot.merge(found)
    assert snapshot.marks[BYBIT].mark == 60_000.0
    assert "refused" in snapshot.why_missing(BYBIT, ReadingKind.MARK_PRICE)


def test_a_recorded_value_is_late_only_where_the_recording_has_newer_ones() -> None:
    half_an_hour = mark(60_000.0, venue_ms=NOW_MS - 1_800_000)
    assert passed(a_door(live=False, by_rows=True), half_an_hour).lag_ms == 0
    assert passed(a_door(), half_an_hour).lag_ms > 0
    # What a venue answered then is as old as it said then.
    assert passed(a_door(live=False), half_an_hour).lag_ms > 0
    older = mark(60_000.0, venue_ms=NOW_MS - 7_200_000)
    assert passed(a_door(live=False, by_rows=True), older).lag_ms > 0
