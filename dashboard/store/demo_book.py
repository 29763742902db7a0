"""Three example positions for the recorded crash of August 2024, in a book of their own.

Entry prices are the mark prices that Binance published at 2024-08-04 12:00 UTC, as the bundled
recording `crash-2024-08` has them (sources beside it): BTCUSDT 60880.1, ETHUSDT 2912.86710606.
"""

from __future__ import annotations

from dashboard.market.account import MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import ContractKind, Instrument
from dashboard.store.book import BookStore

DEMO_RECORDING = "crash-2024-08"
"""The recording that the examples belong to."""

OPENED_MS = 1_722_772_800_000
_NOTE = "EXAMPLE"
_SEEDED = "examples were put in"

_BITCOIN = Instrument(
    venue="binanceusdm",
    symbol="BTC/USDT:USDT",
    market_id="BTCUSDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    kind=ContractKind.LINEAR,
    price_tick=0.1,
    amount_step=0.001,
)
_ETHER = Instrument(
    venue="binanceusdm",
    symbol="ETH/USDT:USDT",
    market_id="ETHUSDT",
    base="ETH",
    quote="USDT",
    settle="USDT",
    kind=ContractKind.LINEAR,
    price_tick=0.01,
    amount_step=0.001,
)

EXAMPLES = (
    # The crash takes this one, and its stop lies where it can no longer help.
    Position(
        id="example-1",
        instrument=_BITCOIN,
        side=Side.LONG,
        size=0.5,
        size_unit=SizeUnit.BASE,
        entry_price=60_880.1,
        margin_mode=MarginMode.ISOLATED,
        leverage=10.0,
        stop_price=54_500.0,
        take_profit_price=66_000.0,
        note=_NOTE,
        example=True,
        opened_ms=OPENED_MS,
    ),
    # The same fall, survived on less leverage.
    Position(
        id="example-2",
        instrument=_ETHER,
        side=Side.LONG,
        size=10.0,
        size_unit=SizeUnit.BASE,
        entry_price=2_912.86710606,
        margin_mode=MarginMode.ISOLATED,
        leverage=3.0,
        stop_price=2_100.0,
        note=_NOTE,
        example=True,
        opened_ms=OPENED_MS,
    ),
    # The one that gains, and is paid funding for it.
    Position(
        id="example-3",
        instrument=_BITCOIN,
        side=Side.SHORT,
        size=15_000.0,
        size_unit=SizeUnit.QUOTE,
        entry_price=60_880.1,
        margin_mode=MarginMode.ISOLATED,
        leverage=5.0,
        stop_price=64_000.0,
        take_profit_price=52_000.0,
        note=_NOTE,
        example=True,
        opened_ms=OPENED_MS,
    ),
)


def seed_demo_book(store: BookStore) -> bool:
    """Put the examples into an empty book that never had them; says whether it did.

    What the trader deletes stays deleted. Raises StoreError where the book cannot be written.
    """
    if store.state(_SEEDED) is not None or store.load().positions:
        return False
    with store.one_edit("put the examples in"):
        for position in EXAMPLES:
            store.add_position(position)
    store.set_state(_SEEDED, "yes")
    store.forget_edits()
    return True
