"""Imports of packages with many modules, between which the window goes on living."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from PySide6.QtCore import QCoreApplication, QThread

BREATH_AFTER_S = 0.004
"""An import that has held the loop for so long lets it serve what waits."""


class _Breather:
    """Finds nothing; being asked for a module of `packages` is the moment to let the loop run."""

    def __init__(self, packages: Sequence[str]) -> None:
        self._inside = tuple(f"{package}." for package in packages)
        self._thread = QThread.currentThread()
        self._breathed_s = time.perf_counter()

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 (the protocol's arguments)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        breathless = time.perf_counter() - self._breathed_s > BREATH_AFTER_S
        ours = fullname.startswith(self._inside) and QThread.currentThread() is self._thread
        if ours and breathless:
            QCoreApplication.processEvents()
            self._breathed_s = time.perf_counter()
        return None


@contextlib.contextmanager
def breathing(packages: Sequence[str]) -> Iterator[None]:
    """While inside, the import of one of the `packages` serves the event loop between modules.

    What the loop runs meanwhile must not import them itself: it would see them half made.
    """
    breather = _Breather(packages)
    sys.meta_path.insert(0, breather)
    try:
        yield
    finally:
        sys.meta_path.remove(breather)
