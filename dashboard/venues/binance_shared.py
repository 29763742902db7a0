"""What Binance's two futures interfaces, USD-M and COIN-M, have in common. Pure but for data.

Weights and depths: developers.binance.com, derivatives, market data and limits. `premiumIndex`
without a symbol weighs 10 and `ticker/24hr` 40; the statistics under /futures/data have a budget
of their own (1,000 requests per 5 minutes) and reach back 30 days; `fundingRate` and `fundingInfo`
share 500 per 5 minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dashboard.market.instrument import Instrument
from dashboard.market.readings import RatioSeries, ReadingKind
from dashboard.venues.answers import Ask, Facts, Parsed
from dashboard.venues.entry import Budget, Call, Lane, Params, Period
from dashboard.venues.fields import (
    coming_ms,
    funding_rate,
    interval_hours,
    objects,
    past_ms,
    positive,
)
from dashboard.venues.parse import (
    contracts_in,
    listed_contracts,
    ratio_reading,
    settlement,
)

STATISTICS_DEPTH_MS = 30 * 86_400_000 - 7_200_000
"""A start that is older than 30 days is refused; two hours leave time for the way."""
DEFAULT_FUNDING_HOURS = 8.0
STATISTICS_CHARGE = {"statistics": 1}
FUNDING_CHARGE = {"funding": 1}
BUDGETS: Mapping[str, Budget] = {
    "weight": Budget(2400, 60.0),
    "statistics": Budget(1000, 300.0),
    "funding": Budget(500, 300.0),
}
SINGLE_EVENTS = "Binance publishes single liquidation events only, no totals"

STEPS = {
    "1m": Period("1m", "1m", 60_000),
    "5m": Period("5m", "5m", 300_000),
    "15m": Period("15m", "15m", 900_000),
    "1h": Period("1h", "1h", 3_600_000),
    "4h": Period("4h", "4h", 14_400_000),
    "1d": Period("1d", "1d", 86_400_000),
}
STATISTICS_STEPS = STEPS | {"1m": STEPS["5m"]}
SETTLEMENTS = dict.fromkeys(STEPS, Period("", "funding", 3_600_000))


def premium_index(ask: Ask, answers: Sequence[object]) -> Parsed:
    """Mark, index and predicted funding of all contracts."""
    listed = objects(answers[0])
    parsed = Parsed(rows=contracts_in(listed, "symbol"))
    for instrument, row, origin in listed_contracts(ask, listed, "symbol", "time"):
        mark, index = positive(row.get("markPrice")), positive(row.get("indexPrice"))
        if mark is not None:
            parsed.facts.marks[instrument.market_id] = mark
        parsed.readings += origin.mark_price(mark, index)
        parsed.readings += origin.funding(
            funding_rate(row.get("lastFundingRate")),
            coming_ms(row.get("nextFundingTime"), ask.venue_now_ms),
            ask.facts,
        )
    return parsed


def funding_info(ask: Ask, answers: Sequence[object]) -> Parsed:
    """Contracts whose interval is not the usual 8 h; an absent one has 8 h, maybe once more.

    A list in which nothing can be read tells nothing of those that are absent from it either.
    """
    listed = {str(row.get("symbol")): row for row in objects(answers[0])}
    told = {
        market_id: hours
        for market_id, row in listed.items()
        if (hours := interval_hours(row.get("fundingIntervalHours"))) is not None
    }
    if not told:
        return Parsed()
    whole = len(told) == len(listed)
    facts = Facts(default_interval_hours=DEFAULT_FUNDING_HOURS if whole else None)
    absent = [market_id for market_id in ask.wanted if market_id not in listed]
    facts.interval_hours.update(dict.fromkeys(absent, DEFAULT_FUNDING_HOURS))
    facts.interval_hours.update(told)
    return Parsed(facts=facts)


def settlements(ask: Ask, answers: Sequence[object]) -> Parsed:
    """The last settled funding of one contract."""
    last = settlement(
        (time_ms, rate)
        for row in objects(answers[0])
        if (time_ms := past_ms(row.get("fundingTime"), ask.venue_now_ms)) is not None
        and (rate := funding_rate(row.get("fundingRate"))) is not None
    )
    return Parsed(facts=Facts(settlements={ask.only.market_id: last} if last else {}))


def ratio_parser(
    series: RatioSeries, ratio: Callable[[Mapping[str, object]], float | None]
) -> Callable[[Ask, Sequence[object]], Parsed]:
    """A parser of the statistic that `ratio` reads in a row."""

    def parse(ask: Ask, answers: Sequence[object]) -> Parsed:
        points = (
            (time_ms, value)
            for row in objects(answers[0])
            if (time_ms := past_ms(row.get("timestamp"), ask.venue_now_ms)) is not None
            and (value := ratio(row)) is not None
        )
        return Parsed(readings=ratio_reading(ask, points, series))

    return parse


def long_short_ratio(row: Mapping[str, object]) -> float | None:
    """Longs over shorts of a row of accounts or positions."""
    return positive(row.get("longShortRatio"))


def ratio_call(
    name: str,
    method: str,
    series: RatioSeries,
    about: Callable[[Instrument | None], Params],
    ratio: Callable[[Mapping[str, object]], float | None] = long_short_ratio,
) -> Call:
    """A question for a ratio: that of all accounts every five minutes, others seldomer."""
    is_global = series is RatioSeries.GLOBAL_ACCOUNTS
    return Call(
        name=f"/futures/data/{name}",
        method=method,
        lane=Lane.SLOW,
        interval_s=300.0 if is_global else 900.0,
        floor_s=6.0 if is_global else 30.0,
        charges=STATISTICS_CHARGE,
        per_contract=True,
        requests=lambda instrument, _: ({**about(instrument), "period": "5m", "limit": 1},),
        parse=ratio_parser(series, ratio),
        kinds=(ReadingKind.LONG_SHORT_RATIO,) if is_global else (),
    )


def symbol_of(instrument: Instrument | None) -> Params:
    """The contract as a parameter."""
    return {"symbol": instrument.market_id} if instrument else {}


def span(about: Params, since_ms: int, until_ms: int, limit: int) -> Params:
    """A page of `about`. Binance includes both ends of a span; ours ends before `until_ms`."""
    return {**about, "startTime": since_ms, "endTime": until_ms - 1, "limit": limit}
