"""Every shared liquidation and bankruptcy price, by name, through the front door.

vectors.json carries the figures with their sources: positions that venues reported, examples from
venues' documents, and other projects' tests. Agreement is to one basis point or the vector's own
tolerance, whichever is larger; a recorded price carries the venue's rounding to a tick.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.market.account import Balance, MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import ContractKind
from dashboard.risk.liquidation import Leg, bankruptcy_price
from dashboard.risk.report import LiquidationStatus, PositionRisk
from tests.risk.builders import NOW, instant, instrument, position, risk_of

Vector = dict[str, Any]
VECTORS: list[Vector] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))

VENUES = {"octobot-model(bybit old)": "bybit"}
BEFORE_2026 = {"linear_entry_mm", "inverse_entry_mm"}
"""Models of Bybit's rule before 2026; other venues' rules of that form still hold."""


def on_date(vector: Vector) -> int:
    """The day whose rule the vector was taken under."""
    old = venue_of(vector) == "bybit" and vector["model"] in BEFORE_2026
    return instant(2025) if old else NOW


def venue_of(vector: Vector) -> str:
    return VENUES.get(vector["venue"], vector["venue"])


def cross_wallet(vector: Vector) -> float:
    """What the wallet holds for this position: others' profit in it, their maintenance not."""
    others = vector.get("others_pnl", 0.0) - vector.get("others_maintenance", 0.0)
    if "account_value" not in vector:
        return float(vector["wallet"] + others)
    sign = 1 if vector["side"] == "long" else -1
    own = sign * vector["size"] * (vector["mark"] - vector["entry"])
    return float(vector["account_value"] - own + others)


def position_of(vector: Vector) -> Position:
    contract = instrument(venue=venue_of(vector), kind=ContractKind(vector["kind"]))
    isolated = vector["mode"] == "isolated"
    return position(
        Side.LONG if vector["side"] == "long" else Side.SHORT,
        vector["size"],
        vector["entry"],
        of=contract,
        mode=MarginMode(vector["mode"]),
        size_unit=SizeUnit(vector["unit"]),
        leverage=vector.get("leverage"),
        margin=vector["wallet"] if isolated else None,
        extra_margin=vector.get("extra_margin", 0.0),
        maintenance_margin_rate=vector.get("mmr", 0.005),
        maintenance_amount=vector.get("cum", 0.0),
        taker_fee=vector["fee"],
    )


def risk_of_vector(vector: Vector) -> PositionRisk:
    held = position_of(vector)
    settle = held.instrument.settle
    balance = Balance(venue=held.instrument.venue, coin=settle, amount=cross_wallet(vector))
    return risk_of(held, balances=[balance], now_ms=on_date(vector))


def agreed(vector: Vector) -> Any:
    expected = vector["expected"]
    return pytest.approx(expected, rel=1e-4, abs=vector["tolerance"])


def named(quantity: str) -> list[Any]:
    found = [vector for vector in VECTORS if vector["quantity"] == quantity]
    return [pytest.param(vector, id=vector["id"]) for vector in found]


@pytest.mark.parametrize("vector", named("liquidation_price"))
def test_liquidation_price(vector: Vector) -> None:
    risk = risk_of_vector(vector)
    if vector["expected"] is None:
        assert risk.liquidation_price is None
        assert risk.status is LiquidationStatus.NONE
    else:
        assert risk.liquidation_price == agreed(vector)


@pytest.mark.parametrize("vector", named("bankruptcy_price"))
def test_bankruptcy_price(vector: Vector) -> None:
    assert risk_of_vector(vector).bankruptcy_price == agreed(vector)


@pytest.mark.parametrize("vector", named("bankruptcy_quote_value"))
def test_bankruptcy_value_of_dydx(vector: Vector) -> None:
    """v4-chain counts the wallet as if the position had been entered at nothing."""
    side = Side.LONG if vector["side"] == "long" else Side.SHORT
    leg = Leg(kind=ContractKind.LINEAR, side=side, quantity=vector["size"], entry=vector["entry"])
    price = bankruptcy_price(vector["wallet"], (leg,))
    assert price is not None
    assert side * vector["size"] * price == agreed(vector)


def test_no_vector_is_left_out() -> None:
    quantities = {"liquidation_price", "bankruptcy_price", "bankruptcy_quote_value"}
    assert len(VECTORS) == 48
    assert {vector["quantity"] for vector in VECTORS} == quantities
