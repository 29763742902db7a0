"""The linear map of a pane from time and value to device pixels."""

from __future__ import annotations

from dataclasses import dataclass

from widgets.charts.envelope import Floats


@dataclass(frozen=True, slots=True)
class Scale:
    """Device pixels of a time (ms UTC) and of a value; `ratio` is device per logical pixel."""

    x_scale: float
    x_offset: float
    y_scale: float
    y_offset: float
    ratio: float = 1.0

    def x(self, times: Floats) -> Floats:
        """Pixel columns of `times`."""
        return times * self.x_scale + self.x_offset

    def y(self, values: Floats) -> Floats:
        """Pixel rows of `values`, growing downwards."""
        return values * self.y_scale + self.y_offset

    def time_at(self, x: float) -> float:
        """The time at pixel column `x`."""
        return (x - self.x_offset) / self.x_scale
