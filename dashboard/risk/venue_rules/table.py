"""All venue rules, and which one holds for a position on a date."""

from __future__ import annotations

from functools import lru_cache

from dashboard.market.account import MarginMode
from dashboard.market.instrument import ContractKind
from dashboard.risk.venue_rules import (
    binance,
    bitget,
    bybit,
    deribit,
    gate,
    hyperliquid,
    kraken,
    kucoin,
    okx,
    small_venues,
)
from dashboard.risk.venue_rules.rule import VenueRule

GENERIC = VenueRule(
    name="Generic",
    venues=(),
    document="none: no rule of this venue is known",
    note="Maintenance on mark value without a close fee is assumed.",
)
"""The rule of a venue that has none here."""

ALL_RULES: tuple[VenueRule, ...] = (
    *binance.RULES,
    *bybit.RULES,
    *okx.RULES,
    *hyperliquid.RULES,
    *gate.RULES,
    *bitget.RULES,
    *kucoin.RULES,
    *deribit.RULES,
    *kraken.RULES,
    *small_venues.RULES,
)

_ALIASES = {
    "binanceusdsm": "binanceusdm",
    "binancefutures": "binanceusdm",
    "binanceusdtm": "binanceusdm",
    "kucoin": "kucoinfutures",
    "kraken": "krakenfutures",
    "gateio": "gate",
    "huobi": "htx",
    "okex": "okx",
    "mxc": "mexc",
    "deltaexchange": "delta",
    "dydxv4": "dydx",
}


def venue_id(name: str, kind: ContractKind = ContractKind.LINEAR) -> str:
    """The catalogue id of a venue's name in any usual spelling; an unknown name stays itself.

    "binance" alone means USD-M for a linear and COIN-M for an inverse contract.
    """
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    if plain.startswith("binance") and plain not in ("binanceus", "binancetr"):
        linear = kind is ContractKind.LINEAR
        return "binanceusdm" if linear else "binancecoinm"
    return _ALIASES.get(plain, plain)


@lru_cache(maxsize=1024)
def rule_for(venue: str, kind: ContractKind, margin_mode: MarginMode, on_date_ms: int) -> VenueRule:
    """The newest rule of `venue` that covers such a position on a date (ms UTC).

    A venue without one gets the generic rule, which is unconfirmed.
    """
    name = venue_id(venue, kind)
    holding = [
        rule
        for rule in ALL_RULES
        if name in rule.venues and rule.holds(kind, margin_mode, on_date_ms)
    ]
    return max(holding, key=_start_ms, default=GENERIC)


def _start_ms(rule: VenueRule) -> float:
    start_ms = rule.valid_from_ms
    return float("-inf") if start_ms is None else start_ms
