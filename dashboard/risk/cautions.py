"""What a trader should know about a position beside its figures: one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from dashboard.market.instrument import TierTable
from dashboard.market.readings import ReadingKind
from dashboard.market.snapshot import Freshness, freshness
from dashboard.risk.margin import initial_margin, is_continuous
from dashboard.risk.report import StopCheck
from dashboard.risk.row_view import RowView, age_text
from dashboard.risk.sizing import stop_warnings
from dashboard.risk.terms import Ingredient

MARGIN_TOLERANCE = 0.01
"""How far margin and notional / leverage may differ, as a fraction, before it is said."""

TIERS_OLD_AFTER_MS = 30 * 86_400_000
"""Age from which a tier table counts as old and liquidation prices carry a band."""


class Cautions(Sequence[str]):
    """The warnings of one position, the gravest first, worked out when they are first read."""

    def __init__(self, view: RowView, stop: StopCheck | None) -> None:
        self._view = view
        self._stop = stop
        self._said: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...

    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return self._all()[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def _all(self) -> tuple[str, ...]:
        if self._said is None:
            self._said = tuple(_cautions(self._view, self._stop))
        return self._said


def _cautions(view: RowView, stop: StopCheck | None) -> Iterator[str]:
    if Ingredient.SIZE in view.unknown or Ingredient.ENTRY in view.unknown:
        return
    yield from _on_stop(view, stop)
    for find in (
        _on_entry,
        _on_leverage,
        _on_last_tier,
        _on_margin,
        _on_hedge,
        _on_tiers,
        _on_readings,
    ):
        yield from find(view)
    if view.group is not None:
        yield from view.group.notes


def _on_stop(view: RowView, stop: StopCheck | None) -> Iterator[str]:
    if stop is not None:
        mark = "mark price"
        yield from stop_warnings(
            stop, stop_trigger=mark, liquidation_trigger=view.term.rule.trigger.value
        )
        if view.mark is not None and view.side * (view.mark - stop.price) <= 0.0:
            yield f"the mark price has already reached the stop at {stop.price:g}"


def _on_entry(view: RowView) -> Iterator[str]:
    """Said where no mark tells that the position has already crossed."""
    price = view.liquidation
    if view.mark is not None or price is None or view.hedged:
        return
    if view.side * (view.entry - price) <= 0.0:
        yield (
            f"the entry price lies beyond the liquidation price {price:,.8g}: a position opened "
            "there is liquidated at once"
        )


def _on_leverage(view: RowView) -> Iterator[str]:
    leverage, at = view.position.leverage, view.tier_at(view.entry)
    if leverage is None or at is None or Ingredient.LEVERAGE in view.unknown:
        return
    number, tier = at
    if tier.max_leverage is not None and leverage > tier.max_leverage:
        yield (
            f"leverage of {leverage:g}x is above the {tier.max_leverage:g}x that tier "
            f"{number + 1} of {view.position.instrument.symbol} allows at this size"
        )


def _on_last_tier(view: RowView) -> Iterator[str]:
    rates = view.term.rates
    beyond = rates.beyond
    price = view.liquidation if view.term.on_mark else view.entry
    if rates.table_tiers and rates.fixed_number is None and price is not None:
        notional = view.term.held_quantity * view.x(price)
        beyond = notional > rates.table_tiers[-1].cap
    if beyond:
        yield (
            f"the position is beyond the last tier (cap {rates.table_tiers[-1].cap:,.10g}) at its "
            "liquidation price: the venue publishes no rate there, the last tier's was taken"
        )


def _on_margin(view: RowView) -> Iterator[str]:
    position = view.position
    if not view.term.isolated:
        if position.margin is not None or position.extra_margin:
            yield "margin entered for a cross position does not count: its wallet stands behind it"
        return
    if position.margin is None or position.leverage is None:
        return
    if Ingredient.MARGIN in view.unknown or Ingredient.LEVERAGE in view.unknown:
        return
    expected = initial_margin(view.term.entry_notional, position.leverage)
    if abs(position.margin / expected - 1.0) > MARGIN_TOLERANCE:
        yield (
            f"the margin entered, {position.margin:,.10g}, counts; notional / leverage would be "
            f"{expected:,.6g}"
        )


def _on_hedge(view: RowView) -> Iterator[str]:
    if view.hedged and (view.low is not None or view.high is not None):
        ends = []
        if view.low is not None:
            ends.append(f"below {view.low:,.8g}")
        if view.high is not None:
            ends.append(f"above {view.high:,.8g}")
        yield f"with its opposite position it is liquidated {' or '.join(ends)}"


def _on_tiers(view: RowView) -> Iterator[str]:
    table = view.term.rates.table
    if table is None:
        return
    if not is_continuous(view.term.rates.table_tiers):
        yield "maintenance jumps where a tier begins: every tier was looked at in turn"
    age_ms = tiers_age_ms(table, view.now_ms)
    if age_ms is None:
        return
    if age_ms < 0:
        yield f"the margin tiers were published {age_text(-age_ms)} after the day asked about"
    if age_ms > TIERS_OLD_AFTER_MS:
        yield (
            f"the margin tiers are {age_text(age_ms)} old: see the band in the receipt of the "
            "liquidation price"
        )


def tiers_age_ms(table: TierTable, now_ms: int) -> int | None:
    """The age of a venue's table; None for one that the trader entered."""
    return None if table.as_of_ms is None else now_ms - table.as_of_ms


def _on_readings(view: RowView) -> Iterator[str]:
    reading = view.mark_reading
    if reading is not None and view.mark is not None:
        age = freshness(ReadingKind.MARK_PRICE, reading.as_of_ms, view.now_ms, view.figures.speed)
        if reading.doubt:
            yield f"the mark price is suspect: it {reading.doubt}"
        if age is Freshness.LATE:
            yield f"the mark price is {age_text(view.now_ms - reading.as_of_ms)} old"
    if view.term.rule.next_funding and view.rate is None:
        yield "the next funding payment is not in the maintenance margin: its rate is unknown"
