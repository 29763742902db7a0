"""Numbers as the card prints them: plain ASCII that can be typed back into the program."""

from __future__ import annotations

import math

_SIGNIFICANT = 8
_MAX_DECIMALS = 12
_MONEY_DECIMALS = 2


def price(value: float) -> str:
    """Eight significant digits at most, never an exponent, no zeros at the end: "0.00001234"."""
    if value == 0.0:
        return "0"
    whole_digits = math.floor(math.log10(abs(value))) + 1
    decimals = min(max(0, _SIGNIFICANT - whole_digits), _MAX_DECIMALS)
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: float) -> str:
    """Cents from 1 upwards, eight significant digits below."""
    if abs(value) >= 1.0:
        return f"{value:.{_MONEY_DECIMALS}f}"
    return price(value)


def percent(fraction: float, decimals: int = 2) -> str:
    """A fraction as percent: 0.0792 is "7.92 %"; more decimals where it would read 0."""
    text = f"{fraction * 100:.{decimals}f}"
    if fraction and float(text) == 0.0:
        text = price(fraction * 100)
    return f"{text} %"


def multiple(value: float) -> str:
    """A leverage: "12.07x"."""
    return f"{value:.4g}x" if value < 1_000.0 else f"{value:.0f}x"


def span(hours: float) -> str:
    """A time in hours, from two days on in days."""
    return f"{hours:.1f} h" if hours < 48.0 else f"{hours / 24.0:.1f} days"
