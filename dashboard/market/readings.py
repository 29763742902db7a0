"""What a venue said about one contract at one moment.

Rates are fractions, times are milliseconds UTC, prices are in quote currency. None means that
the venue did not say; 0.0 means that it said zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dashboard.market.instrument import InstrumentKey


class ReadingKind(StrEnum):
    """The kinds of reading a venue may give; each has its own age limits."""

    MARK_PRICE = "mark price"
    TICKER = "ticker"
    FUNDING_RATE = "funding rate"
    OPEN_INTEREST = "open interest"
    OPEN_INTEREST_PAST = "open interest history"
    LONG_SHORT_RATIO = "long/short ratio"


class RatioSeries(StrEnum):
    """The four long/short series; they differ in meaning and are never mixed."""

    GLOBAL_ACCOUNTS = "global accounts"
    TOP_ACCOUNTS = "top-trader accounts"
    TOP_POSITIONS = "top-trader positions"
    TAKER_VOLUME = "taker buy/sell"


class IntervalSource(StrEnum):
    """How the funding interval is known."""

    VENUE = "venue"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What all readings carry: whose, from which endpoint, stamped when, received when.

    `lag_ms` is how much older than its receipt the value is known to be, in the market's time;
    `doubt` is why it is suspect, a phrase that fits behind the figure's name, "" where it is not.
    """

    venue: str
    symbol: str
    endpoint: str
    venue_ms: int | None
    received_ms: int
    lag_ms: int = 0
    doubt: str = ""

    @property
    def as_of_ms(self) -> int:
        """The moment by which the value's age is judged, ms UTC."""
        return self.received_ms - self.lag_ms

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.venue, self.symbol)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPrice(Reading):
    """Mark price (what liquidations trigger on) and the index price it follows."""

    mark: float | None
    index: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticker(Reading):
    """Last traded price, its change over 24 h as a fraction, and 24 h volume in quote currency."""

    last: float | None
    change_24h_fraction: float | None = None
    volume_24h_quote: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRate(Reading):
    """Funding per interval: the predicted rate of the next settlement and the last settled one.

    A positive rate is paid by longs to shorts. Times are the venue's; this computer's clock was
    ahead of them by `clock_ahead_ms`, 0 where that is little or unknown.
    """

    predicted: float | None
    settled: float | None = None
    settled_ms: int | None = None
    next_settlement_ms: int | None = None
    interval_hours: float | None = None
    interval_source: IntervalSource = IntervalSource.UNKNOWN
    clock_ahead_ms: int = 0

    def settles_in_ms(self, now_ms: int) -> int | None:
        """Time until the next settlement, by the venue's clock; negative once it is over."""
        if self.next_settlement_ms is None:
            return None
        return self.next_settlement_ms - (now_ms - self.clock_ahead_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInterest(Reading):
    """Open contracts, one-sided: in base coin and in USD at mark; `derivation` says how."""

    coin: float | None
    usd: float | None
    derivation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInterestPast(Reading):
    """Open interest one hour and one day before `venue_ms`, in coin and USD."""

    coin_1h: float | None = None
    usd_1h: float | None = None
    coin_24h: float | None = None
    usd_24h: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LongShortRatio(Reading):
    """Longs over shorts of one series; `long_fraction` is ratio / (1 + ratio)."""

    series: RatioSeries
    ratio: float | None
    long_fraction: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable(Reading):
    """Why a kind of reading is missing: not offered by the venue, or the last fetch failed.

    `permanent` is True where the venue does not offer it and it is never asked.
    """

    kind: ReadingKind
    reason: str
    permanent: bool = False


KIND_OF: dict[type[Reading], ReadingKind] = {
    MarkPrice: ReadingKind.MARK_PRICE,
    Ticker: ReadingKind.TICKER,
    FundingRate: ReadingKind.FUNDING_RATE,
    OpenInterest: ReadingKind.OPEN_INTEREST,
    OpenInterestPast: ReadingKind.OPEN_INTEREST_PAST,
    LongShortRatio: ReadingKind.LONG_SHORT_RATIO,
}
"""The kind of each class of reading that has figures."""


class SeriesKind(StrEnum):
    """Time series that the feed sends as float64 matrices; the columns are in SERIES_COLUMNS."""

    CANDLES = "candles"
    MARK_CANDLES = "mark_candles"
    OPEN_INTEREST = "open_interest"
    LONG_SHORT_RATIO = "long_short_ratio"
    FUNDING = "funding"
    LIQUIDATIONS = "liquidations"


SERIES_COLUMNS: dict[SeriesKind, tuple[str, ...]] = {
    SeriesKind.CANDLES: ("time_ms", "open", "high", "low", "close", "volume"),
    SeriesKind.MARK_CANDLES: ("time_ms", "open", "high", "low", "close"),
    SeriesKind.OPEN_INTEREST: ("time_ms", "coin", "usd"),
    SeriesKind.LONG_SHORT_RATIO: ("time_ms", "ratio"),
    SeriesKind.FUNDING: ("time_ms", "rate"),
    SeriesKind.LIQUIDATIONS: ("time_ms", "long_coin", "short_coin"),
}
"""Column names by series, time first (ms UTC, ascending); NaN marks an unrecorded cell."""

TIMEFRAMES_MS: dict[str, int] = {
    "1m": 60_000,
    "5m": 300_000,
    "15m": 900_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "1d": 86_400_000,
}
"""Candle lengths that the window offers, in milliseconds."""
