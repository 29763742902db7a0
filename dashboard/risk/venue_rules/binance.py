"""Binance USD-M and COIN-M futures."""

from __future__ import annotations

from dashboard.risk.venue_rules.rule import (
    INVERSE_ONLY,
    LINEAR_ONLY,
    TickRounding,
    VenueRule,
)

RULES = (
    VenueRule(
        name="Binance USD-M",
        venues=("binanceusdm",),
        kinds=LINEAR_ONLY,
        document="Binance FAQ b3c689c1f50a44cabb3a84e663b81d93 (liquidation price, USD-M)",
        taker_fee=0.0005,
        tick_rounding=TickRounding.UNROUNDED,
        confirmed_by="reported positions in Binance's API documents and in recorded accounts "
        "(5930.78 and 7189.95 hedged BTC, 0.19059204 DOGE, 64846.79 BTC cross)",
        note="In hedge mode on cross margin both legs share one liquidation price.",
    ),
    VenueRule(
        name="Binance COIN-M",
        venues=("binancecoinm",),
        kinds=INVERSE_ONLY,
        document="Binance FAQ ceccfcfb4e3a45e3b48b0b1bb1a8ae46 (liquidation price, COIN-M)",
        taker_fee=0.0005,
        tick_rounding=TickRounding.UNROUNDED,
        confirmed_by="a reported BTCUSD_PERP position (25119.97445760)",
    ),
)
