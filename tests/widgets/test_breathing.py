"""A package with many modules is imported without holding up the window."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from widgets.breathing import breathing

SLOW = "import time; time.sleep(0.01)\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package whose two modules each take longer than a breath may wait."""
    folder = tmp_path / "made_slow"
    folder.mkdir()
    (folder / "__init__.py").write_text("from . import first, second\n", encoding="utf-8")
    for name in ("first", "second"):
        (folder / f"{name}.py").write_text(SLOW, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder.name
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def events_served_during_import(package: str, *breathed: str) -> int:
    served: list[bool] = []
    timer = QTimer()
    timer.timeout.connect(lambda: served.append(True))
    timer.start(0)
    with breathing(breathed):
        importlib.import_module(package)
    timer.stop()
    return len(served)


def test_loop_is_served_between_the_modules(qtbot: QtBot, package: str) -> None:
    assert events_served_during_import(package, package) > 0
    assert f"{package}.second" in sys.modules


def test_other_packages_are_imported_at_one_go(qtbot: QtBot, package: str) -> None:
    assert events_served_during_import(package, "made") == 0


def test_import_is_left_as_it_was(package: str) -> None:
    before = list(sys.meta_path)
    with pytest.raises(ModuleNotFoundError), breathing([package]):
        importlib.import_module(f"{package}.third")
    assert sys.meta_path == before
