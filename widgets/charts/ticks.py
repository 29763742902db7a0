"""Where axes put their marks. Pure; all times are UTC."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise

from widgets.format import DAY_MS, HOUR_MS, MINUTE_MS, axis_month, axis_time

_STEPS_MS = (
    *(n * MINUTE_MS for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR_MS for n in (1, 2, 3, 4, 6, 12)),
    *(n * DAY_MS for n in (1, 2, 4, 7, 14)),
)
_STEPS_MONTHS = (1, 3, 6, 12, 24, 60, 120)
_MONTH_MS = 30 * DAY_MS
_LOOSE_LABELS, _TIGHT_LABELS = 2.2, 1.1
_LEAST_TICKS = 2
_EVEN_BELOW = 3.0


@dataclass(frozen=True, slots=True)
class TimeTick:
    """A mark on the time axis; a `major` one begins a day, or a year among months."""

    time_ms: int
    text: str
    major: bool


def value_step(low: float, high: float, most: int) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that cuts [low, high] `most` times."""
    rough = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1.0, 2.0, 2.5, 5.0):
        if factor * power >= rough * (1.0 - 1e-9):
            return factor * power
    return 10.0 * power


def value_ticks(low: float, high: float, most: int) -> tuple[list[float], float]:
    """At most `most` + 1 round values within [low, high], and their step."""
    if not high > low or not math.isfinite(high - low):
        return [], 0.0
    step = value_step(low, high, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [step * n for n in range(first, last + 1)], step


def spaced_ticks(
    low: float, high: float, height: float, label_height: float
) -> tuple[list[float], float]:
    """Round values with room between their labels, two of them where that fits, and their step."""
    if height <= 0.0 or not high > low:
        return [], 0.0
    most = max(1, int(height / (_LOOSE_LABELS * label_height)))
    ticks, step = value_ticks(low, high, most)
    tight = _TIGHT_LABELS * label_height * (high - low) / height
    for more in range(most + 1, most + 4):
        finer, finer_step = value_ticks(low, high, more)
        if len(ticks) >= _LEAST_TICKS or finer_step < tight:
            break
        ticks, step = finer, finer_step
    if ticks and step >= tight:
        return ticks, step
    return _one_tick(low, high)


def _one_tick(low: float, high: float) -> tuple[list[float], float]:
    """The roundest value within [low, high], and the step that it is a multiple of."""
    for most in (1, 2, 4, 8):
        ticks, step = value_ticks(low, high, most)
        if ticks:
            return [ticks[len(ticks) // 2]], step
    return [], 0.0


def log_ticks(
    low: float, high: float, height: float, label_height: float
) -> tuple[list[float], float]:
    """Round values with room between their labels on a logarithmic axis, and their least step.

    Over less than half a decade the marks are even ones, as on a linear axis.
    """
    if not (0.0 < low < high and math.isfinite(high)) or height <= 0.0:
        return [], 0.0
    if high / low < _EVEN_BELOW:
        wanted, _ = value_ticks(low, high, max(1, int(height / (_LOOSE_LABELS * label_height))))
    else:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        wanted = [
            part * 10.0**power
            for power in decades
            for part in (1.0, 2.0, 5.0)
            if low <= part * 10.0**power <= high
        ]
    per_px = (math.log10(high) - math.log10(low)) / height
    kept: list[float] = []
    for value in wanted:
        if not kept or math.log10(value / kept[-1]) >= _TIGHT_LABELS * label_height * per_px:
            kept.append(value)
    steps = [above - below for below, above in pairwise(kept)]
    return kept, min(steps, default=kept[0] if kept else 0.0)


def step_decimals(step: float) -> int:
    """Digits after the point that tell ticks `step` apart: 2.5 -> 1, 0.05 -> 2, 20 -> 0."""
    decimals = 0
    while decimals < 12 and abs(step - round(step, decimals)) > 1e-6 * step:
        decimals += 1
    return decimals


def time_ticks(start_ms: float, end_ms: float, most: int) -> list[TimeTick]:
    """About `most` marks within [start_ms, end_ms], on round UTC times."""
    rough = (end_ms - start_ms) / max(1, most)
    if rough <= 0.0 or not math.isfinite(rough):
        return []
    index = bisect_left(_STEPS_MS, rough)
    if index < len(_STEPS_MS):
        return _even_ticks(start_ms, end_ms, _STEPS_MS[index])
    months = next((n for n in _STEPS_MONTHS if n * _MONTH_MS >= rough), _STEPS_MONTHS[-1])
    return _month_ticks(start_ms, end_ms, months)


def _even_ticks(start_ms: float, end_ms: float, step_ms: int) -> list[TimeTick]:
    first, last = math.ceil(start_ms / step_ms), math.floor(end_ms / step_ms)
    return [_tick(n * step_ms, step_ms) for n in range(first, last + 1)]


@lru_cache(maxsize=4096)
def _tick(time_ms: int, step_ms: int) -> TimeTick:
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    within_a_day = bool(moment.hour or moment.minute)
    major = not within_a_day and (step_ms < DAY_MS or moment.day == 1)
    return TimeTick(time_ms, axis_time(time_ms), major=major)


def _month_ticks(start_ms: float, end_ms: float, months: int) -> list[TimeTick]:
    begin = datetime.fromtimestamp(start_ms / 1000, UTC)
    count = -(-(begin.year * 12 + begin.month - 1) // months) * months
    ticks: list[TimeTick] = []
    while True:
        year, month = divmod(count, 12)
        time_ms = round(datetime(year, month + 1, 1, tzinfo=UTC).timestamp() * 1000)
        if time_ms > end_ms:
            return ticks
        if time_ms >= start_ms:
            ticks.append(TimeTick(time_ms, axis_month(time_ms), major=month == 0))
        count += months
