"""Polls as they come in: one raw blob each, until enough are there to be sealed into chunks.

A blob is a float64 matrix whose first column is the series' number and whose others are a row of
`dashboard.store.recorded`.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from dashboard.market.readings import Reading
from dashboard.store.chunk_table import put_rows
from dashboard.store.chunks import Matrix
from dashboard.store.database import Database
from dashboard.store.recorded import LAYOUTS, Recorded, kind_of, rows_of
from dashboard.store.series_table import SeriesTable, StoredSeries

AS_POLLED = ""
"""The timeframe of series of readings: they come when they come."""

SEAL_AFTER_POLLS = 600
SEAL_AFTER_MS = 3_600_000

_log = logging.getLogger(__name__)


class Polls:
    """The polls of one history that are not sealed yet, and the newest row of every series."""

    def __init__(self, database: Database, series: SeriesTable) -> None:
        self._database = database
        self._series = series
        self._numbers: dict[Recorded, dict[tuple[str, ...], int]] = defaultdict(dict)
        self._unsealed: dict[Recorded, tuple[int, int]] = {
            Recorded(kind): (count, oldest_ms)
            for kind, count, oldest_ms in database.rows(
                "SELECT kind, COUNT(*), MIN(at_ms) FROM hot GROUP BY kind"
            )
        }

    def record(self, readings: Iterable[Reading], now_ms: int) -> None:
        """Keep one poll; seals the kinds of which enough has come."""
        groups: dict[Recorded, list[Reading]] = defaultdict(list)
        for reading in readings:
            kind = kind_of(reading)
            if kind is not None:
                groups[kind].append(reading)
        blobs = [(kind.value, now_ms, self._blob(kind, group)) for kind, group in groups.items()]
        with self._database.transaction() as connection:
            connection.executemany("INSERT INTO hot (kind, at_ms, body) VALUES (?, ?, ?)", blobs)
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
        found = self._database.rows("SELECT body FROM latest WHERE kind = ?", (kind.value,))
        rows = np.concatenate([*(_matrix(kind, body) for (body,) in found), self._rows(kind)[0]])
        if until_ms is not None:
            rows = rows[rows[:, 1] <= until_ms]
        ordered = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        is_last: npt.NDArray[np.bool_] = np.diff(ordered[:, 0], append=np.inf) != 0
        return ordered[is_last]

    def _blob(self, kind: Recorded, group: Sequence[Reading]) -> bytes:
        identities = list(map(_IDENTITY[kind], group))
        known = self._numbers[kind]
        try:
            numbers = [known[identity] for identity in identities]
        except KeyError:
            self._learn(kind, identities)
            numbers = [known[identity] for identity in identities]
        rows = np.column_stack([numbers, rows_of(kind, group)])
        return rows.astype("<f8", copy=False).tobytes()

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
            connection.execute(
                "INSERT OR REPLACE INTO latest VALUES (?, ?)", (kind.value, newest.tobytes())
            )
            connection.execute("DELETE FROM hot WHERE kind = ? AND id <= ?", (kind.value, last_id))
        self._unsealed.pop(kind, None)

    def _rows(self, kind: Recorded) -> tuple[Matrix, int]:
        """All rows of `kind` that are not sealed, and the id of their last blob."""
        blobs = self._database.rows(
            "SELECT id, body FROM hot WHERE kind = ? ORDER BY id", (kind.value,)
        )
        parts = [_matrix(kind, body) for _, body in blobs]
        return np.concatenate([_matrix(kind, b""), *parts]), blobs[-1][0] if blobs else 0


def _identity_of(kind: Recorded) -> attrgetter[tuple[str, ...]]:
    return attrgetter("venue", "symbol", *LAYOUTS[kind].texts)


_IDENTITY = {kind: _identity_of(kind) for kind in Recorded}


def _matrix(kind: Recorded, blob: bytes) -> Matrix:
    width = 1 + len(LAYOUTS[kind].columns)
    try:
        return np.frombuffer(blob, "<f8").reshape(-1, width)
    except ValueError as error:
        _log.warning("a damaged poll of %d bytes is left out: %s", len(blob), error)
        return np.empty((0, width))


def _by_series(rows: Matrix) -> Iterator[tuple[int, Matrix]]:
    ordered = rows[np.argsort(rows[:, 0], kind="stable")]
    numbers, starts = np.unique(ordered[:, 0], return_index=True)
    if len(numbers):
        yield from zip(map(int, numbers), np.split(ordered[:, 1:], starts[1:]), strict=True)
