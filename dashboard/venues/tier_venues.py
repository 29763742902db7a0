"""Venues that publish leverage tiers without a key, by id, for `liqline tiers fetch`.

KuCoin is asked for its tiers only; the window offers none of its markets, so it stands here and
not in the catalogue. The bounds of its linear contracts count notional in the settle currency. It
publishes no deduction, which stays 0, and how the rates are read is said by the venue's rule in
dashboard.risk.venue_rules.
"""

from __future__ import annotations

from dashboard.errors import InputError
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.entry import Budget, Entry, TierCall
from dashboard.venues.tier_columns import TierColumns, tier_parser

KUCOIN = Entry(
    venue="kucoinfutures",
    ccxt_id="kucoinfutures",
    hosts=("api-futures.kucoin.com",),
    options={"fetchMarkets": {"types": ["swap"], "fetchTickersFees": False}, "defaultType": "swap"},
    budgets={"public": Budget(2000, 30.0)},
    markets_charges={"public": 3},
    calls=(),
    series={},
    tiers=TierCall(
        name="/api/v1/contracts/risk-limit/{symbol}",
        method="futuresPublicGetContractsRiskLimitSymbol",
        charges={"public": 3},
        requests=lambda instruments: [
            {"symbol": instrument.market_id} for instrument in instruments
        ],
        parse=tier_parser(
            TierColumns(
                listed_under=("data",),
                cap="maxRiskLimit",
                rate="maintainMargin",
                leverage="maxLeverage",
            ),
            "KuCoin /api/v1/contracts/risk-limit/{symbol}",
        ),
    ),
)

TIER_VENUES: dict[str, Entry] = {
    entry.venue: entry for entry in (*CATALOGUE.values(), KUCOIN) if entry.tiers is not None
}


def find_tier_entry(venue: str) -> Entry:
    """How `venue` is asked for its tiers; raises InputError that lists the venues that answer."""
    entry = TIER_VENUES.get(venue)
    if entry is None:
        allowed = ", ".join(TIER_VENUES)
        raise InputError(
            "venue", f'venue "{venue}" gives no leverage tiers without a key; allowed are {allowed}'
        )
    return entry
