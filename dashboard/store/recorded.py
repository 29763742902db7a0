"""Readings as rows of numbers, and back.

A row is the time received (ms UTC), how much older the venue's own stamp was (ms, NaN where it
gave none), and the reading's figures in the order of its layout. What is text stays with the
series, because it hardly ever changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

import numpy as np

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

_INTERVAL_SOURCES = tuple(IntervalSource)
_KIND_OF = {(layout.reading, layout.series): kind for kind, layout in LAYOUTS.items()}


def kind_of(reading: Reading) -> Recorded | None:
    """Which series a reading belongs to; None for what is no figure, such as an Unavailable."""
    return _KIND_OF.get((type(reading), getattr(reading, "series", None)))


def rows_of(kind: Recorded, readings: Iterable[Reading]) -> Matrix:
    """One row per reading; all are of `kind`."""
    read = _READERS[kind]
    return np.array([read(reading) for reading in readings], dtype=np.float64)


def reading_of(kind: Recorded, key: InstrumentKey, texts: Iterable[str], row: Matrix) -> Reading:
    """The reading that a row was made of."""
    layout = LAYOUTS[kind]
    figures = {
        name: _figure(name, value) for name, value in zip(layout.figures, row[2:], strict=True)
    }
    if layout.series is not None:
        figures["series"] = layout.series
    received_ms = int(row[0])
    return layout.reading(
        venue=key.venue,
        symbol=key.symbol,
        venue_ms=None if math.isnan(row[1]) else received_ms - int(row[1]),
        received_ms=received_ms,
        **dict(zip(layout.texts, texts, strict=True)),
        **figures,
    )


def _figure(name: str, value: float) -> Any:
    if math.isnan(value):
        return None
    if name == "interval_source":
        return _INTERVAL_SOURCES[int(value)]
    return int(value) if name.endswith("_ms") else float(value)


def _reader(layout: Layout) -> Callable[[Reading], tuple[Any, ...]]:
    get = attrgetter("received_ms", "venue_ms", *layout.figures)

    def read(reading: Reading) -> tuple[Any, ...]:
        received_ms, venue_ms, *figures = get(reading)
        return (received_ms, None if venue_ms is None else received_ms - venue_ms, *figures)

    def read_with_source(reading: Reading) -> tuple[Any, ...]:
        *figures, source = read(reading)
        return (*figures, _INTERVAL_SOURCES.index(source))

    return read_with_source if "interval_source" in layout.figures else read


_READERS = {kind: _reader(layout) for kind, layout in LAYOUTS.items()}
