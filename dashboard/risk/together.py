"""What ends a cross position when all coins move alike, beside what its own coin alone does.

Its liquidation price has every other price stand still. In a crash none does, and a wallet that
is long in several coins is then liquidated much earlier: the common move (betas 1) is the figure
of that day.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from dashboard.market.account import MarginMode, Position
from dashboard.risk.report import AccountRisk, LiquidationStatus, PositionRisk, RiskReport

_SAME = 1e-6
"""A common move that differs from the coin's own by less, relatively, is the same move."""


class Together(NamedTuple):
    """The smallest common move that liquidates a position's wallet.

    `move` is a fraction, negative for a fall, and `price` that of the position's contract there.
    Both are None where `reason` says why they are not known, and where no common move liquidates
    (then `reason` is empty).
    """

    move: float | None
    price: float | None
    reason: str = ""

    def is_nearer(self, risk: PositionRisk) -> bool:
        """Whether the common move is smaller than the one of the position's coin alone."""
        own = risk.distance_fraction
        return self.move is not None and (own is None or abs(self.move) < own)


def nearest_move(risk: PositionRisk, found: Together | None) -> float | None:
    """The smaller of the own distance and the common move; None where neither is known."""
    own = risk.distance_fraction
    moves = [own] if own is not None else []
    if found is not None and found.move is not None:
        moves.append(abs(found.move))
    return min(moves, default=None)


def account_of(report: RiskReport, position: Position) -> AccountRisk | None:
    """The wallet behind a cross position; None for an isolated one."""
    if position.margin_mode is not MarginMode.CROSS:
        return None
    at = (position.instrument.venue, position.instrument.settle)
    return next((one for one in report.accounts if (one.venue, one.currency) == at), None)


def together(risk: PositionRisk, account: AccountRisk | None) -> Together | None:
    """The common move of a position's wallet; None where it says no more than the position's own.

    So it is for isolated positions, for a wallet that holds one coin only, for one that is past
    its liquidation, and where the position's own price is not known either.
    """
    own_says_all = (LiquidationStatus.BREACHED, LiquidationStatus.UNKNOWN)
    if account is None or risk.status in own_says_all:
        return None
    reason = account.missing.get("shock_down", "")
    moves = [move for move in (account.shock_down, account.shock_up) if move is not None]
    move = min(moves, key=abs, default=None)
    if reason:
        return Together(None, None, reason)
    if move is None:
        return None if risk.distance_fraction is None else Together(None, None)
    if risk.distance_fraction is not None and math.isclose(
        abs(move), risk.distance_fraction, rel_tol=_SAME
    ):
        return None
    price = None if risk.mark_price is None else risk.mark_price * (1.0 + move)
    return Together(move, price)
