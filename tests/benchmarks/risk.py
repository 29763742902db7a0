"""The risk of a book, against a plain Python loop: `python -m tests.benchmarks.risk`.

The peer walks the positions one by one, picks a tier at the entry notional and computes the same
figures with the same readings: liquidation price, notional, maintenance margin, margin ratio,
unrealised PnL and distance; a second walk gives cross positions what their wallet holds.
`assess` computes these eagerly (and more); rows, receipts and account shocks wait until somebody
reads them, and reading rows is measured on its own.

- 50 positions, ten of them on cross wallets, per tick with new marks: the real `assess`, no
  slower than the loop (ratio at most 1).
- 100,000 isolated positions at once, per tick and from bare arrays: at most a tenth of the loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dashboard.market.account import Balance, Book, MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import (
    ContractKind,
    Instrument,
    InstrumentKey,
    MarginTier,
    TierTables,
)
from dashboard.market.readings import FundingRate, IntervalSource, MarkPrice, ReadingKind
from dashboard.market.snapshot import EXPIRED_AFTER_MS, Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.figures import Figures
from dashboard.risk.lines import Lines
from dashboard.risk.margin import TierColumns
from dashboard.risk.position_rows import PositionRows
from dashboard.store.tiers import load_tiers
from tests.benchmarks.measure import interleaved_rounds, medians, print_figure

NOW_MS = 1_790_000_000_000
VENUE = "binanceusdm"
PEER = "plain Python loop with the tier at entry"
SMALL, LARGE = 50, 100_000
CROSS_OF_SMALL = 10


class Row(NamedTuple):
    """The figures that the peer computes for one position."""

    liquidation_price: float
    notional: float
    maintenance_margin: float
    margin_ratio: float
    unrealised_pnl: float
    distance: float


class Held(NamedTuple):
    """What the peer's first pass keeps of one position."""

    position: Position
    tier: MarginTier
    mark: float
    notional: float
    maintenance: float
    pnl: float


def plain_loop(book: Book, snapshot: Snapshot, tiers: TierTables, now_ms: int) -> list[Row | None]:
    """One position after the other; then again, cross ones with what their wallet holds."""
    oldest_ms = now_ms - EXPIRED_AFTER_MS[ReadingKind.MARK_PRICE]
    held = [_first_pass(position, snapshot, tiers, oldest_ms) for position in book.positions]
    wallets: dict[str, float] = {}
    owed: dict[str, float] = {}
    for balance in book.balances:
        wallets[balance.coin] = wallets.get(balance.coin, 0.0) + balance.amount
    for one in held:
        if one is not None and one.position.margin_mode is MarginMode.CROSS:
            coin = one.position.instrument.settle
            wallets[coin] = wallets.get(coin, 0.0) + one.pnl
            owed[coin] = owed.get(coin, 0.0) + one.maintenance
    return [None if one is None else _second_pass(one, wallets, owed) for one in held]


def _first_pass(
    position: Position, snapshot: Snapshot, tiers: TierTables, oldest_ms: int
) -> Held | None:
    key = position.instrument.key
    reading = snapshot.marks.get(key)
    table = tiers.find(key)
    if reading is None or table is None or reading.received_ms < oldest_ms:
        return None
    mark, entry, quantity = reading.mark, position.entry_price, position.size
    if mark is None:
        return None
    value_at_entry = quantity * entry
    tier = table.tiers[0]
    for tier in table.tiers:
        if value_at_entry < tier.cap:
            break
    value = quantity * mark
    pnl = int(position.side) * quantity * (mark - entry)
    return Held(position, tier, mark, value, value * tier.mmr - tier.cum, pnl)


def _second_pass(one: Held, wallets: dict[str, float], owed: dict[str, float]) -> Row:
    position, tier, mark, value, maintenance, pnl = one
    side, quantity, entry = int(position.side), position.size, position.entry_price
    if position.margin_mode is MarginMode.CROSS:
        coin = position.instrument.settle
        equity, demand = wallets[coin], owed[coin]
        margin = equity - pnl - (demand - maintenance)
    else:
        margin = position.margin or quantity * entry / (position.leverage or 1.0)
        equity, demand = margin + pnl, maintenance
    price = (margin + tier.cum - side * quantity * entry) / (quantity * (tier.mmr - side))
    return Row(price, value, maintenance, demand / equity, pnl, side * (mark - price))


class Scene:
    """A random book on the bundled contracts, with marks and funding rates of two ticks."""

    def __init__(self, positions: int, cross: int, tiers: TierTables) -> None:
        random = np.random.default_rng(positions)
        keys = [key for key in tiers.tables if key.venue == VENUE]
        prices = 10.0 ** random.uniform(-2, 4.5, len(keys))
        chosen = random.integers(0, len(keys), positions)
        self.tiers = tiers
        self.book = Book(
            positions=tuple(
                _position(number, keys[at], float(prices[at]), random, number < cross)
                for number, at in enumerate(chosen.tolist())
            ),
            balances=tuple(
                Balance(venue=VENUE, coin=coin, amount=2e6) for coin in ("USDT", "USDC")
            ),
        )
        self._snapshots = [
            _snapshot(keys, prices * random.uniform(0.97, 1.03, len(keys))) for _ in range(2)
        ]
        self._tick = 0

    def next_snapshot(self) -> Snapshot:
        """The marks of the next tick."""
        self._tick += 1
        return self._snapshots[self._tick % 2]

    def assess(self) -> object:
        """The real thing, with what it does eagerly."""
        return assess(self.book, self.next_snapshot(), self.tiers, NOW_MS)

    def arrays(self) -> object:
        """The same six figures for all positions, from `assess`, as arrays."""
        rows = assess(self.book, self.next_snapshot(), self.tiers, NOW_MS).positions
        return _six(_figures(rows))

    def loop(self) -> object:
        """The peer."""
        return plain_loop(self.book, self.next_snapshot(), self.tiers, NOW_MS)

    def rows(self) -> object:
        """Every row of the report, as a table of positions reads them."""
        return list(assess(self.book, self.next_snapshot(), self.tiers, NOW_MS).positions)


def _figures(rows: object) -> Figures:
    if not isinstance(rows, PositionRows):
        raise TypeError("assess no longer answers PositionRows")
    return rows.figures


def _six(figures: Figures) -> tuple[object, ...]:
    return (
        figures.liquidation_price,
        figures.value,
        figures.maintenance,
        figures.margin_ratio,
        figures.pnl,
        figures.distance,
    )


def _position(
    number: int, key: InstrumentKey, price: float, random: np.random.Generator, cross: bool
) -> Position:
    base, _slash, rest = key.symbol.partition("/")
    quote = rest.partition(":")[0]
    contract = Instrument(
        venue=key.venue,
        symbol=key.symbol,
        market_id=base + quote,
        base=base,
        quote=quote,
        settle=quote,
        kind=ContractKind.LINEAR,
    )
    return Position(
        id=str(number),
        instrument=contract,
        side=Side.LONG if random.random() < 0.5 else Side.SHORT,
        size=10.0 ** random.uniform(3, 6) / price,
        size_unit=SizeUnit.BASE,
        entry_price=price,
        margin_mode=MarginMode.CROSS if cross else MarginMode.ISOLATED,
        leverage=float(random.integers(2, 15)),
    )


def _snapshot(keys: list[InstrumentKey], marks: np.ndarray) -> Snapshot:
    snapshot = Snapshot()
    for key, mark in zip(keys, marks.tolist(), strict=True):
        said = {"venue": key.venue, "symbol": key.symbol, "endpoint": "benchmark"}
        when = {"venue_ms": NOW_MS, "received_ms": NOW_MS - 1_000}
        snapshot.marks[key] = MarkPrice(**said, **when, mark=mark)
        snapshot.fundings[key] = FundingRate(
            **said,
            **when,
            predicted=0.0001,
            interval_hours=8.0,
            interval_source=IntervalSource.VENUE,
        )
    return snapshot


class Arrays:
    """100,000 positions as arrays: lines, liquidation prices and figures, nothing kept."""

    def __init__(self, scene: Scene) -> None:
        positions = scene.book.positions
        tables = {key: table.tiers for key, table in scene.tiers.tables.items()}
        places = {key: number for number, key in enumerate(tables)}
        self._tables = list(tables.values())
        self._rows = np.array([places[p.instrument.key] for p in positions], dtype=np.intp)
        self._side = np.array([float(p.side) for p in positions])
        self._size = np.array([p.size for p in positions])
        self._entry = np.array([p.entry_price for p in positions])
        leverage = np.array([p.leverage or 1.0 for p in positions])
        self._margin = self._size * self._entry / leverage
        self._inverse = np.zeros(len(positions), dtype=np.bool_)
        marks = scene.next_snapshot().marks
        self._mark = np.array([marks[p.instrument.key].mark for p in positions], dtype=np.float64)
        self._columns = TierColumns.of(self._tables)

    def solve(self) -> Iterator[object]:
        """The six figures from nothing but arrays and tables, block by block."""
        for start in range(0, self._size.size, 4_096):
            at = slice(start, start + 4_096)
            columns = self._columns.take(self._rows[at])
            lines = Lines.of(self._inverse[at], self._side[at], self._size[at], columns)
            bounds = lines.safe_prices(lines.free(self._entry[at], self._margin[at]))
            price = np.where(self._side[at] > 0.0, bounds.low, bounds.high)
            value = self._size[at] * self._mark[at]
            maintenance = columns.maintenance(value)
            pnl = self._side[at] * self._size[at] * (self._mark[at] - self._entry[at])
            ratio = maintenance / (self._margin[at] + pnl)
            yield price, value, maintenance, ratio, pnl, self._side[at] * (self._mark[at] - price)


def check_same_figures(scene: Scene) -> None:
    """Both compute the same: where the tier does not change, the prices agree as well."""
    snapshot = scene.next_snapshot()
    figures = _figures(assess(scene.book, snapshot, scene.tiers, NOW_MS).positions)
    price, value, _maintenance, _ratio, pnl, _distance = map(np.asarray, _six(figures))
    peer = plain_loop(scene.book, snapshot, scene.tiers, NOW_MS)
    same = 0
    for number, row in enumerate(peer):
        if row is None:
            raise ValueError("the peer knows less than the readings say")
        np.testing.assert_allclose([value[number], pnl[number]], [row.notional, row.unrealised_pnl])
        same += bool(np.isclose(price[number], row.liquidation_price, rtol=1e-9))
    if same < len(peer) / 5:
        raise ValueError(f"only {same} of {len(peer)} prices agree")


def measure_small(tiers: TierTables) -> None:
    """One book of 50 positions on each tick."""
    scene = Scene(SMALL, CROSS_OF_SMALL, tiers)
    check_same_figures(scene)
    candidates = {"assess": scene.assess, "arrays": scene.arrays, "loop": scene.loop}
    seconds = medians(interleaved_rounds(candidates, rounds=9, calls=200))
    loop_us = seconds["loop"] * 1e6
    print_figure("risk.assess_50_per_tick", seconds["assess"] * 1e6, "us", PEER, loop_us)
    print_figure("risk.figures_50_per_tick", seconds["arrays"] * 1e6, "us", PEER, loop_us)
    rows = medians(interleaved_rounds({"rows": scene.rows}, rounds=5, calls=5))
    print_figure("risk.rows_50_read_by_a_table", rows["rows"] * 1e3, "ms")


def measure_large(tiers: TierTables) -> None:
    """100,000 positions at once."""
    scene = Scene(LARGE, 0, tiers)
    arrays = Arrays(scene)
    candidates = {
        "assess": scene.assess,
        "figures": scene.arrays,
        "solve": lambda: list(arrays.solve()),
        "loop": scene.loop,
    }
    seconds = medians(interleaved_rounds(candidates, rounds=5))
    loop_ms = seconds["loop"] * 1e3
    print_figure("risk.assess_100000_per_tick", seconds["assess"] * 1e3, "ms", PEER, loop_ms)
    print_figure("risk.figures_100000_per_tick", seconds["figures"] * 1e3, "ms", PEER, loop_ms)
    print_figure("risk.solve_100000_from_arrays", seconds["solve"] * 1e3, "ms", PEER, loop_ms)


def main() -> None:
    """Measure both sizes and print their figures."""
    tiers = TierTables(dict(load_tiers(None).tables))
    measure_small(tiers)
    measure_large(tiers)


if __name__ == "__main__":
    main()
