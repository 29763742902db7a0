"""ccxt's gate, bitget and binancecoinm read the recorded figures from the replay server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from dashboard.replay.recording import Series
from tests.replay.ccxt_link import Link, ccxt_error, linked
from tests.replay.made_up import HOUR_MS, made_up_recording

pytestmark = pytest.mark.asyncio(loop_scope="module")

VENUES = {
    "gate": ("BTC_USDT", "BTC/USDT:USDT"),
    "bitget": ("BTCUSDT", "BTC/USDT:USDT"),
    "binancecoinm": ("BTCUSD_PERP", "BTC/USD:BTC"),
}
CONTRACT_COINS = 0.0001
CONTRACT_USD = 100.0
MINUTE_MS = 60_000


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=VENUES)
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Link]:
    async with linked(request.param, made_up_recording([request.param])) as link:
        yield link


@pytest.fixture
def link(opened: Link) -> Link:
    opened.at(opened.recording.default_start_ms + 5 * MINUTE_MS)
    return opened


def ids(link: Link) -> tuple[str, str]:
    return VENUES[link.exchange.id]


def series(link: Link, kind: str) -> Series:
    return link.series(ids(link)[0], kind)


def stands(link: Link, kind: str, column: str) -> float:
    """The recorded value of that moment."""
    found = series(link, kind)
    row = int(np.searchsorted(found.time_ms, link.clock.now_ms(), "right")) - 1
    return float(found.columns[column][row])


async def ask(link: Link, method: str, **params: object) -> Any:
    return await getattr(link.exchange, method)(params)


async def test_the_recorded_contract_is_listed_and_no_other(link: Link) -> None:
    market_id, symbol = ids(link)
    market = link.exchange.market(symbol)
    assert [m for m, found in link.exchange.markets.items() if found["swap"]] == [symbol]
    assert market["id"] == market_id
    assert market["inverse"] is (link.exchange.id == "binancecoinm")
    sizes = {"gate": CONTRACT_COINS, "binancecoinm": CONTRACT_USD, "bitget": 1.0}
    assert market["contractSize"] == sizes[link.exchange.id]


async def test_funding_is_the_last_settled_one_and_its_history_ends_now(link: Link) -> None:
    symbol = ids(link)[1]
    rates = await link.exchange.fetch_funding_rates([symbol])
    assert rates[symbol]["fundingRate"] == stands(link, "funding", "rate")
    history = await link.exchange.fetch_funding_rate_history(symbol, limit=3)
    recorded = series(link, "funding")
    last = int(np.searchsorted(recorded.time_ms, link.clock.now_ms(), "right")) - 1
    assert [(row["timestamp"], row["fundingRate"]) for row in history] == [
        (int(recorded.time_ms[at]), float(recorded.columns["rate"][at]))
        for at in range(last - 2, last + 1)
    ]


async def test_mark_and_last_price_are_the_recorded_ones(link: Link) -> None:
    symbol = ids(link)[1]
    mark, last = stands(link, "mark_candles", "open"), stands(link, "candles", "open")
    ticker = (await link.exchange.fetch_tickers([symbol]))[symbol]
    assert ticker["last"] == last
    if link.exchange.id == "binancecoinm":
        ticker = (await link.exchange.fetch_mark_prices([symbol]))[symbol]
    assert ticker["markPrice"] == mark


async def test_open_interest_is_counted_as_the_venue_counts_it(link: Link) -> None:
    market_id, symbol = ids(link)
    coin, mark = stands(link, "open_interest", "coin"), stands(link, "mark_candles", "open")
    match link.exchange.id:
        case "gate":
            (row,) = await ask(link, "publicFuturesGetSettleContracts", settle="usdt")
            assert row["position_size"] == round(coin / CONTRACT_COINS)
            assert row["funding_interval"] == 28800
            assert row["funding_next_apply"] * 1000 > link.clock.now_ms()
        case "bitget":
            found = await link.exchange.fetch_open_interest(symbol)
            assert found["openInterestAmount"] == coin
        case _:
            found = await link.exchange.fetch_open_interest(symbol)
            assert found["openInterestAmount"] == round(coin * mark / CONTRACT_USD)
            assert found["info"]["symbol"] == market_id


async def test_hourly_candles_are_the_recorded_bars(link: Link) -> None:
    symbol = ids(link)[1]
    rows = await link.exchange.fetch_ohlcv(symbol, "1h", limit=5)
    recorded = series(link, "candles")
    last = int(np.searchsorted(recorded.time_ms, link.clock.now_ms(), "right")) - 1
    assert len(rows) == 5
    for row, at in zip(rows[:-1], range(last - 4, last), strict=True):
        prices = [float(recorded.columns[name][at]) for name in ("open", "high", "low", "close")]
        assert row[:5] == [int(recorded.time_ms[at]), *prices]
    volume = float(recorded.columns["volume"][last - 1])
    size = CONTRACT_COINS if link.exchange.id == "gate" else 1.0
    assert rows[-2][5] == pytest.approx(volume / size, abs=1.0)


async def test_mark_candles_are_other_bars_and_index_candles_are_empty(link: Link) -> None:
    symbol = ids(link)[1]
    marks = await link.exchange.fetch_ohlcv(symbol, "1h", limit=3, params={"price": "mark"})
    recorded = series(link, "mark_candles")
    last = int(np.searchsorted(recorded.time_ms, link.clock.now_ms(), "right")) - 1
    assert marks[-2][4] == float(recorded.columns["close"][last - 1])
    index = await link.exchange.fetch_ohlcv(symbol, "1h", limit=3, params={"price": "index"})
    assert index == []


async def test_candles_from_a_moment_on_are_the_oldest_after_it(link: Link) -> None:
    symbol = ids(link)[1]
    since_ms = link.recording.starts_ms + 10 * HOUR_MS
    rows = await link.exchange.fetch_ohlcv(symbol, "1h", since=since_ms, limit=4)
    assert [row[0] for row in rows][:3] == [since_ms + at * HOUR_MS for at in range(3)]


async def test_no_row_of_a_history_lies_in_the_future(link: Link) -> None:
    symbol, now_ms = ids(link)[1], link.clock.now_ms()
    assert (await link.exchange.fetch_ohlcv(symbol, "1h", limit=100))[-1][0] <= now_ms
    rates = await link.exchange.fetch_funding_rate_history(symbol, limit=100)
    assert rates[-1]["timestamp"] <= now_ms


async def test_ratio_and_interest_histories(link: Link) -> None:
    market_id, symbol = ids(link)
    ratio, coin = stands(link, "long_short_ratio", "ratio"), stands(link, "open_interest", "coin")
    match link.exchange.id:
        case "gate":
            rows = await ask(
                link,
                "publicFuturesGetSettleContractStats",
                settle="usdt",
                contract=market_id,
                interval="1h",
                limit=2,
            )
            assert [int(row["time"]) for row in rows] == [
                (link.recording.default_start_ms - HOUR_MS) // 1000,
                link.recording.default_start_ms // 1000,
            ]
            assert float(rows[-1]["lsr_account"]) == ratio
            assert float(rows[-1]["open_interest"]) == round(coin / CONTRACT_COINS)
            mark = stands(link, "mark_candles", "open")
            assert float(rows[-1]["open_interest_usd"]) == pytest.approx(coin * mark)
        case "bitget":
            answer = await ask(
                link,
                "publicMixGetV2MixMarketAccountLongShort",
                symbol=market_id,
                period="1h",
                productType="USDT-FUTURES",
            )
            row = answer["data"][-1]
            told = float(row["longAccountRatio"]) / float(row["shortAccountRatio"])
            assert told == pytest.approx(ratio, abs=5e-4)
            assert float(row["longShortAccountRatio"]) == pytest.approx(ratio / 100, abs=5e-5)
        case _:
            history = await link.exchange.fetch_open_interest_history(symbol, "1h", limit=2)
            mark = stands(link, "mark_candles", "open")
            assert history[-1]["openInterestAmount"] == pytest.approx(coin * mark / CONTRACT_USD)
            assert history[-1]["openInterestValue"] == pytest.approx(coin)
            ratios = await link.exchange.fetch_long_short_ratio_history(symbol, "1h", limit=2)
            assert ratios[-1]["longShortRatio"] == ratio


UNKNOWN: dict[str, list[tuple[str, dict[str, object]]]] = {
    "gate": [
        ("publicFuturesGetSettleContractStats", {"settle": "usdt", "contract": "NO_USDT"}),
        ("publicFuturesGetSettleCandlesticks", {"settle": "usdt", "contract": "mark_NO_USDT"}),
        ("publicFuturesGetSettleFundingRate", {"settle": "usdt"}),
        (
            "publicFuturesGetSettleCandlesticks",
            {"settle": "usdt", "contract": "BTC_USDT", "interval": "7m"},
        ),
        (
            "publicFuturesGetSettleContractStats",
            {"settle": "usdt", "contract": "BTC_USDT", "limit": "x"},
        ),
        (
            "publicFuturesGetSettleCandlesticks",
            {"settle": "usdt", "contract": "BTC_USDT", "limit": 5, "from": 1},
        ),
    ],
    "bitget": [
        ("publicMixGetV2MixMarketOpenInterest", {"symbol": "NOUSDT"}),
        ("publicMixGetV2MixMarketTickers", {"productType": "USD"}),
        ("publicMixGetV2MixMarketCandles", {"symbol": "BTCUSDT", "granularity": "7m"}),
        ("publicMixGetV2MixMarketCandles", {"symbol": "BTCUSDT", "granularity": "1m", "limit": 0}),
        ("publicMixGetV2MixMarketAccountLongShort", {"symbol": "BTCUSDT", "period": "7m"}),
    ],
    "binancecoinm": [
        ("dapiPublicGetOpenInterest", {"symbol": "NOUSD_PERP"}),
        ("dapiDataGetOpenInterestHist", {"pair": "NOUSD", "period": "1h"}),
        (
            "dapiDataGetOpenInterestHist",
            {"pair": "BTCUSD", "contractType": "CURRENT_QUARTER", "period": "1h"},
        ),
        ("dapiPublicGetKlines", {"symbol": "BTCUSD_PERP", "interval": "7m"}),
    ],
}


async def test_what_the_venue_would_refuse_is_refused(link: Link) -> None:
    for method, params in UNKNOWN[link.exchange.id]:
        with pytest.raises(ccxt_error("BaseError")):
            await ask(link, method, **params)


async def test_other_settlements_and_products_are_empty(link: Link) -> None:
    match link.exchange.id:
        case "gate":
            assert await ask(link, "publicFuturesGetSettleContracts", settle="btc") == []
        case "bitget":
            coins = await ask(link, "publicMixGetV2MixMarketTickers", productType="COIN-FUTURES")
            assert coins["data"] == []
        case _:
            tops = await ask(
                link, "dapiDataGetTopLongShortAccountRatio", pair="BTCUSD", period="1h"
            )
            assert tops == []
