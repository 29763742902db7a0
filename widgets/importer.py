"""Imports what is heavy while the window is already painted and answers the hand."""

from __future__ import annotations

import importlib
import pkgutil
import threading
import time
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from widgets.breathing import breathing
from widgets.import_steps import ImportStep

_SLICE_S = 0.005


class Importer(QObject):
    """Takes the steps one after the other; `imported` tells of each, and the next waits for
    `go_on`, so that it does not slow down what the last one was imported for.

    Modules with Qt are imported in the GUI's thread alone: PySide6 makes its types when they are
    first asked for, and two threads that ask at once end the process.
    """

    imported = Signal(str)
    failed = Signal(object)
    _thread_done = Signal()

    def __init__(self, steps: Sequence[ImportStep], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps = list(steps)
        self._closed = False
        self._failure: Exception | None = None
        self._thread: threading.Thread | None = None
        self._names: Iterator[object] = iter(())
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._take_slice)
        self._thread_done.connect(self._on_thread_done)

    def start(self) -> None:
        """Take the first step."""
        self.go_on()

    def go_on(self) -> None:
        """Take the next step, if there is one."""
        if self._closed or not self._steps:
            return
        beside = self._steps[0].beside
        self._thread = threading.Thread(target=self._import_beside, args=(beside,), name="importer")
        self._thread.start()

    def close(self) -> None:
        """Wait for the module that the thread imports and leave out the rest."""
        self._closed = True
        self._slices.stop()
        if self._thread is not None:
            self._thread.join()

    def _import_beside(self, modules: tuple[str, ...]) -> None:
        try:
            for name in modules:
                if self._closed:
                    return
                importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 (raised again in the main thread)
            self._failure = error
        self._thread_done.emit()

    def _on_thread_done(self) -> None:
        if self._closed:
            return
        if self._failure is not None:
            self.failed.emit(self._failure)
            return
        self._names = _pieces(self._steps[0])
        self._slices.start()

    def _take_slice(self) -> None:
        end_s = time.perf_counter() + _SLICE_S
        try:
            for _ in self._names:
                if time.perf_counter() > end_s:
                    return
        except Exception as error:  # noqa: BLE001 (whoever waits for the module raises it)
            self._slices.stop()
            self.failed.emit(error)
            return
        self._slices.stop()
        self._import()

    def _import(self) -> None:
        step = self._steps.pop(0)
        try:
            with breathing(step.breathed):
                importlib.import_module(step.module)
        except Exception as error:  # noqa: BLE001 (whoever waits for the module raises it)
            self.failed.emit(error)
            return
        if not self._closed:
            self.imported.emit(step.module)


def _pieces(step: ImportStep) -> Iterator[object]:
    """What is made before the module of a step, piece by piece."""
    yield from _types(step.warmed)
    for package in step.gathered:
        for name in _modules_of(package):
            if not any(word in name for word in step.without):
                yield importlib.import_module(name)


def _modules_of(package: str) -> list[str]:
    """The full names of a package's modules."""
    path = importlib.import_module(package).__path__
    return [f"{package}.{module.name}" for module in pkgutil.iter_modules(path)]


def _types(modules: Sequence[str]) -> Iterator[object]:
    """Everything that the modules hold, each made when it is taken."""
    for name in modules:
        module = importlib.import_module(name)
        for attribute in dir(module):
            yield getattr(module, attribute)
