"""The chart's series: rows merge by time, gaps stay, the last row costs the same at any size."""

from __future__ import annotations

import math
import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.charts.envelope import Envelope
from widgets.charts.series import TimeSeries

MINUTE = 60_000.0


def rows(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, dtype=np.float64)


def filled(count: int, step_ms: float = MINUTE) -> TimeSeries:
    series = TimeSeries(least_step_ms=step_ms)
    values = np.sin(np.arange(count) / 7.0)
    series.merge(np.column_stack((np.arange(count) * step_ms, values)))
    return series


cells = st.floats(-1e6, 1e6) | st.just(math.nan)


@given(st.lists(cells, min_size=1, max_size=200), st.data())
def test_bounds_of_any_stretch_are_those_of_its_known_values(
    values: list[float], data: st.DataObject
) -> None:
    series = TimeSeries()
    bulk = data.draw(st.integers(0, len(values)))
    matrix = np.column_stack((np.arange(len(values)) * MINUTE, values))
    series.merge(matrix[:bulk])
    for row in matrix[bulk:]:
        series.append(row)
    first = data.draw(st.integers(0, len(values) - 1))
    stop = data.draw(st.integers(first, len(values)))
    known = [value for value in values[first:stop] if not math.isnan(value)]
    expected = (min(known), max(known)) if known else None
    assert series.envelope.bounds(series.low, series.high, first, stop) == expected


@given(st.lists(cells, min_size=2, max_size=130), st.lists(cells, min_size=1, max_size=40))
def test_replacing_the_last_row_leaves_every_block_as_a_rebuild_would(
    values: list[float], last: list[float]
) -> None:
    series = TimeSeries()
    series.merge(np.column_stack((np.arange(len(values)) * MINUTE, values)))
    for value in last:
        series.replace_last((series.times[-1], value))
    rebuilt = Envelope()
    rebuilt.update(series.low.copy(), series.high.copy(), 0)
    size, level = series.size, 1
    while size > 1:
        size = (size + 1) // 2
        for held, fresh in zip(
            series.envelope.blocks(level, 0, size), rebuilt.blocks(level, 0, size), strict=True
        ):
            np.testing.assert_array_equal(held, fresh)
        level += 1


@given(
    st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=30, unique=True), max_size=6),
)
def test_later_rows_replace_those_of_the_same_time_and_keep_the_rest(
    batches: list[list[int]],
) -> None:
    series = TimeSeries()
    expected: dict[float, float] = {}
    for number, times in enumerate(batches):
        batch = rows(*((time * MINUTE, float(number)) for time in sorted(times)))
        series.merge(batch)
        expected.update(dict(batch.tolist()))
    assert series.times.tolist() == sorted(expected)
    assert series.low.tolist() == [expected[time] for time in sorted(expected)]
    assert series.bounds(-math.inf, math.inf) == (
        (min(expected.values()), max(expected.values())) if expected else None
    )


def test_older_rows_are_put_before_those_held() -> None:
    series = TimeSeries()
    series.merge(rows((3 * MINUTE, 3.0), (4 * MINUTE, 4.0)))
    series.merge(rows((1 * MINUTE, 1.0), (2 * MINUTE, 2.0)))
    assert series.low.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_a_live_row_stands_last_until_a_newer_or_a_recorded_one_comes() -> None:
    series = TimeSeries(least_step_ms=5 * MINUTE)
    series.merge(rows((0.0, 1.0), (5 * MINUTE, 2.0)))
    series.show_live((7 * MINUTE, 7.0))
    series.show_live((8 * MINUTE, 8.0))
    assert series.times.tolist() == [0.0, 5 * MINUTE, 8 * MINUTE]
    series.merge(rows((-5 * MINUTE, 0.5)))
    assert series.times.tolist() == [-5 * MINUTE, 0.0, 5 * MINUTE, 8 * MINUTE]
    series.merge(rows((10 * MINUTE, 10.0)))
    assert series.times.tolist()[-2:] == [5 * MINUTE, 10 * MINUTE]


def test_a_live_row_older_than_the_record_is_dropped() -> None:
    series = TimeSeries()
    series.merge(rows((0.0, 1.0), (5 * MINUTE, 2.0)))
    series.show_live((4 * MINUTE, 9.0))
    assert series.last() == (5 * MINUTE, 2.0)


def test_the_usual_step_is_the_most_frequent_one_and_never_under_the_timeframe() -> None:
    hourly = TimeSeries(least_step_ms=MINUTE)
    hours = [0, 1, 2, 5, 6, 9, 10]
    hourly.merge(rows(*((hour * 60 * MINUTE + hour % 3, 1.0) for hour in hours)))
    assert hourly.step_ms == 60 * MINUTE
    assert filled(20, MINUTE).step_ms == MINUTE
    coarse = TimeSeries(least_step_ms=60 * MINUTE)
    coarse.merge(rows((0.0, 1.0), (MINUTE, 1.0)))
    assert coarse.step_ms == 60 * MINUTE


def test_the_row_at_a_time_is_the_last_one_unless_one_is_missing_there() -> None:
    series = TimeSeries(least_step_ms=MINUTE)
    series.merge(rows((0.0, 1.0), (MINUTE, 2.0), (4 * MINUTE, 5.0), (5 * MINUTE, 6.0)))
    assert series.at(-1.0) is None
    assert series.at(0.0) == (0.0, 1.0)
    assert series.at(1.5 * MINUTE) == (MINUTE, 2.0)
    assert series.at(2.0 * MINUTE) is None
    assert series.at(3.9 * MINUTE) is None
    assert series.at(4.0 * MINUTE) == (4 * MINUTE, 5.0)


def _work(do: Callable[[], Any]) -> tuple[int, int]:
    """Lines of Python run and bytes allocated at the peak while `do` runs."""
    lines = 0

    def trace(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    tracemalloc.start()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        do()
    finally:
        sys.settrace(before)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return lines, peak


@pytest.mark.parametrize("gesture", ["replace", "append", "live"])
def test_the_last_row_costs_the_same_work_at_any_size(gesture: str) -> None:
    work = {}
    for count in (1_000, 300_000):
        series = filled(count)
        row = (series.times[-1] + MINUTE, 0.5)
        series.append(row)
        series.replace_last(row)
        calls = {
            "replace": lambda s=series, r=row: s.replace_last((r[0], 0.7)),
            "append": lambda s=series, r=row: s.append((r[0] + MINUTE, 0.7)),
            "live": lambda s=series, r=row: s.show_live((r[0] + MINUTE, 0.7)),
        }
        work[count] = _work(calls[gesture])
    small, large = work[1_000], work[300_000]
    levels = math.log2(300_000) - math.log2(1_000)
    assert large[0] - small[0] <= 40 * levels
    assert large[1] < 20_000
