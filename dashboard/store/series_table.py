"""Which series the history has, and the number each goes by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from dashboard.market.instrument import InstrumentKey
from dashboard.store.connection import Connection, HistoryDatabase

_FIND = """
    SELECT id FROM series
    WHERE venue = :venue AND symbol = :symbol AND kind = :kind AND timeframe = :timeframe"""
_ADD = """
    INSERT INTO series (venue, symbol, kind, timeframe)
    VALUES (:venue, :symbol, :kind, :timeframe)
    ON CONFLICT (venue, symbol, kind, timeframe) DO NOTHING"""
_NOTE = """
    INSERT INTO series (venue, symbol, kind, timeframe, texts)
    VALUES (:venue, :symbol, :kind, :timeframe, :texts)
    ON CONFLICT (venue, symbol, kind, timeframe) DO UPDATE SET texts = excluded.texts"""


class StoredSeries(NamedTuple):
    """One series; `kind` is the value of a SeriesKind or of a Recorded."""

    key: InstrumentKey
    kind: str
    timeframe: str

    @classmethod
    def of(cls, venue: str, symbol: str, kind: str, timeframe: str) -> StoredSeries:
        """The series with the contract's two parts apart, as a table row has them."""
        return cls(InstrumentKey(venue, symbol), kind, timeframe)


class SeriesTable:
    """The series of one history by number; a series once numbered keeps its number."""

    def __init__(self, database: HistoryDatabase) -> None:
        self._database = database
        self._numbers: dict[StoredSeries, int] = {}

    def find(self, series: StoredSeries) -> int | None:
        """The number of a series, None where nothing of it is stored."""
        if series not in self._numbers:
            found = self._database.rows(_FIND, _parameters(series))
            if not found:
                return None
            self._numbers[series] = found[0][0]
        return self._numbers[series]

    def number(self, series: StoredSeries) -> int:
        """The number of a series, which gets one where it has none."""
        if self.find(series) is None:
            self.note_texts([(series, ())])
            self.find(series)
        return self._numbers[series]

    def number_within(self, connection: Connection, series: StoredSeries) -> int:
        """As `number`, inside the caller's transaction, with which a new number may yet go."""
        if series in self._numbers:
            return self._numbers[series]
        connection.execute(_ADD, _parameters(series))
        return int(connection.execute(_FIND, _parameters(series)).fetchall()[0][0])

    def note_texts(self, texts: Iterable[tuple[StoredSeries, Sequence[str]]]) -> None:
        """Number new series and keep the texts that belong to each, all in one transaction."""
        with self._database.transaction() as connection:
            connection.executemany(
                _NOTE,
                [
                    _parameters(series) | {"texts": msgspec.json.encode(words).decode()}
                    for series, words in texts
                ],
            )

    def keys_and_texts(self) -> dict[int, tuple[InstrumentKey, list[str]]]:
        """The contract of each number, and the texts that were noted last."""
        rows = self._database.rows("SELECT id, venue, symbol, texts FROM series")
        return {
            number: (InstrumentKey(venue, symbol), msgspec.json.decode(texts, type=list[str]))
            for number, venue, symbol, texts in rows
        }

    def all(self) -> list[StoredSeries]:
        """Every series by contract, kind and timeframe."""
        rows = self._database.rows(
            "SELECT venue, symbol, kind, timeframe FROM series ORDER BY 1, 2, 3, 4"
        )
        return [StoredSeries.of(*row) for row in rows]


def _parameters(series: StoredSeries) -> dict[str, object]:
    return {
        "venue": series.key.venue,
        "symbol": series.key.symbol,
        "kind": series.kind,
        "timeframe": series.timeframe,
    }
