"""The figures beside a position's risk: room in ATR, cost to the horizon, stop, size, leverage."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.account import Balance, Position
from dashboard.market.instrument import TierTables
from dashboard.market.snapshot import Snapshot
from dashboard.risk.plan import PLANS, Figure, Wishes, plan_of
from dashboard.risk.report import RiskReport
from dashboard.risk.true_range import HourlyMoves
from tests.risk import builders as made
from tests.risk.builders import CROSS, INVERSE, LONG, NOW, SHORT

BTC = made.instrument()
TIERS = made.tables_of(BTC, made.tiers_of((0.0, 0.005, 0.0)))
MOVES = HourlyMoves(atr=200.0, daily_sigma=0.03, hours=336, until_ms=NOW - 1_000)
WISHES = Wishes(account=10_000.0)
FEE = 0.0005


def market(rate: float | None = 0.0001, mark: float | None = 50_000.0, **more: Any) -> Snapshot:
    funding = replace(made.funding(BTC, rate), **more)
    return made.snapshot_of(made.mark(BTC, mark), funding)


def plan(
    position: Position | None = None,
    snapshot: Snapshot | None = None,
    wishes: Wishes = WISHES,
    moves: HourlyMoves = MOVES,
    tiers: TierTables = TIERS,
    **changes: Any,
) -> Mapping[str, Figure]:
    held = position or made.position(stop_price=48_000.0, taker_fee=FEE, **changes)
    balances = [Balance(venue="binanceusdm", coin="USDT", amount=5_000.0)]
    report = made.report_of([held], snapshot or market(), tiers, balances=balances)
    return plan_of(report, 0, wishes, moves)


def value(figures: Mapping[str, Figure], name: str) -> float:
    found = figures[name].value
    assert found is not None, figures[name].reason
    return found


def test_the_room_is_counted_in_atr_and_in_daily_sigma() -> None:
    figures = plan()
    liquidation = 45_000.0 / 0.995
    assert value(figures, "distance_in_atr") == pytest.approx((50_000 - liquidation) / 200.0)
    sigmas = math.log(50_000 / liquidation) / 0.03
    assert value(figures, "distance_in_daily_sigma") == pytest.approx(sigmas)
    receipt = figures["distance_in_atr"].receipt
    assert receipt is not None
    assert receipt.figure == "distance_in_atr"
    assert [given.name for given in receipt.inputs] == ["ATR(14, 1 h)", "daily sigma"]
    assert receipt.inputs[0].age_ms == 1_000


def test_funding_to_the_horizon_counts_the_settlements_that_fall_into_it() -> None:
    due = market(next_settlement_ms=NOW + 3_600_000)
    figures = plan(snapshot=due)
    assert figures["funding_to_horizon"].note == "3"
    assert value(figures, "funding_to_horizon") == pytest.approx(3 * 5.0)
    assert plan(snapshot=due, wishes=Wishes(horizon_hours=0.5))["funding_to_horizon"].value == 0.0
    passed = market(next_settlement_ms=NOW - 1)
    assert plan(snapshot=passed)["funding_to_horizon"].note == "3"
    behind = market(next_settlement_ms=NOW + 3_600_000, clock_ahead_ms=-3_600_001)
    assert plan(snapshot=behind)["funding_to_horizon"].note == "3"
    half_an_hour = Wishes(horizon_hours=0.5)
    early = market(next_settlement_ms=NOW + 3_600_000, clock_ahead_ms=-2_700_000)
    assert plan(snapshot=early, wishes=half_an_hour)["funding_to_horizon"].note == "1"


def test_the_break_even_at_the_horizon_pays_fees_and_funding() -> None:
    price = value(plan(), "break_even_at_horizon")
    assert (price - 50_000.0) == pytest.approx(FEE * (50_000.0 + price) + 15.0)


def test_a_short_that_is_paid_breaks_even_later() -> None:
    price = value(plan(side=SHORT), "break_even_at_horizon")
    assert (50_000.0 - price) == pytest.approx(FEE * (50_000.0 + price) - 15.0)


def test_the_stop_costs_the_way_and_both_fees() -> None:
    figures = plan()
    loss = 2_000.0 + FEE * 98_000.0
    assert value(figures, "loss_at_stop") == pytest.approx(loss)
    assert value(figures, "loss_at_stop_of_account") == pytest.approx(loss / 10_000.0)
    receipt = figures["loss_at_stop"].receipt
    assert receipt is not None
    assert receipt.inputs[-1].value == "mark price"


def test_the_margin_of_an_isolated_position_is_told_as_part_of_the_account() -> None:
    assert value(plan(extra_margin=500.0), "margin_of_account") == pytest.approx(0.55)


def test_the_size_for_a_risk_loses_exactly_that_at_the_stop() -> None:
    figures = plan()
    unit = 2_000.0 + FEE * 98_000.0
    assert value(figures, "size_for_risk") == pytest.approx(100.0 / unit)
    assert figures["size_for_risk"].note == "risk"


def test_what_binds_a_size_is_named() -> None:
    figures = plan(wishes=Wishes(account=10_000.0, risk_fraction=0.5), leverage=1.0)
    assert figures["size_for_risk"].note == "balance"


def test_the_largest_leverage_keeps_liquidation_the_wished_atr_beyond_the_stop() -> None:
    figures = plan()
    leverage = value(figures, "largest_leverage")
    margin = 50_000.0 / leverage
    assert (50_000.0 - margin) / 0.995 == pytest.approx(48_000.0 - 2 * 200.0)
    assert figures["largest_leverage"].note == "stop"


def test_the_venue_s_own_maximum_is_named_where_it_is_smaller() -> None:
    tier = replace(made.tiers_of((0.0, 0.005, 0.0))[0], max_leverage=5.0)
    figures = plan(tiers=made.tables_of(BTC, [tier]))
    assert value(figures, "largest_leverage") == 5.0
    assert figures["largest_leverage"].note == "tier"


UNKNOWN: list[tuple[str, str, dict[str, Any]]] = [
    ("distance_in_atr", "no candles", {"moves": HourlyMoves(reason="no candles")}),
    ("distance_in_atr", "no mark price", {"snapshot": Snapshot()}),
    ("distance_in_atr", "no room left", {"snapshot": market(mark=40_000.0)}),
    ("distance_in_atr", "no price liquidates it", {"leverage": 0.9}),
    ("distance_in_atr", "no margin tiers", {"tiers": made.NO_TIERS}),
    ("distance_in_daily_sigma", "too few", {"moves": replace(MOVES, daily_sigma=None,
                                                             reason="too few")}),
    ("distance_in_daily_sigma", "did not move", {"moves": replace(MOVES, daily_sigma=0.0)}),
    ("funding_to_horizon", "no predicted funding rate", {"snapshot": market(rate=None)}),
    ("funding_to_horizon", "no mark price", {"snapshot": market(mark=None)}),
    ("funding_to_horizon", "interval", {"snapshot": market(interval_hours=None)}),
    ("break_even_at_horizon", "no price pays", {"side": SHORT, "snapshot": market(rate=-0.9)}),
    ("loss_at_stop", "no stop is set", {"position": made.position()}),
    ("loss_at_stop", "stop_price must lie below the entry", {"position": made.position(
        stop_price=51_000.0, taker_fee=FEE)}),
    ("loss_at_stop", "size", {"position": made.position(size=-1.0, stop_price=48_000.0)}),
    ("loss_at_stop", "stop", {"position": made.position(stop_price=-1.0)}),
    ("loss_at_stop_of_account", "account's size in USDT", {"wishes": Wishes()}),
    ("size_for_risk", "account's size in USDT", {"wishes": Wishes(account=0.0)}),
    ("margin_of_account", "stands on the whole account", {"mode": CROSS}),
    ("margin_of_account", "account's size in USDT", {"wishes": Wishes()}),
    ("margin_of_account", "margin", {"margin": -1.0}),
    ("largest_leverage", "cross position", {"mode": CROSS}),
    ("largest_leverage", "below zero", {"moves": replace(MOVES, atr=30_000.0)}),
    ("size_for_risk", "leverage", {"mode": CROSS}),
    ("largest_leverage", "it bounds no leverage", {"position": made.position(
        stop_price=60_000.0, taker_fee=FEE)}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "reason", "changes"), UNKNOWN)
def test_what_is_not_known_says_why(name: str, reason: str, changes: dict[str, Any]) -> None:
    figure = plan(**changes)[name]
    assert figure.value is None
    assert reason in figure.reason


def test_a_price_beyond_the_last_hours_leaves_moves_without_inputs() -> None:
    receipt = plan(moves=replace(MOVES, daily_sigma=None, until_ms=None))["distance_in_atr"].receipt
    assert receipt is not None
    assert [given.age_ms for given in receipt.inputs] == [None]


def test_an_inverse_contract_is_planned_in_its_coin() -> None:
    contract = made.instrument(kind=INVERSE)
    held = made.position(
        LONG, 60_000.0, of=contract, stop_price=48_000.0, taker_fee=FEE, name="inverse"
    )
    snapshot = made.snapshot_of(made.mark(contract, 50_000.0), made.funding(contract, 0.0001))
    tiers = made.tables_of(contract, made.tiers_of((0.0, 0.005, 0.0)))
    report = made.report_of([held], snapshot, tiers)
    figures = plan_of(report, 0, Wishes(account=1.0), MOVES)
    at_entry, at_stop = 60_000 / 50_000, 60_000 / 48_000
    loss = at_stop - at_entry + FEE * (at_entry + at_stop)
    assert value(figures, "loss_at_stop") == pytest.approx(loss)
    assert value(figures, "size_for_risk") == pytest.approx(60_000.0 * 0.01 / loss)


def test_a_report_of_someone_else_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match="assess"):
        plan_of(RiskReport(now_ms=NOW, positions=()), 0, WISHES, MOVES)


@given(
    st.floats(min_value=0.01, max_value=1e6),
    st.floats(min_value=0.1, max_value=120.0),
    st.floats(min_value=-0.5, max_value=0.5),
    st.sampled_from([LONG, SHORT]),
)
def test_every_figure_is_finite_or_says_why(
    entry: float, leverage: float, rate: float, side: Any
) -> None:
    held = made.position(side, 1.0, entry, leverage=leverage, stop_price=entry * (1 - side * 0.1))
    for name, figure in plan(held, market(rate=rate)).items():
        assert name in PLANS
        assert (figure.value is None) == bool(figure.reason)
        assert figure.value is None or math.isfinite(figure.value)
