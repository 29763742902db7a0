"""The solvers: exact on every tier table, symmetric, monotone, and honest where nothing solves."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.lines import Lines
from dashboard.risk.liquidation import (
    Bounds,
    Leg,
    bankruptcy_price,
    liquidation_price,
    safe_prices,
    surplus,
)
from dashboard.risk.margin import TierColumns, derive_deductions, is_continuous
from dashboard.store.tiers import load_tiers
from tests.risk.builders import INVERSE, LINEAR, LONG, SHORT, tiers_of

TABLES = [
    table.tiers for key, table in load_tiers(None).tables.items() if key.venue == "binanceusdm"
]
POSITIONS = 10_000


def one_rate(mmr: float, cum: float = 0.0) -> tuple[MarginTier, ...]:
    return (MarginTier(floor=0.0, mmr=mmr, cum=cum),)


def leg_of(
    side: Side = LONG,
    quantity: float = 1.0,
    entry: float = 100.0,
    *,
    kind: ContractKind = LINEAR,
    tiers: tuple[MarginTier, ...] = one_rate(0.01),
    close_fee: float = 0.0,
) -> Leg:
    return Leg(
        kind=kind, side=side, quantity=quantity, entry=entry, tiers=tiers, close_fee=close_fee
    )


class Sample:
    """Random positions over all bundled Binance tables; notionals from 100 to 300 million."""

    def __init__(self, kind: ContractKind, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.inverse = np.full(POSITIONS, kind is INVERSE)
        self.side = random.choice([-1.0, 1.0], POSITIONS)
        self.entry = 10.0 ** random.uniform(-3, 5, POSITIONS)
        notional = 10.0 ** random.uniform(2, 8.5, POSITIONS)
        linear = kind is LINEAR
        self.quantity = notional / self.entry if linear else notional * self.entry
        self.wallet = notional / random.uniform(1.0, 25.0, POSITIONS)
        self.fee = random.choice([0.0, 0.0006], POSITIONS)
        self.rows = random.integers(0, len(TABLES), POSITIONS)
        self.columns = TierColumns.of(TABLES, self.rows)
        self.lines = Lines.of(self.inverse, self.side, self.quantity, self.columns, self.fee)
        self.free = self.lines.free(self.entry, self.wallet)
        self.bounds = self.lines.safe_prices(self.free)
        self.price = np.where(self.side > 0, self.bounds.low, self.bounds.high)

    def leg(self, row: int) -> Leg:
        return Leg(
            kind=INVERSE if self.inverse[row] else LINEAR,
            side=Side(int(self.side[row])),
            quantity=float(self.quantity[row]),
            entry=float(self.entry[row]),
            tiers=TABLES[self.rows[row]],
            close_fee=float(self.fee[row]),
        )


@pytest.fixture(scope="module", params=[LINEAR, INVERSE], ids=["linear", "inverse"])
def sample(request: pytest.FixtureRequest) -> Sample:
    return Sample(request.param, seed=20_260_929)


class TestAgainstAllTables:
    def test_the_tables_are_the_bundled_ones(self) -> None:
        assert len(TABLES) == 907
        assert all(is_continuous(tiers) for tiers in TABLES)

    def test_the_surplus_at_the_price_is_zero(self, sample: Sample) -> None:
        solved = ~np.isnan(sample.price)
        assert solved.sum() > POSITIONS * 0.9
        price = np.where(solved, sample.price, 1.0)
        left = sample.lines.surplus(sample.free, price)
        value = sample.quantity * np.where(sample.inverse, 1.0 / price, price)
        scale = np.maximum(value, sample.wallet)
        assert np.max(np.abs(left / scale)[solved]) < 1e-9

    def test_bisection_finds_the_same_price(self, sample: Sample) -> None:
        solved = ~np.isnan(sample.price)
        rising = sample.side > 0
        dead = np.where(rising, sample.price * 0.5, sample.price * 2.0)
        safe = np.where(rising, sample.price * 2.0, sample.price * 0.5)
        assert (sample.lines.surplus(sample.free, dead) < 0.0)[solved].all()
        assert (sample.lines.surplus(sample.free, safe) > 0.0)[solved].all()
        for _ in range(60):
            middle = 0.5 * (dead + safe)
            alive = sample.lines.surplus(sample.free, middle) > 0.0
            safe, dead = np.where(alive, middle, safe), np.where(alive, dead, middle)
        error = np.abs(safe / sample.price - 1.0)[solved]
        assert np.max(error) < 1e-9

    def test_the_scan_of_tiers_finds_the_same_price(self, sample: Sample) -> None:
        for row in range(0, POSITIONS, 40):
            found = liquidation_price(float(sample.wallet[row]), sample.leg(row))
            expected = float(sample.price[row])
            if math.isnan(expected):
                assert found is None
            else:
                assert found == pytest.approx(expected, rel=1e-12)

    def test_no_nan_leaves_the_scan(self, sample: Sample) -> None:
        for row in range(0, POSITIONS, 100):
            bounds = safe_prices(float(sample.wallet[row]), (sample.leg(row),), 1.0)
            assert all(end is None or 0.0 < end < math.inf for end in bounds[:2])


prices = st.floats(1e-3, 1e6)
sizes = st.floats(1e-3, 1e6)
leverages = st.floats(1.5, 50)
rates = st.floats(0.001, 0.015)
fees = st.sampled_from([0.0, 0.0004, 0.0006])


@st.composite
def tier_tables(draw: st.DrawFn) -> tuple[MarginTier, ...]:
    steps = sorted(draw(st.lists(st.floats(1e2, 1e7), min_size=0, max_size=6, unique=True)))
    mmrs = sorted(draw(st.lists(rates, min_size=len(steps) + 1, max_size=len(steps) + 1)))
    rows = zip([0.0, *steps], mmrs, strict=True)
    return derive_deductions(tiers_of(*((floor, mmr, 0.0) for floor, mmr in rows)))


@st.composite
def positions(draw: st.DrawFn, kind: ContractKind = LINEAR) -> tuple[Leg, float]:
    entry, quantity = draw(prices), draw(sizes)
    leg = Leg(
        kind=kind,
        side=draw(st.sampled_from(Side)),
        quantity=quantity,
        entry=entry,
        tiers=draw(tier_tables()),
        close_fee=draw(fees),
    )
    value = quantity * leg.coordinate(entry)
    wallet = value / draw(leverages)
    assume(wallet > leg.maintenance(entry) + leg.close_fee * value)
    return leg, wallet


class TestProperties:
    @given(positions(), st.sampled_from([LINEAR, INVERSE]))
    def test_the_surplus_is_zero_at_the_price(
        self, held: tuple[Leg, float], kind: ContractKind
    ) -> None:
        leg, wallet = replace(held[0], kind=kind), held[1]
        wallet *= leg.coordinate(leg.entry) / leg.entry
        price = liquidation_price(wallet, leg)
        assume(price is not None)
        assert price is not None
        value = leg.quantity * leg.coordinate(price)
        assert abs(surplus(price, wallet, (leg,))) <= 1e-9 * max(value, wallet)

    @given(positions())
    def test_an_inverse_long_is_a_linear_short_in_the_inverse_price(
        self, held: tuple[Leg, float]
    ) -> None:
        """Mirror symmetry: x = 1 / P swaps the sides and nothing else."""
        leg, wallet = held
        mirrored = replace(leg, kind=INVERSE, side=Side(-leg.side), entry=1.0 / leg.entry)
        price = liquidation_price(wallet, leg)
        other = liquidation_price(wallet, mirrored)
        if price is None:
            assert other is None
        else:
            assert other == pytest.approx(1.0 / price, rel=1e-9)

    @given(positions(), st.floats(1.001, 3.0))
    def test_more_margin_moves_liquidation_away(self, held: tuple[Leg, float], more: float) -> None:
        leg, wallet = held
        assert not nearer(leg, liquidation_price(wallet * more, leg), leg, wallet)

    @given(positions(), st.floats(1.001, 1.5))
    def test_less_leverage_moves_liquidation_away(
        self, held: tuple[Leg, float], less: float
    ) -> None:
        leg, wallet = held
        smaller = replace(leg, quantity=leg.quantity / less)
        assert not nearer(leg, liquidation_price(wallet, smaller), leg, wallet)

    @given(positions(), st.floats(1.01, 1.5))
    def test_higher_rates_bring_liquidation_nearer(
        self, held: tuple[Leg, float], more: float
    ) -> None:
        leg, wallet = held
        tiers = tuple(replace(t, mmr=t.mmr * more, cum=t.cum * more) for t in leg.tiers)
        dearer = replace(leg, tiers=tiers)
        assert not nearer(leg, liquidation_price(wallet, leg), dearer, wallet)

    @given(positions(), st.floats(1e-5, 1e-3))
    def test_a_higher_fee_brings_liquidation_nearer(
        self, held: tuple[Leg, float], more: float
    ) -> None:
        leg, wallet = held
        dearer = replace(leg, close_fee=leg.close_fee + more)
        assert not nearer(leg, liquidation_price(wallet, leg), dearer, wallet)

    @given(st.sampled_from(Side), leverages, rates)
    def test_at_a_price_of_one_linear_and_inverse_agree_to_first_order(
        self, side: Side, leverage: float, rate: float
    ) -> None:
        """At unit price a small move earns the same, and maintenance at entry is the same."""
        linear = leg_of(side, 1.0, 1.0, tiers=one_rate(rate))
        inverse = replace(linear, kind=INVERSE)
        wallet = 1.0 / leverage
        assert surplus(1.0, wallet, (linear,)) == surplus(1.0, wallet, (inverse,))
        small = 1e-6
        moved = surplus(1.0 + small, wallet, (linear,)) - surplus(1.0, wallet, (linear,))
        coin = surplus(1.0 + small, wallet, (inverse,)) - surplus(1.0, wallet, (inverse,))
        assert moved == pytest.approx(int(side) * small - rate * small, abs=1e-11)
        assert coin == pytest.approx(int(side) * small + rate * small, abs=1e-11)

    @given(positions(), st.sampled_from([LINEAR, INVERSE]))
    def test_bankruptcy_lies_beyond_liquidation(
        self, held: tuple[Leg, float], kind: ContractKind
    ) -> None:
        leg, wallet = replace(held[0], kind=kind), held[1]
        wallet *= leg.coordinate(leg.entry) / leg.entry
        price, bust = liquidation_price(wallet, leg), bankruptcy_price(wallet, (leg,))
        if price is not None and bust is not None:
            assert leg.side * (price - bust) > 0.0


def nearer(safer: Leg, price: float | None, dearer: Leg, wallet: float) -> bool:
    """Whether `price` liquidates `safer` before `dearer` is liquidated."""
    other = liquidation_price(wallet, dearer)
    if other is None:
        return price is not None
    return price is not None and safer.side * (price - other) > 1e-9 * price


class TestHandWorkedPositions:
    def test_linear(self) -> None:
        assert liquidation_price(10.0, leg_of(LONG)) == pytest.approx(90 / 0.99)
        assert liquidation_price(10.0, leg_of(SHORT)) == pytest.approx(110 / 1.01)

    def test_quanto_counts_settle_coin_per_unit_of_price(self) -> None:
        """100 contracts of 1e-6 BTC per dollar at 2,000: 0.2 BTC, on 0.02 BTC, 1 %."""
        leg = leg_of(LONG, 100 * 1e-6, 2_000.0)
        price = liquidation_price(0.02, leg)
        assert price == pytest.approx((0.2 - 0.02) / (1e-4 * 0.99))

    def test_a_long_whose_margin_covers_its_value_never_liquidates(self) -> None:
        assert liquidation_price(100.0, leg_of(LONG)) is None
        assert liquidation_price(99.0, leg_of(LONG)) is not None

    def test_a_wallet_below_water_everywhere_is_dead(self) -> None:
        assert safe_prices(-200.0, (leg_of(SHORT),), 100.0) == Bounds(None, None, dead=True)
        assert liquidation_price(-200.0, leg_of(SHORT)) is None

    def test_an_inverse_short_on_a_coin_debt_is_dead_at_no_price_below_its_root(self) -> None:
        leg = leg_of(SHORT, 100.0, 100.0, kind=INVERSE)
        bounds = safe_prices(-0.5, (leg,), 100.0)
        assert bounds.low is None
        assert bounds.high == pytest.approx(100 * 0.99 / 1.5)

    def test_both_legs_equal_and_nothing_charged_makes_every_price_safe_or_none(self) -> None:
        legs = (leg_of(LONG, tiers=()), leg_of(SHORT, tiers=()))
        assert safe_prices(1.0, legs, 100.0) == Bounds(None, None)
        assert safe_prices(-1.0, legs, 100.0).dead

    def test_bankruptcy_may_not_exist(self) -> None:
        assert bankruptcy_price(200.0, (leg_of(LONG),)) is None
        assert bankruptcy_price(2.0, (leg_of(SHORT, 100.0, 100.0, kind=INVERSE),)) is None

    def test_bankruptcy_with_a_fee_kept_back(self) -> None:
        """Bybit 360039261334: 10,000 USD long at 8,000 on 0.5 BTC, 0.075 %: 5,718.57."""
        leg = leg_of(LONG, 10_000.0, 8_000.0, kind=INVERSE)
        assert bankruptcy_price(0.5, (leg,), 0.00075) == pytest.approx(5_718.57, abs=0.005)


class TestWholePositionRates:
    """One rate for the whole position makes maintenance jump where a tier begins."""

    TIERS = tiers_of((0, 0.01, 0), (1_000, 0.05, 0), (2_000, 0.2, 0))

    def test_the_surplus_is_scanned_tier_by_tier(self) -> None:
        assert not is_continuous(self.TIERS)
        leg = leg_of(SHORT, 10.0, 90.0, tiers=self.TIERS)
        assert safe_prices(140.0, (leg,), 90.0).high == pytest.approx(100.0)
        assert surplus(99.999, 140.0, (leg,)) > 0.0
        assert surplus(100.0, 140.0, (leg,)) < 0.0

    def test_the_safe_prices_around_the_reference_are_answered(self) -> None:
        """A long is alive below the jump at 100 and again above 105.27."""
        leg = leg_of(LONG, 10.0, 104.0, tiers=tiers_of((0, 0.01, 0), (1_000, 0.06, 0)))
        below, above = safe_prices(51.0, (leg,), 99.5), safe_prices(51.0, (leg,), 120.0)
        assert below.low == pytest.approx((1_040 - 51) / 9.9)
        assert below.high == pytest.approx(100.0)
        assert above.low == pytest.approx((1_040 - 51) / 9.4)
        assert above.high is None

    def test_between_two_safe_intervals_the_nearer_one_is_answered(self) -> None:
        leg = leg_of(LONG, 10.0, 104.0, tiers=tiers_of((0, 0.01, 0), (1_000, 0.06, 0)))
        assert safe_prices(51.0, (leg,), 100.5).high == pytest.approx(100.0)
        assert safe_prices(51.0, (leg,), 105.0).high is None


class TestGrowingRates:
    """Deribit inverse: S = W + s Q (1 / E - u) - (a + b Q u) Q u."""

    def leg(self, side: Side, growth: float = 0.0001) -> Leg:
        return Leg(
            kind=INVERSE,
            side=side,
            quantity=1e6,
            entry=20_000.0,
            tiers=one_rate(0.01),
            rate_growth=growth,
        )

    @pytest.mark.parametrize("side", Side)
    def test_the_quadratic_is_solved(self, side: Side) -> None:
        price = liquidation_price(5.0, self.leg(side))
        assert price is not None
        assert surplus(price, 5.0, (self.leg(side),)) == pytest.approx(0.0, abs=1e-12)

    def test_a_small_growth_changes_little(self) -> None:
        plain = liquidation_price(5.0, replace(self.leg(LONG), rate_growth=0.0))
        grown = liquidation_price(5.0, self.leg(LONG, 1e-9))
        assert grown == pytest.approx(plain, rel=1e-6)
        assert grown is not None
        assert plain is not None
        assert grown > plain

    def test_a_wallet_without_any_safe_price(self) -> None:
        assert safe_prices(-60.0, (self.leg(SHORT, 0.5),), 20_000.0).dead


class TestLevelLines:
    """A short with a rate of exactly -1 against its side neither gains nor loses in x."""

    def test_a_line_that_does_not_move_makes_all_prices_safe_or_none(self) -> None:
        columns = TierColumns.of([one_rate(0.5)] * 3)
        lines = Lines.of(
            np.zeros(3, dtype=np.bool_), np.ones(3), np.ones(3), columns, np.full(3, 0.5)
        )
        bounds = lines.safe_prices(np.array([1.0, -1.0, np.nan]))
        assert np.isnan(bounds.low).all()
        assert np.isnan(bounds.high).all()
        assert bounds.dead.tolist() == [False, True, False]

    def test_beside_lines_that_move(self) -> None:
        columns = TierColumns.of([tiers_of((0, 0.1, 0), (10, 0.5, 4.0))])
        lines = Lines.of(np.zeros(1, dtype=np.bool_), np.ones(1), np.ones(1), columns, 0.5)
        bounds = lines.safe_prices(np.array([-2.0]))
        assert bounds.low[0] == pytest.approx(2.0 / 0.4)
        assert np.isnan(bounds.high[0])

    def test_unknown_wallets_stay_unknown(self) -> None:
        columns = TierColumns.of([one_rate(0.01), ()])
        lines = Lines.of(np.zeros(2, dtype=np.bool_), np.ones(2), np.ones(2), columns)
        bounds = lines.safe_prices(np.array([np.nan, -10.0]))
        assert np.isnan(bounds.low).all()
        assert not bounds.dead.any()
