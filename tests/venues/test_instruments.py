"""ccxt's markets become our instruments: perpetual, linear, with their multipliers."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.market.instrument import ContractKind
from dashboard.venues.answers import Facts
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.instruments import instruments_from, multiplier_of

MARKET: dict[str, Any] = {
    "id": "BTC-USDT-SWAP",
    "symbol": "BTC/USDT:USDT",
    "base": "BTC",
    "quote": "USDT",
    "settle": "USDT",
    "swap": True,
    "linear": True,
    "contractSize": 0.01,
    "active": True,
    "precision": {"price": 0.1, "amount": 0.01},
    "info": {},
}


@pytest.mark.parametrize(
    ("name", "multiplier"),
    [
        ("BTC", 1.0),
        ("1000PEPE", 1000.0),
        ("1000000MOG", 1e6),
        ("1MBABYDOGE", 1e6),
        ("SHIB1000", 1000.0),
        ("kPEPE", 1000.0),
        ("KAVA", 1.0),
        ("1INCH", 1.0),
        ("TUSD", 1.0),
        ("T", 1.0),
        ("1000X", 1000.0),
        ("100", 1.0),
    ],
)
def test_bundles_of_coins_are_read_from_the_name(name: str, multiplier: float) -> None:
    assert multiplier_of(name) == multiplier


def test_a_linear_swap_keeps_the_venues_figures() -> None:
    (found,) = instruments_from(CATALOGUE["okx"], [MARKET], Facts())
    assert (found.market_id, found.symbol, found.kind) == (
        "BTC-USDT-SWAP",
        "BTC/USDT:USDT",
        ContractKind.LINEAR,
    )
    assert (found.contract_size, found.price_tick, found.amount_step) == (0.01, 0.1, 0.01)


@pytest.mark.parametrize(
    "change",
    [
        {"swap": False},
        {"linear": False},
        {"contractSize": None},
        {"settle": None},
        {"base": ""},
        {"symbol": "BTC\u202e/TDSU:TDSU"},
        {"base": "B\u200bTC"},
        {"symbol": "B" * 65},
    ],
)
def test_what_is_no_usable_linear_swap_is_left_out(change: dict[str, Any]) -> None:
    assert instruments_from(CATALOGUE["okx"], [MARKET | change], Facts()) == []


def test_a_delisted_contract_is_kept_and_marked() -> None:
    (found,) = instruments_from(CATALOGUE["okx"], [MARKET | {"active": False}], Facts())
    assert not found.active


def test_what_the_venue_does_not_say_stays_unknown() -> None:
    (found,) = instruments_from(CATALOGUE["okx"], [MARKET | {"precision": None}], Facts())
    assert (found.price_tick, found.amount_step) == (None, None)


def test_hyperliquid_contracts_go_by_the_name_of_the_coin() -> None:
    market = MARKET | {"id": "5", "base": "KPEPE", "baseName": "kPEPE"}
    (found,) = instruments_from(CATALOGUE["hyperliquid"], [market], Facts())
    assert (found.market_id, found.multiplier) == ("kPEPE", 1000.0)


def test_bybits_listing_tells_the_funding_interval() -> None:
    facts = Facts()
    instruments_from(CATALOGUE["bybit"], [MARKET | {"info": {"fundingInterval": 240}}], facts)
    assert facts.interval_hours == {"BTC-USDT-SWAP": 4.0}
