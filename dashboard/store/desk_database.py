"""A history that a desk shares, in PostgreSQL: the same tables and statements as in SQLite.

Needs the `desk` extra (SQLAlchemy, psycopg). The tables stand in a schema of their own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dashboard.errors import StoreError
from dashboard.store.connection import Connection, Rows
from dashboard.store.history_schema import POSTGRESQL_MIGRATIONS

if TYPE_CHECKING:
    import sqlalchemy

SCHEMES = ("postgresql://", "postgresql+psycopg://")
_TABLES_IN = "liqline"
_LOCK = 0x4C697160
"""The number that writers of a history take turns by: "Liq`" in ASCII."""
_CONNECT_TIMEOUT_S = 5
_NONE: Mapping[str, object] = MappingProxyType({})
_BYTES_USED = """
    SELECT COALESCE(SUM(pg_total_relation_size(oid)), 0) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = CAST(:schema AS regnamespace)"""


class _Transaction:
    """A PostgreSQL transaction with the calls that SQLite's connection has."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Mapping[str, object], /) -> Rows:
        import sqlalchemy

        result: Any = self._connection.execute(sqlalchemy.text(sql), dict(parameters))
        return result  # type: ignore[no-any-return] # of one shape with SQLite's, rows being tuples

    def executemany(self, sql: str, parameters: Sequence[Mapping[str, object]], /) -> object:
        import sqlalchemy

        if not parameters:
            return None
        return self._connection.execute(sqlalchemy.text(sql), [dict(one) for one in parameters])


class DeskDatabase:
    """The history at a PostgreSQL `url`, usable from any thread, one at a time.

    Raises StoreError with a sentence from every method; no sentence and no log holds the password.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._lock = threading.RLock()
        self._current: _Transaction | None = None
        self._password: str | None = None
        self._shown = "the desk's history"
        with self._explained():
            self._engine = self._engine_of(url)
        try:
            self._prepare(read_only=read_only)
        except BaseException:
            self.close()
            raise

    def rows(self, sql: str, parameters: Mapping[str, object] = _NONE) -> list[tuple[Any, ...]]:
        """All rows that a query gives, inside the transaction that is open."""
        with self._lock, self._explained():
            if self._current is not None:
                return [tuple(row) for row in self._current.execute(sql, parameters).fetchall()]
            with self._engine.connect() as connection:
                found = _Transaction(connection).execute(sql, parameters).fetchall()
                return [tuple(row) for row in found]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Everything inside is committed together, or nothing; writers wait for each other."""
        with self._lock, self._explained(), self._engine.begin() as connection:
            self._current = _Transaction(connection)
            try:
                # Sealing deletes polls up to a number, and those of another writer would become
                # visible out of order.
                self._current.execute("SELECT pg_advisory_xact_lock(:lock)", {"lock": _LOCK})
                yield self._current
            finally:
                self._current = None

    def bytes_used(self) -> int:
        """What the tables and their indexes take on the server's disk, in bytes."""
        return int(self.rows(_BYTES_USED, {"schema": _TABLES_IN})[0][0])

    def close(self) -> None:
        """Close the connections; further calls do nothing."""
        with self._lock:
            self._engine.dispose()

    def _engine_of(self, url: str) -> sqlalchemy.Engine:
        try:
            import sqlalchemy
        except ImportError as error:
            raise StoreError(
                "a history in PostgreSQL needs SQLAlchemy and psycopg: install liqline[desk]"
            ) from error
        parsed = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
        self._password = None if parsed.password is None else str(parsed.password)
        self._shown = f'the history "{parsed.render_as_string(hide_password=True)}"'
        options = {
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "options": f"-c search_path={_TABLES_IN}",
        }
        return sqlalchemy.create_engine(
            parsed, pool_size=1, max_overflow=1, connect_args=options, hide_parameters=True
        )

    def _prepare(self, *, read_only: bool) -> None:
        if read_only:
            if not self._version():
                raise StoreError(f"there is no history in {self._shown} yet")
            return
        with self.transaction() as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_TABLES_IN}", {})
            version = self._version()
            for statements in POSTGRESQL_MIGRATIONS[version:]:
                for statement in statements:
                    connection.execute(statement, {})
            if version < len(POSTGRESQL_MIGRATIONS):
                connection.execute("CREATE TABLE IF NOT EXISTS version (number BIGINT)", {})
                connection.execute("DELETE FROM version", {})
                number = {"number": len(POSTGRESQL_MIGRATIONS)}
                connection.execute("INSERT INTO version VALUES (:number)", number)

    def _version(self) -> int:
        """The version of the tables, 0 where there are none."""
        if self.rows("SELECT to_regclass('version')")[0][0] is None:
            return 0
        version = int(self.rows("SELECT number FROM version")[0][0])
        if version > len(POSTGRESQL_MIGRATIONS):
            raise StoreError(
                f"{self._shown} is of version {version}, written by a newer Liqline; "
                f"this one reads up to version {len(POSTGRESQL_MIGRATIONS)} and left it untouched"
            )
        return version

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the driver raises into a StoreError, its detail without the password."""
        try:
            import sqlalchemy.exc as failures
        except ImportError:
            yield
            return
        try:
            yield
        except failures.SQLAlchemyError as error:
            detail = repr(getattr(error, "orig", None) or error)
            if self._password:
                detail = detail.replace(self._password, "***")
            # The cause is left out: its text may quote the address.
            raise StoreError(f"{self._shown} cannot be used", detail=detail) from None
