"""Bars that odds refuse, in words, and the grid they are put on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dashboard.errors import InputError
from dashboard.risk.odds.bars import HOUR_MS, RawBars, bars_of_rows, hourly_bars
from tests.risk.odds_series import START_MS, brownian


def without(raw: RawBars, *hours: int) -> RawBars:
    kept = np.delete(np.arange(len(raw.time_ms)), hours)
    return RawBars(
        *(column[kept] for column in (raw.time_ms, raw.open, raw.high, raw.low, raw.close))
    )


def swapped(raw: RawBars) -> RawBars:
    times = raw.time_ms.copy()
    times[[3, 7]] = times[[7, 3]]
    return replace(raw, time_ms=times)


def doubled(raw: RawBars) -> RawBars:
    times = raw.time_ms.copy()
    times[4:] -= HOUR_MS
    return replace(raw, time_ms=times)


def doubled_twice(raw: RawBars) -> RawBars:
    times = raw.time_ms.copy()
    times[4:] -= HOUR_MS
    times[8:] -= HOUR_MS
    return replace(raw, time_ms=times)


def changed(name: str, hour: int, value: float) -> Callable[[RawBars], RawBars]:
    def change(raw: RawBars) -> RawBars:
        column = getattr(raw, name).copy()
        column[hour] = value
        return replace(raw, **{name: column})

    return change


def split(raw: RawBars) -> RawBars:
    factor = np.where(np.arange(len(raw.open)) >= 20, 1000.0, 1.0)
    prices = (raw.open, raw.high, raw.low, raw.close)
    return RawBars(raw.time_ms, *(column * factor for column in prices))


def idle(count: int) -> Callable[[RawBars], RawBars]:
    def change(raw: RawBars) -> RawBars:
        volume = np.ones(len(raw.open))
        volume[5 : 5 + count] = 0.0
        return replace(raw, volume=volume)

    return change


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (swapped, "not in order of time"),
        (doubled, "1 bar comes twice, the first at 2020-01-01 03:00 UTC"),
        (doubled_twice, "2 bars come twice"),
        (lambda raw: replace(raw, time_ms=raw.time_ms + 60_000), "on the hour"),
        (lambda raw: without(raw, 9), "1 hour is missing, the first after 2020-01-01 08:00"),
        (lambda raw: without(raw, 9, 10, 30), "3 hours are missing"),
        (changed("close", 6, np.nan), "missing or not above 0"),
        (changed("low", 6, 0.0), "missing or not above 0"),
        (changed("high", 6, 1.0), "high under its low"),
        (changed("close", 6, 150.0), "outside its high and low"),
        (split, "jumps by a factor of 1,0"),
        (changed("high", 6, 100_000.0), "jumps by a factor of"),
        (idle(1), "1 hour has no volume"),
        (idle(3), "3 hours have no volume, which is an outage; the first is 2020-01-01 05:00"),
        (lambda raw: without(raw, *range(40)), "there are no bars"),
    ],
)
def test_a_fault_is_named_with_the_bar(spoil: Callable[[RawBars], RawBars], said: str) -> None:
    with pytest.raises(InputError) as error:
        hourly_bars(spoil(brownian(40, steps=4)))
    assert said in error.value.user_message


def test_a_price_outside_its_bar_by_rounding_is_no_fault() -> None:
    raw = brownian(40, steps=4)
    rounded = replace(raw, high=raw.high * (1 - 1e-12), low=raw.low * (1 + 1e-12))
    assert len(hourly_bars(rounded)) == 40


def test_rows_without_a_price_are_no_bars() -> None:
    raw = brownian(4, steps=4)
    columns = [raw.time_ms.astype(float), raw.open, raw.high, raw.low, raw.close, np.ones(4)]
    rows = np.column_stack(columns)
    rows[1, 3] = np.nan
    found = bars_of_rows(rows)
    assert found.time_ms.tolist() == raw.time_ms[[0, 2, 3]].tolist()
    assert found.volume is not None
    assert bars_of_rows(rows[:, :5]).volume is None


def test_several_faulty_bars_are_counted() -> None:
    raw = changed("low", 9, -1.0)(changed("low", 6, 0.0)(brownian(40, steps=4)))
    with pytest.raises(InputError, match="and 1 more"):
        hourly_bars(raw)


def test_gaps_may_be_left_out() -> None:
    bars = hourly_bars(idle(2)(without(brownian(40, steps=4), 30)), skip_gaps=True)
    assert (len(bars), bars.missing) == (40, 3)
    assert np.isnan(bars.close[30])


def test_an_outage_of_everything_leaves_nothing() -> None:
    raw = brownian(40, steps=4)
    with pytest.raises(InputError, match="no bar has any volume"):
        hourly_bars(replace(raw, volume=np.zeros(40)), skip_gaps=True)


def test_only_closed_bars_are_known() -> None:
    bars = hourly_bars(brownian(40, steps=4))
    assert len(bars.known_at(START_MS + 10 * HOUR_MS - 1)) == 9
    assert len(bars.known_at(START_MS + 10 * HOUR_MS)) == 10
    assert len(bars.known_at(0)) == 0
    assert bars.known_at(bars.end_ms + 99 * HOUR_MS).end_ms == bars.end_ms
