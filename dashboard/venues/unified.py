"""Reading ccxt's unified answers: tickers and funding rates by symbol. Pure.

They serve the basic venues, whose own fields were not checked one by one. Of these answers only
what means the same everywhere is taken: prices, change, quote volume, rate, next settlement and
interval. Where a venue's own field is needed, its entry names it and says what it counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from dashboard.market.instrument import Instrument
from dashboard.market.readings import Reading
from dashboard.venues.answers import Ask, Facts, Origin, Parsed
from dashboard.venues.entry import Params
from dashboard.venues.fields import (
    AnswerError,
    coming_ms,
    funding_rate,
    interval_hours,
    mapping,
    not_negative,
    number,
    past_ms,
    positive,
)

OneTicker = Callable[[Mapping[str, object], Origin], list[Reading]]
"""More readings from one ticker, which has the venue's own fields under "info"."""

_HOURS = re.compile(r"(\d{1,2})h")


def tickers_parser(
    *, prices: bool, mark_field: str = "", more: OneTicker | None = None
) -> Callable[[Ask, Sequence[object]], Parsed]:
    """A parser of fetchTickers, or of fetchTicker for one contract.

    `prices` says that mark and index price stand in it; the mark in the venue's own field
    `mark_field` where ccxt leaves it there.
    """

    def parse(ask: Ask, answers: Sequence[object]) -> Parsed:
        rows = _by_symbol(answers[0])
        parsed = Parsed(rows=len(rows))
        for instrument, row, origin in _wanted(ask, rows):
            own = mapping(row.get("info"))
            mark = positive(own.get(mark_field) if mark_field else row.get("markPrice"))
            if prices and mark is not None:
                parsed.facts.marks[instrument.market_id] = mark
            if prices:
                index = positive(row.get("indexPrice")) or positive(own.get("indexPrice"))
                parsed.readings += origin.mark_price(mark, index)
            parsed.readings += _ticker(row, origin)
            parsed.readings += more(row, origin) if more else []
        return parsed

    return parse


def funding_parser(*, prices: bool) -> Callable[[Ask, Sequence[object]], Parsed]:
    """A parser of fetchFundingRates, or of fetchFundingRate for one contract."""

    def parse(ask: Ask, answers: Sequence[object]) -> Parsed:
        rows = _by_symbol(answers[0])
        parsed = Parsed(rows=len(rows))
        for instrument, row, origin in _wanted(ask, rows):
            hours = _hours(row.get("interval"))
            if hours is not None:
                parsed.facts.interval_hours[instrument.market_id] = hours
            known = Facts()
            known.learn(ask.facts)
            known.learn(parsed.facts)
            if prices:
                mark, index = positive(row.get("markPrice")), positive(row.get("indexPrice"))
                if mark is not None:
                    parsed.facts.marks[instrument.market_id] = mark
                parsed.readings += origin.mark_price(mark, index)
            parsed.readings += origin.funding(
                funding_rate(row.get("fundingRate")), _next_ms(row, ask.venue_now_ms), known
            )
        return parsed

    return parse


def interest_in_usd(ask: Ask, answers: Sequence[object]) -> Parsed:
    """fetchOpenInterest of one contract, where the venue counts money."""
    row = mapping(answers[0])
    origin = ask.about(ask.only, past_ms(row.get("timestamp"), ask.venue_now_ms))
    usd = not_negative(row.get("openInterestValue"))
    mark = ask.facts.marks.get(ask.only.market_id)
    return Parsed(readings=origin.open_interest_in_usd(usd, mark))


def one_symbol(instrument: Instrument | None, _now_ms: int) -> Sequence[Params]:
    """A unified question about one contract."""
    return ({"symbol": instrument.symbol},) if instrument else ()


def _by_symbol(answer: object) -> Mapping[str, object]:
    """Rows by symbol; an answer about one contract is one row."""
    rows = mapping(answer)
    symbol = rows.get("symbol")
    if isinstance(symbol, str):
        return {symbol: rows}
    if not rows:
        raise AnswerError("no contracts")
    return rows


def _wanted(
    ask: Ask, rows: Mapping[str, object]
) -> Iterator[tuple[Instrument, Mapping[str, object], Origin]]:
    for instrument in ask.wanted.values():
        row = mapping(rows.get(instrument.symbol))
        if row:
            origin = ask.about(instrument, past_ms(row.get("timestamp"), ask.venue_now_ms))
            yield instrument, row, origin


def _ticker(row: Mapping[str, object], origin: Origin) -> list[Reading]:
    last = positive(row.get("last")) or positive(row.get("close"))
    percent = number(row.get("percentage"))
    change = None if percent is None else percent / 100.0
    return origin.ticker(last, change, not_negative(row.get("quoteVolume")))


def _next_ms(row: Mapping[str, object], now_ms: int) -> int | None:
    """When the rate is settled: ccxt has it under one name or the other, by venue."""
    told = (row.get("fundingTimestamp"), row.get("nextFundingTimestamp"))
    coming = [at for value in told if (at := coming_ms(value, now_ms)) is not None and at > now_ms]
    return min(coming, default=None)


def _hours(word: object) -> float | None:
    found = _HOURS.fullmatch(word) if isinstance(word, str) else None
    return interval_hours(found.group(1)) if found else None
