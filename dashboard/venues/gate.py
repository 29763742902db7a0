"""Gate, USDT-settled perpetuals: what is asked, at what weight, and how its answers read.

One request, `contracts`, carries mark, index, funding, open interest and the counts of accounts
that are long and short, of all contracts; `contract_stats` has the history of open interest, the
other ratios and what was liquidated. Amounts are in contracts of `quanto_multiplier` coins; times
are in seconds. The statistics counted open interest of one side in 2023 and count both since, which
the answer itself does not say, so they are measured by what `contracts` has. Each endpoint allows
200 requests in 10 seconds per address (gate.com/docs/developers/apiv4, "Frequency limit rule").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from dashboard.market.instrument import Instrument
from dashboard.market.readings import RatioSeries, ReadingKind, SeriesKind
from dashboard.venues.answers import HOUR_MS, Ask, Facts, Origin, Parsed, PastInterest
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
    series_rows,
    settlement,
)
from dashboard.venues.tier_columns import TierColumns, tier_parser

_SETTLE: Params = {"settle": "usdt"}
_SECOND_MS = 1000
_STATISTICS_ROWS = 100
ONE_SIDE, BOTH_SIDES = (0.75, 1.35), (1.5, 2.7)
"""How many times one side the statistics of the last minutes may be to count one side, or both."""
_NEWEST_AGE_MS = 7_200_000
"""Statistics are measured by the open interest of now where they are no older than this."""
_STATISTICS_CHARGE = {"statistics": 1}
_CANDLE_ROWS = 1500
_FUNDING_ROWS = 1000

_STEPS = {
    "1m": Period("1m", "1m", 60_000),
    "5m": Period("5m", "5m", 300_000),
    "15m": Period("15m", "15m", 900_000),
    "1h": Period("1h", "1h", HOUR_MS),
    "4h": Period("4h", "4h", 4 * HOUR_MS),
    "1d": Period("1d", "1d", 24 * HOUR_MS),
}
_STATISTICS_STEPS = _STEPS | {"1m": _STEPS["5m"]}
_SETTLEMENTS = dict.fromkeys(_STEPS, Period("", "funding", HOUR_MS))

_OTHER_RATIOS = {
    "lsr_taker": RatioSeries.TAKER_VOLUME,
    "top_lsr_account": RatioSeries.TOP_ACCOUNTS,
    "top_lsr_size": RatioSeries.TOP_POSITIONS,
}


def _milliseconds(seconds: object) -> float | None:
    value = number(seconds)
    return None if value is None else value * _SECOND_MS


def _contracts(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0])
    parsed = Parsed(rows=contracts_in(listed, "name"))
    for instrument, row, origin in listed_contracts(ask, listed, "name"):
        _take_contract(ask, instrument, row, origin, parsed)
    return parsed


def _take_contract(
    ask: Ask, instrument: Instrument, row: Mapping[str, object], origin: Origin, parsed: Parsed
) -> None:
    mark, market_id = positive(row.get("mark_price")), instrument.market_id
    if mark is not None:
        parsed.facts.marks[market_id] = mark
    known = Facts(interval_hours=dict(ask.facts.interval_hours), settlements=ask.facts.settlements)
    hours = _hours(row)
    if hours is not None:
        parsed.facts.interval_hours[market_id] = known.interval_hours[market_id] = hours
    parsed.readings += origin.mark_price(mark, positive(row.get("index_price")))
    parsed.readings += origin.funding(
        funding_rate(row.get("funding_rate")),
        coming_ms(_milliseconds(row.get("funding_next_apply")), ask.venue_now_ms),
        known,
    )
    size = positive(row.get("quanto_multiplier")) or instrument.contract_size
    contracts = not_negative(row.get("position_size"))
    coin = None if contracts is None else not_negative(contracts * size)
    if coin is not None:
        parsed.facts.interests[market_id] = coin
    parsed.readings += origin.open_interest_at_mark(coin, mark)
    ratio = ratio_of(row.get("long_users"), row.get("short_users"))
    if ratio is not None:
        parsed.facts.account_ratios[market_id] = ratio
        parsed.readings += origin.long_short(RatioSeries.GLOBAL_ACCOUNTS, ratio)


def _hours(row: Mapping[str, object]) -> float | None:
    seconds = positive(row.get("funding_interval"))
    return interval_hours(None if seconds is None else seconds / 3600.0)


def _tickers(ask: Ask, answers: Sequence[object]) -> Parsed:
    listed = objects(answers[0])
    parsed = Parsed(rows=contracts_in(listed, "contract"))
    for _, row, origin in listed_contracts(ask, listed, "contract"):
        percent = number(row.get("change_percentage"))
        volume = not_negative(row.get("volume_24h_quote"))
        if volume is None:  # the settle currency is the quote currency of these contracts
            volume = not_negative(row.get("volume_24h_settle"))
        parsed.readings += origin.ticker(
            positive(row.get("last")), None if percent is None else percent / 100.0, volume
        )
    return parsed


def _timed(ask: Ask, answer: object) -> Iterator[tuple[int, Mapping[str, object]]]:
    for row in objects(answer):
        time_ms = past_ms(_milliseconds(row.get("time")), ask.venue_now_ms)
        if time_ms is not None:
            yield time_ms, row


def _statistics(ask: Ask, answers: Sequence[object]) -> Parsed:
    """The answers about an hour ago, a day ago and now, in that order."""
    *past, current = answers
    size, market_id = ask.only.contract_size, ask.only.market_id
    latest = max(_timed(ask, current), key=lambda timed: timed[0], default=None)
    counted = None if latest is None else _scaled(latest[1].get("open_interest"), size)
    parsed = Parsed()
    share = _share_of_one_side(counted, ask.facts.interests.get(market_id))
    if share is not None:
        parsed.facts.interest_shares[market_id] = share
    share = share or ask.facts.interest_shares.get(market_id, 1.0)
    found = [
        [
            PastInterest(time_ms, _scaled(row.get("open_interest"), size * share), None)
            for time_ms, row in _timed(ask, answer)
        ]
        for answer in past
    ]
    parsed.readings += past_interest_reading(ask, found)
    if latest is None:
        return parsed
    time_ms, row = latest
    origin = ask.about(ask.only, time_ms)
    if ask.only.market_id not in ask.facts.account_ratios:
        parsed.readings += origin.long_short(
            RatioSeries.GLOBAL_ACCOUNTS, positive(row.get("lsr_account"))
        )
    for name, series in _OTHER_RATIOS.items():
        parsed.readings += origin.long_short(series, positive(row.get(name)))
    return parsed


def _share_of_one_side(counted: float | None, one_side: float | None) -> float | None:
    """What share of `counted`, of about now, one side is: all or half; None where neither fits."""
    if counted is None or not one_side:
        return None
    sides = counted / one_side
    if ONE_SIDE[0] < sides < ONE_SIDE[1]:
        return 1.0
    return 0.5 if BOTH_SIDES[0] < sides < BOTH_SIDES[1] else None


def _scaled(contracts: object, size: float) -> float | None:
    count = not_negative(contracts)
    return None if count is None else count * size


def _settlements(ask: Ask, answers: Sequence[object]) -> Parsed:
    last = settlement(
        (time_ms, rate)
        for row in objects(answers[0])
        if (time_ms := past_ms(_milliseconds(row.get("t")), ask.venue_now_ms)) is not None
        and (rate := funding_rate(row.get("r"))) is not None
    )
    return Parsed(facts=Facts(settlements={ask.only.market_id: last} if last else {}))


def _in_ms(found: Sequence[Row], *factors: float) -> list[Row]:
    """Rows with seconds turned to ms and the columns after it multiplied by `factors`."""
    return [
        (row[0] * _SECOND_MS, *(value * by for value, by in zip(row[1:], factors, strict=True)))
        for row in found
    ]


def _candle_rows(answer: object, instrument: Instrument) -> list[Row]:
    found = candles(answer, (), ("t", "o", "h", "l", "c", "v"))
    return _in_ms(found, 1.0, 1.0, 1.0, 1.0, instrument.contract_size)


def _interest_rows(answer: object, instrument: Instrument) -> list[Row]:
    found = series_rows(answer, (), ("time", "open_interest", "open_interest_usd"))
    return _in_ms(found, instrument.contract_size, 1.0)


def _interest_of_one_side(
    found: list[Row], instrument: Instrument, facts: Facts, now_ms: int
) -> list[Row]:
    """The rows of a history of open interest, which comes newest page first, of one side."""
    market_id = instrument.market_id
    newest = max(found, key=lambda row: row[0], default=None)
    if newest is not None and newest[0] >= now_ms - _NEWEST_AGE_MS:
        share = _share_of_one_side(newest[1], facts.interests.get(market_id))
        if share is not None:
            facts.interest_shares[market_id] = share
    share = facts.interest_shares.get(market_id, 1.0)
    return [(time_ms, coin * share, usd * share) for time_ms, coin, usd in found]


def _ratio_rows(answer: object, _instrument: Instrument) -> list[Row]:
    found = _in_ms(series_rows(answer, (), ("time", "lsr_account")), 1.0)
    return [(row[0], row[1] if row[1] > 0 else NOT_A_NUMBER) for row in found]


def _liquidation_rows(answer: object, instrument: Instrument) -> list[Row]:
    size = instrument.contract_size
    return _in_ms(series_rows(answer, (), ("time", "long_liq_size", "short_liq_size")), size, size)


def _contract(instrument: Instrument | None) -> Params:
    return _SETTLE | ({"contract": instrument.market_id} if instrument else {})


def _candle_params(prefix: str) -> Callable[[Instrument, Period, int, int], Params]:
    """Both ends are included; a limit beside them is refused."""

    def params(instrument: Instrument, period: Period, since_ms: int, until_ms: int) -> Params:
        return {
            **_SETTLE,
            "contract": prefix + instrument.market_id,
            "interval": period.word,
            "from": since_ms // _SECOND_MS,
            "to": (until_ms - 1) // _SECOND_MS,
        }

    return params


def _statistics_params(
    instrument: Instrument, period: Period, since_ms: int, until_ms: int
) -> Params:
    """No end can be named: the page ends with its limit."""
    rows = min(_STATISTICS_ROWS, -(-(until_ms - since_ms) // period.step_ms))
    return {
        **_contract(instrument),
        "interval": period.word,
        "from": since_ms // _SECOND_MS,
        "limit": max(rows, 1),
    }


def _statistics_series(parse: Callable[[object, Instrument], list[Row]]) -> SeriesCall:
    return SeriesCall(
        name="/futures/usdt/contract_stats",
        method="publicFuturesGetSettleContractStats",
        charges=_STATISTICS_CHARGE,
        periods=_STATISTICS_STEPS,
        page_rows=_STATISTICS_ROWS,
        params=_statistics_params,
        parse=parse,
    )


CALLS = (
    Call(
        name="/futures/usdt/contracts",
        method="publicFuturesGetSettleContracts",
        lane=Lane.PRICE,
        interval_s=10.0,
        floor_s=1.0,
        charges={"contracts": 1},
        requests=lambda _instrument, _now_ms: (_SETTLE,),
        parse=_contracts,
        kinds=(
            ReadingKind.MARK_PRICE,
            ReadingKind.FUNDING_RATE,
            ReadingKind.OPEN_INTEREST,
            ReadingKind.LONG_SHORT_RATIO,
        ),
    ),
    Call(
        name="/futures/usdt/tickers",
        method="publicFuturesGetSettleTickers",
        lane=Lane.FAST,
        interval_s=10.0,
        floor_s=1.0,
        charges={"tickers": 1},
        requests=lambda _instrument, _now_ms: (_SETTLE,),
        parse=_tickers,
        kinds=(ReadingKind.TICKER,),
    ),
    Call(
        name="/futures/usdt/contract_stats",
        method="publicFuturesGetSettleContractStats",
        lane=Lane.SLOW,
        interval_s=300.0,
        floor_s=12.0,
        charges=_STATISTICS_CHARGE,
        per_contract=True,
        requests=lambda instrument, now_ms: [
            {
                **_contract(instrument),
                "interval": "5m",
                "from": start_ms // _SECOND_MS,
                "limit": 14,
            }
            for start_ms, _ in (*spans_ending(now_ms, 1, 24), *spans_ending(now_ms, 0))
        ],
        parse=_statistics,
        kinds=(ReadingKind.OPEN_INTEREST_PAST,),
    ),
    Call(
        name="/futures/usdt/funding_rate",
        method="publicFuturesGetSettleFundingRate",
        lane=Lane.SLOW,
        interval_s=600.0,
        floor_s=8.0,
        charges={"funding": 1},
        per_contract=True,
        requests=lambda instrument, _: ({**_contract(instrument), "limit": 2},),
        parse=_settlements,
    ),
)

SERIES = {
    SeriesKind.CANDLES: SeriesCall(
        name="/futures/usdt/candlesticks",
        method="publicFuturesGetSettleCandlesticks",
        charges={"candles": 1},
        periods=_STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params(""),
        parse=_candle_rows,
    ),
    SeriesKind.MARK_CANDLES: SeriesCall(
        name="/futures/usdt/candlesticks",
        method="publicFuturesGetSettleCandlesticks",
        charges={"candles": 1},
        periods=_STEPS,
        page_rows=_CANDLE_ROWS,
        params=_candle_params("mark_"),
        parse=lambda answer, _: _in_ms(
            candles(answer, (), ("t", "o", "h", "l", "c")), 1.0, 1.0, 1.0, 1.0
        ),
    ),
    SeriesKind.OPEN_INTEREST: replace(
        _statistics_series(_interest_rows), in_unit=_interest_of_one_side
    ),
    SeriesKind.LONG_SHORT_RATIO: _statistics_series(_ratio_rows),
    SeriesKind.LIQUIDATIONS: _statistics_series(_liquidation_rows),
    SeriesKind.FUNDING: SeriesCall(
        name="/futures/usdt/funding_rate",
        method="publicFuturesGetSettleFundingRate",
        charges={"funding": 1},
        periods=_SETTLEMENTS,
        page_rows=_FUNDING_ROWS,
        params=lambda instrument, _, since_ms, until_ms: {
            **_contract(instrument),
            "from": since_ms // _SECOND_MS,
            "to": (until_ms - 1) // _SECOND_MS,
            "limit": _FUNDING_ROWS,
        },
        parse=lambda answer, _: _in_ms(series_rows(answer, (), ("t", "r")), 1.0),
    ),
}

ENTRY = Entry(
    venue="gate",
    ccxt_id="gate",
    hosts=("api.gateio.ws",),
    options={
        "fetchMarkets": {"types": ["swap"]},
        "swap": {"fetchMarkets": {"settlementCurrencies": ["usdt"]}},
        "defaultType": "swap",
    },
    budgets={
        name: Budget(200, 10.0)
        for name in (
            "contracts",
            "tickers",
            "statistics",
            "candles",
            "funding",
            "tiers",
            "account",
        )
    },
    markets_charges={"contracts": 1},
    left_headers=LeftHeaders("X-Gate-RateLimit-Requests-Remain", "X-Gate-RateLimit-Limit"),
    calls=CALLS,
    series=SERIES,
    notes=(
        "Open interest is the `position_size` of the contract list, which is one side. The "
        "statistics behind its history count both sides by now: where they are about twice the "
        "contract list at the same time, they are halved.",
    ),
    tiers=TierCall(
        name="/futures/{settle}/risk_limit_tiers",
        method="publicFuturesGetSettleRiskLimitTiers",
        charges={"tiers": 1},
        requests=lambda instruments: [_contract(instrument) for instrument in instruments],
        parse=tier_parser(
            TierColumns(
                listed_under=(),
                cap="risk_limit",
                rate="maintenance_rate",
                leverage="leverage_max",
                deduction="deduction",
            ),
            "Gate /futures/{settle}/risk_limit_tiers",
        ),
    ),
)
