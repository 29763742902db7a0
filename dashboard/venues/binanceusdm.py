"""Binance USD-M futures: what is asked, at what weight, and how its answers read.

Weights and depths: developers.binance.com, USDS-margined futures, market data and limits.
`premiumIndex` without a symbol weighs 10 and `ticker/24hr` 40; the statistics under /futures/data
have a budget of their own (1,000 requests per 5 minutes) and reach back 30 days; `fundingRate`
and `fundingInfo` share 500 per 5 minutes. Open interest is in base coin, one-sided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboard.market.instrument import Instrument
from dashboard.market.readings import RatioSeries, ReadingKind, SeriesKind
from dashboard.venues.answers import Ask, Facts, Parsed, PastInterest
from dashboard.venues.entry import (
    Budget,
    Call,
    Entry,
    Lane,
    Params,
    Period,
    Row,
    SeriesCall,
    spans_ending,
    whole_venue,
)
from dashboard.venues.fields import (
    coming_ms,
    funding_rate,
    interval_hours,
    not_negative,
    number,
    objects,
    past_ms,
    positive,
)
from dashboard.venues.parse import (
    candles,
    listed_contracts,
    past_interest_reading,
    ratio_reading,
    series_rows,
    settlement,
)

STATISTICS_DEPTH_MS = 30 * 86_400_000 - 7_200_000
"""A start that is older than 30 days is refused; two hours leave time for the way."""
DEFAULT_FUNDING_HOURS = 8.0
_STATISTICS_ROWS = 500
_CANDLE_ROWS = 499
_STATISTICS_CHARGE = {"statistics": 1}
_FUNDING_CHARGE = {"funding": 1}

_STEPS = {
    "1m": Period("1m", "1m", 60_000),
    "5m": Period("5m", "5m", 300_000),
    "15m": Period("15m", "15m", 900_000),
    "1h": Period("1h", "1h", 3_600_000),
    "4h": Period("4h", "4h", 14_400_000),
    "1d": Period("1d", "1d", 86_400_000),
}
_STATISTICS_STEPS = _STEPS | {"1m": _STEPS["5m"]}
_SETTLEMENTS = dict.fromkeys(_STEPS, Period("", "funding", 3_600_000))


def _premium_index(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0])
    parsed = Parsed(rows=len(listed))
    for instrument, row, origin in listed_contracts(ask, listed, "symbol", "time"):
        mark, index = positive(row.get("markPrice")), positive(row.get("indexPrice"))
        if mark is not None:
            parsed.facts.marks[instrument.market_id] = mark
        parsed.readings += origin.mark_price(mark, index)
        parsed.readings += origin.funding(
            funding_rate(row.get("lastFundingRate")),
            coming_ms(row.get("nextFundingTime"), ask.now_ms),
            ask.facts,
        )
    return parsed


def _open_interest(ask: Ask, answers: Sequence[object]) -> Parsed:
    parsed = Parsed()
    for instrument, row, origin in listed_contracts(ask, objects(answers), "symbol", "time"):
        mark = ask.facts.marks.get(instrument.market_id)
        coin = not_negative(row.get("openInterest"))
        parsed.readings += origin.open_interest_at_mark(coin, mark)
    return parsed


def _ticker(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0])
    parsed = Parsed(rows=len(listed))
    for _, row, origin in listed_contracts(ask, listed, "symbol", "closeTime"):
        change_percent = number(row.get("priceChangePercent"))
        parsed.readings += origin.ticker(
            positive(row.get("lastPrice")),
            None if change_percent is None else change_percent / 100.0,
            not_negative(row.get("quoteVolume")),
        )
    return parsed


def _funding_info(_ask: Ask, answers: Sequence[object]) -> Parsed:
    """Contracts whose interval is not the usual 8 h; an absent one has 8 h."""
    facts = Facts(default_interval_hours=DEFAULT_FUNDING_HOURS)
    for row in objects(answers[0]):
        hours = interval_hours(row.get("fundingIntervalHours"))
        if hours is not None:
            facts.interval_hours[str(row.get("symbol"))] = hours
    return Parsed(facts=facts)


def _settlements(ask: Ask, answers: Sequence[object]) -> Parsed:
    last = settlement(
        (time_ms, rate)
        for row in objects(answers[0])
        if (time_ms := past_ms(row.get("fundingTime"), ask.now_ms)) is not None
        and (rate := funding_rate(row.get("fundingRate"))) is not None
    )
    return Parsed(facts=Facts(settlements={ask.only.market_id: last} if last else {}))


def _past_interest(ask: Ask, answers: Sequence[object]) -> Parsed:
    found = [
        [
            PastInterest(
                time_ms,
                not_negative(row.get("sumOpenInterest")),
                not_negative(row.get("sumOpenInterestValue")),
            )
            for row in objects(answer)
            if (time_ms := past_ms(row.get("timestamp"), ask.now_ms)) is not None
        ]
        for answer in answers
    ]
    return Parsed(readings=past_interest_reading(ask, found))


def _ratio(series: RatioSeries, field: str) -> Callable[[Ask, Sequence[object]], Parsed]:
    def parse(ask: Ask, answers: Sequence[object]) -> Parsed:
        points = (
            (time_ms, ratio)
            for row in objects(answers[0])
            if (time_ms := past_ms(row.get("timestamp"), ask.now_ms)) is not None
            and (ratio := positive(row.get(field))) is not None
        )
        return Parsed(readings=ratio_reading(ask, points, series))

    return parse


def _symbol(instrument: Instrument | None) -> Params:
    return {"symbol": instrument.market_id} if instrument else {}


def _ratio_call(name: str, method: str, series: RatioSeries, field: str, every_s: float) -> Call:
    is_global = series is RatioSeries.GLOBAL_ACCOUNTS
    return Call(
        name=f"/futures/data/{name}",
        method=method,
        lane=Lane.SLOW,
        interval_s=every_s,
        floor_s=6.0 if is_global else 30.0,
        charges=_STATISTICS_CHARGE,
        per_contract=True,
        requests=lambda instrument, _: ({**_symbol(instrument), "period": "5m", "limit": 1},),
        parse=_ratio(series, field),
        kinds=(ReadingKind.LONG_SHORT_RATIO,) if is_global else (),
    )


def _span(instrument: Instrument, since_ms: int, until_ms: int, limit: int) -> Params:
    """Binance includes both ends of a span; ours ends before `until_ms`."""
    return {**_symbol(instrument), "startTime": since_ms, "endTime": until_ms - 1, "limit": limit}


def _candle_params(instrument: Instrument, period: Period, since_ms: int, until_ms: int) -> Params:
    return {**_span(instrument, since_ms, until_ms, _CANDLE_ROWS), "interval": period.word}


def _statistics_params(
    instrument: Instrument, period: Period, since_ms: int, until_ms: int
) -> Params:
    return {**_span(instrument, since_ms, until_ms, _STATISTICS_ROWS), "period": period.word}


def _last_candles(answer: object, _instrument: Instrument) -> list[Row]:
    return candles(answer, (), (0, 1, 2, 3, 4, 5))


def _mark_candles(answer: object, _instrument: Instrument) -> list[Row]:
    return candles(answer, (), (0, 1, 2, 3, 4))


CALLS = (
    Call(
        name="/fapi/v1/premiumIndex",
        method="fapiPublicGetPremiumIndex",
        lane=Lane.PRICE,
        interval_s=10.0,
        floor_s=1.0,
        charges={"weight": 10},
        requests=whole_venue,
        parse=_premium_index,
        kinds=(ReadingKind.MARK_PRICE, ReadingKind.FUNDING_RATE),
    ),
    Call(
        name="/fapi/v1/openInterest",
        method="fapiPublicGetOpenInterest",
        lane=Lane.FAST,
        interval_s=10.0,
        floor_s=3.0,
        charges={"weight": 1},
        per_contract=True,
        requests=lambda instrument, _: (_symbol(instrument),),
        parse=_open_interest,
        kinds=(ReadingKind.OPEN_INTEREST,),
    ),
    Call(
        name="/fapi/v1/ticker/24hr",
        method="fapiPublicGetTicker24hr",
        lane=Lane.FAST,
        interval_s=30.0,
        floor_s=5.0,
        charges={"weight": 40},
        requests=whole_venue,
        parse=_ticker,
        kinds=(ReadingKind.TICKER,),
    ),
    Call(
        name="/fapi/v1/fundingInfo",
        method="fapiPublicGetFundingInfo",
        lane=Lane.SLOW,
        interval_s=3600.0,
        floor_s=60.0,
        charges=_FUNDING_CHARGE,
        requests=whole_venue,
        parse=_funding_info,
    ),
    _ratio_call(
        "globalLongShortAccountRatio",
        "fapiDataGetGlobalLongShortAccountRatio",
        RatioSeries.GLOBAL_ACCOUNTS,
        "longShortRatio",
        300.0,
    ),
    Call(
        name="/futures/data/openInterestHist",
        method="fapiDataGetOpenInterestHist",
        lane=Lane.SLOW,
        interval_s=300.0,
        floor_s=12.0,
        charges=_STATISTICS_CHARGE,
        per_contract=True,
        requests=lambda instrument, now_ms: [
            {**_symbol(instrument), "period": "5m", "startTime": start, "endTime": end, "limit": 14}
            for start, end in spans_ending(now_ms, 1, 24)
        ],
        parse=_past_interest,
        kinds=(ReadingKind.OPEN_INTEREST_PAST,),
    ),
    Call(
        name="/fapi/v1/fundingRate",
        method="fapiPublicGetFundingRate",
        lane=Lane.SLOW,
        interval_s=600.0,
        floor_s=8.0,
        charges=_FUNDING_CHARGE,
        per_contract=True,
        requests=lambda instrument, _: ({**_symbol(instrument), "limit": 2},),
        parse=_settlements,
    ),
    _ratio_call(
        "topLongShortAccountRatio",
        "fapiDataGetTopLongShortAccountRatio",
        RatioSeries.TOP_ACCOUNTS,
        "longShortRatio",
        900.0,
    ),
    _ratio_call(
        "topLongShortPositionRatio",
        "fapiDataGetTopLongShortPositionRatio",
        RatioSeries.TOP_POSITIONS,
        "longShortRatio",
        900.0,
    ),
    _ratio_call(
        "takerlongshortRatio",
        "fapiDataGetTakerlongshortRatio",
        RatioSeries.TAKER_VOLUME,
        "buySellRatio",
        900.0,
    ),
)

SERIES = {
    SeriesKind.CANDLES: SeriesCall(
        name="/fapi/v1/klines",
        method="fapiPublicGetKlines",
        charges={"weight": 2},
        periods=_STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params,
        parse=_last_candles,
    ),
    SeriesKind.MARK_CANDLES: SeriesCall(
        name="/fapi/v1/markPriceKlines",
        method="fapiPublicGetMarkPriceKlines",
        charges={"weight": 2},
        periods=_STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params,
        parse=_mark_candles,
    ),
    SeriesKind.OPEN_INTEREST: SeriesCall(
        name="/futures/data/openInterestHist",
        method="fapiDataGetOpenInterestHist",
        charges=_STATISTICS_CHARGE,
        periods=_STATISTICS_STEPS,
        page_rows=_STATISTICS_ROWS,
        params=_statistics_params,
        parse=lambda answer, _: series_rows(
            answer, (), ("timestamp", "sumOpenInterest", "sumOpenInterestValue")
        ),
        depth_ms=STATISTICS_DEPTH_MS,
    ),
    SeriesKind.LONG_SHORT_RATIO: SeriesCall(
        name="/futures/data/globalLongShortAccountRatio",
        method="fapiDataGetGlobalLongShortAccountRatio",
        charges=_STATISTICS_CHARGE,
        periods=_STATISTICS_STEPS,
        page_rows=_STATISTICS_ROWS,
        params=_statistics_params,
        parse=lambda answer, _: series_rows(answer, (), ("timestamp", "longShortRatio")),
        depth_ms=STATISTICS_DEPTH_MS,
    ),
    SeriesKind.FUNDING: SeriesCall(
        name="/fapi/v1/fundingRate",
        method="fapiPublicGetFundingRate",
        charges=_FUNDING_CHARGE,
        periods=_SETTLEMENTS,
        page_rows=1000,
        params=lambda instrument, _, since_ms, until_ms: _span(
            instrument, since_ms, until_ms, 1000
        ),
        parse=lambda answer, _: series_rows(answer, (), ("fundingTime", "fundingRate")),
    ),
}

ENTRY = Entry(
    venue="binanceusdm",
    ccxt_id="binanceusdm",
    hosts=("fapi.binance.com",),
    options={},
    budgets={
        "weight": Budget(2400, 60.0),
        "statistics": Budget(1000, 300.0),
        "funding": Budget(500, 300.0),
    },
    markets_charges={"weight": 1},
    used_weight_header=("X-MBX-USED-WEIGHT-1M", "weight"),
    calls=CALLS,
    series=SERIES,
    series_not_offered={
        SeriesKind.LIQUIDATIONS: "Binance publishes single liquidation events only, no totals"
    },
)
