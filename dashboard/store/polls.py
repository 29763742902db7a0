"""Polls as they come in: one raw blob each, until enough are there to be sealed into chunks.

A blob is a float64 matrix by column: the series' numbers, then the columns of
`dashboard.store.recorded`. A head says how many rows there are and which columns, having the same
number in every row, are that number alone; the series' numbers count up from theirs. Blobs of
before, without a head, are matrices by row.
"""

from __future__ import annotations

import logging
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dashboard.market.readings import LongShortRatio, Reading
from dashboard.store.chunk_table import get_rows, put_rows
from dashboard.store.chunks import Matrix
from dashboard.store.connection import Connection, HistoryDatabase
from dashboard.store.recorded import LAYOUTS, Column, Recorded, batch_of, kind_of
from dashboard.store.rollup import ROLLED, ROLLED_STEPS_MS, not_older, rolled_up
from dashboard.store.series_table import SeriesTable, StoredSeries

AS_POLLED = ""
"""The timeframe of series of readings: they come when they come."""

SEAL_AFTER_POLLS = 600
SEAL_AFTER_MS = 3_600_000

_HEAD = struct.Struct("<BII")
"""The format's number, the count of rows, a bit for each column that is one number."""
_BY_COLUMN = 2
_NUMBER = struct.Struct("<d")
_INSERT = "INSERT INTO hot (kind, at_ms, body) VALUES (:kind, :at_ms, :body)"
_DELETE = "DELETE FROM hot WHERE kind = :kind AND id <= :last"
_UNSEALED = "SELECT id, body FROM hot WHERE kind = :kind ORDER BY id"
_COUNTS = "SELECT kind, COUNT(*), MIN(at_ms) FROM hot GROUP BY kind"
_LATEST = "SELECT body FROM latest WHERE kind = :kind"
_KEEP_LATEST = """
    INSERT INTO latest VALUES (:kind, :body)
    ON CONFLICT (kind) DO UPDATE SET body = excluded.body"""

_RATIO_SERIES = attrgetter("series")

_log = logging.getLogger(__name__)

Names = tuple[tuple[str, ...], ...]


class _Roster(NamedTuple):
    """Whom the last poll of a kind was about, and the numbers of their series.

    Those are one number, the first, where the others count up from it, as they do for contracts
    that came together.
    """

    names: Names
    numbers: Column | float


class Polls:
    """The polls of one history that are not sealed yet, and the newest row of every series."""

    def __init__(self, database: HistoryDatabase, series: SeriesTable) -> None:
        self._database = database
        self._series = series
        self._numbers: dict[Recorded, dict[tuple[str, ...], int]] = defaultdict(dict)
        self._rosters: dict[Recorded, _Roster] = {}
        self._unsealed: dict[Recorded, tuple[int, int]] = {
            Recorded(kind): (count, oldest_ms) for kind, count, oldest_ms in database.rows(_COUNTS)
        }

    def record(self, readings: Iterable[Reading], now_ms: int) -> None:
        """Keep one poll; seals the kinds of which enough has come."""
        groups = _by_kind(readings)
        blobs = [
            {"kind": kind.value, "at_ms": now_ms, "body": self._blob(kind, group)}
            for kind, group in groups.items()
        ]
        with self._database.transaction() as connection:
            connection.executemany(_INSERT, blobs)
        for kind in groups:
            self._count(kind, now_ms)

    def seal_all(self) -> None:
        """Seal every kind that has polls."""
        for kind in list(self._unsealed):
            self._seal(kind)

    def unsealed(self, kind: Recorded, number: int, since_ms: int, until_ms: int) -> Matrix:
        """The rows of one series in [since_ms, until_ms) in the order they came."""
        rows = self._rows(kind)[0]
        wanted = (rows[:, 0] == number) & (rows[:, 1] >= since_ms) & (rows[:, 1] < until_ms)
        return rows[wanted, 1:]

    def newest(self, kind: Recorded, until_ms: int | None = None) -> Matrix:
        """The last row of each series, its number first, of those received by `until_ms`."""
        found = self._database.rows(_LATEST, {"kind": kind.value})
        rows = np.concatenate([*(_matrix(kind, body) for (body,) in found), self._rows(kind)[0]])
        if until_ms is not None:
            rows = rows[rows[:, 1] <= until_ms]
        ordered = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        is_last: npt.NDArray[np.bool_] = np.diff(ordered[:, 0], append=np.inf) != 0
        return ordered[is_last]

    def _blob(self, kind: Recorded, group: Sequence[Reading]) -> bytes:
        names, columns = batch_of(kind, group)
        roster = self._rosters.get(kind)
        if roster is None or roster.names != names:
            roster = _Roster(names, self._numbers_of(kind, names))
            self._rosters[kind] = roster
        return _packed(len(group), roster.numbers, columns)

    def _numbers_of(self, kind: Recorded, names: Names) -> Column | float:
        identities = list(zip(*names, strict=True))
        known = self._numbers[kind]
        if not known.keys() >= set(identities):
            self._learn(kind, identities)
        return _counted(np.array([known[identity] for identity in identities], np.float64))

    def _learn(self, kind: Recorded, identities: Iterable[tuple[str, ...]]) -> None:
        """Number the series of readings; one whose texts changed forgets those it had."""
        series = {
            identity: StoredSeries.of(identity[0], identity[1], kind.value, AS_POLLED)
            for identity in identities
        }
        self._series.note_texts((stored, identity[2:]) for identity, stored in series.items())
        known = self._numbers[kind]
        contracts = {identity[:2] for identity in series}
        for identity in [held for held in known if held[:2] in contracts]:
            del known[identity]
        for identity, stored in series.items():
            known[identity] = self._series.number(stored)

    def _count(self, kind: Recorded, now_ms: int) -> None:
        polls, oldest_ms = self._unsealed.get(kind, (0, now_ms))
        self._unsealed[kind] = (polls + 1, oldest_ms)
        if polls + 1 >= SEAL_AFTER_POLLS or now_ms - oldest_ms >= SEAL_AFTER_MS:
            self._seal(kind)

    def _seal(self, kind: Recorded) -> None:
        # Read inside as well: `liqline record` may write beside a window's feed, and what it adds
        # between reading and deleting would be gone.
        with self._database.transaction() as connection:
            rows, last_id = self._rows(kind)
            newest = self.newest(kind)
            for number, part in _by_series(rows):
                put_rows(connection, number, part)
            if kind in ROLLED:
                self._roll_up(connection, kind, rows)
            body = _packed(len(newest), _counted(newest[:, 0]), list(newest[:, 1:].T))
            latest = {"kind": kind.value, "body": body}
            connection.execute(_KEEP_LATEST, latest)
            connection.execute(_DELETE, {"kind": kind.value, "last": last_id})
        self._unsealed.pop(kind, None)

    def _roll_up(self, connection: Connection, kind: Recorded, rows: Matrix) -> None:
        keys = self._series.keys_and_texts()
        for number, part in _by_series(rows):
            for timeframe, step_ms in ROLLED_STEPS_MS.items():
                series = StoredSeries(keys[number][0], kind.value, timeframe)
                rolled = self._series.number_within(connection, series)
                rows_now = rolled_up(part, step_ms)
                span = (int(rows_now[0, 0]), int(rows_now[-1, 0]) + 1)
                held = get_rows(self._database, rolled, rows_now.shape[1], *span, (0, 1))
                put_rows(connection, rolled, not_older(rows_now, held))

    def _rows(self, kind: Recorded) -> tuple[Matrix, int]:
        """All rows of `kind` that are not sealed, and the id of their last blob."""
        blobs = self._database.rows(_UNSEALED, {"kind": kind.value})
        parts = [_matrix(kind, body) for _, body in blobs]
        return np.concatenate([_no_rows(kind), *parts]), blobs[-1][0] if blobs else 0


def _by_kind(readings: Iterable[Reading]) -> dict[Recorded, list[Reading]]:
    groups: dict[Recorded, list[Reading]] = {}
    for reading_type, run in groupby(readings, type):
        alike = [list(run)]
        if issubclass(reading_type, LongShortRatio):
            alike = [list(part) for _, part in groupby(alike[0], _RATIO_SERIES)]
        for part in alike:
            kind = kind_of(part[0])
            if kind in groups:
                groups[kind] += part
            elif kind is not None:
                groups[kind] = part
    return groups


def _counted(numbers: Column) -> Column | float:
    if len(numbers) and bool((np.diff(numbers) == 1.0).all()):
        return float(numbers[0])
    return numbers


def _packed(rows: int, numbers: Column | float, columns: Sequence[Column | float]) -> bytes:
    parts = []
    lone = 0
    for place, column in enumerate((numbers, *columns)):
        if isinstance(column, float):
            lone |= 1 << place
            parts.append(_NUMBER.pack(column))
        else:
            parts.append(column.tobytes())
    return b"".join((_HEAD.pack(_BY_COLUMN, rows, lone), *parts))


def _matrix(kind: Recorded, blob: bytes) -> Matrix:
    width = 1 + len(LAYOUTS[kind].columns)
    try:
        if len(blob) % _NUMBER.size == 0:
            return np.frombuffer(blob, "<f8").reshape(-1, width)
        return _unpacked(blob, width)
    except (ValueError, struct.error) as error:
        _log.warning("a damaged poll of %d bytes is left out: %s", len(blob), error)
        return _no_rows(kind)


def _unpacked(blob: bytes, width: int) -> Matrix:
    kind, rows, lone = _HEAD.unpack_from(blob)
    counts = [1 if lone >> place & 1 else rows for place in range(width)]
    if kind != _BY_COLUMN or len(blob) != _HEAD.size + _NUMBER.size * sum(counts):
        raise ValueError("its length is not what its head says")
    matrix = np.empty((rows, width))
    start = _HEAD.size
    for place, count in enumerate(counts):
        matrix[:, place] = np.frombuffer(blob, "<f8", count, start)
        start += _NUMBER.size * count
    if counts[0] != rows:
        matrix[:, 0] += np.arange(rows)
    return matrix


def _no_rows(kind: Recorded) -> Matrix:
    return np.empty((0, 1 + len(LAYOUTS[kind].columns)))


def _by_series(rows: Matrix) -> Iterator[tuple[int, Matrix]]:
    ordered = rows[np.argsort(rows[:, 0], kind="stable")]
    numbers, starts = np.unique(ordered[:, 0], return_index=True)
    if len(numbers):
        yield from zip(map(int, numbers), np.split(ordered[:, 1:], starts[1:]), strict=True)
