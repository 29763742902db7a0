"""Odds of a wallet of several coins: what hours were drawn together stays together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.frontier import only
from dashboard.risk.liquidation import Leg
from dashboard.risk.odds.account import (
    JointSteps,
    _Surplus,
    closed,
    joint_steps,
    moving_coins,
    wallet_odds,
)
from dashboard.risk.odds.bars import HOUR_MS, HourlyBars, hourly_bars
from dashboard.risk.odds.cells import HORIZONS_H
from dashboard.risk.odds.reflection import reflection_probability
from dashboard.risk.shock import SurplusLines, common_move
from dashboard.risk.wallet import Collateral, Wallet, WalletLeg
from tests.risk.odds_series import brownian, mirrored, wild
from tests.risk.wallet_books import MARKS, wallets

HOURS = 3000
RATE = 0.005


def leg(coin: str, side: Side, value: float = 100_000.0) -> WalletLeg:
    mark = MARKS[coin]
    return WalletLeg(
        id=coin,
        contract=f"{coin}/USDT:USDT",
        coin=coin,
        settle="USDT",
        mark_price=mark,
        terms=Leg(
            kind=ContractKind.LINEAR,
            side=side,
            quantity=value / mark,
            entry=mark,
            tiers=(MarginTier(floor=0.0, mmr=RATE),),
        ),
    )


def wallet(*legs: WalletLeg, amount: float = 10_000.0) -> Wallet:
    return Wallet(id="w", legs=legs, collateral=(Collateral(coin="USDT", amount=amount),))


def twins(hours: int = HOURS) -> dict[str, HourlyBars]:
    bars = hourly_bars(wild(hours, steps=6))
    return {"BTC": bars, "ETH": bars}


def apart(hours: int = HOURS) -> dict[str, HourlyBars]:
    """Two coins that know nothing of each other."""
    return {
        "BTC": hourly_bars(brownian(hours, steps=12)),
        "ETH": hourly_bars(brownian(hours, seed=9, steps=12)),
    }


def test_a_hedge_of_coins_that_move_as_one_is_hardly_liquidated() -> None:
    steps = joint_steps(twins())
    hedge = wallet(leg("BTC", Side.LONG), leg("ETH", Side.SHORT), amount=5_000.0)
    found = wallet_odds(hedge, steps)
    assert found.together[-1] < 0.05
    # Alone each side would be: that is what a marginal question is for.
    for one in found.marginals:
        assert one.alone[-1] > 0.3
        assert one.without[-1] > 0.3


def test_two_longs_of_coins_that_move_as_one_are_one_long_of_twice_the_size() -> None:
    steps = joint_steps(twins())
    two = wallet_odds(wallet(leg("BTC", Side.LONG), leg("ETH", Side.LONG)), steps)
    one = wallet_odds(wallet(leg("BTC", Side.LONG, 200_000.0)), steps)
    assert two.together == pytest.approx(one.together, abs=1e-9)


def test_coins_apart_are_safer_together_than_coins_that_move_as_one() -> None:
    two = wallet(leg("BTC", Side.LONG), leg("ETH", Side.LONG))
    same = hourly_bars(brownian(HOURS, steps=12))
    as_one = wallet_odds(two, joint_steps({"BTC": same, "ETH": same}))
    as_two = wallet_odds(two, joint_steps(apart()))
    assert as_two.together[2] < as_one.together[2]


def test_a_brownian_path_is_liquidated_as_the_formula_says() -> None:
    sigma_h, margin = 0.006, 0.05
    steps = joint_steps({"BTC": hourly_bars(brownian(HOURS, sigma_h))})
    steps = replace(steps, sigmas=np.array([sigma_h]))
    found = wallet_odds(wallet(leg("BTC", Side.LONG), amount=margin * 100_000.0), steps)
    away = -math.log((1.0 - margin) / (1.0 - RATE))
    expected = reflection_probability(away, sigma_h * math.sqrt(24))
    assert found.together[2] == pytest.approx(expected, abs=0.05)


def test_more_time_and_less_margin_never_help() -> None:
    steps = joint_steps(apart())
    rich = wallet_odds(wallet(leg("BTC", Side.LONG), leg("ETH", Side.LONG)), steps)
    poor = wallet_odds(wallet(leg("BTC", Side.LONG), leg("ETH", Side.LONG), amount=6e3), steps)
    assert list(rich.together) == sorted(rich.together)
    assert all(less <= more for less, more in zip(rich.together, poor.together, strict=True))
    assert len(rich.together) == len(HORIZONS_H)
    assert rich.least_shown(168) == pytest.approx(5 * 168 / rich.hours)


def test_the_same_input_gives_the_same_answer() -> None:
    steps = joint_steps(apart())
    book = wallet(leg("BTC", Side.LONG), leg("ETH", Side.SHORT))
    assert wallet_odds(book, steps) == wallet_odds(book, steps)


def test_a_mirrored_market_swaps_long_and_short() -> None:
    bars = hourly_bars(wild(HOURS, steps=6))
    steps, turned = joint_steps({"BTC": bars}), joint_steps({"BTC": mirrored(bars)})
    assert turned.moves[:, 0, 1] == pytest.approx(-steps.moves[:, 0, 2])
    assert turned.sigmas == pytest.approx(steps.sigmas)


@settings(max_examples=40)
@given(wallets("w"))
def test_along_a_common_move_the_surplus_is_that_of_a_shock(held: Wallet) -> None:
    coins = sorted(moving_coins(held))
    at = np.array([-0.3, -0.05, 0.0, 0.1, 0.4])
    lines = SurplusLines(held, common_move(held, None))
    found = _Surplus(held)(dict.fromkeys(coins, 1.0 + at))
    expected = [lines.surplus_at(shock) for shock in at.tolist()]
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)
    first = coins[0]
    if len(held.legs) > 1:
        alone = SurplusLines(held, common_move(held, only(first, coins)))
        ratios = {coin: 1.0 + at if coin == first else np.ones(len(at)) for coin in coins}
        expected = [alone.surplus_at(shock) for shock in at.tolist()]
        assert _Surplus(held)(ratios) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@settings(max_examples=40)
@given(wallets("w"))
def test_closing_a_coin_keeps_the_equity(held: Wallet) -> None:
    for coin in {leg.coin for leg in held.legs}:
        after = closed(held, coin)
        assert all(leg.coin != coin for leg in after.legs)
        now = common_move(held, None)
        before = SurplusLines(held, now).equity_at(0.0)
        kept = SurplusLines(after, common_move(after, None)).equity_at(0.0)
        assert kept == pytest.approx(before, rel=1e-9, abs=1e-6)


class TestRefusals:
    def refusal(self, *, book: Wallet | None = None, steps: JointSteps | None = None) -> str:
        chosen = wallet(leg("BTC", Side.LONG)) if book is None else book
        with pytest.raises(InputError) as caught:
            wallet_odds(chosen, joint_steps(apart()) if steps is None else steps)
        return caught.value.user_message

    def test_a_coin_without_bars(self) -> None:
        said = self.refusal(book=wallet(leg("SOL", Side.LONG)))
        assert said == "no hourly bars of SOL are known"

    def test_a_wallet_that_is_below_maintenance(self) -> None:
        said = self.refusal(book=wallet(leg("BTC", Side.LONG), amount=1.0))
        assert said == "it is below its maintenance margin already"

    def test_bars_of_different_hours(self) -> None:
        bars = apart()
        late = {**bars, "ETH": bars["ETH"].known_at(bars["ETH"].end_ms - HOUR_MS)}
        with pytest.raises(InputError, match="BTC, ETH are of different hours"):
            joint_steps(late)

    def test_too_few_hours_in_common(self) -> None:
        with pytest.raises(InputError, match="BTC, ETH have 38 hours in common; 720 are needed"):
            joint_steps(apart(40))

    def test_nothing_that_moves(self) -> None:
        with pytest.raises(InputError, match="no coin that moves"):
            joint_steps({})


def test_a_younger_coin_shortens_what_is_common() -> None:
    bars = apart()
    eth = bars["ETH"]
    young = HourlyBars(
        eth.start_ms + 1000 * HOUR_MS, eth.high[1000:], eth.low[1000:], eth.close[1000:]
    )
    assert len(joint_steps({**bars, "ETH": young}).moves) == HOURS - 1000 - 2
