"""Random wallets in two coins for the account tests, and their figures worked out leg by leg."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hypothesis import strategies as st

from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.liquidation import Leg
from dashboard.risk.wallet import Collateral, Wallet, WalletLeg

LINEAR, INVERSE = ContractKind.LINEAR, ContractKind.INVERSE
MARKS = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0}


@st.composite
def legs(draw: st.DrawFn, kind: ContractKind, coin: str, number: int) -> WalletLeg:
    """A leg with two tiers; the deduction makes them continuous."""
    mark = MARKS[coin]
    value = draw(st.floats(1e4, 1e6))
    quantity = value / mark if kind is LINEAR else value
    kink = (value if kind is LINEAR else value / mark) * draw(st.floats(0.5, 1.6))
    low = draw(st.floats(0.004, 0.02))
    high = low * draw(st.floats(1.2, 3.0))
    return WalletLeg(
        id=str(number),
        contract=f"{coin} {kind}",
        coin=coin,
        settle="USDT" if kind is LINEAR else coin,
        mark_price=mark,
        terms=Leg(
            kind=kind,
            side=draw(st.sampled_from(list(Side))),
            quantity=quantity,
            entry=mark * draw(st.floats(0.9, 1.1)),
            tiers=(
                MarginTier(floor=0.0, cap=kink, mmr=low),
                MarginTier(floor=kink, mmr=high, cum=kink * (high - low)),
            ),
            close_fee=draw(st.sampled_from([0.0, 0.0005])),
            rate_growth=0.0 if kind is LINEAR else draw(st.sampled_from([0.0, 1e-4])),
        ),
    )


@st.composite
def wallets(draw: st.DrawFn, name: str) -> Wallet:
    """A linear wallet with Ether as second collateral, or one coin's inverse wallet."""
    if draw(st.booleans()):
        coins = draw(st.lists(st.sampled_from(list(MARKS)), min_size=1, max_size=3))
        held = tuple(draw(legs(LINEAR, coin, at)) for at, coin in enumerate(coins))
        return Wallet(
            id=name,
            legs=held,
            collateral=(
                Collateral(coin="USDT", amount=draw(st.floats(1e4, 5e5))),
                Collateral(
                    coin="ETH",
                    amount=draw(st.floats(0.0, 50.0)),
                    price=MARKS["ETH"],
                    haircut=draw(st.sampled_from([0.8, 1.0])),
                    moves=True,
                ),
            ),
        )
    coin = draw(st.sampled_from(list(MARKS)))
    mark = MARKS[coin]
    amount = draw(st.floats(1e4, 5e5)) / mark
    return Wallet(
        id=name,
        legs=(draw(legs(INVERSE, coin, 0)),),
        collateral=(Collateral(coin=coin, amount=amount, price=mark, haircut=0.95, moves=True),),
    )


@st.composite
def books(draw: st.DrawFn) -> tuple[Wallet, ...]:
    """One to three wallets."""
    return tuple(draw(wallets(f"w{at}")) for at in range(draw(st.integers(1, 3))))


def by_hand(wallet: Wallet, moves: Mapping[str, float]) -> tuple[float, float]:
    """Equity that counts and maintenance with each coin moved, added up leg by leg."""
    coins = {held.coin: held.amount for held in wallet.collateral}
    worth = {
        held.coin: held.price * (1 + moves.get(held.coin, 0.0) * held.moves)
        for held in wallet.collateral
    }
    needed = []
    for leg in wallet.legs:
        terms, price = leg.terms, leg.mark_price * (1 + moves.get(leg.coin, 0.0))
        if terms.kind is LINEAR:
            coins[leg.settle] += terms.side * terms.quantity * (price - terms.entry)
            notional = terms.quantity * price
        else:
            coins[leg.settle] += terms.side * terms.quantity * (1 / terms.entry - 1 / price)
            notional = terms.quantity / price
        tier = [row for row in terms.tiers if row.floor <= notional][-1]
        rate = tier.mmr + terms.close_fee + terms.rate_growth * notional
        needed.append((rate * notional - tier.cum) * worth[leg.settle])
    haircuts = {held.coin: held.haircut for held in wallet.collateral}
    values = {coin: amount * worth[coin] for coin, amount in coins.items()}
    counted = math.fsum(min(value, haircuts[coin] * value) for coin, value in values.items())
    return counted, math.fsum(needed)
