"""A price set on the chart, written into the trade line. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

_ENTRY = re.compile(r"(?<!\S)(@\S*|market|mkt|mark)(?!\S)", re.IGNORECASE)
_WORDS = {
    "stop": re.compile(r"(?<!\S)sl[ \t]+\S+", re.IGNORECASE),
    "target": re.compile(r"(?<!\S)tp[ \t]+\S+", re.IGNORECASE),
}
_NAMES = {"stop": "sl", "target": "tp"}


def line_with_price(text: str, what: str, price: str) -> str:
    """The line with `price` as its "entry", "stop" or "target"; one that stands there is replaced.

    `price` is written as the trade line reads it: digits and a decimal point.
    """
    if what == "entry":
        pattern, written = _ENTRY, f"@{price}"
    else:
        pattern, written = _WORDS[what], f"{_NAMES[what]} {price}"
    if pattern.search(text):
        return pattern.sub(written, text, count=1)
    return f"{text.rstrip()} {written}".lstrip()


def plain_price(price: float) -> str:
    """A price as digits and a decimal point: 60000.0 -> "60000", 0.00001234 -> "0.00001234"."""
    text = f"{Decimal(repr(price)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
