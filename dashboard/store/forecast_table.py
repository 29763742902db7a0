"""Forecasts of odds and what came of them; nothing here ever deletes one."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.risk.odds.bars import HOUR_MS
from dashboard.risk.odds.cells import Cell, ForecastCount
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.forecasts import Forecast, Place
from dashboard.risk.odds.scorecard import EDGES
from dashboard.store.connection import HistoryDatabase

_INSERT = """
    INSERT INTO forecast
        (series, hour_ms, hours, way, distance_bp, mark, level, odds, method, apart)
    VALUES (:series, :hour_ms, :hours, :way, :distance_bp, :mark, :level, :odds, :method,
        CASE WHEN EXISTS (
            SELECT 1 FROM forecast AS near
            WHERE near.series = :series AND near.hours = :hours AND near.apart = 1
                AND near.hour_ms > :after_ms AND near.hour_ms < :before_ms
                AND near.hour_ms <> :hour_ms
        ) THEN 0 ELSE 1 END)
    ON CONFLICT (series, hour_ms, hours, way, distance_bp) DO NOTHING"""
_DUE = f"""
    SELECT hour_ms, hours, way, distance_bp, mark, level, odds, method FROM forecast
    WHERE series = :series AND touched IS NULL AND hour_ms + hours * {HOUR_MS} <= :now_ms
    ORDER BY hour_ms"""  # noqa: S608 (a constant of ours)
_DECIDE = """
    UPDATE forecast SET touched = :touched
    WHERE series = :series AND hour_ms = :hour_ms AND hours = :hours AND way = :way
        AND distance_bp = :distance_bp AND touched IS NULL"""
_BIN = " ".join(f"WHEN odds < {edge} THEN {number}" for number, edge in enumerate(EDGES[1:]))
_CELLS = f"""
    SELECT venue, symbol, hours, way, distance_bp,
        CASE {_BIN} ELSE {len(EDGES) - 1} END AS said_bin, COUNT(*), SUM(odds), SUM(touched),
        SUM((odds - touched) * (odds - touched))
    FROM forecast JOIN series ON series.id = forecast.series
    WHERE apart = 1 AND touched IS NOT NULL AND hour_ms + hours * {HOUR_MS} <= :now_ms
    GROUP BY venue, symbol, hours, way, distance_bp, said_bin"""  # noqa: S608 (constants of ours)
_COUNTS = f"""
    SELECT COUNT(*), COUNT(touched), MIN(hour_ms),
        MIN(CASE WHEN touched IS NULL AND hour_ms + hours * {HOUR_MS} > :now_ms
            THEN hour_ms + hours * {HOUR_MS} END)
    FROM forecast WHERE hour_ms <= :now_ms"""  # noqa: S608 (constants of ours)


class ForecastTable:
    """The forecasts of one history, by the number of the hourly series that decides them."""

    def __init__(self, database: HistoryDatabase) -> None:
        self._database = database

    def keep(self, series: int, forecasts: Sequence[Forecast]) -> None:
        """Store forecasts; those that are there already stay as they were said first.

        The first of each horizon, and each whose hours overlap with none before, counts for the
        scorecard.
        """
        with self._database.transaction() as connection:
            connection.executemany(_INSERT, [_parameters(series, one) for one in forecasts])

    def due(self, series: int, now_ms: int) -> list[Forecast]:
        """Those whose hours have passed by `now_ms` and that are not decided, oldest first."""
        rows = self._database.rows(_DUE, {"series": series, "now_ms": now_ms})
        return [
            Forecast(hour_ms, Place(hours, Way(way), distance_bp), mark, level, odds, method)
            for hour_ms, hours, way, distance_bp, mark, level, odds, method in rows
        ]

    def decide(self, series: int, outcomes: Sequence[tuple[Forecast, bool]]) -> None:
        """Keep what came of forecasts; what is decided stays so."""
        with self._database.transaction() as connection:
            connection.executemany(
                _DECIDE,
                [_place(series, one) | {"touched": int(touched)} for one, touched in outcomes],
            )

    def cells(self, now_ms: int) -> list[Cell]:
        """What was decided by `now_ms`, counted; see Cell."""
        rows = self._database.rows(_CELLS, {"now_ms": now_ms})
        return [
            Cell._make((*row[:6], int(row[6]), float(row[7]), int(row[8]), float(row[9])))
            for row in rows
        ]

    def count(self, now_ms: int) -> ForecastCount:
        """How many forecasts were made and decided, as of `now_ms`."""
        return ForecastCount(*self._database.rows(_COUNTS, {"now_ms": now_ms})[0])


def _place(series: int, one: Forecast) -> dict[str, object]:
    hours, way, distance_bp = one.place
    return {
        "series": series,
        "hour_ms": one.hour_ms,
        "hours": hours,
        "way": way.value,
        "distance_bp": distance_bp,
    }


def _parameters(series: int, one: Forecast) -> dict[str, object]:
    span_ms = one.place.hours * HOUR_MS
    return _place(series, one) | {
        "mark": one.mark,
        "level": one.level,
        "odds": one.odds,
        "method": one.method,
        "after_ms": one.hour_ms - span_ms,
        "before_ms": one.hour_ms + span_ms,
    }
