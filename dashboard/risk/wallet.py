"""What shares one margin: the legs and the collateral of a cross account or isolated position."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.market.instrument import ContractKind
from dashboard.risk.liquidation import Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletLeg:
    """One position as its wallet sees it.

    `coin` is what the contract's price follows (its beta applies), `settle` the coin that profit
    is paid in. `terms` are quantity, entry and maintenance as in the liquidation price.
    """

    id: str
    contract: str
    coin: str
    settle: str
    mark_price: float
    terms: Leg

    @property
    def notional(self) -> float:
        """The position's value at the mark in quote currency, negative for a short."""
        value = self.terms.quantity * self.terms.coordinate(self.mark_price)
        if self.terms.kind is ContractKind.INVERSE:
            value *= self.mark_price
        return value * self.terms.side


@dataclass(frozen=True, slots=True, kw_only=True)
class Collateral:
    """An amount of one coin in a wallet.

    `price` is its value in the wallet's currency (1.0 for that currency itself), `haircut` the
    fraction of its value that counts as margin. `moves` is False for the wallet's currency and
    other coins that a shock leaves alone.
    """

    coin: str
    amount: float
    price: float = 1.0
    haircut: float = 1.0
    moves: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """Positions that share one margin: a cross account, or one isolated position by itself."""

    id: str
    legs: tuple[WalletLeg, ...]
    collateral: tuple[Collateral, ...]

    def coins(self) -> dict[str, Collateral]:
        """Every coin of the wallet; one that only profit is paid in holds nothing of itself."""
        coins = {held.coin: held for held in self.collateral}
        for leg in self.legs:
            if leg.settle not in coins:
                worth = leg.mark_price if leg.terms.kind is ContractKind.INVERSE else 1.0
                coins[leg.settle] = Collateral(coin=leg.settle, amount=0.0, price=worth)
        return coins
