"""Tier tables in use: every unit of bounds, broken tables, warnings that come from them."""

from __future__ import annotations

import pytest

from dashboard.market.account import Balance, SizeUnit
from dashboard.market.instrument import (
    InstrumentKey,
    MarginTier,
    TierTable,
    TierTables,
    TierUnit,
)
from dashboard.risk.report import LiquidationStatus
from tests.risk.builders import (
    CROSS,
    INVERSE,
    LONG,
    NOW,
    SHORT,
    funding,
    instrument,
    mark,
    position,
    risk_of,
    snapshot_of,
    tables_of,
    tiers_of,
)

BTC = instrument("BTC")
HALF_PERCENT = tables_of(BTC, tiers_of((0, 0.005, 0)))
MARKED = snapshot_of(mark(BTC, 51_000), funding(BTC, 0.0001))


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


def test_a_table_from_after_the_day_asked_about_is_pointed_out() -> None:
    tables = tables_of(BTC, tiers_of((0, 0.004, 0)), as_of_ms=NOW + 3 * 86_400_000)
    (said,) = risk_of(position(), tiers=tables).warnings
    assert said == "the margin tiers were published 3 days after the day asked about"


def test_kucoin_charges_the_rate_of_its_level_on_the_whole_position() -> None:
    contract = instrument(venue="kucoinfutures")
    rows = tiers_of((0, 0.004, 0), (30_000, 0.01, 0))
    risk = risk_of(position(of=contract, taker_fee=0.0), tiers=tables_of(contract, rows))
    assert risk.liquidation_price == pytest.approx(45_000 / (1 - 0.01))
