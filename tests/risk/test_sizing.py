"""Sizing: quantity for a risk, leverage for a stop, stop integrity, what binds."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, InstrumentKey, MarginTier
from dashboard.risk.liquidation import Leg, liquidation_price
from dashboard.risk.report import StopCheck
from dashboard.risk.sizing import (
    Costs,
    SizeLimit,
    check_stop,
    largest_leverage,
    largest_leverage_of_tier,
    largest_notional,
    loss_per_unit,
    quantity_for_risk,
    size_limits,
    stop_warnings,
)
from dashboard.store.tiers import load_tiers

LINEAR, INVERSE = ContractKind.LINEAR, ContractKind.INVERSE
HALF_PERCENT = (MarginTier(floor=0.0, mmr=0.005),)
FEES = Costs(entry_fee=0.0005, exit_fee=0.0005)


def btc_tiers() -> tuple[MarginTier, ...]:
    table = load_tiers(None).find(InstrumentKey("binanceusdm", "BTC/USDT:USDT"))
    assert table is not None
    return table.tiers


def leg(
    side: Side,
    quantity: float = 1.0,
    entry: float = 50_000.0,
    *,
    kind: ContractKind = LINEAR,
    tiers: tuple[MarginTier, ...] = HALF_PERCENT,
    close_fee: float = 0.0005,
) -> Leg:
    return Leg(
        kind=kind, side=side, quantity=quantity, entry=entry, tiers=tiers, close_fee=close_fee
    )


class TestQuantityForARisk:
    """Solved by an independent script: risk 100, long 50,000 with a stop at 48,500."""

    def test_fees_are_in_the_loss(self) -> None:
        quantity = quantity_for_risk(LINEAR, Side.LONG, 50_000, 48_500, 100, FEES)
        assert quantity == pytest.approx(0.06455, abs=5e-6)

    def test_nine_payments_of_five_basis_points_are_in_the_loss(self) -> None:
        costs = Costs(entry_fee=0.0005, exit_fee=0.0005, funding_rate=0.0005, payments=9)
        quantity = quantity_for_risk(LINEAR, Side.LONG, 50_000, 48_500, 100, costs)
        assert quantity == pytest.approx(0.05636, abs=5e-6)

    def test_the_naive_size_would_lose_more_than_was_meant(self) -> None:
        naive = quantity_for_risk(LINEAR, Side.LONG, 50_000, 48_500, 100, Costs())
        assert naive == pytest.approx(0.06667, abs=5e-6)
        loss = naive * loss_per_unit(LINEAR, Side.LONG, 50_000, 48_500, FEES)
        assert loss == pytest.approx(103.28, abs=0.005)

    def test_funding_that_is_received_does_not_make_it_larger(self) -> None:
        received = Costs(funding_rate=0.001, payments=9)
        for costs in (received, Costs()):
            assert quantity_for_risk(LINEAR, Side.SHORT, 100, 105, 50, costs) == 10.0

    @given(
        st.sampled_from([LINEAR, INVERSE]),
        st.sampled_from(list(Side)),
        st.floats(1e-3, 1e5),
        st.floats(0.01, 0.5),
        st.floats(1.0, 1e5),
        st.floats(0.0, 0.002),
    )
    def test_the_stop_loses_exactly_the_risk(
        self, kind: ContractKind, side: Side, entry: float, gap: float, risk: float, fee: float
    ) -> None:
        stop = entry * (1 - side * gap)
        costs = Costs(entry_fee=fee, exit_fee=fee, funding_rate=0.0001, payments=3)
        quantity = quantity_for_risk(kind, side, entry, stop, risk, costs)
        if kind is LINEAR:
            pnl, paid = side * (stop - entry), fee * (entry + stop)
            funding = 3 * 0.0001 * entry
        else:
            pnl, paid = side * (1 / entry - 1 / stop), fee * (1 / entry + 1 / stop)
            funding = 3 * 0.0001 / entry
        lost = quantity * (-pnl + paid + (funding if side is Side.LONG else 0.0))
        assert lost == pytest.approx(risk, rel=1e-9)

    @pytest.mark.parametrize(
        ("side", "stop", "message"),
        [
            (Side.LONG, 50_000, "stop_price must lie below the entry 50000 of a long"),
            (Side.LONG, 51_000, "stop_price must lie below the entry"),
            (Side.SHORT, 49_000, "stop_price must lie above the entry 50000 of a short"),
        ],
    )
    def test_a_stop_on_the_winning_side_is_refused(
        self, side: Side, stop: float, message: str
    ) -> None:
        with pytest.raises(InputError, match=message) as caught:
            quantity_for_risk(LINEAR, side, 50_000, stop, 100, FEES)
        assert caught.value.field == "stop_price"

    @pytest.mark.parametrize("risk", [0.0, -1.0, math.inf, math.nan])
    def test_the_risk_must_be_an_amount(self, risk: float) -> None:
        with pytest.raises(InputError, match="risk must be an amount of money above 0"):
            quantity_for_risk(LINEAR, Side.LONG, 50_000, 48_500, risk, FEES)


class TestLargestLeverage:
    """Solved by an independent script: 50,000 with a stop at 48,500, ATR 900, k 1.5: 47,150."""

    GAP = 1.5 * 900

    def plug_back(self, position: Leg, leverage: float) -> float | None:
        margin = position.quantity * position.coordinate(position.entry) / leverage
        return liquidation_price(margin, position)

    def test_long(self) -> None:
        limit = largest_leverage(leg(Side.LONG), 48_500, self.GAP)
        assert limit.leverage == pytest.approx(16.08, abs=0.005)
        assert limit.liquidation_price == 47_150.0
        assert not limit.tier_binds
        assert self.plug_back(leg(Side.LONG), limit.leverage) == pytest.approx(47_150.0)

    def test_short_mirror(self) -> None:
        limit = largest_leverage(leg(Side.SHORT), 51_500, self.GAP)
        assert limit.leverage == pytest.approx(15.92, abs=0.005)
        assert limit.liquidation_price == 52_850.0
        assert self.plug_back(leg(Side.SHORT), limit.leverage) == pytest.approx(52_850.0)

    def test_with_nine_payments_reserved(self) -> None:
        reserve = Costs(funding_rate=0.001, payments=9).funding_fraction(Side.LONG)
        limit = largest_leverage(leg(Side.LONG), 48_500, self.GAP, funding_fraction=reserve)
        assert limit.leverage == pytest.approx(14.05, abs=0.005)

    def test_tier_exact_at_20_million(self) -> None:
        position = leg(Side.LONG, 400.0, tiers=btc_tiers())
        limit = largest_leverage(position, 48_500, self.GAP)
        assert limit.margin == pytest.approx(1_394_630, abs=0.5)
        assert limit.leverage == pytest.approx(14.34, abs=0.005)
        assert self.plug_back(position, limit.leverage) == pytest.approx(47_150.0, abs=1e-6)

    def test_the_tier_binds_where_the_venue_allows_less(self) -> None:
        position = leg(Side.LONG, 1_000.0, tiers=btc_tiers())
        limit = largest_leverage(position, 49_900, 0.0)
        assert limit.tier_binds
        assert limit.leverage == limit.tier_leverage
        assert limit.leverage == largest_leverage_of_tier(50e6, btc_tiers())
        assert limit.margin == pytest.approx(50e6 / limit.leverage)

    def test_a_position_that_needs_no_margin_is_bound_by_the_tier_alone(self) -> None:
        tiers = (MarginTier(floor=0.0, mmr=0.005, max_leverage=20.0),)
        position = leg(Side.LONG, tiers=tiers)
        limit = largest_leverage(position, 60_000, 0.0)
        assert limit.leverage == 20.0
        free = largest_leverage(leg(Side.LONG), 60_000, 0.0)
        assert free.leverage == math.inf
        assert free.margin == 0.0

    def test_without_tiers_nothing_is_said_about_the_venues_maximum(self) -> None:
        assert largest_leverage(leg(Side.LONG, tiers=()), 48_500, 0.0).tier_leverage is None

    @pytest.mark.parametrize(
        ("stop", "gap", "field"),
        [(48_500, -1.0, "gap"), (48_500, math.nan, "gap"), (900.0, 1_000.0, "stop_price")],
    )
    def test_impossible_gaps_are_refused(self, stop: float, gap: float, field: str) -> None:
        with pytest.raises(InputError) as caught:
            largest_leverage(leg(Side.LONG), stop, gap)
        assert caught.value.field == field

    @given(
        st.sampled_from([LINEAR, INVERSE]),
        st.sampled_from(list(Side)),
        st.floats(1e3, 5e7),
        st.floats(0.01, 0.3),
        st.floats(0.0, 0.1),
    )
    def test_liquidation_at_that_leverage_lies_where_it_should(
        self, kind: ContractKind, side: Side, value: float, stop_gap: float, beyond: float
    ) -> None:
        entry = 50_000.0
        quantity = value / entry if kind is LINEAR else value
        tiers = (
            MarginTier(floor=0.0, cap=1e6, mmr=0.004),
            MarginTier(floor=1e6, mmr=0.02, cum=16_000.0),
        )
        position = leg(side, quantity, entry, kind=kind, tiers=tiers)
        stop = entry * (1 - side * stop_gap)
        limit = largest_leverage(position, stop, beyond * entry)
        assume(limit.leverage > 1.01)
        price = self.plug_back(position, limit.leverage)
        assert price == pytest.approx(limit.liquidation_price, rel=1e-9)


class TestStop:
    """Entry 45,000, 10x, MMR 0.5 %: liquidation 40,703.52."""

    LIQUIDATION = 45_000 * 0.9 / 0.995

    def test_a_stop_before_liquidation_says_by_how_much(self) -> None:
        stop = check_stop(Side.LONG, 45_000, 42_750, self.LIQUIDATION)
        assert stop.before_liquidation is True
        assert stop.buffer_fraction == pytest.approx(0.045, abs=5e-4)

    def test_a_stop_beyond_liquidation_is_seen(self) -> None:
        stop = check_stop(Side.LONG, 45_000, 40_000, self.LIQUIDATION)
        assert stop.before_liquidation is False
        assert stop.buffer_fraction is not None
        assert stop.buffer_fraction < 0
        said = stop_warnings(stop, stop_trigger="mark price", liquidation_trigger="mark price")
        assert said == [
            "liquidation comes before the stop at 40000: the stop cannot limit the loss"
        ]

    def test_a_short_is_mirrored(self) -> None:
        assert check_stop(Side.SHORT, 100, 105, 110.0).buffer_fraction == pytest.approx(0.05)
        assert check_stop(Side.SHORT, 100, 112, 110.0).before_liquidation is False

    def test_at_the_liquidation_price_itself_liquidation_comes_first(self) -> None:
        assert check_stop(Side.LONG, 100, 90, 90.0).before_liquidation is False

    def test_no_liquidation_price_is_not_the_same_as_an_unknown_one(self) -> None:
        assert check_stop(Side.LONG, 100, 90, None) == StopCheck(
            price=90, before_liquidation=True, buffer_fraction=None
        )
        unknown = check_stop(Side.LONG, 100, 90, None, known=False)
        assert unknown.before_liquidation is None

    def test_different_trigger_prices_are_said(self) -> None:
        stop = check_stop(Side.LONG, 45_000, 42_750, self.LIQUIDATION)
        said = stop_warnings(stop, stop_trigger="last price", liquidation_trigger="mark price")
        assert len(said) == 1
        assert "acts on the last price but liquidation on the mark price" in said[0]


class TestWhatBinds:
    TIERS = (
        MarginTier(floor=0.0, cap=50_000.0, mmr=0.01, max_leverage=50.0),
        MarginTier(floor=50_000.0, cap=200_000.0, mmr=0.02, cum=500.0, max_leverage=20.0),
        MarginTier(floor=200_000.0, mmr=0.05, cum=6_500.0, max_leverage=None),
    )

    def limits(self, **changes: float) -> tuple[SizeLimit, ...]:
        given = {"risk_quantity": 10.0, "leverage": 10.0, "balance": 1e9}
        position = leg(Side.LONG, 1.0, 1_000.0, tiers=self.TIERS)
        return size_limits(position, **{**given, **changes})

    def test_the_first_limit_is_the_one_that_binds(self) -> None:
        assert self.limits()[0] == SizeLimit("risk", 10.0)
        assert self.limits(balance=500.0)[0] == SizeLimit("balance", 5.0)
        assert self.limits(risk_quantity=1e9, leverage=30.0)[0] == SizeLimit("tier", 50.0)

    def test_the_fee_is_paid_from_the_balance_too(self) -> None:
        assert self.limits(balance=500.0, entry_fee=0.001)[0].quantity == pytest.approx(
            500 / (1_000 * 0.101)
        )

    def test_no_balance_buys_nothing(self) -> None:
        assert self.limits(balance=-5.0)[0] == SizeLimit("balance", 0.0)

    def test_without_tiers_only_risk_and_balance_limit(self) -> None:
        position = leg(Side.LONG, tiers=())
        names = [
            limit.name
            for limit in size_limits(position, risk_quantity=1.0, leverage=2.0, balance=1.0)
        ]
        assert sorted(names) == ["balance", "risk"]

    @pytest.mark.parametrize(
        ("leverage", "notional"), [(60.0, 0.0), (50.0, 5e4), (20.0, math.inf), (1.0, math.inf)]
    )
    def test_largest_notional_at_a_leverage(self, leverage: float, notional: float) -> None:
        assert largest_notional(leverage, self.TIERS) == notional
