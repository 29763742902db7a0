"""The clock of a replay: which recorded moment it is now, and how fast recorded time passes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime

from dashboard.errors import InputError

MIN_SPEED = 1.0
MAX_SPEED = 3600.0


def instant_text(at_ms: int) -> str:
    """`at_ms` (ms UTC) as "2024-08-05 06:00:00 UTC"."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _checked_speed(speed: float) -> float:
    if not MIN_SPEED <= speed <= MAX_SPEED:  # not a number is in no range either
        raise InputError(
            "speed",
            f"speed is {speed!r}; allowed is {MIN_SPEED:g} to {MAX_SPEED:g} times real time",
        )
    return float(speed)


class ReplayClock:
    """Recorded time, running from `at_ms` at `speed` recorded seconds a real second.

    Never runs backwards by itself and never past `ends_ms`: there it pauses. `monotonic` gives
    real seconds. InputError names `speed` or `at` where they are not usable.
    """

    def __init__(
        self,
        starts_ms: int,
        ends_ms: int,
        speed: float,
        at_ms: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not starts_ms <= at_ms <= ends_ms:
            raise InputError(
                "at",
                f"time {instant_text(at_ms)} is outside the recording; allowed is "
                f"{instant_text(starts_ms)} to {instant_text(ends_ms)}",
            )
        self.starts_ms = starts_ms
        self.ends_ms = ends_ms
        self._monotonic = monotonic
        self._speed = _checked_speed(speed)
        self._paused = False
        self._anchor_ms = float(at_ms)
        self._anchor_s = monotonic()

    def _settle(self) -> float:
        """Move the anchor to the present and return it, so that a change counts from here."""
        present_s = self._monotonic()
        if not self._paused:
            passed_ms = max(0.0, present_s - self._anchor_s) * 1000.0 * self._speed
            self._anchor_ms = min(self._anchor_ms + passed_ms, float(self.ends_ms))
            self._paused = self._anchor_ms >= self.ends_ms
        self._anchor_s = present_s
        return self._anchor_ms

    def now_ms(self) -> int:
        """The recorded moment, ms UTC, rounded down."""
        return math.floor(self._settle())

    @property
    def speed(self) -> float:
        """Recorded seconds per real second while running."""
        return self._speed

    @property
    def paused(self) -> bool:
        """Whether recorded time stands still, by hand or because the recording ended."""
        self._settle()
        return self._paused

    @property
    def at_end(self) -> bool:
        """Whether the recording has been played to its last moment."""
        return self._settle() >= self.ends_ms

    def set_speed(self, speed: float) -> None:
        """Run at `speed` from now on."""
        checked = _checked_speed(speed)
        self._settle()
        self._speed = checked

    def pause(self) -> None:
        """Stand still at the present moment."""
        self._settle()
        self._paused = True

    def resume(self) -> None:
        """Run on; at the recording's end there is nothing to run on to and it stays paused."""
        self._paused = self._settle() >= self.ends_ms

    def seek(self, at_ms: int) -> str:
        """Go to `at_ms`, or to the nearest recorded moment; "" or a sentence that says so."""
        self._settle()
        target_ms = min(max(at_ms, self.starts_ms), self.ends_ms)
        self._anchor_ms = float(target_ms)
        self._paused = self._paused or target_ms >= self.ends_ms
        if target_ms == at_ms:
            return ""
        edge = "starts" if at_ms < self.starts_ms else "ends"
        return f"the recording {edge} at {instant_text(target_ms)}"

    def step(self, step_ms: int) -> str:
        """Move by `step_ms`, backwards if negative; the answer is as from `seek`."""
        return self.seek(self.now_ms() + step_ms)
