"""OKX: taker fee in the equation, one rate for the whole position, tiers keyed by contracts."""

from __future__ import annotations

from dashboard.market.instrument import TierUnit
from dashboard.risk.venue_rules.rule import Brackets, CloseFee, TickRounding, VenueRule

RULES = (
    VenueRule(
        name="OKX",
        venues=("okx",),
        document="OKX help: isolated margin mode, tiered maintenance margin ratio",
        close_fee=CloseFee.MARK,
        taker_fee=0.0005,
        brackets=Brackets.WHOLE,
        tier_unit=TierUnit.CONTRACTS,
        tick_rounding=TickRounding.UNROUNDED,
        confirmed_by="reported positions: BTC-USDT-SWAP cross 12608.959083877446, an inverse "
        "cross 89.11497615, ETH-USD isolated 2352.8497 (one tick above the equation)",
        note="OKX shows isolated inverse longs one price tick earlier than the equation.",
    ),
)
