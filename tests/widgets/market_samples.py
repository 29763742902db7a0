"""Readings of a made-up moment, for tests that only need something to show."""

from __future__ import annotations

from dashboard.feed.frames import Clock
from dashboard.market.account import Book
from dashboard.market.instrument import ContractKind, Instrument, InstrumentKey
from dashboard.market.readings import (
    FundingRate,
    IntervalSource,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    OpenInterestPast,
    RatioSeries,
    Reading,
    Ticker,
)
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import RiskReport
from widgets.update import Update

NOW_MS = 1_722_772_800_000
"""2024-08-04 12:00 UTC."""

VENUES = ("binanceusdm", "bybit", "okx")
BTC = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
ETH = InstrumentKey("binanceusdm", "ETH/USDT:USDT")
BYBIT_BTC = InstrumentKey("bybit", "BTC/USDT:USDT")


def instrument(venue: str, base: str, quote: str = "USDT", *, tick: float = 0.1) -> Instrument:
    """A linear contract."""
    return Instrument(
        venue=venue,
        symbol=f"{base}/{quote}:{quote}",
        market_id=f"{base}{quote}",
        base=base,
        quote=quote,
        settle=quote,
        kind=ContractKind.LINEAR,
        price_tick=tick,
    )


INSTRUMENTS = [
    instrument(venue, base) for venue in VENUES for base in ("BTC", "ETH", "SOL", "1000PEPE")
]


def readings(
    key: InstrumentKey, *, mark: float = 61_234.5, received_ms: int = NOW_MS
) -> list[Reading]:
    """One reading of every kind for `key`."""
    venue, symbol = key
    said: dict[str, object] = {
        "venue": venue,
        "symbol": symbol,
        "endpoint": "test",
        "venue_ms": received_ms,
        "received_ms": received_ms,
    }
    return [
        MarkPrice(mark=mark, index=mark * 1.0005, **said),  # type: ignore[arg-type]
        funding(key, received_ms=received_ms),
        OpenInterest(coin=80_000.0, usd=80_000.0 * mark, derivation="contracts x size", **said),  # type: ignore[arg-type]
        OpenInterestPast(coin_1h=79_000.0, coin_24h=88_000.0, usd_24h=5e9, **said),  # type: ignore[arg-type]
        LongShortRatio(
            series=RatioSeries.GLOBAL_ACCOUNTS,
            ratio=1.5,
            long_fraction=0.6,
            **said,  # type: ignore[arg-type]
        ),
        Ticker(last=mark + 1, change_24h_fraction=-0.0321, **said),  # type: ignore[arg-type]
    ]


def funding(key: InstrumentKey, *, received_ms: int = NOW_MS) -> FundingRate:
    """-0.01 % every 4 h, due in two hours."""
    return FundingRate(
        venue=key.venue,
        symbol=key.symbol,
        endpoint="test",
        venue_ms=received_ms,
        received_ms=received_ms,
        predicted=-0.0001,
        next_settlement_ms=NOW_MS + 7_200_000,
        interval_hours=4.0,
        interval_source=IntervalSource.VENUE,
    )


def snapshot(*keys: InstrumentKey, received_ms: int = NOW_MS) -> Snapshot:
    """A snapshot that lists INSTRUMENTS and holds all readings of `keys`."""
    made = Snapshot()
    made.list_instruments(INSTRUMENTS)
    for key in keys:
        made.merge(readings(key, received_ms=received_ms))
    return made


def update(*keys: InstrumentKey, now_ms: int = NOW_MS, **changes: object) -> Update:
    """An update that watches `keys`, all of them read at NOW_MS."""
    fields: dict[str, object] = {
        "now_ms": now_ms,
        "clock": Clock(now_ms=now_ms, speed=1.0, paused=False),
        "snapshot": snapshot(*keys),
        "book": Book(),
        "report": RiskReport(now_ms=now_ms, positions=()),
        "watched": keys,
    }
    return Update(**{**fields, **changes})  # type: ignore[arg-type]
