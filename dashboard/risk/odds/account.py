"""The odds that a wallet of several coins is liquidated: all of them drawn from the same hours.

Each past hour is kept for all coins together as (return, low, high) from the close before it, in
units of each coin's EWMA volatility. A path strings blocks of 24 such hours together, the same
hours for every coin, so that blocks keep how coins move with each other; a fixed seed gives the
same answer for the same input. Within an hour a wallet is looked at with all prices at their lows
and with all at their highs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dashboard.errors import InputError
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.odds.bars import HOUR_MS, FloatArray, HourlyBars
from dashboard.risk.odds.cells import HORIZONS_H, Marginal, WalletOdds
from dashboard.risk.odds.order import LEAST_HOURS, MOST_VOLATILITY_RATIO, drawn_hours
from dashboard.risk.volatility import EWMA_HALF_LIFE_H, ewma_sigma
from dashboard.risk.wallet import Collateral, Wallet, WalletLeg

PATHS = 1500
MOST_HOURS = 3 * 8760
_RETURN, _LOW, _HIGH = range(3)

Ratios = Mapping[str, FloatArray]
"""By coin, prices as multiples of today's."""


@dataclass(frozen=True)
class JointSteps:
    """Hours that all `coins` have in common, oldest first.

    `moves` has the axes hour, coin and (return, low, high) in sigmas; `sigmas` are those of the
    last hour by coin.
    """

    coins: tuple[str, ...]
    moves: FloatArray
    sigmas: FloatArray


def joint_steps(bars: Mapping[str, HourlyBars]) -> JointSteps:
    """The hours that all coins have in common.

    Raises InputError where those are fewer than LEAST_HOURS or end at different moments.
    """
    if not bars:
        raise InputError("account", "the wallet holds no coin that moves")
    ends = {one.end_ms for one in bars.values()}
    if len(ends) > 1:
        names = ", ".join(bars)
        raise InputError("bars", f"the newest hourly bars of {names} are of different hours")
    start_ms = max(one.start_ms for one in bars.values())
    columns, sigmas = [], []
    for one in bars.values():
        sigma = ewma_sigma(one)
        sigmas.append(float(sigma[-1]))
        first = (start_ms - one.start_ms) // HOUR_MS
        columns.append(_steps(one, sigma)[first:])
    moves = np.stack(columns, axis=1)[-MOST_HOURS:]
    moves = moves[np.isfinite(moves).all(axis=(1, 2))]
    if len(moves) < LEAST_HOURS:
        raise InputError(
            "bars",
            f"{', '.join(bars)} have {len(moves)} hours in common; {LEAST_HOURS} are needed",
        )
    return JointSteps(tuple(bars), moves, np.array(sigmas))


def wallet_odds(wallet: Wallet, steps: JointSteps, paths: int = PATHS) -> WalletOdds:
    """The odds that a wallet is liquidated, and the two marginal questions for each of its coins.

    Raises InputError where it is below its maintenance margin already, or holds a coin that moves
    and of which `steps` know nothing.
    """
    unknown = sorted(moving_coins(wallet) - set(steps.coins))
    if unknown:
        raise InputError("account", f"no hourly bars of {', '.join(unknown)} are known")
    low, high = _drawn(steps, max(HORIZONS_H), paths)
    held = _Surplus(wallet)
    now = {coin: np.ones((1, 1)) for coin in steps.coins}
    if float(held(now)[0, 0]) <= 0.0:
        raise InputError("account", "it is below its maintenance margin already")
    still = np.ones_like(low[steps.coins[0]])
    marginals = []
    for coin in sorted({leg.coin for leg in wallet.legs}):
        only_low = {each: low[each] if each == coin else still for each in steps.coins}
        only_high = {each: high[each] if each == coin else still for each in steps.coins}
        alone = _shares(held, only_low, only_high)
        without = _shares(_Surplus(closed(wallet, coin)), low, high)
        marginals.append(Marginal(coin, alone, without))
    return WalletOdds(_shares(held, low, high), tuple(marginals), len(steps.moves))


def moving_coins(wallet: Wallet) -> set[str]:
    """The coins whose price the wallet depends on."""
    return {leg.coin for leg in wallet.legs} | {
        held.coin for held in wallet.collateral if held.moves
    }


def closed(wallet: Wallet, coin: str) -> Wallet:
    """The wallet after every position in a coin was closed at its mark price, without a fee."""
    gained: dict[str, float] = {}
    for leg in wallet.legs:
        if leg.coin == coin:
            terms = leg.terms
            moved = terms.coordinate(leg.mark_price) - terms.coordinate(terms.entry)
            profit = terms.sigma * terms.quantity * moved
            gained[leg.settle] = gained.get(leg.settle, 0.0) + profit
    collateral = tuple(
        replace(held, amount=held.amount + gained.pop(held.coin, 0.0))
        for held in wallet.coins().values()
    )
    legs = tuple(leg for leg in wallet.legs if leg.coin != coin)
    return replace(wallet, legs=legs, collateral=collateral)


class _Surplus:
    """What a wallet holds beyond what it must, at many prices of each coin at once.

    As in risk.shock, but every coin has a price of its own.
    """

    def __init__(self, wallet: Wallet) -> None:
        self._coins = wallet.coins()
        self._legs = tuple(_leg_parts(leg) for leg in wallet.legs)
        inverse = (leg.settle for leg in wallet.legs if leg.terms.kind is ContractKind.INVERSE)
        self._moving = {held.coin for held in wallet.collateral if held.moves} | set(inverse)

    def __call__(self, ratios: Ratios) -> FloatArray:
        """The surplus in the wallet's currency; `ratios` are arrays of one shape."""
        shape = next(iter(ratios.values())).shape
        worth = {coin: self._worth(held, ratios) for coin, held in self._coins.items()}
        equities = {
            coin: np.broadcast_to(held.amount * worth[coin], shape).copy()
            for coin, held in self._coins.items()
        }
        needed = np.zeros(shape)
        for settle, part in self._legs:
            profit, maintenance = part(ratios)
            equities[settle] += profit * worth[settle]
            needed += maintenance * worth[settle]
        counted = sum(
            np.minimum(equity, self._coins[coin].haircut * equity)
            for coin, equity in equities.items()
        )
        return np.asarray(counted - needed)

    def _worth(self, held: Collateral, ratios: Ratios) -> FloatArray:
        return held.price * (ratios[held.coin] if held.coin in self._moving else np.ones(()))


def _leg_parts(
    leg: WalletLeg,
) -> tuple[str, Callable[[Ratios], tuple[FloatArray, FloatArray]]]:
    """A leg's settle coin, and its profit and maintenance in that coin as functions of prices."""
    terms = leg.terms
    tiers = tuple(terms.tiers) or (MarginTier(floor=0.0, mmr=0.0),)
    floors = np.array([tier.floor for tier in tiers])
    rates = np.array([tier.mmr for tier in tiers]) + terms.close_fee
    deductions = np.array([tier.cum for tier in tiers])
    inverse = terms.kind is ContractKind.INVERSE
    at_entry = terms.quantity * terms.coordinate(terms.entry)

    def at(ratios: Ratios) -> tuple[FloatArray, FloatArray]:
        price = leg.mark_price * ratios[leg.coin]
        notional = terms.quantity * (1.0 / price if inverse else price)
        tier = np.maximum(np.searchsorted(floors, notional, side="right") - 1, 0)
        maintenance = rates[tier] * notional - deductions[tier] + terms.fixed
        if terms.rate_growth:
            maintenance = maintenance + terms.rate_growth * notional * notional
        return terms.sigma * (notional - at_entry), maintenance

    return leg.settle, at


def _shares(held: _Surplus, low: Ratios, high: Ratios) -> tuple[float, ...]:
    """By horizon, of how many paths nothing was left at some hour."""
    ended: npt.NDArray[np.bool_] = (held(low) <= 0.0) | (held(high) <= 0.0)
    count = ended.shape[1]
    return tuple(
        (int(ended[:hours].any(axis=0).sum()) + 0.5) / (count + 1.0) for hours in HORIZONS_H
    )


def _drawn(steps: JointSteps, hours: int, paths: int) -> tuple[Ratios, Ratios]:
    """Lows and highs of every coin by hour and path, as multiples of today's price."""
    places = drawn_hours(len(steps.moves), hours, paths)
    decay = 0.5 ** (1.0 / EWMA_HALF_LIFE_H)
    first = steps.sigmas**2
    bounds = (first / MOST_VOLATILITY_RATIO**2, first * MOST_VOLATILITY_RATIO**2)
    variance = np.broadcast_to(first, (paths, len(first)))
    position = np.zeros((paths, len(first)))
    low, high = (np.empty((hours, paths, len(first))) for _ in range(2))
    for hour, place in enumerate(places):
        sigma, moves = np.sqrt(variance), steps.moves[place]
        low[hour] = position + moves[:, :, _LOW] * sigma
        high[hour] = position + moves[:, :, _HIGH] * sigma
        move = moves[:, :, _RETURN] * sigma
        position = position + move
        variance = np.clip(decay * variance + (1.0 - decay) * move * move, *bounds)
    return _by_coin(steps.coins, low), _by_coin(steps.coins, high)


def _by_coin(coins: Sequence[str], logs: FloatArray) -> Ratios:
    return {coin: np.exp(logs[:, :, at]) for at, coin in enumerate(coins)}


def _steps(bars: HourlyBars, sigma: FloatArray) -> FloatArray:
    before = np.concatenate([[np.nan], sigma[:-1]])
    last = np.concatenate([[np.nan], bars.close[:-1]])
    return np.column_stack(
        [(prices - last) / before for prices in (bars.close, bars.low, bars.high)]
    )
