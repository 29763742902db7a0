"""Nothing later than now is in any answer of any endpoint, at any moment.

Two proofs over every endpoint that the dialects know: no stamp in an answer is later than now
but the announced ones, and answers do not change when every figure that became known after now
is replaced by another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dashboard.market.readings import SeriesKind
from dashboard.replay.dialects.binance import BinanceDialect
from dashboard.replay.dialects.bybit import BybitDialect
from dashboard.replay.dialects.hyperliquid import HyperliquidDialect
from dashboard.replay.dialects.okx import OkxDialect
from dashboard.replay.recording import RecordedMarket, Recording, Series, load_recording
from dashboard.replay.tape import Tape
from dashboard.replay.wire import Dialect, VenueRequest
from tests.replay.made_up import made_up_recording

ANNOUNCED = {"nextFundingTime", "deliveryDate", "T"}
"""Fields with a moment that is known beforehand: a settlement to come, the end of a bar."""
ANNOUNCED_BY = {"fundingTime": "/public/funding-rate'"}
"""Fields that are announced in this endpoint only."""
RECORDINGS = {
    "made-up": made_up_recording(),
    "crash-2024-08": load_recording("crash-2024-08"),
    "four-venues-2025-05": load_recording("four-venues-2025-05"),
    "seven-venues-2026-02": load_recording("seven-venues-2026-02"),
}
BARS = {SeriesKind.CANDLES, SeriesKind.MARK_CANDLES, SeriesKind.LIQUIDATIONS}
Ask = tuple[str, dict[str, str]]


def binance_requests(symbol: str) -> Iterator[Ask]:
    one = {"symbol": symbol}
    for name in ("exchangeInfo", "premiumIndex", "fundingInfo", "ticker/24hr", "fundingRate"):
        yield f"/fapi/v1/{name}", {}
    for name in ("premiumIndex", "fundingRate", "ticker/24hr", "openInterest"):
        yield f"/fapi/v1/{name}", one
    for interval in ("1m", "5m", "1h", "4h", "1d", "1w"):
        for name in ("klines", "markPriceKlines"):
            yield f"/fapi/v1/{name}", {**one, "interval": interval, "limit": "30"}
    for period in ("5m", "1h", "4h"):
        for name in (
            "openInterestHist",
            "globalLongShortAccountRatio",
            "topLongShortAccountRatio",
            "topLongShortPositionRatio",
            "takerlongshortRatio",
        ):
            yield f"/futures/data/{name}", {**one, "period": period}


def bybit_requests(symbol: str) -> Iterator[Ask]:
    linear = {"category": "linear"}
    one = {**linear, "symbol": symbol}
    yield "/v5/market/time", {}
    yield "/v5/market/instruments-info", linear
    yield "/v5/market/tickers", linear
    yield "/v5/market/funding/history", one
    for interval in ("1", "60", "240", "D"):
        for name in ("kline", "mark-price-kline", "index-price-kline"):
            yield f"/v5/market/{name}", {**one, "interval": interval, "limit": "30"}
    for period in ("5min", "1h", "4h"):
        yield "/v5/market/open-interest", {**one, "intervalTime": period}
        yield "/v5/market/account-ratio", {**one, "period": period}


def okx_requests(instrument: str) -> Iterator[Ask]:
    one, swaps = {"instId": instrument}, {"instType": "SWAP"}
    for name in ("public/instruments", "public/open-interest", "public/mark-price"):
        yield f"/api/v5/{name}", swaps
    yield "/api/v5/market/tickers", swaps
    yield "/api/v5/public/funding-rate", {"instId": "ANY"}
    yield "/api/v5/public/funding-rate-history", one
    for bar in ("1m", "1H", "4H", "1D", "1Dutc"):
        for name in ("candles", "history-candles", "mark-price-candles"):
            yield f"/api/v5/market/{name}", {**one, "bar": bar, "limit": "30"}
    for period in ("5m", "1H", "1D"):
        for name in ("open-interest-history", "long-short-account-ratio-contract"):
            yield f"/api/v5/rubik/stat/contracts/{name}", {**one, "period": period}


def hyperliquid_requests(coin: str) -> Iterator[VenueRequest]:
    bodies: list[dict[str, object]] = [{"type": "meta"}, {"type": "metaAndAssetCtxs"}]
    bodies.append({"type": "fundingHistory", "coin": coin, "startTime": 0})
    for interval in ("1m", "1h", "4h", "1d"):
        asked = {"coin": coin, "interval": interval, "startTime": 0, "endTime": 2**53}
        bodies.append({"type": "candleSnapshot", "req": asked})
    for body in bodies:
        yield VenueRequest(method="POST", path="/info", body=body)


def requests_of(venue: str, market_id: str) -> Iterator[VenueRequest]:
    if venue == "hyperliquid":
        yield from hyperliquid_requests(market_id)
        return
    known: dict[str, Callable[[str], Iterator[Ask]]] = {
        "binanceusdm": binance_requests,
        "bybit": bybit_requests,
        "okx": okx_requests,
    }
    for path, query in known[venue](market_id):
        yield VenueRequest(method="GET", path=path, query=query)


DIALECTS: dict[str, Callable[[dict[str, Tape]], Dialect]] = {
    "binanceusdm": BinanceDialect,
    "bybit": BybitDialect,
    "okx": OkxDialect,
    "hyperliquid": HyperliquidDialect,
}


def answers(markets: tuple[RecordedMarket, ...], now_ms: int) -> dict[str, object]:
    """Every endpoint's answer for the first market of every venue, by request."""
    found: dict[str, object] = {}
    for venue, dialect_of in DIALECTS.items():
        own = [market for market in markets if market.venue == venue]
        dialect = dialect_of({market.market_id: Tape(market) for market in own})
        for market in own[:1]:
            for request in requests_of(venue, market.market_id):
                found[f"{venue} {request}"] = dialect.answer(request, now_ms).payload
    return found


def stamps(payload: object, name: str = "") -> Iterator[tuple[str, int]]:
    """Every number in `payload` that can be a moment of this century in ms, with its field."""
    if isinstance(payload, dict):
        for key, value in payload.items():
            yield from stamps(value, str(key))
    elif isinstance(payload, list):
        for at, value in enumerate(payload):
            if not (at == 6 and len(payload) == 12):  # a kline's close time
                yield from stamps(value, name)
    else:
        text = str(payload)
        if text.isdigit() and 1_000_000_000_000 <= int(text) < 4_000_000_000_000:
            yield name, int(text)


def later_cells(series: Series, now_ms: int, column: str) -> NDArray[np.bool_]:
    """Which cells of a column became known after `now_ms`."""
    known_from = series.time_ms
    if series.kind in BARS and column != "open":
        known_from = series.time_ms + series.step_ms
    return np.asarray(known_from > now_ms)


def with_another_future(recording: Recording, now_ms: int) -> tuple[RecordedMarket, ...]:
    """The recording's markets with every figure known only after `now_ms` replaced."""
    markets = []
    for market in recording.markets:
        series = tuple(
            replace(
                one,
                columns={
                    name: np.where(later_cells(one, now_ms, name), 7.0 - 3.0 * column, column)
                    for name, column in one.columns.items()
                },
            )
            for one in market.series
        )
        markets.append(replace(market, series=series))
    return tuple(markets)


def moment(recording: Recording, share: float, rounding_ms: int) -> int:
    """A moment of the recording, on a boundary of `rounding_ms`."""
    span_ms = recording.ends_ms - recording.starts_ms
    at_ms = recording.starts_ms + int(share * span_ms)
    return max(recording.starts_ms, at_ms // rounding_ms * rounding_ms)


moments = st.tuples(
    st.floats(min_value=0.0, max_value=1.0), st.sampled_from([1, 60_000, 3_600_000, 28_800_000])
)


@pytest.mark.parametrize("name", RECORDINGS)
@given(moments)
@settings(max_examples=20)
def test_no_answer_carries_a_later_stamp(name: str, at: tuple[float, int]) -> None:
    recording = RECORDINGS[name]
    now_ms = moment(recording, *at)
    for request, payload in answers(recording.markets, now_ms).items():
        for field, stamp_ms in stamps(payload):
            if field not in ANNOUNCED and ANNOUNCED_BY.get(field, "\0") not in request:
                assert stamp_ms <= now_ms, (request, field)


@pytest.mark.parametrize("name", RECORDINGS)
@given(moments)
@settings(max_examples=20)
def test_another_future_gives_the_same_answers(name: str, at: tuple[float, int]) -> None:
    recording = RECORDINGS[name]
    now_ms = moment(recording, *at)
    own = answers(recording.markets, now_ms)
    other = answers(with_another_future(recording, now_ms), now_ms)
    for request, payload in own.items():
        assert json.dumps(payload) == json.dumps(other[request]), request


def test_another_future_is_noticed_once_it_is_the_past() -> None:
    recording = RECORDINGS["crash-2024-08"]
    now_ms = recording.default_start_ms
    changed = with_another_future(recording, now_ms)
    later_ms = now_ms + 8 * 3_600_000
    own, other = answers(recording.markets, later_ms), answers(changed, later_ms)
    differing = {request for request in own if own[request] != other[request]}
    for endpoint in (
        "premiumIndex",
        "openInterest",
        "klines",
        "markPriceKlines",
        "ticker/24hr",
        "fundingRate",
        "openInterestHist",
        "globalLongShortAccountRatio",
        "takerlongshortRatio",
    ):
        assert any(f"/{endpoint}'" in request for request in differing), endpoint
