"""One position in the terms of the equation: its venue's rule filled in with its numbers.

What is not usable or not known is a reason in `unknown`, under the name of the ingredient that
is missing; the figures that need the ingredient are then unknown for that reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.market.account import MarginMode, Position, Side
from dashboard.market.instrument import (
    ContractKind,
    InstrumentKey,
    MarginTier,
    TierTable,
)
from dashboard.risk.faults import position_faults
from dashboard.risk.liquidation import Leg
from dashboard.risk.margin import initial_margin
from dashboard.risk.notional import notional, quantity_of
from dashboard.risk.rates import Rates, UsableTiers, fixed_maintenance, table_rates
from dashboard.risk.venue_rules import VenueRule, rule_for
from dashboard.risk.venue_rules.rule import CloseFee, MaintenanceBasis


class Ingredient(StrEnum):
    """What figures are made of; each may be unknown for its own reason."""

    SIZE = "size"
    ENTRY = "entry"
    LEVERAGE = "leverage"
    MARGIN = "margin"
    RATE = "rate"
    CLOSE_FEE = "close fee"
    TAKER_FEE = "taker fee"
    STOP = "stop"
    MARK = "mark"
    OTHERS = "others"
    FUNDING = "funding"
    INTERVAL = "interval"


_INGREDIENT_OF_FIELD = {
    "size": Ingredient.SIZE,
    "contract_size": Ingredient.SIZE,
    "entry_price": Ingredient.ENTRY,
    "leverage": Ingredient.LEVERAGE,
    "margin": Ingredient.MARGIN,
    "extra_margin": Ingredient.MARGIN,
    "maintenance_margin_rate": Ingredient.RATE,
    "maintenance_amount": Ingredient.RATE,
    "taker_fee": Ingredient.TAKER_FEE,
    "stop_price": Ingredient.STOP,
    "take_profit_price": Ingredient.STOP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A position, its rule and the numbers that enter the equation (NaN where unknown).

    `margin` is the isolated margin with what was added; NaN for cross. `wallet_weight` scales the
    wallet where a fee on bankruptcy value depends on it. `fixed_maintenance` and `fixed_fee` do
    not move with the price. `share` is the position's part of all that the wallet holds in the
    same contract and direction, which the venue treats as one position.
    """

    position: Position
    rule: VenueRule
    quantity: float
    margin: float
    leverage: float
    taker_fee: float
    rates: Rates
    close_fee: float
    fixed_maintenance: float
    fixed_fee: float
    wallet_weight: float
    share: float
    unknown: dict[Ingredient, str] = field(default_factory=dict)

    @property
    def kind(self) -> ContractKind:
        return self.position.instrument.kind

    @property
    def sigma(self) -> int:
        """The sign of profit in x (price, or 1 / price for an inverse contract)."""
        side = int(self.position.side)
        return side if self.kind is ContractKind.LINEAR else -side

    @property
    def isolated(self) -> bool:
        return self.position.margin_mode is MarginMode.ISOLATED

    @property
    def on_mark(self) -> bool:
        """Whether maintenance moves with the mark price."""
        return self.rule.maintenance_on is MaintenanceBasis.MARK

    @property
    def entry_notional(self) -> float:
        return notional(self.kind, self.quantity, self.position.entry_price)

    @property
    def column_tiers(self) -> tuple[MarginTier, ...]:
        """The tiers that maintenance on mark value is read from: a rate of 0 where none is."""
        if self.on_mark or Ingredient.RATE in self.unknown:
            return self.rates.tiers
        return _NO_MAINTENANCE

    @property
    def solvable(self) -> bool:
        """Whether all that the position itself brings to the equation is known."""
        return not _OWN_INGREDIENTS & self.unknown.keys()

    @property
    def held_quantity(self) -> float:
        """What the wallet holds in the same contract and direction altogether."""
        return self.quantity / self.share

    def leg(self) -> Leg:
        """The position as a leg of its wallet."""
        return Leg(
            kind=self.kind,
            side=Side(self.position.side),
            quantity=self.quantity,
            entry=self.position.entry_price,
            tiers=self.rates.tiers if self.on_mark else (),
            rate_growth=self.rates.growth if self.on_mark else 0.0,
            close_fee=self.close_fee,
            fixed=self.fixed_maintenance + self.fixed_fee,
        )


_NO_MAINTENANCE = (MarginTier(floor=0.0, mmr=0.0),)
_OWN_INGREDIENTS = frozenset(
    {Ingredient.SIZE, Ingredient.ENTRY, Ingredient.RATE, Ingredient.CLOSE_FEE}
)


def terms_of(
    position: Position, tables: UsableTiers, on_date_ms: int, held_quantity: float | None = None
) -> Terms:
    """Fill the venue's rule on a date (ms UTC) in with a position's numbers.

    `held_quantity` is what the wallet holds in the same contract and direction altogether
    (None: this position alone).
    """
    instrument = position.instrument
    rule = rule_for(instrument.venue, instrument.kind, position.margin_mode, on_date_ms)
    unknown = _unknown_as_entered(position)
    builder = _Builder(position, rule, unknown, held_quantity)
    return builder.build(tables)


def _unknown_as_entered(position: Position) -> dict[Ingredient, str]:
    unknown: dict[Ingredient, str] = {}
    for name, sentence in position_faults(position).items():
        unknown.setdefault(_INGREDIENT_OF_FIELD[name], sentence)
    return unknown


class _Builder:
    """Collects the terms of one position; unknown ingredients turn into NaN and a reason."""

    def __init__(
        self,
        position: Position,
        rule: VenueRule,
        unknown: dict[Ingredient, str],
        held_quantity: float | None,
    ) -> None:
        self._position = position
        self._rule = rule
        self._unknown = unknown
        sized = Ingredient.SIZE not in unknown and Ingredient.ENTRY not in unknown
        self._sized = sized
        self._quantity = quantity_of(position) if sized else math.nan
        linear = position.instrument.kind is ContractKind.LINEAR
        self._sigma = int(position.side) if linear else -int(position.side)
        self._held = self._quantity if held_quantity is None else held_quantity
        self._entry_notional = (
            notional(position.instrument.kind, self._quantity, position.entry_price)
            if sized
            else math.nan
        )

    def build(self, tables: UsableTiers) -> Terms:
        rates = self._rates(tables) if self._sized else Rates()
        fee = self._taker_fee()
        margin = self._margin(fee)
        leverage = self._leverage(margin)
        weight, fixed_fee = self._fixed_fee(fee, leverage)
        return Terms(
            position=self._position,
            rule=self._rule,
            quantity=self._quantity,
            margin=margin,
            leverage=leverage,
            taker_fee=fee,
            rates=rates,
            close_fee=fee if self._rule.close_fee is CloseFee.MARK else 0.0,
            fixed_maintenance=self._fixed_maintenance(rates),
            fixed_fee=fixed_fee,
            wallet_weight=weight,
            share=self._quantity / self._held,
            unknown=self._unknown,
        )

    def _taker_fee(self) -> float:
        if Ingredient.TAKER_FEE not in self._unknown:
            for fee in (self._position.taker_fee, self._rule.taker_fee):
                if fee is not None:
                    return fee
            self._unknown[Ingredient.TAKER_FEE] = (
                f"no taker fee was entered, and the rule {self._rule.name} names none"
            )
        if self._rule.close_fee is not CloseFee.NONE:
            self._unknown[Ingredient.CLOSE_FEE] = self._unknown[Ingredient.TAKER_FEE]
        return math.nan

    def _margin(self, fee: float) -> float:
        """The isolated margin with what was added; NaN for cross, whose wallet is the margin."""
        position = self._position
        if position.margin_mode is MarginMode.CROSS or Ingredient.MARGIN in self._unknown:
            return math.nan
        margin = position.margin
        if margin is None:
            if Ingredient.LEVERAGE in self._unknown:
                self._unknown[Ingredient.MARGIN] = self._unknown[Ingredient.LEVERAGE]
                return math.nan
            margin = self._margin_from_leverage(position.leverage or math.nan, fee)
        extra = position.extra_margin
        if extra and self._rule.extra_margin_grossed:
            extra /= 1.0 - self._sigma * fee
        return margin + extra

    def _margin_from_leverage(self, leverage: float, fee: float) -> float:
        margin = initial_margin(self._entry_notional, leverage)
        if self._rule.margin_holds_fee:
            margin += fee * self._entry_notional * (1.0 + 1.0 / leverage)
        return margin

    def _leverage(self, margin: float) -> float:
        if Ingredient.LEVERAGE in self._unknown:
            return math.nan
        leverage = self._position.leverage
        if leverage is not None:
            return leverage
        if not math.isnan(margin):
            return self._entry_notional / margin
        self._unknown[Ingredient.LEVERAGE] = "no leverage was entered"
        return math.nan

    def _fixed_fee(self, fee: float, leverage: float) -> tuple[float, float]:
        """Weight of the wallet and fee in money, where the fee does not move with the price.

        On bankruptcy value the fee is f n x_b with x_b = (x_e - W / (sigma n)) / (1 - sigma f),
        which is linear in the wallet W.
        """
        if self._rule.close_fee is CloseFee.ENTRY_AND_MARGIN:
            return 1.0, fee * self._entry_notional * (1.0 + 1.0 / leverage)
        if self._rule.close_fee is not CloseFee.BANKRUPTCY:
            return 1.0, 0.0
        room = 1.0 - self._sigma * fee
        return 1.0 + self._sigma * fee / room, fee * self._entry_notional / room

    def _fixed_maintenance(self, rates: Rates) -> float:
        if not rates.tiers:
            return math.nan
        scale = self._held / self._quantity
        return fixed_maintenance(self._rule, self._entry_notional, scale, rates)

    def _rates(self, tables: UsableTiers) -> Rates:
        if Ingredient.RATE in self._unknown:
            return Rates()
        rate = self._position.maintenance_margin_rate
        if rate is not None:
            entered = MarginTier(floor=0.0, mmr=rate, cum=self._position.maintenance_amount)
            return Rates((entered,), source="entered")
        table = tables.find(self._position.instrument.key)
        if table is not None:
            return self._table_rates(table, tables.read(table, self._rule.brackets))
        return self._grown_rates()

    def _table_rates(self, table: TierTable, read: tuple[MarginTier, ...] | str) -> Rates:
        if isinstance(read, str):
            self._unknown[Ingredient.RATE] = read
            return Rates(table=table)
        return table_rates(self._position.instrument, self._held, table, read)

    def _grown_rates(self) -> Rates:
        instrument = self._position.instrument
        growth = self._rule.rate_growth.get(instrument.base)
        if growth is None:
            self._unknown[Ingredient.RATE] = (
                f"no margin tiers of {instrument.symbol} at {instrument.venue} are known: "
                "import them or enter a maintenance margin rate"
            )
            return Rates()
        source = self._rule.document
        if instrument.kind is ContractKind.LINEAR:
            rate = growth.base + growth.per_unit * self._held
            return Rates((MarginTier(floor=0.0, mmr=rate),), source=source)
        tier = MarginTier(floor=0.0, mmr=growth.base)
        return Rates((tier,), growth=growth.per_unit, source=source)


def held_together(positions: Sequence[Position]) -> list[float | None]:
    """For each cross position the quantity held in the same contract and direction.

    None for isolated positions, for those alone in their contract and for unusable sizes.
    """
    totals: dict[tuple[InstrumentKey, Side], float] = {}
    counts: dict[tuple[InstrumentKey, Side], int] = {}
    for position in positions:
        if position.margin_mode is MarginMode.CROSS and not _unsized(position):
            at = (position.instrument.key, position.side)
            totals[at] = totals.get(at, 0.0) + quantity_of(position)
            counts[at] = counts.get(at, 0) + 1
    return [
        totals[position.instrument.key, position.side]
        if position.margin_mode is MarginMode.CROSS
        and not _unsized(position)
        and counts[position.instrument.key, position.side] > 1
        else None
        for position in positions
    ]


def _unsized(position: Position) -> bool:
    numbers = (position.size, position.entry_price, position.instrument.contract_size)
    return not all(0.0 < number < math.inf for number in numbers)
