"""Hourly bars made from a known process, for tests of odds."""

from __future__ import annotations

import numpy as np

from dashboard.risk.odds.bars import HOUR_MS, FloatArray, HourlyBars, RawBars

START_MS = 1_577_836_800_000
STEPS = 60


def path_bars(moves: FloatArray) -> RawBars:
    """Bars of log moves, one row of steps per hour."""
    path = np.cumsum(moves.ravel()).reshape(moves.shape)
    close = path[:, -1]
    opened = np.concatenate([[0.0], close[:-1]])
    high = np.maximum(path.max(axis=1), opened)
    low = np.minimum(path.min(axis=1), opened)
    times = START_MS + np.arange(len(moves), dtype=np.int64) * HOUR_MS
    return RawBars(times, *(100.0 * np.exp(one) for one in (opened, high, low, close)))


def brownian(hours: int, sigma_h: float = 0.006, seed: int = 1, steps: int = STEPS) -> RawBars:
    """A driftless Brownian path, seen `steps` times an hour."""
    moves = np.random.default_rng(seed).standard_normal((hours, steps))
    return path_bars(moves * sigma_h / np.sqrt(steps))


def wild(hours: int, seed: int = 2, steps: int = 12) -> RawBars:
    """Student-t moves whose volatility wanders: calm and wild weeks."""
    random = np.random.default_rng(seed)
    logs = np.zeros(hours)
    noise = random.standard_normal(hours)
    for hour in range(1, hours):
        logs[hour] = 0.98 * logs[hour - 1] + 0.12 * noise[hour]
    moves = random.standard_t(5, (hours, steps)) * np.sqrt(3.0 / 5.0)
    return path_bars(moves * (0.006 * np.exp(logs) / np.sqrt(steps))[:, None])


def mirrored(bars: HourlyBars) -> HourlyBars:
    """The same series turned upside down in logarithms."""
    return HourlyBars(bars.start_ms, -bars.low, -bars.high, -bars.close)
