"""What each pane's legend says: the values at the crosshair, or those of now."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboard.market.instrument import Instrument
from dashboard.market.readings import FundingRate, IntervalSource
from widgets import format as fmt
from widgets.charts.contract_series import ContractSeries
from widgets.charts.overlay import Run
from widgets.charts.series import TimeSeries

_INTEREST_DIGITS = 5
_NAME = "text_muted"
_VALUE = "text"


@dataclass(frozen=True, slots=True)
class Moment:
    """The time a legend speaks of: the bar under the crosshair, or now where `bar_ms` is None.

    `slack_ms` is how old a value of now may be.
    """

    now_ms: float
    bar_ms: float | None = None
    slack_ms: float = 0.0

    def row(self, series: TimeSeries, length_ms: float = 0.0) -> tuple[float, ...] | None:
        """The row that stands then, `length_ms` into the bar."""
        if self.bar_ms is None:
            return series.latest(self.now_ms, self.slack_ms)
        return series.at(self.bar_ms + length_ms)


def price_legend(
    series: ContractSeries, moment: Moment, tick: float | None, mark_now: float | None
) -> list[Run]:
    """Open, high, low, close and change of the bar, and the mark price: that of now is given."""
    row = moment.row(series.candles)
    runs: list[Run] = [("Price", _NAME)]
    if row is None:
        runs.append((fmt.NA, _VALUE))
    else:
        names = zip("OHLC", row[1:5], strict=True)
        runs += [(f"{name} {fmt.price(value, tick)}", _VALUE) for name, value in names]
        change = row[4] / row[1] - 1.0 if row[1] else None
        runs.append((fmt.change(change), "profit" if row[4] >= row[1] else "loss"))
    mark = mark_now if moment.bar_ms is None else _value(series.marks, moment, series.bar_ms)
    runs.append((f"Mark {fmt.price(mark, tick)}", "mark_price"))
    return runs


def interest_legend(
    series: ContractSeries, moment: Moment, instrument: Instrument | None, *, in_usd: bool
) -> list[Run]:
    """Open interest in coin or USD."""
    held = series.open_interest_usd if in_usd else series.open_interest_coin
    text = fmt.big(_value(held, moment, series.bar_ms), digits=_INTEREST_DIGITS)
    unit = "USD" if in_usd else interest_coin(instrument)
    shown = text if text == fmt.NA else f"{text}{fmt.GROUP}{unit}"
    return [("Open interest", _NAME), (shown, "open_interest")]


def interest_coin(instrument: Instrument | None) -> str:
    """The coin that open interest is counted in."""
    return instrument.base if instrument is not None else "coin"


def ratio_legend(series: ContractSeries, moment: Moment) -> list[Run]:
    """Long/short account ratio, and the long share it means."""
    ratio = _value(series.ratios, moment, series.bar_ms)
    runs: list[Run] = [("Long/short accounts", _NAME), (fmt.ratio(ratio), "long_short_ratio")]
    if ratio is not None:
        runs.append((f"{fmt.percent(ratio / (1.0 + ratio), 1)} long", _VALUE))
    return runs


def funding_legend(
    series: ContractSeries, moment: Moment, reading: FundingRate | None
) -> list[Run]:
    """The funding rate settled last, and at the edge of now the predicted next one."""
    rate = _value(series.fundings, moment, series.bar_ms)
    name = "Funding"
    if reading is not None and reading.interval_hours is not None:
        inferred = reading.interval_source is IntervalSource.INFERRED
        name = f"Funding per {fmt.interval_hours(reading.interval_hours, inferred=inferred)}"
    runs: list[Run] = [(name, _NAME), (fmt.funding_rate(rate), _funding_token(rate))]
    if moment.bar_ms is None and reading is not None and reading.predicted is not None:
        predicted = fmt.funding_rate(reading.predicted)
        runs.append((f"predicted {predicted}", _funding_token(reading.predicted)))
    return runs


def _funding_token(rate: float | None) -> str:
    if not rate:
        return _VALUE
    return "funding_positive" if rate > 0.0 else "funding_negative"


def _value(series: TimeSeries, moment: Moment, bar_ms: float) -> float | None:
    """The value that stood when the bar closed; None where a row is missing there."""
    row = moment.row(series, bar_ms - 1.0)
    return None if row is None or math.isnan(row[1]) else row[1]
