"""The feed's door: each reading is accepted, accepted as suspect, or refused and counted.

Nothing is asked or awaited here; the rules are those of market/plausibility.py and stillness.py.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dashboard.market.candles import DOUBTS, RowsDoubted
from dashboard.market.clock_offset import counted_ms
from dashboard.market.instrument import Instrument, InstrumentKey
from dashboard.market.plausibility import (
    ACCEPTED,
    BACKED_WITHIN,
    STEPS,
    Judgement,
    Past,
    Rule,
    Trust,
    factor,
    graver,
    judge_beside_index,
    judge_beside_mark,
    judge_beside_peers,
    judge_rate,
    judge_step,
    judge_units,
)
from dashboard.market.readings import (
    KIND_OF,
    FundingRate,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    Reading,
    ReadingKind,
    Ticker,
    Unavailable,
)
from dashboard.market.same_coin import coin_of
from dashboard.market.snapshot import EXPIRED_AFTER_MS
from dashboard.market.stillness import Stillness

LAG_COUNTS_MS: dict[ReadingKind, int] = {
    ReadingKind.MARK_PRICE: 10_000,
    ReadingKind.FUNDING_RATE: 60_000,
    ReadingKind.OPEN_INTEREST: 300_000,
}
"""A value whose venue stamp lies further back than this is as old as its stamp says. Other kinds
are stamped with their period or their last trade."""
RECORDED_LAG_MS = 3_900_000
"""Recordings have their series by the hour: what is no older is the newest that there is."""
BACKWARDS_MS = 2_000
"""The clocks of a venue's servers differ by less."""
STAMPS_BELIEVED_AGAIN_MS = 600_000
"""A stamp this far back is not an answer that came out of order but a clock that was set."""
KEPT_REFUSALS = 20
_USD_LIKE = frozenset({"USD", "USDT", "USDC"})

_log = logging.getLogger("liqline.feed")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reading that was refused, or passed as suspect, with the sentence that says why."""

    reading: Reading
    kind: ReadingKind
    rule: Rule
    trust: Trust
    sentence: str


class Door:
    """Judges what comes in. `live` is False for a recording, whose values stand between its rows.

    `speed` gives how much faster than real time the market runs; `ahead_ms` by how much this
    computer's clock is ahead of a venue's, None where that is unknown.
    """

    def __init__(
        self,
        speed: Callable[[], float],
        ahead_ms: Callable[[str], int | None],
        *,
        live: bool,
        by_rows: bool = False,
    ) -> None:
        """`by_rows` says that values stand from one recorded row to the next; the answers of a raw
        session do not, though they are not live either."""
        self.counts: dict[str, Counter[str]] = {}
        """By venue: how many readings each rule refused or doubted, "refused: jump"."""
        self.latest: deque[Refusal] = deque(maxlen=KEPT_REFUSALS)
        self._speed = speed
        self._ahead_ms = ahead_ms
        self._live = live
        self._by_rows = by_rows
        self._coins: dict[InstrumentKey, tuple[str, float]] = {}
        self._by_coin: dict[str, dict[InstrumentKey, MarkPrice]] = {}
        self._marks: dict[InstrumentKey, MarkPrice] = {}
        self._past: dict[tuple[InstrumentKey, ReadingKind, object], Past] = {}
        self._stamps: dict[tuple[InstrumentKey, ReadingKind], int] = {}
        self._stillness = Stillness()

    def learn(self, instruments: Iterable[Instrument]) -> None:
        """Take in which contracts are on which coin."""
        for instrument in instruments:
            if instrument.quote in _USD_LIKE:
                self._coins[instrument.key] = coin_of(instrument), instrument.multiplier

    def forget(self) -> None:
        """Begin anew, as after a seek of the recording's clock; the counts stay."""
        self._by_coin.clear()
        self._marks.clear()
        self._past.clear()
        self._stamps.clear()
        self._stillness.forget()

    def judge(self, readings: Sequence[Reading]) -> tuple[list[Reading], list[Refusal]]:
        """What may pass, marked where it is suspect, and what was refused or doubted."""
        passed: list[Reading] = []
        noted: list[Refusal] = []
        for reading in readings:
            kind = KIND_OF.get(type(reading))
            if kind is None:
                passed.append(reading)
                continue
            judgement = self._judge(reading, kind)
            if judgement.rule is not None:
                noted.append(self._note(reading, kind, judgement))
            if judgement.trust is Trust.REFUSED:
                passed.append(_why(reading, kind, noted[-1].sentence))
                continue
            shown = self._by_its_clock(self._aged(reading, kind))
            if judgement.trust is Trust.SUSPECT:
                shown = replace(shown, doubt=judgement.reason)
            if isinstance(shown, MarkPrice):
                shown = self._take_mark(shown, noted)
            passed.append(shown)
        return passed, noted

    def _judge(self, reading: Reading, kind: ReadingKind) -> Judgement:
        if self._is_out_of_order(reading, kind):
            return Judgement(Trust.REFUSED, Rule.ORDER, "came after a later one")
        match reading:
            case MarkPrice():
                return self._judge_mark(reading)
            case Ticker():
                return self._judge_ticker(reading)
            case FundingRate() if reading.predicted is not None:
                past = self._past_of(reading, kind)
                return judge_rate(reading.predicted, past, reading.received_ms, self._speed())
            case OpenInterest():
                return self._judge_interest(reading)
            case LongShortRatio() if reading.ratio is not None:
                past = self._past_of(reading, kind, reading.series)
                at_ms, speed = reading.received_ms, self._speed()
                return judge_step(kind, reading.ratio, past, at_ms, speed, backed=False)
        return ACCEPTED

    def _judge_mark(self, reading: MarkPrice) -> Judgement:
        mark = reading.mark
        if mark is None:
            return ACCEPTED
        beside_index = judge_beside_index(mark, reading.index)
        peers = list(self._peers(reading).values())
        unit = mark / self._coins.get(reading.key, ("", 1.0))[1]
        past = self._past_of(reading, ReadingKind.MARK_PRICE)
        steps = STEPS[ReadingKind.MARK_PRICE]
        steady = past.value is not None and factor(mark, past.value) < steps.suspect
        beside_peers = judge_beside_peers(unit, peers, steady=steady)
        worst = graver(beside_index, beside_peers)
        if worst.trust is Trust.REFUSED:
            return worst
        backed = any(factor(unit, peer) <= BACKED_WITHIN for peer in peers)
        by_step = judge_step(
            ReadingKind.MARK_PRICE, mark, past, reading.received_ms, self._speed(), backed=backed
        )
        # A value that its own past bears out is not doubted for standing off its index.
        return graver(by_step, beside_peers if steady else worst)

    def _judge_ticker(self, reading: Ticker) -> Judgement:
        last, mark = reading.last, self._fresh_mark(reading)
        by_change = self._judge_change(reading)
        if last is None:
            return by_change
        if mark is not None:
            return graver(judge_beside_mark(last, mark), by_change)
        past, at_ms = self._past_of(reading, ReadingKind.TICKER), reading.received_ms
        by_step = judge_step(ReadingKind.TICKER, last, past, at_ms, self._speed(), backed=False)
        return graver(by_step, by_change)

    def _judge_change(self, reading: Ticker) -> Judgement:
        """Judge the price over that of a day ago, which moves no faster than a price does."""
        change = reading.change_24h_fraction
        if change is None:
            return ACCEPTED
        past, at_ms = self._past_of(reading, ReadingKind.TICKER, "24 h"), reading.received_ms
        return judge_step(
            ReadingKind.TICKER, 1.0 + change, past, at_ms, self._speed(), backed=False
        )

    def _judge_interest(self, reading: OpenInterest) -> Judgement:
        kind, coin, usd = ReadingKind.OPEN_INTEREST, reading.coin, reading.usd
        value = coin if coin is not None else usd
        if value is None or value == 0:
            return ACCEPTED
        at_ms, speed = reading.received_ms, self._speed()
        judgement = judge_step(
            kind, value, self._past_of(reading, kind), at_ms, speed, backed=False
        )
        mark = self._fresh_mark(reading)
        if mark is None or coin is None or usd is None or reading.key not in self._coins:
            return judgement
        return graver(judgement, judge_units(coin, usd, mark))

    def _is_out_of_order(self, reading: Reading, kind: ReadingKind) -> bool:
        if kind not in LAG_COUNTS_MS or reading.venue_ms is None:
            return False
        at = reading.key, kind
        newest_ms = self._stamps.get(at, 0)
        back_ms = newest_ms - reading.venue_ms
        scale = max(1.0, self._speed())
        if BACKWARDS_MS * scale < back_ms < STAMPS_BELIEVED_AGAIN_MS * scale:
            return True
        # Held against the newest one, for many small steps back would be a long one.
        if not 0 < back_ms <= BACKWARDS_MS * scale:
            self._stamps[at] = reading.venue_ms
        return False

    def _aged(self, reading: Reading, kind: ReadingKind) -> Reading:
        """The reading, which is as old as its venue says where that is far back."""
        limit_ms = LAG_COUNTS_MS.get(kind)
        if limit_ms is None or reading.venue_ms is None:
            return reading
        if self._by_rows or (not self._live and kind is ReadingKind.OPEN_INTEREST):
            limit_ms = RECORDED_LAG_MS
        ahead_ms = self._ahead_ms(reading.venue) if self._live else 0
        if ahead_ms is None:
            return reading
        lag_ms = reading.received_ms - ahead_ms - reading.venue_ms
        return replace(reading, lag_ms=lag_ms) if lag_ms > limit_ms * self._scale() else reading

    def _by_its_clock(self, reading: Reading) -> Reading:
        """The reading; one that is counted down to a moment tells how far its clock is off."""
        if not self._live or not isinstance(reading, FundingRate):
            return reading
        return replace(reading, clock_ahead_ms=counted_ms(self._ahead_ms(reading.venue)))

    def _take_mark(self, reading: MarkPrice, noted: list[Refusal]) -> MarkPrice:
        """Keep a mark price to compare others with; one that is frozen is as old as its value."""
        key, mark = reading.key, reading.mark
        if mark is None:
            return reading
        self._marks[key] = reading
        coin = self._coins.get(key)
        if self._live:
            stood_ms, why = self._stillness.note(
                key, mark, self._peers(reading), reading.received_ms
            )
            if stood_ms:
                judgement = Judgement(Trust.SUSPECT, Rule.FROZEN, why)
                noted.append(self._note(reading, ReadingKind.MARK_PRICE, judgement))
                reading = replace(reading, lag_ms=max(reading.lag_ms, stood_ms), doubt=why)
        if coin is not None:
            group = self._by_coin.setdefault(coin[0], {})
            if reading.doubt or reading.lag_ms:
                group.pop(key, None)
            else:
                group[key] = reading
        return reading

    def _peers(self, reading: MarkPrice) -> dict[InstrumentKey, float]:
        """Trusted marks per unit of the coin at other venues, one a venue."""
        coin = self._coins.get(reading.key)
        if coin is None:
            return {}
        oldest_ms = reading.received_ms - self._mark_life_ms()
        found: dict[str, tuple[InstrumentKey, float]] = {}
        for key, other in self._by_coin.get(coin[0], {}).items():
            if key.venue != reading.venue and other.received_ms >= oldest_ms and other.mark:
                found.setdefault(key.venue, (key, other.mark / self._coins[key][1]))
        return dict(found.values())

    def mark_of(self, key: InstrumentKey) -> float | None:
        """The last mark price of a contract that was believed; None where it is doubted."""
        mark = self._marks.get(key)
        return None if mark is None or mark.doubt or mark.lag_ms else mark.mark

    def count_rows(self, doubted: RowsDoubted) -> None:
        """Count rows of a history that are left out or doubted."""
        counts = self.counts.setdefault(doubted.key.venue, Counter())
        what = doubted.kind.value.replace("_", " ")
        for rule, count in doubted.counts.items():
            trust = Trust.SUSPECT if rule in DOUBTS else Trust.REFUSED
            counts[f"{trust.value}: {what}, {rule.value}"] += count

    def _fresh_mark(self, reading: Reading) -> float | None:
        mark = self._marks.get(reading.key)
        if mark is None or reading.received_ms - mark.received_ms > self._mark_life_ms():
            return None
        return self.mark_of(reading.key)

    def _mark_life_ms(self) -> float:
        return EXPIRED_AFTER_MS[ReadingKind.MARK_PRICE] * self._scale()

    def _scale(self) -> float:
        return max(1.0, self._speed())

    def _past_of(self, reading: Reading, kind: ReadingKind, series: object = None) -> Past:
        return self._past.setdefault((reading.key, kind, series), Past())

    def _note(self, reading: Reading, kind: ReadingKind, judgement: Judgement) -> Refusal:
        if judgement.rule is None:
            raise ValueError("nothing to note of an accepted reading")
        said = f"the {kind.value} of {reading.symbol} at {reading.venue} {judgement.reason}"
        if judgement.trust is Trust.REFUSED:
            said += ": refused"
        refusal = Refusal(reading, kind, judgement.rule, judgement.trust, said)
        counts = self.counts.setdefault(reading.venue, Counter())
        counts[f"{judgement.trust.value}: {judgement.rule.value}"] += 1
        self.latest.append(refusal)
        return refusal


def _why(reading: Reading, kind: ReadingKind, sentence: str) -> Unavailable:
    return Unavailable(
        venue=reading.venue,
        symbol=reading.symbol,
        endpoint=reading.endpoint,
        venue_ms=reading.venue_ms,
        received_ms=reading.received_ms,
        kind=kind,
        reason=sentence,
    )
