"""Positions whose margin is worth exactly their entry value: nothing but rounding is left over.

In floating point margin and entry value may miss each other by a few last digits. A price made of
that difference would lie beyond all reason; there is none.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.check.lines import answer

prices = st.integers(1, 10_000_000).map(lambda cents: cents / 100)
contracts = st.integers(1, 500_000)
venues = st.sampled_from(["binancecoinm", "okx", "bybit", "gate", "htx", "bitget", "another"])
COVERED: dict[str, Any] = {
    "leverage": 1,
    "margin_mode": "isolated",
    "maintenance_margin_rate": 0.004,
}


@given(venues, prices, contracts)
def test_an_inverse_short_at_1x_is_never_liquidated(venue: str, entry: float, size: int) -> None:
    said = answer(
        {
            **COVERED,
            "venue": venue,
            "kind": "inverse",
            "side": "short",
            "entry_price": entry,
            "size": size,
            "size_unit": "contracts",
            "contract_size": 10,
            "taker_fee": 0,
        }
    )
    assert said["liquidation_status"] == "none"
    assert said["liquidation_price"] is None
    assert said["bankruptcy_price"] is None


@given(prices, contracts)
def test_a_linear_long_at_1x_is_never_liquidated(entry: float, size: int) -> None:
    said = answer(
        {
            **COVERED,
            "venue": "binanceusdm",
            "kind": "linear",
            "side": "long",
            "entry_price": entry,
            "size": size,
            "size_unit": "contracts",
            "contract_size": 0.001,
        }
    )
    assert said["liquidation_status"] == "none"
    assert said["liquidation_price"] is None
    assert said["bankruptcy_price"] is None
