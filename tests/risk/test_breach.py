"""What a crossing that nobody has answered yet leaves of a position's figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.market.account import Book, Breach, SizeUnit
from dashboard.risk.assess import assess
from dashboard.risk.position_rows import MAYBE_GONE, OF_A_STANDING_POSITION
from dashboard.risk.report import LiquidationStatus, PositionRisk
from dashboard.risk.sizing import stop_is_passed
from tests.risk.builders import (
    CROSS,
    INVERSE,
    NO_TIERS,
    NOW,
    SHORT,
    funding,
    instrument,
    mark,
    position,
    risk_of,
    snapshot_of,
)

HELD = position(maintenance_margin_rate=0.005, name="held")
"""50,000 at 10x: liquidated at 45,226.13."""
BREACH = Breach(at_ms=NOW - 60_000, mark_price=45_000.0, liquidation_price=45_226.13)


def breached(price: float, breach: Breach = BREACH) -> PositionRisk:
    book = Book(positions=(HELD,), breaches={"held": breach})
    readings = mark(HELD.instrument, price), funding(HELD.instrument, 0.0001)
    return assess(book, snapshot_of(*readings), NO_TIERS, NOW).positions[0]


@pytest.mark.parametrize(("price", "crossed"), [(50_000.0, False), (45_000.0, True)])
def test_what_takes_it_for_standing_is_unknown_wherever_the_mark_is(
    price: float, crossed: bool
) -> None:
    risk = breached(price)
    assert risk.status is LiquidationStatus.BREACHED
    assert (risk.breach, risk.crossed) == (BREACH, crossed)
    assert {getattr(risk, name) for name in OF_A_STANDING_POSITION} == {None}
    assert {risk.missing[name] for name in OF_A_STANDING_POSITION} == {MAYBE_GONE}
    assert not set(risk.receipts) & set(OF_A_STANDING_POSITION)


def test_what_the_market_and_the_entry_say_is_known_all_the_same() -> None:
    risk = breached(50_000.0)
    assert risk.liquidation_price == pytest.approx(45_226.13)
    assert (risk.mark_price, risk.notional, risk.initial_margin) == (50_000.0, 50_000.0, 5_000.0)
    assert risk.funding_apr is not None


def test_a_breach_that_is_still_to_come_does_not_count() -> None:
    risk = breached(50_000.0, replace(BREACH, at_ms=NOW + 3_600_000))
    assert (risk.status, risk.breach) == (LiquidationStatus.OK, None)
    clocks_differ = breached(50_000.0, replace(BREACH, at_ms=NOW + 60_000))
    assert clocks_differ.status is LiquidationStatus.BREACHED


def test_a_breached_isolated_position_loses_its_margin_and_no_more() -> None:
    risk = risk_of(HELD, snapshot_of(mark(HELD.instrument, 40_000.0)))
    assert (risk.unrealised_pnl, risk.roi) == (-5_000.0, -1.0)
    told = risk.receipts["unrealised_pnl"]
    assert told.worked == (
        "1 x 1 x (40,000 - 50,000) = -10,000, which is more than its margin: -5,000"
    )
    assert told.formula.endswith("an isolated position loses its margin and no more")
    short = risk_of(
        position(SHORT, maintenance_margin_rate=0.005, extra_margin=1_000.0),
        snapshot_of(mark(HELD.instrument, 70_000.0)),
    )
    assert (short.unrealised_pnl, short.roi) == (-6_000.0, pytest.approx(-1.2))


def test_less_than_its_margin_is_what_it_is() -> None:
    risk = risk_of(HELD, snapshot_of(mark(HELD.instrument, 45_200.0)))
    assert (risk.status, risk.unrealised_pnl) == (LiquidationStatus.BREACHED, -4_800.0)
    assert risk.receipts["unrealised_pnl"].formula == "s q (P - E)"


def test_a_cross_position_may_lose_more_than_a_margin_of_its_own() -> None:
    held = position(mode=CROSS, maintenance_margin_rate=0.005)
    book = Book(positions=(held,))
    snapshot = snapshot_of(mark(held.instrument, 40_000.0))
    assert assess(book, snapshot, NO_TIERS, NOW).positions[0].unrealised_pnl == -10_000.0


def test_a_size_in_contracts_says_what_one_is() -> None:
    contract = instrument("BTC", venue="okx", contract_size=0.01)
    held = position(size=50.0, of=contract, size_unit=SizeUnit.CONTRACTS)
    receipt = risk_of(held).receipts["quantity"]
    assert receipt.worked == "50 contracts x 0.01 BTC = 0.5 BTC"
    inputs = {given.name: given for given in receipt.inputs}
    assert inputs["quantity"].source == "contract size: one contract is 0.01 BTC"
    inverse = position(size=0.5, of=instrument(kind=INVERSE), size_unit=SizeUnit.BASE)
    assert risk_of(inverse).receipts["quantity"].worked == "0.5 BTC = 25,000 USD"


@pytest.mark.parametrize(
    ("stop", "price", "passed"),
    [(47_000.0, 50_000.0, False), (47_000.0, 46_000.0, True), (None, 46_000.0, False)],
)
def test_a_stop_that_the_mark_is_beyond_is_passed(
    stop: float | None, price: float, passed: bool
) -> None:
    held = replace(HELD, stop_price=stop)
    assert stop_is_passed(risk_of(held, snapshot_of(mark(held.instrument, price)))) is passed
