"""ccxt's binanceusdm reads the recorded figures from the replay server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from dashboard.replay.recording import load_recording
from tests.replay.ccxt_link import Link, ccxt_error, linked
from tests.replay.made_up import made_up_recording

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR_MS = 3_600_000
BITCOIN, ETHER, SOLANA = "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"
SIX_MS = 1_722_837_600_000  # 2024-08-05 06:00 UTC, the hour of the low
NOW_MS = SIX_MS + 25 * 60_000
REFUSALS: list[tuple[str, dict[str, str], str, str]] = [
    ("fapiPublicGetOpenInterest", {"symbol": "XXXUSDT"}, "-1121", "BadSymbol"),
    ("fapiPublicGetPremiumIndex", {"symbol": "XXXUSDT"}, "-1121", "BadSymbol"),
    ("fapiPublicGetOpenInterest", {}, "-1102", "BadRequest"),
    ("fapiPublicGetKlines", {"symbol": "BTCUSDT", "interval": "7m"}, "-1120", "BadRequest"),
    ("fapiPublicGetKlines", {"symbol": "BTCUSDT"}, "-1102", "BadRequest"),
    (
        "fapiPublicGetKlines",
        {"symbol": "BTCUSDT", "interval": "1h", "limit": "1501"},
        "-1130",
        "BadRequest",
    ),
    (
        "fapiPublicGetKlines",
        {"symbol": "BTCUSDT", "interval": "1h", "startTime": "2", "endTime": "1"},
        "-1023",
        "ExchangeError",
    ),
    (
        "fapiPublicGetFundingRate",
        {"symbol": "BTCUSDT", "startTime": "soon"},
        "-1130",
        "BadRequest",
    ),
    (
        "fapiDataGetOpenInterestHist",
        {"symbol": "BTCUSDT", "period": "1m"},
        "-1130",
        "BadRequest",
    ),
    (
        "fapiDataGetOpenInterestHist",
        {"symbol": "BTCUSDT", "period": "1h", "limit": "501"},
        "-1130",
        "BadRequest",
    ),
    (
        "fapiDataGetOpenInterestHist",
        {"symbol": "BTCUSDT", "period": "1h", "startTime": str(NOW_MS - 31 * 24 * HOUR_MS)},
        "-1130",
        "BadRequest",
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_link() -> AsyncIterator[Link]:
    async with linked("binanceusdm", load_recording("crash-2024-08")) as link:
        yield link


@pytest.fixture
def link(module_link: Link) -> Link:
    module_link.at(NOW_MS)
    return module_link


def row_of(link: Link, kind: str, at_ms: int, market_id: str = "BTCUSDT") -> int:
    return int(np.searchsorted(link.series(market_id, kind).time_ms, at_ms))


async def test_markets_are_those_recorded(link: Link) -> None:
    markets = link.exchange.markets
    assert sorted(markets) == [BITCOIN, ETHER, SOLANA]
    for market in markets.values():
        assert (market["swap"], market["linear"], market["active"]) == (True, True, True)
        assert market["contractSize"] == 1.0
    assert markets[BITCOIN]["precision"]["price"] == 0.1
    assert markets[BITCOIN]["precision"]["amount"] == 0.001
    assert markets[SOLANA]["precision"]["price"] == 0.001


async def test_the_venues_time_is_the_recorded_now(link: Link) -> None:
    assert await link.exchange.fetch_time() == NOW_MS
    assert await link.exchange.fapiPublicGetPing() == {}


async def test_mark_price_and_last_settled_funding_of_all_symbols_in_one_request(
    link: Link,
) -> None:
    rates = await link.exchange.fetch_funding_rates()
    assert sorted(rates) == [BITCOIN, ETHER, SOLANA]
    marks, funding = link.series("BTCUSDT", "mark_candles"), link.series("BTCUSDT", "funding")
    bitcoin = rates[BITCOIN]
    assert bitcoin["markPrice"] == marks.columns["open"][row_of(link, "mark_candles", SIX_MS)]
    midnight = row_of(link, "funding", SIX_MS - 6 * HOUR_MS)
    assert bitcoin["fundingRate"] == funding.columns["rate"][midnight]
    assert bitcoin["fundingTimestamp"] == SIX_MS + 2 * HOUR_MS
    assert bitcoin["timestamp"] == NOW_MS
    assert rates[SOLANA]["markPrice"] is None
    assert rates[SOLANA]["fundingRate"] is not None
    assert bitcoin["indexPrice"] is None


async def test_the_mark_price_of_one_symbol(link: Link) -> None:
    ticker = await link.exchange.fetch_mark_price(ETHER)
    row = row_of(link, "mark_candles", SIX_MS, "ETHUSDT")
    assert ticker["markPrice"] == link.series("ETHUSDT", "mark_candles").columns["open"][row]


async def test_funding_intervals_are_the_recorded_ones(link: Link) -> None:
    intervals = await link.exchange.fetch_funding_intervals()
    assert {symbol: entry["interval"] for symbol, entry in intervals.items()} == {
        BITCOIN: "8h",
        ETHER: "8h",
        SOLANA: "8h",
    }


async def test_open_interest_stands_since_the_hour(link: Link) -> None:
    found = await link.exchange.fetch_open_interest(SOLANA)
    interest = link.series("SOLUSDT", "open_interest")
    row = row_of(link, "open_interest", SIX_MS, "SOLUSDT")
    assert found["openInterestAmount"] == interest.columns["coin"][row]
    assert found["timestamp"] == SIX_MS


@pytest.mark.parametrize(("timeframe", "hours"), [("1h", 1), ("4h", 4), ("1d", 24)])
async def test_open_interest_history_is_recorded_oi_and_its_value_at_the_recorded_mark(
    link: Link, timeframe: str, hours: int
) -> None:
    rows = await link.exchange.fetch_open_interest_history(BITCOIN, timeframe, limit=6)
    interest, marks = (
        link.series("BTCUSDT", "open_interest"),
        link.series("BTCUSDT", "mark_candles"),
    )
    last_ms = SIX_MS // (hours * HOUR_MS) * hours * HOUR_MS
    expected_ms = [last_ms - (5 - at) * hours * HOUR_MS for at in range(6)]
    assert [row["timestamp"] for row in rows] == expected_ms
    for row in rows:
        coin = interest.columns["coin"][row_of(link, "open_interest", row["timestamp"])]
        mark = marks.columns["open"][row_of(link, "mark_candles", row["timestamp"])]
        assert row["openInterestAmount"] == coin
        assert row["openInterestValue"] == pytest.approx(coin * mark, rel=1e-12)


async def test_without_a_recorded_mark_open_interest_has_no_value(link: Link) -> None:
    rows = await link.exchange.fetch_open_interest_history(SOLANA, "1h", limit=3)
    assert len(rows) == 3
    assert [row["openInterestValue"] for row in rows] == [None, None, None]


async def test_open_interest_history_reaches_thirty_days_back(link: Link) -> None:
    asked = {"symbol": "BTCUSDT", "period": "1d", "limit": 500}
    rows = await link.exchange.fapiDataGetOpenInterestHist(asked)
    assert len(rows) == 30
    assert int(rows[0]["timestamp"]) >= NOW_MS - 30 * 24 * HOUR_MS


async def test_account_ratio_history(link: Link) -> None:
    rows = await link.exchange.fetch_long_short_ratio_history(ETHER, "1h", limit=48)
    ratios = link.series("ETHUSDT", "long_short_ratio")
    last = row_of(link, "long_short_ratio", SIX_MS, "ETHUSDT")
    assert [row["timestamp"] for row in rows] == ratios.time_ms[last - 47 : last + 1].tolist()
    expected = ratios.columns["ratio"][last - 47 : last + 1].tolist()
    assert [row["longShortRatio"] for row in rows] == expected
    assert float(rows[-1]["info"]["longAccount"]) == ratios.columns["long_fraction"][last]


async def test_an_hour_without_a_recorded_ratio_is_missing(link: Link) -> None:
    link.at(1_721_394_000_000)  # 2024-07-19 13:00 UTC
    rows = await link.exchange.fetch_long_short_ratio_history(BITCOIN, "1h", limit=5)
    hours = [(row["timestamp"] // HOUR_MS) % 24 for row in rows]
    assert hours == [7, 9, 11, 12, 13]


async def test_funding_history_of_settled_rates(link: Link) -> None:
    rows = await link.exchange.fetch_funding_rate_history(BITCOIN, limit=10)
    funding = link.series("BTCUSDT", "funding")
    last = row_of(link, "funding", SIX_MS - 6 * HOUR_MS)
    assert [row["timestamp"] for row in rows] == funding.time_ms[last - 9 : last + 1].tolist()
    expected = funding.columns["rate"][last - 9 : last + 1].tolist()
    assert [row["fundingRate"] for row in rows] == expected


async def test_funding_history_from_a_start_goes_onwards(link: Link) -> None:
    since_ms = SIX_MS - 10 * 24 * HOUR_MS
    rows = await link.exchange.fetch_funding_rate_history(BITCOIN, since=since_ms, limit=3)
    assert [row["timestamp"] - since_ms for row in rows] == [
        2 * HOUR_MS,
        10 * HOUR_MS,
        18 * HOUR_MS,
    ]


async def test_hourly_candles_end_with_the_running_one_of_which_the_open_is_known(
    link: Link,
) -> None:
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", limit=24)
    candles = link.series("BTCUSDT", "candles")
    last = row_of(link, "candles", SIX_MS)
    names = ("open", "high", "low", "close", "volume")
    for row, at in zip(rows[:-1], range(last - 23, last), strict=True):
        assert row == [candles.time_ms[at], *(candles.columns[name][at] for name in names)]
    opened = candles.columns["open"][last]
    assert rows[-1] == [SIX_MS, opened, opened, opened, opened, None]


async def test_candles_of_four_hours_and_a_day_are_made_of_the_recorded_hours(link: Link) -> None:
    candles = link.series("BTCUSDT", "candles")
    for timeframe, hours in (("4h", 4), ("1d", 24)):
        rows = await link.exchange.fetch_ohlcv(BITCOIN, timeframe, limit=3)
        first = row_of(link, "candles", rows[0][0])
        made_of = slice(first, first + hours)
        assert rows[0][1] == candles.columns["open"][first]
        assert rows[0][2] == candles.columns["high"][made_of].max()
        assert rows[0][3] == candles.columns["low"][made_of].min()
        assert rows[0][4] == candles.columns["close"][first + hours - 1]
        assert rows[0][5] == pytest.approx(candles.columns["volume"][made_of].sum())
        assert rows[-1][4] == candles.columns["open"][row_of(link, "candles", SIX_MS)]


async def test_candles_from_a_start_and_up_to_an_end(link: Link) -> None:
    since_ms = SIX_MS - 100 * HOUR_MS
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", since=since_ms, limit=4)
    assert [row[0] for row in rows] == [since_ms + at * HOUR_MS for at in range(4)]
    until = {"until": since_ms}
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", limit=4, params=until)
    assert [row[0] for row in rows] == [since_ms - (3 - at) * HOUR_MS for at in range(4)]


async def test_hours_that_were_not_recorded_are_missing(link: Link) -> None:
    link.at(1_721_397_600_000)  # 2024-07-19 14:00 UTC
    hours = [
        row[0] // HOUR_MS % 24 for row in await link.exchange.fetch_ohlcv(SOLANA, "1h", limit=6)
    ]
    assert hours == [7, 8, 9, 12, 13, 14]
    four_hours = await link.exchange.fetch_ohlcv(SOLANA, "4h", limit=3)
    assert [row[0] // HOUR_MS % 24 for row in four_hours] == [0, 4, 12]


async def test_mark_candles_are_recorded_for_bitcoin_and_missing_for_solana(link: Link) -> None:
    mark = {"price": "mark"}
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", limit=2, params=mark)
    marks = link.series("BTCUSDT", "mark_candles")
    at = row_of(link, "mark_candles", SIX_MS)
    names = ("open", "high", "low", "close")
    assert rows[0][:5] == [SIX_MS - HOUR_MS, *(marks.columns[name][at - 1] for name in names)]
    assert rows[1][:5] == [SIX_MS, *[marks.columns["open"][at]] * 4]
    assert await link.exchange.fetch_ohlcv(SOLANA, "1h", params=mark) == []
    assert await link.exchange.fetch_ohlcv(BITCOIN, "1h", params={"price": "index"}) == []


async def test_the_ticker_is_the_last_price_and_the_day_up_to_it(link: Link) -> None:
    candles = link.series("BTCUSDT", "candles")
    last = row_of(link, "candles", SIX_MS)
    day = slice(last - 24, last)
    ticker = (await link.exchange.fetch_tickers())[BITCOIN]
    assert ticker == await link.exchange.fetch_ticker(BITCOIN)
    assert ticker["last"] == candles.columns["open"][last]
    assert ticker["open"] == candles.columns["open"][last - 24]
    assert ticker["high"] == candles.columns["high"][day].max()
    assert ticker["low"] == min(candles.columns["low"][day].min(), ticker["last"])
    assert ticker["percentage"] == pytest.approx(
        (ticker["last"] / ticker["open"] - 1) * 100, abs=1e-3
    )
    assert ticker["baseVolume"] == pytest.approx(candles.columns["volume"][day].sum())
    assert ticker["quoteVolume"] is None


async def test_taker_volumes_are_the_recorded_ones_of_hours_that_are_over(link: Link) -> None:
    asked = {"symbol": "BTCUSDT", "period": "1h", "limit": 2}
    rows = await link.exchange.fapiDataGetTakerlongshortRatio(asked)
    candles = link.series("BTCUSDT", "candles")
    at = row_of(link, "candles", SIX_MS) - 1
    bought = candles.columns["buy_volume"][at]
    assert int(rows[-1]["timestamp"]) == SIX_MS - HOUR_MS
    assert float(rows[-1]["buyVol"]) == bought
    assert float(rows[-1]["sellVol"]) == pytest.approx(candles.columns["volume"][at] - bought)
    ratio = bought / (candles.columns["volume"][at] - bought)
    assert float(rows[-1]["buySellRatio"]) == pytest.approx(ratio, abs=5e-5)


@pytest.mark.parametrize("series", ["TopLongShortAccountRatio", "TopLongShortPositionRatio"])
async def test_ratios_that_were_not_recorded_are_empty_lists(link: Link, series: str) -> None:
    endpoint = getattr(link.exchange, f"fapiDataGet{series}")
    assert await endpoint({"symbol": "BTCUSDT", "period": "1h"}) == []


async def test_the_first_moment_knows_opens_and_nothing_before(link: Link) -> None:
    link.at(link.recording.starts_ms)
    assert len(await link.exchange.fetch_ohlcv(BITCOIN, "1h")) == 1
    assert await link.exchange.fetch_funding_rate_history(BITCOIN) == []
    rate = await link.exchange.fetch_funding_rate(BITCOIN)
    assert rate["fundingRate"] is None
    assert rate["fundingTimestamp"] == 1_718_841_600_000  # 2024-06-20 00:00 UTC
    ticker = await link.exchange.fetch_ticker(BITCOIN)
    assert (ticker["last"], ticker["open"]) == (64_850.4, None)


@pytest.mark.parametrize(("endpoint", "query", "code", "error"), REFUSALS)
async def test_refusals_are_binances_own(
    link: Link, endpoint: str, query: dict[str, str], code: str, error: str
) -> None:
    with pytest.raises(ccxt_error(error), match=code):
        await getattr(link.exchange, endpoint)(query)


async def test_a_symbol_that_is_not_listed_is_a_bad_symbol(link: Link) -> None:
    with pytest.raises(ccxt_error("BadSymbol")):
        await link.exchange.fetch_open_interest("DOGE/USDT:USDT")


async def test_an_endpoint_that_is_not_there_is_not_found(link: Link) -> None:
    with pytest.raises(ccxt_error("ExchangeNotAvailable"), match="404"):
        await link.exchange.fapiPublicGetTrades({"symbol": "BTCUSDT"})


async def test_minutes_are_served_where_they_were_recorded() -> None:
    recording = made_up_recording()
    async with linked("binanceusdm", recording) as link:
        minutes = link.series("BTCUSDT", "candles", 1)
        now_ms = recording.default_start_ms + 7 * 60_000 + 1
        link.at(now_ms)
        last = int(np.searchsorted(minutes.time_ms, now_ms, "right")) - 1
        rows: list[Any] = await link.exchange.fetch_ohlcv(BITCOIN, "1m", limit=3)
        names = ("open", "high", "low", "close", "volume")
        assert rows[0] == [
            minutes.time_ms[last - 2],
            *(minutes.columns[name][last - 2] for name in names),
        ]
        (hour,) = await link.exchange.fetch_ohlcv(BITCOIN, "1h", limit=1)
        assert hour[1] == minutes.columns["open"][last - 7]
        assert hour[4] == rows[-1][4] == minutes.columns["open"][last]
        assert hour[5] == pytest.approx(minutes.columns["volume"][last - 7 : last].sum())
