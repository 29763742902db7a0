"""Raw sessions: what venues answered, byte for byte, and files that are none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import RecordingError
from dashboard.replay.clock import ReplayClock
from dashboard.replay.raw_session import (
    RawAnswer,
    RawSession,
    first_line,
    is_raw_session,
    line_of,
    read_raw_session,
)
from dashboard.replay.server import ReplayServer

BODIES = [b'{"a": 1.50,\n "b":null}', b"<html>\xff\x00</html>", b"", "öß\u2028".encode()]


def answer(body: bytes = b"{}", came_ms: int = 1000, **changes: Any) -> RawAnswer:
    fields: dict[str, Any] = {
        "venue": "okx",
        "method": "GET",
        "url": "https://www.okx.com/api/v5/public/mark-price?instType=SWAP",
        "asked_body": "",
        "status": 200,
        "headers": {"Content-Type": "application/json"},
    }
    return RawAnswer(body=body, came_ms=came_ms, **(fields | changes))


def written(path: Path, *answers: RawAnswer) -> Path:
    path.write_bytes(first_line("1") + b"".join(map(line_of, answers)))
    return path


def packed(*lines: object) -> bytes:
    return b"".join(gzip.compress(json.dumps(line).encode() + b"\n") for line in lines)


def test_answers_come_back_as_they_were_in_the_order_they_came(tmp_path: Path) -> None:
    answers = [answer(body, 1000 + at) for at, body in enumerate(BODIES)]
    path = written(tmp_path / "s.gz", *answers[::-1])
    assert is_raw_session(path)
    session = read_raw_session(path)
    assert list(session.answers) == answers
    assert (session.starts_ms, session.ends_ms) == (1000, 1003)
    assert session.venues == ("okx",)


@given(st.binary(max_size=200))
def test_any_bytes_come_back(body: bytes) -> None:
    line = json.loads(gzip.decompress(line_of(answer(body))))
    assert "body_base64" in line or line["body"].encode() == body


def test_a_file_cut_anywhere_is_a_shorter_session_or_one_sentence(tmp_path: Path) -> None:
    whole = written(tmp_path / "s.gz", answer(b"one"), answer(b"two", 2000)).read_bytes()
    cut = tmp_path / "cut.gz"
    whole_lines = len(first_line("1") + line_of(answer(b"one")))
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        if length == whole_lines:
            assert [kept.body for kept in read_raw_session(cut).answers] == [b"one"]
            continue
        with pytest.raises(RecordingError, match=r"raw session .* allowed is a file"):
            read_raw_session(cut)


HEAD = {"format": "liqline-raw-session", "version": 1}
LINE = json.loads(gzip.decompress(line_of(answer())))
HOSTILE = {
    "empty": packed(),
    "head alone": packed(HEAD),
    "other format": packed({"format": "x", "version": 1}, LINE),
    "other version": packed(HEAD | {"version": 2}, LINE),
    "line is a list": packed(HEAD, []),
    "status too large": packed(HEAD, LINE | {"status": 1000}),
    "status is no number": packed(HEAD, LINE | {"status": True}),
    "came before time": packed(HEAD, LINE | {"came_ms": -1}),
    "came after all time": packed(HEAD, LINE | {"came_ms": 10**30}),
    "address is no text": packed(HEAD, LINE | {"url": 5}),
    "no body": packed(HEAD, LINE | {"body": None}),
    "bad base64": packed(HEAD, LINE | {"body_base64": "%%%"}),
    "header of two lines": packed(HEAD, LINE | {"headers": {"X": "a\r\nSet-Cookie: b"}}),
    "headers are a list": packed(HEAD, LINE | {"headers": []}),
    "deeply nested": packed(HEAD) + gzip.compress(b"[" * 200_000 + b"\n"),
    "line without end": packed(HEAD) + gzip.compress(b"no end"),
    "garbage behind": packed(HEAD) + b"garbage",
    "a zip": b"PK\x03\x04",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_no_session_is_refused_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="raw session"):
        read_raw_session(path)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_in_a_sentence(tmp_path_factory: Any, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "random.gz"
    path.write_bytes(b"\x1f\x8b" + data)
    with pytest.raises(RecordingError):
        read_raw_session(path)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.replay.raw_session.MAX_UNPACKED_BYTES", 1000)
    path = written(tmp_path / "s.gz", answer(b"x" * 5000))
    with pytest.raises(RecordingError, match="is damaged"):
        read_raw_session(path)


def test_a_file_that_is_not_there_is_no_session_and_is_refused(tmp_path: Path) -> None:
    assert not is_raw_session(tmp_path / "no")
    with pytest.raises(RecordingError, match="cannot be read"):
        read_raw_session(tmp_path / "no")


async def served(session: RawSession, at_ms: int, path: str, **asked: Any) -> tuple[int, bytes]:
    clock = ReplayClock(session.starts_ms, session.ends_ms, 1.0, at_ms)
    clock.pause()
    server = ReplayServer(session, clock)
    base_url = await server.start()
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.request(asked.pop("method", "GET"), base_url + path, **asked) as response,
        ):
            return response.status, await response.read()
    finally:
        await server.stop()


SESSION = RawSession(
    name="s",
    answers=(
        answer(b"first", 1000),
        answer(b"busy", 2000, status=429, headers={"Retry-After": "7"}),
        answer(b"page", 2000, url="https://h.com/k?symbol=A&startTime=5&limit=2"),
        answer(
            b"post", 2500, method="POST", url="https://api.h.com/info", asked_body='{"type":"meta"}'
        ),
        answer(b"last", 3000),
    ),
)
MARKS = "/www.okx.com/api/v5/public/mark-price?instType=SWAP"


@pytest.mark.parametrize(
    ("at_ms", "found"), [(1000, b"first"), (1999, b"first"), (2000, b"busy"), (3000, b"last")]
)
async def test_the_answer_that_had_come_by_then_is_served(at_ms: int, found: bytes) -> None:
    assert (await served(SESSION, at_ms, MARKS))[1] == found


async def test_a_status_is_served_as_it_was() -> None:
    assert (await served(SESSION, 2500, MARKS))[0] == 429


async def test_the_same_question_at_another_moment_has_the_same_answer() -> None:
    page = "/h.com/k?limit=2&symbol=A&startTime=999"
    assert await served(SESSION, 1000, page) == (200, b"page")
    other = "/h.com/k?limit=2&symbol=B&startTime=5"
    assert (await served(SESSION, 1000, other))[0] == 404


async def test_questions_in_a_body_are_told_apart() -> None:
    asked = {"method": "POST", "json": {"type": "meta"}}
    assert await served(SESSION, 3000, "/api.h.com/info", **asked) == (200, b"post")
    asked = {"method": "POST", "json": {"type": "other"}}
    assert (await served(SESSION, 3000, "/api.h.com/info", **asked))[0] == 404


async def test_a_host_that_never_answered_is_not_there() -> None:
    assert (await served(SESSION, 3000, "/fapi.binance.com/x"))[0] == 404
