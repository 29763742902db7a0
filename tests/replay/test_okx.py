"""ccxt's okx reads the recorded figures from the replay server."""

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
BITCOIN, SWAP = "BTC/USDT:USDT", "BTC-USDT-SWAP"
SIX_MS = 1_772_258_400_000  # 2026-02-28 06:00 UTC
NOW_MS = SIX_MS + 40 * 60_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_link() -> AsyncIterator[Link]:
    async with linked("okx", load_recording("seven-venues-2026-02")) as link:
        yield link


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_made_up() -> AsyncIterator[Link]:
    async with linked("okx", made_up_recording()) as link:
        yield link


@pytest.fixture
def link(module_link: Link) -> Link:
    module_link.at(NOW_MS)
    return module_link


@pytest.fixture
def made_up(module_made_up: Link) -> Link:
    module_made_up.at(module_made_up.recording.default_start_ms + 5)
    return module_made_up


def newest(link: Link, kind: str, market_id: str = SWAP) -> int:
    times = link.series(market_id, kind).time_ms
    return int(np.searchsorted(times, link.clock.now_ms(), "right")) - 1


async def test_markets_are_the_recorded_swaps_with_their_contract_sizes(link: Link) -> None:
    markets = link.exchange.markets
    sizes = {symbol: market["contractSize"] for symbol, market in markets.items()}
    assert sizes == {
        BITCOIN: 0.01,
        "ETH/USDT:USDT": 0.1,
        "SOL/USDT:USDT": 1.0,
        "DOGE/USDT:USDT": 1000.0,
    }
    assert markets[BITCOIN]["precision"] == {"amount": 0.01, "price": 0.1}


async def test_the_venues_time_is_the_recorded_now(link: Link) -> None:
    assert await link.exchange.fetch_time() == NOW_MS


async def test_funding_of_all_swaps_in_one_request(link: Link) -> None:
    rates = await link.exchange.fetch_funding_rates()
    assert len(rates) == 4
    funding = link.series(SWAP, "funding")
    assert rates[BITCOIN]["fundingRate"] == funding.columns["rate"][newest(link, "funding")]
    assert rates[BITCOIN]["fundingTimestamp"] == SIX_MS + 2 * HOUR_MS
    assert rates[BITCOIN]["nextFundingTimestamp"] == SIX_MS + 10 * HOUR_MS
    assert rates[BITCOIN]["nextFundingRate"] is None
    assert rates[BITCOIN]["interval"] == "8h"
    one = await link.exchange.fetch_funding_rate(BITCOIN)
    assert one["info"] == rates[BITCOIN]["info"]


async def test_funding_history(link: Link) -> None:
    funding, last = link.series(SWAP, "funding"), newest(link, "funding")
    rows = await link.exchange.fetch_funding_rate_history(BITCOIN, limit=6)
    window = slice(last - 5, last + 1)
    assert [row["timestamp"] for row in rows] == funding.time_ms[window].tolist()
    assert [row["fundingRate"] for row in rows] == funding.columns["rate"][window].tolist()
    since_ms = int(funding.time_ms[last - 2])
    rows = await link.exchange.fetch_funding_rate_history(BITCOIN, since=since_ms)
    assert [row["timestamp"] for row in rows] == funding.time_ms[last - 2 : last + 1].tolist()


async def test_hourly_candles_with_volume_in_coin(link: Link) -> None:
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", limit=5)
    candles, last = link.series(SWAP, "candles"), newest(link, "candles")
    names = ("open", "high", "low", "close", "volume")
    for row, at in zip(rows[:-1], range(last - 4, last), strict=True):
        assert row == [candles.time_ms[at], *(candles.columns[name][at] for name in names)]
    opened = candles.columns["open"][last]
    assert rows[-1] == [SIX_MS, opened, opened, opened, opened, None]


async def test_raw_candles_come_newest_first_in_contracts_and_say_which_is_complete(
    link: Link,
) -> None:
    asked = {"instId": SWAP, "bar": "1H", "limit": "2"}
    running, complete = (await link.exchange.publicGetMarketCandles(asked))["data"]
    assert (running[0], running[-1]) == (str(SIX_MS), "0")
    assert (complete[0], complete[-1]) == (str(SIX_MS - HOUR_MS), "1")
    assert float(complete[5]) == pytest.approx(float(complete[6]) / 0.01)
    assert (running[5], running[6]) == ("", "")


async def test_candles_between_two_moments(link: Link) -> None:
    since_ms = SIX_MS - 60 * HOUR_MS
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", since=since_ms, limit=4)
    assert [row[0] for row in rows] == [since_ms + at * HOUR_MS for at in range(4)]
    rows = await link.exchange.fetch_ohlcv(BITCOIN, "1h", limit=4, params={"until": since_ms})
    assert [row[0] for row in rows] == [since_ms - (4 - at) * HOUR_MS for at in range(4)]


async def test_old_candles_come_from_the_history_endpoint(made_up: Link) -> None:
    made_up.at(made_up.recording.ends_ms)
    asked = {"instId": SWAP, "bar": "1H", "limit": "1000"}
    endpoint = made_up.exchange.publicGetMarketHistoryCandles
    assert len((await endpoint(asked))["data"]) == 72
    assert len((await endpoint({**asked, "limit": "9"}))["data"]) == 9


async def test_days_open_at_midnight_in_hong_kong_unless_asked_for_in_utc(link: Link) -> None:
    for bar, hour in (("1D", 16), ("1Dutc", 0)):
        asked = {"instId": SWAP, "bar": bar, "limit": "3"}
        rows = (await link.exchange.publicGetMarketCandles(asked))["data"]
        assert len(rows) == 3
        assert {int(row[0]) // HOUR_MS % 24 for row in rows} == {hour}
    day = (await link.exchange.fetch_ohlcv(BITCOIN, "1d", limit=2))[0]
    candles = link.series(SWAP, "candles")
    first = int(np.searchsorted(candles.time_ms, day[0]))
    assert day[2] == candles.columns["high"][first : first + 24].max()


async def test_statistics_take_the_periods_of_days_in_both_spellings(made_up: Link) -> None:
    for period in ("1D", "1Dutc", "1DUTC"):
        asked = {"instId": SWAP, "period": period}
        for name in ("OpenInterestHistory", "LongShortAccountRatioContract"):
            endpoint = getattr(made_up.exchange, f"publicGetRubikStatContracts{name}")
            assert (await endpoint(asked))["data"], (name, period)


async def test_the_ticker(link: Link) -> None:
    tickers = await link.exchange.fetch_tickers()
    candles, last = link.series(SWAP, "candles"), newest(link, "candles")
    bitcoin = tickers[BITCOIN]
    assert bitcoin["last"] == candles.columns["open"][last]
    assert bitcoin["open"] == candles.columns["open"][last - 24]
    assert bitcoin["timestamp"] == NOW_MS
    coins = candles.columns["volume"][last - 24 : last].sum()
    assert float(bitcoin["info"]["volCcy24h"]) == pytest.approx(coins)
    assert float(bitcoin["info"]["vol24h"]) == pytest.approx(coins / 0.01)
    assert (await link.exchange.fetch_ticker(BITCOIN))["info"] == bitcoin["info"]


async def test_a_figure_that_was_not_recorded_is_empty_at_a_contract_that_is_listed(
    link: Link,
) -> None:
    interest = (await link.exchange.fetch_open_interests())[BITCOIN]
    assert interest["openInterestAmount"] is None
    assert (interest["info"]["oi"], interest["info"]["oiUsd"]) == ("", "")
    assert (await link.exchange.fetch_mark_prices())[BITCOIN]["markPrice"] is None


async def test_a_series_that_was_not_recorded_is_an_empty_list(link: Link) -> None:
    assert await link.exchange.fetch_open_interest_history(BITCOIN, "1h") == []
    assert await link.exchange.fetch_long_short_ratio_history(BITCOIN, "1h") == []
    assert await link.exchange.fetch_market_leverage_tiers(BITCOIN) == []
    assert await link.exchange.fetch_ohlcv(BITCOIN, "1h", params={"price": "mark"}) == []


async def test_open_interest_in_contracts_coin_and_usd(made_up: Link) -> None:
    interest = (await made_up.exchange.fetch_open_interests())[BITCOIN]
    coin = made_up.series(SWAP, "open_interest").columns["coin"][newest(made_up, "open_interest")]
    mark = made_up.series(SWAP, "mark_candles").columns["open"][newest(made_up, "mark_candles")]
    assert interest["openInterestAmount"] == pytest.approx(coin / 0.01)
    assert float(interest["info"]["oiCcy"]) == coin
    assert interest["openInterestValue"] == pytest.approx(coin * mark, rel=1e-12)
    assert (await made_up.exchange.fetch_open_interest(BITCOIN))["info"] == interest["info"]


async def test_the_mark_price_and_its_candles(made_up: Link) -> None:
    marks, last = made_up.series(SWAP, "mark_candles"), newest(made_up, "mark_candles")
    prices = await made_up.exchange.fetch_mark_prices()
    assert prices[BITCOIN]["markPrice"] == marks.columns["open"][last]
    rows = await made_up.exchange.fetch_ohlcv(BITCOIN, "1h", limit=2, params={"price": "mark"})
    assert rows[0][4] == marks.columns["close"][last - 1]
    assert rows[1][1:5] == [marks.columns["open"][last]] * 4


async def test_open_interest_history(made_up: Link) -> None:
    interest, last = made_up.series(SWAP, "open_interest"), newest(made_up, "open_interest")
    rows = await made_up.exchange.fetch_open_interest_history(BITCOIN, "1h", limit=5)
    window = slice(last - 4, last + 1)
    assert [row["timestamp"] for row in rows] == interest.time_ms[window].tolist()
    assert [row["baseVolume"] for row in rows] == interest.columns["coin"][window].tolist()
    since_ms = int(interest.time_ms[10])
    rows = await made_up.exchange.fetch_open_interest_history(
        BITCOIN, "1h", since=since_ms, limit=3
    )
    assert rows[0]["timestamp"] == since_ms


async def test_account_ratio_history(made_up: Link) -> None:
    ratios, last = made_up.series(SWAP, "long_short_ratio"), newest(made_up, "long_short_ratio")
    rows = await made_up.exchange.fetch_long_short_ratio_history(BITCOIN, "1h", limit=5)
    window = slice(last - 4, last + 1)
    assert [row["timestamp"] for row in rows] == ratios.time_ms[window].tolist()
    assert [row["longShortRatio"] for row in rows] == ratios.columns["ratio"][window].tolist()


@pytest.mark.parametrize(
    ("endpoint", "query", "code", "error"),
    [
        ("PublicFundingRate", {"instId": "XXX-USDT-SWAP"}, "51001", "BadSymbol"),
        ("MarketCandles", {"instId": "XXX-USDT-SWAP"}, "51001", "BadSymbol"),
        ("MarketCandles", {"bar": "1H"}, "50014", "BadRequest"),
        ("MarketCandles", {"instId": SWAP, "bar": "7m"}, "51000", "BadRequest"),
        ("MarketCandles", {"instId": SWAP, "limit": "-1"}, "51000", "BadRequest"),
        ("MarketCandles", {"instId": SWAP, "after": "then"}, "51000", "BadRequest"),
        ("PublicOpenInterest", {"instType": "PERP"}, "51000", "BadRequest"),
        (
            "RubikStatContractsOpenInterestHistory",
            {"instId": SWAP, "period": "7m"},
            "51000",
            "BadRequest",
        ),
    ],
)
async def test_refusals_are_a_code(
    link: Link, endpoint: str, query: dict[str, str], code: str, error: str
) -> None:
    with pytest.raises(ccxt_error(error), match=f'"code":"{code}"'):
        await getattr(link.exchange, f"publicGet{endpoint}")(query)


async def test_a_symbol_that_is_not_listed_is_a_bad_symbol(link: Link) -> None:
    with pytest.raises(ccxt_error("BadSymbol")):
        await link.exchange.fetch_ohlcv("XRP/USDT:USDT", "1h")


async def test_other_instrument_types_list_nothing(link: Link) -> None:
    response = await link.exchange.publicGetPublicInstruments({"instType": "FUTURES"})
    assert response["data"] == []


async def test_an_endpoint_that_is_not_there_is_not_found(link: Link) -> None:
    with pytest.raises(ccxt_error("ExchangeError"), match="Not Found"):
        await link.exchange.publicGetMarketTrades({"instId": SWAP})
