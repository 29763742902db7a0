"""The walk-forward evaluation: no look-ahead, scores, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from dashboard.errors import InputError
from dashboard.risk.odds.bars import HOUR_MS, HourlyBars, hourly_bars
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.scores import bin_of, block_interval, score
from dashboard.risk.odds.walk_forward import Forecasts, Plan, Rival, walk_forward
from tests.risk.odds_series import mirrored, wild

PLAN = Plan(burn_in_h=3000, horizons=(4, 24))


@cache
def bars() -> HourlyBars:
    return hourly_bars(wild(6000, seed=5))


@cache
def forecasts() -> Forecasts:
    return walk_forward(bars(), PLAN)


def by_time(found: Forecasts, rival: Rival, until_ms: int) -> np.ndarray:
    chosen = found.time_ms <= until_ms
    order = np.lexsort((found.said[rival][chosen], found.hours[chosen], found.time_ms[chosen]))
    return found.said[rival][chosen][order]


class TestNoLookAhead:
    @pytest.mark.parametrize("rival", list(Rival))
    def test_appended_bars_change_no_past_forecast(self, rival: Rival) -> None:
        known = bars().known_at(bars().start_ms + 4500 * HOUR_MS)
        shorter = walk_forward(known, PLAN)
        until_ms = bars().start_ms + 4476 * HOUR_MS
        assert len(shorter) > 1000
        assert by_time(shorter, rival, until_ms).tolist() == pytest.approx(
            by_time(forecasts(), rival, until_ms).tolist(), rel=1e-9
        )

    def test_a_crash_changes_only_what_is_said_after_it(self) -> None:
        fallen = np.where(np.arange(6000) >= 4500, -0.5, 0.0)
        crash = HourlyBars(
            bars().start_ms,
            bars().high + np.concatenate([[0.0], fallen[:-1]]),
            bars().low + fallen,
            bars().close + fallen,
        )
        found = walk_forward(crash, PLAN)
        until_ms = bars().start_ms + 4500 * HOUR_MS
        for rival in Rival:
            assert (
                by_time(found, rival, until_ms).tolist()
                == by_time(forecasts(), rival, until_ms).tolist()
            )


class TestForecasts:
    def test_the_conditional_method_is_calibrated_and_beats_the_formula(self) -> None:
        found = forecasts()
        scores = {rival: score(found.said[rival], found.touched) for rival in Rival}
        assert scores[Rival.CONDITIONAL_HAR].ece < 0.02
        assert scores[Rival.CONDITIONAL_HAR].brier < scores[Rival.REFLECTION_HAR].brier

    def test_a_mirrored_series_swaps_the_sides(self) -> None:
        other = walk_forward(mirrored(bars()), PLAN)
        # The two sides' liquidation prices lie at different distances, so one distance is taken.
        plan = replace(PLAN, leverages=(20.0,))
        assert plan.distances(Way.DOWN) != plan.distances(Way.UP)
        assert len(other) == len(forecasts())

    def test_distances_are_those_of_isolated_positions(self) -> None:
        plan = Plan(leverages=(10.0,))
        assert np.exp(-plan.distances(Way.DOWN)) == pytest.approx(0.9 / 0.996)
        assert np.exp(plan.distances(Way.UP)) == pytest.approx(1.1 / 1.004)

    def test_since_leaves_out_what_was_said_before(self) -> None:
        since_ms = bars().start_ms + 5000 * HOUR_MS
        found = walk_forward(bars(), replace(PLAN, since_ms=since_ms))
        assert found.time_ms.min() > since_ms
        for rival in Rival:
            kept = forecasts().time_ms > since_ms
            assert found.said[rival].tolist() == forecasts().said[rival][kept].tolist()

    def test_holes_are_left_out(self) -> None:
        close = bars().close.copy()
        close[4000:4010] = np.nan
        holed = HourlyBars(
            bars().start_ms,
            np.where(np.isnan(close), np.nan, bars().high),
            np.where(np.isnan(close), np.nan, bars().low),
            close,
        )
        found = walk_forward(holed, PLAN)
        assert 0 < len(found) < len(forecasts())
        assert all(np.isfinite(found.said[rival]).all() for rival in Rival)

    def test_holes_all_over_leave_nothing(self) -> None:
        close = bars().close.copy()
        close[::3] = np.nan
        with pytest.raises(InputError, match="2000 of them missing"):
            walk_forward(HourlyBars(bars().start_ms, bars().high, bars().low, close), PLAN)

    def test_too_little_to_fit_on_says_so(self) -> None:
        close = bars().close.copy()
        close[:2900] = np.nan
        holed = HourlyBars(bars().start_ms, bars().high, bars().low, close)
        with pytest.raises(InputError, match="a first forecast needs more"):
            walk_forward(holed.known_at(bars().start_ms + 3600 * HOUR_MS), PLAN)


class TestRefusals:
    def test_a_short_series(self) -> None:
        with pytest.raises(InputError, match="the series has 40 hourly bars"):
            walk_forward(bars().known_at(bars().start_ms + 40 * HOUR_MS), PLAN)

    def test_a_date_after_the_end(self) -> None:
        with pytest.raises(InputError, match="after --since"):
            walk_forward(bars(), replace(PLAN, since_ms=bars().end_ms))

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("leverages", (1.0,), "a leverage must lie above 1 and below 250"),
            ("leverages", (float("nan"),), "a leverage must lie"),
            ("horizons", (0,), "a horizon must be 1 to 720 hours"),
            ("every_h", 0, "--every must be 1 hour or more"),
            ("refit_h", -1, "--refit must be 1 hour or more"),
            ("burn_in_h", 100, "--burn-in must be 2160 hours or more, not 100"),
        ],
    )
    def test_a_plan_that_makes_no_sense(self, field: str, value: object, said: str) -> None:
        with pytest.raises(InputError) as error:
            replace(PLAN, **{field: value})
        assert said in error.value.user_message


class TestScores:
    def test_figures_of_a_small_case(self) -> None:
        found = score(np.array([0.0, 0.5, 0.5, 1.0]), np.array([False, True, False, True]))
        assert found.brier == pytest.approx(0.125)
        assert found.log_loss == pytest.approx(np.log(2.0) / 2, abs=1e-5)
        assert found.ece == pytest.approx(0.25)
        assert [one.count for one in found.bins] == [1, 1, 1, 1]

    def test_nothing_to_score(self) -> None:
        with pytest.raises(ValueError, match="no forecast"):
            score(np.empty(0), np.empty(0, bool))

    def test_a_bin_between_two_figures(self) -> None:
        said = np.array([0.03, 0.04, 0.05, 0.06])
        happened = np.array([True, True, False, True])
        one = bin_of(said, happened, 0.04, 0.06)
        assert one is not None
        assert (one.count, one.observed) == (2, 0.5)
        assert bin_of(said, happened, 0.4, 0.6) is None

    def test_blocks_that_agree_give_a_narrow_interval(self) -> None:
        blocks = np.repeat(np.arange(50), 10)
        low, high = block_interval(np.ones(500), blocks)
        assert (low, high) == (1.0, 1.0)
        low, high = block_interval(np.where(blocks < 25, -1.0, 1.0), blocks)
        assert -0.5 < low < 0.0 < high < 0.5
