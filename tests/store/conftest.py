"""Positions and contracts that the tests of the stores share."""

from __future__ import annotations

import pytest

from dashboard.market.account import MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import ContractKind, Instrument


@pytest.fixture
def bitcoin() -> Instrument:
    return Instrument(
        venue="binanceusdm",
        symbol="BTC/USDT:USDT",
        market_id="BTCUSDT",
        base="BTC",
        quote="USDT",
        settle="USDT",
        kind=ContractKind.LINEAR,
        price_tick=0.1,
        amount_step=0.001,
    )


@pytest.fixture
def long_bitcoin(bitcoin: Instrument) -> Position:
    return Position(
        id="one",
        instrument=bitcoin,
        side=Side.LONG,
        size=0.5,
        size_unit=SizeUnit.BASE,
        entry_price=64_200.0,
        margin_mode=MarginMode.ISOLATED,
        leverage=10.0,
        stop_price=62_000.0,
        take_profit_price=68_000.0,
        note="through the <b>night</b>",
        opened_ms=1_722_772_800_000,
    )
