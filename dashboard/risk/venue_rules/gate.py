"""Gate: maintenance and taker fee on mark value."""

from __future__ import annotations

from dashboard.risk.venue_rules.rule import CloseFee, VenueRule

RULES = (
    VenueRule(
        name="Gate",
        venues=("gate",),
        document="Gate help 27724 (liquidation price)",
        close_fee=CloseFee.MARK,
        taker_fee=0.00075,
        confirmed_by="a reported ETH_USDT position (665.69) and liquidation (3421.54, inverse)",
    ),
)
