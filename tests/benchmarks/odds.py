"""Odds against a plain Monte Carlo of 10,000 paths: `python -m tests.benchmarks.odds`.

The Monte Carlo draws hourly normal returns of the fitted volatility and asks of every path
whether it went as far within 24 h, which of two levels it touched first within 168 h, how far it
went either way by four horizons, or whether a wallet of two coins ended within 168 h.

- fit of four horizons from 50,000 bars: under half a second on an idle core, and its ratio to the
  Monte Carlo that gives the same distributions.
- one probability, by the fit: at most a thousandth of the Monte Carlo.
- order of two levels, by 800 bootstrapped paths: its ratio to the same question of 10,000.
- odds of a wallet of two coins with their marginal questions, by 1,500 bootstrapped paths.
"""

from __future__ import annotations

import numpy as np

from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.liquidation import Leg
from dashboard.risk.odds.account import joint_steps, wallet_odds
from dashboard.risk.odds.bars import HOUR_MS, HourlyBars, RawBars, hourly_bars
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.order import order_of_levels
from dashboard.risk.touch import fit_touch, probability_of_distance
from dashboard.risk.wallet import Collateral, Wallet, WalletLeg
from tests.benchmarks.measure import interleaved_rounds, medians, print_figure

BARS, PATHS = 50_000, 10_000
HORIZONS = (4, 24, 72, 168)
DAY_H, WEEK_H = 24, 168
DISTANCE, TARGET = 0.05, 0.08
WALLET_MARGIN, MAINTENANCE = 0.15, 0.005
PEER = "plain Monte Carlo of 10,000 paths"


def made_up_bars() -> HourlyBars:
    """A Brownian path of 50,000 hours, seen four times an hour."""
    moves = np.random.default_rng(1).standard_normal((BARS, 4)) * 0.003
    path = np.cumsum(moves.ravel()).reshape(moves.shape)
    close = path[:, -1]
    opened = np.concatenate([[0.0], close[:-1]])
    high, low = np.maximum(path.max(axis=1), opened), np.minimum(path.min(axis=1), opened)
    times = 1_577_836_800_000 + np.arange(BARS, dtype=np.int64) * HOUR_MS
    opened, high, low, close = (np.exp(one) for one in (opened, high, low, close))
    return hourly_bars(RawBars(times, opened, high, low, close))


def paths(sigma_h: float, hours: int) -> np.ndarray:
    """Log prices of every path at every hour."""
    moves = np.random.default_rng(2).standard_normal((PATHS, hours))
    return np.cumsum(moves * sigma_h, axis=1)


def touched(sigma_h: float) -> float:
    """The share of paths that fell as far within a day."""
    return float(np.mean(paths(sigma_h, DAY_H).min(axis=1) <= -DISTANCE))


def stop_first(sigma_h: float) -> float:
    """The share of paths that fell before they rose within a week."""
    drawn = paths(sigma_h, WEEK_H)
    fell, rose = drawn <= -DISTANCE, drawn >= TARGET
    when_fell = np.where(fell.any(axis=1), fell.argmax(axis=1), WEEK_H)
    when_rose = np.where(rose.any(axis=1), rose.argmax(axis=1), WEEK_H)
    return float(np.mean((when_fell <= when_rose) & (when_fell < WEEK_H)))


def all_extremes(sigma_h: float) -> list[np.ndarray]:
    """By horizon, how far each path fell and rose, sorted: what a fit holds."""
    drawn = paths(sigma_h, WEEK_H)
    found = []
    for hours in HORIZONS:
        found.append(np.sort(-drawn[:, :hours].min(axis=1)))
        found.append(np.sort(drawn[:, :hours].max(axis=1)))
    return found


def wallet_ended(sigma_h: float) -> float:
    """The share of paths on which two equal longs of coins that move alike use their margin up."""
    first, second = paths(sigma_h, WEEK_H), paths(sigma_h, WEEK_H)
    equity = WALLET_MARGIN + np.exp(first) - 1.0 + np.exp(second) - 1.0
    needed = MAINTENANCE * (np.exp(first) + np.exp(second))
    return float(np.mean((equity <= needed).any(axis=1)))


def two_longs() -> Wallet:
    """Two longs worth 1 each with their margin in a cross wallet."""
    legs = tuple(
        WalletLeg(
            id=coin,
            contract=coin,
            coin=coin,
            settle="USDT",
            mark_price=1.0,
            terms=Leg(
                kind=ContractKind.LINEAR,
                side=Side.LONG,
                quantity=1.0,
                entry=1.0,
                tiers=(MarginTier(floor=0.0, mmr=MAINTENANCE),),
            ),
        )
        for coin in ("BTC", "ETH")
    )
    collateral = (Collateral(coin="USDT", amount=WALLET_MARGIN),)
    return Wallet(id="benchmark", legs=legs, collateral=collateral)


def main() -> None:
    """Measure and print; both sides answer alike on this path, or nothing is printed."""
    bars = made_up_bars()
    fit = fit_touch(bars, horizons=HORIZONS)
    steps = fit.steps
    if steps is None:
        raise ValueError("no steps")
    sigma_h = steps.sigma_h

    def one() -> float:
        return probability_of_distance(fit, DISTANCE, Way.DOWN, DAY_H)

    if abs(one() - touched(sigma_h)) > 0.05:
        raise ValueError(f"{one()} and {touched(sigma_h)} differ")
    fits = medians(
        interleaved_rounds(
            {
                "fit": lambda: fit_touch(bars, horizons=HORIZONS),
                "simulated": lambda: all_extremes(sigma_h),
            }
        )
    )
    peer_ms = fits["simulated"] * 1e3
    print_figure("odds.fit_four_horizons_50000_bars", fits["fit"] * 1e3, "ms", PEER, peer_ms)
    seconds = medians(interleaved_rounds({"simulated": lambda: touched(sigma_h)}))
    fast = medians(interleaved_rounds({"one": one}, calls=20_000))
    simulated_us = seconds["simulated"] * 1e6
    print_figure("odds.one_probability", fast["one"] * 1e6, "us", PEER, simulated_us)
    order = medians(
        interleaved_rounds(
            {
                "order": lambda: order_of_levels(steps, DISTANCE, TARGET, Way.DOWN, WEEK_H),
                "simulated": lambda: stop_first(sigma_h),
            }
        )
    )
    peer_ms = order["simulated"] * 1e3
    print_figure("odds.order_of_two_levels", order["order"] * 1e3, "ms", PEER, peer_ms)
    joint, wallet = joint_steps({"BTC": bars, "ETH": bars}), two_longs()
    both = medians(
        interleaved_rounds(
            {
                "wallet": lambda: wallet_odds(wallet, joint),
                "simulated": lambda: wallet_ended(sigma_h),
            }
        )
    )
    peer_ms = both["simulated"] * 1e3
    print_figure("odds.wallet_of_two_coins", both["wallet"] * 1e3, "ms", PEER, peer_ms)


if __name__ == "__main__":
    main()
