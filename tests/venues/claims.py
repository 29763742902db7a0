"""What the catalogue claims of each venue, with an answer and the exact reading of each.

Answers are documented or recorded ones where such are known; where none is, one in the documented
form with made-up figures. A claim without an answer here fails tests/venues/test_claims.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.market.instrument import ContractKind, Instrument, MarginTier
from dashboard.market.readings import LongShortRatio, Unavailable
from dashboard.venues.answers import Facts, Parsed
from dashboard.venues.catalogue import CATALOGUE
from tests.venues import test_bitget as bitget
from tests.venues import test_gate as gate
from tests.venues import test_okx as okx
from tests.venues import tier_answers
from tests.venues.asking import contract, documented

CALL, TIERS = "call", "tiers"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim: venue, what kind ("call", "tiers" or a SeriesKind's value) and endpoint."""

    venue: str
    kind: str
    endpoint: str

    def __str__(self) -> str:
        return f"{self.venue} {self.kind} {self.endpoint}"


@dataclass(frozen=True, slots=True)
class Given:
    """Answers to the requests of one claim, and what is to be read in them.

    `told` are figures by name as `figures_of` names them, rows of a series, or tiers.
    """

    answers: Sequence[Any]
    about: Instrument
    told: Any
    now_ms: int = 0
    facts: Facts = field(default_factory=Facts)


def all_claims() -> Iterator[Claimed]:
    """Every question that the catalogue has, but those of basic venues (test_basic.py)."""
    for venue, entry in CATALOGUE.items():
        if entry.basic:
            continue
        for call in entry.calls:
            yield Claimed(venue, CALL, call.name)
        for kind, series in entry.series.items():
            yield Claimed(venue, kind.value, series.name)
        if entry.tiers is not None:
            yield Claimed(venue, TIERS, entry.tiers.name)


def figures_of(parsed: Parsed, market_id: str) -> dict[str, Any]:
    """What an answer told by name: figures of readings, and facts about the contract."""
    told: dict[str, Any] = {}
    for reading in parsed.readings:
        if isinstance(reading, Unavailable):
            continue
        name = type(reading).__name__
        if isinstance(reading, LongShortRatio):
            name = reading.series.value
        for label in FIGURES[type(reading).__name__]:
            value = getattr(reading, label)
            if value is not None:
                told[f"{name}.{label}"] = value
    facts = parsed.facts
    settled = facts.settlements.get(market_id)
    if settled is not None:
        told |= {"settled": settled.rate, "settled_ms": settled.time_ms}
    if market_id in facts.interval_hours:
        told["interval"] = facts.interval_hours[market_id]
    told |= {f"index of {name}": price for name, price in facts.indexes.items()}
    return told


FIGURES: Mapping[str, tuple[str, ...]] = {
    "MarkPrice": ("mark", "index"),
    "Ticker": ("last", "change_24h_fraction", "volume_24h_quote"),
    "FundingRate": ("predicted", "settled", "next_settlement_ms", "interval_hours"),
    "OpenInterest": ("coin", "usd"),
    "OpenInterestPast": ("coin_1h", "usd_1h", "coin_24h", "usd_24h"),
    "LongShortRatio": ("ratio", "long_fraction"),
}
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
INVERSE = {"kind": ContractKind.INVERSE, "quote": "USD", "base": "BTC", "settle": "BTC"}


def _ratio(name: str, ratio: float) -> dict[str, float]:
    return {f"{name}.ratio": ratio, f"{name}.long_fraction": ratio / (1 + ratio)}


def _binance(venue: str, api: str, market_id: str, size: float | None) -> dict[Claimed, Given]:
    """Both of Binance's interfaces; `size` is USD a contract where it is inverse."""
    more = {} if size is None else INVERSE | {"contract_size": size}
    about = contract(venue, market_id, **more)
    say = lambda name: documented(venue, name)  # noqa: E731 (short beside its many uses)
    ratio = documented(venue, "globalLongShortAccountRatio")
    value = float(ratio[0]["longShortRatio"])
    later = ratio[0]["timestamp"] + 1
    rows = say("openInterestHist")
    coin, usd = float(rows[0]["sumOpenInterest"]), float(rows[0]["sumOpenInterestValue"])
    if size is not None:
        coin, usd = usd, coin * size
    at_ms = rows[0]["timestamp"]
    rates = say("fundingRate")
    taker = {"timestamp": 1_600_000_000_000, "buySellRatio": "1.25"}
    taken = 1.25
    taker_name, premium_ms, ticker_ms = "takerlongshortRatio", 1_621_252_345_000, 1_753_788_173_000
    if size is not None:
        taker, taken = say("takerBuySellVol")[0], 387 / 248
        taker_name, premium_ms, ticker_ms = "takerBuySellVol", 1_596_094_042_000, 1_621_965_287_000
    kline = [
        1_700_000_000_000,
        "10",
        "12",
        "9",
        "11",
        "500",
        1_700_003_599_999,
        "45.5",
        9,
        "1",
        "1",
    ]
    volume = 500.0 if size is None else 45.5
    last = rates[-1]
    row = (float(last["fundingTime"]), float(last["fundingRate"]))
    premium: dict[str, Any] = {
        "MarkPrice.mark": 45802.81129892,
        "MarkPrice.index": 45745.47701915,
        "FundingRate.predicted": 0.00063521,
        "FundingRate.next_settlement_ms": 1_621_267_200_000,
    }
    ticker: dict[str, Any] = {
        "Ticker.last": 0.315,
        "Ticker.change_24h_fraction": -0.06777,
        "Ticker.volume_24h_quote": 38709237.2289,
    }
    interest, held = say("openInterest"), (23581.677, 23581.677 * 1600.0)
    if size is not None:
        premium = {
            "MarkPrice.mark": 11029.69574559,
            "MarkPrice.index": 10979.144375,
            "FundingRate.predicted": 0.00071003,
            "FundingRate.next_settlement_ms": 1_596_096_000_000,
        }
        ticker = {
            "Ticker.last": 37993.4,
            "Ticker.change_24h_fraction": 0.00556,
            "Ticker.volume_24h_quote": 81_990_451 * size,
        }
        held = (26_542_436 * size / 1600.0, 26_542_436 * size)
    ticker_about = about if size is not None else contract(venue, "SUSDT")
    interest_about = contract(venue, interest["symbol"], **more)
    told = {
        (CALL, f"{api}/premiumIndex"): Given([say("premiumIndex")], about, premium, premium_ms),
        (CALL, f"{api}/openInterest"): Given(
            [interest],
            interest_about,
            {"OpenInterest.coin": held[0], "OpenInterest.usd": held[1]},
            interest["time"] + 1,
            Facts(marks={interest["symbol"]: 1600.0}),
        ),
        (CALL, f"{api}/ticker/24hr"): Given([say("ticker24hr")], ticker_about, ticker, ticker_ms),
        (CALL, f"{api}/fundingInfo"): Given(
            [[{"symbol": market_id, "fundingIntervalHours": 4}]], about, {"interval": 4.0}, later
        ),
        (CALL, f"{api}/fundingRate"): Given(
            [rates], about, {"settled": row[1], "settled_ms": row[0]}, int(row[0]) + 1
        ),
        (CALL, "/futures/data/globalLongShortAccountRatio"): Given(
            [ratio], about, _ratio("global accounts", value), later
        ),
        (CALL, "/futures/data/topLongShortAccountRatio"): Given(
            [ratio], about, _ratio("top-trader accounts", value), later
        ),
        (CALL, "/futures/data/topLongShortPositionRatio"): Given(
            [ratio], about, _ratio("top-trader positions", value), later
        ),
        (CALL, f"/futures/data/{taker_name}"): Given(
            [[taker]], about, _ratio("taker buy/sell", taken), later
        ),
        (CALL, "/futures/data/openInterestHist"): Given(
            [rows, []],
            about,
            {"OpenInterestPast.coin_1h": coin, "OpenInterestPast.usd_1h": usd},
            at_ms + HOUR_MS,
        ),
        ("candles", f"{api}/klines"): Given(
            [[kline]], about, [(1_700_000_000_000, 10, 12, 9, 11, volume)]
        ),
        ("mark_candles", f"{api}/markPriceKlines"): Given(
            [[kline]], about, [(1_700_000_000_000, 10, 12, 9, 11)]
        ),
        ("open_interest", "/futures/data/openInterestHist"): Given(
            [rows], about, [(at_ms, coin, usd)]
        ),
        ("long_short_ratio", "/futures/data/globalLongShortAccountRatio"): Given(
            [ratio], about, [(ratio[0]["timestamp"], value)]
        ),
        ("funding", f"{api}/fundingRate"): Given([rates[-1:]], about, [row]),
    }
    return {Claimed(venue, *named): given for named, given in told.items()}


def _bybit() -> dict[Claimed, Given]:
    linear, inverse = contract("bybit", "BTCUSDT"), contract("bybit", "BTCUSD", **INVERSE)
    ether = contract("bybit", "ETHPERP")
    ratio, interest = (
        documented("bybit", "accountRatio"),
        documented("bybit", "inverseOpenInterest"),
    )
    share = 0.5707 / 0.4293
    tickers = documented("bybit", "tickers")
    newer = {"fundingIntervalHour": "8", "openInterestValue": "925579166"}
    tickers["result"]["list"][0] |= newer
    candle = {
        "result": {"list": [["1670608800000", "17071", "17073", "17027", "17055.5", "2", "9"]]}
    }
    told = {
        (CALL, "/v5/market/tickers"): Given(
            [tickers],
            linear,
            {
                "MarkPrice.mark": 19255.0,
                "MarkPrice.index": 19260.68,
                "Ticker.last": 19255.5,
                "Ticker.change_24h_fraction": 0.033325,
                "Ticker.volume_24h_quote": 4686694853.047006,
                "FundingRate.predicted": 0.0001,
                "FundingRate.next_settlement_ms": 1_663_689_600_000,
                "FundingRate.interval_hours": 8.0,
                "interval": 8.0,
                "OpenInterest.coin": 48069.549,
                "OpenInterest.usd": 925579166.0,
            },
            1_663_670_053_500,
        ),
        (CALL, "/v5/market/tickers?category=inverse"): Given(
            [documented("bybit", "inverseTickers")],
            inverse,
            {
                "MarkPrice.mark": 16596.0,
                "MarkPrice.index": 16598.54,
                "Ticker.last": 16597.0,
                "Ticker.change_24h_fraction": 0.008047,
                "Ticker.volume_24h_quote": 49337318.0,
                "FundingRate.predicted": -0.001034,
                "FundingRate.next_settlement_ms": 1_672_387_200_000,
                "OpenInterest.coin": 22505.67,
                "OpenInterest.usd": 373504107.0,
            },
            1_672_376_496_682,
        ),
        (CALL, "/v5/market/account-ratio"): Given(
            [ratio], linear, _ratio("global accounts", share), 1_729_147_842_516
        ),
        (CALL, "/v5/market/open-interest"): Given(
            [interest, interest],
            inverse,
            {"OpenInterestPast.usd_1h": 461134384.0},
            1_669_571_400_000 + HOUR_MS,
        ),
        (CALL, "/v5/market/funding/history"): Given(
            [documented("bybit", "fundingHistory")],
            ether,
            {"settled": 0.0001, "settled_ms": 1_672_041_600_000},
            1_672_051_897_447,
        ),
        ("candles", "/v5/market/kline"): Given(
            [candle], linear, [(1_670_608_800_000, 17071, 17073, 17027, 17055.5, 2)]
        ),
        ("mark_candles", "/v5/market/mark-price-kline"): Given(
            [candle], linear, [(1_670_608_800_000, 17071, 17073, 17027, 17055.5)]
        ),
        ("open_interest", "/v5/market/open-interest"): Given(
            [interest],
            inverse,
            [(1_669_571_400_000, None, 461134384.0), (1_669_571_100_000, None, 461134292.0)],
        ),
        ("long_short_ratio", "/v5/market/account-ratio"): Given(
            [ratio], linear, [(1_729_123_200_000, share)]
        ),
        ("funding", "/v5/market/funding/history"): Given(
            [documented("bybit", "fundingHistory")], ether, [(1_672_041_600_000, 0.0001)]
        ),
        (TIERS, "/v5/market/risk-limit"): Given(
            [documented("bybit", "riskLimit")],
            inverse,
            [MarginTier(floor=0.0, cap=150.0, mmr=0.005, max_leverage=100.0)],
        ),
    }
    return {Claimed("bybit", *named): given for named, given in told.items()}


def _okx() -> dict[Claimed, Given]:
    swap = contract("okx", "BTC-USDT-SWAP", contract_size=0.01)
    statistics = "/api/v5/rubik/stat/contracts"
    ratio, past = documented("okx", "longShortRatio"), documented("okx", "openInterestHistory")
    share = 0.9398602814619824
    candle = {
        "data": [["1597026383085", "3.7", "3.8", "3.6", "3.75", "8422410", "22698", "1", "1"]]
    }
    mark = {"data": [{"instId": "BTC-USDT-SWAP", "markPx": "2403.98", "ts": "1728578500703"}]}
    index = {"data": [{"instId": "BTC-USDT", "idxPx": "43350", "ts": "1649419644492"}]}
    dollar = {"data": [{"instId": "BTC-USD", "idxPx": "43351", "ts": "1649419644492"}]}
    ticker = {
        "instId": "BTC-USDT-SWAP",
        "last": "9999.99",
        "open24h": "9000",
        "vol24h": "2222",
        "volCcy24h": "22.22",
        "volCcyQuote24h": "200000",
        "ts": "1597026383085",
    }
    told = {
        (CALL, "/api/v5/public/mark-price"): Given(
            [mark],
            swap,
            {"MarkPrice.mark": 2403.98, "MarkPrice.index": 2400.0},
            1_728_578_500_800,
            Facts(indexes={"BTC-USDT": 2400.0}),
        ),
        (CALL, "/api/v5/public/open-interest"): Given(
            [documented("okx", "openInterest")],
            swap,
            {"OpenInterest.coin": 21254.19, "OpenInterest.usd": 21254.19 * 20_000.0},
            okx.INTEREST_NOW_MS,
            Facts(marks={"BTC-USDT-SWAP": 20_000.0}),
        ),
        (CALL, "/api/v5/public/funding-rate"): Given(
            [{"data": [okx.FUNDING]}],
            swap,
            {
                "FundingRate.predicted": 0.0001875391284828,
                "FundingRate.settled": 0.0001699799259033,
                "FundingRate.next_settlement_ms": 1_700_726_400_000,
                "FundingRate.interval_hours": 8.0,
                "settled": 0.0001699799259033,
                "settled_ms": 1_700_697_600_000,
                "interval": 8.0,
            },
            okx.FUNDING_NOW_MS,
        ),
        (CALL, "/api/v5/market/index-tickers"): Given(
            [index], swap, {"index of BTC-USDT": 43350.0}, 1_649_419_644_500
        ),
        (CALL, "/api/v5/market/index-tickers?quoteCcy=USD"): Given(
            [dollar], contract("okx", "BTC-USD-SWAP", **INVERSE), {"index of BTC-USD": 43351.0}
        ),
        (CALL, "/api/v5/market/tickers"): Given(
            [{"data": [ticker]}],
            swap,
            {
                "Ticker.last": 9999.99,
                "Ticker.change_24h_fraction": 9999.99 / 9000 - 1,
                "Ticker.volume_24h_quote": 200000.0,
            },
            1_597_026_383_100,
        ),
        (CALL, f"{statistics}/long-short-account-ratio-contract"): Given(
            [ratio], swap, _ratio("global accounts", share), 1_729_323_600_001
        ),
        (CALL, f"{statistics}/open-interest-history"): Given(
            [past, {"data": []}],
            swap,
            {"OpenInterestPast.coin_1h": 28006.5419, "OpenInterestPast.usd_1h": 2360916466.88},
            1_790_550_000_000 + HOUR_MS,
        ),
        (CALL, "/api/v5/public/funding-rate-history"): Given(
            [documented("okx", "fundingRateHistory")],
            swap,
            {"settled": 0.017, "settled_ms": 1_597_026_383_085},
            1_597_026_383_100,
        ),
        ("candles", "/api/v5/market/candles"): Given(
            [candle], swap, [(1_597_026_383_085, 3.7, 3.8, 3.6, 3.75, 22698)]
        ),
        ("mark_candles", "/api/v5/market/mark-price-candles"): Given(
            [candle], swap, [(1_597_026_383_085, 3.7, 3.8, 3.6, 3.75)]
        ),
        ("open_interest", f"{statistics}/open-interest-history"): Given(
            [past], swap, [(1_790_550_000_000, 28006.5419, 2360916466.88)]
        ),
        ("long_short_ratio", f"{statistics}/long-short-account-ratio-contract"): Given(
            [ratio],
            swap,
            [(at, share) for at in (1_729_323_600_000, 1_729_323_300_000, 1_729_323_000_000)],
        ),
        ("funding", "/api/v5/public/funding-rate-history"): Given(
            [documented("okx", "fundingRateHistory")], swap, [(1_597_026_383_085, 0.017)] * 2
        ),
        (TIERS, "/api/v5/public/position-tiers"): Given(
            [documented("okx", "positionTiers")],
            swap,
            [MarginTier(floor=0.0, cap=500.0, mmr=0.03, max_leverage=10.0)],
        ),
    }
    return {Claimed("okx", *named): given for named, given in told.items()}


def _hyperliquid() -> dict[Claimed, Given]:
    sol, ether = contract("hyperliquid", "SOL"), contract("hyperliquid", "ETH")
    candle = {"t": 1_704_286_800_000, "o": "1.5", "h": "3", "l": "0.5", "c": "2", "v": "5"}
    meta = {
        "universe": [{"name": "SOL", "maxLeverage": 20, "marginTableId": 52}],
        "marginTables": [
            [
                52,
                {
                    "marginTiers": [
                        {"lowerBound": "0.0", "maxLeverage": 20},
                        {"lowerBound": "1000", "maxLeverage": 10},
                    ]
                },
            ]
        ],
    }
    told = {
        (CALL, "/info metaAndAssetCtxs"): Given(
            [documented("hyperliquid", "metaAndAssetCtxs")],
            sol,
            {
                "MarkPrice.mark": 108.04,
                "MarkPrice.index": 107.99,
                "Ticker.change_24h_fraction": 108.04 / 111.81 - 1.0,
                "Ticker.volume_24h_quote": 9450588.2273,
                "FundingRate.predicted": 0.0000198,
                "FundingRate.next_settlement_ms": 1_704_294_000_000,
                "FundingRate.interval_hours": 1.0,
                "OpenInterest.coin": 10764.48,
                "OpenInterest.usd": 10764.48 * 108.04,
            },
            1_704_290_400_000,
        ),
        (CALL, "/info fundingHistory"): Given(
            [documented("hyperliquid", "fundingHistory")],
            ether,
            {"settled": 0.0000125, "settled_ms": 1_704_290_400_031},
            1_704_290_500_000,
        ),
        ("candles", "/info candleSnapshot"): Given(
            [[candle]], sol, [(1_704_286_800_000, 1.5, 3, 0.5, 2, 5)]
        ),
        ("funding", "/info fundingHistory"): Given(
            [documented("hyperliquid", "fundingHistory")], ether, [(1_704_290_400_031, 0.0000125)]
        ),
        (TIERS, "/info meta"): Given(
            [meta],
            sol,
            [
                MarginTier(floor=0.0, cap=1000.0, mmr=0.025, cum=0.0, max_leverage=20.0),
                MarginTier(floor=1000.0, mmr=0.05, cum=25.0, max_leverage=10.0),
            ],
        ),
    }
    return {Claimed("hyperliquid", *named): given for named, given in told.items()}


def _gate() -> dict[Claimed, Given]:
    at_ms, statistics = 1_684_929_600_000, [gate.STATISTICS]
    candle = [{"t": 1684929600, "o": "1", "h": "3", "l": "0.5", "c": "2", "v": 50_000}]
    ticker = {
        "contract": "BTC_USDT",
        "last": "26696",
        "change_percentage": "-2.25",
        "volume_24h_quote": "1500000000",
    }
    hour = gate.STATISTICS | {"time": (gate.NOW_MS - 3_700_000) // 1000}
    told = {
        (CALL, "/futures/usdt/contracts"): Given(
            [[gate.RECORDED]],
            gate.BTC,
            {
                "MarkPrice.mark": 26704.26,
                "MarkPrice.index": 26703.16,
                "FundingRate.predicted": 0.000086,
                "FundingRate.next_settlement_ms": 1_684_944_000_000,
                "FundingRate.interval_hours": 8.0,
                "interval": 8.0,
                "OpenInterest.coin": 16953.1691,
                "OpenInterest.usd": 16953.1691 * 26704.26,
                **_ratio("global accounts", 5706 / 2559),
            },
            gate.NOW_MS,
        ),
        (CALL, "/futures/usdt/tickers"): Given(
            [[ticker]],
            gate.BTC,
            {
                "Ticker.last": 26696.0,
                "Ticker.change_24h_fraction": -0.0225,
                "Ticker.volume_24h_quote": 1.5e9,
            },
            gate.NOW_MS,
        ),
        (CALL, "/futures/usdt/contract_stats"): Given(
            [[hour], [], statistics],
            gate.BTC,
            {
                "OpenInterestPast.coin_1h": 16900.0,
                **_ratio("global accounts", 2.2),
                **_ratio("taker buy/sell", 0.8),
                **_ratio("top-trader accounts", 1.1),
                **_ratio("top-trader positions", 0.9),
            },
            gate.NOW_MS,
        ),
        (CALL, "/futures/usdt/funding_rate"): Given(
            [[{"t": 1684915200, "r": "0.0001"}]],
            gate.BTC,
            {"settled": 0.0001, "settled_ms": 1_684_915_200_000},
            gate.NOW_MS,
        ),
        ("candles", "/futures/usdt/candlesticks"): Given(
            [candle], gate.BTC, [(at_ms, 1, 3, 0.5, 2, 5)]
        ),
        ("mark_candles", "/futures/usdt/candlesticks"): Given(
            [candle], gate.BTC, [(at_ms, 1, 3, 0.5, 2)]
        ),
        ("open_interest", "/futures/usdt/contract_stats"): Given(
            [statistics], gate.BTC, [(at_ms, 16900.0, 451000000.0)]
        ),
        ("long_short_ratio", "/futures/usdt/contract_stats"): Given(
            [statistics], gate.BTC, [(at_ms, 2.2)]
        ),
        ("liquidations", "/futures/usdt/contract_stats"): Given(
            [statistics], gate.BTC, [(at_ms, 0.12, 0.03)]
        ),
        ("funding", "/futures/usdt/funding_rate"): Given(
            [[{"t": 1684929600, "r": "0.0001"}]], gate.BTC, [(at_ms, 0.0001)]
        ),
        (TIERS, "/futures/{settle}/risk_limit_tiers"): Given(
            [tier_answers.gate(tier_answers.GATE_FIRST, tier_answers.GATE_SECOND)],
            gate.BTC,
            [
                MarginTier(floor=0.0, cap=1e6, mmr=0.004, max_leverage=125.0),
                MarginTier(floor=1e6, cap=2e6, mmr=0.005, max_leverage=100.0),
            ],
        ),
    }
    return {Claimed("gate", *named): given for named, given in told.items()}


def _bitget() -> dict[Claimed, Given]:
    api = "/api/v2/mix/market"
    settled = {"symbol": "BTCUSDT", "fundingRate": "-0.0003", "fundingTime": "1652396400000"}
    candle = ["1687393200000", "1.5", "3", "0.5", "2", "7", "14"]
    say = bitget.said
    told = {
        (CALL, f"{api}/tickers"): Given(
            [say(bitget.TICKER)],
            bitget.BTC,
            {
                "MarkPrice.mark": 104824.2,
                "MarkPrice.index": 104881.953125,
                "Ticker.last": 104823.8,
                "Ticker.change_24h_fraction": 0.00471,
                "Ticker.volume_24h_quote": 8274870921.80485,
                "OpenInterest.coin": 7452.6421,
                "OpenInterest.usd": 7452.6421 * 104824.2,
            },
            bitget.NOW_MS,
        ),
        (CALL, f"{api}/current-fund-rate"): Given(
            [say(bitget.FUNDING)],
            bitget.BTC,
            {
                "FundingRate.predicted": -0.000013,
                "FundingRate.interval_hours": 8.0,
                "FundingRate.next_settlement_ms": 1_750_348_800_000,
                "interval": 8.0,
            },
            bitget.NOW_MS,
        ),
        (CALL, f"{api}/account-long-short"): Given(
            [say(bitget.RATIO)],
            bitget.BTC,
            _ratio("global accounts", 0.58 / 0.42),
            bitget.NOW_MS,
        ),
        (CALL, f"{api}/history-fund-rate"): Given(
            [say(settled)],
            bitget.BTC,
            {"settled": -0.0003, "settled_ms": 1_652_396_400_000},
            bitget.NOW_MS,
        ),
        ("candles", f"{api}/history-candles"): Given(
            [say(candle)], bitget.BTC, [(1_687_393_200_000, 1.5, 3, 0.5, 2, 7)]
        ),
        ("mark_candles", f"{api}/history-mark-candles"): Given(
            [say(candle)], bitget.BTC, [(1_687_393_200_000, 1.5, 3, 0.5, 2)]
        ),
        ("long_short_ratio", f"{api}/account-long-short"): Given(
            [say(bitget.RATIO)], bitget.BTC, [(1_729_312_200_000, 0.58 / 0.42)]
        ),
        ("funding", f"{api}/history-fund-rate"): Given(
            [say(settled)], bitget.BTC, [(1_652_396_400_000, -0.0003)]
        ),
        (TIERS, f"{api}/query-position-lever"): Given(
            [say(tier_answers.BITGET_FIRST, tier_answers.BITGET_SECOND)],
            bitget.BTC,
            [
                MarginTier(floor=0.0, cap=150_000.0, mmr=0.004, max_leverage=125.0),
                MarginTier(floor=150_000.0, cap=900_000.0, mmr=0.005, max_leverage=100.0),
            ],
        ),
    }
    return {Claimed("bitget", *named): given for named, given in told.items()}


GIVEN: Mapping[Claimed, Given] = {
    **_binance("binanceusdm", "/fapi/v1", "BTCUSDT", None),
    **_binance("binancecoinm", "/dapi/v1", "BTCUSD_PERP", 100.0),
    **_bybit(),
    **_okx(),
    **_hyperliquid(),
    **_gate(),
    **_bitget(),
}
