"""What changed since the last look comes ordered by how rare it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.instrument import InstrumentKey
from dashboard.signals.changes import FLIP_SURPRISE, INTERVAL_SURPRISE, ChangeKind, Seen, changes
from dashboard.signals.past import Past
from dashboard.signals.standing import Standing

BTC = InstrumentKey("okx", "BTC/USDT:USDT")
ETH = InstrumentKey("okx", "ETH/USDT:USDT")
SOL = InstrumentKey("okx", "SOL/USDT:USDT")
THEN = Seen(
    at_ms=0,
    mark=60_000.0,
    open_interest_coin=100.0,
    ratio=1.0,
    funding_rate=0.0001,
    interval_hours=8.0,
)


def seen(**changed: float | None) -> Seen:
    fields = {
        "mark": THEN.mark,
        "open_interest_coin": THEN.open_interest_coin,
        "ratio": THEN.ratio,
        "funding_rate": THEN.funding_rate,
        "interval_hours": THEN.interval_hours,
    }
    return Seen(at_ms=1, **{**fields, **changed})


def test_planted_night_comes_in_the_order_of_surprise() -> None:
    before = {BTC: THEN, ETH: THEN, SOL: THEN}
    now = {
        BTC: seen(mark=60_100.0),
        ETH: seen(interval_hours=4.0, funding_rate=-0.0001),
        SOL: seen(open_interest_coin=130.0),
    }
    pasts = {
        BTC: Past(price_change_24h=Standing(0.6, 600)),
        ETH: Past(funding=Standing(0.4, 600)),
        SOL: Past(open_interest_change_24h=Standing(0.998, 600)),
    }
    told = [(change.key, change.kind) for change in changes(before, now, pasts)]
    assert told == [
        (ETH, ChangeKind.FUNDING_INTERVAL),
        (SOL, ChangeKind.OPEN_INTEREST),
        (ETH, ChangeKind.FUNDING_SIGN),
    ]


def test_surprise_is_how_rare_the_change_is() -> None:
    pasts = {BTC: Past(open_interest_change_24h=Standing(0.99, 1_000))}
    (change,) = changes({BTC: THEN}, {BTC: seen(open_interest_coin=130.0)}, pasts)
    assert change.surprise == pytest.approx(5.644, abs=1e-3)
    assert (change.before, change.now, change.samples) == (100.0, 130.0, 1_000)


def test_few_samples_cannot_be_very_surprising() -> None:
    pasts = {BTC: Past(price_change_24h=Standing(1.0, 15))}
    (change,) = changes({BTC: THEN}, {BTC: seen(mark=90_000.0)}, pasts)
    assert change.surprise == pytest.approx(4.0)


def test_events_without_a_size_have_their_own_surprise() -> None:
    flipped = changes({BTC: THEN}, {BTC: seen(funding_rate=-0.0001)}, {})
    moved = changes({BTC: THEN}, {BTC: seen(interval_hours=1.0)}, {})
    assert [change.surprise for change in flipped + moved] == [FLIP_SURPRISE, INTERVAL_SURPRISE]


def test_unknown_figures_and_new_contracts_are_no_change() -> None:
    pasts = {BTC: Past(price_change_24h=Standing(1.0, 900))}
    assert changes({BTC: THEN}, {BTC: seen(mark=None, ratio=None)}, pasts) == []
    assert changes({}, {BTC: seen(mark=1.0)}, pasts) == []
    assert changes({BTC: THEN}, {BTC: THEN}, pasts) == []


@given(st.floats(0.0, 1.0), st.integers(1, 5_000))
def test_surprise_is_finite_and_not_negative(rank: float, samples: int) -> None:
    pasts = {BTC: Past(price_change_24h=Standing(rank, samples))}
    for change in changes({BTC: THEN}, {BTC: seen(mark=61_000.0)}, pasts):
        assert 0.0 <= change.surprise < 20.0
