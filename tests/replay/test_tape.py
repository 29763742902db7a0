"""What is known of a recorded market at a moment, held against the recorded rows themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.readings import SeriesKind
from dashboard.replay.recording import RecordedMarket, Series, load_recording
from dashboard.replay.tape import Tape
from tests.replay.made_up import (
    HOUR_MS,
    MINUTE_MS,
    START_MS,
    made_up_bars,
    made_up_recording,
    without_rows,
)

DAY_MS = 24 * HOUR_MS
CRASH = load_recording("crash-2024-08")
MAY = load_recording("four-venues-2025-05")


def tape_of(*series: Series, hours: int | None = None) -> Tape:
    return Tape(
        RecordedMarket(
            venue="hyperliquid",
            market_id="BTC",
            symbol="BTC/USDC:USDC",
            listing={},
            funding_interval_hours=hours,
            series=series,
        )
    )


def samples(kind: SeriesKind, step_ms: int, **columns: list[float]) -> Series:
    count = len(next(iter(columns.values())))
    times = START_MS + step_ms * np.arange(count, dtype=np.int64)
    arrays = {name: np.array(column) for name, column in columns.items()}
    return Series(kind=kind, step_ms=step_ms, time_ms=times, columns=arrays)


def bundled_tape(recording_name: str, market_id: str) -> Tape:
    recording = CRASH if recording_name == CRASH.name else MAY
    market = recording.market("binanceusdm", market_id)
    assert market is not None
    return Tape(market)


def test_within_an_hour_only_its_open_is_known() -> None:
    hours = made_up_bars(START_MS, 3, HOUR_MS, seed=1)
    tape = tape_of(hours)
    for passed_ms in (0, 1, HOUR_MS // 2, HOUR_MS - 1):
        known = tape.price(START_MS + HOUR_MS + passed_ms)
        assert known == (START_MS + HOUR_MS, hours.columns["open"][1])


def test_the_close_of_the_last_bar_is_known_at_its_end_and_no_longer() -> None:
    hours = made_up_bars(START_MS, 3, HOUR_MS, seed=2)
    tape = tape_of(hours)
    end_ms = START_MS + 3 * HOUR_MS
    assert tape.price(end_ms) == (end_ms, hours.columns["close"][2])
    assert tape.price(end_ms + 1) is None
    assert tape.price(START_MS - 1) is None


def test_over_a_missing_hour_the_last_close_stands() -> None:
    hours = without_rows(made_up_bars(START_MS, 4, HOUR_MS, seed=3), 1)
    known = tape_of(hours).price(START_MS + HOUR_MS + HOUR_MS // 2)
    assert known == (START_MS + HOUR_MS, hours.columns["close"][0])


def test_the_finest_recorded_bars_give_the_latest_price() -> None:
    hours = made_up_bars(START_MS, 2, HOUR_MS, seed=4)
    minutes = made_up_bars(START_MS, 120, MINUTE_MS, seed=5)
    known = tape_of(hours, minutes).price(START_MS + 90 * MINUTE_MS + 30_000)
    assert known == (START_MS + 90 * MINUTE_MS, minutes.columns["open"][90])


def test_the_recorded_crash_shows_each_hours_open_until_the_next() -> None:
    tape = bundled_tape(CRASH.name, "BTCUSDT")
    candles = tape.market.of_kind(SeriesKind.CANDLES)[0]
    marks = tape.market.of_kind(SeriesKind.MARK_CANDLES)[0]
    six_ms = 1_722_837_600_000  # 2024-08-05 06:00 UTC, the hour of the low
    row = int(np.searchsorted(candles.time_ms, six_ms))
    for now_ms in (six_ms, six_ms + 59 * MINUTE_MS):
        assert tape.price(now_ms) == (six_ms, 52_696.5)
        assert tape.mark(now_ms) == (six_ms, marks.columns["open"][row])
    assert candles.columns["low"][row] == 48_888.0
    assert bundled_tape(CRASH.name, "SOLUSDT").mark(six_ms) is None


def test_open_interest_in_usd_becomes_coin_only_with_a_price_of_the_same_moment() -> None:
    interest = samples(SeriesKind.OPEN_INTEREST, HOUR_MS, usd=[3.6e9, 3.7e9, 3.8e9])
    hours = without_rows(made_up_bars(START_MS, 3, HOUR_MS, seed=6), 1)
    tape = tape_of(hours, interest)
    assert tape.open_interest_coin(START_MS + 5) == (START_MS, 3.6e9 / hours.columns["open"][0])
    second = tape.open_interest_coin(START_MS + HOUR_MS)
    assert second == (START_MS + HOUR_MS, 3.7e9 / hours.columns["close"][0])
    assert tape_of(interest).open_interest_coin(START_MS) is None
    late = Series(
        kind=SeriesKind.OPEN_INTEREST,
        step_ms=HOUR_MS,
        time_ms=interest.time_ms + MINUTE_MS,
        columns=interest.columns,
    )
    assert tape_of(hours, late).open_interest_coin(START_MS + 2 * MINUTE_MS) is None


def test_samples_are_told_apart_by_their_period() -> None:
    ratios = samples(SeriesKind.LONG_SHORT_RATIO, HOUR_MS, ratio=[1.0, 1.1, 1.2, 1.3, 1.4])
    tape = tape_of(ratios)
    now_ms = START_MS + 4 * HOUR_MS + 1
    every_hour = tape.samples(SeriesKind.LONG_SHORT_RATIO, now_ms, HOUR_MS)
    assert every_hour.columns["ratio"].tolist() == [1.0, 1.1, 1.2, 1.3, 1.4]
    every_four = tape.samples(SeriesKind.LONG_SHORT_RATIO, now_ms, 4 * HOUR_MS)
    assert every_four.columns["ratio"].tolist() == [1.0, 1.4]
    assert len(tape.samples(SeriesKind.OPEN_INTEREST, now_ms).time_ms) == 0


def test_funding_is_the_last_settled_rate_and_the_schedule_goes_on() -> None:
    funding = samples(SeriesKind.FUNDING, 8 * HOUR_MS, rate=[1e-4, -2e-4])
    tape = tape_of(funding, hours=8)
    just_before_ms = START_MS + 8 * HOUR_MS - 1
    assert tape.settled_funding(just_before_ms) == (START_MS, 1e-4)
    assert tape.next_settlement_ms(just_before_ms) == START_MS + 8 * HOUR_MS
    assert tape.settled_funding(just_before_ms + 1) == (START_MS + 8 * HOUR_MS, -2e-4)
    assert tape.next_settlement_ms(just_before_ms + 1) == START_MS + 16 * HOUR_MS
    assert tape.next_settlement_ms(START_MS - 5) == START_MS
    assert tape_of().next_settlement_ms(START_MS) is None


def test_the_running_candle_is_built_from_the_minutes_that_are_over() -> None:
    tape = bundled_tape(MAY.name, "BTCUSDT")
    minutes = tape.market.of_kind(SeriesKind.CANDLES)[1]
    now_ms = 1_746_777_600_000 + 17 * MINUTE_MS + 20_000  # 2025-05-09 08:17:20 UTC
    first = int(np.searchsorted(minutes.time_ms, 1_746_777_600_000))
    over = slice(first, first + 17)
    last_price = minutes.columns["open"][first + 17]
    rows = tape.candles(SeriesKind.CANDLES, HOUR_MS, now_ms)
    assert rows.time_ms[-1] == 1_746_777_600_000
    assert rows.columns["open"][-1] == minutes.columns["open"][first]
    assert rows.columns["high"][-1] == max(minutes.columns["high"][over].max(), last_price)
    assert rows.columns["low"][-1] == min(minutes.columns["low"][over].min(), last_price)
    assert rows.columns["close"][-1] == last_price
    assert rows.columns["volume"][-1] == pytest.approx(minutes.columns["volume"][over].sum())
    price = tape.price(now_ms)
    assert price is not None
    assert price.value == last_price


def test_a_timeframe_shorter_than_recorded_has_no_candles() -> None:
    tape = bundled_tape(CRASH.name, "BTCUSDT")
    rows = tape.candles(SeriesKind.CANDLES, 15 * MINUTE_MS, CRASH.default_start_ms)
    assert len(rows.time_ms) == 0


def test_a_day_is_measured_from_the_price_that_stood_then() -> None:
    tape = bundled_tape(CRASH.name, "BTCUSDT")
    candles = tape.market.of_kind(SeriesKind.CANDLES)[0]
    now_ms = 1_722_837_600_000 + 20 * MINUTE_MS
    last = int(np.searchsorted(candles.time_ms, 1_722_837_600_000))
    day = tape.day(now_ms)
    assert day is not None
    assert day.from_ms == candles.time_ms[last - 24]
    assert day.open == candles.columns["open"][last - 24]
    assert day.last == candles.columns["open"][last]
    assert day.low == min(candles.columns["low"][last - 24 : last].min(), day.last)
    assert day.volume == pytest.approx(candles.columns["volume"][last - 24 : last].sum())


def test_a_day_with_a_missing_hour_has_a_change_but_no_range() -> None:
    day = bundled_tape(CRASH.name, "SOLUSDT").day(1_721_412_000_000)  # 2024-07-19 18:00 UTC
    assert day is not None
    assert day.open > 0
    assert (day.high, day.low, day.volume) == (None, None, None)


def test_the_first_day_of_a_recording_has_no_change() -> None:
    assert bundled_tape(CRASH.name, "BTCUSDT").day(CRASH.starts_ms + DAY_MS - 1) is None
    assert bundled_tape(CRASH.name, "BTCUSDT").day(CRASH.starts_ms + DAY_MS) is not None


@given(
    st.integers(min_value=0, max_value=72 * HOUR_MS),
    st.sampled_from([MINUTE_MS, 5 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS, DAY_MS]),
)
def test_candles_follow_each_other_and_end_at_the_last_price(passed_ms: int, step_ms: int) -> None:
    tape = Tape(made_up_recording().markets[0])
    now_ms = START_MS + passed_ms
    rows = tape.candles(SeriesKind.CANDLES, step_ms, now_ms)
    assert np.all(np.diff(rows.time_ms) >= step_ms)
    assert np.all(rows.time_ms <= now_ms)
    assert np.all(rows.time_ms % step_ms == 0)
    price = tape.price(now_ms)
    if len(rows.time_ms) and rows.time_ms[-1] + step_ms > now_ms:
        assert price is not None
        assert rows.columns["close"][-1] == price.value


def test_a_mark_price_is_stamped_with_its_row_only_where_that_is_asked_for() -> None:
    market = bundled_tape("crash-2024-08", "BTCUSDT").market
    now_ms = CRASH.starts_ms + 30 * DAY_MS + 25 * MINUTE_MS
    row_ms = now_ms - now_ms % HOUR_MS
    assert Tape(market).mark_stamp_ms(now_ms) == now_ms
    assert Tape(market, stamped=True).mark_stamp_ms(now_ms) == row_ms
    unmarked = bundled_tape("crash-2024-08", "SOLUSDT").market
    assert Tape(unmarked, stamped=True).mark_stamp_ms(now_ms) == now_ms
