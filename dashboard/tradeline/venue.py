"""Venues as people write them: okx, binance, hl."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.market.venues import VENUES

_OTHER_NAMES = {
    "binance": "binanceusdm",
    "bin": "binanceusdm",
    "coinm": "binancecoinm",
    "binance-coinm": "binancecoinm",
    "bb": "bybit",
    "okex": "okx",
    "hl": "hyperliquid",
    "hyper": "hyperliquid",
    "kucoin": "kucoinfutures",
    "kraken": "krakenfutures",
}


def venue_named(word: str, venues: Sequence[str] = VENUES) -> str | None:
    """The venue of `venues` that `word` names in full or by its short name, else None."""
    lower = word.lower()
    meant = _OTHER_NAMES.get(lower, lower)
    return meant if meant in venues else None
