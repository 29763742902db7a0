"""Write resources/odds/pooled.json from the gathered mark candles of four coins.

    python -m tools.make_pooled_odds

Per horizon: one log-HAR regression over all coins, and quantiles of the excursions each way in
units of its volatility and of EWMA volatility. The candles are Binance's, hourly marks of BTC,
ETH, XRP and LTC; only these figures of them are kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from dashboard.check.candle_file import read_candles
from dashboard.risk.odds.bars import FloatArray, HourlyBars, hourly_bars
from dashboard.risk.odds.excursions import Way, excursions
from dashboard.risk.volatility import (
    HORIZONS_H,
    ewma_sigma,
    features,
    fit_regression,
    log_realised,
)

ROOT = Path(__file__).resolve().parent.parent
GATHERED = (
    ROOT.parent / "shared" / "market" / "H_mark_1h_binance_BTC_ETH_XRP_LTC_to_2025-08.parquet"
)
TARGET = ROOT / "resources" / "odds" / "pooled.json"
QUANTILES = 1000
FLOOR_QUANTILE = 0.9
"""A young contract is taken to move at least as the four coins did in their wildest tenth."""
SOURCE = "quantiles of Binance's hourly mark prices of BTC, ETH, XRP and LTC, 2019-12 to 2025-08"


def main(source: Path = GATHERED, target: Path = TARGET) -> int:
    """Write the figures."""
    series = [hourly_bars(raw) for raw in read_candles(source).values()]
    target.parent.mkdir(parents=True, exist_ok=True)
    sigmas = np.concatenate([ewma_sigma(bars) for bars in series])
    figures = {
        "source": SOURCE,
        "floor_sigma_per_hour": round(float(np.nanquantile(sigmas, FLOOR_QUANTILE)), 6),
        "horizons": [horizon_figures(series, hours) for hours in HORIZONS_H],
    }
    target.write_text(json.dumps(figures, separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stdout.write(f"{target.name}: {target.stat().st_size:,} bytes\n")
    return 0


def horizon_figures(series: list[HourlyBars], hours: int) -> dict[str, object]:
    """One horizon's regression and quantiles."""
    rows = [features(bars) for bars in series]
    targets = np.concatenate([log_realised(bars, hours) for bars in series])
    regression = fit_regression(np.concatenate(rows), targets, hours)
    if regression is None:
        raise ValueError("too few bars for a regression")
    har = np.concatenate([regression.sigma(one) for one in rows])
    ewma = np.concatenate([ewma_sigma(bars) for bars in series]) * np.sqrt(hours)
    moves = {way: np.concatenate([excursions(bars, hours, way) for bars in series]) for way in Way}
    longest = max(len(bars) for bars in series)
    return {
        "hours": hours,
        "coefficients": [round(value, 6) for value in regression.coefficients.tolist()],
        "residual_variance": round(regression.residual_variance, 6),
        "har": {way.value: quantiles(moves[way] / har) for way in Way},
        "ewma": {way.value: quantiles(moves[way] / ewma) for way in Way},
        "count": int(np.isfinite(moves[Way.DOWN] / har).sum()),
        "effective": round(longest / hours, 1),
    }


def quantiles(z: FloatArray) -> list[float]:
    """QUANTILES values that stand for all of them."""
    ranks = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return [round(value, 4) for value in np.nanquantile(z, ranks).tolist()]


if __name__ == "__main__":
    sys.exit(main())
