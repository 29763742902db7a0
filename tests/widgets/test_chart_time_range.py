"""The visible stretch of time: zoom keeps its anchor, limits hold, bars are found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.charts.time_range import (
    LEAST_BARS,
    MOST_BARS,
    TimeRange,
    at_the_edge,
    bar_start,
    followed,
    nearest_bar,
)

HOUR = 3_600_000.0
NOW = 480_000 * HOUR + 1_234.0

ranges = st.builds(
    lambda start, span: TimeRange(start, start + span),
    st.floats(1e12, 2e12),
    st.floats(LEAST_BARS * HOUR, MOST_BARS * HOUR),
)


@given(ranges, st.floats(0.01, 100.0), st.floats(0.0, 1.0))
def test_zoom_keeps_its_anchor_where_it_was(view: TimeRange, factor: float, part: float) -> None:
    anchor = view.start_ms + part * view.span_ms
    zoomed = view.zoomed(factor, anchor, HOUR)
    assert (anchor - zoomed.start_ms) / zoomed.span_ms == pytest.approx(part, abs=1e-6)
    assert LEAST_BARS * HOUR - 1 <= zoomed.span_ms <= MOST_BARS * HOUR + 1


@given(ranges, st.floats(1e12, 2e12), st.floats(0.0, 1e11))
def test_a_view_keeps_something_in_sight_and_its_length(
    view: TimeRange, oldest: float, held: float
) -> None:
    kept = view.kept_near(oldest, oldest + held)
    assert kept.span_ms == pytest.approx(view.span_ms)
    assert kept.start_ms <= oldest + held
    assert kept.end_ms >= min(oldest, oldest + held)
    assert kept.kept_near(oldest, oldest + held).start_ms == pytest.approx(kept.start_ms)


def test_the_edge_shows_the_whole_live_bar_and_the_margin() -> None:
    view = at_the_edge(NOW, HOUR, 100 * HOUR, 5 * HOUR)
    assert view == TimeRange(480_005.5 * HOUR - 100 * HOUR, 480_005.5 * HOUR)


def test_only_a_view_of_the_live_bar_is_moved_with_it() -> None:
    live = at_the_edge(NOW, HOUR, 100 * HOUR, 5 * HOUR)
    past = live.moved(-96 * HOUR)
    assert followed(live, NOW, NOW + 3 * HOUR, HOUR) == live.moved(3 * HOUR)
    assert followed(past, NOW, NOW + 3 * HOUR, HOUR) == past


@pytest.mark.parametrize(
    ("time_ms", "start", "nearest"),
    [(0.0, 0.0, 0.0), (0.4 * HOUR, 0.0, 0.0), (0.6 * HOUR, 0.0, HOUR), (HOUR, HOUR, HOUR)],
)
def test_bars_start_on_round_times(time_ms: float, start: float, nearest: float) -> None:
    assert bar_start(time_ms, HOUR) == start
    assert nearest_bar(time_ms, HOUR) == nearest
