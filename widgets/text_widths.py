"""Widths of texts in one font, measured once each: most of a table is said again every second."""

from __future__ import annotations

from collections.abc import Callable

_MOST_KEPT = 8_192
_DIGITS = "0123456789"
_AS_ZEROS = str.maketrans(_DIGITS, "0" * len(_DIGITS))


class TextWidths:
    """What `measure` says of a text, in pixels.

    Where all digits are alike, as tabular ones are, numbers that differ in their digits alone
    share one width: each tick brings others.
    """

    def __init__(self, measure: Callable[[str], float]) -> None:
        self._measure = measure
        self._alike = len({measure(digit * 2) for digit in _DIGITS}) == 1
        self._widths: dict[str, float] = {}

    def of(self, text: str) -> float:
        """The advance of `text`."""
        width = self._widths.get(text)
        return self._found(text) if width is None else width

    def _found(self, text: str) -> float:
        if len(self._widths) >= _MOST_KEPT:
            self._widths.clear()
        shape = text.translate(_AS_ZEROS) if self._alike else text
        width = self._widths.get(shape)
        if width is None:
            width = self._widths[shape] = self._measure(shape)
        self._widths[text] = width
        return width
