"""The history: readings as they were polled, and series as the venues keep them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dashboard.errors import StoreError
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SERIES_COLUMNS, TIMEFRAMES_MS, Reading, SeriesKind
from dashboard.risk.odds.forecasts import Forecast, first_hour_ms, outcomes
from dashboard.store import chunk_table
from dashboard.store.chunks import Matrix, merge
from dashboard.store.connection import HistoryDatabase
from dashboard.store.coverage import Span
from dashboard.store.database import DamagedError, Database, set_aside
from dashboard.store.desk_database import DeskDatabase
from dashboard.store.forecast_table import ForecastTable
from dashboard.store.history_schema import HISTORY_SCHEMA
from dashboard.store.polls import AS_POLLED, Polls
from dashboard.store.recorded import LAYOUTS, Recorded, reading_of
from dashboard.store.rollup import (
    POLLED_AS,
    ROLLED_STEPS_MS,
    filled_in,
    rolled_timeframe,
)
from dashboard.store.series_table import SeriesTable, StoredSeries

_log = logging.getLogger(__name__)

HOURLY = "1h"
"""The bars that decide forecasts."""

_POLLED_KINDS = frozenset(kind.value for kind in Recorded)
_SIZES = """
    SELECT kind, timeframe, COUNT(DISTINCT series.id), SUM(chunk.rows), SUM(LENGTH(body)),
        MIN(since_ms), MAX(last_ms)
    FROM chunk JOIN series ON series.id = chunk.series
    GROUP BY kind, timeframe ORDER BY kind, timeframe"""


class KindSize(NamedTuple):
    """The sealed rows of one kind and step: of how many contracts, in how many bytes, from when."""

    kind: str
    timeframe: str
    contracts: int
    rows: int
    body_bytes: int
    first_ms: int
    last_ms: int


class HistorySize(NamedTuple):
    """What a history takes on the disk, in bytes, and what is in it."""

    disk_bytes: int
    kinds: list[KindSize]


class HistoryStore:
    """The history at `place`, a file or a PostgreSQL URL; readers open it with `read_only`.

    Usable from any thread. `record` may take some hundred ms when it seals the polls of many
    contracts, so a program with an event loop calls it from a worker thread. Every method raises
    StoreError where the disk does not do its part; the next call may succeed. A history that is
    no database any more is kept aside and begun anew, which `notices` says.
    """

    def __init__(self, place: Path | str, *, read_only: bool = False) -> None:
        self.notices: tuple[str, ...] = ()
        self._read_only = read_only
        self._database = self._open(place)
        self._series = SeriesTable(self._database)
        self._polls = Polls(self._database, self._series)
        self.forecasts = ForecastTable(self._database)

    def keep_forecasts(
        self, key: InstrumentKey, kind: SeriesKind, forecasts: Sequence[Forecast]
    ) -> None:
        """Store forecasts of odds, to be decided by the hourly series of a kind."""
        self.forecasts.keep(self._series.number(_hourly(key, kind)), forecasts)

    def decide_forecasts(self, key: InstrumentKey, kind: SeriesKind, now_ms: int) -> None:
        """Decide the forecasts whose hours have passed and whose bars are all stored."""
        number = self._series.find(_hourly(key, kind))
        due = [] if number is None else self.forecasts.due(number, now_ms)
        since_ms = first_hour_ms(due)
        if number is None or since_ms is None:
            return
        rows = self.read(key, kind, HOURLY, since_ms, now_ms - TIMEFRAMES_MS[HOURLY] + 1)
        known = zip(due, outcomes(due, rows), strict=True)
        decided = [(one, touched) for one, touched in known if touched is not None]
        self.forecasts.decide(number, decided)

    def record(self, readings: Iterable[Reading], now_ms: int) -> None:
        """Keep the figures of one poll; what says that a figure is missing is not kept."""
        self._polls.record(readings, now_ms)

    def append(
        self,
        key: InstrumentKey,
        kind: SeriesKind,
        timeframe: str,
        rows: Matrix,
        covered: Span | None = None,
    ) -> None:
        """Merge rows (columns SERIES_COLUMNS[kind]) by time into a series.

        Later rows win cell by cell and a NaN erases nothing, so the same rows may come again.
        `covered`, where given, is marked as fetched in the same transaction. Raises ValueError
        where the rows have other columns or a time that is no whole millisecond.
        """
        _check(rows, len(SERIES_COLUMNS[kind]))
        number = self._series.number(StoredSeries(key, kind.value, timeframe))
        with self._database.transaction() as connection:
            chunk_table.put_rows(connection, number, rows)
            if covered is not None:
                chunk_table.cover(connection, number, covered)

    def read(
        self,
        key: InstrumentKey,
        kind: SeriesKind,
        timeframe: str,
        since_ms: int,
        until_ms: int,
        columns: Sequence[str] | None = None,
    ) -> Matrix:
        """The rows of [since_ms, until_ms) by time; none where nothing is stored.

        Columns are SERIES_COLUMNS[kind], or those named, of which "time_ms" is the first.
        """
        number = self._series.find(StoredSeries(key, kind.value, timeframe))
        return self._chunks(number, SERIES_COLUMNS[kind], since_ms, until_ms, columns)

    def read_polled(
        self,
        key: InstrumentKey,
        kind: Recorded,
        since_ms: int,
        until_ms: int,
        columns: Sequence[str] | None = None,
    ) -> Matrix:
        """The readings received in [since_ms, until_ms) by time; none where nothing is stored.

        Columns are LAYOUTS[kind].columns, or those named, of which "time_ms" is the first.
        """
        number = self._series.find(StoredSeries(key, kind.value, AS_POLLED))
        if number is None:
            return np.empty((0, len(columns or LAYOUTS[kind].columns)))
        # A poll that is sealed between the two queries comes twice and is merged; the other way
        # round it would be missed.
        unsealed = self._polls.unsealed(kind, number, since_ms, until_ms)
        sealed = self._chunks(number, LAYOUTS[kind].columns, since_ms, until_ms, columns)
        return merge(sealed, unsealed[:, _places(LAYOUTS[kind].columns, columns)])

    def read_charted(
        self, key: InstrumentKey, kind: SeriesKind, timeframe: str, since_ms: int, until_ms: int
    ) -> Matrix:
        """As `read`, with what was polled in the steps of which the venue's series has no row.

        So what the venue has forgotten or never kept is still there where Liqline saw it. Polled
        rows have their own times, at most one a step; what nobody recorded stays absent.
        """
        fetched = self.read(key, kind, timeframe, since_ms, until_ms)
        polled = POLLED_AS.get(kind)
        if polled is None:
            return fetched
        columns = ("time_ms", *polled.figures)
        rows = self._read_rolled(key, polled.kind, timeframe, since_ms, until_ms, columns)
        return filled_in(fetched, rows, TIMEFRAMES_MS[timeframe])

    def _read_rolled(
        self,
        key: InstrumentKey,
        kind: Recorded,
        timeframe: str,
        since_ms: int,
        until_ms: int,
        columns: Sequence[str],
    ) -> Matrix:
        kept = rolled_timeframe(timeframe)
        if kept is None:
            return self.read_polled(key, kind, since_ms, until_ms, columns)
        number = self._series.find(StoredSeries(key, kind.value, AS_POLLED))
        if number is None:
            return np.empty((0, len(columns)))
        layout = LAYOUTS[kind].columns
        unsealed = self._polls.unsealed(kind, number, since_ms, until_ms)
        places = [place + 1 for place in _places(layout, columns)]
        rolled = self._series.find(StoredSeries(key, kind.value, kept))
        wide = ("step_ms", *layout)
        begin_ms = since_ms - ROLLED_STEPS_MS[kept]
        sealed = self._chunks(rolled, wide, begin_ms, until_ms, None)[:, places]
        return merge(
            chunk_table.within(sealed, since_ms, until_ms), unsealed[:, _places(layout, columns)]
        )

    def covered(self, key: InstrumentKey, kind: SeriesKind, timeframe: str) -> list[Span]:
        """The [since_ms, until_ms) spans that were already fetched, sorted and disjoint."""
        number = self._series.find(StoredSeries(key, kind.value, timeframe))
        return [] if number is None else chunk_table.covered_spans(self._database, number)

    def last_readings(self, now_ms: int | None = None) -> list[Reading]:
        """The newest reading of each kind per contract, received at `now_ms` or before."""
        of_number = self._series.keys_and_texts()
        return [
            reading_of(kind, *of_number[int(row[0])], row[1:])
            for kind in Recorded
            for row in self._polls.newest(kind, now_ms)
        ]

    def series(self) -> list[StoredSeries]:
        """Every series that was ever stored."""
        return self._series.all()

    def size(self) -> HistorySize:
        """What the history takes on the disk, and what of."""
        rows = self._database.rows(_SIZES)
        return HistorySize(self._database.bytes_used(), [KindSize(*row) for row in rows])

    def forget_before(self, moment_ms: int) -> int:
        """Drop every row older than `moment_ms` (ms UTC) for good; how many those were.

        Nothing else ever removes rows, so this is called where the trader asked for it alone.
        """
        self._polls.seal_all()
        dropped = 0
        for series in self._series.all():
            number = self._series.number(series)
            with self._database.transaction() as connection:
                dropped += chunk_table.drop_rows(connection, number, moment_ms, _width(series))
        return dropped

    def close(self) -> None:
        """Seal what was polled and close the file."""
        try:
            if not self._read_only:
                self._polls.seal_all()
        except StoreError as error:
            _log.warning("the last polls stay unsealed until the next start: %s", error)
        finally:
            self._database.close()

    def _open(self, place: Path | str) -> HistoryDatabase:
        if isinstance(place, str):
            return DeskDatabase(place, read_only=self._read_only)
        return self._open_file(place)

    def _open_file(self, path: Path) -> HistoryDatabase:
        try:
            return Database(path, HISTORY_SCHEMA, read_only=self._read_only)
        except DamagedError as error:
            if self._read_only:
                raise
            _log.warning("%s: %s", error, error.detail)
            aside = set_aside(path, f"{datetime.now(UTC):%Y%m%dT%H%M%S}")
            self.notices = (
                f'the history was damaged and has been begun anew; the old one is "{aside}"',
            )
            return Database(path, HISTORY_SCHEMA)

    def _chunks(
        self,
        number: int | None,
        layout: Sequence[str],
        since_ms: int,
        until_ms: int,
        columns: Sequence[str] | None,
    ) -> Matrix:
        places = _places(layout, columns)
        if number is None:
            return np.empty((0, len(places)))
        return chunk_table.get_rows(self._database, number, len(layout), since_ms, until_ms, places)


def _hourly(key: InstrumentKey, kind: SeriesKind) -> StoredSeries:
    return StoredSeries(key, kind.value, HOURLY)


def _width(series: StoredSeries) -> int:
    """How many columns the chunks of a series have."""
    if series.kind in _POLLED_KINDS:
        rolled = series.timeframe != AS_POLLED
        return len(LAYOUTS[Recorded(series.kind)].columns) + rolled
    return len(SERIES_COLUMNS[SeriesKind(series.kind)])


def _places(layout: Sequence[str], columns: Sequence[str] | None) -> list[int]:
    return list(range(len(layout))) if columns is None else [layout.index(name) for name in columns]


def _check(rows: Matrix, width: int) -> None:
    if rows.ndim != 2 or rows.shape[1] != width:
        raise ValueError(f"rows of shape {rows.shape} where {width} columns are due")
    times = rows[:, 0]
    if not (np.isfinite(times) & (times == np.floor(times))).all():
        raise ValueError("a time that is no whole millisecond")
