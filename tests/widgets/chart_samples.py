"""Made-up rows of a contract, hour by hour, for the charts' tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dashboard.feed.frames import LoadSeries, Series, SeriesHeader
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import TIMEFRAMES_MS, SeriesKind
from tests.widgets.market_samples import BTC, NOW_MS
from widgets.charts.history import SHOWN_KINDS

HOUR = 3_600_000
SETTLEMENT = 8 * HOUR

Rows = npt.NDArray[np.float64]


def rows(kind: SeriesKind, since_ms: int, until_ms: int, step_ms: int = HOUR) -> Rows:
    """Rows of `kind` in [since_ms, until_ms): every value follows from its time alone."""
    step = SETTLEMENT if kind is SeriesKind.FUNDING else step_ms
    times = np.arange(-(-since_ms // step) * step, until_ms, step, dtype=np.float64)
    hours = times / HOUR
    close = 60_000.0 + 2_000.0 * np.sin(hours / 17.0)
    opened = 60_000.0 + 2_000.0 * np.sin((hours - 1.0) / 17.0)
    high, low = np.maximum(opened, close) + 50.0, np.minimum(opened, close) - 70.0
    columns = {
        SeriesKind.CANDLES: (times, opened, high, low, close, 100.0 + hours % 7.0),
        SeriesKind.MARK_CANDLES: (times, opened, high, low, close + 1.0),
        SeriesKind.OPEN_INTEREST: (times, 80_000.0 + hours % 31.0, 4.8e9 + hours % 37.0),
        SeriesKind.LONG_SHORT_RATIO: (times, 1.0 + (hours % 13.0) / 10.0),
        SeriesKind.FUNDING: (times, 1e-4 * np.sin(hours)),
        SeriesKind.LIQUIDATIONS: (times, hours % 3.0, hours % 5.0),
    }
    return np.column_stack(columns[kind])


def series(
    kind: SeriesKind,
    matrix: Rows,
    *,
    key: InstrumentKey = BTC,
    timeframe: str = "1h",
    request: int = 1,
    complete: bool = True,
    note: str = "",
) -> Series:
    """A frame with `matrix`."""
    header = SeriesHeader(
        key.venue, key.symbol, kind, timeframe, len(matrix), request, complete, note
    )
    return Series(header, matrix)


def answers(wanted: LoadSeries, now_ms: int = NOW_MS) -> list[Series]:
    """What a feed that knows everything until `now_ms` answers."""
    step = TIMEFRAMES_MS[wanted.timeframe]
    return [
        series(
            kind,
            rows(kind, wanted.since_ms, min(wanted.until_ms, now_ms + 1), step),
            key=wanted.key,
            timeframe=wanted.timeframe,
            request=wanted.request,
        )
        for kind in sorted(SHOWN_KINDS)
    ]
