"""The figures of a whole book on one tick, as arrays; everything here is a few NumPy operations.

`Figures` holds what the rows are read from; NaN stands for unknown and never leaves as a number:
the rows turn it into None with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import FundingRate, MarkPrice, Reading, ReadingKind
from dashboard.market.snapshot import Snapshot
from dashboard.risk.cross import CrossUnit, HeldCoin, held_coins, merged, unit_bounds, usable_marks
from dashboard.risk.lines import BoundsArrays
from dashboard.risk.liquidation import Bounds
from dashboard.risk.prepared import Prepared, Solver, as_floats

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


class WalletFigures:
    """The cross wallets on a tick, arrays of shape (groups,) and what they were made from.

    `amount` is the settle coin's amount (NaN where the wallet is unknown), `others` the value of
    other coins after haircut, `pnl` and `charges` the sums over the members whose figures are
    known, `unknown` how many are not. `coins` and `faults` are by group, `funding_per_hour` is
    filled when asked for.
    """

    def __init__(self, amount: FloatArray, haircut: FloatArray, faults: Sequence[str]) -> None:
        self.amount = amount
        self.haircut = haircut
        self.others = self.pnl = self.charges = self.unknown = np.zeros(amount.size)
        self.coins: list[tuple[HeldCoin, ...]] = [()] * amount.size
        self.faults = list(faults)
        self.funding_per_hour: dict[int, float | None] = {}

    def take_coins(self, group: int, held: tuple[HeldCoin, ...] | str) -> None:
        """Count a wallet's other coins, or note why they cannot be counted."""
        if isinstance(held, str):
            self.faults[group] = held
            self.amount = self.amount.copy()
            self.amount[group] = np.nan
            return
        self.coins[group] = held
        self.others = self.others.copy()
        self.others[group] = sum(coin.counted for coin in held)

    def equity(self) -> FloatArray:
        """What counts as margin: the settle coin after its haircut, and the other coins."""
        own = self.amount + self.pnl
        return np.asarray(np.minimum(own, self.haircut * own) + self.others)


@dataclass(slots=True, kw_only=True)
class Figures:
    """Arrays of shape (positions,) on one tick.

    `value` is the notional in the settle currency. `charges` is maintenance margin and close
    fee, `equity` the margin behind the position with its unrealised PnL (of a cross position: its
    wallet's). `low` and `high` are the prices that liquidate, `dead` marks positions without any
    safe price. `next_funding` is the payment that some rules count as maintenance.
    `cross_demand` is by wallet what is held against its equity. `absent_marks` says why contracts
    have no mark price at all.
    """

    prepared: Prepared
    marks: list[MarkPrice | None]
    fundings: list[FundingRate | None]
    speed: float
    now_ms: int
    mark: FloatArray
    value: FloatArray
    pnl: FloatArray
    maintenance: FloatArray
    charges: FloatArray
    equity: FloatArray
    low: FloatArray
    high: FloatArray
    dead: BoolArray
    next_funding: FloatArray | None = None
    wallets: WalletFigures | None = None
    cross_demand: FloatArray | None = None
    absent_marks: Mapping[InstrumentKey, str] = field(default_factory=dict)

    @property
    def demand(self) -> FloatArray:
        """What is held against `equity`: own charges, of a cross position all of its wallet's."""
        if self.cross_demand is None:
            return self.charges
        demand = self.charges.copy()
        rows = self.prepared.cross
        demand[rows] = self.cross_demand[self.prepared.group_of[rows]]
        return demand

    @property
    def margin_ratio(self) -> FloatArray:
        """Demand over equity, 1 is liquidation; NaN where no equity is left."""
        equity = self.equity
        ratio = np.full(equity.shape, np.nan)
        np.divide(self.demand, equity, out=ratio, where=equity > 0.0)
        return ratio

    @property
    def liquidation_price(self) -> FloatArray:
        """Below for a long, above for a short; NaN where there is none or it is unknown."""
        return np.where(self.prepared.arrays.side > 0.0, self.low, self.high)

    @property
    def distance(self) -> FloatArray:
        """Signed room to the liquidation price, in quote currency."""
        return np.asarray(self.prepared.arrays.side * (self.mark - self.liquidation_price))

    @property
    def breached(self) -> BoolArray:
        """Whether the mark price has crossed a liquidation price, or none is safe."""
        return np.asarray(self.dead | (self.mark <= self.low) | (self.mark >= self.high))


def figures_of(prepared: Prepared, snapshot: Snapshot, now_ms: int) -> Figures:
    """All figures of a prepared book with the snapshot's fresh readings."""
    marks = list(map(snapshot.marks.get, prepared.keys))
    fundings = list(map(snapshot.fundings.get, prepared.keys))
    arrays = prepared.arrays
    mark = usable_marks(marks, snapshot.speed, now_ms)[prepared.key_of]
    x = np.where(arrays.inverse, 1.0 / mark, mark) if prepared.any_inverse else mark
    value = arrays.size * x
    pnl = arrays.sigma * value - arrays.start
    maintenance = _maintenance(prepared, value)
    figures = Figures(
        prepared=prepared,
        marks=marks,
        fundings=fundings,
        speed=snapshot.speed,
        now_ms=now_ms,
        mark=mark,
        value=value,
        pnl=pnl,
        maintenance=maintenance,
        charges=maintenance + arrays.fixed_fee + arrays.close_fee * value,
        equity=arrays.margin + pnl,
        low=prepared.low,
        high=prepared.high,
        dead=prepared.dead,
        absent_marks=absent(prepared.keys, marks, snapshot, ReadingKind.MARK_PRICE),
    )
    if prepared.next_funding.size:
        _add_next_funding(figures)
    if prepared.groups:
        _solve_cross(figures, snapshot)
    return figures


def absent(
    keys: Sequence[InstrumentKey],
    readings: Sequence[Reading | None],
    snapshot: Snapshot,
    kind: ReadingKind,
) -> dict[InstrumentKey, str]:
    """Why contracts have no reading of a kind at all; asked now, for the snapshot will change."""
    if all(readings):
        return {}
    pairs = zip(keys, readings, strict=True)
    return {key: snapshot.why_missing(key, kind) for key, reading in pairs if reading is None}


def _maintenance(prepared: Prepared, value: FloatArray) -> FloatArray:
    """Maintenance margin at mark; on entry value it does not move."""
    arrays = prepared.arrays
    if prepared.plain:
        return arrays.columns.maintenance(value)
    tiered = arrays.columns.maintenance(value * arrays.scale) / arrays.scale
    return np.asarray(tiered + arrays.growth * value * value + arrays.fixed_maintenance)


def _add_next_funding(figures: Figures) -> None:
    """Charge the next funding payment where the rule does, max(0, s rate) x entry value, and
    solve again. An unknown rate adds nothing; the row then carries a warning."""
    prepared, arrays = figures.prepared, figures.prepared.arrays
    payment = np.zeros(arrays.size.shape)
    for row in prepared.next_funding.tolist():
        reading = figures.fundings[prepared.key_of[row]]
        if reading is not None and reading.predicted is not None:
            rate = max(0.0, float(arrays.side[row]) * reading.predicted)
            payment[row] = rate * arrays.size[row] * arrays.x_entry[row]
    figures.next_funding = payment
    figures.maintenance = figures.maintenance + payment
    figures.charges = figures.charges + payment
    isolated = Solver.of(prepared.terms, arrays).solve(arrays.margin, payment)
    figures.low, figures.high, figures.dead = isolated


def _solve_cross(figures: Figures, snapshot: Snapshot) -> None:
    """Wallets, then the prices of their contracts with the other contracts standing still."""
    prepared = figures.prepared
    rows = prepared.cross
    group_of = prepared.cross_group
    pnl, charges = figures.pnl[rows], figures.charges[rows]
    unknown = np.isnan(pnl + charges)
    wallets = _wallets(figures, snapshot)
    if any_unknown := bool(unknown.any()):
        pnl, charges = np.where(unknown, 0.0, pnl), np.where(unknown, 0.0, charges)
        wallets.unknown = _sums(group_of, unknown, wallets)
    wallets.pnl = _sums(group_of, pnl, wallets)
    wallets.charges = _sums(group_of, charges, wallets)
    figures.wallets = wallets
    net = wallets.amount + wallets.others + wallets.pnl - wallets.charges
    wallet = net[group_of] - (pnl - charges)
    equity, demand = wallets.equity(), wallets.charges
    if any_unknown:
        equity, demand = _whole(equity, wallets), _whole(demand, wallets)
        wallet[wallets.unknown[group_of] > unknown] = np.nan
    figures.equity[rows] = equity[group_of]
    figures.cross_demand = demand
    _keep(figures, rows, prepared.cross_solver.solve(wallet))
    for unit in prepared.shared_units:
        _solve_unit(figures, wallets, unit)


def _whole(values: FloatArray, wallets: WalletFigures) -> FloatArray:
    """NaN for wallets with a member whose figures are unknown."""
    return np.where(wallets.unknown > 0.0, np.nan, values)


def _keep(figures: Figures, rows: IntArray, bounds: BoundsArrays) -> None:
    figures.low, figures.high = figures.low.copy(), figures.high.copy()
    figures.dead = figures.dead.copy()
    figures.low[rows], figures.high[rows], figures.dead[rows] = bounds


def _sums(group_of: IntArray, values: FloatArray | BoolArray, wallets: WalletFigures) -> FloatArray:
    return np.bincount(group_of, values, wallets.amount.size).astype(np.float64, copy=False)


def _wallets(figures: Figures, snapshot: Snapshot) -> WalletFigures:
    prepared = figures.prepared
    wallets = WalletFigures(prepared.wallet_amount, prepared.wallet_haircut, prepared.wallet_faults)
    for number, group in enumerate(prepared.groups):
        if group.others and not group.unknown:
            held = held_coins(group, snapshot, figures.now_ms)
            wallets.take_coins(number, held)
    return wallets


def _solve_unit(figures: Figures, wallets: WalletFigures, unit: CrossUnit) -> None:
    prepared = figures.prepared
    members = list(unit.members)
    terms = [prepared.terms[row] for row in members]
    own = [(figures.pnl[row], figures.charges[row]) for row in members]
    known = [pair for pair in own if not np.isnan(pair[0] + pair[1])]
    unknown_others = wallets.unknown[unit.group] - (len(own) - len(known))
    equity = wallets.amount[unit.group] + wallets.pnl[unit.group] - sum(p for p, _c in known)
    charges = wallets.charges[unit.group] - sum(c for _p, c in known)
    legs = merged([term.leg() for term in terms])
    low, high, dead = np.nan, np.nan, False
    if unknown_others == 0.0 and all(t.solvable for t in terms) and not np.isnan(equity):
        weight = 1.0 + sum(term.wallet_weight - 1.0 for term in terms)
        bounds: Bounds = unit_bounds(
            legs,
            float(equity) * weight,
            float(wallets.others[unit.group] - charges) * weight,
            prepared.groups[unit.group].haircut,
            _reference(figures, members[0]),
        )
        low, high, dead = as_floats(bounds)
    for array, value in ((figures.low, low), (figures.high, high), (figures.dead, dead)):
        array[members] = value


def _reference(figures: Figures, row: int) -> float:
    """A price to look for liquidation around: the mark, or the entry where it is unknown."""
    mark = float(figures.mark[row])
    return float(figures.prepared.arrays.entry[row]) if np.isnan(mark) else mark
