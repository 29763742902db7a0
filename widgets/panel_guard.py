"""Shows updates in panels; one that breaks is put out of its dock until the trader reloads it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import QDockWidget, QWidget

from widgets.panels import Panel

if TYPE_CHECKING:
    from widgets.update import Update

_log = logging.getLogger("liqline.window")


class PanelGuard:
    """The panels by key, each in its dock. The last update that broke one is tried on reload."""

    def __init__(self, docks: Mapping[str, QDockWidget]) -> None:
        self.panels: dict[str, Panel] = {}
        self.failed: set[str] = set()
        self._docks = docks
        self._latest: dict[str, Update] = {}

    def show(self, key: str, update: Update) -> None:
        """Show `update` in a panel that is there and has not failed."""
        if key not in self.panels:
            return
        self._latest[key] = update
        if key in self.failed:
            return
        try:
            self.panels[key].show_update(update)
        except Exception as error:  # noqa: BLE001 (logged, and said in the panel's place)
            _log.exception("the panel %s broke", key)
            self._put_out(key, error)

    def reload(self, key: str) -> None:
        """Put a panel that failed back into its dock and try the latest update."""
        dock, panel = self._docks[key], cast(QWidget, self.panels[key])
        failed = dock.widget()
        try:
            dock.setWidget(panel)
            panel.show()  # a panel that was hidden catches up in here
            self.panels[key].show_update(self._latest[key])
        except Exception as error:  # noqa: BLE001 (logged, and said in the panel's place)
            _log.exception("the panel %s broke again", key)
            self._put_out(key, error)
        else:
            self.failed.discard(key)
        failed.deleteLater()

    def _put_out(self, key: str, error: Exception) -> None:
        # Deferred: hopefully never needed.
        from widgets.failed_panel import FailedPanel

        dock = self._docks[key]
        panel = cast(QWidget, self.panels[key])
        shown = FailedPanel(dock.windowTitle(), error)
        shown.reload_wanted.connect(partial(self.reload, key))
        self.failed.add(key)
        panel.hide()
        dock.setWidget(shown)
        panel.setParent(dock)
