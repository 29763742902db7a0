"""A database is opened, moved to a new version and copied without ever losing what it held."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.errors import StoreError
from dashboard.store.database import (
    DamagedError,
    Database,
    Schema,
    backup_directory,
    is_intact,
    set_aside,
)

FIRST = Schema(
    title="notebook",
    synchronous="FULL",
    migrations=(("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",),),
)
SECOND = Schema(
    title="notebook",
    synchronous="FULL",
    migrations=(
        *FIRST.migrations,
        (
            "ALTER TABLE note ADD COLUMN tag TEXT NOT NULL DEFAULT ''",
            "UPDATE note SET tag = 'old'",
        ),
    ),
)


WRITE_ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from dashboard.errors import StoreError
from dashboard.store.database import Database
from tests.store.test_database import FIRST
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
database = Database(Path(sys.argv[1]), FIRST)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
for attempt in range(2):
    try:
        with database.transaction() as connection:
            connection.execute("INSERT INTO note (text) VALUES (?)", ("x" * 400_000,))
    except StoreError as error:
        print(error.user_message)
database.close()
"""


def write_note(path: Path, text: str, schema: Schema = FIRST) -> None:
    database = Database(path, schema)
    with database.transaction() as connection:
        connection.execute("INSERT INTO note (text) VALUES (?)", (text,))
    database.close()


def notes(path: Path, schema: Schema = FIRST) -> list[tuple[str, ...]]:
    database = Database(path, schema, read_only=True)
    try:
        return database.rows("SELECT text FROM note ORDER BY id")
    finally:
        database.close()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_new_database_is_made_with_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "notes.sqlite3"
    write_note(path, "first")
    assert notes(path) == [("first",)]


def test_it_writes_ahead_and_enforces_foreign_keys(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.sqlite3", FIRST)
    assert database.rows("PRAGMA journal_mode") == [("wal",)]
    assert database.rows("PRAGMA foreign_keys") == [(1,)]
    assert database.rows("PRAGMA synchronous") == [(2,)]
    database.close()


def test_a_transaction_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    write_note(path, "kept")
    database = Database(path, FIRST)

    def write_then_fail() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO note (text) VALUES ('lost')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_then_fail()
    database.close()
    assert notes(path) == [("kept",)]


def test_a_migration_keeps_the_rows_and_a_backup_of_the_version_before(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    write_note(path, "first")
    Database(path, SECOND).close()
    assert notes(path, SECOND) == [("first",)]
    backup = backup_directory(path) / "notes-v1.sqlite3"
    assert is_intact(backup)
    assert notes(backup, FIRST) == [("first",)]


def test_a_failing_migration_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    write_note(path, "first")
    steps = SECOND.migrations[1]
    for cut in range(len(steps) + 1):
        broken = Schema(
            title="notebook",
            synchronous="FULL",
            migrations=(FIRST.migrations[0], (*steps[:cut], "INSERT INTO nowhere VALUES (1)")),
        )
        with pytest.raises(StoreError, match="damaged"):
            Database(path, broken)
        database = Database(path, FIRST)
        assert database.rows("PRAGMA user_version") == [(1,)]
        assert database.rows("SELECT * FROM note") == [(1, "first")]
        database.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_database_is_refused_and_not_one_byte_changes(
    tmp_path: Path, read_only: bool
) -> None:
    path = tmp_path / "notes.sqlite3"
    write_note(path, "from the future", SECOND)
    before = digest(path)
    with pytest.raises(StoreError, match="written by a newer Liqline") as caught:
        Database(path, FIRST, read_only=read_only)
    assert "version 2" in caught.value.user_message
    assert digest(path) == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["notes.sqlite3"]


def test_a_newer_database_with_an_unmerged_log_is_refused_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    database = Database(path, SECOND)
    with database.transaction() as connection:
        connection.execute("INSERT INTO note (text) VALUES ('in the log')")
    before = digest(path)
    with pytest.raises(StoreError, match="newer"):
        Database(path, FIRST)
    assert digest(path) == before
    database.close()


def test_an_older_database_cannot_be_read_without_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    write_note(path, "old")
    with pytest.raises(StoreError, match="version 1"):
        Database(path, SECOND, read_only=True)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    before = digest(path)
    with pytest.raises(StoreError, match="another program"):
        Database(path, FIRST)
    assert digest(path) == before


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look at " * 30, b"x"])
def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.sqlite3"
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="damaged"):
        Database(path, FIRST)
    assert path.read_bytes() == content
    assert not is_intact(path)


def test_a_damaged_database_is_set_aside_with_its_log(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    for suffix in ("", "-wal"):
        path.with_name(path.name + suffix).write_bytes(b"bad" + suffix.encode())
    aside = set_aside(path, "20240805T060000")
    assert aside.name == "notes.corrupt-20240805T060000.sqlite3"
    assert aside.read_bytes() == b"bad"
    assert not path.exists()
    assert aside.with_name(aside.name + "-wal").read_bytes() == b"bad-wal"


def test_reading_a_database_that_does_not_exist_says_so_and_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    with pytest.raises(StoreError, match="there is no notebook"):
        Database(path, FIRST, read_only=True)
    assert not path.exists()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    write_note(path, "first")
    database = Database(path, FIRST, read_only=True)

    def write() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO note (text) VALUES ('no')")

    with pytest.raises(StoreError, match="read-only"):
        write()
    database.close()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot be used: (file exists|not a directory)"):
        Database(tmp_path / "file" / "notes.sqlite3", FIRST)


def test_a_backup_holds_what_still_stands_in_the_log(tmp_path: Path) -> None:
    database = Database(tmp_path / "notes.sqlite3", FIRST)
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO note (text) VALUES (?)", [(str(number),) for number in range(1000)]
        )
    copy = tmp_path / "copies" / "copy.sqlite3"
    database.back_up(copy)
    database.close()
    assert is_intact(copy)
    assert len(notes(copy)) == 1000
    assert [file.name for file in copy.parent.iterdir()] == ["copy.sqlite3"]


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_FSIZE is set in a child of Linux")
def test_a_full_disk_is_said_in_words_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite3"
    write_note(path, "kept")
    outcome = subprocess.run(
        [sys.executable, "-c", WRITE_ON_A_FULL_DISK, str(path)], capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stderr
    first, second = outcome.stdout.splitlines()
    assert first == second
    assert "disk" in first
    assert notes(path) == [("kept",)]
