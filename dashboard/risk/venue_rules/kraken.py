"""Kraken Futures: maintenance on entry value, each bracket at its own rate."""

from __future__ import annotations

from dashboard.market.instrument import TierUnit
from dashboard.risk.venue_rules.rule import INVERSE_ONLY, LINEAR_ONLY, MaintenanceBasis, VenueRule

_CROSS_NETTING = (
    "Kraken charges the larger side of opposite positions in one underlying; here each stands "
    "for itself, which is never less."
)

RULES = (
    VenueRule(
        name="Kraken Futures inverse",
        venues=("krakenfutures",),
        kinds=INVERSE_ONLY,
        document="Kraken support 15579128794772 (margin schedule), 4844463246100 (equity)",
        maintenance_on=MaintenanceBasis.ENTRY,
        tier_unit=TierUnit.CONTRACTS,
        note=_CROSS_NETTING,
    ),
    VenueRule(
        name="Kraken Futures linear",
        venues=("krakenfutures",),
        kinds=LINEAR_ONLY,
        document="Kraken support 15579128794772 (margin schedule), 4844463246100 (equity)",
        maintenance_on=MaintenanceBasis.ENTRY,
        note=_CROSS_NETTING,
    ),
)
