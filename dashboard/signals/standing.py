"""Where a figure stands among its own past values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ENOUGH_SAMPLES = 200
"""With fewer past values than this a rank says little and gets no colour."""


class Standing(NamedTuple):
    """`rank` is the share of past values below a figure (half of the equal ones with them)."""

    rank: float
    samples: int

    @property
    def is_founded(self) -> bool:
        """Whether there are enough samples for a colour."""
        return self.samples >= ENOUGH_SAMPLES

    @property
    def heat(self) -> float:
        """From -1 (lowest ever) over 0 (the median) to 1 (highest ever)."""
        return 2.0 * self.rank - 1.0


def standing(value: float | None, past: Floats) -> Standing | None:
    """Where `value` stands among `past`; NaN cells do not count. None without either."""
    if value is None or not np.isfinite(value):
        return None
    known = past[np.isfinite(past)]
    if not len(known):
        return None
    below = np.count_nonzero(known < value)
    equal = np.count_nonzero(known == value)
    return Standing(float((below + 0.5 * equal) / len(known)), len(known))
