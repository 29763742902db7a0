"""The bundled figures of other coins, for contracts with little history of their own."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from dashboard.risk.odds.excursions import Way
from dashboard.risk.touch import Pool, PooledHorizon
from dashboard.risk.volatility import Regression

FILE = "odds/pooled.json"


@cache
def load_pool() -> Pool:
    """The figures that `tools.make_pooled_odds` wrote."""
    data = json.loads((files("resources") / FILE).read_text(encoding="utf-8"))
    horizons = {one["hours"]: _horizon(one) for one in data["horizons"]}
    return Pool(horizons, data["floor_sigma_per_hour"], data["source"])


def _horizon(one: dict[str, Any]) -> PooledHorizon:
    coefficients = np.array(one["coefficients"], dtype=np.float64)
    return PooledHorizon(
        Regression(one["hours"], coefficients, one["residual_variance"]),
        {way: np.array(one["har"][way.value]) for way in Way},
        {way: np.array(one["ewma"][way.value]) for way in Way},
        one["count"],
        one["effective"],
    )
