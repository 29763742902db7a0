"""From a hand that drags a line to the price that is meant. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FINE_PART = 0.1
COARSE_TICKS = 10


@dataclass(frozen=True, slots=True)
class Grip:
    """How a line follows the hand: `fine` at a tenth of the way, `coarse` in steps of ten ticks.

    `free` leaves the price where the hand is, between ticks.
    """

    fine: bool = False
    coarse: bool = False
    free: bool = False


def snapped(price: float, tick: float | None, grip: Grip) -> float:
    """`price` on the venue's next tick, or on the next tenth one where `grip` is coarse.

    The price stays above zero; where the venue's tick is not known it stays as it is.
    """
    if not tick or grip.free:
        return price
    step = tick * COARSE_TICKS if grip.coarse else tick
    # Counted in ticks and rounded once: a sum of steps would gather their binary remainders.
    steps = max(1, round(price / step))
    digits = max(0, -_exponent(step))
    return round(steps * step, digits)


def _exponent(step: float) -> int:
    """The power of ten of the last digit of a step: 0.05 -> -2, 2.5 -> -1, 10 -> 0."""
    digits = 0
    while digits < 12 and abs(step * 10**digits - round(step * 10**digits)) > 1e-9:
        digits += 1
    return -digits


class LineDrag:
    """A line between grasp and release: the raw price follows the hand, the answer is snapped."""

    def __init__(self, price: float, value: float, tick: float | None) -> None:
        """`price` is the line's, `value` that under the hand."""
        self._raw = price
        self._value = value
        self._tick = tick

    def move(self, value: float, grip: Grip) -> float:
        """The price that is meant with the hand at `value`."""
        way = value - self._value
        self._value = value
        self._raw += way * (FINE_PART if grip.fine else 1.0)
        return snapped(self._raw, self._tick, grip)
