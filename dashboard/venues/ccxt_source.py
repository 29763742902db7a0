"""Asks one venue through ccxt: the only place that touches an exchange object.

ccxt signs, sends and decodes; the catalogue says what is asked and how answers read. ccxt is
imported when the source is opened, because importing it takes a good part of a second.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import aiohttp
import numpy as np
import numpy.typing as npt

from dashboard.errors import InputError, VenueError
from dashboard.market.candles import RowsDoubted
from dashboard.market.clock_offset import counted_ms
from dashboard.market.instrument import Instrument, InstrumentKey, TierTable
from dashboard.market.readings import SERIES_COLUMNS, Reading, SeriesKind
from dashboard.risk.margin import check_tiers
from dashboard.venues.answers import Ask, Facts, Parsed
from dashboard.venues.clock_ahead import ClockAhead
from dashboard.venues.entry import Call, Entry, Lane, Params, Row, SeriesCall
from dashboard.venues.exchange import open_exchange
from dashboard.venues.failures import (
    AnswerUnusableError,
    VenueDownError,
    not_json,
    plain,
    translate,
)
from dashboard.venues.fields import MAX_CLOCK_AHEAD_MS, AnswerError, not_negative, positive
from dashboard.venues.instruments import instruments_from
from dashboard.venues.limiter import REPLAY_ALLOWANCE, Limiter
from dashboard.venues.listing import Contracts
from dashboard.venues.noted import Noted
from dashboard.venues.parse import believed_rows
from dashboard.venues.session import EXCHANGED, Exchanged, Witness, host_of, open_session

REQUEST_TIMEOUT_S = 10.0
MARKETS_TIMEOUT_S = 30.0
GRACE_S = 1.0
"""So much later a request is given up on that ccxt itself did not give up on."""
LEAST_SHARE_OF_LAST = 0.9
"""A batch that covers less of the contracts than this share of the last good one has failed."""
SHRUNKEN_BELIEVED_AFTER = 3
JOINED_PRICE_MAX_AGE_S = 60.0

_log = logging.getLogger("liqline.feed")

Matrix = npt.NDArray[np.float64]
T = TypeVar("T")


class SeriesPage(NamedTuple):
    """The rows of [since_ms, until_ms), ascending by time."""

    since_ms: int
    until_ms: int
    rows: Matrix
    left_out: int = 0
    """Rows that came and are not believed: the span is to be asked again."""


class CcxtSource:
    """One venue. `now_ms` is the market's now (the recording's in a replay), ms UTC.

    With `loopback_url` every request goes there, the venue's host as first segment of the path,
    at most four a real second. `address` is such a base, too, but of what the user put in the
    venue's place, and is asked as the venue is. Methods raise VenueError with a sentence for the
    trader.
    """

    def __init__(
        self,
        entry: Entry,
        now_ms: Callable[[], int],
        *,
        loopback_url: str | None = None,
        address: str | None = None,
    ) -> None:
        self.entry = entry
        self.contracts = Contracts()
        self.requests = 0
        self.noted = Noted(entry.venue)
        self.witness: Witness | None = None
        """Told of every answer, where set before the source is opened."""
        self.trusted_mark: Callable[[str], float | None] = _nothing_known
        """The mark price of a symbol that may be believed now, beside which candles are judged."""
        self.take_doubted: Callable[[RowsDoubted], None] = _leave
        """Told of rows of a history that are left out or doubted."""
        self.heard: dict[str, object] = {}
        """The last answers by call, decoded, to be shown where one was not believed."""
        self.on_loopback = loopback_url is not None
        self.now_ms = now_ms
        self.base_url = loopback_url or address
        self._facts = Facts()
        self._marks_learned_s: dict[str, float] = {}
        self._indexes_learned_s: dict[str, float] = {}
        self._epoch = 0
        self._last_rows: dict[str, tuple[int, int]] = {}
        self._clock = ClockAhead()
        self._exchange: Any = None
        self._session: aiohttp.ClientSession | None = None
        self._loading: asyncio.Task[list[Instrument]] | None = None
        self.limiter = Limiter(
            entry.budgets,
            time.monotonic,
            every_request=REPLAY_ALLOWANCE if loopback_url else None,
        )

    @property
    def clock_ahead_ms(self) -> int | None:
        """By how much this computer's clock is ahead of the venue's; None where unknown.

        A replay goes by the clock that it is asked with.
        """
        return 0 if self.on_loopback else self._clock.ahead_ms

    def venue_now_ms(self) -> int:
        """The market's now by the venue's clock, against which its stamps are read."""
        return self.now_ms() - counted_ms(self.clock_ahead_ms)

    @property
    def instruments(self) -> dict[str, Instrument]:
        """The listed contracts by unified symbol."""
        return self.contracts.current

    async def open(self) -> None:
        """Import ccxt and make the exchange object."""
        if self._exchange is not None:
            return
        if self._session is None:
            hosts = {host_of(self.base_url)} if self.base_url else set(self.entry.hosts)
            self._session = open_session(hosts, _budget_headers(self.entry), self.witness)
        self._exchange = await open_exchange(
            self.entry, self._session, self.now_ms, self.base_url, REQUEST_TIMEOUT_S
        )

    async def close(self) -> None:
        """Give up what is under way and close the connections."""
        if self._loading is not None:
            self._loading.cancel()
        if self._exchange is not None:
            await self._exchange.close()
        if self._session is not None:
            await self._session.close()

    def lend_markets(self, exchange: Any) -> None:
        """Let another ccxt object of this venue use the listing; VenueDownError without one."""
        if self._exchange is None or not self.instruments:
            raise VenueDownError(f"the contracts of {self.entry.venue} are not listed yet")
        for name in self._exchange.options.get("marketHelperProps", ()):
            # ccxt looks for tables that only other kinds of contract fill
            self._exchange.options.setdefault(name, None)
        exchange.set_markets_from_exchange(self._exchange)

    def forget(self) -> None:
        """Drop what earlier answers told, as after a seek of the recording's clock."""
        self._epoch += 1
        self._last_rows.clear()
        self._facts = Facts(
            interval_hours=self._facts.interval_hours,
            default_interval_hours=self._facts.default_interval_hours,
        )

    def instrument(self, symbol: str) -> Instrument:
        """The contract of that unified symbol; raises InputError where it is not listed."""
        instrument = self.instruments.get(symbol)
        if instrument is None:
            raise InputError("symbol", f"{self.entry.venue} does not list {plain(symbol)}")
        return instrument

    async def load_instruments(self) -> list[Instrument]:
        """All perpetual contracts the venue lists.

        Several may wait for one listing: a waiter that is cancelled does not cancel it. A listing
        that is empty or much shorter than the last one is a failure and changes nothing.
        """
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load_instruments())
        return await asyncio.shield(self._loading)

    async def _load_instruments(self) -> list[Instrument]:
        markets = await self._send(
            lambda: self._exchange.load_markets(True),
            self.entry.markets_charges,
            MARKETS_TIMEOUT_S,
            self.entry.markets_requests,
        )
        facts = Facts()
        found = instruments_from(self.entry, _mappings(markets), facts)
        self._check_share("the listing", len(found))
        self._facts.learn(facts)
        self.contracts.take(found, time.monotonic())
        return list(self.instruments.values())

    def markets(self) -> list[Mapping[str, object]]:
        """The listing as ccxt read it, to be adopted by a later source."""
        return _mappings(self._exchange.markets)

    def reader(self) -> str:
        """The version of ccxt that reads listings."""
        return importlib.metadata.version("ccxt")

    def adopt(self, markets: Sequence[Mapping[str, object]]) -> list[Instrument]:
        """Take over a listing that an earlier source had, until this one loads its own.

        Nothing is taken over of one that ccxt cannot use any more.
        """
        facts = Facts()
        try:
            found = instruments_from(self.entry, markets, facts)
            if found:
                self._exchange.set_markets([dict(market) for market in markets])
        except Exception as error:  # noqa: BLE001 (whatever is in the file, the venue is asked)
            _log.info("%s: the kept listing is not used: %r", self.entry.venue, error)
            return []
        self._facts.learn(facts)
        self.contracts.current.update((instrument.symbol, instrument) for instrument in found)
        return found

    async def poll(self, call: Call, instruments: Sequence[Instrument]) -> list[Reading]:
        """Ask `call` about `instruments` (one of them where it is per contract)."""
        epoch = self._epoch
        about = instruments[0] if call.per_contract else None
        asked_ms = self.now_ms()
        urgent = call.lane is Lane.PRICE
        answers = [
            await self.ask(call.method, params, call.charges, unified=call.unified, urgent=urgent)
            for params in call.requests(about, asked_ms)
        ]
        self.heard[call.name] = answers
        self._drop_old_prices()
        ask = Ask(
            venue=self.entry.venue,
            endpoint=call.name,
            wanted={instrument.market_id: instrument for instrument in instruments},
            facts=self._facts,
            asked_ms=asked_ms,
            now_ms=self.now_ms(),
            clock_ahead_ms=counted_ms(self.clock_ahead_ms),
        )
        parsed = self.read(lambda: call.parse(ask, answers))
        if not call.per_contract and call.kinds:
            self._check_share(call.name, parsed.rows)
        if epoch == self._epoch:
            self._learn(parsed)
        return parsed.readings

    def _learn(self, parsed: Parsed) -> None:
        self._facts.learn(parsed.facts)
        now_s = time.monotonic()
        self._marks_learned_s.update(dict.fromkeys(parsed.facts.marks, now_s))
        self._indexes_learned_s.update(dict.fromkeys(parsed.facts.indexes, now_s))

    def _drop_old_prices(self) -> None:
        """A price of another answer is joined to this one only while it is fresh.

        One by one: a contract that a venue leaves out keeps no price because others have theirs.
        """
        oldest_s = time.monotonic() - JOINED_PRICE_MAX_AGE_S
        for prices, learned_s in (
            (self._facts.marks, self._marks_learned_s),
            (self._facts.indexes, self._indexes_learned_s),
        ):
            for market_id in [name for name in prices if learned_s.get(name, 0.0) < oldest_s]:
                del prices[market_id]

    async def fetch_series(
        self, key: InstrumentKey, kind: SeriesKind, timeframe: str, since_ms: int, until_ms: int
    ) -> AsyncIterator[SeriesPage]:
        """The rows of [since_ms, until_ms), newest page first.

        Pages may be empty. Raises VenueError at the page that failed, InputError for a contract
        the venue does not list or a series it does not offer.
        """
        instrument = self.instrument(key.symbol)
        series = self.series_call(kind)
        period = series.periods[timeframe]
        if series.depth_ms is not None:
            since_ms = max(since_ms, self.now_ms() - series.depth_ms)
        page_ms = series.page_rows * period.step_ms
        end_ms = until_ms
        to_now = until_ms >= self.now_ms() - period.step_ms
        beside = self.trusted_mark(key.symbol) if to_now else None
        while end_ms > since_ms:
            start_ms = max(since_ms, end_ms - page_ms)
            method = series.method_for(start_ms, period.step_ms, self.now_ms())
            params = series.params(instrument, period, start_ms, end_ms)
            answer = await self.ask(method, params, series.charges)
            page = self.read(lambda: series.parse(answer, instrument))  # noqa: B023 (run at once)
            page = series.in_unit(page, instrument, self._facts, self.venue_now_ms())
            judged = believed_rows(kind, page, self.venue_now_ms() + MAX_CLOCK_AHEAD_MS, beside)
            beside = judged.beside_older(beside)
            rows = matrix_of(judged.rows, len(SERIES_COLUMNS[kind]), start_ms, end_ms)
            doubted = RowsDoubted(
                key, kind, timeframe, len(page), judged.counts, tuple(judged.example)
            )
            if doubted.counts:
                self.take_doubted(doubted)
            yield SeriesPage(start_ms, end_ms, rows, doubted.left_out)
            end_ms = start_ms

    def series_call(self, kind: SeriesKind) -> SeriesCall:
        """How `kind` is asked; raises InputError with the reason where it is not offered."""
        series = self.entry.series.get(kind)
        if series is None:
            usual = f"{self.entry.venue} does not offer this series"
            raise InputError("series", self.entry.series_not_offered.get(kind, usual))
        return series

    async def fetch_tiers(self, symbols: Sequence[str]) -> list[TierTable]:
        """Leverage tiers of these contracts; empty where the venue gives none without a key."""
        tiers = self.entry.tiers
        if tiers is None:
            return []
        instruments = [self.instrument(symbol) for symbol in symbols]
        answers = [
            await self.ask(tiers.method, params, tiers.charges)
            for params in tiers.requests(instruments)
        ]
        return self.read(lambda: whole_tables(tiers.parse(answers, instruments, self.now_ms())))

    async def ask(
        self,
        method: str,
        params: Params,
        charges: Mapping[str, int],
        exchange: Any = None,
        *,
        text: bool = False,
        unified: bool = False,
        urgent: bool = False,
    ) -> object:
        """The answer to an implicit `method` of ccxt's class, within the venue's budgets.

        `exchange` is another object of this venue's class that asks, such as one with a key;
        `text` says that the answer may be a JSON text, `unified` that the method is one of ccxt's
        unified ones, which takes its parameters by name. What is `urgent`, such as prices
        and what somebody waits for, does not queue behind histories.
        """
        asked = getattr(self._exchange if exchange is None else exchange, method)
        answer = await self._send(
            lambda: asked(**params) if unified else asked(params),
            charges,
            REQUEST_TIMEOUT_S,
            urgent=urgent,
        )
        if not isinstance(answer, dict | list) and not (text and isinstance(answer, str)):
            raise not_json(self.entry.venue)
        return answer

    def open_own_session(self, more_hosts: Collection[str] = ()) -> aiohttp.ClientSession:
        """A session of its own that no witness sees, for `more_hosts` beside the venue's."""
        own = {host_of(self.base_url)} if self.base_url else {*self.entry.hosts, *more_hosts}
        return open_session(own, _budget_headers(self.entry))

    async def _send(
        self,
        request: Callable[[], Awaitable[object]],
        charges: Mapping[str, int],
        timeout_s: float,
        requests: int = 1,
        *,
        urgent: bool = False,
    ) -> object:
        # A replay's few requests a second are shared fairly by taking turns.
        await self.limiter.take(charges, requests, urgent=urgent and not self.on_loopback)
        self.requests += requests
        exchanged = Exchanged()
        token = EXCHANGED.set(exchanged)
        try:
            async with asyncio.timeout(timeout_s + GRACE_S):
                return await request()
        except Exception as error:
            raise self._refused(error, exchanged) from error
        finally:
            EXCHANGED.reset(token)
            self._take_note(exchanged, charges)

    def _refused(self, error: Exception, exchanged: Exchanged) -> VenueError:
        return translate(error, self.entry.venue, exchanged, time.time_ns() // 1_000_000)

    def _take_note(self, exchanged: Exchanged, charges: Mapping[str, int]) -> None:
        """Believe what the venue says of its budgets and its clock."""
        self._clock.note(exchanged.date, time.time_ns() // 1_000_000)
        said, used, rest = exchanged.headers, self.entry.used_weight_header, self.entry.left_headers
        weight = None if used is None else not_negative(said.get(used[0]))
        if used is not None and weight is not None:
            self.limiter.observe_used(used[1], weight)
        left = None if rest is None else not_negative(said.get(rest.left))
        if rest is not None and left is not None:
            limit = positive(said.get(rest.limit))
            for name in charges:
                self.limiter.observe_left(name, left, limit)

    def read(self, parse: Callable[[], T]) -> T:
        """What `parse` reads in answers; raises VenueError in the venue's name where it cannot."""
        try:
            return parse()
        except Exception as error:
            raise self._refused(error, Exchanged()) from error

    def _check_share(self, what: str, count: int) -> None:
        """Refuse a batch without contracts, or with far fewer than the last good one had.

        A smaller one that comes time after time is how it is now, and no slip.
        """
        last, shrunken = self._last_rows.get(what, (0, 0))
        few = count < LEAST_SHARE_OF_LAST * last and shrunken + 1 < SHRUNKEN_BELIEVED_AFTER
        if count == 0 or few:
            self._last_rows[what] = (last, shrunken + 1 if count else 0)
            known = f" where {last} were listed before" if last else ""
            raise AnswerUnusableError(
                f"{self.entry.venue} answered with {count or 'no'} contracts{known}"
            )
        self._last_rows[what] = (count, 0)


def _nothing_known(_symbol: str) -> None:
    return None


def _leave(_doubted: RowsDoubted) -> None:
    """Where nobody wants to know."""


def matrix_of(page: Sequence[Row], columns: int, since_ms: int, until_ms: int) -> Matrix:
    """The rows of [since_ms, until_ms) as a matrix, ascending; of equal times the last stands."""
    by_time = {row[0]: row for row in page if since_ms <= row[0] < until_ms}
    ordered = [by_time[time_ms] for time_ms in sorted(by_time)]
    return np.array(ordered, dtype=np.float64).reshape(len(ordered), columns)


def whole_tables(tables: list[TierTable]) -> list[TierTable]:
    """The tables as they are; raises AnswerError where the tiers of one do not fit together."""
    for table in tables:
        try:
            check_tiers(table.tiers)
        except InputError as error:
            problem = f"leverage tiers of {plain(table.symbol)} that do not fit: {error}"
            raise AnswerError(problem) from error
    return tables


def _budget_headers(entry: Entry) -> list[str]:
    """The response headers in which the venue speaks of its budgets."""
    left = entry.left_headers
    names = [entry.used_weight_header[0]] if entry.used_weight_header else []
    return names + ([name for name in (left.left, left.limit) if name] if left else [])


def _mappings(markets: object) -> list[Mapping[str, object]]:
    return list(markets.values()) if isinstance(markets, dict) else []
