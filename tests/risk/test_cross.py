"""Cross wallets: shared margin, hedges, several venues, collateral in other coins."""

from __future__ import annotations

import math

import pytest

from dashboard.market.account import Balance, Position
from dashboard.risk.account_rows import wallets_of
from dashboard.risk.report import LiquidationStatus, PositionRisk
from tests.risk.builders import (
    CROSS,
    INVERSE,
    LONG,
    SHORT,
    funding,
    instrument,
    mark,
    position,
    report_of,
    snapshot_of,
    tables_of,
    tiers_of,
)

BTC, ETH = instrument("BTC"), instrument("ETH")
HALF_PERCENT = tables_of(BTC, tiers_of((0, 0.005, 0)))
MARKED = snapshot_of(mark(BTC, 51_000), funding(BTC, 0.0001))
WALLET = Balance(venue="binanceusdm", coin="USDT", amount=20_000.0)


class TestCrossWallets:
    def pair(self) -> list[Position]:
        return [
            position(LONG, 1, 50_000, mode=CROSS, name="a", maintenance_margin_rate=0.005),
            position(SHORT, 10, 2_000, of=ETH, mode=CROSS, name="b", maintenance_margin_rate=0.01),
        ]

    def test_each_price_has_the_others_frozen(self) -> None:
        readings = snapshot_of(mark(BTC, 51_000), mark(ETH, 2_100))
        report = report_of(self.pair(), readings, balances=[WALLET])
        btc, eth = report.positions
        wallet = 20_000 - 1_000 - 210
        assert btc.liquidation_price == pytest.approx((50_000 - wallet) / 0.995)
        wallet = 20_000 + 1_000 - 255
        assert eth.liquidation_price == pytest.approx((wallet + 20_000) / (10 * 1.01))
        assert btc.margin_ratio == pytest.approx(465 / 20_000)
        assert eth.margin_ratio == btc.margin_ratio
        assert btc.effective_leverage == pytest.approx(51_000 / 20_000)
        assert report.accounts[0].equity == pytest.approx(20_000)
        assert len(report.accounts) == 1
        assert report.accounts[:1] == (report.accounts[0],)

    def test_the_own_mark_is_not_needed_but_those_of_the_others_are(self) -> None:
        report = report_of(self.pair(), snapshot_of(mark(BTC, 51_000)), balances=[WALLET])
        btc, eth = report.positions
        assert btc.status is LiquidationStatus.UNKNOWN
        assert btc.liquidation_price is None
        said = "ETH/USDT:USDT in the same wallet: no mark price received yet from binanceusdm"
        assert btc.missing["liquidation_price"] == said
        assert btc.missing["margin_ratio"] == said
        assert btc.missing["bankruptcy_price"] == said
        assert eth.status is LiquidationStatus.OK
        assert eth.liquidation_price == pytest.approx((20_745 + 20_000) / (10 * 1.01))

    @pytest.mark.parametrize(
        ("price", "age_ms", "said"),
        [
            (2_100.0, 10 * 3_600_000, "no mark price since 2026-09-30 14:00 UTC (10 h)"),
            (None, 1_000, "binanceusdm gave no mark price that can be used"),
            (0.0, 1_000, "binanceusdm gave no mark price that can be used"),
        ],
    )
    def test_whose_mark_is_missing_and_since_when(
        self, price: float | None, age_ms: int, said: str
    ) -> None:
        readings = snapshot_of(mark(BTC, 51_000), mark(ETH, price, age_ms=age_ms))
        report = report_of(self.pair(), readings, balances=[WALLET])
        btc, account = report.positions[0], report.accounts[0]
        assert btc.missing["liquidation_price"] == f"ETH/USDT:USDT in the same wallet: {said}"
        assert account.missing["shock_down"] == f"ETH/USDT:USDT: {said}"
        assert wallets_of(report).missing == {"binanceusdm USDT cross": f"ETH/USDT:USDT: {said}"}

    def test_the_reason_of_another_position_is_named(self) -> None:
        broken = [
            self.pair()[0],
            position(SHORT, -1, 2_000, of=ETH, mode=CROSS, name="b"),
        ]
        risk = report_of(broken, MARKED, balances=[WALLET]).positions[0]
        assert "size must be a number above 0, not -1" in risk.missing["liquidation_price"]

    def test_without_a_wallet_nothing_is_known(self) -> None:
        risk = report_of(self.pair(), MARKED).positions[0]
        said = "no wallet balance in USDT was entered for binanceusdm"
        assert risk.status is LiquidationStatus.UNKNOWN
        assert risk.missing["liquidation_price"] == said
        assert risk.missing["effective_leverage"] == said
        assert risk.unrealised_pnl == 1_000

    def test_a_margin_that_is_not_told_is_not_called_used_up(self) -> None:
        risk = report_of([position(LONG, 1, 50_000, mode=CROSS)], MARKED, balances=[WALLET])
        (missing,) = [row.missing for row in risk.positions]
        assert "no margin tiers of BTC/USDT:USDT" in missing["margin_ratio"]
        assert missing["effective_leverage"] == missing["margin_ratio"]
        assert missing["funding_fraction_of_margin_per_day"] == missing["margin_ratio"]

    def test_venues_and_currencies_have_their_own_wallets(self) -> None:
        bybit = instrument(venue="bybit")
        held = [
            *self.pair()[:1],
            position(LONG, 1, 50_000, of=bybit, mode=CROSS, name="c", maintenance_margin_rate=0.01),
        ]
        wallets = [WALLET, Balance(venue="bybit", coin="USDT", amount=5_000.0)]
        report = report_of(held, MARKED, balances=wallets)
        assert [a.venue for a in report.accounts] == ["binanceusdm", "bybit"]
        assert report.positions[0].liquidation_price == pytest.approx(30_000 / 0.995)
        fee = 0.01 + 0.00055
        assert report.positions[1].liquidation_price == pytest.approx(45_000 / (1 - fee))

    def test_isolated_and_cross_stand_side_by_side(self) -> None:
        held = [position(name="iso"), *self.pair()[:1]]
        isolated, cross = report_of(held, MARKED, HALF_PERCENT, balances=[WALLET]).positions
        assert isolated.liquidation_price == pytest.approx(45_000 / 0.995)
        assert cross.liquidation_price == pytest.approx(30_000 / 0.995)
        assert isolated.margin_ratio == pytest.approx(255 / 6_000)

    @pytest.mark.parametrize("more", [{"margin": 500.0}, {"extra_margin": 500.0}])
    def test_margin_entered_for_a_cross_position_does_not_count(
        self, more: dict[str, float]
    ) -> None:
        held = position(mode=CROSS, maintenance_margin_rate=0.005, **more)
        risk = report_of([held], MARKED, balances=[WALLET]).positions[0]
        assert risk.liquidation_price == pytest.approx(30_000 / 0.995)
        assert any("does not count" in said for said in risk.warnings)

    def test_a_balance_is_found_under_another_name_of_its_venue(self) -> None:
        wallet = Balance(venue="Binance", coin="USDT", amount=20_000.0)
        risk = report_of(self.pair()[:1], MARKED, balances=[wallet]).positions[0]
        assert risk.liquidation_price == pytest.approx(30_000 / 0.995)

    def test_two_entries_in_one_contract_are_one_position(self) -> None:
        """The venue adds them up, so the tier is that of the whole."""
        tiers = tables_of(BTC, tiers_of((0, 0.004, 0), (75_000, 0.02, 1_200)))
        parts = [
            position(LONG, 1, 50_000, mode=CROSS, name="a"),
            position(LONG, 1, 54_000, mode=CROSS, name="b"),
        ]
        whole = [position(LONG, 2, 52_000, mode=CROSS, name="w")]
        in_parts = report_of(parts, MARKED, tiers, balances=[WALLET])
        as_one = report_of(whole, MARKED, tiers, balances=[WALLET])
        assert in_parts.positions[0].liquidation_price == pytest.approx(
            as_one.positions[0].liquidation_price
        )
        assert in_parts.positions[0].margin_ratio == pytest.approx(as_one.positions[0].margin_ratio)
        halves = [risk.maintenance_margin for risk in in_parts.positions]
        assert halves == pytest.approx([as_one.positions[0].maintenance_margin / 2] * 2)
        assert "its share, 0.5" in in_parts.positions[0].receipts["maintenance_margin"].worked
        receipt = in_parts.positions[0].receipts["liquidation_price"]
        assert "tier by tier" in receipt.worked
        assert "for all together" in in_parts.positions[0].receipts["bankruptcy_price"].worked

    def test_a_hedge_whose_other_leg_is_not_usable(self) -> None:
        legs = [
            position(LONG, 2, 60_000, mode=CROSS, name="l", maintenance_margin_rate=0.004),
            position(SHORT, 1, 59_000, mode=CROSS, name="s"),
        ]
        risk = report_of(legs, MARKED, balances=[WALLET]).positions[0]
        assert risk.status is LiquidationStatus.UNKNOWN
        assert "another position in this contract" in risk.missing["liquidation_price"]

    def test_a_hedge_without_a_mark_shows_the_end_that_liquidates_it(self) -> None:
        legs = [
            position(LONG, 1, 60_000, mode=CROSS, name="l", maintenance_margin_rate=0.004),
            position(SHORT, 1, 60_000, mode=CROSS, name="s", maintenance_margin_rate=0.004),
        ]
        wallet = Balance(venue="binanceusdm", coin="USDT", amount=1_000.0)
        long_leg, short_leg = report_of(legs, balances=[wallet]).positions
        assert long_leg.liquidation_price == pytest.approx(125_000)
        assert long_leg.status is LiquidationStatus.OK
        assert short_leg.liquidation_price == pytest.approx(125_000)
        assert long_leg.warnings == ("with its opposite position it is liquidated above 125,000",)
        marked = report_of(legs, snapshot_of(mark(BTC, 130_000)), balances=[wallet])
        assert marked.positions[0].status is LiquidationStatus.BREACHED
        assert "no price" in marked.positions[0].missing["bankruptcy_price"]

    def test_legacy_bybit_inverse_cross_scales_the_wallet(self) -> None:
        """The fee on bankruptcy value depends on the wallet: checked by the equation itself."""
        contract = instrument(venue="bybit", kind=INVERSE)
        held = position(LONG, 10_000, 8_000, of=contract, mode=CROSS, maintenance_margin_rate=0.005)
        wallet = Balance(venue="bybit", coin="BTC", amount=0.5)
        risk = report_of([held], snapshot_of(mark(contract, 8_000)), balances=[wallet])
        price, bust = risk.positions[0].liquidation_price, risk.positions[0].bankruptcy_price
        assert price is not None
        assert bust is not None
        lost = 10_000 * (1 / price - 1 / 8_000)
        assert 0.5 - lost == pytest.approx(1.25 * 0.005 + 0.00055 * 10_000 / bust)


class TestCollateral:
    held = position(LONG, 1, 50_000, mode=CROSS, maintenance_margin_rate=0.005)

    def risk(self, balances: list[Balance], *extra: object) -> PositionRisk:
        snapshot = snapshot_of(mark(BTC, 50_000), *extra)  # type: ignore[arg-type] # readings
        return report_of([self.held], snapshot, balances=balances).positions[0]

    def test_other_dollars_count_at_par_where_nothing_prices_them(self) -> None:
        """Vector binance-static-cross-multiasset holds USDT and USDC."""
        balances = [
            Balance(venue="binanceusdm", coin="USDT", amount=4_000.0),
            Balance(venue="binanceusdm", coin="USDC", amount=16_000.0),
        ]
        risk = self.risk(balances)
        assert risk.liquidation_price == pytest.approx(30_000 / 0.995)
        inputs = risk.receipts["liquidation_price"].inputs
        assert any(i.name == "USDC balance" and i.source == "at par" for i in inputs)

    def test_another_coin_counts_at_its_mark_after_its_haircut(self) -> None:
        balances = [Balance(venue="binanceusdm", coin="ETH", amount=10.0, haircut=0.95)]
        risk = self.risk(balances, mark(ETH, 2_000))
        assert risk.liquidation_price == pytest.approx((50_000 - 19_000) / 0.995)
        inputs = risk.receipts["liquidation_price"].inputs
        assert any(i.name == "ETH balance" and i.age_ms == 1_000 for i in inputs)

    def test_a_debt_counts_in_full(self) -> None:
        balances = [
            Balance(venue="binanceusdm", coin="USDT", amount=30_000.0),
            Balance(venue="binanceusdm", coin="ETH", amount=-5.0, haircut=0.9),
        ]
        risk = self.risk(balances, mark(ETH, 2_000))
        assert risk.liquidation_price == pytest.approx((50_000 - 20_000) / 0.995)

    def test_a_dollar_quote_prices_a_coin(self) -> None:
        balances = [Balance(venue="binanceusdm", coin="ETH", amount=10.0)]
        eth = instrument("ETH", quote="USDC")
        risk = self.risk(balances, mark(eth, 2_000))
        assert risk.liquidation_price == pytest.approx(30_000 / 0.995)

    def test_a_coin_without_a_price_makes_the_wallet_unknown(self) -> None:
        balances = [WALLET, Balance(venue="binanceusdm", coin="ETH", amount=10.0)]
        risk = self.risk(balances)
        assert risk.status is LiquidationStatus.UNKNOWN
        said = risk.missing["liquidation_price"]
        assert said.startswith("no fresh price of ETH in USDT from binanceusdm")
        assert "ETH/USDT:USDT" in said

    def test_dollars_behind_a_coin_wallet_count_at_the_inverse_price(self) -> None:
        contract = instrument(kind=INVERSE, venue="bybit")
        held = position(
            SHORT, 50_000, 50_000, of=contract, mode=CROSS, maintenance_margin_rate=0.005
        )
        quoted = instrument(venue="bybit")
        balances = [Balance(venue="bybit", coin="USDT", amount=25_000.0)]
        snapshot = snapshot_of(mark(contract, 50_000), mark(quoted, 50_000))
        report = report_of([held], snapshot, balances=balances)
        assert report.accounts[0].wallet_balance == pytest.approx(0.5)
        unpriced = report_of([held], snapshot_of(mark(contract, 50_000)), balances=balances)
        assert "no fresh price of USDT in BTC" in unpriced.positions[0].missing["margin_ratio"]

    def test_a_coin_that_could_stand_behind_two_wallets_is_not_counted(self) -> None:
        usdc = instrument("BTC", quote="USDC")
        held = [
            self.held,
            position(LONG, 1, 50_000, of=usdc, mode=CROSS, name="u", maintenance_margin_rate=0.01),
        ]
        balances = [
            WALLET,
            Balance(venue="binanceusdm", coin="USDC", amount=9_000.0),
            Balance(venue="binanceusdm", coin="ETH", amount=10.0),
        ]
        snapshot = snapshot_of(mark(BTC, 50_000), mark(usdc, 50_000), mark(ETH, 2_000))
        first, second = report_of(held, snapshot, balances=balances).positions
        assert first.liquidation_price == pytest.approx(30_000 / 0.995)
        assert second.liquidation_price == pytest.approx(41_000 / 0.99)
        said = "10 ETH is not counted: it could stand behind USDC or USDT"
        assert said in first.warnings

    def test_a_haircut_on_the_settle_coin(self) -> None:
        """Equity counts 90 % while it is positive: 0.9 (W + s q (P - E)) = q r P."""
        balances = [Balance(venue="binanceusdm", coin="USDT", amount=20_000.0, haircut=0.9)]
        risk = self.risk(balances)
        price = risk.liquidation_price
        assert price is not None
        assert 0.9 * (20_000 + price - 50_000) == pytest.approx(0.005 * price)
        assert risk.margin_ratio == pytest.approx(250 / 18_000)
        assert "tier by tier" in risk.receipts["liquidation_price"].worked

    def test_a_haircut_where_losses_eat_into_another_coin(self) -> None:
        """Below an equity of 0 the settle coin counts in full, and ETH pays for the rest."""
        balances = [
            Balance(venue="binanceusdm", coin="USDT", amount=1_000.0, haircut=0.9),
            Balance(venue="binanceusdm", coin="ETH", amount=10.0),
        ]
        risk = self.risk(balances, mark(ETH, 2_000))
        assert risk.liquidation_price == pytest.approx((50_000 - 21_000) / 0.995)

    def test_a_haircut_on_a_dead_wallet(self) -> None:
        held = position(SHORT, 1, 50_000, mode=CROSS, maintenance_margin_rate=0.005)
        wallet = Balance(venue="binanceusdm", coin="USDT", amount=-60_000.0, haircut=0.9)
        dead = report_of([held], snapshot_of(mark(BTC, 50_000)), balances=[wallet]).positions[0]
        assert dead.status is LiquidationStatus.BREACHED
        other = Balance(venue="binanceusdm", coin="ETH", amount=-22.6)
        own = Balance(venue="binanceusdm", coin="USDT", amount=100.0, haircut=0.1)
        snapshot = snapshot_of(mark(BTC, 50_000), mark(ETH, 2_000))
        found = report_of([held], snapshot, balances=[own, other]).positions[0]
        assert found.liquidation_price is None or found.liquidation_price > 0.0

    @pytest.mark.parametrize(
        ("amount", "haircut", "said"),
        [
            (math.nan, 1.0, "the balance in USDT must be a number up to 1e+15, not nan"),
            (1.0, 0.0, "haircut of USDT must be a fraction above 0 and up to 1, not 0.0"),
            (1.0, 1.5, "haircut of USDT must be a fraction above 0 and up to 1, not 1.5"),
        ],
    )
    def test_an_unusable_balance(self, amount: float, haircut: float, said: str) -> None:
        balances = [Balance(venue="binanceusdm", coin="USDT", amount=amount, haircut=haircut)]
        assert self.risk(balances).missing["liquidation_price"] == said

    def test_funding_of_the_whole_wallet_decides_the_hours(self) -> None:
        held = [
            self.held,
            position(SHORT, 10, 2_000, of=ETH, mode=CROSS, name="b", maintenance_margin_rate=0.01),
        ]
        readings = [mark(BTC, 50_000), mark(ETH, 2_000), funding(BTC, 0.0004)]
        paying = snapshot_of(*readings, funding(ETH, 0.0002, 1.0))
        first, second = report_of(held, paying, balances=[WALLET]).positions
        per_hour = 20 / 8 - 4
        assert first.missing["hours_to_liquidation_by_funding"].startswith("the positions of")
        assert per_hour < 0
        both = snapshot_of(*readings, funding(ETH, -0.0002, 1.0))
        first, second = report_of(held, both, balances=[WALLET]).positions
        surplus = 20_000 - 250 - 200
        assert first.hours_to_liquidation_by_funding == pytest.approx(surplus / (20 / 8 + 4))
        assert second.hours_to_liquidation_by_funding == first.hours_to_liquidation_by_funding
        assert "per hour" in first.receipts["hours_to_liquidation_by_funding"].formula
        unknown = report_of(held, snapshot_of(*readings), balances=[WALLET]).positions[0]
        assert unknown.missing["hours_to_liquidation_by_funding"].startswith("the funding of")
