"""What the window measures of itself for `--timings`: start, lateness of its loop, memory."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from array import array
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

_IMPORTED_S = time.monotonic()
BEAT_MS = 16
FRAME_MS = 1000.0 / 60.0
_KILOBYTE_PER_MEGABYTE = 1024.0


def process_start_s() -> float:
    """When this process started, on the clock of time.monotonic().

    From the kernel where it says so (Linux), else the moment this module was imported.
    """
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        started_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.monotonic() - (time.clock_gettime(time.CLOCK_BOOTTIME) - started_s)
    except (OSError, ValueError, IndexError, AttributeError):
        return _IMPORTED_S


def peak_resident_megabytes() -> float | None:
    """The most memory this process has had resident, None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / _KILOBYTE_PER_MEGABYTE
    except (OSError, StopIteration, ValueError):
        return _peak_by_resource()


def _peak_by_resource() -> float | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, the others kilobytes
    return peak / _KILOBYTE_PER_MEGABYTE ** (2 if sys.platform == "darwin" else 1)


class FirstPaint(QObject):
    """Tells when a window has been painted for the first time and that picture is out."""

    done = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window: QWidget | None = window
        # A timer of its own goes with it where the window is closed before the picture is out.
        self._after = QTimer(self)
        self._after.setSingleShot(True)
        self._after.timeout.connect(self.done)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Wait for the first paint; the rest of the same flush comes before a timer does."""
        if event.type() == QEvent.Type.Paint and watched is self._window:
            self._window.removeEventFilter(self)
            self._window = None
            self._after.start(0)
        return False


class RunQueue:
    """How long this thread has waited for a processor that others held, where Linux says so."""

    def __init__(self) -> None:
        path = f"/proc/self/task/{threading.get_native_id()}/schedstat"
        try:
            self._file: int | None = os.open(path, os.O_RDONLY)
        except OSError:
            self._file = None

    def waited_ms(self) -> float:
        """Milliseconds so far; 0 where the system does not tell."""
        if self._file is None:
            return 0.0
        return int(os.pread(self._file, 64, 0).split()[1]) / 1e6

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Heartbeat(QObject):
    """Measures how late the event loop serves a precise timer.

    Net lateness leaves out the time in which others held the processor.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._late_ms = array("d")
        self._net_ms = array("d")
        self._queue: RunQueue | None = None
        self._waited_ms = 0.0
        self._last_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Start measuring."""
        self._queue = RunQueue()
        self._waited_ms = self._queue.waited_ms()
        self._last_s = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """Stop measuring."""
        self._timer.stop()
        if self._queue is not None:
            self._queue.close()
            self._queue = None

    def lateness_ms(self) -> dict[str, float | None]:
        """Median, 99th percentile and maximum of the lateness, None before the first beat."""
        late, net = sorted(self._late_ms), sorted(self._net_ms)
        return {
            "p50": _quantile(late, 0.50),
            "p99": _quantile(late, 0.99),
            "max": _last(late),
            "net_p99": _quantile(net, 0.99),
            "net_max": _last(net),
        }

    @property
    def dropped_frames(self) -> int:
        """How many beats came more than a frame late for reasons of our own."""
        return sum(late > FRAME_MS for late in self._net_ms)

    def _beat(self) -> None:
        now_s = time.perf_counter()
        late_ms = max(0.0, (now_s - self._last_s) * 1000.0 - BEAT_MS)
        waited_ms = 0.0 if self._queue is None else self._queue.waited_ms()
        self._late_ms.append(late_ms)
        self._net_ms.append(max(0.0, late_ms - (waited_ms - self._waited_ms)))
        self._waited_ms = waited_ms
        self._last_s = now_s


def _quantile(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 3)


def _last(ordered: list[float]) -> float | None:
    return round(ordered[-1], 3) if ordered else None


class Timings(QObject):
    """Collects the marks of one run and writes them as one JSON line."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._start_s = process_start_s()
        self._marks: dict[str, float] = {}
        self.heartbeat = Heartbeat(self)

    def mark(self, name: str) -> None:
        """Note that `name` happened now; only the first time counts."""
        self._marks.setdefault(name, round(time.monotonic() - self._start_s, 4))

    def report(self) -> str:
        """The JSON line: seconds since the process started, milliseconds late, megabytes."""
        late = self.heartbeat.lateness_ms()
        peak = peak_resident_megabytes()
        return json.dumps(
            {
                "first_paint_s": self._marks.get(FIRST_PAINT),
                "charts_paint_s": self._marks.get(CHARTS_PAINT),
                "first_reading_s": self._marks.get(FIRST_READING),
                "all_fresh_s": self._marks.get(ALL_FRESH),
                "late_p50_ms": late["p50"],
                "late_p99_ms": late["p99"],
                "late_max_ms": late["max"],
                "late_net_p99_ms": late["net_p99"],
                "late_net_max_ms": late["net_max"],
                "dropped_frames": self.heartbeat.dropped_frames,
                "peak_resident_mb": None if peak is None else round(peak, 1),
            }
        )


FIRST_PAINT = "first paint"
CHARTS_PAINT = "charts painted"
FIRST_READING = "first reading"
ALL_FRESH = "all fresh"
