"""What is left of a book when Bitcoin moves one way and every other coin another.

A leg's profit and maintenance depend on its own coin alone, so a wallet's surplus in two moves is
made of its surplus in each: x(a, b) = x(a, 0) + x(0, b) - x(0, 0) for each coin's equity and for
the maintenance. Haircuts are taken of the equities of the cell. A wallet is liquidated in a cell
in which nothing is left beyond its maintenance: prices count as if they jumped there. One that is
past its liquidation already stands in no cell, as on the frontier: no move brings it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dashboard.risk.frontier import coins_of
from dashboard.risk.shock import SurplusLines, common_move
from dashboard.risk.wallet import Wallet

FloatArray = npt.NDArray[np.float64]

BITCOIN = "BTC"
MATRIX_MOVES = (-0.5, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.5)
"""The moves of either side that a matrix shows, as fractions."""


class Matrix(NamedTuple):
    """Arrays of shape (alt moves, Bitcoin moves).

    `equity` is that of the wallets that still stand, and at (0, 0) what is left in every one,
    none below zero; `liquidated` is how many do not stand.
    """

    bitcoin_moves: tuple[float, ...]
    alt_moves: tuple[float, ...]
    equity: FloatArray
    liquidated: npt.NDArray[np.intp]


def matrix(
    wallets: Sequence[Wallet],
    bitcoin_moves: Sequence[float] = MATRIX_MOVES,
    alt_moves: Sequence[float] = MATRIX_MOVES,
) -> Matrix:
    """The book at every pair of moves, each above -1; all other coins move alike.

    The cell at (0, 0) is the equity of now, as at 0 of the frontier.
    """
    bitcoin, alt = np.array(bitcoin_moves), np.array(alt_moves)
    equity = np.zeros((alt.size, bitcoin.size))
    liquidated = np.zeros(equity.shape, dtype=np.intp)
    now = (alt == 0.0)[:, None] & (bitcoin == 0.0)[None, :]
    coins = coins_of(wallets)
    by_bitcoin = {coin: float(coin == BITCOIN) for coin in (*coins, BITCOIN)}
    by_alt = {coin: 1.0 - share for coin, share in by_bitcoin.items()}
    for wallet in wallets:
        one = SurplusLines(wallet, common_move(wallet, by_bitcoin))
        other = SurplusLines(wallet, common_move(wallet, by_alt))
        counted, needed = _cells(one, other, bitcoin, alt)
        stands = (counted > needed) & (one.surplus_at(0.0) > 0.0)
        equity += np.where(stands | now, np.maximum(0.0, counted), 0.0)
        liquidated += ~stands
    return Matrix(tuple(bitcoin_moves), tuple(alt_moves), equity, liquidated)


def _cells(
    one: SurplusLines, other: SurplusLines, bitcoin: FloatArray, alt: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What counts as margin and what must be held in each cell."""
    origin = np.zeros(1)
    equities = (
        one.equities(bitcoin)[:, None, :]
        + other.equities(alt)[:, :, None]
        - one.equities(origin)[:, :, None]
    )
    needed = one.needed(bitcoin)[None, :] + other.needed(alt)[:, None] - one.needed(origin)[0]
    return one.counted(equities), needed
