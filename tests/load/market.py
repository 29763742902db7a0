"""A recording for load only: recorded series of one market under many names on many venues.

It says nothing about any of those markets and never leaves the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dashboard.replay.recording import RecordedMarket, Recording, load_recording
from tests.replay.made_up import listing_of

CONTRACTS = 21
SOURCE = ("crash-2024-08", "binanceusdm", "BTCUSDT")


def coin(number: int) -> str:
    """The name that stands in for BTC."""
    return f"LOAD{number:02d}"


def load_market(venues: Sequence[str], contracts: int = CONTRACTS) -> Recording:
    """So many contracts on each of `venues`, all with the figures of one recorded market."""
    name, venue, market_id = SOURCE
    recording = load_recording(name)
    figures = recording.market(venue, market_id)
    assert figures is not None
    markets = [
        _renamed(figures, venue, number) for venue in venues for number in range(1, contracts + 1)
    ]
    return replace(recording, name="load", venues=tuple(venues), markets=tuple(markets))


def _renamed(figures: RecordedMarket, venue: str, number: int) -> RecordedMarket:
    market_id, symbol, listing = listing_of(venue)
    return replace(
        figures,
        venue=venue,
        market_id=_named(market_id, coin(number)),
        symbol=_named(symbol, coin(number)),
        listing=_named(listing, coin(number)),
        funding_interval_hours=1 if venue == "hyperliquid" else 8,
    )


def _named(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return value.replace("BTC", name)
    if isinstance(value, dict):
        return {key: _named(item, name) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, name) for item in value]
    return value
