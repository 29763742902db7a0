"""KuCoin Futures: on entry value with the next funding until 22 May 2025, then on mark value."""

from __future__ import annotations

from datetime import date

from dashboard.risk.venue_rules.rule import (
    CROSS_ONLY,
    ISOLATED_ONLY,
    Brackets,
    CloseFee,
    MaintenanceBasis,
    TickRounding,
    VenueRule,
)

RULES = (
    VenueRule(
        name="KuCoin isolated, maintenance on entry value",
        venues=("kucoinfutures",),
        margin_modes=ISOLATED_ONLY,
        document="KuCoin announcement 05/20/2025 (isolated margin before 22 May 2025)",
        maintenance_on=MaintenanceBasis.ENTRY,
        close_fee=CloseFee.ENTRY_AND_MARGIN,
        taker_fee=0.0006,
        brackets=Brackets.WHOLE,
        margin_holds_fee=True,
        next_funding=True,
        tick_rounding=TickRounding.EARLIER,
        confirmed_by="reported positions (4023.00, 4044.55, 1.6239)",
        note="Maintenance includes the fee at bankruptcy and the next funding payment; the margin "
        "that KuCoin shows includes that fee.",
    ),
    VenueRule(
        name="KuCoin isolated, maintenance on mark value",
        venues=("kucoinfutures",),
        margin_modes=ISOLATED_ONLY,
        valid_from=date(2025, 5, 22),
        document="KuCoin announcement 05/20/2025 (isolated margin since 22 May 2025)",
        close_fee=CloseFee.MARK,
        taker_fee=0.0006,
        brackets=Brackets.WHOLE,
        tick_rounding=TickRounding.EARLIER,
        note="KuCoin publishes a rate per risk level and no deduction: the level's rate is taken "
        "for the whole position, which liquidates no later.",
    ),
    VenueRule(
        name="KuCoin cross",
        venues=("kucoinfutures",),
        margin_modes=CROSS_ONLY,
        document="KuCoin support 35084431335065 (cross margin)",
        close_fee=CloseFee.MARK,
        taker_fee=0.0006,
        confirmed_by="a reported XBTUSDTM position alone in its account (52351.69)",
        note="With several positions KuCoin shows each a share of the margin by mark value; "
        "its liquidation rule is the account's risk rate of 100 %, which is what stands here.",
    ),
)
