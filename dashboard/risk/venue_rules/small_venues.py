"""Venues whose rule is one line: dYdX, Phemex, MEXC, HTX, Delta, edgeX, BloFin, BitMEX."""

from __future__ import annotations

from dashboard.risk.venue_rules.rule import (
    CROSS_ONLY,
    INVERSE_ONLY,
    ISOLATED_ONLY,
    LINEAR_ONLY,
    CloseFee,
    MaintenanceBasis,
    TickRounding,
    TriggerPrice,
    VenueRule,
)

RULES = (
    VenueRule(
        name="dYdX v4",
        venues=("dydx",),
        kinds=LINEAR_ONLY,
        document="dYdX documentation, liquidations; v4-chain liquidations_test.go",
        taker_fee=0.0005,
        trigger=TriggerPrice.ORACLE,
        note="Liquidation triggers on the oracle price and charges up to 1.5 % of value.",
    ),
    VenueRule(
        name="Phemex isolated",
        venues=("phemex",),
        margin_modes=ISOLATED_ONLY,
        document="Phemex help, liquidation price (isolated)",
        maintenance_on=MaintenanceBasis.ENTRY,
        taker_fee=0.0006,
        tick_rounding=TickRounding.EARLIER,
        confirmed_by="a reported ETHUSD position (2266.90, bankruptcy 2222.40)",
        note="Phemex's page on USDT-margined contracts charges maintenance and the close fee on "
        "mark value and sets the fee aside; that differs by a few basis points.",
    ),
    VenueRule(
        name="Phemex cross",
        venues=("phemex",),
        margin_modes=CROSS_ONLY,
        document="Phemex help, liquidation price (cross)",
        close_fee=CloseFee.MARK,
        taker_fee=0.0006,
        bankruptcy_fee=True,
        confirmed_by="a reported BTCUSDT position (45009, bankruptcy 44783.79)",
    ),
    VenueRule(
        name="MEXC",
        venues=("mexc",),
        document="MEXC blog, liquidation in futures",
        maintenance_on=MaintenanceBasis.ENTRY,
        taker_fee=0.0006,
        confirmed_by="a reported isolated ETH_USDT position (1211.2)",
        note="Newer MEXC pages add a liquidation fee to the maintenance margin.",
    ),
    VenueRule(
        name="HTX",
        venues=("htx",),
        document="HTX API: margin rate less adjust factor; maintenance rate is adjust factor / "
        "leverage",
        tick_rounding=TickRounding.UNROUNDED,
        confirmed_by="reported positions: XRP-USD 0.271625200493799547, "
        "BTC-USDT 22353.229148614609571788",
        note="HTX works with an adjust factor; enter adjust factor / leverage as the rate.",
    ),
    VenueRule(
        name="Delta Exchange",
        venues=("delta",),
        document="Delta Exchange API, position fields",
        maintenance_on=MaintenanceBasis.ENTRY,
        confirmed_by="reported BTCUSDT positions (25083.754)",
    ),
    VenueRule(
        name="edgeX",
        venues=("edgex",),
        kinds=LINEAR_ONLY,
        document="edgeX documentation, liquidation",
    ),
    VenueRule(
        name="BloFin",
        venues=("blofin",),
        document="BloFin help, liquidation price",
        close_fee=CloseFee.MARK,
        taker_fee=0.0006,
        tick_rounding=TickRounding.UNROUNDED,
        confirmed_by="a reported LTC-USDT cross position (10.116655172370356435)",
    ),
    VenueRule(
        name="BitMEX inverse",
        venues=("bitmex",),
        kinds=INVERSE_ONLY,
        document="bitmex.com/app/liquidation",
        maintenance_on=MaintenanceBasis.ENTRY,
        close_fee=CloseFee.ENTRY_AND_MARGIN,
        taker_fee=0.00075,
        margin_holds_fee=True,
        contract_value_step=1e-8,
        tick_rounding=TickRounding.EARLIER,
        confirmed_by="a recorded XBTUSD position (6968.5, bankruptcy 7004.5)",
        note="BitMEX rounds in whole satoshi; expect agreement to one tick.",
    ),
)
