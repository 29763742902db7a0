"""The cross account: what it holds against what it must, and what kills it first.

The mathematics of a shock stand in shock.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dashboard.risk.shock import Shock, SurplusLines, common_move, find_shock, single_move
from dashboard.risk.wallet import Wallet, WalletLeg


class LegPrices(NamedTuple):
    """The prices of one leg's contract at which its wallet is liquidated, all else frozen."""

    low: float | None
    high: float | None


class Death(NamedTuple):
    """A wallet's liquidation on the way of a common shock, and what the others are worth then.

    `equity_left` is what counts as margin, after haircuts and in the wallets' common currency, of
    those that still stand: wallets that go at one and the same move leave nothing to each other.
    """

    wallet: str
    shock: float
    equity_left: float


def equity(wallet: Wallet, shock: float = 0.0, betas: Mapping[str, float] | None = None) -> float:
    """Collateral (before haircuts) and unrealised PnL of all legs after a common shock.

    Raises InputError where the shock would need a price below zero.
    """
    lines = SurplusLines(wallet, common_move(wallet, betas))
    lines.check(shock)
    return lines.equity_at(shock)


def maintenance(wallet: Wallet) -> float:
    """Maintenance margin, close fees and reserves of all legs at today's mark prices."""
    return SurplusLines(wallet, common_move(wallet, None)).required_at(0.0)


def surplus(wallet: Wallet, shock: float = 0.0, betas: Mapping[str, float] | None = None) -> float:
    """What the wallet holds beyond what it must after a common shock; at 0 it is liquidated.

    Raises InputError where the shock would need a price below zero.
    """
    lines = SurplusLines(wallet, common_move(wallet, betas))
    lines.check(shock)
    return lines.surplus_at(shock)


def common_shock(wallet: Wallet, betas: Mapping[str, float] | None = None) -> Shock:
    """The smallest common shocks, down and up, that liquidate the wallet.

    Each coin moves beta x the shock; a coin without a beta moves by the shock itself. `betas`
    None is the crash case in which every coin does.
    """
    return find_shock(SurplusLines(wallet, common_move(wallet, betas)))


def leg_prices(wallet: Wallet, leg: WalletLeg) -> LegPrices:
    """The prices of `leg`'s contract that liquidate its wallet while all other prices stand.

    All legs of the same contract move together, so both legs of a hedge share their prices; the
    coin that an inverse contract settles in moves with it.
    """
    root = find_shock(SurplusLines(wallet, single_move(wallet, leg)))
    low = None if root.down is None else leg.mark_price * (1.0 + root.down)
    high = None if root.up is None else leg.mark_price * (1.0 + root.up)
    return LegPrices(low, high)


def order_of_death(
    wallets: Sequence[Wallet], betas: Mapping[str, float] | None = None, *, up: bool = False
) -> tuple[Death, ...]:
    """Which wallets a growing common shock liquidates, the first to go first.

    An isolated position is a wallet of its own. Wallets that survive every shock are left out;
    one that is past its liquidation already goes at 0.0, whichever way prices move.
    """
    lines = {w.id: SurplusLines(w, common_move(w, betas)) for w in wallets}
    shocks = {name: _part(find_shock(line), up=up) for name, line in lines.items()}
    deaths: list[Death] = []
    dying = {name: shock for name, shock in shocks.items() if shock is not None}
    for name in sorted(dying, key=lambda name: abs(dying[name])):
        end = dying[name]
        standing = (line for other, line in lines.items() if _stands(dying.get(other), end))
        deaths.append(Death(name, end, math.fsum(line.counted_at(end) for line in standing)))
    return tuple(deaths)


def _stands(own: float | None, shock: float) -> bool:
    return own is None or abs(own) > abs(shock)


def _part(shock: Shock, *, up: bool) -> float | None:
    return shock.up if up else shock.down
