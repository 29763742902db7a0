"""Margin figures that venues publish or report, each with its source (shared figures by id)."""

from __future__ import annotations

import pytest

from dashboard.market.account import Balance
from dashboard.market.instrument import MarginTier
from dashboard.risk.margin import (
    derive_deductions,
    initial_margin,
    maintenance_margin,
)
from dashboard.risk.notional import notional
from tests.risk.builders import (
    CROSS,
    INVERSE,
    LINEAR,
    LONG,
    NO_TIERS,
    NOW,
    SHORT,
    instant,
    instrument,
    mark,
    position,
    report_of,
    risk_of,
    snapshot_of,
    tables_of,
    tiers_of,
)


class TestDeribit:
    """Deribit support 25944738177565: rates that grow with the size of the position."""

    @pytest.mark.parametrize(
        ("base", "price", "expected"),
        [("BTC", 100_000.0, 28_125.0), ("SOL", 200.0, 100.625)],
        ids=["deribit-BTC_USDC-MM-25", "deribit-SOL_USDC-MM-25"],
    )
    def test_maintenance_of_25(self, base: str, price: float, expected: float) -> None:
        contract = instrument(base, venue="deribit", quote="USDC")
        held = position(LONG, 25, price, of=contract)
        risk = risk_of(held, snapshot_of(mark(contract, price)))
        assert risk.maintenance_margin == pytest.approx(expected, abs=1e-6)

    def test_initial_margin_is_notional_over_leverage(self) -> None:
        """deribit-SOL_USDC-IM-25: 4 % + 25 x 0.0005 % of 5,000 USDC is a leverage of 24.92."""
        leverage = 1 / (0.04 + 25 * 0.000005)
        assert initial_margin(notional(LINEAR, 25, 200), leverage) == pytest.approx(200.625)

    def test_a_linear_long_of_25_btc(self) -> None:
        """By hand: 100,000 USDC behind it and a rate that grew to 1.125 % give 97,092.29."""
        contract = instrument("BTC", venue="deribit", quote="USDC")
        held = position(LONG, 25, 100_000, of=contract, margin=100_000)
        risk = risk_of(held)
        assert risk.liquidation_price == pytest.approx(97_092.29, abs=0.005)
        assert risk.maintenance_margin_rate == pytest.approx(0.01125)

    @pytest.mark.parametrize("side", [LONG, SHORT])
    def test_an_inverse_position_solves_the_quadratic(self, side: int) -> None:
        """W + s Q (1 / E - u) = (1 % + 0.005 % Q u) Q u at u = 1 / P."""
        contract = instrument("BTC", venue="deribit", kind=INVERSE)
        held = position(LONG if side > 0 else SHORT, 5e6, 50_000, of=contract, margin=4.0)
        price = risk_of(held).liquidation_price
        assert price is not None
        coins = 5e6 / price
        left = 4.0 + side * (5e6 / 50_000 - coins)
        assert left == pytest.approx((0.01 + 0.00005 * coins) * coins, rel=1e-12)

    def test_the_rate_of_an_inverse_position_grows_as_the_price_falls(self) -> None:
        contract = instrument("ETH", venue="deribit", kind=INVERSE)
        held = position(LONG, 1e6, 2_000, of=contract, leverage=5.0)
        risk = risk_of(held, snapshot_of(mark(contract, 2_000)))
        assert risk.maintenance_margin_rate == pytest.approx(0.01 + 500 * 0.000004)
        assert risk.maintenance_margin == pytest.approx(500 * (0.01 + 500 * 0.000004))
        assert risk_of(held).maintenance_margin_rate is None


class TestBinance:
    def test_maintenance_of_eth(self) -> None:
        """binance-mm-eth, FAQ b3c689c1: 3,683.979 ETH at 1,335.18, 10 %, deduction 135,365."""
        tier = MarginTier(floor=0.0, mmr=0.1, cum=135_365)
        margin = maintenance_margin(3_683.979 * 1_335.18, (tier,))
        assert margin == pytest.approx(356_512.508, abs=1e-3)

    def test_the_deduction_of_a_level_follows_from_the_level_below(self) -> None:
        """binance-coinm-cum, FAQ ceccfcfb: 50 BTC x (5 % - 2.5 %) + 0.56 BTC."""
        below_40, below_50, above = tiers_of((0, 0.011, 0), (40, 0.025, 0), (50, 0.05, 0))
        derived = derive_deductions([below_40, below_50, above])
        assert derived[1].cum == pytest.approx(0.56)
        assert derived[2].cum == pytest.approx(1.81, abs=1e-9)


class TestBybit:
    def test_maintenance_and_the_fee_to_close(self) -> None:
        """bybit-mm-2026: 40,000 x 0.5 % and 0.055 % of the value at 50x bankruptcy: 221.56."""
        held = position(LONG, 1, 40_000, of=instrument(venue="bybit"), leverage=50.0)
        risk = risk_of(
            held,
            snapshot_of(mark(held.instrument, 40_000)),
            tables_of(held.instrument, tiers_of((0, 0.005, 0))),
        )
        assert risk.maintenance_margin == pytest.approx(200)
        assert risk.bankruptcy_price == pytest.approx(39_200)
        fee = 0.00055 * 39_200
        assert risk.maintenance_margin is not None
        assert risk.maintenance_margin + fee == pytest.approx(221.56, abs=1e-9)


class TestHtx:
    def test_the_risk_rate_is_margin_over_position_margin_less_the_adjust_factor(self) -> None:
        """htx-risk-rate, ccxt 4.5.90 htx.py: 24.97302007 / 23.5793 - 1.5 %, BTC-USDT at 2x.

        The maintenance rate is adjust factor / leverage, so the rate is 0 where ours is 1.
        """
        contract = instrument(venue="htx")
        held = position(
            LONG,
            0.001,
            47_151.3,
            of=contract,
            margin=24.96572007,
            leverage=2.0,
            maintenance_margin_rate=0.015 / 2,
        )
        price = 23.5793 * 2 / 0.001
        risk = risk_of(held, snapshot_of(mark(contract, price)))
        assert risk.margin_ratio is not None
        assert risk.unrealised_pnl == pytest.approx(0.0073)
        equity = risk.maintenance_margin / risk.margin_ratio
        assert equity / 23.5793 - 0.015 == pytest.approx(1.0441077797050804, abs=1e-9)
        assert risk.margin_ratio == pytest.approx(0.015 / (1.0441077797050804 + 0.015))


class TestKucoin:
    def test_the_cross_risk_rate(self) -> None:
        """kucoin-risk-rate, support 35233217061785: maintenance over equity of a cross wallet.

        The rate that KuCoin shows is maintenance and liquidation fee over the wallet's equity.
        """
        contract = instrument(venue="kucoin")
        held = position(
            LONG, 0.001, 96_976.8, of=contract, mode=CROSS, maintenance_margin_rate=0.0040000133
        )
        wallet = Balance(venue="kucoin", coin="USDT", amount=44.86593)
        report = report_of([held], snapshot_of(mark(contract, 96_985.6)), balances=[wallet])
        owed = 0.001 * 96_985.6 * (0.0040000133 + 0.0006)
        expected = owed / (44.86593 + 0.0088)
        assert report.positions[0].margin_ratio == pytest.approx(expected)
        assert report.accounts[0].margin_ratio == pytest.approx(expected)

    def test_the_bankruptcy_fee_and_the_maintenance_before_2025(self) -> None:
        """kucoin-poscomm-2 and kucoin-posmaint-2, ccxt 4.5.90 kucoin.py: 0.05228309, 0.50707892."""
        entry_value = 0.02 * 4_189.35
        contract = instrument(venue="kucoin")
        held = position(
            LONG, 0.02, 4_189.35, of=contract, leverage=25.0, maintenance_margin_rate=0.005
        )
        risk = risk_of(
            held, snapshot_of(mark(contract, 4_183.38)), NO_TIERS, now_ms=instant(2026, 10, 1)
        )
        assert risk.maintenance_margin == pytest.approx(0.005 * 0.02 * 4_183.38)
        old = risk_of(held, now_ms=instant(2022))
        receipt = old.receipts["liquidation_price"]
        assert receipt.rule == "KuCoin isolated, maintenance on entry value"
        fee = 0.0006 * entry_value * (1 + 1 / 25)
        assert fee == pytest.approx(0.05228309, abs=1e-8)
        assert old.maintenance_margin == pytest.approx(0.005 * entry_value)
        with_funding = old.maintenance_margin + fee + 0.000428 * entry_value
        assert with_funding == pytest.approx(0.50707892, abs=1e-6)


class TestBitmex:
    def test_the_fee_that_is_set_aside(self) -> None:
        """bitmex-poscomm: (cost + initial margin) x taker fee, 5,800 satoshi."""
        contract = instrument("BTC", venue="bitmex", kind=INVERSE)
        held = position(
            SHORT,
            500,
            6_725,
            of=contract,
            leverage=25.0,
            maintenance_margin_rate=0.005,
            taker_fee=0.00075,
        )
        without = risk_of(held).initial_margin
        assert without == pytest.approx(500 / 6_725 / 25)
        fee = 0.00075 * (500 / 6_725 + without)
        assert fee == pytest.approx(5_800e-8, abs=1e-8)


class TestOkx:
    def test_the_margin_ratio_is_the_inverse_of_ours(self) -> None:
        """okx-real-inverse-iso: mgnRatio 11.7317 is equity over maintenance and fee."""
        contract = instrument("ETH", venue="okx", kind=INVERSE, contract_size=10.0)
        held = position(
            LONG,
            10,
            2_566.31,
            of=contract,
            margin=0.0003896645377994,
            leverage=10.0,
            maintenance_margin_rate=0.008,
        )
        price = 10 / (3.11811092368e-05 / 0.008)
        risk = risk_of(held, snapshot_of(mark(contract, price)))
        assert risk.maintenance_margin == pytest.approx(3.11811092368e-05)
        assert risk.margin_ratio is not None
        assert 1 / risk.margin_ratio == pytest.approx(11.731726509588816, rel=1e-3)


def test_now_is_after_every_rule_began() -> None:
    assert instant(2026, 5, 27) < NOW
