"""The basic venues: what ccxt's unified calls give of them, each capability one by one.

Their own answers were not checked field by field as those of the other venues were, so only what
cannot be misread is shown, and everything else is n/a with the reason. No history is asked.
Limits are those of the venues' public documents: Deribit 20 requests a second, Kraken Futures
500 in 10 seconds, KuCoin 2,000 weight in 30 seconds, HTX 240 in 3 seconds, MEXC 20 in 2 seconds for
each endpoint, BingX 500 in 10 seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dashboard.market.instrument import ContractKind
from dashboard.market.readings import Reading, ReadingKind, SeriesKind
from dashboard.venues.answers import Ask, Facts, Origin, Parsed
from dashboard.venues.entry import Budget, Call, Entry, Lane, Params, TierCall
from dashboard.venues.fields import funding_rate, mapping, not_negative, number, positive
from dashboard.venues.tier_columns import TierColumns, tier_parser
from dashboard.venues.unified import (
    funding_parser,
    interest_in_usd,
    one_symbol,
    tickers_parser,
)

_REQUESTS = {"requests": 1}
_PRICES = (ReadingKind.MARK_PRICE, ReadingKind.TICKER)
_NO_RATIO = "no long/short ratio comes through the calls that are used of this venue"
_NO_PAST = "no history of open interest comes through the calls that are used of this venue"
_NO_HISTORY = dict.fromkeys(SeriesKind, "no history is asked of a basic venue")
_NOT_OFFERED = {
    ReadingKind.OPEN_INTEREST_PAST: _NO_PAST,
    ReadingKind.LONG_SHORT_RATIO: _NO_RATIO,
}


def _call(
    method: str,
    parse: Callable[[Ask, Sequence[object]], Parsed],
    kinds: tuple[ReadingKind, ...],
    *,
    lane: Lane = Lane.FAST,
    every_s: float = 10.0,
    charges: Mapping[str, int] | None = None,
    params: Params | None = None,
) -> Call:
    """A unified call about one contract where its name is in the singular, else about all."""
    single = not method.endswith("s")
    return Call(
        name=method,
        method=method,
        unified=True,
        lane=lane,
        interval_s=every_s,
        floor_s=min(every_s / 3.0, 6.0),
        charges=charges or _REQUESTS,
        per_contract=single,
        requests=one_symbol if single else lambda _instrument, _now_ms: (_with(params),),
        parse=parse,
        kinds=kinds,
    )


def _with(params: Params | None) -> Params:
    return {"params": params} if params else {}


def _deribit_interest(ticker: Mapping[str, object], origin: Origin) -> list[Reading]:
    """Deribit counts USD for inverse and coin for linear contracts (docs.deribit.com, ticker)."""
    amount = not_negative(mapping(ticker.get("info")).get("open_interest"))
    mark = positive(ticker.get("markPrice"))
    if origin.instrument.kind is ContractKind.INVERSE:
        return origin.open_interest_in_usd(amount, mark)
    return origin.open_interest_at_mark(amount, mark)


def _kraken_more(ticker: Mapping[str, object], origin: Origin) -> list[Reading]:
    """Kraken counts coin for its linear contracts and gives funding in USD for each coin and hour.

    docs.kraken.com, futures, tickers; ccxt's own funding call fails as a whole over one contract
    that is not listed.
    """
    own, mark = mapping(ticker.get("info")), positive(ticker.get("markPrice"))
    paid = number(own.get("fundingRate"))
    rate = None if paid is None or mark is None else funding_rate(paid / mark)
    hourly = Facts(interval_hours={origin.instrument.market_id: 1.0})
    return [
        *origin.open_interest_at_mark(not_negative(own.get("openInterest")), mark),
        *origin.funding(rate, None, hourly),
    ]


DERIBIT = Entry(
    venue="deribit",
    ccxt_id="deribit",
    basic=True,
    hosts=("www.deribit.com",),
    options={},
    contract_kinds=frozenset(ContractKind),
    budgets={"requests": Budget(20, 1.0)},
    markets_charges=_REQUESTS,
    calls=(
        _call(
            "fetch_ticker",
            tickers_parser(prices=True, more=_deribit_interest),
            (*_PRICES, ReadingKind.OPEN_INTEREST),
            lane=Lane.PRICE,
        ),
    ),
    series={},
    not_offered=_NOT_OFFERED
    | {
        ReadingKind.FUNDING_RATE: "Deribit is paid continuously; its 8 h figure is an average of "
        "the past and no rate of a coming settlement"
    },
    series_not_offered=_NO_HISTORY,
)

KRAKEN = Entry(
    venue="krakenfutures",
    ccxt_id="krakenfutures",
    basic=True,
    hosts=("futures.kraken.com",),
    options={},
    budgets={"requests": Budget(500, 10.0)},
    markets_charges=_REQUESTS,
    calls=(
        _call(
            "fetch_tickers",
            tickers_parser(prices=True, more=_kraken_more),
            (*_PRICES, ReadingKind.OPEN_INTEREST, ReadingKind.FUNDING_RATE),
            lane=Lane.PRICE,
        ),
    ),
    series={},
    not_offered=_NOT_OFFERED,
    series_not_offered=_NO_HISTORY,
)

KUCOIN = Entry(
    venue="kucoinfutures",
    ccxt_id="kucoinfutures",
    basic=True,
    hosts=("api-futures.kucoin.com", "api.kucoin.com"),
    options={"fetchMarkets": {"types": ["swap"], "fetchTickersFees": False}, "defaultType": "swap"},
    budgets={"public": Budget(2000, 30.0)},
    markets_charges={"public": 3},
    calls=(
        _call(
            "fetch_tickers",
            tickers_parser(prices=True),
            _PRICES,
            lane=Lane.PRICE,
            charges={"public": 3},
        ),
        _call(
            "fetch_funding_rates",
            funding_parser(prices=False),
            (ReadingKind.FUNDING_RATE,),
            charges={"public": 2},
        ),
    ),
    series={},
    not_offered=_NOT_OFFERED
    | {ReadingKind.OPEN_INTEREST: "what KuCoin's figure counts could not be confirmed"},
    series_not_offered=_NO_HISTORY,
    # The bounds count notional in the settle currency; it publishes no deduction, which stays 0.
    tiers=TierCall(
        name="/api/v1/contracts/risk-limit/{symbol}",
        method="futuresPublicGetContractsRiskLimitSymbol",
        charges={"public": 3},
        requests=lambda instruments: [
            {"symbol": instrument.market_id} for instrument in instruments
        ],
        parse=tier_parser(
            TierColumns(
                listed_under=("data",),
                cap="maxRiskLimit",
                rate="maintainMargin",
                leverage="maxLeverage",
            ),
            "KuCoin /api/v1/contracts/risk-limit/{symbol}",
        ),
    ),
)

HTX = Entry(
    venue="htx",
    ccxt_id="htx",
    basic=True,
    hosts=("api.hbdm.vn",),
    options={
        "fetchMarkets": {"types": {"spot": False, "linear": True, "inverse": False}},
        "defaultType": "swap",
        "defaultSubType": "linear",
    },
    budgets={"requests": Budget(240, 3.0)},
    markets_charges=_REQUESTS,
    calls=(
        _call(
            "fetch_tickers",
            tickers_parser(prices=False),
            (ReadingKind.TICKER,),
            params={"type": "swap", "subType": "linear"},
        ),
        _call(
            "fetch_funding_rate",
            funding_parser(prices=False),
            (ReadingKind.FUNDING_RATE,),
            lane=Lane.SLOW,
            every_s=60.0,
        ),
    ),
    notes=(
        "The 24 h volume counts what was bought and what was sold, as HTX documents it, and is "
        "twice what other venues would say.",
    ),
    series={},
    not_offered=_NOT_OFFERED
    | {
        ReadingKind.MARK_PRICE: "no mark price comes through the calls that are used of HTX",
        ReadingKind.OPEN_INTEREST: "whether HTX counts one side or both could not be confirmed",
    },
    series_not_offered=_NO_HISTORY,
)

MEXC = Entry(
    venue="mexc",
    ccxt_id="mexc",
    basic=True,
    hosts=("api.mexc.com",),
    options={"defaultType": "swap"},
    budgets={"ticker": Budget(20, 2.0), "funding": Budget(20, 2.0), "listing": Budget(1, 5.0)},
    markets_charges={"listing": 2},
    markets_requests=2,
    calls=(
        _call(
            "fetch_tickers",
            tickers_parser(prices=True, mark_field="fairPrice"),
            _PRICES,
            lane=Lane.PRICE,
            charges={"ticker": 1},
            params={"type": "swap"},
        ),
        _call(
            "fetch_funding_rate",
            funding_parser(prices=False),
            (ReadingKind.FUNDING_RATE,),
            lane=Lane.SLOW,
            every_s=60.0,
            charges={"funding": 1},
        ),
    ),
    series={},
    not_offered=_NOT_OFFERED
    | {ReadingKind.OPEN_INTEREST: "no open interest comes through the calls that are used of MEXC"},
    series_not_offered=_NO_HISTORY,
)

BINGX = Entry(
    venue="bingx",
    ccxt_id="bingx",
    basic=True,
    hosts=("open-api.bingx.com",),
    options={"defaultType": "swap", "defaultSubType": "linear"},
    budgets={"requests": Budget(500, 10.0)},
    markets_charges={"requests": 3},
    markets_requests=3,
    calls=(
        _call(
            "fetch_funding_rates",
            funding_parser(prices=True),
            (ReadingKind.MARK_PRICE, ReadingKind.FUNDING_RATE),
            lane=Lane.PRICE,
        ),
        _call(
            "fetch_tickers",
            tickers_parser(prices=False),
            (ReadingKind.TICKER,),
            every_s=30.0,
            params={"type": "swap"},
        ),
        _call("fetch_open_interest", interest_in_usd, (ReadingKind.OPEN_INTEREST,)),
    ),
    series={},
    not_offered=_NOT_OFFERED,
    series_not_offered=_NO_HISTORY,
)

BASIC_ENTRIES = (DERIBIT, KRAKEN, KUCOIN, HTX, MEXC, BINGX)
