"""A small recording with every kind of series on every venue, from a seeded random walk.

Figures are made up, so that each endpoint has something to answer; three days by the hour unless
asked for more, and Binance BTC by the minute in the third.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from dashboard.market.readings import SeriesKind
from dashboard.replay.recording import RecordedMarket, Recording, Series

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
START_MS = 1_700_006_400_000  # 2023-11-15 00:00 UTC
END_MS = START_MS + 72 * HOUR_MS
MINUTES_START_MS = START_MS + 48 * HOUR_MS

FOUR = ("binanceusdm", "bybit", "okx", "hyperliquid")

_LISTINGS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "binanceusdm": (
        "BTCUSDT",
        "BTC/USDT:USDT",
        {
            "symbol": "BTCUSDT",
            "pair": "BTCUSDT",
            "contractType": "PERPETUAL",
            "deliveryDate": 4133404800000,
            "status": "TRADING",
            "baseAsset": "BTC",
            "quoteAsset": "USDT",
            "marginAsset": "USDT",
            "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.1"}],
        },
    ),
    "bybit": (
        "BTCUSDT",
        "BTC/USDT:USDT",
        {
            "symbol": "BTCUSDT",
            "contractType": "LinearPerpetual",
            "status": "Trading",
            "baseCoin": "BTC",
            "quoteCoin": "USDT",
            "settleCoin": "USDT",
            "deliveryTime": "0",
            "priceFilter": {"tickSize": "0.1"},
            "lotSizeFilter": {"qtyStep": "0.001"},
            "fundingInterval": 480,
        },
    ),
    "okx": (
        "BTC-USDT-SWAP",
        "BTC/USDT:USDT",
        {
            "instId": "BTC-USDT-SWAP",
            "instType": "SWAP",
            "instFamily": "BTC-USDT",
            "uly": "BTC-USDT",
            "settleCcy": "USDT",
            "ctType": "linear",
            "ctVal": "0.01",
            "state": "live",
            "tickSz": "0.1",
            "lotSz": "0.01",
        },
    ),
    "hyperliquid": ("BTC", "BTC/USDC:USDC", {"name": "BTC", "szDecimals": 5, "maxLeverage": 40}),
    "binancecoinm": (
        "BTCUSD_PERP",
        "BTC/USD:BTC",
        {
            "symbol": "BTCUSD_PERP",
            "pair": "BTCUSD",
            "contractType": "PERPETUAL",
            "deliveryDate": 4133404800000,
            "contractStatus": "TRADING",
            "contractSize": 100,
            "baseAsset": "BTC",
            "quoteAsset": "USD",
            "marginAsset": "BTC",
            "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.1"}],
        },
    ),
    "gate": (
        "BTC_USDT",
        "BTC/USDT:USDT",
        {
            "name": "BTC_USDT",
            "type": "direct",
            "quanto_multiplier": "0.0001",
            "order_price_round": "0.1",
            "mark_price_round": "0.01",
            "order_size_min": 1,
            "order_size_max": 1000000,
            "leverage_min": "1",
            "leverage_max": "100",
            "maker_fee_rate": "-0.00025",
            "taker_fee_rate": "0.00075",
            "in_delisting": False,
        },
    ),
    "bitget": (
        "BTCUSDT",
        "BTC/USDT:USDT",
        {
            "symbol": "BTCUSDT",
            "baseCoin": "BTC",
            "quoteCoin": "USDT",
            "makerFeeRate": "0.0002",
            "takerFeeRate": "0.0006",
            "supportMarginCoins": ["USDT"],
            "minTradeNum": "0.001",
            "priceEndStep": "1",
            "volumePlace": "3",
            "pricePlace": "1",
            "sizeMultiplier": "0.001",
            "symbolType": "perpetual",
            "symbolStatus": "normal",
            "maxLever": "125",
            "fundInterval": "8",
        },
    ),
}


def made_up_bars(
    start_ms: int, count: int, step_ms: int, *, seed: int, kind: SeriesKind = SeriesKind.CANDLES
) -> Series:
    """`count` bars of a random walk around 36,000, volumes only for traded candles."""
    random = np.random.default_rng(seed)
    closes = np.round(36_000 + np.cumsum(random.normal(0, 30, count)), 1)
    opens = np.concatenate([[36_000.0], closes[:-1]])
    columns = {
        "open": opens,
        "high": np.round(np.maximum(opens, closes) + random.uniform(0, 20, count), 1),
        "low": np.round(np.minimum(opens, closes) - random.uniform(0, 20, count), 1),
        "close": closes,
    }
    if kind is SeriesKind.CANDLES:
        columns["volume"] = np.round(random.uniform(100, 900, count), 3)
    times = start_ms + step_ms * np.arange(count, dtype=np.int64)
    return Series(kind=kind, step_ms=step_ms, time_ms=times, columns=columns)


def without_rows(series: Series, *rows: int) -> Series:
    """`series` with these rows missing."""
    kept = np.ones(len(series.time_ms), dtype=bool)
    kept[list(rows)] = False
    return Series(
        kind=series.kind,
        step_ms=series.step_ms,
        time_ms=series.time_ms[kept],
        columns={name: column[kept] for name, column in series.columns.items()},
    )


def _samples(kind: SeriesKind, step_ms: int, **columns: Any) -> Series:
    count = len(next(iter(columns.values())))
    times = START_MS + step_ms * np.arange(count, dtype=np.int64)
    return Series(kind=kind, step_ms=step_ms, time_ms=times, columns=columns)


def _market(venue: str, seed: int, span_hours: int) -> RecordedMarket:
    random = np.random.default_rng(seed)
    market_id, symbol, listing = _LISTINGS[venue]
    long_fraction = np.round(random.uniform(0.3, 0.7, span_hours + 1), 4)
    interest = np.round(random.uniform(70_000, 90_000, span_hours + 1), 3)
    in_usd = venue == "hyperliquid"
    hours = 1 if in_usd else 8
    series = [
        made_up_bars(START_MS, span_hours, HOUR_MS, seed=seed),
        made_up_bars(START_MS, span_hours, HOUR_MS, seed=seed + 1, kind=SeriesKind.MARK_CANDLES),
        _samples(SeriesKind.OPEN_INTEREST, HOUR_MS, **{"usd" if in_usd else "coin": interest}),
        _samples(
            SeriesKind.LONG_SHORT_RATIO,
            HOUR_MS,
            ratio=np.round(long_fraction / (1 - long_fraction), 4),
            long_fraction=long_fraction,
            short_fraction=np.round(1 - long_fraction, 4),
        ),
        _samples(
            SeriesKind.FUNDING,
            hours * HOUR_MS,
            rate=np.round(random.normal(0, 1e-4, span_hours // hours + 1), 8),
        ),
    ]
    if venue == "binanceusdm":
        series.insert(1, made_up_bars(MINUTES_START_MS, 24 * 60, MINUTE_MS, seed=seed + 2))
    return RecordedMarket(
        venue=venue,
        market_id=market_id,
        symbol=symbol,
        listing=listing,
        funding_interval_hours=hours,
        series=tuple(series),
    )


def made_up_recording(venues: Collection[str] = FOUR, span_hours: int = 72) -> Recording:
    """BTC on these venues."""
    markets = tuple(_market(venue, 10 * at, span_hours) for at, venue in enumerate(venues))
    return Recording(
        name="made-up",
        title="Made up",
        starts_ms=START_MS,
        ends_ms=START_MS + span_hours * HOUR_MS,
        default_start_ms=START_MS + 60 * HOUR_MS,
        default_speed=60.0,
        venues=tuple(venues),
        provenance="a seeded random walk",
        licence="none needed",
        markets=markets,
    )


def listing_of(venue: str) -> tuple[str, str, Mapping[str, Any]]:
    """Market id, symbol and listing of BTC at `venue`."""
    return _LISTINGS[venue]
