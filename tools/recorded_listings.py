"""Contract listings of the bundled recordings, as the venues word them.

Contract sizes come from recorded answers of the venues. Price ticks and amount steps change over
the years, so they are read off the recorded candles instead of a listing of another year.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.replay.recording import Series

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
PRICES = ("open", "high", "low", "close")
_MOST_DECIMALS = 10


def step_of(columns: Iterable[NDArray[np.float64]]) -> str:
    """The largest decimal step that all values are multiples of, as text."""
    values = np.unique(np.concatenate(list(columns)))
    for places in range(_MOST_DECIMALS + 1):
        if np.array_equal(np.round(values, places), values):
            whole = np.rint(values * 10.0**places).astype(np.int64)
            return f"{Decimal(int(np.gcd.reduce(whole))).scaleb(-places).normalize():f}"
    raise ValueError(f"values have more than {_MOST_DECIMALS} decimals")


def _steps(candles: list[Series]) -> tuple[str, str]:
    """Price tick and amount step, from the recorded candles."""
    prices = [series.columns[name] for series in candles for name in PRICES]
    return step_of(prices), step_of([series.columns["volume"] for series in candles])


@functools.cache
def _answer(name: str) -> Any:
    return json.loads((SHARED / "answers" / "markets" / f"{name}.json").read_text("utf-8"))


def binance_listing(base: str, candles: list[Series]) -> dict[str, Any]:
    entries = _answer("binanceusdm_exchangeInfo")["symbols"]
    entry = next(entry for entry in entries if entry["symbol"] == f"{base}USDT")
    tick, step = _steps(candles)
    kept = (
        "symbol",
        "pair",
        "contractType",
        "deliveryDate",
        "onboardDate",
        "status",
        "baseAsset",
        "quoteAsset",
        "marginAsset",
        "baseAssetPrecision",
        "quotePrecision",
        "underlyingType",
    )
    return {name: entry[name] for name in kept} | {
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": tick},
            {"filterType": "LOT_SIZE", "stepSize": step, "minQty": step},
        ],
    }


def bybit_listing(base: str, candles: list[Series]) -> dict[str, Any]:
    tick, step = _steps(candles)
    return {
        "symbol": f"{base}USDT",
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": base,
        "quoteCoin": "USDT",
        "settleCoin": "USDT",
        "deliveryTime": "0",
        "priceFilter": {"tickSize": tick},
        "lotSizeFilter": {"qtyStep": step, "minOrderQty": step},
    }


def _okx_entry(base: str) -> dict[str, Any]:
    entries = _answer("okx_instruments_SWAP")["data"]
    return next(entry for entry in entries if entry["instId"] == f"{base}-USDT-SWAP")


def okx_listing(base: str, candles: list[Series]) -> dict[str, Any]:
    entry = _okx_entry(base)
    tick, coin_step = _steps(candles)
    lot = f"{(Decimal(coin_step) / Decimal(entry['ctVal'])).normalize():f}"
    kept = (
        "instId",
        "instType",
        "uly",
        "settleCcy",
        "ctType",
        "ctVal",
        "ctMult",
        "ctValCcy",
        "listTime",
        "lever",
        "state",
    )
    return {name: entry[name] for name in kept} | {
        "instFamily": entry["uly"],
        "baseCcy": "",
        "quoteCcy": "",
        "tickSz": tick,
        "lotSz": lot,
        "minSz": lot,
    }


def okx_contract_size(base: str) -> float:
    """Coins per contract."""
    return float(_okx_entry(base)["ctVal"])


def hyperliquid_listing(base: str, volumes: NDArray[np.float64]) -> dict[str, Any]:
    """Amount decimals from all recorded volumes of the venue; leverage from its margin tiers."""
    tiers = json.loads((SHARED / "tiers" / "hyperliquid_docs.json").read_text("utf-8"))
    return {
        "name": base,
        "szDecimals": max(0, -int(Decimal(step_of([volumes])).as_tuple().exponent)),
        "maxLeverage": int(tiers["symbols"][base][0]["max_leverage"]),
    }
