"""What Tab completes in the trade line: venue, symbol and the words of the grammar."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from dashboard.market.instrument import Instrument
from dashboard.tradeline.venue import venue_named
from widgets.models.symbol_search import suggest

MOST_OPTIONS = 12
_WORDS_AFTER_SIZE = ("@", "market", "iso", "cross", "sl", "tp", "+margin", "wallet", "risk", "x10")
_SIDES = ("long", "short")
_WORD = re.compile(r"[^ \t]+")


class Completion(NamedTuple):
    """The part of the line [start, end) that one of `options` may replace."""

    start: int
    end: int
    options: tuple[str, ...]


def completion_at(
    text: str, cursor: int, instruments: Collection[Instrument], venues: Sequence[str]
) -> Completion:
    """What the word that ends at `cursor` may become; no options where it is whole."""
    before = text[:cursor]
    words = _WORD.findall(before)
    typed = words[-1] if words and not before[-1:].isspace() else ""
    done = words[:-1] if typed else words
    options = _options(typed, done, instruments, venues)
    kept = tuple(option for option in options if option.lower() != typed.lower())
    return Completion(cursor - len(typed), cursor, kept[:MOST_OPTIONS])


def _options(
    typed: str, done: Sequence[str], instruments: Collection[Instrument], venues: Sequence[str]
) -> list[str]:
    if not done:
        return _starting(typed, _SIDES)
    place = len(done)
    if place > 1 and venue_named(done[1], venues) is not None:
        place -= 1
    if place == 1:
        venue = "" if place == len(done) else f"{venue_named(done[1], venues)} "
        return _symbols(typed, venue, instruments, venues)
    if place == _PLACE_OF_SIZE:
        return []
    return _starting(typed, (*_WORDS_AFTER_SIZE, *venues))


_PLACE_OF_SIZE = 2


def _symbols(
    typed: str, venue: str, instruments: Collection[Instrument], venues: Sequence[str]
) -> list[str]:
    """Symbols and, where none was named yet, venues that `typed` begins; `okx:` keeps its venue."""
    head, colon, rest = typed.partition(":")
    named = venue_named(head, venues) if colon else None
    if named is not None:
        found = suggest(f"{named} {rest}", instruments, venues) if rest else []
        return [f"{head}:{name}" for name in _names(found)]
    if not typed:
        return []
    symbols = _names(suggest(f"{venue}{typed}", instruments, venues))
    return symbols if venue else [*_starting(typed, venues), *symbols]


def _names(instruments: Sequence[Instrument]) -> list[str]:
    """Each contract's shortest unambiguous name, once: the coin of a usual one, else its symbol."""
    usual = ("USDT", "USDC")
    return list(
        dict.fromkeys(
            i.base.lower() if i.quote in usual and i.settle == i.quote else i.symbol
            for i in instruments
        )
    )


def _starting(typed: str, words: Sequence[str]) -> list[str]:
    lower = typed.lower()
    return [word for word in words if word.startswith(lower)] if lower else []
