"""Which contract a typed text means: "btc", "BTCUSDT", "okx eth", "bybit BTC/USDT:USDT"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import NamedTuple

from dashboard.errors import InputError, UnlistedError
from dashboard.market.instrument import ContractKind, Instrument, InstrumentKey
from dashboard.tradeline.number import quote
from dashboard.tradeline.symbol import find_instrument
from widgets.models.recorded_words import not_recorded

_SEPARATORS = re.compile(r"[\s/:_\-]+")
_PARTS = re.compile(r"[,;\t\r\n]+")
_QUOTES = ("USDT", "USDC", "USD")


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


def resolve(
    text: str,
    instruments: Collection[Instrument],
    venues: Sequence[str],
    *,
    recorded: bool = False,
) -> InstrumentKey:
    """The one contract that `text` means, at the first enabled venue that lists it.

    `recorded` says that `instruments` are those of a recording, which lacks most that a venue
    lists. Raises InputError with a sentence where it means none.
    """
    query = take_apart(text, venues)
    if not query.symbol:
        raise InputError("symbol", "type a symbol, such as btc, ETHUSDT or okx SOL/USDT:USDT")
    wanted = (query.venue,) if query.venue else venues
    refusals: list[InputError] = []
    for venue in wanted:
        listed = [instrument for instrument in instruments if instrument.venue == venue]
        try:
            return find_instrument(query.symbol, listed).key
        except InputError as error:
            refusals.append(error)
    if recorded and instruments and _is_unlisted(query, refusals):
        raise InputError("symbol", not_recorded(query.symbol, query.venue, instruments))
    raise InputError("symbol", _why_not(query, refusals, instruments, venues))


def _is_unlisted(query: Query, refusals: Sequence[InputError]) -> bool:
    """Whether a name was understood and not found."""
    named = len(query.symbol.split()) == 1
    return named and all(isinstance(refusal, UnlistedError) for refusal in refusals)


def resolve_many(
    text: str,
    instruments: Collection[Instrument],
    venues: Sequence[str],
    *,
    recorded: bool = False,
) -> tuple[list[InstrumentKey], list[str]]:
    """The contracts that a pasted text means, and a sentence for each part that means none.

    Parts are set apart by commas, semicolons or line ends; a part of several words that is no
    single contract is taken word by word, all of them at the venue that is named: "BTC ETH SOL",
    "okx BTC ETH".
    """
    found: list[InstrumentKey] = []
    faults: list[str] = []
    for part in filter(None, (part.strip() for part in _PARTS.split(text))):
        try:
            found.append(resolve(part, instruments, venues, recorded=recorded))
        except InputError as error:
            venue, symbols = take_apart(part, venues)
            words = symbols.split()
            if len(words) < 2:
                faults.append(error.user_message)
                continue
            each = "\n".join(f"{venue} {word}".strip() for word in words)
            keys, reasons = resolve_many(each, instruments, venues, recorded=recorded)
            found += keys
            faults += reasons
    return list(dict.fromkeys(found)), faults


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
    quoted = instrument.quote.upper()
    place = _QUOTES.index(quoted) if quoted in _QUOTES else len(_QUOTES)
    inverse = int(instrument.kind is ContractKind.INVERSE)
    return inverse, place, len(instrument.base), instrument.symbol


def _why_not(
    query: Query,
    refusals: Sequence[InputError],
    instruments: Collection[Instrument],
    venues: Sequence[str],
) -> str:
    words = query.symbol.split()
    if len(words) > 1:
        return f"{quote(words[0])} is no enabled venue; enabled are {', '.join(venues)}"
    known = {instrument.venue for instrument in instruments}
    waiting = [venue for venue in (query.venue,) if venue not in known and venue]
    if waiting or not known:
        return (
            f"no contracts of {', '.join(waiting or venues)} were listed; "
            "the status bar says how that stands"
        )
    if query.venue:
        return f"{query.venue}: {refusals[0].user_message}"
    missing = [venue for venue in venues if venue not in known]
    unknown = f"; nothing was listed by {', '.join(missing)}" if missing else ""
    return f"{refusals[0].user_message} (asked: {', '.join(venues)}{unknown})"


def _venue_of(word: str, venues: Sequence[str]) -> str:
    """The enabled venue that `word` names in full or as its unique beginning."""
    lower = word.lower()
    if lower in venues:
        return lower
    begun = [venue for venue in venues if venue.startswith(lower)]
    return begun[0] if len(begun) == 1 and len(lower) >= 3 else ""


def _plain(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()
