"""Contracts of one coin over venues: by coin, multiple and kind, one a venue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.market.instrument import ContractKind, Instrument
from dashboard.market.same_coin import coin_of, contracts_of_coin, is_same_price


def contract(venue: str, base: str, quote: str = "USDT", multiplier: float = 1.0) -> Instrument:
    return Instrument(
        venue=venue,
        symbol=f"{base}/{quote}:{quote}",
        market_id=f"{base}{quote}",
        base=base,
        quote=quote,
        settle=quote,
        kind=ContractKind.LINEAR,
        multiplier=multiplier,
    )


@pytest.mark.parametrize(
    ("base", "multiplier", "coin"),
    [
        ("PEPE", 1.0, "PEPE"),
        ("1000PEPE", 1e3, "PEPE"),
        ("kPEPE", 1e3, "PEPE"),
        ("1MBABYDOGE", 1e6, "BABYDOGE"),
        ("SHIB1000", 1e3, "SHIB"),
        ("TUSD", 1.0, "TUSD"),
        ("1INCH", 1.0, "1INCH"),
    ],
)
def test_multiple_is_taken_off_a_coin(base: str, multiplier: float, coin: str) -> None:
    assert coin_of(contract("okx", base, multiplier=multiplier)) == coin


def test_other_venues_give_one_contract_each_of_the_same_coin_and_kind() -> None:
    mine = contract("binanceusdm", "1000PEPE", multiplier=1e3)
    wanted = [
        mine,
        contract("okx", "PEPE"),
        contract("hyperliquid", "kPEPE", "USDC", multiplier=1e3),
        contract("bybit", "1000PEPE", multiplier=1e3),
    ]
    others = [
        contract("binanceusdm", "1000PEPE", "USDC", multiplier=1e3),
        contract("bybit", "1000PEPE", "USDC", multiplier=1e3),
        replace(contract("gate", "PEPE"), active=False),
        replace(contract("okx", "PEPE", "USD"), kind=ContractKind.INVERSE),
        contract("okx", "T"),
    ]
    found = contracts_of_coin(mine, [*others, *wanted])
    assert set(found.values()) == set(wanted)
    assert next(iter(found)) == "binanceusdm"


def test_prices_agree_under_one_percent() -> None:
    assert is_same_price(100.9, 100.0)
    assert is_same_price(99.1, 100.0)
    assert not is_same_price(101.1, 100.0)
