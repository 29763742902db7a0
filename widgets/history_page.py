"""Opens the history's page, and tells the feed how long the history is to be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from dashboard.settings import Settings, history_place
from dashboard.store.paths import Places
from widgets.feed_link import FeedLink
from widgets.window import MainWindow

if TYPE_CHECKING:
    from dashboard.store.history import HistorySize


class HistoryPage(QObject):
    """`settings` gives those of now, `change` keeps others' days; `recording` is what plays."""

    def __init__(
        self,
        window: MainWindow,
        link: FeedLink,
        places: Places,
        settings: Callable[[], Settings],
        change: Callable[[int], None],
        recording: str | None,
    ) -> None:
        super().__init__(window)
        self._window, self._link, self._places = window, link, places
        self._settings, self._change, self._recording = settings, change, recording
        self._tell()

    def show(self) -> None:
        """Open the page, or bring the one that is open to the front."""
        # Deferred: seldom opened.
        from widgets.dialogs.history import HistoryDialog

        opened = self._window.findChild(QDialog, "history")
        if opened is not None:
            opened.activateWindow()
            return
        settings = self._settings()
        dialog = HistoryDialog(
            self._measure,
            settings.history_days,
            self._keep,
            self._window,
            why_fixed=self._why_fixed(settings),
        )
        dialog.setObjectName("history")
        dialog.open()

    def _measure(self) -> HistorySize:
        from dashboard.store.history import HistoryStore

        history = HistoryStore(history_place(self._places, self._recording), read_only=True)
        try:
            return history.size()
        finally:
            history.close()

    def _keep(self, days: int) -> None:
        self._change(days)
        self._tell()

    def _tell(self) -> None:
        settings = self._settings()
        self._link.keep_history(0 if self._why_fixed(settings) else settings.history_days)

    def _why_fixed(self, settings: Settings) -> str:
        """Why the days cannot be set here; "" where they can."""
        if self._recording is not None:
            return "This is what was kept while a recording played; it is kept as it is."
        if settings.history:
            return (
                "A history that a desk shares is kept as it is: "
                "liqline history --forget-before removes what is old."
            )
        return ""
