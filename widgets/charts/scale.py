"""The map of a pane from time and value to device pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from widgets.charts.envelope import Floats


@dataclass(frozen=True, slots=True)
class Scale:
    """Device pixels of a time (ms UTC) and of a value; `ratio` is device per logical pixel.

    With `log` the offset and scale of y are those of the decimal logarithm of a value.
    """

    x_scale: float
    x_offset: float
    y_scale: float
    y_offset: float
    ratio: float = 1.0
    log: bool = False

    def x(self, times: Floats) -> Floats:
        """Pixel columns of `times`."""
        return times * self.x_scale + self.x_offset

    def y(self, values: Floats) -> Floats:
        """Pixel rows of `values`, growing downwards; NaN where a logarithm does not exist."""
        if self.log:
            values = np.log10(values, out=np.full(len(values), np.nan), where=values > 0.0)
        return values * self.y_scale + self.y_offset

    def y_of(self, value: float) -> float:
        """Pixel row of one value; that of 0 is infinitely far down a logarithmic scale."""
        if self.log:
            value = math.log10(value) if value > 0.0 else -math.inf
        return value * self.y_scale + self.y_offset

    def time_at(self, x: float) -> float:
        """The time at pixel column `x`."""
        return (x - self.x_offset) / self.x_scale
