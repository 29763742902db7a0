"""Whether the program started and ended well last time: files that stand until it did.

What was left by a crash is kept as the report's log, together with what the interpreter wrote when
it died.
"""

from __future__ import annotations

import faulthandler
import logging
import os
from pathlib import Path
from typing import IO

from dashboard.store.paths import Places

_log = logging.getLogger("liqline.window")

AFTER_A_CRASH = "Liqline did not end by itself last time; Help, Diagnostics has a report"
MOST_FAILED_STARTS = 2
"""After so many starts in a row that did not succeed the next one leaves the layout out."""
_TRACE = "crash-trace.txt"


class CrashMarker:
    """Set between `begin` and `end`; the owner of the data directory's lock uses it alone."""

    def __init__(self, places: Places, lock: Path) -> None:
        self.lock = lock
        self._path = lock.with_suffix(".running")
        self._trace = places.logs / _TRACE
        self._starts = lock.with_suffix(".starts")
        self._file: IO[str] | None = None
        self.crashed = False
        """Whether the run before did not end by itself."""
        self.trace = ""
        """What the interpreter wrote when the run before died, "" for nothing."""
        self.failed_starts = 0
        """How many starts in a row, up to the last one, did not succeed."""

    @property
    def starts_fail(self) -> bool:
        """Whether this start is to leave out what may have kept those before from succeeding."""
        return self.failed_starts >= MOST_FAILED_STARTS

    def begin(self) -> None:
        """Note how the run before ended and that this one has begun; never fails."""
        try:
            self.crashed = self._path.exists()
            if self._trace.exists():
                self.trace = self._trace.read_text(encoding="utf-8", errors="replace")[-20_000:]
            self.failed_starts = _number_in(self._starts)
            self._starts.write_text(str(self.failed_starts + 1), encoding="ascii")
            self._path.write_text(str(os.getpid()), encoding="ascii")
            self._file = self._trace.open("w", encoding="utf-8")
            faulthandler.enable(self._file)
        except OSError:
            self.crashed = self.crashed or False

    def started(self) -> None:
        """Note that this start succeeded."""
        _remove(self._starts)

    def end(self) -> None:
        """Note that this run ends by itself."""
        faulthandler.disable()
        if self._file is not None:
            self._file.close()
            self._file = None
        for path in (self._path, self._trace):
            _remove(path)


def _number_in(path: Path) -> int:
    """The number that `path` holds, 0 where it holds none."""
    text = path.read_text(encoding="ascii", errors="replace")[:9] if path.exists() else ""
    return int(text) if text.isascii() and text.isdigit() else 0


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.info("%s stays: %s", path, error)
