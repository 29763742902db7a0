"""Venue answers to break: each question of the catalogue with its documented answer.

What is read in a broken one is judged as tests/venues/test_claims.py judges it: no figure that
cannot be. Of basic venues it is what ccxt made of the documented answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from dashboard.market.venues import BASIC_VENUES
from dashboard.venues.answers import Ask, Facts
from dashboard.venues.entry import Call
from dashboard.venues.failures import translate
from dashboard.venues.session import Exchanged
from tests.venues.claims import GIVEN, Claimed, Given, figures_of
from tests.venues.test_basic import NOW_MS, SYMBOLS, documented_venue
from tests.venues.test_claims import faults, wrong_figures


class WrongFigureError(Exception):
    """A figure that cannot be was read."""


Read = Callable[[Any], None]
Answered = tuple[str, Sequence[Any], Read]
"""The question, the answers to its requests, and what reads those."""


def answered() -> Iterator[Answered]:
    """Every question of every venue."""
    for claim, given in GIVEN.items():
        yield f"answer {claim}", _as_decoded(given.answers), partial(_read_claim, claim, given)
    for venue in BASIC_VENUES:
        for call, ask, answers in asyncio.run(_basic(venue)):
            name = f"answer {venue} {call.name}"
            yield name, _as_decoded(answers), partial(_read_basic, call, ask)


def _as_decoded(answers: Sequence[Any]) -> list[Any]:
    decoded: list[Any] = json.loads(json.dumps(answers))
    return decoded


async def _basic(venue: str) -> list[tuple[Call, Ask, Sequence[Any]]]:
    found = []
    async with documented_venue(venue) as asked:
        source = asked.source
        about = source.instrument(SYMBOLS.get(venue, "BTC/USDT:USDT"))
        for call in source.entry.calls:
            await source.poll(call, [about])
            heard = source.heard[call.name]
            now_ms = NOW_MS[venue]
            ask = Ask(
                venue=venue,
                endpoint=call.name,
                wanted={about.market_id: about},
                facts=Facts(),
                asked_ms=now_ms,
                now_ms=now_ms,
            )
            found.append((call, ask, heard if isinstance(heard, list) else [heard]))
    return found


def _read_claim(claim: Claimed, given: Given, answers: Any) -> None:
    try:
        wrong = faults(claim, given, answers)
    except Exception as error:
        raise _as_a_source_does(error, claim.venue) from error
    if wrong:
        raise WrongFigureError(wrong)


def _read_basic(call: Call, ask: Ask, answers: Any) -> None:
    try:
        parsed = call.parse(ask, answers)
        (market_id,) = ask.wanted
        wrong = wrong_figures(figures_of(parsed, market_id), ask.now_ms)
    except Exception as error:
        raise _as_a_source_does(error, ask.venue) from error
    if wrong:
        raise WrongFigureError(wrong)


def _as_a_source_does(error: Exception, venue: str) -> Exception:
    """Whatever is raised must become an error with a sentence."""
    return translate(error, venue, Exchanged(), 0)
