"""A history in PostgreSQL keeps and gives what one in a file does; run on a real server."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dashboard.errors import StoreError
from dashboard.market.readings import SeriesKind
from dashboard.store import polls
from dashboard.store.history import HistoryStore
from dashboard.store.recorded import Recorded
from tests.store.test_forecasts import KEY, MARKS, at, bars, forecast
from tests.store.test_history import BITCOIN, HOUR_MS, START_MS, every_kind, open_interest

SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORD = "not-to-be-seen"  # noqa: S105 (made up)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of an empty server on a socket in a directory of its own."""
    if not SERVERS:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="liqline-pg-"))
    if user is not None:
        shutil.chown(folder, user)
    options = {"user": user, "capture_output": True, "cwd": folder}
    data = folder / "data"
    made = subprocess.run(
        [SERVERS[-1] / "initdb", "-D", data, "-U", "desk", "-A", "trust", "--no-sync"], **options
    )
    assert made.returncode == 0, made.stderr
    control = [SERVERS[-1] / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
    quick = f"-k {folder} -c listen_addresses='' -c fsync=off"
    started = subprocess.run(
        [*control, "-o", quick, "start"], **(options | {"capture_output": False})
    )
    assert started.returncode == 0
    try:
        yield f"postgresql://desk:{PASSWORD}@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **options)
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str | None:
    """Whom the server runs as: it refuses root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    pytest.skip("PostgreSQL refuses to run as root, and there is no other user")


def test_a_desk_history_gives_what_a_file_gives(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polls, "SEAL_AFTER_POLLS", 7)
    with pytest.raises(StoreError, match="there is no history"):
        HistoryStore(server, read_only=True)
    found = []
    for place in (server, tmp_path / "history.sqlite3"):
        for part in range(2):
            store = HistoryStore(place)
            rows = open_interest(900)
            span = (START_MS, START_MS + 500 * HOUR_MS)
            store.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", rows[400 * part :], span)
            for number in range(20):
                at = START_MS + 600_000 * (20 * part + number)
                store.record(every_kind(at), at)
            store.close()
        reader = HistoryStore(place, read_only=True)
        whole = (0, START_MS * 2)
        found.append(
            (
                reader.read(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", *whole),
                reader.covered(BITCOIN, SeriesKind.OPEN_INTEREST, "1h"),
                [reader.read_polled(BITCOIN, kind, *whole) for kind in Recorded],
                reader.read_charted(BITCOIN, SeriesKind.LONG_SHORT_RATIO, "1h", *whole),
                sorted(map(repr, reader.last_readings())),
                reader.series(),
                [kind[:4] for kind in reader.size().kinds],
            )
        )
        reader.close()
    np.testing.assert_equal(found[0], found[1])
    assert len(found[0][0]) == 900


def test_two_writers_of_a_desk_history_lose_nothing(server: str) -> None:
    first, second = HistoryStore(server), HistoryStore(server)
    at = START_MS + 1000 * HOUR_MS
    for number in range(10):
        for lag_ms, store in enumerate((first, second)):
            store.record(every_kind(at + 10 * number + lag_ms), at)
    first.close()
    second.close()
    reader = HistoryStore(server, read_only=True)
    rows = reader.read_polled(BITCOIN, Recorded.TICKER, at, at + HOUR_MS)
    assert rows[:, 0].tolist() == [at + 10 * n + lag for n in range(10) for lag in (0, 1)]
    assert reader.size().disk_bytes > 0
    reader.close()


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    with pytest.raises(StoreError, match="cannot be used") as raised:
        HistoryStore(f"postgresql://desk:{PASSWORD}@127.0.0.1:1/none")
    assert PASSWORD not in f"{raised.value!r} {raised.value.detail} {raised.value.user_message}"
    assert "127.0.0.1:1" in raised.value.user_message


def test_forecasts_are_kept_and_decided_as_in_a_file(server: str, tmp_path: Path) -> None:
    found = []
    for place in (server, tmp_path / "history.sqlite3"):
        store = HistoryStore(place)
        for hour in (0, 3, 8):
            for odds in (0.05, 0.9):
                store.keep_forecasts(KEY, MARKS, [forecast(hour, odds=odds)])
        store.append(KEY, MARKS, "1h", bars(0, 16, low=94.0))
        store.decide_forecasts(KEY, MARKS, at(16))
        found.append((store.forecasts.cells(at(16)), store.forecasts.count(at(16))))
        store.close()
    assert found[0] == found[1]
    assert found[0][0][0].cases == 2
