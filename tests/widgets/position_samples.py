"""Positions and made-up risk figures, for tests that only need something to show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dashboard.market.account import Book, MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import MarginTier
from dashboard.risk.report import (
    LiquidationStatus,
    PositionRisk,
    Receipt,
    ReceiptInput,
    RiskReport,
    StopCheck,
)
from tests.widgets import market_samples
from widgets.update import Update

LONG = Position(
    id="long",
    instrument=market_samples.INSTRUMENTS[0],
    side=Side.LONG,
    size=0.5,
    size_unit=SizeUnit.BASE,
    entry_price=60_880.1,
    margin_mode=MarginMode.ISOLATED,
    leverage=10.0,
    stop_price=58_000.0,
)

RECEIPT = Receipt(
    figure="liquidation_price",
    rule="Binance USD-M, isolated",
    rule_valid_from="2020-09-01",
    document="https://www.binance.com/en/support/faq/liquidation",
    confirmed=True,
    formula="(margin + deduction - size x entry) / (size x (rate - 1))",
    worked="(3044.01 + 0 - 30440.05) / (0.5 x (0.004 - 1)) = 55012.1",
    inputs=(ReceiptInput(name="mark price", value="61234.5", source="premiumIndex", age_ms=3_000),),
    tier=MarginTier(floor=0.0, cap=300_000.0, mmr=0.004, max_leverage=150.0),
    tier_number=1,
    tiers_source="Binance leverage tiers",
    tiers_as_of_ms=market_samples.NOW_MS,
    band=(54_900.0, 55_100.0),
)


def risk(position: Position = LONG, **figures: Any) -> PositionRisk:
    """A position a tenth away from liquidation, with the figures given instead."""
    usual: dict[str, Any] = {
        "status": LiquidationStatus.OK,
        "quantity": 0.5,
        "mark_price": 61_234.5,
        "notional": 30_617.25,
        "unrealised_pnl": 177.2,
        "roi": 0.0582,
        "initial_margin": 3_044.01,
        "maintenance_margin": 122.47,
        "margin_ratio": 0.038,
        "liquidation_price": 55_012.1,
        "distance_fraction": 0.1016,
        "distance_money": 3_111.2,
        "effective_leverage": 9.5,
        "funding_per_interval": 3.06,
        "funding_per_day": 9.18,
        "funding_fraction_of_margin_per_interval": 0.001,
        "funding_fraction_of_margin_per_day": 0.003,
        "hours_to_liquidation_by_funding": 300.0,
        "stop": StopCheck(price=58_000.0, before_liquidation=True, buffer_fraction=0.049),
        "receipts": {"liquidation_price": RECEIPT},
    }
    return PositionRisk(position=position, currency="USDT", **{**usual, **figures})


def named(name: str, **changes: Any) -> Position:
    """The long position under another id, changed."""
    return replace(LONG, id=name, **changes)


def update(*risks: PositionRisk, **changes: Any) -> Update:
    """An update whose report holds `risks`."""
    book = Book(positions=tuple(one.position for one in risks))
    report = RiskReport(now_ms=market_samples.NOW_MS, positions=risks)
    return market_samples.update(market_samples.BTC, **{"book": book, "report": report, **changes})
