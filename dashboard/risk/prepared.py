"""A book as arrays: what depends on the book and the tier tables only, not on any price.

It is made once per book, tables and day, so that a tick with new marks costs a few array
operations. Isolated positions are solved here: their liquidation price needs no mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dashboard.market.account import Book
from dashboard.market.instrument import InstrumentKey, MarginTier, TierTable, TierTables
from dashboard.risk.cross import CrossGroup, CrossUnit, cross_groups, cross_units
from dashboard.risk.lines import BoundsArrays, Lines
from dashboard.risk.liquidation import ROUNDING, Bounds, safe_prices
from dashboard.risk.margin import TierColumns
from dashboard.risk.rates import UsableTiers, table_keys
from dashboard.risk.terms import Terms, held_together, terms_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TermArrays:
    """Terms of many positions as arrays of shape (positions,); NaN where unknown.

    `x_entry` is the entry price, or 1 / entry for an inverse contract, and `start` is
    sigma x size x x_entry. `scale` is 1 / share.
    """

    side: FloatArray
    inverse: BoolArray
    sigma: FloatArray
    size: FloatArray
    entry: FloatArray
    x_entry: FloatArray
    start: FloatArray
    margin: FloatArray
    weight: FloatArray
    close_fee: FloatArray
    fixed_maintenance: FloatArray
    fixed_fee: FloatArray
    growth: FloatArray
    scale: FloatArray
    columns: TierColumns

    @staticmethod
    def of(terms: Sequence[Terms]) -> TermArrays:
        """Arrays in the order of `terms`."""
        side = np.array([float(t.position.side) for t in terms])
        inverse = np.array([t.sigma != t.position.side for t in terms], dtype=np.bool_)
        entry = np.array([t.position.entry_price for t in terms], dtype=np.float64)
        sigma = np.where(inverse, -side, side)
        size = np.array([t.quantity for t in terms])
        with np.errstate(all="ignore"):
            x_entry = np.where(inverse, 1.0 / entry, entry)
            start = sigma * size * x_entry
        return TermArrays(
            side=side,
            inverse=inverse,
            sigma=sigma,
            size=size,
            entry=entry,
            x_entry=x_entry,
            start=start,
            margin=np.array([t.margin for t in terms]),
            weight=np.array([t.wallet_weight for t in terms]),
            close_fee=np.array([t.close_fee for t in terms]),
            fixed_maintenance=np.array([t.fixed_maintenance for t in terms]),
            fixed_fee=np.array([t.fixed_fee for t in terms]),
            growth=np.array([t.rates.growth for t in terms]),
            scale=1.0 / np.array([t.share for t in terms]),
            columns=_columns([t.column_tiers for t in terms]),
        )

    def take(self, rows: IntArray) -> TermArrays:
        """The arrays of some positions."""
        return TermArrays(
            side=self.side[rows],
            inverse=self.inverse[rows],
            sigma=self.sigma[rows],
            size=self.size[rows],
            entry=self.entry[rows],
            x_entry=self.x_entry[rows],
            start=self.start[rows],
            margin=self.margin[rows],
            weight=self.weight[rows],
            close_fee=self.close_fee[rows],
            fixed_maintenance=self.fixed_maintenance[rows],
            fixed_fee=self.fixed_fee[rows],
            growth=self.growth[rows],
            scale=self.scale[rows],
            columns=self.columns.take(rows),
        )

    def lines(self) -> Lines:
        """The surplus of each position alone on its wallet."""
        return Lines.of(self.inverse, self.side, self.size, self.columns, self.close_fee)


def _columns(tiers: Sequence[tuple[MarginTier, ...]]) -> TierColumns:
    """Columns of the distinct tables, spread over the positions."""
    places: dict[tuple[MarginTier, ...], int] = {}
    by_id: dict[int, int] = {}
    rows = []
    for table in tiers:
        place = by_id.get(id(table))
        if place is None:
            place = by_id[id(table)] = places.setdefault(table, len(places))
        rows.append(place)
    return TierColumns.of(list(places), np.array(rows, dtype=np.intp))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A book made ready: its terms, its arrays, its wallets, its isolated solutions.

    `keys` are the distinct contracts, `key_of` says which one each position is in. `tables` are
    what was found under `table_keys`, where their tier tables are looked for. `low`, `high` and
    `dead` are the safe prices of isolated positions (NaN and False for cross ones). `cross` are
    the rows of cross positions, `cross_group` their wallets, `cross_solver` solves them;
    `unit_of` says which positions share a row's liquidation prices, `hedged` are the rows with an
    opposite position among those. `next_funding` are the rows whose maintenance includes the next
    funding payment; `plain` says that maintenance is tiers on mark value and no more.
    `bankruptcies` are those of isolated positions, by row, filled as they are asked for.
    """

    book: Book
    terms: tuple[Terms, ...]
    arrays: TermArrays
    keys: tuple[InstrumentKey, ...]
    key_of: IntArray
    table_keys: tuple[InstrumentKey, ...]
    tables: list[TierTable | None]
    groups: tuple[CrossGroup, ...]
    units: tuple[CrossUnit, ...]
    shared_units: tuple[CrossUnit, ...]
    cross: IntArray
    cross_solver: Solver
    group_of: IntArray
    cross_group: IntArray
    wallet_amount: FloatArray
    wallet_haircut: FloatArray
    wallet_faults: tuple[str, ...]
    unit_of: Mapping[int, CrossUnit]
    hedged: frozenset[int]
    low: FloatArray
    high: FloatArray
    dead: BoolArray
    next_funding: IntArray
    any_inverse: bool
    plain: bool
    bankruptcies: dict[int, float | None] = field(default_factory=dict)


def prepare(book: Book, tables: TierTables, on_date_ms: int) -> Prepared:
    """Make a book ready for ticks on one day (ms UTC), by the rules that hold on it."""
    usable = UsableTiers(tables)
    held = held_together(book.positions)
    terms = tuple(
        terms_of(position, usable, on_date_ms, together)
        for position, together in zip(book.positions, held, strict=True)
    )
    arrays = TermArrays.of(terms)
    places: dict[InstrumentKey, int] = {}
    for position in book.positions:
        places.setdefault(position.instrument.key, len(places))
    key_of = [places[position.instrument.key] for position in book.positions]
    looked_up = tuple(name for key in places for name in table_keys(key))
    groups = cross_groups(terms, book.balances)
    group_of = np.full(len(terms), -1, dtype=np.intp)
    for number, group in enumerate(groups):
        group_of[list(group.members)] = number
    cross = np.flatnonzero(group_of >= 0)
    units = cross_units(terms, groups)
    isolated = Solver.of(terms, arrays).solve(arrays.margin)
    return Prepared(
        book=book,
        terms=terms,
        arrays=arrays,
        keys=tuple(places),
        key_of=np.array(key_of, dtype=np.intp),
        table_keys=looked_up,
        tables=[tables.find(key) for key in looked_up],
        groups=groups,
        units=units,
        shared_units=tuple(unit for unit in units if not unit.alone),
        cross=cross,
        cross_solver=Solver.of(tuple(terms[row] for row in cross.tolist()), arrays.take(cross)),
        group_of=group_of,
        cross_group=group_of[cross],
        wallet_amount=np.array([np.nan if g.unknown else g.amount for g in groups]),
        wallet_haircut=np.array([g.haircut for g in groups]),
        wallet_faults=tuple(g.unknown for g in groups),
        unit_of={row: unit for unit in units for row in unit.members},
        hedged=_hedged(terms, units),
        low=isolated.low,
        high=isolated.high,
        dead=isolated.dead,
        next_funding=np.array(
            [row for row, t in enumerate(terms) if t.rule.next_funding], dtype=np.intp
        ),
        any_inverse=bool(arrays.inverse.any()),
        plain=_is_plain(arrays),
    )


def _is_plain(arrays: TermArrays) -> bool:
    scaled = (arrays.scale != 1.0).any()
    return not (scaled or arrays.growth.any() or (arrays.fixed_maintenance != 0.0).any())


def _hedged(terms: Sequence[Terms], units: Sequence[CrossUnit]) -> frozenset[int]:
    opposite = (
        unit.members
        for unit in units
        if len({terms[row].position.side for row in unit.members}) > 1
    )
    return frozenset(row for members in opposite for row in members)


@dataclass(frozen=True, slots=True)
class Solver:
    """Solves positions that each stand alone on their wallet, again and again.

    `offset` is what the free part of each surplus lacks to the wallet, `noise` what of their
    difference is rounding alone. `special` are the rows
    whose maintenance jumps between tiers or whose rate grows: they are scanned one by one.
    """

    terms: tuple[Terms, ...]
    arrays: TermArrays
    lines: Lines
    offset: FloatArray
    noise: FloatArray
    special: tuple[int, ...]

    @staticmethod
    def of(terms: tuple[Terms, ...], arrays: TermArrays) -> Solver:
        """A solver of some terms, with their arrays."""
        special = ~arrays.columns.continuous | (arrays.growth > 0.0)
        rows = tuple(row for row in np.flatnonzero(special).tolist() if terms[row].solvable)
        offset = arrays.start + arrays.fixed_maintenance + arrays.fixed_fee
        return Solver(terms, arrays, arrays.lines(), offset, ROUNDING * np.abs(offset), rows)

    def solve(self, wallet: FloatArray, fixed_more: FloatArray | float = 0.0) -> BoundsArrays:
        """Safe prices for a wallet each; NaN where the wallet or the terms are unknown."""
        free = self.arrays.weight * wallet - self.offset - fixed_more
        free = np.where(np.abs(free) <= self.noise, 0.0, free)
        bounds = self.lines.safe_prices(free)
        for row in self.special:
            if not np.isnan(free[row]):
                leg = self.terms[row].leg()
                charged = float(free[row]) - leg.free()
                found = as_floats(safe_prices(charged, (leg,), leg.entry))
                bounds.low[row], bounds.high[row], bounds.dead[row] = found
        return bounds


def as_floats(bounds: Bounds) -> tuple[float, float, bool]:
    """Bounds with NaN for None."""
    low = np.nan if bounds.low is None else bounds.low
    high = np.nan if bounds.high is None else bounds.high
    return low, high, bounds.dead
