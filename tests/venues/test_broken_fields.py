"""Every venue's fast answers with each field missing, empty, negative, no number or absurd."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.market.readings import (
    FundingRate,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    Reading,
    Ticker,
    Unavailable,
)
from tests.venues import test_bitget as bitget
from tests.venues.asking import ABSURD, call_of, contract, documented, read
from tests.venues.test_gate import NOW_MS, RECORDED, STATISTICS

BROKEN: tuple[object, ...] = (*ABSURD, "0", 0, "-1", -1, "1e300", -1e300, 1e308)
MISSING = object()

BYBIT_TICKERS = documented("bybit", "tickers")
BYBIT_TICKERS["result"]["list"][0] |= {"fundingIntervalHour": "8", "openInterestValue": "925579166"}

ANSWERS: dict[str, tuple[str, str, list[Any], str, int]] = {
    "bybit tickers": (
        "bybit",
        "/tickers",
        [BYBIT_TICKERS],
        "BTCUSDT",
        1_663_670_053_500,
    ),
    "bybit account-ratio": (
        "bybit",
        "/account-ratio",
        [documented("bybit", "accountRatio")],
        "BTCUSDT",
        1_729_147_842_516,
    ),
    "gate contracts": ("gate", "/contracts", [[RECORDED]], "BTC_USDT", NOW_MS),
    "gate contract_stats": (
        "gate",
        "/contract_stats",
        [[STATISTICS], [STATISTICS], [STATISTICS]],
        "BTC_USDT",
        NOW_MS,
    ),
    "gate tickers": (
        "gate",
        "/tickers",
        [[{"contract": "BTC_USDT", "last": "2", "change_percentage": "1", "volume_24h_quote": 9}]],
        "BTC_USDT",
        NOW_MS,
    ),
    **{
        f"bitget {endpoint}": (
            "bitget",
            f"/{endpoint}",
            [bitget.said(row)],
            "BTCUSDT",
            bitget.NOW_MS,
        )
        for endpoint, row in (
            ("tickers", bitget.TICKER),
            ("current-fund-rate", bitget.FUNDING),
            ("account-long-short", bitget.RATIO),
        )
    },
    **{
        f"{venue} {name}": (venue, endpoint, [documented(venue, name)], market_id, now_ms)
        for venue, endpoint, name, market_id, now_ms in (
            ("hyperliquid", "metaAndAssetCtxs", "metaAndAssetCtxs", "SOL", 1_704_290_400_000),
            ("binanceusdm", "premiumIndex", "premiumIndex", "BTCUSDT", 1_621_252_345_000),
            ("binanceusdm", "ticker/24hr", "ticker24hr", "SUSDT", 1_790_000_000_000),
            ("okx", "public/open-interest", "openInterest", "BTC-USDT-SWAP", 1_664_005_109_000),
        )
    },
}
IDENTITIES = frozenset({"symbol", "name", "contract", "instId", "pair"})


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(inner, (*path, at))
    elif path[-1] not in IDENTITIES:
        yield path


def _put(answers: Any, path: tuple[Any, ...], value: object) -> None:
    *way, last = path
    for step in way:
        answers = answers[step]
    if value is MISSING:
        del answers[last]
    else:
        answers[last] = value


def _numbers(reading: Reading) -> Iterator[float]:
    for field in dataclasses.fields(reading):
        value = getattr(reading, field.name)
        if isinstance(value, int | float):
            yield float(value)


def _is_right(reading: Reading) -> bool:
    """Within what the quantity can be at all."""
    if isinstance(reading, MarkPrice):
        return all(price is None or price > 0 for price in (reading.mark, reading.index))
    if isinstance(reading, FundingRate):
        hours = reading.interval_hours
        rates = (reading.predicted, reading.settled)
        return all(rate is None or abs(rate) <= 0.05 for rate in rates) and (
            hours is None or 0 < hours <= 24
        )
    if isinstance(reading, OpenInterest):
        return all(amount is None or amount >= 0 for amount in (reading.coin, reading.usd))
    if isinstance(reading, LongShortRatio):
        return reading.ratio is None or (
            reading.ratio > 0 and 0 <= (reading.long_fraction or 0.0) <= 1
        )
    if isinstance(reading, Ticker):
        return reading.last is None or reading.last > 0
    return True


@pytest.mark.parametrize("name", ANSWERS)
def test_a_broken_field_never_makes_a_wrong_reading(name: str) -> None:
    venue, endpoint, answers, market_id, now_ms = ANSWERS[name]
    call, instrument = call_of(venue, endpoint), contract(venue, market_id, contract_size=0.0001)
    wrong: list[str] = []
    for path in list(_leaves(answers)):
        for value in (MISSING, *BROKEN):
            changed = copy.deepcopy(answers)
            try:
                _put(changed, path, value)
            except IndexError:
                continue
            for reading in read(call, changed, instrument, now_ms).readings:
                finite = all(math.isfinite(number) for number in _numbers(reading))
                if not isinstance(reading, Unavailable) and not (finite and _is_right(reading)):
                    wrong.append(f"{path} = {value!r}: {reading}")
    assert wrong == []
