"""Binance COIN-M futures: what is asked, at what weight, and how its answers read.

Contracts are inverse, of a fixed value in USD. Open interest and volumes count contracts and, where
there is a field for it, coin; statistics are asked by pair, those of open interest and of takers
for its perpetual contract alone, the ratios for all contracts of the pair. A span of klines is at
most 200 days. What it has in common with USD-M stands in `binance_shared`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.market.instrument import ContractKind, Instrument
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
    ratio_of,
    series_rows,
)

_STATISTICS_ROWS = 500
_CANDLE_ROWS = 199
"""So many days are less than 200."""


def _usd_of(contracts: object, instrument: Instrument) -> float | None:
    """What so many contracts are worth in USD."""
    count = not_negative(contracts)
    return None if count is None else not_negative(count * instrument.contract_size)


def _open_interest(ask: Ask, answers: Sequence[object]) -> Parsed:
    parsed = Parsed()
    for instrument, row, origin in listed_contracts(ask, objects(answers), "symbol", "time"):
        mark = ask.facts.marks.get(instrument.market_id)
        usd = _usd_of(row.get("openInterest"), instrument)
        parsed.readings += origin.open_interest_in_usd(usd, mark)
    return parsed


def _ticker(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0])
    parsed = Parsed(rows=contracts_in(listed, "symbol"))
    for instrument, row, origin in listed_contracts(ask, listed, "symbol", "closeTime"):
        change_percent = number(row.get("priceChangePercent"))
        parsed.readings += origin.ticker(
            positive(row.get("lastPrice")),
            None if change_percent is None else change_percent / 100.0,
            _usd_of(row.get("volume"), instrument),
        )
    return parsed


def _past_interest(ask: Ask, answers: Sequence[object]) -> Parsed:
    found = [
        [
            PastInterest(
                time_ms,
                not_negative(row.get("sumOpenInterestValue")),
                _usd_of(row.get("sumOpenInterest"), ask.only),
            )
            for row in objects(answer)
            if (time_ms := past_ms(row.get("timestamp"), ask.venue_now_ms)) is not None
        ]
        for answer in answers
    ]
    return Parsed(readings=past_interest_reading(ask, found))


def _interest_rows(answer: object, instrument: Instrument) -> list[Row]:
    fields = ("timestamp", "sumOpenInterestValue", "sumOpenInterest")
    return [
        (time_ms, coin, contracts * instrument.contract_size)
        for time_ms, coin, contracts in series_rows(answer, (), fields)
    ]


def _taker_ratio(row: Mapping[str, object]) -> float | None:
    """Contracts that takers bought over those that they sold; in coin where those are absent."""
    ratio = ratio_of(row.get("takerBuyVol"), row.get("takerSellVol"))
    if ratio is not None:
        return ratio
    return ratio_of(row.get("takerBuyVolValue"), row.get("takerSellVolValue"))


def _pair(instrument: Instrument | None) -> Params:
    return {"pair": instrument.market_id.partition("_")[0]} if instrument else {}


def _perpetual_of_pair(instrument: Instrument | None) -> Params:
    return {**_pair(instrument), "contractType": "PERPETUAL"}


def _candle_params(instrument: Instrument, period: Period, since_ms: int, until_ms: int) -> Params:
    page = span(symbol_of(instrument), since_ms, until_ms, _CANDLE_ROWS)
    return {**page, "interval": period.word}


def _interest_params(
    instrument: Instrument, period: Period, since_ms: int, until_ms: int
) -> Params:
    page = span(_perpetual_of_pair(instrument), since_ms, until_ms, _STATISTICS_ROWS)
    return {**page, "period": period.word}


def _ratio_params(instrument: Instrument, period: Period, since_ms: int, until_ms: int) -> Params:
    page = span(_pair(instrument), since_ms, until_ms, _STATISTICS_ROWS)
    return {**page, "period": period.word}


CALLS = (
    Call(
        name="/dapi/v1/premiumIndex",
        method="dapiPublicGetPremiumIndex",
        lane=Lane.PRICE,
        interval_s=10.0,
        floor_s=1.0,
        charges={"weight": 10},
        requests=whole_venue,
        parse=premium_index,
        kinds=(ReadingKind.MARK_PRICE, ReadingKind.FUNDING_RATE),
    ),
    Call(
        name="/dapi/v1/openInterest",
        method="dapiPublicGetOpenInterest",
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
        name="/dapi/v1/ticker/24hr",
        method="dapiPublicGetTicker24hr",
        lane=Lane.FAST,
        interval_s=30.0,
        floor_s=5.0,
        charges={"weight": 40},
        requests=whole_venue,
        parse=_ticker,
        kinds=(ReadingKind.TICKER,),
    ),
    Call(
        name="/dapi/v1/fundingInfo",
        method="dapiPublicGetFundingInfo",
        lane=Lane.SLOW,
        interval_s=3600.0,
        floor_s=60.0,
        charges=FUNDING_CHARGE,
        requests=whole_venue,
        parse=funding_info,
    ),
    ratio_call(
        "globalLongShortAccountRatio",
        "dapiDataGetGlobalLongShortAccountRatio",
        RatioSeries.GLOBAL_ACCOUNTS,
        _pair,
    ),
    Call(
        name="/futures/data/openInterestHist",
        method="dapiDataGetOpenInterestHist",
        lane=Lane.SLOW,
        interval_s=300.0,
        floor_s=12.0,
        charges=STATISTICS_CHARGE,
        per_contract=True,
        requests=lambda instrument, now_ms: [
            {
                **_perpetual_of_pair(instrument),
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
        name="/dapi/v1/fundingRate",
        method="dapiPublicGetFundingRate",
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
        "dapiDataGetTopLongShortAccountRatio",
        RatioSeries.TOP_ACCOUNTS,
        _pair,
    ),
    ratio_call(
        "topLongShortPositionRatio",
        "dapiDataGetTopLongShortPositionRatio",
        RatioSeries.TOP_POSITIONS,
        _pair,
    ),
    ratio_call(
        "takerBuySellVol",
        "dapiDataGetTakerBuySellVol",
        RatioSeries.TAKER_VOLUME,
        _perpetual_of_pair,
        _taker_ratio,
    ),
)

SERIES = {
    SeriesKind.CANDLES: SeriesCall(
        name="/dapi/v1/klines",
        method="dapiPublicGetKlines",
        charges={"weight": 2},
        periods=STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params,
        # Column 5 counts contracts, column 7 coin.
        parse=lambda answer, _: candles(answer, (), (0, 1, 2, 3, 4, 7)),
    ),
    SeriesKind.MARK_CANDLES: SeriesCall(
        name="/dapi/v1/markPriceKlines",
        method="dapiPublicGetMarkPriceKlines",
        charges={"weight": 2},
        periods=STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params,
        parse=lambda answer, _: candles(answer, (), (0, 1, 2, 3, 4)),
    ),
    SeriesKind.OPEN_INTEREST: SeriesCall(
        name="/futures/data/openInterestHist",
        method="dapiDataGetOpenInterestHist",
        charges=STATISTICS_CHARGE,
        periods=STATISTICS_STEPS,
        page_rows=_STATISTICS_ROWS,
        params=_interest_params,
        parse=_interest_rows,
        depth_ms=STATISTICS_DEPTH_MS,
    ),
    SeriesKind.LONG_SHORT_RATIO: SeriesCall(
        name="/futures/data/globalLongShortAccountRatio",
        method="dapiDataGetGlobalLongShortAccountRatio",
        charges=STATISTICS_CHARGE,
        periods=STATISTICS_STEPS,
        page_rows=_STATISTICS_ROWS,
        params=_ratio_params,
        parse=lambda answer, _: series_rows(answer, (), ("timestamp", "longShortRatio")),
        depth_ms=STATISTICS_DEPTH_MS,
    ),
    SeriesKind.FUNDING: SeriesCall(
        name="/dapi/v1/fundingRate",
        method="dapiPublicGetFundingRate",
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
    venue="binancecoinm",
    ccxt_id="binancecoinm",
    hosts=("dapi.binance.com",),
    options={},
    contract_kinds=frozenset({ContractKind.INVERSE}),
    budgets=BUDGETS,
    markets_charges={"weight": 1},
    used_weight_header=("X-MBX-USED-WEIGHT-1M", "weight"),
    calls=CALLS,
    series=SERIES,
    series_not_offered={SeriesKind.LIQUIDATIONS: SINGLE_EVENTS},
)
