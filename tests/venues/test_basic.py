"""The basic venues answer ccxt's unified calls over loopback, as documented, and read exactly."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from dashboard.errors import VenueError
from dashboard.market.instrument import ContractKind
from dashboard.market.readings import IntervalSource, ReadingKind
from dashboard.market.venues import BASIC_VENUES
from dashboard.venues.answers import Parsed
from dashboard.venues.basic import BASIC_ENTRIES
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.entry import Budget
from dashboard.venues.limiter import Limiter
from tests.venues.asking import by_type, documented_answers, reasons
from tests.venues.claims import figures_of
from tests.venues.faulty import FaultyServer, faulty_server, text
from tests.venues.test_catalogue import exchange_class
from tests.venues.test_claims import MISSING, leaves, put, wrong_figures

NOW_MS = {
    "deribit": 1_583_778_860_000,
    "krakenfutures": 1_761_130_946_000,
    "kucoinfutures": 1_789_300_000_000,
    "htx": 1_781_235_318_758,
    "mexc": 1_643_240_373_359,
    "bingx": 1_672_026_617_364,
}
EXPECTED: Mapping[str, dict[str, tuple[Any, ...]]] = {
    "deribit": {
        "MarkPrice": (7750.02, 7748.01),
        "Ticker": (7750.5, None, None),
        "OpenInterest": (111543850 / 7750.02, 111543850.0),
    },
    "krakenfutures": {
        "MarkPrice": (0.0434, 0.043391),
        "Ticker": (0.0433, (0.0433 - 0.0435) / 0.0435, None),
        "OpenInterest": (72513.0, 72513.0 * 0.0434),
        "FundingRate": (-7.56414717067e-07 / 0.0434, None, 1.0),
    },
    "kucoinfutures": {
        "MarkPrice": (67193.51, 67184.81),
        "Ticker": (67191.8, 2878.7 / (67191.8 - 2878.7), 659795309.2524643),
        "FundingRate": (-0.000004, 1789315200000, 8.0),
    },
    "htx": {
        "Ticker": (59010.0, 1010 / 58000, 1380961764.15),
        "FundingRate": (0.000083024939363172, 1781251200000, 8.0),
    },
    "mexc": {
        "MarkPrice": (3581.08, 3580.7852),
        "Ticker": (3581.3, 0.0275, 141331823.5755),
        "FundingRate": (1.4e-05, 1643241600000, 8.0),
    },
    "bingx": {
        "MarkPrice": (16884.5, 16886.9),
        "Ticker": (16885.0, -0.0169, 247305814.8),
        "FundingRate": (0.0001, 1672041600000, 8.0),
        "OpenInterest": (3289641547.10 / 16884.5, 3289641547.10),
    },
}
FIGURES = {
    "MarkPrice": ("mark", "index"),
    "Ticker": ("last", "change_24h_fraction", "volume_24h_quote"),
    "OpenInterest": ("coin", "usd"),
    "FundingRate": ("predicted", "next_settlement_ms", "interval_hours"),
}
SYMBOLS = {
    "deribit": "BTC/USD:BTC",
    "krakenfutures": "ENJ/USD:USD",
    "mexc": "ETH/USDT:USDT",
}


@dataclass
class Asked:
    """A source on a server that gives the documented answers."""

    source: CcxtSource
    server: FaultyServer
    answers: dict[str, Any]

    async def poll_all(self) -> list[Any]:
        """What all calls read about the one contract."""
        symbol = SYMBOLS.get(self.source.entry.venue, "BTC/USDT:USDT")
        about = [self.source.instrument(symbol)]
        return [r for call in self.source.entry.calls for r in await self.source.poll(call, about)]


@asynccontextmanager
async def documented_venue(venue: str) -> AsyncIterator[Asked]:
    """An open source with its contracts listed, on answers that may be changed."""
    answers = documented_answers(venue)

    async def answer(request: web.Request) -> web.StreamResponse:
        _, host, *way = request.path.split("/")
        path = "/" + "/".join(way)
        assert host in CATALOGUE[venue].hosts, request.path
        if path not in answers:
            return web.Response(status=404)
        return web.Response(body=json.dumps(answers[path]), content_type="application/json")

    async with faulty_server() as server:
        server.answer = answer
        source = CcxtSource(CATALOGUE[venue], lambda: NOW_MS[venue], loopback_url=server.url)
        source.limiter = Limiter({n: Budget(10**9, 1.0) for n in source.entry.budgets}, lambda: 0.0)
        await source.open()
        try:
            await source.load_instruments()
            yield Asked(source, server, answers)
        finally:
            await source.close()


def test_the_basic_venues_are_those_that_the_window_calls_so() -> None:
    assert tuple(entry.venue for entry in BASIC_ENTRIES) == BASIC_VENUES
    assert {entry.venue for entry in CATALOGUE.values() if entry.basic} == set(BASIC_VENUES)


@pytest.mark.parametrize("venue", BASIC_VENUES)
async def test_the_documented_answers_read_exactly(venue: str) -> None:
    async with documented_venue(venue) as asked:
        told = by_type(await asked.poll_all())
        assert told.keys() == EXPECTED[venue].keys()
        for name, expected in EXPECTED[venue].items():
            figures = tuple(getattr(told[name], field) for field in FIGURES[name])
            assert [figure is None for figure in figures] == [e is None for e in expected], name
            known = [(f, e) for f, e in zip(figures, expected, strict=True) if e is not None]
            assert all(f == pytest.approx(e, rel=1e-9) for f, e in known), name
        if "FundingRate" in told:
            assert told["FundingRate"].interval_source is IntervalSource.VENUE


@pytest.mark.parametrize("venue", BASIC_VENUES)
async def test_listing_and_calls_cost_what_is_charged(venue: str) -> None:
    async with documented_venue(venue) as asked:
        entry = asked.source.entry
        assert len(asked.server.asked) == entry.markets_requests
        await asked.poll_all()
        assert len(asked.server.asked) == entry.markets_requests + len(entry.calls)


@pytest.mark.parametrize("entry", BASIC_ENTRIES, ids=BASIC_VENUES)
def test_only_what_ccxt_has_is_claimed_and_the_rest_has_its_reason(entry: Any) -> None:
    unified = {
        "fetch_ticker": "fetchTicker",
        "fetch_tickers": "fetchTickers",
        "fetch_funding_rate": "fetchFundingRate",
        "fetch_funding_rates": "fetchFundingRates",
        "fetch_open_interest": "fetchOpenInterest",
    }
    has = exchange_class(entry)().has
    assert all(call.unified and has[unified[call.method]] for call in entry.calls)
    asked = {kind for call in entry.calls for kind in call.kinds}
    assert asked | set(entry.not_offered) == set(ReadingKind)
    assert all(len(reason) > 20 for reason in entry.not_offered.values())


async def test_deribits_perpetual_is_inverse_and_ten_dollars() -> None:
    async with documented_venue("deribit") as asked:
        (found,) = asked.source.instruments.values()
        assert (found.kind, found.contract_size) == (ContractKind.INVERSE, 10.0)
        assert ReadingKind.FUNDING_RATE in asked.source.entry.not_offered


async def test_krakens_inverse_contracts_are_left_out() -> None:
    async with documented_venue("krakenfutures") as asked:
        assert set(asked.source.instruments) == {"BTC/USD:USD", "ENJ/USD:USD"}


BROKEN: tuple[object, ...] = (MISSING, None, "", "abc", "NaN", "1e400", "-1", "0", 1e300, [], True)


@pytest.mark.parametrize("venue", BASIC_VENUES)
async def test_a_broken_field_never_makes_a_wrong_figure(venue: str) -> None:
    async with documented_venue(venue) as asked:
        source, wrong = asked.source, []
        about = source.instrument(SYMBOLS.get(venue, "BTC/USDT:USDT"))
        for call in source.entry.calls:
            before = len(asked.server.asked)
            right = figures_of(Parsed(readings=await source.poll(call, [about])), about.market_id)
            hidden = refused = 0
            (path,) = {_way(one) for one in asked.server.asked[before:]}
            whole = documented_answers(venue)[path]
            for leaf in list(leaves(whole)):
                for value in BROKEN:
                    changed = copy.deepcopy(whole)
                    put(changed, leaf, value)
                    asked.answers[path] = changed
                    try:
                        parsed = Parsed(readings=await source.poll(call, [about]))
                    except VenueError:
                        refused += 1
                        continue
                    told = figures_of(parsed, about.market_id)
                    hidden += told.keys() < right.keys()
                    faults = wrong_figures(told, NOW_MS[venue])
                    wrong += [f"{call.name} {leaf} = {value!r}: {fault}" for fault in faults]
            asked.answers[path] = whole
            assert hidden + refused > len(BROKEN), call.name
        assert wrong == []


def _way(path: str) -> str:
    """A path without the venue's host in front."""
    return "/" + path.split("/", 2)[2]


@pytest.mark.parametrize("venue", BASIC_VENUES)
@pytest.mark.parametrize("body", ["", "<html>busy</html>", "{}", "[]", "null"])
async def test_an_answer_without_contracts_is_a_failure_and_no_reading(
    venue: str, body: str
) -> None:
    async with documented_venue(venue) as asked:
        asked.server.answer = text(body)
        symbol = SYMBOLS.get(venue, "BTC/USDT:USDT")
        about = [asked.source.instrument(symbol)]
        for call in asked.source.entry.calls:
            try:
                readings = await asked.source.poll(call, about)
            except VenueError:
                continue
            assert by_type(readings) == {}, call.name
            assert set(reasons(readings)) == {kind.value for kind in call.kinds}
