"""ccxt's bybit reads the recorded figures from the replay server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from dashboard.replay.recording import load_recording
from tests.replay.ccxt_link import Link, ccxt_error, linked
from tests.replay.made_up import made_up_recording

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR_MS = 3_600_000
BITCOIN = "BTC/USDT:USDT"
NINE_MS = 1_746_781_200_000  # 2025-05-09 09:00 UTC
NOW_MS = NINE_MS + 40 * 60_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_link() -> AsyncIterator[Link]:
    async with linked("bybit", load_recording("four-venues-2025-05")) as link:
        yield link


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_made_up() -> AsyncIterator[Link]:
    async with linked("bybit", made_up_recording()) as link:
        yield link


@pytest.fixture
def link(module_link: Link) -> Link:
    module_link.at(NOW_MS)
    return module_link


@pytest.fixture
def made_up(module_made_up: Link) -> Link:
    module_made_up.at(module_made_up.recording.default_start_ms + 5)
    return module_made_up


def newest(link: Link, kind: str) -> int:
    times = link.series("BTCUSDT", kind).time_ms
    return int(np.searchsorted(times, link.clock.now_ms(), "right")) - 1


async def test_markets_are_the_recorded_linear_ones(link: Link) -> None:
    markets = link.exchange.markets
    assert sorted(markets) == [f"{coin}/USDT:USDT" for coin in ("BTC", "DOGE", "ETH", "SOL")]
    assert markets[BITCOIN]["precision"] == {
        **markets[BITCOIN]["precision"],
        "amount": 0.001,
        "price": 0.1,
    }
    assert markets[BITCOIN]["linear"]
    assert markets[BITCOIN]["info"]["fundingInterval"] == 480


async def test_the_venues_time_is_the_recorded_now(link: Link) -> None:
    assert await link.exchange.fetch_time() == NOW_MS


async def test_funding_of_all_symbols_is_the_last_settled_with_its_interval(link: Link) -> None:
    rates = await link.exchange.fetch_funding_rates()
    assert len(rates) == 4
    funding = link.series("BTCUSDT", "funding")
    assert rates[BITCOIN]["fundingRate"] == funding.columns["rate"][newest(link, "funding")]
    assert rates[BITCOIN]["fundingTimestamp"] == NINE_MS + 7 * HOUR_MS
    assert rates[BITCOIN]["interval"] == "8h"
    assert rates[BITCOIN]["timestamp"] == NOW_MS
    assert rates[BITCOIN]["markPrice"] is None
    assert rates[BITCOIN]["info"]["fundingIntervalHour"] == "8"


async def test_the_ticker_has_the_last_price_and_says_nothing_of_what_was_not_recorded(
    link: Link,
) -> None:
    candles, last = link.series("BTCUSDT", "candles"), newest(link, "candles")
    response = await link.exchange.publicGetV5MarketTickers({"category": "linear"})
    ticker = response["result"]["list"][0]
    assert float(ticker["lastPrice"]) == candles.columns["open"][last]
    assert float(ticker["prevPrice24h"]) == candles.columns["open"][last - 24]
    assert float(ticker["prevPrice1h"]) == candles.columns["open"][last - 1]
    day = slice(last - 24, last)
    assert float(ticker["highPrice24h"]) == candles.columns["high"][day].max()
    assert float(ticker["volume24h"]) == pytest.approx(candles.columns["volume"][day].sum())
    change = candles.columns["open"][last] / candles.columns["open"][last - 24] - 1
    assert float(ticker["price24hPcnt"]) == pytest.approx(change, abs=1e-6)
    for field in ("markPrice", "indexPrice", "openInterest", "openInterestValue", "turnover24h"):
        assert ticker[field] == ""


async def test_the_ticker_has_mark_price_and_open_interest_where_they_were_recorded(
    made_up: Link,
) -> None:
    ticker = (await made_up.exchange.fetch_tickers([BITCOIN]))[BITCOIN]
    mark = made_up.series("BTCUSDT", "mark_candles").columns["open"][
        newest(made_up, "mark_candles")
    ]
    coin = made_up.series("BTCUSDT", "open_interest").columns["coin"][
        newest(made_up, "open_interest")
    ]
    assert ticker["markPrice"] == mark
    assert float(ticker["info"]["openInterest"]) == coin
    assert float(ticker["info"]["openInterestValue"]) == pytest.approx(coin * mark, rel=1e-12)


async def test_hourly_candles(link: Link) -> None:
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", limit=5)
    candles, last = link.series("BTCUSDT", "candles"), newest(link, "candles")
    names = ("open", "high", "low", "close", "volume")
    for row, at in zip(rows[:-1], range(last - 4, last), strict=True):
        assert row == [candles.time_ms[at], *(candles.columns[name][at] for name in names)]
    opened = candles.columns["open"][last]
    assert rows[-1] == [NINE_MS, opened, opened, opened, opened, None]


async def test_candles_from_a_start_go_onwards_and_up_to_an_end_backwards(link: Link) -> None:
    since_ms = NINE_MS - 50 * HOUR_MS
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", since=since_ms, limit=3)
    assert [row[0] for row in rows] == [since_ms + at * HOUR_MS for at in range(3)]
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", limit=3, params={"until": since_ms})
    assert [row[0] for row in rows] == [since_ms - (2 - at) * HOUR_MS for at in range(3)]


async def test_a_page_of_candles_holds_at_most_a_thousand(link: Link) -> None:
    link.at(link.recording.ends_ms)
    asked = {"category": "linear", "symbol": "BTCUSDT", "interval": "60", "limit": "9999"}
    response = await link.exchange.publicGetV5MarketKline(asked)
    assert len(response["result"]["list"]) == 744
    response = await link.exchange.publicGetV5MarketKline({**asked, "limit": ""})
    assert len(response["result"]["list"]) == 200


@pytest.mark.parametrize("price", ["mark", "index"])
async def test_prices_that_were_not_recorded_have_no_candles(link: Link, price: str) -> None:
    assert await link.exchange.fetch_ohlcv(BITCOIN, "1h", params={"price": price}) == []


async def test_mark_candles_where_they_were_recorded(made_up: Link) -> None:
    rows = await made_up.exchange.fetch_ohlcv(BITCOIN, "1h", limit=2, params={"price": "mark"})
    marks, last = made_up.series("BTCUSDT", "mark_candles"), newest(made_up, "mark_candles")
    assert rows[0][4] == marks.columns["close"][last - 1]
    assert rows[1][1:5] == [marks.columns["open"][last]] * 4


async def test_funding_history(link: Link) -> None:
    rows = await link.exchange.fetch_funding_rate_history(BITCOIN, limit=9)
    funding, last = link.series("BTCUSDT", "funding"), newest(link, "funding")
    window = slice(last - 8, last + 1)
    assert [row["timestamp"] for row in rows] == funding.time_ms[window].tolist()
    assert [row["fundingRate"] for row in rows] == funding.columns["rate"][window].tolist()


async def test_funding_between_two_moments_comes_newest_first(link: Link) -> None:
    times = link.series("BTCUSDT", "funding").time_ms
    asked = {"category": "linear", "symbol": "BTCUSDT"}
    asked |= {"startTime": str(times[3]), "endTime": str(times[6])}
    response = await link.exchange.publicGetV5MarketFundingHistory({**asked, "limit": "3"})
    stamps = [int(row["fundingRateTimestamp"]) for row in response["result"]["list"]]
    assert stamps == times[[6, 5, 4]].tolist()


@pytest.mark.parametrize(("timeframe", "hours"), [("1h", 1), ("4h", 4)])
async def test_open_interest_history_ends_at_its_end_time(
    made_up: Link, timeframe: str, hours: int
) -> None:
    interest = made_up.series("BTCUSDT", "open_interest")
    every = interest.time_ms % (hours * HOUR_MS) == 0
    known = every & (interest.time_ms <= made_up.clock.now_ms())
    rows = await made_up.exchange.fetch_open_interest_history(BITCOIN, timeframe, limit=4)
    assert [row["timestamp"] for row in rows] == interest.time_ms[known][-4:].tolist()
    amounts = [row["openInterestAmount"] for row in rows]
    assert amounts == interest.columns["coin"][known][-4:].tolist()
    start_ms = int(interest.time_ms[8])
    lone = {"category": "linear", "symbol": "BTCUSDT", "intervalTime": "1h"}
    response = await made_up.exchange.publicGetV5MarketOpenInterest({**lone, "startTime": start_ms})
    newest_row = response["result"]["list"][0]
    assert int(newest_row["timestamp"]) == interest.time_ms[newest(made_up, "open_interest")]


async def test_account_ratio(made_up: Link) -> None:
    rows = await made_up.exchange.fetch_long_short_ratio_history(BITCOIN, "1h", limit=3)
    ratios, last = (
        made_up.series("BTCUSDT", "long_short_ratio"),
        newest(made_up, "long_short_ratio"),
    )
    assert [row["timestamp"] for row in rows] == ratios.time_ms[last - 2 : last + 1].tolist()
    longs, shorts = ratios.columns["long_fraction"][last], ratios.columns["short_fraction"][last]
    assert float(rows[-1]["info"]["buyRatio"]) == longs
    assert rows[-1]["longShortRatio"] == pytest.approx(longs / shorts)


async def test_what_was_not_recorded_is_an_empty_list(link: Link) -> None:
    assert await link.exchange.fetch_open_interest_history(BITCOIN, "1h") == []
    assert await link.exchange.fetch_long_short_ratio_history(BITCOIN, "1h") == []
    assert await link.exchange.fetch_market_leverage_tiers(BITCOIN) == []


@pytest.mark.parametrize(
    ("endpoint", "query", "message"),
    [
        ("Tickers", {"category": "linear", "symbol": "XXXUSDT"}, "symbol invalid"),
        ("Tickers", {"category": "nothing"}, "category only support"),
        ("Kline", {"category": "linear", "symbol": "XXXUSDT", "interval": "60"}, "symbol invalid"),
        (
            "Kline",
            {"category": "linear", "symbol": "BTCUSDT", "interval": "7"},
            "interval invalid",
        ),
        (
            "Kline",
            {"category": "linear", "symbol": "BTCUSDT", "interval": "60", "start": "x"},
            "start invalid",
        ),
        ("AccountRatio", {"category": "linear", "symbol": "BTCUSDT", "period": "5m"}, "period"),
        (
            "FundingHistory",
            {"category": "linear", "symbol": "BTCUSDT", "startTime": "1"},
            "endTime is required",
        ),
    ],
)
async def test_refusals_are_a_return_code(
    link: Link, endpoint: str, query: dict[str, str], message: str
) -> None:
    with pytest.raises(ccxt_error("BadRequest"), match=f'"retCode":10001.*{message}'):
        await getattr(link.exchange, f"publicGetV5Market{endpoint}")(query)


async def test_a_symbol_that_is_not_listed_is_a_bad_symbol(link: Link) -> None:
    with pytest.raises(ccxt_error("BadSymbol")):
        await link.exchange.fetch_ohlcv("XRP/USDT:USDT", "1h")


async def test_other_categories_list_nothing(link: Link) -> None:
    response = await link.exchange.publicGetV5MarketTickers({"category": "inverse"})
    assert response["result"]["list"] == []


async def test_an_endpoint_that_is_not_there_is_not_found(link: Link) -> None:
    with pytest.raises(ccxt_error("ExchangeNotAvailable"), match="404"):
        await link.exchange.publicGetV5MarketRecentTrade({"category": "linear"})
