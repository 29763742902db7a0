"""What a closed position brought: its profit, what it cost, and how that stands to its risk."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.market.account import Position
from dashboard.risk.notional import quantity_of
from dashboard.risk.pnl import unrealised_pnl


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """The result of a closed position in its settle currency.

    `net` is `gross` less fees and funding paid. `r_multiple` is net over what the stop would have
    lost without costs, None without a stop on the losing side.
    """

    gross: float
    net: float
    r_multiple: float | None


def realised(position: Position) -> Realised | None:
    """The result of `position`, None while it is not closed."""
    closing = position.closing
    if closing is None:
        return None
    gross = _pnl_at(position, closing.price)
    net = gross - closing.fees - closing.funding_paid
    risked = 0.0 if position.stop_price is None else -_pnl_at(position, position.stop_price)
    return Realised(gross=gross, net=net, r_multiple=net / risked if risked > 0.0 else None)


def _pnl_at(position: Position, price: float) -> float:
    return unrealised_pnl(
        position.instrument.kind,
        position.side,
        quantity_of(position),
        position.entry_price,
        price,
    )
