"""Imports what is heavy while the window is already painted and answers the hand."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal


class Importer(QObject):
    """Imports modules one after the other in a thread; `imported` tells of each in the main one.

    Only importing happens there: the modules make no QObject while they are imported. The next
    one waits for `go_on`, so that it does not slow down what the last one was imported for.
    """

    imported = Signal(str)
    failed = Signal(object)

    def __init__(self, modules: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._modules = tuple(modules)
        self._closing = threading.Event()
        self._may_go_on = threading.Event()
        self._thread = threading.Thread(target=self._import_all, name="importer")

    def start(self) -> None:
        """Start importing."""
        self._thread.start()

    def go_on(self) -> None:
        """Let the next module be imported."""
        self._may_go_on.set()

    def close(self) -> None:
        """Wait for the module that is being imported and leave out the rest."""
        self._closing.set()
        self._may_go_on.set()
        if self._thread.is_alive():
            self._thread.join()

    def _import_all(self) -> None:
        for name in self._modules:
            if self._closing.is_set():
                return
            try:
                importlib.import_module(name)
            except Exception as error:  # noqa: BLE001 (raised again in the main thread)
                self.failed.emit(error)
                return
            self.imported.emit(name)
            self._may_go_on.wait()
            self._may_go_on.clear()
