"""Base rates: every past hour is an entry, counted by leverage, horizon, side and third."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dashboard.risk.odds.bars import hourly_bars
from dashboard.risk.odds.base_rates import (
    LEVERAGES,
    MAINTENANCE_RATE,
    THIRDS,
    BaseRates,
    State,
    base_rates,
)
from dashboard.risk.odds.cells import HORIZONS_H
from dashboard.risk.odds.excursions import Way
from dashboard.risk.volatility import ewma_sigma
from tests.risk.odds_series import brownian, mirrored, wild


def rates(hours: int = 9000) -> BaseRates:
    found = base_rates(hourly_bars(wild(hours, steps=6)))
    assert found is not None
    return found


def test_a_share_is_counted_entry_by_entry() -> None:
    bars = hourly_bars(wild(600, steps=6))
    found = base_rates(bars)
    assert found is not None
    prices = np.exp(bars.close)
    for way, leverage in ((Way.DOWN, 50), (Way.UP, 20)):
        hit = []
        for hour in range(1, len(bars) - 24):
            entry = prices[hour]
            if way is Way.DOWN:
                level = entry * (1 - 1 / leverage) / (1 - MAINTENANCE_RATE)
                hit.append(np.exp(bars.low[hour + 1 : hour + 25]).min() <= level)
            else:
                level = entry * (1 + 1 / leverage) / (1 + MAINTENANCE_RATE)
                hit.append(np.exp(bars.high[hour + 1 : hour + 25]).max() >= level)
        assert found.share(State.ANY, way, 24, leverage) == pytest.approx(np.mean(hit))
        assert found.effective(State.ANY, 24) == pytest.approx(len(hit) / 24)


def test_more_leverage_and_more_time_never_help() -> None:
    found = rates()
    assert (np.diff(found.shares, axis=3) >= 0.0).all()
    for way in Way:
        by_time = [found.share(State.ANY, way, hours, 20) for hours in HORIZONS_H]
        assert by_time == sorted(by_time)


def test_thirds_are_thirds_and_the_wild_one_is_wild() -> None:
    found = rates()
    sizes = [found.effective(state, 24) for state in THIRDS]
    assert max(sizes) / min(sizes) < 1.05
    assert sum(sizes) == pytest.approx(found.effective(State.ANY, 24))
    for way in Way:
        shares = [found.share(state, way, 24, 20) for state in THIRDS]
        assert shares == sorted(shares)


def test_the_third_now_is_that_of_the_last_hour() -> None:
    bars = hourly_bars(wild(3000, steps=6))
    sigma = ewma_sigma(bars)
    rank = float(np.mean(sigma[np.isfinite(sigma)] <= sigma[-1]))
    found = base_rates(bars)
    assert found is not None
    assert found.now is THIRDS[min(2, int(rank * 3))]


def test_a_mirrored_series_swaps_the_sides() -> None:
    bars = hourly_bars(wild(2000, steps=6))
    found, turned = base_rates(bars), base_rates(mirrored(bars))
    assert found is not None
    assert turned is not None
    # A long and a short of one leverage are not equally far away, but at the same distance alike.
    assert turned.counts == pytest.approx(found.counts)
    for hours in HORIZONS_H:
        down, up = (
            found.rare_leverage(State.ANY, Way.DOWN, hours),
            turned.rare_leverage(State.ANY, Way.UP, hours),
        )
        if down is None or up is None:
            assert down is up
            continue
        away = math.log((1 + 1 / up) / (1 + MAINTENANCE_RATE))
        assert -math.log((1 - 1 / down) / (1 - MAINTENANCE_RATE)) == pytest.approx(away)


def test_the_leverage_of_one_in_a_hundred() -> None:
    found = rates(20_000)
    leverage = found.rare_leverage(State.ANY, Way.DOWN, 24)
    assert leverage is not None
    assert found.rare_share(State.ANY, 24) == 0.01
    under = max(one for one in LEVERAGES if one <= leverage)
    over = min(one for one in LEVERAGES if one >= leverage)
    assert found.share(State.ANY, Way.DOWN, 24, under) <= 0.01
    assert found.share(State.ANY, Way.DOWN, 24, over) >= 0.01


def test_little_history_says_less() -> None:
    found = rates(1200)
    assert found.least_shown(State.ANY, 168) > 0.2
    assert found.rare_leverage(State.ANY, Way.DOWN, 168) is None
    assert found.rare_share(State.ANY, 24) == pytest.approx(5 / found.effective(State.ANY, 24))


def test_no_window_no_figure() -> None:
    found = base_rates(hourly_bars(brownian(40)))
    assert found is not None
    assert math.isnan(found.share(State.ANY, Way.DOWN, 168, 10))
    assert found.least_shown(State.ANY, 168) == 1.0
    assert base_rates(hourly_bars(brownian(1))) is None
