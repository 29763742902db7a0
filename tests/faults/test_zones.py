"""Summer time begins and ends, and computers move: what is stored and shown knows only UTC."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from dashboard.check.history_command import instant_text, parse_instant
from dashboard.feed.frames import Clock
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.store.history import HistoryStore
from widgets import format as fmt
from widgets.charts.moments import parse_moment
from widgets.replay_bar import ReplayBar

if not hasattr(time, "tzset"):
    pytest.skip("Windows changes no zone of a running process", allow_module_level=True)

HOUR_MS = 3_600_000
NIGHTS = {
    "America/New_York": 1_793_491_200_000,  # 2026-11-01, an hour comes twice
    "Europe/Berlin": 1_774_742_400_000,  # 2026-03-29, an hour is left out
    "Australia/Lord_Howe": 1_775_260_800_000,  # 2026-04-04, half an hour comes twice
    "America/Sao_Paulo": 1_541_203_200_000,  # 2018-11-03, midnight is left out
    "Pacific/Apia": 1_325_116_800_000,  # 2011-12-29, a whole day is left out
    "Asia/Kathmandu": 1_793_491_200_000,  # 45 minutes off, always
}
BITCOIN = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
RULES = {
    "America/New_York": "EST5EDT,M3.2.0,M11.1.0",
    "Europe/Berlin": "CET-1CEST,M3.5.0,M10.5.0/3",
}
"""As POSIX has them, where a system has no data of zones."""


@pytest.fixture(params=sorted(NIGHTS))
def night_ms(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The UTC day of a change, in a process that lives in that zone."""
    zone = request.param
    known = Path("/usr/share/zoneinfo", zone).exists()
    if not known and zone not in RULES:
        pytest.skip(f"this system knows no zone {zone}")
    monkeypatch.setenv("TZ", zone if known else RULES[zone])
    time.tzset()
    yield NIGHTS[zone]
    monkeypatch.undo()
    time.tzset()


def hours_of(day_ms: int) -> np.ndarray:
    return day_ms + HOUR_MS * np.arange(48, dtype=np.float64)


def test_the_zone_that_is_served_is_another_one_than_the_stored_times(night_ms: int) -> None:
    naive = [datetime.fromtimestamp(at / 1000).hour for at in hours_of(night_ms)]  # noqa: DTZ006 (the fault)
    assert naive != [hour % 24 for hour in range(48)]


def test_every_hour_of_such_a_night_is_stored_once_and_none_is_missing(
    night_ms: int, tmp_path: Path
) -> None:
    rows = np.column_stack([hours_of(night_ms), np.arange(48.0), np.arange(48.0)])
    history = HistoryStore(tmp_path / "history.sqlite3")
    for part in (rows[:30], rows[20:], rows[:5]):
        history.append(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", part)
    kept = history.read(BITCOIN, SeriesKind.OPEN_INTEREST, "1h", night_ms, night_ms + 48 * HOUR_MS)
    history.close()
    np.testing.assert_array_equal(kept[:, 0], rows[:, 0])


def test_every_hour_is_shown_as_what_it_is_in_utc_and_read_back(night_ms: int) -> None:
    for hour, at in enumerate(map(int, hours_of(night_ms))):
        clock = f"{hour % 24:02}:00"
        assert fmt.instant(at).endswith(f" {clock} UTC")
        assert fmt.axis_time(at) == clock or hour % 24 == 0
        assert instant_text(at)[11:16] == clock
        assert parse_instant(instant_text(at), "--from", at) == at
        assert parse_moment(fmt.instant(at), at) == at
        settlement = at + 8 * HOUR_MS
        assert fmt.duration(settlement - at) == fmt.duration(8 * HOUR_MS)


def test_the_recordings_time_line_goes_to_the_hour_that_is_chosen(
    night_ms: int, qtbot: QtBot
) -> None:
    bar = ReplayBar()
    qtbot.addWidget(bar)
    ends_ms = night_ms + 48 * HOUR_MS
    for at in map(int, hours_of(night_ms)):
        clock = Clock(at, 1.0, paused=True, recording="one", starts_ms=night_ms, ends_ms=ends_ms)
        bar.show_clock(clock, at)
        assert bar.moment.text() == fmt.instant(at).removesuffix(" UTC")
        assert bar.moment.dateTime().toMSecsSinceEpoch() == at
