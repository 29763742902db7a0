"""Contracts as people write them: btc, BTCUSDT, BTC/USDT:USDT, BTC-USD-SWAP, 1000pepe."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dashboard.errors import InputError, UnlistedError
from dashboard.market.instrument import ContractKind, Instrument
from dashboard.tradeline.number import quote

MAX_SYMBOL_CHARACTERS = 40
_STABLE_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD1", "USDE")
_QUOTES = (*_STABLE_QUOTES, "USD", "EUR", "BTC", "ETH")
"""Quote currencies of perpetuals, in the order in which an end of a word is tried."""

_PREFERRED_QUOTES = ("USDT", "USDC", "USD")
_OTHER_NAMES = {"XBT": "BTC"}
_COIN = r"[^\W_]+"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?P<base>[^\W_][\w-]*)/(?P<quote>{_COIN})(?::(?P<settle>{_COIN}(?:-[0-9]+)?))?",
        rf"(?P<dollar>{_COIN})-PERPETUAL",
        rf"(?P<pair>{_COIN})_PERP",
        rf"PI_(?P<pair>{_COIN})",
        rf"PF_(?P<flexible>{_COIN})",
        rf"(?P<base>{_COIN})-(?P<quote>{_COIN})(?:-SWAP)?",
        rf"(?P<base>{_COIN})_(?P<quote>{_COIN})(?:-PERPETUAL)?",
        rf"(?P<pair>{_COIN}(?:USDT|USDC|USD))M",
        rf"(?P<pair>{_COIN})",
    )
)
"""Unified symbols and the venues' ids, the narrower form before the wider one."""

_USUAL_QUOTE = {"hyperliquid": "USDC", "dydx": "USDC"}
_USUAL_INVERSE = frozenset({"binancecoinm", "deribit"})
"""Venues whose contracts named by the coin alone settle in that coin."""


@dataclass(frozen=True, slots=True)
class TypedSymbol:
    """What a typed contract name says; None where it does not say."""

    base: str
    quote: str | None = None
    settle: str | None = None


def read_symbol(text: str) -> TypedSymbol:
    """The coin, quote and settle currency that `text` names, in capitals.

    It understands unified symbols and the venues' own ids. Raises InputError where the text has
    none of these forms.
    """
    upper = text.upper()
    if len(text) > MAX_SYMBOL_CHARACTERS or not upper.isprintable():
        raise _unreadable(text)
    for form in _FORMS:
        match = form.fullmatch(upper)
        if match is not None and any(character.isalpha() for character in match[1]):
            return _from_parts(match.groupdict())
    raise _unreadable(text)


def find_instrument(text: str, instruments: Iterable[Instrument]) -> Instrument:
    """The listed contract that `text` means.

    A unified symbol or a venue's own id must match whole; a coin alone means its active linear
    contract in USDT, USDC or USD, in this order, then its inverse one. Raises UnlistedError where
    nothing fits, InputError where more than one does or the text names none.
    """
    listed = list(instruments)
    upper = text.upper()
    exact = [i for i in listed if upper in (i.symbol.upper(), i.market_id.upper())]
    if len(exact) == 1:
        return exact[0]
    typed = read_symbol(text)
    fitting = [i for i in listed if _fits(typed, i)]
    if not fitting:
        raise UnlistedError("symbol", f"symbol {quote(text)} is not listed{_hint(typed, listed)}")
    fitting.sort(key=_preference)
    first = fitting[0]
    if len(fitting) > 1 and _preference(fitting[1]) == _preference(first):
        names = " or ".join(sorted(i.symbol for i in fitting[:2]))
        raise InputError("symbol", f"symbol {quote(text)} could be {names}; write one of these")
    return first


def instrument_named(text: str, venue: str, kind: ContractKind | None = None) -> Instrument:
    """A contract of `venue` made from its name alone, where no listing is at hand.

    What the name does not say is the venue's usual contract: linear in USDT, except where the
    venue has none. `kind` decides where the name leaves it open; raises InputError where the two
    contradict. Contract size, tick and step stay unknown.
    """
    typed = read_symbol(text)
    pair = _completed(typed, venue, kind)
    quoted, settled = pair.quote or "", pair.settle or ""
    coin = settled.split("-")[0]
    named_kind = ContractKind.INVERSE if coin == pair.base else ContractKind.LINEAR
    if kind not in (None, named_kind):
        raise InputError(
            "kind", f"kind {kind} does not fit symbol {quote(text)}, which settles in {coin}"
        )
    return Instrument(
        venue=venue,
        symbol=f"{pair.base}/{quoted}:{settled}",
        market_id=text,
        base=pair.base,
        quote=quoted,
        settle=coin,
        kind=named_kind,
    )


def _completed(typed: TypedSymbol, venue: str, kind: ContractKind | None) -> TypedSymbol:
    usual = _USUAL_QUOTE.get(venue, "USDT")
    inverse = kind is ContractKind.INVERSE or (
        kind is None
        and typed.settle is None
        and (typed.quote == "USD" or (typed.quote is None and venue in _USUAL_INVERSE))
        and venue not in _USUAL_QUOTE
    )
    quoted = typed.quote or ("USD" if inverse else usual)
    settled = typed.settle
    if settled is None:
        settled = typed.base if inverse else (usual if quoted == "USD" else quoted)
    return replace(typed, quote=quoted, settle=settled)


def _from_parts(parts: dict[str, str | None]) -> TypedSymbol:
    base, quoted, settled = parts.get("base"), parts.get("quote"), parts.get("settle")
    pair = parts.get("pair") or parts.get("flexible")
    if pair is not None:
        base, quoted = _split_pair(pair)
    if parts.get("dollar") is not None:
        base, quoted = parts["dollar"], "USD"
    if parts.get("flexible") is not None:
        settled = quoted
    base = base or ""
    return TypedSymbol(_OTHER_NAMES.get(base, base), quoted, settled)


def _split_pair(pair: str) -> tuple[str, str | None]:
    for ending in _QUOTES:
        if pair.endswith(ending) and len(pair) > len(ending):
            return pair.removesuffix(ending), ending
    return pair, None


def _fits(typed: TypedSymbol, instrument: Instrument) -> bool:
    return (
        typed.base == instrument.base.upper()
        and typed.quote in (None, instrument.quote.upper())
        and (typed.settle is None or typed.settle == instrument.symbol.upper().rpartition(":")[2])
    )


def _preference(instrument: Instrument) -> tuple[bool, bool, bool, int]:
    """Sorts the contract that most people mean first."""
    quoted = instrument.quote.upper()
    rank = _PREFERRED_QUOTES.index(quoted) if quoted in _PREFERRED_QUOTES else len(_QUOTES)
    dated = "-" in instrument.symbol.rpartition(":")[2]
    return (not instrument.active, dated, instrument.kind is ContractKind.INVERSE, rank)


def _hint(typed: TypedSymbol, listed: Iterable[Instrument]) -> str:
    """What to write instead, where the coin is listed in bundles such as 1000PEPE."""
    for instrument in listed:
        bundle = instrument.base.upper()
        if instrument.multiplier != 1.0 and bundle.endswith(typed.base):
            return (
                f" but {instrument.base} is, at {instrument.multiplier:g} {typed.base} each; "
                f"write {instrument.base} and its price"
            )
    return ""


def _unreadable(text: str) -> InputError:
    return InputError(
        "symbol",
        f"symbol {quote(text)} is no contract name; write one such as btc or BTC/USDT:USDT",
    )
