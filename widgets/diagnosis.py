"""Opens the diagnostics, and offers them at the start that follows a crash."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog

from dashboard.feed.frames import Hello, Refusals
from dashboard.market.account import Book
from dashboard.store.paths import Places
from widgets.feed_link import FeedLink
from widgets.models.diagnostics import RunningState, positions_text, running_text
from widgets.timings import peak_resident_megabytes
from widgets.window import MainWindow

FAULTS_KEPT = 20


class Diagnosis(QObject):
    """Remembers what the feed refused and said; `trace` is what a crash before this run left."""

    def __init__(
        self,
        window: MainWindow,
        link: FeedLink,
        places: Places,
        book: Callable[[], Book],
        trace: str,
    ) -> None:
        super().__init__(window)
        self._window, self._link, self._places = window, link, places
        self._book, self._trace = book, trace
        self._refusals: dict[str, Refusals] = {}
        self._faults: deque[str] = deque(maxlen=FAULTS_KEPT)
        self._starts = 0
        link.refused.connect(self._take_refusals)
        link.greeted.connect(self._count_start)
        link.faulted.connect(self._take_fault)

    def show(self) -> None:
        """Open the diagnostics, or bring those that are open to the front."""
        # Deferred: seldom opened.
        import time

        from dashboard.check.doctor import as_text, examine
        from widgets.dialogs.diagnostics import DiagnosticsDialog

        opened = self._window.findChild(QDialog, "diagnostics")
        if opened is not None:
            opened.activateWindow()
            return
        lasting = as_text(examine(self._places, time.time_ns() // 1_000_000))
        if self._trace:
            lasting += f"\n\nthe run before ended like this:\n{self._trace}"
        dialog = DiagnosticsDialog(self._running, lasting, self._positions, self._window)
        dialog.setObjectName("diagnostics")
        dialog.setWindowModality(Qt.WindowModality.NonModal)
        dialog.show()

    def _running(self, late_worst_ms: float) -> str:
        link = self._link
        return running_text(
            RunningState(
                now_ms=link.now_ms(),
                feed_pid=link.pid,
                feed_starts=self._starts,
                feed_lost=link.lost_reason,
                statuses=link.statuses,
                refusals=self._refusals,
                faults=tuple(self._faults),
                late_worst_ms=late_worst_ms,
                memory_mb=peak_resident_megabytes(),
            )
        )

    def _positions(self) -> str:
        return positions_text(self._book().positions)

    def _take_refusals(self, refusals: Refusals) -> None:
        self._refusals[refusals.venue] = refusals

    def _take_fault(self, text: str, _fatal: bool) -> None:
        self._faults.append(text)

    def _count_start(self, _hello: Hello) -> None:
        self._starts += 1
