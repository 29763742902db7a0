"""`liqline record --raw`: the venues' answers as they come, into a file for a bug report.

Answers to requests that carry a key or a signature are left out altogether; of the others no
request header is kept, and of the answer's headers those that tell how to read it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from dashboard.errors import InputError
from dashboard.replay.raw_session import RawAnswer, first_line, line_of
from dashboard.store.files import reason
from dashboard.venues.session import WireAnswer

KEPT_HEADERS = ("Content-Type", "Date", "Retry-After")
_SECRET = re.compile(r"key|sign|secret|token|passphrase|auth|cookie", re.IGNORECASE)

_log = logging.getLogger("liqline.feed")


class RawRecorder:
    """Appends answers to the file at `path`, on a thread of its own.

    `say` gets one sentence where the disk fails; after that nothing more is kept. Raises InputError
    where the file is there already or cannot be made.
    """

    def __init__(self, path: Path, program: str, say: Callable[[str], None]) -> None:
        self.kept = 0
        self._say = say
        self._failed = False
        try:
            self._file = path.open("xb", buffering=0)
            self._file.write(first_line(program))
        except FileExistsError as error:
            raise InputError(
                "raw", f'raw file "{path}" is there already; allowed is a name that is not taken'
            ) from error
        except OSError as error:
            sentence = f'raw file "{path}" cannot be written ({reason(error)})'
            raise InputError("raw", sentence) from error
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="raw session")

    def take(self, venue: str, answer: WireAnswer, base_url: str | None, now_ms: int) -> None:
        """Keep an answer that came at `now_ms`; `base_url` is the loopback part of its URL."""
        if self._failed or is_private(answer):
            return
        url = answer.url
        if base_url is not None:
            url = "https://" + url.removeprefix(base_url.rstrip("/") + "/")
        raw = RawAnswer(
            venue=venue,
            method=answer.method,
            url=url,
            asked_body=answer.asked_body,
            came_ms=now_ms,
            status=answer.status,
            headers={n: v for n in KEPT_HEADERS if (v := answer.headers.get(n))},
            body=answer.body,
        )
        self.kept += 1
        self._thread.submit(self._write, raw)

    def close(self) -> None:
        """Write what waits and close the file."""
        self._thread.shutdown(wait=True)
        self._file.close()

    def _write(self, raw: RawAnswer) -> None:
        if self._failed:
            return
        try:
            line = memoryview(line_of(raw))
            while line:
                line = line[self._file.write(line) or 0 :]
        except OSError as error:
            self._failed = True
            _log.info("the raw file failed: %r", error)
            self._say(f"answers are not kept any more ({reason(error)})")


def is_private(answer: WireAnswer) -> bool:
    """Whether the request carried anything that looks like a key or a signature."""
    query = urlsplit(answer.url).query
    named = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    return any(_SECRET.search(name) for name in [*named, *answer.asked_headers])
