"""One line of the watch-list: every figure of one contract with how far it may be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

from dashboard.market.instrument import Instrument, InstrumentKey
from dashboard.market.ratio_definitions import ratio_definition
from dashboard.market.readings import (
    IntervalSource,
    LongShortRatio,
    RatioSeries,
    Reading,
    ReadingKind,
)
from dashboard.market.snapshot import Freshness, Snapshot, freshness
from dashboard.risk.basis import basis_fraction
from dashboard.risk.funding import simple_apr
from dashboard.signals.past import Past, Present
from widgets import format as fmt

R = TypeVar("R", bound=Reading)

COMPARED_HOURS = 8.0
"""Funding of venues with different intervals is compared per eight hours."""


class Figure(NamedTuple):
    """A number to show: None is unknown and `note` says why; `late` is shown with a mark."""

    value: float | None
    late: bool = False
    note: str = ""


_NO_POSITION = Figure(None, note="no open position in this contract")


@dataclass(frozen=True, slots=True)
class Prices:
    """Mark and last price, the last's change over 24 h, mark over index, the mark's age in ms.

    The age is since it was received, of a recorded one since the moment that its value is of.
    """

    mark: Figure
    last: Figure
    change_24h: Figure
    basis: Figure
    age: Figure


@dataclass(frozen=True, slots=True)
class OpenInterestFigures:
    """Open interest in coin and USD, and its change in coin, which price alone cannot move."""

    coin: Figure
    usd: Figure
    change_1h: Figure
    change_24h: Figure


@dataclass(frozen=True, slots=True)
class RatioFigures:
    """Accounts that are long over accounts that are short, and the share of long ones."""

    ratio: Figure
    long_fraction: Figure


@dataclass(frozen=True, slots=True)
class FundingFigures:
    """The next settlement's rate per interval, per 8 h and per year; time left in ms."""

    rate: Figure
    rate_8h: Figure
    apr: Figure
    interval_hours: Figure
    interval_source: IntervalSource
    time_left: Figure


@dataclass(frozen=True, slots=True)
class _Held(Generic[R]):
    """A reading that may still be used, None where there is none; `late` and `note` of Figure."""

    reading: R | None
    late: bool
    note: str

    def figure(self, value: float | None, *, unsaid: str = "", note: str = "") -> Figure:
        """`value` of this reading; `unsaid` says why it is None though there is a reading."""
        if self.reading is None:
            return Figure(None, note=self.note)
        if value is None:
            return Figure(None, note=f"{unsaid or 'the venue did not give it'} ({self.note})")
        return Figure(value, self.late, "\n".join(filter(None, (note, self.note))))


_STAMPED = frozenset({ReadingKind.MARK_PRICE, ReadingKind.OPEN_INTEREST})
"""Kinds that a recording stamps with the moment that the value is of."""


class _Judge:
    """Says of the readings of one contract which may still be used."""

    def __init__(
        self,
        snapshot: Snapshot,
        key: InstrumentKey,
        now_ms: int,
        remembered: Snapshot | None,
        *,
        recorded: bool = False,
    ) -> None:
        self.snapshot = snapshot
        self.key = key
        self.now_ms = now_ms
        self._remembered = remembered
        self.recorded = recorded

    def held(self, find: Callable[[Snapshot], R | None], kind: ReadingKind) -> _Held[R]:
        """What `find` gets from the snapshot unless it is expired, else what is remembered."""
        reading = find(self.snapshot)
        if reading is None:
            return self._remembered_one(find, kind)
        state = freshness(kind, reading.as_of_ms, self.now_ms, self.snapshot.speed)
        note = self._received(reading, kind)
        if state is Freshness.EXPIRED:
            return _Held(None, late=False, note=f"too old to use: {note}")
        if reading.doubt:
            return _Held(reading, late=True, note=f"suspect: it {reading.doubt}; {note}")
        if state is Freshness.LATE:
            return _Held(reading, late=True, note=f"late: {note}")
        return _Held(reading, late=False, note=note)

    def of_ms(self, reading: Reading) -> int:
        """The moment that a reading's value is of, ms UTC."""
        stamped = reading.venue_ms if self.recorded else None
        return reading.as_of_ms if stamped is None else stamped

    def _remembered_one(self, find: Callable[[Snapshot], R | None], kind: ReadingKind) -> _Held[R]:
        reading = find(self._remembered) if self._remembered is not None else None
        failure = self.snapshot.missing.get((self.key, kind))
        if reading is None or (failure is not None and failure.permanent):
            return _Held(None, late=False, note=self.snapshot.why_missing(self.key, kind))
        note = f"from the session before: {self._received(reading, kind)}"
        return _Held(reading, late=True, note=note)

    def _received(self, reading: Reading, kind: ReadingKind) -> str:
        if self.recorded and kind in _STAMPED and reading.venue_ms is not None:
            return f"{kind.value} as recorded, of {fmt.instant(reading.venue_ms)}"
        note = f"{kind.value} received {_ago(self.now_ms - reading.received_ms)}"
        if reading.lag_ms:
            note += f", as it was {_ago(self.now_ms - reading.as_of_ms)}"
        failure = self.snapshot.missing.get((self.key, kind))
        return note if failure is None else f"{note}; since then: {failure.reason}"


PastOf = Callable[["WatchRow"], Past]


def _no_past(_row: WatchRow) -> Past:
    return Past()


@dataclass(frozen=True, eq=False)
class WatchRow:
    """The figures of one watched contract at one moment; rates and changes are fractions.

    Figures are worked out when they are first asked for: of a long list few rows are on the screen.
    """

    key: InstrumentKey
    instrument: Instrument | None
    judge: _Judge
    recorded: bool = False
    past_of: PastOf = _no_past
    my_distance: Figure = _NO_POSITION
    pinned: bool = False
    under: bool = False
    """Whether the row before has the same coin, where rows are grouped by coin."""

    @cached_property
    def prices(self) -> Prices:
        return _prices(self.judge)

    @cached_property
    def open_interest(self) -> OpenInterestFigures:
        return _open_interest(self.judge)

    @cached_property
    def ratio(self) -> RatioFigures:
        return _ratio(self.judge)

    @cached_property
    def funding(self) -> FundingFigures:
        return _funding(self.judge, recorded=self.recorded)

    @cached_property
    def past(self) -> Past:
        return self.past_of(self)


def watch_row(
    snapshot: Snapshot,
    key: InstrumentKey,
    now_ms: int,
    remembered: Snapshot | None = None,
    *,
    recorded: bool = False,
) -> WatchRow:
    """The line of `key` from what is known at `now_ms`, or from `remembered` until it is.

    `recorded` says that the market is a recording, which has settled funding rates only.
    """
    judge = _Judge(snapshot, key, now_ms, remembered, recorded=recorded)
    return WatchRow(
        key=key,
        instrument=snapshot.instruments.get(key),
        judge=judge,
        recorded=recorded,
    )


def _prices(judge: _Judge) -> Prices:
    mark = judge.held(lambda held: held.marks.get(judge.key), ReadingKind.MARK_PRICE)
    ticker = judge.held(lambda held: held.tickers.get(judge.key), ReadingKind.TICKER)
    last = ticker.reading.last if ticker.reading else None
    price = mark.reading.mark if mark.reading else None
    index = mark.reading.index if mark.reading else None
    basis = basis_fraction(price, index) if price and index else None
    as_of_ms = judge.now_ms if mark.reading is None else judge.of_ms(mark.reading)
    traded = f"last traded at {fmt.price(last)}" if last else ""
    return Prices(
        mark=_also(mark.figure(price), traded),
        last=ticker.figure(last),
        change_24h=ticker.figure(ticker.reading.change_24h_fraction if ticker.reading else None),
        basis=mark.figure(
            basis,
            unsaid="mark or index price is missing",
            note=f"mark {fmt.price(price)}, index {fmt.price(index)}",
        ),
        age=mark.figure(float(max(0, judge.now_ms - as_of_ms))),
    )


def _open_interest(judge: _Judge) -> OpenInterestFigures:
    now = judge.held(lambda held: held.open_interests.get(judge.key), ReadingKind.OPEN_INTEREST)
    past = judge.held(
        lambda held: held.open_interests_past.get(judge.key), ReadingKind.OPEN_INTEREST_PAST
    )
    reading, before = now.reading, past.reading
    coin = reading.coin if reading else None
    usd = reading.usd if reading else None
    derivation = reading.derivation if reading else ""

    def change(coin_then: float | None, usd_then: float | None) -> Figure:
        if reading is None:
            return now.figure(None)
        older = now if now.late else past
        in_usd = _growth(usd, usd_then)
        if coin_then is None and in_usd is not None:
            return older.figure(in_usd, note="in USD, in which the venue keeps its past")
        note = f"in USD {fmt.percent(in_usd, signed=True)}"
        return older.figure(_growth(coin, coin_then), note=note)

    return OpenInterestFigures(
        coin=now.figure(coin, note=derivation),
        usd=now.figure(usd, note=derivation),
        change_1h=change(*((before.coin_1h, before.usd_1h) if before else (None, None))),
        change_24h=change(*((before.coin_24h, before.usd_24h) if before else (None, None))),
    )


def _ratio(judge: _Judge) -> RatioFigures:
    held = _held_ratio(judge, RatioSeries.GLOBAL_ACCOUNTS)
    others = "\n".join(filter(None, (_other_ratio(judge, series) for series in RatioSeries)))
    reading = held.reading
    definition = ratio_definition(judge.key.venue, RatioSeries.GLOBAL_ACCOUNTS)
    meaning = f"{judge.key.venue} counts {definition}" if definition else ""
    note = "\n".join(filter(None, (meaning, others)))
    return RatioFigures(
        ratio=held.figure(reading.ratio if reading else None, note=note),
        long_fraction=held.figure(reading.long_fraction if reading else None, note=note),
    )


def _held_ratio(judge: _Judge, series: RatioSeries) -> _Held[LongShortRatio]:
    return judge.held(
        lambda held: held.ratios.get((judge.key, series)), ReadingKind.LONG_SHORT_RATIO
    )


def _other_ratio(judge: _Judge, series: RatioSeries) -> str:
    """The other three series in words: they mean something else and get no column here."""
    if series is RatioSeries.GLOBAL_ACCOUNTS:
        return ""
    reading = _held_ratio(judge, series).reading
    if reading is None:
        return ""
    said = f"{series.value}: {fmt.ratio(reading.ratio)}, {fmt.percent(reading.long_fraction, 1)}"
    definition = ratio_definition(judge.key.venue, series)
    return f"{said} long ({definition})" if definition else f"{said} long"


_NOT_PREDICTED = "predicted rates were not recorded: this is the rate settled last"


def _funding(judge: _Judge, *, recorded: bool) -> FundingFigures:
    held = judge.held(lambda held: held.fundings.get(judge.key), ReadingKind.FUNDING_RATE)
    reading = held.reading
    rate = reading.predicted if reading else None
    hours = reading.interval_hours if reading else None
    due_ms = reading.next_settlement_ms if reading else None
    left_ms = reading.settles_in_ms(judge.now_ms) if reading else None
    settled = f"last settled {fmt.funding_rate(reading.settled)}" if reading else ""
    if recorded:
        settled = _NOT_PREDICTED
    no_interval = "the funding interval is not known"
    return FundingFigures(
        rate=held.figure(rate, unsaid="the venue predicts no rate", note=settled),
        rate_8h=held.figure(
            rate * COMPARED_HOURS / hours if rate is not None and hours else None,
            unsaid=no_interval,
        ),
        apr=held.figure(
            simple_apr(rate, hours) if rate is not None and hours else None, unsaid=no_interval
        ),
        interval_hours=held.figure(hours, unsaid=no_interval),
        interval_source=reading.interval_source if reading else IntervalSource.UNKNOWN,
        time_left=held.figure(
            None if left_ms is None else float(left_ms),
            note=f"settles {fmt.instant(due_ms)}",
        ),
    )


def _also(figure: Figure, note: str) -> Figure:
    """`figure` with one more line on hover, also where it is unknown."""
    return figure._replace(note="\n".join(filter(None, (figure.note, note))))


def _growth(now: float | None, then: float | None) -> float | None:
    return None if now is None or not then else now / then - 1.0


def _ago(elapsed_ms: int) -> str:
    return "just now" if elapsed_ms < fmt.SECOND_MS else f"{fmt.age(elapsed_ms)} ago"


def present_of(row: WatchRow) -> Present:
    """The figures of a line that are held against the contract's past."""
    return Present(
        funding_rate=row.funding.rate.value,
        open_interest_coin=row.open_interest.coin.value,
        open_interest_change_24h=row.open_interest.change_24h.value,
        ratio=row.ratio.ratio.value,
        price_change_24h=row.prices.change_24h.value,
    )
