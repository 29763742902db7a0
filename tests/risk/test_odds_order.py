"""Which of two levels is touched first, and the odds of one position."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.risk.odds.bars import hourly_bars
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.order import LEAST_HOURS, Steps, order_of_levels, steps_of
from dashboard.risk.odds.position import (
    Levels,
    liquidation_odds,
    rare_leverage,
    stop_before_target,
    stop_odds,
    target_odds,
)
from dashboard.risk.touch import TouchFit, fit_touch, touch_odds
from dashboard.store.pooled_odds import load_pool
from tests.risk.odds_series import brownian, wild

SIGMA_H = 0.006


@cache
def steps() -> Steps:
    found = steps_of(hourly_bars(brownian(6000, SIGMA_H, steps=30)), 5000)
    assert found is not None
    return found


@cache
def fit() -> TouchFit:
    return fit_touch(hourly_bars(wild(9000)))


class TestOrder:
    @pytest.mark.parametrize(("stop", "target"), [(0.01, 0.01), (0.01, 0.03), (0.03, 0.01)])
    def test_a_brownian_path_is_as_a_gambler_would_have_it(
        self, stop: float, target: float
    ) -> None:
        """P(stop first) = target / (stop + target), given time enough: the gambler's ruin."""
        odds = order_of_levels(steps(), stop, target, Way.DOWN, 720, paths=4000)
        assert odds.neither == pytest.approx(0.0, abs=0.01)
        assert odds.stop_first == pytest.approx(target / (stop + target), abs=0.06)

    def test_both_in_one_hour_is_the_stop(self) -> None:
        both = Steps(np.tile([0.0, -5.0, 5.0], (LEAST_HOURS, 1)), 0.01)
        odds = order_of_levels(both, 0.02, 0.02, Way.UP, 24)
        assert (odds.stop_first, odds.target_first, odds.neither) == (1.0, 0.0, 0.0)

    def test_the_same_question_has_the_same_answer(self) -> None:
        asked = (steps(), 0.02, 0.03, Way.UP, 24)
        assert order_of_levels(*asked) == order_of_levels(*asked)

    def test_time_only_adds(self) -> None:
        day = order_of_levels(steps(), 0.02, 0.03, Way.DOWN, 24)
        week = order_of_levels(steps(), 0.02, 0.03, Way.DOWN, 168)
        assert day.stop_first <= week.stop_first
        assert day.target_first <= week.target_first

    def test_a_level_on_the_wrong_side_is_refused(self) -> None:
        with pytest.raises(InputError, match="the stop must lie on its side"):
            order_of_levels(steps(), -0.01, 0.02, Way.DOWN, 24)

    def test_a_month_is_needed(self) -> None:
        assert steps_of(hourly_bars(brownian(500, steps=4)), 5000) is None


class TestPosition:
    def test_each_level_has_odds_by_horizon(self) -> None:
        at = Levels(side=Side.LONG, mark=100.0, liquidation=90.0, stop=95.0, target=110.0)
        for found, level in (
            (liquidation_odds(fit(), at), 90.0),
            (stop_odds(fit(), at), 95.0),
            (target_odds(fit(), at), 110.0),
        ):
            assert [odds.hours for odds in found] == [1, 8, 24, 168]
            assert found[3] == touch_odds(fit(), level, 100.0, 168)

    def test_funding_that_is_paid_brings_liquidation_nearer(self) -> None:
        at = Levels(side=Side.SHORT, mark=100.0, liquidation=108.0)
        moved = replace(at, shifts={168: 2.0, 24: -5.0})
        week, longer = liquidation_odds(fit(), at, (168,)), liquidation_odds(fit(), moved, (168,))
        assert week[0].probability is not None
        assert longer[0] == touch_odds(fit(), 106.0, 100.0, 168)
        assert liquidation_odds(fit(), moved, (24,)) == liquidation_odds(fit(), at, (24,))

    def test_what_is_passed_or_missing_has_no_figure(self) -> None:
        at = Levels(side=Side.LONG, mark=100.0, liquidation=101.0)
        assert liquidation_odds(fit(), at)[0].reason.endswith("already beyond the liquidation")
        assert stop_odds(fit(), at) == target_odds(fit(), at) == ()
        assert stop_before_target(fit(), at, 24) is None
        none = replace(at, liquidation=None)
        assert liquidation_odds(fit(), none)[0].reason == "there is no liquidation price"
        under = replace(at, liquidation=-3.0)
        assert liquidation_odds(fit(), under)[0].reason == "the liquidation is not above 0"

    def test_stop_before_target(self) -> None:
        at = Levels(side=Side.SHORT, mark=100.0, stop=103.0, target=95.0)
        found = stop_before_target(fit(), at, 24)
        assert found is not None
        assert 0.0 < found.target_first < found.stop_first < 1.0
        assert stop_before_target(fit(), replace(at, stop=99.0), 24) is None

    def test_no_level_comes_first_more_often_than_it_is_touched(self) -> None:
        for stop in (101.0, 104.0, 112.0, 130.0):
            at = Levels(side=Side.SHORT, mark=100.0, stop=stop, target=93.0)
            found = stop_before_target(fit(), at, 168)
            touched = touch_odds(fit(), stop, 100.0, 168).probability
            reached = touch_odds(fit(), 93.0, 100.0, 168).probability
            assert found is not None
            assert touched is not None
            assert reached is not None
            assert found.stop_first <= touched
            assert found.target_first <= reached

    def test_a_short_history_says_nothing_of_the_order(self) -> None:
        short = hourly_bars(wild(2000, steps=4))
        assert fit_touch(short, load_pool()).steps is None

    @pytest.mark.parametrize("side", list(Side))
    def test_the_leverage_of_one_percent_is_liquidated_there(self, side: Side) -> None:
        found = rare_leverage(fit(), side, 0.004, 24)
        margin = 1.0 / found.leverage
        price = 100.0 * (1.0 - side * margin) / (1.0 - side * 0.004)
        odds = touch_odds(fit(), price, 100.0, 24)
        assert found.probability == max(0.01, odds.least_shown)
        assert odds.probability == pytest.approx(found.probability, abs=5e-4)
        assert rare_leverage(fit(), side, 0.004, 168).leverage < found.leverage

    def test_what_the_data_cannot_say_is_not_named(self) -> None:
        week = rare_leverage(fit(), Side.LONG, 0.004, 168)
        assert week.probability > 0.05
        assert math.isfinite(week.leverage)

    def test_an_interval_may_be_left_out(self) -> None:
        at = Levels(side=Side.LONG, mark=100.0, liquidation=92.0)
        (with_it,) = liquidation_odds(fit(), at, (24,))
        (without,) = liquidation_odds(fit(), at, (24,), interval=False)
        assert with_it.interval is not None
        assert without == replace(with_it, interval=None)
