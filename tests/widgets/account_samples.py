"""A book on two venues, cross and isolated, and its update, for the account's tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dashboard.market.account import Balance, Book, MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import InstrumentKey, TierTables
from dashboard.risk.assess import assess
from dashboard.signals.standing import Floats
from dashboard.store.tiers import load_tiers
from tests.widgets import market_samples
from widgets.update import Update

MARKS = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0}
VENUES = ("binanceusdm", "bybit", "okx")


def position(
    coin: str, side: Side, size: float, *, venue: str = "binanceusdm", cross: bool = True
) -> Position:
    """A position at today's mark with a flat maintenance rate."""
    contract = next(
        one for one in market_samples.INSTRUMENTS if (one.venue, one.base) == (venue, coin)
    )
    return Position(
        id=f"{coin} {side.name} {venue}",
        instrument=contract,
        side=side,
        size=size,
        size_unit=SizeUnit.BASE,
        entry_price=MARKS[coin],
        margin_mode=MarginMode.CROSS if cross else MarginMode.ISOLATED,
        leverage=10.0,
        maintenance_margin_rate=0.005,
    )


POSITIONS = (
    position("BTC", Side.LONG, 1.0),
    position("ETH", Side.LONG, 10.0),
    position("BTC", Side.SHORT, 1.0, venue="bybit", cross=False),
    position("SOL", Side.LONG, 100.0, venue="okx", cross=False),
)
BALANCES = (Balance(venue="binanceusdm", coin="USDT", amount=20_000.0),)


def update(
    *positions: Position,
    balances: tuple[Balance, ...] = BALANCES,
    fall: float = 0.0,
    tiers: TierTables | None = None,
    **more: Any,
) -> Update:
    """What the window shows of a book, with all prices `fall` lower."""
    snapshot = market_samples.snapshot()
    for held in positions:
        key: InstrumentKey = held.instrument.key
        mark = MARKS[held.instrument.base] * (1.0 - fall)
        snapshot.merge(market_samples.readings(key, mark=mark))
    book = Book(positions=positions, balances=balances)
    report = assess(book, snapshot, tiers or TierTables({}), market_samples.NOW_MS)
    return market_samples.update(snapshot=snapshot, book=book, report=report, **more)


def worked_account() -> Update:
    """The worked account of the specification's margin page, at its prices."""
    held = (
        replace(position("BTC", Side.LONG, 20.0), entry_price=61_000.0),
        replace(position("ETH", Side.LONG, 300.0), entry_price=2_950.0),
        replace(position("SOL", Side.SHORT, 2_000.0), entry_price=160.0),
    )
    tiered = tuple(replace(one, maintenance_margin_rate=None) for one in held)
    wallet = Balance(venue="binanceusdm", coin="USDT", amount=300_000.0)
    return update(*tiered, balances=(wallet,), tiers=load_tiers(None))


def worked_closes(coin: str) -> Floats:
    """Hours in which Ether goes 1.25 and Solana 1.5 times as far as Bitcoin."""
    return hours_of({"BTC": 1.0, "ETH": 1.25, "SOL": 1.5}.get(coin))


def closes(coin: str) -> Floats:
    """Three hundred hours in which Ether goes 1.2 and Solana 1.6 times as far as Bitcoin."""
    return hours_of({"BTC": 1.0, "ETH": 1.2, "SOL": 1.6}.get(coin))


def hours_of(beta: float | None) -> Floats:
    """Hourly closes that move `beta` times as far as Bitcoin's; none without."""
    if beta is None:
        return np.empty((0, 2))
    steps = np.random.default_rng(3).normal(0.0, 0.01, 300)
    prices = 100.0 * np.exp(np.cumsum(beta * steps))
    return np.column_stack([np.arange(300) * 3_600_000.0, prices])
