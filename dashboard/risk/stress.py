"""Which move ends a book, who goes first, and why a hedge across wallets is no shelter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from dashboard.risk.account import Death, common_shock, order_of_death
from dashboard.risk.frontier import coins_of, equity_now, only
from dashboard.risk.held_wallets import HeldWallet, HeldWallets
from dashboard.risk.shock import Shock
from dashboard.risk.wallet import Wallet

_PAST = Shock(0.0, 0.0)
HEDGED_FROM = 0.5
"""Opposite positions count as a hedge where the smaller is at least this part of the larger."""


class CoinPrice(NamedTuple):
    """A contract's price at a move."""

    contract: str
    price: float


class DeathRow(NamedTuple):
    """A wallet's liquidation along a growing common move (a fraction; negative is down).

    `prices` are those of its contracts there, `equity_left` what counts as margin, in dollars and
    after haircuts, of the wallets that still stand. Titles may be alike, `wallet` (an id) is not;
    `up` says along which move this is.
    """

    number: int
    title: str
    shock: float
    prices: tuple[CoinPrice, ...]
    equity_left: float
    wallet: str
    up: bool


class FirstDeath(NamedTuple):
    """The wallet that a growing common move, whichever way, liquidates before all others."""

    title: str
    move: float


class ReverseStress(NamedTuple):
    """The smallest common move that liquidates `title`, as a fraction; None where none does.

    `measured` is with betas (None where none are known), `alike` with all coins alike. On the way
    of `measured` (else `alike`) `first` and `last` are who goes first and last of all where that
    is not `title` itself, `unharmed` who never goes. `first_measured` and `first_alike` are who
    goes first of all wallets, whichever way prices move. `past` are those that no move is needed
    for; nothing else counts them, and `title` is empty where no other wallet is left. `wallets` is
    how many are left and `whole` says whether every wallet of the book is known.
    """

    title: str
    measured: float | None
    alike: float | None
    first: str
    last: str
    unharmed: tuple[str, ...]
    first_measured: FirstDeath | None = None
    first_alike: FirstDeath | None = None
    past: tuple[str, ...] = ()
    wallets: int = 1
    whole: bool = True


class HedgedPair(NamedTuple):
    """Opposite positions in one coin that stand on different wallets.

    Sizes are in dollars and positive; `long_dies` and `short_dies` are the moves of this coin
    alone that liquidate each wallet, None where none does.
    """

    coin: str
    long_title: str
    short_title: str
    long_notional: float
    short_notional: float
    long_dies: float | None
    short_dies: float | None


def deaths(
    held: HeldWallets, betas: Mapping[str, float] | None, *, up: bool
) -> tuple[DeathRow, ...]:
    """The order of death with prices, the first to go first, without `past_liquidation`."""
    wallets = {one.wallet.id: one for one in held.known}
    order = (death for death in order_of_death(held.wallets, betas, up=up) if death.shock != 0.0)
    return tuple(
        _death_row(number, death, wallets[death.wallet], betas or {}, up=up)
        for number, death in enumerate(order, start=1)
    )


def shocks_of(held: HeldWallets, betas: Mapping[str, float] | None) -> Mapping[str, Shock]:
    """By id of the wallet the common moves that liquidate it."""
    return {one.wallet.id: common_shock(one.wallet, betas) for one in held.known}


def past_liquidation(
    held: HeldWallets, shocks: Mapping[str, Shock] | None = None
) -> tuple[DeathRow, ...]:
    """The wallets that hold no more than their maintenance now: no move is needed to end them.

    They have the number 0 and the shock 0.0, and stand in neither order of death. `shocks` are
    those of `shocks_of`, whatever the betas, where they are at hand.
    """
    known = shocks_of(held, None) if shocks is None else shocks
    gone = [one for one in held.known if known[one.wallet.id] == _PAST]
    left = equity_now(standing(held, known).wallets) if gone else 0.0
    ends = (Death(one.wallet.id, 0.0, left) for one in gone)
    pairs = zip(ends, gone, strict=True)
    return tuple(_death_row(0, death, one, {}, up=False) for death, one in pairs)


def standing(held: HeldWallets, shocks: Mapping[str, Shock]) -> HeldWallets:
    """The wallets that are not past their liquidation."""
    known = tuple(one for one in held.known if shocks[one.wallet.id] != _PAST)
    return HeldWallets(known, held.missing)


def _death_row(
    number: int, death: Death, held: HeldWallet, betas: Mapping[str, float], *, up: bool
) -> DeathRow:
    prices = {
        leg.contract: leg.mark_price * (1.0 + betas.get(leg.coin, 1.0) * death.shock)
        for leg in held.wallet.legs
    }
    found = tuple(CoinPrice(contract, price) for contract, price in prices.items())
    return DeathRow(number, held.title, death.shock, found, death.equity_left, death.wallet, up)


def nearest(shock: Shock) -> float | None:
    """The smaller of the two moves; the one down where both are alike."""
    moves = [move for move in shock if move is not None]
    return min(moves, key=abs, default=None)


def reverse_stress(held: HeldWallets, betas: Mapping[str, float] | None) -> ReverseStress | None:
    """The move that ends the cross book, or without one the isolated position to go first.

    Of several cross wallets it is the one that the smallest move ends; None without wallets.
    """
    return stress_of(held, None if betas is None else shocks_of(held, betas), shocks_of(held, None))


def stress_of(
    held: HeldWallets, measured: Mapping[str, Shock] | None, alike: Mapping[str, Shock]
) -> ReverseStress | None:
    """The same from `shocks_of` with betas (None where none are known) and with all alike."""
    if not held.known:
        return None
    left = standing(held, alike)
    gone = past_liquidation(held, alike)
    return _of_standing(left, measured, alike)._replace(
        first_measured=None if measured is None else _first_death(left, measured),
        first_alike=_first_death(left, alike),
        past=tuple(row.title for row in gone),
        wallets=len(left.known),
        whole=not held.missing,
    )


def _first_death(held: HeldWallets, shocks: Mapping[str, Shock]) -> FirstDeath | None:
    found = [(one.title, nearest(shocks[one.wallet.id])) for one in held.known]
    ending = [FirstDeath(title, move) for title, move in found if move is not None]
    return min(ending, key=lambda one: abs(one.move), default=None)


def _of_standing(
    held: HeldWallets, measured: Mapping[str, Shock] | None, alike: Mapping[str, Shock]
) -> ReverseStress:
    candidates = [one for one in held.known if not one.isolated] or list(held.known)
    if not candidates:
        return ReverseStress("", None, None, "", "", ())
    used = alike if measured is None else measured
    ends = {one.wallet.id: nearest(used[one.wallet.id]) for one in candidates}
    chosen = min(candidates, key=lambda one: _distance(ends[one.wallet.id]))
    end, end_alike = ends[chosen.wallet.id], nearest(alike[chosen.wallet.id])
    way = end_alike if end is None else end
    order = [] if way is None else _order(held, used, up=way > 0.0)
    gone = {one.wallet.id for one in order}
    return ReverseStress(
        title=chosen.title,
        measured=None if measured is None else end,
        alike=end_alike,
        first=order[0].title if order and order[0] is not chosen else "",
        last=order[-1].title if order and order[-1] is not chosen else "",
        unharmed=tuple(
            one.title for one in held.known if one.wallet.id not in gone and one is not chosen
        ),
    )


def _order(held: HeldWallets, shocks: Mapping[str, Shock], *, up: bool) -> list[HeldWallet]:
    """The wallets that a growing move up or down liquidates, the first to go first."""
    ends = {one.wallet.id: shocks[one.wallet.id][int(up)] for one in held.known}
    going = [one for one in held.known if ends[one.wallet.id] is not None]
    return sorted(going, key=lambda one: _distance(ends[one.wallet.id]))


def _distance(shock: float | None) -> float:
    return math.inf if shock is None else abs(shock)


def hedged_pairs(held: HeldWallets) -> tuple[HedgedPair, ...]:
    """Coins that one wallet is long and another short, the sizes being alike."""
    found = []
    coins = coins_of(held.wallets)
    for coin in coins:
        sizes = [(one, _net(one.wallet, coin)) for one in held.known]
        longs = [pair for pair in sizes if pair[1] > 0.0]
        shorts = [pair for pair in sizes if pair[1] < 0.0]
        if longs and shorts:
            long, long_size = max(longs, key=_size)
            short, short_size = min(shorts, key=_size)
            if _alike(long_size, -short_size):
                down = common_shock(long.wallet, only(coin, coins)).down
                up = common_shock(short.wallet, only(coin, coins)).up
                found.append(
                    HedgedPair(coin, long.title, short.title, long_size, -short_size, down, up)
                )
    return tuple(found)


def _size(pair: tuple[HeldWallet, float]) -> float:
    return pair[1]


def _alike(one: float, other: float) -> bool:
    return min(one, other) >= HEDGED_FROM * max(one, other)


def _net(wallet: Wallet, coin: str) -> float:
    return math.fsum(leg.notional for leg in wallet.legs if leg.coin == coin)
