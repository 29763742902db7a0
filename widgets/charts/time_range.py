"""Which stretch of time a chart shows, and how gestures change it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

LEAST_BARS = 10
MOST_BARS = 20_000
_BEYOND = 0.6


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The visible stretch, in ms UTC (fractions of a ms while a hand moves it)."""

    start_ms: float
    end_ms: float

    @property
    def span_ms(self) -> float:
        return self.end_ms - self.start_ms

    def moved(self, by_ms: float) -> TimeRange:
        """The same stretch, `by_ms` later."""
        return TimeRange(self.start_ms + by_ms, self.end_ms + by_ms)

    def zoomed(self, factor: float, at_ms: float, bar_ms: float) -> TimeRange:
        """`factor` times as long, with `at_ms` where it was; 10 to 20 000 bars are allowed."""
        span = min(max(self.span_ms * factor, LEAST_BARS * bar_ms), MOST_BARS * bar_ms)
        start = at_ms - (at_ms - self.start_ms) * span / self.span_ms
        return TimeRange(start, start + span)

    def kept_near(self, oldest_ms: float, newest_ms: float) -> TimeRange:
        """Moved as little as needed to show something of [oldest_ms, newest_ms]."""
        latest = newest_ms - (1.0 - _BEYOND) * self.span_ms
        earliest = max(0.0, oldest_ms - _BEYOND * self.span_ms)
        start = min(max(self.start_ms, min(earliest, latest)), latest)
        return self.moved(start - self.start_ms)


def bar_start(time_ms: float, bar_ms: float) -> float:
    """When the bar that contains `time_ms` opened."""
    return math.floor(time_ms / bar_ms) * bar_ms


def nearest_bar(time_ms: float, bar_ms: float) -> float:
    """The opening time of a bar that lies nearest: bars are drawn centred on it."""
    return bar_start(time_ms + 0.5 * bar_ms, bar_ms)


def at_the_edge(now_ms: float, bar_ms: float, span_ms: float, margin_ms: float) -> TimeRange:
    """The stretch that ends with the bar of `now_ms` and `margin_ms` of room after it."""
    end = bar_start(now_ms, bar_ms) + 0.5 * bar_ms + margin_ms
    return TimeRange(end - span_ms, end)


def followed(view: TimeRange, before_ms: float, now_ms: float, bar_ms: float) -> TimeRange:
    """`view` as time goes on: moved with the live bar where that was in sight, else as it is."""
    live = bar_start(before_ms, bar_ms)
    if view.start_ms <= live <= view.end_ms:
        return view.moved(bar_start(now_ms, bar_ms) - live)
    return view
