"""Whether the program ended well last time: a file that stands while it runs.

What was left by a crash is kept as the report's log, together with what the interpreter wrote when
it died.
"""

from __future__ import annotations

import faulthandler
import os
from pathlib import Path
from typing import IO

from dashboard.store.paths import Places

AFTER_A_CRASH = "Liqline did not end by itself last time; Help, Diagnostics has a report"
_TRACE = "crash-trace.txt"


class CrashMarker:
    """Set between `begin` and `end`; the owner of the data directory's lock uses it alone."""

    def __init__(self, places: Places, lock: Path) -> None:
        self.lock = lock
        self._path = lock.with_suffix(".running")
        self._trace = places.logs / _TRACE
        self._file: IO[str] | None = None
        self.crashed = False
        """Whether the run before did not end by itself."""
        self.trace = ""
        """What the interpreter wrote when the run before died, "" for nothing."""

    def begin(self) -> None:
        """Note how the run before ended and that this one has begun; never fails."""
        try:
            self.crashed = self._path.exists()
            if self._trace.exists():
                self.trace = self._trace.read_text(encoding="utf-8", errors="replace")[-20_000:]
            self._path.write_text(str(os.getpid()), encoding="ascii")
            self._file = self._trace.open("w", encoding="utf-8")
            faulthandler.enable(self._file)
        except OSError:
            self.crashed = self.crashed or False

    def end(self) -> None:
        """Note that this run ends by itself."""
        faulthandler.disable()
        if self._file is not None:
            self._file.close()
            self._file = None
        for path in (self._path, self._trace):
            try:
                path.unlink(missing_ok=True)
            except OSError:
                continue
