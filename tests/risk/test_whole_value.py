"""BitMEX values a contract in whole satoshi, which shows in the bankruptcy price."""

from __future__ import annotations

import pytest

from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind
from dashboard.risk.venue_rules.rule import whole_value_price
from tests.risk.builders import instrument, position, risk_of

LONG, SHORT = Side.LONG, Side.SHORT
SATOSHI = 1e-8


def test_a_short_is_lost_at_the_whole_value_above() -> None:
    assert whole_value_price(7_005.2, SHORT, 1.0, SATOSHI) == pytest.approx(1e8 / 14_276)


def test_a_long_is_lost_at_the_whole_value_below() -> None:
    assert whole_value_price(7_005.2, LONG, 1.0, SATOSHI) == pytest.approx(1e8 / 14_275)


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_whole_value_stays(side: Side) -> None:
    assert whole_value_price(1e8 / 14_276, side, 1.0, SATOSHI) == pytest.approx(1e8 / 14_276)


def test_a_contract_worth_less_than_a_step_keeps_its_price() -> None:
    assert whole_value_price(3e8, LONG, 1.0, SATOSHI) == 3e8
    assert whole_value_price(3e8, SHORT, 1.0, SATOSHI) == 1e8


def test_the_recorded_bankruptcy_price_is_met_and_its_receipt_says_how() -> None:
    """Short 500 XBTUSD at 6,725 on 0.003032 XBT, August 2018: 7004.5 to its tick of 0.5."""
    contract = instrument(venue="bitmex", kind=ContractKind.INVERSE)
    risk = risk_of(
        position(
            SHORT, 500, 6_725, of=contract, margin=0.003032, leverage=25,
            maintenance_margin_rate=0.005, taker_fee=0.00075,
        )
    )  # fmt: skip
    assert risk.bankruptcy_price == pytest.approx(7_004.5, abs=0.5)
    assert "in whole 1e-08 of the coin" in risk.receipts["bankruptcy_price"].formula
