"""What a first start watches before the trader chose anything."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.market.instrument import InstrumentKey

_EVERYWHERE = ("BTC", "ETH", "SOL")
_AT_THE_FIRST = (
    "XRP",
    "DOGE",
    "BNB",
    "ADA",
    "AVAX",
    "LINK",
    "LTC",
    "SUI",
    "TRX",
    "DOT",
    "BCH",
    "NEAR",
    "APT",
    "ARB",
    "OP",
    "UNI",
    "AAVE",
    "FIL",
)
_USUAL_QUOTE = {"hyperliquid": "USDC"}


def preset_watchlist(venues: Sequence[str]) -> list[InstrumentKey]:
    """The three largest coins at every venue, to compare them, and 18 more at the first."""
    largest = [_key(venue, base) for base in _EVERYWHERE for venue in venues]
    return largest + [_key(venues[0], base) for base in _AT_THE_FIRST]


def _key(venue: str, base: str) -> InstrumentKey:
    quote = _USUAL_QUOTE.get(venue, "USDT")
    return InstrumentKey(venue, f"{base}/{quote}:{quote}")
