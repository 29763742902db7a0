"""What the history needs of a database: SQLite's own connection has it, PostgreSQL is given it.

Statements name their parameters (`:name`) and keep to what both understand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, Protocol

Parameters = Mapping[str, object]
_NONE: Parameters = MappingProxyType({})


class Rows(Protocol):
    """What a statement gave."""

    def fetchall(self) -> list[Any]:
        """All its rows."""


class Connection(Protocol):
    """Runs statements inside a transaction."""

    def execute(self, sql: str, parameters: Parameters, /) -> Rows:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Sequence[Parameters], /) -> object:
        """Run one statement for each of `parameters`."""


class HistoryDatabase(Protocol):
    """One history's tables; raises StoreError with a sentence for the trader from every method."""

    def rows(self, sql: str, parameters: Parameters = _NONE) -> list[tuple[Any, ...]]:
        """All rows that a query gives."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """Everything inside is committed together, or nothing; writers wait for each other."""

    def bytes_used(self) -> int:
        """What the history takes on the disk, in bytes."""

    def close(self) -> None:
        """Close it; further calls do nothing."""
