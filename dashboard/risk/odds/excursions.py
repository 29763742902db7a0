"""How far a price went against each side within the hours after every past hour."""

from __future__ import annotations

from enum import Enum

import numpy as np

from dashboard.risk.odds.bars import FloatArray, HourlyBars
from dashboard.risk.odds.windows import next_highest, next_lowest


class Way(Enum):
    """Where a level lies: under the mark (as a long's liquidation) or over it."""

    DOWN = "down"
    UP = "up"


def excursions(bars: HourlyBars, hours: int, way: Way) -> FloatArray:
    """The largest log move from each hour's close within the next `hours`, 0 or more.

    Down by the lows, up by the highs; NaN where the window is not complete.
    """
    if way is Way.DOWN:
        moves = bars.close - next_lowest(bars.low, hours)
    else:
        moves = next_highest(bars.high, hours) - bars.close
    return np.maximum(moves, 0.0)
