"""The one reader of numbers that people type; no other part of the program turns text to numbers.

A number is ASCII digits with at most one decimal mark, `.` or `,`. Thousands may be set apart in
groups of three: with spaces (normal, no-break or thin; one kind), or with commas where that leaves
one reading (`1,234.5`, `1,234,567`). Points set thousands apart only in what is copied from a
venue's table (`1.234,5`): by hand a point is the decimal point, and such a text is a slip.
What could be read in two ways is refused with both readings:

- A single point is always the decimal point, `1.234` included, because this program shows prices
  with a decimal point and most coins cost a few units with three decimals.
- A single comma is a decimal comma, except where one to three digits that do not start with a
  zero stand before it and exactly three after it (`1,234`): that is 1.234 to one half of the world
  and 1234 to the other.
- Several points or commas that do not set groups of three apart so are refused.

No exponents, digit separators, hexadecimal, "nan" or "inf", and no digits of other scripts.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from dashboard.errors import InputError

MAX_DIGITS = 30
"""More digits than any price, size or balance has; also keeps every value finite."""

_MAX_SHOWN_CHARACTERS = 40
_MINUS_SIGNS = "-\N{MINUS SIGN}"
_SPACES = " \N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}"
_WHOLE = rf"[0-9]+|[0-9]{{1,3}}([{_SPACES}])[0-9]{{3}}(?:\2[0-9]{{3}})*"
_NUMBER = re.compile(rf"(?P<whole>{_WHOLE})?(?:(?P<mark>[.,])(?P<decimals>[0-9]+))?")
_COMMA_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,})")
_POINT_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,})")
"""Thousands set apart by a mark, where that can be read in one way only."""

_COULD_BE_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}")
_SIZE_SUFFIXES = {"k": 3, "K": 3, "M": 6}
"""What an amount may end in, as a power of ten."""


def parse_number(text: str, field: str = "number", *, copied: bool = False) -> float:
    """The number that `text` says, by the rules of this module; it may be negative or zero.

    A minus may be ASCII or U+2212; `copied` text may set thousands apart by points. Raises
    InputError with `field`, the text and what is allowed.
    """
    body = text.strip(_SPACES)
    sign = 1.0
    if body and body[0] in _MINUS_SIGNS + "+":
        sign = 1.0 if body[0] == "+" else -1.0
        body = body[1:]
    magnitude = _parse_magnitude(_ungrouped(body, copied=copied), field, text)
    return sign * magnitude if magnitude else 0.0


def parse_positive(text: str, field: str = "number") -> float:
    """Like parse_number, for fields that must be above zero: prices, sizes, leverage."""
    value = parse_number(text, field)
    if value <= 0.0:
        raise InputError(field, f"{field} must be above 0, not {quote(text)}")
    return value


def parse_not_negative(text: str, field: str = "number") -> float:
    """Like parse_number, for fields that may be zero but not negative: fees, extra margin."""
    value = parse_number(text, field)
    if value < 0.0:
        raise InputError(field, f"{field} must be 0 or more, not {quote(text)}")
    return value


def parse_size(text: str, field: str = "size") -> float:
    """A positive amount that may end in `k` (thousands) or `M` (millions): sizes only."""
    stripped = text.strip(_SPACES)
    places = _SIZE_SUFFIXES.get(stripped[-1:])
    if places is None:
        return parse_positive(text, field)
    return scaled(parse_positive(stripped[:-1], field), places)


def parse_price(text: str, field: str = "price") -> float:
    """A price above zero, which may end in `k` (thousands): 64.2k."""
    stripped = text.strip(_SPACES)
    if stripped[-1:] not in ("k", "K"):
        return parse_positive(text, field)
    return scaled(parse_positive(stripped[:-1], field), 3)


def scaled(value: float, places: int) -> float:
    """`value` with its decimal point moved, so that 0.7 % is 0.007 and not a neighbour of it."""
    return float(Decimal(repr(value)).scaleb(places))


def quote(text: str) -> str:
    """`text` in quotation marks as a message may show it."""
    return f'"{shortened(text)}"'


def shortened(text: str) -> str:
    """`text` as a message may show it: on one line, visible and at most 40 characters long."""
    head = text[:_MAX_SHOWN_CHARACTERS]
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in head)
    if len(text) > len(head):
        visible += "…"
    return visible


def _parse_magnitude(body: str, field: str, text: str) -> float:
    if not text.strip(_SPACES):
        raise InputError(field, f"{field} is empty; write a number such as 0.5")
    if body.count(".") + body.count(",") > 1:
        raise InputError(
            field,
            f"{field} {quote(text)} has more than one point or comma; write thousands without a "
            "mark and decimals after one point",
        )
    match = _NUMBER.fullmatch(body)
    if match is None or not body:
        raise InputError(
            field,
            f"{field} {quote(text)} is not a number; write digits with at most one decimal "
            "point, such as 0.5",
        )
    return _value(match, field, text)


def _ungrouped(body: str, *, copied: bool) -> str:
    """The same number without the marks that set its thousands apart, where these are clear."""
    if _COMMA_GROUPS.fullmatch(body):
        return body.replace(",", "")
    if copied and _POINT_GROUPS.fullmatch(body):
        return body.replace(".", "").replace(",", ".")
    return body


def _value(match: re.Match[str], field: str, text: str) -> float:
    whole, decimals = match["whole"] or "", match["decimals"] or ""
    if match["mark"] == "," and len(decimals) == 3 and _COULD_BE_THOUSANDS.fullmatch(whole):
        readings = f"{whole}.{decimals} or {whole}{decimals}"
        raise InputError(field, f"{field} {quote(text)} could be {readings}; write one of these")
    digits = "".join(whole.split()) + "." + decimals
    if len(digits) > MAX_DIGITS + 1:
        raise InputError(field, f"{field} has more than {MAX_DIGITS} digits: {quote(text)}")
    return float(digits)
