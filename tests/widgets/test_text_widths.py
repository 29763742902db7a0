"""Widths that numbers share are those that measuring each would give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from widgets.format import number
from widgets.text_widths import TextWidths
from widgets.theme import DARK, apply


@given(st.floats(-1e9, 1e9), st.integers(0, 8))
def test_a_number_is_as_wide_as_measured(qapp: QApplication, value: float, decimals: int) -> None:
    apply(qapp, DARK)
    metrics = QFontMetricsF(qapp.font())
    text = number(value, decimals, signed=True)
    assert abs(TextWidths(metrics.horizontalAdvance).of(text) - metrics.horizontalAdvance(text)) < 1


def test_numbers_of_one_shape_are_measured_once() -> None:
    asked: list[str] = []

    def measure(text: str) -> float:
        asked.append(text)
        return 7.0 * len(text)

    widths = TextWidths(measure)
    asked.clear()
    assert widths.of("1 234.5 BTC") == widths.of("9 876.0 BTC") == 77.0
    assert len(asked) == 1


def test_digits_of_unlike_widths_are_measured_each() -> None:
    widths = TextWidths(lambda text: sum(3.0 if char == "1" else 7.0 for char in text))
    assert (widths.of("11"), widths.of("22")) == (6.0, 14.0)
