"""What a change came from: the parts of any change sum to it, and each is where it belongs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dashboard.alerts.attribution import (
    ROOM,
    ROOM_IN_ATR,
    Attribution,
    Cause,
    Moment,
    attribute,
    cause_words,
    moment_of,
    share_change,
)
from dashboard.market.account import Balance, Book, Position
from dashboard.market.instrument import InstrumentKey, MarginTier, TierTable, TierTables, TierUnit
from dashboard.risk.assess import assess
from tests.risk.builders import (
    CROSS,
    ISOLATED,
    LONG,
    NOW,
    SHORT,
    funding,
    instrument,
    mark,
    position,
    snapshot_of,
)

BTC, ETH = instrument(), instrument("ETH")


def tables(rate: float) -> TierTables:
    """The same rate for both contracts at every size."""
    found: dict[InstrumentKey, TierTable] = {}
    for contract in (BTC, ETH):
        found[contract.key] = TierTable(
            venue=contract.venue,
            symbol=contract.symbol,
            tiers=(MarginTier(floor=0.0, mmr=rate),),
            unit=TierUnit.QUOTE,
            as_of_ms=NOW,
            source="test",
        )
    return TierTables(found)


def moment(
    positions: tuple[Position, ...],
    *,
    btc: float = 50_000.0,
    eth: float = 2_500.0,
    rate: float = 0.0001,
    balance: float = 10_000.0,
    mmr: float = 0.005,
    now_ms: int = NOW,
) -> Moment:
    later = now_ms - NOW
    readings = (
        mark(BTC, btc, age_ms=-later),
        mark(ETH, eth, age_ms=-later),
        funding(BTC, rate, age_ms=-later),
        funding(ETH, 0.0, age_ms=-later),
    )
    book = Book(
        positions=positions,
        balances=(Balance(venue="binanceusdm", coin="USDT", amount=balance),),
    )
    return moment_of(book, snapshot_of(*readings), tables(mmr), now_ms)


def pair(size: float = 1.0, eth_size: float = 5.0, entry: float = 50_000.0) -> tuple[Position, ...]:
    return (
        position(LONG, size, entry, of=BTC, mode=CROSS, name="b"),
        position(SHORT, eth_size, 2_500.0, of=ETH, mode=CROSS, name="e"),
    )


def found(before: Moment, now: Moment, figure: str = "distance_fraction") -> Attribution:
    answer = attribute("b", before, now, figure)
    assert answer is not None
    return answer


def only(answer: Attribution) -> set[Cause]:
    return {cause for cause, part in answer.parts.items() if part != 0.0}


@pytest.mark.parametrize(
    ("cause", "now"),
    [
        (Cause.PRICE, moment(pair(), btc=48_000.0)),
        (Cause.MARGIN, moment(pair(), balance=8_000.0)),
        (Cause.TIER, moment(pair(), mmr=0.01)),
        (Cause.POSITION, moment(pair(size=1.2))),
        (Cause.OTHERS, moment(pair(), eth=2_700.0)),
        (Cause.OTHERS, moment(pair(eth_size=9.0), eth=2_600.0)),
    ],
)
def test_what_changed_alone_is_the_only_cause(cause: Cause, now: Moment) -> None:
    assert only(found(moment(pair()), now)) == {cause}


def test_funding_moves_the_hours_that_it_leaves() -> None:
    answer = found(moment(pair()), moment(pair(), rate=0.0003), "hours_to_liquidation_by_funding")
    assert only(answer) == {Cause.FUNDING}
    assert answer.now < answer.before


def test_way_in_atr_has_a_part_of_volatility_and_the_parts_sum_to_the_change() -> None:
    before = replace(moment(pair()), atr={BTC.key: 500.0})
    now = replace(moment(pair(), btc=48_000.0), atr={BTC.key: 800.0})
    answer, still = found(before, now, ROOM_IN_ATR), found(before, now, ROOM)
    assert only(answer) == {Cause.PRICE, Cause.VOLATILITY}
    assert answer.before == pytest.approx(still.before * 50_000.0 / 500.0)
    assert answer.now == pytest.approx(still.now * 48_000.0 / 800.0)
    assert abs(math.fsum(answer.parts.values()) - (answer.now - answer.before)) <= 1e-9
    assert cause_words(answer).startswith("distance -")
    assert " ATR since " in cause_words(answer)


def test_way_in_atr_is_not_known_without_an_atr() -> None:
    before = replace(moment(pair()), atr={BTC.key: 500.0})
    assert attribute("b", before, moment(pair()), ROOM_IN_ATR) is None
    assert attribute("b", moment(pair()), before, ROOM_IN_ATR) is None


def test_ends_are_what_the_report_says() -> None:
    before, now = moment(pair()), moment(pair(size=0.8), btc=47_000.0, eth=2_600.0, mmr=0.006)
    answer = found(before, now)
    snapshot = snapshot_of(mark(BTC, 47_000.0), mark(ETH, 2_600.0), funding(BTC, 0.0001))
    report = assess(now.book, snapshot, tables(0.006), NOW)
    assert answer.now == report.positions[0].distance_fraction


prices = st.floats(0.7, 1.4)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["distance_fraction", "margin_ratio", "liquidation_price", "distance_money"]),
    prices,
    prices,
    st.floats(-0.01, 0.01),
    st.floats(5_000.0, 60_000.0),
    st.floats(0.002, 0.05),
    st.floats(0.05, 3.0),
    st.floats(0.0, 20.0),
    st.integers(0, 40),
    st.booleans(),
)
def test_parts_sum_to_the_change(
    figure: str,
    btc: float,
    eth: float,
    rate: float,
    balance: float,
    mmr: float,
    size: float,
    eth_size: float,
    days: int,
    isolated: bool,
) -> None:
    held, others = pair(size, 5.0)[0], pair(1.0, eth_size)[1:]
    if isolated:
        held = replace(held, margin_mode=ISOLATED, leverage=10.0, extra_margin=balance / 100.0)
    after = (held, *others) if eth_size else (held,)
    start = pair()
    if isolated:
        start = (replace(start[0], margin_mode=ISOLATED, leverage=10.0), start[1])
    answer = attribute(
        "b",
        moment(start),
        moment(
            after,
            btc=50_000.0 * btc,
            eth=2_500.0 * eth,
            rate=rate,
            balance=balance,
            mmr=mmr,
            now_ms=NOW + days * 86_400_000,
        ),
        figure,
    )
    assume(answer is not None)
    assert answer is not None
    total = math.fsum(answer.parts.values())
    scale = max(1.0, abs(answer.before), abs(answer.now))
    assert abs(total - (answer.now - answer.before)) <= 1e-9 * scale
    assert list(answer.parts) == list(Cause)[:6]


def test_figure_that_is_not_known_is_attributed_to_nothing() -> None:
    before = moment(pair())
    assert attribute("b", before, replace(before, marks={})) is None
    assert attribute("b", before, moment(pair()[1:])) is None
    assert attribute("new", before, before) is None


def test_reading_that_had_expired_is_no_part_of_a_moment() -> None:
    book = Book(positions=pair())
    snapshot = snapshot_of(mark(BTC, 50_000.0, age_ms=61_000), funding(BTC, 0.0001))
    seen = moment_of(book, snapshot, tables(0.005), NOW)
    assert (list(seen.marks), list(seen.fundings)) == ([], [BTC.key])


def test_words_name_the_largest_cause_first() -> None:
    answer = found(moment(pair()), moment(pair(), btc=48_000.0, balance=12_000.0))
    words = cause_words(answer)
    assert "points since 2026-10-01 00:00 UTC: " in words
    assert {part.split()[0] for part in words.split(": ")[1].split(", ")} == {"price", "margin"}
    nothing = found(moment(pair()), moment(pair()))
    assert cause_words(nothing) == "distance +0.00 points since 2026-10-01 00:00 UTC"


def test_share_of_the_book_is_moved_by_prices_and_by_what_is_held() -> None:
    before = moment(pair())
    now = moment((*pair(eth_size=9.0), position(LONG, 1.0, of=BTC, name="new")), eth=5_000.0)
    answer = share_change(before, now, lambda instrument: instrument.base == "ETH")
    assert answer is not None
    eth_then, eth_priced, eth_now = 12_500.0, 25_000.0, 45_000.0
    shares = [
        eth_then / (eth_then + 50_000.0),
        eth_priced / (eth_priced + 50_000.0),
        eth_now / (eth_now + 100_000.0),
    ]
    assert (answer.before, answer.now) == (shares[0], pytest.approx(shares[2]))
    assert answer.parts == {
        Cause.PRICE: pytest.approx(shares[1] - shares[0]),
        Cause.HELD: pytest.approx(shares[2] - shares[1]),
    }
    assert cause_words(answer) == (
        "share +11.03 points since 2026-10-01 00:00 UTC: price +13.33 points, "
        "what is held -2.30 points"
    )
    assert share_change(before, replace(now, marks={}), lambda _: True) is None
