"""Numbers, times and durations as text: the only place where the window turns one into the other.

The notation is the same in every locale, because a trader compares it with the venue's page: a
point before decimals, a thin no-break space between groups of three, a true minus sign. Fractions
become percent here and nowhere else. None (and what is not finite) is NA.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from dashboard.market.instrument import InstrumentKey

NA = "n/a"
MINUS = "\N{MINUS SIGN}"
GROUP = "\N{NARROW NO-BREAK SPACE}"
AT_LEAST = "\N{GREATER-THAN OR EQUAL TO}"
RISE = "\N{BLACK UP-POINTING TRIANGLE}"
FALL = "\N{BLACK DOWN-POINTING TRIANGLE}"

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

_SIGNIFICANT_DIGITS = 6
_PRICE_DECIMALS = 2
_MAX_DECIMALS = 12
_TWO_DECIMAL_MONEY = frozenset(
    {"USD", "USDT", "USDC", "FDUSD", "BUSD", "USDE", "USD1", "DAI", "EUR"}
)
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
_OF_ZERO = f"0.{GROUP}"
"""All that the text of a zero is made of."""
_LAST_MS = 253_402_300_799_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def as_typed(text: str) -> str:
    """A shown figure with the signs of a keyboard, for other programs: "-1234.5"."""
    for shown, typed in ((GROUP, ""), (MINUS, "-"), (RISE, ""), (FALL, "")):
        text = text.replace(shown, typed)
    return text.strip()


def _known(value: float | None) -> TypeGuard[float]:
    """Whether `value` is a finite number, and so may be shown as one."""
    return value is not None and math.isfinite(value)


def number(value: float | None, decimals: int, *, signed: bool = False) -> str:
    """`value` with exactly `decimals` digits after the point, grouped: "-1 234.50".

    `signed` puts a plus before what is above zero; a zero that was rounded has no sign.
    """
    if not _known(value):
        return NA
    digits = f"{abs(value):,.{decimals}f}".replace(",", GROUP)
    if (value >= 0 and not signed) or not digits.strip(_OF_ZERO):
        return digits
    if value < 0:
        return MINUS + digits
    return "+" + digits if signed else digits


@lru_cache(maxsize=1024)
def tick_decimals(tick: float) -> int:
    """Digits after the point that a price step needs: 0.05 -> 2, 10.0 -> 0, 1e-07 -> 7."""
    exponent = Decimal(repr(tick)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else _PRICE_DECIMALS


def significant(value: float | None, digits: int = _SIGNIFICANT_DIGITS, least: int = 0) -> str:
    """`value` with `digits` significant digits, end zeros dropped down to `least` decimals."""
    if not _known(value):
        return NA
    if value == 0:
        return number(0.0, least)
    magnitude = math.floor(math.log10(abs(value)))
    decimals = min(_MAX_DECIMALS, max(least, digits - 1 - magnitude))
    return _trimmed(number(value, decimals), least)


def _trimmed(text: str, least: int) -> str:
    whole, point, fraction = text.partition(".")
    if not point:
        return text
    kept = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{kept}" if kept else whole


def price(value: float | None, tick: float | None = None) -> str:
    """A price in quote currency: in steps of `tick` where the venue gives one, else by digits."""
    if tick is not None and tick > 0:
        return number(value, tick_decimals(tick))
    return significant(value, least=_PRICE_DECIMALS)


def money(value: float | None, currency: str = "", *, signed: bool = False) -> str:
    """An amount of `currency`: two decimals for dollars, six significant digits for a coin."""
    if not _known(value):
        return NA
    if currency.upper() in _TWO_DECIMAL_MONEY or not currency:
        text = number(value, 2, signed=signed)
    else:
        plus = "+" if signed and value > 0 else ""
        text = plus + significant(value, least=_PRICE_DECIMALS)
    return f"{text}{GROUP}{currency}" if currency else text


def quantity(value: float | None, unit: str = "") -> str:
    """A size in coin or contracts, without end zeros: "0.5 BTC", "9 800 000 DOGE"."""
    if not _known(value):
        return NA
    text = number(value, 0) if abs(value) >= 10**_SIGNIFICANT_DIGITS else significant(value)
    return f"{text}{GROUP}{unit}" if unit else text


def big(value: float | None, *, signed: bool = False, digits: int = 3) -> str:
    """A large amount in `digits` significant digits and K, M, B or T: "1.23 B"."""
    if not _known(value):
        return NA
    for scale, letter in _SCALES:
        # 999 999 is a million when rounded to three digits, not "1000 K"
        if float(f"{abs(value):.{digits - 1}e}") >= scale:
            decimals = max(0, digits - 1 - _whole_digits(abs(value) / scale, digits))
            return f"{number(value / scale, decimals, signed=signed)}{GROUP}{letter}"
    plus = "+" if signed and value > 0 else ""
    return plus + significant(value, digits)


def _whole_digits(value: float, digits: int) -> int:
    return max(0, math.floor(math.log10(float(f"{value:.{digits - 1}e}"))))


def percent(fraction: float | None, decimals: int = 2, *, signed: bool = False) -> str:
    """A fraction as percent: 0.0123 -> "1.23%"."""
    if not _known(fraction):
        return NA
    return number(fraction * 100.0, decimals, signed=signed) + "%"


def change(fraction: float | None, decimals: int = 2) -> str:
    """A change as percent with arrow and sign, so that colour never stands alone."""
    text = percent(fraction, decimals, signed=True)
    if text.startswith("+"):
        return f"{RISE}{GROUP}{text}"
    if text.startswith(MINUS):
        return f"{FALL}{GROUP}{text}"
    return text


def funding_rate(fraction: float | None) -> str:
    """A funding rate per interval as signed percent with four decimals, as venues print it."""
    return percent(fraction, 4, signed=True)


def ratio(value: float | None) -> str:
    """A ratio such as longs over shorts: "1.15"."""
    return number(value, 2)


def leverage(value: float | None) -> str:
    """A leverage: "10x", "2.5x"."""
    return significant(value, 4) + "x" if _known(value) else NA


def interval_hours(hours: float | None, *, inferred: bool = False) -> str:
    """A funding interval; one that was inferred from two settlements says so: "8 h (inferred)"."""
    if not _known(hours):
        return NA
    text = f"{significant(hours, 3)}{GROUP}h"
    return f"{text} (inferred)" if inferred else text


def countdown(left_ms: int | None) -> str:
    """The time left until an instant: "7:59:59", "3 d 02:00"; "due" once it has passed."""
    if left_ms is None:
        return NA
    if left_ms <= 0:
        return "due"
    seconds = left_ms // SECOND_MS
    days, seconds = divmod(seconds, 86_400)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    if days:
        return f"{days}{GROUP}d {hours:02d}:{minutes:02d}"
    return f"{hours}:{minutes:02d}:{seconds:02d}"


def age(elapsed_ms: int | None) -> str:
    """How long ago: "now" under a second, then the largest unit with its next: "3 h 20 min"."""
    if elapsed_ms is None:
        return NA
    if elapsed_ms < SECOND_MS:
        return "now"
    return duration(elapsed_ms)


def duration(elapsed_ms: int | None) -> str:
    """A span of time, short enough for a cell: "45 s", "12 min", "3 h 20 min", "5 d 4 h"."""
    if elapsed_ms is None:
        return NA
    if elapsed_ms < MINUTE_MS:
        return f"{max(0, elapsed_ms) // SECOND_MS}{GROUP}s"
    if elapsed_ms < HOUR_MS:
        return f"{elapsed_ms // MINUTE_MS}{GROUP}min"
    if elapsed_ms < DAY_MS:
        hours, rest = divmod(elapsed_ms, HOUR_MS)
        return _two_units(hours, "h", rest // MINUTE_MS, "min")
    days, rest = divmod(elapsed_ms, DAY_MS)
    return _two_units(days, "d", rest // HOUR_MS if days < 100 else 0, "h")


def _two_units(first: int, unit: str, second: int, smaller: str) -> str:
    text = f"{number(first, 0)}{GROUP}{unit}"
    return f"{text} {second}{GROUP}{smaller}" if second else text


def hours(value: float | None) -> str:
    """A span given in hours, in the words of `duration`: 2424.0 -> "101 d"."""
    if not _known(value):
        return NA
    return duration(round(value * HOUR_MS))


def instant(time_ms: int | None, *, seconds: bool = False) -> str:
    """A moment with its zone: "2024-08-04 12:00 UTC"."""
    if time_ms is None or not 0 <= time_ms <= _LAST_MS:
        return NA
    pattern = "%Y-%m-%d %H:%M:%S UTC" if seconds else "%Y-%m-%d %H:%M UTC"
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime(pattern)


def time_of_day(time_ms: int | None) -> str:
    """Hour and minute of a moment, UTC: "12:00"."""
    return NA if instant(time_ms) == NA else instant(time_ms)[11:16]


def day(time_ms: int | None) -> str:
    """The UTC day of a moment: "2024-08-04"."""
    return instant(time_ms).split(" ", maxsplit=1)[0]


def axis_time(time_ms: int) -> str:
    """A moment on a time axis: the hour "06:00" or, at a day's first instant, the day "5 Aug"."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    if moment.hour or moment.minute:
        return f"{moment:%H:%M}"
    return f"{moment.day} {_MONTHS[moment.month - 1]}"


def axis_month(time_ms: int) -> str:
    """A month on a time axis: "Sep 2023", and January as its year: "2024"."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    return str(moment.year) if moment.month == 1 else f"{_MONTHS[moment.month - 1]} {moment.year}"


def symbol_name(key: InstrumentKey) -> str:
    """A contract's name without the settle currency: "BTC/USDT"."""
    return key.symbol.split(":", maxsplit=1)[0]


def speed(value: float) -> str:
    """How fast a recording's clock runs: "120x"."""
    return significant(value, 4) + "x"


def number_text(value: float | None) -> str:
    """A number as it would be typed: all its digits, no exponent; "" for None."""
    if value is None:
        return ""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
