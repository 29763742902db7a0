"""Forecasts in the history: said once, decided once, never deleted, live and replayed apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SERIES_COLUMNS, SeriesKind
from dashboard.risk.odds.bars import HOUR_MS
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.forecasts import Forecast, Place
from dashboard.risk.odds.scorecard import bin_number
from dashboard.store.history import HistoryStore
from dashboard.store.paths import find_places

KEY = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
MARKS = SeriesKind.MARK_CANDLES
START_MS = 1_577_836_800_000


def forecast(hour: int = 0, hours: int = 8, odds: float = 0.05, bp: int = 500) -> Forecast:
    place = Place(hours, Way.DOWN, bp)
    return Forecast(START_MS + hour * HOUR_MS, place, 100.0, place.level(100.0), odds, "pooled")


def bars(first: int, last: int, low: float = 99.0) -> np.ndarray:
    times = START_MS + np.arange(first, last) * HOUR_MS
    prices = (100.0, 101.0, low, 100.0)
    rows = np.column_stack([times, *(np.full(len(times), price) for price in prices)])
    assert rows.shape[1] == len(SERIES_COLUMNS[MARKS])
    return rows


def at(hour: int) -> int:
    return START_MS + hour * HOUR_MS


@pytest.fixture
def store(tmp_path: Path) -> HistoryStore:
    return HistoryStore(tmp_path / "history.sqlite3")


def test_a_forecast_stays_as_it_was_said_first_and_outlives_a_restart(
    store: HistoryStore, tmp_path: Path
) -> None:
    store.keep_forecasts(KEY, MARKS, [forecast()])
    other = HistoryStore(tmp_path / "history.sqlite3")
    other.keep_forecasts(KEY, MARKS, [forecast(odds=0.9)])
    other.close()
    store.close()
    again = HistoryStore(tmp_path / "history.sqlite3")
    (series,) = [one for one in again.series() if one.kind == MARKS.value]
    assert series.key == KEY
    assert again.forecasts.due(1, at(8)) == [forecast()]
    assert again.forecasts.count(at(0)) == (1, 0, at(0), at(8))
    again.close()


def test_it_is_decided_when_its_hours_have_passed_and_their_bars_are_there(
    store: HistoryStore,
) -> None:
    store.keep_forecasts(KEY, MARKS, [forecast()])
    store.append(KEY, MARKS, "1h", bars(0, 7))
    store.decide_forecasts(KEY, MARKS, at(8))
    assert store.forecasts.count(at(8)).decided == 0
    store.append(KEY, MARKS, "1h", bars(7, 8, low=94.0))
    store.decide_forecasts(KEY, MARKS, at(7))
    assert store.forecasts.count(at(8)).decided == 0
    store.decide_forecasts(KEY, MARKS, at(8))
    assert store.forecasts.count(at(8)) == (1, 1, at(0), None)
    (cell,) = store.forecasts.cells(at(8))
    expected = (*KEY, 8, "down", 500, bin_number(0.05), 1, 0.05, 1)
    assert cell[:-1] == expected
    assert cell.squares == pytest.approx(0.95**2)
    assert store.forecasts.cells(at(8) - 1) == []


def test_a_miss_is_never_changed_or_deleted(store: HistoryStore) -> None:
    store.keep_forecasts(KEY, MARKS, [forecast()])
    store.append(KEY, MARKS, "1h", bars(0, 8))
    store.decide_forecasts(KEY, MARKS, at(8))
    store.append(KEY, MARKS, "1h", bars(0, 8, low=1.0))
    store.decide_forecasts(KEY, MARKS, at(9))
    store.forget_before(at(100))
    (cell,) = store.forecasts.cells(at(9))
    assert (cell.cases, cell.touched) == (1, 0)


def test_only_those_that_do_not_overlap_are_counted(store: HistoryStore) -> None:
    store.append(KEY, MARKS, "1h", bars(0, 30))
    for hour in (0, 3, 7, 8, 12, 16, 17):
        # Two distances of one hour count both; a longer horizon has a count of its own.
        both = [forecast(hour), forecast(hour, bp=300), forecast(hour, hours=24)]
        store.keep_forecasts(KEY, MARKS, both)
    store.decide_forecasts(KEY, MARKS, at(30))
    found = {(cell.hours, cell.distance_bp): cell.cases for cell in store.forecasts.cells(at(30))}
    assert found == {(8, 500): 3, (8, 300): 3, (24, 500): 1}


def test_hours_played_again_after_a_seek_back_do_not_overlap_those_before(
    store: HistoryStore,
) -> None:
    store.append(KEY, MARKS, "1h", bars(0, 40))
    for hour in (10, 5, 2):
        store.keep_forecasts(KEY, MARKS, [forecast(hour)])
    store.decide_forecasts(KEY, MARKS, at(40))
    (cell,) = store.forecasts.cells(at(40))
    assert cell.cases == 2
    assert store.forecasts.count(at(4)).stored == 1


def test_a_recording_has_a_history_of_its_own(tmp_path: Path) -> None:
    places = find_places(tmp_path)
    live, replayed = HistoryStore(places.history()), HistoryStore(places.history("crash-2024-08"))
    replayed.keep_forecasts(KEY, MARKS, [forecast()])
    assert live.forecasts.count(at(9)).stored == 0
    assert replayed.forecasts.count(at(9)).stored == 1
    live.close()
    replayed.close()


def test_nothing_is_decided_of_a_contract_without_forecasts(store: HistoryStore) -> None:
    store.decide_forecasts(KEY, MARKS, at(9))
    assert store.forecasts.count(at(9)) == (0, 0, None, None)
