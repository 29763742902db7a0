"""The latest reading of each kind per contract, with its age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from dashboard.market.instrument import Instrument, InstrumentKey
from dashboard.market.readings import (
    FundingRate,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    OpenInterestPast,
    RatioSeries,
    Reading,
    ReadingKind,
    Ticker,
    Unavailable,
)

K = TypeVar("K")
R = TypeVar("R", bound=Reading)


class Freshness(StrEnum):
    """FRESH may be trusted, LATE is shown with a mark, EXPIRED feeds no figure."""

    FRESH = "fresh"
    LATE = "late"
    EXPIRED = "expired"


LATE_AFTER_MS: dict[ReadingKind, int] = {
    ReadingKind.MARK_PRICE: 15_000,
    ReadingKind.TICKER: 60_000,
    ReadingKind.FUNDING_RATE: 60_000,
    ReadingKind.OPEN_INTEREST: 60_000,
    ReadingKind.OPEN_INTEREST_PAST: 900_000,
    ReadingKind.LONG_SHORT_RATIO: 900_000,
}
EXPIRED_AFTER_MS: dict[ReadingKind, int] = {
    ReadingKind.MARK_PRICE: 60_000,
    ReadingKind.TICKER: 300_000,
    ReadingKind.FUNDING_RATE: 300_000,
    ReadingKind.OPEN_INTEREST: 300_000,
    ReadingKind.OPEN_INTEREST_PAST: 3_600_000,
    ReadingKind.LONG_SHORT_RATIO: 3_600_000,
}


def freshness(kind: ReadingKind, received_ms: int, now_ms: int, speed: float = 1.0) -> Freshness:
    """How far a reading of `kind`, received at `received_ms`, may be trusted at `now_ms`.

    `speed` is how much faster than real time the clock runs: limits are in real time, because
    a recording at 3600x is still polled only a few times a real second.
    """
    age_ms = (now_ms - received_ms) / max(1.0, speed)
    if age_ms > EXPIRED_AFTER_MS[kind]:
        return Freshness.EXPIRED
    if age_ms > LATE_AFTER_MS[kind]:
        return Freshness.LATE
    return Freshness.FRESH


@dataclass(slots=True)
class Snapshot:
    """Mutable store of the latest readings; one writer, the newest `received_ms` wins."""

    instruments: dict[InstrumentKey, Instrument] = field(default_factory=dict)
    marks: dict[InstrumentKey, MarkPrice] = field(default_factory=dict)
    tickers: dict[InstrumentKey, Ticker] = field(default_factory=dict)
    fundings: dict[InstrumentKey, FundingRate] = field(default_factory=dict)
    open_interests: dict[InstrumentKey, OpenInterest] = field(default_factory=dict)
    open_interests_past: dict[InstrumentKey, OpenInterestPast] = field(default_factory=dict)
    ratios: dict[tuple[InstrumentKey, RatioSeries], LongShortRatio] = field(default_factory=dict)
    missing: dict[tuple[InstrumentKey, ReadingKind], Unavailable] = field(default_factory=dict)
    speed: float = 1.0

    def list_instruments(self, instruments: Iterable[Instrument]) -> None:
        """Record what a venue lists."""
        for instrument in instruments:
            self.instruments[instrument.key] = instrument

    def merge(self, readings: Iterable[Reading]) -> None:
        """Take readings in; older ones than those held are dropped."""
        for reading in readings:
            key = reading.key
            match reading:
                case MarkPrice():
                    self._keep(self.marks, key, reading, ReadingKind.MARK_PRICE)
                case Ticker():
                    self._keep(self.tickers, key, reading, ReadingKind.TICKER)
                case FundingRate():
                    self._keep(self.fundings, key, reading, ReadingKind.FUNDING_RATE)
                case LongShortRatio():
                    at = (key, reading.series)
                    self._keep(self.ratios, at, reading, ReadingKind.LONG_SHORT_RATIO)
                case Unavailable():
                    self.missing[key, reading.kind] = reading
                case _:
                    self._merge_open_interest(reading)

    def _merge_open_interest(self, reading: Reading) -> None:
        key = reading.key
        match reading:
            case OpenInterest():
                self._keep(self.open_interests, key, reading, ReadingKind.OPEN_INTEREST)
            case OpenInterestPast():
                kind = ReadingKind.OPEN_INTEREST_PAST
                self._keep(self.open_interests_past, key, reading, kind)
            case _:
                raise TypeError(f"no place for a reading of type {type(reading).__name__}")

    def _keep(self, held: dict[K, R], at: K, new: R, kind: ReadingKind) -> None:
        old = held.get(at)
        if old is not None and old.received_ms > new.received_ms:
            return
        held[at] = new
        if not isinstance(new, LongShortRatio) or new.series is RatioSeries.GLOBAL_ACCOUNTS:
            self.missing.pop((new.key, kind), None)

    def clear_readings(self) -> None:
        """Forget all readings, as after a seek of the recording's clock; listings stay."""
        for held in (
            self.marks,
            self.tickers,
            self.fundings,
            self.open_interests,
            self.open_interests_past,
            self.ratios,
            self.missing,
        ):
            held.clear()

    def why_missing(self, key: InstrumentKey, kind: ReadingKind) -> str:
        """One phrase that says why no reading of `kind` is held for `key`."""
        reading = self.missing.get((key, kind))
        if reading is not None:
            return reading.reason
        return f"no {kind.value} received yet from {key.venue}"
