"""Write resources/odds/tested.json: how the odds did in a test on the past of four coins.

    python -m tools.make_tested_odds

Walking forward through the gathered mark candles (Binance's hourly marks of BTC, ETH, XRP and
LTC), a forecast knowing nothing after its hour; windows of one coin and horizon do not overlap.
Kept are counts by horizon and by what was said, as in the scorecard.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from dashboard.check.candle_file import read_candles
from dashboard.risk.odds.bars import hourly_bars
from dashboard.risk.odds.forecasts import DISTANCES_BP
from dashboard.risk.odds.scorecard import EDGES, bin_number
from dashboard.risk.odds.walk_forward import Plan, Rival, walk_forward
from tools.make_pooled_odds import GATHERED, ROOT

TARGET = ROOT / "resources" / "odds" / "tested.json"
SOURCE = "BTC, ETH, XRP and LTC, Binance's mark prices of 2021 to 2025"


def main(source: Path = GATHERED, target: Path = TARGET) -> int:
    """Write the figures."""
    series = [hourly_bars(raw) for raw in read_candles(source).values()]
    rows = []
    for hours in DISTANCES_BP:
        plan = Plan(horizons=(hours,), every_h=hours)
        forecasts = [walk_forward(bars, plan) for bars in series]
        said = np.concatenate([one.said[Rival.CONDITIONAL_HAR] for one in forecasts])
        touched = np.concatenate([one.touched for one in forecasts])
        bins = np.array([bin_number(value) for value in said.tolist()])
        for number in range(len(EDGES)):
            inside = bins == number
            count, seen = int(inside.sum()), int(touched[inside].sum())
            squares = float(((said - touched)[inside] ** 2).sum())
            rows.append(
                [hours, number, count, round(float(said[inside].sum()), 3), seen, round(squares, 3)]
            )
    figures = {"source": SOURCE, "cells": rows}
    target.write_text(json.dumps(figures, separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stdout.write(f"{target.name}: {target.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
