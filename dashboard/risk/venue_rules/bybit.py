"""Bybit: maintenance on entry value at first, on mark value since the help page of May 2026."""

from __future__ import annotations

from datetime import date

from dashboard.risk.venue_rules.rule import (
    CROSS_ONLY,
    INVERSE_ONLY,
    ISOLATED_ONLY,
    LINEAR_ONLY,
    CloseFee,
    FundingSource,
    MaintenanceBasis,
    TickRounding,
    VenueRule,
)

_SINCE_2026 = date(2026, 5, 27)
_FREE_BALANCE_FIRST = (
    "Funding is taken from the available balance first and moves the liquidation price only "
    "when that is used up. The fee to close that Bybit's position balance holds is no margin here."
)

RULES = (
    VenueRule(
        name="Bybit isolated, maintenance on entry value",
        venues=("bybit",),
        margin_modes=ISOLATED_ONLY,
        document="Bybit help centre, liquidation price (USDT contract, inverse contract)",
        maintenance_on=MaintenanceBasis.ENTRY,
        taker_fee=0.00055,
        tick_rounding=TickRounding.EARLIER,
        funding_source=FundingSource.FREE_BALANCE,
        confirmed_by="reported positions until May 2025 (919.10 ETH, 0.017554)",
        note=_FREE_BALANCE_FIRST,
    ),
    VenueRule(
        name="Bybit isolated, maintenance on mark value",
        venues=("bybit",),
        margin_modes=ISOLATED_ONLY,
        valid_from=_SINCE_2026,
        document="Bybit help centre, liquidation price under isolated margin (2026-05-27)",
        taker_fee=0.00055,
        extra_margin_grossed=True,
        tick_rounding=TickRounding.EARLIER,
        funding_source=FundingSource.FREE_BALANCE,
        note=_FREE_BALANCE_FIRST,
    ),
    VenueRule(
        name="Bybit inverse cross, standard account",
        venues=("bybit",),
        kinds=INVERSE_ONLY,
        margin_modes=CROSS_ONLY,
        document="Bybit help centre 360039261334 (liquidation price under cross margin, inverse)",
        maintenance_on=MaintenanceBasis.ENTRY,
        close_fee=CloseFee.BANKRUPTCY,
        taker_fee=0.00055,
        bankruptcy_fee=True,
        tick_rounding=TickRounding.EARLIER,
        note="In a unified account liquidation starts when the account's maintenance margin rate "
        "reaches 100 %; the price per position is then an estimate.",
    ),
    VenueRule(
        name="Bybit linear cross, unified account",
        venues=("bybit",),
        kinds=LINEAR_ONLY,
        margin_modes=CROSS_ONLY,
        document="Bybit v5 API, position list; help centre, maintenance margin in a UTA",
        close_fee=CloseFee.MARK,
        taker_fee=0.00055,
        note="Liquidation starts when the account's maintenance margin rate reaches 100 %; "
        "the price per position is an estimate with the other prices standing still.",
    ),
)
