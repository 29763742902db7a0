"""Time that passes while the computer sleeps, too."""

from __future__ import annotations

import sys
import time

if sys.platform == "linux":
    _CLOCK: int | None = time.CLOCK_BOOTTIME
elif sys.platform == "darwin":
    _CLOCK = time.CLOCK_MONOTONIC
else:
    _CLOCK = None


def elapsed_s() -> float:
    """Seconds since a fixed moment, one for all processes of this computer.

    No one can set this clock, and unlike time.monotonic() on Linux and macOS it goes on during a
    sleep of the computer: what is as old as the sleep was long must not look new after it.
    """
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)
