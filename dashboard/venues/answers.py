"""From a venue's fields to readings: what every venue's parser shares. Pure.

A parser gets an `Ask` (what was asked, when, and what earlier answers told) and gives a `Parsed`:
readings to pass on, and facts that later answers of the same venue need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from dashboard.market.instrument import Instrument
from dashboard.market.readings import (
    FundingRate,
    IntervalSource,
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
from dashboard.venues.fields import MAX_AMOUNT

HOUR_MS = 3_600_000
MOST_CHANGE = 1e4
"""A price that is this many times the one of a day before is another contract, not a move."""


@dataclass(frozen=True, slots=True)
class PastInterest:
    """Open interest at `time_ms`, in base coin and, where the venue says so, in USD."""

    time_ms: int
    coin: float | None
    usd: float | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The last funding settlement, and when the one before it was (ms UTC)."""

    rate: float
    time_ms: int
    previous_ms: int | None = None


@dataclass(slots=True)
class Facts:
    """What answers of one venue told about its contracts, by market id."""

    marks: dict[str, float] = field(default_factory=dict)
    indexes: dict[str, float] = field(default_factory=dict)
    interval_hours: dict[str, float] = field(default_factory=dict)
    settlements: dict[str, Settlement] = field(default_factory=dict)
    default_interval_hours: float | None = None
    account_ratios: dict[str, float] = field(default_factory=dict)
    interests: dict[str, float] = field(default_factory=dict)
    """Open interest of one side in base coin, where statistics beside it may count both."""
    interest_shares: dict[str, float] = field(default_factory=dict)
    """What share of the open interest in statistics one side is."""

    def learn(self, newer: Facts) -> None:
        """Take over what `newer` knows."""
        self.marks.update(newer.marks)
        self.indexes.update(newer.indexes)
        self.interval_hours.update(newer.interval_hours)
        self.settlements.update(newer.settlements)
        self.account_ratios.update(newer.account_ratios)
        self.interests.update(newer.interests)
        self.interest_shares.update(newer.interest_shares)
        if newer.default_interval_hours is not None:
            self.default_interval_hours = newer.default_interval_hours

    def interval(self, market_id: str) -> tuple[float | None, IntervalSource]:
        """The funding interval in hours and how it is known."""
        told = self.interval_hours.get(market_id, self.default_interval_hours)
        if told is not None:
            return told, IntervalSource.VENUE
        settlement = self.settlements.get(market_id)
        if settlement is not None and settlement.previous_ms is not None:
            hours = round((settlement.time_ms - settlement.previous_ms) / HOUR_MS)
            if 1 <= hours <= 24:
                return float(hours), IntervalSource.INFERRED
        return None, IntervalSource.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question to a venue: its endpoint, the contracts wanted by market id, and "now".

    `asked_ms` is when its requests were made up, `now_ms` when the last answer had come, and
    `clock_ahead_ms` by how much that clock is ahead of the venue's, as far as it counts.
    """

    venue: str
    endpoint: str
    wanted: Mapping[str, Instrument]
    facts: Facts
    asked_ms: int
    now_ms: int
    clock_ahead_ms: int = 0

    @property
    def venue_now_ms(self) -> int:
        """Now by the venue's clock, against which its stamps are read."""
        return self.now_ms - self.clock_ahead_ms

    @property
    def only(self) -> Instrument:
        """The contract of a question about a single one."""
        (instrument,) = self.wanted.values()
        return instrument

    def about(self, instrument: Instrument, venue_ms: int | None) -> Origin:
        """Where a reading about `instrument` comes from, stamped `venue_ms` by the venue."""
        return Origin(instrument, self.endpoint, venue_ms, self.now_ms)


@dataclass(slots=True)
class Parsed:
    """What one answer told: readings, facts, and how many contracts it covered."""

    rows: int = 0
    readings: list[Reading] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)


class _Stamp(TypedDict):
    venue: str
    symbol: str
    endpoint: str
    venue_ms: int | None
    received_ms: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a reading comes from; its methods build readings, each with a reason where empty."""

    instrument: Instrument
    endpoint: str
    venue_ms: int | None
    now_ms: int

    def mark_price(self, mark: float | None, index: float | None) -> list[Reading]:
        """Mark and index price in quote currency."""
        reading = MarkPrice(
            **self._stamp(),
            mark=mark,
            index=index,
        )
        return self._explained(reading, (mark, index), ReadingKind.MARK_PRICE)

    def ticker(
        self, last: float | None, change: float | None, volume_quote: float | None
    ) -> list[Reading]:
        """Last price, its 24 h change as a fraction and the 24 h volume in quote currency.

        A change that no price can make is unknown.
        """
        if change is not None and not -1.0 <= change <= MOST_CHANGE:
            change = None
        reading = Ticker(
            **self._stamp(),
            last=last,
            change_24h_fraction=change,
            volume_24h_quote=volume_quote,
        )
        told = last if last is not None else change
        return self._explained(reading, (told, volume_quote), ReadingKind.TICKER)

    def funding(self, predicted: float | None, next_ms: int | None, facts: Facts) -> list[Reading]:
        """The predicted rate, with the settled one and the interval that `facts` know."""
        hours, source = facts.interval(self.instrument.market_id)
        settlement = facts.settlements.get(self.instrument.market_id)
        reading = FundingRate(
            **self._stamp(),
            predicted=predicted,
            settled=settlement.rate if settlement else None,
            settled_ms=settlement.time_ms if settlement else None,
            next_settlement_ms=next_ms,
            interval_hours=hours,
            interval_source=source,
        )
        return self._explained(reading, (predicted, reading.settled), ReadingKind.FUNDING_RATE)

    def open_interest(
        self, coin: float | None, usd: float | None, derivation: str
    ) -> list[Reading]:
        """Open interest, one-sided, in base coin and in USD at mark."""
        if max(coin or 0.0, usd or 0.0) > MAX_AMOUNT:
            coin, usd, derivation = None, None, "an amount beyond all measure"
        reading = OpenInterest(
            **self._stamp(),
            coin=coin,
            usd=usd,
            derivation=derivation,
        )
        return self._explained(reading, (coin, usd), ReadingKind.OPEN_INTEREST)

    def open_interest_at_mark(self, coin: float | None, mark: float | None) -> list[Reading]:
        """Open interest that the venue gives in coin only, valued at `mark`."""
        if coin is None or mark is None:
            return self.open_interest(coin, None, "coin from the venue; no mark price to value it")
        if not self.instrument.in_dollars:
            quote = self.instrument.quote
            words = f"coin from the venue; its mark price is in {quote} and not in dollars"
            return self.open_interest(coin, None, words)
        usd = coin * mark
        return self.open_interest(coin, usd, f"coin from the venue x mark {mark:,.10g}")

    def open_interest_in_usd(self, usd: float | None, mark: float | None) -> list[Reading]:
        """Open interest of an inverse contract, given in USD only; the coin is what it buys."""
        if usd is None or mark is None:
            return self.open_interest(None, usd, "USD from the venue; no mark price for the coin")
        coin = usd / mark
        return self.open_interest(coin, usd, f"USD from the venue / mark {mark:,.10g}")

    def open_interest_past(
        self, hour_ago: PastInterest | None, day_ago: PastInterest | None
    ) -> list[Reading]:
        """Open interest 1 h and 24 h before now."""
        reading = OpenInterestPast(
            **self._stamp(),
            coin_1h=hour_ago.coin if hour_ago else None,
            usd_1h=hour_ago.usd if hour_ago else None,
            coin_24h=day_ago.coin if day_ago else None,
            usd_24h=day_ago.usd if day_ago else None,
        )
        found = 1.0 if hour_ago or day_ago else None
        return self._explained(reading, (found,), ReadingKind.OPEN_INTEREST_PAST)

    def long_short(self, series: RatioSeries, ratio: float | None) -> list[Reading]:
        """Longs over shorts; the share of longs follows from the ratio.

        Only the global account ratio is missed where it is absent: the other series are extras.
        """
        reading = LongShortRatio(
            **self._stamp(),
            series=series,
            ratio=ratio,
            long_fraction=None if ratio is None else ratio / (1.0 + ratio),
        )
        if series is not RatioSeries.GLOBAL_ACCOUNTS:
            return [] if ratio is None else [reading]
        return self._explained(reading, (ratio,), ReadingKind.LONG_SHORT_RATIO)

    def unavailable(
        self, kind: ReadingKind, reason: str, *, permanent: bool = False
    ) -> Unavailable:
        """Why there is no reading of `kind`."""
        return Unavailable(
            **self._stamp(),
            kind=kind,
            reason=reason,
            permanent=permanent,
        )

    def _stamp(self) -> _Stamp:
        return {
            "venue": self.instrument.venue,
            "symbol": self.instrument.symbol,
            "endpoint": self.endpoint,
            "venue_ms": self.venue_ms,
            "received_ms": self.now_ms,
        }

    def _explained(
        self, reading: Reading, values: tuple[float | None, ...], kind: ReadingKind
    ) -> list[Reading]:
        """The reading, with a reason where its first value, the main one, is absent.

        A reading without any value is left out: what was known before stays, and ages.
        """
        told: list[Reading] = [reading] if any(value is not None for value in values) else []
        if values[0] is None:
            reason = f"{self.instrument.venue} gave no {kind.value} for {self.instrument.symbol}"
            told.append(self.unavailable(kind, reason))
        return told
