"""A session that is kept raw plays as what it was, and holds no key."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from pathlib import Path

import pytest

from dashboard.errors import InputError
from dashboard.feed.frames import Watch
from dashboard.feed.raw_recorder import RawRecorder, is_private
from dashboard.feed.recording_options import chosen_world
from dashboard.feed.service import Feed
from dashboard.feed.world import ReplayWorld
from dashboard.market.readings import MarkPrice
from dashboard.replay.raw_session import read_raw_session
from dashboard.venues.session import WireAnswer
from tests.feed.running import ALL, AT_MS, BINANCE, HYPERLIQUID, Running
from tests.replay.made_up import made_up_recording


class Raw(Running):
    """A running feed that keeps its venues' answers raw."""

    def __init__(self, world: ReplayWorld, history: Path, raw: RawRecorder | None) -> None:
        super().__init__(world, history)
        self.feed = Feed(world, self, history, None, raw=raw)


async def played(world: ReplayWorld, history: Path, raw: RawRecorder | None) -> Raw:
    """A feed that ran until every venue had given a mark price."""
    run = Raw(world, history, raw)
    task = asyncio.create_task(run.feed.run())
    run.feed.handle(Watch(ALL))
    for key in ALL:
        await run.until(lambda: run.readings(MarkPrice, key))  # noqa: B023 (awaited here)
    run.feed.stop()
    await task
    return run


async def test_a_kept_session_plays_to_the_same_figures(tmp_path: Path) -> None:
    file = tmp_path / "session.gz"
    raw = RawRecorder(file, "1", lambda _: None)
    world = ReplayWorld(made_up_recording(), at_ms=AT_MS, speed=60.0)
    first = await played(world, tmp_path / "first.sqlite3", raw)
    raw.close()
    session = read_raw_session(file)
    assert set(session.venues) == {key.venue for key in ALL}
    assert raw.kept == len(session.answers)
    text = "".join(answer.url for answer in session.answers)
    assert "127.0.0.1" not in text
    assert all(answer.url.startswith("https://") for answer in session.answers)

    again = chosen_world(Namespace(recording=str(file), at=None, speed=None, replay_port=0))
    assert isinstance(again, ReplayWorld)
    second = await played(again, tmp_path / "second.sqlite3", None)
    for key in (BINANCE, HYPERLIQUID):
        one, two = first.readings(MarkPrice, key)[0], second.readings(MarkPrice, key)[0]
        assert (one.mark, one.endpoint) == (two.mark, two.endpoint)


def wire(url: str = "https://h.com/x", *headers: str) -> WireAnswer:
    return WireAnswer("GET", url, "", headers, 200, {"Set-Cookie": "id=1", "Date": "now"}, b"{}")


@pytest.mark.parametrize(
    "private",
    [
        wire("https://h.com/x?timestamp=1&signature=abc"),
        wire("https://h.com/x?apiKey=abc"),
        wire("https://h.com/x", "X-MBX-APIKEY"),
        wire("https://h.com/x", "OK-ACCESS-SIGN"),
        wire("https://h.com/x", "OK-ACCESS-PASSPHRASE"),
        wire("https://h.com/x", "Authorization"),
        wire("https://h.com/x", "Cookie"),
    ],
)
def test_what_is_asked_with_a_key_is_not_kept(tmp_path: Path, private: WireAnswer) -> None:
    assert is_private(private)
    raw = RawRecorder(tmp_path / "s.gz", "1", lambda _: None)
    raw.take("okx", private, None, 1)
    raw.take("okx", wire(), None, 2)
    raw.close()
    (kept,) = read_raw_session(tmp_path / "s.gz").answers
    assert kept.headers == {"Date": "now"}
    assert kept.url == "https://h.com/x"


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("mine")
    with pytest.raises(InputError, match="is there already; allowed is a name"):
        RawRecorder(file, "1", lambda _: None)
    assert file.read_text() == "mine"
    with pytest.raises(InputError, match="cannot be written"):
        RawRecorder(tmp_path / "no" / "x.gz", "1", lambda _: None)


def test_a_disk_that_fails_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    raw = RawRecorder(tmp_path / "s.gz", "1", said.append)
    raw._file.close()
    raw._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 (closed by the recorder)
    raw.take("okx", wire(), None, 1)
    raw.take("okx", wire(), None, 2)
    raw.close()
    assert said == ["answers are not kept any more (no space left on device)"]
