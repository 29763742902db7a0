"""Funding: payments, their cost over time, what they do to liquidation, break-even."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.funding import (
    FundingPaid,
    Settlement,
    break_even_price,
    check_interval,
    compound_apy,
    fraction_of_margin,
    funding_payment,
    funding_per_day,
    hours_to_liquidation,
    hours_to_liquidation_each,
    liquidation_shift,
    liquidation_shift_inverse,
    paid_to_date,
    payments_to_liquidation,
    rate_from_premium,
    settlements_until,
    simple_apr,
    taken_from_margin,
)
from dashboard.risk.liquidation import Leg, liquidation_price

HOUR_MS = 3_600_000
LINEAR, INVERSE = ContractKind.LINEAR, ContractKind.INVERSE

sides = st.sampled_from([1.0, -1.0])
prices = st.floats(1e-4, 1e6)
fees = st.floats(0.0, 0.002)


class TestPayment:
    def test_a_short_receives_what_a_long_pays(self) -> None:
        # Vector ft-funding-0.004: freqtrade's test_calculate_funding_fees.
        assert funding_payment(1.0, 10 * 2.0, 0.0002) == pytest.approx(0.004, abs=1e-12)
        assert funding_payment(-1.0, 10 * 2.0, 0.0002) == pytest.approx(-0.004, abs=1e-12)

    @pytest.mark.parametrize(
        ("settled", "cash_flow"),
        [
            pytest.param([-0.000008, -0.000003], -0.00091409999, id="ft-fund-hist-30-2"),
            pytest.param([-0.000008], -0.00066479999, id="ft-fund-hist-30-1"),
        ],
    )
    def test_a_recorded_short_of_30_at_2_77(self, settled: list[float], cash_flow: float) -> None:
        # freqtrade's test__fetch_and_calculate_funding_fees, ADA/USDT on 2021-09-01.
        due = [Settlement(8 * HOUR_MS * (n + 1), rate, 2.77) for n, rate in enumerate(settled)]
        for side, sign in ((Side.SHORT, 1), (Side.LONG, -1)):
            paid = paid_to_date(side, LINEAR, 30.0, due, 0, 24 * HOUR_MS).paid
            assert paid == pytest.approx(-sign * cash_flow, abs=1e-9)

    def test_an_inverse_contract_pays_in_coin(self) -> None:
        assert funding_payment(1.0, 50_000.0 / 25_000.0, 0.0001) == pytest.approx(0.0002)

    def test_arrays_are_taken_element_by_element(self) -> None:
        side, notional = np.array([1.0, -1.0]), np.array([1_000.0, 2_000.0])
        paid = funding_payment(side, notional, np.array([0.0001, 0.0001]))
        assert paid.tolist() == pytest.approx([0.1, -0.2])

    def test_hyperliquids_example_of_a_rate_made_from_a_premium(self) -> None:
        # Vector hl-funding: Hyperliquid docs, a premium of 1 % gives 0.95 % per 8 h.
        assert rate_from_premium(0.01) == pytest.approx(0.0095, abs=1e-12)
        assert rate_from_premium(0.0003) == pytest.approx(0.0001)
        assert rate_from_premium(-0.01) == pytest.approx(-0.0095)


class TestPace:
    """Recomputed by an independent script: margin a day, APR, APY, life at 10x."""

    @pytest.mark.parametrize(
        ("rate", "apr", "apy", "daily_5x", "daily_10x", "daily_20x", "days_10x"),
        [
            (0.0001, 0.1095, 0.1157, 0.0015, 0.003, 0.006, 316.7),
            (0.0005, 0.5475, 0.729, 0.0075, 0.015, 0.03, 63.3),
            (0.001, 1.095, 1.988, 0.015, 0.03, 0.06, 31.7),
            (0.003, 3.285, 25.58, 0.045, 0.09, 0.18, 10.6),
        ],
    )
    def test_eight_hour_rates_by_leverage(
        self,
        rate: float,
        apr: float,
        apy: float,
        daily_5x: float,
        daily_10x: float,
        daily_20x: float,
        days_10x: float,
    ) -> None:
        assert simple_apr(rate, 8.0) == pytest.approx(apr, rel=1e-12)
        assert compound_apy(rate, 8.0) == pytest.approx(apy, rel=5e-4)
        per_day = funding_per_day(funding_payment(1.0, 1.0, rate), 8.0)
        for leverage, expected in ((5, daily_5x), (10, daily_10x), (20, daily_20x)):
            assert fraction_of_margin(per_day, 1.0 / leverage) == pytest.approx(expected)
        hours = hours_to_liquidation(1 / 10 - 0.005, rate, 8.0)
        assert hours is not None
        assert hours / 24 == pytest.approx(days_10x, abs=0.05)

    def test_hourly_funding_of_five_basis_points_takes_12_percent_of_margin_a_day(self) -> None:
        per_day = funding_per_day(0.0005, 1.0)
        assert fraction_of_margin(per_day, 1 / 10) == pytest.approx(0.12)
        hours = hours_to_liquidation(1 / 10 - 0.004, 0.0005, 1.0)
        assert hours == pytest.approx(8.0 * 24)

    @pytest.mark.parametrize("bad", [0.0, -8.0, math.inf, math.nan])
    def test_an_interval_that_is_no_span_is_refused(self, bad: float) -> None:
        with pytest.raises(InputError, match="funding_interval_hours must be") as caught:
            check_interval(bad)
        assert caught.value.field == "funding_interval_hours"

    def test_an_unknown_interval_is_allowed_and_leaves_the_hours_unknown(self) -> None:
        check_interval(None)
        assert hours_to_liquidation(100.0, 1.0, None) is None


class TestLife:
    """Funding alone at a frozen price."""

    def test_ten_times_at_ten_basis_points_dies_after_95_payments(self) -> None:
        assert payments_to_liquidation(0.1 - 0.005, 0.001) == pytest.approx(95.0)

    @pytest.mark.parametrize("payment", [0.0, -0.5, 5e-324])
    def test_a_receiver_never_dies_of_funding(self, payment: float) -> None:
        assert payments_to_liquidation(100.0, payment) is None
        assert hours_to_liquidation(100.0, payment, 8.0) is None

    def test_nothing_is_left_where_the_surplus_is_gone(self) -> None:
        assert hours_to_liquidation(-3.0, 1.0, 8.0) == 0.0

    def test_arrays_agree_with_scalars_and_say_nan_for_none(self) -> None:
        surplus = np.array([100.0, 100.0, -1.0, 100.0])
        payment = np.array([2.0, -2.0, 1.0, 0.0])
        interval = np.full(4, 8.0)
        hours = hours_to_liquidation_each(surplus, payment, interval)
        assert hours[[0, 2]].tolist() == [400.0, 0.0]
        assert np.isnan(hours[[1, 3]]).all()

    def test_an_unknown_interval_is_nan_in_an_array(self) -> None:
        hours = hours_to_liquidation_each(*(np.array([x]) for x in (100.0, 2.0, math.nan)))
        assert np.isnan(hours).all()

    @pytest.mark.parametrize(("rate", "days"), [(0.0, 67.0), (0.0001, 55.3), (0.001, 21.7)])
    def test_a_slow_fall_kills_sooner_with_funding(self, rate: float, days: float) -> None:
        # By an independent script: 10x long, MMR 0.5 %, the price falls 5 basis points per 8 h.
        tiers = (MarginTier(floor=0.0, mmr=0.005),)
        leg = Leg(kind=LINEAR, side=Side.LONG, quantity=1.0, entry=1.0, tiers=tiers)
        margin, price, payments = 0.1, 1.0, 0
        while price > (liquidation_price(margin, leg) or 0.0):
            margin -= funding_payment(1.0, price, rate)
            price *= 1 - 0.0005
            payments += 1
        assert payments * 8 / 24 == pytest.approx(days, abs=0.05)


class TestShiftOfTheLiquidationPrice:
    def test_worked_long_and_short_at_40000(self) -> None:
        # An independent recomputation: long +4.020101, short receiving +3.980100, paying -3.980100.
        assert liquidation_shift(1.0, 0.0001, 40_000.0, 0.005, 0.0) == pytest.approx(
            4.020101, abs=1e-6
        )
        assert liquidation_shift(-1.0, -0.0001, 40_000.0, 0.005, 0.0) == pytest.approx(
            -3.980100, abs=1e-6
        )

    def test_bybits_example_200_usdt_of_funding_move_19700_to_19900(self) -> None:
        # Bybit help centre, isolated margin before 2026: maintenance on entry value, 1 BTC.
        from_margin = taken_from_margin(200.0, free_balance=0.0)
        assert from_margin is not None
        shift = liquidation_shift(1.0, from_margin / 20_000.0, 20_000.0, 0.0, 0.0)
        assert 19_700.0 + shift == pytest.approx(19_900.0)

    def test_free_balance_pays_first_and_unknown_balance_stays_unknown(self) -> None:
        assert taken_from_margin(200.0, free_balance=500.0) == 0.0
        assert taken_from_margin(200.0, free_balance=150.0) == 50.0
        assert taken_from_margin(200.0, free_balance=-10.0) == 200.0
        assert taken_from_margin(-5.0, free_balance=0.0) == 0.0
        assert taken_from_margin(200.0, free_balance=None) is None

    @given(sides, st.floats(-0.01, 0.01), prices, st.floats(0.002, 0.2), fees)
    def test_linear_shift_equals_solving_again(
        self, side: float, rate: float, entry: float, mmr: float, fee: float
    ) -> None:
        def solve(margin: float) -> float:
            return (margin - side * entry) / (mmr + fee - side)

        margin = entry / 5.0
        again = solve(margin - side * rate * entry) - solve(margin)
        shift = liquidation_shift(side, rate, entry, mmr, fee)
        assert shift == pytest.approx(again, abs=1e-9 * entry)

    @given(sides, st.floats(-0.01, 0.01), prices, st.floats(0.002, 0.2), fees)
    def test_inverse_shift_equals_solving_again(
        self, side: float, rate: float, entry: float, mmr: float, fee: float
    ) -> None:
        def solve(margin: float) -> float:
            return (mmr + fee + side) / (margin + side / entry)

        margin = 1.0 / entry / 5.0
        before, after = solve(margin), solve(margin - side * rate / entry)
        shift = liquidation_shift_inverse(side, rate, entry, mmr, fee, before)
        assert shift is not None
        assert shift == pytest.approx(after - before, abs=1e-9 * entry)

    def test_funding_received_can_take_an_inverse_short_out_of_reach(self) -> None:
        assert liquidation_shift_inverse(-1.0, 0.5, 50_000.0, 0.005, 0.0, 1e9) is None


class TestCost:
    SETTLEMENTS = (
        Settlement(8 * HOUR_MS, 0.0001, 100.0),
        Settlement(16 * HOUR_MS, 0.0003, 200.0),
        Settlement(24 * HOUR_MS, -0.0002, 50.0),
    )

    def test_only_settlements_after_the_opening_and_up_to_now_are_paid(self) -> None:
        paid = paid_to_date(Side.LONG, LINEAR, 10.0, self.SETTLEMENTS, 8 * HOUR_MS, 24 * HOUR_MS)
        assert paid == FundingPaid(pytest.approx(0.6 - 0.1), recorded=2, unrecorded=0)

    def test_an_inverse_position_pays_in_coin_at_each_price(self) -> None:
        paid = paid_to_date(Side.SHORT, INVERSE, 1_000.0, self.SETTLEMENTS, 0, 16 * HOUR_MS)
        assert paid.paid == pytest.approx(-(0.0001 * 10 + 0.0003 * 5))

    def test_unrecorded_settlements_are_counted_not_guessed(self) -> None:
        gaps = (*self.SETTLEMENTS[:1], Settlement(16 * HOUR_MS, None, 200.0))
        gaps = (*gaps, Settlement(24 * HOUR_MS, 0.0001, None))
        paid = paid_to_date(Side.LONG, LINEAR, 10.0, gaps, 0, 24 * HOUR_MS)
        assert paid == FundingPaid(pytest.approx(0.1), recorded=1, unrecorded=2)
        nothing = paid_to_date(Side.LONG, LINEAR, 10.0, gaps[1:], 0, 24 * HOUR_MS)
        assert nothing == FundingPaid(None, recorded=0, unrecorded=2)

    def test_no_settlement_yet_costs_nothing(self) -> None:
        paid = paid_to_date(Side.LONG, LINEAR, 10.0, self.SETTLEMENTS, 0, HOUR_MS)
        assert paid == FundingPaid(0.0, recorded=0, unrecorded=0)

    @pytest.mark.parametrize(
        ("horizon", "interval", "to_next", "count"),
        [
            (24.0, 8.0, None, 3),
            (23.9, 8.0, None, 2),
            (24.0, 8.0, 8.0, 3),
            (24.0, 8.0, 0.5, 3),
            (24.5, 8.0, 0.5, 4),
            (0.4, 8.0, 0.5, 0),
            (0.5, 8.0, 0.5, 1),
            (0.0, 8.0, 0.5, 0),
            (168.0, 1.0, None, 168),
            (0.3, 0.1, None, 3),
        ],
    )
    def test_settlements_within_a_horizon(
        self, horizon: float, interval: float, to_next: float | None, count: int
    ) -> None:
        assert settlements_until(horizon, interval, to_next) == count

    def test_a_horizon_needs_a_real_interval(self) -> None:
        with pytest.raises(InputError, match="funding_interval_hours"):
            settlements_until(24.0, 0.0)


class TestBreakEven:
    def test_worked_long_100_with_fees_and_three_payments(self) -> None:
        # 0.05 % in and out, 0.01 % per 8 h held 24 h: 100.13007.
        price = break_even_price(
            1.0, LINEAR, 100.0, 1.0, entry_fee=0.0005, exit_fee=0.0005, funding_paid=0.03
        )
        assert price == pytest.approx(100.13007, abs=5e-6)

    def test_without_costs_it_is_the_entry(self) -> None:
        for side in (1.0, -1.0):
            assert break_even_price(side, LINEAR, 123.0, 4.0) == pytest.approx(123.0)
            assert break_even_price(side, INVERSE, 123.0, 4.0) == pytest.approx(123.0)

    @given(sides, prices, st.floats(1e-3, 1e6), fees, fees, st.floats(-0.2, 0.2))
    def test_closing_there_returns_exactly_the_costs(
        self,
        side: float,
        entry: float,
        quantity: float,
        entry_fee: float,
        exit_fee: float,
        paid_fraction: float,
    ) -> None:
        paid = paid_fraction * quantity * entry
        price = break_even_price(
            side,
            LINEAR,
            entry,
            quantity,
            entry_fee=entry_fee,
            exit_fee=exit_fee,
            funding_paid=paid,
        )
        assert price is not None
        gain = side * quantity * (price - entry)
        costs = quantity * (entry_fee * entry + exit_fee * price) + paid
        assert gain == pytest.approx(costs, abs=1e-9 * quantity * entry)

    @given(sides, prices, st.floats(1e-3, 1e6), fees, fees, st.floats(-0.2, 0.2))
    def test_closing_an_inverse_position_there_returns_exactly_the_costs(
        self,
        side: float,
        entry: float,
        face: float,
        entry_fee: float,
        exit_fee: float,
        paid_fraction: float,
    ) -> None:
        paid = paid_fraction * face / entry
        price = break_even_price(
            side, INVERSE, entry, face, entry_fee=entry_fee, exit_fee=exit_fee, funding_paid=paid
        )
        assert price is not None
        gain = side * face * (1 / entry - 1 / price)
        costs = face * (entry_fee / entry + exit_fee / price) + paid
        assert gain == pytest.approx(costs, abs=1e-9 * face / entry)

    def test_no_price_makes_up_for_funding_above_all_that_can_be_won(self) -> None:
        assert break_even_price(-1.0, LINEAR, 100.0, 1.0, funding_paid=100.0) is None
        assert break_even_price(1.0, INVERSE, 100.0, 100.0, funding_paid=1.0) is None
