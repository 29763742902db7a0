"""Receipts: rule, document, formula and numbers that a trader can put into a calculator."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dashboard.market.account import Balance
from dashboard.market.instrument import TierUnit
from dashboard.risk.band import shifted_rates
from dashboard.risk.margin import derive_deductions
from dashboard.risk.report import PositionRisk, Receipt
from tests.risk.builders import (
    CROSS,
    INVERSE,
    LONG,
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

BTC = instrument()
TIERS = tables_of(BTC, tiers_of((0, 0.004, 0), (30_000, 0.01, 180)))
READINGS = snapshot_of(mark(BTC, 51_000), funding(BTC, 0.0001))


def worked_out(receipt: Receipt) -> float:
    """The right side of `worked`, computed from its left side."""
    left, _equals, right = receipt.worked.rpartition(" = ")
    expression = left.replace(",", "").replace(" x ", " * ")
    assert re.fullmatch(r"[-+*/(). 0-9e]+", expression), expression
    value = float(eval(expression))  # noqa: S307 (digits and operators only, checked above)
    assert value == pytest.approx(float(right.replace(",", "")), rel=1e-6)
    return value


CASES = {
    "linear long": (position(), TIERS),
    "linear short": (position(SHORT, 0.3, 52_000.0, leverage=7.0), TIERS),
    "inverse long": (
        position(
            LONG,
            30_000,
            50_000,
            of=instrument(kind=INVERSE, venue="gate"),
            maintenance_margin_rate=0.01,
        ),
        TIERS,
    ),
    "inverse short": (
        position(
            SHORT,
            30_000,
            50_000,
            of=instrument(kind=INVERSE, venue="gate"),
            maintenance_margin_rate=0.01,
        ),
        TIERS,
    ),
    "entry value": (
        position(of=instrument(venue="mexc"), maintenance_margin_rate=0.01),
        TIERS,
    ),
    "entry value inverse": (
        position(
            SHORT,
            30_000,
            50_000,
            of=instrument(venue="mexc", kind=INVERSE),
            maintenance_margin_rate=0.01,
        ),
        TIERS,
    ),
}
COMPUTED = [
    "notional",
    "unrealised_pnl",
    "roi",
    "initial_margin",
    "margin_ratio",
    "liquidation_price",
    "bankruptcy_price",
    "effective_leverage",
    "wallet_leverage",
    "distance_fraction",
    "margin_at_liquidation",
    "funding_per_interval",
    "funding_per_day",
    "funding_fraction_of_margin_per_interval",
    "funding_fraction_of_margin_per_day",
    "funding_apr",
    "break_even_price",
]


class TestWorkedNumbers:
    @pytest.mark.parametrize("case", CASES)
    def test_the_left_side_gives_the_figure(self, case: str) -> None:
        held, tiers = CASES[case]
        contract = held.instrument
        readings = snapshot_of(mark(contract, 51_000), funding(contract, 0.0001))
        risk = risk_of(held, readings, tiers)
        for name in COMPUTED:
            value = getattr(risk, name)
            assert value is not None, name
            assert worked_out(risk.receipts[name]) == pytest.approx(value, rel=1e-6), name

    def test_hours_by_funding(self) -> None:
        receipt = risk_of(position(), READINGS, TIERS).receipts["hours_to_liquidation_by_funding"]
        assert worked_out(receipt) == pytest.approx((6_000 - 330) / 5.1 * 8)

    def test_maintenance_margin_by_tier(self) -> None:
        receipt = risk_of(position(), READINGS, TIERS).receipts["maintenance_margin"]
        assert receipt.worked == "51,000 x 0.01 - 180 = 330"
        assert receipt.tier_number == 2
        assert receipt.formula.endswith("on mark value")

    def test_maintenance_margin_by_contracts(self) -> None:
        contract = instrument(venue="okx")
        tiers = tables_of(contract, tiers_of((0, 0.005, 0)), TierUnit.CONTRACTS)
        risk = risk_of(position(of=contract), snapshot_of(mark(contract, 51_000)), tiers)
        assert worked_out(risk.receipts["maintenance_margin"]) == pytest.approx(255)

    def test_every_known_figure_has_one(self) -> None:
        risk = risk_of(position(), READINGS, TIERS)
        known = {name for name in risk.receipts if getattr(risk, name) is not None}
        assert set(risk.receipts) == known
        assert len(risk.receipts) == len(known) == 24
        for name, receipt in risk.receipts.items():
            assert receipt.figure == name
            assert receipt.formula
            assert receipt.worked
        with pytest.raises(KeyError):
            risk.receipts["stop"]
        assert risk.receipts["roi"] is risk.receipts["roi"]


def liquidation_receipt(risk: PositionRisk) -> Receipt:
    return risk.receipts["liquidation_price"]


class TestWhatStandsOnIt:
    def test_rule_document_and_tier(self) -> None:
        receipt = liquidation_receipt(risk_of(position(), READINGS, TIERS))
        assert receipt.rule == "Binance USD-M"
        assert "b3c689c1" in receipt.document
        assert receipt.confirmed
        assert receipt.rule_valid_from == "all that is known"
        assert receipt.tier_number == 2
        assert receipt.tier is not None
        assert receipt.tier.cum == 180
        assert receipt.tiers_source == "tier document"
        assert receipt.tiers_as_of_ms == NOW
        assert receipt.band is None

    def test_a_dated_rule_says_since_when(self) -> None:
        held = position(of=instrument(venue="bybit"), maintenance_margin_rate=0.01)
        receipt = liquidation_receipt(risk_of(held))
        assert receipt.rule_valid_from == "2026-05-27"
        assert not receipt.confirmed

    def test_inputs_with_source_and_age(self) -> None:
        held = position(margin=5_000.0, extra_margin=100.0)
        risk = risk_of(held, READINGS, TIERS)
        inputs = {given.name: given for given in liquidation_receipt(risk).inputs}
        assert inputs["margin"].source == "entered"
        assert inputs["margin"].value == "5,100"
        assert inputs["of it extra margin"].value == "100"
        assert inputs["entry price"].value == "50,000"
        assert inputs["size"].value == "1 BTC"
        assert inputs["triggered by"].value == "mark price"
        mark_price = risk.receipts["notional"].inputs[-1]
        assert mark_price.source == "binanceusdm mark endpoint"
        assert mark_price.age_ms == 1_000
        rate = {given.name: given for given in risk.receipts["funding_apr"].inputs}
        assert rate["funding interval"].value == "8 h (venue)"
        derived = {g.name: g for g in risk.receipts["initial_margin"].inputs}
        assert derived["leverage"].source == "notional / margin"

    def test_an_entered_rate_and_fee(self) -> None:
        held = position(of=instrument(venue="gate"), maintenance_margin_rate=0.02, taker_fee=0.0004)
        inputs = {g.name: g for g in liquidation_receipt(risk_of(held)).inputs}
        assert inputs["maintenance margin rate"].source == "entered"
        assert inputs["taker fee"].source == "entered"
        assert inputs["taker fee"].value == "0.0004"

    def test_a_fee_that_nobody_entered_names_where_it_is_from(self) -> None:
        gate = position(of=instrument(venue="gate"), maintenance_margin_rate=0.02)
        inputs = {g.name: g for g in liquidation_receipt(risk_of(gate)).inputs}
        assert inputs["taker fee"].source == "Gate help 27724 (liquidation price)"
        plain = risk_of(position(), tiers=TIERS).receipts["break_even_price"]
        assert plain.inputs[-1].source == "the venue's regular rate"

    def test_funding_without_an_interval(self) -> None:
        readings = snapshot_of(mark(BTC, 51_000), funding(BTC, 0.0001, None))
        receipt = risk_of(position(), readings, TIERS).receipts["funding_per_interval"]
        assert receipt.inputs[0].name == "predicted funding rate"
        assert "funding interval" not in {given.name for given in receipt.inputs}

    def test_a_figure_without_its_mark_lists_no_mark(self) -> None:
        held = position(of=instrument(venue="mexc"), maintenance_margin_rate=0.01)
        receipt = risk_of(held).receipts["maintenance_margin"]
        assert receipt.worked == "50,000 x 0.01 - 0 = 500"
        assert "mark price" not in {given.name for given in receipt.inputs}

    def test_the_price_as_the_venue_shows_it(self) -> None:
        contract = instrument(venue="phemex", price_tick=0.5)
        held = position(LONG, 1, 50_000.3, of=contract, maintenance_margin_rate=0.01)
        inputs = {g.name: g for g in liquidation_receipt(risk_of(held)).inputs}
        assert inputs["as the venue shows it"].value == "45,500.5"
        assert "few basis points" in inputs["note"].value

    def test_the_wallet_of_a_cross_position(self) -> None:
        eth = instrument("ETH")
        held = [
            position(mode=CROSS, maintenance_margin_rate=0.005),
            position(SHORT, 1, 2_000, of=eth, mode=CROSS, name="e", maintenance_margin_rate=0.01),
        ]
        wallet = Balance(venue="binanceusdm", coin="USDT", amount=20_000.0)
        readings = snapshot_of(mark(BTC, 51_000), mark(eth, 1_900))
        receipt = liquidation_receipt(report_of(held, readings, balances=[wallet]).positions[0])
        inputs = {g.name: g.value for g in receipt.inputs}
        assert inputs["USDT balance"] == "20,000"
        assert inputs["PnL of other positions"] == "100"
        assert inputs["maintenance and fees of other positions"] == "19"
        assert worked_out(receipt) == pytest.approx((50_000 - 20_081) / 0.995)

    def test_the_margin_that_holds_the_fee_is_named(self) -> None:
        held = position(of=instrument(venue="kucoin"), maintenance_margin_rate=0.005)
        receipt = risk_of(held, now_ms=instant(2024)).receipts["bankruptcy_price"]
        assert "without the fee set aside (33)" in receipt.formula

    def test_a_rate_that_grows_is_scanned(self) -> None:
        contract = instrument(venue="deribit", kind=INVERSE)
        risk = risk_of(position(LONG, 1e6, of=contract), snapshot_of(mark(contract, 50_000)))
        assert "solved tier by tier" in liquidation_receipt(risk).worked
        assert "growth" in risk.receipts["maintenance_margin_rate"].formula
        assert worked_out(risk.receipts["maintenance_margin"]) > 0


class TestBand:
    OLD = NOW - 31 * 86_400_000

    def test_rates_move_by_one_row_and_deductions_follow(self) -> None:
        tiers = tiers_of((0, 0.01, 0), (10, 0.02, 0.1), (20, 0.05, 0.7))
        down, up = shifted_rates(tiers, -1), shifted_rates(tiers, 1)
        assert [tier.mmr for tier in down] == [0.01, 0.01, 0.02]
        assert [tier.mmr for tier in up] == [0.02, 0.05, 0.05]
        assert [tier.cum for tier in derive_deductions(up)] == pytest.approx([0, 0.3, 0.3])

    def band(self, venue: str, unit: TierUnit = TierUnit.QUOTE) -> tuple[float, float] | None:
        contract = instrument(venue=venue)
        rows = tiers_of((0, 0.004, 0), (30_000, 0.01, 180), (60_000, 0.02, 780))
        if unit is TierUnit.CONTRACTS:
            rows = tiers_of((0, 0.004, 0), (0.5, 0.01, 0), (2, 0.02, 0))
        tiers = tables_of(contract, rows, unit, as_of_ms=self.OLD)
        held = position(of=contract)
        return liquidation_receipt(risk_of(held, tiers=tiers)).band

    def test_on_mark_value(self) -> None:
        assert self.band("binanceusdm") == pytest.approx((45_000 / 0.996, (45_000 - 300) / 0.98))

    def test_on_entry_value(self) -> None:
        assert self.band("mexc") == pytest.approx((45_200, 45_000 + 1_000 - 300))

    def test_whole_position_rates_by_contracts(self) -> None:
        low, high = 45_000 / (1 - 0.0045), 45_000 / (1 - 0.0205)
        assert self.band("okx", TierUnit.CONTRACTS) == pytest.approx((low, high))

    def test_tiers_of_today_have_none(self) -> None:
        assert liquidation_receipt(risk_of(position(), tiers=TIERS)).band is None

    def test_positions_that_share_their_price_have_none(self) -> None:
        old = tables_of(BTC, tiers_of((0, 0.004, 0)), as_of_ms=self.OLD)
        legs = [position(LONG, 2, mode=CROSS, name="l"), position(SHORT, mode=CROSS, name="s")]
        wallet = Balance(venue="binanceusdm", coin="USDT", amount=9_000.0)
        risk = report_of(legs, tiers=old, balances=[wallet]).positions[0]
        assert liquidation_receipt(risk).band is None

    def test_a_neighbour_under_which_nothing_liquidates_is_left_out(self) -> None:
        contract = instrument(venue="mexc")
        rows = tiers_of((0, 0.004, 0), (30_000, 0.01, 180))
        tiers = tables_of(contract, rows, as_of_ms=self.OLD)
        risk = risk_of(position(of=contract, margin=50_250.0), tiers=tiers)
        assert risk.liquidation_price == pytest.approx(70)
        assert liquidation_receipt(risk).band == pytest.approx((70, 250))


def test_a_recorded_price_says_what_moment_it_is_of() -> None:
    held = position()
    reading = mark(held.instrument, 50_000.0)
    for venue_ms, source in (
        (None, "binanceusdm mark endpoint"),
        (NOW - 2_000, "binanceusdm mark endpoint"),
        (
            NOW - 1_800_000,
            "binanceusdm mark endpoint, the price of 2026-09-30 23:30 UTC",
        ),
    ):
        risk = risk_of(held, snapshot_of(replace(reading, venue_ms=venue_ms)))
        assert risk.receipts["notional"].inputs[-1].source == source
        assert risk.receipts["notional"].inputs[-1].age_ms == 1_000
