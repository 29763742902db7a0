"""Kraken Futures: maintenance on entry value, each bracket at its own rate."""

from __future__ import annotations

from dashboard.market.instrument import TierUnit
from dashboard.risk.venue_rules.rule import INVERSE_ONLY, LINEAR_ONLY, MaintenanceBasis, VenueRule

_CROSS_NETTING = (
    "Kraken charges the larger side of opposite positions in one underlying; here each stands "
    "for itself, which is never less."
)
_EXAMPLE = (
    "An example in Kraken's article 360022835671 (1,000 contracts at 8,000, margin 0.01 BTC: "
    "7,481) agrees with maintenance on mark value (7,481.48) instead; on entry value, as the "
    "margin schedule says, it is 7,476.64."
)

RULES = (
    VenueRule(
        name="Kraken Futures inverse",
        venues=("krakenfutures",),
        kinds=INVERSE_ONLY,
        document="Kraken support 15579128794772 (margin schedule), 4844463246100 (equity)",
        maintenance_on=MaintenanceBasis.ENTRY,
        taker_fee=0.0005,
        tier_unit=TierUnit.CONTRACTS,
        note=f"{_CROSS_NETTING} {_EXAMPLE}",
    ),
    VenueRule(
        name="Kraken Futures linear",
        venues=("krakenfutures",),
        kinds=LINEAR_ONLY,
        document="Kraken support 15579128794772 (margin schedule), 4844463246100 (equity)",
        maintenance_on=MaintenanceBasis.ENTRY,
        taker_fee=0.0005,
        note=_CROSS_NETTING,
    ),
)
