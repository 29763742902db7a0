"""Bitget: maintenance and taker fee on mark value."""

from __future__ import annotations

from dashboard.risk.venue_rules.rule import CloseFee, TickRounding, VenueRule

RULES = (
    VenueRule(
        name="Bitget",
        venues=("bitget",),
        document="Bitget support 12560603808759 (estimated liquidation price)",
        close_fee=CloseFee.MARK,
        taker_fee=0.0006,
        tick_rounding=TickRounding.UNROUNDED,
        confirmed_by="a reported isolated BTCUSDT position (24144.1124161807)",
    ),
)
