"""ccxt's hyperliquid reads the recorded figures from the replay server."""

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
BITCOIN = "BTC/USDC:USDC"
NINE_MS = 1_746_781_200_000  # 2025-05-09 09:00 UTC
NOW_MS = NINE_MS + 40 * 60_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_link() -> AsyncIterator[Link]:
    async with linked("hyperliquid", load_recording("four-venues-2025-05")) as link:
        yield link


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_made_up() -> AsyncIterator[Link]:
    async with linked("hyperliquid", made_up_recording()) as link:
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
    times = link.series("BTC", kind).time_ms
    return int(np.searchsorted(times, link.clock.now_ms(), "right")) - 1


async def test_markets_have_their_decimals_and_leverage(link: Link) -> None:
    markets = link.exchange.markets
    decimals = {market["info"]["name"]: market["info"]["szDecimals"] for market in markets.values()}
    assert decimals == {"BTC": 5, "ETH": 4, "SOL": 2, "DOGE": 0}
    leverage = {
        market["info"]["name"]: market["limits"]["leverage"]["max"] for market in markets.values()
    }
    assert leverage == {"BTC": 40, "ETH": 25, "SOL": 20, "DOGE": 10}
    meta = await link.exchange.publicPostInfo({"type": "meta"})
    assert [entry["name"] for entry in meta["universe"]] == ["BTC", "ETH", "SOL", "DOGE"]


async def test_the_venues_time_is_the_recorded_now(link: Link) -> None:
    assert await link.exchange.fetch_time() == NOW_MS


async def test_funding_is_the_last_settled_hour(link: Link) -> None:
    rates = await link.exchange.fetch_funding_rates()
    funding = link.series("BTC", "funding")
    assert rates[BITCOIN]["fundingRate"] == funding.columns["rate"][newest(link, "funding")]
    assert rates[BITCOIN]["fundingTimestamp"] == NINE_MS + HOUR_MS
    assert rates[BITCOIN]["interval"] == "1h"


async def test_funding_history(link: Link) -> None:
    funding, last = link.series("BTC", "funding"), newest(link, "funding")
    rows = await link.exchange.fetch_funding_rate_history(BITCOIN, limit=24)
    window = slice(last - 23, last + 1)
    assert [row["timestamp"] for row in rows] == funding.time_ms[window].tolist()
    assert [row["fundingRate"] for row in rows] == funding.columns["rate"][window].tolist()


async def test_a_page_of_funding_holds_five_hundred_hours_from_its_start(link: Link) -> None:
    link.at(link.recording.ends_ms)
    asked = {"type": "fundingHistory", "coin": "BTC", "startTime": 0}
    rows = await link.exchange.publicPostInfo(asked)
    assert len(rows) == 500
    assert rows[0]["time"] == link.recording.starts_ms


async def test_without_a_recorded_price_there_is_no_mark_and_no_open_interest(link: Link) -> None:
    _, contexts = await link.exchange.publicPostInfo({"type": "metaAndAssetCtxs"})
    for context in contexts:
        assert set(context) == {"funding", "premium", "midPx", "impactPxs"}
    interest = await link.exchange.fetch_open_interest(BITCOIN)
    assert interest["openInterestAmount"] is None
    assert await link.exchange.fetch_ohlcv(BITCOIN, "1h") == []


async def test_open_interest_in_coin_is_recorded_usd_over_the_mark_of_the_same_moment(
    made_up: Link,
) -> None:
    interest, marks = made_up.series("BTC", "open_interest"), made_up.series("BTC", "mark_candles")
    last = newest(made_up, "open_interest")
    mark = marks.columns["open"][newest(made_up, "mark_candles")]
    found = await made_up.exchange.fetch_open_interest(BITCOIN)
    expected = interest.columns["usd"][last] / mark
    assert found["openInterestAmount"] == pytest.approx(expected, rel=1e-12)
    rates = await made_up.exchange.fetch_funding_rates()
    assert rates[BITCOIN]["markPrice"] == mark


async def test_hourly_candles(made_up: Link) -> None:
    rows = await made_up.exchange.fetch_ohlcv(BITCOIN, "1h", limit=5)
    candles, last = made_up.series("BTC", "candles"), newest(made_up, "candles")
    names = ("open", "high", "low", "close", "volume")
    for row, at in zip(rows[:-1], range(last - len(rows) + 1, last), strict=True):
        assert row == [candles.time_ms[at], *(candles.columns[name][at] for name in names)]
    opened = candles.columns["open"][last]
    assert rows[-1] == [candles.time_ms[last], opened, opened, opened, opened, None]


async def test_candles_from_a_start(made_up: Link) -> None:
    since_ms = made_up.recording.starts_ms + 5 * HOUR_MS
    rows = await made_up.exchange.fetch_ohlcv(BITCOIN, "4h", since=since_ms, limit=3)
    expected = [made_up.recording.starts_ms + at * HOUR_MS for at in (8, 12, 16)]
    assert [row[0] for row in rows] == expected


async def test_loading_every_type_of_market_finds_the_perpetuals_only(made_up: Link) -> None:
    made_up.exchange.options["fetchMarkets"] = {"types": ["swap", "spot", "hip3"]}
    markets = await made_up.exchange.fetch_markets()
    assert [market["symbol"] for market in markets] == [BITCOIN]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "nothing"},
        {"type": "fundingHistory", "startTime": 0},
        {"type": "fundingHistory", "coin": "BTC"},
        {"type": "fundingHistory", "coin": "BTC", "startTime": "0"},
        {"type": "candleSnapshot", "coin": "BTC"},
        {"type": "candleSnapshot", "req": {"coin": "BTC", "interval": "7m", "startTime": 0}},
    ],
)
async def test_a_body_that_does_not_fit_is_refused(link: Link, body: dict[str, Any]) -> None:
    with pytest.raises(ccxt_error("ExchangeError"), match=r"422 .*deserialize"):
        await link.exchange.publicPostInfo(body)


async def test_an_unknown_coin_is_refused_and_an_unlisted_symbol_is_a_bad_symbol(
    link: Link,
) -> None:
    asked = {"type": "fundingHistory", "coin": "XXX", "startTime": 0}
    with pytest.raises(ccxt_error("ExchangeNotAvailable"), match="500"):
        await link.exchange.publicPostInfo(asked)
    with pytest.raises(ccxt_error("BadSymbol")):
        await link.exchange.fetch_ohlcv("XRP/USDC:USDC", "1h")
