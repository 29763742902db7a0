"""Binance USD-M futures: what is asked, at what weight, and how its answers read.

Open interest is in base coin, one-sided. What it has in common with COIN-M stands in
`binance_shared`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.market.instrument import Instrument
from dashboard.market.readings import RatioSeries, ReadingKind, SeriesKind
from dashboard.venues.answers import Ask, Parsed, PastInterest
from dashboard.venues.binance_shared import (
    BUDGETS,
    FUNDING_CHARGE,
    SETTLEMENTS,
    SINGLE_EVENTS,
    STATISTICS_CHARGE,
    STATISTICS_DEPTH_MS,
    STATISTICS_STEPS,
    STEPS,
    funding_info,
    premium_index,
    ratio_call,
    settlements,
    span,
    symbol_of,
)
from dashboard.venues.entry import (
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
from dashboard.venues.fields import not_negative, number, objects, past_ms, positive
from dashboard.venues.parse import (
    candles,
    contracts_in,
    listed_contracts,
    past_interest_reading,
    series_rows,
)

_STATISTICS_ROWS = 500
_CANDLE_ROWS = 499


def _open_interest(ask: Ask, answers: Sequence[object]) -> Parsed:
    parsed = Parsed()
    for instrument, row, origin in listed_contracts(ask, objects(answers), "symbol", "time"):
        mark = ask.facts.marks.get(instrument.market_id)
        coin = not_negative(row.get("openInterest"))
        parsed.readings += origin.open_interest_at_mark(coin, mark)
    return parsed


def _ticker(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0])
    parsed = Parsed(rows=contracts_in(listed, "symbol"))
    for _, row, origin in listed_contracts(ask, listed, "symbol", "closeTime"):
        change_percent = number(row.get("priceChangePercent"))
        parsed.readings += origin.ticker(
            positive(row.get("lastPrice")),
            None if change_percent is None else change_percent / 100.0,
            not_negative(row.get("quoteVolume")),
        )
    return parsed


def _past_interest(ask: Ask, answers: Sequence[object]) -> Parsed:
    found = [
        [
            PastInterest(
                time_ms,
                not_negative(row.get("sumOpenInterest")),
                _dollars(row.get("sumOpenInterestValue"), ask.only),
            )
            for row in objects(answer)
            if (time_ms := past_ms(row.get("timestamp"), ask.venue_now_ms)) is not None
        ]
        for answer in answers
    ]
    return Parsed(readings=past_interest_reading(ask, found))


def _dollars(amount: object, instrument: Instrument) -> float | None:
    """An amount in quote currency where that is a dollar: of ETHBTC it is bitcoin."""
    return not_negative(amount) if instrument.in_dollars else None


def _interest_rows(answer: object, instrument: Instrument) -> list[Row]:
    """ "" names a column that is never there."""
    value = "sumOpenInterestValue" if instrument.in_dollars else ""
    return series_rows(answer, (), ("timestamp", "sumOpenInterest", value))


def _candle_params(instrument: Instrument, period: Period, since_ms: int, until_ms: int) -> Params:
    return {
        **span(symbol_of(instrument), since_ms, until_ms, _CANDLE_ROWS),
        "interval": period.word,
    }


def _statistics_params(
    instrument: Instrument, period: Period, since_ms: int, until_ms: int
) -> Params:
    return {
        **span(symbol_of(instrument), since_ms, until_ms, _STATISTICS_ROWS),
        "period": period.word,
    }


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
        parse=premium_index,
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
        requests=lambda instrument, _: (symbol_of(instrument),),
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
        charges=FUNDING_CHARGE,
        requests=whole_venue,
        parse=funding_info,
    ),
    ratio_call(
        "globalLongShortAccountRatio",
        "fapiDataGetGlobalLongShortAccountRatio",
        RatioSeries.GLOBAL_ACCOUNTS,
        symbol_of,
    ),
    Call(
        name="/futures/data/openInterestHist",
        method="fapiDataGetOpenInterestHist",
        lane=Lane.SLOW,
        interval_s=300.0,
        floor_s=12.0,
        charges=STATISTICS_CHARGE,
        per_contract=True,
        requests=lambda instrument, now_ms: [
            {
                **symbol_of(instrument),
                "period": "5m",
                "startTime": start,
                "endTime": end,
                "limit": 14,
            }
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
        charges=FUNDING_CHARGE,
        per_contract=True,
        requests=lambda instrument, _: ({**symbol_of(instrument), "limit": 2},),
        parse=settlements,
    ),
    ratio_call(
        "topLongShortAccountRatio",
        "fapiDataGetTopLongShortAccountRatio",
        RatioSeries.TOP_ACCOUNTS,
        symbol_of,
    ),
    ratio_call(
        "topLongShortPositionRatio",
        "fapiDataGetTopLongShortPositionRatio",
        RatioSeries.TOP_POSITIONS,
        symbol_of,
    ),
    ratio_call(
        "takerlongshortRatio",
        "fapiDataGetTakerlongshortRatio",
        RatioSeries.TAKER_VOLUME,
        symbol_of,
        lambda row: positive(row.get("buySellRatio")),
    ),
)

SERIES = {
    SeriesKind.CANDLES: SeriesCall(
        name="/fapi/v1/klines",
        method="fapiPublicGetKlines",
        charges={"weight": 2},
        periods=STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params,
        parse=_last_candles,
    ),
    SeriesKind.MARK_CANDLES: SeriesCall(
        name="/fapi/v1/markPriceKlines",
        method="fapiPublicGetMarkPriceKlines",
        charges={"weight": 2},
        periods=STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params,
        parse=_mark_candles,
    ),
    SeriesKind.OPEN_INTEREST: SeriesCall(
        name="/futures/data/openInterestHist",
        method="fapiDataGetOpenInterestHist",
        charges=STATISTICS_CHARGE,
        periods=STATISTICS_STEPS,
        page_rows=_STATISTICS_ROWS,
        params=_statistics_params,
        parse=_interest_rows,
        depth_ms=STATISTICS_DEPTH_MS,
    ),
    SeriesKind.LONG_SHORT_RATIO: SeriesCall(
        name="/futures/data/globalLongShortAccountRatio",
        method="fapiDataGetGlobalLongShortAccountRatio",
        charges=STATISTICS_CHARGE,
        periods=STATISTICS_STEPS,
        page_rows=_STATISTICS_ROWS,
        params=_statistics_params,
        parse=lambda answer, _: series_rows(answer, (), ("timestamp", "longShortRatio")),
        depth_ms=STATISTICS_DEPTH_MS,
    ),
    SeriesKind.FUNDING: SeriesCall(
        name="/fapi/v1/fundingRate",
        method="fapiPublicGetFundingRate",
        charges=FUNDING_CHARGE,
        periods=SETTLEMENTS,
        page_rows=1000,
        params=lambda instrument, _, since_ms, until_ms: span(
            symbol_of(instrument), since_ms, until_ms, 1000
        ),
        parse=lambda answer, _: series_rows(answer, (), ("fundingTime", "fundingRate")),
    ),
}

ENTRY = Entry(
    venue="binanceusdm",
    ccxt_id="binanceusdm",
    hosts=("fapi.binance.com",),
    options={},
    budgets=BUDGETS,
    markets_charges={"weight": 1},
    used_weight_header=("X-MBX-USED-WEIGHT-1M", "weight"),
    calls=CALLS,
    series=SERIES,
    series_not_offered={SeriesKind.LIQUIDATIONS: SINGLE_EVENTS},
)
