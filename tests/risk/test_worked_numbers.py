"""Worked numbers, step by step: tiers, cross wallets, funding, hedges and the gap at liquidation.

Prices are from the venues' documents where a source is named, else recomputed by hand.
"""

from __future__ import annotations

import pytest

from dashboard.market.account import Balance
from dashboard.market.instrument import InstrumentKey, MarginTier, TierTables
from dashboard.risk.liquidation import Leg, bankruptcy_price, liquidation_price, safe_prices
from dashboard.risk.margin import tier_number
from dashboard.risk.report import LiquidationStatus
from dashboard.store.tiers import load_tiers
from tests.risk.builders import (
    CROSS,
    INVERSE,
    LINEAR,
    LONG,
    NOW,
    SHORT,
    instant,
    instrument,
    mark,
    position,
    report_of,
    risk_of,
    snapshot_of,
    tiers_of,
)


def rate(mmr: float, cum: float = 0.0) -> tuple[MarginTier, ...]:
    return (MarginTier(floor=0.0, mmr=mmr, cum=cum),)


BUNDLED: TierTables = load_tiers(None)


def btc_tiers() -> tuple[MarginTier, ...]:
    table = BUNDLED.find(InstrumentKey("binanceusdm", "BTC/USDT:USDT"))
    assert table is not None
    return table.tiers


class TestBinanceFaqAccount:
    """FAQ b3c689c1: 1,535,443.01 USDT behind 3,683.979 ETH and 109.488 BTC, both long, cross."""

    def test_each_price_with_the_other_frozen(self) -> None:
        eth, btc = instrument("ETH"), instrument("BTC")
        held = [
            position(
                LONG,
                3_683.979,
                1_456.84,
                of=eth,
                mode=CROSS,
                name="eth",
                maintenance_margin_rate=0.1,
                maintenance_amount=135_365.0,
            ),
            position(
                LONG,
                109.488,
                32_481.98,
                of=btc,
                mode=CROSS,
                name="btc",
                maintenance_margin_rate=0.025,
                maintenance_amount=16_300.0,
            ),
        ]
        readings = snapshot_of(mark(eth, 1_335.18), mark(btc, 31_967.27))
        wallet = Balance(venue="binance", coin="USDT", amount=1_535_443.01)
        risks = report_of(held, readings, balances=[wallet]).positions
        assert risks[0].liquidation_price == pytest.approx(1_153.26, abs=0.005)
        assert risks[1].liquidation_price == pytest.approx(26_316.89, abs=0.005)


class TestHedgeMode:
    def test_unequal_legs_share_one_lower_price(self) -> None:
        """2 BTC long at 60,000 with 1 short at 59,000, 20,000 USDT, 0.4 %: 41,497.98."""
        legs = (
            Leg(kind=LINEAR, side=LONG, quantity=2, entry=60_000, tiers=rate(0.004)),
            Leg(kind=LINEAR, side=SHORT, quantity=1, entry=59_000, tiers=rate(0.004)),
        )
        bounds = safe_prices(20_000, legs, 60_000)
        assert bounds.low == pytest.approx(41_497.98, abs=0.005)
        assert bounds.high is None

    def test_equal_legs_die_upwards_because_maintenance_grows(self) -> None:
        """1 against 1 at 60,000 with 1,000 USDT, 0.4 %: no lower price, 125,000 above."""
        legs = tuple(
            Leg(kind=LINEAR, side=side, quantity=1, entry=60_000, tiers=rate(0.004))
            for side in (LONG, SHORT)
        )
        bounds = safe_prices(1_000, legs, 60_000)
        assert bounds.low is None
        assert bounds.high == pytest.approx(125_000)

    def test_through_the_front_door_both_legs_name_the_interval(self) -> None:
        btc = instrument()
        held = [
            position(LONG, 2, 60_000, mode=CROSS, name="l", maintenance_margin_rate=0.004),
            position(SHORT, 1, 59_000, mode=CROSS, name="s", maintenance_margin_rate=0.004),
        ]
        wallet = Balance(venue="binanceusdm", coin="USDT", amount=20_000)
        readings = snapshot_of(mark(btc, 60_000))
        for risk in report_of(held, readings, balances=[wallet]).positions:
            assert risk.status is LiquidationStatus.OK
            assert risk.liquidation_price == pytest.approx(41_497.98, abs=0.005)
            assert risk.distance == pytest.approx(60_000 - 41_497.98, abs=0.005)
            assert any("below 41,497.976" in warning for warning in risk.warnings)


class TestInverse:
    def test_a_short_that_its_coin_covers_never_liquidates(self) -> None:
        contract = instrument(kind=INVERSE)
        held = position(
            SHORT, 60_000, 60_000, of=contract, leverage=1.0, maintenance_margin_rate=0.004
        )
        risk = risk_of(held)
        assert risk.status is LiquidationStatus.NONE
        assert risk.liquidation_price is None
        assert "no price liquidates" in risk.missing["liquidation_price"]

    def test_a_long_at_one_liquidates_near_half(self) -> None:
        contract = instrument(kind=INVERSE)
        held = position(
            LONG, 60_000, 60_000, of=contract, leverage=1.0, maintenance_margin_rate=0.004
        )
        assert risk_of(held).liquidation_price == pytest.approx(30_120)


class TestWrongFormulasInCirculation:
    """10x long at 50,000, MMR 1 %: right are 45,454.55 (on mark) and 45,500 (on entry value)."""

    WRONG = (
        50_000 * (1 - 0.01 / 10),
        50_000 * (1 - 1 / 10),
        50_000 * (1 - (1 + 0.01) / 10),
    )

    def test_on_mark_value(self) -> None:
        held = position(LONG, 1, 50_000, maintenance_margin_rate=0.01)
        price = risk_of(held).liquidation_price
        assert price == pytest.approx(45_454.55, abs=0.005)
        assert all(abs(price - wrong) > 400 for wrong in self.WRONG)

    def test_on_entry_value(self) -> None:
        held = position(LONG, 1, 50_000, of=instrument(venue="bybit"), maintenance_margin_rate=0.01)
        price = risk_of(held, now_ms=instant(2025)).liquidation_price
        assert price == pytest.approx(45_500)

    def test_the_gap_between_them(self) -> None:
        """E r (1 / L - r) / (1 - r) = 45.45."""
        gap = 50_000 * 0.01 * (0.1 - 0.01) / (1 - 0.01)
        assert gap == pytest.approx(45.45, abs=0.005)
        assert 50_000 * 0.9 / 0.99 + gap == pytest.approx(45_500)

    def test_bankruptcy_is_not_liquidation(self) -> None:
        held = position(LONG, 1, 50_000, maintenance_margin_rate=0.01)
        assert risk_of(held).bankruptcy_price == pytest.approx(45_000)


class TestPeersDefects:
    """Tiers are those at the liquidation notional, not at entry and not at the collateral."""

    def test_a_large_position_is_not_priced_with_the_tier_of_its_collateral(self) -> None:
        """13 M notional 10x long: exact 54,489.51; with the tier of the margin 54,346.33."""
        tiers = btc_tiers()
        entry = 60_000.0
        quantity = 13e6 / entry
        leg = Leg(kind=LINEAR, side=LONG, quantity=quantity, entry=entry, tiers=tiers)
        exact = liquidation_price(1.3e6, leg)
        of_collateral = tiers[tier_number(1.3e6, tiers)]
        wrong = _one_tier(leg, 1.3e6, of_collateral)
        assert exact == pytest.approx(54_489.51, abs=0.005)
        assert wrong == pytest.approx(54_346.33, abs=0.005)

    @pytest.mark.parametrize(
        ("side", "notional", "leverage", "basis_points"),
        [(LONG, 100e6, 5, -60), (SHORT, 220e6, 4, 60)],
    )
    def test_the_tier_at_entry_is_off(
        self, side: int, notional: float, leverage: float, basis_points: float
    ) -> None:
        tiers = btc_tiers()
        entry = 60_000.0
        leg = Leg(
            kind=LINEAR,
            side=LONG if side > 0 else SHORT,
            quantity=notional / entry,
            entry=entry,
            tiers=tiers,
        )
        exact = liquidation_price(notional / leverage, leg)
        assert exact is not None
        at_entry = _one_tier(leg, notional / leverage, tiers[tier_number(notional, tiers)])
        assert (at_entry / exact - 1) * 1e4 == pytest.approx(basis_points, abs=1)


def _one_tier(leg: Leg, margin: float, tier: MarginTier) -> float:
    side, quantity = int(leg.side), leg.quantity
    return (margin + tier.cum - side * quantity * leg.entry) / (quantity * (tier.mmr - side))


class TestArticleCheck:
    """ETH 4,000, half a coin, margin 200."""

    @pytest.mark.parametrize(
        ("mmr", "on_mark", "on_entry"),
        [(0.004, 3_614.46, 3_616), (0.005, 3_618.09, 3_620), (0.01, 3_636.36, 3_640)],
    )
    def test_liquidation(self, mmr: float, on_mark: float, on_entry: float) -> None:
        held = position(LONG, 0.5, 4_000, of=instrument("ETH"), margin=200)
        marked = position(
            LONG, 0.5, 4_000, of=instrument("ETH"), margin=200, maintenance_margin_rate=mmr
        )
        entered = position(
            LONG,
            0.5,
            4_000,
            of=instrument("ETH", venue="bybit"),
            margin=200,
            maintenance_margin_rate=mmr,
        )
        assert risk_of(marked).liquidation_price == pytest.approx(on_mark, abs=0.005)
        old = risk_of(entered, now_ms=instant(2025))
        assert old.liquidation_price == pytest.approx(on_entry, abs=0.005)
        assert risk_of(held).bankruptcy_price == pytest.approx(3_600)

    def test_the_current_first_tier_gives_the_lowest(self) -> None:
        held = position(LONG, 0.5, 4_000, of=instrument("ETH"), margin=200)
        assert risk_of(held, tiers=BUNDLED).liquidation_price == pytest.approx(3_614.46, abs=0.005)

    def test_leverage_is_no_factor_of_profit(self) -> None:
        """1 BTC at 50,000 and +5 %: 2,500 and 50 % of the margin at 10x, never 25,000."""
        held = position(LONG, 1, 50_000)
        risk = risk_of(held, snapshot_of(mark(held.instrument, 52_500)), now_ms=NOW)
        assert risk.unrealised_pnl == pytest.approx(2_500)
        assert risk.roi == pytest.approx(0.5)


class TestGap:
    """20x long at 60,000, MMR 0.4 %: liquidation and bankruptcy are 0.40 % apart."""

    def test_liquidation_and_bankruptcy(self) -> None:
        leg = Leg(kind=LINEAR, side=LONG, quantity=1, entry=60_000, tiers=rate(0.004))
        price, bust = liquidation_price(3_000, leg), bankruptcy_price(3_000, (leg,))
        assert price == pytest.approx(57_228.92, abs=0.005)
        assert bust == pytest.approx(57_000)
        assert price is not None
        assert bust is not None
        assert price / bust - 1 == pytest.approx(0.0040, abs=5e-5)
        assert bust * 0.03 == pytest.approx(1_710)


class TestFeaturesTable:
    """Further goldens: features.md P2."""

    def test_doge(self) -> None:
        """DOGE tier of 2.5 % with a deduction of 16,280 gives a higher price than tier one."""
        leg = Leg(
            kind=LINEAR,
            side=LONG,
            quantity=10e6,
            entry=0.2,
            tiers=tiers_of((0, 0.005, 0), (500_000, 0.025, 10_000)),
        )
        assert liquidation_price(200_000, leg) == pytest.approx(
            (0.2 * 10e6 - 200_000 - 10_000) / (10e6 * 0.975)
        )

    def test_bybit_inverse_short(self) -> None:
        """60,000 USD short at 50,000, 10x, 0.5 %: 55,248.62."""
        leg = Leg(kind=INVERSE, side=SHORT, quantity=60_000, entry=50_000, fixed=1.2 * 0.005)
        assert liquidation_price(0.12, leg) == pytest.approx(55_248.62, abs=0.005)
