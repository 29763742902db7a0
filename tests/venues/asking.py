"""Documented answers, and asking a catalogue call to read one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dashboard.market.instrument import ContractKind, Instrument
from dashboard.market.readings import Reading, Unavailable
from dashboard.venues.answers import Ask, Facts, Parsed
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.entry import Call

_ANSWERS = Path(__file__).resolve().parents[1] / "answers"

ABSURD: tuple[object, ...] = (
    None,
    "",
    "abc",
    "NaN",
    "Infinity",
    "1e400",
    "9" * 400,
    float("nan"),
    float("inf"),
    True,
    [],
    {},
    "1_000",
    "١٢",
)
"""What may stand where a number belongs."""


def documented_answers(venue: str) -> dict[str, Any]:
    """Fresh copies of a venue's documented answers by name."""
    path = _ANSWERS / venue / "documented.json"
    answers: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["answers"]
    return answers


def documented(venue: str, name: str) -> Any:
    """A fresh copy of one documented answer."""
    return documented_answers(venue)[name]


def contract(venue: str, market_id: str, **others: Any) -> Instrument:
    """A linear contract of that id."""
    fields: dict[str, Any] = {
        "symbol": market_id,
        "base": "COIN",
        "quote": "USDT",
        "settle": "USDT",
        "kind": ContractKind.LINEAR,
    }
    return Instrument(venue=venue, market_id=market_id, **(fields | others))


def call_of(venue: str, endpoint: str) -> Call:
    """The catalogue's call whose name ends so."""
    (found,) = [call for call in CATALOGUE[venue].calls if call.name.endswith(endpoint)]
    return found


def read(
    call: Call,
    answers: Sequence[object],
    instrument: Instrument,
    now_ms: int,
    facts: Facts | None = None,
    asked_ms: int | None = None,
) -> Parsed:
    """What `call` reads in `answers` about one contract; they come at once unless `asked_ms`."""
    ask = Ask(
        venue=instrument.venue,
        endpoint=call.name,
        wanted={instrument.market_id: instrument},
        facts=facts or Facts(),
        asked_ms=now_ms if asked_ms is None else asked_ms,
        now_ms=now_ms,
    )
    return call.parse(ask, answers)


def by_type(readings: Sequence[Reading]) -> dict[str, Any]:
    """The readings by the name of their type, without the reasons for missing ones."""
    return {type(r).__name__: r for r in readings if not isinstance(r, Unavailable)}


def reasons(readings: Sequence[Reading]) -> dict[str, str]:
    """Why what is missing, by kind."""
    return {r.kind.value: r.reason for r in readings if isinstance(r, Unavailable)}
