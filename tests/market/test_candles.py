"""Candles that cannot be are left out and counted; a crash is not one of them."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.candles import (
    EARLIEST_MS,
    Candle,
    Judged,
    RowRule,
    RowsDoubted,
    judge_candles,
)
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind

HOUR_MS = 3_600_000
START_MS = 1_700_006_400_000
COUNT = 24
LATEST_MS = START_MS + COUNT * HOUR_MS


def walk(count: int = COUNT) -> list[tuple[float, ...]]:
    """Candles that rise by one an hour."""
    return [
        (
            float(START_MS + at * HOUR_MS),
            100.0 + at,
            101.5 + at,
            99.5 + at,
            101.0 + at,
        )
        for at in range(count)
    ]


def judge(
    rows: list[tuple[float, ...]], beside: float | None = None, *, wicks: bool = False
) -> Judged:
    return judge_candles(rows, LATEST_MS, beside, wicks=wicks)


def with_row(at: int, **cells: float) -> list[tuple[float, ...]]:
    """The walk with some cells of a row changed."""
    rows = walk()
    names = ("time", "open", "high", "low", "close")
    rows[at] = tuple(cells.get(name, old) for name, old in zip(names, rows[at], strict=True))
    return rows


def scaled(at: int, by: float) -> list[tuple[float, ...]]:
    rows = walk()
    rows[at] = (rows[at][0], *(price * by for price in rows[at][1:]))
    return rows


def test_candles_that_fit_together_all_stay() -> None:
    judged = judge(walk(), 124.0)
    assert judged.rows == walk()
    assert judged.counts == Counter()
    assert judged.before == 100.0


@pytest.mark.parametrize("at", [0, 11, COUNT - 1])
@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"time": math.nan}, RowRule.TIME),
        ({"time": START_MS / 1000}, RowRule.TIME),
        ({"time": EARLIEST_MS - 1}, RowRule.TIME),
        ({"time": START_MS + 0.5}, RowRule.TIME),
        ({"time": LATEST_MS + HOUR_MS}, RowRule.FUTURE),
        ({"open": math.nan}, RowRule.PRICE),
        ({"high": math.nan}, RowRule.PRICE),
        ({"low": 0.0}, RowRule.PRICE),
        ({"close": -5.0}, RowRule.PRICE),
        ({"high": 1.0}, RowRule.SHAPE),
        ({"low": 200.0}, RowRule.SHAPE),
        ({"close": 150.0}, RowRule.SHAPE),
        ({"high": 100_000.0}, RowRule.WICK),
        ({"low": 0.1}, RowRule.WICK),
        (dict.fromkeys(("open", "high", "low", "close"), 100000.0), RowRule.GAP),
    ],
)
def test_a_candle_that_cannot_be_is_left_out_and_the_others_stay(
    cells: dict[str, float], rule: RowRule, at: int
) -> None:
    rows = with_row(at, **cells)
    judged = judge(rows)
    assert judged.rows == [row for place, row in enumerate(walk()) if place != at]
    assert judged.counts == Counter({rule: 1})
    assert repr(judged.example) == repr(rows[at])


@pytest.mark.parametrize("at", [0, 11, COUNT - 1])
@pytest.mark.parametrize("by", [1000.0, 0.001])
def test_a_thousandfold_of_all_its_prices_is_left_out(at: int, by: float) -> None:
    judged = judge(scaled(at, by))
    assert judged.counts == Counter({RowRule.GAP: 1})
    assert len(judged.rows) == COUNT - 1


def test_a_whole_page_in_another_unit_is_left_out_beside_a_price_that_is_believed() -> None:
    page = [(row[0], *(price * 1000.0 for price in row[1:])) for row in walk()]
    judged = judge(page, 124.0)
    assert judged.rows == []
    assert judged.counts == Counter({RowRule.GAP: COUNT})
    assert judged.before is None


def test_a_crash_within_a_candle_stays() -> None:
    rows = walk()
    crash = (rows[-1][0] + HOUR_MS, 125.0, 125.0, 0.1, 0.2)
    after = (crash[0] + HOUR_MS, 0.2, 0.3, 0.1, 0.2)
    rows += [crash, after]
    judged = judge_candles(rows, after[0], 0.2, wicks=True)
    assert judged.rows == rows
    assert judged.counts == Counter()


def test_a_crash_in_the_oldest_candle_of_a_page_says_nothing_about_the_page_before() -> None:
    crash = (float(START_MS), 125.0, 125.0, 0.2, 0.2)
    judged = judge([crash])
    assert judged.rows == [crash]
    assert judged.beside_older(0.2) is None


def test_an_older_page_is_judged_beside_the_first_price_of_the_newer_one() -> None:
    assert judge(walk()).beside_older(124.0) == 100.0
    assert judge([]).beside_older(124.0) == 124.0


def test_a_candle_that_opens_far_from_the_close_before_is_no_crash() -> None:
    rows = with_row(11, open=125_000.0, high=125_000.0)
    judged = judge(rows, wicks=True)
    assert judged.counts == Counter({RowRule.GAP: 1})
    assert len(judged.rows) == COUNT - 1


def test_a_traded_price_may_fall_for_a_moment_and_a_mark_price_may_not() -> None:
    fallen = with_row(11, low=0.1)
    assert judge(fallen, wicks=True).rows == fallen
    assert judge(fallen).counts == Counter({RowRule.WICK: 1})


def test_rows_in_any_order_become_one_series_and_it_is_said() -> None:
    rows = walk()
    assert judge(rows[::-1]).counts == Counter()
    shuffled = rows[12:] + rows[:12]
    judged = judge(shuffled)
    assert judged.rows == rows
    assert judged.counts == Counter({RowRule.ORDER: 1})


def test_of_a_candle_that_comes_twice_the_last_stands() -> None:
    newer = (walk()[11][0], 111.0, 113.0, 110.0, 112.0)
    assert newer in judge([*walk(), newer]).rows
    assert len(judge([*walk(), newer]).rows) == COUNT


def test_what_was_left_out_is_said_in_words() -> None:
    counts = Counter({RowRule.PRICE: 2, RowRule.ORDER: 1})
    key = InstrumentKey("okx", "BTC/USDT:USDT")
    told = RowsDoubted(key, SeriesKind.MARK_CANDLES, "1h", 24, counts, ())
    assert told.sentence == (
        "2 of 24 1h mark candles of BTC/USDT:USDT at okx are left out: "
        "a price that is not above zero (2), out of order (1)"
    )
    only = RowsDoubted(key, SeriesKind.FUNDING, "1h", 3, Counter({RowRule.CELL: 1}), ())
    assert only.left_out == 0
    assert only.sentence == (
        "3 1h funding of BTC/USDT:USDT at okx came with faults: a value that cannot be (1)"
    )


CELL = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, -5.0, 1e308, math.nan, math.inf, 36_000.0, 36_000_000.0]),
)
ROW = st.tuples(
    st.one_of(CELL, st.integers(0, COUNT).map(lambda at: float(START_MS + at * HOUR_MS))),
    CELL,
    CELL,
    CELL,
    CELL,
)


@given(st.lists(ROW, max_size=12), st.one_of(st.none(), st.just(36_000.0)), st.booleans())
def test_whatever_comes_what_stays_is_ascending_finite_and_whole(
    rows: list[Candle], beside: float | None, wicks: bool
) -> None:
    judged = judge_candles(rows, LATEST_MS, beside, wicks=wicks)
    times = [row[0] for row in judged.rows]
    assert all(one < other for one, other in pairwise(times))
    for time_ms, opened, high, low, close in judged.rows:
        assert EARLIEST_MS <= time_ms <= LATEST_MS
        assert all(math.isfinite(price) and price > 0 for price in (opened, high, low, close))
        assert low <= high
    gone = sum(count for rule, count in judged.counts.items() if rule is not RowRule.ORDER)
    assert len({row[0] for row in rows if row[0] in times}) == len(judged.rows) <= len(rows) - gone
