"""The front door: isolated and cross side by side, what is unknown and why, what is kept."""

from __future__ import annotations

import math

import pytest

from dashboard.market.account import Balance, Book, Position, SizeUnit
from dashboard.market.instrument import (
    InstrumentKey,
    MarginTier,
    TierTable,
    TierTables,
    TierUnit,
)
from dashboard.market.readings import ReadingKind, Unavailable
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.position_rows import NEEDS, PositionRows
from dashboard.risk.report import LiquidationStatus, PositionRisk
from tests.risk.builders import (
    CROSS,
    INVERSE,
    LONG,
    NO_TIERS,
    NOW,
    SHORT,
    funding,
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

BTC, ETH = instrument("BTC"), instrument("ETH")
HALF_PERCENT = tables_of(BTC, tiers_of((0, 0.005, 0)))
MARKED = snapshot_of(mark(BTC, 51_000), funding(BTC, 0.0001))
WALLET = Balance(venue="binanceusdm", coin="USDT", amount=20_000.0)


def numbers(risk: PositionRisk) -> dict[str, float | None]:
    return {name: getattr(risk, name) for name in NEEDS}


class TestAnIsolatedPosition:
    """1 BTC long at 50,000, 10x, MMR 0.5 %, mark 51,000, funding 0.01 % per 8 h."""

    @pytest.fixture
    def risk(self) -> PositionRisk:
        return risk_of(position(), MARKED, HALF_PERCENT)

    def test_every_figure(self, risk: PositionRisk) -> None:
        expected = {
            "quantity": 1.0,
            "mark_price": 51_000.0,
            "notional": 51_000.0,
            "unrealised_pnl": 1_000.0,
            "roi": 0.2,
            "initial_margin": 5_000.0,
            "maintenance_margin": 255.0,
            "maintenance_margin_rate": 0.005,
            "margin_ratio": 255 / 6_000,
            "liquidation_price": 45_000 / 0.995,
            "bankruptcy_price": 45_000.0,
            "distance": 51_000 - 45_000 / 0.995,
            "distance_fraction": 1 - 45_000 / 0.995 / 51_000,
            "distance_money": 51_000 - 45_000 / 0.995,
            "effective_leverage": 8.5,
            "funding_per_interval": 5.1,
            "funding_per_day": 15.3,
            "funding_fraction_of_margin_per_interval": 5.1 / 6_000,
            "funding_fraction_of_margin_per_day": 15.3 / 6_000,
            "funding_apr": 0.1095,
            "hours_to_liquidation_by_funding": (6_000 - 255) / 5.1 * 8,
            "break_even_price": 50_000 * 1.0005 / 0.9995,
        }
        assert numbers(risk) == pytest.approx(expected)
        assert risk.status is LiquidationStatus.OK
        assert risk.currency == "USDT"
        assert risk.missing == {}
        assert risk.warnings == ()

    def test_an_inverse_short_counts_in_its_coin(self) -> None:
        contract = instrument(kind=INVERSE)
        held = position(SHORT, 50_000, 50_000, of=contract, leverage=5.0)
        tiers = tables_of(contract, tiers_of((0, 0.004, 0)), TierUnit.COIN)
        risk = risk_of(held, snapshot_of(mark(contract, 40_000), funding(contract, 0.0002)), tiers)
        price = 50_000 * (1 - 0.004) / (1 - 0.2)
        assert risk.currency == "BTC"
        assert risk.notional == pytest.approx(1.25)
        assert risk.unrealised_pnl == pytest.approx(0.25)
        assert risk.liquidation_price == pytest.approx(price)
        assert risk.distance == pytest.approx(price - 40_000)
        assert risk.distance_money == pytest.approx(1.25 - 50_000 / price)
        assert risk.funding_per_interval == pytest.approx(-0.00025)
        assert risk.funding_apr == pytest.approx(-0.0002 * 3 * 365)
        assert risk.missing["hours_to_liquidation_by_funding"] == "funding is received, not paid"

    def test_no_funding_due(self) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, 1e4), funding(BTC, 0.0)), HALF_PERCENT)
        assert risk.funding_per_interval == 0.0
        assert risk.missing["hours_to_liquidation_by_funding"] == "no funding is due"

    def test_added_margin_counts(self) -> None:
        risk = risk_of(position(extra_margin=500.0), MARKED, HALF_PERCENT)
        assert risk.liquidation_price == pytest.approx(44_500 / 0.995)

    def test_bybit_counts_added_margin_less_its_fee(self) -> None:
        contract = instrument(venue="bybit")
        tiers = tables_of(contract, tiers_of((0, 0.005, 0)))
        risk = risk_of(position(of=contract, extra_margin=500.0), Snapshot(), tiers)
        margin = 5_000 + 500 / (1 - 0.00055)
        assert risk.liquidation_price == pytest.approx((50_000 - margin) / 0.995)

    def test_a_margin_without_leverage_is_the_initial_margin(self) -> None:
        risk = risk_of(position(margin=4_000.0), MARKED, HALF_PERCENT)
        assert risk.initial_margin == pytest.approx(4_000)

    def test_the_tier_is_that_of_the_liquidation_price(self) -> None:
        tiers = tables_of(BTC, tiers_of((0, 0.004, 0), (47_000, 0.01, 282), (60_000, 0.02, 882)))
        risk = risk_of(position(), MARKED, tiers)
        assert risk.maintenance_margin == pytest.approx(51_000 * 0.01 - 282)
        assert risk.liquidation_price == pytest.approx(45_000 / 0.996)

    def test_an_own_rate_replaces_the_table(self) -> None:
        risk = risk_of(position(maintenance_margin_rate=0.02), MARKED, HALF_PERCENT)
        assert risk.liquidation_price == pytest.approx(45_000 / 0.98)
        assert risk.maintenance_margin_rate == 0.02


class TestStatus:
    def test_breached_once_the_mark_has_crossed(self) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, 45_000)), HALF_PERCENT)
        assert risk.status is LiquidationStatus.BREACHED
        assert risk.liquidation_price == pytest.approx(45_000 / 0.995)
        assert risk.distance is None
        assert "crossed" in risk.missing["distance"]
        assert risk.margin_ratio is None
        assert risk.missing["margin_ratio"] == "no margin is left"

    def test_breached_at_the_price_itself(self) -> None:
        price = 45_000 / 0.995
        risk = risk_of(position(), snapshot_of(mark(BTC, price)), HALF_PERCENT)
        assert risk.status is LiquidationStatus.BREACHED
        assert risk.margin_ratio == pytest.approx(1.0)

    def test_a_short_is_breached_above(self) -> None:
        risk = risk_of(position(SHORT), snapshot_of(mark(BTC, 60_000)), HALF_PERCENT)
        assert risk.status is LiquidationStatus.BREACHED

    def test_none_where_the_margin_covers_the_value(self) -> None:
        risk = risk_of(position(leverage=1.0), MARKED, HALF_PERCENT)
        assert risk.status is LiquidationStatus.NONE
        assert "covers" in risk.missing["distance_money"]
        assert risk.missing["bankruptcy_price"] == "no price uses the margin up"

    def test_without_a_mark_the_price_of_an_isolated_position_stands(self) -> None:
        stale = snapshot_of(mark(BTC, 51_000, age_ms=75_000))
        risk = risk_of(position(), stale, HALF_PERCENT)
        assert risk.status is LiquidationStatus.OK
        assert risk.liquidation_price == pytest.approx(45_000 / 0.995)
        assert risk.mark_price is None
        assert risk.distance is None
        assert risk.missing["mark_price"] == "no mark price for 75 s"
        assert risk.missing["distance_fraction"] == "no mark price for 75 s"

    def test_a_cross_wallet_that_nothing_saves_is_breached_without_a_price(self) -> None:
        held = [
            position(SHORT, mode=CROSS, name="a", maintenance_margin_rate=0.005),
            position(LONG, 10, 5_000, of=ETH, mode=CROSS, name="b", maintenance_margin_rate=0.01),
        ]
        readings = snapshot_of(mark(BTC, 50_000), mark(ETH, 100))
        wallet = Balance(venue="binanceusdm", coin="USDT", amount=-10_000.0)
        risk = report_of(held, readings, balances=[wallet]).positions[0]
        assert risk.status is LiquidationStatus.BREACHED
        assert risk.liquidation_price is None
        assert "at every price" in risk.missing["liquidation_price"]
        assert "at every price" in risk.missing["distance"]


class TestFreshness:
    def test_the_clock_of_a_recording_stretches_the_limits(self) -> None:
        snapshot = snapshot_of(mark(BTC, 51_000, age_ms=600_000))
        snapshot.speed = 60.0
        assert risk_of(position(), snapshot, HALF_PERCENT).mark_price == 51_000

    def test_a_late_mark_is_used_and_said(self) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, 51_000, age_ms=20_000)), HALF_PERCENT)
        assert risk.mark_price == 51_000
        assert risk.warnings == ("the mark price is 20 s old",)

    @pytest.mark.parametrize(
        ("age_ms", "said"),
        [(61_000, "61 s"), (180_000, "3 min"), (9_000_000, "2 h"), (200_000_000, "2 days")],
    )
    def test_ages_in_words(self, age_ms: int, said: str) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, 1.0, age_ms=age_ms)), HALF_PERCENT)
        assert risk.missing["notional"] == f"no mark price for {said}"

    @pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
    def test_an_unusable_mark_feeds_nothing(self, price: float) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, price)), HALF_PERCENT)
        assert risk.mark_price is None
        assert risk.missing["mark_price"] == f"a mark price of {price} is not usable"

    def test_a_venue_that_gave_no_mark(self) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, None)), HALF_PERCENT)
        assert risk.missing["mark_price"] == "the venue gave no mark price"

    def test_a_reason_of_the_venue_is_passed_on(self) -> None:
        snapshot = Snapshot()
        snapshot.merge(
            [
                Unavailable(
                    venue=BTC.venue,
                    symbol=BTC.symbol,
                    endpoint="e",
                    venue_ms=None,
                    received_ms=NOW,
                    kind=ReadingKind.MARK_PRICE,
                    reason="the venue is not answering",
                )
            ]
        )
        risk = risk_of(position(), snapshot, HALF_PERCENT)
        assert risk.missing["mark_price"] == "the venue is not answering"
        assert "funding rate" in risk.missing["funding_apr"]


class TestFunding:
    def test_an_unknown_interval_leaves_the_payment(self) -> None:
        snapshot = snapshot_of(mark(BTC, 51_000), funding(BTC, 0.0001, None))
        risk = risk_of(position(), snapshot, HALF_PERCENT)
        assert risk.funding_per_interval == pytest.approx(5.1)
        assert risk.funding_fraction_of_margin_per_interval == pytest.approx(5.1 / 6_000)
        assert risk.funding_per_day is None
        assert risk.missing["funding_per_day"] == "binanceusdm gave no funding interval"
        assert risk.missing["hours_to_liquidation_by_funding"].endswith("interval")

    @pytest.mark.parametrize(
        ("rate", "age_ms", "said"),
        [
            (None, 0, "binanceusdm gave no predicted funding rate"),
            (math.nan, 0, "a funding rate of nan is not usable"),
            (2.0, 0, "a funding rate of 2.0 is not usable"),
            (0.0001, 400_000, "no funding rate for 6 min"),
        ],
    )
    def test_an_unknown_rate(self, rate: float | None, age_ms: int, said: str) -> None:
        snapshot = snapshot_of(mark(BTC, 51_000), funding(BTC, rate, age_ms=age_ms))
        risk = risk_of(position(), snapshot, HALF_PERCENT)
        assert risk.funding_per_interval is None
        assert risk.missing["funding_per_interval"] == said
        assert risk.missing["funding_apr"] == said

    def test_kucoin_before_2025_counts_the_next_payment(self) -> None:
        contract = instrument(venue="kucoin")
        held = position(of=contract, maintenance_margin_rate=0.005, taker_fee=0.0)
        day = instant(2025, 1, 1)
        age_ms = NOW - day
        paying = snapshot_of(funding(contract, 0.001, age_ms=age_ms))
        risk = risk_of(held, paying, now_ms=day)
        assert risk.liquidation_price == pytest.approx(45_000 + 250 + 50)
        assert risk.maintenance_margin == pytest.approx(300)
        assert "300" in risk.receipts["liquidation_price"].worked
        assert "50 for the next" in risk.receipts["maintenance_margin"].worked
        receiving = snapshot_of(funding(contract, -0.001, age_ms=age_ms))
        assert risk_of(held, receiving, now_ms=day).liquidation_price == pytest.approx(45_250)
        unknown = risk_of(held, now_ms=day)
        assert unknown.liquidation_price == pytest.approx(45_250)
        assert any("next funding payment is not in" in said for said in unknown.warnings)


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
        said = "ETH/USDT:USDT in the same wallet: no fresh mark price"
        assert btc.missing["liquidation_price"] == said
        assert btc.missing["margin_ratio"] == said
        assert btc.missing["bankruptcy_price"] == said
        assert eth.status is LiquidationStatus.OK
        assert eth.liquidation_price == pytest.approx((20_745 + 20_000) / (10 * 1.01))

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

    def test_a_hedge_without_a_mark_shows_each_leg_its_own_end(self) -> None:
        legs = [
            position(LONG, 1, 60_000, mode=CROSS, name="l", maintenance_margin_rate=0.004),
            position(SHORT, 1, 60_000, mode=CROSS, name="s", maintenance_margin_rate=0.004),
        ]
        wallet = Balance(venue="binanceusdm", coin="USDT", amount=1_000.0)
        long_leg, short_leg = report_of(legs, balances=[wallet]).positions
        assert long_leg.liquidation_price is None
        assert long_leg.status is LiquidationStatus.NONE
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


class TestTierTables:
    def test_an_unknown_contract_says_what_to_do(self) -> None:
        risk = risk_of(position(), MARKED)
        assert risk.status is LiquidationStatus.UNKNOWN
        assert risk.missing["liquidation_price"] == (
            "no margin tiers of BTC/USDT:USDT at binanceusdm are known: import them or enter a "
            "maintenance margin rate"
        )
        assert risk.maintenance_margin is None
        assert risk.maintenance_margin_rate is None
        assert risk.bankruptcy_price == pytest.approx(45_000)
        assert risk.effective_leverage == pytest.approx(8.5)

    def test_tables_are_found_under_the_catalogue_id(self) -> None:
        contract = instrument(venue="binance")
        assert risk_of(position(of=contract), tiers=HALF_PERCENT).liquidation_price is not None

    def test_broken_tiers_are_named(self) -> None:
        tiers = tables_of(BTC, tiers_of((0, 0.02, 0), (10, 0.01, 0)))
        risk = risk_of(position(), MARKED, tiers)
        assert risk.liquidation_price is None
        assert "must not fall" in risk.missing["liquidation_price"]

    def test_missing_deductions_are_derived_where_brackets_are_marginal(self) -> None:
        bare = tables_of(BTC, tiers_of((0, 0.004, 0), (40_000, 0.01, 0)))
        full = tables_of(BTC, tiers_of((0, 0.004, 0), (40_000, 0.01, 240)))
        first = risk_of(position(), MARKED, bare).liquidation_price
        assert first == pytest.approx(risk_of(position(), MARKED, full).liquidation_price)

    def test_okx_takes_one_rate_for_the_whole_position_by_contracts(self) -> None:
        contract = instrument(venue="okx", contract_size=0.01)
        tiers = tables_of(contract, tiers_of((0, 0.004, 0), (50, 0.01, 0)), TierUnit.CONTRACTS)
        held = position(LONG, 100, 50_000, of=contract, size_unit=SizeUnit.CONTRACTS)
        risk = risk_of(held, snapshot_of(mark(contract, 51_000)), tiers)
        assert risk.maintenance_margin_rate == 0.01
        assert risk.maintenance_margin == pytest.approx(510)
        assert risk.liquidation_price == pytest.approx(45_000 / (1 - 0.01 - 0.0005))
        receipt = risk.receipts["liquidation_price"]
        assert receipt.tier_number == 2
        assert receipt.tier is not None
        assert receipt.tier.mmr == 0.01

    def test_kraken_brackets_count_contracts_of_one_dollar_at_entry(self) -> None:
        contract = instrument(venue="krakenfutures", kind=INVERSE)
        tiers = tables_of(contract, tiers_of((0, 0.01, 0), (500_000, 0.02, 0)), TierUnit.CONTRACTS)
        held = position(LONG, 1_000_000, 50_000, of=contract, leverage=10.0)
        risk = risk_of(held, snapshot_of(mark(contract, 60_000)), tiers)
        maintenance = (500_000 * 0.01 + 500_000 * 0.02) / 50_000
        assert risk.maintenance_margin == pytest.approx(maintenance)
        assert risk.liquidation_price == pytest.approx(1e6 / (20 + 2 - maintenance))
        entry_only = risk_of(held, tiers=tiers)
        assert entry_only.maintenance_margin == pytest.approx(maintenance)
        assert entry_only.maintenance_margin_rate == 0.02

    def test_bounds_in_face_value_or_coin_fix_the_tier_too(self) -> None:
        inverse = instrument(venue="gate", kind=INVERSE)
        tiers = tables_of(inverse, tiers_of((0, 0.01, 0), (1_000, 0.02, 10)), TierUnit.QUOTE)
        held = position(LONG, 2_000, 50_000, of=inverse, leverage=10.0)
        risk = risk_of(held, snapshot_of(mark(inverse, 50_000)), tiers)
        assert risk.maintenance_margin == pytest.approx(0.04 * (0.02 - 10 / 2_000))
        linear = tables_of(BTC, tiers_of((0, 0.01, 0), (0.5, 0.02, 0.005)), TierUnit.COIN)
        risk = risk_of(position(), MARKED, linear)
        assert risk.maintenance_margin == pytest.approx(51_000 * 0.015)

    def test_entry_value_keeps_its_tier(self) -> None:
        contract = instrument(venue="mexc")
        tiers = tables_of(contract, tiers_of((0, 0.004, 0), (45_500, 0.01, 273)))
        risk = risk_of(position(of=contract), snapshot_of(mark(contract, 45_300)), tiers)
        assert risk.maintenance_margin == pytest.approx(500 - 273)
        assert risk.maintenance_margin_rate == 0.01
        assert risk.liquidation_price == pytest.approx(45_000 + 227)

    def test_a_table_with_jumps_is_scanned_and_said(self) -> None:
        contract = instrument(venue="okx")
        tiers = tables_of(contract, tiers_of((0, 0.01, 0), (53_000, 0.05, 0)))
        risk = risk_of(position(SHORT, of=contract), snapshot_of(mark(contract, 50_000)), tiers)
        assert risk.liquidation_price == pytest.approx(53_000)
        assert any("maintenance jumps" in said for said in risk.warnings)
        assert "tier by tier" in risk.receipts["liquidation_price"].worked

    def test_cross_positions_with_jumps_are_scanned_too(self) -> None:
        contract = instrument(venue="okx")
        tiers = tables_of(contract, tiers_of((0, 0.01, 0), (53_000, 0.05, 0)))
        wallet = Balance(venue="okx", coin="USDT", amount=5_000.0)
        held = position(SHORT, of=contract, mode=CROSS)
        readings = snapshot_of(mark(contract, 50_000))
        risk = risk_of(held, readings, tiers, balances=[wallet])
        assert risk.liquidation_price == pytest.approx(53_000)
        assert risk_of(held, readings, tiers).liquidation_price is None


class TestWhatIsKept:
    def test_the_same_book_gives_the_same_figures_on_new_marks(self) -> None:
        book = Book(positions=(position(),))
        first = assess(book, MARKED, HALF_PERCENT, NOW)
        later = snapshot_of(mark(BTC, 52_000, age_ms=-1_000))
        second = assess(book, later, HALF_PERCENT, NOW + 1_000)
        assert first.positions[0].mark_price == 51_000
        assert second.positions[0].mark_price == 52_000
        assert _prepared_of(first.positions) is _prepared_of(second.positions)

    def test_a_newer_table_in_the_same_mapping_is_noticed(self) -> None:
        book = Book(positions=(position(),))
        held = dict(HALF_PERCENT.tables)
        tables = TierTables(held)
        before = assess(book, MARKED, tables, NOW).positions[0].liquidation_price
        held.update(tables_of(BTC, tiers_of((0, 0.02, 0))).tables)
        after = assess(book, MARKED, tables, NOW).positions[0].liquidation_price
        assert before == pytest.approx(45_000 / 0.995)
        assert after == pytest.approx(45_000 / 0.98)

    def test_a_rule_that_begins_at_midnight_is_noticed(self) -> None:
        contract = instrument(venue="bybit")
        book = Book(positions=(position(of=contract, maintenance_margin_rate=0.01),))
        night = instant(2026, 5, 27)
        before = assess(book, Snapshot(), NO_TIERS, night - 1).positions[0]
        after = assess(book, Snapshot(), NO_TIERS, night).positions[0]
        assert before.liquidation_price == pytest.approx(45_500)
        assert after.liquidation_price == pytest.approx(45_000 / 0.99)

    def test_rows_are_built_once_and_index_like_a_sequence(self) -> None:
        report = report_of([position(name="a"), position(SHORT, name="b")], MARKED, HALF_PERCENT)
        rows = report.positions
        assert len(rows) == 2
        assert rows[0] is rows[-2]
        assert [risk.position.id for risk in rows] == ["a", "b"]
        assert [risk.position.id for risk in rows[1:]] == ["b"]
        with pytest.raises(IndexError):
            rows[2]

    def test_an_empty_book(self) -> None:
        report = report_of([])
        assert list(report.positions) == []
        assert list(report.accounts) == []
        assert report.now_ms == NOW

    def test_a_report_keeps_the_readings_it_was_made_from(self) -> None:
        snapshot = snapshot_of(mark(BTC, 51_000))
        report = report_of([position()], snapshot, HALF_PERCENT)
        snapshot.merge([mark(BTC, 1.0, age_ms=0)])
        assert report.positions[0].mark_price == 51_000

    def test_arrays_and_rows_agree(self) -> None:
        held = [
            position(name="a"),
            position(SHORT, 2, mode=CROSS, name="b"),
            position(SHORT, 1, 49_000, name="c", leverage=5.0),
        ]
        report = report_of(held, MARKED, HALF_PERCENT, balances=[WALLET])
        rows = report.positions
        assert isinstance(rows, PositionRows)
        figures = rows.figures
        for number, risk in enumerate(rows):
            assert figures.liquidation_price[number] == risk.liquidation_price
            assert figures.margin_ratio[number] == pytest.approx(risk.margin_ratio)
            assert figures.distance[number] == pytest.approx(risk.distance)
            assert not figures.breached[number]
        isolated_only = report_of(held[:1], MARKED, HALF_PERCENT).positions
        assert isinstance(isolated_only, PositionRows)
        assert isolated_only.figures.demand[0] == pytest.approx(255)


def _prepared_of(rows: object) -> object:
    assert isinstance(rows, PositionRows)
    return rows.figures.prepared


class TestStops:
    def test_a_stop_before_liquidation(self) -> None:
        risk = risk_of(position(stop_price=48_000.0), MARKED, HALF_PERCENT)
        assert risk.stop is not None
        assert risk.stop.before_liquidation is True
        assert risk.stop.buffer_fraction == pytest.approx((48_000 - 45_000 / 0.995) / 50_000)

    def test_a_stop_that_liquidation_beats_is_said(self) -> None:
        risk = risk_of(position(stop_price=45_100.0), MARKED, HALF_PERCENT)
        assert risk.stop is not None
        assert risk.stop.before_liquidation is False
        assert any("liquidation comes before" in said for said in risk.warnings)

    def test_a_stop_that_the_mark_has_reached(self) -> None:
        risk = risk_of(position(SHORT, stop_price=50_500.0), MARKED, HALF_PERCENT)
        assert any("already reached the stop" in said for said in risk.warnings)

    def test_nothing_is_said_where_liquidation_is_unknown(self) -> None:
        risk = risk_of(position(stop_price=48_000.0), MARKED)
        assert risk.stop is not None
        assert risk.stop.before_liquidation is None

    def test_a_stop_of_a_position_that_never_liquidates_comes_first(self) -> None:
        risk = risk_of(position(leverage=1.0, stop_price=48_000.0), MARKED, HALF_PERCENT)
        assert risk.stop is not None
        assert risk.stop.before_liquidation is True
        assert risk.stop.buffer_fraction is None


class TestCautions:
    def test_leverage_above_the_tiers_maximum_names_the_tier(self) -> None:
        tiers = tables_of(BTC, [MarginTier(floor=0, mmr=0.005, max_leverage=5.0)])
        risk = risk_of(position(), MARKED, tiers)
        assert risk.warnings == (
            "leverage of 10x is above the 5x that tier 1 of BTC/USDT:USDT allows at this size",
        )

    def test_a_margin_that_differs_from_leverage_is_said(self) -> None:
        risk = risk_of(position(margin=4_900.0, leverage=10.0), MARKED, HALF_PERCENT)
        assert risk.liquidation_price == pytest.approx((50_000 - 4_900) / 0.995)
        assert risk.warnings == (
            "the margin entered, 4,900, counts; notional / leverage would be 5,000",
        )
        near = risk_of(position(margin=4_980.0, leverage=10.0), MARKED, HALF_PERCENT)
        assert near.warnings == ()

    def test_beyond_the_last_tier(self) -> None:
        tiers = tables_of(BTC, [MarginTier(floor=0, cap=40_000, mmr=0.005)])
        risk = risk_of(position(), MARKED, tiers)
        assert risk.liquidation_price == pytest.approx(45_000 / 0.995)
        assert any("beyond the last tier (cap 40,000)" in said for said in risk.warnings)

    def test_beyond_the_last_tier_by_contracts(self) -> None:
        contract = instrument(venue="okx")
        table = [MarginTier(floor=0, cap=0.5, mmr=0.005)]
        tiers = tables_of(contract, table, TierUnit.CONTRACTS)
        risk = risk_of(position(of=contract), snapshot_of(mark(contract, 51_000)), tiers)
        assert any("beyond the last tier (cap 0.5)" in said for said in risk.warnings)

    def test_old_tiers_are_said_and_carry_a_band(self) -> None:
        old = tables_of(
            BTC,
            tiers_of((0, 0.004, 0), (30_000, 0.01, 180), (60_000, 0.02, 780)),
            as_of_ms=NOW - 45 * 86_400_000,
        )
        risk = risk_of(position(), MARKED, old)
        assert any("45 days old" in said for said in risk.warnings)
        band = risk.receipts["liquidation_price"].band
        assert band is not None
        assert band[0] < risk.liquidation_price < band[1]
        assert band[0] == pytest.approx(45_000 / 0.996)
        assert risk.receipts["notional"].band is None


class TestOtherVenues:
    def test_a_venue_without_a_taker_fee_has_no_break_even(self) -> None:
        contract = instrument(venue="somewhere")
        risk = risk_of(position(of=contract, maintenance_margin_rate=0.01))
        assert risk.break_even_price is None
        assert "no taker fee was entered" in risk.missing["break_even_price"]
        assert risk.liquidation_price == pytest.approx(45_000 / 0.99)
        assert not risk.receipts["liquidation_price"].confirmed

    def test_without_a_fee_entry_is_the_break_even(self) -> None:
        free = position(SHORT, taker_fee=0.0, maintenance_margin_rate=0.01)
        assert risk_of(free).break_even_price == pytest.approx(50_000)


def test_what_a_figure_needs_is_written_down_for_every_figure() -> None:
    fields = set(PositionRisk.__dataclass_fields__)
    others = {
        "position",
        "currency",
        "status",
        "stop",
        "warnings",
        "missing",
        "receipts",
    }
    assert set(NEEDS) == fields - others


def test_a_table_typed_by_the_trader_has_no_age() -> None:
    typed = TierTable(
        venue=BTC.venue,
        symbol=BTC.symbol,
        tiers=tiers_of((0, 0.005, 0)),
        unit=TierUnit.QUOTE,
        as_of_ms=None,
        source="typed",
    )
    tables = TierTables({InstrumentKey(BTC.venue, BTC.symbol): typed})
    risk = risk_of(position(), MARKED, tables)
    assert risk.warnings == ()
    assert risk.receipts["liquidation_price"].band is None
    assert risk.receipts["liquidation_price"].tiers_source == "typed"
