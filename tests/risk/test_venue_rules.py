"""Venue rules: positions that venues reported, examples from their documents, and the table."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest

from dashboard.market.account import Balance, MarginMode, Side
from dashboard.market.instrument import ContractKind
from dashboard.risk.venue_rules import GENERIC, rule_for, venue_id
from dashboard.risk.venue_rules.rule import (
    BOTH_MODES,
    CloseFee,
    MaintenanceBasis,
    TickRounding,
    VenueRule,
    shown_price,
)
from dashboard.risk.venue_rules.table import ALL_RULES
from tests.risk.builders import (
    CROSS,
    INVERSE,
    ISOLATED,
    LINEAR,
    LONG,
    NOW,
    SHORT,
    funding,
    instant,
    instrument,
    position,
    risk_of,
    snapshot_of,
)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A position as a venue reported it, or as a venue's document works it out.

    `wallet` is the isolated margin or the cross wallet. `tick` is the step of the venue's price.
    """

    source: str
    venue: str
    side: Side = LONG
    kind: ContractKind = LINEAR
    mode: MarginMode = ISOLATED
    size: float
    entry: float
    wallet: float
    rate: float
    price: float
    tick: float
    year: int = 2026
    more: dict[str, Any] = field(default_factory=dict)
    funding_rate: float | None = None
    bankruptcy: float | None = None


KUCOIN_OLD: dict[str, Any] = {"taker_fee": 0.0006}
RECORDED = {
    "binance-hedge-long": Recorded(
        source="Binance API documents, position risk in hedge mode; tier 0.5 %, deduction 50",
        venue="binanceusdm",
        size=20,
        entry=6563.665,
        wallet=15517.54150468 - 2316.8342356,
        rate=0.005,
        price=5930.78,
        tick=0.01,
        more={"maintenance_amount": 50.0},
    ),
    "binance-coin-m": Recorded(
        source="ccxt 4.5.90 binance.py, BTCUSD_PERP 2x",
        venue="binancecoinm",
        kind=INVERSE,
        size=200,
        entry=37643.10000021,
        wallet=0.00268058,
        rate=0.004,
        price=25119.9744576,
        tick=1e-8,
    ),
    "bybit-eth-2022": Recorded(
        source="ccxt 4.5.90 bybit.py, ETHUSDT 4.2x; margin is value / leverage",
        venue="bybit",
        size=0.1,
        entry=1198.45,
        wallet=119.845 / 4.2,
        rate=0.005,
        price=919.10,
        tick=0.05,
        year=2022,
        bankruptcy=913.15,
    ),
    "bybit-inverse-short": Recorded(
        source="Bybit help centre: 60,000 USD short at 50,000, 10x, 0.5 %",
        venue="bybit",
        kind=INVERSE,
        side=SHORT,
        size=60_000,
        entry=50_000,
        wallet=0.12,
        rate=0.005,
        price=55_248.62,
        tick=0.01,
        year=2024,
    ),
    "okx-cross-linear": Recorded(
        source="ccxt 4.5.90 okx.py, BTC-USDT-SWAP cross; equity from mgnRatio x (mmr + fee)",
        venue="okx",
        mode=CROSS,
        size=0.01,
        entry=34131.1,
        wallet=140.49930117599155 * (1.3652874433435829 * (1 + 0.0005 / 0.004))
        - 0.0108608358957281,
        rate=0.004,
        price=12608.959083877446,
        tick=1e-3,
        more={"taker_fee": 0.0005},
    ),
    "gate-eth": Recorded(
        source="ccxt 4.5.90 gate.py, ETH_USDT 5x with added margin",
        venue="gate",
        size=0.01,
        entry=1203.45,
        wallet=5.415925875,
        rate=0.005,
        price=665.69,
        tick=0.01,
    ),
    "gate-inverse": Recorded(
        source="ccxt 4.5.90 gate.py, liquidated BTC position of 600 USD",
        venue="gate",
        kind=INVERSE,
        size=600,
        entry=3536.123,
        wallet=0.006705256878,
        rate=0.005,
        price=3421.54,
        tick=0.5,
    ),
    "kucoin-eth-23x": Recorded(
        source="ccxt 4.5.90 kucoin.py, ETHUSDTM 2021-12-03; posMaint includes funding 0.0428 %",
        venue="kucoin",
        size=0.02,
        entry=4182.10,
        wallet=3.68897586,
        rate=0.005,
        price=4023.00,
        tick=0.05,
        bankruptcy=4000.25,
        year=2021,
        more=KUCOIN_OLD | {"leverage": 23.0},
        funding_rate=0.000428,
    ),
    "kucoin-eth-25x": Recorded(
        source="ccxt 4.5.90 kucoin.py, ETHUSDTM 2021-12-04",
        venue="kucoin",
        size=0.02,
        entry=4189.35,
        wallet=3.40376309,
        rate=0.005,
        price=4044.55,
        tick=0.05,
        bankruptcy=4021.75,
        year=2021,
        more=KUCOIN_OLD | {"leverage": 25.0},
        funding_rate=0.000428,
    ),
    "kucoin-short": Recorded(
        source="ccxt 4.5.90 kucoin.py, short of 10 at 1x with added margin, 2022-03-16",
        venue="kucoin",
        side=SHORT,
        size=10,
        entry=0.7658,
        wallet=8.6679509,
        rate=0.01,
        price=1.6239,
        tick=0.0001,
        bankruptcy=1.6317,
        year=2022,
        more=KUCOIN_OLD | {"leverage": 1.0},
        funding_rate=0.0001,
    ),
    "kucoin-cross": Recorded(
        source="ccxt 4.5.90 kucoin.py, XBTUSDTM cross, alone; wallet from its bankruptcy price",
        venue="kucoinfutures",
        mode=CROSS,
        size=0.001,
        entry=96976.8,
        wallet=0.001 * (96976.8 - 52110.87),
        rate=0.0040000133,
        price=52351.69,
        tick=0.01,
        bankruptcy=52110.87,
        more={"leverage": 20.0},
    ),
    "mexc-eth": Recorded(
        source="ccxt 4.5.90 mexc.py, ETH_USDT 100x; margin without the fee held with it",
        venue="mexc",
        size=0.01,
        entry=1217.3,
        wallet=0.12173,
        rate=0.005,
        price=1211.2,
        tick=0.05,
    ),
    "mexc-blog": Recorded(
        source="MEXC blog, liquidation in futures: 0.1 BTC at 50,000, 25x, 0.4 %",
        venue="mexc",
        size=0.1,
        entry=50_000,
        wallet=200,
        rate=0.004,
        price=48_200,
        tick=0.1,
    ),
    "phemex-isolated": Recorded(
        source="ccxt 4.5.90 phemex.py, BTCUSD 2x",
        venue="phemex",
        size=0.005,
        entry=4444.74,
        wallet=11.1118,
        rate=0.01,
        price=2266.9,
        tick=0.1,
        bankruptcy=2222.4,
    ),
    "phemex-cross": Recorded(
        source="ccxt 4.5.90 phemex.py, BTCUSDT cross",
        venue="phemex",
        mode=CROSS,
        size=0.01,
        entry=88753.1,
        wallet=439.96184445932,
        rate=0.005,
        price=45009,
        tick=0.1,
    ),
    "htx-linear": Recorded(
        source="ccxt 4.5.90 htx.py, BTC-USDT 2x, adjust factor 1.5 %, at its holding cost",
        venue="htx",
        size=0.001,
        entry=47151.3,
        wallet=24.96572007,
        rate=0.015 / 2,
        price=22353.229148614609,
        tick=1e-6,
    ),
    "blofin-cross": Recorded(
        source="ccxt 4.5.90 blofin.py, LTC-USDT; equity from marginRatio x (maintenance + fee)",
        venue="blofin",
        mode=CROSS,
        size=1,
        entry=68.16,
        wallet=152.523509620342499 * 0.34483156115 * (1 + 0.0006 / 0.005) - 0.80631223,
        rate=0.005,
        price=10.116655172370356,
        tick=1e-3,
    ),
    "bitmex-short": Recorded(
        source="recorded BitMEX stream of 2018-08-27, XBTUSD 25x; in whole satoshi per contract",
        venue="bitmex",
        kind=INVERSE,
        side=SHORT,
        size=500,
        entry=6725,
        wallet=0.00303200,
        rate=0.005,
        price=6968.5,
        tick=1.0,
        more={"leverage": 25.0, "taker_fee": 0.00075},
        bankruptcy=7004.5,
    ),
    "dydx-docs": Recorded(
        source="dYdX documentation, liquidations: 3 ETH short at 3,000, equity 1,000, 5 %",
        venue="dydx",
        side=SHORT,
        size=3,
        entry=3000,
        wallet=1000,
        rate=0.05,
        price=3174.603174603,
        tick=1e-6,
    ),
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_price_comes_out_to_one_tick_or_one_basis_point(name: str) -> None:
    recorded = RECORDED[name]
    contract = instrument(venue=recorded.venue, kind=recorded.kind, price_tick=recorded.tick)
    isolated = recorded.mode is ISOLATED
    held = position(
        recorded.side,
        recorded.size,
        recorded.entry,
        of=contract,
        mode=recorded.mode,
        margin=recorded.wallet if isolated else None,
        maintenance_margin_rate=recorded.rate,
        **recorded.more,
    )
    now_ms = instant(recorded.year, 6)
    readings = snapshot_of()
    if recorded.funding_rate is not None:
        readings = snapshot_of(funding(contract, recorded.funding_rate, age_ms=NOW - now_ms))
    wallet = Balance(venue=recorded.venue, coin=contract.settle, amount=recorded.wallet)
    risk = risk_of(held, readings, balances=[wallet], now_ms=now_ms)
    assert risk.liquidation_price == pytest.approx(recorded.price, rel=1e-4, abs=recorded.tick)
    if recorded.bankruptcy is not None:
        allowed = pytest.approx(recorded.bankruptcy, rel=1e-4, abs=recorded.tick)
        assert risk.bankruptcy_price == allowed


class TestKraken:
    """Kraken article 360022835671: 1,000 contracts at 8,000 on 0.01 BTC, maintenance 1 %."""

    def test_the_schedule_says_entry_value(self) -> None:
        contract = instrument(venue="krakenfutures", kind=INVERSE)
        held = position(LONG, 1_000, 8_000, of=contract, margin=0.01, maintenance_margin_rate=0.01)
        risk = risk_of(held)
        assert risk.liquidation_price == pytest.approx(7_476.64, abs=0.01)
        assert risk.bankruptcy_price == pytest.approx(7_407, abs=0.5)

    def test_the_example_that_says_mark_value_is_named_in_the_receipt(self) -> None:
        contract = instrument(venue="krakenfutures", kind=INVERSE)
        held = position(LONG, 1_000, 8_000, of=contract, margin=0.01, maintenance_margin_rate=0.01)
        receipt = risk_of(held).receipts["liquidation_price"]
        assert not receipt.confirmed
        assert any("7,481.48" in given.value for given in receipt.inputs)


class TestChoosingARule:
    def test_the_newest_rule_that_holds_on_the_date_is_taken(self) -> None:
        before = rule_for("bybit", LINEAR, ISOLATED, instant(2026, 5, 26))
        after = rule_for("bybit", LINEAR, ISOLATED, instant(2026, 5, 27))
        assert before.maintenance_on is MaintenanceBasis.ENTRY
        assert after.maintenance_on is MaintenanceBasis.MARK
        assert after.valid_from is not None
        assert after.valid_from_ms == instant(2026, 5, 27)

    def test_kucoin_changed_on_22_may_2025(self) -> None:
        before = rule_for("kucoin", LINEAR, ISOLATED, instant(2025, 5, 21))
        after = rule_for("kucoin", LINEAR, ISOLATED, instant(2025, 5, 22))
        assert before.maintenance_on is MaintenanceBasis.ENTRY
        assert before.next_funding
        assert after.maintenance_on is MaintenanceBasis.MARK
        assert after.close_fee is CloseFee.MARK

    def test_an_unknown_venue_gets_the_generic_rule_unconfirmed(self) -> None:
        rule = rule_for("nowhere", LINEAR, CROSS, NOW)
        assert rule is GENERIC
        assert not rule.confirmed
        assert rule.close_fee is CloseFee.NONE
        assert rule.maintenance_on is MaintenanceBasis.MARK

    @pytest.mark.parametrize(
        ("name", "kind", "expected"),
        [
            ("binance", LINEAR, "binanceusdm"),
            ("binance", INVERSE, "binancecoinm"),
            ("binance-usdm", LINEAR, "binanceusdm"),
            ("Binance COIN-M", INVERSE, "binancecoinm"),
            ("KuCoin", LINEAR, "kucoinfutures"),
            ("gateio", LINEAR, "gate"),
            ("Huobi", LINEAR, "htx"),
            ("kraken", LINEAR, "krakenfutures"),
            ("binanceus", LINEAR, "binanceus"),
            ("Some-Venue", LINEAR, "somevenue"),
        ],
    )
    def test_a_venue_is_found_under_its_usual_names(
        self, name: str, kind: ContractKind, expected: str
    ) -> None:
        assert venue_id(name, kind) == expected

    def test_every_promised_venue_has_a_rule_for_both_modes(self) -> None:
        both = ("bybit", "okx", "gate", "bitget", "kucoinfutures", "deribit", "krakenfutures")
        both = (*both, "phemex", "mexc", "htx", "delta", "blofin")
        for venue in (*both, "binanceusdm", "hyperliquid", "dydx", "edgex"):
            for mode in MarginMode:
                assert rule_for(venue, LINEAR, mode, NOW) is not GENERIC, (venue, mode)
        for venue in (*both, "binancecoinm", "bitmex"):
            for mode in MarginMode:
                assert rule_for(venue, INVERSE, mode, NOW) is not GENERIC, (venue, mode)


class TestRulesAsData:
    def test_each_rule_names_its_document_and_has_its_own_name(self) -> None:
        assert all(rule.document for rule in ALL_RULES)
        assert len({rule.name for rule in ALL_RULES}) == len(ALL_RULES)

    def test_a_rule_that_charges_a_close_fee_knows_a_taker_fee(self) -> None:
        for rule in ALL_RULES:
            if rule.close_fee is not CloseFee.NONE or rule.extra_margin_grossed:
                assert rule.taker_fee is not None, rule.name

    def test_no_two_rules_hold_for_the_same_thing_from_the_same_day(self) -> None:
        seen = set()
        for rule in ALL_RULES:
            for venue in rule.venues:
                for kind in rule.kinds:
                    for mode in rule.margin_modes:
                        at = (venue, kind, mode, rule.valid_from)
                        assert at not in seen, at
                        seen.add(at)

    def test_a_rule_starts_at_the_first_instant_of_its_day(self) -> None:
        always = VenueRule(name="a", venues=("v",), document="d")
        assert always.valid_from_ms is None
        assert always.margin_modes == BOTH_MODES
        assert always.holds(LINEAR, ISOLATED, 0)


class TestPriceAsShown:
    @pytest.mark.parametrize(
        ("side", "rounding", "tick", "shown"),
        [
            (LONG, TickRounding.EARLIER, 0.5, 5739.5),
            (SHORT, TickRounding.EARLIER, 0.5, 5739.0),
            (LONG, TickRounding.ONE_TICK_EARLIER, 0.01, 5739.09),
            (SHORT, TickRounding.ONE_TICK_EARLIER, 0.01, 5739.07),
            (LONG, TickRounding.UNROUNDED, None, 5739.08),
            (LONG, TickRounding.EARLIER, None, None),
            (LONG, TickRounding.UNKNOWN, 0.5, None),
        ],
    )
    def test_rounding(
        self, side: Side, rounding: TickRounding, tick: float | None, shown: float | None
    ) -> None:
        found = shown_price(5739.08, side, rounding, tick)
        assert found == (None if shown is None else pytest.approx(shown, abs=1e-9))

    def test_a_price_on_a_tick_stays_there(self) -> None:
        price = 3 * 0.1
        assert shown_price(price, LONG, TickRounding.EARLIER, 0.1) == pytest.approx(0.3)
        assert math.isclose(shown_price(4044.55, LONG, TickRounding.EARLIER, 0.05) or 0, 4044.55)
