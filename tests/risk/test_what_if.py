"""Supposed positions and markets, and positions that are enlarged or reduced."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.account import SizeUnit
from dashboard.market.snapshot import Snapshot
from dashboard.risk.notional import quantity_of
from dashboard.risk.pnl import unrealised_pnl
from dashboard.risk.what_if import (
    ENDPOINT,
    Supposed,
    scaled,
    supposed_position,
    supposed_snapshot,
)
from tests.risk import builders as made
from tests.risk.builders import INVERSE, LINEAR, LONG, NOW, SHORT

BTC = made.instrument()
HELD = made.position(margin=4_000.0, leverage=10.0, extra_margin=100.0)


def test_nothing_supposed_changes_nothing() -> None:
    snapshot = made.snapshot_of(made.mark(BTC, 50_000.0))
    assert supposed_position(HELD, Supposed()) == HELD
    assert supposed_snapshot(snapshot, BTC.key, Supposed(), NOW) == snapshot


def test_what_is_supposed_of_the_position_is_put_in() -> None:
    found = supposed_position(HELD, Supposed(leverage=5.0, extra_margin=7.0, stop_price=49_000.0))
    assert (found.leverage, found.extra_margin, found.stop_price) == (5.0, 7.0, 49_000.0)
    assert found.margin is None
    larger = supposed_position(HELD, Supposed(quantity=3.0))
    assert (larger.size, larger.size_unit, larger.margin) == (3.0, SizeUnit.BASE, None)
    margin_only = made.position(margin=4_000.0)
    assert supposed_position(margin_only, Supposed(quantity=3.0)).margin == 4_000.0


def test_a_supposed_market_leaves_the_real_one_alone() -> None:
    snapshot = made.snapshot_of(made.mark(BTC, 50_000.0), made.funding(BTC, 0.0001, 4.0))
    supposed = Supposed(mark_price=40_000.0, funding_rate=0.01)
    found = supposed_snapshot(snapshot, BTC.key, supposed, NOW)
    assert found.marks[BTC.key].mark == 40_000.0
    assert found.fundings[BTC.key].predicted == 0.01
    assert found.fundings[BTC.key].interval_hours == 4.0
    assert found.fundings[BTC.key].endpoint == ENDPOINT
    assert snapshot.marks[BTC.key].mark == 50_000.0
    assert snapshot.fundings[BTC.key].predicted == 0.0001


def test_a_rate_supposed_where_none_is_known_has_no_interval() -> None:
    found = supposed_snapshot(Snapshot(), BTC.key, Supposed(funding_rate=0.01), NOW)
    assert found.fundings[BTC.key].interval_hours is None


PRICES = st.floats(min_value=1.0, max_value=1e6)
SIZES = st.floats(min_value=0.001, max_value=1e6)


@given(
    st.sampled_from([LINEAR, INVERSE]),
    st.sampled_from([LONG, SHORT]),
    SIZES,
    PRICES,
    SIZES,
    PRICES,
    PRICES,
)
def test_the_average_entry_has_the_profit_of_both_parts_at_every_price(
    kind: Any, side: Any, size: float, entry: float, more: float, price: float, at: float
) -> None:
    held = made.position(side, size, entry, of=made.instrument(kind=kind))
    larger = scaled(held, more, price).position
    assert larger is not None
    whole = unrealised_pnl(kind, side, quantity_of(larger), larger.entry_price, at)
    parts = unrealised_pnl(kind, side, size, entry, at)
    parts += unrealised_pnl(kind, side, more, price, at)
    worth = size * max(entry, at) + more * max(price, at)
    worth = worth if kind is LINEAR else size / min(entry, at) + more / min(price, at)
    assert whole == pytest.approx(parts, abs=1e-9 * worth)


def test_a_margin_that_was_entered_grows_by_what_the_addition_asks_for() -> None:
    larger = scaled(HELD, 1.0, 60_000.0).position
    assert larger is not None
    assert larger.margin == 4_000.0 + 6_000.0
    assert larger.extra_margin == 100.0
    by_margin = scaled(made.position(margin=5_000.0), 1.0, 60_000.0).position
    assert by_margin is not None
    assert by_margin.margin == pytest.approx(5_000.0 + 6_000.0)


def test_a_part_that_is_closed_takes_its_margin_along_and_realises_its_profit() -> None:
    smaller, realised = scaled(HELD, -0.25, 52_000.0)
    assert smaller is not None
    assert realised == pytest.approx(500.0)
    assert (smaller.size, smaller.margin, smaller.extra_margin) == (0.75, 3_000.0, 75.0)
    assert smaller.entry_price == HELD.entry_price
    bare = scaled(made.position(), -0.25, 52_000.0).position
    assert bare is not None
    assert bare.margin is None


def test_all_of_it_closed_is_no_position() -> None:
    assert scaled(HELD, -1.0, 49_000.0) == (None, -1_000.0)


@pytest.mark.parametrize(
    ("change", "price", "words"),
    [(-1.5, 50_000.0, "no more than the whole position, 1,"), (1.0, 0.0, "price must be above 0")],
)
def test_what_cannot_be_done_is_a_sentence(change: float, price: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        scaled(HELD, change, price)
