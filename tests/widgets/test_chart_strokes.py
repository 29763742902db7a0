"""Fills, steps, logarithms, and parts that are drawn again beside what stands."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage, QPainter

from tests.widgets.test_chart_columns import MINUTE, scale_over, series_of
from widgets.charts.candles import CandleItem, candle_series
from widgets.charts.columns import Window, fill_strokes, line_segments, line_strokes, whole
from widgets.charts.item import SeriesItem
from widgets.charts.lines import Fill, LineItem
from widgets.charts.scale import Scale
from widgets.charts.series import TimeSeries

WIDTH, HEIGHT = 300, 200
INK, UP, DOWN = "#ff00ff", "#00ff00", "#ff0000"


def walk(count: int, seed: int = 2) -> TimeSeries:
    values = np.cumsum(np.random.default_rng(seed).normal(size=count))
    return series_of(np.arange(count) * MINUTE, values)


def drawn(item: SeriesItem, scale: Scale, *parts: tuple[int, int]) -> np.ndarray:
    """The item's picture: whole, or only these columns of it, each clipped as Qt would."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor("#000000"))
    item.lower_edge = float(HEIGHT)
    for first, last in parts or ((0, WIDTH),):
        painter = QPainter(image)
        painter.setClipRect(first, 0, last - first, HEIGHT)
        item.draw(painter, scale, Window(0.0, float(WIDTH), float(first), float(last)))
        painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(HEIGHT, WIDTH, 4)[..., :3].copy()


@pytest.mark.parametrize("count", [40, 500, 3_000, 60_000])
def test_a_part_that_is_drawn_again_meets_what_stands_beside_it(count: int) -> None:
    series = walk(count)
    scale = scale_over(series, float(WIDTH), float(HEIGHT))
    fill = Fill(UP, DOWN, base=0.0)
    for item in (
        LineItem(series, INK),
        LineItem(series, INK, 1.5, steps=True),
        LineItem(series, INK, fill=fill),
    ):
        in_parts = drawn(item, scale, (0, 90), (90, 91), (91, 260), (260, WIDTH))
        assert (in_parts == drawn(item, scale)).all()


@pytest.mark.parametrize("count", [60, 7_000])
def test_candles_drawn_in_parts_are_those_drawn_at_once(count: int) -> None:
    random = np.random.default_rng(4)
    closes = 100.0 + np.cumsum(random.normal(size=count))
    opens = np.concatenate(([100.0], closes[:-1]))
    rows = (np.arange(count) * MINUTE, opens, np.maximum(opens, closes), np.minimum(opens, closes))
    series = candle_series(MINUTE)
    series.merge(np.column_stack((*rows, closes, np.ones(count))))
    scale = scale_over(series, float(WIDTH), float(HEIGHT))
    item = CandleItem(series, UP, DOWN)
    in_parts = drawn(item, scale, (0, 120), (120, 200), (200, WIDTH))
    assert (in_parts == drawn(item, scale)).all()


def test_steps_hold_a_value_until_the_next_row() -> None:
    series = series_of(np.array([0.0, 1.0, 2.0, 9.0]) * MINUTE, np.array([1.0, 3.0, 2.0, 5.0]))
    scale = Scale(100.0 / MINUTE, 0.0, -1.0, 10.0)
    segments = line_segments(series, scale, 0.0, 1000.0, steps=True)
    long = segments[np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1]) > 5]
    assert long.tolist() == [[0.0, 9.0, 100.0, 9.0], [100.0, 7.0, 200.0, 7.0]]
    rises = segments[(segments[:, 0] == segments[:, 2])]
    assert rises.tolist() == [[100.0, 9.0, 100.0, 7.0], [200.0, 7.0, 200.0, 8.0]]


@pytest.mark.parametrize("count", [50, 9_000])
def test_a_fill_reaches_from_its_base_to_the_line_in_the_colour_of_its_side(count: int) -> None:
    times = np.arange(count) * MINUTE
    values = np.sin(2.0 * math.pi * np.arange(count) / count)
    series = series_of(times, values)
    scale = scale_over(series, float(WIDTH), 100.0)
    above, below = fill_strokes(series, scale, whole(0.0, float(WIDTH)), scale.y_of(0.0))
    assert (above[:, 3] < 50.0).all()
    assert (below[:, 3] > 50.0).all()
    assert above[:, 1] == pytest.approx(50.0)
    for strokes, middle in ((above, 0.25), (below, 0.75)):
        assert abs(strokes[:, 0].mean() / WIDTH - middle) < 0.02
        expected = scale.y(np.sin(2.0 * math.pi * strokes[:, 0] / scale.x(times[-1:] + MINUTE)))
        assert np.abs(strokes[:, 3] - expected).max() < 1.5


def test_nothing_is_filled_in_a_gap() -> None:
    minutes = np.concatenate((np.arange(0, 20), np.arange(40, 60)))
    series = series_of(minutes * MINUTE, np.ones(40))
    scale = Scale(5.0 / MINUTE, 0.0, -10.0, 50.0)
    above, below = fill_strokes(series, scale, whole(0.0, 300.0), 50.0)
    assert not len(below)
    assert not ((above[:, 0] > 96.0) & (above[:, 0] < 199.0)).any()
    assert len(above) == 95 + 95


def test_a_fill_of_few_rows_is_nothing() -> None:
    one = series_of(np.array([0.0]), np.array([1.0]))
    strokes = fill_strokes(one, Scale(1.0, 0.0, 1.0, 0.0), whole(0.0, 9.0), 5.0)
    assert [len(part) for part in strokes] == [0, 0]


@given(st.floats(1e-6, 1e9))
def test_a_logarithmic_scale_shows_ratios_as_distances(value: float) -> None:
    scale = Scale(1.0, 0.0, -100.0, 1000.0, log=True)
    rows = scale.y(np.array([value, 10.0 * value]))
    assert rows[0] - rows[1] == pytest.approx(100.0)
    assert scale.y_of(value) == pytest.approx(rows[0])


def test_what_has_no_logarithm_is_not_drawn() -> None:
    series = series_of(np.arange(6) * MINUTE, np.array([1.0, 10.0, 0.0, -5.0, 10.0, 100.0]))
    scale = Scale(10.0 / MINUTE, 0.0, -10.0, 20.0, log=True)
    upright, free = line_strokes(series, scale, whole(0.0, 60.0))
    assert not len(upright)
    assert np.isfinite(free).all()
    assert free.tolist() == [[0.0, 20.0, 10.0, 10.0], [40.0, 10.0, 50.0, 0.0]]
    assert scale.y_of(0.0) == math.inf
