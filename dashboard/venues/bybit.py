"""Bybit v5, USDT, USDC and inverse perpetuals: what is asked, at what weight, how answers read.

One request, `tickers`, carries mark, index, last, funding and open interest of all contracts of a
category. The venue allows 600 requests in 5 seconds per address and then answers 403 for ten
minutes (bybit-exchange.github.io/docs/v5/rate-limit). Open interest is in base coin, its value in
USD at mark; of an inverse contract, which is 1 USD, it is the other way round, and so are volume
and turnover. `openInterest` counts longs and shorts, `singleOpenInterest` beside it one side
(bybit-exchange.github.io/docs/v5/market/tickers); older answers have the first alone. The ratio's
periods are words such as "5min", not "5m".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.market.instrument import (
    ContractKind,
    Instrument,
    MarginTier,
    TierTable,
    TierUnit,
)
from dashboard.market.readings import RatioSeries, Reading, ReadingKind, SeriesKind
from dashboard.venues.answers import Ask, Facts, Origin, Parsed, PastInterest
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
    spans_ending,
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
    past_interest_reading,
    ratio_of,
    ratio_reading,
    series_rows,
    settlement,
)

_READ_AT_ONCE = (
    ReadingKind.MARK_PRICE,
    ReadingKind.TICKER,
    ReadingKind.FUNDING_RATE,
    ReadingKind.OPEN_INTEREST,
)
_CHARGE = {"requests": 1}
_LIST = ("result", "list")

_MINUTE_MS = 60_000
_CANDLE_STEPS = {
    "1m": Period("1", "1m", _MINUTE_MS),
    "5m": Period("5", "5m", 5 * _MINUTE_MS),
    "15m": Period("15", "15m", 15 * _MINUTE_MS),
    "1h": Period("60", "1h", 60 * _MINUTE_MS),
    "4h": Period("240", "4h", 240 * _MINUTE_MS),
    "1d": Period("D", "1d", 1440 * _MINUTE_MS),
}
_STATISTICS_STEPS = {
    "1m": Period("5min", "5m", 5 * _MINUTE_MS),
    "5m": Period("5min", "5m", 5 * _MINUTE_MS),
    "15m": Period("15min", "15m", 15 * _MINUTE_MS),
    "1h": Period("1h", "1h", 60 * _MINUTE_MS),
    "4h": Period("4h", "4h", 240 * _MINUTE_MS),
    "1d": Period("1d", "1d", 1440 * _MINUTE_MS),
}
_SETTLEMENTS = dict.fromkeys(_CANDLE_STEPS, Period("", "funding", 60 * _MINUTE_MS))


def _tickers(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0], *_LIST)
    venue_ms = past_ms(mapping(answers[0]).get("time"), ask.venue_now_ms)
    parsed = Parsed(rows=contracts_in(listed, "symbol"))
    for instrument, row, _ in listed_contracts(ask, listed, "symbol"):
        _take_ticker(ask, instrument, row, ask.about(instrument, venue_ms), parsed)
    return parsed


def _take_ticker(
    ask: Ask, instrument: Instrument, row: Mapping[str, object], origin: Origin, parsed: Parsed
) -> None:
    is_linear = instrument.kind is ContractKind.LINEAR
    mark = positive(row.get("markPrice"))
    hours = interval_hours(row.get("fundingIntervalHour"))
    if mark is not None:
        parsed.facts.marks[instrument.market_id] = mark
    known = ask.facts
    if hours is not None:
        parsed.facts.interval_hours[instrument.market_id] = hours
        known = Facts(
            interval_hours={instrument.market_id: hours}, settlements=ask.facts.settlements
        )
    parsed.readings += origin.mark_price(mark, positive(row.get("indexPrice")))
    parsed.readings += origin.ticker(
        positive(row.get("lastPrice")),
        number(row.get("price24hPcnt")),
        not_negative(row.get("turnover24h" if is_linear else "volume24h")),
    )
    parsed.readings += origin.funding(
        funding_rate(row.get("fundingRate")),
        coming_ms(row.get("nextFundingTime"), ask.venue_now_ms),
        known,
    )
    parsed.readings += _interest_reading(row, origin, mark)


def _interest_reading(
    row: Mapping[str, object], origin: Origin, mark: float | None
) -> list[Reading]:
    """Both amounts where the venue gives both, else the other one at mark."""
    field = _amount_field([row])
    counted, value = not_negative(row.get(field)), not_negative(row.get(f"{field}Value"))
    is_linear = origin.instrument.kind is ContractKind.LINEAR
    if value is not None:
        coin, usd = (counted, value) if is_linear else (value, counted)
        return origin.open_interest(coin, usd, "coin and USD at mark from the venue")
    if is_linear:
        return origin.open_interest_at_mark(counted, mark)
    return origin.open_interest_in_usd(counted, mark)


def _amount_field(listed: Sequence[Mapping[str, object]]) -> str:
    """The field with the amount of one side, or the only one of an older answer.

    Where one side is told of a single row, what counts both is not taken for it in any other.
    """
    one_side = "singleOpenInterest"
    told = any(field in row for row in listed for field in (one_side, f"{one_side}Value"))
    return one_side if told else "openInterest"


def _settlements(ask: Ask, answers: Sequence[object]) -> Parsed:
    last = settlement(
        (time_ms, rate)
        for row in objects(answers[0], *_LIST)
        if (time_ms := past_ms(row.get("fundingRateTimestamp"), ask.venue_now_ms)) is not None
        and (rate := funding_rate(row.get("fundingRate"))) is not None
    )
    return Parsed(facts=Facts(settlements={ask.only.market_id: last} if last else {}))


def _past_interest(ask: Ask, answers: Sequence[object]) -> Parsed:
    is_linear = ask.only.kind is ContractKind.LINEAR
    listed = [objects(answer, *_LIST) for answer in answers]
    field = _amount_field([row for rows in listed for row in rows])
    found = [
        [
            PastInterest(time_ms, amount if is_linear else None, None if is_linear else amount)
            for row in rows
            if (amount := not_negative(row.get(field))) is not None
            and (time_ms := past_ms(row.get("timestamp"), ask.venue_now_ms)) is not None
        ]
        for rows in listed
    ]
    return Parsed(readings=past_interest_reading(ask, found))


def _ratio(ask: Ask, answers: Sequence[object]) -> Parsed:
    points = (
        (time_ms, ratio)
        for row in objects(answers[0], *_LIST)
        if (time_ms := past_ms(row.get("timestamp"), ask.venue_now_ms)) is not None
        and (ratio := ratio_of(row.get("buyRatio"), row.get("sellRatio"))) is not None
    )
    return Parsed(readings=ratio_reading(ask, points, RatioSeries.GLOBAL_ACCOUNTS))


def _ratio_rows(answer: object, _instrument: Instrument) -> list[Row]:
    return [
        (time_ms, NOT_A_NUMBER if (ratio := ratio_of(longs, shorts)) is None else ratio)
        for time_ms, longs, shorts in series_rows(
            answer, _LIST, ("timestamp", "buyRatio", "sellRatio")
        )
    ]


def _tiers(
    answers: Sequence[object], instruments: Sequence[Instrument], now_ms: int
) -> list[TierTable]:
    """Bybit's risk limits: bounds in settle currency, rates rising, a deduction per tier."""
    tables: list[TierTable] = []
    for answer, instrument in zip(answers, instruments, strict=True):
        tiers: list[MarginTier] = []
        listed = objects(answer, *_LIST)
        for row in sorted(listed, key=lambda row: number(row.get("riskLimitValue")) or 0.0):
            leverage = positive(row.get("maxLeverage"))
            cap, mmr = positive(row.get("riskLimitValue")), _maintenance_rate(row, leverage)
            if cap is None or mmr is None:
                break
            before = tiers[-1] if tiers else MarginTier(floor=0.0, cap=0.0, mmr=mmr)
            # An empty mmDeduction stands on the first tier; elsewhere it follows from continuity.
            cum = number(row.get("mmDeduction"))
            if cum is None:
                cum = before.cum + before.cap * (mmr - before.mmr)
            tiers.append(
                MarginTier(floor=before.cap, cap=cap, mmr=mmr, cum=cum, max_leverage=leverage)
            )
        if tiers:
            tables.append(
                TierTable(
                    venue=instrument.venue,
                    symbol=instrument.symbol,
                    tiers=tuple(tiers),
                    unit=_TIER_UNITS[instrument.kind],
                    as_of_ms=now_ms,
                    source="Bybit /v5/market/risk-limit",
                )
            )
    return tables


_TIER_UNITS = {ContractKind.LINEAR: TierUnit.QUOTE, ContractKind.INVERSE: TierUnit.COIN}


def _maintenance_rate(row: Mapping[str, object], leverage: float | None) -> float | None:
    """MMR as a fraction. Some answers give percent: then it would lie above 1 / leverage."""
    rate = positive(row.get("maintenanceMargin"))
    if rate is None or leverage is None:
        return None
    rate = rate if rate * leverage < 1.0 else rate / 100.0
    return rate if rate * leverage < 1.0 else None


def _market_facts(market: Mapping[str, object], facts: Facts) -> None:
    """The listing tells the funding interval in minutes."""
    minutes = positive(mapping(market.get("info")).get("fundingInterval"))
    hours = interval_hours(None if minutes is None else minutes / 60.0)
    if hours is not None:
        facts.interval_hours[str(market.get("id"))] = hours


def _symbol(instrument: Instrument | None) -> Params:
    if instrument is None:
        return {}
    return {"category": instrument.kind.value, "symbol": instrument.market_id}


def _contract_size(market: Mapping[str, object]) -> object:
    """ccxt takes the least order for the size of an inverse contract; it is 1 USD."""
    return 1.0 if market.get("inverse") else market.get("contractSize")


def _interest_rows(answer: object, instrument: Instrument) -> list[Row]:
    """The history has one amount, in coin or, of an inverse contract, in USD.

    "" names a column that is never there.
    """
    field = _amount_field(objects(answer, *_LIST))
    columns = (field, "") if instrument.kind is ContractKind.LINEAR else ("", field)
    return series_rows(answer, _LIST, ("timestamp", *columns))


def _candle_rows(answer: object, instrument: Instrument) -> list[Row]:
    """Candles with their volume in coin, which of an inverse contract is the turnover."""
    volume = 5 if instrument.kind is ContractKind.LINEAR else 6
    return candles(answer, _LIST, (0, 1, 2, 3, 4, volume))


def _candle_params(instrument: Instrument, period: Period, since_ms: int, until_ms: int) -> Params:
    """`start` and `end` are opening times of candles, both included."""
    span: Params = {"start": since_ms, "end": until_ms - 1, "limit": 1000}
    return _symbol(instrument) | span | {"interval": period.word}


def _span(instrument: Instrument, since_ms: int, until_ms: int, limit: int) -> Params:
    span: Params = {"startTime": since_ms, "endTime": until_ms - 1, "limit": limit}
    return _symbol(instrument) | span


def _tickers_call(name: str, kind: ContractKind) -> Call:
    return Call(
        name=name,
        method="publicGetV5MarketTickers",
        lane=Lane.PRICE,
        interval_s=10.0,
        floor_s=1.0,
        charges=_CHARGE,
        contracts=kind,
        requests=lambda _instrument, _now_ms: ({"category": kind.value},),
        parse=_tickers,
        kinds=_READ_AT_ONCE,
    )


CALLS = (
    _tickers_call("/v5/market/tickers", ContractKind.LINEAR),
    _tickers_call("/v5/market/tickers?category=inverse", ContractKind.INVERSE),
    Call(
        name="/v5/market/account-ratio",
        method="publicGetV5MarketAccountRatio",
        lane=Lane.SLOW,
        interval_s=300.0,
        floor_s=6.0,
        charges=_CHARGE,
        per_contract=True,
        requests=lambda instrument, _: ({**_symbol(instrument), "period": "5min", "limit": 1},),
        parse=_ratio,
        kinds=(ReadingKind.LONG_SHORT_RATIO,),
    ),
    Call(
        name="/v5/market/open-interest",
        method="publicGetV5MarketOpenInterest",
        lane=Lane.SLOW,
        interval_s=300.0,
        floor_s=12.0,
        charges=_CHARGE,
        per_contract=True,
        requests=lambda instrument, now_ms: [
            {
                **_symbol(instrument),
                "intervalTime": "5min",
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
        name="/v5/market/funding/history",
        method="publicGetV5MarketFundingHistory",
        lane=Lane.SLOW,
        interval_s=600.0,
        floor_s=8.0,
        charges=_CHARGE,
        per_contract=True,
        requests=lambda instrument, _: ({**_symbol(instrument), "limit": 2},),
        parse=_settlements,
    ),
)

SERIES = {
    SeriesKind.CANDLES: SeriesCall(
        name="/v5/market/kline",
        method="publicGetV5MarketKline",
        charges=_CHARGE,
        periods=_CANDLE_STEPS,
        page_rows=1000,
        params=_candle_params,
        parse=_candle_rows,
    ),
    SeriesKind.MARK_CANDLES: SeriesCall(
        name="/v5/market/mark-price-kline",
        method="publicGetV5MarketMarkPriceKline",
        charges=_CHARGE,
        periods=_CANDLE_STEPS,
        page_rows=1000,
        params=_candle_params,
        parse=lambda answer, _: candles(answer, _LIST, (0, 1, 2, 3, 4)),
    ),
    SeriesKind.OPEN_INTEREST: SeriesCall(
        name="/v5/market/open-interest",
        method="publicGetV5MarketOpenInterest",
        charges=_CHARGE,
        periods=_STATISTICS_STEPS,
        page_rows=200,
        params=lambda instrument, period, since_ms, until_ms: {
            **_span(instrument, since_ms, until_ms, 200),
            "intervalTime": period.word,
        },
        parse=_interest_rows,
    ),
    SeriesKind.LONG_SHORT_RATIO: SeriesCall(
        name="/v5/market/account-ratio",
        method="publicGetV5MarketAccountRatio",
        charges=_CHARGE,
        periods=_STATISTICS_STEPS,
        page_rows=500,
        params=lambda instrument, period, since_ms, until_ms: {
            **_span(instrument, since_ms, until_ms, 500),
            "period": period.word,
        },
        parse=_ratio_rows,
    ),
    SeriesKind.FUNDING: SeriesCall(
        name="/v5/market/funding/history",
        method="publicGetV5MarketFundingHistory",
        charges=_CHARGE,
        periods=_SETTLEMENTS,
        page_rows=200,
        params=lambda instrument, _, since_ms, until_ms: _span(instrument, since_ms, until_ms, 200),
        parse=lambda answer, _: series_rows(answer, _LIST, ("fundingRateTimestamp", "fundingRate")),
    ),
}

ENTRY = Entry(
    venue="bybit",
    ccxt_id="bybit",
    hosts=("api.bybit.com",),
    options={"fetchMarkets": {"types": ["linear", "inverse"]}},
    contract_kinds=frozenset(ContractKind),
    contract_size=_contract_size,
    budgets={"requests": Budget(600, 5.0)},
    # ccxt asks for what is listed and for what is about to be, of either category.
    markets_charges={"requests": 4},
    markets_requests=4,
    left_headers=LeftHeaders("X-Bapi-Limit-Status", "X-Bapi-Limit"),
    calls=CALLS,
    series=SERIES,
    notes=(
        "Open interest is that of one side, `singleOpenInterest`; Bybit's `openInterest` counts "
        "longs and shorts and is taken only from older answers, which have it alone.",
    ),
    series_not_offered={
        SeriesKind.LIQUIDATIONS: "Bybit publishes single liquidation events only, no totals"
    },
    tiers=TierCall(
        name="/v5/market/risk-limit",
        method="publicGetV5MarketRiskLimit",
        charges=_CHARGE,
        requests=lambda instruments: [_symbol(instrument) for instrument in instruments],
        parse=_tiers,
    ),
    market_facts=_market_facts,
)
