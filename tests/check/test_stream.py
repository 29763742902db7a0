"""`liqline check --json`: the answers, figure by figure, and what overrides what."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.check.answer import FIGURES
from dashboard.check.request import KNOWN_FIELDS
from dashboard.check.stream import answer_lines
from dashboard.market.account import Book, MarginMode, Position, Side, SizeUnit
from dashboard.market.readings import MarkPrice
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.tradeline.symbol import instrument_named
from tests.check.lines import BUNDLED, CROSS, LONG, NOW_MS, answer, answers

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "risk" / "vectors.json").read_text("utf-8")
)
FIELDS = [
    FIGURES[0], "liquidation_status", *FIGURES[1:], "stop", "warnings", "receipt",
]  # fmt: skip
WITH_MARK = {**LONG, "mark_price": 63_000}
FUNDED = {**WITH_MARK, "funding_rate": 0.0001, "funding_interval_hours": 8}


class TestFigures:
    """0.5 BTC long at 64,200, 10x isolated on Binance (tier 1: 0.4 %), mark 63,000."""

    def test_every_field_is_there_in_order(self) -> None:
        assert list(answer(FUNDED)) == FIELDS
        assert set(FIELDS) - set(FIGURES) == {"liquidation_status", "stop", "warnings", "receipt"}

    def test_all_figures(self) -> None:
        said = answer({**FUNDED, "taker_fee": 0.0005, "stop_price": 62_000})
        liquidation = (3_210 - 32_100) / (0.5 * (0.004 - 1))
        expected = {
            "liquidation_price": liquidation,
            "bankruptcy_price": 57_780,
            "notional": 31_500,
            "initial_margin": 3_210,
            "maintenance_margin": 126,
            "maintenance_margin_rate": 0.004,
            "margin_ratio": 126 / 2_610,
            "unrealised_pnl": -600,
            "roi": -600 / 3_210,
            "distance": 63_000 - liquidation,
            "distance_fraction": 1 - liquidation / 63_000,
            "effective_leverage": 31_500 / 2_610,
            "funding_per_interval": 3.15,
            "funding_per_day": 9.45,
            "funding_fraction_of_margin_per_day": 9.45 / 2_610,
            "funding_apr": 0.1095,
            "hours_to_liquidation_by_funding": (2_610 - 126) / 3.15 * 8,
            "break_even_price": 64_200 * 1.0005 / 0.9995,
        }
        assert {name: said[name] for name in FIGURES} == pytest.approx(expected, rel=1e-12)
        assert said["liquidation_status"] == "ok"
        assert said["stop"] == {
            "price": 62_000,
            "before_liquidation": True,
            "buffer_fraction": pytest.approx((62_000 - liquidation) / 64_200),
        }

    def test_a_short_receives_what_a_long_pays(self) -> None:
        said = answer({**FUNDED, "side": "short"})
        assert said["funding_per_interval"] == pytest.approx(-3.15)
        assert said["funding_apr"] == pytest.approx(-0.1095)
        assert said["hours_to_liquidation_by_funding"] is None
        assert any("funding is received, not paid" in warning for warning in said["warnings"])

    def test_what_was_not_given_is_null_with_its_reason(self) -> None:
        said = answer(LONG)
        assert said["liquidation_price"] == pytest.approx(58_012.048, abs=1e-3)
        assert said["notional"] is None
        assert said["funding_per_interval"] is None
        assert any(
            "notional" in text and text.endswith("null, because no mark_price was given")
            for text in said["warnings"]
        )
        no_interval = answer({**WITH_MARK, "funding_rate": 0.0001})
        assert no_interval["funding_per_interval"] == pytest.approx(3.15)
        assert no_interval["funding_per_day"] is None

    def test_a_crossed_liquidation_price_is_breached(self) -> None:
        said = answer({**LONG, "mark_price": 58_000})
        assert said["liquidation_status"] == "breached"
        assert said["distance"] is None

    def test_a_short_that_its_coin_covers_has_none(self) -> None:
        said = answer(
            {**LONG, "venue": "binancecoinm", "side": "short", "size": 30_000, "leverage": 1,
             "size_unit": "quote", "maintenance_margin_rate": 0.004, "mark_price": 64_200,
             "stop_price": 70_000}
        )  # fmt: skip
        assert (said["liquidation_price"], said["liquidation_status"]) == (None, "none")
        assert said["stop"]["before_liquidation"] is True
        assert said["receipt"]["rule"] == "Binance COIN-M"

    def test_without_rate_or_tiers_it_is_unknown(self) -> None:
        said = answer({**LONG, "venue": "bybit", "symbol": "nosuchcoin"})
        assert (said["liquidation_price"], said["liquidation_status"]) == (None, "unknown")
        assert any("no margin tiers of NOSUCHCOIN" in text for text in said["warnings"])

    def test_a_receipt_of_what_is_known_stands_in_where_there_is_no_price(self) -> None:
        covered = {**LONG, "venue": "binancecoinm", "side": "short", "leverage": 1,
                   "maintenance_margin_rate": 0.004, "mark_price": 64_200}  # fmt: skip
        assert answer(covered)["receipt"]["figure"] == "maintenance_margin"
        unrated = {"venue": "bybit", "symbol": "nosuchcoin"}
        assert answer({**LONG, **unrated})["receipt"]["figure"] == "initial_margin"
        assert answer({**CROSS, **unrated})["receipt"] is None

    def test_the_receipt_names_rule_tier_date_and_band(self) -> None:
        receipt = answer(WITH_MARK)["receipt"]
        assert receipt["figure"] == "liquidation_price"
        assert receipt["rule"] == "Binance USD-M"
        assert "b3c689c1f50a44cabb3a84e663b81d93" in receipt["document"]
        assert receipt["confirmed"] is True
        assert receipt["tier_number"] == 1
        assert receipt["tier"] == {
            "floor": 0, "cap": 300_000, "mmr": 0.004, "cum": 0, "max_leverage": 150
        }  # fmt: skip
        assert receipt["tiers_date"] == "2026-09-29"
        assert receipt["band"] is None
        later = answer({**WITH_MARK, "rule_date": "2026-12-31"})["receipt"]
        assert later["band"][0] < later["band"][1]

    def test_a_venue_without_a_rule_is_answered_by_the_generic_one_unconfirmed(self) -> None:
        said = answer({**LONG, "venue": "nowhere", "maintenance_margin_rate": 0.004})
        assert said["liquidation_price"] == pytest.approx(58_012.048, abs=1e-3)
        assert said["receipt"]["rule"] == "Generic"
        assert said["receipt"]["confirmed"] is False

    def test_the_window_and_the_command_give_the_same_numbers(self) -> None:
        contract = instrument_named("btc", "binanceusdm")
        held = Position(
            id="1", instrument=contract, side=Side.LONG, size=0.5, size_unit=SizeUnit.BASE,
            entry_price=64_200.0, margin_mode=MarginMode.ISOLATED, leverage=10.0,
        )  # fmt: skip
        snapshot = Snapshot()
        mark = MarkPrice(
            venue=contract.venue, symbol=contract.symbol, endpoint="premiumIndex",
            venue_ms=NOW_MS, received_ms=NOW_MS, mark=63_000.0,
        )  # fmt: skip
        snapshot.merge([mark])
        (risk,) = assess(Book(positions=(held,)), snapshot, BUNDLED, NOW_MS).positions
        said = answer(WITH_MARK)
        assert {name: said[name] for name in FIGURES} == {
            name: getattr(risk, name) for name in FIGURES
        }


class TestOverrides:
    def price(self, **changes: Any) -> float:
        said = answer({**LONG, **changes})
        assert "error" not in said
        return float(said["liquidation_price"])

    def test_a_given_rate_comes_before_the_tier_table(self) -> None:
        assert self.price(maintenance_margin_rate=0.01) == pytest.approx(57_780 / 0.99)

    def test_its_deduction_counts(self) -> None:
        price = self.price(maintenance_margin_rate=0.01, maintenance_amount=100)
        assert price == pytest.approx((57_780 - 200) / 0.99)

    def test_given_tiers_come_before_the_bundled_ones(self) -> None:
        tiers = [{"floor": 0, "cap": 20_000, "mmr": 0.01}, {"floor": 20_000, "mmr": 0.02}]
        price = self.price(tiers=tiers)
        assert price == pytest.approx((57_780 - 2 * 200) / 0.98)
        assert answer({**LONG, "tiers": tiers})["receipt"]["tiers_date"] is None

    def test_given_deductions_come_before_derived_ones(self) -> None:
        rows = [{"floor": 0, "cap": 2e4, "mmr": 0.01, "cum": 0},
                {"floor": 2e4, "cap": None, "mmr": 0.02, "cum": 150}]  # fmt: skip
        assert self.price(tiers=rows) == pytest.approx((57_780 - 2 * 150) / 0.98)

    def test_a_venue_with_one_rate_for_the_whole_position_has_no_deduction(self) -> None:
        tiers = [{"floor": 0, "cap": 10, "mmr": 0.01}, {"floor": 10, "mmr": 0.02}]
        said = answer(
            {**LONG, "venue": "okx", "contract_size": 0.01, "tiers": tiers, "taker_fee": 0}
        )
        assert said["liquidation_price"] == pytest.approx(57_780 / 0.98)
        assert said["receipt"]["tier_number"] == 2

    def test_the_rate_comes_before_the_tiers_and_a_warning_says_so(self) -> None:
        said = answer(
            {**LONG, "maintenance_margin_rate": 0.01, "tiers": [{"floor": 0, "mmr": 0.02}]}
        )
        assert said["liquidation_price"] == pytest.approx(57_780 / 0.99)
        assert "tiers are not used: maintenance_margin_rate was given" in said["warnings"]

    def test_the_margin_wins_over_the_leverage_and_a_warning_says_so(self) -> None:
        said = answer({**LONG, "margin": 3_000})
        assert said["liquidation_price"] == pytest.approx((64_200 - 6_000) / 0.996)
        assert any("the margin entered, 3,000, counts" in text for text in said["warnings"])
        alone = answer(
            {name: v for name, v in LONG.items() if name != "leverage"} | {"margin": 3e3}
        )
        assert alone["liquidation_price"] == pytest.approx(said["liquidation_price"])

    def test_extra_margin_moves_the_price_away(self) -> None:
        assert self.price(extra_margin=500) == pytest.approx((57_780 - 1_000) / 0.996)

    def test_the_rule_of_a_date(self) -> None:
        bybit = {**LONG, "venue": "bybit", "maintenance_margin_rate": 0.005}
        old = answer({**bybit, "rule_date": "2025-01-01"})
        new = answer({**bybit, "rule_date": "2026-06-01"})
        assert old["liquidation_price"] == pytest.approx(57_780 + 321)
        assert new["liquidation_price"] == pytest.approx(57_780 / 0.995)
        assert old["receipt"]["rule"] != new["receipt"]["rule"]

    @pytest.mark.parametrize(
        ("unit", "size", "more"),
        [
            ("base", 0.5, {}),
            ("quote", 32_100, {}),
            ("contracts", 500, {"contract_size": 0.001}),
        ],
    )
    def test_sizes_in_any_unit(self, unit: str, size: float, more: dict[str, Any]) -> None:
        assert self.price(size_unit=unit, size=size, **more) == pytest.approx(57_780 / 0.996)

    @pytest.mark.parametrize("symbol", ["btc", "BTCUSDT", "BTC/USDT:USDT", "BTC-USDT-SWAP"])
    def test_symbols_in_any_form(self, symbol: str) -> None:
        assert answer({**LONG, "symbol": symbol})["receipt"]["tiers_date"] == "2026-09-29"

    def test_a_contract_without_a_name_needs_only_its_kind(self) -> None:
        unnamed = {k: v for k, v in LONG.items() if k != "symbol"} | {
            "maintenance_margin_rate": 0.004
        }
        linear = answer({**unnamed, "kind": "linear"})
        assert linear["liquidation_price"] == pytest.approx(57_780 / 0.996)
        inverse = answer(
            {**unnamed, "kind": "inverse", "size": 60_000, "size_unit": "quote", "venue": "binance"}
        )
        coins = 60_000 / 64_200
        assert inverse["liquidation_price"] == pytest.approx(60_000 * 1.004 / (coins * 1.1))

    def test_imported_tables_are_used_where_the_line_gives_none(self) -> None:
        own = answer({**LONG, "symbol": "eth", "entry_price": 3_000})
        assert own["receipt"]["tier"]["mmr"] == pytest.approx(0.004)


class TestCross:
    """Binance FAQ b3c689c1: 2 BTC long at 60,000, 1 short at 59,000, wallet 20,000: 41,497.98."""

    HEDGE: ClassVar[dict[str, Any]] = {
        **CROSS, "entry_price": 60_000, "size": 2, "wallet_balance": 20_000,
        "maintenance_margin_rate": 0.004, "mark_price": 60_000,
    }  # fmt: skip
    SHORT: ClassVar[dict[str, Any]] = {
        "symbol": "btc", "side": "short", "entry_price": 59_000, "size": 1, "size_unit": "base",
        "maintenance_margin_rate": 0.004,
    }  # fmt: skip

    def test_both_legs_of_a_hedge_share_the_price(self) -> None:
        said = answer({**self.HEDGE, "other_positions": [self.SHORT]})
        assert said["liquidation_price"] == pytest.approx(41_497.98, abs=0.005)

    def test_a_hedge_needs_no_mark_of_the_same_contract(self) -> None:
        unpriced = {k: v for k, v in self.HEDGE.items() if k != "mark_price"}
        said = answer({**unpriced, "other_positions": [self.SHORT]})
        assert said["liquidation_price"] == pytest.approx(41_497.98, abs=0.005)

    def test_other_positions_and_their_sums_say_the_same(self) -> None:
        # Binance FAQ b3c689c1: ETH 1,153.26 beside a BTC long.
        eth = {
            **CROSS, "symbol": "eth", "entry_price": 1_456.84, "size": 3_683.979,
            "wallet_balance": 1_535_443.01, "maintenance_margin_rate": 0.1,
            "maintenance_amount": 135_365, "mark_price": 1_335.18,
        }  # fmt: skip
        btc = {
            "symbol": "btc", "side": "long", "entry_price": 32_481.98, "size": 109.488,
            "size_unit": "base", "mark_price": 31_967.27, "maintenance_margin_rate": 0.025,
            "maintenance_amount": 16_300,
        }  # fmt: skip
        pnl, held = 109.488 * (31_967.27 - 32_481.98), 109.488 * 31_967.27 * 0.025 - 16_300
        listed = answer({**eth, "other_positions": [btc]})
        summed = answer({**eth, "other_unrealised_pnl": pnl, "other_maintenance": held})
        assert listed["liquidation_price"] == pytest.approx(1_153.26, abs=0.005)
        for name in FIGURES:
            wanted = listed[name]
            assert summed[name] == (wanted and pytest.approx(wanted, rel=1e-9)), name

    def test_sums_alone_count_each(self) -> None:
        base = answer({**CROSS, "mark_price": 63_000})
        richer = answer({**CROSS, "mark_price": 63_000, "other_unrealised_pnl": 500})
        charged = answer({**CROSS, "mark_price": 63_000, "other_maintenance": 500})
        assert richer["liquidation_price"] == pytest.approx(
            base["liquidation_price"] - 500 / (0.5 * 0.996)
        )
        assert charged["liquidation_price"] == pytest.approx(
            base["liquidation_price"] + 500 / (0.5 * 0.996)
        )
        assert charged["margin_ratio"] == pytest.approx((126 + 500) / (5_000 - 600))

    def test_sums_count_under_a_rule_on_entry_value_too(self) -> None:
        kraken = {
            **CROSS, "venue": "krakenfutures", "symbol": "PI_XBTUSD", "size": 30_000,
            "size_unit": "quote", "wallet_balance": 0.5, "maintenance_margin_rate": 0.01,
            "mark_price": 63_000, "contract_size": 1,
        }  # fmt: skip
        plain = answer(kraken)
        summed = answer({**kraken, "other_unrealised_pnl": -0.1, "other_maintenance": 0.05})
        fewer = answer({**kraken, "wallet_balance": 0.35})
        assert summed["liquidation_price"] == pytest.approx(fewer["liquidation_price"], rel=1e-9)
        assert summed["margin_ratio"] > plain["margin_ratio"]

    def test_an_unnamed_other_position_is_another_contract(self) -> None:
        other = {k: v for k, v in self.SHORT.items() if k != "symbol"}
        other |= {"kind": "linear", "mark_price": 59_000}
        said = answer({**self.HEDGE, "other_positions": [other]})
        alone = answer({**self.HEDGE, "other_maintenance": 59_000 * 0.004})
        assert said["liquidation_price"] == pytest.approx(alone["liquidation_price"])
        unnamed = {k: v for k, v in self.HEDGE.items() if k != "symbol"} | {"kind": "linear"}
        named = answer({**unnamed, "other_positions": [{**self.SHORT, "mark_price": 59_000}]})
        assert named["liquidation_price"] == pytest.approx(alone["liquidation_price"])


class TestStream:
    def test_each_line_is_answered_in_order_and_faults_name_their_line(self) -> None:
        said = answers(LONG, "", "{", {**LONG, "size": -1}, {**LONG, "side": "short"})
        assert [line.get("line") for line in said] == [None, 3, 4, None]
        assert "not JSON" in said[1]["error"]
        assert said[2]["error"] == "size must be above 0, not -1"
        assert said[3]["liquidation_price"] > 64_200

    @pytest.mark.parametrize(("lines", "understood"), [([LONG], True), ([LONG, {}], False)])
    def test_it_says_whether_every_line_was_understood(
        self, lines: list[dict[str, Any]], understood: bool
    ) -> None:
        texts = [json.dumps(line).encode() for line in lines]
        assert answer_lines(texts, io.BytesIO(), BUNDLED, NOW_MS) is understood

    def test_an_answer_is_written_before_the_next_line_is_read(self) -> None:
        out = io.BytesIO()
        seen: list[int] = []

        def lines() -> Any:
            for _ in range(3):
                seen.append(out.getvalue().count(b"\n"))
                yield json.dumps(LONG).encode()

        answer_lines(lines(), out, BUNDLED, NOW_MS)
        assert seen == [0, 1, 2]

    def test_names_that_mean_nothing_are_said(self) -> None:
        said = answer({**LONG, "stop": 1, "zzz": None})
        assert said["warnings"][:2] == [
            "stop is no field of a position and is not used",
            "zzz is no field of a position and is not used",
        ]


def _named_vectors() -> list[Any]:
    wanted = {"liquidation_price", "bankruptcy_price"}
    return [pytest.param(v, id=v["id"]) for v in VECTORS if v["quantity"] in wanted]


@pytest.mark.parametrize("vector", _named_vectors())
def test_published_and_reported_prices_come_out_of_the_command(vector: dict[str, Any]) -> None:
    """The figures of tests/risk/vectors.json, each with its source there, as JSON Lines."""
    cross = vector["mode"] == "cross"
    old_rule = "octobot" in vector["venue"] or "entry_mm" in vector["model"]
    line = {
        "venue": "bybit" if "octobot" in vector["venue"] else vector["venue"],
        "kind": vector["kind"],
        "side": vector["side"],
        "entry_price": vector["entry"],
        "size": vector["size"],
        "size_unit": vector["unit"],
        "leverage": vector.get("leverage"),
        "margin_mode": vector["mode"],
        "wallet_balance" if cross else "margin": vector["wallet"],
        "extra_margin": vector.get("extra_margin"),
        "maintenance_margin_rate": vector.get("mmr", 0.005),
        "maintenance_amount": vector.get("cum"),
        "taker_fee": vector["fee"],
        "other_unrealised_pnl": vector.get("others_pnl") if cross else None,
        "other_maintenance": vector.get("others_maintenance") if cross else None,
        "rule_date": "2025-01-01" if old_rule and "bybit" in vector["venue"] else None,
    }
    if "account_value" in vector:
        sign = 1 if vector["side"] == "long" else -1
        own = sign * vector["size"] * (vector["mark"] - vector["entry"])
        line["wallet_balance"] = vector["account_value"] - own
    said = answer(line)
    if vector["expected"] is None:
        assert said["liquidation_status"] == "none"
    else:
        expected = pytest.approx(vector["expected"], rel=1e-4, abs=vector["tolerance"])
        assert said[vector["quantity"]] == expected


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.floats(), max_size=2),
    st.sampled_from(["long", "inverse", "cross", "okx", "2025-01-01", "quote", "contracts"]),
    st.just([{"floor": 0, "mmr": 0.01}]),
    st.just([{"side": "long", "entry_price": 1, "size": 1, "size_unit": "base"}]),
)


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(sorted(KNOWN_FIELDS)), anything, max_size=6))
def test_any_values_in_any_fields_are_answered_or_refused_in_words(
    changes: dict[str, Any],
) -> None:
    for base in (LONG, CROSS):
        line = json.dumps({**base, "mark_price": 63_000, **changes})
        said = answer(line)
        if "error" in said:
            assert said["line"] == 1
            assert said["error"].isprintable()
        else:
            assert list(said) == FIELDS


@given(
    st.sampled_from(
        sorted({v["venue"] for v in VECTORS} | {"deribit", "krakenfutures", "nowhere"})
    ),
    st.sampled_from(["linear", "inverse"]),
    st.sampled_from(["isolated", "cross"]),
    st.lists(st.floats(1e-18, 1e18), min_size=6, max_size=6),
)
def test_the_largest_and_smallest_numbers_break_nothing(
    venue: str, kind: str, mode: str, numbers: list[float]
) -> None:
    entry, size, leverage, mark, wallet, hours = numbers
    said = answer(
        {"venue": venue, "kind": kind, "side": "long", "entry_price": entry, "size": size,
         "size_unit": "base", "leverage": leverage, "margin_mode": mode, "mark_price": mark,
         "wallet_balance": wallet, "maintenance_margin_rate": 0.01, "funding_rate": 0.01,
         "funding_interval_hours": hours, "stop_price": entry}
    )  # fmt: skip
    assert list(said) == FIELDS
