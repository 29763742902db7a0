"""The smallest move of prices that liquidates a wallet, found exactly.

A wallet's surplus is what it holds beyond what it must: collateral and profit, each coin's
equity counted as min(equity, haircut x equity), less maintenance margin and close fees of all
legs. Along a shock x every coin moves to price x (1 + beta x). In the wallet's currency

    linear    pnl  s q (P - E)         maintenance  (r + f) q P - c
    inverse   pnl  s Q (P / E - 1)     maintenance  (r + f) Q - c P      (coin figures x P)

so the surplus is linear in x between kinks, which lie where a leg enters another tier or a
coin's equity changes sign. All kinks are sorted, the surplus is evaluated on every piece at
once, and the first piece outward from 0 in which it reaches zero is solved. This is exact for
any table of tiers, jumps included; with rising rates and continuous deductions the surplus is
concave and there is at most one such point each way. A rate that grows with the size of an
inverse position (Deribit) bends a piece, whose root is then found by halving.

Beyond the last tier's cap its rate goes on. Prices never fall below zero: a shock that would
need that liquidates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dashboard.errors import InputError
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.wallet import Collateral, Wallet, WalletLeg

FloatArray = npt.NDArray[np.float64]

_PRICE_OF_ZERO = 1e-12
"""How near, relative to today's price, a root lies to a price of zero that is never reached."""


class Shock(NamedTuple):
    """The smallest moves down (negative) and up that liquidate; None where no move does.

    Both are 0.0 where the wallet is already below its maintenance margin.
    """

    down: float | None
    up: float | None


class Move(NamedTuple):
    """How fast each leg's price and each coin's value move with the shock."""

    legs: tuple[float, ...]
    coins: Mapping[str, float]


def common_move(wallet: Wallet, betas: Mapping[str, float] | None) -> Move:
    """Every coin moves by its beta, or by the shock itself where `betas` does not name it.

    An inverse contract's coin moves with the contract; other collateral as its `moves` says.
    Raises InputError where a beta is no finite number.
    """
    given = betas or {}
    for coin, beta in given.items():
        if not math.isfinite(beta):
            raise InputError("betas", f"beta of {coin} must be a finite number, not {beta}")
    coins = {c.coin: given.get(c.coin, 1.0) if c.moves else 0.0 for c in wallet.collateral}
    for leg in wallet.legs:
        if leg.terms.kind is ContractKind.INVERSE:
            coins[leg.settle] = given.get(leg.coin, 1.0)
    return Move(tuple(given.get(leg.coin, 1.0) for leg in wallet.legs), coins)


def single_move(wallet: Wallet, moving: WalletLeg) -> Move:
    """Only the contract of one leg moves, and the coin with it that an inverse one settles in."""
    legs = tuple(1.0 if leg.contract == moving.contract else 0.0 for leg in wallet.legs)
    coins = {moving.settle: 1.0} if moving.terms.kind is ContractKind.INVERSE else {}
    return Move(legs, coins)


class SurplusLines:
    """A wallet's surplus in the shock x, piece by piece: base + slope x - curve(x)."""

    def __init__(self, wallet: Wallet, move: Move) -> None:
        coins = wallet.coins()
        self._requirements = tuple(
            _Requirement(leg, beta, coins[leg.settle].price, move.coins.get(leg.settle, 0.0))
            for leg, beta in zip(wallet.legs, move.legs, strict=True)
        )
        self._curves = tuple(r.curve for r in self._requirements if r.curve is not None)
        self._haircuts = np.array([coin.haircut for coin in coins.values()])
        self._equity_base, self._equity_slope = self._equities(coins, move)
        self.lowest, self.highest = _bounds((*move.legs, *move.coins.values()))

    def _equities(
        self, coins: Mapping[str, Collateral], move: Move
    ) -> tuple[FloatArray, FloatArray]:
        """Equity of each coin: its amount and the profit that is paid in it."""
        place = {coin: index for index, coin in enumerate(coins)}
        base = np.array([held.amount * held.price for held in coins.values()])
        slope = base * np.array([move.coins.get(coin, 0.0) for coin in coins])
        for requirement in self._requirements:
            index = place[requirement.settle]
            base[index] += requirement.pnl_base
            slope[index] += requirement.pnl_slope
        return base, slope

    def kinks(self) -> FloatArray:
        """All shocks inside the bounds at which a line may bend, sorted."""
        with np.errstate(divide="ignore", invalid="ignore"):
            signs = -self._equity_base / self._equity_slope
        bends = [signs[self._haircuts != 1.0], *(r.kinks() for r in self._requirements)]
        found = np.unique(np.concatenate(bends))
        return found[(found > self.lowest) & (found < self.highest)]

    def required(self, at: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Base and slope of all legs' maintenance on the pieces that hold the points `at`."""
        base, slope = np.zeros(at.shape), np.zeros(at.shape)
        for requirement in self._requirements:
            leg_base, leg_slope = requirement.lines(at)
            base += leg_base
            slope += leg_slope
        return base, slope

    @property
    def empty(self) -> bool:
        """Whether the wallet has no legs, so that nothing can be liquidated."""
        return not self._requirements

    @property
    def curved(self) -> bool:
        """Whether any piece is not straight."""
        return bool(self._curves)

    def curve(self, shock: float) -> float:
        """What growing rates take besides, at one shock; infinite at a price of zero."""
        return math.fsum(curve(shock) for curve in self._curves)

    def surplus(self, at: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Base and slope of the surplus, curves left out, on the pieces that hold `at`."""
        equities = self._equity_base[:, None] + self._equity_slope[:, None] * at
        weight = np.where(equities > 0.0, self._haircuts[:, None], 1.0)
        required_base, required_slope = self.required(at)
        base = (weight * self._equity_base[:, None]).sum(axis=0) - required_base
        slope = (weight * self._equity_slope[:, None]).sum(axis=0) - required_slope
        return base, slope

    def equities(self, at: FloatArray) -> FloatArray:
        """Equity of each coin at many shocks, no haircut taken; shape (coins, *at.shape)."""
        shape = (-1, *(1,) * at.ndim)
        return self._equity_base.reshape(shape) + self._equity_slope.reshape(shape) * at

    def counted(self, equities: FloatArray) -> FloatArray:
        """What the coins' `equities` count as margin together, a debt in full."""
        haircuts = self._haircuts.reshape(-1, *(1,) * (equities.ndim - 1))
        return np.asarray(np.minimum(equities, haircuts * equities).sum(axis=0))

    def left(self, at: FloatArray) -> FloatArray:
        """What counts as margin at many shocks, never below zero.

        No holder owes a venue more than stands behind a position: the margin of an isolated one,
        the whole wallet of a cross one. What a fill beyond the bankruptcy price lacks is borne by
        the insurance fund, then by automatic deleveraging of the other side, so that one wallet
        below zero takes nothing from another.
        """
        return np.maximum(0.0, self.counted(self.equities(at)))

    def needed(self, at: FloatArray) -> FloatArray:
        """Maintenance, close fees and reserves at many shocks."""
        base, slope = self.required(at)
        total = base + slope * at
        if self.curved:
            total = total + np.array([self.curve(shock) for shock in at.tolist()])
        return np.asarray(total)

    def check(self, shock: float) -> None:
        """Raise InputError where a shock would need a price below zero."""
        if not self.lowest <= shock <= self.highest:
            raise InputError(
                "shock",
                f"shock must lie between {self.lowest:g} and {self.highest:g}, where no price is "
                f"negative, not {shock:g}",
            )

    def equity_at(self, shock: float) -> float:
        """Collateral and PnL, no haircut taken, at one shock."""
        return float(np.sum(self._equity_base + self._equity_slope * shock))

    def counted_at(self, shock: float) -> float:
        """What counts as margin, after haircuts, at one shock."""
        return float(self.counted(self.equities(np.array([shock])))[0])

    def required_at(self, shock: float) -> float:
        """Maintenance, close fees and reserves at one shock."""
        base, slope = self.required(np.array([shock]))
        return float(base[0] + slope[0] * shock) + self.curve(shock)

    def surplus_at(self, shock: float) -> float:
        """The surplus at one shock."""
        base, slope = self.surplus(np.array([shock]))
        return float(base[0] + slope[0] * shock) - self.curve(shock)


class _Curve(NamedTuple):
    """What a rate that grows with an inverse position's coin size takes after a shock."""

    amount: float
    beta: float

    def __call__(self, shock: float) -> float:
        left = 1.0 + self.beta * shock
        return self.amount / left if left > 0.0 else math.inf


class _Requirement:
    """One leg's profit and maintenance as lines in the shock, in the wallet's currency."""

    def __init__(self, leg: WalletLeg, beta: float, worth: float, settle_beta: float) -> None:
        terms = leg.terms
        self.settle = leg.settle
        self._terms = terms
        self._mark = leg.mark_price
        self._beta = beta
        notional = terms.quantity * terms.coordinate(leg.mark_price)
        value = notional * worth
        at_entry = terms.quantity * terms.coordinate(terms.entry) * worth
        if terms.kind is ContractKind.INVERSE:
            # A coin's worth moves with its contract, so face value / price x worth stands still
            # where the contract moves and follows the coin where the contract is frozen.
            value_slope = value * (settle_beta - beta)
        else:
            _require_still(leg, settle_beta)
            value_slope = value * beta
        self.pnl_base = terms.sigma * (value - at_entry)
        self.pnl_slope = terms.sigma * (value_slope - at_entry * settle_beta)
        tiers = terms.tiers or (MarginTier(floor=0.0, mmr=0.0),)
        self._floors = np.array([tier.floor for tier in tiers])
        rates = np.array([tier.mmr for tier in tiers]) + terms.close_fee
        fixed = (terms.fixed - np.array([tier.cum for tier in tiers])) * worth
        self._bases = rates * value + fixed
        self._slopes = rates * value_slope + fixed * settle_beta
        growing = terms.rate_growth * notional * value
        self.curve = _Curve(growing, beta) if growing > 0.0 and beta != 0.0 else None
        if self.curve is None:
            self._bases += growing
            self._slopes += growing * settle_beta

    def kinks(self) -> FloatArray:
        """The shocks at which the leg's notional enters another tier."""
        floors = self._floors[self._floors > 0.0]
        if self._beta == 0.0:
            return np.empty(0)
        quantity = self._terms.quantity
        inverse = self._terms.kind is ContractKind.INVERSE
        prices = quantity / floors if inverse else floors / quantity
        return np.asarray((prices / self._mark - 1.0) / self._beta)

    def lines(self, at: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Base and slope of the maintenance in the tiers that hold at the points `at`."""
        price = self._mark * (1.0 + self._beta * at)
        if self._terms.kind is ContractKind.INVERSE:
            with np.errstate(divide="ignore"):
                price = 1.0 / price
        tier = np.searchsorted(self._floors, self._terms.quantity * price, side="right") - 1
        return self._bases[tier], self._slopes[tier]


def _require_still(leg: WalletLeg, settle_beta: float) -> None:
    if settle_beta != 0.0:
        raise InputError(
            "settle",
            f"profit of {leg.contract} is paid in {leg.settle}, whose price moves with the shock; "
            "a shock is known only where profit is paid in the quote currency or the coin itself",
        )


def _bounds(betas: Sequence[float]) -> tuple[float, float]:
    """The shocks between which no price is negative."""
    lowest = max((-1.0 / beta for beta in betas if beta > 0.0), default=-math.inf)
    highest = min((-1.0 / beta for beta in betas if beta < 0.0), default=math.inf)
    return lowest, highest


def find_shock(lines: SurplusLines) -> Shock:
    """The points nearest to 0, either way, at which no surplus is left."""
    if lines.empty:
        return Shock(None, None)
    if lines.surplus_at(0.0) <= 0.0:
        return Shock(0.0, 0.0)
    kinks = lines.kinks()
    return Shock(
        down=_first_root(lines, kinks[kinks < 0.0][::-1], lines.lowest),
        up=_first_root(lines, kinks[kinks > 0.0], lines.highest),
    )


def _first_root(lines: SurplusLines, kinks: FloatArray, bound: float) -> float | None:
    """The point nearest to 0, on the way over `kinks` to `bound`, at which no surplus is left."""
    starts = np.concatenate([[0.0], kinks])
    ends = np.concatenate([kinks, [bound]])
    inside = np.where(np.isinf(ends), starts + np.sign(ends), (starts + ends) / 2.0)
    bases, slopes = lines.surplus(inside)
    pieces = zip(starts.tolist(), ends.tolist(), bases.tolist(), slopes.tolist(), strict=True)
    for piece in pieces:
        root = _root_on_piece(_Piece(*piece), lines)
        if root is not None:
            return None if math.isclose(root, bound, rel_tol=_PRICE_OF_ZERO) else root
    return None


class _Piece(NamedTuple):
    """A stretch of shocks from `start` outward to `end` on which the surplus has one form."""

    start: float
    end: float
    base: float
    slope: float

    def line(self, shock: float) -> float:
        """The straight part of the surplus."""
        return self.base + self.slope * shock

    def crossing(self) -> float | None:
        """Where the straight part reaches zero on the piece, None where it does not."""
        if math.isinf(self.end):
            return -self.base / self.slope if self.slope * self.end < 0.0 else None
        if self.line(self.end) > 0.0:
            return None
        low, high = sorted((self.start, self.end))
        return min(max(-self.base / self.slope, low), high)


def _root_on_piece(piece: _Piece, lines: SurplusLines) -> float | None:
    if piece.line(piece.start) - lines.curve(piece.start) <= 0.0:
        return piece.start
    crossing = piece.crossing()
    if not lines.curved:
        return crossing
    # The curve only takes, so the root lies before the straight part's crossing.
    end = piece.end if crossing is None else crossing
    if math.isinf(end) or piece.line(end) - lines.curve(end) > 0.0:
        return None
    return _halve(lambda x: piece.line(x) - lines.curve(x), piece.start, end)


def _halve(surplus_at: Callable[[float], float], safe: float, dead: float) -> float:
    """The first float at or beyond the sign change between `safe` and `dead`."""
    while (middle := safe + (dead - safe) / 2.0) not in (safe, dead):
        if surplus_at(middle) > 0.0:
            safe = middle
        else:
            dead = middle
    return dead
