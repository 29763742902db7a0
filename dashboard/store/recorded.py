"""Readings as rows of numbers, and back.

A row is the time received (ms UTC), how much older the venue's own stamp was (ms, NaN where it
gave none), and the reading's figures in the order of its layout. What is text stays with the
series, because it hardly ever changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import (
    FundingRate,
    IntervalSource,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    OpenInterestPast,
    RatioSeries,
    Reading,
    Ticker,
)
from dashboard.store.chunks import Matrix

Column = npt.NDArray[np.float64]

TIME_COLUMNS = ("time_ms", "venue_lag_ms")


class Recorded(StrEnum):
    """Series of readings as they were polled, by their names in the history."""

    MARK_PRICE = "polled mark price"
    TICKER = "polled ticker"
    FUNDING_RATE = "polled funding rate"
    OPEN_INTEREST = "polled open interest"
    OPEN_INTEREST_PAST = "polled open interest past"
    GLOBAL_ACCOUNTS = "polled global account ratio"
    TOP_ACCOUNTS = "polled top-trader account ratio"
    TOP_POSITIONS = "polled top-trader position ratio"
    TAKER_VOLUME = "polled taker volume ratio"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which figures of a reading are columns; times among them are whole ms."""

    reading: type[Reading]
    figures: tuple[str, ...]
    texts: tuple[str, ...] = ("endpoint",)
    series: RatioSeries | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return TIME_COLUMNS + self.figures


def _ratio(series: RatioSeries) -> Layout:
    return Layout(LongShortRatio, ("ratio", "long_fraction"), series=series)


LAYOUTS: dict[Recorded, Layout] = {
    Recorded.MARK_PRICE: Layout(MarkPrice, ("mark", "index")),
    Recorded.TICKER: Layout(Ticker, ("last", "change_24h_fraction", "volume_24h_quote")),
    Recorded.FUNDING_RATE: Layout(
        FundingRate,
        (
            "predicted",
            "settled",
            "settled_ms",
            "next_settlement_ms",
            "interval_hours",
            "interval_source",
        ),
    ),
    Recorded.OPEN_INTEREST: Layout(OpenInterest, ("coin", "usd"), ("endpoint", "derivation")),
    Recorded.OPEN_INTEREST_PAST: Layout(
        OpenInterestPast, ("coin_1h", "usd_1h", "coin_24h", "usd_24h")
    ),
    Recorded.GLOBAL_ACCOUNTS: _ratio(RatioSeries.GLOBAL_ACCOUNTS),
    Recorded.TOP_ACCOUNTS: _ratio(RatioSeries.TOP_ACCOUNTS),
    Recorded.TOP_POSITIONS: _ratio(RatioSeries.TOP_POSITIONS),
    Recorded.TAKER_VOLUME: _ratio(RatioSeries.TAKER_VOLUME),
}

_SOURCE = "interval_source"
_INTERVAL_SOURCES = tuple(IntervalSource)
_SOURCE_NUMBERS = {source: float(number) for number, source in enumerate(_INTERVAL_SOURCES)}
_KIND_OF = {(layout.reading, layout.series): kind for kind, layout in LAYOUTS.items()}


def kind_of(reading: Reading) -> Recorded | None:
    """Which series a reading belongs to; None for what is no figure, such as an Unavailable."""
    return _KIND_OF.get((type(reading), getattr(reading, "series", None)))


class Batch(NamedTuple):
    """Readings of one kind by column.

    `names` are their venues, symbols and texts, in the order of the layout; `columns` their
    figures, the layout's columns in order, one number for a column that has the same in every row.
    """

    names: tuple[tuple[str, ...], ...]
    columns: list[Column | float]


def batch_of(kind: Recorded, readings: Sequence[Reading]) -> Batch:
    """Readings by column; all are of `kind`, and there is at least one.

    Every poll of every contract comes through here, so nothing in it runs once a reading.
    """
    layout = LAYOUTS[kind]
    cells = tuple(zip(*map(_CELLS[kind], readings), strict=True))
    first = 2 + len(layout.texts)
    figures = cells[first:]
    if layout.figures[-1] == _SOURCE:
        figures = (*figures[:-1], tuple(map(_SOURCE_NUMBERS.__getitem__, figures[-1])))
    columns = list(map(_column_of, figures))
    columns[1] = columns[0] - columns[1]
    return Batch(cells[:first], columns)


def _column_of(cells: tuple[Any, ...]) -> Column | float:
    one = cells[0]
    if one == cells[-1] and cells.count(one) == len(cells):
        return math.nan if one is None else float(one)
    return np.fromiter(cells, np.float64, len(cells))


def reading_of(kind: Recorded, key: InstrumentKey, texts: Iterable[str], row: Matrix) -> Reading:
    """The reading that a row was made of."""
    layout = LAYOUTS[kind]
    figures: dict[str, Any] = {
        name: _figure(name, value) for name, value in zip(layout.figures, row[2:], strict=True)
    }
    if layout.series is not None:
        figures["series"] = layout.series
    figures.update(zip(layout.texts, texts, strict=True))
    received_ms = int(row[0])
    return layout.reading(
        venue=key.venue,
        symbol=key.symbol,
        venue_ms=None if math.isnan(row[1]) else received_ms - int(row[1]),
        received_ms=received_ms,
        **figures,
    )


def _figure(name: str, value: float) -> Any:
    if math.isnan(value):
        return None
    if name == _SOURCE:
        return _INTERVAL_SOURCES[int(value)]
    return int(value) if name.endswith("_ms") else float(value)


def _cells_of(layout: Layout) -> attrgetter[tuple[Any, ...]]:
    numbers = ("received_ms", "venue_ms", *layout.figures)
    return attrgetter("venue", "symbol", *layout.texts, *numbers)


_CELLS = {kind: _cells_of(layout) for kind, layout in LAYOUTS.items()}
