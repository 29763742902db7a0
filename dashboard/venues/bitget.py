"""Bitget, USDT- and USDC-settled perpetuals: what is asked, at what weight, how its answers read.

`tickers` carries mark, index, last and open interest of all contracts of a product type,
`current-fund-rate` their funding with interval and next time. Open interest is in base coin. The
venue's own `longShortAccountRatio` was recorded as 0.0138 where 58 % were long and 42 % short, so
the ratio is taken from the two shares. Most endpoints allow 20 requests a second per address, the
ratio one (bitget.com/api-doc). All budgets here together are under half of the 6,000 a minute that
the venue allows an address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dashboard.market.instrument import Instrument
from dashboard.market.readings import RatioSeries, ReadingKind, SeriesKind
from dashboard.venues.answers import HOUR_MS, Ask, Facts, Parsed
from dashboard.venues.entry import (
    Budget,
    Call,
    Entry,
    Lane,
    LeftHeaders,
    Params,
    Period,
    Row,
    SeriesCall,
    TierCall,
)
from dashboard.venues.fields import (
    coming_ms,
    funding_rate,
    interval_hours,
    mapping,
    not_negative,
    number,
    objects,
    past_ms,
    positive,
)
from dashboard.venues.parse import (
    NOT_A_NUMBER,
    candles,
    contracts_in,
    listed_contracts,
    ratio_of,
    ratio_reading,
    series_rows,
    settlement,
)
from dashboard.venues.tier_columns import TierColumns, tier_parser

_PRODUCTS = ("USDT-FUTURES", "USDC-FUTURES")
_DATA = ("data",)
_HISTORY_CHARGE = {"history": 1}
_CANDLE_ROWS = 90
"""A span may not be longer than 90 days, which is so many of the longest steps."""
_FUNDING_ROWS = 100
_RATIO_ROWS = 30
_DAY_MS = 24 * HOUR_MS

_CANDLE_STEPS = {
    "1m": Period("1m", "1m", 60_000),
    "5m": Period("5m", "5m", 300_000),
    "15m": Period("15m", "15m", 900_000),
    "1h": Period("1H", "1h", HOUR_MS),
    "4h": Period("4H", "4h", 4 * HOUR_MS),
    "1d": Period("1Dutc", "1d", _DAY_MS),
}
_RATIO_STEPS = {
    "1m": Period("5m", "5m", 300_000),
    "5m": Period("5m", "5m", 300_000),
    "15m": Period("15m", "15m", 900_000),
    "1h": Period("1h", "1h", HOUR_MS),
    "4h": Period("4h", "4h", 4 * HOUR_MS),
    "1d": Period("1Dutc", "1d", _DAY_MS),
}
_SETTLEMENTS = dict.fromkeys(_CANDLE_STEPS, Period("", "funding", HOUR_MS))


def _all_products(_instrument: Instrument | None, _now_ms: int) -> Sequence[Params]:
    return [{"productType": product} for product in _PRODUCTS]


def _joined(answers: Sequence[object]) -> list[Mapping[str, object]]:
    return [row for answer in answers for row in objects(answer, *_DATA)]


def _tickers(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = _joined(answers)
    parsed = Parsed(rows=contracts_in(listed, "symbol"))
    for instrument, row, origin in listed_contracts(ask, listed, "symbol", "ts"):
        mark = positive(row.get("markPrice"))
        if mark is not None:
            parsed.facts.marks[instrument.market_id] = mark
        parsed.readings += origin.mark_price(mark, positive(row.get("indexPrice")))
        parsed.readings += origin.ticker(
            positive(row.get("lastPr")),
            number(row.get("change24h")),
            not_negative(row.get("quoteVolume")),
        )
        coin = not_negative(row.get("holdingAmount"))
        parsed.readings += origin.open_interest_at_mark(coin, mark)
    return parsed


def _funding(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = _joined(answers)
    parsed = Parsed(rows=contracts_in(listed, "symbol"))
    for instrument, row, origin in listed_contracts(ask, listed, "symbol"):
        known = Facts(
            interval_hours=dict(ask.facts.interval_hours), settlements=ask.facts.settlements
        )
        hours = interval_hours(row.get("fundingRateInterval"))
        if hours is not None:
            parsed.facts.interval_hours[instrument.market_id] = hours
            known.interval_hours[instrument.market_id] = hours
        parsed.readings += origin.funding(
            funding_rate(row.get("fundingRate")),
            coming_ms(row.get("nextUpdate"), ask.venue_now_ms),
            known,
        )
    return parsed


def _ratios(answer: object) -> Iterator[tuple[object, float | None]]:
    for row in objects(answer, *_DATA):
        yield row.get("ts"), ratio_of(row.get("longAccountRatio"), row.get("shortAccountRatio"))


def _ratio(ask: Ask, answers: Sequence[object]) -> Parsed:
    points = (
        (time_ms, ratio)
        for stamp, ratio in _ratios(answers[0])
        if (time_ms := past_ms(stamp, ask.venue_now_ms)) is not None and ratio is not None
    )
    return Parsed(readings=ratio_reading(ask, points, RatioSeries.GLOBAL_ACCOUNTS))


def _ratio_rows(answer: object, _instrument: Instrument) -> list[Row]:
    return [
        (time_ms, NOT_A_NUMBER if ratio is None else ratio)
        for stamp, ratio in _ratios(answer)
        if (time_ms := positive(stamp)) is not None
    ]


def _settlements(ask: Ask, answers: Sequence[object]) -> Parsed:
    last = settlement(
        (time_ms, rate)
        for row in objects(answers[0], *_DATA)
        if (time_ms := past_ms(row.get("fundingTime"), ask.venue_now_ms)) is not None
        and (rate := funding_rate(row.get("fundingRate"))) is not None
    )
    return Parsed(facts=Facts(settlements={ask.only.market_id: last} if last else {}))


def _contract(instrument: Instrument | None) -> Params:
    if instrument is None:
        return {}
    return {"productType": f"{instrument.settle}-FUTURES", "symbol": instrument.market_id}


def _candle_params(instrument: Instrument, period: Period, since_ms: int, until_ms: int) -> Params:
    """The end is not part of the span."""
    return {
        **_contract(instrument),
        "granularity": period.word,
        "startTime": since_ms,
        "endTime": until_ms,
        "limit": _CANDLE_ROWS,
    }


def _market_facts(market: Mapping[str, object], facts: Facts) -> None:
    """The listing tells the funding interval in hours."""
    hours = interval_hours(mapping(market.get("info")).get("fundInterval"))
    if hours is not None:
        facts.interval_hours[str(market.get("id"))] = hours


CALLS = (
    Call(
        name="/api/v2/mix/market/tickers",
        method="publicMixGetV2MixMarketTickers",
        lane=Lane.PRICE,
        interval_s=10.0,
        floor_s=1.0,
        charges={"tickers": 1},
        requests=_all_products,
        parse=_tickers,
        kinds=(ReadingKind.MARK_PRICE, ReadingKind.TICKER, ReadingKind.OPEN_INTEREST),
    ),
    Call(
        name="/api/v2/mix/market/current-fund-rate",
        method="publicMixGetV2MixMarketCurrentFundRate",
        lane=Lane.FAST,
        interval_s=30.0,
        floor_s=2.0,
        charges={"funding": 1},
        requests=_all_products,
        parse=_funding,
        kinds=(ReadingKind.FUNDING_RATE,),
    ),
    Call(
        name="/api/v2/mix/market/account-long-short",
        method="publicMixGetV2MixMarketAccountLongShort",
        lane=Lane.SLOW,
        interval_s=300.0,
        floor_s=6.0,
        charges={"ratio": 1},
        per_contract=True,
        requests=lambda instrument, _: ({**_contract(instrument), "period": "5m"},),
        parse=_ratio,
        kinds=(ReadingKind.LONG_SHORT_RATIO,),
    ),
    Call(
        name="/api/v2/mix/market/history-fund-rate",
        method="publicMixGetV2MixMarketHistoryFundRate",
        lane=Lane.SLOW,
        interval_s=600.0,
        floor_s=8.0,
        charges=_HISTORY_CHARGE,
        per_contract=True,
        requests=lambda instrument, _: ({**_contract(instrument), "pageSize": 2},),
        parse=_settlements,
    ),
)

SERIES = {
    SeriesKind.CANDLES: SeriesCall(
        name="/api/v2/mix/market/history-candles",
        method="publicMixGetV2MixMarketHistoryCandles",
        charges=_HISTORY_CHARGE,
        periods=_CANDLE_STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params,
        parse=lambda answer, _: candles(answer, _DATA, (0, 1, 2, 3, 4, 5)),
    ),
    SeriesKind.MARK_CANDLES: SeriesCall(
        name="/api/v2/mix/market/history-mark-candles",
        method="publicMixGetV2MixMarketHistoryMarkCandles",
        charges=_HISTORY_CHARGE,
        periods=_CANDLE_STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params,
        parse=lambda answer, _: candles(answer, _DATA, (0, 1, 2, 3, 4)),
    ),
    # The latest points only, whatever the span: a page covers all that the venue gives.
    SeriesKind.LONG_SHORT_RATIO: SeriesCall(
        name="/api/v2/mix/market/account-long-short",
        method="publicMixGetV2MixMarketAccountLongShort",
        charges={"ratio": 1},
        periods=_RATIO_STEPS,
        page_rows=_RATIO_ROWS,
        params=lambda instrument, period, _since, _until: {
            **_contract(instrument),
            "period": period.word,
        },
        parse=_ratio_rows,
        depth_ms=_RATIO_ROWS * 300_000,
    ),
    SeriesKind.FUNDING: SeriesCall(
        name="/api/v2/mix/market/history-fund-rate",
        method="publicMixGetV2MixMarketHistoryFundRate",
        charges=_HISTORY_CHARGE,
        periods=_SETTLEMENTS,
        page_rows=8 * _FUNDING_ROWS,
        params=lambda instrument, _period, _since, _until: {
            **_contract(instrument),
            "pageSize": _FUNDING_ROWS,
        },
        parse=lambda answer, _: series_rows(answer, _DATA, ("fundingTime", "fundingRate")),
        depth_ms=8 * _FUNDING_ROWS * HOUR_MS,
    ),
}

ENTRY = Entry(
    venue="bitget",
    ccxt_id="bitget",
    hosts=("api.bitget.com",),
    options={"fetchMarkets": {"types": ["swap"]}, "defaultType": "swap"},
    budgets={
        "contracts": Budget(20, 1.0),
        "tickers": Budget(20, 1.0),
        "funding": Budget(20, 1.0),
        "history": Budget(20, 1.0),
        "tiers": Budget(10, 1.0),
        # One a second, said over two: half of one request is none.
        "ratio": Budget(2, 2.0),
        "account": Budget(5, 1.0),
        "account-info": Budget(2, 2.0),
    },
    markets_charges={"contracts": 1},
    markets_requests=6,  # ccxt asks every product type
    left_headers=LeftHeaders("x-mbx-used-remain-limit"),
    calls=CALLS,
    series=SERIES,
    not_offered={
        ReadingKind.OPEN_INTEREST_PAST: "Bitget publishes no history of open interest",
    },
    series_not_offered={
        SeriesKind.OPEN_INTEREST: "Bitget publishes no history of open interest",
        SeriesKind.LIQUIDATIONS: "Bitget publishes no liquidation totals",
    },
    tiers=TierCall(
        name="/api/v2/mix/market/query-position-lever",
        method="publicMixGetV2MixMarketQueryPositionLever",
        charges={"tiers": 1},
        requests=lambda instruments: [_contract(instrument) for instrument in instruments],
        parse=tier_parser(
            TierColumns(
                listed_under=_DATA, cap="endUnit", rate="keepMarginRate", leverage="leverage"
            ),
            "Bitget /api/v2/mix/market/query-position-lever",
        ),
    ),
    market_facts=_market_facts,
)
