"""Deribit standard margin: the maintenance rate grows with the size of the position."""

from __future__ import annotations

from dashboard.risk.venue_rules.rule import (
    INVERSE_ONLY,
    LINEAR_ONLY,
    RateGrowth,
    VenueRule,
)

_LINEAR_GROWTH = {
    "BTC": RateGrowth(base=0.01, per_unit=0.00005),
    "SOL": RateGrowth(base=0.02, per_unit=0.000005),
}

RULES = (
    VenueRule(
        name="Deribit linear, standard margin",
        venues=("deribit",),
        kinds=LINEAR_ONLY,
        document="Deribit support 25944738177565 (linear perpetual, standard margin)",
        rate_growth=_LINEAR_GROWTH,
        note="The margin examples of the document agree; no liquidation price was published.",
    ),
    VenueRule(
        name="Deribit inverse, standard margin",
        venues=("deribit",),
        kinds=INVERSE_ONLY,
        document="Deribit support 25944826427293 (margin changes of 11 January 2022)",
        rate_growth={
            "BTC": RateGrowth(base=0.01, per_unit=0.00005),
            "ETH": RateGrowth(base=0.01, per_unit=0.000004),
        },
    ),
)
