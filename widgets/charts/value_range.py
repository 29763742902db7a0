"""Which values a pane shows: fitted to what is visible until a hand changes them. Pure."""

from __future__ import annotations

import math

_BOTTOM_PX = 8.0
_BOTTOM_PART = 0.1
_LEAST_PART = 0.55
_FLAT_FRACTION = 0.002
_LEAST_RELATIVE = 1e-9
_MOST_DECADES = 24.0


class ValueRange:
    """The values from the lower to the upper edge of a pane, linear or logarithmic.

    `low` and `high` are what the pane's view spans: values, or with `log` their decimal
    logarithms. `by_hand` tells that a gesture set them: they stay until `release`. While `held`
    they stay too: a hand moves something along them.
    """

    def __init__(self) -> None:
        self.low, self.high = 0.0, 1.0
        self.log = False
        self.by_hand = False
        self.held = False

    def shown(self, value: float) -> float:
        """A value as the view counts it; what has no logarithm lies infinitely far below."""
        if not self.log:
            return value
        return math.log10(value) if value > 0.0 else -math.inf

    def value(self, shown: float) -> float:
        """The value that the view counts as `shown`."""
        return 10.0**shown if self.log else shown

    @property
    def bounds(self) -> tuple[float, float]:
        """The values at the lower and the upper edge."""
        return self.value(self.low), self.value(self.high)

    def y_of(self, value: float, height: float) -> float:
        """Pixel row of a value in a pane `height` pixels high."""
        return (self.high - self.shown(value)) / (self.high - self.low) * height

    def value_of(self, y: float, height: float) -> float:
        """The value at pixel row `y`."""
        return self.value(self.high - y / height * (self.high - self.low))

    def fit(self, bounds: tuple[float, float], height: float, legend: float) -> None:
        """Show `bounds` with room for a legend above and a little below, unless set by hand."""
        if not (self.by_hand or self.held):
            self.low, self.high = self._fitted(bounds, height, legend)

    def fits(self, bounds: tuple[float, float], height: float, legend: float) -> bool:
        """Whether `fit` would leave everything as it is."""
        if self.by_hand or self.held:
            return True
        return (self.low, self.high) == self._fitted(bounds, height, legend)

    def _fitted(
        self, bounds: tuple[float, float], height: float, legend: float
    ) -> tuple[float, float]:
        low, high = bounds
        if self.log and low > 0.0:
            low, high = math.log10(low), math.log10(high)
        elif self.log:
            high = math.log10(high) if high > 0.0 else 0.0
            low = high - 1.0
        return _padded(low, high, max(1.0, height), legend)

    def zoom(self, factor: float, y: float, height: float) -> None:
        """Show `factor` times as much, the value at pixel row `y` staying where it is."""
        at = self.high - y / height * (self.high - self.low)
        low, high = at - (at - self.low) * factor, at + (self.high - at) * factor
        least = _LEAST_RELATIVE * max(abs(low), abs(high))
        if high - low > least and (not self.log or high - low < _MOST_DECADES):
            self.low, self.high, self.by_hand = low, high, True

    def move(self, pixels: float, height: float) -> None:
        """Move the content `pixels` down; only what was set by hand moves."""
        if self.by_hand:
            by = pixels / height * (self.high - self.low)
            self.low, self.high = self.low + by, self.high + by

    def release(self) -> None:
        """Fit to what is visible again."""
        self.by_hand = False


def _padded(low: float, high: float, height: float, legend: float) -> tuple[float, float]:
    """Bounds with room for the legend above and a little below; never of no height."""
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        half = _FLAT_FRACTION * max(abs(low), abs(high)) or 1.0
        low, high = low - half, high + half
    below = min(_BOTTOM_PX, _BOTTOM_PART * height)
    # A low pane lets its legend stand over the series rather than squeeze them flat.
    free = max(_LEAST_PART * height, height - legend - 2.0 * below)
    per_px = (high - low) / free
    return low - below * per_px, high + (height - free - below) * per_px
