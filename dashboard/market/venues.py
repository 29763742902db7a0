"""The venues by id, named here because their catalogue is for the feed's process only."""

from __future__ import annotations

WATCHED_VENUES = (
    "binanceusdm",
    "binancecoinm",
    "bybit",
    "okx",
    "hyperliquid",
    "gate",
    "bitget",
)
"""Those that are asked unless the trader sets others."""
BASIC_VENUES = ("deribit", "krakenfutures", "kucoinfutures", "htx", "mexc", "bingx")
"""Those of which only prices, funding and the like are asked, through ccxt's unified calls."""
VENUES = WATCHED_VENUES + BASIC_VENUES
"""All that can be asked."""
