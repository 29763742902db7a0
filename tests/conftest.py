"""Guards that hold for every test; each is proved to catch in tests/setup/test_guards.py.

Qt draws off screen; nothing outside a temporary folder is written; no address but loopback is
reached; no warning is logged unless declared with `@pytest.mark.expects_log("pattern")`; no
top-level widget outlives its test. Warnings and Qt messages are held by pyproject.toml.
"""

from __future__ import annotations

import gc
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_HOME = Path(tempfile.mkdtemp(prefix="liqline-tests-"))
_TESTS = Path(__file__).resolve().parent
_FOLDER_OF_VARIABLE = {
    "HOME": "home",
    "USERPROFILE": "home",
    "APPDATA": "config",
    "LOCALAPPDATA": "data",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
}

os.environ.update(
    QT_QPA_PLATFORM="offscreen",
    XDG_CACHE_HOME=str(_HOME / "cache"),
    XDG_RUNTIME_DIR=str(_HOME),
    HYPOTHESIS_STORAGE_DIRECTORY=str(_HOME / "hypothesis"),
    LIQLINE_TEST_NETWORK_ATTEMPTS=str(_HOME / "network-attempts"),
    PYTHONPATH=os.pathsep.join([str(_TESTS / "on_start"), str(_TESTS.parent)]),
)
for _variable, _folder in _FOLDER_OF_VARIABLE.items():
    os.environ[_variable] = str(_HOME / _folder)

import pytest  # noqa: E402 (Qt and Hypothesis read the environment when they are imported)
from hypothesis import settings  # noqa: E402

from tests import loopback  # noqa: E402

loopback.hold()
settings.register_profile(
    "check", derandomize=True, deadline=None, max_examples=60, database=None, print_blob=False
)
settings.register_profile("search", deadline=None, max_examples=5000, database=None)
settings.load_profile("check")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers of the guards below."""
    config.addinivalue_line(
        "markers", "expects_log(pattern): this test logs a warning or error that matches"
    )
    config.addinivalue_line(
        "markers",
        "beside: takes minutes and hardly any processor; run.py runs these beside all others",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the risk engine's own tests alone count for its coverage: tracing slows the others."""
    for item in items:
        if not item.path.is_relative_to(_TESTS / "risk"):
            item.add_marker("no_cover")


def pytest_unconfigure() -> None:
    """Remove what the tests wrote."""
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def fresh_home(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test finds an empty home, configuration and data folder."""
    own = Path(tempfile.mkdtemp(dir=_HOME))
    for variable, folder in _FOLDER_OF_VARIABLE.items():
        (own / folder).mkdir(exist_ok=True)
        monkeypatch.setenv(variable, str(own / folder))


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """Fail the test that reached for another machine, itself or through a child process."""
    attempts = Path(os.environ[loopback.ATTEMPTS_FILE_VARIABLE])
    attempts.unlink(missing_ok=True)
    yield
    if attempts.exists():
        pytest.fail("reached for the network:\n" + attempts.read_text(encoding="utf-8"))


class _Collector(logging.Handler):
    """Keeps what is logged at WARNING and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.levelname}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def only_declared_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that logs an undeclared warning, or declares one that never comes."""
    declared = [mark.args[0] for mark in request.node.iter_markers("expects_log")]
    collector = _Collector()
    root = logging.getLogger()
    root.addHandler(collector)
    yield
    root.removeHandler(collector)
    stray = [line for line in collector.lines if not any(re.search(p, line) for p in declared)]
    unmet = [p for p in declared if not any(re.search(p, line) for line in collector.lines)]
    if stray:
        pytest.fail("undeclared log records:\n" + "\n".join(stray))
    if unmet:
        pytest.fail(f"declared log records that never came: {unmet}")


def _top_level_widgets() -> dict[int, str]:
    """Address and description of each living top-level widget, without importing Qt."""
    qt_widgets = sys.modules.get("PySide6.QtWidgets")
    if qt_widgets is None or qt_widgets.QApplication.instance() is None:
        return {}
    from PySide6.QtCore import QCoreApplication, QEvent
    from shiboken6 import Shiboken

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return {
        Shiboken.getCppPointer(widget)[0]: f"{type(widget).__name__} {widget.objectName()!r}"
        for widget in qt_widgets.QApplication.topLevelWidgets()
        if widget.metaObject().className() != "QTipLabel"  # one tool tip serves the whole program
    }


@pytest.fixture(autouse=True)
def no_leaked_widgets() -> Iterator[None]:
    """Fail the test whose top-level widgets outlive it."""
    before = _top_level_widgets()
    yield
    if not _top_level_widgets().keys() - before.keys():
        return
    gc.collect()
    leaked = [text for address, text in _top_level_widgets().items() if address not in before]
    if leaked:
        pytest.fail(f"leaked top-level widgets: {leaked}")
