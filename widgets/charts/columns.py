"""From rows to what a screen can show: segments of a line, groups of candles and of bars.

Pure NumPy: nothing here draws. A line with more than two rows per pixel column becomes one
vertical segment per column, from the least to the greatest value in it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from widgets.charts.envelope import Floats
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries

Indices = npt.NDArray[np.int64]
_DENSE_ROWS_PER_COLUMN = 2
_GROUP_PX = 2.0
_DOT_PX = 1.5
_BODY_PART = 0.75
_NO_STROKES = np.empty((0, 4))


class Window(NamedTuple):
    """Which pixels are drawn: `left` to `right` of the view, of which `first` to `last` are due.

    How rows are joined follows from the whole view, so that a part that is drawn again meets what
    stands around it.
    """

    left: float
    right: float
    first: float
    last: float


def whole(left: float, right: float) -> Window:
    """All of the pixels from `left` to `right`."""
    return Window(left, right, left, right)


def due_times(scale: Scale, window: Window, margin: float) -> tuple[float, float]:
    """First and last moment of what is due, `margin` pixels wider on both sides."""
    return scale.time_at(window.first - margin), scale.time_at(window.last + margin)


class _Columns(NamedTuple):
    """Pixel column, upper and lower end of a dense line, and the strokes that join columns."""

    x: Floats
    top: Floats
    bottom: Floats
    across: Floats


def line_segments(
    series: TimeSeries, scale: Scale, left: float, right: float, *, steps: bool = False
) -> Floats:
    """Rows (x1, y1, x2, y2) in pixels that draw the series from pixel `left` to `right`."""
    return np.concatenate(line_strokes(series, scale, whole(left, right), steps=steps))


def line_strokes(
    series: TimeSeries, scale: Scale, window: Window, *, steps: bool = False
) -> tuple[Floats, Floats]:
    """Upright strokes, one per column, and free ones that draw the series in `window`.

    Neighbours further apart than the series joins, and NaN, leave a gap; a row with a gap on
    both sides is a short dash. With `steps` a value holds until the next row.
    """
    first, stop, level = _rows_due(series, scale, window)
    if level is None:
        return _NO_STROKES, _single_rows(series, scale, first, stop, steps=steps)
    columns = _columns(series, scale, first, stop, level)
    seen = np.isfinite(columns.top) & np.isfinite(columns.bottom)
    upright = np.column_stack((columns.x, columns.top - 0.5, columns.x, columns.bottom + 0.5))
    return upright[seen], columns.across


def fill_strokes(
    series: TimeSeries, scale: Scale, window: Window, base: float, *, steps: bool = False
) -> tuple[Floats, Floats]:
    """Upright strokes, one per column, from pixel row `base` up and down to the line."""
    first, stop, level = _rows_due(series, scale, window)
    if level is None:
        x, top = _sampled(series, scale, first, stop, steps=steps)
        due = (x >= window.first - 1.0) & (x <= window.last + 1.0)
        x, top = x[due], top[due]
        bottom = top
    else:
        x, top, bottom, _ = _columns(series, scale, first, stop, level)
    up, down = top < base, bottom > base
    above = np.column_stack((x, np.full_like(x, base), x, top))[up]
    below = np.column_stack((x, np.full_like(x, base), x, bottom))[down]
    return above, below


def _rows_due(series: TimeSeries, scale: Scale, window: Window) -> tuple[int, int, int | None]:
    """First and stop row of what is due, and the level of its blocks; None: row by row."""
    first, stop = series.span(scale.time_at(window.left), scale.time_at(window.right))
    first, stop = max(0, first - 1), min(series.size, stop + 1)
    wanted = _DENSE_ROWS_PER_COLUMN * max(1, round(window.right - window.left))
    level = None if stop - first <= wanted else ((stop - first) // wanted).bit_length() - 1
    if window.first > window.left or window.last < window.right:
        reach = 1 << (level or 0)
        due = series.span(scale.time_at(window.first - 2.0), scale.time_at(window.last + 2.0))
        first, stop = max(first, due[0] - reach), min(stop, due[1] + reach)
    return first, stop, level


def _joined(series: TimeSeries, first: int, stop: int, y: Floats) -> npt.NDArray[np.bool_]:
    """Whether each of the rows [first, stop) is joined to its successor; `y` is NaN for absent."""
    times = series.times[first:stop]
    known = np.isfinite(y)
    joined = known[1:] & known[:-1] & (np.diff(times) <= series.joined_ms)
    if stop == series.size and len(joined):
        near = times[-1] - times[-2] <= series.live_joined_ms
        joined[-1] = near and known[-1] and known[-2]
    return np.asarray(joined)


def _single_rows(series: TimeSeries, scale: Scale, first: int, stop: int, *, steps: bool) -> Floats:
    x, y = scale.x(series.times[first:stop]), scale.y(series.low[first:stop])
    joined = _joined(series, first, stop, y)
    lone = np.isfinite(y)
    lone[1:] &= ~joined
    lone[:-1] &= ~joined
    if steps:
        level = np.column_stack((x[:-1], y[:-1], x[1:], y[:-1]))[joined]
        rise = np.column_stack((x[1:], y[:-1], x[1:], y[1:]))[joined]
        lines = np.concatenate((level, rise))
    else:
        lines = np.column_stack((x[:-1], y[:-1], x[1:], y[1:]))[joined]
    half = _DOT_PX * scale.ratio
    dots = np.column_stack((x - half, y, x + half, y))[lone]
    return np.concatenate((lines, dots)) if len(dots) else lines


def _sampled(
    series: TimeSeries, scale: Scale, first: int, stop: int, *, steps: bool
) -> tuple[Floats, Floats]:
    """Pixel columns between the rows [first, stop) and where the line is in each; none in gaps."""
    x, y = scale.x(series.times[first:stop]), scale.y(series.low[first:stop])
    if len(x) < 2:
        return np.empty(0), np.empty(0)
    columns = np.arange(math.ceil(x[0] - 0.5), math.floor(x[-1] - 0.5) + 1) + 0.5
    before = np.clip(np.searchsorted(x, columns, side="right") - 1, 0, len(x) - 2)
    kept = _joined(series, first, stop, y)[before]
    columns, before = columns[kept], before[kept]
    if steps:
        return columns, y[before]
    part = (columns - x[before]) / (x[before + 1] - x[before])
    return columns, y[before] + part * (y[before + 1] - y[before])


def _columns(series: TimeSeries, scale: Scale, first: int, stop: int, level: int) -> _Columns:
    blocks = _blocks(series, first, stop, level, widest_ms=1.0 / scale.x_scale)
    column = np.floor(scale.x(series.times[blocks.starts]))
    heads = np.concatenate(([0], np.flatnonzero(column[1:] != column[:-1]) + 1))
    top = scale.y(np.fmax.reduceat(blocks.highs, heads))
    bottom = scale.y(np.fmin.reduceat(blocks.lows, heads))
    x = column[heads] + 0.5
    heads_at = blocks.starts[heads]
    between = _between_columns(series, scale, heads_at[1:] - 1, heads_at[1:])
    touching = np.diff(x) == 1.0
    # A column reaches up or down to where its left neighbour ended, as the joining line would.
    reach = between[touching, 1]
    top[1:][touching] = np.fmin(top[1:][touching], reach)
    bottom[1:][touching] = np.fmax(bottom[1:][touching], reach)
    across = between[~touching]
    return _Columns(x, top, bottom, across[np.isfinite(across[:, 1])])


def _between_columns(series: TimeSeries, scale: Scale, tails: Indices, heads: Indices) -> Floats:
    """The segments that join rows `tails` to rows `heads`; NaN where they are not joined."""
    times, values = series.times, series.low
    x1, x2 = scale.x(times[tails]), scale.x(times[heads])
    y1, y2 = scale.y(values[tails]), scale.y(values[heads])
    apart = (times[heads] - times[tails] > series.joined_ms) | np.isnan(y1) | np.isnan(y2)
    segments = np.column_stack((x1, y1, x2, y2))
    segments[apart] = np.nan
    return segments


class _Blocks(NamedTuple):
    """Consecutive stretches of a series: first row, last row, least low, greatest high."""

    starts: Indices
    ends: Indices
    lows: Floats
    highs: Floats


def _blocks(series: TimeSeries, first: int, stop: int, level: int, widest_ms: float) -> _Blocks:
    """The blocks of 2**level rows over [first, stop); those longer than `widest_ms` row by row.

    A block gets that long by a gap within it, or where rows are much further apart than usual.
    """
    if first >= stop:
        none = np.empty(0, np.int64)
        return _Blocks(none, none, np.empty(0), np.empty(0))
    level = min(level, (series.size - 1).bit_length())
    block, block_stop = first >> level, ((stop - 1) >> level) + 1
    starts = np.arange(block, block_stop, dtype=np.int64) << level
    if level == 0:
        return _Blocks(starts, starts, series.low[first:stop], series.high[first:stop])
    ends = np.minimum(starts + (1 << level), series.size) - 1
    whole = _Blocks(starts, ends, *series.envelope.blocks(level, block, block_stop))
    wide = series.times[ends] - series.times[starts] > widest_ms
    return _split(series, whole, wide, level) if wide.any() else whole


def _split(series: TimeSeries, blocks: _Blocks, wide: npt.NDArray[np.bool_], level: int) -> _Blocks:
    rows = (blocks.starts[wide, np.newaxis] + np.arange(1 << level)).ravel()
    rows = rows[rows < series.size]
    single = _Blocks(rows, rows, series.low[rows], series.high[rows])
    order = np.argsort(np.concatenate((blocks.starts[~wide], rows)))
    parts = (
        np.concatenate((kept[~wide], new))[order] for kept, new in zip(blocks, single, strict=True)
    )
    return _Blocks(*parts)


def group_level(step_px: float) -> int:
    """How often rows `step_px` pixels apart are paired until a group is wide enough to be seen."""
    level = 0
    while 0.0 < step_px < _GROUP_PX:
        step_px *= 2.0
        level += 1
    return level


def candle_groups(series: TimeSeries, first: int, stop: int, level: int) -> Floats:
    """Rows (time, open, high, low, close): candles [first, stop) joined by 2**level.

    Groups are counted from the first candle held, so that they stay as they are while the view
    moves; none reaches over a gap. A group stands at the middle of its candles' times. Columns 1
    to 4 of `series` are open, high, low, close.
    """
    blocks = _blocks(series, first, stop, level, _longest_group_ms(series, level))
    opens, closes = series.column(1)[blocks.starts], series.column(4)[blocks.ends]
    return np.column_stack((_middles(series, blocks), opens, blocks.highs, blocks.lows, closes))


def bar_groups(series: TimeSeries, first: int, stop: int, level: int) -> Floats:
    """Rows (time, least, greatest) of the bars [first, stop), joined by 2**level."""
    blocks = _blocks(series, first, stop, level, _longest_group_ms(series, level))
    return np.column_stack((_middles(series, blocks), blocks.lows, blocks.highs))


def _longest_group_ms(series: TimeSeries, level: int) -> float:
    return series.step_ms * (1 << level) or math.inf


def _middles(series: TimeSeries, blocks: _Blocks) -> Floats:
    return 0.5 * (series.times[blocks.starts] + series.times[blocks.ends])


def body_width(step_px: float) -> int:
    """Pixels of a body of candles `step_px` apart: odd, so that the wick stands in its middle."""
    wanted = int(_BODY_PART * step_px) | 1
    return wanted if wanted <= step_px - 1.0 else max(1, wanted - 2)
