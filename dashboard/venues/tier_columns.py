"""Reading leverage tiers that a venue lists one per row, under its own names. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.market.instrument import Instrument, MarginTier, TierTable, TierUnit
from dashboard.venues.fields import AnswerError, not_negative, objects, positive

Parse = Callable[[Sequence[object], Sequence[Instrument], int], list[TierTable]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierColumns:
    """What a venue calls the fields of a tier, and where in the answer the tiers are listed."""

    listed_under: tuple[str, ...]
    cap: str
    rate: str
    leverage: str
    deduction: str | None = None


def tier_parser(columns: TierColumns, source: str) -> Parse:
    """A reader of answers that hold one contract's tiers each."""

    def parse(
        answers: Sequence[object], instruments: Sequence[Instrument], now_ms: int
    ) -> list[TierTable]:
        return [
            TierTable(
                venue=instrument.venue,
                symbol=instrument.symbol,
                tiers=tiers,
                unit=TierUnit.QUOTE,
                as_of_ms=now_ms,
                source=source,
            )
            for answer, instrument in zip(answers, instruments, strict=True)
            if (tiers := _tiers(answer, columns, instrument.symbol))
        ]

    return parse


def _tiers(answer: object, columns: TierColumns, symbol: str) -> tuple[MarginTier, ...]:
    """The tiers by rising bound, each from the bound before it to its own.

    Raises AnswerError where one of them cannot be read: a table with a tier left out would put
    positions into a wrong one. Deductions count only where all tiers have theirs.
    """
    found: list[tuple[float, float, float, float | None]] = []
    for row in objects(answer, *columns.listed_under):
        cap, rate = positive(row.get(columns.cap)), positive(row.get(columns.rate))
        leverage = positive(row.get(columns.leverage))
        if cap is None or rate is None or leverage is None:
            raise AnswerError(f"a leverage tier of {symbol} that cannot be read")
        deduction = not_negative(row.get(columns.deduction)) if columns.deduction else None
        found.append((cap, rate, leverage, deduction))
    found.sort(key=lambda tier: tier[0])
    whole = all(deduction is not None for *_, deduction in found)
    floors = [0.0, *(cap for cap, *_ in found)]
    return tuple(
        MarginTier(
            floor=floor,
            cap=cap,
            mmr=rate,
            cum=deduction if whole and deduction is not None else 0.0,
            max_leverage=leverage,
        )
        for floor, (cap, rate, leverage, deduction) in zip(floors, found, strict=False)
    )
