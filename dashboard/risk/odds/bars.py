"""Hourly bars as the odds need them: checked, on a whole grid, in logarithms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HOUR_MS = 3_600_000
_ROUNDING = 1.0 + 1e-9
"""So far a price may lie outside its bar where prices were worked out."""
LARGEST_JUMP = 10.0
"""A price that is this many times the one an hour before is another contract, not a move."""


@dataclass(frozen=True, slots=True)
class RawBars:
    """Bars as they came, oldest first: `time_ms` is when each opens, prices in quote currency.

    `volume` is None where the source has none, as mark candles.
    """

    time_ms: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray | None = None


def bars_of_rows(rows: FloatArray) -> RawBars:
    """Rows [time_ms, open, high, low, close], maybe with a volume, less those without a price."""
    whole = rows[np.isfinite(rows[:, :5]).all(axis=1)]
    volume = whole[:, 5] if whole.shape[1] > 5 else None
    opened, high, low, close = whole[:, 1:5].T
    return RawBars(whole[:, 0].astype(np.int64), opened, high, low, close, volume)


@dataclass(frozen=True, slots=True)
class HourlyBars:
    """Logarithms of the prices of every hour from `start_ms` on; NaN in an hour without a bar."""

    start_ms: int
    high: FloatArray
    low: FloatArray
    close: FloatArray

    def __len__(self) -> int:
        return len(self.close)

    @property
    def end_ms(self) -> int:
        """When the last bar closes: the first moment at which all of them are known."""
        return self.start_ms + len(self) * HOUR_MS

    @property
    def missing(self) -> int:
        """How many hours have no bar."""
        return int(np.isnan(self.close).sum())

    def known_at(self, time_ms: int) -> HourlyBars:
        """The bars that have closed by `time_ms`."""
        count = max(0, min(len(self), (time_ms - self.start_ms) // HOUR_MS))
        return HourlyBars(self.start_ms, self.high[:count], self.low[:count], self.close[:count])


def hourly_bars(raw: RawBars, *, skip_gaps: bool = False) -> HourlyBars:
    """Check bars and put them on their grid.

    Raises InputError, which names the first bar at fault, where they are unsorted, doubled or not
    hourly, where a price is no price or a high lies under a low, and where the price jumps as in
    a split. Missing hours, those without any price and those without volume (an outage) are
    refused too, or left out with `skip_gaps`.
    """
    raw = _without_empty(raw) if skip_gaps else raw
    if len(raw.time_ms) == 0:
        raise InputError("bars", "there are no bars")
    _check_times(raw.time_ms)
    _check_prices(raw)
    idle = np.zeros(len(raw.time_ms), bool) if raw.volume is None else ~(raw.volume > 0.0)
    if not skip_gaps:
        _check_gaps(raw.time_ms)
        _check_volume(raw.time_ms, idle)
    kept = ~idle
    if not kept.any():
        raise InputError("bars", "no bar has any volume")
    _check_jumps(raw, kept)
    return _on_grid(raw, kept)


def utc_text(time_ms: int) -> str:
    """An hour as messages name it: "2024-08-05 06:00 UTC"."""
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _without_empty(raw: RawBars) -> RawBars:
    """The bars less those without any price, which say as much as a missing hour."""
    kept = np.isfinite(np.stack([raw.open, raw.high, raw.low, raw.close])).any(axis=0)
    volume = None if raw.volume is None else raw.volume[kept]
    return RawBars(
        raw.time_ms[kept], raw.open[kept], raw.high[kept], raw.low[kept], raw.close[kept], volume
    )


def _check_times(time_ms: IntArray) -> None:
    steps = np.diff(time_ms)
    if (back := _first(steps < 0)) is not None:
        here, before = utc_text(int(time_ms[back + 1])), utc_text(int(time_ms[back]))
        raise InputError("bars", f"bars are not in order of time: {here} comes after {before}")
    if (twin := _first(steps == 0)) is not None:
        count = int((steps == 0).sum())
        again = "1 bar comes" if count == 1 else f"{count} bars come"
        at = utc_text(int(time_ms[twin]))
        raise InputError("bars", f"{again} twice, the first at {at}; one bar an hour is allowed")
    if (odd := _first(time_ms % HOUR_MS != 0)) is not None:
        at = f"{datetime.fromtimestamp(int(time_ms[odd]) / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
        raise InputError("bars", f"bars must open on the hour; there is one at {at}")


def _check_gaps(time_ms: IntArray) -> None:
    steps = np.diff(time_ms)
    if (gap := _first(steps != HOUR_MS)) is not None:
        lost = int((steps // HOUR_MS - 1).sum())
        hours = "1 hour is" if lost == 1 else f"{lost} hours are"
        after = utc_text(int(time_ms[gap]))
        raise InputError("bars", f"there are gaps: {hours} missing, the first after {after}")


def _check_volume(time_ms: IntArray, idle: npt.NDArray[np.bool_]) -> None:
    if (first := _first(idle)) is not None:
        count = int(idle.sum())
        hours = "1 hour has" if count == 1 else f"{count} hours have"
        at = utc_text(int(time_ms[first]))
        raise InputError("bars", f"{hours} no volume, which is an outage; the first is {at}")


def _check_prices(raw: RawBars) -> None:
    prices = np.stack([raw.open, raw.high, raw.low, raw.close])
    with np.errstate(invalid="ignore", divide="ignore"):
        unusable = ~(np.isfinite(prices) & (prices > 0.0)).all(axis=0)
        crossed = raw.high < raw.low
        over, under = prices.max(axis=0) / raw.high, raw.low / prices.min(axis=0)
        outside = np.maximum(over, under) > _ROUNDING
    faults = (
        (unusable, "has a price that is missing or not above 0"),
        (crossed, "has a high under its low"),
        (outside, "opens or closes outside its high and low"),
    )
    for wrong, sentence in faults:
        if (first := _first(wrong)) is not None:
            more = int(wrong.sum()) - 1
            others = f", and {more} more" if more else ""
            at = utc_text(int(raw.time_ms[first]))
            raise InputError("bars", f"the bar of {at} {sentence}{others}")


def _check_jumps(raw: RawBars, kept: npt.NDArray[np.bool_]) -> None:
    limit = math.log(LARGEST_JUMP)
    path = np.log(np.stack([raw.open, raw.high, raw.low, raw.close])[:, kept])
    times = raw.time_ms[kept]
    inside = path[1] - path[2]
    between = np.abs(np.concatenate([[0.0], path[0, 1:] - path[3, :-1]]))
    jumps = np.maximum(inside, between)
    if (first := _first(jumps > limit)) is not None:
        factor, at = math.exp(jumps[first]), utc_text(int(times[first]))
        raise InputError(
            "bars",
            f"the price jumps by a factor of {factor:,.0f} at {at}: a split or another contract, "
            f"not a move (up to {LARGEST_JUMP:g} in an hour is allowed)",
        )


def _on_grid(raw: RawBars, kept: npt.NDArray[np.bool_]) -> HourlyBars:
    times = raw.time_ms[kept]
    start_ms = int(times[0])
    places = (times - start_ms) // HOUR_MS
    grid = np.full((3, int(places[-1]) + 1), np.nan)
    for row, prices in enumerate((raw.high, raw.low, raw.close)):
        grid[row, places] = np.log(prices[kept])
    return HourlyBars(start_ms, *grid)


def _first(wrong: Any) -> int | None:
    return int(np.argmax(wrong)) if wrong.any() else None
