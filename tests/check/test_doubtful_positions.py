"""Positions that stand on nothing, are past saving, or can only be lost on the other side."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from tests.check.lines import CROSS, LONG, answer

OWN_RATE: dict[str, Any] = {"entry_price": 60_000, "size": 1, "maintenance_margin_rate": 0.004}
ALONE = {**CROSS, **OWN_RATE, "wallet_balance": 1_000}
OPPOSITE: dict[str, Any] = {**OWN_RATE, "symbol": "btc", "side": "short", "size_unit": "base"}
BEYOND = "the entry price lies beyond the liquidation price"


class TestHedgeOfEqualLegs:
    """1 BTC against 1 BTC on 1,000 USDT is lost above only: 2 x 0.4 % x 125,000 = 1,000."""

    @pytest.mark.parametrize("mark", [None, 60_000, 100_000])
    @pytest.mark.parametrize("side", ["long", "short"])
    def test_either_leg_says_the_price_that_liquidates_both(
        self, side: str, mark: float | None
    ) -> None:
        other = {**OPPOSITE, "side": "short" if side == "long" else "long"}
        said = answer({**ALONE, "side": side, "mark_price": mark, "other_positions": [other]})
        assert said["liquidation_status"] == "ok"
        assert said["liquidation_price"] == pytest.approx(125_000)


class TestEmptyWallet:
    @pytest.mark.parametrize("balance", [0, -5])
    def test_a_position_alone_on_it_is_refused(self, balance: float) -> None:
        said = answer({**ALONE, "wallet_balance": balance})
        assert said["error"].startswith("wallet_balance must be above 0 where no other position")
        assert said["error"].endswith(f"not {balance}")

    def test_profit_of_others_may_stand_on_it(self) -> None:
        said = answer({**ALONE, "wallet_balance": -500, "other_unrealised_pnl": 6_500})
        assert said["liquidation_price"] == pytest.approx(54_000 / 0.996)

    def test_so_may_other_positions(self) -> None:
        winner = {**OPPOSITE, "symbol": "eth", "entry_price": 9_000, "mark_price": 3_000}
        said = answer({**ALONE, "wallet_balance": 0, "other_positions": [winner]})
        assert said["liquidation_price"] == pytest.approx((54_000 + 12) / 0.996)


class TestEntryBeyondLiquidation:
    """100x on a maintenance rate of 2 %: no venue would open it."""

    LOST: ClassVar[dict[str, Any]] = {
        **LONG, **OWN_RATE, "leverage": 100, "maintenance_margin_rate": 0.02
    }  # fmt: skip

    @pytest.mark.parametrize(("side", "price"), [("long", 60_612.245), ("short", 59_411.765)])
    def test_it_is_said_where_no_mark_is_known(self, side: str, price: float) -> None:
        said = answer({**self.LOST, "side": side})
        assert said["liquidation_price"] == pytest.approx(price, abs=0.001)
        assert any(text.startswith(BEYOND) for text in said["warnings"])

    def test_a_mark_says_it_better(self) -> None:
        said = answer({**self.LOST, "mark_price": 60_000})
        assert said["liquidation_status"] == "breached"
        assert not any(text.startswith(BEYOND) for text in said["warnings"])

    def test_a_sound_position_is_not_doubted(self) -> None:
        assert not any(text.startswith(BEYOND) for text in answer(LONG)["warnings"])


@pytest.mark.parametrize(("day", "said"), [("2026-09-28", True), ("2026-09-30", False)])
def test_tiers_from_after_the_day_asked_about_are_pointed_out(day: str, said: bool) -> None:
    warnings = answer({**LONG, "rule_date": day})["warnings"]
    assert ("the margin tiers were published 24 h after the day asked about" in warnings) is said


def test_an_empty_venue_is_a_missing_one() -> None:
    assert answer({**LONG, "venue": ""})["error"].startswith("venue is missing")


def test_a_contract_without_a_name_is_called_the_contract() -> None:
    said = answer({**LONG, "symbol": None, "kind": "linear", "venue": "bybit"})
    assert "no margin tiers of the contract at bybit are known" in said["warnings"][0]
