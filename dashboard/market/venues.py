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
VENUES = WATCHED_VENUES
"""All that can be asked."""
