"""Every claim of the catalogue, fast lane and slow: read exactly, and with each field broken."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from dashboard.errors import InputError, VenueError
from dashboard.market.instrument import MarginTier
from dashboard.market.readings import SERIES_COLUMNS, SeriesKind, Unavailable
from dashboard.risk.margin import check_tiers
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import whole_tables
from dashboard.venues.entry import Call
from dashboard.venues.fields import AnswerError
from dashboard.venues.parse import believed_rows
from tests.venues.asking import ABSURD, read
from tests.venues.claims import CALL, GIVEN, TIERS, Claimed, Given, all_claims, figures_of

CLAIMS = list(all_claims())
NAMES = [str(claim) for claim in CLAIMS]
MISSING = object()
BROKEN: tuple[object, ...] = (*ABSURD, "0", 0, "-1", -1, "1e300", -1e300, 1e308)
IDENTITIES = frozenset({"symbol", "name", "contract", "instId", "pair", "coin", "contractType"})


def test_every_claim_has_an_answer_and_no_answer_is_left_over() -> None:
    assert sorted(map(str, GIVEN)) == sorted(NAMES)


def call_of(claim: Claimed) -> Call:
    (call,) = [one for one in CATALOGUE[claim.venue].calls if one.name == claim.endpoint]
    return call


def rows_of(claim: Claimed, given: Given, answer: object) -> list[Sequence[float]]:
    kind = SeriesKind(claim.kind)
    parsed = CATALOGUE[claim.venue].series[kind].parse(answer, given.about)
    return believed_rows(kind, parsed, latest_ms=math.inf).rows


def tiers_of(claim: Claimed, given: Given, answers: Sequence[object]) -> list[MarginTier]:
    tiers = CATALOGUE[claim.venue].tiers
    assert tiers is not None
    tables = whole_tables(tiers.parse(answers, [given.about], 5))
    return [tier for table in tables for tier in table.tiers]


@pytest.mark.parametrize("claim", CLAIMS, ids=NAMES)
def test_the_answer_reads_exactly(claim: Claimed) -> None:
    given = GIVEN[claim]
    if claim.kind == CALL:
        parsed = read(call_of(claim), given.answers, given.about, given.now_ms, given.facts)
        assert figures_of(parsed, given.about.market_id) == pytest.approx(given.told, rel=1e-12)
    elif claim.kind == TIERS:
        assert tiers_of(claim, given, given.answers) == given.told
    else:
        (answer,) = given.answers
        found = [
            tuple(None if math.isnan(cell) else cell for cell in row)
            for row in rows_of(claim, given, answer)
        ]
        assert len(found) == len(given.told)
        for row, expected in zip(found, given.told, strict=True):
            assert [cell is None for cell in row] == [cell is None for cell in expected]
            known = [cell for cell in row if cell is not None]
            assert known == pytest.approx([c for c in expected if c is not None], rel=1e-12)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from leaves(inner, (*path, at))
    elif path[-1] not in IDENTITIES:
        yield path


def put(answers: Any, path: tuple[Any, ...], value: object) -> None:
    *way, last = path
    for step in way:
        answers = answers[step]
    if value is MISSING:
        del answers[last]
    else:
        answers[last] = value


def wrong_figures(told: dict[str, Any], now_ms: int) -> list[str]:
    """What cannot be, whatever the answer was."""
    found: list[str] = []
    for name, value in told.items():
        if name == "settled_ms":
            good = 0 < value <= now_ms + 5_000
        elif name.endswith((".predicted", "settled")):
            good = abs(value) <= 0.05
        elif name.endswith((".interval_hours",)) or name == "interval":
            good = 1 <= value <= 24
        elif name.endswith(".change_24h_fraction"):
            good = -1 <= value <= 10_000
        elif name.endswith((".mark", ".index", ".last", ".ratio")) or name.startswith("index of"):
            good = 0 < value <= 1e18
        else:
            good = 0 <= value <= 1e18
        if not good:
            found.append(f"{name} = {value}")
    return found


def wrong_rows(kind: SeriesKind, rows: Sequence[Sequence[float]]) -> list[str]:
    found = [f"{len(row)} cells" for row in rows if len(row) != len(SERIES_COLUMNS[kind])]
    for time_ms, *cells in rows:
        known = [cell for cell in cells if not math.isnan(cell)]
        limit = {SeriesKind.FUNDING: 0.05}.get(kind, math.inf)
        least = {SeriesKind.FUNDING: -0.05}.get(kind, 0.0)
        if not time_ms > 0 or not all(least <= cell <= limit for cell in known):
            found.append(f"{time_ms}: {cells}")
        if math.inf in known or (kind is SeriesKind.LONG_SHORT_RATIO and 0.0 in known):
            found.append(f"{time_ms}: {cells}")
    return found


def wrong_tiers(tiers: Sequence[MarginTier]) -> list[str]:
    try:
        if tiers:
            check_tiers(tiers)
    except InputError as error:
        return [str(error)]
    return []


def faults(claim: Claimed, given: Given, answers: Sequence[Any]) -> list[str]:
    """What is wrong with what is read in `answers`; an answer may be refused as a whole."""
    try:
        if claim.kind == CALL:
            parsed = read(call_of(claim), answers, given.about, given.now_ms, given.facts)
            missing = [one for one in parsed.readings if isinstance(one, Unavailable)]
            silent = [one.kind.value for one in missing if not one.reason]
            return silent + wrong_figures(figures_of(parsed, given.about.market_id), given.now_ms)
        if claim.kind == TIERS:
            return wrong_tiers(tiers_of(claim, given, answers))
        return wrong_rows(SeriesKind(claim.kind), rows_of(claim, given, answers[0]))
    except AnswerError as error:
        return [] if str(error) else ["refused without a word"]


@pytest.mark.parametrize("claim", CLAIMS, ids=NAMES)
def test_a_broken_field_never_makes_a_wrong_figure(claim: Claimed) -> None:
    given, wrong = GIVEN[claim], []
    for path in list(leaves(given.answers)):
        for value in (MISSING, *BROKEN):
            changed = copy.deepcopy(given.answers)
            put(changed, path, value)
            wrong += [f"{path} = {value!r}: {fault}" for fault in faults(claim, given, changed)]
    assert wrong == []


@pytest.mark.parametrize("claim", CLAIMS, ids=NAMES)
@pytest.mark.parametrize("answer", [None, "", "x", 0, [], {}, [None], [[]], {"data": None}])
def test_an_answer_of_another_shape_is_refused_or_empty(claim: Claimed, answer: object) -> None:
    given = GIVEN[claim]
    answers = [answer] * len(given.answers)
    with contextlib.suppress(AnswerError):
        if claim.kind == CALL:
            told = read(call_of(claim), answers, given.about, given.now_ms, given.facts)
            figures = figures_of(told, given.about.market_id)
            assert set(figures) <= {"interval"}  # absent from Binance's list means the usual 8 h
        elif claim.kind == TIERS:
            assert tiers_of(claim, given, answers) == []
        else:
            assert rows_of(claim, given, answer) == []


def every_ccxt_error() -> list[str]:
    from ccxt.base import errors

    return sorted(
        name
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, errors.BaseError)
    )


@pytest.mark.parametrize("name", every_ccxt_error())
@pytest.mark.parametrize("venue", CATALOGUE)
def test_every_error_of_ccxt_becomes_a_sentence_in_the_venues_name(venue: str, name: str) -> None:
    from ccxt.base import errors

    from dashboard.venues.failures import translate
    from dashboard.venues.session import Exchanged

    error = translate(getattr(errors, name)(f"{venue} <b>x</b>"), venue, Exchanged(), 1)
    assert isinstance(error, VenueError)
    assert error.user_message.startswith(venue)
    assert "<b>" not in error.user_message + error.detail
