"""One position on one tick, as scalars: what its row, receipts and warnings are made from."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from dashboard.market.account import Breach, Position, Side
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.market.readings import FundingRate, MarkPrice, ReadingKind
from dashboard.market.snapshot import Freshness, freshness
from dashboard.risk.cross import CrossGroup, HeldCoin
from dashboard.risk.figures import Figures, FloatArray
from dashboard.risk.funding import funding_payment
from dashboard.risk.liquidation import bankruptcy_price
from dashboard.risk.margin import tier_number
from dashboard.risk.once import once
from dashboard.risk.report import LiquidationStatus
from dashboard.risk.terms import Ingredient, Terms
from dashboard.risk.venue_rules.rule import whole_value_price


def known(value: float) -> float | None:
    """The number, or None where it is not known (NaN) or not finite."""
    number = float(value)
    return number if math.isfinite(number) else None


class RowView:
    """Row `row` of `figures`; what is None is unknown, and `unknown` says why by ingredient.

    `absent_mark` and `absent_funding` say why there is no reading at all.
    """

    def __init__(
        self, figures: Figures, row: int, absent_mark: str = "", absent_funding: str = ""
    ) -> None:
        prepared = figures.prepared
        self.figures = figures
        self.row = row
        self.term: Terms = prepared.terms[row]
        self.position: Position = self.term.position
        self.now_ms = figures.now_ms
        place = int(prepared.key_of[row])
        self.mark_reading: MarkPrice | None = figures.marks[place]
        self.funding_reading: FundingRate | None = figures.fundings[place]
        self.mark = known(figures.mark[row])
        self.value = known(figures.value[row])
        self.pnl = known(figures.pnl[row])
        self.charges = known(figures.charges[row])
        self.equity = known(figures.equity[row])
        self.low = known(figures.low[row])
        self.high = known(figures.high[row])
        self.dead = bool(figures.dead[row])
        self.hedged = row in prepared.hedged
        self.unknown: dict[Ingredient, str] = dict(self.term.unknown)
        self._note_readings(absent_mark, absent_funding)
        if not self.term.isolated:
            self._note_wallet()

    @property
    def side(self) -> int:
        return int(self.position.side)

    @property
    def kind(self) -> ContractKind:
        return self.term.kind

    @property
    def entry(self) -> float:
        return self.position.entry_price

    def x(self, price: float) -> float:
        """The price, or its inverse for an inverse contract."""
        return price if self.kind is ContractKind.LINEAR else 1.0 / price

    @once
    def rate(self) -> float | None:
        """The predicted funding rate, None where it is unknown or expired."""
        if Ingredient.FUNDING in self.unknown or self.funding_reading is None:
            return None
        return self.funding_reading.predicted

    @once
    def interval_hours(self) -> float | None:
        """The funding interval, None where it is unknown."""
        if Ingredient.INTERVAL in self.unknown or self.funding_reading is None:
            return None
        return self.funding_reading.interval_hours

    @once
    def group(self) -> CrossGroup | None:
        """The wallet of a cross position."""
        number = self.group_number
        return None if number is None else self.figures.prepared.groups[number]

    @once
    def group_number(self) -> int | None:
        """The number of the wallet of a cross position."""
        number = int(self.figures.prepared.group_of[self.row])
        return None if number < 0 else number

    @property
    def held_coins(self) -> tuple[HeldCoin, ...]:
        """Coins other than the settle coin that the wallet of a cross position holds."""
        number, wallets = self.group_number, self.figures.wallets
        return () if number is None or wallets is None else wallets.coins[number]

    @once
    def unit_rows(self) -> tuple[int, ...]:
        """The positions that share this one's liquidation prices, itself included."""
        unit = self.figures.prepared.unit_of.get(self.row)
        return (self.row,) if unit is None else unit.members

    @once
    def others_pnl(self) -> float:
        """PnL of the other contracts in the wallet; 0 where isolated, NaN where unknown."""
        number, wallets = self.group_number, self.figures.wallets
        if number is None or wallets is None:
            return 0.0
        return self._without_own(self.figures.pnl, float(wallets.pnl[number]))

    @once
    def others_charges(self) -> float:
        """Maintenance and close fees of the other contracts in the wallet, likewise."""
        number, wallets = self.group_number, self.figures.wallets
        if number is None or wallets is None:
            return 0.0
        return self._without_own(self.figures.charges, float(wallets.charges[number]))

    @once
    def wallet_funding_per_hour(self) -> float | None:
        """What all positions of the wallet pay per hour, None where one of them is unknown."""
        number, wallets = self.group_number, self.figures.wallets
        kept = {} if wallets is None else wallets.funding_per_hour
        if number not in kept and number is not None:
            kept[number] = self._sum_of_funding()
        return None if number is None else kept[number]

    @once
    def wallet(self) -> float:
        """The margin: isolated margin, or the wallet's balances that count. NaN where unknown."""
        number, wallets = self.group_number, self.figures.wallets
        if number is None or wallets is None:
            return self.term.margin
        return float(wallets.amount[number] + wallets.others[number])

    @once
    def demand(self) -> float | None:
        """What is held against `equity`: own charges, of a cross position all of its wallet's."""
        number, demand = self.group_number, self.figures.cross_demand
        if number is None or demand is None:
            return self.charges
        return known(demand[number])

    @once
    def wallet_value(self) -> float | None:
        """Gross notional of all positions that share the margin, None where one is not known."""
        group = self.group
        if group is None:
            return self.value
        return known(self.figures.value[list(group.members)].sum())

    @property
    def surplus(self) -> float | None:
        """What the wallet holds above what is held against it, at the mark."""
        if self.equity is None or self.demand is None:
            return None
        return self.equity - self.demand

    @once
    def maintenance(self) -> float | None:
        """Maintenance margin; on entry value it needs no mark price."""
        if not self.term.on_mark:
            return known(self.term.fixed_maintenance + self.next_funding)
        return known(self.figures.maintenance[self.row])

    @property
    def next_funding(self) -> float:
        """The next funding payment, where the rule counts it as maintenance; else 0."""
        payments = self.figures.next_funding
        return 0.0 if payments is None else float(payments[self.row])

    @once
    def bankruptcy(self) -> float | None:
        """The price at which nothing is left of the margin, before maintenance.

        That of an isolated position stays from tick to tick.
        """
        if not self.term.isolated:
            return self._bankruptcy()
        kept = self.figures.prepared.bankruptcies
        if self.row not in kept:
            kept[self.row] = self._bankruptcy()
        return kept[self.row]

    def _bankruptcy(self) -> float | None:
        term = self.term
        legs = [self.figures.prepared.terms[row].leg() for row in self.unit_rows]
        set_aside = term.fixed_fee if term.rule.margin_holds_fee else 0.0
        wallet = known(self.wallet + self.others_pnl - set_aside)
        fee = term.taker_fee if term.rule.bankruptcy_fee else 0.0
        if wallet is None or math.isnan(fee):
            return None
        price = bankruptcy_price(wallet, legs, fee)
        step = term.rule.contract_value_step
        if price is None or step is None:
            return price
        face = term.position.instrument.contract_size
        return whole_value_price(price, Side(self.side), face, step)

    @once
    def breach(self) -> Breach | None:
        """The crossing of the liquidation price that nobody has answered yet.

        One that is still to come does not count: the clock of a recording was set back.
        """
        found = self.figures.prepared.book.breaches.get(self.position.id)
        return found if found is not None and has_been(found, self.now_ms) else None

    @once
    def status(self) -> LiquidationStatus:
        """Where the mark stands to the liquidation price, and whether it was beyond it before."""
        if self.breach is not None:
            return LiquidationStatus.BREACHED
        if any(ingredient in self.unknown for ingredient in LIQUIDATION_NEEDS):
            return LiquidationStatus.UNKNOWN
        if self.crossed:
            return LiquidationStatus.BREACHED
        return LiquidationStatus.NONE if self.liquidation is None else LiquidationStatus.OK

    @once
    def crossed(self) -> bool:
        """Whether the mark is beyond a liquidation price at this moment, or no price is safe."""
        return self.dead or self._crossed()

    @once
    def liquidation(self) -> float | None:
        """Below for a long, above for a short; of a hedge the price nearer to the mark.

        Of a hedge without a mark the own side's price, or where that has none the other's.
        """
        own = self.low if self.side > 0 else self.high
        if not self.hedged or (self.mark is None and own is not None):
            return own
        ends = [price for price in (self.low, self.high) if price is not None]
        mark = self.entry if self.mark is None else self.mark
        return min(ends, key=lambda price: abs(price - mark), default=None)

    @once
    def room(self) -> float | None:
        """Price between mark and liquidation, positive while it lies ahead."""
        price = self.liquidation
        if price is None or self.mark is None or self.status is not LiquidationStatus.OK:
            return None
        return abs(self.mark - price) if self.hedged else self.side * (self.mark - price)

    def tier_at(self, price: float | None) -> tuple[int, MarginTier] | None:
        """The table's tier (from 0) that decides maintenance at a mark price, None without table.

        On entry value, and where the size alone decides, the price does not matter.
        """
        rates = self.term.rates
        if not rates.table_tiers:
            return None
        if rates.fixed_number is not None:
            return rates.fixed_number, rates.table_tiers[rates.fixed_number]
        at = price if self.term.on_mark else self.entry
        if at is None:
            return None
        notional = self.term.held_quantity * self.x(at)
        number = tier_number(notional, rates.table_tiers)
        return number, rates.table_tiers[number]

    def _crossed(self) -> bool:
        if self.mark is None:
            return False
        below = self.low is not None and self.mark <= self.low
        return below or (self.high is not None and self.mark >= self.high)

    def _without_own(self, values: FloatArray, total: float) -> float:
        if Ingredient.OTHERS in self.unknown:
            return math.nan
        own = (known(values[row]) for row in self.unit_rows)
        return total - sum(value for value in own if value is not None)

    def _sum_of_funding(self) -> float | None:
        figures = self.figures
        total = 0.0
        for row in self.group.members if self.group is not None else ():
            reading = figures.fundings[int(figures.prepared.key_of[row])]
            value = known(figures.value[row])
            if reading is None or value is None or funding_faults(reading, "", figures):
                return None
            side = float(figures.prepared.arrays.side[row])
            payment = funding_payment(side, value, reading.predicted or 0.0)
            total += payment / (reading.interval_hours or math.nan)
        return total

    def _note_readings(self, absent_mark: str, absent_funding: str) -> None:
        if self.mark is None:
            self.unknown[Ingredient.MARK] = absent_mark or self._why_no_mark()
        self.unknown.update(funding_faults(self.funding_reading, absent_funding, self.figures))

    def _why_no_mark(self) -> str:
        reading = self.mark_reading
        if reading is None or reading.mark is None:
            return "the venue gave no mark price"
        if _expired(ReadingKind.MARK_PRICE, reading.as_of_ms, self.figures):
            return f"no mark price for {age_text(self.now_ms - reading.as_of_ms)}"
        return f"a mark price of {reading.mark} is not usable"

    def _note_wallet(self) -> None:
        number, wallets = self.group_number, self.figures.wallets
        if number is not None and wallets is not None and wallets.faults[number]:
            self.unknown[Ingredient.MARGIN] = wallets.faults[number]
        own = self.unit_rows
        for row in () if self.group is None else self.group.members:
            if row in own:
                continue
            if math.isnan(self.figures.pnl[row] + self.figures.charges[row]):
                symbol = self.figures.prepared.terms[row].position.instrument.symbol
                self.unknown[Ingredient.OTHERS] = (
                    f"{symbol} in the same wallet: {why_unknown(self.figures, row)}"
                )
                return
        for row in own:
            if not self.figures.prepared.terms[row].solvable and row != self.row:
                reason = why_unknown(self.figures, row)
                self.unknown[Ingredient.OTHERS] = f"another position in this contract: {reason}"


def has_been(breach: Breach, now_ms: int) -> bool:
    """Whether a breach lies in the past of `now_ms`, or so near that clocks may differ by it."""
    return breach.at_ms <= now_ms + CLOCK_SLACK_MS


LIQUIDATION_NEEDS = (
    Ingredient.SIZE,
    Ingredient.ENTRY,
    Ingredient.MARGIN,
    Ingredient.RATE,
    Ingredient.CLOSE_FEE,
    Ingredient.OTHERS,
)
"""What a liquidation price is made of; a mark price is not needed for it."""


def funding_faults(
    reading: FundingRate | None, absent: str, figures: Figures
) -> dict[Ingredient, str]:
    """Why the predicted rate or the interval of a reading is not known; empty where both are."""
    reason = ""
    if reading is None:
        reason = absent or "no funding rate"
    elif _expired(ReadingKind.FUNDING_RATE, reading.as_of_ms, figures):
        reason = f"no funding rate for {age_text(figures.now_ms - reading.as_of_ms)}"
    elif reading.predicted is None:
        reason = f"{reading.venue} gave no predicted funding rate"
    elif not abs(reading.predicted) < 1.0:
        reason = f"a funding rate of {reading.predicted} is not usable"
    elif not _SHORTEST_INTERVAL_HOURS <= (reading.interval_hours or 0.0) < math.inf:
        return {Ingredient.INTERVAL: "the funding interval is not known"}
    return {Ingredient.FUNDING: reason, Ingredient.INTERVAL: reason} if reason else {}


def _expired(kind: ReadingKind, received_ms: int, figures: Figures) -> bool:
    return freshness(kind, received_ms, figures.now_ms, figures.speed) is Freshness.EXPIRED


def why_unknown(figures: Figures, row: int) -> str:
    """Why the profit or the maintenance margin of a position is not known: what was entered, or
    its mark price, and since when that is missing."""
    reasons = figures.prepared.terms[row].unknown
    for ingredient in (Ingredient.SIZE, Ingredient.ENTRY, Ingredient.RATE, Ingredient.CLOSE_FEE):
        if ingredient in reasons:
            return reasons[ingredient]
    place = int(figures.prepared.key_of[row])
    reading, key = figures.marks[place], figures.prepared.keys[place]
    if reading is None:
        return figures.absent_marks[key]
    if reading.mark is None or not _expired(ReadingKind.MARK_PRICE, reading.as_of_ms, figures):
        return f"{reading.venue} gave no mark price that can be used"
    since = f"{datetime.fromtimestamp(reading.as_of_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    return f"no mark price since {since} ({age_text(figures.now_ms - reading.as_of_ms)})"


CLOCK_SLACK_MS = 300_000
"""A moment further ahead than this belongs to another time than now."""

_SHORTEST_INTERVAL_HOURS = 1 / 3_600
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_DAY_MS = 86_400_000


def age_text(age_ms: int) -> str:
    """An age in words, in the largest unit that counts at least two of it."""
    for unit_ms, name in ((_DAY_MS, "days"), (_HOUR_MS, "h"), (_MINUTE_MS, "min")):
        if age_ms >= 2 * unit_ms:
            return f"{age_ms // unit_ms} {name}"
    return f"{age_ms // 1000} s"
