"""The knobs of the what-if panel: what each may be set to, and how slider and text agree."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from dashboard.risk.report import PositionRisk
from dashboard.risk.what_if import Supposed
from dashboard.tradeline.number import parse_not_negative, parse_number, parse_positive, scaled
from widgets import format as fmt
from widgets.format import number_text

SLIDER_STEPS = 1_000
_PRICE_REACH = 0.3
_MOST_LEVERAGE = 150.0
_MOST_SIZE = 3.0
_MOST_RATE = 0.003
_MOST_HOURS = 720.0
_SIGNIFICANT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What is true now, from which a knob starts; None is unknown."""

    mark: float | None
    leverage: float | None
    quantity: float | None
    extra_margin: float
    initial_margin: float | None
    stop: float | None
    rate: float | None
    hours: float
    tick: float | None

    @property
    def price(self) -> float:
        """A price to reach out from."""
        return self.mark or self.stop or 1.0


def base_of(risk: PositionRisk, rate: float | None, hours: float) -> Base:
    """The base of an assessed position; `rate` is the predicted one, `hours` the wished hold."""
    position = risk.position
    mark, tick = risk.mark_price or position.entry_price, position.instrument.price_tick
    return Base(
        mark=mark if tick is None else _rounded(mark, tick),
        leverage=position.leverage,
        quantity=risk.quantity,
        extra_margin=position.extra_margin,
        initial_margin=risk.initial_margin,
        stop=position.stop_price,
        rate=rate,
        hours=hours,
        tick=tick,
    )


class Knob(NamedTuple):
    """One thing that may be supposed.

    `read` parses its text and raises InputError, `bounds` are the slider's ends; `log` spreads
    it by ratio. `start` is its value now and `step` what it is rounded to on the slider.
    """

    name: str
    title: str
    hint: str
    read: Callable[[str], float]
    bounds: Callable[[Base], tuple[float, float]]
    start: Callable[[Base], float | None]
    step: Callable[[Base], float | None]
    log: bool = False


def _percent(text: str) -> float:
    return scaled(parse_number(text.strip().removesuffix("%"), "funding rate"), -2)


def _around(base: Base) -> tuple[float, float]:
    return base.price * (1.0 - _PRICE_REACH), base.price * (1.0 + _PRICE_REACH)


def _upto(value: float | None, factor: float) -> tuple[float, float]:
    return 0.0, factor * value if value else 1.0


def _step_of_price(base: Base) -> float | None:
    return base.tick


KNOBS: tuple[Knob, ...] = (
    Knob("mark_price", "Mark price", "In quote currency",
         lambda t: parse_positive(t, "mark price"), _around, lambda b: b.mark, _step_of_price),
    Knob("leverage", "Leverage", "Of an isolated position: its margin follows",
         lambda t: parse_positive(t.strip().rstrip("xX×"), "leverage"),
         lambda _b: (1.0, _MOST_LEVERAGE), lambda b: b.leverage, lambda _b: 0.1, log=True),
    Knob("quantity", "Size", "In coins, or quote currency of an inverse contract",
         lambda t: parse_positive(t, "size"), lambda b: _upto(b.quantity, _MOST_SIZE),
         lambda b: b.quantity, lambda _b: None),
    Knob("extra_margin", "Extra margin", "Added to an isolated position, in the settle currency",
         lambda t: parse_not_negative(t, "extra margin"),
         lambda b: _upto(b.initial_margin, 2.0), lambda b: b.extra_margin, lambda _b: 0.01),
    Knob("stop_price", "Stop price", "In quote currency",
         lambda t: parse_positive(t, "stop price"), _around, lambda b: b.stop, _step_of_price),
    Knob("funding_rate", "Funding, %", "Paid by longs at each settlement, in percent",
         _percent, lambda _b: (-_MOST_RATE, _MOST_RATE), lambda b: b.rate, lambda _b: 1e-6),
    Knob("hours", "Hold, h", "How long it is held, in hours",
         lambda t: parse_not_negative(t, "hold time"), lambda _b: (0.0, _MOST_HOURS),
         lambda b: b.hours, lambda _b: 1.0),
)  # fmt: skip
"""From the top down; the names are fields of Supposed, and `hours`."""


def text_of(knob: Knob, value: float | None) -> str:
    """A value as its field shows it."""
    if value is None:
        return ""
    return number_text(scaled(value, 2) if knob.name == "funding_rate" else value)


def place_of(knob: Knob, base: Base, value: float) -> int:
    """Where the slider stands for `value`, at its nearer end for one beyond."""
    low, high = knob.bounds(base)
    if knob.log:
        low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-12))
    share = (value - low) / (high - low)
    return round(min(max(share, 0.0), 1.0) * SLIDER_STEPS)


def value_at(knob: Knob, base: Base, place: int) -> float:
    """What the slider means at `place`, in steps that read well."""
    low, high = knob.bounds(base)
    share = place / SLIDER_STEPS
    raw = low * (high / low) ** share if knob.log else low + share * (high - low)
    return _rounded(raw, knob.step(base))


def _rounded(value: float, step: float | None) -> float:
    if step is None or step <= 0.0:
        return float(f"{value:.{_SIGNIFICANT - 1}e}")
    exact = Decimal(repr(step))
    return float((Decimal(repr(value)) / exact).to_integral_value() * exact)


def supposed_of(values: dict[str, float]) -> Supposed:
    """What was set, without the hold time."""
    return Supposed(**{name: value for name, value in values.items() if name != "hours"})


def change_text(before: float | None, after: float | None, tick: float | None) -> str:
    """A price that moved: "55 012.1 → 53 000.0", or the one that there is."""
    was, now = fmt.price(before, tick), fmt.price(after, tick)
    return now if was == now else f"{was} → {now}"
