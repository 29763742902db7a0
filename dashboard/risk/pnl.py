"""Profit and loss. Leverage is no factor of it.

linear   s q (P - E)            in quote currency
inverse  s Q (1 / E - 1 / P)    in the coin
"""

from __future__ import annotations

from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind


def unrealised_pnl(
    kind: ContractKind, side: Side, quantity: float, entry: float, price: float
) -> float:
    """Profit at a price in the settle currency; `quantity` is base coin or face value."""
    if kind is ContractKind.LINEAR:
        return int(side) * quantity * (price - entry)
    return int(side) * quantity * (1.0 / entry - 1.0 / price)


def loss_between(
    kind: ContractKind, side: Side, quantity: float, start: float, end: float
) -> float:
    """What the position loses (positive) while the price goes from `start` to `end`."""
    return -unrealised_pnl(kind, side, quantity, start, end)
