"""Horizontal price lines with labels at the right edge that never cover one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from dashboard.market.account import Side
from dashboard.risk.report import PositionRisk
from widgets.charts.value_range import ValueRange


class PriceLineKind(Enum):
    """What a price line marks, the most important first; the value is its theme token."""

    LIQUIDATION = "liquidation_line"
    MARK = "mark_price"
    ENTRY = "entry_line"
    STOP = "stop_line"
    TAKE_PROFIT = "take_profit_line"
    ALERT = "text"

    @property
    def rank(self) -> int:
        return list(PriceLineKind).index(self)


_MOVABLE = frozenset(
    {PriceLineKind.ENTRY, PriceLineKind.STOP, PriceLineKind.TAKE_PROFIT, PriceLineKind.ALERT}
)


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A price worth a line; `text` names it and the position's side ("LONG entry").

    `of` is the id of the position or alert it belongs to, empty for the market's own lines.
    `meant` lines, those of a trade that is being typed, come before others of positions.
    """

    price: float
    text: str
    kind: PriceLineKind
    of: str = ""
    meant: bool = False

    @property
    def rank(self) -> tuple[int, bool, int]:
        """What comes first where there is no room for all, the smallest first."""
        rank = self.kind.rank
        return min(rank, PriceLineKind.ENTRY.rank), not self.meant, rank

    @property
    def movable(self) -> bool:
        """Whether a hand may move it: what the market or the venue decides stays put."""
        return bool(self.of) and self.kind in _MOVABLE


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line with where it and its label go, in pixels from the top of the pane.

    `y` is None where the price is out of sight; `label_top` is the upper edge of the label.
    """

    line: PriceLine
    y: float | None
    label_top: float
    above: bool = False


def lines_of_positions(
    positions: Iterable[PositionRisk], names: Mapping[str, str] | None = None
) -> list[PriceLine]:
    """Entry, liquidation, stop and take-profit lines.

    `names` has, by id, what stands before the side of those that are not held: "typed", "planned".
    """
    known = names or {}
    return [line for risk in positions for line in _lines_of(risk, known.get(risk.position.id, ""))]


def _lines_of(risk: PositionRisk, name: str) -> Iterable[PriceLine]:
    position = risk.position
    side = f"{name} {'LONG' if position.side is Side.LONG else 'SHORT'}".lstrip()
    prices = (
        (position.entry_price, "entry", PriceLineKind.ENTRY),
        (risk.liquidation_price, "liquidation", PriceLineKind.LIQUIDATION),
        (position.stop_price, "stop", PriceLineKind.STOP),
        (position.take_profit_price, "take-profit", PriceLineKind.TAKE_PROFIT),
    )
    for price, what, kind in prices:
        if price is not None:
            yield PriceLine(price, f"{side} {what}", kind, position.id, meant=bool(name))


def line_of_supposed(risk: PositionRisk) -> PriceLine | None:
    """Where a position that is only tried would be liquidated, None where nowhere."""
    if risk.liquidation_price is None:
        return None
    side = "LONG" if risk.position.side is Side.LONG else "SHORT"
    return PriceLine(
        risk.liquidation_price, f"{side} what if: liquidation", PriceLineKind.LIQUIDATION
    )


def place(
    lines: Sequence[PriceLine], values: ValueRange, height: float, label_height: float
) -> list[PlacedLine]:
    """Where lines and labels go in a pane `height` pixels high that shows `values`.

    Lines out of sight keep a label at the edge they lie beyond. Where there is no room for all
    labels, those of the least important lines are left out, of lines out of sight before others.
    """
    room = max(0, int(height // label_height))

    def rank(line: PriceLine) -> tuple[int, bool, bool, int]:
        first, typed_last, last = line.rank
        return first, typed_last, not 0.0 <= values.y_of(line.price, height) <= height, last

    kept = sorted(lines, key=rank)[:room]
    kept.sort(key=lambda line: -line.price)
    wanted = [values.y_of(line.price, height) for line in kept]
    tops = spread([y - 0.5 * label_height for y in wanted], label_height, height)
    return [
        PlacedLine(line, y if 0.0 <= y <= height else None, top, above=y < 0.0)
        for line, y, top in zip(kept, wanted, tops, strict=True)
    ]


def without_label(
    lines: Sequence[PriceLine], placed: Sequence[PlacedLine], values: ValueRange, height: float
) -> list[tuple[PriceLine, float]]:
    """Lines in sight for whose labels there was no room, each with its pixel row."""
    named = {id(one.line) for one in placed}
    rows = ((line, values.y_of(line.price, height)) for line in lines if id(line) not in named)
    return [(line, y) for line, y in rows if 0.0 <= y <= height]


def spread(wanted: Sequence[float], size: float, room: float) -> list[float]:
    """Positions of boxes `size` high as near as can be to `wanted`, none overlapping.

    `wanted` ascends; all boxes stay within [0, room]. Boxes that meet form a stack which stands
    where its members want it on average.
    """
    stacks: list[tuple[float, int]] = []
    for top in wanted:
        total, count = min(max(top, 0.0), room - size), 1
        while stacks and _stack_top(*stacks[-1], size, room) + stacks[-1][1] * size > _stack_top(
            total, count, size, room
        ):
            under_total, under = stacks.pop()
            total, count = under_total + total - count * under * size, under + count
        stacks.append((total, count))
    return [
        _stack_top(total, count, size, room) + index * size
        for total, count in stacks
        for index in range(count)
    ]


def _stack_top(total: float, count: int, size: float, room: float) -> float:
    return min(max(total / count, 0.0), room - count * size)
