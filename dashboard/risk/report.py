"""What `assess()` answers: risk per position and per account, each figure with its receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.market.account import Breach, Position
from dashboard.market.instrument import MarginTier


class LiquidationStatus(StrEnum):
    """OK: a price stands and no fresh mark has crossed it; BREACHED: the mark has, or had and the
    trader has not said that the position still stands, or no price is safe; NONE: no price
    liquidates; UNKNOWN: something that it is made of is not known."""

    OK = "ok"
    BREACHED = "breached"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptInput:
    """One input of a figure: what, its value as text, whence, and how old it was (ms)."""

    name: str
    value: str
    source: str
    age_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How a figure came about, in a form that a trader can check by hand.

    `formula` is symbolic, `worked` the same with the numbers put in. `confirmed` is True only
    where a price reported by the venue agrees with the rule.
    """

    figure: str
    rule: str
    rule_valid_from: str
    document: str
    confirmed: bool
    formula: str
    worked: str
    inputs: tuple[ReceiptInput, ...] = ()
    tier: MarginTier | None = None
    tier_number: int | None = None
    tiers_source: str = ""
    tiers_as_of_ms: int | None = None
    band: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCheck:
    """Whether a stop fills before liquidation; `buffer_fraction` of entry lies between them."""

    price: float
    before_liquidation: bool | None
    buffer_fraction: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRisk:
    """All figures of one position; None means unknown and `missing` says why, by field name.

    Money is in `currency` (the settle currency). `quantity` is base coin, or face value in quote
    currency for an inverse contract. `distance` is signed room in price: mark - liquidation for a
    long, liquidation - mark for a short, None unless status is OK; `distance_money` is what the
    position loses on the way there and `margin_at_liquidation` what that leaves of an isolated
    position's margin: just what must be held there, so that the whole margin is more than the
    loss on the way. A position with an opposite one in the same contract and
    wallet shares two liquidation prices with it and shows the one nearer to the mark.
    `margin_ratio` is maintenance margin and close fee over the margin that is left (of a cross
    position: its wallet's), 1 is liquidation. Funding figures are what the holder pays (positive)
    or receives (negative); their fractions and `effective_leverage` are of the margin left.
    `wallet_leverage` is the gross notional of all positions that share this margin over the same,
    and so no smaller than `effective_leverage`; of an isolated position they are one.
    `breach` is a crossing of the liquidation price that nobody has answered yet; what takes the
    position for standing is None then. `crossed` is whether the mark is beyond at this moment, or
    no price is safe. The loss of a breached isolated position ends at its margin.
    """

    position: Position
    currency: str
    status: LiquidationStatus
    quantity: float | None = None
    mark_price: float | None = None
    notional: float | None = None
    unrealised_pnl: float | None = None
    roi: float | None = None
    initial_margin: float | None = None
    maintenance_margin: float | None = None
    maintenance_margin_rate: float | None = None
    margin_ratio: float | None = None
    liquidation_price: float | None = None
    bankruptcy_price: float | None = None
    distance: float | None = None
    distance_fraction: float | None = None
    distance_money: float | None = None
    margin_at_liquidation: float | None = None
    effective_leverage: float | None = None
    wallet_leverage: float | None = None
    funding_per_interval: float | None = None
    funding_per_day: float | None = None
    funding_fraction_of_margin_per_interval: float | None = None
    funding_fraction_of_margin_per_day: float | None = None
    funding_apr: float | None = None
    hours_to_liquidation_by_funding: float | None = None
    break_even_price: float | None = None
    stop: StopCheck | None = None
    breach: Breach | None = None
    crossed: bool = False
    warnings: Sequence[str] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    receipts: Mapping[str, Receipt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRisk:
    """One venue's cross wallet in one settle currency: what it holds against what it must.

    `shock_down` and `shock_up` are the smallest common relative moves (betas 1) that liquidate
    it, None where no move does. `equity` is as the venue counts it and may be below zero; the
    account as a whole counts such a wallet as nothing, since no holder owes more than it holds.
    """

    venue: str
    currency: str
    wallet_balance: float | None
    equity: float | None
    maintenance_margin: float | None
    margin_ratio: float | None
    shock_down: float | None
    shock_up: float | None
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskReport:
    """The risk of a whole book at `now_ms`; `positions` keeps the order of the book."""

    now_ms: int
    positions: Sequence[PositionRisk]
    accounts: Sequence[AccountRisk] = ()
