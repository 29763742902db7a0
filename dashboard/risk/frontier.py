"""A book's equity against its maintenance margin along a common move of all prices.

A wallet is liquidated at the first move, outward from 0, at which nothing is left beyond its
maintenance (shock.py finds it exactly) and stays so: from there on it counts nothing. Equity is
what counts as margin, after haircuts. At 0 it is the account's equity of now: a wallet that is
past its liquidation already stands at no move, but until the venue has taken it what is left in
it counts there, and its maintenance with it. What is left is never below zero (`SurplusLines.left`
says why). Prices never fall below zero, so a path ends where a coin's would.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dashboard.risk.shock import Shock, SurplusLines, common_move, find_shock
from dashboard.risk.wallet import Wallet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

LOWEST_MOVE, HIGHEST_MOVE = -0.5, 1.0
"""The common moves that a frontier spans, as fractions."""
_STEP = 0.005
_PAST = Shock(0.0, 0.0)
_ABOVE_ZERO = 0.999
"""A path that would reach a price of zero ends this part of the way there."""


class WalletLines(NamedTuple):
    """One wallet along a common move, and the moves that liquidate it."""

    wallet: str
    lines: SurplusLines
    shock: Shock

    def stands(self, moves: FloatArray) -> npt.NDArray[np.bool_]:
        """Whether the wallet still stands at each move: at none where it is past liquidation."""
        down, up = self.shock
        alive = np.ones(moves.shape, dtype=np.bool_)
        if down is not None:
            alive &= moves > down
        if up is not None:
            alive &= moves < up
        return alive


class Path(NamedTuple):
    """A book along `moves`: arrays of one shape, `standing` of its `wallets` still stand.

    Money is that of the wallets that still stand, and at 0 what is left in every one.
    """

    moves: FloatArray
    equity: FloatArray
    maintenance: FloatArray
    standing: IntArray
    wallets: int


def wallet_lines(
    wallets: Sequence[Wallet], betas: Mapping[str, float] | None
) -> tuple[WalletLines, ...]:
    """Every wallet along the move in which each coin goes its beta (1 where none is given)."""
    lines = [(wallet.id, SurplusLines(wallet, common_move(wallet, betas))) for wallet in wallets]
    return tuple(WalletLines(name, line, find_shock(line)) for name, line in lines)


def moves_of(book: Sequence[WalletLines]) -> FloatArray:
    """The moves that a chart of `book` spans, 0 among them, none with a price below zero."""
    low = max((one.lines.lowest * _ABOVE_ZERO for one in book), default=LOWEST_MOVE)
    high = min((one.lines.highest * _ABOVE_ZERO for one in book), default=HIGHEST_MOVE)
    low, high = max(low, LOWEST_MOVE), min(high, HIGHEST_MOVE)
    below = np.linspace(low, 0.0, round(-low / _STEP) + 1)
    return np.concatenate([below[:-1], np.linspace(0.0, high, round(high / _STEP) + 1)])


def path(book: Sequence[WalletLines], moves: FloatArray) -> Path:
    """Equity and maintenance of all wallets of `book` together at each of `moves`."""
    equity, maintenance = np.zeros(moves.shape), np.zeros(moves.shape)
    standing = np.zeros(moves.shape, dtype=np.intp)
    now = moves == 0.0
    for one in book:
        alive = one.stands(moves)
        equity += np.where(alive | now, one.lines.left(moves), 0.0)
        maintenance += np.where(alive | now, one.lines.needed(moves), 0.0)
        standing += alive
    return Path(moves, equity, maintenance, standing, len(book))


def coins_of(wallets: Sequence[Wallet]) -> tuple[str, ...]:
    """The coins that a shock moves, those with the largest positions first."""
    held: dict[str, float] = {}
    for wallet in wallets:
        for leg in wallet.legs:
            held[leg.coin] = held.get(leg.coin, 0.0) + abs(leg.notional)
        for coin in wallet.collateral:
            if coin.moves:
                held[coin.coin] = held.get(coin.coin, 0.0) + abs(coin.amount * coin.price)
    return tuple(sorted(held, key=lambda coin: (-held[coin], coin)))


def only(coin: str, coins: Sequence[str]) -> dict[str, float]:
    """The betas of a move in which one coin moves and all others stand still."""
    return {each: 1.0 if each == coin else 0.0 for each in coins}


def first_shock(book: Sequence[WalletLines]) -> Shock:
    """The smallest moves, down and up, at which the first wallet of `book` is liquidated.

    Wallets that are past their liquidation already do not count while any other still stands.
    """
    standing = [one for one in book if one.shock != _PAST] or book
    downs = [one.shock.down for one in standing if one.shock.down is not None]
    ups = [one.shock.up for one in standing if one.shock.up is not None]
    return Shock(max(downs, default=None), min(ups, default=None))


def equity_now(wallets: Sequence[Wallet]) -> float:
    """What counts as margin in all wallets together at today's prices, none below zero."""
    now = np.zeros(1)
    lines = (SurplusLines(wallet, common_move(wallet, None)) for wallet in wallets)
    return math.fsum(float(line.left(now)[0]) for line in lines)
