"""Odds against a plain Monte Carlo of 10,000 paths: `python -m tests.benchmarks.odds`.

The Monte Carlo draws hourly normal returns of the fitted volatility and asks of every path
whether it went as far within 24 h, or which of two levels it touched first within 168 h.

- fit of four horizons from 50,000 bars: under half a second on an idle core.
- one probability, by the fit: at most a thousandth of the Monte Carlo.
- order of two levels, by 800 bootstrapped paths: its ratio to the same question of 10,000.
"""

from __future__ import annotations

import numpy as np

from dashboard.risk.odds.bars import HOUR_MS, HourlyBars, RawBars, hourly_bars
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.order import order_of_levels
from dashboard.risk.touch import fit_touch, probability_of_distance
from tests.benchmarks.measure import interleaved_rounds, medians, print_figure

BARS, PATHS = 50_000, 10_000
HORIZONS = (4, 24, 72, 168)
DAY_H, WEEK_H = 24, 168
DISTANCE, TARGET = 0.05, 0.08
PEER = "plain Monte Carlo of 10,000 paths"


def made_up_bars() -> HourlyBars:
    """A Brownian path of 50,000 hours, seen four times an hour."""
    moves = np.random.default_rng(1).standard_normal((BARS, 4)) * 0.003
    path = np.cumsum(moves.ravel()).reshape(moves.shape)
    close = path[:, -1]
    opened = np.concatenate([[0.0], close[:-1]])
    high, low = np.maximum(path.max(axis=1), opened), np.minimum(path.min(axis=1), opened)
    times = 1_577_836_800_000 + np.arange(BARS, dtype=np.int64) * HOUR_MS
    opened, high, low, close = (np.exp(one) for one in (opened, high, low, close))
    return hourly_bars(RawBars(times, opened, high, low, close))


def paths(sigma_h: float, hours: int) -> np.ndarray:
    """Log prices of every path at every hour."""
    moves = np.random.default_rng(2).standard_normal((PATHS, hours))
    return np.cumsum(moves * sigma_h, axis=1)


def touched(sigma_h: float) -> float:
    """The share of paths that fell as far within a day."""
    return float(np.mean(paths(sigma_h, DAY_H).min(axis=1) <= -DISTANCE))


def stop_first(sigma_h: float) -> float:
    """The share of paths that fell before they rose within a week."""
    drawn = paths(sigma_h, WEEK_H)
    fell, rose = drawn <= -DISTANCE, drawn >= TARGET
    when_fell = np.where(fell.any(axis=1), fell.argmax(axis=1), WEEK_H)
    when_rose = np.where(rose.any(axis=1), rose.argmax(axis=1), WEEK_H)
    return float(np.mean((when_fell <= when_rose) & (when_fell < WEEK_H)))


def main() -> None:
    """Measure and print; both sides answer alike on this path, or nothing is printed."""
    bars = made_up_bars()
    fit = fit_touch(bars, horizons=HORIZONS)
    steps = fit.steps
    if steps is None:
        raise ValueError("no steps")
    sigma_h = steps.sigma_h

    def one() -> float:
        return probability_of_distance(fit, DISTANCE, Way.DOWN, DAY_H)

    if abs(one() - touched(sigma_h)) > 0.05:
        raise ValueError(f"{one()} and {touched(sigma_h)} differ")
    fits = medians(interleaved_rounds({"fit": lambda: fit_touch(bars, horizons=HORIZONS)}))
    print_figure("odds.fit_four_horizons_50000_bars", fits["fit"] * 1e3, "ms")
    seconds = medians(interleaved_rounds({"simulated": lambda: touched(sigma_h)}))
    fast = medians(interleaved_rounds({"one": one}, calls=20_000))
    simulated_us = seconds["simulated"] * 1e6
    print_figure("odds.one_probability", fast["one"] * 1e6, "us", PEER, simulated_us)
    order = medians(
        interleaved_rounds(
            {
                "order": lambda: order_of_levels(steps, DISTANCE, TARGET, Way.DOWN, WEEK_H),
                "simulated": lambda: stop_first(sigma_h),
            }
        )
    )
    peer_ms = order["simulated"] * 1e3
    print_figure("odds.order_of_two_levels", order["order"] * 1e3, "ms", PEER, peer_ms)


if __name__ == "__main__":
    main()
