"""The views that were seen before, to go back to. Pure."""

from __future__ import annotations

from widgets.charts.time_range import TimeRange

SETTLED_MS = 700
_MOST_VIEWS = 100


class ViewHistory:
    """Views of one chart; changes within SETTLED_MS of each other are one gesture.

    `clock_ms` is any clock that never goes back.
    """

    def __init__(self) -> None:
        self._past: list[TimeRange] = []
        self._future: list[TimeRange] = []
        self._last_ms: int | None = None

    def note(self, before: TimeRange, clock_ms: int) -> None:
        """A hand is about to change the view `before`."""
        if self._last_ms is None or clock_ms - self._last_ms > SETTLED_MS:
            self._past = [*self._past[1 - _MOST_VIEWS :], before]
            self._future.clear()
        self._last_ms = clock_ms

    def back(self, view: TimeRange) -> TimeRange | None:
        """The view before `view`, None where there is none."""
        return self._step(self._past, self._future, view)

    def forward(self, view: TimeRange) -> TimeRange | None:
        """The view that was left by going back, None where there is none."""
        return self._step(self._future, self._past, view)

    def forget(self) -> None:
        """Start anew, as with another contract."""
        self._past.clear()
        self._future.clear()
        self._last_ms = None

    def _step(
        self, source: list[TimeRange], target: list[TimeRange], view: TimeRange
    ) -> TimeRange | None:
        self._last_ms = None
        while source and source[-1] == view:
            source.pop()
        if not source:
            return None
        target.append(view)
        return source.pop()
