"""How the forecasts that were written down came out: bins of what was said, Brier scores.

Only forecasts that do not overlap in time are counted, per contract and horizon. Distances and
coins still move together, so that the intervals are rather too narrow than too wide.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.cells import Cell
from dashboard.risk.odds.scores import Bin
from dashboard.risk.odds.tail import wilson

T = TypeVar("T", bound=Hashable)

EDGES = (0.0, 0.003, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.4, 0.6, 0.8)
"""Where bins of what was said begin; the last one ends at 1, which is in it."""
LEAST_COUNT = 30
"""Of fewer forecasts nothing is concluded."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Brier score of `count` forecasts, and that of the base rate.

    The base rate says for every distance, side and horizon how often it was touched in all, which
    nobody knows beforehand: it is a strong rival.
    """

    count: int
    touched: int
    brier: float
    base_brier: float

    @property
    def enough(self) -> bool:
        """Whether there are so many that the figures mean something."""
        return self.count >= LEAST_COUNT


@dataclass(frozen=True, slots=True)
class Group:
    """The quality of one contract at one horizon in hours."""

    key: InstrumentKey
    hours: int
    quality: Quality


def bin_number(odds: float) -> int:
    """Which bin of EDGES odds belong to."""
    return max(0, bisect_right(EDGES, odds) - 1)


def bin_edges(number: int) -> tuple[float, float]:
    """From where to where a bin reaches."""
    return EDGES[number], (EDGES[number + 1] if number + 1 < len(EDGES) else 1.0)


def reliability(cells: Iterable[Cell]) -> tuple[Bin, ...]:
    """What happened, with its Wilson interval, by what was said; bins without any are left out."""
    found = []
    for number, group in sorted(_grouped(cells, lambda cell: cell.bin).items()):
        count = sum(cell.cases for cell in group)
        observed = sum(cell.touched for cell in group) / count
        said = sum(cell.said for cell in group) / count
        low, high = bin_edges(number)
        found.append(Bin(low, high, count, said, observed, wilson(observed, count)))
    return tuple(found)


def bin_for(cells: Iterable[Cell], odds: float) -> Bin | None:
    """What happened when odds like these were said; None where they never were."""
    number = bin_number(odds)
    found = reliability(cell for cell in cells if cell.bin == number)
    return found[0] if found else None


def quality(cells: Iterable[Cell]) -> Quality | None:
    """The Brier score of forecasts and of their base rate; None of none."""
    held = tuple(cells)
    count = sum(cell.cases for cell in held)
    if not count:
        return None
    base = 0.0
    for group in _grouped(held, lambda cell: (cell.hours, cell.way, cell.distance_bp)).values():
        size = sum(cell.cases for cell in group)
        share = sum(cell.touched for cell in group) / size
        base += size * share * (1.0 - share)
    squares = sum(cell.squares for cell in held)
    touched = sum(cell.touched for cell in held)
    return Quality(count, touched, squares / count, base / count)


def groups(cells: Iterable[Cell]) -> tuple[Group, ...]:
    """The quality by contract and horizon, in their order."""
    by_part = _grouped(cells, lambda cell: (cell.venue, cell.symbol, cell.hours))
    found = []
    for part, group in sorted(by_part.items()):
        venue, symbol, hours = part
        measured = quality(group)
        if measured is not None:
            found.append(Group(InstrumentKey(venue, symbol), hours, measured))
    return tuple(found)


def chosen(cells: Sequence[Cell], key: InstrumentKey | None, hours: int | None) -> tuple[Cell, ...]:
    """The cells of a contract and a horizon; None takes all of them."""
    return tuple(
        cell
        for cell in cells
        if (key is None or (cell.venue, cell.symbol) == (key.venue, key.symbol))
        and (hours is None or cell.hours == hours)
    )


def _grouped(cells: Iterable[Cell], part: Callable[[Cell], T]) -> dict[T, list[Cell]]:
    found: dict[T, list[Cell]] = defaultdict(list)
    for cell in cells:
        found[part(cell)].append(cell)
    return found
