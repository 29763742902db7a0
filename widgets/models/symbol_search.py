"""Which contract a typed text means: "btc", "BTCUSDT", "okx eth", "bybit BTC/USDT:USDT"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import NamedTuple

from dashboard.errors import InputError
from dashboard.market.instrument import ContractKind, Instrument, InstrumentKey

_SEPARATORS = re.compile(r"[\s/:_\-]+")
_QUOTES = ("USDT", "USDC", "USD")
_MAX_SHOWN_CHARACTERS = 40


class Query(NamedTuple):
    """What was typed, taken apart: `venue` is "" where none is named."""

    venue: str
    symbol: str


def take_apart(text: str, venues: Sequence[str]) -> Query:
    """Split `text` into an enabled venue, where it starts or ends with one, and the symbol."""
    words = text.split()
    for place in (0, -1):
        if len(words) > 1:
            venue = _venue_of(words[place], venues)
            if venue:
                rest = words[1:] if place == 0 else words[:-1]
                return Query(venue, " ".join(rest))
    return Query("", text.strip())


def suggest(
    text: str, instruments: Collection[Instrument], venues: Sequence[str], limit: int = 12
) -> list[Instrument]:
    """The active contracts of enabled venues that `text` may mean, the likeliest first."""
    query = take_apart(text, venues)
    wanted = _plain(query.symbol)
    if not wanted:
        return []
    places = {venue: place for place, venue in enumerate(venues)}
    ranked = [
        ((rank, places[instrument.venue], _preference(instrument)), instrument)
        for instrument in instruments
        if instrument.active
        and instrument.venue in places
        and query.venue in ("", instrument.venue)
        and (rank := _rank(wanted, instrument)) is not None
    ]
    ranked.sort(key=itemgetter(0))
    return [instrument for _, instrument in ranked[:limit]]


def resolve(text: str, instruments: Collection[Instrument], venues: Sequence[str]) -> InstrumentKey:
    """The one contract that `text` means; raises InputError with a sentence where there is none."""
    query = take_apart(text, venues)
    if not query.symbol:
        raise InputError("symbol", "type a symbol, such as btc, ETHUSDT or okx SOL/USDT:USDT")
    for instrument in suggest(text, instruments, venues, limit=1):
        if _rank(_plain(query.symbol), instrument) == _EXACT:
            return instrument.key
    raise InputError("symbol", _why_not(query, instruments, venues))


_EXACT, _PREFIX, _INSIDE = range(3)


def _rank(wanted: str, instrument: Instrument) -> int | None:
    base = instrument.base.upper()
    names = (base, base + instrument.quote.upper(), _plain(instrument.market_id))
    if wanted in names or wanted == _plain(instrument.symbol):
        return _EXACT
    if base.startswith(wanted) or names[1].startswith(wanted):
        return _PREFIX
    return _INSIDE if wanted in base else None


def _preference(instrument: Instrument) -> tuple[int, int, int, str]:
    """Linear before inverse, dollars in the usual order, short names first."""
    quote = instrument.quote.upper()
    place = _QUOTES.index(quote) if quote in _QUOTES else len(_QUOTES)
    inverse = int(instrument.kind is ContractKind.INVERSE)
    return inverse, place, len(instrument.base), instrument.symbol


def _why_not(query: Query, instruments: Collection[Instrument], venues: Sequence[str]) -> str:
    listing = {instrument.venue for instrument in instruments}
    shown = _quoted(query.symbol)
    if query.venue:
        if query.venue not in listing:
            return f"the contracts of {query.venue} have not arrived yet"
        return f"{query.venue} does not list {shown}"
    first = query.symbol.split()[0]
    if len(query.symbol.split()) > 1:
        return f"{_quoted(first)} is no enabled venue; enabled are {', '.join(venues)}"
    missing = [venue for venue in venues if venue not in listing]
    if missing:
        return f"no contract {shown} found; not yet known are the contracts of {', '.join(missing)}"
    return f"none of the enabled venues lists {shown}: {', '.join(venues)}"


def _venue_of(word: str, venues: Sequence[str]) -> str:
    """The enabled venue that `word` names in full or as its unique beginning."""
    lower = word.lower()
    if lower in venues:
        return lower
    begun = [venue for venue in venues if venue.startswith(lower)]
    return begun[0] if len(begun) == 1 and len(lower) >= 3 else ""


def _plain(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()


def _quoted(text: str) -> str:
    shown = text if len(text) <= _MAX_SHOWN_CHARACTERS else text[:_MAX_SHOWN_CHARACTERS] + "…"
    return f'"{shown}"'
