"""Hyperliquid perpetuals: what is asked, at what weight, and how its answers read.

Every question is a POST to /info; one, `metaAndAssetCtxs`, carries mark, oracle, funding and open
interest of all coins. The venue allows a weight of 1,200 a minute per address; most questions
weigh 20, and histories one more for every 20 (funding) or 60 (candles) rows
(hyperliquid.gitbook.io, rate limits and user limits). Funding is paid hourly. The venue publishes
open interest in base coin and does not say on which side it counts; it has no history of it and
no long/short ratio. Contracts are named by coin; ccxt's id is the coin's place in the listing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.market.instrument import Instrument, MarginTier, TierTable, TierUnit
from dashboard.market.readings import ReadingKind, SeriesKind
from dashboard.venues.answers import HOUR_MS, Ask, Facts, Parsed
from dashboard.venues.entry import (
    Budget,
    Call,
    Entry,
    Lane,
    Params,
    Period,
    SeriesCall,
    TierCall,
)
from dashboard.venues.fields import (
    AnswerError,
    funding_rate,
    mapping,
    not_negative,
    number,
    objects,
    past_ms,
    positive,
    rows,
)
from dashboard.venues.parse import (
    candles,
    contracts_in,
    listed_contracts,
    series_rows,
    settlement,
)

_INFO_CHARGE = {"weight": 20}
_HISTORY_CHARGE = {"weight": 45}
"""20 for the question and one for every 20 (funding) or 60 (candles) of a page's rows."""
_CANDLE_ROWS = 1500
_FUNDING_ROWS = 500

_STEPS = {
    "1m": Period("1m", "1m", 60_000),
    "5m": Period("5m", "5m", 300_000),
    "15m": Period("15m", "15m", 900_000),
    "1h": Period("1h", "1h", HOUR_MS),
    "4h": Period("4h", "4h", 4 * HOUR_MS),
    "1d": Period("1d", "1d", 24 * HOUR_MS),
}
_SETTLEMENTS = dict.fromkeys(_STEPS, Period("", "funding", HOUR_MS))
FUNDING_HOURS = 1.0


def _listed(answer: object) -> list[Mapping[str, object]]:
    """Each coin's listing joined with its context, which stand at the same place of two lists."""
    parts = rows(answer)
    if len(parts) != 2:
        raise AnswerError(f"{len(parts)} parts where listing and contexts belong")
    coins, contexts = rows(parts[0], "universe"), rows(parts[1])
    if len(coins) != len(contexts):
        raise AnswerError(f"{len(contexts)} contexts for {len(coins)} coins")
    return [
        {**mapping(context), **mapping(coin)} for coin, context in zip(coins, contexts, strict=True)
    ]


def _contexts(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = _listed(answers[0])
    parsed = Parsed(
        rows=contracts_in(listed, "name"), facts=Facts(default_interval_hours=FUNDING_HOURS)
    )
    known = Facts(default_interval_hours=FUNDING_HOURS, settlements=ask.facts.settlements)
    # Funding is paid at each full hour; the answer does not carry the time.
    next_hour_ms = (ask.venue_now_ms // HOUR_MS + 1) * HOUR_MS
    for instrument, row, origin in listed_contracts(ask, listed, "name"):
        mark, day_before = positive(row.get("markPx")), positive(row.get("prevDayPx"))
        if mark is not None:
            parsed.facts.marks[instrument.market_id] = mark
        change = mark / day_before - 1.0 if mark is not None and day_before is not None else None
        parsed.readings += origin.mark_price(mark, positive(row.get("oraclePx")))
        parsed.readings += origin.ticker(None, change, not_negative(row.get("dayNtlVlm")))
        parsed.readings += origin.funding(funding_rate(row.get("funding")), next_hour_ms, known)
        coin = not_negative(row.get("openInterest"))
        parsed.readings += origin.open_interest_at_mark(coin, mark)
    return parsed


def _settlements(ask: Ask, answers: Sequence[object]) -> Parsed:
    last = settlement(
        (time_ms, rate)
        for row in objects(answers[0])
        if (time_ms := past_ms(row.get("time"), ask.venue_now_ms)) is not None
        and (rate := funding_rate(row.get("fundingRate"))) is not None
    )
    return Parsed(facts=Facts(settlements={ask.only.market_id: last} if last else {}))


def _coin_params(instrument: Instrument | None) -> Params:
    return {"coin": instrument.market_id} if instrument else {}


def _candle_params(instrument: Instrument, period: Period, since_ms: int, until_ms: int) -> Params:
    span = {"startTime": since_ms, "endTime": until_ms - 1, "interval": period.word}
    return {"type": "candleSnapshot", "req": {**_coin_params(instrument), **span}}


def _funding_params(instrument: Instrument | None, since_ms: int, until_ms: int) -> Params:
    span: Params = {"startTime": since_ms, "endTime": until_ms - 1}
    return {"type": "fundingHistory", **_coin_params(instrument), **span}


def _tiers(
    answers: Sequence[object], instruments: Sequence[Instrument], now_ms: int
) -> list[TierTable]:
    """Margin tables: lower bounds in USD, the maintenance rate half the rate at full leverage."""
    meta = mapping(answers[0])
    if "marginTables" not in meta:
        return []
    margin_tables = {
        number(item[0]): objects(mapping(item[1]), "marginTiers")
        for item in rows(meta, "marginTables")
        if isinstance(item, list) and len(item) == 2
    }
    coins = {str(row.get("name")): row for row in objects(meta, "universe")}
    tables: list[TierTable] = []
    for instrument in instruments:
        tiers = _tier_rows(_margin_tiers(coins.get(instrument.market_id, {}), margin_tables))
        if tiers:
            tables.append(
                TierTable(
                    venue=instrument.venue,
                    symbol=instrument.symbol,
                    tiers=tiers,
                    unit=TierUnit.QUOTE,
                    as_of_ms=now_ms,
                    source="Hyperliquid /info meta",
                )
            )
    return tables


def _margin_tiers(
    coin: Mapping[str, object],
    margin_tables: Mapping[float | None, Sequence[Mapping[str, object]]],
) -> Sequence[Mapping[str, object]]:
    """The rows of a coin's margin table; a table named like the leverage is that one tier."""
    table_id, leverage = number(coin.get("marginTableId")), positive(coin.get("maxLeverage"))
    if table_id in margin_tables:
        return margin_tables[table_id]
    if leverage is None or table_id not in (None, leverage):
        return ()
    return ({"lowerBound": 0, "maxLeverage": leverage},)


def _tier_rows(listed: Sequence[Mapping[str, object]]) -> tuple[MarginTier, ...]:
    bounds = [
        (floor, leverage)
        for row in listed
        if (floor := not_negative(row.get("lowerBound"))) is not None
        and (leverage := positive(row.get("maxLeverage"))) is not None
    ]
    tiers: list[MarginTier] = []
    cum = 0.0
    for place, (floor, leverage) in enumerate(sorted(bounds)):
        mmr = 1.0 / (2.0 * leverage)
        if tiers:
            cum += floor * (mmr - tiers[-1].mmr)
        following = sorted(bounds)[place + 1 :]
        cap = following[0][0] if following else float("inf")
        tiers.append(MarginTier(floor=floor, cap=cap, mmr=mmr, cum=cum, max_leverage=leverage))
    return tuple(tiers)


CALLS = (
    Call(
        name="/info metaAndAssetCtxs",
        method="publicPostInfo",
        lane=Lane.PRICE,
        interval_s=10.0,
        floor_s=1.0,
        charges=_INFO_CHARGE,
        requests=lambda _instrument, _now_ms: ({"type": "metaAndAssetCtxs"},),
        parse=_contexts,
        kinds=(
            ReadingKind.MARK_PRICE,
            ReadingKind.TICKER,
            ReadingKind.FUNDING_RATE,
            ReadingKind.OPEN_INTEREST,
        ),
    ),
    Call(
        name="/info fundingHistory",
        method="publicPostInfo",
        lane=Lane.SLOW,
        interval_s=1800.0,
        floor_s=10.0,
        charges=_INFO_CHARGE,
        per_contract=True,
        requests=lambda instrument, now_ms: (
            _funding_params(instrument, now_ms - 3 * HOUR_MS, now_ms + 1),
        ),
        parse=_settlements,
    ),
)

SERIES = {
    SeriesKind.CANDLES: SeriesCall(
        name="/info candleSnapshot",
        method="publicPostInfo",
        charges=_HISTORY_CHARGE,
        periods=_STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params,
        parse=lambda answer, _: candles(answer, (), ("t", "o", "h", "l", "c", "v")),
    ),
    SeriesKind.FUNDING: SeriesCall(
        name="/info fundingHistory",
        method="publicPostInfo",
        charges=_HISTORY_CHARGE,
        periods=_SETTLEMENTS,
        page_rows=_FUNDING_ROWS,
        params=lambda instrument, _, since_ms, until_ms: _funding_params(
            instrument, since_ms, until_ms
        ),
        parse=lambda answer, _: series_rows(answer, (), ("time", "fundingRate")),
    ),
}

ENTRY = Entry(
    venue="hyperliquid",
    ccxt_id="hyperliquid",
    hosts=("api.hyperliquid.xyz",),
    options={"fetchMarkets": {"types": ["swap"]}},
    budgets={"weight": Budget(1200, 60.0)},
    markets_charges=_INFO_CHARGE,
    calls=CALLS,
    series=SERIES,
    not_offered={
        ReadingKind.LONG_SHORT_RATIO: "Hyperliquid publishes no long/short ratio",
        ReadingKind.OPEN_INTEREST_PAST: "Hyperliquid publishes no history of open interest",
    },
    series_not_offered={
        SeriesKind.MARK_CANDLES: "Hyperliquid publishes no history of the mark price",
        SeriesKind.OPEN_INTEREST: "Hyperliquid publishes no history of open interest",
        SeriesKind.LONG_SHORT_RATIO: "Hyperliquid publishes no long/short ratio",
        SeriesKind.LIQUIDATIONS: "Hyperliquid publishes no liquidation totals",
    },
    tiers=TierCall(
        name="/info meta",
        method="publicPostInfo",
        charges=_INFO_CHARGE,
        requests=lambda _instruments: ({"type": "meta"},),
        parse=_tiers,
    ),
    market_id=lambda market: str(market["baseName"]),
)
