"""Raw sessions: the venues' own answers as they came, in a file that can be served again.

A file is a row of gzip members, one for each line of JSON: first what the file is, then the answers
in the order in which they came. A program that is killed while it writes leaves whole lines. The
body stands as text where it is UTF-8, else as base64; either gives back the very bytes.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.errors import RecordingError

FORMAT = "liqline-raw-session"
FORMAT_VERSION = 1
GZIP_MAGIC = b"\x1f\x8b"
MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_TIME_MS = 4_102_444_800_000
"""The year 2100, far after any session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """One answer: to which request of which venue, when it came (ms UTC), and what it was.

    `url` has no key and no signature; `asked_body` is the request's. `headers` are those of the
    answer that matter to a reader of it.
    """

    venue: str
    method: str
    url: str
    asked_body: str
    came_ms: int
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSession:
    """The answers of a file, oldest first; there is at least one."""

    name: str
    answers: tuple[RawAnswer, ...]

    @property
    def venues(self) -> tuple[str, ...]:
        """The venues that answered, in the order of their first answers."""
        return tuple(dict.fromkeys(answer.venue for answer in self.answers))

    default_speed = 1.0
    licence = ""
    provenance = "answers as the venues gave them"
    notes = ("A raw session: what was not asked when it was kept is not known here.",)

    @property
    def title(self) -> str:
        """What the window calls it."""
        return f"Raw session {self.name}"

    @property
    def default_start_ms(self) -> int:
        """Where playing begins: with the first answer."""
        return self.starts_ms

    @property
    def starts_ms(self) -> int:
        """When the first answer came."""
        return self.answers[0].came_ms

    @property
    def ends_ms(self) -> int:
        """When the last answer came."""
        return self.answers[-1].came_ms


def is_raw_session(path: Path) -> bool:
    """Whether the file at `path` begins as a raw session does."""
    try:
        with path.open("rb") as file:
            return file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    except OSError:
        return False


def first_line(program: str) -> bytes:
    """The line that a file begins with; `program` is this program's version."""
    return _packed({"format": FORMAT, "version": FORMAT_VERSION, "program": program})


def line_of(answer: RawAnswer) -> bytes:
    """The line of one answer."""
    line: dict[str, object] = {
        "venue": answer.venue,
        "method": answer.method,
        "url": answer.url,
        "asked_body": answer.asked_body,
        "came_ms": answer.came_ms,
        "status": answer.status,
        "headers": dict(answer.headers),
    }
    try:
        line["body"] = answer.body.decode()
    except UnicodeDecodeError:
        line["body_base64"] = base64.b64encode(answer.body).decode()
    return _packed(line)


def read_raw_session(path: Path) -> RawSession:
    """The session in the file at `path`.

    RecordingError with one sentence where it is missing, cut short, damaged, too large or of
    another format.
    """
    try:
        lines = _lines(path)
        head = _object(next(lines, b"{}"))
        if (head.get("format"), head.get("version")) != (FORMAT, FORMAT_VERSION):
            raise _refusal(path, "is no raw session of a version that this program reads")
        answers = [_answer(_object(line)) for line in lines]
    except OSError as error:
        damaged = isinstance(error, gzip.BadGzipFile)
        raise _refusal(path, "is damaged" if damaged else "cannot be read", error) from error
    except EOFError as error:
        raise _refusal(path, "is cut short", error) from error
    except (ValueError, TypeError, KeyError, RecursionError, zlib.error, binascii.Error) as error:
        raise _refusal(path, "is damaged", error) from error
    if not answers:
        raise _refusal(path, "holds no answer")
    answers.sort(key=lambda answer: answer.came_ms)
    return RawSession(name=path.name, answers=tuple(answers))


def _packed(line: Mapping[str, object]) -> bytes:
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
    return gzip.compress(text.encode(), compresslevel=3, mtime=0)


def _lines(path: Path) -> Iterator[bytes]:
    unpacked = 0
    with gzip.open(path, "rb") as packed:
        reader = io.BufferedReader(packed)
        while line := reader.readline(MAX_LINE_BYTES):
            unpacked += len(line)
            if not line.endswith(b"\n"):
                raise ValueError("a line that does not end")
            if unpacked > MAX_UNPACKED_BYTES:
                raise ValueError("unpacks to more than a session may hold")
            yield line


def _object(line: bytes) -> Mapping[str, object]:
    found = json.loads(line)
    if not isinstance(found, dict):
        raise TypeError("a line that is no object")
    return found


def _answer(line: Mapping[str, object]) -> RawAnswer:
    headers = line["headers"]
    if not isinstance(headers, dict):
        raise TypeError("headers that are no object")
    encoded, text = line.get("body_base64"), line.get("body")
    if isinstance(encoded, str):
        body = base64.b64decode(encoded, validate=True)
    else:
        body = _text(text).encode()
    return RawAnswer(
        venue=_text(line["venue"]),
        method=_text(line["method"]),
        url=_text(line["url"]),
        asked_body=_text(line["asked_body"]),
        came_ms=_whole(line["came_ms"], 0, MAX_TIME_MS),
        status=_whole(line["status"], 100, 599),
        headers={_text(name): _header(value) for name, value in headers.items()},
        body=body,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text where text belongs")
    return value


def _header(value: object) -> str:
    text = _text(value)
    if any(character in text for character in "\r\n\0"):
        raise ValueError("a header of several lines")
    return text


def _whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError("a number out of bounds")
    return value


def _refusal(path: Path, reason: str, error: Exception | None = None) -> RecordingError:
    return RecordingError(
        f'raw session "{path}" {reason}; allowed is a file that "liqline record --raw" wrote',
        detail=repr(error) if error else "",
    )
