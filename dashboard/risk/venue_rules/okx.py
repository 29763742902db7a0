"""OKX: taker fee in the equation, one rate for the whole position, tiers keyed by contracts."""

from __future__ import annotations

from functools import partial

from dashboard.market.instrument import TierUnit
from dashboard.risk.venue_rules.rule import (
    CROSS_ONLY,
    INVERSE_ONLY,
    ISOLATED_ONLY,
    LINEAR_ONLY,
    Brackets,
    CloseFee,
    TickRounding,
    VenueRule,
)

_okx = partial(
    VenueRule,
    venues=("okx",),
    document="OKX help: isolated margin mode, tiered maintenance margin ratio",
    close_fee=CloseFee.MARK,
    taker_fee=0.0005,
    brackets=Brackets.WHOLE,
    tier_unit=TierUnit.CONTRACTS,
)

RULES = (
    _okx(
        name="OKX cross",
        margin_modes=CROSS_ONLY,
        tick_rounding=TickRounding.UNROUNDED,
        confirmed_by="reported longs: BTC-USDT-SWAP 12608.959083877446, an inverse one 89.11497615",
    ),
    _okx(
        name="OKX isolated inverse",
        kinds=INVERSE_ONLY,
        margin_modes=ISOLATED_ONLY,
        tick_rounding=TickRounding.ONE_TICK_EARLIER,
        confirmed_by="reported longs: ETH-USD 2352.8497 and 69536.6125, one tick above",
        note="OKX shows isolated inverse longs one price tick earlier than the equation.",
    ),
    _okx(
        name="OKX isolated linear",
        kinds=LINEAR_ONLY,
        margin_modes=ISOLATED_ONLY,
    ),
)
