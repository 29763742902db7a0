"""From ccxt's unified markets to our instruments. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dashboard.market.instrument import ContractKind, Instrument
from dashboard.venues.answers import Facts
from dashboard.venues.entry import Entry
from dashboard.venues.fields import mapping, positive

LONGEST_NAME = 64

_MULTIPLIED = re.compile(r"(?P<before>1000+|1M(?=[A-Z]{2}))?(?P<coin>[A-Z].*?)(?P<after>1000+)?")
"""1000PEPE, 1000000MOG, 1MBABYDOGE and, at Bybit, SHIB1000."""
_THOUSAND_COIN = re.compile(r"k[A-Z]+")
"""kPEPE, as Hyperliquid writes 1000 PEPE."""


def instruments_from(
    entry: Entry, markets: Iterable[Mapping[str, object]], facts: Facts
) -> list[Instrument]:
    """The perpetual contracts among ccxt's markets; what the listing tells is added to `facts`."""
    found: list[Instrument] = []
    for market in markets:
        kind = _kind(market)
        if kind is None or kind not in entry.contract_kinds:
            continue
        instrument = _instrument(entry, market, kind)
        if instrument is not None:
            found.append(instrument)
            entry.market_facts(market, facts)
    return found


def multiplier_of(name: str) -> float:
    """How many coins one unit of a contract's base stands for, read from the venue's name."""
    if _THOUSAND_COIN.fullmatch(name):
        return 1000.0
    parts = _MULTIPLIED.fullmatch(name)
    if parts is None:
        return 1.0
    before, after = parts["before"], parts["after"]
    return 1e6 if before == "1M" else float(before or after or 1)


def _kind(market: Mapping[str, object]) -> ContractKind | None:
    """None for what is no perpetual contract, and for quanto contracts, settled in a third coin."""
    linear, inverse = market.get("linear") is True, market.get("inverse") is True
    if not market.get("swap") or linear == inverse:
        return None
    if inverse:
        return ContractKind.INVERSE if market.get("settle") == market.get("base") else None
    return ContractKind.LINEAR


def _is_name(name: str) -> bool:
    """Whether a name shows all that it is; with marks that turn text it passes for another."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable()


def _instrument(
    entry: Entry, market: Mapping[str, object], kind: ContractKind
) -> Instrument | None:
    size = positive(entry.contract_size(market))
    names = [market.get(field) for field in ("symbol", "base", "quote", "settle")]
    if size is None or not all(isinstance(name, str) and _is_name(name) for name in names):
        return None
    symbol, base, quote, settle = (str(name) for name in names)
    precision = mapping(market.get("precision"))
    return Instrument(
        venue=entry.venue,
        symbol=symbol,
        market_id=entry.market_id(market),
        base=base,
        quote=quote,
        settle=settle,
        kind=kind,
        contract_size=size,
        multiplier=multiplier_of(str(market.get("baseName") or base)),
        price_tick=positive(precision.get("price")),
        amount_step=positive(precision.get("amount")),
        active=market.get("active") is not False,
    )
