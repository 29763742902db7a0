"""Venues that publish leverage tiers without a key, by id, for `liqline tiers fetch`.

Bitget and KuCoin are asked for their tiers only; the window offers none of their markets, so
they stand here and not in the catalogue. The bounds of their linear contracts count notional in
the settle currency. Neither publishes a deduction; it stays 0, and how the rates are read is said
by the venue's rule in dashboard.risk.venue_rules.
"""

from __future__ import annotations

from dashboard.errors import InputError
from dashboard.market.instrument import Instrument
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.entry import Budget, Entry, Params, TierCall
from dashboard.venues.tier_columns import TierColumns, tier_parser


def _bitget_contract(instrument: Instrument) -> Params:
    return {"productType": f"{instrument.settle}-FUTURES", "symbol": instrument.market_id}


BITGET = Entry(
    venue="bitget",
    ccxt_id="bitget",
    hosts=("api.bitget.com",),
    options={"fetchMarkets": {"types": ["swap"]}, "defaultType": "swap"},
    budgets={"contracts": Budget(20, 1.0), "tiers": Budget(10, 1.0)},
    markets_charges={"contracts": 1},
    markets_requests=6,  # ccxt asks every product type
    calls=(),
    series={},
    tiers=TierCall(
        name="/api/v2/mix/market/query-position-lever",
        method="publicMixGetV2MixMarketQueryPositionLever",
        charges={"tiers": 1},
        requests=lambda instruments: [_bitget_contract(instrument) for instrument in instruments],
        parse=tier_parser(
            TierColumns(
                listed_under=("data",), cap="endUnit", rate="keepMarginRate", leverage="leverage"
            ),
            "Bitget /api/v2/mix/market/query-position-lever",
        ),
    ),
)

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
    entry.venue: entry for entry in (*CATALOGUE.values(), BITGET, KUCOIN) if entry.tiers is not None
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
