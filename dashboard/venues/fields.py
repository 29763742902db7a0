"""Numbers and instants out of a venue's JSON, where any field may be anything.

A field that is absent, empty, of another type or absurd reads as None. Nothing here guesses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from dashboard.market.candles import EARLIEST_MS

MAX_FUNDING_RATE = 0.05
"""No venue here charges more than 4 % per settlement; beyond this a rate is an error."""
MAX_AMOUNT, LEAST_AMOUNT = 1e18, 1e-18
"""No market holds, trades or costs as many coins or dollars, and none as few of them."""
MAX_CLOCK_AHEAD_MS = 5_000
JUST_OVER_MS = 3_600_000
"""A venue may name a settlement that is being made; one of hours ago is none to come."""

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST_NUMBER = 64


class AnswerError(ValueError):
    """An answer that is not of the shape the venue documents; the text says what came."""


def number(value: object) -> float | None:
    """A finite number given as JSON number or decimal text, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if len(value) > _LONGEST_NUMBER or not _DECIMAL.fullmatch(value):
            return None
    elif not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def positive(value: object) -> float | None:
    """A number above zero that is no absurd one: a price, a ratio, a contract size."""
    result = number(value)
    return result if result is not None and LEAST_AMOUNT <= result <= MAX_AMOUNT else None


def not_negative(value: object) -> float | None:
    """A number of at least zero that is no absurd one: an amount, a volume."""
    result = number(value)
    return result if result is not None and 0 <= result <= MAX_AMOUNT else None


def funding_rate(value: object) -> float | None:
    """A funding rate as a fraction per settlement, within +-MAX_FUNDING_RATE."""
    result = number(value)
    return result if result is not None and abs(result) <= MAX_FUNDING_RATE else None


def interval_hours(value: object) -> float | None:
    """A funding interval of 1 to 24 hours: no venue here has a shorter or a longer one."""
    result = number(value)
    return result if result is not None and 1 <= result <= 24 else None


def past_ms(value: object, now_ms: int) -> int | None:
    """An instant in ms UTC that lies between 2010 and five seconds from now."""
    result = number(value)
    if result is None or not EARLIEST_MS <= result <= now_ms + MAX_CLOCK_AHEAD_MS:
        return None
    return int(result)


def coming_ms(value: object, now_ms: int) -> int | None:
    """An instant in ms UTC within the next week, or just over, such as the next settlement."""
    result = number(value)
    if result is None or not -JUST_OVER_MS <= result - now_ms <= 7 * 86_400_000:
        return None
    return int(result)


def mapping(value: object) -> Mapping[str, object]:
    """`value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def rows(answer: object, *path: str) -> Sequence[object]:
    """The list at `path` of an answer; raises AnswerError where there is none."""
    here = answer
    for name in path:
        here = mapping(here).get(name)
    if not isinstance(here, list):
        where = f' under "{".".join(path)}"' if path else ""
        raise AnswerError(f"{_kind(here)} where a list{where} belongs")
    return here


def objects(answer: object, *path: str) -> list[Mapping[str, object]]:
    """The JSON objects in the list at `path`; raises AnswerError where there is no list."""
    return [row for row in rows(answer, *path) if isinstance(row, Mapping)]


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str | bytes):
        return "text"
    return "an object" if isinstance(value, Mapping) else "a value"
