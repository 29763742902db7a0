"""OKX v5 swaps, linear and inverse: what is asked, at what weight, and how its answers read.

Each endpoint has a limit of its own per address (okx.com/docs-v5, rate limits beside each call);
mark, index, last, funding and open interest are five answers that cover all contracts. Open
interest comes in contracts, coin and USD; a contract is coins, or USD where it is inverse.
`fundingTime` is the coming settlement and `nextFundingTime` the one after it, so their distance is
the interval. The bounds of a span are exclusive. Tiers count contracts and hold for the whole
position, without a deduction.
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
from dashboard.venues.answers import (
    HOUR_MS,
    Ask,
    Facts,
    Origin,
    Parsed,
    PastInterest,
    Settlement,
)
from dashboard.venues.entry import (
    Budget,
    Call,
    Entry,
    Lane,
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
    ratio_reading,
    series_rows,
    settlement,
)

_DATA = ("data",)
_SWAPS: Params = {"instType": "SWAP"}
_STATISTICS_ROWS = 100
_CANDLE_ROWS = 100
_RECENT_CANDLES = 1400
"""`candles` reaches back 1,440 bars; what is older is asked of `history-candles`."""

_MINUTE_MS = 60_000
_STEPS = {
    "1m": Period("1m", "1m", _MINUTE_MS),
    "5m": Period("5m", "5m", 5 * _MINUTE_MS),
    "15m": Period("15m", "15m", 15 * _MINUTE_MS),
    "1h": Period("1H", "1h", HOUR_MS),
    "4h": Period("4H", "4h", 4 * HOUR_MS),
    # A plain 1D opens at midnight of Hong Kong.
    "1d": Period("1Dutc", "1d", 24 * HOUR_MS),
}
_STATISTICS_STEPS = _STEPS | {"1m": _STEPS["5m"]}
_SETTLEMENTS = dict.fromkeys(_STEPS, Period("", "funding", HOUR_MS))


def _index_id(instrument: Instrument) -> str:
    return instrument.market_id.removesuffix("-SWAP")


def _mark_prices(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0], *_DATA)
    parsed = Parsed(rows=contracts_in(listed, "instId"))
    for instrument, row, origin in listed_contracts(ask, listed, "instId", "ts"):
        mark = positive(row.get("markPx"))
        if mark is not None:
            parsed.facts.marks[instrument.market_id] = mark
        index = ask.facts.indexes.get(_index_id(instrument))
        parsed.readings += origin.mark_price(mark, index)
    return parsed


def _index_prices(_ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = [row for answer in answers for row in objects(answer, *_DATA)]
    parsed = Parsed(rows=contracts_in(listed, "instId"))
    for row in listed:
        index = positive(row.get("idxPx"))
        if index is not None:
            parsed.facts.indexes[str(row.get("instId"))] = index
    return parsed


def _tickers(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0], *_DATA)
    parsed = Parsed(rows=contracts_in(listed, "instId"))
    for instrument, row, origin in listed_contracts(ask, listed, "instId", "ts"):
        last, day_before = positive(row.get("last")), positive(row.get("open24h"))
        change = last / day_before - 1.0 if last is not None and day_before is not None else None
        parsed.readings += origin.ticker(last, change, _volume_quote(row, instrument, last))
    return parsed


def _volume_quote(
    row: Mapping[str, object], instrument: Instrument, last: float | None
) -> float | None:
    """Volume in quote currency: of an inverse contract from the contracts, else from the coins.

    The venue documents coins alone for linear contracts; they are valued at the last price.
    """
    if instrument.kind is ContractKind.INVERSE:
        contracts = not_negative(row.get("vol24h"))
        return not_negative(None if contracts is None else contracts * instrument.contract_size)
    if "volCcyQuote24h" in row:
        return not_negative(row.get("volCcyQuote24h"))
    coins = not_negative(row.get("volCcy24h"))
    return not_negative(None if coins is None or last is None else coins * last)


def _funding(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0], *_DATA)
    parsed = Parsed(rows=contracts_in(listed, "instId"))
    for instrument, row, origin in listed_contracts(ask, listed, "instId", "ts"):
        market_id = instrument.market_id
        next_ms = coming_ms(row.get("fundingTime"), ask.venue_now_ms)
        hours = _hours_between(row.get("fundingTime"), row.get("nextFundingTime"))
        if hours is not None:
            parsed.facts.interval_hours[market_id] = hours
        last = _last_settlement(row, next_ms, hours)
        if last is not None:
            parsed.facts.settlements[market_id] = last
        known = Facts()
        known.learn(ask.facts)
        known.learn(parsed.facts)
        predicted = funding_rate(row.get("fundingRate"))
        parsed.readings += origin.funding(predicted, next_ms, known)
    return parsed


def _hours_between(earlier: object, later: object) -> float | None:
    since, until = positive(earlier), positive(later)
    if since is None or until is None or not HOUR_MS <= until - since <= 24 * HOUR_MS:
        return None
    return (until - since) / HOUR_MS


def _last_settlement(
    row: Mapping[str, object], next_ms: int | None, hours: float | None
) -> Settlement | None:
    """The rate that was settled one interval before the coming settlement."""
    rate = funding_rate(row.get("settFundingRate"))
    if rate is None or next_ms is None or hours is None or row.get("settState") != "settled":
        return None
    return Settlement(rate, next_ms - round(hours * HOUR_MS))


def _settlements(ask: Ask, answers: Sequence[object]) -> Parsed:
    last = settlement(
        (time_ms, rate)
        for row in objects(answers[0], *_DATA)
        if (time_ms := past_ms(row.get("fundingTime"), ask.venue_now_ms)) is not None
        and (rate := _realised_rate(row)) is not None
    )
    return Parsed(facts=Facts(settlements={ask.only.market_id: last} if last else {}))


def _realised_rate(row: Mapping[str, object]) -> float | None:
    realised = funding_rate(row.get("realizedRate"))
    return realised if realised is not None else funding_rate(row.get("fundingRate"))


def _open_interest(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0], *_DATA)
    parsed = Parsed(rows=contracts_in(listed, "instId"))
    for instrument, row, origin in listed_contracts(ask, listed, "instId", "ts"):
        mark = ask.facts.marks.get(instrument.market_id)
        parsed.readings += _interest_reading(row, origin, mark)
    return parsed


def _interest_reading(
    row: Mapping[str, object], origin: Origin, mark: float | None
) -> list[Reading]:
    """Coin and USD as the venue gives them; what it left out follows from the contracts."""
    coin, usd = not_negative(row.get("oiCcy")), not_negative(row.get("oiUsd"))
    contracts = not_negative(row.get("oi"))
    size = origin.instrument.contract_size
    counted = None if contracts is None else not_negative(contracts * size)
    if origin.instrument.kind is ContractKind.LINEAR:
        coin = counted if coin is None else coin
    else:
        usd = counted if usd is None else usd
    if coin is not None and usd is not None:
        return origin.open_interest(coin, usd, "coin and USD from the venue")
    if coin is None:
        return origin.open_interest_in_usd(usd, mark)
    return origin.open_interest_at_mark(coin, mark)


def _past_interest(ask: Ask, answers: Sequence[object]) -> Parsed:
    found = [
        [
            PastInterest(int(time_ms), not_negative(coin), not_negative(usd))
            for time_ms, coin, usd in series_rows(answer, _DATA, (0, 2, 3))
        ]
        for answer in answers
    ]
    return Parsed(readings=past_interest_reading(ask, found))


def _ratio(ask: Ask, answers: Sequence[object]) -> Parsed:
    points = (
        (int(time_ms), ratio)
        for time_ms, ratio in series_rows(answers[0], _DATA, (0, 1))
        if past_ms(time_ms, ask.venue_now_ms) is not None and positive(ratio) is not None
    )
    return Parsed(readings=ratio_reading(ask, points, RatioSeries.GLOBAL_ACCOUNTS))


def _funding_rows(answer: object, _instrument: Instrument) -> list[Row]:
    found: list[Row] = []
    for row in objects(answer, *_DATA):
        time_ms, rate = positive(row.get("fundingTime")), _realised_rate(row)
        if time_ms is not None:
            found.append((time_ms, NOT_A_NUMBER if rate is None else rate))
    return found


def _tiers(
    answers: Sequence[object], instruments: Sequence[Instrument], now_ms: int
) -> list[TierTable]:
    tables: list[TierTable] = []
    for answer, instrument in zip(answers, instruments, strict=True):
        tiers: list[MarginTier] = []
        listed = objects(answer, *_DATA)
        for row in sorted(listed, key=lambda row: number(row.get("maxSz")) or 0.0):
            cap, mmr = positive(row.get("maxSz")), positive(row.get("mmr"))
            if cap is None or mmr is None:
                break
            floor = tiers[-1].cap if tiers else 0.0
            leverage = positive(row.get("maxLever"))
            tiers.append(MarginTier(floor=floor, cap=cap, mmr=mmr, max_leverage=leverage))
        if tiers:
            tables.append(
                TierTable(
                    venue=instrument.venue,
                    symbol=instrument.symbol,
                    tiers=tuple(tiers),
                    unit=TierUnit.CONTRACTS,
                    as_of_ms=now_ms,
                    source="OKX /api/v5/public/position-tiers",
                )
            )
    return tables


def _contract(instrument: Instrument | None) -> Params:
    return {"instId": instrument.market_id} if instrument else {}


def _page(instrument: Instrument, period: Period, since_ms: int, until_ms: int) -> Params:
    """`before` is the newer than, `after` the older than bound of a page, both exclusive."""
    span: Params = {"before": since_ms - 1, "after": until_ms, "limit": _CANDLE_ROWS}
    return _contract(instrument) | span | ({"bar": period.word} if period.word else {})


def _statistics(instrument: Instrument | None, word: str, since_ms: int, until_ms: int) -> Params:
    span: Params = {"begin": since_ms - 1, "end": until_ms, "limit": _STATISTICS_ROWS}
    return _contract(instrument) | span | {"period": word}


def _statistics_page(
    instrument: Instrument, period: Period, since_ms: int, until_ms: int
) -> Params:
    return _statistics(instrument, period.word, since_ms, until_ms)


def _all_swaps(_instrument: Instrument | None, _now_ms: int) -> Sequence[Params]:
    return (_SWAPS,)


def _index_call(name: str, quotes: Sequence[str], kind: ContractKind) -> Call:
    return Call(
        name=name,
        method="publicGetMarketIndexTickers",
        lane=Lane.FAST,
        interval_s=10.0,
        floor_s=3.0,
        charges={"index-tickers": 1},
        contracts=kind,
        requests=lambda _instrument, _now_ms: [{"quoteCcy": quote} for quote in quotes],
        parse=_index_prices,
    )


CALLS = (
    Call(
        name="/api/v5/public/mark-price",
        method="publicGetPublicMarkPrice",
        lane=Lane.PRICE,
        interval_s=10.0,
        floor_s=1.0,
        charges={"mark-price": 1},
        requests=_all_swaps,
        parse=_mark_prices,
        kinds=(ReadingKind.MARK_PRICE,),
    ),
    Call(
        name="/api/v5/public/open-interest",
        method="publicGetPublicOpenInterest",
        lane=Lane.FAST,
        interval_s=10.0,
        floor_s=3.0,
        charges={"open-interest": 1},
        requests=_all_swaps,
        parse=_open_interest,
        kinds=(ReadingKind.OPEN_INTEREST,),
    ),
    Call(
        name="/api/v5/public/funding-rate",
        method="publicGetPublicFundingRate",
        lane=Lane.FAST,
        interval_s=10.0,
        floor_s=3.0,
        charges={"funding-rate": 1},
        requests=lambda _instrument, _now_ms: ({"instId": "ANY"},),
        parse=_funding,
        kinds=(ReadingKind.FUNDING_RATE,),
    ),
    _index_call("/api/v5/market/index-tickers", ("USDT", "USDC"), ContractKind.LINEAR),
    _index_call("/api/v5/market/index-tickers?quoteCcy=USD", ("USD",), ContractKind.INVERSE),
    Call(
        name="/api/v5/market/tickers",
        method="publicGetMarketTickers",
        lane=Lane.FAST,
        interval_s=30.0,
        floor_s=5.0,
        charges={"tickers": 1},
        requests=_all_swaps,
        parse=_tickers,
        kinds=(ReadingKind.TICKER,),
    ),
    Call(
        name="/api/v5/rubik/stat/contracts/long-short-account-ratio-contract",
        method="publicGetRubikStatContractsLongShortAccountRatioContract",
        lane=Lane.SLOW,
        interval_s=300.0,
        floor_s=6.0,
        charges={"ratio": 1},
        per_contract=True,
        requests=lambda instrument, _: ({**_contract(instrument), "period": "5m", "limit": 1},),
        parse=_ratio,
        kinds=(ReadingKind.LONG_SHORT_RATIO,),
    ),
    Call(
        name="/api/v5/rubik/stat/contracts/open-interest-history",
        method="publicGetRubikStatContractsOpenInterestHistory",
        lane=Lane.SLOW,
        interval_s=300.0,
        floor_s=12.0,
        charges={"interest-history": 1},
        per_contract=True,
        requests=lambda instrument, now_ms: [
            _statistics(instrument, "5m", start, end + 1)
            for start, end in spans_ending(now_ms, 1, 24)
        ],
        parse=_past_interest,
        kinds=(ReadingKind.OPEN_INTEREST_PAST,),
    ),
    Call(
        name="/api/v5/public/funding-rate-history",
        method="publicGetPublicFundingRateHistory",
        lane=Lane.SLOW,
        interval_s=600.0,
        floor_s=8.0,
        charges={"funding-history": 1},
        per_contract=True,
        requests=lambda instrument, _: ({**_contract(instrument), "limit": 2},),
        parse=_settlements,
    ),
)

SERIES = {
    SeriesKind.CANDLES: SeriesCall(
        name="/api/v5/market/candles",
        method="publicGetMarketCandles",
        older_method="publicGetMarketHistoryCandles",
        recent_steps=_RECENT_CANDLES,
        charges={"candles": 1},
        periods=_STEPS,
        page_rows=_CANDLE_ROWS,
        params=_page,
        # Column 5 counts contracts, column 6 base coin.
        parse=lambda answer, _: candles(answer, _DATA, (0, 1, 2, 3, 4, 6)),
    ),
    SeriesKind.MARK_CANDLES: SeriesCall(
        name="/api/v5/market/mark-price-candles",
        method="publicGetMarketMarkPriceCandles",
        older_method="publicGetMarketHistoryMarkPriceCandles",
        recent_steps=_RECENT_CANDLES,
        charges={"mark-candles": 1},
        periods=_STEPS,
        page_rows=_CANDLE_ROWS,
        params=_page,
        parse=lambda answer, _: candles(answer, _DATA, (0, 1, 2, 3, 4)),
    ),
    SeriesKind.OPEN_INTEREST: SeriesCall(
        name="/api/v5/rubik/stat/contracts/open-interest-history",
        method="publicGetRubikStatContractsOpenInterestHistory",
        charges={"interest-history": 1},
        periods=_STATISTICS_STEPS,
        page_rows=_STATISTICS_ROWS,
        params=_statistics_page,
        parse=lambda answer, _: series_rows(answer, _DATA, (0, 2, 3)),
    ),
    SeriesKind.LONG_SHORT_RATIO: SeriesCall(
        name="/api/v5/rubik/stat/contracts/long-short-account-ratio-contract",
        method="publicGetRubikStatContractsLongShortAccountRatioContract",
        charges={"ratio": 1},
        periods=_STATISTICS_STEPS,
        page_rows=_STATISTICS_ROWS,
        params=_statistics_page,
        parse=lambda answer, _: series_rows(answer, _DATA, (0, 1)),
    ),
    SeriesKind.FUNDING: SeriesCall(
        name="/api/v5/public/funding-rate-history",
        method="publicGetPublicFundingRateHistory",
        charges={"funding-history": 1},
        periods=_SETTLEMENTS,
        page_rows=_CANDLE_ROWS,
        params=_page,
        parse=_funding_rows,
    ),
}

ENTRY = Entry(
    venue="okx",
    ccxt_id="okx",
    hosts=("www.okx.com",),
    options={"fetchMarkets": {"types": ["swap"]}, "defaultType": "swap"},
    contract_kinds=frozenset(ContractKind),
    budgets={
        "instruments": Budget(20, 2.0),
        "mark-price": Budget(10, 2.0),
        "open-interest": Budget(20, 2.0),
        "funding-rate": Budget(10, 2.0),
        "index-tickers": Budget(20, 2.0),
        "tickers": Budget(20, 2.0),
        "ratio": Budget(5, 2.0),
        "interest-history": Budget(5, 2.0),
        "funding-history": Budget(10, 2.0),
        "candles": Budget(20, 2.0),
        "mark-candles": Budget(10, 2.0),
        "tiers": Budget(10, 2.0),
        "account": Budget(10, 2.0),
        "account-config": Budget(5, 2.0),
    },
    markets_charges={"instruments": 1},
    calls=CALLS,
    series=SERIES,
    notes=(
        "OKX tells the 24 h volume of linear contracts in coins; where it gives no amount in quote "
        "currency, they are valued at the last price.",
    ),
    series_not_offered={
        SeriesKind.LIQUIDATIONS: "OKX publishes single liquidation events only, no totals"
    },
    tiers=TierCall(
        name="/api/v5/public/position-tiers",
        method="publicGetPublicPositionTiers",
        charges={"tiers": 1},
        requests=lambda instruments: [
            {**_SWAPS, "tdMode": "isolated", "instFamily": _index_id(instrument)}
            for instrument in instruments
        ],
        parse=_tiers,
    ),
)
