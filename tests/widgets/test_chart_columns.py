"""What of a series reaches the screen: dense lines by column, gaps, groups of candles and bars."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.charts.bars import bar_strokes
from widgets.charts.candles import candle_series, candle_strokes
from widgets.charts.columns import (
    bar_groups,
    body_width,
    candle_groups,
    group_level,
    line_segments,
)
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries

MINUTE = 60_000.0


def series_of(times: np.ndarray, values: np.ndarray, step_ms: float = MINUTE) -> TimeSeries:
    series = TimeSeries(least_step_ms=step_ms)
    series.merge(np.column_stack((times, values)))
    return series


def scale_over(series: TimeSeries, width: float, height: float) -> Scale:
    """All of `series` in `width` by `height` pixels."""
    span = series.times[-1] - series.times[0]
    low, high = np.nanmin(series.low), np.nanmax(series.high)
    x_scale = width / span
    y_scale = -height / (high - low)
    return Scale(x_scale, -series.times[0] * x_scale, y_scale, -high * y_scale)


def spans_by_column(segments: np.ndarray, width: int) -> dict[int, tuple[float, float]]:
    """Least and greatest pixel row that upright segments cover, by pixel column."""
    upright = segments[segments[:, 0] == segments[:, 2]]
    return {
        int(x): (min(y1, y2), max(y1, y2)) for x, y1, _, y2 in upright.tolist() if 0 <= x < width
    }


@pytest.mark.parametrize("count", [2_000, 5_000, 70_001])
def test_a_dense_line_covers_exactly_the_values_of_each_column(count: int) -> None:
    random = np.random.default_rng(count)
    values = np.cumsum(random.normal(size=count))
    series = series_of(np.arange(count) * MINUTE, values)
    width, height = 300, 400.0
    scale = scale_over(series, width, height)
    drawn = spans_by_column(line_segments(series, scale, 0.0, width), width)
    x, y = scale.x(series.times), scale.y(series.low)
    # Rows are taken in blocks of at most half a column, each in the column of its first row.
    for column in range(1, width - 1):
        own = (x >= column + 0.5) & (x < column + 1)
        near = (x >= column - 1) & (x < column + 1.5)
        top, bottom = drawn[column]
        assert y[near].min() - 0.5 <= top <= y[own].min()
        assert y[own].max() <= bottom <= y[near].max() + 0.5


def test_a_sparse_line_joins_neighbours_only() -> None:
    times = np.array([0, 1, 2, 5, 6, 9, 12, 13]) * MINUTE
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, math.nan])
    series = series_of(times, values)
    scale = scale_over(series, 1300.0, 100.0)
    segments = line_segments(series, scale, 0.0, 1300.0)
    long_ones = segments[np.abs(segments[:, 2] - segments[:, 0]) > 10]
    assert long_ones[:, (0, 2)] == pytest.approx(np.array([[0, 100], [100, 200], [500, 600]]))
    dots = segments[np.abs(segments[:, 2] - segments[:, 0]) <= 10]
    assert dots[:, (0, 2)].mean(axis=1) == pytest.approx([900.0, 1200.0])
    assert np.isfinite(segments).all()


def test_a_dense_line_leaves_missing_stretches_empty() -> None:
    minutes = np.concatenate((np.arange(0, 4_000), np.arange(6_000, 10_000)))
    values = np.sin(minutes / 50.0)
    values[1_000:1_500] = math.nan
    series = series_of(minutes * MINUTE, values)
    width = 500
    scale = scale_over(series, width, 100.0)
    segments = line_segments(series, scale, 0.0, width)
    assert np.isfinite(segments).all()
    assert (segments[:, 0] == segments[:, 2]).all(), "nothing spans a gap"
    columns = np.array(sorted(spans_by_column(segments, width)))
    known = np.unique(np.floor(scale.x(series.times[np.isfinite(series.low)])))
    assert set(known) - {width} <= set(columns)
    assert all(np.abs(known - column).min() <= 1 for column in columns)
    gap = (columns > 201) & (columns < 299)
    assert not gap.any()


def test_values_beyond_a_gap_are_not_drawn_before_it() -> None:
    minutes = np.concatenate((np.arange(0, 5_003), np.arange(9_000, 14_000)))
    values = np.where(minutes < 6_000, 0.0, 100.0)
    series = series_of(minutes * MINUTE, values)
    drawn = spans_by_column(line_segments(series, scale_over(series, 100.0, 99.0), 0, 100), 100)
    for column, (top, bottom) in drawn.items():
        level = 99.0 if column < 50 else 0.0
        assert level - 0.5 <= top <= bottom <= level + 0.5


def test_rows_that_lie_further_apart_than_a_column_are_joined_across_it() -> None:
    dense = np.arange(0, 100_000)
    sparse = np.arange(100_000, 700_000, 10_000)
    times = np.concatenate((dense, sparse)) * 1.0
    series = series_of(times, times, 10_000.0)
    segments = line_segments(series, scale_over(series, 100.0, 100.0), 0.0, 100.0)
    across = segments[segments[:, 0] != segments[:, 2]]
    assert len(across) >= 20
    assert (across[:, 2] - across[:, 0] < 2.0).all()


def test_a_late_venue_does_not_cut_the_live_end_off_its_line() -> None:
    series = series_of(np.arange(5) * MINUTE, np.arange(5.0))
    series.show_live((4 * MINUTE + 2.2 * MINUTE, 9.0))
    scale = Scale(1.0 / MINUTE * 100, 0.0, -1.0, 10.0)
    assert line_segments(series, scale, 0.0, 700.0)[-1].tolist() == [400.0, 6.0, 620.0, 1.0]
    series.show_live((4 * MINUTE + 2.6 * MINUTE, 9.0))
    last_line = line_segments(series, scale, 0.0, 700.0)
    assert last_line[np.abs(last_line[:, 2] - last_line[:, 0]) > 10][-1, 2] == 400.0


def candles(count: int, seed: int = 3) -> TimeSeries:
    random = np.random.default_rng(seed)
    opens = 100 + np.cumsum(random.normal(size=count))
    closes = opens + random.normal(size=count)
    high = np.maximum(opens, closes) + random.random(count)
    low = np.minimum(opens, closes) - random.random(count)
    series = candle_series(MINUTE)
    volume = random.random(count)
    times = np.arange(count) * MINUTE
    series.merge(np.column_stack((times, opens, high, low, closes, volume)))
    return series


@given(st.integers(1, 300), st.integers(0, 6), st.data())
def test_joined_candles_are_what_joining_them_one_by_one_gives(
    count: int, level: int, data: st.DataObject
) -> None:
    series = candles(count)
    first = data.draw(st.integers(0, count - 1))
    stop = data.draw(st.integers(first + 1, count))
    size = 2**level
    expected = []
    for start in range(first // size * size, stop, size):
        group = [series.row(index) for index in range(start, min(start + size, count))]
        expected.append(
            [
                (group[0][0] + group[-1][0]) / 2,
                group[0][1],
                max(row[2] for row in group),
                min(row[3] for row in group),
                group[-1][4],
            ]
        )
    assert candle_groups(series, first, stop, level).tolist() == expected


@given(st.lists(st.floats(-1e-3, 1e-3), min_size=1, max_size=80), st.integers(0, 5))
def test_joined_bars_keep_the_extremes_of_both_signs(values: list[float], level: int) -> None:
    series = series_of(np.arange(len(values)) * MINUTE, np.array(values))
    size = 2**level
    groups = bar_groups(series, 0, len(values), level)
    for number, start in enumerate(range(0, len(values), size)):
        part = values[start : start + size]
        assert groups[number, 1:].tolist() == [min(part), max(part)]


@pytest.mark.parametrize(
    ("step_px", "level"), [(0.0, 0), (50.0, 0), (2.0, 0), (1.9, 1), (0.5, 2), (0.01, 8)]
)
def test_rows_are_joined_until_a_group_has_two_pixels(step_px: float, level: int) -> None:
    assert group_level(step_px) == level


@given(st.floats(0.0, 400.0))
def test_a_body_is_odd_and_leaves_room_to_its_neighbour(step_px: float) -> None:
    width = body_width(step_px)
    assert width % 2 == 1
    assert width == 1 or width <= step_px - 1


def test_candles_stand_on_whole_pixels_and_a_flat_one_is_seen() -> None:
    flat = np.array([[MINUTE, 5.0, 5.0, 5.0, 5.0]])
    wicks, bodies = candle_strokes(flat, Scale(1e-3, 0.3, -10.0, 100.2))
    assert wicks.tolist() == bodies.tolist() == [[60.5, 50.0, 60.5, 51.0]]


def test_bars_grow_from_zero_and_even_nothing_is_seen() -> None:
    bars = np.array([[0.0, 2.0], [1000.0, -2.0], [2000.0, 1e-9], [3000.0, -1e-9]])
    strokes = bar_strokes(bars, Scale(1e-2, 0.0, -10.0, 50.0))
    assert strokes[:, 1].tolist() == [50.0] * 4
    assert strokes[:, 3].tolist() == [30.0, 70.0, 49.0, 51.0]
