"""Binance's contract ids as unified symbols, without asking Binance."""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.store.tiers import load_tiers

_COIN_MARGINED = re.compile(r"(?P<base>[^_]+)USD_(?P<expiry>PERP|[0-9]{6})")
_LINEAR = re.compile(r"(?P<pair>[^_]+?)(?:_(?P<expiry>[0-9]{6}))?")
_QUOTES = ("USDT", "USDC", "USD1", "FDUSD", "BUSD", "BTC")


class Place(NamedTuple):
    """A venue's catalogue id and a unified symbol there."""

    venue: str
    symbol: str


class SymbolsOfBinance:
    """Reads ids such as BTCUSDT, BTCUSDT_261225 and BTCUSD_PERP.

    An id that is bundled is looked up; a newer one is cut at the quote currency it ends in.
    """

    linear_venue = "binanceusdm"
    inverse_venue = "binancecoinm"

    def __init__(self) -> None:
        self._known = {
            _market_id(key.symbol): key.symbol
            for key in load_tiers(None).tables
            if key.venue == self.linear_venue
        }

    def find(self, market_id: str) -> Place | None:
        """Where the contract is listed, None where its id has no known form."""
        known = self._known.get(market_id)
        if known is not None:
            return Place(self.linear_venue, known)
        coin = _COIN_MARGINED.fullmatch(market_id)
        if coin is not None:
            base, expiry = coin["base"], coin["expiry"]
            dated = "" if expiry == "PERP" else f"-{expiry}"
            return Place(self.inverse_venue, f"{base}/USD:{base}{dated}")
        linear = _LINEAR.fullmatch(market_id)
        return None if linear is None else self._cut(linear["pair"], linear["expiry"])

    def _cut(self, pair: str, expiry: str | None) -> Place | None:
        for quote in _QUOTES:
            base = pair.removesuffix(quote)
            if base not in ("", pair):
                dated = f"-{expiry}" if expiry else ""
                return Place(self.linear_venue, f"{base}/{quote}:{quote}{dated}")
        return None


def _market_id(symbol: str) -> str:
    pair, _, settle = symbol.partition(":")
    expiry = settle.partition("-")[2]
    return pair.replace("/", "") + (f"_{expiry}" if expiry else "")
