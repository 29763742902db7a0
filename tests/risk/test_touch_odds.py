"""Odds of touching a level: limits, monotony, symmetry, known processes, little history."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.risk.odds.bars import HOUR_MS, HourlyBars, hourly_bars
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.reflection import (
    reflection_probabilities,
    reflection_probability,
)
from dashboard.risk.odds.tail import Tail, wilson
from dashboard.risk.odds.words import (
    chance_words,
    horizon_words,
    method_words,
    odds_sentence,
    percent,
    percent_words,
)
from dashboard.risk.touch import (
    LEAST_SHOWN,
    MARK_STALE_AFTER_MS,
    Method,
    Odds,
    TouchFit,
    distance_of_probability,
    fit_touch,
    level_of_probability,
    no_odds,
    odds_of_distance,
    probability_of_distance,
    touch_odds,
    why_no_odds,
)
from dashboard.risk.volatility import HORIZONS_H
from dashboard.store.pooled_odds import load_pool
from tests.risk.odds_series import brownian, mirrored, wild

SIGMA_H = 0.006
DISTANCES = st.floats(min_value=0.0, max_value=0.5)


@cache
def brownian_bars() -> HourlyBars:
    return hourly_bars(brownian(20_000, SIGMA_H, steps=30))


@cache
def brownian_fit() -> TouchFit:
    return fit_touch(brownian_bars())


@cache
def wild_bars() -> HourlyBars:
    return hourly_bars(wild(12_000))


@cache
def wild_fit() -> TouchFit:
    return fit_touch(wild_bars())


class TestKnownProcesses:
    @pytest.mark.parametrize("hours", [24, 72])
    @pytest.mark.parametrize("sigmas", [1.0, 1.5, 2.0, 2.5])
    def test_brownian_motion_is_met_within_a_point(self, hours: int, sigmas: float) -> None:
        distance = sigmas * SIGMA_H * math.sqrt(hours)
        exact = reflection_probability(distance, SIGMA_H * math.sqrt(hours))
        found = [
            probability_of_distance(fit_touch_fixed(hours), distance, way, hours) for way in Way
        ]
        # Both ways together, as one path of some hundred independent windows is drawn.
        assert sum(found) / 2 == pytest.approx(exact, abs=0.01)

    def test_fat_tails_are_in_the_odds_of_far_levels(self) -> None:
        one = next(fit for fit in wild_fit().horizons if fit.hours == 24)
        far = 3.5 * one.sigma
        found = [probability_of_distance(wild_fit(), far, way, 24) for way in Way]
        ahead = Tail(one.tails[Way.DOWN].z, 24, 1.0, 1)
        assert max(found) > 2 * reflection_probability(3.5, 1.0)
        assert found[0] == pytest.approx(np.mean(ahead.z >= 3.5), abs=1e-3)

    def test_the_reflection_formula_doubles_the_end_beyond(self) -> None:
        distance = abs(math.log(1.0 - 0.045))
        assert reflection_probability(0.045, 0.03) == pytest.approx(0.13361, abs=1e-5)
        assert reflection_probability(distance, 0.03) == pytest.approx(0.1248, abs=1e-4)
        assert reflection_probabilities(np.array([[0.0, 1.5]])) == pytest.approx(
            np.array([[1.0, 0.13361]]), abs=1e-5
        )


def fit_touch_fixed(hours: int) -> TouchFit:
    """The Brownian fit with the true volatility, so that only the excursions are tested."""
    from dataclasses import replace

    fit = brownian_fit()
    chosen = next(one for one in fit.horizons if one.hours == hours)
    return replace(fit, horizons=(replace(chosen, sigma=SIGMA_H * math.sqrt(hours)),))


class TestShape:
    @given(DISTANCES, DISTANCES, st.sampled_from(HORIZONS_H), st.sampled_from(Way))
    def test_farther_is_never_likelier(self, a: float, b: float, hours: int, way: Way) -> None:
        near, far = sorted((a, b))
        fit = wild_fit()
        assert probability_of_distance(fit, near, way, hours) >= probability_of_distance(
            fit, far, way, hours
        )

    @given(DISTANCES, st.sampled_from(Way))
    def test_longer_is_never_less_likely(self, distance: float, way: Way) -> None:
        odds = [probability_of_distance(wild_fit(), distance, way, hours) for hours in HORIZONS_H]
        assert odds == sorted(odds)

    @given(DISTANCES, st.floats(1.0, 10.0), st.sampled_from(HORIZONS_H))
    def test_wilder_is_never_less_likely(self, distance: float, factor: float, hours: int) -> None:
        from dataclasses import replace

        fit = wild_fit()
        wilder = replace(
            fit, horizons=tuple(replace(one, sigma=one.sigma * factor) for one in fit.horizons)
        )
        assert probability_of_distance(wilder, distance, Way.UP, hours) >= probability_of_distance(
            fit, distance, Way.UP, hours
        )

    def test_it_goes_to_one_at_the_mark(self) -> None:
        for hours in HORIZONS_H:
            assert touch_odds(wild_fit(), 100.0, 100.0, hours).probability == 1.0
            for level in (100.0 * (1 - 1e-7), 100.0 * (1 + 1e-7)):
                near = touch_odds(wild_fit(), level, 100.0, hours).probability
                assert near == pytest.approx(1.0, abs=1e-4)

    def test_it_goes_to_nothing_far_away(self) -> None:
        odds = touch_odds(wild_fit(), 1e-6, 100.0, 168)
        assert odds.probability is not None
        assert odds.probability < 1e-4
        assert odds.below_least

    def test_a_mirrored_series_swaps_the_sides(self) -> None:
        fit = fit_touch(mirrored(wild_bars()))
        for distance in (0.002, 0.01, 0.03, 0.1):
            for hours in HORIZONS_H:
                for way, other in ((Way.DOWN, Way.UP), (Way.UP, Way.DOWN)):
                    assert odds_of_distance(fit, distance, way, hours) == odds_of_distance(
                        wild_fit(), distance, other, hours
                    )

    def test_later_bars_change_nothing_that_was_said(self) -> None:
        bars = wild_bars()
        then_ms = bars.start_ms + 9000 * HOUR_MS
        before = fit_touch(bars.known_at(then_ms))
        altered = HourlyBars(
            bars.start_ms,
            *(
                np.concatenate([column[:9000], column[9000:] + np.linspace(0.0, 1.0, 3000)])
                for column in (bars.high, bars.low, bars.close)
            ),
        )
        after = fit_touch(altered.known_at(then_ms))
        for hours in HORIZONS_H:
            assert odds_of_distance(before, 0.02, Way.DOWN, hours) == odds_of_distance(
                after, 0.02, Way.DOWN, hours
            )

    @given(st.floats(1e-4, 0.999), st.sampled_from(Way), st.sampled_from(HORIZONS_H))
    def test_the_inverse_is_the_nearest_level_that_is_rare_enough(
        self, wanted: float, way: Way, hours: int
    ) -> None:
        fit = wild_fit()
        distance = distance_of_probability(fit, wanted, way, hours)
        assert probability_of_distance(fit, distance, way, hours) <= wanted + 1e-9
        nearer = distance * (1.0 - 1e-6)
        assert probability_of_distance(fit, nearer, way, hours) > wanted - 1e-6

    def test_the_inverse_gives_a_price(self) -> None:
        down = level_of_probability(wild_fit(), 0.01, 100.0, Way.DOWN, 24)
        up = level_of_probability(wild_fit(), 0.01, 100.0, Way.UP, 24)
        assert down < 100.0 < up
        assert touch_odds(wild_fit(), down, 100.0, 24).probability == pytest.approx(0.01, abs=2e-4)


class TestUncertainty:
    def test_an_interval_holds_the_figure(self) -> None:
        odds = touch_odds(wild_fit(), 97.0, 100.0, 24)
        assert odds.probability is not None
        assert odds.interval is not None
        low, high = odds.interval
        assert 0.0 <= low < odds.probability < high <= 1.0
        assert odds.effective == pytest.approx(odds.count / 24)

    @pytest.mark.parametrize("pooled", [False, True])
    def test_an_interval_goes_to_one_at_the_mark(self, pooled: bool) -> None:
        tail = brownian_fit().horizons[2].tails[Way.DOWN]
        tail = Tail(tail.z, tail.hours, tail.effective, tail.count, pooled=pooled)
        assert tail.interval(0.0) == (1.0, 1.0)
        bounds = [tail.interval(sigmas) for sigmas in (0.001, 0.01, 0.03, 0.05, 0.2)]
        assert [low for low, _ in bounds] == sorted((low for low, _ in bounds), reverse=True)
        assert [high for _, high in bounds] == sorted((high for _, high in bounds), reverse=True)
        assert bounds[0][0] > 0.99

    def test_what_the_data_cannot_say_is_less_than(self) -> None:
        week = touch_odds(wild_fit(), 50.0, 100.0, 168)
        assert week.least_shown == pytest.approx(5 / week.effective)
        assert week.below_least
        assert touch_odds(wild_fit(), 90.0, 100.0, 1).least_shown == LEAST_SHOWN

    def test_no_window_says_nothing(self) -> None:
        assert Tail(np.array([1.0]), 24, 0.0, 0).least_shown == 1.0
        assert wilson(0.5, 0.0) == (0.0, 1.0)

    def test_wilson_as_published(self) -> None:
        low, high = wilson(0.1, 50)
        assert (low, high) == (pytest.approx(0.0435, abs=1e-4), pytest.approx(0.2136, abs=1e-4))


class TestLittleHistory:
    def test_a_year_of_its_own_is_enough(self) -> None:
        fit = fit_touch(wild_bars(), load_pool())
        assert (fit.method, fit.note) == (Method.OWN, "")

    def test_less_takes_other_coins_with_its_own_volatility(self) -> None:
        bars = wild_bars().known_at(wild_bars().start_ms + 500 * HOUR_MS)
        fit = fit_touch(bars, load_pool())
        assert fit.method is Method.POOLED
        assert "Binance" in fit.note
        odds = touch_odds(fit, 97.0, 100.0, 24)
        assert odds.probability is not None
        assert 0.005 < odds.probability < 0.9
        assert odds.interval is not None

    def test_a_young_contract_is_said_to_be_one_and_has_a_floor(self) -> None:
        calm = hourly_bars(brownian(40, 1e-5, steps=4))
        fit = fit_touch(calm, load_pool())
        assert fit.method is Method.YOUNG
        assert fit.note.startswith("young contract")
        assert fit.horizons[0].sigma == pytest.approx(load_pool().floor_sigma_h)

    def test_the_formula_is_the_last_resort(self) -> None:
        fit = fit_touch(hourly_bars(brownian(500, steps=4)))
        assert fit.method is Method.REFLECTION
        one = fit.horizons[3]
        odds = touch_odds(fit, 100.0 * math.exp(-1.5 * one.sigma), 100.0, one.hours)
        assert odds.interval is None
        assert odds.probability == pytest.approx(0.1336, abs=2e-3)

    def test_a_long_gap_just_now_takes_the_pool(self) -> None:
        bars = wild_bars()
        close = bars.close.copy()
        close[-200:-20] = np.nan
        holed = HourlyBars(
            bars.start_ms,
            *(np.where(np.isnan(close), np.nan, column) for column in (bars.high, bars.low, close)),
        )
        fit = fit_touch(holed, load_pool())
        assert fit.method is Method.POOLED
        assert "180 hours are missing" in fit.note

    def test_holes_all_over_leave_no_window_to_fit_on(self) -> None:
        bars = wild_bars()
        close = bars.close.copy()
        close[5::20] = np.nan
        holed = HourlyBars(bars.start_ms, bars.high, bars.low, close)
        assert fit_touch(holed, load_pool()).method is not Method.OWN

    def test_a_gap_of_the_last_hours_leaves_the_floor(self) -> None:
        bars = wild_bars().known_at(wild_bars().start_ms + 100 * HOUR_MS)
        close = bars.close.copy()
        close[:-1:2] = np.nan
        close[3:-2] = np.nan
        holed = HourlyBars(bars.start_ms, bars.high, bars.low, close)
        with pytest.raises(InputError, match="volatility is not known"):
            fit_touch(holed, load_pool())

    def test_one_missing_hour_is_said(self) -> None:
        bars = wild_bars()
        close = bars.close.copy()
        close[4000] = np.nan
        fit = fit_touch(HourlyBars(bars.start_ms, bars.high, bars.low, close))
        assert fit.note == "1 hour is missing"

    def test_nothing_at_all_is_refused(self) -> None:
        with pytest.raises(InputError, match="odds need hourly bars up to now; there are 1"):
            fit_touch(wild_bars().known_at(wild_bars().start_ms + HOUR_MS))


class TestRefusals:
    @pytest.mark.parametrize("level", [0.0, -5.0, math.inf, math.nan])
    def test_a_level_is_a_price(self, level: float) -> None:
        with pytest.raises(InputError, match="level must be a price above 0"):
            touch_odds(wild_fit(), level, 100.0, 24)

    def test_a_mark_is_a_price(self) -> None:
        with pytest.raises(InputError, match="mark must be a price above 0"):
            level_of_probability(wild_fit(), 0.01, 0.0, Way.DOWN, 24)

    def test_a_horizon_needs_a_fit(self) -> None:
        with pytest.raises(InputError, match="no fit for 5 hours; there are 1, 4, 8, 24, 72, 168"):
            touch_odds(wild_fit(), 90.0, 100.0, 5)
        with pytest.raises(InputError, match="1 to 720 hours, not 0"):
            fit_touch(wild_bars(), horizons=(0,))

    def test_a_probability_is_one(self) -> None:
        with pytest.raises(InputError, match="between 0 and 1, not 1"):
            distance_of_probability(wild_fit(), 1.0, Way.UP, 24)

    def test_a_stale_mark_gives_no_number(self) -> None:
        fit = wild_fit()
        now_ms = fit.made_ms + HOUR_MS
        assert why_no_odds(fit, now_ms, now_ms - MARK_STALE_AFTER_MS) == ""
        reason = why_no_odds(fit, now_ms, now_ms - 10 * 60_000)
        assert reason == "the mark price is 10 min old; odds need one of the last 2 min"
        late_ms = fit.made_ms + 72 * HOUR_MS
        assert "the newest hourly bar is 3 days old" in why_no_odds(fit, late_ms, late_ms)
        odds = no_odds(24, reason)
        assert (odds.probability, odds.reason, odds.below_least) == (None, reason, False)


class TestWords:
    @pytest.mark.parametrize(
        ("probability", "chance", "text"),
        [
            (0.051, "about 1 in 20", "5 %"),
            (0.26, "about 1 in 4", "26 %"),
            (0.42, "about 4 in 10", "42 %"),
            (0.0143, "about 1 in 70", "1 %"),
            (0.0052, "about 1 in 190", "<1 %"),
            (0.001, "less than 1 in 300", "<0.3 %"),
            (0.97, "more than 19 in 20", "97 %"),
            (0.996, "more than 19 in 20", ">99 %"),
        ],
    )
    def test_a_chance_reads_as_people_say_it(
        self, probability: float, chance: str, text: str
    ) -> None:
        odds = Odds(24, probability, (probability / 2, probability), 9000, 375.0, method=Method.OWN)
        assert (chance_words(odds), percent_words(odds)) == (chance, text)

    def test_the_least_is_rounded_up(self) -> None:
        assert percent_words(Odds(168, 0.001, least_shown=0.0321)) == "<4 %"
        assert percent_words(Odds(24, 0.001, least_shown=0.0046)) == "<0.5 %"
        assert chance_words(Odds(168, 0.001, least_shown=0.0321)) == "less than 1 in 30"

    def test_a_bound_that_says_nothing_is_not_said_as_odds(self) -> None:
        assert chance_words(Odds(168, 0.001, least_shown=0.77)) == "n/a (too little history)"

    def test_a_sentence_has_interval_and_windows(self) -> None:
        odds = Odds(168, 0.26, (0.2, 0.33), 26_000, 155.0, method=Method.OWN)
        assert odds_sentence(odds) == (
            "About 1 in 4 within 7 days (26 %, 95 % between 20 % and 33 %; "
            "26,000 windows, 155 that do not overlap)."
        )
        assert odds_sentence(Odds(24, 0.26)) == "About 1 in 4 within 24 h (26 %)."
        assert "own history" in method_words(odds)
        assert method_words(Odds(24, 0.26)) == ""

    def test_no_figure_says_why(self) -> None:
        odds = no_odds(24, "the mark price is 10 min old")
        assert odds_sentence(odds) == "No odds within 24 h: the mark price is 10 min old."
        assert (percent_words(odds), chance_words(odds)) == ("n/a", "n/a")
        assert horizon_words(72) == "within 3 days"
        assert percent(0.5) == "50 %"


def test_put_in_order_or_not_the_odds_are_the_same() -> None:
    fit = fit_touch(wild_bars())
    before = touch_odds(wild_fit(), 95.0, 100.0, 24)
    for one in fit.horizons:
        for tail in one.tails.values():
            tail.put_in_order()
    assert touch_odds(fit, 95.0, 100.0, 24) == before
