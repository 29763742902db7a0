"""Hyperliquid: maintenance rate 1 / (2 x maximum leverage), with a deduction per tier."""

from __future__ import annotations

from dashboard.risk.venue_rules.rule import LINEAR_ONLY, TickRounding, VenueRule

RULES = (
    VenueRule(
        name="Hyperliquid",
        venues=("hyperliquid",),
        kinds=LINEAR_ONLY,
        document="Hyperliquid docs: liquidations, margin tiers",
        taker_fee=0.00045,
        tick_rounding=TickRounding.UNROUNDED,
        confirmed_by="46 reported or documented positions, isolated and cross "
        "(freqtrade and hyperliquid-python-sdk test data)",
        note="Above 100,000 USDC a fifth of the position is closed first.",
    ),
)
