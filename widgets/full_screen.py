"""One panel on the whole screen, and everything back where it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QByteArray, QObject
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow

from widgets.window_state import LAYOUT_VERSION


class FullScreenPanel(QObject):
    """Shows the dock with the focus alone; `restore` puts a saved state of the docks back."""

    def __init__(
        self,
        window: QMainWindow,
        docks: Mapping[str, QDockWidget],
        restore: Callable[[QByteArray], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._docks = docks
        self._restore = restore
        self._before: QByteArray | None = None

    def toggle(self) -> None:
        """Give the panel that has the focus the whole screen, or put all back."""
        if self._before is not None:
            self.leave()
            return
        focus = QApplication.focusWidget()
        chosen = next(
            (dock for dock in self._docks.values() if focus and dock.isAncestorOf(focus)),
            next(iter(self._docks.values())),
        )
        self._before = self._window.saveState(LAYOUT_VERSION)
        for dock in self._docks.values():
            dock.setVisible(dock is chosen)
        self._window.showFullScreen()

    def leave(self) -> None:
        """Put all back where it was; without a panel on the whole screen nothing changes."""
        if self._before is not None:
            state, self._before = self._before, None
            self._window.showNormal()
            self._restore(state)
