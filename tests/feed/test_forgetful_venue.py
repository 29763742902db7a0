"""A venue forgets after thirty days; what Liqline fetched or saw of it stays, gaps and all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.feed.frames import LoadSeries, Series, SetClock
from dashboard.market.readings import SERIES_COLUMNS, SeriesKind
from dashboard.replay import server
from dashboard.replay.recording import Recording, load_recording
from dashboard.store.history import HistoryStore
from tests.feed.child import FeedChild
from tests.feed.running import BINANCE, HOUR_MS, Running, running
from widgets.charts.series import TimeSeries

DAY_MS = 24 * HOUR_MS
DAYS = 45
FORGOTTEN = (SeriesKind.OPEN_INTEREST, SeriesKind.LONG_SHORT_RATIO)
SHOWN = (*FORGOTTEN, SeriesKind.CANDLES, SeriesKind.MARK_CANDLES, SeriesKind.FUNDING)
RECORDING = "crash-2024-08"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return load_recording(RECORDING)


def recorded_times(recording: Recording, kind: SeriesKind, until_ms: int) -> list[int]:
    """The times that the recording has of a kind, up to `until_ms`."""
    (market,) = [one for one in recording.markets if one.symbol == BINANCE.symbol]
    (series,) = [one for one in market.series if one.kind is kind]
    return [int(at) for at in series.time_ms if at <= until_ms]


async def load(run: Running, number: int, since_ms: int, until_ms: int) -> None:
    run.feed.handle(LoadSeries(BINANCE, "1h", since_ms, until_ms, number))
    for kind in SHOWN:
        await run.until(
            lambda kind=kind: [s for s in run.series(kind, number) if s.header.complete],
            kind.value,
        )


def times_sent(run: Running, kind: SeriesKind, number: int) -> list[int]:
    """Times of all rows of a request in the order they came, twice where sent twice."""
    return [int(at) for series in run.series(kind, number) for at in series.values[:, 0]]


async def load_offline(run: Running, number: int, since_ms: int, until_ms: int) -> None:
    """As `load` where the server answers nothing any more: what is stored comes at once."""
    run.world.server.faults = _Everything(server.Fault(status=503))
    run.feed.handle(LoadSeries(BINANCE, "1h", since_ms, until_ms, number))
    for kind in SHOWN:
        await run.until(lambda kind=kind: run.series(kind, number), kind.value)


class _Everything(dict[str, server.Fault]):
    """A fault for whatever is asked."""

    def __init__(self, fault: server.Fault) -> None:
        super().__init__()
        self._fault = fault

    def get(self, _key: str, _default: object = None) -> server.Fault:  # type: ignore[override]
        return self._fault


async def record_days(tmp_path: Path, recording: Recording, visits: list[tuple[int, int]]) -> None:
    """Open the window's feed on the given days; each time ask for so many days before."""
    for number, (day, back) in enumerate(visits, start=1):
        at_ms = recording.starts_ms + day * DAY_MS
        async with running(tmp_path, recording=recording, at_ms=at_ms, paused=True) as run:
            await load(run, number, max(recording.starts_ms, at_ms - back * DAY_MS), at_ms)


async def test_forty_five_days_of_a_venue_that_serves_thirty_are_there_offline(
    tmp_path: Path, recording: Recording
) -> None:
    await record_days(tmp_path, recording, [(15, 15), (30, 20), (45, 30)])
    end_ms = recording.starts_ms + DAYS * DAY_MS
    async with running(tmp_path, recording=recording, at_ms=end_ms, paused=True) as run:
        await load_offline(run, 9, recording.starts_ms, end_ms)
        for kind in FORGOTTEN:
            times = times_sent(run, kind, 9)
            assert times == sorted(set(times))
            expected = recorded_times(recording, kind, end_ms - 1)
            assert times == expected
            assert times[-1] - times[0] >= DAYS * DAY_MS - 2 * HOUR_MS
            assert len(times) >= DAYS * 24 - 5


async def test_days_on_which_nothing_ran_are_a_gap_that_no_line_crosses(
    tmp_path: Path, recording: Recording
) -> None:
    await record_days(tmp_path, recording, [(5, 5), (45, 30)])
    start_ms, end_ms = recording.starts_ms, recording.starts_ms + DAYS * DAY_MS
    async with running(tmp_path, recording=recording, at_ms=end_ms, paused=True) as run:
        await load_offline(run, 9, start_ms, end_ms)
        times = np.array(times_sent(run, SeriesKind.OPEN_INTEREST, 9))
    lost = (start_ms + 5 * DAY_MS, start_ms + 15 * DAY_MS)
    assert not ((times > lost[0]) & (times < lost[1])).any()
    assert (times <= lost[0]).sum() == len(
        recorded_times(recording, SeriesKind.OPEN_INTEREST, lost[0] - 1)
    )
    drawn = TimeSeries(least_step_ms=HOUR_MS)
    drawn.merge(np.column_stack([times, np.ones(len(times))]).astype(np.float64))
    steps = np.diff(drawn.times)
    apart = steps > drawn.joined_ms
    assert steps[apart].max() >= 9.9 * DAY_MS
    # Everything else that is apart is missing from the recording itself.
    whole = np.diff(recorded_times(recording, SeriesKind.OPEN_INTEREST, end_ms))
    assert apart.sum() <= (whole > drawn.joined_ms).sum() + 1


def rows_of(history: Path) -> dict[SeriesKind, np.ndarray]:
    store = HistoryStore(history, read_only=True)
    rows = {kind: store.read(BINANCE, kind, _step(kind), 0, 2**53) for kind in SHOWN}
    store.close()
    return rows


def _step(kind: SeriesKind) -> str:
    return "funding" if kind is SeriesKind.FUNDING else "1h"


def test_a_back_fill_that_was_killed_ends_with_the_rows_of_one_that_was_not(
    tmp_path: Path,
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    back_fill(whole, killed_at=None)
    for kind in (SeriesKind.CANDLES, *FORGOTTEN):
        back_fill(broken, killed_at=kind)
    back_fill(broken, killed_at=None)
    expected = rows_of(whole / f"history-of-{RECORDING}.sqlite3")
    found = rows_of(broken / f"history-of-{RECORDING}.sqlite3")
    for kind in SHOWN:
        assert len(found[kind]) > 100 or kind is SeriesKind.FUNDING
        np.testing.assert_array_equal(found[kind], expected[kind], strict=True)
        assert found[kind].shape[1] == len(SERIES_COLUMNS[kind])


def back_fill(data: Path, *, killed_at: SeriesKind | None) -> None:
    """Have a feed of its own process fetch thirty days; kill -9 it at a page of that kind."""
    at_ms = load_recording(RECORDING).starts_ms + 40 * DAY_MS
    options = ("--data-dir", str(data), "--recording", RECORDING, "--speed", "1")
    with FeedChild(*options, "--at", "2024-07-29 21:00") as child:
        child.send(SetClock(seek_ms=at_ms, paused=True))
        child.send(LoadSeries(BINANCE, "1h", at_ms - 30 * DAY_MS, at_ms, 1))
        done: set[SeriesKind] = set()

        def is_over(frame: object) -> bool:
            if not isinstance(frame, Series):
                return False
            if frame.header.complete:
                done.add(frame.header.kind)
            is_page = len(frame.values) > 0 and not frame.header.complete
            return (is_page and frame.header.kind is killed_at) or done >= set(SHOWN)

        child.until(is_over)
        if killed_at is None:
            child.close_input()
            assert child.ended()[0] == 0
