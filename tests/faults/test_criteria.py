"""What the fault catalogue demands of single rows beyond "no wrong figure", at four venues each."""

from __future__ import annotations

import json
import logging
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dashboard.errors import VenueError
from dashboard.feed import poller
from dashboard.feed.door import BACKWARDS_MS, Door
from dashboard.feed.frames import Clock, Fault, ListVenue, LoadSeries, VenueStatus, Watch
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import (
    MarkPrice,
    Reading,
    ReadingKind,
    SeriesKind,
)
from dashboard.market.snapshot import Freshness, Snapshot, freshness
from dashboard.store.history import HistoryStore
from dashboard.venues import failures, listing
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.failures import VenueDownError
from dashboard.venues.fields import EARLIEST_MS, MAX_CLOCK_AHEAD_MS
from dashboard.venues.noted import NOTED_EVERY_S, Noted
from tests.faults.feeds import SIX, AddressedWorld, ProxiedRun, key_of, running_in
from tests.faults.kinds import KINDS, STAMP, Effect, Kind, body, each, frozen, retold, rewritten
from tests.faults.proxy import Serve
from tests.faults.short_waits import shorten
from tests.faults.test_answers import asked
from tests.replay.made_up import HOUR_MS
from tests.venues.faulty import faulty_server, text

ROOT = Path(__file__).resolve().parents[2]
FOUR = SIX[:4]
NO_STAMPS = (0, -1, "9999999999999", "abc", None, 1.7e9)
STAMPED = ("binanceusdm", "bybit", "okx", "bitget")
"""Venues that stamp their mark prices."""
BREAKING_OFF = [kind for kind in KINDS if kind.row == "N17"]
BY_NAME = {kind.name: kind for kind in KINDS}
LONG = bool(os.environ.get("LIQLINE_LONG_FAULTS"))


@pytest.fixture
def hurried() -> Iterator[None]:
    """Ask everything four times a second; pauses are as long as the venue says."""
    rest_s = failures.MAX_PAUSE_S
    undo = shorten(timeout_s=5.0, back_off_s=0.2, rest_s=rest_s, floor_s=0.25, every_s=0.25)
    yield
    undo()


def asked_after(run: ProxiedRun, venue: str, since_s: float) -> list[float]:
    """When the venue was asked after a moment, in seconds from it."""
    hosts = CATALOGUE[venue].hosts
    return [at_s - since_s for host, at_s in run.proxy.asked_s if host in hosts and at_s > since_s]


@pytest.mark.parametrize("venue", FOUR)
@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.row == "N17"], ids=lambda k: k.name
)
async def test_an_answer_that_breaks_off_is_taken_for_a_passing_fault(
    kind: Kind, venue: str
) -> None:
    async with asked(venue) as desk:
        desk.put(kind)
        _, failed = await desk.poll()
        assert desk.proxy.count(kind.name) >= 1
        assert failed
        assert all(isinstance(error, VenueDownError) for error in failed)
        with pytest.raises(VenueDownError):
            await desk.source.load_instruments()


@pytest.mark.usefixtures("hurried")
async def test_nobody_who_asks_for_a_pause_is_asked_in_it(tmp_path: Path) -> None:
    """All four ask for three seconds at once; what is on its way may still arrive."""
    pause_s, slack_s = 3.0, 1.0
    serve = body(b"slow down", 429, Retry_After=f"{pause_s:.0f}")
    async with running_in(AddressedWorld(FOUR), tmp_path, FOUR) as run:
        began_s = {}
        for venue in FOUR:
            run.put(Kind(f"pause of {venue}", "N13", serve, Effect.FAILED), venue)
        for venue in FOUR:
            name = f"pause of {venue}"
            await run.until(lambda: run.proxy.count(name))  # noqa: B023 (awaited here)
            began_s[venue] = time.monotonic()
        run.proxy.clear()
        for venue in FOUR:
            since = len(run.frames)
            await run.until(lambda: run.marks(venue, since))  # noqa: B023 (awaited here)
            within = asked_after(run, venue, began_s[venue])
            assert not [at_s for at_s in within if slack_s < at_s < pause_s - slack_s]
            if LONG:
                assert min(at_s for at_s in within if at_s > slack_s) <= pause_s + 2.0


@pytest.mark.usefixtures("hurried")
async def test_a_banning_venue_is_not_asked_until_then_not_even_after_a_restart(
    tmp_path: Path,
) -> None:
    async with running_in(AddressedWorld(FOUR), tmp_path, FOUR, tmp_path) as run:
        for venue in FOUR:
            run.put(BY_NAME["418-ban"], venue)
        for venue in FOUR:
            said = await run.until(
                lambda: (s := run.status(venue)) and s.state == "failing" and s  # noqa: B023
            )
            assert "has banned this address until" in said.text
        under_way = Counter(host for host, _ in run.proxy.asked_s)
        since = len(run.frames)
        await run.until(lambda: len(run.frames) > since + 2)
        more = Counter(host for host, _ in run.proxy.asked_s) - under_way
        assert more.total() <= len(FOUR)
    world = AddressedWorld(FOUR)
    async with running_in(world, tmp_path, (), tmp_path) as run:
        run.feed.handle(Watch([key_of(venue) for venue in FOUR]))
        for venue in FOUR:
            said = await run.until(
                lambda: (s := run.status(venue)) and s.state == "failing" and s  # noqa: B023
            )
            assert "demanded a pause" in said.text
        assert run.proxy.asked_s == []


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("name", ["502-html", "reset", "html-200"])
async def test_a_venue_that_fails_for_long_fills_no_log(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "liqline")
    async with running_in(AddressedWorld(FOUR), tmp_path, FOUR) as run:
        for venue in FOUR:
            run.put(BY_NAME[name], venue)
        await run.until(lambda: run.proxy.count(name) >= 40)
    lines = [record.getMessage() for record in caplog.records]
    assert any("okx" in line for line in lines)
    assert max(map(len, lines)) <= 1_000
    kinds = Counter(re.sub(r"\d+", "#", line) for line in lines)
    assert max(kinds.values()) == 1, kinds.most_common(3)


def test_a_failure_with_another_number_each_time_is_written_down_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "liqline")
    clock_s = [0.0]
    noted = Noted("okx", lambda: clock_s[0])
    for second in range(180):
        clock_s[0] = float(second)
        noted.note(VenueError(f"okx refused the question: request 7f{second:04x}a at {second}"))
        noted.note(VenueError("okx is out of order (503)"), "candles")
    assert len(caplog.records) == 2 * 180 / NOTED_EVERY_S
    assert "okx: candles: okx is out of order (503)" in caplog.records[1].getMessage()


def test_a_thousand_kinds_of_failure_in_a_minute_are_not_all_kept() -> None:
    noted = Noted("okx", lambda: 0.0)
    for at in range(1_000):
        noted.note(VenueError("x" * at))
    assert len(noted._at_s) <= 200


@pytest.mark.skipif(sys.platform != "linux", reason="the system says no peak of memory")
def test_a_monstrous_answer_costs_little_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.memory"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.environ["PYTHONPATH"]},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) == 3 * len(FOUR)
    for name, (megabytes, seconds, said) in found.items():
        assert said, name
        assert megabytes <= 32.0, name
        assert not LONG or seconds <= 1.0, name


@pytest.mark.usefixtures("hurried")
async def test_a_frozen_stamp_is_late_within_a_minute_and_then_no_figure(tmp_path: Path) -> None:
    world = AddressedWorld(STAMPED)
    async with running_in(world, tmp_path, STAMPED) as run:
        for venue in STAMPED:
            run.put(Kind(f"frozen {venue}", "N9", frozen(), Effect.DOUBTED), venue)
        for venue in STAMPED:
            await run.until(lambda: run.proxy.count(f"frozen {venue}") >= 8)  # noqa: B023
        for passed_ms, state in ((20_000, Freshness.LATE), (61_000, Freshness.EXPIRED)):
            world.passed_ms = passed_ms
            since = len(run.frames)
            for venue in STAMPED:
                await run.until(lambda: len(run.marks(venue, since)) >= 2)  # noqa: B023
                mark = run.marks(venue, since)[-1]
                kind = ReadingKind.MARK_PRICE
                assert freshness(kind, mark.as_of_ms, mark.received_ms) is state, venue


def stamped(stamp: object) -> Serve:
    return rewritten(lambda answer: each(answer, STAMP, lambda _: stamp))


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("first", [0, 2, 4])
async def test_no_row_is_stored_outside_of_the_time_that_there_was(
    first: int, tmp_path: Path
) -> None:
    kinds = (
        SeriesKind.CANDLES,
        SeriesKind.FUNDING,
        SeriesKind.OPEN_INTEREST,
        SeriesKind.LONG_SHORT_RATIO,
    )
    async with running_in(AddressedWorld(FOUR), tmp_path, FOUR) as run:
        now_ms = run.world.now_ms()
        for number, venue in enumerate(FOUR):
            stamp = NO_STAMPS[(first + number) % len(NO_STAMPS)]
            run.put(Kind(f"stamps of {venue}", "N10", stamped(stamp), Effect.TRUE), venue)
            span = now_ms - 24 * HOUR_MS, now_ms + HOUR_MS
            run.feed.handle(LoadSeries(key_of(venue), "1h", *span, number, kinds, follow=False))
        for number, venue in enumerate(FOUR):
            await run.until(lambda: run.proxy.count(f"stamps of {venue}") >= 20)  # noqa: B023
            for kind in kinds:
                await run.until(
                    lambda: any(f.header.complete for f in run.series(kind, number))  # noqa: B023
                )
    latest_ms = run.world.now_ms() + MAX_CLOCK_AHEAD_MS
    store = HistoryStore(tmp_path / "history.sqlite3", read_only=True)
    try:
        readings = store.last_readings()
        assert {reading.venue for reading in readings} == set(FOUR)
        for reading in readings:
            for at_ms in (reading.received_ms, reading.venue_ms):
                assert at_ms is None or EARLIEST_MS <= at_ms <= latest_ms
        everything = [
            store.read(key_of(venue), kind, "1h", -(2**53), 2**53)
            for venue in FOUR
            for kind in kinds
        ]
    finally:
        store.close()
    times = np.concatenate([rows[:, 0] for rows in everything])
    assert not len(times) or EARLIEST_MS <= times.min() <= times.max() <= latest_ms


def test_ten_thousand_ticks_in_any_order_never_run_back() -> None:
    key = InstrumentKey("okx", "BTC/USDT:USDT")
    begin_ms, count = 1_700_000_000_000, 10_000
    order = list(range(count)) + random.Random(8).sample(range(count), count // 10)  # noqa: S311
    random.Random(11).shuffle(order)  # noqa: S311 (a seeded order)
    door, snapshot = Door(lambda: 1.0, lambda _: 0, live=True), Snapshot()
    shown: list[int] = []
    for at in order:
        stamp_ms = begin_ms + at * 50
        received_ms = begin_ms + count * 50
        tick = MarkPrice(
            venue=key.venue,
            symbol=key.symbol,
            endpoint="x",
            venue_ms=stamp_ms,
            received_ms=received_ms,
            mark=60_000.0 + at / 1000,
        )
        passed, _ = door.judge([tick])
        snapshot.merge(passed)
        held = snapshot.marks[key]
        assert held.venue_ms is not None
        shown.append(held.venue_ms)
    newest_ms = np.maximum.accumulate(np.array(shown))
    assert (newest_ms - np.array(shown)).max() <= BACKWARDS_MS
    assert len(set(shown)) > 3


def test_ten_thousand_rows_in_any_order_are_stored_sorted_and_once(tmp_path: Path) -> None:
    key, count = InstrumentKey("okx", "BTC/USDT:USDT"), 10_000
    begin_ms, dice = 1_700_006_400_000, random.Random(24)  # noqa: S311 (a seeded order)
    order = list(range(count)) + dice.sample(range(count), count // 10)
    dice.shuffle(order)
    times = begin_ms + 60_000.0 * np.array(order)
    rows = np.column_stack([times, np.array(order, dtype=np.float64) / 1e6])
    store = HistoryStore(tmp_path / "history.sqlite3")
    try:
        for page in np.array_split(rows, 40):
            ordered = page[np.unique(page[:, 0], return_index=True)[1]]
            store.append(key, SeriesKind.FUNDING, "1m", ordered)
        kept = store.read(key, SeriesKind.FUNDING, "1m", 0, 2**53)
    finally:
        store.close()
    assert kept[:, 0].tolist() == sorted(set(times.tolist()))
    assert np.allclose(kept[:, 1], np.arange(count) / 1e6)


@pytest.mark.usefixtures("hurried")
async def test_a_contract_that_is_delisted_while_it_is_watched_is_said_and_may_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LEAST_BETWEEN_ABSENCES_S", 0.2)
    for name in ("LISTING_REFRESH_S", "DOUBT_REFRESH_S"):
        monkeypatch.setattr(poller, name, 0.3)
    serve = retold(lambda text: text.replace(b"BTC", b"ETH"))
    async with running_in(AddressedWorld(FOUR), tmp_path, FOUR) as run:
        run.proxy.only = ("exchangeInfo", "instruments", "meta")
        for venue in FOUR:
            run.put(Kind(f"{venue} delists", "N2", serve, Effect.GONE), venue)
        for venue in FOUR:
            key, name = key_of(venue), f"{venue} delists"
            await run.until(lambda: run.proxy.count(name) >= listing.ABSENCES_BELIEVED)  # noqa: B023
            said = f"{venue} has delisted {key.symbol}; it stays on your list without figures"
            await run.until(lambda: Fault(said) in run.frames)  # noqa: B023 (awaited here)
            since = len(run.frames)
            reasons = await run.until(lambda: run.reasons(key, since))  # noqa: B023
            assert set(reasons.values()) == {f"{venue} has delisted {key.symbol}"}
            asked_before = run.asked(venue)
            await run.until(lambda: run.asked(venue) > asked_before + 1)  # noqa: B023
            assert run.marks(venue, since) == []
        run.proxy.clear()
        back = len(run.frames)
        for venue in FOUR:
            await run.until(lambda: run.marks(venue, back))  # noqa: B023 (awaited here)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("name", ["403", "451"])
async def test_venues_that_do_not_serve_this_region_are_asked_once_until_told_by_hand(
    name: str, tmp_path: Path
) -> None:
    poller.REGION_REST_S = 6 * 3600.0  # put back by `hurried`, which ends before monkeypatch does
    async with running_in(AddressedWorld(FOUR), tmp_path, FOUR) as run:
        for venue in FOUR:
            run.put(BY_NAME[name], venue)
        for venue in FOUR:
            said = await run.until(
                lambda: (s := run.status(venue)) and s.state == "off" and s  # noqa: B023
            )
            assert "asked again in 6 h" in said.text
        under_way = Counter(host for host, _ in run.proxy.asked_s)
        clocks = [frame for frame in run.frames if isinstance(frame, Clock)]
        await run.until(
            lambda: len([f for f in run.frames if isinstance(f, Clock)]) >= len(clocks) + 2
        )
        more = Counter(host for host, _ in run.proxy.asked_s) - under_way
        assert more.total() <= len(FOUR)
        run.proxy.clear()
        for venue in FOUR:
            since = len(run.frames)
            run.feed.handle(ListVenue(venue))
            await run.until(lambda: run.marks(venue, since))  # noqa: B023 (awaited here)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("venue", FOUR)
async def test_a_redirect_gives_nothing_to_another_host(venue: str, tmp_path: Path) -> None:
    async with faulty_server() as stolen, asked(venue) as desk:
        stolen.answer = text("{}")
        away = body(b"", 307, Location=f"{stolen.url}/stolen")
        desk.put(Kind("away", "N21", away, Effect.FAILED))
        _, failed = await desk.poll()
        assert desk.proxy.count("away") >= 1
        assert failed
        assert all("another host" in error.user_message for error in failed)
        assert stolen.asked == []


@pytest.mark.expects_log("the loops broke and are started again")
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("venue", FOUR)
async def test_loops_that_break_start_again_within_two_polls(
    venue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, broken = CcxtSource.poll, [True]

    async def poll(self: CcxtSource, *about: object) -> list[Reading]:
        if self.entry.venue == venue and not broken:
            broken.append(True)
            raise ZeroDivisionError("planted")
        return await real(self, *about)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(CcxtSource, "poll", poll)
    async with running_in(AddressedWorld(FOUR), tmp_path, FOUR) as run:
        broken.clear()
        await run.until(lambda: broken)
        since = len(run.frames)
        await run.until(lambda: run.marks(venue, since))
        said = await run.until(
            lambda: [
                f.text
                for f in run.frames
                if isinstance(f, VenueStatus) and f.venue == venue and "started again" in f.text
            ]
        )
        assert said
        others = [one for one in FOUR if one != venue]
        for other in others:
            await run.until(lambda: run.marks(other, since))  # noqa: B023 (awaited here)
            assert run.status(other).state == "ok"
